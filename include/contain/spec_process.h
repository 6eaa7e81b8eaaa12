/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/spec_process.h - who the payload is, and how it is scheduled
 *
 * Setters of a spec, beside those of contain/spec.h. Each refuses bad input at once and keeps the
 * failure, which container_plan_compile() returns. A spec that a plan was compiled from is sealed:
 * every setter then returns -EBUSY. A NULL spec is -EINVAL. What a setter has set stays as it is
 * when a later call fails. Each value is set in the payload's own process only, right before its
 * program runs, and then asked for: the start fails when the kernel has something else.
 *
 * Source: capabilities(7), passwd(5), keyrings(7), sched(7), ioprio_set(2), personality(2).
 */
#ifndef CONTAIN_SPEC_PROCESS_H
#define CONTAIN_SPEC_PROCESS_H

#include <contain/process.h>
#include <contain/spec.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Flags of container_spec_set_user_name(). */
#define CONTAIN_USER_GROUPS 0x1 /* its supplementary groups, as the image's /etc/group has them */
#define CONTAIN_USER_HOME 0x2   /* HOME in the environment, as the image's /etc/passwd has it */

/**
 * container_spec_set_user_name - the user that the payload runs as, as the image knows it
 * @spec: the spec
 * @user: "user" or "user:group", each a name or a number; copied
 * @flags: CONTAIN_USER_GROUPS and CONTAIN_USER_HOME, or 0
 *
 * In the place of container_spec_set_user(); the last call of either counts. At each start the
 * child reads /etc/passwd and /etc/group inside the image, once its root is entered: no name
 * service of the host or of the image is asked, and none of its libraries is loaded. Digits are
 * always a number. Without a group it is the one of the user's entry, also for a number: a user
 * that has no entry needs "UID:GID". The first entry of a name counts. Two numbers and no flags are
 * the same as container_spec_set_user().
 *
 * With CONTAIN_USER_HOME a user without an entry gets HOME=/. With CONTAIN_USER_GROUPS it gets all
 * groups that name it as a member, and none without an entry; where setgroups(2) is denied compile
 * refuses that with -EPERM, "groups", and beside container_spec_set_groups() with -EINVAL.
 *
 * The image is not trusted: only regular files are read, inside the root, at most 16 MiB of each.
 * The start fails in the step find-user, whose object is @user and whose hint names the file:
 * -ENOENT: no such entry or file; -EINVAL: no regular file, or an entry that is malformed; -EFBIG:
 * a file larger than that; -E2BIG: more than 65536 groups; -ELOOP: a symlink to itself. An id that
 * the container does not map is -EINVAL in the step set-user: a container of one id, as that of an
 * ordinary user by default, has that one alone.
 *
 * The child has memory of its own (contain-init). Returns also -EINVAL: user is NULL, empty, has
 * more than one colon, a name with a space, comma, slash or control character, or one that starts
 * with + or -, or a number above 4294967294; unknown flags; -ENOMEM. Since: 0.1.
 * Source: passwd(5), group(5), initgroups(3).
 */
int container_spec_set_user_name(container_spec *spec, const char *user, uint32_t flags);

/**
 * container_spec_set_capability_sets - the five capability sets of the payload
 * @spec: the spec
 * @effective: bit N is capability N; part of permitted
 * @permitted: what it may have effective
 * @inheritable: part of bounding
 * @bounding: what it can ever get
 * @ambient: part of permitted and inheritable
 *
 * In the place of container_spec_set_capabilities(); the last call of either counts. These are the
 * sets right before execve(2), which then does what capabilities(7) says: a program without file
 * capabilities gets, as user 0, the inheritable and bounding sets as permitted and effective; as
 * any other user (or with SECBIT_NOROOT) the ambient set as both; with no_new_privs never more than
 * permitted. So a user that is not 0 keeps a
 * capability that is in permitted, inheritable, bounding and ambient.
 *
 * The sets of a user that is not 0 are kept over the change to it. The caller has to hold what is
 * permitted, and CAP_SETPCAP for a smaller bounding set: else the start fails with -EPERM in the
 * step set-capability-sets or bound-capabilities. A capability that the kernel does not know is
 * refused by compile. contain_capabilities_parse() reads names.
 *
 * Returns also -EINVAL: a set has what the one that it is part of has not. Since: 0.1.
 * Source: capabilities(7), "Transformation of capabilities during execve()".
 */
