/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pipes for stdio: what goes through, whose the ends are, and what is left of them. */
#include "t_spawn.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

static void pipes(struct ts *t, int mask)
{
	for (int fd = 0; fd < 3; fd++)
		if (mask >> fd & 1)
			ck_assert_int_eq(container_spec_set_stdio(t->spec, fd, CONTAIN_STDIO_PIPE),
					 0);
}

/* Until the end of the file. */
static const char *drain(int fd)
{
	static char text[65536];
	size_t n = 0;
	ssize_t r;

	while ((r = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)r;
	T_CHECK(r == 0, "%m");
	text[n] = 0;
	return text;
}

static int is_cloexec(int fd)
{
	return fcntl(fd, F_GETFD) == FD_CLOEXEC;
}

TEST_BOTH(all_three)
{
	struct ts t;
	int in;

	ts_dir(&t, 0);
	pipes(&t, 7);
	ts_sh(&t, "echo to stderr >&2; while read -r line; do echo \"got $line\"; done; echo end");
	ts_start(&t);
	for (int fd = 0; fd < 3; fd++) {
		ck_assert_int_gt(container_stdio_fd(t.c, fd), 2);
		T_CHECK(is_cloexec(container_stdio_fd(t.c, fd)));
	}
	in = container_stdio_fd(t.c, 0);
	ck_assert_int_eq(write(in, "one\ntwo\n", 8), 8);
	ck_assert_int_eq(container_wait(t.c, 50, NULL, NULL), -ETIMEDOUT);
	ck_assert_int_eq(container_stdio_take(t.c, 0), in);
	ck_assert_int_eq(container_stdio_take(t.c, 0), -ENOENT);
	ck_assert_int_eq(container_stdio_fd(t.c, 0), -ENOENT);
	close(in);
	ck_assert_str_eq(drain(container_stdio_fd(t.c, 1)), "got one\ngot two\nend\n");
	ck_assert_str_eq(drain(container_stdio_fd(t.c, 2)), "to stderr\n");
	ts_end(&t);
}

/* Each combination; what is no pipe says so. The handle closes what nobody took. */
TEST_BOTH(each_combination)
{
	for (int mask = 0; mask < 8; mask++) {
		struct ts t;

		ts_dir(&t, 0);
		for (int fd = 0; fd < 3; fd++)
			container_spec_set_stdio(t.spec, fd, CONTAIN_STDIO_NULL);
		pipes(&t, mask);
		container_spec_add_fd(t.spec, t.out, 5);
		ts_sh(&t, "payload fds >&5");
		ts_start(&t);
		for (int fd = 0; fd < 3; fd++)
			if (mask >> fd & 1)
				T_CHECK(is_cloexec(container_stdio_fd(t.c, fd)));
			else
				ck_assert_int_eq(container_stdio_fd(t.c, fd), -ENOENT);
		ck_assert_int_eq(container_stdio_fd(t.c, 3), -EINVAL);
		ck_assert_int_eq(container_stdio_fd(t.c, -1), -EINVAL);
		ck_assert_int_eq(container_stdio_take(t.c, 3), -EINVAL);
		ck_assert_int_eq(container_wait(t.c, -1, NULL, NULL), 0);
		ts_text(&t);
		/* payload's ends alone, and of one direction: "N TYPE ... ACCESS - TARGET" */
		ts_has(&t, mask & 1 ? "0 10000 " : "0 20000 ");
		/* 1 is the memfd here, of the shell's redirection */
		ts_has(&t, mask & 4 ? "\n2 10000 " : "\n2 20000 ");
		ts_hasnt(&t, "\n3 ");
		ts_hasnt(&t, "\n4 ");
		ts_hasnt(&t, "\n6 ");
		ts_end(&t);
	}
	ck_assert_int_eq(container_stdio_fd(NULL, 0), -EINVAL);
	ck_assert_int_eq(container_stdio_take(NULL, 0), -EINVAL);
}

/* A later call for the same number takes the pipe back. */
TEST_BOTH(the_last_call_counts)
{
	struct ts t;

	ts_dir(&t, 0);
	pipes(&t, 7);
	container_spec_set_stdio(t.spec, 0, CONTAIN_STDIO_NULL);
	container_spec_set_stdio(t.spec, 1, t.out);
	container_spec_add_fd(t.spec, t.out, 2);
	ts_sh(&t, "echo out; echo err >&2");
	ts_start(&t);
	for (int fd = 0; fd < 3; fd++)
		ck_assert_int_eq(container_stdio_fd(t.c, fd), -ENOENT);
	ts_end(&t);
	ts_is(&t, "out\nerr\n");
}

/* More than a pipe holds, both ways at once, by poll(2). */
TEST_BOTH(a_mebibyte_through)
{
	enum { SIZE = 1 << 20 };
	static char block[4096];
	long wrote = 0, got = 0;
	struct pollfd p[2];
	struct ts t;
	ssize_t n;

	ts_dir(&t, 0);
	pipes(&t, 3);
	ts_sh(&t, "cat");
	ts_start(&t);
	p[0] = (struct pollfd){ container_stdio_take(t.c, 0), POLLOUT, 0 };
	p[1] = (struct pollfd){ container_stdio_take(t.c, 1), POLLIN, 0 };
	T_SYS(fcntl(p[0].fd, F_SETFL, O_NONBLOCK));
	for (;;) {
		T_CHECK(poll(p, 2, 10000 * t_slow()) > 0);
		if (p[0].revents && (n = write(p[0].fd, block, sizeof(block))) > 0)
			wrote += n;
		if (p[0].revents && wrote >= SIZE) {
			close(p[0].fd);
			p[0].fd = -1;
		}
		if (p[1].revents && (n = read(p[1].fd, block, sizeof(block))) <= 0)
			break;
		else if (p[1].revents)
			got += n;
	}
	close(p[1].fd);
	ck_assert_int_eq(got, wrote);
	ts_end(&t);
}

/* Nothing of ours holds the other ends: each side sees the other one go. */
TEST_BOTH(ends_are_seen)
{
	struct pollfd p;
	struct ts t;

	signal(SIGPIPE, SIG_DFL);
	ts_dir(&t, 0);
	signal(SIGPIPE, SIG_IGN);
	pipes(&t, 7);
	ts_words(&t, "sleep");
	ts_start(&t);
	/* the payload has its three ends: no end of file, no error */
	p = (struct pollfd){ container_stdio_fd(t.c, 1), POLLIN, 0 };
	ck_assert_int_eq(poll(&p, 1, 10000 * t_slow()), 1); /* "sleeping" */
	ck_assert_int_eq(p.revents, POLLIN);
	ck_assert_int_eq(container_kill(t.c, NULL), 0);
	ck_assert_str_eq(drain(container_stdio_fd(t.c, 1)), "sleeping\n");
	ck_assert_str_eq(drain(container_stdio_fd(t.c, 2)), "");
	/* the kernel closes the three one after the other */
	for (int i = 0; i < 5000 && write(container_stdio_fd(t.c, 0), "x", 1) == 1; i++)
		usleep(1000);
	ck_assert_int_eq(write(container_stdio_fd(t.c, 0), "x", 1), -1);
	ck_assert_int_eq(errno, EPIPE);
	signal(SIGPIPE, SIG_DFL);
	ts_end(&t);
}

/* A start that fails leaves no pipe; nor does one that runs into the limit of open files. */
TEST_BOTH(failed_starts)
{
	struct rlimit limit, low;
	struct ts t;
	int found = 0;

	ts_dir(&t, 0);
	pipes(&t, 7);
	ts_argv(&t, "/no/such");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "exec", "/no/such", "no such file");
	T_SYS(getrlimit(RLIMIT_NOFILE, &limit));
	for (int n = 5; n < 30; n++) {
		int r;

		ts_dir(&t, 0);
		pipes(&t, 7);
		ts_words(&t, "exit");
		low = limit;
		low.rlim_cur = (rlim_t)n;
		T_SYS(setrlimit(RLIMIT_NOFILE, &low));
		r = container_spawn(t.spec, &t.c, &t.error);
		T_SYS(setrlimit(RLIMIT_NOFILE, &limit));
		if (r == 0) {
			ts_end(&t);
			break;
		}
		ck_assert_int_eq(r, -EMFILE);
		if (!strcmp(contain_error_op(t.error), "make-pipes"))
			found++;
		T_CHECK(strstr(contain_error_hint(t.error), "RLIMIT_NOFILE"), "%s",
			contain_error_message(t.error));
		t_state_free(t.state);
		t.state = NULL;
		ts_free(&t);
	}
	T_CHECK(found > 0, "the limit never hit a pipe");
}

