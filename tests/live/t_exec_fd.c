/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that is given as an fd, and fds as sd_listen_fds(3) finds them. */
#include "t_spawn.h"

#include <contain/spec_exec.h>
#include <sys/socket.h>

static int open_in_root(const char *name, int flags)
{
	int fd = open(t_fmt("%s/%s", ts_root(), name), flags | O_CLOEXEC);

	T_SYS(fd);
	return fd;
}

static void exec_fd(struct ts *t, int fd)
{
	ck_assert_int_eq(container_spec_set_exec_fd(t->spec, fd), 0);
}

/* The root has no such file any more, and the fd is no fd of the payload's. */
static void runs_by_fd(struct ts *t, int flags)
{
	int fd = open_in_root("bin/payload", flags);

	ts_argv(t, "/any/name fds -- argv x");
	exec_fd(t, fd);
	close(fd); /* the spec has its own */
	ts_run(t);
	ts_has(t, "x\n");
	ts_hasnt(t, "\n3 ");
	ts_hasnt(t, "\n4 ");
}

TEST_BOTH(program_by_fd)
{
	struct ts t;

	ts_dir(&t, 0);
	runs_by_fd(&t, O_RDONLY);
	ts_overlay(&t);
	runs_by_fd(&t, O_RDONLY);
	ts_dir(&t, 0); /* cannot be read: contain-init runs it */
	runs_by_fd(&t, O_PATH);
	ts_dir(&t, 0);
	container_spec_set_init(t.spec, 1);
	runs_by_fd(&t, O_RDONLY);
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_stable_image(t.spec, 0), 0);
	runs_by_fd(&t, O_RDONLY);
}

TEST_BOTH(program_by_fd_beside_others)
{
	int fd = open_in_root("bin/payload", O_RDONLY);
	struct ts t;

	ts_dir(&t, 0);
	/* its number would be 3 */
	container_spec_add_fd(t.spec, t.out, 3);
	container_spec_add_fd(t.spec, t.out, 5);
	exec_fd(&t, fd);
	exec_fd(&t, fd); /* replaces */
	ts_argv(&t, "p fds");
	ts_run(&t);
	ts_has(&t, "\n3 ");
	ts_hasnt(&t, "\n4 ");
	ts_has(&t, "\n5 ");
	ts_hasnt(&t, "\n6 ");
	close(fd);
}

TEST_BOTH(program_in_a_memfd)
{
	int from = open_in_root("bin/payload", O_RDONLY), fd = ts_memfd();
	char buf[65536];
	struct ts t;
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		T_CHECK(write(fd, buf, (size_t)n) == n);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	exec_fd(&t, fd);
	ts_argv(&t, "p argv in-memory");
	ts_run(&t);
	ts_is(&t, "in-memory\n");
	close(from);
	close(fd);
}

/* The interpreter opens it as /dev/fd/3, so that it stays open. */
static void script_by_fd(int init)
{
	int fd = ts_memfd();
	struct ts t;

	T_CHECK(dprintf(fd, "#!/bin/busybox sh\necho script $0 $1\n") > 0);
	ts_dir(&t, 0);
	container_spec_set_init(t.spec, init);
	exec_fd(&t, fd);
	ts_argv(&t, "s one");
	ts_run(&t);
	ts_is(&t, "script /dev/fd/3 one\n");
	ts_dir(&t, 0);
	container_spec_set_init(t.spec, init);
	container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_ALL & ~CONTAIN_DEFAULT_DEV);
	exec_fd(&t, fd);
	ts_argv(&t, "s one");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "check-program", "s", "finds it as /dev/fd/N");
	close(fd);
}

TEST_BOTH(script_in_an_fd)
{
	script_by_fd(0);
	script_by_fd(1);
}

