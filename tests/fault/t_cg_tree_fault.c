/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of the primitives on groups fails once: an error, or a success for a reason
 * given here; no fd is left, and after an error all groups and processes are as they were, or it is
 * said why not. LONG=1: every error at each position.
 */
#include "fixture.h"

#include "../live/t_cg_tree.h"
#include "feature/feature.h"
#include "sys/sys.h"

#include <sys/xattr.h>

/*
 * Calls whose failure need not fail the whole (fine), after which something has changed (changed),
 * or that cannot be injected (skip), and why.
 */
enum { FINE = 1, CHANGED = 2, SKIP = 4 };
static struct {
	const char *path; /* NULL: any; else a prefix */
	const char *call; /* NULL: any */
	int err, action;  /* 0: any */
	int what;
	const char *why;
	int used;
} exempts[] = {
	{ NULL, "openat", 0, CT_SEAM_DONE_FAIL, SKIP, "the answer is the only handle", 0 },
	{ NULL, "openat2", 0, CT_SEAM_DONE_FAIL, SKIP, "the answer is the only handle", 0 },
	{ NULL, "fcntl", 0, CT_SEAM_DONE_FAIL, SKIP, "the answer is the only handle", 0 },
	{ NULL, "fsopen", 0, CT_SEAM_DONE_FAIL, SKIP, "the answer is the only handle", 0 },
	{ NULL, "pidfd_open", 0, CT_SEAM_DONE_FAIL, SKIP, "the answer is the only handle", 0 },
	{ NULL, NULL, -EINTR, 0, FINE, "tried again where the kernel can say so", 0 },
	{ NULL, NULL, -EAGAIN, 0, FINE, "tried again", 0 },
	{ NULL, "getpid", 0, 0, FINE, "has no error in the kernel", 0 },
	{ "type", "read", -ENOENT, 0, FINE, "as of the root group, which has no such file", 0 },
	{ "check", "read", -ENOENT, 0, FINE, "the same", 0 },
	{ "discover", NULL, 0, 0, FINE, "what cannot be found out is told as not there", 0 },
	{ "own", "statx", 0, 0, FINE, "whether a mount is visible is then not known", 0 },
	{ "process", "statx", 0, 0, FINE, "the same", 0 },
	{ "path", "mkdirat", -EEXIST, 0, FINE, "another was faster: opened", 0 },
	{ "path", "openat2", -ENOENT, 0, FINE, "another has removed it: made anew", 0 },
	{ "path", "openat", -ENOENT, 0, FINE, "another has removed it: made anew", 0 },
	{ "unique", "mkdirat", -EEXIST, 0, FINE, "another name then", 0 },
	{ "unique", "openat", -ENOENT, 0, FINE, "another has removed it: another name", 0 },
	{ "unique", "faccessat2", -ENOENT, 0, FINE, "the same", 0 },
	{ "type", "openat", -ENOENT, 0, FINE, "without cgroup.type it is the root group", 0 },
	{ "check", "openat", -ENOENT, 0, FINE, "the same", 0 },
	{ "delegate", "openat", 0, 0, FINE, "the list that is built in", 0 },
	{ "delegate", "read", 0, 0, FINE, "the list that is built in", 0 },
	{ "delegate", "newfstatat", -ENOENT, 0, FINE, "a file that the group has not", 0 },
	{ "list", "openat", -ENOENT, 0, FINE, "a group that was removed meanwhile", 0 },
	{ "list", "openat", -ENODEV, 0, FINE, "the same", 0 },
	{ "list", "read", -ENODEV, 0, FINE, "the same", 0 },
	{ "list", "read", -ENOENT, 0, FINE, "the same", 0 },
	{ "list", "openat", -EOPNOTSUPP, 0, FINE, "threaded: told by its root", 0 },
	{ "list", "read", -EOPNOTSUPP, 0, FINE, "threaded: told by its root", 0 },
	{ "list", "getdents64", -ENOENT, 0, FINE, "a group that was removed meanwhile", 0 },
	{ "kill", "fsetxattr", 0, 0, FINE, "killed though it cannot be remembered", 0 },
	{ "kill", "getdents64", 0, 0, FINE, "killed though it cannot be remembered below", 0 },
	{ "kill", "openat", 0, 0, FINE | CHANGED, "the same; or the list of who is in it", 0 },
	{ "kill", "faccessat2", 0, 0, FINE, "what it asks the write says too", 0 },
	{ "kill", "write", 0, CT_SEAM_DONE_FAIL, CHANGED, "they are killed", 0 },
	{ "kill-old", NULL, 0, CT_SEAM_DONE_FAIL, SKIP, "its calls differ from run to run", 0 },
	{ "remove", NULL, 0, CT_SEAM_DONE_FAIL, SKIP, "its calls differ from run to run", 0 },
	{ "kill-old", NULL, 0, 0, FINE | CHANGED, "some are killed", 0 },
	{ "killed", NULL, -ENODATA, 0, FINE, "not killed", 0 },
	{ "killed", NULL, -EOPNOTSUPP, 0, FINE, "not killed", 0 },
	{ "killed", NULL, -ERANGE, 0, FINE, "killed", 0 },
	{ "killed", "faccessat2", 0, 0, FINE, "whether it is there still", 0 },
	{ "freeze", "write", 0, CT_SEAM_DONE_FAIL, CHANGED, "it is frozen", 0 },
	{ "freeze", "ppoll", 0, 0, FINE, "it may be frozen by then", 0 },
	{ "thaw", NULL, 0, 0, FINE | CHANGED, "thawed though nobody saw it", 0 },
	{ "enter", "write", 0, CT_SEAM_DONE_FAIL, CHANGED, "it has moved", 0 },
	{ "migrate", "write", 0, CT_SEAM_DONE_FAIL, CHANGED, "it has moved", 0 },
	{ "migrate", "ppoll", 0, 0, CHANGED, "it has moved", 0 },
	{ "migrate", "faccessat2", 0, 0, CHANGED, "it has moved", 0 },
	{ "threaded", "write", 0, CT_SEAM_DONE_FAIL, CHANGED, "nothing makes it a domain", 0 },
	{ "threaded", "openat", -ENOENT, 0, FINE, "without cgroup.type it is the root", 0 },
	{ "remove", NULL, 0, 0, FINE | CHANGED, "in part, or all", 0 },
	{ "gc", NULL, 0, 0, FINE | CHANGED, "left for the next time", 0 },
	{ "enable", "write", 0, CT_SEAM_DONE_FAIL, CHANGED, "it is enabled", 0 },
	{ "enable", "faccessat2", 0, 0, FINE, "whether it is the root: the write says it", 0 },
	{ "enable", "openat", -EOPNOTSUPP, 0, FINE, "threaded: the write says it", 0 },
	{ "enable", "read", -EOPNOTSUPP, 0, FINE, "threaded: the write says it", 0 },
	{ "enable-move", "openat", 0, 0, FINE, "whether the next group is threaded", 0 },
	{ "enable-move", "read", 0, 0, FINE, "whether the next group is threaded", 0 },
	{ "enable", "mkdirat", -EEXIST, 0, FINE, "the leaf is there: opened", 0 },
	{ "enable", "openat2", 0, 0, CHANGED, "what is enabled above it stays so", 0 },
};
#define EXEMPTS (sizeof(exempts) / sizeof(exempts[0]))

