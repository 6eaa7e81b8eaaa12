/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A supervisor: the listener of a container, and of a thread of one's own. */
#include "t_sec.h"

#include <linux/audit.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>

static contain_seccomp_request *receive(int fd)
{
	contain_seccomp_request *q = NULL;
	contain_error *error = NULL;
	int r = contain_seccomp_notify_receive(fd, 10000 * t_slow(), &q, &error);

	T_CHECK(r == 0, "%d: %s", r, contain_error_message(error));
	return q;
}

/* A filter that asks about @call. */
static void ask(container_spec *spec, int call, uint32_t flags)
{
	struct sock_filter code[8];
	size_t bytes = sec_filter(code, call, SECCOMP_RET_USER_NOTIF, -1, 0);

	ck_assert_int_eq(container_spec_add_seccomp_program(
				 spec, code, bytes, flags | CONTAIN_SECCOMP_FLAG_NEW_LISTENER),
			 0);
}

TEST_BOTH(a_listener_of_a_container)
{
	struct ts t;

	for (int how = 0; how < 3; how++) {
		contain_seccomp_request *q;
		int fd;

		ts_dir(&t, 0);
		ask(t.spec, __NR_getppid, 0);
		container_spec_set_init(t.spec, how == 1);
		if (how == 2)
			container_spec_set_user(t.spec, 1000, 1000);
		ts_words(&t, t_fmt("fds -- call %d 1 2 3 -- call %d -- call %d", __NR_getppid,
				   __NR_getppid, __NR_getppid));
		ts_start(&t);
		fd = container_seccomp_fd(t.c);
		T_CHECK(fd > 2);
		T_CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);

		q = receive(fd);
		ck_assert_int_eq(contain_seccomp_request_number(q), __NR_getppid);
		ck_assert_int_eq((int)contain_seccomp_request_argument(q, 1), 2);
		ck_assert_int_eq((int)contain_seccomp_request_argument(q, 6), 0);
		T_CHECK(contain_seccomp_request_pid(q) > 0);
		T_CHECK(contain_seccomp_request_arch(q) != 0);
		ck_assert_int_eq(contain_seccomp_notify_is_valid(
					 fd, contain_seccomp_request_id(q)), 1);
		ck_assert_int_eq(contain_seccomp_notify_respond(
					 fd, contain_seccomp_request_id(q), ENOTBLK, 0, 0), 0);
		ck_assert_int_eq(contain_seccomp_notify_is_valid(
					 fd, contain_seccomp_request_id(q)), 0);
		contain_seccomp_request_free(q);

		q = receive(fd);
		ck_assert_int_eq(contain_seccomp_notify_respond(
					 fd, contain_seccomp_request_id(q), 0, 7, 0), 0);
		contain_seccomp_request_free(q);
		q = receive(fd);
		ck_assert_int_eq(contain_seccomp_notify_respond(fd, contain_seccomp_request_id(q),
								0, 0, CONTAIN_SECCOMP_CONTINUE),
				 0);
		contain_seccomp_request_free(q);
		q = NULL;
		/* before Linux 6.11 a process has its filter until it is waited for */
		ck_assert_int_eq(container_wait(t.c, 10000 * t_slow(), NULL, NULL), 0);
		ck_assert_int_eq(contain_seccomp_notify_receive(fd, 10000 * t_slow(), &q, NULL),
				 -ESHUTDOWN);
		ts_end(&t);
		ts_has(&t, "call %d ENOTBLK\ncall %d ok\ncall %d ok\n", __NR_getppid, __NR_getppid,
		       __NR_getppid);
		ts_hasnt(&t, "seccomp notify");
	}
}

