/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/process.h - what a process is and may do: capabilities, ids, keyring, scheduling
 *
 * Acts on the calling thread alone, as the kernel's own calls do: libc's setuid(3) and the like
 * change all threads of a process, these do not. Call them while the process has one thread, as
 * between fork(2) and execve(2). What is set is read back; a kernel or filter that answers 0 and
 * has something else is -EIO. After a failure what the earlier parts of a call have set stays.
 *
 * Source: capabilities(7), credentials(7), keyrings(7), sched(7), personality(2).
 */
#ifndef CONTAIN_PROCESS_H
#define CONTAIN_PROCESS_H

#include <contain/error.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Securebits, of linux/securebits.h. */
#define CONTAIN_SECBIT_NOROOT 0x01 /* user 0 gains no capabilities by execve(2) */
#define CONTAIN_SECBIT_NOROOT_LOCKED 0x02
#define CONTAIN_SECBIT_NO_SETUID_FIXUP 0x04 /* a change of ids changes no capabilities */
#define CONTAIN_SECBIT_NO_SETUID_FIXUP_LOCKED 0x08
#define CONTAIN_SECBIT_KEEP_CAPS 0x10
#define CONTAIN_SECBIT_KEEP_CAPS_LOCKED 0x20
#define CONTAIN_SECBIT_NO_CAP_AMBIENT_RAISE 0x40
#define CONTAIN_SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED 0x80

/** Scheduling policies, of linux/sched.h. */
#define CONTAIN_SCHED_OTHER 0
#define CONTAIN_SCHED_FIFO 1
#define CONTAIN_SCHED_RR 2
#define CONTAIN_SCHED_BATCH 3
#define CONTAIN_SCHED_IDLE 5

/**
 * contain_capability_name - the name of a capability
 * @capability: its number
 *
 * Returns a static string as in capabilities(7), in lower case and without CAP_ ("net_raw"), or ""
 * for a number that this version does not know. Never fails with an error. Since: 0.1.
 * Source: linux/capability.h. NULL: 0 is not among its values.
 */
const char *contain_capability_name(int capability);

/**
 * contain_capability_from_name - the number of a capability
 * @name: with or without CAP_, in either case
 *
 * Returns the number, or -EINVAL: NULL, or no capability that this version knows. Since: 0.1.
 * Source: linux/capability.h.
 */
int contain_capability_from_name(const char *name);

/**
 * contain_capabilities_parse - a set of capabilities from a list of names
 * @list: names with commas between them, "all" or "none": "chown,net_raw", "all,-sys_admin",
 *        "+net_raw,-mknod"
 * @base: what + and - start from
 * @ret: the set; bit N is capability N
 * @reterr: may be NULL
 *
 * From left to right. A name with + is added, one with - taken away; the first name without either
 * empties the set before, so that a plain list does not depend on base. "all" is what the running
 * kernel has.
 *
 * Returns 0, or -EINVAL: NULL, or a word that is no capability, which the error names.
 * *ret is untouched then. Since: 0.1. Source: capabilities(7).
 */
int contain_capabilities_parse(const char *list, uint64_t base, uint64_t *ret,
			       contain_error **reterr);

/**
 * contain_process_get_capabilities - the five capability sets of the calling thread
 * @ret_effective: may be NULL, as the next four
 * @ret_permitted: the set
 * @ret_inheritable: the set
 * @ret_bounding: the set
 * @ret_ambient: the set
 * @reterr: may be NULL
 *
 * Returns 0, or -EPERM, -ENOSYS: a filter refuses capget(2) or prctl(2). Outputs are untouched
 * then. Since: 0.1. Source: capget(2), PR_CAPBSET_READ, PR_CAP_AMBIENT_IS_SET in prctl(2).
 */
int contain_process_get_capabilities(uint64_t *ret_effective, uint64_t *ret_permitted,
				     uint64_t *ret_inheritable, uint64_t *ret_bounding,
				     uint64_t *ret_ambient, contain_error **reterr);

/**
 * contain_process_set_capabilities - sets all five sets of the calling thread
 * @effective: part of permitted
 * @permitted: part of what is permitted now
 * @inheritable: part of bounding
 * @bounding: part of what it is now; what is left out can never come back
 * @ambient: part of permitted and inheritable
 * @reterr: may be NULL
 *
 * Returns 0, or:
 * -EINVAL: a set has what the one that it is part of has not, or a capability that the kernel does
 * not know;
 * -EPERM: a capability that is not held is asked for, a smaller bounding set without CAP_SETPCAP, a
 * larger one, or an ambient set that the securebits forbid;
 * -EIO: the kernel has other sets.
 * Since: 0.1. Source: capset(2), capabilities(7).
 */
