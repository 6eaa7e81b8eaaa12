/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Terminals that cannot be: each cause, its error, and nothing left. */
#include "t_tty.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>

TEST_BOTH(sizes)
{
	static const struct {
		uint32_t rows, columns;
		const char *field;
	} bad[] = {
		{ 65536, 80, "terminal.rows" },
		{ 24, 65536, "terminal.columns" },
		{ UINT32_MAX, UINT32_MAX, "terminal.rows" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		container_overrides *o;
		struct ts t;

		ts_dir(&t, 0);
		ts_words(&t, "tty");
		ck_assert_int_eq(container_spec_set_terminal(t.spec, bad[i].rows, bad[i].columns),
				 -EINVAL);
		ts_fails(&t, EINVAL, CONTAIN_PHASE_SPEC, "", bad[i].field, "is more than 65535");
		ck_assert_int_eq(container_overrides_new(&o), 0);
		ck_assert_int_eq(container_overrides_set_terminal(o, bad[i].rows, bad[i].columns),
				 -EINVAL);
		container_overrides_free(o);
	}
	ck_assert_int_eq(container_spec_set_terminal(NULL, 1, 1), -EINVAL);
	ck_assert_int_eq(container_overrides_set_terminal(NULL, 1, 1), -EINVAL);
}

TEST_BOTH(no_dev_of_its_own)
{
	struct ts t;

	tty_spec(&t, 0, 0);
	ts_words(&t, "tty");
	container_spec_set_default_mounts(t.spec,
					  CONTAIN_DEFAULT_PROC | CONTAIN_DEFAULT_SYS);
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "terminal", "CONTAIN_DEFAULT_DEV");
}

TEST_BOTH(no_session)
{
	struct ts t;

	ts_dir(&t, 0);
	ts_words(&t, "tty");
	container_spec_set_stdio(t.spec, 0, CONTAIN_STDIO_PTY);
	container_spec_set_new_session(t.spec, 0);
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "terminal", "session");
}

/* What was asked for is not dropped because something else was asked for later. */
TEST_BOTH(all_replaced)
{
	struct ts t;

	tty_spec(&t, 24, 80);
	ts_words(&t, "tty");
	for (int fd = 0; fd < 3; fd++)
		container_spec_set_stdio(t.spec, fd, CONTAIN_STDIO_NULL);
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "terminal", "none of 0, 1 and 2");
}

TEST_BOTH(all_replaced_by_overrides)
{
	container_overrides *o;
	container_plan *plan;
	struct ts t;

	tty_spec(&t, 24, 80);
	ts_words(&t, "tty");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	ck_assert_int_eq(container_overrides_new(&o), 0);
	for (int fd = 0; fd < 3; fd++)
		container_overrides_add_fd(o, t.out, fd);
	ck_assert_int_eq(container_plan_spawn(plan, o, &t.c, &t.error), -EBADF);
	ck_assert_str_eq(contain_error_op(t.error), "controlling-terminal");
	T_CHECK(strstr(contain_error_hint(t.error), "overrides"), "%s",
		contain_error_message(t.error));
	container_overrides_free(o);
	container_plan_free(plan);
	ts_free(&t);
}

/* A console that the spec makes or mounts itself is not covered silently. */
TEST_BOTH(a_console_of_the_spec)
{
	for (int i = 0; i < 3; i++) {
		struct ts t;

		tty_spec(&t, 24, 80);
		ts_words(&t, "tty");
		if (i == 0)
			container_spec_add_file(t.spec, "/dev/console", "x", 1, 0644);
		else if (i == 1)
			container_spec_add_symlink(t.spec, "/dev/null", "/dev/console");
		else
			container_spec_add_bind(t.spec, AT_FDCWD, "/dev/null", "/dev/console", 0);
		ts_fails(&t, EEXIST, CONTAIN_PHASE_CHILD, "make-terminal", "/dev/console",
			 "the spec itself");
	}
}

TEST(a_joined_mount_namespace)
{
	int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	struct ts t;

	t_need_root();
	T_SYS(fd);
	ts_new(&t);
	container_spec_set_terminal(t.spec, 24, 80);
	container_spec_join_namespace(t.spec, CONTAIN_NS_MNT, fd);
	ts_words(&t, "tty");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "terminal", "that is joined");
	close(fd);
}

/*
 * The caller runs out of fds at each place in turn, up to the number that a start needs: nothing
 * stays. The master itself needs none that was not there before; t_spawn_fault has what remains.
 */
static int out_of_fds(void *arg, void *rec)
{
	int works = 0;

	(void)arg;
	(void)rec;
	for (rlim_t n = 12; n < 80 && !works; n++) {
		struct rlimit was, low;
		struct ts t;

		tty_spec(&t, 24, 80);
		ts_words(&t, "sleep");
		T_SYS(getrlimit(RLIMIT_NOFILE, &was));
		low = (struct rlimit){ n, was.rlim_max };
		T_SYS(setrlimit(RLIMIT_NOFILE, &low));
		works = ts_spawn(&t) == 0;
		T_SYS(setrlimit(RLIMIT_NOFILE, &was));
		T_CHECK(works || contain_error_code(t.error) == -EMFILE, "%s",
			contain_error_message(t.error));
		if (works)
			ts_kill(&t);
		else
			ts_free(&t);
	}
	T_CHECK(works);
	return 0;
}

TEST(no_free_fd)
{
	t_need_root();
	ck_assert_int_eq(t_child(out_of_fds, NULL, NULL, 0), 0);
}

/* kernel.pty.max is the system's: only a guest may lower it. */
TEST(no_pty_left)
{
	char max[32], nr[32];
	struct ts t;

	t_need_root();
	if (!t_guest())
		t_skip("kernel.pty.max is the whole machine's");
	T_CHECK(t_read_file("/proc/sys/kernel/pty/max", max, sizeof(max)) > 0);
	T_CHECK(t_read_file("/proc/sys/kernel/pty/nr", nr, sizeof(nr)) > 0);
	t_write_file("/proc/sys/kernel/pty/max", nr);
	tty_spec(&t, 24, 80);
	ts_words(&t, "tty");
	ts_fails(&t, ENOSPC, CONTAIN_PHASE_CHILD, "make-terminal", "/dev/console",
		 "kernel.pty.max");
	t_write_file("/proc/sys/kernel/pty/max", max);
}
