/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which file descriptors the program of a container gets: those that were asked for, no other. */
#include "t_spawn.h"

#include <sys/resource.h>
#include <sys/socket.h>

static int count_lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* The type and the identity of an fd of ours, as "payload fds" prints them. */
static const char *told(int child_fd, int fd)
{
	struct stat st;

	T_SYS(fstat(fd, &st));
	return t_fmt("%d %o %x:%lu ", child_fd, st.st_mode & S_IFMT, (unsigned int)st.st_dev,
		     st.st_ino);
}

TEST_BOTH(stdio_is_null_by_default)
{
	struct ts t;

	ts_dir(&t, 0);
	/* an fd of its own for the answer, as all three are asked about */
	ck_assert_int_eq(container_spec_add_fd(t.spec, t.out, 9), 0);
	for (int fd = 0; fd < 3; fd++)
		ck_assert_int_eq(container_spec_set_stdio(t.spec, fd, CONTAIN_STDIO_NULL), 0);
	ts_sh(&t, "payload fds >&9; payload stat /dev/null >&9; echo lost; cat; echo kept >&9");
	ts_run(&t);
	for (int fd = 0; fd < 3; fd++)
		if (fd != 1) /* the shell has redirected it */
			ts_has(&t, "%d 20000 ", fd);
	ts_hasnt(&t, "lost");
	ts_has(&t, "kept\n");
	ts_has(&t, " rw - "); /* opened for both */
}

TEST_BOTH(stdio_inherited_and_given)
{
	int fds[2];
	struct ts t;

	T_SYS(pipe2(fds, O_CLOEXEC));
	ts_dir(&t, 0);
	container_spec_set_stdio(t.spec, 0, fds[0]);
	container_spec_set_stdio(t.spec, 2, CONTAIN_STDIO_INHERIT);
	ts_words(&t, "fds");
	ts_run(&t);
	ts_has(&t, "%s", told(0, fds[0]));
	ts_has(&t, "%s", told(2, 2));
	ck_assert_int_eq(count_lines(t.text), 3);
	close(fds[0]);
	close(fds[1]);
}

struct combination {
	int closed;  /* bit N: the caller has closed fd N */
	int inherit; /* all three are; else null, an fd, null */
	const char *root;
};

/* "PATH DEVICE INODE" as stat(1) prints it, of what fd is or of the null device */
static const char *same_as(int child_fd, int fd)
{
	struct stat st;

	if (fd < 0)
		T_SYS(stat("/dev/null", &st));
	else
		T_SYS(fstat(fd, &st));
	return t_fmt("/proc/1/fd/%d %lx %lu\n", child_fd, (unsigned long)st.st_dev, st.st_ino);
}

static void check_combination(struct ts *t, const struct combination *c, const int *saved)
{
	for (int fd = 0; fd < 3; fd++) {
		if (!c->inherit)
			ts_has(t, "%s", same_as(fd, fd == 1 ? saved[0] : -1));
		else if (c->closed >> fd & 1)
			ts_has(t, "'/proc/1/fd/%d': No such file", fd);
		else
			ts_has(t, "%s", same_as(fd, saved[fd]));
	}
	ts_has(t, "'/proc/1/fd/3': No such file");
	ts_has(t, "'/proc/1/fd/4': No such file");
}