static int exempt(const char *path, const char *call, int action, int err)
{
	int what = 0;

	for (size_t i = 0; i < EXEMPTS; i++)
		if ((!exempts[i].path ||
		     !strncmp(exempts[i].path, path, strlen(exempts[i].path))) &&
		    (!exempts[i].call || !strcmp(exempts[i].call, call)) &&
		    (!exempts[i].action || exempts[i].action == action) &&
		    (!exempts[i].err || exempts[i].err == err)) {
			what |= exempts[i].what;
			exempts[i].used++;
		}
	return what;
}

/* ---- the world ------------------------------ */

static struct {
	int top, a, b, t, pidfd;
	pid_t pid;
	contain_error *e;
	char text[4096];
} w;

static void picture_of(const char *path, char *text, size_t size)
{
	int fd = openat(w.top, path, O_RDONLY | O_DIRECTORY);
	size_t at = strlen(text);
	struct stat dir, procs;
	char mark[4];

	if (fd < 0)
		return;
	T_SYS(fstat(fd, &dir));
	T_SYS(fstatat(fd, "cgroup.procs", &procs, 0));
	snprintf(text + at, size - at,
		 "%s: user %u %u, freeze %s, type %s, controllers %s, %s, procs %s, %ld below\n",
		 path, dir.st_uid, procs.st_uid, cg_text(fd, "cgroup.freeze"),
		 cg_text(fd, "cgroup.type"), cg_text(fd, "cgroup.subtree_control"),
		 fgetxattr(fd, "user.contain.killed", mark, 4) > 0 ? "killed" : "alive",
		 cg_text(fd, "cgroup.procs"), (long)dir.st_nlink - 2);
	close(fd);
}