/* What cannot be waited for any more is answered by the kernel: nobody hangs. */
TEST_BOTH(a_listener_that_is_closed)
{
	struct ts t;
	int fd;

	ts_dir(&t, 0);
	ask(t.spec, __NR_getppid, 0);
	ts_words(&t, t_fmt("call %d", __NR_getppid));
	ts_start(&t);
	fd = container_seccomp_take(t.c);
	T_CHECK(fd > 2);
	ck_assert_int_eq(container_seccomp_fd(t.c), -ENOENT);
	ck_assert_int_eq(container_seccomp_take(t.c), -ENOENT);
	close(fd);
	ts_end(&t);
	ts_has(&t, "call %d ENOSYS\n", __NR_getppid);
	/* the handle closes it, too */
	ts_dir(&t, 0);
	ask(t.spec, __NR_getppid, 0);
	ts_words(&t, t_fmt("call %d -- exit 3", __NR_getppid));
	ts_start(&t);
	ck_assert_int_eq(container_kill(t.c, NULL), 0);
	ts_end(&t);
	ts_dir(&t, 0);
	ts_words(&t, "exit");
	ts_start(&t);
	ck_assert_int_eq(container_seccomp_fd(t.c), -ENOENT);
	ts_end(&t);
	ck_assert_int_eq(container_seccomp_fd(NULL), -EINVAL);
	ck_assert_int_eq(container_seccomp_take(NULL), -EINVAL);
}

/* Every call but those of the start, and those that the payload needs to say a word. */
TEST(a_filter_that_asks_about_all_calls)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_execve, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_execveat, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_rt_sigprocmask, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_exit_group, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat2, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	contain_error *error = NULL;
	int calls = 0, r;
	struct ts t;

	t_need_root();
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_add_seccomp_program(
				 t.spec, code, sizeof(code), CONTAIN_SECCOMP_FLAG_NEW_LISTENER),
			 0);
	ts_words(&t, "exit 3");
	r = ts_spawn(&t);
	/* what looks after a failed exec is asked about, too, and refused for that by name */
	T_CHECK(r == 0 || strstr(contain_error_hint(t.error), "waits for the start"), "%s",
		contain_error_message(t.error));
	while (r == 0) {
		contain_seccomp_request *q = NULL;

		r = contain_seccomp_notify_receive(container_seccomp_fd(t.c), 10000, &q, &error);
		if (r == 0)
			contain_seccomp_notify_respond(container_seccomp_fd(t.c),
						       contain_seccomp_request_id(q), 0, 0,
						       CONTAIN_SECCOMP_CONTINUE);
		contain_seccomp_request_free(q);
		calls++;
	}
	contain_error_free(error);
	t_note("%d calls, %d", calls, r);
	if (t.c)
		ts_end(&t);
	else
		ts_free(&t);
}

/* ---- a thread of one's own ---- */

struct asks {
	int listener;
	uint32_t ready;
	long got;
};

static void *asker(void *arg)
{
	struct asks *a = arg;
	struct sock_filter code[8];
	size_t bytes = sec_filter(code, __NR_getppid, SECCOMP_RET_USER_NOTIF, -1, 0);

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	a->listener = contain_seccomp_load(code, bytes, CONTAIN_SECCOMP_FLAG_NEW_LISTENER, NULL);
	__atomic_store_n(&a->ready, 1, __ATOMIC_SEQ_CST);
	a->got = syscall(__NR_getppid);
	return NULL;
}

static int own_thread(void *arg, void *rec)
{
	struct asks a = { .listener = -1 };
	contain_seccomp_request *q = NULL;
	int pipe_fds[2], number;
	pthread_t thread;

	(void)arg;
	(void)rec;
	T_SYS(pipe(pipe_fds));
	T_CHECK(pthread_create(&thread, NULL, asker, &a) == 0);
	while (!__atomic_load_n(&a.ready, __ATOMIC_SEQ_CST))
		usleep(100);
	T_CHECK(a.listener > 2, "%d", a.listener);
	q = receive(a.listener);
	/* an fd in answer: the process is this one, so it can be looked at */
	number = contain_seccomp_notify_add_fd(a.listener, contain_seccomp_request_id(q),
					       pipe_fds[0], -1, 1, 0);
	T_CHECK(number >= 0 && fcntl(number, F_GETFD) == FD_CLOEXEC, "%d", number);
	ck_assert_int_eq(contain_seccomp_notify_add_fd(a.listener, contain_seccomp_request_id(q),
						       pipe_fds[0], 77, 0, 0), 77);
	T_CHECK(fcntl(77, F_GETFD) == 0);
	number = contain_seccomp_notify_add_fd(a.listener, contain_seccomp_request_id(q),
					       pipe_fds[0], -1, 0, 1);
	T_CHECK(pthread_join(thread, NULL) == 0);
	ck_assert_int_eq((int)a.got, number);
	ck_assert_int_eq(contain_seccomp_notify_respond(a.listener, contain_seccomp_request_id(q),
							0, 0, 0), -ENOENT);
	contain_seccomp_request_free(q);
	close(a.listener);
	return 0;
}