struct combination {
	const char *root;
	int closed;
};

/* F16: the caller has closed some of its own. */
static int closed_stdio(void *arg, void *rec)
{
	struct combination *c = arg;
	char text[100] = "";
	container_exit *x = NULL;
	container_spec *s = NULL;
	container *k = NULL;
	const char *argv[] = { "/bin/sh", "-c", "read -r a; echo \"$a\"; echo $a >&2; exit 7",
			       NULL };

	(void)rec;
	for (int fd = 0; fd < 3; fd++)
		if (c->closed >> fd & 1)
			close(fd);
	container_spec_new(&s);
	container_spec_set_root_dir(s, AT_FDCWD, c->root, 0);
	container_spec_set_argv(s, argv);
	for (int fd = 0; fd < 3; fd++)
		container_spec_set_stdio(s, fd, CONTAIN_STDIO_PIPE);
	ck_assert_int_eq(container_spawn(s, &k, NULL), 0);
	for (int fd = 0; fd < 3; fd++) {
		ck_assert_int_gt(container_stdio_fd(k, fd), 2);
		T_CHECK(is_cloexec(container_stdio_fd(k, fd)));
		if (readlink(t_fmt("/proc/self/fd/%d", fd), text, sizeof(text) - 1) < 0)
			text[0] = 0;
		T_CHECK((*text == 0) == (c->closed >> fd & 1), "fd %d is %s", fd, text);
	}
	ck_assert_int_eq(write(container_stdio_fd(k, 0), "word\n", 5), 5);
	ck_assert_int_eq(container_wait(k, -1, &x, NULL), 0);
	ck_assert_int_eq(container_exit_code(x), 7);
	for (int fd = 1; fd < 3; fd++) {
		ck_assert_int_eq(read(container_stdio_fd(k, fd), text, sizeof(text)), 5);
		T_CHECK(!strncmp(text, "word\n", 5));
	}
	container_exit_free(x);
	container_delete(k, -1, NULL);
	container_free(k);
	container_spec_free(s);
	for (int fd = 0; fd < 10; fd++)
		T_CHECK((fcntl(fd, F_GETFD) < 0) == (fd > 2 ? fcntl(fd, F_GETFD) < 0 :
							      c->closed >> fd & 1));
	return 0;
}

