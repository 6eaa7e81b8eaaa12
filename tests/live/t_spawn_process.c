/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the program of a container starts with: words, environment, directory, session, signals. */
#include "t_spawn.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

TEST_BOTH(arguments)
{
	const char *argv[] = { "/bin/payload", "argv",	"two words", "", "\n", "\303\244\377",
			       "$HOME",	       "-c",	NULL };
	struct ts t;

	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_argv(t.spec, argv), 0);
	ts_run(&t);
	ts_is(&t, "two words\n\n\n\n\303\244\377\n$HOME\n-c\n");
}

TEST_BOTH(environment)
{
	const char *env[] = { "A=1", "PATH=/no:/bin", "B=", "C=a=b c", NULL }, *none[] = { NULL };
	struct ts t;

	T_SYS(setenv("T_SECRET", "of the caller", 1));
	ts_dir(&t, 0);
	ts_words(&t, "env");
	ts_run(&t);
	ts_is(&t, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");

	ts_dir(&t, 0);
	container_spec_set_env(t.spec, env);
	ts_words(&t, "env");
	ts_run(&t);
	ts_is(&t, "A=1\nPATH=/no:/bin\nB=\nC=a=b c\n");

	ts_dir(&t, 0);
	container_spec_set_env(t.spec, none);
	ts_argv(&t, "payload env");
	ts_run(&t);
	ck_assert_str_eq(t.text, "");
}

TEST_BOTH(working_directory)
{
	struct ts t;

	ts_dir(&t, 0);
	ts_words(&t, "cwd");
	ts_run(&t);
	ts_is(&t, "/\n");
	ts_dir(&t, 0);
	container_spec_set_cwd(t.spec, "//usr/./lib/../bin");
	ts_words(&t, "cwd -- write made x");
	ts_run(&t);
	ts_is(&t, "/usr/bin\n");
	T_CHECK(access(t_fmt("%s/usr/bin/made", ts_root()), F_OK) == 0);
	/* into a mount, and above the root is the root */
	ts_dir(&t, 0);
	container_spec_set_cwd(t.spec, "/../../tmp");
	ts_words(&t, "cwd -- write made x");
	ts_run(&t);
	ts_is(&t, "/tmp\n");

	ts_dir(&t, 0);
	container_spec_set_cwd(t.spec, "/not/there");
	ts_words(&t, "cwd");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "chdir", "/not/there", "does not exist");
	ts_dir(&t, 0);
	container_spec_set_cwd(t.spec, "/etc/image");
	ts_words(&t, "cwd");
	ts_fails(&t, ENOTDIR, CONTAIN_PHASE_CHILD, "chdir", "/etc/image", "");
}

/* A11 (CVE-2024-21626): fds of the host's directories, and magic links that would lead there. */
TEST_BOTH(working_directory_through_proc)
{
	static const char *const ways[] = { "/proc/self/cwd", "/proc/1/root", "/proc/self/root/..",
					    "/proc/self/cwd/..", "/proc/self/fd/7",
					    "/proc/self/fd/7/..", "/proc/self/fd/3" };
	int leaked = open("/", O_RDONLY | O_DIRECTORY), at;
	struct ts t;

	at = fcntl(leaked, F_DUPFD, 7);
	T_SYS(at);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		ts_dir(&t, 0);
		container_spec_set_cwd(t.spec, ways[i]);
		ts_words(&t, "cwd");
		if (i < 4)
			ts_fails(&t, ELOOP, CONTAIN_PHASE_CHILD, "chdir", ways[i], "magic link");
		else /* closed before */
			ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "chdir", ways[i], "not exist");
	}
	close(at);
	close(leaked);
}