TEST_BOTH(fd_that_is_no_program)
{
	const char *file = t_fmt("%s/job/text", ts_root());
	struct ts t;
	int fd, writer;

	t_write_file(file, "just words\n");
	T_SYS(chmod(file, 0755));
	fd = open_in_root("job/text", O_RDONLY);
	ts_dir(&t, 0);
	exec_fd(&t, fd);
	ts_argv(&t, "text");
	ts_fails(&t, ENOEXEC, CONTAIN_PHASE_CHILD, "exec", "text",
		 "\"the given fd\" is no program of this architecture");
	T_SYS(chmod(file, 0644));
	ts_dir(&t, 0);
	exec_fd(&t, fd);
	ts_argv(&t, "text");
	ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "exec", "text", "has no x permission");
	T_SYS(chmod(file, 0755));
	writer = open_in_root("job/text", O_WRONLY);
	ts_dir(&t, 0);
	exec_fd(&t, fd);
	ts_argv(&t, "text");
	ts_fails(&t, ETXTBSY, CONTAIN_PHASE_CHILD, "exec", "text", "open for writing");
	close(writer);
	close(fd);
	/* what its #! line names is looked at as anywhere */
	t_write_file(file, "#!/proc/self/exe\n");
	fd = open_in_root("job/text", O_RDONLY);
	ts_dir(&t, 0);
	exec_fd(&t, fd);
	ts_argv(&t, "text");
	ts_fails(&t, ELOOP, CONTAIN_PHASE_CHILD, "check-program", "text", "magic link of procfs");
	close(fd);
}

TEST(bad_exec_fds)
{
	int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), pair[2];
	container_spec *s = NULL;

	T_SYS(pipe2(pair, O_CLOEXEC));
	ck_assert_int_eq(container_spec_set_exec_fd(NULL, 0), -EINVAL);
	for (int i = 0; i < 3; i++) {
		contain_error *e = NULL;
		container_plan *p = NULL;
		int fd = i == 0 ? dir : i == 1 ? pair[0] : 12345, err = i == 2 ? -EBADF : -EINVAL;

		ck_assert_int_eq(container_spec_new(&s), 0);
		ck_assert_int_eq(container_spec_set_exec_fd(s, fd), err);
		ck_assert_int_eq(container_plan_compile(s, &p, &e), err);
		ck_assert_str_eq(contain_error_object(e), "exec_fd");
		contain_error_free(e);
		container_spec_free(s);
	}
	ck_assert_int_eq(container_spec_new(&s), 0);
	ck_assert_int_eq(container_spec_set_stable_image(s, 2), -EINVAL);
	container_spec_free(s);
	ck_assert_int_eq(container_spec_set_stable_image(NULL, 1), -EINVAL);
	close(dir);
	close(pair[0]);
	close(pair[1]);
}

/* ---- who changes the image ---- */

static int by_init(struct ts *t)
{
	return strstr(ts_explained(t), "kind of child: contain-init") != NULL;
}

TEST(a_changing_image_starts_by_contain_init)
{
	struct ts t;

	t_need_root();
	for (int stable = 0; stable < 2; stable++) {
		ts_dir(&t, 0);
		container_spec_set_stable_image(t.spec, stable);
		ts_words(&t, "exit");
		T_CHECK(by_init(&t) == !stable, "a writable root directory");
		ts_free(&t);
		ts_new(&t);
		container_spec_set_stable_image(t.spec, stable);
		container_spec_set_root_host(t.spec, 0, 0);
		ts_words(&t, "exit");
		T_CHECK(by_init(&t) == !stable, "a view of the host's root");
		ts_free(&t);
		ts_dir(&t, CONTAIN_ROOT_READONLY);
		container_spec_set_stable_image(t.spec, stable);
		ts_words(&t, "exit");
		T_CHECK(!by_init(&t), "a root directory that is not written");
		ts_free(&t);
		ts_overlay(&t);
		container_spec_set_stable_image(t.spec, stable);
		ts_words(&t, "exit");
		T_CHECK(!by_init(&t), "an overlay");
		ts_free(&t);
	}
}

/* ---- sd_listen_fds(3) ---- */

static const char *const names[] = { "web", "control.socket" };

