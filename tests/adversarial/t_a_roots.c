/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Roots: A17 (its name is given to another directory meanwhile), A18 (mounts and shared
 * propagation), A19 (the way back after the pivot); the view of the host, and upper layers.
 */
#include "attack.h"

#include "feature/root.h"

#include <contain/namespace.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- A17 ---- */

/* A second image beside the first; each says which it is in two places. */
static void two_images(struct h_run *r)
{
	const char *other = t_fmt("%s/other", h_host(r->canary));

	t_rootfs_make(other);
	t_write_file(t_fmt("%s/etc/who", r->root), "first\n");
	t_write_file(t_fmt("%s/job/name", r->root), "of the image\n");
	t_write_file(t_fmt("%s/etc/who", other), "other\n");
	t_write_file(t_fmt("%s/job/name", other), "of the image\n");
	T_CHECK(system(t_fmt("chown -Rh --reference=%s %s; chmod 777 %s", r->root, other,
			     h_host(r->canary))) == 0);
	T_SYS(mkdir(t_fmt("%s/volume", h_host(r->canary)), 0755));
	t_write_file(t_fmt("%s/volume/name", h_host(r->canary)), "of the volume\n");
}

struct racer {
	char one[512], two[512];
	int stop;
	unsigned long rounds;
};

static void *exchange(void *arg)
{
	struct racer *racer = arg;

	while (!__atomic_load_n(&racer->stop, __ATOMIC_RELAXED)) {
		syscall(SYS_renameat2, AT_FDCWD, racer->one, AT_FDCWD, racer->two,
			2 /* RENAME_EXCHANGE */);
		racer->rounds++;
		if (racer->rounds % 16 == 0)
			usleep(50);
	}
	return NULL;
}