TEST_BOTH(path_search)
{
	const char *env[] = { "PATH=/etc:/etc/image:/job:/bin", NULL };
	const char *relative[] = { "PATH=:/bin", NULL };
	struct ts t;

	ts_dir(&t, 0);
	ts_argv(&t, "payload argv found");
	ts_run(&t);
	ts_is(&t, "found\n");
	/* the first that can be executed, in the payload's PATH, not in the caller's */
	T_SYS(setenv("PATH", "/nowhere", 1));
	t_write_file(t_fmt("%s/etc/tool", ts_root()), "no program");
	t_write_file(t_fmt("%s/job/tool", ts_root()), "#!/bin/sh\necho in work $0 $*\n");
	t_write_file(t_fmt("%s/bin/tool", ts_root()), "#!/bin/sh\necho in bin\n");
	T_SYS(chmod(t_fmt("%s/job/tool", ts_root()), 0755));
	T_SYS(chmod(t_fmt("%s/bin/tool", ts_root()), 0755));
	ts_dir(&t, 0);
	container_spec_set_env(t.spec, env);
	ts_argv(&t, "tool a b");
	ts_run(&t);
	ts_is(&t, "in work /job/tool a b\n");
	/* an empty entry is the working directory, which is where a relative name starts too */
	ts_dir(&t, 0);
	container_spec_set_env(t.spec, relative);
	container_spec_set_cwd(t.spec, "/job");
	ts_argv(&t, "tool");
	ts_run(&t);
	ts_is(&t, "in work ./tool\n");
	ts_dir(&t, 0);
	container_spec_set_cwd(t.spec, "/job");
	ts_argv(&t, "../job/tool");
	ts_run(&t);
	ts_is(&t, "in work ../job/tool\n");
}

TEST_BOTH(overrides_of_one_start)
{
	const char *argv[] = { "payload", "argv", "other", "--", "env", "--", "cwd", NULL };
	const char *env[] = { "PATH=/bin", "X=y", NULL };
	container_overrides *o = NULL;
	container_plan *plan = NULL;
	struct ts t;

	for (int i = 0; i < 3; i++) {
		ts_dir(&t, 0);
		/* the plan's own program, or none at all */
		if (i < 2)
			ts_words(&t, "argv first -- cwd");
		container_spec_set_cwd(t.spec, "/usr");
		ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
		ck_assert_int_eq(container_overrides_new(&o), 0);
		if (i) {
			ck_assert_int_eq(container_overrides_set_argv(o, argv), 0);
			ck_assert_int_eq(container_overrides_set_env(o, env), 0);
			ck_assert_int_eq(container_overrides_set_cwd(o, "/job"), 0);
		}
		ck_assert_int_eq(container_plan_spawn(plan, o, &t.c, &t.error), 0);
		container_overrides_free(o);
		container_plan_free(plan);
		ts_end(&t);
		ts_is(&t, i ? "other\nPATH=/bin\nX=y\n/job\n" : "first\n/usr\n");
	}
	ts_dir(&t, 0);
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	ck_assert_int_eq(container_plan_spawn(plan, NULL, &t.c, &t.error), -EINVAL);
	ck_assert_str_eq(contain_error_object(t.error), "argv");
	container_plan_free(plan);
	ts_free(&t);
}

TEST_BOTH(session_and_umask)
{
	struct ts t;

	umask(077);
	ts_dir(&t, 0);
	ts_words(&t, "session -- umask -- tty");
	ts_run(&t);
	ts_is(&t, "pid 1\nppid 0\nsid 1\npgid 1\numask 022\n0 no\n1 no\n2 no\ncontrolling no\n");
	/* nor do the modes of what set-up makes depend on the caller's umask */
	ts_overlay(&t);
	container_spec_add_tmpfs(t.spec, "/a/b", 0, 0755);
	ts_sh(&t, "stat -c %a /a /a/b /dev /dev/null /dev/shm /tmp /");
	ts_run(&t);
	ts_is(&t, "755\n755\n755\n666\n1777\n1777\n755\n");

	ts_dir(&t, 0);
	container_spec_set_new_session(t.spec, 0);
	ts_words(&t, "session");
	ts_run(&t);
	/* the caller's, which has no number inside */
	ts_is(&t, "pid 1\nppid 0\nsid 0\npgid 0\n");
	umask(022);
}

static void handler(int sig)
{
	(void)sig;
}

