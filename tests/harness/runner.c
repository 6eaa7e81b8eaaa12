/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* main() of every test program: one check run per test, TAP out. */
#include "priv.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct t_shared *t_sh;
char t_base[256];
int t_own_pidns;

static struct t_test *tests, *current;
static FILE *tap;
static int tap_number;

/* Sorted by file and line: the order of constructors is the compiler's business. */
void t_register(struct t_test *test)
{
	struct t_test **at = &tests;
	int order;

	for (; *at; at = &(*at)->next) {
		order = strcmp(test->file, (*at)->file);
		if (order < 0 || (order == 0 && test->line < (*at)->line))
			break;
	}
	test->next = *at;
	*at = test;
}

int64_t t_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int t_long(void)
{
	const char *value = getenv("LONG");

	return value && strcmp(value, "1") == 0;
}

long t_sample(long n_full, long n_short)
{
	const char *always_short = getenv("T_SAMPLE");

	return t_long() && !(always_short && strcmp(always_short, "1") == 0) ? n_full : n_short;
}

const char *t_guest(void)
{
	const char *value = getenv("T_GUEST");

	return value && *value ? value : NULL;
}

int t_slow(void)
{
	const char *value = getenv("T_SLOW");
	int n = value ? atoi(value) : 1;

	return n > 1 ? n : 1;
}

/* ---- inside the test process ---- */