static const char *picture(void)
{
	static const char *const paths[] = { ".",   "a",   "a/b",   "t",
					     "t/t", "new", "new/x", "a/rest" };
	char *text = calloc(1, 4096);

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		picture_of(paths[i], text, 4096);
	return text;
}

static const char *top_path;
static int in_v2;

static void world_make(void)
{
	if (in_v2)
		cg_write(w.top, "cgroup.subtree_control", "+memory");
	w.a = cg_make(w.top, "a");
	w.b = cg_make(w.a, "b");
	w.t = cg_make(w.top, "t");
	w.pid = cg_child(w.a, NULL);
	w.pidfd = cg_pidfd(w.pid);
}

static void world_drop(void)
{
	contain_error *e = NULL;
	int home = open(t_fmt("%s/..", top_path), O_RDONLY | O_DIRECTORY);

	cg_ok(contain_cgroup_enter(home, &e), e);
	close(home);
	close(w.a);
	close(w.b);
	close(w.t);
	cg_end(w.pid);
	close(w.pidfd);
	cg_write(w.top, "cgroup.freeze", "0");
	for (const char *const *n = (const char *const[]){ "a", "t", "new", NULL }; *n; n++)
		T_CHECK(contain_cgroup_remove_tree(w.top, *n, CONTAIN_CGROUP_KILL, 10000, &e) ==
					0 ||
				contain_error_code(e) == -ENOENT,
			"%s", contain_error_message(e));
	contain_error_free(e);
	e = NULL;
	cg_ok(contain_cgroup_gc(w.top, NULL, &e), e);
	for (const char *const *c = (const char *const[]){ "-memory", "-pids", NULL }; *c; c++) {
		int fd = openat(w.top, "cgroup.subtree_control", O_WRONLY);

		if (write(fd, *c, strlen(*c)) < 0) /* not here */
			errno = 0;
		close(fd);
	}
}

/* ---- the paths ------------------------------ */

static int drop(int r, int fd)
{
	if (fd >= 0)
		close(fd);
	return r;
}

static int path_discover(void)
{
	contain_cgroup_info *info = NULL;
	int r = contain_cgroup_discover(&info, &w.e);

	T_CHECK((r == 0) == (info != NULL));
	contain_cgroup_info_free(info);
	return r;
}

static int path_own(void)
{
	int fd = -1, r = contain_cgroup_open_own(&fd, &w.e);

	return drop(r, fd);
}

static int path_process(void)
{
	int fd = -1, r = contain_cgroup_open_process(w.pidfd, &fd, &w.e);

	return drop(r, fd);
}

static int path_open(void)
{
	int fd = -1, r = contain_cgroup_open(w.top, "a/b", &fd, &w.e);

	return drop(r, fd);
}

static int path_path(void)
{
	int fd = -1, r = contain_cgroup_create_path(w.top, "new/x", &fd, &w.e);

	return drop(r, fd);
}

static int path_unique(void)
{
	char name[CONTAIN_CGROUP_NAME_SIZE] = "";
	int fd = -1, r = contain_cgroup_create_unique(w.top, "u", &fd, name, sizeof(name), &w.e);

	T_CHECK((r == 0) == (*name != 0) && (r == 0) == (fd >= 0));
	return drop(r, fd);
}

static int path_type(void)
{
	return contain_cgroup_type(w.a, &w.e);
}

static int path_threaded(void)
{
	return contain_cgroup_set_threaded(w.b, &w.e);
}

