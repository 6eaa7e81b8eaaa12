/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/seccomp.h - system call filters: profiles, raw programs, and user notification
 *
 * A filter is a program that the kernel runs at every system call of a process, and that answers
 * what becomes of the call. It is never taken off again, children and programs that are executed
 * inherit it, and further ones are asked besides: the strictest answer counts.
 *
 * A contain_seccomp is a profile: rules by the names of system calls. It is compiled by libseccomp
 * to a program, once: contain_seccomp_export(). A program, from there or made otherwise (an array
 * of struct sock_filter), is loaded into the calling thread by contain_seccomp_load(), or into a
 * container by container_spec_add_seccomp_program() and its like (contain/spec_security.h).
 * A library that was built without libseccomp takes programs and has no profiles: contain_seccomp_*
 * functions for profiles return -EOPNOTSUPP.
 *
 * Setters of a profile return 0, -EINVAL (with a reason in contain_seccomp_check()) or -ENOMEM. The
 * first refusal is kept, and everything that takes the profile returns it: a program may leave
 * setters unchecked and no rule is lost without a word. A profile may be read by several threads at
 * once as long as nobody changes it.
 *
 * Source: seccomp(2), seccomp_unotify(2), the kernel's
 * Documentation/userspace-api/seccomp_filter.rst.
 */
#ifndef CONTAIN_SECCOMP_H
#define CONTAIN_SECCOMP_H

#include <contain/error.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_seccomp contain_seccomp;
typedef struct contain_seccomp_request contain_seccomp_request;

/** What becomes of a call: the kernel's SECCOMP_RET_*, strictest first. */
#define CONTAIN_SECCOMP_KILL_PROCESS 0x80000000u /* SIGSYS ends the process */
#define CONTAIN_SECCOMP_KILL_THREAD 0x00000000u  /* SIGSYS ends the thread */
#define CONTAIN_SECCOMP_TRAP 0x00030000u         /* SIGSYS, which may be caught */
#define CONTAIN_SECCOMP_ERRNO 0x00050000u        /* fails with the errno added to this */
#define CONTAIN_SECCOMP_NOTIFY 0x7fc00000u       /* a supervisor answers: SECCOMP_RET_USER_NOTIF */
#define CONTAIN_SECCOMP_LOG 0x7ffc0000u          /* is made, and logged */
#define CONTAIN_SECCOMP_ALLOW 0x7fff0000u        /* is made */

/** Comparisons of an argument with a value, all unsigned, of 64 bits. */
#define CONTAIN_SECCOMP_EQ 1        /* is value */
#define CONTAIN_SECCOMP_NE 2        /* is not */
#define CONTAIN_SECCOMP_LT 3        /* is less */
#define CONTAIN_SECCOMP_LE 4        /* is less or equal */
#define CONTAIN_SECCOMP_GT 5        /* is greater */
#define CONTAIN_SECCOMP_GE 6        /* is greater or equal */
#define CONTAIN_SECCOMP_MASKED_EQ 7 /* with the bits of mask alone, is value */

/** How a program is loaded: the kernel's SECCOMP_FILTER_FLAG_*. */
#define CONTAIN_SECCOMP_FLAG_TSYNC 0x1u        /* into all threads of the process */
#define CONTAIN_SECCOMP_FLAG_LOG 0x2u          /* log all that is not allowed, but errnos */
#define CONTAIN_SECCOMP_FLAG_SPEC_ALLOW 0x4u   /* without the mitigation of Spectre variant 4 */
#define CONTAIN_SECCOMP_FLAG_NEW_LISTENER 0x8u /* make an fd that notifications come to */
/* a call that a supervisor has seen is interrupted by nothing but a killing signal; Linux 5.19 */
#define CONTAIN_SECCOMP_FLAG_WAIT_KILLABLE 0x20u

/* ---- profiles ---- */

/**
 * contain_seccomp_new - makes a profile without rules
 * @default_action: what becomes of a call that no rule is about: CONTAIN_SECCOMP_*; an errno is
 *                  added to CONTAIN_SECCOMP_ERRNO
 * @ret_profile: receives the profile; freed with contain_seccomp_free()
 *
 * Calls of 32-bit programs, and of the x32 ABI, fail with ENOSYS, until
 * contain_seccomp_set_compat().
 *
 * Returns 0, or, with *ret_profile untouched, -EINVAL (no such action, or ret_profile is NULL),
 * -EOPNOTSUPP (built without libseccomp) or -ENOMEM. Since: 0.1
 */
int contain_seccomp_new(uint32_t default_action, contain_seccomp **ret_profile);

