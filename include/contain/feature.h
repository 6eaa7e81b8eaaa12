/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/feature.h - what this kernel, this machine and this caller can do, and why not
 *
 * A report is made by trying: calls with arguments that the kernel must refuse, small files of
 * /proc and the cgroup file systems, and, for what only a real try can tell, short-lived child
 * processes in namespaces of their own. It speaks of the calling thread at that moment: the same
 * machine answers root and an ordinary user differently, and a sysctl(8) changes the answer.
 *
 * Each feature has up to four answers: whether it is available, one line that says why not or
 * what restricts it, a number, and a text. A kernel that takes a call and does not do what it
 * says is a missing or a restricted feature too.
 */
#ifndef CONTAIN_FEATURE_H
#define CONTAIN_FEATURE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_feature_report contain_feature_report;

/*
 * Features. Numbers are stable: new ones are appended, none is used again. In brackets the name
 * that contain_feature_name() gives.
 *
 * Namespaces, namespaces(7). Available: the caller can make one, alone or, where it lacks
 * CAP_SYS_ADMIN, in a user namespace of its own; the reason then says so.
 */
#define CONTAIN_FEATURE_NAMESPACE_MNT 0    /* [namespace-mnt] */
#define CONTAIN_FEATURE_NAMESPACE_UTS 1    /* [namespace-uts] */
#define CONTAIN_FEATURE_NAMESPACE_IPC 2    /* [namespace-ipc] */
#define CONTAIN_FEATURE_NAMESPACE_PID 3    /* [namespace-pid] */
#define CONTAIN_FEATURE_NAMESPACE_NET 4    /* [namespace-net] */
#define CONTAIN_FEATURE_NAMESPACE_USER 5   /* [namespace-user] */
#define CONTAIN_FEATURE_NAMESPACE_CGROUP 6 /* [namespace-cgroup] */
#define CONTAIN_FEATURE_NAMESPACE_TIME 7   /* [namespace-time] */

/*
 * Limits on their number, per user and user namespace, /proc/sys/user/max_*_namespaces,
 * namespaces(7). Number: the limit. Available: it is above 0.
 */
#define CONTAIN_FEATURE_MAX_MNT_NAMESPACES 8     /* [max-mnt-namespaces] */
#define CONTAIN_FEATURE_MAX_UTS_NAMESPACES 9     /* [max-uts-namespaces] */
#define CONTAIN_FEATURE_MAX_IPC_NAMESPACES 10    /* [max-ipc-namespaces] */
#define CONTAIN_FEATURE_MAX_PID_NAMESPACES 11    /* [max-pid-namespaces] */
#define CONTAIN_FEATURE_MAX_NET_NAMESPACES 12    /* [max-net-namespaces] */
#define CONTAIN_FEATURE_MAX_USER_NAMESPACES 13   /* [max-user-namespaces] */
#define CONTAIN_FEATURE_MAX_CGROUP_NAMESPACES 14 /* [max-cgroup-namespaces] */
#define CONTAIN_FEATURE_MAX_TIME_NAMESPACES 15   /* [max-time-namespaces] */

/*
 * A user namespace made without any capability, with full capabilities inside. A caller with
 * capabilities tries it in a child that drops them. user_namespaces(7)
 */
#define CONTAIN_FEATURE_NAMESPACE_USER_UNPRIVILEGED 16 /* [namespace-user-unprivileged] */
/*
 * execve(2) enters the time namespace that unshare(CLONE_NEWTIME) made, as time_namespaces(7)
 * says; seen by reading ns/time of such a process. Linux 6.1 says yes and does not do it.
 */
#define CONTAIN_FEATURE_NAMESPACE_TIME_EXEC 17 /* [namespace-time-exec] */

/*
 * Control groups, cgroups(7) and the kernel's Documentation/admin-guide/cgroup-v2.rst. Found by
 * file system types in the mount table, never by the names of directories.
 */
#define CONTAIN_FEATURE_CGROUP_MODE 18 /* [cgroup-mode] number: CONTAIN_CGROUP_MODE_*; text */
#define CONTAIN_FEATURE_CGROUP_V2 19   /* [cgroup-v2] text: where it is mounted */
/* The caller's own group of v2. Text: its path below the mount, "/" for the mount itself. */
#define CONTAIN_FEATURE_CGROUP_OWN_GROUP 20 /* [cgroup-own-group] */
/*
 * A group of v2 below which the caller may make groups and set limits: the root for a privileged
 * caller, else the nearest group, own or above, whose directory, cgroup.procs and
 * cgroup.subtree_control are writable and which has no process of its own. Text: its path below
 * the mount. A group that fails only by having processes is named in the reason.
 */