TEST_BOTH(callers_without_stdio)
{
	struct combination c = { .root = ts_root() };

	for (c.closed = 0; c.closed < 8; c.closed++)
		ck_assert_int_eq(t_child(closed_stdio, &c, NULL, 0), 0);
}

/* ---- overrides ---- */

static container_plan *plan_of(struct ts *t, const int *mode)
{
	container_plan *plan = NULL;

	ts_dir(t, 0);
	for (int fd = 0; fd < 3; fd++)
		container_spec_set_stdio(t->spec, fd, mode[fd]);
	container_spec_add_fd(t->spec, t->out, 5);
	ts_sh(t, "(stat -L -c '%F' /proc/1/fd/0 /proc/1/fd/1 /proc/1/fd/2) >&5 2>&1; true");
	ck_assert_int_eq(container_plan_compile(t->spec, &plan, NULL), 0);
	return plan;
}

static const char *kind(int mode)
{
	return mode == CONTAIN_STDIO_PIPE ? "fifo" :
	       mode == CONTAIN_STDIO_NULL ? "character special file" :
					    "regular file";
}

/* Every mode in the place of every other one: pipe, null, an fd, the caller's own. */
TEST_BOTH(overrides)
{
	struct ts t;
	int saved[3], file;

	file = ts_memfd();
	T_SYS(write(file, "x", 1)); /* or it is called a regular empty file */
	for (int fd = 0; fd < 3; fd++) {
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 50);
		dup2(file, fd); /* what is inherited is a file */
	}
	for (int from = CONTAIN_STDIO_PIPE; from <= 0; from++) {
		for (int to = CONTAIN_STDIO_PIPE; to <= 0; to++) {
			int mode[3] = { from ? from : file, from ? from : file,
					from ? from : file };
			container_overrides *o = NULL;
			container_plan *plan = plan_of(&t, mode);

			ck_assert_int_eq(container_overrides_new(&o), 0);
			for (int fd = 0; fd < 3; fd++)
				ck_assert_int_eq(
					container_overrides_set_stdio(o, fd, to ? to : file), 0);
			for (int i = 0; i < 2; i++) {
				int is = i ? to : from;

				T_SYS(ftruncate(t.out, 0));
				lseek(t.out, 0, SEEK_SET);
				ck_assert_int_eq(container_plan_spawn(plan, i ? o : NULL, &t.c,
								      &t.error),
						 0);
				for (int fd = 0; fd < 3; fd++)
					T_CHECK((container_stdio_fd(t.c, fd) >= 0) ==
						(is == CONTAIN_STDIO_PIPE));
				ck_assert_int_eq(container_wait(t.c, -1, NULL, NULL), 0);
				ts_text(&t);
				ts_is(&t, "%s\n%s\n%s\n", kind(is), kind(is), kind(is));
				container_free(t.c);
				t.c = NULL;
			}
			container_overrides_free(o);
			container_plan_free(plan);
			ts_free(&t);
		}
	}
	for (int fd = 0; fd < 3; fd++) {
		dup2(saved[fd], fd);
		close(saved[fd]);
	}
	close(file);
}

