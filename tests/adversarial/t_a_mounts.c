/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts of a container whose image is hostile: A03 (a component of the target is exchanged for a
 * symlink again and again), A16 (names), A24 (attributes of what is bound), and A40 (the same with
 * each of the newer calls missing). A01, A02, A17, A18 and A23 are in t_a_paths.c, t_a_roots.c and
 * t_a_privs.c.
 */
#include "attack.h"

#include "sys/seam.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void link_to(const char *text, const char *path)
{
	T_CHECK(symlink(text, path) == 0, "%s: %m", path);
}

static void mkdirs(const char *path)
{
	T_CHECK(system(t_fmt("mkdir -p '%s'", path)) == 0, "%s", path);
}

/* ---- A03: one image, one thread that exchanges a directory in it for a symlink ---- */

#define BINDS 480 /* in one start */

struct racer {
	char one[512], two[512];
	int stop, calm; /* calm: most resolutions get through */
	unsigned long rounds;
};

static void *exchange(void *arg)
{
	struct racer *racer = arg;

	while (!__atomic_load_n(&racer->stop, __ATOMIC_RELAXED)) {
		syscall(SYS_renameat2, AT_FDCWD, racer->one, AT_FDCWD, racer->two,
			2 /* RENAME_EXCHANGE */);
		if (++racer->rounds % 4 == 0 && racer->calm)
			usleep(100);
	}
	return NULL;
}

static const char *evil(const struct h_run *r)
{
	return t_fmt("%s/evil", h_host(r->canary));
}

/*
 * On a file system of its own, whose renames the canary's watch does not have to count: /race is a
 * directory, /abs and /rel lead to the canary. Below the image there is such a path, too, so that
 * whichever is met there is a place inside, and every bind is an attempt.
 */
static void raced_image(struct h_run *r)
{
	const char *root = evil(r);

	T_SYS(mkdir(root, 0755));
	T_SYS(mount("evil", root, "tmpfs", 0, "mode=755"));
	t_rootfs_make(root);
	mkdirs(t_fmt("%s%s/dir", root, h_tree(r->canary)));
	T_SYS(mkdir(t_fmt("%s/race", root), 0755));
	link_to(t_fmt("%s/dir", h_tree(r->canary)), t_fmt("%s/abs", root));
	link_to(t_fmt("../../../../../../../../../../..%s/dir", h_tree(r->canary)),
		t_fmt("%s/rel", root));
	T_SYS(mkdir(t_fmt("%s/volume", h_host(r->canary)), 0755));
	if (r->how && r->how->as_user)
		T_CHECK(system(t_fmt("chown -Rh %d:%d %s", T_UID, T_GID, root)) == 0);
}

struct many {
	const char *source;
	int round;
};

static void many_binds(container_spec *spec, void *arg)
{
	const struct many *m = arg;

	for (int i = 16; i < BINDS; i++)
		container_spec_add_bind(spec, AT_FDCWD, m->source,
					t_fmt("/race/new-%d-%d", m->round, i), 0);
}

static int count(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

/*
 * Every mount is where the payload sees it, under whichever of the names, or the start fails. The
 * number of binds that were tried.
 */
static int raced_start(struct h_run *r, int round)
{
	struct many m = { t_fmt("%s/volume", h_host(r->canary)), round };
	struct h_job job = h_job(r, "mounts");
	int n, at = 0, binds = r->how ? BINDS : 16;

	job.root = evil(r);
	for (int i = 0; i < 16; i++)
		h_bind(&job, m.source, t_fmt("/race/new-%d-%d", round, i), 0);
	job.more = many_binds;
	job.arg = &m;
	h_spawn(r, &job);
	n = count(r->text, t_fmt("/new-%d-", round));
	h_held(r, r->err || n == binds, "%d of %d mounts", n, binds);
	/* what a component looks like while it is exchanged: gone, busy, or the symlink itself */
	h_exact(r, !r->err || r->err == -EAGAIN || r->err == -ENOENT || r->err == -ENOTDIR,
		"%s", r->message);
	if (r->err)
		h_exact(r, sscanf(r->object, "/race/new-%*d-%d", &at) == 1, "%s", r->message);
	return r->err ? at + 1 : binds;
}

struct tally {
	long tried, wanted;
	int starts, whole, round;
};

static void race_for(struct h_run *r, const char *with, int calm, struct tally *t)
{
	struct racer racer = { .calm = calm };
	pthread_t thread;

	snprintf(racer.one, sizeof(racer.one), "%s/race", evil(r));
	snprintf(racer.two, sizeof(racer.two), "%s/%s", evil(r), with);
	T_CHECK(pthread_create(&thread, NULL, exchange, &racer) == 0);
	for (long until = t->tried + t->wanted; t->tried < until; t->starts++) {
		t->tried += raced_start(r, t->round++);
		t->whole += !r->err;
	}
	__atomic_store_n(&racer.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	T_CHECK(racer.rounds > 100, "the racer did not race");
	if (racer.rounds % 2) /* as it was */
		syscall(SYS_renameat2, AT_FDCWD, racer.one, AT_FDCWD, racer.two, 2);
}

/* Of five variants: 10^5 attempts, with LONG=1 10^6. */
static void raced(struct h_run *r)
{
	struct tally t = { .wanted = t_guest() ? 200 : t_sample(50000, 5000) };

	if (!r->how)
		t.wanted = 200;
	r->state &= ~(T_FDS | T_THREADS | T_PROCS | T_CHILDREN);
	r->slow = 4;
	for (int way = 0; way < 4; way++)
		race_for(r, way & 1 ? "abs" : "rel", way >> 1, &t);
	t_note("%ld binds in %d starts, %d of them whole", t.tried, t.starts, t.whole);
}
H_CASE_LIMIT(a03_components_are_exchanged, H_ALL, raced_image, raced, 280)