TEST(a_thread_of_ones_own)
{
	ck_assert_int_eq(t_child(own_thread, NULL, NULL, 0), 0);
}

static void nothing(int sig)
{
	(void)sig;
}

static int bad_calls(void *arg, void *rec)
{
	struct sigaction act = { .sa_handler = nothing };
	contain_seccomp_request *q = NULL;
	struct asks a = { .listener = -1 };
	int pipe_fds[2];
	pthread_t thread;

	(void)arg;
	(void)rec;
	T_SYS(pipe(pipe_fds));
	ck_assert_int_eq(contain_seccomp_notify_receive(pipe_fds[0], 0, &q, NULL), -EINVAL);
	ck_assert_int_eq(contain_seccomp_notify_receive(999, 0, &q, NULL), -EBADF);
	ck_assert_int_eq(contain_seccomp_notify_receive(-1, 0, &q, NULL), -EBADF);
	ck_assert_int_eq(contain_seccomp_notify_receive(pipe_fds[0], 0, NULL, NULL), -EINVAL);
	ck_assert_int_eq(contain_seccomp_notify_receive(pipe_fds[0], -2, &q, NULL), -EINVAL);
	ck_assert_int_eq(contain_seccomp_notify_respond(pipe_fds[0], 1, 0, 0, 0), -EINVAL);
	ck_assert_int_eq(contain_seccomp_notify_respond(-1, 1, 0, 0, 0), -EBADF);
	ck_assert_int_eq(contain_seccomp_notify_is_valid(pipe_fds[0], 1), -EINVAL);
	ck_assert_int_eq(contain_seccomp_notify_is_valid(-1, 1), -EBADF);
	ck_assert_int_eq(contain_seccomp_notify_add_fd(pipe_fds[0], 1, 1, -1, 0, 0), -EINVAL);
	ck_assert_int_eq(contain_seccomp_notify_add_fd(-1, 1, 1, -1, 0, 0), -EBADF);

	T_CHECK(pthread_create(&thread, NULL, asker, &a) == 0);
	while (!__atomic_load_n(&a.ready, __ATOMIC_SEQ_CST))
		usleep(100);
	q = receive(a.listener);
	ck_assert_int_eq(contain_seccomp_notify_respond(a.listener, 1, -1, 0, 0), -EINVAL);
	ck_assert_int_eq(contain_seccomp_notify_respond(a.listener, 1, 5000, 0, 0), -EINVAL);
	ck_assert_int_eq(contain_seccomp_notify_respond(a.listener, 1, 0, 0, 2), -EINVAL);
	ck_assert_int_eq(contain_seccomp_notify_respond(a.listener, 1, 0, 1, 1), -EINVAL);
	ck_assert_int_eq(contain_seccomp_notify_respond(a.listener, 1, 0, 0, 0), -ENOENT);
	ck_assert_int_eq(contain_seccomp_notify_add_fd(a.listener, 1, 0, -2, 0, 0), -EINVAL);
	ck_assert_int_eq(contain_seccomp_notify_add_fd(a.listener, 1, 0, -1, 2, 0), -EINVAL);
	ck_assert_int_eq(contain_seccomp_notify_add_fd(a.listener, 1, 0, -1, 0, 2), -EINVAL);
	ck_assert_int_eq(contain_seccomp_notify_add_fd(a.listener, 1, 0, -1, 0, 0), -ENOENT);
	ck_assert_int_eq(contain_seccomp_notify_respond(
				 a.listener, contain_seccomp_request_id(q), 0, 0, 1), 0);
	contain_seccomp_request_free(q);
	T_CHECK(pthread_join(thread, NULL) == 0);
	/* the thread with the filter has gone */
	ck_assert_int_eq(contain_seccomp_notify_receive(a.listener, -1, &q, NULL), -ESHUTDOWN);
	sigaction(SIGALRM, &act, NULL);
	return 0;
}

