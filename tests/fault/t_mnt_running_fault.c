/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of what mounts in a running container fails once, in the caller and in the
 * processes that it sends in; and of what makes a user namespace for a map. An error, or a success
 * for a reason given here; no fd, no process and no mount is left, also in the container, and
 * nothing hangs. LONG=1: every error at each position.
 */
#include "fixture.h"

#include "sys/sys.h"

#include <contain/container_mount.h>
#include <contain/mount_options.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MSEC 3000
#define STATE (T_FDS | T_CHILDREN | T_MOUNTS | T_PROCS | T_SIGNALS | T_SELF)

static const char *const who_name[] = { "caller", "starter", "first process", "second process" };

/* Calls whose failure need not fail the whole, or cannot be injected, and why. */
static struct {
	int who;	  /* -1: any */
	const char *path; /* a prefix; NULL: any */
	const char *call; /* NULL: any */
	int err, action;  /* 0: any */
	int skip;	  /* cannot be injected */
	const char *why;
	int used;
} exempts[] = {
	{ -1, NULL, "close", 0, CT_SEAM_FAIL, 1, "closes whatever it answers" },
	{ -1, NULL, "openat", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "openat2", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "ioctl", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "socketpair", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "pidfd_open", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "open_tree", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "fsopen", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "fsmount", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "recvmsg", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "mmap", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "clone", 0, CT_SEAM_DONE_FAIL, 1, "the answer says whether a child exists" },
	{ -1, NULL, "clone3", 0, CT_SEAM_DONE_FAIL, 1, "the answer says whether a child exists" },
	{ -1, NULL, "munmap", 0, CT_SEAM_FAIL, 1, "what the kernel does not take back stays" },
	{ CT_SEAM_PARENT, NULL, NULL, 0, CT_SEAM_KILL, 1, "the caller itself: below" },
	{ CT_SEAM_CHILD, "mount-new", "close", 0, CT_SEAM_KILL, 0,
	  "it has been done by then, perhaps" },
	{ CT_SEAM_CHILD, "mount-detach", "chdir", 0, 0, 0, "the thread ends" },
	{ CT_SEAM_CHILD, "mount-detach", "umount2", 0, 0, 0,
	  "two threads: in another run it is the call of the other one" },
	{ CT_SEAM_CHILD, "mount-new", "pidfd_open", 0, CT_SEAM_KILL, 0, "the same" },
	{ CT_SEAM_CHILD, "new-user", NULL, 0, CT_SEAM_KILL, 1, "it waits for nothing else" },
	{ -1, NULL, "exit_group", 0, 0, 1, "has no error, and nobody comes after it" },
	{ CT_SEAM_PARENT, NULL, "pidfd_send_signal", 0, CT_SEAM_FAIL, 1,
	  "nothing else ends a child" },
	{ -1, NULL, "close", 0, CT_SEAM_DONE_FAIL, 0, "it is closed, and never tried again" },
	{ -1, NULL, "getpid", 0, 0, 0, "has no error in the kernel" },
	{ -1, NULL, "umask", 0, 0, 0, "has no error in the kernel" },
	{ -1, NULL, "munmap", 0, 0, 0, "freeing tells no error" },
	{ -1, NULL, NULL, -EINTR, 0, 0, "tried again where the kernel can say so" },
	{ -1, NULL, "openat2", -EAGAIN, 0, 0, "tried again" },
	{ -1, NULL, "openat2", -ENOENT, 0, 0, "made when missing" },
	{ -1, NULL, "openat2", -ELOOP, 0, 0, "resolved again, inside the root" },
	{ -1, NULL, "mkdirat", -EEXIST, 0, 0, "what is there is as good" },
	{ -1, NULL, "capget", 0, 0, 0, "without a word about rights, those of nobody are taken" },
	{ -1, NULL, "ioctl", -ENOSYS, 0, 0, "opened through /proc then" },
	{ -1, NULL, "ioctl", -EINVAL, 0, 0, "the same" },
	{ -1, NULL, "fstatfs", -ENOSYS, 0, 0, "opened through /proc then" },
	{ -1, NULL, "fstatfs", -EINVAL, 0, 0, "the same" },
	{ -1, NULL, "recvmsg", -EAGAIN, 0, 0, "tried again" },
	{ -1, NULL, "setgroups", -EPERM, 0, 0, "denied in the namespace" },
	{ -1, NULL, "setresgid", -EINVAL, 0, 0, "0 is not mapped" },
	{ -1, NULL, "setresuid", -EINVAL, 0, 0, "0 is not mapped" },
	{ CT_SEAM_PARENT, NULL, "openat", 0, 0, 0, "whether it is paused is not known then" },
	{ CT_SEAM_PARENT, NULL, "read", 0, 0, 0, "the same" },
	{ -1, NULL, "rt_sigprocmask", 0, 0, 0, "the mask that was comes back" },
	{ CT_SEAM_PARENT, NULL, "waitid", 0, 0, 0, "told by the shared page" },
	{ CT_SEAM_PARENT, NULL, "newfstatat", 0, 0, 0, "joined though it is the own one" },
	{ CT_SEAM_CHILD, NULL, "waitid", 0, 0, 0, "told by the shared page" },
	{ -1, NULL, "ppoll", 0, 0, 0, "the same, when it was done before anybody was killed" },
	{ CT_SEAM_CHILD, "mount-detach", "futex", 0, 0, 0,
	  "the thread is waited for all the same" },
	{ -1, NULL, "sendmsg", 0, CT_SEAM_DONE_FAIL, 0,
	  "the message has come, and may be acted on before anybody is killed" },
	{ -1, NULL, "fsconfig", 0, 0, 0, "an answer that is not asked for again" },
	{ -1, NULL, "statx", 0, 0, 0, "for a hint, or the kind of the mount point" },
	{ CT_SEAM_PARENT, "new-user", "clone3", -ENOSYS, 0, 0, "forked then" },
	{ CT_SEAM_PARENT, "new-user", NULL, 0, CT_SEAM_DONE_FAIL, 0, "done" },
};
#define EXEMPTS (sizeof(exempts) / sizeof(exempts[0]))