/**
 * contain_seccomp_new_default - makes the profile for containers with these capabilities
 * @capabilities: bit 1 << number of each capability that programs in the container can have
 * @ret_profile: receives the profile, to be used or changed; freed with contain_seccomp_free()
 *
 * Allowed is what programs need. EPERM is the answer to what only administers a machine, or has
 * been a way out of containers: mounts, namespaces (also by flags of clone), modules, kexec, bpf,
 * perf_event_open, userfaultfd, io_uring, keys, ptrace-like calls of old kernels, clocks, swap,
 * accounting, quotas, handles of files; each is allowed with the capability that it asks for.
 * clone3, whose flags no filter can see, and every call that is not known here fail with ENOSYS,
 * and programs go another way then. Personalities but those of Linux, and sockets of AF_VSOCK, are
 * refused. Programs of 32 bits are held to the same rules.
 *
 * Returns 0, or, with *ret_profile untouched, -EINVAL (NULL), -EOPNOTSUPP (built without
 * libseccomp) or -ENOMEM. Since: 0.1
 */
int contain_seccomp_new_default(uint64_t capabilities, contain_seccomp **ret_profile);

/**
 * contain_seccomp_free - frees a profile
 * @profile: may be NULL
 *
 * What was loaded or exported from it stays. Since: 0.1
 */
void contain_seccomp_free(contain_seccomp *profile);

/**
 * contain_seccomp_check - tells the first setter that was refused
 * @profile: the profile
 * @reterr: may be NULL; the object of the error is the system call
 *
 * Returns 0, or what that setter returned, or -EINVAL (NULL). Since: 0.1
 */
int contain_seccomp_check(const contain_seccomp *profile, contain_error **reterr);

/**
 * contain_seccomp_allow - a system call is made
 * @profile: the profile
 * @name: of the call, "openat"
 *
 * As with all of these, comparisons that narrow the rule may follow: contain_seccomp_where(). Of
 * several rules for one call those that were added later count, where their comparisons hold.
 *
 * Returns 0, -EINVAL (NULL, or there is no call of this name here) or -ENOMEM. Since: 0.1
 */
int contain_seccomp_allow(contain_seccomp *profile, const char *name);

/**
 * contain_seccomp_deny - a system call fails
 * @profile: the profile
 * @name: of the call
 * @error: the errno that it fails with, such as EPERM: 1 to 4095
 *
 * Returns 0, -EINVAL (as contain_seccomp_allow(), or error is none) or -ENOMEM. Since: 0.1
 */
int contain_seccomp_deny(contain_seccomp *profile, const char *name, int error);

/**
 * contain_seccomp_kill - a system call ends the process, by SIGSYS
 * @profile: the profile
 * @name: of the call
 *
 * Returns 0, -EINVAL (as contain_seccomp_allow()) or -ENOMEM. Since: 0.1
 */
int contain_seccomp_kill(contain_seccomp *profile, const char *name);

/**
 * contain_seccomp_log - a system call is made and logged, in the audit log or the kernel's
 * @profile: the profile
 * @name: of the call
 *
 * Returns 0, -EINVAL (as contain_seccomp_allow()) or -ENOMEM. Since: 0.1
 */
int contain_seccomp_log(contain_seccomp *profile, const char *name);

/**
 * contain_seccomp_trap - a system call is not made, and SIGSYS comes in its place
 * @profile: the profile
 * @name: of the call
 *
 * Returns 0, -EINVAL (as contain_seccomp_allow()) or -ENOMEM. Since: 0.1
 */
int contain_seccomp_trap(contain_seccomp *profile, const char *name);

/**
 * contain_seccomp_notify - a supervisor is asked what becomes of a system call
 * @profile: the profile
 * @name: of the call
 *
 * Who holds the listener answers: contain_seccomp_notify_receive(). Without one the call fails with
 * ENOSYS.
 *
 * Returns 0, -EINVAL (as contain_seccomp_allow()) or -ENOMEM.
 * Since: 0.1. Source: seccomp_unotify(2).
 */
int contain_seccomp_notify(contain_seccomp *profile, const char *name);

/**
 * contain_seccomp_where - the rule that was added last is for some arguments only
 * @profile: the profile
 * @index: of the argument, 0 to 5
 * @comparison: CONTAIN_SECCOMP_EQ to CONTAIN_SECCOMP_MASKED_EQ
 * @value: what it is compared with
 * @mask: for CONTAIN_SECCOMP_MASKED_EQ, else 0
 *
 * Of several comparisons of one rule all have to hold; of one argument there may be one. An
 * argument is compared as the 64 bits that the kernel gets: where the kernel takes 32 bits of it
 * (commands of ioctl(2)), CONTAIN_SECCOMP_MASKED_EQ with mask 0xffffffff is what does it. What a
 * pointer points to cannot be looked at.
 *
 * Returns 0, -EINVAL (NULL, no rule yet, index, comparison, the argument was compared before, value
 * has bits beyond mask) or -ENOMEM. Since: 0.1
 */