static int path_check(void)
{
	return contain_cgroup_check_delegated(w.t, &w.e);
}

static int path_delegate(void)
{
	return contain_cgroup_delegate(w.a, T_UID, T_GID, &w.e);
}

static int path_enter(void)
{
	return contain_cgroup_enter(w.b, &w.e);
}

static int path_migrate(void)
{
	return contain_cgroup_migrate(w.b, w.pidfd, &w.e);
}

static int path_migrate_thread(void)
{
	return contain_cgroup_migrate_thread(w.a, w.pidfd, w.pid, &w.e);
}

static int path_list(void)
{
	contain_pids *pids = NULL;
	int r = contain_cgroup_list_processes(w.top, CONTAIN_CGROUP_RECURSIVE, &pids, &w.e);

	contain_pids_free(pids);
	return r;
}

static int path_kill(void)
{
	return contain_cgroup_kill(w.a, &w.e);
}

static int no_kill(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	*ret = -ENOENT;
	return (nr == __NR_openat || nr == __NR_faccessat2) &&
	       !strcmp((const char *)args[1], "cgroup.kill");
}

static int path_kill_old(void)
{
	ct_seam->fake = no_kill;
	return contain_cgroup_kill(w.a, &w.e);
}

static int path_killed(void)
{
	return contain_cgroup_is_killed(w.a, &w.e);
}

static int path_freeze(void)
{
	return contain_cgroup_freeze(w.a, 2000, &w.e);
}

static int path_thaw(void)
{
	ct_seam->on = 0;
	ck_assert_int_eq(contain_cgroup_freeze(w.a, 2000, NULL), 0);
	ct_seam->on = 1;
	return contain_cgroup_thaw(w.a, 2000, &w.e);
}

static int path_remove(void)
{
	return contain_cgroup_remove_tree(w.top, "a", CONTAIN_CGROUP_KILL, 300, &w.e);
}

static int path_gc(void)
{
	char name[CONTAIN_CGROUP_NAME_SIZE];
	int fd = -1;

	ct_seam->on = 0;
	ck_assert_int_eq(contain_cgroup_create_unique(w.top, "g", &fd, name, sizeof(name), NULL),
			 0);
	close(cg_make(fd, "below"));
	close(fd);
	ct_seam->on = 1;
	return contain_cgroup_gc(w.top, "g", &w.e);
}

static int path_enable_below(void)
{
	return contain_cgroup_enable_below(w.top, "t", "memory pids", 0, NULL, &w.e);
}

static int path_enable_move(void)
{
	return contain_cgroup_enable_below(w.top, "a/b", "memory",
					   CONTAIN_CGROUP_MOVE_PROCESSES, "rest", &w.e);
}

static const struct path {
	const char *name;
	int (*run)(void);
	int in_v2; /* needs controllers */
} paths[] = {
	{ "discover", path_discover, 0 },
	{ "own", path_own, 0 },
	{ "process", path_process, 0 },
	{ "open", path_open, 0 },
	{ "path", path_path, 0 },
	{ "unique", path_unique, 0 },
	{ "type", path_type, 0 },
	{ "threaded", path_threaded, 0 },
	{ "check", path_check, 0 },
	{ "delegate", path_delegate, 0 },
	{ "enter", path_enter, 0 },
	{ "migrate", path_migrate, 0 },
	{ "migrate-thread", path_migrate_thread, 0 },
	{ "list", path_list, 0 },
	{ "kill", path_kill, 0 },
	{ "kill-old", path_kill_old, 0 },
	{ "killed", path_killed, 0 },
	{ "freeze", path_freeze, 0 },
	{ "thaw", path_thaw, 0 },
	{ "remove", path_remove, 0 },
	{ "gc", path_gc, 0 },
	{ "enable-below", path_enable_below, 1 },
	{ "enable-move", path_enable_move, 1 },
};

/* ---- the cases ------------------------------ */

static struct {
	int cases, failed, fine;
} count;

