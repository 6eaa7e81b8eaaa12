/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel offers and the headers of the oldest supported distribution (Linux 6.1) lack.
 * Numbers above 424 are the same on every architecture.
 */
#ifndef CT_SYS_UAPI_H
#define CT_SYS_UAPI_H

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#ifndef __NR_statmount
#define __NR_statmount 457
#endif
#ifndef __NR_listmount
#define __NR_listmount 458
#endif
#ifndef __NR_open_tree_attr
#define __NR_open_tree_attr 467
#endif
#ifndef __NR_mount_setattr
#define __NR_mount_setattr 442
#endif

#define CT_NR_PERSONALITY __NR_personality /* for a filter that looks for it */

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef OPEN_TREE_CLOEXEC
#define OPEN_TREE_CLOEXEC O_CLOEXEC
#endif
#ifndef MOUNT_ATTR_IDMAP
#define MOUNT_ATTR_IDMAP 0x00100000
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef MOVE_MOUNT_BENEATH
#define MOVE_MOUNT_BENEATH 0x00000200
#endif

/* mount(2) and umount2(2); <sys/mount.h> and <linux/mount.h> may not be included together */
#ifndef MS_REC
#define MS_REC 16384
#endif
#ifndef MS_RDONLY
#define MS_RDONLY 1
#endif
#ifndef MS_NODEV
#define MS_NODEV 4
#endif
#ifndef MS_PRIVATE
#define MS_PRIVATE (1 << 18)
#endif
#ifndef MS_SLAVE
#define MS_SLAVE (1 << 19)
#endif
#ifndef MS_SHARED
#define MS_SHARED (1 << 20)
#endif
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif

/* PIDFD_GET_INFO, Linux 6.13; the exit status since 6.15. linux/pidfd.h */
#define CT_PIDFD_INFO_EXIT (1ULL << 3)
struct ct_pidfd_info {
	uint64_t mask;
	uint64_t cgroupid;
	uint32_t pid, tgid, ppid;
	uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
};
#define CT_PIDFD_GET_INFO 0xc040ff0bUL /* _IOWR(0xFF, 11, struct pidfd_info), 64 bytes */

/* linux/landlock.h, as of Linux 6.12 */
#define CT_LANDLOCK_VERSION 1U
#define CT_LANDLOCK_RULE_PATH 1
#define CT_LANDLOCK_RULE_PORT 2
struct ct_landlock_attr {
	uint64_t fs, net, scopes;
};
struct ct_landlock_path {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));
struct ct_landlock_port {
	uint64_t access, port;
};

#define CT_P_PIDFD 3 /* waitid(2); an enumerator, or missing, in the headers */

#endif