#define CONTAIN_FEATURE_CGROUP_DELEGATION 21 /* [cgroup-delegation] */
/* Text: the controllers which that group can hand to its children, separated by spaces. */
#define CONTAIN_FEATURE_CGROUP_DELEGATED_CONTROLLERS 22 /* [cgroup-delegated-controllers] */
#define CONTAIN_FEATURE_CGROUP_KILL 23                  /* [cgroup-kill] cgroup.kill, Linux 5.14 */

/*
 * Controllers. Available: some mounted hierarchy holds it. Number: 2 or 1, the version of that
 * hierarchy. Text: where it is mounted. On version 1 the reason says so. The last four are names
 * that only version 1 has; version 2 does their work by other means, which the reason names.
 */
#define CONTAIN_FEATURE_CGROUP_CONTROLLER_CPU 24     /* [cgroup-controller-cpu] */
#define CONTAIN_FEATURE_CGROUP_CONTROLLER_CPUSET 25  /* [cgroup-controller-cpuset] */
#define CONTAIN_FEATURE_CGROUP_CONTROLLER_IO 26      /* [cgroup-controller-io] on v1: blkio */
#define CONTAIN_FEATURE_CGROUP_CONTROLLER_MEMORY 27  /* [cgroup-controller-memory] */
#define CONTAIN_FEATURE_CGROUP_CONTROLLER_HUGETLB 28 /* [cgroup-controller-hugetlb] */
#define CONTAIN_FEATURE_CGROUP_CONTROLLER_PIDS 29    /* [cgroup-controller-pids] */
#define CONTAIN_FEATURE_CGROUP_CONTROLLER_RDMA 30    /* [cgroup-controller-rdma] */
#define CONTAIN_FEATURE_CGROUP_CONTROLLER_MISC 31    /* [cgroup-controller-misc] */
#define CONTAIN_FEATURE_CGROUP_CONTROLLER_FREEZER 32 /* [cgroup-controller-freezer] */
#define CONTAIN_FEATURE_CGROUP_CONTROLLER_DEVICES 33 /* [cgroup-controller-devices] */
#define CONTAIN_FEATURE_CGROUP_CONTROLLER_BLKIO 34   /* [cgroup-controller-blkio] */
#define CONTAIN_FEATURE_CGROUP_CONTROLLER_CPUACCT 35 /* [cgroup-controller-cpuacct] */

/* System calls and flags: clone3 is described in clone(2), openat2 in openat2(2). */
#define CONTAIN_FEATURE_CLONE3 36              /* [clone3] Linux 5.3 */
#define CONTAIN_FEATURE_CLONE_INTO_CGROUP 37   /* [clone-into-cgroup] Linux 5.7 */
#define CONTAIN_FEATURE_CLONE_CLEAR_SIGHAND 38 /* [clone-clear-sighand] Linux 5.5 */
#define CONTAIN_FEATURE_CLONE_PIDFD 39         /* [clone-pidfd] Linux 5.2 */
#define CONTAIN_FEATURE_OPENAT2 40             /* [openat2] Linux 5.6 */

/* The mount API by file descriptors: fsopen(2), open_tree(2), move_mount(2), mount_setattr(2). */
#define CONTAIN_FEATURE_FSOPEN 41            /* [fsopen] Linux 5.2 */
#define CONTAIN_FEATURE_FSCONFIG 42          /* [fsconfig] Linux 5.2 */
#define CONTAIN_FEATURE_FSMOUNT 43           /* [fsmount] Linux 5.2 */
#define CONTAIN_FEATURE_OPEN_TREE 44         /* [open-tree] Linux 5.2 */
#define CONTAIN_FEATURE_MOVE_MOUNT 45        /* [move-mount] Linux 5.2 */
#define CONTAIN_FEATURE_MOUNT_SETATTR 46     /* [mount-setattr] Linux 5.12 */
#define CONTAIN_FEATURE_OPEN_TREE_ATTR 47    /* [open-tree-attr] Linux 6.15 */
#define CONTAIN_FEATURE_MOVE_MOUNT_BENEATH 48 /* [move-mount-beneath] Linux 6.5 */
#define CONTAIN_FEATURE_MOUNT_IDMAP 49       /* [mount-idmap] MOUNT_ATTR_IDMAP, Linux 5.12 */
#define CONTAIN_FEATURE_MOUNT_IDMAP_TMPFS 50 /* [mount-idmap-tmpfs] the same on tmpfs, Linux 6.3 */
#define CONTAIN_FEATURE_STATMOUNT 51         /* [statmount] Linux 6.8 */
#define CONTAIN_FEATURE_LISTMOUNT 52         /* [listmount] Linux 6.8 */

