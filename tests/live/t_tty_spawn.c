/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A container with a terminal: what the payload finds, and what the caller has of it. */
#include "t_tty.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

static const char *start(struct ts *t, struct tty **ret)
{
	ts_start(t);
	ck_assert_int_eq(fcntl(container_terminal_fd(t->c), F_GETFD), FD_CLOEXEC);
	*ret = tty_of(container_terminal_fd(t->c));
	return (*ret)->text;
}

/* All three, controlling, of its own devpts, and once more at /dev/console. */
static void what_it_finds(int init, int monitor)
{
	struct tty *tty;
	struct ts t;
	const char *s;

	tty_spec(&t, 24, 80);
	container_spec_set_init(t.spec, init);
	container_spec_set_monitor(t.spec, monitor);
	ts_sh(&t, "stty -onlcr; stty size; tty; payload tty -- session -- fds -- stat /dev/pts/0 "
		  "-- stat /dev/console; echo on /dev/tty >/dev/tty; "
		  "echo on the console >/dev/console");
	s = start(&t, &tty);
	tty_end(tty);
	T_CHECK(strstr(s, "24 80\n/dev/pts/0\n"), "%s", s);
	T_CHECK(strstr(s, "0 tty\n1 tty\n2 tty\ncontrolling yes\n"), "%s", s);
	T_CHECK(strstr(s, "on /dev/tty\non the console\n"), "%s", s);
	/* nothing but the three, and the one that lists them */
	T_CHECK(strstr(s, "\n0 20000 ") && strstr(s, "\n2 20000 "), "%s", s);
	T_CHECK(!strstr(s, "\n4 "), "%s", s);
	/* "mode 20620 uid 0 gid N ... rdev 136:0": both */
	s = strstr(s, "mode 20620 uid 0 ");
	T_CHECK(s && strstr(s, " rdev 136:0 "), "%s", tty->text);
	T_CHECK(strstr(s + 1, "mode 20620 uid 0 "), "%s", tty->text);
	ts_end(&t);
	ck_assert_int_eq(t.code, 0);
}

TEST_BOTH(what_the_payload_finds)
{
	what_it_finds(0, 0);
}

TEST_BOTH(what_the_payload_of_an_init_finds)
{
	what_it_finds(1, 0);
}

TEST_BOTH(what_the_payload_of_a_monitor_finds)
{
	what_it_finds(0, 1);
}

/* The terminal is that user's, who may open it by its names. */
static void of_a_user(struct ts *t)
{
	struct tty *tty;
	const char *s;

	container_spec_set_user(t->spec, 1000, 100);
	ts_sh(t, "stty -onlcr; payload stat /dev/pts/0 -- tty; echo name >/dev/pts/0; "
		 "echo console >/dev/console; echo error >/dev/stderr");
	s = start(t, &tty);
	tty_end(tty);
	T_CHECK(strstr(s, "mode 20620 uid 1000 ") && strstr(s, "controlling yes\n"), "%s", s);
	T_CHECK(strstr(s, "name\nconsole\nerror\n"), "%s", s);
	ts_end(t);
	ck_assert_int_eq(t->code, 0);
}

TEST(of_a_user_root)
{
	struct ts t;

	t_need_root();
	for (int i = 0; i < 4; i++) {
		tty_spec(&t, 0, 0);
		container_spec_set_init(t.spec, i & 1);
		if (i & 2) {
			container_spec_add_uid_range(t.spec, 0, 100000, 65536);
			container_spec_add_gid_range(t.spec, 0, 100000, 65536);
		}
		of_a_user(&t);
	}
}

static int of_a_nested_user(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	(void)rec;
	tty_spec(&t, 0, 0);
	of_a_user(&t);
	return 0;
}

TEST(of_a_user_user)
{
	t_need_userns();
	t_as_user(of_a_nested_user, NULL);
}

/* The group is that of a devpts of the host's, where it can be. */
TEST(the_group_is_tty)
{
	struct tty *tty;
	struct ts t;

	t_need_root();
	tty_spec(&t, 0, 0);
	container_spec_set_user(t.spec, 1000, 100);
	ts_words(&t, "stat /dev/pts/0");
	start(&t, &tty);
	tty_end(tty);
	T_CHECK(strstr(tty->text, "uid 1000 gid 5 "), "%s", tty->text);
	ts_end(&t);
}

/* What is typed is edited and echoed; ^C reaches who reads, and ^D is the end of the file. */
TEST_BOTH(typing)
{
	const char *s = NULL;
	struct tty *tty;
	struct ts t;

	tty_spec(&t, 24, 80);
	ts_sh(&t, "trap 'i=1; echo interrupted' INT; echo ready; while :; do i=; read -r line; "
		  "s=$?; [ $i ] && continue; [ $s = 0 ] || break; echo \"got $line.\"; done; "
		  "echo ended; read -r line; echo again; exit 7");
	start(&t, &tty);
	s = tty_wait(tty, s, "ready\r\n");
	tty_type(tty, "onn\177e\n");
	s = tty_wait(tty, s, "onn\b \be\r\ngot one.\r\n");
	tty_type(tty, "\003");
	s = tty_wait(tty, s, "interrupted\r\n");
	tty_type(tty, "two\n");
	s = tty_wait(tty, s, "got two.\r\n");
	tty_type(tty, "\004");
	s = tty_wait(tty, s, "ended\r\n");
	tty_type(tty, "\n");
	tty_wait(tty, s, "again\r\n");
	tty_end(tty);
	ts_end(&t);
	ck_assert_int_eq(t.code, 7);
}