static void check_listen(struct ts *t, int pid)
{
	static const char *const env[] = { "LISTEN_PID=77", "A=b", "LISTEN_FDS=9",
					   "LISTEN_FDNAMES=x", "PATH=/bin", NULL };
	int pair[2];

	T_SYS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	ck_assert_int_eq(container_spec_set_env(t->spec, env), 0);
	ck_assert_int_eq(container_spec_set_listen_fds(t->spec, pair, 2, names), 0);
	ts_words(t, "fds -- env");
	ts_start(t);
	ts_wait_for(t, "PATH=");
	container_wait(t->c, -1, NULL, NULL);
	ts_text(t);
	ts_has(t, "\n3 140000 ");
	ts_has(t, "\n4 140000 ");
	ts_hasnt(t, "\n5 ");
	ts_has(t, "LISTEN_PID=%d\nLISTEN_FDS=2\nLISTEN_FDNAMES=web:control.socket\nA=b\n"
		  "PATH=/bin\n", pid);
	ts_hasnt(t, "=77");
	close(pair[0]);
	close(pair[1]);
	ts_end(t);
}

TEST_BOTH(listen_fds)
{
	struct ts t;

	ts_dir(&t, 0);
	check_listen(&t, 1);
	ts_overlay(&t);
	container_spec_set_setup_timeout(t.spec, 60000);
	check_listen(&t, 1);
	ts_dir(&t, 0);
	container_spec_set_monitor(t.spec, 1);
	check_listen(&t, 1);
	ts_dir(&t, 0);
	container_spec_set_init(t.spec, 1);
	check_listen(&t, 2);
}

/* A37: with any of 0 to 2 closed in the caller, the numbers from 3 on are those of the list. */
static int closed_one(void *arg, void *rec)
{
	int closed = *(int *)arg, pair[2], program;
	struct ts t;

	(void)rec;
	ts_dir(&t, 0);
	t_state_free(t.state);
	t.state = NULL;
	T_SYS(pair[0] = fcntl(t.out, F_DUPFD_CLOEXEC, 50));
	T_SYS(pair[1] = fcntl(t.out, F_DUPFD_CLOEXEC, 60));
	program = open_in_root("bin/payload", O_RDONLY);
	T_SYS(fcntl(program, F_DUPFD_CLOEXEC, 70));
	for (int fd = 0; fd < 3; fd++) {
		if (closed >> fd & 1)
			close(fd);
		container_spec_set_stdio(t.spec, fd, CONTAIN_STDIO_INHERIT);
	}
	ck_assert_int_eq(container_spec_set_listen_fds(t.spec, pair, 2, names), 0);
	exec_fd(&t, program);
	ts_argv(&t, "p to 4 -- argv x -- fds -- env");
	ts_start(&t);
	ck_assert_int_eq(container_wait(t.c, -1, NULL, NULL), 0);
	ts_text(&t);
	for (int fd = 0; fd < 12; fd++) {
		int there = fd > 2 ? fd < 5 : !(closed >> fd & 1);

		T_CHECK(!strstr(t.text, t_fmt("\n%d ", fd)) == !there, "closed %d, fd %d: %s",
			closed, fd, t.text);
	}
	ts_has(&t, "LISTEN_PID=1\nLISTEN_FDS=2\nLISTEN_FDNAMES=web:control.socket\n");
	ts_end(&t);
	return 0;
}

TEST_BOTH(listen_fds_beside_closed_stdio)
{
	ts_root();
	for (int closed = 0; closed < 8; closed++)
		ck_assert_int_eq(t_child(closed_one, &closed, NULL, 0), 0);
}

/* Its number on the host, where it has no other. */
TEST(listen_fds_without_a_pid_namespace)
{
	struct ts t;
	int fd = 0;

	t_need_root();
	ts_dir(&t, 0);
	container_spec_set_namespaces(t.spec, CONTAIN_NS_MNT);
	ck_assert_int_eq(container_spec_set_listen_fds(t.spec, &fd, 1, NULL), 0);
	ts_words(&t, "env");
	ts_start(&t);
	container_wait(t.c, -1, NULL, NULL);
	ts_text(&t);
	ts_has(&t, "LISTEN_PID=%d\nLISTEN_FDS=1\nPATH=", container_pid(t.c));
	ts_end(&t);
}

