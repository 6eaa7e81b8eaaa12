/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the primitives of namespaces share. */
#ifndef T_NS_H
#define T_NS_H

#include "sys/seam.h"
#include "t_spawn.h"

#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define TN_TYPES 8

static const uint64_t tn_type[TN_TYPES] = {
	CONTAIN_NS_MNT,	 CONTAIN_NS_UTS, CONTAIN_NS_IPC,    CONTAIN_NS_NET,
	CONTAIN_NS_USER, CONTAIN_NS_PID, CONTAIN_NS_CGROUP, CONTAIN_NS_TIME,
};

/* As root all by themselves, else with a user namespace. */
static inline uint64_t tn_with(uint64_t types)
{
	return ts_is_root() ? types : types | CONTAIN_NS_USER;
}

/* "uts" of this thread as a number; "pid_for_children" where that is what changes */
static inline unsigned long long tn_inode_at(const char *path)
{
	char text[64] = "";
	unsigned long long inode = 0;

	if (readlink(path, text, sizeof(text) - 1) > 0)
		sscanf(text, "%*[^[][%llu]", &inode);
	return inode;
}

static inline unsigned long long tn_own(uint64_t type)
{
	return tn_inode_at(t_fmt("/proc/thread-self/ns/%s", contain_ns_type_name(type)));
}

/* Where the next child goes: for pid and time another link. */
static inline unsigned long long tn_next(uint64_t type)
{
	int later = type == CONTAIN_NS_PID || type == CONTAIN_NS_TIME;

	return tn_inode_at(t_fmt("/proc/thread-self/ns/%s%s", contain_ns_type_name(type),
				 later ? "_for_children" : ""));
}

static inline int tn_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	T_SYS(fd);
	return fd;
}

/* One namespace of this thread, without the library. */
static inline int tn_open_own(const char *name)
{
	int fd = open(t_fmt("/proc/thread-self/ns/%s", name), O_RDONLY | O_CLOEXEC);

	T_SYS(fd);
	return fd;
}

/* The last call has failed so; the error is freed. */
#define tn_failed(r, e, err, op, object, hint) \
	tn_failed_at((r), &(e), (err), (op), (object), (hint), __FILE__, __LINE__)
static inline void tn_failed_at(int r, contain_error **e, int err, const char *op,
				const char *object, const char *hint, const char *file, int line)
{
	const char *said = contain_error_message(*e);

	if (r != -err || contain_error_code(*e) != -err || strcmp(contain_error_op(*e), op) != 0 ||
	    strcmp(contain_error_object(*e), object) != 0 || !strstr(contain_error_hint(*e), hint))
		t_failed(file, line, 1, "is not the failure", " %d: %s; not %s on \"%s\": %s (%s)",
			 r, said, op, object, strerrorname_np(err), hint);
	contain_error_free(*e);
	*e = NULL;
}

/* It has worked. */
#define tn_fine(r, e)                                                                   \
	do {                                                                            \
		int tn_r_ = (r);                                                        \
		T_CHECK(tn_r_ >= 0 && !(e), "%d: %s", tn_r_, contain_error_message(e)); \
	} while (0)

/* ---- the seam ---- */

/* Answers for a call; shared with forked processes. */
static inline void tn_fake(int (*fake)(enum ct_seam_who who, long nr, const long *args, long *ret))
{
	static struct ct_seam *seam;

	if (!seam) {
		seam = mmap(NULL, sizeof(*seam), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
		T_CHECK(seam != MAP_FAILED);
	}
	memset(seam, 0, sizeof(*seam));
	seam->nr = -1;
	seam->fake = fake;
	seam->on = 1;
	ct_seam = fake ? seam : NULL;
}

/* ---- others ---- */

static inline int tn_pause(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

/* A child in namespaces of its own that waits. */
static inline contain_ns_child *tn_holder(uint64_t types)
{
	contain_ns_child *c = NULL;
	contain_error *e = NULL;

	tn_fine(contain_ns_child_start(types, NULL, 0, NULL, NULL, tn_pause, NULL, &c, &e), e);
	return c;
}

static inline void tn_end(contain_ns_child *c)
{
	T_SYS(syscall(SYS_pidfd_send_signal, contain_ns_child_pidfd(c), SIGKILL, NULL, 0));
	ck_assert_int_eq(contain_ns_child_wait(c, -1, NULL, NULL), SIGKILL);
	contain_ns_child_free(c);
}

/* A process of a child that has ended, as a pidfd; reaped or not. */
static inline int tn_dead(int reaped)
{
	pid_t pid = fork();
	siginfo_t info;
	int fd;

	T_SYS(pid);
	if (!pid)
		_exit(0);
	fd = tn_pidfd(pid);
	T_SYS(waitid(P_PID, (id_t)pid, &info, WEXITED | (reaped ? 0 : WNOWAIT)));
	return fd;
}

/* A check that runs while a second thread waits. */
static inline void *tn_waits(void *arg)
{
	char c;

	return read(*(int *)arg, &c, 1) < 0 ? arg : NULL;
}

struct tn_thread {
	pthread_t thread;
	int fds[2];
};

static inline void tn_thread_start(struct tn_thread *t)
{
	T_SYS(pipe(t->fds));
	ck_assert_int_eq(pthread_create(&t->thread, NULL, tn_waits, &t->fds[0]), 0);
}

static inline void tn_thread_end(struct tn_thread *t)
{
	close(t->fds[1]);
	ck_assert_int_eq(pthread_join(t->thread, NULL), 0);
	close(t->fds[0]);
	/* the kernel has it for a moment longer than pthread_join(3) says */
	for (int i = 0; i < 1000; i++) {
		char text[8192];

		T_CHECK(t_read_file("/proc/self/status", text, sizeof(text)) > 0);
		if (strstr(text, "\nThreads:\t1\n"))
			return;
		usleep(1000);
	}
	T_FAIL("the thread has not ended");
}

/* The call, which takes e as its last argument, has to fail with -@err and to say @what. */
#define FAILS(err, what, call)                                                                     \
	do {                                                                                       \
		contain_error *e_ = NULL;                                                          \
		contain_error **e = &e_;                                                           \
		int r_ = call;                                                                     \
		T_CHECK(r_ == -(err) && contain_error_code(e_) == -(err) &&                        \
			strstr(contain_error_message(e_), what), "%d: %s", r_,                     \
			contain_error_message(e_));                                                \
		contain_error_free(e_);                                                            \
	} while (0)

/* It has to return 0 or more. */
#define WORKS(call)                                                                                \
	do {                                                                                       \
		contain_error *e_ = NULL;                                                          \
		contain_error **e = &e_;                                                           \
		int r_ = call;                                                                     \
		T_CHECK(r_ >= 0, "%d: %s", r_, contain_error_message(e_));                         \
	} while (0)

#endif