static int find_exempt(int who, const char *path, const char *call, int action, int err)
{
	for (size_t i = 0; i < EXEMPTS; i++)
		if ((exempts[i].who < 0 || exempts[i].who == who) &&
		    (!exempts[i].path ||
		     !strncmp(exempts[i].path, path, strlen(exempts[i].path))) &&
		    (!exempts[i].call || !strcmp(exempts[i].call, call)) &&
		    (!exempts[i].action || exempts[i].action == action) &&
		    (!exempts[i].err || exempts[i].err == err))
			return (int)i;
	return -1;
}

/* ---- the paths ---- */

static container *running;
static contain_error *error;
static contain_id_map *map;
static int mount_fd;

static int do_new(void)
{
	const char *options[] = { "size=1m", NULL };

	return container_mount_new(running, "tmpfs", options, "/mnt/new", CONTAIN_MOUNT_NOEXEC,
				   &error);
}

static int do_bind(void)
{
	return container_mount_bind(running, AT_FDCWD, "/etc", "/mnt/bind", CONTAIN_MOUNT_READONLY,
				    &error);
}

static int do_attach(void)
{
	return container_mount_attach(running, mount_fd, "/mnt", 0, &error);
}

static int do_attributes(void)
{
	return container_mount_set_attributes(running, "/", CONTAIN_MOUNT_NOSUID, 0, 0, &error);
}

static int do_detach(void)
{
	return container_mount_detach(running, "/mnt/old", CONTAIN_DETACH_LAZY, &error);
}