/* A host that handles, ignores and blocks whatever it likes. */
TEST_BOTH(signals_are_default)
{
	sigset_t all;
	struct ts t;

	for (int sig = 1; sig <= 64; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && sig != SIGCHLD && sig != SIGSEGV &&
		    sig != SIGBUS && sig != SIGABRT)
			signal(sig, sig % 3 == 0 ? SIG_IGN : sig % 3 == 1 ? handler : SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	ts_dir(&t, 0);
	ts_words(&t, "signals");
	ts_run(&t);
	ts_is(&t, "blocked 0000000000000000\nignored 0000000000000000\ncaught 0000000000000000\n");
	/* the control: a plain fork and exec hands the ignored ones and the mask on */
	T_CHECK(t_read_file("/proc/self/status", t.text, sizeof(t.text)) > 0);
	ts_hasnt(&t, "SigIgn:\t0000000000000000");
	ts_hasnt(&t, "SigBlk:\t0000000000000000");
}

TEST_BOTH(sigchld_ignored_is_reset)
{
	struct ts t;

	signal(SIGCHLD, SIG_DFL); /* with the flags that it has at the end */
	ts_dir(&t, 0);
	signal(SIGCHLD, SIG_IGN);
	ts_words(&t, "signals -- fork 3");
	ts_start(&t);
	ts_wait_for(&t, "forked 3\n");
	signal(SIGCHLD, SIG_DFL);
	ts_has(&t, "ignored 0000000000000000\n");
	/* whether the status was lost is another test's business */
	container_delete(t.c, -1, NULL);
	ts_free(&t);
}

/* Resource limits are the caller's; nothing of the library's own is left in them. */
TEST_BOTH(resource_limits)
{
	struct rlimit limit;
	struct ts t;

	ts_dir(&t, 0);
	ts_words(&t, "limits");
	ts_run(&t);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (getrlimit(i, &limit) == 0)
			ts_has(&t, "%d %lld %lld\n", i, (long long)limit.rlim_cur,
			       (long long)limit.rlim_max);
}

/* Long lists arrive as they are, or are refused; nothing is cut. */
TEST_BOTH(large_arguments)
{
	size_t big = 100000, n = 2000;
	char *word = malloc(big + 1), **env = calloc(n + 1, sizeof(*env));
	const char *argv[] = { "/bin/sh", "-c", "echo ${#1} ${#LAST} $FIRST", "sh", word, NULL };
	struct ts t;

	T_CHECK(word && env);
	memset(word, 'w', big);
	word[big] = 0;
	for (size_t i = 0; i < n; i++)
		env[i] = t_fmt("N%zu=%0100d", i, 7);
	env[0] = t_fmt("FIRST=first");
	env[n - 1] = t_fmt("LAST=%09999d", 7);
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_argv(t.spec, argv), 0);
	ck_assert_int_eq(container_spec_set_env(t.spec, (const char *const *)env), 0);
	ts_run(&t);
	ts_is(&t, "100000 9999 first\n");
	free(word);

	/* one string is at most 128 KiB long */
	argv[4] = word = malloc(big = 1 << 20);
	T_CHECK(word);
	memset(word, 'w', big);
	word[big - 1] = 0;
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_argv(t.spec, argv), 0);
	ts_fails(&t, E2BIG, CONTAIN_PHASE_CHILD, "exec", "/bin/sh",
		 "a single string at most 131072");
	free(word);
	free(env);
}

static void *spawn_from_thread(void *arg)
{
	ts_start(arg);
	return NULL;
}

static void *nothing(void *arg)
{
	return arg;
}

/* F3, A34: the thread that spawned has ended; the container has not. */
static volatile sig_atomic_t sigchld;

static void on_sigchld(int number)
{
	(void)number;
	sigchld++;
}

/* Only a payload that ran is a child of the host: before exec nobody is told of an end. */
TEST_BOTH(failed_start_signals_nobody)
{
	struct sigaction act = { .sa_handler = on_sigchld }, old;
	struct ts t;

	T_SYS(sigaction(SIGCHLD, &act, &old));
	for (int i = 0; i < 3; i++) {
		ts_dir(&t, 0);
		if (i == 1)
			container_spec_set_setup_timeout(t.spec, 60000);
		ts_argv(&t, "/not/there");
		ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "exec", "/not/there", "");
		ck_assert_int_eq(sigchld, 0);
	}
	ts_dir(&t, 0); /* control: the end of a payload is told */
	ts_words(&t, "exit");
	ts_run(&t);
	ck_assert_int_gt(sigchld, 0);
	T_SYS(sigaction(SIGCHLD, &old, NULL));
}

TEST_BOTH(spawn_from_a_thread_that_ends)
{
	pthread_t thread;
	struct ts t;

	/* the first thread of a process changes its signals */
	ck_assert_int_eq(pthread_create(&thread, NULL, nothing, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ts_dir(&t, 0);
	ts_words(&t, "sleep 0 -- sleep");
	ck_assert_int_eq(pthread_create(&thread, NULL, spawn_from_thread, &t), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ts_wait_for(&t, "sleeping\nsleeping\n");
	usleep(50000);
	ck_assert_int_eq(container_wait(t.c, 0, NULL, NULL), -ETIMEDOUT);
	ts_kill(&t);
	ck_assert_int_eq(t.signal, SIGKILL);
}
