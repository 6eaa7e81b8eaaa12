/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts of a container whose image is hostile: A03 (a component of the target is exchanged for a
 * symlink again and again), A16 (names), A24 (attributes of what is bound), and A40 (the same with
 * each of the newer calls missing). A01, A02, A17, A18 and A23 are in t_a_paths.c, t_a_roots.c and
 * t_a_privs.c.
 */
#include "attack.h"

#include "fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
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

/* In one start. */
static int binds_of(const struct h_run *r)
{
	return !r->how ? 16 : t_guest() ? 64 : 480;
}

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
		if (__atomic_add_fetch(&racer->rounds, 1, __ATOMIC_RELAXED) % 5 == 0 && racer->calm)
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
	int round, binds;
};

static void many_binds(container_spec *spec, void *arg)
{
	const struct many *m = arg;

	for (int i = 16; i < m->binds; i++)
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
	struct many m = { t_fmt("%s/volume", h_host(r->canary)), round, binds_of(r) };
	struct h_job job = h_job(r, "mounts");
	int n, at = 0;

	job.root = evil(r);
	job.no_defaults = CONTAIN_DEFAULT_TMP; /* it would cover the way */
	for (int i = 0; i < 16; i++)
		h_bind(&job, m.source, t_fmt("/race/new-%d-%d", round, i), 0);
	job.more = many_binds;
	job.arg = &m;
	h_spawn(r, &job);
	n = count(r->text, t_fmt("/new-%d-", round));
	h_held(r, r->err || n == m.binds, "%d of %d mounts", n, m.binds);
	/* what a component looks like while it is exchanged: gone, busy, or the symlink itself */
	h_exact(r, !r->err || r->err == -EAGAIN || r->err == -ENOENT || r->err == -ENOTDIR,
		"%s", r->message);
	if (r->err)
		h_exact(r, sscanf(r->object, "/race/new-%*d-%d", &at) == 1, "%s", r->message);
	return r->err ? at + 1 : m.binds;
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
	for (long until = t->tried + t->wanted;
	     t->tried < until || __atomic_load_n(&racer.rounds, __ATOMIC_RELAXED) <= 100;
	     t->starts++) {
		t->tried += raced_start(r, t->round++);
		t->whole += !r->err;
	}
	__atomic_store_n(&racer.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	if (racer.rounds % 2) /* as it was */
		syscall(SYS_renameat2, AT_FDCWD, racer.one, AT_FDCWD, racer.two, 2);
}

/* Of five variants: 10^5 attempts, with LONG=1 10^6. */
static void raced(struct h_run *r)
{
	struct tally t = { .wanted = t_guest() ? 64 : t_sample(50000, 5000) };

	if (!r->how)
		t.wanted = 200;
	r->state &= ~(T_FDS | T_THREADS | T_PROCS | T_CHILDREN);
	r->slow = 4;
	for (int way = 0; way < 4; way++)
		race_for(r, way & 1 ? "abs" : "rel", way >> 1, &t);
	t_note("%ld binds in %d starts, %d of them whole", t.tried, t.starts, t.whole);
}
H_CASE_LIMIT(a03_components_are_exchanged, H_ALL, raced_image, raced, 600)

/* ---- A40: A01 and A02 again, with each of the newer calls missing ---- */

static const struct {
	const char *name;
	long nr;
} newer[] = {
	{ "openat2", SYS_openat2 },	  { "mount_setattr", SYS_mount_setattr },
	{ "open_tree", SYS_open_tree },	  { "move_mount", SYS_move_mount },
	{ "fsopen", SYS_fsopen },	  { "fsconfig", SYS_fsconfig },
	{ "fsmount", SYS_fsmount },	  { "close_range", SYS_close_range },
	{ "statx", SYS_statx },		  { "memfd_create", SYS_memfd_create },
	{ "pidfd_open", SYS_pidfd_open }, { "clone3", SYS_clone3 },
};

/* /abs and /rel lead to the canary, and in the image to a directory of the same name. */
static void traps(struct h_run *r)
{
	mkdirs(t_fmt("%s%s/dir", r->root, h_tree(r->canary)));
	link_to(t_fmt("%s/dir", h_tree(r->canary)), t_fmt("%s/abs", r->root));
	link_to(t_fmt("../../../../../../../../../../..%s/dir", h_tree(r->canary)),
		t_fmt("%s/rel", r->root));
	T_SYS(mkdir(t_fmt("%s/volume", h_host(r->canary)), 0755));
	T_SYS(chmod(t_fmt("%s/volume", h_host(r->canary)), 0777));
	t_write_file(t_fmt("%s/volume/name", h_host(r->canary)), "of the volume\n");
}

static void trapped_start(struct h_run *r, const char *without)
{
	static const char *const targets[] = { "/abs", "/abs/new/deep", "/rel/new" };

	for (size_t i = 0; i < 3; i++) {
		struct h_job job = h_job(r, t_fmt("read %s/name -- stat /job/.", targets[i]));

		job.no_defaults = CONTAIN_DEFAULT_TMP;
		h_bind(&job, t_fmt("%s/volume", h_host(r->canary)), targets[i], 0);
		h_tmpfs(&job, "/job");
		h_make(&job, H_FILE, "planted", "/rel/made");
		h_spawn(r, &job);
		h_held(r, r->err || strstr(r->text, "of the volume\nmode 40"),
		       "without %s, %s: %s", without, targets[i], r->text);
		h_exact(r, !r->err || r->err == -EOPNOTSUPP || r->err == -ENOSYS,
			"without %s: %s", without, r->message);
	}
}

struct without {
	struct h_run *r;
	size_t call;
	int late; /* only in the child: what the machine has was found out before */
};

static int start_without(void *arg, void *rec)
{
	const struct without *w = arg;

	(void)rec;
	fx_seam_open();
	fx_seam_reset();
	ct_seam->who = w->late ? CT_SEAM_CHILD : CT_SEAM_PARENT;
	ct_seam->nr = (int16_t)newer[w->call].nr;
	ct_seam->action = CT_SEAM_FAIL;
	ct_seam->err = -ENOSYS;
	ct_seam->on = 1;
	trapped_start(w->r, newer[w->call].name);
	ct_seam->on = 0;
	return 0;
}

static void missing_calls(struct h_run *r)
{
	if (!r->how) {
		trapped_start(r, "nothing");
		return;
	}
	r->state &= ~T_FDS; /* the seam's own */
	for (size_t i = 0; i < 2 * sizeof(newer) / sizeof(newer[0]); i++) {
		struct without w = { r, i / 2, i % 2 };
		int status;

		if (h_left_out(r, i))
			continue;
		status = t_child(start_without, &w, NULL, 0);
		T_CHECK(status == 0, "wait status %x", (unsigned int)status);
	}
}
H_CASE_LIMIT(a40_newer_calls_are_missing, H_ALL, traps, missing_calls, 200)

/* ---- A24: attributes of what is bound stay, and read-only is read-only everywhere ---- */

#define HOST_FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* A volume with a mount in it, that the host mounts nosuid, nodev and noexec. */
static void volume_with_mount(struct h_run *r)
{
	const char *volume = t_fmt("%s/volume", h_host(r->canary));

	T_SYS(mkdir(volume, 0777));
	T_SYS(mount("volume", volume, "tmpfs", HOST_FLAGS, "mode=1777"));
	T_SYS(mkdir(t_fmt("%s/sub", volume), 0777));
	T_SYS(mount("sub", t_fmt("%s/sub", volume), "tmpfs", HOST_FLAGS, "mode=1777"));
	T_SYS(mkdir(t_fmt("%s/sub/ro", volume), 0777));
	T_SYS(mount("ro", t_fmt("%s/sub/ro", volume), "tmpfs", HOST_FLAGS | MS_RDONLY,
		    "mode=1777"));
}

/* The statfs(2) flags of a place as the payload has said them: ST_* have the values of MS_*. */
static unsigned long said_flags(struct h_run *r, int nth)
{
	const char *at = r->text;

	for (; (at = strstr(at, " flags ")); at += 7)
		if (!nth--)
			return strtoul(at + 7, NULL, 16);
	return 0;
}

static int written(struct h_run *r, const char *name)
{
	char buf[16];

	return t_read_file(t_fmt("%s/volume/%s", h_host(r->canary), name), buf, sizeof(buf)) > 0;
}

static void bound_volume(struct h_run *r, uint32_t flags, const char *script)
{
	const char *argv[] = { "/bin/sh", "-c", script, NULL };
	struct h_job job = h_job(r, "exit");

	job.argv = argv;
	h_bind(&job, t_fmt("%s/volume", h_host(r->canary)), "/data", flags);
	if (r->how && (r->how->bit & (H_USERNS | H_USER))) {
		job.set_caps = 1; /* CAP_SYS_ADMIN, which is worth nothing here */
		job.caps = 1ULL << 21 | 0x800405fbULL;
		if (r->how->as_user)
			job.caps = 1ULL << 21;
	}
	h_spawn(r, &job);
}

static void attributes(struct h_run *r)
{
	static const char show[] = "payload stat /data -- stat /data/sub -- stat /data/sub/ro;";
	static const char try_write[] = "echo w >/data/w; echo w >/data/sub/w; echo w "
					">/data/sub/ro/w;";
	static const char undo[] = "for m in /data /data/sub /data/sub/ro; do mount -o "
				   "remount,bind,rw,suid,dev,exec $m; mount -o remount,rw,suid,dev,"
				   "exec $m; done 2>/dev/null; umount -l /data/sub/ro; umount -l "
				   "/data/sub;";

	for (int tries = 0; tries < 2; tries++) {
		const char *script = t_fmt("exec 2>&1; %s %s %s true", tries ? undo : "", show,
					   try_write);

		bound_volume(r, CONTAIN_MOUNT_READONLY, script);
		h_works(r);
		for (int i = 0; i < 3; i++) {
			unsigned long flags = said_flags(r, i);

			h_held(r, r->err || (flags & HOST_FLAGS) == HOST_FLAGS, "%d: %s", i,
			       r->text);
			h_held(r, r->err || flags & MS_RDONLY, "%d: %s", i, r->text);
		}
		h_held(r, !written(r, "w") && !written(r, "sub/w") && !written(r, "sub/ro/w"),
		       "read-only was written: %s", r->text);
		/* writable is no more than the host has given */
		bound_volume(r, 0, script);
		h_works(r);
		for (int i = 0; i < 3; i++) {
			unsigned long flags = said_flags(r, i);

			h_held(r, r->err || (flags & HOST_FLAGS) == HOST_FLAGS, "%d: %s", i,
			       r->text);
			h_exact(r, !(flags & MS_RDONLY) == (i < 2), "%d: %s", i, r->text);
		}
		h_held(r, !written(r, "sub/ro/w"), "%s", r->text);
		h_exact(r, written(r, "w") && written(r, "sub/w"), "%s", r->text);
		unlink(t_fmt("%s/volume/w", h_host(r->canary)));
		unlink(t_fmt("%s/volume/sub/w", h_host(r->canary)));
	}
}
H_CASE_LIMIT(a24_attributes_of_a_volume, H_ALL, volume_with_mount, attributes, 120)

/* ---- A16: names ---- */

static const char *const hard_names[] = {
	"new\nline", "tab\there", "back\\slash", "\\040", "a b", "\377\376", "\"quote'", "#hash",
	"comma,colon:", "-o", "...", "%s%n", "\033[2J", "(deleted)", "\001",
};

#define HARD_NAMES (sizeof(hard_names) / sizeof(hard_names[0]))

static const char *long_name(size_t n)
{
	char *name = t_fmt("%0*d", (int)n, 0);

	return memset(name, 'n', n);
}

static const char *hard_name(size_t i)
{
	return i < HARD_NAMES ? hard_names[i] : long_name(255);
}

static void hard_volumes(struct h_run *r)
{
	T_SYS(mkdir(t_fmt("%s/volume", h_host(r->canary)), 0777));
	for (size_t i = 0; i <= HARD_NAMES; i++) {
		const char *dir = t_fmt("%s/volume/%s", h_host(r->canary), hard_name(i));

		T_SYS(mkdir(dir, 0755));
		t_write_file(t_fmt("%s/name", dir), t_fmt("volume %zu\n", i));
	}
}

/* Each bind goes where it was asked for, under exactly that name, and so does each file. */
static void names_are_kept(struct h_run *r)
{
	const char *argv[8 + 4 * HARD_NAMES + 8] = { "/bin/payload" };
	struct h_job job = h_job(r, "exit");
	int n = 1;

	for (size_t i = 0; i <= HARD_NAMES; i++) {
		const char *name = hard_name(i);

		h_bind(&job, t_fmt("%s/volume/%s", h_host(r->canary), name),
		       t_fmt("/data/%s", name), CONTAIN_MOUNT_READONLY);
		argv[n++] = "read";
		argv[n++] = t_fmt("/data/%s/name", name);
		argv[n++] = "--";
	}
	argv[n++] = "mounts";
	job.argv = argv;
	h_spawn(r, &job);
	h_works(r);
	for (size_t i = 0; i <= HARD_NAMES; i++)
		h_held(r, strstr(r->text, t_fmt("volume %zu\n", i)), "%zu: %s", i, r->text);
	h_exact(r, count(r->text, " /data/") == HARD_NAMES + 1, "%s", r->text);
}

/* What is too long is told with its name, and nothing is cut. */
static void names_too_long(struct h_run *r)
{
	const char *source = t_fmt("%s/volume/...", h_host(r->canary));

	names_are_kept(r);
	for (size_t i = 0; i < 3; i++) {
		const char *target = t_fmt("/job/%s%s%s", i == 2 ? "new/" : "", long_name(256),
					   i == 1 ? "/below" : "");
		struct h_job job = h_job(r, "exit");

		h_bind(&job, source, target, 0);
		h_spawn(r, &job);
		h_held(r, r->err, "a name of 256 bytes was taken");
		h_exact(r, r->err == -ENAMETOOLONG && !strcmp(r->object, target), "%s", r->message);
	}
}
H_CASE(a16_names, H_ALL, hard_volumes, names_too_long)

#define LEVELS 20

/* Two directories, each 4000 bytes deep, the second at the end of the first. */
static void deep_image(struct h_run *r)
{
	const char *name = long_name(199);
	char text[LEVELS * 200 + 1] = "";
	int fd = open(r->root, O_PATH | O_DIRECTORY | O_CLOEXEC), next;

	T_SYS(fd);
	for (int i = 0; i < LEVELS; i++)
		sprintf(text + strlen(text), "%s%s", i ? "/" : "", name);
	for (int half = 0; half < 2; half++) {
		T_SYS(symlinkat(text, fd, "half"));
		for (int i = 0; i < LEVELS; i++) {
			T_SYS(mkdirat(fd, name, 0755));
			T_SYS(next = openat(fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC));
			close(fd);
			fd = next;
		}
	}
	close(fd);
	hard_volumes(r);
}

/* No path leads there in one piece, and yet it is a place. */
static void deeper_than_a_path(struct h_run *r)
{
	struct h_job job = h_job(r, "read /half/half/new/name -- read /half/half/made/file");

	h_bind(&job, t_fmt("%s/volume/...", h_host(r->canary)), "/half/half/new", 0);
	h_make(&job, H_FILE, "made\n", "/half/half/made/file");
	h_spawn(r, &job);
	h_works(r);
	h_exact(r, !strncmp(r->text, "volume ", 7) && strstr(r->text, "made\n"), "%s", r->text);
}
H_TWIN(a16_twin_deeper_than_a_path, H_ALL, deep_image, deeper_than_a_path)

/* ---- A18: a host whose mounts are shared, and a container that is told to hear of them ---- */

static void shared_host(struct h_run *r)
{
	const char *volume = t_fmt("%s/volume", h_host(r->canary));

	T_SYS(mkdir(volume, 0777));
	T_SYS(mount("volume", volume, "tmpfs", 0, "mode=1777"));
	T_SYS(mkdir(t_fmt("%s/sub", volume), 0777));
	T_SYS(chmod(t_fmt("%s/sub", volume), 0777));
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
}

static void hears(container_spec *spec, void *arg)
{
	const char *volume = arg;

	container_spec_set_root_propagation(spec, CONTAIN_PROPAGATION_SLAVE |
							  CONTAIN_PROPAGATION_SHARED);
	container_spec_add_mount(spec, AT_FDCWD, volume, "/data", NULL, "rbind,rslave");
	container_spec_add_mount(spec, AT_FDCWD, NULL, "/job", "tmpfs", "size=1m,copyup");
}

/* Mounts of set-up and of a payload that may mount; one start of four fails. */
static void nothing_travels(struct h_run *r)
{
	static const char *const missing_program[] = { "/no/such/program", NULL };
	static const char *const sh[] = { "/bin/sh", "-c",
					  "mount -t tmpfs inside /data/sub && mount -t tmpfs "
					  "inside /mnt && echo mounted", NULL };
	int rounds = t_guest() ? 8 : (int)t_sample(r->how ? 1000 : 40, 40);
	struct t_state *before = t_state_take(T_MOUNTS);
	char diff[2048];

	r->state = T_FDS; /* the mounts are looked at below, also for the naive reference */
	for (int i = 0; i < rounds && !(r->verdict->breaches && !r->how); i++) {
		struct h_job job = h_job(r, "exit");

		job.argv = i % 4 == 3 ? missing_program : sh;
		job.set_caps = 1;
		job.caps = r->how && r->how->as_user ? 1ULL << 21 : 0x800405fbULL | 1ULL << 21;
		if (!r->how) /* its mounts are as shared as the host's */
			h_bind(&job, t_fmt("%s/volume", h_host(r->canary)), "/data", 0);
		job.more = hears;
		job.arg = (void *)t_fmt("%s/volume", h_host(r->canary));
		h_spawn(r, &job);
		h_exact(r, i % 4 == 3 || strstr(r->text, "mounted\n"),
			"the payload could not mount: %s %s", r->message, r->text);
	}
	h_held(r, !t_state_diff(before, diff, sizeof(diff)), "%s", diff);
	t_state_free(before);
}
H_CASE_LIMIT(a18_who_hears_does_not_tell, H_SHARED, shared_host, nothing_travels, 600)

/* ---- A23: what a user's container copies up has no rights on the host ---- */

static void privileged_layer(struct h_run *r)
{
	const char *dir = t_fmt("%s/layer", h_host(r->canary));
	/* cap_sys_admin,cap_setuid+ep, revision 2: of the host */
	static const unsigned char caps[20] = { 1, 0, 0, 2, 0x80, 0, 0x20, 0 };

	T_CHECK(system(t_fmt("mkdir -p %s %s.upper %s.work && cd %s && for f in root group caps "
			     "open; do cp %s $f; chmod 755 $f; done && chmod 6755 root && chgrp 1 "
			     "group && chmod 2755 group && chmod 6777 open && chmod 777 . && chown "
			     "%d:%d %s.upper %s.work",
			     dir, dir, dir, dir, T_PAYLOAD, T_UID, T_GID, dir, dir)) == 0);
	T_SYS(setxattr(t_fmt("%s/caps", dir), "security.capability", caps, sizeof(caps), 0));
}

static void lower_and_upper(container_spec *spec, void *arg)
{
	const char *dir = arg, *const lower[] = { dir, NULL };

	container_spec_add_overlay(spec, AT_FDCWD, lower, t_fmt("%s.upper", dir),
				   t_fmt("%s.work", dir), 0, "/data", 0);
}

/* A file with rights over the host that the host's user does not have himself. */
static int is_privileged(const char *path)
{
	struct stat st;
	unsigned char caps[64];
	ssize_t n;

	if (stat(path, &st))
		return 0;
	if (S_ISREG(st.st_mode) && ((st.st_mode & S_ISUID && st.st_uid != T_UID) ||
				    (st.st_mode & S_ISGID && st.st_gid != T_GID)))
		return 1;
	n = getxattr(path, "security.capability", caps, sizeof(caps));
	/* revision 3 has the user namespace's root in it */
	return n == 20 || (n == 24 && !caps[20] && !caps[21] && !caps[22] && !caps[23]);
}

static void copied_up(struct h_run *r)
{
	static const char *const files[] = { "root", "group", "caps", "open", "new" };
	static const char script[] =
		"for f in root group caps open; do echo >>$f; chmod u+s $f; chmod g+s $f; "
		"touch $f; mv $f $f.moved; mv $f.moved $f; ln $f $f.link; done; cp root new; chmod "
		"6755 new; chown 0:0 new; true";
	const char *dir = t_fmt("%s/layer", h_host(r->canary));
	const char *upper = r->how ? t_fmt("%s.upper", dir) :
				     t_fmt("%s/naive/.upper", h_host(r->canary));
	const char *argv[] = { "/bin/sh", "-c", t_fmt("cd %s; %s", r->how ? "/data" : "/", script),
			       NULL };
	const char *const lower[] = { dir, r->root, NULL };
	struct h_job job = h_job(r, "exit");

	job.argv = argv;
	job.more = lower_and_upper;
	job.arg = (void *)dir;
	if (!r->how) /* as root, and the root is the union */
		job.lower = lower;
	h_spawn(r, &job);
	h_works(r);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		for (int k = 0; k < 2; k++) {
			const char *path = t_fmt("%s/%s%s", upper, files[i], k ? ".link" : "");

			h_held(r, !is_privileged(path), "%s has rights on the host", path);
		}
	h_exact(r, access(t_fmt("%s.upper/new", dir), F_OK) == 0, "nothing was written: %s",
		r->text);
}
H_CASE(a23_copied_up_by_a_user, H_USER, privileged_layer, copied_up)