static void own_mount_namespace(void)
{
	T_SYS(unshare(CLONE_NEWNS));
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

/* check calls this in the process it forked. */
static void enter(int loop)
{
	int null;

	(void)loop;
	t_sh->test_pid = getpid();
	/* TAP has stdout for itself; check's message file must not reach what a test executes */
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(null, 0);
	dup2(2, 1);
	syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
	close(null);
	if (t_own_pidns)
		own_mount_namespace();
	t_sh->mark_file = NULL;
	current->body();
	if (t_sh->nfail)
		_exit(T_EXIT_FAILED);
	/* check would write into a file that the test may have closed; exit(), for leak checkers */
	exit(0);
}

/* ---- the runner ---- */

static void tap_comment(const char *text)
{
	const char *end;

	for (; *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		fprintf(tap, "# %.*s\n", (int)(end - text), text);
	}
}

static void report(const char *ck_message)
{
	unsigned int i;

	if (t_sh->nfail == 0 && t_sh->skipped) {
		fprintf(tap, "ok %d - %s # SKIP %s\n", tap_number, current->name,
			t_sh->skip_reason);
	} else if (t_sh->nfail == 0 && !ck_message) {
		fprintf(tap, "ok %d - %s\n", tap_number, current->name);
	} else {
		fprintf(tap, "not ok %d - %s\n", tap_number, current->name);
		for (i = 0; i < t_sh->nfail && i < T_FAILS; i++)
			tap_comment(t_sh->fail[i]);
		if (t_sh->nfail > T_FAILS)
			fprintf(tap, "# and %u more\n", t_sh->nfail - T_FAILS);
		if (t_sh->nfail == 0) {
			tap_comment(ck_message);
			if (t_sh->mark_file)
				fprintf(tap, "# last check that held: %s:%d\n", t_sh->mark_file,
					t_sh->mark_line);
		}
	}
	tap_comment(t_sh->note);
	fflush(tap);
}

/* ---- what belongs to the machine ---- */

/*
 * No mount namespace keeps an owner from the nodes of /dev: a chown of one's stdin reaches the
 * machine's null device. Other programs of the machine leave them alone.
 */
static const char *const nodes[] = { "/dev/null",   "/dev/zero",    "/dev/full",
				     "/dev/random", "/dev/urandom", "/dev/tty" };
#define NODES (sizeof(nodes) / sizeof(nodes[0]))

static void look_at_nodes(struct stat *st)
{
	for (size_t i = 0; i < NODES; i++)
		if (stat(nodes[i], &st[i]))
			memset(&st[i], 0, sizeof(st[i]));
}

static void check_nodes(const struct stat *before)
{
	struct stat now[NODES];

	look_at_nodes(now);
	for (size_t i = 0; i < NODES; i++) {
		const struct stat *b = &before[i], *n = &now[i];

		if (b->st_uid == n->st_uid && b->st_gid == n->st_gid && b->st_mode == n->st_mode)
			continue;
		T_EXPECT(0, "%s of the machine was changed: %d:%d %o, not %d:%d %o", nodes[i],
			 (int)n->st_uid, (int)n->st_gid, n->st_mode, (int)b->st_uid,
			 (int)b->st_gid, b->st_mode);
		if (chown(nodes[i], b->st_uid, b->st_gid) || chmod(nodes[i], b->st_mode & 07777))
			T_EXPECT(0, "and cannot be put right: %m");
	}
}

/* Returns 0 passed, 1 failed, 77 skipped. */
static int run_test(struct t_test *test)
{
	const TTest ck_test = { test->name, enter, test->file, test->line };
	int limit = test->limit_sec * t_slow(), failed;
	Suite *suite = suite_create("t");
	TCase *tc = tcase_create(test->name);
	SRunner *sr;
	TestResult **results;
	struct stat before[NODES];
	char message[1024];

	look_at_nodes(before);
	current = test;
	tap_number++;
	memset(t_sh, 0, sizeof(*t_sh));
	t_sh->alone = getenv("T_NO_FORK") != NULL;
	tcase_set_timeout(tc, limit);
	_tcase_add_test(tc, &ck_test, 0, 0, 0, 1);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_set_fork_status(sr, getenv("T_NO_FORK") ? CK_NOFORK : CK_FORK);
	fflush(NULL);
	/* check kills a process group; a test that left its group needs another executioner */
	t_sh->deadline_ms = t_now_ms() + limit * 1000LL + 3000;
	srunner_run_all(sr, CK_SILENT);
	t_sh->deadline_ms = 0;
	failed = srunner_ntests_failed(sr);
	results = srunner_results(sr);
	snprintf(message, sizeof(message), "%s:%d: %s", test->file, test->line,
		 results && results[0] ? tr_msg(results[0]) : "no result");
	free(results);
	srunner_free(sr);

	t_kill_leftovers();
	t_remove_groups();
	t_remove_tmp(0);
	check_nodes(before);
	report(failed ? message : NULL);
	if (t_sh->nfail)
		return 1;
	return t_sh->skipped ? 77 : failed ? 1 : 0;
}

static int selected(const struct t_test *test, char **names)
{
	if (!*names)
		return 1;
	for (; *names; names++)
		if (strcmp(*names, test->name) == 0)
			return 1;
	return 0;
}

static int run_all(char **names)
{
	int n = 0, failed = 0, skipped = 0, result;
	struct t_test *test;

	if (!t_own_pidns)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (test = tests; test; test = test->next)
		n += selected(test, names);
	fprintf(tap, "1..%d\n", n);
	fflush(tap);
	for (test = tests; test; test = test->next) {
		if (!selected(test, names))
			continue;
		result = run_test(test);
		failed += result == 1;
		skipped += result == 77;
	}
	if (failed)
		return 1;
	/* meson takes any status but 0 of a TAP program as an error and finds skips by itself */
	return skipped == n && !getenv("T_TAP") ? 77 : 0;
}

/* ---- the pid namespace ---- */

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Process 1: reaps orphans, ends a test that check could not end, gives the runner's status. */
static void init_loop(pid_t runner)
{
	struct timespec tick = { 0, 500000000 };
	sigset_t chld;
	int status;
	pid_t pid;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	for (;;) {
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == runner)
				_exit(exit_code(status));
		if (t_sh->deadline_ms && t_now_ms() > t_sh->deadline_ms && t_sh->test_pid > 2)
			kill(t_sh->test_pid, SIGKILL);
		sigtimedwait(&chld, NULL, &tick);
	}
}

static void init_main(char **names)
{
	sigset_t chld, old;
	pid_t runner;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) {
		fprintf(tap, "Bail out! private /proc: %m\n");
		fflush(tap);
		_exit(1);
	}
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &old);
	runner = fork();
	if (runner == 0) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		t_own_pidns = 1;
		_exit(run_all(names));
	}
	init_loop(runner);
}

/*
 * The program itself stays outside and cleans up, whatever happens to the runner: interruption
 * kills the pid namespace, or, without one, every descendant.
 */
