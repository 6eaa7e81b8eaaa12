/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The test harness: a test program is one C file with TEST() bodies and nothing else.
 *
 *	#include "harness.h"
 *
 *	TEST(one_is_one)
 *	{
 *		ck_assert_int_eq(1, 1);
 *	}
 *
 * main() comes from the harness. Each test runs in a process of its own (check, CK_FORK), with a
 * time limit, and, when root, in a mount namespace of its own below a pid namespace of the
 * program's own, so nothing that a test starts, mounts or loses outlives it. Results are TAP on
 * stdout; what tests print to stdout goes to stderr.
 *
 *	t_x [-l] [NAME...]	run the named tests only; -l lists them
 *	exit status		0 passed, 1 failed, 77 everything skipped (0 with T_TAP=1)
 *
 * Environment: LONG=1 full counts, T_SAMPLE=1 never full counts; T_GUEST=NAME in a virtual machine;
 * T_SLOW=N multiplies every time limit; T_TMP where temporary directories go, T_KEEP=1 keeps them;
 * T_NO_PIDNS=1 no namespaces, T_NO_FORK=1 the test runs in the runner itself (for gdb).
 */
#ifndef T_HARNESS_H
#define T_HARNESS_H

#include <check.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/wait.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define T_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define T_SANITIZED 1
#endif
#endif
#ifndef T_SANITIZED
#define T_SANITIZED 0	/* 1: allocation and mappings are the sanitizer's */
#endif

#define T_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* ---- tests ---- */

struct t_test {
	const char *name;
	void (*body)(void);
	const char *file;
	int line;
	int limit_sec;
	struct t_test *next;
};

void t_register(struct t_test *test);