int container_spec_set_capability_sets(container_spec *spec, uint64_t effective,
				       uint64_t permitted, uint64_t inheritable, uint64_t bounding,
				       uint64_t ambient);

/**
 * container_spec_set_securebits - the securebits of the payload
 * @spec: the spec
 * @securebits: CONTAIN_SECBIT_* of contain/process.h, without CONTAIN_SECBIT_KEEP_CAPS
 *
 * Default: the caller's. Set after the user has changed and before the capabilities go; the caller
 * needs CAP_SETPCAP: else the start fails with -EPERM in the step set-capability-sets, also when it
 * has locked bits otherwise. With container_spec_set_user_name() compile refuses them unless
 * container_spec_set_capability_sets() says what is kept.
 *
 * Returns also -EINVAL: unknown bits, or SECBIT_KEEP_CAPS, which execve(2) takes away.
 * Since: 0.1. Source: capabilities(7), "The securebits flags".
 */
int container_spec_set_securebits(container_spec *spec, uint32_t securebits);

/**
 * container_spec_set_keyring - the session keyring of the payload
 * @spec: the spec
 * @on: 1: one of its own, or the start fails; 0: the caller's, with all keys in it
 * @name: of a keyring of its own, or NULL; copied. One of that name that the container may search
 *        is joined
 *
 * Default: one of its own where keyctl(2) can be called. A kernel without keys (-ENOSYS), or a
 * filter that refuses the call (-EPERM) to the payload as well, leaves no key to protect; there the
 * default goes without and on fails.
 *
 * The keyring counts in the quota of the caller's user on the host: 1,000,000 for root, 200 for
 * others, so that so many of their containers run at a time (kernel.keys.maxkeys). The kernel
 * collects keys of ended processes some 50 ms late; a start that meets a full quota waits for that,
 * at most 10 seconds, and then fails with -EDQUOT in the step join-keyring.
 *
 * Returns also -EINVAL: on is neither 0 nor 1, a name without on, or one that is empty, longer than
 * 255 bytes, starts with . or _, or has a space or a control character; -ENOMEM. Since: 0.1.
 * Source: keyctl_join_session_keyring(3), session-keyring(7), keyrings(7).
 */
int container_spec_set_keyring(container_spec *spec, int on, const char *name);

/**
 * container_spec_set_personality - the execution domain of the payload
 * @spec: the spec
 * @personality: names of personality(2) in lower case and without prefix, with commas between them
 *               ("linux32", "linux,addr_no_randomize"), or a value ("0x8")
 * @lock: 1: the payload cannot change it; 0: it can
 *
 * Default: the caller's. With lock a filter refuses personality(2) with any other value (EPERM), by
 * all ways into the kernel; it needs no_new_privs, and compile refuses it without, "personality.
 * lock". A personality that the kernel or the machine does not have is -EINVAL in the step
 * set-personality.
 *
 * Returns also -EINVAL: NULL, an unknown name, or lock is neither 0 nor 1. Since: 0.1.
 * Source: personality(2), linux/personality.h.
 */
int container_spec_set_personality(container_spec *spec, const char *personality, int lock);

/**
 * container_spec_set_scheduler - the scheduling policy of the payload
 * @spec: the spec
 * @policy: CONTAIN_SCHED_OTHER, _BATCH, _IDLE, _FIFO or _RR of contain/process.h
 * @priority: 1 to 99 for FIFO and RR, else 0
 *
 * Default: the caller's; takes the place of container_spec_set_deadline(). FIFO and RR need
 * CAP_SYS_NICE on the host or RLIMIT_RTPRIO, and a group with realtime budget: else -EPERM in the
 * step set-scheduler. With an init it is the payload's alone.
 *
 * Returns also -EINVAL: an unknown policy, or a priority that it does not have. Since: 0.1.
 * Source: sched_setattr(2), sched(7).
 */
int container_spec_set_scheduler(container_spec *spec, int policy, int priority);