int contain_seccomp_where(contain_seccomp *profile, int index, int comparison, uint64_t value,
			  uint64_t mask);

/**
 * contain_seccomp_set_compat - whether 32-bit programs of this machine are held to the same rules
 * @profile: the profile
 * @on: 0: their calls fail with ENOSYS; 1: the rules are for them, too, by the names of calls
 *
 * A rule whose call does not exist there is left out there.
 *
 * Returns 0 or -EINVAL (NULL, or neither 0 nor 1). Since: 0.1
 */
int contain_seccomp_set_compat(contain_seccomp *profile, int on);

/**
 * contain_seccomp_set_log - every call that would not be made is made, and logged
 * @profile: the profile
 * @on: 0 or 1
 *
 * For finding out what a profile would stop: it stops nothing then. Rules by a supervisor stay.
 *
 * Returns 0 or -EINVAL (NULL, or neither 0 nor 1). Since: 0.1
 */
int contain_seccomp_set_log(contain_seccomp *profile, int on);

/**
 * contain_seccomp_export - compiles a profile to a program
 * @profile: the profile
 * @program: receives an array of struct sock_filter, or NULL: only its size is asked for
 * @size: bytes at program; 0 when that is NULL
 * @reterr: may be NULL
 *
 * The program looks calls up in a balanced tree: the more often it is loaded, the more that pays.
 *
 * Returns the size of the program in bytes, 8 for each instruction; or, with nothing written,
 * -ENOSPC (size is less than that), what contain_seccomp_check() returns, -E2BIG (more than 4096
 * instructions), -EINVAL (NULL) or -ENOMEM. Since: 0.1
 */
int contain_seccomp_export(const contain_seccomp *profile, char *program, size_t size,
			   contain_error **reterr);

/* ---- programs ---- */

/**
 * contain_seccomp_check_program - tells whether the kernel would take a program
 * @program: an array of struct sock_filter (linux/filter.h)
 * @bytes: its size, 8 for each instruction
 * @reterr: may be NULL; the object of the error is the instruction, the hint the rule
 *
 * Returns 0, -EINVAL (it would not, or program is NULL) or -ENOMEM. Since: 0.1
 */
int contain_seccomp_check_program(const void *program, size_t bytes, contain_error **reterr);

/**
 * contain_seccomp_load - loads a program into the calling thread, for good
 * @program: an array of struct sock_filter
 * @bytes: its size
 * @flags: CONTAIN_SECCOMP_FLAG_*, or 0
 * @reterr: may be NULL
 *
 * The thread needs no_new_privs (PR_SET_NO_NEW_PRIVS of prctl(2)), or CAP_SYS_ADMIN in its user
 * namespace. Other threads are as they were, but with CONTAIN_SECCOMP_FLAG_TSYNC.
 *
 * Returns 0; with CONTAIN_SECCOMP_FLAG_NEW_LISTENER the listener, a close-on-exec fd that is the
 * caller's; or, with nothing loaded, -EINVAL (the kernel would refuse the program, or does not know
 * a flag), -EACCES (neither no_new_privs nor the capability), -EBUSY (a filter with a listener is
 * in force already), -ESRCH (TSYNC: another thread has filters of its own), -ENOMEM (or too many
 * instructions in all filters), -ENOSYS (a kernel without seccomp), -EMFILE. Since: 0.1.
 * Source: seccomp(2).
 */
int contain_seccomp_load(const void *program, size_t bytes, uint32_t flags,
			 contain_error **reterr);

/* ---- notifications, for the holder of a listener ---- */

/**
 * contain_seccomp_notify_receive - takes the next call that waits for an answer
 * @listener: the fd
 * @timeout_msec: how long to wait for one, 0: not at all, -1: for ever
 * @ret_request: receives the call; freed with contain_seccomp_request_free()
 * @reterr: may be NULL
 *
 * The process sleeps in its call until it is answered, or until the listener is closed: then its
 * call fails with ENOSYS. One thread at a time may receive from a listener. What memory of the
 * process holds may be changed by it, or by another thread of it, at any time: a decision that is
 * taken from it and then left to the kernel (CONTAIN_SECCOMP_CONTINUE) is no protection.
 *
 * Returns 0; or, with *ret_request untouched, -ETIMEDOUT, -ESHUTDOWN (no process with the filter is
 * left: none will come; before Linux 6.11 one that has ended counts until it is waited for, so take
 * container_pidfd() into the loop), -EINTR (a signal), -EINVAL (NULL, or no listener), -EBADF or
 * -ENOMEM.
 * Since: 0.1. Source: seccomp_unotify(2).
 */