static int do_new_user(void)
{
	int fd = contain_ns_new_user(map, NULL, &error);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static void one_to_attach(void)
{
	mount_fd = contain_mount_new_tmpfs(1 << 20, 0, 0755, 0, NULL);
	T_CHECK(mount_fd >= 0);
}

static void one_to_detach(void)
{
	ck_assert_int_eq(container_mount_new(running, "tmpfs", NULL, "/mnt/old", 0, NULL), 0);
}

static const struct path {
	const char *name;
	int (*run)(void);
	void (*before)(void);
	int more; /* mounts in the container, when it was done */
} paths[] = {
	{ "mount-new", do_new, NULL, 1 },
	{ "mount-bind", do_bind, NULL, 1 },
	{ "mount-attach", do_attach, one_to_attach, 1 },
	{ "mount-attributes", do_attributes, NULL, 0 },
	{ "mount-detach", do_detach, one_to_detach, -1 },
	{ "new-user", do_new_user, NULL, 0 },
};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

static int mounts_inside(void)
{
	FILE *f = fopen(t_fmt("/proc/%d/mountinfo", container_pid(running)), "re");
	char line[4096];
	int n = 0;

	T_CHECK(f);
	while (fgets(line, sizeof(line), f))
		n++;
	fclose(f);
	return n;
}

/* ---- one case ---- */

struct fault {
	const struct path *path;
	int who, action, err;
	uint32_t at;
	long nr; /* -1: whatever is made there */
};

struct result {
	int err, hits, left, more;
	char message[512], diff[2000];
};

static int64_t now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int one_case(void *arg, void *rec)
{
	const struct fault *f = arg;
	struct result *r = rec;
	struct t_state *state;
	int before;

	state = t_state_take(STATE);
	if (f->path->before)
		f->path->before();
	before = mounts_inside();
	fx_seam_reset();
	ct_seam->who = (uint8_t)f->who;
	ct_seam->at = f->at;
	ct_seam->nr = (int16_t)f->nr; /* time moves others to its place */
	ct_seam->action = (uint8_t)f->action;
	ct_seam->err = f->err;
	if (!f->at)
		ct_seam->action = 0;
	ct_seam->on = 1;
	r->err = f->path->run();
	ct_seam->on = 0;
	r->hits = (int)ct_seam->hits;
	r->more = mounts_inside() - before;
	snprintf(r->message, sizeof(r->message), "%s", contain_error_message(error));
	T_EXPECT(r->err == contain_error_code(error), "%d: %s", r->err, r->message);
	contain_error_free(error);
	error = NULL;
	if (f->path->before == one_to_attach)
		close(mount_fd);
	for (int i = 0; i < 50; i++) { /* whoever adopts a process reaps it in its own time */
		r->left = t_state_diff(state, r->diff, sizeof(r->diff));
		if (!r->left)
			break;
		usleep(10000);
	}
	t_state_free(state);
	return 0;
}

static struct {
	int cases, failed, fine, missed;
} count;

static void one(const struct path *path, int who, uint32_t k, long nr, int action, int err)
{
	struct fault f = { path, who, action, err, k, nr };
	const char *call = fx_call_name(nr), *what;
	int x = find_exempt(who, path->name, call, action, err);
	int64_t start = now_msec();
	struct result r = { 0 };

	if (x >= 0)
		exempts[x].used++;
	if (x >= 0 && exempts[x].skip)
		return;
	what = t_fmt("%s: %s call %u, %s: action %d %s", path->name, who_name[who], k, call, action,
		     err ? fx_errno_name(err) : "");
	ck_assert_int_eq(t_child(one_case, &f, &r, sizeof(r)), 0);
	count.missed += !r.hits;
	if (!r.hits)
		return; /* calls that come or not */
	count.cases++;
	count.failed += r.err != 0;
	count.fine += r.err == 0;
	T_EXPECT(r.err || x >= 0, "%s: it succeeds", what);
	T_EXPECT(!r.left, "%s: left behind:\n%s", what, r.diff);
	/* what was done and is told as failed is there; so may be what somebody killed had done */
	if ((action == CT_SEAM_FAIL && strcmp(call, "ppoll") != 0) || r.err == 0)
		T_EXPECT(r.more == (r.err ? 0 : path->more), "%s: %s: %d mounts more inside", what,
			 r.message, r.more);
	T_EXPECT(now_msec() - start < LIMIT_MSEC * t_slow(), "%s: took %lld ms", what,
		 (long long)(now_msec() - start));
}

static void position(const struct path *path, int who, uint32_t k, long nr)
{
	static const int errs[] = { -EPERM,  -ENOMEM, -ENOSYS, -EMFILE, -EINVAL, -ENOSPC,
				    -EAGAIN, -EINTR,  -ESRCH,  -ENOENT, -EBADF };
	const size_t n = sizeof(errs) / sizeof(errs[0]);

	for (size_t i = 0; i < n; i++)
		if (t_sample(1, 0) || i == k % n || i == (k + 5) % n)
			one(path, who, k, nr, CT_SEAM_FAIL, errs[i]);
	one(path, who, k, nr, CT_SEAM_DONE_FAIL, -EIO);
	one(path, who, k, nr, CT_SEAM_KILL, 0);
}

static void all_positions(const struct path *path, int who)
{
	static int16_t nr[CT_SEAM_LOG];
	struct fault none = { path, who, 0, 0, 0, -1 };
	struct result r = { 0 };
	uint32_t n = 0;

	ck_assert_int_eq(t_child(one_case, &none, &r, sizeof(r)), 0);
	T_CHECK(r.err == 0 && r.more == path->more, "%s: %s", path->name, r.message);
	for (uint32_t i = 0; i < ct_seam->logged && i < CT_SEAM_LOG; i++)
		if (ct_seam->log[i].who == who)
			nr[n++] = ct_seam->log[i].nr;
	count.cases = count.failed = count.fine = count.missed = 0;
	for (uint32_t k = 0; k < n; k += t_guest() ? 4 : 1)
		position(path, who, k + 1, nr[k]);
	if (n)
		t_note("%s: %s: %u calls, %d cases: %d failed, %d fine, %d not met", path->name,
		       who_name[who], n, count.cases, count.failed, count.fine, count.missed);
	T_CHECK(count.missed <= count.cases / 2 + 8, "%s: %d cases missed", path->name,
		count.missed);
}

/* The caller is killed at each of its calls: what it has sent in ends by itself. */
static void killed(const struct path *path)
{
	struct fault f = { path, CT_SEAM_PARENT, 0, 0, 0, -1 };
	struct result r = { 0 };
	struct t_state *state;
	uint32_t n;
	int missed = 0;

	ck_assert_int_eq(t_child(one_case, &f, &r, sizeof(r)), 0);
	n = ct_seam->place[CT_SEAM_PARENT];
	state = t_state_take(T_PROCS | T_CHILDREN | T_MOUNTS);
	f.action = CT_SEAM_KILL;
	for (f.at = 1; f.at <= n; f.at += t_guest() ? 4 : 1) {
		int status = t_child(one_case, &f, NULL, 0), left = 1;

		/* a caller that waited less often this time has fewer calls */
		missed += status == 0;
		T_CHECK(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL),
			"%s: call %u: %x", path->name, f.at, (unsigned)status);
		for (int i = 0; i < 100 * t_slow() && left; i++) {
			left = t_state_diff(state, r.diff, sizeof(r.diff));
			if (left)
				usleep(10000);
		}
		T_EXPECT(!left, "%s: caller killed at call %u: left behind:\n%s", path->name, f.at,
			 r.diff);
	}
	t_note("%s: killed at each of %u calls, %d not met", path->name, n, missed);
	T_CHECK(missed <= 4, "%s: survived %d times", path->name, missed);
	t_state_free(state);
}

