/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of the primitives of namespaces fails once, in the caller and in the processes
 * that contain_ns_child_start() makes. An error, or a success for a reason given here; no fd, no
 * process, no mount and no file is left, and nothing hangs. LONG=1: every error at each position.
 */
#include "fixture.h"

#include "sys/sys.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MSEC 2000
#define STATE (T_FDS | T_CHILDREN | T_MOUNTS | T_PROCS | T_SIGNALS | T_SELF)

/* <sys/mount.h> and the uapi of the library may not be included together */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);
int umount2(const char *target, int flags);

static const char *const who_name[] = { "caller", "starter", "first process", "second process" };

/* Calls whose failure need not fail the whole, or cannot be injected, and why. */
static struct {
	int who;	  /* -1: any */
	const char *path; /* of which paths: a prefix; NULL: any */
	const char *call; /* NULL: any */
	int err, action;  /* 0: any */
	int skip;	  /* cannot be injected */
	const char *why;
	int used;
} exempts[] = {
	{ -1, NULL, "close", 0, CT_SEAM_FAIL, 1, "closes whatever it answers" },
	{ -1, NULL, "openat", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "ioctl", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "socketpair", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "pidfd_open", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "open_tree", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "recvmsg", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "mmap", 0, CT_SEAM_DONE_FAIL, 1, "the answer is the only handle" },
	{ -1, NULL, "clone", 0, CT_SEAM_DONE_FAIL, 1, "the answer says whether a child exists" },
	{ -1, NULL, "move_mount", 0, CT_SEAM_DONE_FAIL, 1,
	  "mounted, or another's mount: the same" },
	{ -1, NULL, "munmap", 0, CT_SEAM_FAIL, 1, "what the kernel does not take back stays" },
	{ CT_SEAM_PARENT, NULL, NULL, 0, CT_SEAM_KILL, 1, "the caller itself: below" },
	{ -1, NULL, "exit_group", 0, 0, 1, "has no error, and nobody comes after it" },
	{ -1, NULL, "close", 0, CT_SEAM_DONE_FAIL, 0, "it is closed, and never tried again" },
	{ -1, NULL, "geteuid", 0, 0, 0, "has no error in the kernel" },
	{ -1, NULL, "getegid", 0, 0, 0, "has no error in the kernel" },
	{ -1, NULL, "getpid", 0, 0, 0, "has no error in the kernel" },
	{ -1, NULL, "munmap", 0, 0, 0, "freeing tells no error" },
	{ -1, NULL, NULL, -EINTR, 0, 0, "tried again where the kernel can say so" },
	{ -1, NULL, "capget", 0, 0, 0, "without a word about rights, those of nobody are taken" },
	{ -1, NULL, "ioctl", -ENOSYS, 0, 0, "opened through /proc then" },
	{ -1, NULL, "ioctl", -EINVAL, 0, 0, "the same" },
	{ -1, NULL, "recvmsg", -EAGAIN, 0, 0, "tried again" },
	{ -1, "join-process", "fstatfs", 0, 0, 0, "whether it is no pidfd: setns(2) says it too" },
	{ -1, "join-process", "setns", 0, 0, 0, "one by one then, or without the own user one" },
	{ -1, "pin-net", "mkdirat", -EEXIST, 0, 0, "it is there" },
	{ -1, "pin-net", "mount", -EINVAL, 0, 0, "it is no mount: made one" },
	{ -1, "pin-net", "flock", -EAGAIN, 0, 0, "tried again" },
	{ -1, "pin", "statx", 0, 0, 0, "a mount point that is not seen is covered as by mount(2)" },
	{ -1, "pin", "fstatfs", 0, 0, 0, "a pin that is there is a mount point too" },
	{ CT_SEAM_CHILD, "child", "waitid", 0, CT_SEAM_KILL, 0,
	  "fn has returned, or goes with it" },
	{ -1, NULL, "fstatfs", -ENOSYS, 0, 0, "opened through /proc then" },
	{ -1, NULL, "fstatfs", -EINVAL, 0, 0, "the same" },
	{ -1, "unpin", "newfstatat", -ENOENT, 0, 0, "another has removed the file" },
	{ -1, "unpin", "unlinkat", -ENOENT, 0, 0, "the same" },
	{ -1, "pin-net", "newfstatat", -ENOENT, 0, 0, "the same" },
	{ -1, "pin-net", "unlinkat", -ENOENT, 0, 0, "the same" },
	{ CT_SEAM_PARENT, NULL, "rt_sigprocmask", 0, 0, 0, "the mask that was comes back" },
	{ CT_SEAM_PARENT, "child", "waitid", 0, 0, 0, "asked again, or told by the shared page" },
	{ CT_SEAM_PARENT, "child", "pidfd_send_signal", 0, 0, 0, "it ends by itself" },
	{ CT_SEAM_CHILD, NULL, "prctl", 0, 0, 0, "an unknown flag is taken for none" },
	{ CT_SEAM_CHILD, NULL, "setgroups", -EPERM, 0, 0, "denied in the namespace" },
	{ CT_SEAM_CHILD, NULL, "setresgid", -EINVAL, 0, 0, "0 is not mapped" },
	{ CT_SEAM_CHILD, NULL, "setresuid", -EINVAL, 0, 0, "0 is not mapped" },
	{ CT_SEAM_CHILD, NULL, "close_range", 0, 0, 0, "fds are held a little longer" },
	{ CT_SEAM_CHILD, NULL, "sendmsg", 0, CT_SEAM_DONE_FAIL, 0, "the message has come" },
	{ CT_SEAM_INIT, NULL, "sendmsg", 0, CT_SEAM_DONE_FAIL, 0, "the message has come" },
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

static struct {
	contain_error *e;
	int err;
	int holder; /* pidfd of a process in namespaces of its own */
	int fds[2]; /* its network and user namespaces */
	char dir[256];
} at;

/* The first failure counts; what comes after it is cleaning up. */
static int seen(int r)
{
	if (r < 0 && !at.err) {
		at.err = r;
		T_EXPECT(contain_error_code(at.e) == r, "%d: %s", r, contain_error_message(at.e));
	}
	return r;
}

static void drop(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void path_open(void)
{
	uint64_t value = 0;
	uint32_t uid = 0;
	int net = seen(contain_ns_open(at.holder, CONTAIN_NS_NET, &at.e)), user = -1, up = -1;

	if (!at.err)
		seen(contain_ns_type(net, &value, &at.e));
	if (!at.err)
		seen(contain_ns_inode(net, &value, &at.e));
	if (!at.err)
		user = seen(contain_ns_owner(net, &at.e));
	if (!at.err)
		seen(contain_ns_owner_uid(user, &uid, &at.e));
	if (!at.err)
		up = seen(contain_ns_parent(user, &at.e));
	drop(net);
	drop(user);
	drop(up);
}

/* As before Linux 6.11 */
static int no_ioctl(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	*ret = -ENOTTY;
	return nr == __NR_ioctl && (unsigned long)args[1] >> 8 == 0xff;
}

/* As before Linux 5.8 */
static int no_setns(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (no_ioctl(who, nr, args, ret))
		return 1;
	*ret = -ENOSYS;
	return nr == __NR_setns && args[0] == at.holder;
}

static void path_by_proc(void)
{
	ct_seam->fake = no_ioctl;
	drop(seen(contain_ns_open(at.holder, CONTAIN_NS_UTS, &at.e)));
}

static void path_open_path(void)
{
	drop(seen(contain_ns_open_path(AT_FDCWD, "/proc/self/ns/ipc", CONTAIN_NS_IPC, &at.e)));
}

static void path_unshare(void)
{
	seen(contain_ns_unshare(CONTAIN_NS_UTS | CONTAIN_NS_NET, &at.e));
}

static void path_join(void)
{
	seen(contain_ns_join(at.fds[0], CONTAIN_NS_NET, &at.e));
	if (!at.err)
		seen(contain_ns_join_path(AT_FDCWD, "/proc/self/ns/ipc", 0, &at.e));
}

static void path_join_process(void)
{
	seen(contain_ns_join_process(at.holder, CONTAIN_NS_ALL & ~CONTAIN_NS_TIME, &at.e));
}

static void path_join_process_old(void)
{
	ct_seam->fake = no_setns;
	seen(contain_ns_join_process(at.holder, CONTAIN_NS_ALL & ~CONTAIN_NS_TIME, &at.e));
}

/* ---- children ---- */

static int *calls_of_fn;

static int fn(void *arg)
{
	__atomic_add_fetch(calls_of_fn, 1, __ATOMIC_SEQ_CST);
	return *(int *)arg;
}

static void child(uint64_t types, size_t fds, const contain_id_map *map)
{
	contain_ns_child *c = NULL;
	int value = 0, want = 12345, r;

	*calls_of_fn = 0;
	r = seen(contain_ns_child_start(types, at.fds, fds, map, map, fn, &want, &c, &at.e));
	T_CHECK((r == 0) == (c != NULL));
	if (r < 0) { /* but for a message that has come, and that the caller believes lost */
		T_EXPECT(*calls_of_fn == 0 || ct_seam->action == CT_SEAM_DONE_FAIL, "fn has run");
		return;
	}
	r = seen(contain_ns_child_wait(c, -1, &value, &at.e));
	if (r > 0) /* killed, and told so */
		at.err = at.err ? at.err : -ECANCELED;
	ct_seam->on = 0;
	if (r < 0) {
		r = contain_ns_child_wait(c, 10000, &value, NULL);
		T_EXPECT(r >= 0 || r == at.err, "%d", r);
	}
	T_EXPECT(r != 0 || value == want || value == 1 || value == 137, "%d: %d", r, value);
	if (r == 0 && value != want) /* exited, before fn could */
		at.err = at.err ? at.err : -ECANCELED;
	contain_ns_child_free(c);
}

static void path_child(void)
{
	child(CONTAIN_NS_UTS, 0, NULL);
}

static void path_child_maps(void)
{
	contain_id_map *map = NULL;

	ct_seam->on = 0;
	ck_assert_int_eq(contain_id_map_new(&map), 0);
	ck_assert_int_ge(contain_id_map_add(map, 0, 100000, 10, NULL), 0);
	ct_seam->on = 1;
	child(CONTAIN_NS_USER | CONTAIN_NS_PID, 0, map);
	contain_id_map_free(map);
}

static void path_child_joined(void)
{
	child(CONTAIN_NS_USER | CONTAIN_NS_TIME, 2, NULL);
}

/* ---- pins ---- */

static void path_pin(void)
{
	char file[300];

	snprintf(file, sizeof(file), "%s/pin", at.dir);
	seen(contain_ns_pin(at.fds[0], AT_FDCWD, file, &at.e));
	ct_seam->on = 0;
	if (!at.err)
		ck_assert_int_eq(contain_ns_unpin(AT_FDCWD, file, NULL), 0);
	T_EXPECT(access(file, F_OK) < 0, "the file is there");
}

/* On a file that is there, which stays after a failure. */
static void path_pin_existing(void)
{
	char file[300];

	snprintf(file, sizeof(file), "%s/pin", at.dir);
	t_write_file(file, "");
	seen(contain_ns_pin(at.fds[0], AT_FDCWD, file, &at.e));
	ct_seam->on = 0;
	if (!at.err)
		ck_assert_int_eq(contain_ns_unpin(AT_FDCWD, file, NULL), 0);
	T_EXPECT((access(file, F_OK) == 0) == (at.err != 0), "the file");
	unlink(file);
}

static void path_unpin(void)
{
	char file[300];

	snprintf(file, sizeof(file), "%s/pin", at.dir);
	ct_seam->on = 0;
	ck_assert_int_eq(contain_ns_pin(at.fds[0], AT_FDCWD, file, NULL), 0);
	ct_seam->on = 1;
	seen(contain_ns_unpin(AT_FDCWD, file, &at.e));
	ct_seam->on = 0;
	if (at.err && contain_ns_unpin(AT_FDCWD, file, NULL) < 0)
		unlink(file); /* the pin is gone, the file was not */
	T_EXPECT(access(file, F_OK) < 0 || !at.err, "the file is there");
	unlink(file);
}

/* /run of the test's own; afterwards all that was mounted below it goes with it. */
static void path_pin_net(void)
{
	ct_seam->on = 0;
	T_SYS(mount("tmpfs", "/run", "tmpfs", 0, NULL));
	ct_seam->on = 1;
	seen(contain_ns_pin_net(at.fds[0], "name", &at.e));
	if (at.err)
		T_EXPECT(access("/run/netns/name", F_OK) < 0, "the name is there");
	else
		seen(contain_ns_unpin_net("name", &at.e));
	ct_seam->on = 0;
	T_SYS(umount2("/run", MNT_DETACH));
}

static const struct path {
	const char *name;
	void (*run)(void);
	int children;
} paths[] = {
	{ "open", path_open, 0 },
	{ "by-proc", path_by_proc, 0 },
	{ "path", path_open_path, 0 },
	{ "unshare", path_unshare, 0 },
	{ "join", path_join, 0 },
	{ "join-process", path_join_process, 0 },
	{ "join-process-old", path_join_process_old, 0 },
	{ "child", path_child, 1 },
	{ "child-maps", path_child_maps, 1 },
	{ "child-joined", path_child_joined, 1 },
	{ "pin", path_pin, 0 },
	{ "pin-existing", path_pin_existing, 0 },
	{ "unpin", path_unpin, 0 },
	{ "pin-net", path_pin_net, 0 },
};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

/* ---- the cases ---- */

struct result {
	int err, hits, left;
	char message[300], diff[2000];
};

struct fault {
	const struct path *path;
	int who, action, err;
	uint32_t at;
	long nr; /* -1: whatever is made there */
};

static int64_t now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* In a process of its own: some of it moves the caller. */
static int one_case(void *arg, void *rec)
{
	const struct fault *f = arg;
	struct result nobody, *r = rec ? rec : &nobody;
	/* who has moved sees other mounts, and that is the point */
	int moves = !strncmp(f->path->name, "join", 4) || !strcmp(f->path->name, "unshare");
	struct t_state *state = t_state_take(moves ? T_FDS | T_CHILDREN | T_SIGNALS : STATE);

	fx_seam_reset();
	ct_seam->who = (uint8_t)f->who;
	ct_seam->at = f->at;
	ct_seam->nr = (int16_t)f->nr; /* time moves others to its place */
	ct_seam->err = f->err;
	ct_seam->action = (uint8_t)f->action;
	ct_seam->on = 1;
	f->path->run();
	ct_seam->on = 0;
	ct_seam->fake = NULL;
	r->err = at.err;
	r->hits = (int)ct_seam->hits;
	snprintf(r->message, sizeof(r->message), "%s", contain_error_message(at.e));
	contain_error_free(at.e);
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
	T_CHECK(r.err == 0, "%s: %s", path->name, r.message);
	for (uint32_t i = 0; i < ct_seam->logged && i < CT_SEAM_LOG; i++)
		if (ct_seam->log[i].who == who)
			nr[n++] = ct_seam->log[i].nr;
	count.cases = count.failed = count.fine = count.missed = 0;
	for (uint32_t k = 0; k < n; k += t_guest() ? 3 : 1)
		position(path, who, k + 1, nr[k]);
	if (n)
		t_note("%s: %s: %u calls, %d cases: %d failed, %d fine, %d not met", path->name,
		       who_name[who], n, count.cases, count.failed, count.fine, count.missed);
	T_CHECK(count.missed <= count.cases / 2 + 8, "%s: %d cases missed", path->name,
		count.missed);
}

/* The caller is killed at each of its calls: what it has started ends by itself. */
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
	for (f.at = 1; f.at <= n; f.at += t_guest() ? 3 : 1) {
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

static int waits(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

static void with(int children)
{
	contain_ns_child *c = NULL;
	contain_error *e = NULL;

	t_need_root();
	calls_of_fn = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	T_CHECK(calls_of_fn != MAP_FAILED);
	ck_assert_int_eq(contain_ns_child_start(CONTAIN_NS_ALL & ~CONTAIN_NS_TIME, NULL, 0, NULL,
						NULL, waits, NULL, &c, &e),
			 0);
	at.holder = contain_ns_child_pidfd(c);
	at.fds[0] = contain_ns_open(at.holder, CONTAIN_NS_NET, &e);
	at.fds[1] = contain_ns_open(at.holder, CONTAIN_NS_USER, &e);
	T_CHECK(at.fds[0] > 2 && at.fds[1] > 2, "%s", contain_error_message(e));
	snprintf(at.dir, sizeof(at.dir), "%s", t_tmpdir());
	fx_seam_open();
	fx_seam_reset();
	for (size_t i = 0; i < PATHS; i++) {
		if (paths[i].children != children)
			continue;
		all_positions(&paths[i], CT_SEAM_PARENT);
		if (!children)
			continue;
		all_positions(&paths[i], CT_SEAM_CHILD);
		all_positions(&paths[i], CT_SEAM_INIT);
		killed(&paths[i]);
	}
	for (size_t i = 0; i < EXEMPTS; i++)
		if (exempts[i].used)
			t_note("exempt: %s: %s", exempts[i].call ? exempts[i].call : "all",
			       exempts[i].why);
	ct_sys_pidfd_send_signal(at.holder, SIGKILL, NULL, 0);
	ck_assert_int_eq(contain_ns_child_wait(c, -1, NULL, NULL), SIGKILL);
	contain_ns_child_free(c);
}

TEST_LIMIT(every_call_that_acts_on_the_caller_fails_once, 240)
{
	with(0);
}

TEST_LIMIT(every_call_of_a_child_fails_once, 240)
{
	with(1);
}