int contain_seccomp_notify_receive(int listener, int timeout_msec,
				   contain_seccomp_request **ret_request, contain_error **reterr);

/**
 * contain_seccomp_request_free - frees what was received; the call is not answered by it
 * @request: may be NULL
 *
 * Since: 0.1
 */
void contain_seccomp_request_free(contain_seccomp_request *request);

/**
 * contain_seccomp_request_id - the number that answers name the call by
 * @request: the request
 *
 * Returns it, or 0 (NULL). Since: 0.1
 */
uint64_t contain_seccomp_request_id(const contain_seccomp_request *request);

/**
 * contain_seccomp_request_pid - the thread that makes the call, by the caller's pid namespace
 * @request: the request
 *
 * It may have gone, and another have its number, until contain_seccomp_notify_is_valid() says no.
 *
 * Returns its id, 0 (it is not there) or -EINVAL (NULL). Since: 0.1
 */
int contain_seccomp_request_pid(const contain_seccomp_request *request);

/**
 * contain_seccomp_request_number - the number of the call
 * @request: the request
 *
 * Returns it, as the architecture of the calling program counts, or -EINVAL (NULL).
 * Since: 0.1
 */
int contain_seccomp_request_number(const contain_seccomp_request *request);

/**
 * contain_seccomp_request_arch - the architecture of the calling program
 * @request: the request
 *
 * Returns AUDIT_ARCH_* of linux/audit.h, or 0 (NULL). Since: 0.1
 */
uint32_t contain_seccomp_request_arch(const contain_seccomp_request *request);

/**
 * contain_seccomp_request_argument - an argument of the call
 * @request: the request
 * @index: 0 to 5
 *
 * Returns it, or 0 for any other index, and for NULL. Since: 0.1
 */
uint64_t contain_seccomp_request_argument(const contain_seccomp_request *request, int index);

/**
 * contain_seccomp_request_name - the name of the call
 * @request: the request
 *
 * Returns it, which lives as long as the request, or NULL: it is not known, or the library was
 * built without libseccomp. Since: 0.1
 */
const char *contain_seccomp_request_name(const contain_seccomp_request *request);

/** The kernel makes the call: its SECCOMP_USER_NOTIF_FLAG_CONTINUE. */
#define CONTAIN_SECCOMP_CONTINUE 0x1u

/**
 * contain_seccomp_notify_respond - answers a call
 * @listener: the fd
 * @id: of the call
 * @error: 0, or the errno that the call fails with, positive
 * @value: what the call returns when error is 0
 * @flags: 0, or CONTAIN_SECCOMP_CONTINUE with error and value 0
 *
 * Returns 0, -ENOENT (the process has died, or a signal has interrupted its call: nothing is left
 * to be answered), -EINPROGRESS (it was answered before), -EINVAL (arguments, or no listener) or
 * -EBADF. Since: 0.1. Source: seccomp_unotify(2).
 */
int contain_seccomp_notify_respond(int listener, uint64_t id, int error, int64_t value,
				   uint32_t flags);

/**
 * contain_seccomp_notify_is_valid - tells whether a call still waits for its answer
 * @listener: the fd
 * @id: of the call
 *
 * What was read of the process (its memory, /proc/PID) was the caller's when this says so
 * afterwards.
 *
 * Returns 1, 0 (it does not), -EINVAL (no listener) or -EBADF. Since: 0.1
 */
int contain_seccomp_notify_is_valid(int listener, uint64_t id);

/**
 * contain_seccomp_notify_add_fd - gives the process an fd
 * @listener: the fd
 * @id: of the call
 * @fd: of the caller, which keeps its own
 * @target: the number that it gets in the process, replacing what is there, or -1: the lowest free
 * @cloexec: 1: close-on-exec there
 * @respond: 1: the call is answered with the number, at once; Linux 5.14
 *
 * Returns the number in the process, or -ENOENT, -EINPROGRESS, -EINVAL (arguments, no listener, or
 * not in this kernel), -EBADF, -EMFILE (of the process). Since: 0.1. Source: seccomp_unotify(2).
 */
int contain_seccomp_notify_add_fd(int listener, uint64_t id, int fd, int target, int cloexec,
				  int respond);

#ifdef __cplusplus
}
#endif

#endif