/* All of one image or all of the other, with the volume mounted in it, or an error. */
static void race(struct h_run *r, int pinned)
{
	int rounds = t_guest() ? 10 : (int)t_sample(500, r->how ? 60 : 150);
	struct racer racer = { .stop = 0 };
	pthread_t thread;
	int fd = 0, ok = 0;

	snprintf(racer.one, sizeof(racer.one), "%s", r->root);
	snprintf(racer.two, sizeof(racer.two), "%s/other", h_host(r->canary));
	if (pinned)
		T_SYS(fd = open(r->root, O_PATH | O_DIRECTORY | O_CLOEXEC));
	r->state &= ~(T_FDS | T_THREADS | T_PROCS | T_CHILDREN);
	T_CHECK(pthread_create(&thread, NULL, exchange, &racer) == 0);
	for (int i = 0; i < rounds; i++) {
		struct h_job job = h_job(r, "read /job/name -- read /etc/who -- stat /made/dir");

		job.root_fd = fd;
		h_bind(&job, t_fmt("%s/volume", h_host(r->canary)), "/job", 0);
		h_make(&job, H_DIR, "", "/made/dir");
		h_spawn(r, &job);
		ok += !r->err && !r->code;
		h_held(r,
		       r->err || (strstr(r->text, "of the volume\n") && strstr(r->text, "mode 40")),
		       "two images at once: %s", r->text);
		if (pinned)
			h_held(r, r->err || strstr(r->text, "first\n"),
			       "not the one that was given: %s", r->text);
		if (r->verdict->breaches && !r->how)
			break;
	}
	__atomic_store_n(&racer.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	if (fd)
		close(fd);
	t_note("%d of %d starts, %lu renames", ok, rounds, racer.rounds);
	T_CHECK(racer.rounds > 100, "the racer did not race");
}

static void race_by_name(struct h_run *r)
{
	race(r, 0);
	/* what lies at the name then may be another user's */
	h_exact(r, !r->err || r->err == -ENOENT || r->err == -ESTALE || r->err == -EACCES, "%s",
		r->message);
}
H_CASE_LIMIT(a17_root_is_renamed_by_name, H_SHARED, two_images, race_by_name, 200)

static void race_pinned(struct h_run *r)
{
	race(r, 1);
}
H_CASE_LIMIT(a17_root_is_renamed_pinned, H_SHARED, two_images, race_pinned, 200)

static void renamed_before(struct h_run *r)
{
	struct h_job job = h_job(r, "read /etc/who");

	T_SYS(syscall(SYS_renameat2, AT_FDCWD, r->root, AT_FDCWD,
		      t_fmt("%s/other", h_host(r->canary)), 2));
	h_spawn(r, &job);
	h_works(r);
	h_exact(r, strcmp(r->text, "other\n") == 0, "%s", r->text);
}
H_TWIN(a17_twin_a_name_is_looked_up, H_ALL, two_images, renamed_before)

/* ---- A18 ---- */

static void shared_host(struct h_run *r)
{
	const char *volume = t_fmt("%s/volume", h_host(r->canary));

	if (ct_root_is_initial())
		t_skip("on the initial ramfs no container may mount");
	T_SYS(mkdir(volume, 0777));
	T_SYS(mount("volume", volume, "tmpfs", 0, "mode=1777"));
	T_SYS(mkdir(t_fmt("%s/sub", volume), 0777));
	T_SYS(chmod(t_fmt("%s/sub", volume), 0777));
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
}

/* Mounts of set-up, and those of a payload that may mount; one start of four fails. */
static void shared_attack(struct h_run *r)
{
	static const char *const missing[] = { "/no/such/program", NULL };
	int rounds = t_guest() ? 8 : (int)t_sample(r->how ? 1000 : 40, 40);
	struct t_state *before = t_state_take(T_MOUNTS);
	char diff[2048];

	r->state = T_FDS; /* the mounts are looked at below, also for the naive reference */
	for (int i = 0; i < rounds && !(r->verdict->breaches && !r->how); i++) {
		struct h_job job = h_job(r, "exit");
		static const char *const sh[] = { "/bin/sh", "-c",
						  "mount -t tmpfs inside /data/sub && mount -t "
						  "tmpfs inside /mnt && echo mounted",
						  NULL };

		job.argv = sh;
		job.set_caps = 1;
		job.caps = r->how && r->how->as_user ? 1ULL << 21 : 0x800405fbULL | 1ULL << 21;
		if (i % 4 == 3)
			job.argv = missing;
		h_bind(&job, t_fmt("%s/volume", h_host(r->canary)), "/data", 0);
		h_tmpfs(&job, "/job");
		h_make(&job, H_FILE, "covered", "/etc/hostname");
		h_spawn(r, &job);
		h_exact(r, i % 4 == 3 || strstr(r->text, "mounted\n"),
			"the payload could not mount: %s %s", r->message, r->text);
	}
	h_held(r, !t_state_diff(before, diff, sizeof(diff)), "%s", diff);
	t_state_free(before);
}
H_CASE_LIMIT(a18_mounts_do_not_leak, H_SHARED, shared_host, shared_attack, 600)

/* The same with a view of the host, in which every mount has a mount of its own. */
static void shared_view(struct h_run *r)
{
	int rounds = t_guest() ? 4 : (int)t_sample(r->how ? 1000 : 25, 25);
	struct t_state *before = t_state_take(T_MOUNTS);
	char diff[2048];

	r->state = T_FDS;
	for (int i = 0; i < rounds && !(r->verdict->breaches && !r->how); i++) {
		struct h_job job = h_job(r, "exit");
		static const char *const sh[] = { "/bin/busybox", "sh", "-c",
						  "mount -t tmpfs inside /mnt", NULL };

		job.argv = sh;
		job.root_host = 1;
		/* the naive reference would cover /proc and /tmp of this test, too */
		job.no_defaults = r->how ? CONTAIN_DEFAULT_TMP : CONTAIN_DEFAULT_ALL;
		job.set_caps = 1;
		job.caps = r->how && r->how->as_user ? 1ULL << 21 : 0x800405fbULL | 1ULL << 21;
		h_spawn(r, &job);
		h_works(r);
	}
	h_held(r, !t_state_diff(before, diff, sizeof(diff)), "%s", diff);
	t_state_free(before);
}
H_CASE_LIMIT(a18_mounts_of_a_view_do_not_leak, H_SHARED, shared_host, shared_view, 600)

/* ---- A19 ---- */

/* In a user namespace with all that it can give; else with what a payload has by default. */
static void hunt_in(struct h_run *r, int kind)
{
	const char *const lower[] = { r->root, NULL };
	const uint64_t unmounts = 1ULL << 21, leaves = 1ULL << 18;
	struct h_job job = h_job(r, h_hunt(r->canary));

	if (kind == 1)
		job.lower = lower;
	if (kind == 2)
		job.root_flags = CONTAIN_ROOT_READONLY;
	job.set_caps = 1;
	job.caps = r->how && r->how->bit & (H_USERNS | H_USER) ? (1ULL << 40) - 1 : 0x800405fb;
	if (kind == 3) {
		job.root_flags = CONTAIN_ROOT_CHROOT;
		job.caps &= ~(leaves | unmounts);
	}
	if (ct_root_is_initial())
		job.caps &= ~unmounts;
	h_spawn(r, &job);
	h_works(r);
	h_exact(r, strstr(r->text, "hunted\n"), "%s", r->text);
	h_held(r, !strstr(r->text, "found"), "%s", r->text);
}

static void hunt_roots(struct h_run *r)
{
	for (int kind = 0; kind < 4; kind++)
		hunt_in(r, kind);
}
H_CASE_LIMIT(a19_no_way_back, H_ALL, NULL, hunt_roots, 120)

/* A volume is on the file system of the canary, and the payload starts in it. */
static void hunt_with_volume(struct h_run *r)
{
	struct h_job job = h_job(r, h_hunt(r->canary));

	h_bind(&job, t_fmt("%s/volume", h_host(r->canary)), "/data", 0);
	h_make(&job, H_FILE, "x", "/etc/hostname");
	h_make(&job, H_SYMLINK, "/data/..", "/etc/up");
	job.cwd = "/data";
	h_spawn(r, &job);
	h_works(r);
	h_held(r, !strstr(r->text, "found"), "%s", r->text);
}

static void volume(struct h_run *r)
{
	T_SYS(mkdir(t_fmt("%s/volume", h_host(r->canary)), 0777));
}
H_CASE_LIMIT(a19_no_way_back_from_a_volume, H_ALL, volume, hunt_with_volume, 120)

/* ---- what a payload does in a view of the host stays in it ---- */

static const char *destroy(struct h_run *r)
{
	return t_fmt("cd %s; echo x >file; echo x >>secret; rm -rf dir; mv etc gone; mkdir made; "
		     "ln -s a b; "
		     "chmod 777 secret; chown 1000 file; touch new; ln file hard; echo x >link; "
		     "mount -t tmpfs x . ; true",
		     h_tree(r->canary));
}

static void view_attack(struct h_run *r)
{
	const char *argv[] = { "/bin/busybox", "sh", "-c", destroy(r), NULL };
	struct h_job job = h_job(r, "exit");

	job.argv = argv;
	job.root_host = 1;
	/* the canary lies below /tmp; the naive reference shall have no other way to the host */
	job.no_defaults = r->how ? CONTAIN_DEFAULT_TMP : CONTAIN_DEFAULT_ALL;
	h_spawn(r, &job);
	h_works(r);
	job.root_flags = CONTAIN_ROOT_READONLY;
	h_spawn(r, &job);
	/* as the spec's own entries do */
	job.root_flags = 0;
	h_make(&job, H_FILE, "planted", t_fmt("%s/file", h_tree(r->canary)));
	h_make(&job, H_FILE, "planted", t_fmt("%s/new", h_tree(r->canary)));
	h_make(&job, H_DIR, "", t_fmt("%s/dir/made", h_tree(r->canary)));
	h_make(&job, H_SYMLINK, "x", t_fmt("%s/dir/link", h_tree(r->canary)));
	h_spawn(r, &job);
	/* a view is there to be read: what the tree is decides, not who has opened it */
	h_forget(r->canary);
}
H_CASE_LIMIT(host_view_changes_nothing, H_ALL, NULL, view_attack, 120)

/* ---- an upper layer of the caller's, in which a payload has left symlinks ---- */

static void upper_image(struct h_run *r)
{
	const char *host = h_host(r->canary);

	T_SYS(mkdir(t_fmt("%s/upper", host), 0755));
	T_SYS(mkdir(t_fmt("%s/work", host), 0755));
	T_SYS(symlink(t_fmt("%s/dir", h_tree(r->canary)), t_fmt("%s/upper/abs", host)));
	T_SYS(symlink(t_fmt("../../../../../../../../..%s/dir", h_tree(r->canary)),
		      t_fmt("%s/upper/dev", host)));
	T_SYS(symlink(t_fmt("../../../../../../../../..%s/file", h_tree(r->canary)),
		      t_fmt("%s/upper/file", host)));
	T_CHECK(system(t_fmt("chown -Rh 12345:12345 %s/upper %s/work", host, host)) == 0);
	T_CHECK(system(t_fmt("chmod 777 %s/upper %s/work", host, host)) == 0);
}

/* The naive reference has the upper directory as its root. */
static void upper_attack(struct h_run *r)
{
	const char *const lower[] = { r->root, NULL };
	struct h_job job = h_job(r, "exit");

	if (r->how) {
		job.lower = lower;
		job.upper = t_fmt("%s/upper", h_host(r->canary));
		job.work = t_fmt("%s/work", h_host(r->canary));
	} else {
		job.root = t_fmt("%s/upper", h_host(r->canary));
	}
	h_make(&job, H_FILE, "planted", "/file");
	h_make(&job, H_FILE, "planted", "/abs/made");
	h_make(&job, H_DIR, "", "/abs/deep/dir");
	h_spawn(r, &job);
	job.no_defaults = CONTAIN_DEFAULT_DEV;
	h_spawn(r, &job);
}
H_CASE(upper_layer_with_symlinks, H_ALL, upper_image, upper_attack)