/* pidfd_open(2) and the ioctls of a pidfd. */
#define CONTAIN_FEATURE_PIDFD_OPEN 53      /* [pidfd-open] Linux 5.3 */
#define CONTAIN_FEATURE_PIDFD_NAMESPACE 54 /* [pidfd-namespace] PIDFD_GET_*_NAMESPACE, Linux 6.11 */
#define CONTAIN_FEATURE_PIDFD_INFO 55      /* [pidfd-info] PIDFD_GET_INFO, Linux 6.13 */
#define CONTAIN_FEATURE_PIDFD_INFO_EXIT 56 /* [pidfd-info-exit] with the exit status, Linux 6.15 */

/* File systems: Documentation/filesystems/overlayfs.rst, tmpfs(5). */
#define CONTAIN_FEATURE_OVERLAY 57 /* [overlay] the caller can mount one */
/* "lowerdir+" of fsconfig(2), one layer a call: no limit by the length of an option string. */
#define CONTAIN_FEATURE_OVERLAY_LOWERDIR_ADD 58 /* [overlay-lowerdir-add] Linux 6.8 */
#define CONTAIN_FEATURE_OVERLAY_USERNS 59       /* [overlay-userns] Linux 5.11 */
/* Without them an overlay in a user namespace with its upper layer on tmpfs loses features. */
#define CONTAIN_FEATURE_TMPFS_USER_XATTR 60 /* [tmpfs-user-xattr] Linux 6.6 */

#define CONTAIN_FEATURE_CLOSE_RANGE 61 /* [close-range] with CLOSE_RANGE_CLOEXEC, Linux 5.11 */
/* A program in a memfd can be executed; seen by doing it. Number: vm.memfd_noexec, if there. */
#define CONTAIN_FEATURE_MEMFD_EXEC 62 /* [memfd-exec] */

#define CONTAIN_FEATURE_SECCOMP_FILTER 63 /* [seccomp-filter] seccomp(2) */
#define CONTAIN_FEATURE_SECCOMP_NOTIFY 64 /* [seccomp-notify] seccomp_unotify(2) */
#define CONTAIN_FEATURE_LANDLOCK 65       /* [landlock] number: the ABI. landlock(7) */
#define CONTAIN_FEATURE_CAP_LAST_CAP 66   /* [cap-last-cap] number. capabilities(7) */

/* newuidmap(1), newgidmap(1): installed with the privilege to write maps. Text: the path. */
#define CONTAIN_FEATURE_NEWUIDMAP 67 /* [newuidmap] */
#define CONTAIN_FEATURE_NEWGIDMAP 68 /* [newgidmap] */

/* Programs of type cgroup_device, for contain/cgroup_devices.h; seen by loading one. */
#define CONTAIN_FEATURE_CGROUP_DEVICES 69 /* [cgroup-devices] Linux 4.15, CONFIG_CGROUP_BPF */
#define CONTAIN_FEATURE_PRESSURE 70       /* [pressure] psi.rst; Linux 4.20, CONFIG_PSI */

/* Numbers of CONTAIN_FEATURE_CGROUP_MODE; its text is "none", "legacy", "hybrid", "unified". */
#define CONTAIN_CGROUP_MODE_NONE 0
#define CONTAIN_CGROUP_MODE_LEGACY 1  /* version 1 only */
#define CONTAIN_CGROUP_MODE_HYBRID 2  /* version 2, and version 1 holds some controllers */
#define CONTAIN_CGROUP_MODE_UNIFIED 3 /* version 2, no controller on version 1 */

/**
 * contain_feature_report_new - tries the kernel and reports
 * @ret_report: the report, freed by contain_feature_report_free()
 *
 * Takes some milliseconds (new network namespaces cost most of it), during which the calling
 * thread sleeps now and then in the way of vfork(2); other threads run on. Leaves nothing behind:
 * no descriptor, mount, group or process, and the caller's namespaces, ids, signal mask and working
 * directory are as before. The children tell nobody of their end (no SIGCHLD). The mounts are
 * made in namespaces that end with the children.
 *
 * A probe that cannot be made is an answer, "not available" with its reason, and no failure. Any
 * thread may call it, several at once.
 *
 * Returns 0 on success, or
 * * -EINVAL: ret_report is NULL;
 * * -ENOMEM: no memory for the report.
 * On failure *ret_report is unchanged. Since: 0.1
 */