/* F16, A37: whatever is closed in the caller, nothing of the library's gets its number. */
static int closed_combination(void *arg, void *rec)
{
	struct combination *c = arg;
	int saved[3], low, file;
	struct ts t;

	(void)rec;
	for (int fd = 0; fd < 3; fd++)
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	file = fcntl(low = ts_memfd(), F_DUPFD_CLOEXEC, 50);
	close(low);
	for (int fd = 0; fd < 3; fd++)
		if (c->closed >> fd & 1)
			close(fd);
	memset(&t, 0, sizeof(t));
	t.state = t_state_take(T_ALL & ~T_FDS);
	t.out = file;
	ck_assert_int_eq(container_spec_new(&t.spec), 0);
	container_spec_set_root_dir(t.spec, AT_FDCWD, c->root, 0);
	container_spec_add_fd(t.spec, t.out, 5);
	for (int fd = 0; fd < 3; fd++)
		container_spec_set_stdio(t.spec, fd, c->inherit ? CONTAIN_STDIO_INHERIT :
						     fd == 1	? saved[0] :
								  CONTAIN_STDIO_NULL);
	ts_sh(&t, "(stat -L -c '%n %D %i' /proc/1/fd/0 /proc/1/fd/1 /proc/1/fd/2 /proc/1/fd/3 "
		  "/proc/1/fd/4) >&5 2>&5; true");
	ts_start(&t);
	ck_assert_int_eq(container_wait(t.c, -1, NULL, NULL), 0);
	/* the handle's own fds are no stdio of the caller either */
	for (int fd = 0; fd < 3; fd++) {
		char target[256] = "";

		if (readlink(t_fmt("/proc/self/fd/%d", fd), target, sizeof(target) - 1) < 0)
			target[0] = 0;
		T_CHECK((*target == 0) == (c->closed >> fd & 1), "fd %d is %s", fd, target);
	}
	ts_text(&t);
	check_combination(&t, c, saved);
	ts_end(&t);
	return 0;
}

TEST_BOTH(closed_stdio)
{
	struct combination c = { .root = ts_root() };

	for (c.inherit = 0; c.inherit < 2; c.inherit++)
		for (c.closed = 0; c.closed < 8; c.closed++)
			ck_assert_int_eq(t_child(closed_combination, &c, NULL, 0), 0);
}

/* Each lies where another one is going to. */
TEST_BOTH(fds_that_change_places)
{
	int fds[4], n = 4;
	struct ts t;

	ts_dir(&t, 0);
	for (int i = 0; i < n; i++) {
		int fd = ts_memfd();

		fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 20);
		close(fd);
		T_CHECK(write(fds[i], t_fmt("file %d\n", i), 7) == 7);
		lseek(fds[i], 0, SEEK_SET);
	}
	/* a ring */
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(container_spec_add_fd(t.spec, fds[i], fds[(i + 1) % n]), 0);
	/* and the low numbers, which the spec's own duplicates may have */
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(container_spec_add_fd(t.spec, fds[i], 3 + (i + 1) % n), 0);
	ts_words(&t, "fds");
	ts_start(&t);
	for (int i = 0; i < n; i++)
		t_write_file("/dev/null", "");
	ts_wait_for(&t, t_fmt("%d 100000", fds[n - 1]));
	container_wait(t.c, -1, NULL, NULL);
	ts_text(&t);
	for (int i = 0; i < n; i++) {
		ts_has(&t, "%s", told(fds[(i + 1) % n], fds[i]));
		ts_has(&t, "%s", told(3 + (i + 1) % n, fds[i]));
	}
	ts_hasnt(&t, "cloexec");
	for (int i = 0; i < n; i++)
		close(fds[i]);
	ck_assert_int_eq(count_lines(t.text), 3 + 2 * n);
	ts_end(&t);
}

TEST_BOTH(stdio_that_changes_places)
{
	int in, out, err;
	struct ts t;

	ts_dir(&t, 0);
	in = fcntl(0, F_DUPFD_CLOEXEC, 30);
	out = fcntl(1, F_DUPFD_CLOEXEC, 30);
	err = fcntl(2, F_DUPFD_CLOEXEC, 30);
	/* 0 -> 2, 2 -> 0; 1 is given to 7 */
	container_spec_set_stdio(t.spec, 0, 2);
	container_spec_set_stdio(t.spec, 2, 0);
	container_spec_add_fd(t.spec, 1, 7);
	ts_words(&t, "fds");
	ts_start(&t);
	ts_wait_for(&t, "\n7 ");
	container_wait(t.c, -1, NULL, NULL);
	ts_text(&t);
	ts_has(&t, "%s", told(0, err));
	ts_has(&t, "%s", told(2, in));
	ts_has(&t, "%s", told(7, out));
	close(in);
	close(out);
	close(err);
	ts_end(&t);
}