TEST(bad_arguments)
{
	ck_assert_int_eq(t_child(bad_calls, NULL, NULL, 0), 0);
	ck_assert_int_eq((int)contain_seccomp_request_id(NULL), 0);
	ck_assert_int_eq(contain_seccomp_request_pid(NULL), -EINVAL);
	ck_assert_int_eq(contain_seccomp_request_number(NULL), -EINVAL);
	ck_assert_int_eq((int)contain_seccomp_request_arch(NULL), 0);
	ck_assert_int_eq((int)contain_seccomp_request_argument(NULL, 0), 0);
	T_CHECK(!contain_seccomp_request_name(NULL));
	contain_seccomp_request_free(NULL);
}

static int nothing_comes(void *arg, void *rec)
{
	struct sock_filter code[8];
	size_t bytes = sec_filter(code, __NR_getppid, SECCOMP_RET_USER_NOTIF, -1, 0);
	contain_seccomp_request *q = NULL;
	contain_error *error = NULL;
	int fd;

	(void)arg;
	(void)rec;
	T_SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	fd = contain_seccomp_load(code, bytes, CONTAIN_SECCOMP_FLAG_NEW_LISTENER, NULL);
	T_CHECK(fd > 2);
	ck_assert_int_eq(contain_seccomp_notify_receive(fd, 0, &q, NULL), -ETIMEDOUT);
	ck_assert_int_eq(contain_seccomp_notify_receive(fd, 20, &q, NULL), -ETIMEDOUT);
	/* one is the most */
	ck_assert_int_eq(contain_seccomp_load(code, bytes, CONTAIN_SECCOMP_FLAG_NEW_LISTENER,
					      &error),
			 -EBUSY);
	T_CHECK(strstr(contain_error_hint(error), "listener"), "%s", contain_error_message(error));
	contain_error_free(error);
	return 0;
}

TEST(nothing_to_be_received)
{
	ck_assert_int_eq(t_child(nothing_comes, NULL, NULL, 0), 0);
}

/* ---- loading, in the calling thread ---- */

static int load(void *arg, void *rec)
{
	struct sock_filter code[8], *much = calloc(4096, sizeof(*much));
	size_t bytes = sec_filter(code, __NR_getppid, SECCOMP_RET_ERRNO | ENOTBLK, -1, 0);
	contain_error *error = NULL;
	int r, i;

	(void)arg;
	(void)rec;
	if (geteuid()) {
		ck_assert_int_eq(contain_seccomp_load(code, bytes, 0, &error), -EACCES);
		T_CHECK(strstr(contain_error_hint(error), "no_new_privs"), "%s",
			contain_error_message(error));
		contain_error_free(error);
		error = NULL;
	}
	T_SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ck_assert_int_eq(contain_seccomp_load(code, bytes, 0x1000, NULL), -EINVAL);
	ck_assert_int_eq(contain_seccomp_load(code, bytes - 1, 0, NULL), -EINVAL);
	ck_assert_int_eq(contain_seccomp_load(NULL, 8, 0, NULL), -EINVAL);
	ck_assert_int_eq(contain_seccomp_load(code, bytes, CONTAIN_SECCOMP_FLAG_WAIT_KILLABLE,
					      &error), -EINVAL);
	T_CHECK(strstr(contain_error_hint(error), "listener"), "%s", contain_error_message(error));
	contain_error_free(error);
	ck_assert_int_eq(contain_seccomp_load(code, bytes, CONTAIN_SECCOMP_FLAG_LOG, NULL), 0);
	T_CHECK(syscall(__NR_getppid) == -1 && errno == ENOTBLK);
	ck_assert_int_eq(contain_seccomp_load(code, bytes, CONTAIN_SECCOMP_FLAG_TSYNC, NULL), 0);
	for (i = 0; i < 4096; i++)
		much[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	error = NULL;
	for (i = 0, r = 0; i < 20 && r == 0; i++)
		r = contain_seccomp_load(much, 4096 * sizeof(*much), 0, &error);
	ck_assert_int_eq(r, -ENOMEM);
	T_CHECK(strstr(contain_error_hint(error), "32768"), "%s", contain_error_message(error));
	contain_error_free(error);
	free(much);
	return 0;
}

TEST_BOTH(loaded_here)
{
	ck_assert_int_eq(t_child(load, NULL, NULL, 0), 0);
}

static void *other_filter(void *arg)
{
	struct asks *a = arg;
	struct sock_filter code[8];
	size_t bytes = sec_filter(code, __NR_getppid, SECCOMP_RET_ALLOW, -1, 0);

	a->got = contain_seccomp_load(code, bytes, 0, NULL);
	__atomic_store_n(&a->ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&a->ready, __ATOMIC_SEQ_CST) != 2)
		usleep(100);
	return NULL;
}