/* A shell may miss a signal that comes between two commands: then another size, and this again. */
static const char *resized(struct tty *tty, container *c, const char *from, uint32_t rows,
			   uint32_t columns)
{
	const char *needle = t_fmt("%u %u\r\n", rows, columns), *at = NULL;

	for (int i = 0; i < 20 && !at; i++) {
		if (i)
			ck_assert_int_eq(container_terminal_resize(c, rows, columns - 1), 0);
		ck_assert_int_eq(container_terminal_resize(c, rows, columns), 0);
		for (int k = 0; k < 40 && !at; k++) {
			tty_read(tty, 50);
			at = strstr(from, needle);
		}
	}
	T_CHECK(at, "the terminal never showed '%s', but:\n%.2500s", needle, tty->text);
	return at + strlen(needle);
}

TEST_BOTH(another_size)
{
	const char *s = NULL;
	struct tty *tty;
	struct ts t;

	tty_spec(&t, 24, 80);
	ts_sh(&t, "trap 'stty size' WINCH; echo ready; while :; do read -r line && break; done; "
		  "stty size");
	start(&t, &tty);
	s = tty_wait(tty, s, "ready\r\n");
	s = resized(tty, t.c, s, 50, 132);
	ck_assert_int_eq(container_terminal_resize(t.c, 65536, 1), -EINVAL);
	ck_assert_int_eq(container_terminal_resize(t.c, 1, 65536), -EINVAL);
	s = resized(tty, t.c, s, 999, 999);
	tty_type(tty, "\n");
	tty_wait(tty, s, "999 999\r\n");
	ts_end(&t);
	ck_assert_int_eq(container_terminal_resize(NULL, 1, 1), -EINVAL);
	ck_assert_int_eq(container_terminal_fd(NULL), -EINVAL);
	ck_assert_int_eq(container_terminal_take(NULL), -EINVAL);
}

/* Who has taken the master and closes it hangs up. */
TEST_BOTH(hung_up)
{
	struct tty *tty;
	struct ts t;
	int fd;

	tty_spec(&t, 0, 0);
	container_spec_add_fd(t.spec, t.out, 5);
	ts_sh(&t, "trap 'echo hung up >&5; exit 3' HUP; echo ready; while :; do read -r x; done");
	start(&t, &tty);
	tty_wait(tty, NULL, "ready");
	fd = container_terminal_fd(t.c);
	ck_assert_int_eq(container_terminal_take(t.c), fd);
	ck_assert_int_eq(container_terminal_take(t.c), -ENOENT);
	ck_assert_int_eq(container_terminal_fd(t.c), -ENOENT);
	ck_assert_int_eq(container_terminal_resize(t.c, 1, 1), -ENOENT);
	close(fd);
	ts_end(&t);
	ck_assert_int_eq(t.code, 3);
	ts_is(&t, "hung up\n");
}

/* Nobody but the caller holds the master: not the payload, and no init or monitor. */
TEST_BOTH(only_the_caller_has_the_master)
{
	for (int kind = 0; kind < 4; kind++) {
		struct ts t;

		tty_spec(&t, 0, 0);
		container_spec_set_init(t.spec, kind & 1);
		container_spec_set_monitor(t.spec, kind >> 1);
		ts_sh(&t, "while :; do read -r x || exit 9; done");
		ts_start(&t);
		close(container_terminal_take(t.c));
		ts_end(&t);
		T_CHECK(t.signal == SIGHUP || t.code == 9, "signal %d, code %d", t.signal, t.code);
	}
}

/* A container without one. */
TEST_BOTH(none_by_default)
{
	struct ts t;

	ts_dir(&t, 0);
	ts_words(&t, "tty -- list /dev");
	ts_start(&t);
	ck_assert_int_eq(container_terminal_fd(t.c), -ENOENT);
	ck_assert_int_eq(container_terminal_take(t.c), -ENOENT);
	ck_assert_int_eq(container_terminal_resize(t.c, 1, 1), -ENOENT);
	ts_end(&t);
	ts_has(&t, "controlling no\n");
	ts_hasnt(&t, "console");
}