static int supervise(char **names)
{
	int own = getuid() == 0 && !getenv("T_NO_PIDNS") && unshare(CLONE_NEWPID) == 0;
	sigset_t set, old;
	int status, sig;
	pid_t child;

	if (!own)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	child = fork();
	if (child == 0) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		if (own)
			init_main(names);
		_exit(run_all(names));
	}
	if (child < 0) {
		printf("Bail out! fork: %m\n");
		return 1;
	}
	while (sigwait(&set, &sig) == 0) {
		if (sig != SIGCHLD)
			kill(child, SIGKILL);
		if (waitpid(child, &status, sig == SIGCHLD ? WNOHANG : 0) == child)
			break;
	}
	/* after an interruption there may be something */
	if (!own)
		t_kill_leftovers();
	t_remove_groups();
	t_remove_tmp(1);
	if (sig != SIGCHLD) {
		signal(sig, SIG_DFL);
		sigprocmask(SIG_SETMASK, &old, NULL);
		raise(sig);
	}
	return exit_code(status);
}

static void default_signals(void)
{
	/* sanitizers need their handlers for these */
	static const int keep[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP };
	static const char zero[64];	/* the kernel's struct sigaction: SIG_DFL, no flags */
	sigset_t none;
	size_t i;
	int sig;

	/* not signal(): libc refuses to reset its own signals 32 and 33, which may be ignored */
	for (sig = 1; sig <= 64; sig++) {
		for (i = 0; i < sizeof(keep) / sizeof(keep[0]) && keep[i] != sig; i++)
			;
		if (i == sizeof(keep) / sizeof(keep[0]))
			syscall(SYS_rt_sigaction, sig, zero, NULL, 8);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* An ordinary user may find one of the usual places closed. 1777: it makes its own below. */
static void make_base(void)
{
	const char *const places[] = { getenv("T_TMP"), "/tmp", "/var/tmp" };
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!places[i] || !*places[i])
			continue;
		snprintf(t_base, sizeof(t_base), "%s/contain-t.XXXXXX", places[i]);
		if (mkdtemp(t_base) && chmod(t_base, 01777) == 0)
			return;
		if (errno != EACCES)
			break;
	}
	printf("Bail out! %s: %m\n", t_base);
	exit(1);
}

/* The same start for every test, however the program was started. */
static void clean_start(void)
{
	static const char *const ck_env[] = {
		"CK_DEFAULT_TIMEOUT", "CK_FORK", "CK_INCLUDE_TAGS", "CK_EXCLUDE_TAGS",
		"CK_LOG_FILE_NAME", "CK_RUN_CASE", "CK_RUN_SUITE", "CK_TAP_LOG_FILE_NAME",
		"CK_TIMEOUT_MULTIPLIER", "CK_VERBOSITY", "CK_XML_LOG_FILE_NAME",
	};
	size_t i;
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= 2)
		;
	if (fd > 2)
		close(fd);
	default_signals();
	for (i = 0; i < sizeof(ck_env) / sizeof(ck_env[0]); i++)
		unsetenv(ck_env[i]);
	umask(022);
	make_base();
	setenv("T_BASE", t_base, 1);
	setenv("TEMP", t_base, 1); /* where check goes when it may not write to /tmp */
	t_make_record();
}

static void check_names(char **names)
{
	struct t_test *test;

	for (; *names; names++) {
		for (test = tests; test && strcmp(test->name, *names) != 0; test = test->next)
			;
		if (!test) {
			fprintf(stderr, "no test named %s\n", *names);
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	struct t_test *test;
	int result;

	(void)argc;
	if (argv[1] && strcmp(argv[1], "--program") == 0)
		return t_run_program(argv + 2);
	if (argv[1] && strcmp(argv[1], "-l") == 0) {
		for (test = tests; test; test = test->next)
			printf("%s\n", test->name);
		return 0;
	}
	check_names(argv + 1);
	clean_start();
	tap = stdout;
	if (!getenv("T_NO_FORK")) {
		result = supervise(argv + 1);
		/* the pid namespace is dead and no thread can be made: no leak checker at exit */
		fflush(NULL);
		_exit(result);
	}
	result = run_all(argv + 1);
	t_remove_tmp(1);
	return result;
}
