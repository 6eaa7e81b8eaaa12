/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts of a container that runs: what never answers, a caller that is killed, calls missing. */
#include "t_mnt_running.h"

/* ---- time ---- */

/* A file system whose server never answers, where the path leads through it. */
TEST_LIMIT(what_never_answers, 60)
{
	struct t_state *state;
	contain_error *err = NULL;
	struct timespec from, to;
	int fuse, mnt, r;
	struct ts t;
	double sec;

	t_need_root();
	if (access("/dev/fuse", R_OK))
		t_skip("no /dev/fuse");
	(void)!system("true"); /* which leaves the actions of signals in another form */
	target(&t);
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	T_SYS(fuse);
	{
		const char *options[] = { t_fmt("fd=%d", fuse), "rootmode=40000", "user_id=0",
					  "group_id=0",		"allow_other",	  NULL };

		mnt = contain_mount_new("fuse", options, 0, &err);
	}
	tn_fine(mnt, err);
	tn_fine(container_mount_attach(t.c, mnt, "/mnt", 0, &err), err);
	close(mnt);
	state = t_state_take(T_FDS | T_CHILDREN | T_PROCS);
	clock_gettime(CLOCK_MONOTONIC, &from);
	r = container_mount_new(t.c, "tmpfs", NULL, "/mnt/a/b", 0, &err);
	clock_gettime(CLOCK_MONOTONIC, &to);
	sec = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	T_CHECK(r == -ETIMEDOUT && strstr(contain_error_hint(err), "does not answer"), "%d: %s", r,
		contain_error_message(err));
	contain_error_free(err);
	T_CHECK(sec > 9 && sec < 15 * t_slow(), "%f", sec);
	t_state_check(state);
	close(fuse);
	target_end(&t);
}

/* The calling process dies while the child hangs inside: that one ends, too. */
static int hangs(void *arg, void *rec)
{
	(void)rec;
	container_mount_detach(arg, "/mnt/a/b", 0, NULL);
	return 0;
}

TEST_LIMIT(the_caller_is_killed_meanwhile, 60)
{
	int fuse, mnt;
	contain_error *err = NULL;
	struct ts t;
	pid_t pid;

	t_need_root();
	if (access("/dev/fuse", R_OK))
		t_skip("no /dev/fuse");
	(void)!system("true"); /* which leaves the actions of signals in another form */
	target(&t);
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	T_SYS(fuse);
	{
		const char *options[] = { t_fmt("fd=%d", fuse), "rootmode=40000", "user_id=0",
					  "group_id=0",		"allow_other",	  NULL };

		mnt = contain_mount_new("fuse", options, 0, &err);
	}
	tn_fine(mnt, err);
	tn_fine(container_mount_attach(t.c, mnt, "/mnt", 0, &err), err);
	close(mnt);
	pid = fork();
	T_SYS(pid);
	if (!pid) {
		/* a session of its own: its children are found by it */
		setsid();
		hangs(t.c, NULL);
		_exit(0);
	}
	usleep(300000 * (unsigned)t_slow());
	T_CHECK(!system(t_fmt("test $(ps -o pid= -s %d | wc -l) = 2", pid)), "there is no child");
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	for (int i = 0; i < 100 * t_slow(); i++) {
		if (!system(t_fmt("test $(ps -o pid= -s %d | wc -l) = 0", pid)))
			break;
		usleep(20000);
	}
	T_CHECK(!system(t_fmt("test $(ps -o pid= -s %d | wc -l) = 0", pid)),
		"the child has stayed");
	close(fuse);
	target_end(&t);
}

/* ---- where a call is missing ---- */

static long missing_call;

static int missing(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	*ret = -ENOSYS;
	return nr == missing_call;
}

/* Done as well, or refused with a reason: nothing half way. */
TEST(each_newer_call_is_missing)
{
	static const struct {
		long nr;
		const char *name;
	} calls[] = {
		{ SYS_clone3, "clone3" },
		{ SYS_openat2, "openat2" },
		{ SYS_open_tree, "open_tree" },
		{ SYS_move_mount, "move_mount" },
		{ SYS_fsopen, "fsopen" },
		{ 442, "mount_setattr" },
		{ SYS_close_range, "close_range" },
		{ SYS_pidfd_open, "pidfd_open" },
		{ SYS_statx, "statx" },
		{ SYS_pidfd_send_signal, "pidfd_send_signal" },
	};
	struct ts t;

	t_need_root();
	target(&t);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct t_state *state = t_state_take(T_FDS | T_CHILDREN | T_MOUNTS | T_SIGNALS);
		contain_error *err = NULL;
		int r[4];

		missing_call = calls[i].nr;
		tn_fake(missing);
		r[0] = container_mount_new(t.c, "tmpfs", NULL, "/mnt/a", 0, &err);
		T_CHECK(r[0] == 0 || (r[0] == -EOPNOTSUPP &&
				      strstr(contain_error_message(err), "unsupported")),
			"%s: %s", calls[i].name, contain_error_message(err));
		contain_error_free(err);
		err = NULL;
		r[1] = container_mount_bind(t.c, AT_FDCWD, "/etc", "/mnt/b", CONTAIN_MOUNT_READONLY,
					    &err);
		T_CHECK(r[1] == 0 || (r[1] == -EOPNOTSUPP &&
				      strstr(contain_error_message(err), "unsupported")),
			"%s: %s", calls[i].name, contain_error_message(err));
		contain_error_free(err);
		tn_fake(NULL);
		T_CHECK(!line_of(&t, "/mnt/a") == (r[0] < 0), "%s", calls[i].name);
		T_CHECK(!line_of(&t, "/mnt/b") == (r[1] < 0), "%s", calls[i].name);
		T_CHECK(r[1] || strstr(line_of(&t, "/mnt/b"), "ro,"), "%s", calls[i].name);
		t_note("without %s: new %d, bind %d", calls[i].name, r[0], r[1]);
		for (int k = 0; k < 2; k++)
			container_mount_detach(t.c, k ? "/mnt/a" : "/mnt/b", CONTAIN_DETACH_LAZY,
					       NULL);
		t_state_check(state);
	}
	target_end(&t);
}