/* 1: the call came. */
static int one(const struct path *path, uint32_t k, int action, int err, const char *call)
{
	const char *what = t_fmt("%s: call %u, %s: %s %s", path->name, k, call,
				 action == CT_SEAM_DONE_FAIL ? "done, but" : "",
				 fx_errno_name(err));
	int x = k ? exempt(path->name, call, action, err) : 0, r, hits;
	const char *before, *after;
	int64_t begin;

	if (x & SKIP)
		return 0;
	world_make();
	before = picture();
	begin = cg_now_msec();
	ct_facts_drop(); /* or the calls are others the next time */
	fx_seam_reset();
	ct_seam->fake = NULL;
	ct_seam->who = CT_SEAM_PARENT;
	ct_seam->at = k;
	ct_seam->uncounted = 1 + __NR_close; /* it closes whatever it answers */
	ct_seam->err = err;
	ct_seam->action = (uint8_t)action;
	ct_seam->on = 1;
	r = path->run();
	ct_seam->on = 0;
	hits = (int)ct_seam->hits;
	T_EXPECT(cg_now_msec() - begin < 3000 * t_slow(), "%s: slow", what);
	after = picture();
	T_EXPECT(r >= 0 || contain_error_code(w.e) == r, "%s: %d: %s", what, r,
		 contain_error_message(w.e));
	if (!k)
		T_CHECK(r >= 0, "%s: %s", what, contain_error_message(w.e));
	if (hits) {
		count.cases++;
		count.failed += r < 0;
		count.fine += r >= 0;
		T_EXPECT(r < 0 || x & FINE, "%s: it succeeds", what);
		T_EXPECT(r >= 0 || x & CHANGED || !strcmp(before, after),
			 "%s: is not as before: %s:\n%snot\n%s", what, contain_error_message(w.e),
			 after, before);
	}
	contain_error_free(w.e);
	w.e = NULL;
	free((void *)before);
	free((void *)after);
	world_drop();
	return hits;
}

static void all_positions(const struct path *path)
{
	static const int errs[] = { -EPERM,  -ENOMEM, -ENOSYS,	   -EMFILE, -EINVAL,
				    -ENOENT, -EAGAIN, -EOPNOTSUPP, -EINTR,  -EIO };
	const size_t n = sizeof(errs) / sizeof(errs[0]);
	static int16_t nr[CT_SEAM_LOG];
	struct t_state *state;
	uint32_t calls = 0;

	one(path, 0, 0, 0, "");
	for (uint32_t i = 0; i < ct_seam->logged; i++)
		if (ct_seam->log[i].nr != __NR_close)
			nr[calls++] = ct_seam->log[i].nr;
	count.cases = count.failed = count.fine = 0;
	state = t_state_take(T_FDS | T_CHILDREN);
	for (uint32_t k = 0; k < calls; k += t_guest() ? 2 : 1) {
		const char *call = fx_call_name(nr[k]);

		T_CHECK(*call != '?', "call %d has no name", nr[k]);
		for (size_t i = 0; i < n; i++)
			if (t_sample(1, 0) || i == k % n || i == (k + 4) % n)
				one(path, k + 1, CT_SEAM_FAIL, errs[i], call);
		one(path, k + 1, CT_SEAM_DONE_FAIL, -EIO, call);
	}
	t_state_check(state);
	t_note("%s: %u calls, %d cases: %d failed, %d fine", path->name, calls, count.cases,
	       count.failed, count.fine);
}

static void all(int with_controllers)
{
	in_v2 = with_controllers;
	t_need_root();
	top_path = t_cgroup_make("cgroup2");
	w.top = cg_open(top_path);
	if (in_v2 && !strstr(cg_text(w.top, "cgroup.controllers"), "memory"))
		t_skip("memory is not in cgroup v2 here: in guests it is");
	fx_seam_open();
	fx_seam_reset();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (paths[i].in_v2 == in_v2)
			all_positions(&paths[i]);
	for (size_t i = 0; i < EXEMPTS; i++)
		if (exempts[i].used)
			t_note("exempt: %s %s: %s", exempts[i].path ? exempts[i].path : "all",
			       exempts[i].call ? exempts[i].call : "all", exempts[i].why);
}

TEST_LIMIT(every_call_fails_once, 120)
{
	all(0);
}

TEST_LIMIT(every_call_of_enabling_fails_once, 120)
{
	all(1);
}