/**
 * container_spec_set_deadline - deadline scheduling (SCHED_DEADLINE)
 * @spec: the spec
 * @runtime_nsec: cpu time in each period, at least 1024
 * @deadline_nsec: until when in the period, at least the runtime
 * @period_nsec: at least the deadline, below 2^63
 *
 * Takes the place of container_spec_set_scheduler(). What the payload forks gets the default policy
 * (SCHED_FLAG_RESET_ON_FORK): without that it could not fork. Needs CAP_SYS_NICE on the host
 * (-EPERM), all cpus allowed, and bandwidth that is free (-EBUSY), in the step set-scheduler.
 *
 * Returns also -EINVAL: a value out of range, and which. Since: 0.1.
 * Source: sched_setattr(2), sched(7), "SCHED_DEADLINE".
 */
int container_spec_set_deadline(container_spec *spec, uint64_t runtime_nsec, uint64_t deadline_nsec,
				uint64_t period_nsec);

/**
 * container_spec_set_nice - the nice value of the payload
 * @spec: the spec
 * @nice: -20 (most cpu time) to 19 (least)
 *
 * Default: the caller's. Below the caller's it needs CAP_SYS_NICE on the host or RLIMIT_NICE: else
 * -EPERM in the step set-scheduler. FIFO, RR and deadline do not use it.
 *
 * Returns also -EINVAL: nice is out of range. Since: 0.1. Source: nice(2), sched(7).
 */
int container_spec_set_nice(container_spec *spec, int nice);

/**
 * container_spec_set_cpu_affinity - the cpus that the payload may run on
 * @spec: the spec
 * @cpus: a list ("0-3,8") or a mask in hexadecimal ("0x10f"), cpus 0 to 65535; copied
 *
 * Default: the caller's. Every cpu has to be online and in the cpuset of the container's group: the
 * kernel would leave out others without a word; here the start fails with -ENODEV in the step
 * set-cpu-affinity (-EINVAL: none of them is). The payload may widen it again, within its cpuset:
 * what holds it is the cpuset controller (contain/cgroup_limits.h).
 *
 * Returns also -EINVAL: NULL, empty, or neither; -ENOMEM. Since: 0.1.
 * Source: sched_setaffinity(2), cpuset(7), "List format".
 */
int container_spec_set_cpu_affinity(container_spec *spec, const char *cpus);

/**
 * container_spec_set_io_priority - the I/O scheduling class and level of the payload
 * @spec: the spec
 * @io_class: 1 (realtime), 2 (best effort) or 3 (idle)
 * @level: 0 (first) to 7 (last); 0 for idle
 *
 * Default: the caller's. The realtime class needs CAP_SYS_NICE or CAP_SYS_ADMIN on the host: else
 * -EPERM in the step set-io-priority. Has an effect where the device's I/O scheduler uses it.
 *
 * Returns also -EINVAL: a value out of range. Since: 0.1. Source: ioprio_set(2).
 */
int container_spec_set_io_priority(container_spec *spec, int io_class, int level);

/**
 * container_spec_set_parent_death_signal - what the container gets when the caller's process ends
 * @spec: the spec
 * @signal: 1 to 64, SIGKILL mostly; 0 (default): nothing, the container goes on
 *
 * The caller is the process, not the thread: unlike PR_SET_PDEATHSIG it is not sent when only the
 * thread that has started the container ends, and the payload cannot switch it off. It is sent
 * however the process ends, by SIGKILL too. contain-init stays outside as with
 * container_spec_set_monitor(), holds a pidfd of the caller and one of the container's first
 * process, and signals that: SIGKILL of the first process of a pid namespace ends all in it. Any
 * other signal reaches a first process that has no handler for it only where an init forwards it
 * (container_spec_set_init()). After the signal the monitor stays until the container has ended. A
 * caller that executes another program stays the same process.
 *
 * Returns also -EINVAL: signal is no signal. Since: 0.1.
 * Source: pidfd_open(2), pid_namespaces(7), PR_SET_PDEATHSIG in prctl(2).
 */
int container_spec_set_parent_death_signal(container_spec *spec, int signal);

#ifdef __cplusplus
}
#endif

#endif