int contain_process_set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable,
				     uint64_t bounding, uint64_t ambient, contain_error **reterr);

/**
 * contain_process_set_no_new_privs - execve(2) gives no privileges any more
 * @reterr: may be NULL
 *
 * For the calling thread and what it starts, and for ever. Returns 0, -EPERM or -ENOSYS: a filter
 * refuses prctl(2), or -EIO. Since: 0.1. Source: PR_SET_NO_NEW_PRIVS in prctl(2).
 */
int contain_process_set_no_new_privs(contain_error **reterr);

/**
 * contain_process_set_securebits - sets the securebits of the calling thread
 * @securebits: CONTAIN_SECBIT_*
 * @reterr: may be NULL
 *
 * Returns 0, or -EINVAL: unknown bits; -EPERM: no CAP_SETPCAP, or a locked bit would change; -EIO.
 * Since: 0.1. Source: PR_SET_SECUREBITS in prctl(2), capabilities(7).
 */
int contain_process_set_securebits(uint32_t securebits, contain_error **reterr);

/**
 * contain_process_get_securebits - the securebits of the calling thread
 * @ret: CONTAIN_SECBIT_*
 * @reterr: may be NULL
 *
 * Returns 0, -EINVAL: ret is NULL, or -EPERM, -ENOSYS: a filter refuses prctl(2). Since: 0.1.
 * Source: PR_GET_SECUREBITS in prctl(2).
 */
int contain_process_get_securebits(uint32_t *ret, contain_error **reterr);

/**
 * contain_process_set_ids - makes the calling thread another user
 * @uid: real, effective, saved and file system user id, as its user namespace numbers it
 * @gid: the same four group ids
 * @gids: the supplementary groups, all of them; may be NULL when n is 0
 * @n: how many, 0 to 65536
 * @reterr: may be NULL
 *
 * Groups first, then gid, then uid, as each takes the right to the one before. From 0 to another
 * user takes all capabilities but with CONTAIN_SECBIT_KEEP_CAPS or _NO_SETUID_FIXUP. The other
 * threads stay who they are: with shared memory that is no boundary between them.
 *
 * Returns 0, or -EINVAL: 4294967295, which is no id, more than 65536 groups, or an id that the user
 * namespace does not map; -EPERM: no CAP_SETUID or CAP_SETGID, or setgroups(2) is denied in the
 * user namespace; -EAGAIN: RLIMIT_NPROC of that user; -EIO. Since: 0.1.
 * Source: setgroups(2), setresgid(2), setresuid(2), credentials(7).
 */
int contain_process_set_ids(uint32_t uid, uint32_t gid, const uint32_t *gids, size_t n,
			    contain_error **reterr);

/**
 * contain_process_find_user - looks a user up in the passwd and group files of an image
 * @root_fd: the image's root directory
 * @user: "user" or "user:group", each a name or a number
 * @ret_uid: its user id
 * @ret_gid: its group id, of the group that is named, or else of its entry
 * @ret_gids: room for the groups that name it as a member; may be NULL when room is 0
 * @room: how many fit
 * @ret_n: how many there are; NULL: they are not looked for
 * @reterr: may be NULL
 *
 * Reads etc/passwd and etc/group below root_fd, and nothing else: no name service, no library. The
 * image may be hostile; container_spec_set_user_name() says what is read, and how much.
 *
 * Returns 0, or -EINVAL: a NULL or malformed argument, no regular file, or a malformed entry;
 * -ENOENT: no such entry or file; -EFBIG: more than 16 MiB; -E2BIG: more groups than room; -ELOOP:
 * a symlink to itself or through a magic link; -EBADF, -ENOTDIR: root_fd. Outputs are untouched
 * then. Since: 0.1. Source: passwd(5), group(5), openat2(2).
 */
int contain_process_find_user(int root_fd, const char *user, uint32_t *ret_uid, uint32_t *ret_gid,
			      uint32_t *ret_gids, size_t room, size_t *ret_n,
			      contain_error **reterr);