static int tsync(void *arg, void *rec)
{
	struct sock_filter code[8];
	size_t bytes = sec_filter(code, __NR_getppid, SECCOMP_RET_ALLOW, -1, 0);
	contain_error *error = NULL;
	struct asks a = { 0 };
	pthread_t thread;

	(void)arg;
	(void)rec;
	T_SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	T_CHECK(pthread_create(&thread, NULL, other_filter, &a) == 0);
	while (!__atomic_load_n(&a.ready, __ATOMIC_SEQ_CST))
		usleep(100);
	ck_assert_int_eq((int)a.got, 0);
	ck_assert_int_eq(contain_seccomp_load(code, bytes, CONTAIN_SECCOMP_FLAG_TSYNC, &error),
			 -ESRCH);
	T_CHECK(strstr(contain_error_hint(error), "filters of its own"), "%s",
		contain_error_message(error));
	contain_error_free(error);
	__atomic_store_n(&a.ready, 2, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	return 0;
}

TEST(all_threads)
{
	ck_assert_int_eq(t_child(tsync, NULL, NULL, 0), 0);
}

/* ---- profiles in containers ---- */

TEST_BOTH(a_profile_of_names)
{
	contain_seccomp_request *q;
	contain_seccomp *p = NULL;
	struct ts t;

	sec_need_names();
	ck_assert_int_eq(contain_seccomp_new(CONTAIN_SECCOMP_ALLOW, &p), 0);
	ck_assert_int_eq(contain_seccomp_deny(p, "getpgid", ENOTBLK), 0);
	ck_assert_int_eq(contain_seccomp_where(p, 0, CONTAIN_SECCOMP_EQ, 1, 0), 0);
	ck_assert_int_eq(contain_seccomp_notify(p, "getsid"), 0);
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_add_seccomp(t.spec, p, 0), 0);
	contain_seccomp_free(p);
	ts_words(&t, t_fmt("call %d 1 -- call %d 0 -- call %d 0", __NR_getpgid, __NR_getpgid,
			   __NR_getsid));
	ts_start(&t);
	q = receive(container_seccomp_fd(t.c));
	ck_assert_str_eq(contain_seccomp_request_name(q), "getsid");
	ck_assert_int_eq(contain_seccomp_notify_respond(container_seccomp_fd(t.c),
							contain_seccomp_request_id(q), EDOM, 0,
							0), 0);
	contain_seccomp_request_free(q);
	ts_end(&t);
	ts_has(&t, "call %d ENOTBLK\ncall %d ok\ncall %d EDOM\n", __NR_getpgid, __NR_getpgid,
	       __NR_getsid);
}