static void start(void)
{
	const char *argv[] = { "/bin/payload", "sleep", NULL };
	const char *root = t_fmt("%s/root", t_tmpdir());
	container_spec *spec = NULL;
	contain_error *e = NULL;

	t_rootfs_make(root);
	ck_assert_int_eq(container_spec_new(&spec), 0);
	container_spec_set_name(spec, "mounted");
	container_spec_set_root_dir(spec, AT_FDCWD, root, 0);
	container_spec_set_argv(spec, argv);
	container_spec_add_uid_range(spec, 0, 100000, 65536);
	container_spec_add_gid_range(spec, 0, 100000, 65536);
	container_spec_set_namespaces(spec, CONTAIN_NS_ALL & ~CONTAIN_NS_TIME);
	/* the user namespace's root makes mount points in it */
	T_CHECK(!system(t_fmt("chown -R 100000:100000 %s", root)));
	T_CHECK(container_spawn(spec, &running, &e) == 0, "%s", contain_error_message(e));
	container_spec_free(spec);
}

static void end(void)
{
	ck_assert_int_eq(container_delete(running, 20000, NULL), 0);
	container_free(running);
}

static void with(size_t first, size_t last)
{
	t_need_root();
	start();
	ck_assert_int_eq(contain_id_map_new(&map), 0);
	ck_assert_int_eq(contain_id_map_add(map, 0, 100000, 65536, NULL), 0);
	fx_seam_open();
	fx_seam_reset();
	for (size_t i = first; i < last; i++) {
		all_positions(&paths[i], CT_SEAM_PARENT);
		all_positions(&paths[i], CT_SEAM_CHILD);
		all_positions(&paths[i], CT_SEAM_INIT);
		killed(&paths[i]);
	}
	for (size_t i = 0; i < EXEMPTS; i++)
		if (exempts[i].used)
			t_note("exempt: %s: %s", exempts[i].call ? exempts[i].call : "all",
			       exempts[i].why);
	contain_id_map_free(map);
	end();
}

TEST_LIMIT(new_mounts, 280)
{
	with(0, 1);
}

TEST_LIMIT(binds_and_attachments, 280)
{
	with(1, 3);
}

TEST_LIMIT(changes_and_ends, 280)
{
	with(3, 5);
}

TEST_LIMIT(a_namespace_for_a_map, 280)
{
	with(5, PATHS);
}