TEST_BOTH(listen_fds_taken_back_and_replaced)
{
	container_overrides *o = NULL;
	container_plan *plan = NULL;
	container *c = NULL;
	int fds[2] = { 0, 2 }, other;
	struct ts t;

	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_listen_fds(t.spec, fds, 2, names), 0);
	ck_assert_int_eq(container_spec_set_listen_fds(t.spec, NULL, 0, NULL), 0);
	ck_assert_int_eq(container_spec_add_fd(t.spec, 0, 3), 0);
	ts_words(&t, "fds -- env");
	ts_run(&t);
	ts_hasnt(&t, "LISTEN");
	ts_hasnt(&t, "\n4 ");
	/* for one start, another fd, and another environment */
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_listen_fds(t.spec, fds, 2, NULL), 0);
	ts_words(&t, "fds -- env");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	ck_assert_int_eq(container_overrides_new(&o), 0);
	other = ts_memfd();
	ck_assert_int_eq(container_overrides_add_fd(o, other, 4), 0);
	ck_assert_int_eq(container_overrides_set_env(o, (const char *const[]){ "B=c", NULL }), 0);
	ck_assert_int_eq(container_plan_spawn(plan, o, &c, NULL), 0);
	ck_assert_int_eq(container_wait(c, -1, NULL, NULL), 0);
	container_delete(c, -1, NULL);
	container_free(c);
	ts_text(&t);
	ts_has(&t, "\n4 100000 ");
	ts_has(&t, "LISTEN_PID=1\nLISTEN_FDS=2\nB=c\n");
	container_overrides_free(o);
	container_plan_free(plan);
	close(other);
	ts_free(&t);
}

static void bad_listen(const int *fds, const char *const *list, size_t n, int err)
{
	container_spec *s = NULL;
	container_plan *p = NULL;
	contain_error *e = NULL;

	ck_assert_int_eq(container_spec_new(&s), 0);
	ck_assert_int_eq(container_spec_set_listen_fds(s, fds, n, list), err);
	ck_assert_int_eq(container_plan_compile(s, &p, &e), err);
	ck_assert_str_eq(contain_error_object(e), "listen_fds");
	contain_error_free(e);
	container_spec_free(s);
}

TEST(bad_listen_fds)
{
	static const char *const bad[] = { "", "a:b", "a\nb", "\303\244", "\x7f", NULL };
	struct t_state *state = t_state_take(T_FDS);
	static int many[1025];
	const int fds[] = { 0, 12345 };
	container_spec *s = NULL;
	char long_name[257];

	memset(long_name, 'x', 256);
	long_name[256] = 0;
	bad_listen(NULL, NULL, 1, -EINVAL);
	bad_listen(many, NULL, 1025, -EINVAL);
	bad_listen(fds, NULL, 2, -EBADF);
	bad_listen(fds, (const char *const[]){ long_name }, 1, -EINVAL);
	for (int i = 0; bad[i]; i++)
		bad_listen(fds, &bad[i], 1, -EINVAL);
	bad_listen(fds, (const char *const[]){ NULL }, 1, -EINVAL);
	ck_assert_int_eq(container_spec_set_listen_fds(NULL, fds, 1, NULL), -EINVAL);
	/* numbers that are taken, either way round */
	ck_assert_int_eq(container_spec_new(&s), 0);
	ck_assert_int_eq(container_spec_add_fd(s, 0, 4), 0);
	ck_assert_int_eq(container_spec_set_listen_fds(s, fds, 1, NULL), 0);
	ck_assert_int_eq(container_spec_add_fd(s, 0, 3), -EEXIST);
	ck_assert_int_eq(container_spec_set_listen_fds(s, many, 2, NULL), -EEXIST);
	container_spec_free(s);
	long_name[255] = 0;
	ck_assert_int_eq(container_spec_new(&s), 0);
	ck_assert_int_eq(container_spec_set_listen_fds(
				 s, fds, 1, (const char *const[]){ long_name }), 0);
	container_spec_free(s);
	t_state_check(state);
}