TEST(bad_profiles)
{
	contain_error *error = NULL;
	contain_seccomp *p = NULL;
	char *program;
	int bytes;
	struct ts t;

	sec_need_names();
	ck_assert_int_eq(contain_seccomp_new(CONTAIN_SECCOMP_ERRNO, &p), -EINVAL);
	ck_assert_int_eq(contain_seccomp_new(1, &p), -EINVAL);
	ck_assert_int_eq(contain_seccomp_new(CONTAIN_SECCOMP_ALLOW, NULL), -EINVAL);
	ck_assert_int_eq(contain_seccomp_new_default(0, NULL), -EINVAL);
	ck_assert_int_eq(contain_seccomp_new(CONTAIN_SECCOMP_ALLOW, &p), 0);
	ck_assert_int_eq(contain_seccomp_check(p, NULL), 0);
	ck_assert_int_eq(contain_seccomp_where(p, 0, 1, 0, 0), -EINVAL); /* no rule yet */
	ck_assert_int_eq(contain_seccomp_check(p, &error), -EINVAL);
	ck_assert_str_eq(contain_error_object(error), "where");
	contain_error_free(error);
	contain_seccomp_free(p);
	ck_assert_int_eq(contain_seccomp_new(CONTAIN_SECCOMP_ALLOW, &p), 0);
	ck_assert_int_eq(contain_seccomp_allow(p, "no_such_call"), -EINVAL);
	ck_assert_int_eq(contain_seccomp_deny(p, "open", 0), -EINVAL);
	ck_assert_int_eq(contain_seccomp_deny(p, "open", 4096), -EINVAL);
	ck_assert_int_eq(contain_seccomp_kill(p, NULL), -EINVAL);
	ck_assert_int_eq(contain_seccomp_log(NULL, "open"), -EINVAL);
	ck_assert_int_eq(contain_seccomp_trap(p, "open"), 0);
	ck_assert_int_eq(contain_seccomp_where(p, 6, 1, 0, 0), -EINVAL);
	ck_assert_int_eq(contain_seccomp_where(p, 0, 8, 0, 0), -EINVAL);
	ck_assert_int_eq(contain_seccomp_where(p, 0, 1, 0, 1), -EINVAL);
	ck_assert_int_eq(contain_seccomp_where(p, 0, 7, 2, 1), -EINVAL);
	ck_assert_int_eq(contain_seccomp_where(p, 0, 1, 2, 0), 0);
	ck_assert_int_eq(contain_seccomp_where(p, 0, 1, 2, 0), -EINVAL);
	ck_assert_int_eq(contain_seccomp_set_compat(p, 2), -EINVAL);
	ck_assert_int_eq(contain_seccomp_set_log(p, -1), -EINVAL);
	ck_assert_int_eq(contain_seccomp_set_log(NULL, 1), -EINVAL);
	error = NULL;
	ck_assert_int_eq(contain_seccomp_export(p, NULL, 0, &error), -EINVAL);
	ck_assert_str_eq(contain_error_object(error), "no_such_call");
	contain_error_free(error);
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_add_seccomp(t.spec, p, 0), -EINVAL);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_SPEC, "spec", "seccomp", "no_such_call");
	contain_seccomp_free(p);
	ck_assert_int_eq(contain_seccomp_export(NULL, NULL, 0, NULL), -EINVAL);
	ck_assert_int_eq(contain_seccomp_check_program("12345678", 8, NULL), -EINVAL);
	ck_assert_int_eq(contain_seccomp_new_default(0, &p), 0);
	ck_assert_int_eq(contain_seccomp_export(p, NULL, 1, NULL), -EINVAL);
	bytes = contain_seccomp_export(p, NULL, 0, NULL);
	program = malloc((size_t)bytes);
	ck_assert_int_eq(contain_seccomp_export(p, program, (size_t)bytes, NULL), bytes);
	ck_assert_int_eq(contain_seccomp_check_program(program, (size_t)bytes, NULL), 0);
	t_note("the default profile has %d instructions", bytes / 8);
	free(program);
	contain_seccomp_free(p);
}