TEST_BOTH(high_fds)
{
	struct rlimit limit, low;
	struct ts t;

	T_SYS(getrlimit(RLIMIT_NOFILE, &limit));
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_add_fd(t.spec, t.out, (int)limit.rlim_cur - 20), 0);
	ck_assert_int_eq(container_spec_add_fd(t.spec, t.out, 700), 0);
	ts_sh(&t, "echo high >&700");
	ts_run(&t);
	ts_is(&t, "high\n");
	/* over the limit, with which it is said */
	low = limit;
	low.rlim_cur = 600;
	T_SYS(setrlimit(RLIMIT_NOFILE, &low));
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_add_fd(t.spec, t.out, 700), 0);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "place-fds", "",
		 "fd 700 of the container could not be put in place; RLIMIT_NOFILE");
	T_SYS(setrlimit(RLIMIT_NOFILE, &limit));
}

/* A13, CVE-2016-9962: a thousand fds that nobody marked close-on-exec, of every kind. */
TEST_BOTH(leaked_fds)
{
	const char *dir = t_tmpdir();
	int fds[1000], pair[2], n = 0;
	struct rlimit limit;
	struct ts t;

	T_SYS(getrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_cur < 1100 && limit.rlim_max >= 1100)
		limit.rlim_cur = 1100;
	if (limit.rlim_cur < 1100)
		t_skip("RLIMIT_NOFILE is %lld at most", (long long)limit.rlim_max);
	T_SYS(setrlimit(RLIMIT_NOFILE, &limit));
	T_SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	for (; n < 1000; n++) {
		fds[n] = n % 4 == 0 ? open("/", O_RDONLY | O_DIRECTORY) :
			 n % 4 == 1 ? open(dir, O_PATH) :
			 n % 4 == 2 ? dup(pair[0]) :
				      open("/proc/self/ns/mnt", O_RDONLY);
		T_SYS(fds[n]);
	}
	ts_dir(&t, 0);
	ts_words(&t, "fds");
	ts_run(&t);
	ck_assert_int_eq(count_lines(t.text), 3);
	/* those that were asked for are among them */
	ts_dir(&t, 0);
	container_spec_add_fd(t.spec, pair[1], 4);
	container_spec_add_fd(t.spec, pair[1], fds[500]);
	ts_words(&t, "fds");
	ts_run(&t);
	ts_has(&t, "%s", told(4, pair[1]));
	ts_has(&t, "%s", told(fds[500], pair[1]));
	ck_assert_int_eq(count_lines(t.text), 5);
	while (n--)
		close(fds[n]);
	close(pair[0]);
	close(pair[1]);
}

/* What an fd means is fixed when it is given, and an override replaces it for one start. */
TEST_BOTH(fds_of_overrides)
{
	container_overrides *o = NULL;
	container_plan *plan = NULL;
	int first, second;
	struct ts t;

	ts_dir(&t, 0);
	first = ts_memfd();
	second = ts_memfd();
	container_spec_add_fd(t.spec, first, 8);
	ts_sh(&t, "echo to $0 >&8; payload fds >&8");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	ck_assert_int_eq(container_overrides_new(&o), 0);
	ck_assert_int_eq(container_overrides_add_fd(o, second, 8), 0);
	ck_assert_int_eq(container_overrides_add_fd(o, second, 1), 0);
	for (int i = 0; i < 2; i++) {
		container *c = NULL;

		ck_assert_int_eq(container_plan_spawn(plan, i ? o : NULL, &c, NULL), 0);
		ck_assert_int_eq(container_wait(c, -1, NULL, NULL), 0);
		container_free(c);
		ck_assert_int_gt(pread(i ? second : first, t.text, sizeof(t.text), 0), 0);
		ts_has(&t, "to /bin/sh\n0 20000 ");
		ck_assert_int_eq(count_lines(t.text), 5);
		if (!i)
			ck_assert_int_eq(pread(second, t.text, 1, 0), 0);
	}
	container_overrides_free(o);
	container_plan_free(plan);
	close(first);
	close(second);
	ts_free(&t);
}