TEST(bad_overrides)
{
	container_overrides *o = NULL;

	ck_assert_int_eq(container_overrides_set_stdio(NULL, 0, 0), -EINVAL);
	ck_assert_int_eq(container_overrides_new(&o), 0);
	ck_assert_int_eq(container_overrides_set_stdio(o, 3, CONTAIN_STDIO_PIPE), -EINVAL);
	ck_assert_int_eq(container_overrides_set_stdio(o, 0, -5), -EINVAL);
	ck_assert_int_eq(container_overrides_set_stdio(o, 0, 4711), -EBADF);
	container_overrides_free(o);
}

/* A pipe for each start, from two threads at once. */
struct racer {
	container_plan *plan;
	int rounds, bad;
};

static void *race(void *arg)
{
	struct racer *r = arg;
	char text[16];

	for (int i = 0; i < r->rounds; i++) {
		container *c = NULL;
		ssize_t n;

		if (container_plan_spawn(r->plan, NULL, &c, NULL) < 0) {
			r->bad++;
			continue;
		}
		n = read(container_stdio_fd(c, 1), text, sizeof(text));
		r->bad += n != 4 || memcmp(text, "one\n", 4) != 0;
		r->bad += read(container_stdio_fd(c, 1), text, 1) != 0;
		container_delete(c, -1, NULL);
		container_free(c);
	}
	return NULL;
}

/*
 * While another thread forks, its child holds a copy of an end for a moment; a copy in another
 * container would hold it for ever.
 */
TEST_LIMIT(starts_at_once, 120)
{
	struct racer r[4];
	pthread_t thread[4];
	struct ts t;

	t_need_root();
	ts_dir(&t, 0);
	pipes(&t, 7);
	ts_words(&t, "argv one");
	r[0] = (struct racer){ .rounds = ts_rounds(500, 100, 10) };
	ck_assert_int_eq(container_plan_compile(t.spec, &r[0].plan, NULL), 0);
	for (int i = 1; i < 4; i++)
		r[i] = r[0];
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, race, &r[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
		ck_assert_int_eq(r[i].bad, 0);
	}
	container_plan_free(r[0].plan);
	t_state_free(t.state); /* the first thread of a process changes its signals */
	t.state = NULL;
	ts_free(&t);
}