/* A test with its own time limit in seconds (multiplied by T_SLOW). Tests register themselves. */
#define TEST_LIMIT(name_, limit_sec_)                                                              \
	static void t_body_##name_(void);                                                          \
	static struct t_test t_test_##name_ = {                                                    \
		.name = #name_, .body = t_body_##name_, .file = __FILE__, .line = __LINE__,        \
		.limit_sec = (limit_sec_),                                                         \
	};                                                                                         \
	__attribute__((constructor)) static void t_register_##name_(void)                          \
	{                                                                                          \
		t_register(&t_test_##name_);                                                       \
	}                                                                                          \
	static void t_body_##name_(void)

#define TEST(name_) TEST_LIMIT(name_, 20)

/*
 * A function that runs as a program of its own, started with t_self(): to be traced, to be killed,
 * to have other limits. A failed check in it goes to stderr and ends it with T_EXIT_FAILED.
 */
struct t_program {
	const char *name;
	int (*run)(int argc, char **argv);
	struct t_program *next;
};

void t_register_program(struct t_program *program);

#define T_PROGRAM(name_)                                                                           \
	static int t_run_##name_(int argc, char **argv);                                           \
	static struct t_program t_program_##name_ = { .name = #name_, .run = t_run_##name_ };      \
	__attribute__((constructor)) static void t_register_program_##name_(void)                  \
	{                                                                                          \
		t_register_program(&t_program_##name_);                                            \
	}                                                                                          \
	static int t_run_##name_(int argc __attribute__((unused)),                                 \
				 char **argv __attribute__((unused)))

/* argv for execv() that runs T_PROGRAM(@program) with the given strings, NULL at the end */
char **t_self(const char *program, ...) __attribute__((sentinel));

/* Ends the test (or the forked child and with it the test) as skipped. Works in any process. */
void t_skip(const char *fmt, ...) T_PRINTF(1, 2) __attribute__((noreturn));
/* A diagnostic line of the test: "# ..." after its result. Works in any process. */
void t_note(const char *fmt, ...) T_PRINTF(1, 2);

int t_long(void);				/* LONG=1 */
long t_sample(long n_full, long n_short);	/* n_full when LONG=1, unless T_SAMPLE=1 */
const char *t_guest(void);			/* T_GUEST or NULL */
int t_slow(void);				/* T_SLOW, at least 1: multiplies time limits */

/* ---- checks that work in the test and in every process forked from it ---- */

/*
 * A failed check is written to memory shared with the runner and fails the test, wherever it
 * happened. T_CHECK and ck_assert_* also end the process (a child exits T_EXIT_FAILED),
 * T_EXPECT goes on. Plain check loses an assertion that fails in a grandchild; here ck_assert_*
 * are the same mechanism as T_CHECK.
 */
#define T_EXIT_FAILED 99
#define T_EXIT_SKIPPED 98

#define T_CHECK(cond, ...)                                                                         \
	((cond) ? t_mark(__FILE__, __LINE__)                                                       \
		: t_failed(__FILE__, __LINE__, 1, "'" #cond "' is false", " " __VA_ARGS__))
#define T_EXPECT(cond, ...)                                                                        \
	((cond) ? t_mark(__FILE__, __LINE__)                                                       \
		: t_failed(__FILE__, __LINE__, 0, "'" #cond "' is false", " " __VA_ARGS__))
/* For calls that return -1 and errno. */
#define T_SYS(expr)                                                                                \
	((expr) != -1 ? t_mark(__FILE__, __LINE__)                                                 \
		      : t_failed(__FILE__, __LINE__, 1, #expr, " %m"))
#define T_FAIL(...) t_failed(__FILE__, __LINE__, 1, "failed", " " __VA_ARGS__)

void t_mark(const char *file, int line);
void t_failed(const char *file, int line, int fatal, const char *what, const char *fmt, ...)
	T_PRINTF(5, 6);
void t_ck_failed(const char *file, int line, const char *what, const char *msg, ...)
	T_PRINTF(4, 5) __attribute__((noreturn));
/* check's own versions write into a pipe that a child may have closed, and fail without a trace */
#define _ck_assert_failed t_ck_failed
#define _mark_point t_mark

/* errno is what it was after @stmt. */
#define T_ERRNO_KEPT(stmt)                                                                         \
	do {                                                                                       \
		errno = 4242;                                                                      \
		stmt;                                                                              \
		int t_errno_ = errno;                                                              \
		T_CHECK(t_errno_ == 4242, "errno became %d after " #stmt, t_errno_);               \
	} while (0)

/* ---- children and privileges ---- */

#define T_UID 12345
#define T_GID 12345

/* Runs in a child; @rec is memory shared with the caller. The return value is the exit status. */
typedef int (*t_fn)(void *arg, void *rec);

/*
 * Runs @fn in a forked child and returns its wait status; @rec (may be NULL) is copied in before
 * and out afterwards. A failed check in the child ends the caller as failed too, a skip as skipped.
 */
int t_child(t_fn fn, void *arg, void *rec, size_t recsize);
/*
 * The same as an ordinary user: T_UID, T_GID, no supplementary groups, no capabilities, HOME set
 * and writable, dumpable. Anything but exit status 0 fails the test. When the program does not
 * run as root it is that user already, whatever the number.
 */
#define t_as_user(fn, arg) t_as_user_at((fn), (arg), NULL, 0, __FILE__, __LINE__)
#define t_as_user_rec(fn, arg, rec, recsize)                                                       \
	t_as_user_at((fn), (arg), (rec), (recsize), __FILE__, __LINE__)
void t_as_user_at(t_fn fn, void *arg, void *rec, size_t recsize, const char *file, int line);

void t_need_root(void);
/* Skips, with the reason, where an ordinary user may not create a user namespace. */
void t_need_userns(void);
void t_need_program(const char *path);
/*
 * Binds generated /etc/passwd, group, subuid and subgid over the real ones, in the test's own
 * mount namespace, so that newuidmap and newgidmap give @count ids from @first to @uid (0 ids: no
 * range). Needs root.
 */
void t_fake_passwd(const char *user, uint32_t uid, uint32_t first, uint32_t count);

/* ---- files, groups, root filesystem ---- */

/* A fresh directory, 0755, reachable by the ordinary user, removed after the test. */
const char *t_tmpdir(void);
/* printf into a fresh string that lives as long as the test */
char *t_fmt(const char *fmt, ...) T_PRINTF(1, 2);
/* @path ("-" handled as usual) with @text as content; parents are not made */
void t_write_file(const char *path, const char *text);
/* the content, at most @size - 1 bytes, NUL-terminated; -errno on failure */
ssize_t t_read_file(const char *path, char *buf, size_t size);

/*
 * A small real root filesystem from busybox-static at @dir (made if missing): bin/ with applets
 * and /bin/payload, dev proc sys tmp etc root work usr var run home mnt, passwd, group. Skips
 * where busybox is missing.
 */
void t_rootfs_make(const char *dir);

/* Where a hierarchy is mounted: "cgroup2", or a v1 controller such as "memory". NULL: nowhere. */
const char *t_cgroup_mount(const char *which);
/*
 * The path of a fresh group directly below that hierarchy's root, removed with all groups below it
 * and all processes in them after the test. Skips where there is no such hierarchy.
 */
const char *t_cgroup_make(const char *which);

/* ---- the leak oracle ---- */

#define T_FDS		0x0001u	/* number, target, device and inode, flags */
#define T_MOUNTS	0x0002u	/* of the thread's namespace, by unique id where there is one */
#define T_CHILDREN	0x0004u	/* of all threads of the process, zombies too */
#define T_PROCS		0x0008u	/* every other process of the pid namespace, orphans too */
#define T_THREADS	0x0010u
#define T_CGROUPS	0x0020u	/* directories, see t_state_cgroup_prefix() */
#define T_IPC		0x0040u	/* SysV shared memory, semaphores, queues */
#define T_SIGNALS	0x0080u	/* mask, 64 dispositions, interval timers, alternate stack */
#define T_SELF		0x0100u	/* umask, cwd, root, env, rlimits, dumpable, oom, nnp, ... */
#define T_CREDS		0x0200u	/* ids, groups, capability sets */
#define T_NS		0x0400u	/* links of /proc/thread-self/ns */
#define T_MAPS		0x0800u	/* anonymous mappings but the heap: a lost stack. malloc too */
#define T_ALL		0x07ffu	/* without T_MAPS */

struct t_state;
struct t_state *t_state_take(unsigned int what);
/* Takes again, fails the test with a readable difference if anything is not the same; frees. */
#define t_state_check(before) t_state_check_at((before), __FILE__, __LINE__)
void t_state_check_at(struct t_state *before, const char *file, int line);
/* The same without failing: number of differing lines, text in @buf; does not free. */
int t_state_diff(struct t_state *before, char *buf, size_t size);
void t_state_free(struct t_state *state);
/*
 * T_CGROUPS looks at everything below directories of this name (and longer names starting with
 * it) at the root of every hierarchy. "contain" is always looked at.
 */
void t_state_cgroup_prefix(const char *prefix);

#endif