/**
 * contain_process_join_keyring - gives the calling process a new session keyring
 * @name: its name, or NULL; one of that name that may be searched is joined
 * @reterr: may be NULL
 *
 * What it starts from now on has it, too; keys of the old one are out of reach but for those that
 * their owner may use (user-keyring(7)). A full quota is waited for, at most 10 seconds, since the
 * kernel collects keys of ended processes late.
 *
 * Returns the keyring's number, above 0, or -EINVAL: a name as container_spec_set_keyring() refuses
 * it; -EDQUOT: kernel.keys.maxkeys or maxbytes; -EACCES: a keyring of that name may not be
 * searched; -ENOSYS: a kernel without keys; -EPERM: a filter; -EIO. Since: 0.1.
 * Source: keyctl_join_session_keyring(3), session-keyring(7).
 */
int contain_process_join_keyring(const char *name, contain_error **reterr);

/**
 * contain_process_set_oom_score_adj - how likely the OOM killer takes the calling process
 * @score: -1000 (never) to 1000 (first)
 * @reterr: may be NULL
 *
 * Of the process and of all that share its memory. Written through a procfs that can be believed: a
 * private one, or /proc, when nothing lies over the file there.
 *
 * Returns 0, or -EINVAL: out of range; -EACCES: below the value that it had, without
 * CAP_SYS_RESOURCE; -EXDEV: /proc is no procfs, or something is mounted over the file; -ENOENT,
 * -ESRCH: no procfs that shows the caller; -EIO: the value is another one then. Since: 0.1.
 * Source: /proc/PID/oom_score_adj in proc(5).
 */
int contain_process_set_oom_score_adj(int score, contain_error **reterr);

/**
 * contain_process_set_personality - the execution domain of the calling thread
 * @personality: as container_spec_set_personality() takes it
 * @lock: 1: no other one from now on, by a filter that stays; 0: it can be changed
 * @reterr: may be NULL
 *
 * Returns 0, or -EINVAL: an unknown name, lock is neither 0 nor 1, or the kernel does not have it;
 * -EACCES: lock without no_new_privs and CAP_SYS_ADMIN; -EPERM: a filter; -EIO. Since: 0.1.
 * Source: personality(2), seccomp(2).
 */
int contain_process_set_personality(const char *personality, int lock, contain_error **reterr);

/**
 * contain_process_set_scheduler - the scheduling policy of the calling thread
 * @policy: CONTAIN_SCHED_*
 * @priority: 1 to 99 for FIFO and RR, else 0
 * @nice: -20 to 19; used by OTHER and BATCH
 * @reterr: may be NULL
 *
 * Returns 0, or -EINVAL: a value out of range; -EPERM: no CAP_SYS_NICE on the host and a limit
 * (RLIMIT_RTPRIO, RLIMIT_NICE) in the way, or a group without realtime budget; -EIO. Since: 0.1.
 * Source: sched_setattr(2), sched(7).
 */
int contain_process_set_scheduler(int policy, int priority, int nice, contain_error **reterr);

/**
 * contain_process_set_deadline - deadline scheduling for the calling thread
 * @runtime_nsec: as container_spec_set_deadline() takes them
 * @deadline_nsec: at least the runtime
 * @period_nsec: at least the deadline
 * @reterr: may be NULL
 *
 * Returns 0, or -EINVAL: a value out of range; -EPERM: no CAP_SYS_NICE on the host, or not allowed
 * on every cpu; -EBUSY: no bandwidth is free; -EIO. Since: 0.1.
 * Source: sched_setattr(2), sched(7), "SCHED_DEADLINE".
 */
int contain_process_set_deadline(uint64_t runtime_nsec, uint64_t deadline_nsec,
				 uint64_t period_nsec, contain_error **reterr);

/**
 * contain_process_set_cpu_affinity - the cpus that the calling thread may run on
 * @cpus: a list ("0-3,8") or a mask ("0x10f")
 * @reterr: may be NULL
 *
 * Returns 0, or -EINVAL: neither, or none of them can be used; -ENODEV: one is offline, not there,
 * or not in the cpuset of the group, and the thread may run on the others now; -ENOMEM.
 * Since: 0.1. Source: sched_setaffinity(2), cpuset(7).
 */
int contain_process_set_cpu_affinity(const char *cpus, contain_error **reterr);

/**
 * contain_process_set_io_priority - the I/O scheduling class and level of the calling thread
 * @io_class: 1 (realtime), 2 (best effort) or 3 (idle)
 * @level: 0 (first) to 7 (last); 0 for idle
 * @reterr: may be NULL
 *
 * Returns 0, or -EINVAL: a value out of range; -EPERM: realtime without CAP_SYS_NICE and
 * CAP_SYS_ADMIN on the host; -EIO. Since: 0.1. Source: ioprio_set(2).
 */
int contain_process_set_io_priority(int io_class, int level, contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