int contain_feature_report_new(contain_feature_report **ret_report);

/**
 * contain_feature_report_free - frees a report and every string that it gave
 * @report: may be NULL
 *
 * Since: 0.1
 */
void contain_feature_report_free(contain_feature_report *report);

/**
 * contain_feature_count - how many features this version of the library knows
 *
 * Features are numbered from 0 to one less than that. Since: 0.1
 */
uint32_t contain_feature_count(void);

/**
 * contain_feature_name - the name of a feature, such as "openat2"
 * @feature: a CONTAIN_FEATURE_*
 *
 * Lower case, digits and "-"; as stable as the numbers. Returns a constant string, or NULL when
 * the library does not know the feature. Since: 0.1
 */
const char *contain_feature_name(uint32_t feature);

/**
 * contain_feature_available - whether the caller can use a feature
 * @report: from contain_feature_report_new()
 * @feature: a CONTAIN_FEATURE_*
 *
 * Returns 1 where it can, with or without a restriction, 0 where it cannot, or
 * * -EINVAL: report is NULL, or the library does not know the feature.
 * Since: 0.1
 */
int contain_feature_available(const contain_feature_report *report, uint32_t feature);

/**
 * contain_feature_reason - why a feature is missing, or what restricts it
 * @report: from contain_feature_report_new()
 * @feature: a CONTAIN_FEATURE_*
 *
 * One line for people, which names the sysctl, the hierarchy, the release or the errno; the text
 * may change between versions. It belongs to the report. Returns NULL where the feature is
 * available without restriction, where report is NULL, and for an unknown feature. Every missing
 * feature has a reason. Since: 0.1
 */
const char *contain_feature_reason(const contain_feature_report *report, uint32_t feature);

/**
 * contain_feature_value - the number of a feature that has one: a limit, a version, a mode
 * @report: from contain_feature_report_new()
 * @feature: a CONTAIN_FEATURE_*
 * @ret_value: the number
 *
 * Returns 0 on success, or
 * * -EINVAL: report or ret_value is NULL, or the library does not know the feature;
 * * -ENODATA: the feature has no number, or it was not found.
 * On failure *ret_value is unchanged. Since: 0.1
 */
int contain_feature_value(const contain_feature_report *report, uint32_t feature,
			  int64_t *ret_value);

/**
 * contain_feature_text - the text of a feature that has one: a path, a mode
 * @report: from contain_feature_report_new()
 * @feature: a CONTAIN_FEATURE_*
 *
 * A path is what the kernel gave, in whatever bytes. It belongs to the report. Returns NULL where
 * there is none, where report is NULL, and for an unknown feature. Since: 0.1
 */
const char *contain_feature_text(const contain_feature_report *report, uint32_t feature);

/**
 * contain_feature_report_write_text - writes the report for people, one line a feature
 * @report: from contain_feature_report_new()
 * @fd: a descriptor to write to
 *
 * A line is the name, "yes", "no" or "restricted", then number, text and reason where there are
 * any. The layout may change between versions.
 *
 * Returns 0 on success, or
 * * -EINVAL: report is NULL;
 * * -ENOMEM: no memory for the text;
 * * any error of write(2), such as -EBADF, -ENOSPC, -EAGAIN (not a blocking descriptor), -EINTR
 *   (a signal came before anything was written), -EPIPE (and SIGPIPE as usual).
 * On failure a part may have been written. Since: 0.1
 */
int contain_feature_report_write_text(const contain_feature_report *report, int fd);

/**
 * contain_feature_report_write_json - writes the report as one JSON object (RFC 8259)
 * @report: from contain_feature_report_new()
 * @fd: a descriptor to write to
 *
 * Members are the names of the features; each is an object with "available" (true, false) and,
 * where there are any, "value" (a number), "text" and "reason" (strings). In UTF-8; bytes of a
 * path that are not UTF-8 become U+FFFD. Members may be added in later versions.
 *
 * Returns what contain_feature_report_write_text() returns. Since: 0.1
 */
int contain_feature_report_write_json(const contain_feature_report *report, int fd);

#ifdef __cplusplus
}
#endif

#endif