/* Beside pipes, files and the null device; the number that is left is the controlling one. */
TEST_BOTH(each_combination)
{
	for (int mask = 1; mask < 8; mask++) {
		struct tty *tty;
		struct ts t;

		ts_dir(&t, 0);
		container_spec_add_fd(t.spec, t.out, 5);
		for (int fd = 0; fd < 3; fd++)
			container_spec_set_stdio(t.spec, fd,
						 mask >> fd & 1 ? CONTAIN_STDIO_PTY :
						 fd == 1	? CONTAIN_STDIO_PIPE :
								  CONTAIN_STDIO_NULL);
		ts_sh(&t, "exec 6>&1; payload fds >&5; payload tty >&5; echo heard >/dev/tty");
		start(&t, &tty);
		tty_wait(tty, NULL, "heard");
		ts_text(&t);
		ts_has(&t, "controlling yes\n");
		for (int fd = 0; fd < 3; fd += 2)
			ts_has(&t, "%d %s\n", fd, mask >> fd & 1 ? "tty" : "no");
		ck_assert_int_eq(container_stdio_fd(t.c, 1) >= 0, !(mask & 2));
		ts_has(&t, "\n6 %s ", mask & 2 ? "20000" : "10000");
		ts_end(&t);
	}
}

/* More than a terminal holds, while nobody reads for a while; nothing is lost at the end. */
TEST_BOTH(much_output)
{
	enum { LINES = 20000 };
	struct tty *tty;
	struct ts t;
	char last[32];

	tty_spec(&t, 0, 0);
	ts_sh(&t, t_fmt("i=0; while [ $i -lt %d ]; do i=$((i+1)); echo $i; done", LINES));
	start(&t, &tty);
	usleep(100000);
	tty_end(tty);
	snprintf(last, sizeof(last), "\n%d\r\n", LINES);
	T_CHECK(strlen(tty->text) > 6 &&
			!strcmp(tty->text + strlen(tty->text) - strlen(last), last),
		"%s", tty->text + strlen(tty->text) - 100);
	ts_end(&t);
}

/* What ends without a reader can be read later. */
TEST_BOTH(the_last_words)
{
	struct ts t;

	tty_spec(&t, 0, 0);
	ts_sh(&t, "echo last words");
	ts_start(&t);
	ck_assert_int_eq(container_wait(t.c, 10000 * t_slow(), NULL, NULL), 0);
	ck_assert_int_eq(container_delete(t.c, 10000 * t_slow(), NULL), 0);
	ck_assert_str_eq(tty_end(tty_of(container_terminal_fd(t.c))), "last words\r\n");
	ts_end(&t);
}

struct one {
	const container_plan *plan;
	uint32_t columns;
	int bad;
};

static void *start_one(void *arg)
{
	struct one *o = arg;
	container_overrides *over = NULL;
	char text[64], want[64];
	container *c = NULL;
	size_t n = 0;
	ssize_t r;

	o->bad = container_overrides_new(&over) ||
		 container_overrides_set_terminal(over, 10, o->columns) ||
		 container_plan_spawn(o->plan, over, &c, NULL);
	if (!o->bad) {
		while (n < sizeof(text) - 1 && (r = read(container_terminal_fd(c), text + n,
							 sizeof(text) - 1 - n)) > 0)
			n += (size_t)r;
		text[n] = 0;
		snprintf(want, sizeof(want), "10 %u\r\n", o->columns);
		o->bad = strcmp(text, want) != 0;
		container_delete(c, -1, NULL);
	}
	container_free(c);
	container_overrides_free(over);
	return NULL;
}

static void *nothing(void *arg)
{
	return arg;
}

/* One plan, whose spec has no terminal: each start its own, of its own size. */
TEST_BOTH(one_plan_many_terminals)
{
	enum { THREADS = 4 };
	container_plan *plan = NULL;
	pthread_t thread[THREADS];
	struct one one[THREADS];
	struct ts t;

	/* the first thread makes the C library take a signal */
	ck_assert_int_eq(pthread_create(&thread[0], NULL, nothing, NULL), 0);
	pthread_join(thread[0], NULL);
	ts_dir(&t, 0);
	ts_sh(&t, "stty size");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	for (int i = 0; i < THREADS; i++) {
		one[i] = (struct one){ plan, (uint32_t)(100 + i), 0 };
		ck_assert_int_eq(pthread_create(&thread[i], NULL, start_one, &one[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		T_CHECK(!one[i].bad, "thread %d", i);
	}
	container_plan_free(plan);
	ts_free(&t);
}

/* What the library opens must not become 0, 1 or 2 of a host that has closed them. */
static int with_closed_stdio(void *arg, void *rec)
{
	struct tty *tty;
	struct ts t;

	(void)arg;
	(void)rec;
	for (int fd = 0; fd < 3; fd++)
		T_SYS(fcntl(fd, F_DUPFD_CLOEXEC, 200));
	tty_spec(&t, 24, 80);
	ts_words(&t, "fds -- tty");
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	ts_start(&t);
	for (int fd = 0; fd < 3; fd++)
		T_CHECK(fcntl(fd, F_GETFD) < 0, "fd %d is open", fd);
	for (int fd = 0; fd < 3; fd++)
		T_SYS(dup2(200 + fd, fd));
	tty = tty_of(container_terminal_fd(t.c));
	tty_end(tty);
	T_CHECK(strstr(tty->text, "2 tty\r\ncontrolling yes\r\n"), "%s", tty->text);
	T_CHECK(!strstr(tty->text, "\n3 "), "%s", tty->text);
	ts_end(&t);
	return 0;
}

TEST(closed_stdio)
{
	t_need_root();
	ck_assert_int_eq(t_child(with_closed_stdio, NULL, NULL, 0), 0);
}
