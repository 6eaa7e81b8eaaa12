/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cheap facts that every compile and launch needs. The long report with reasons is
 * contain/feature.h; it builds on these.
 */
#ifndef CT_FEATURE_FEATURE_H
#define CT_FEATURE_FEATURE_H

#include <stddef.h>
#include <stdint.h>

/* The controllers that the library knows; the last four are names of cgroup v1 only. */
enum ct_controller {
	CT_CONTROLLER_CPU,
	CT_CONTROLLER_CPUSET,
	CT_CONTROLLER_IO,
	CT_CONTROLLER_MEMORY,
	CT_CONTROLLER_HUGETLB,
	CT_CONTROLLER_PIDS,
	CT_CONTROLLER_RDMA,
	CT_CONTROLLER_MISC,
	CT_CONTROLLER_FREEZER,
	CT_CONTROLLER_DEVICES,
	CT_CONTROLLER_BLKIO,
	CT_CONTROLLER_CPUACCT,
	CT_CONTROLLERS,
};

enum ct_held {
	CT_HELD_NONE, /* not in this kernel, or in no hierarchy that is mounted here */
	CT_HELD_V2,
	CT_HELD_V1,
};

/* By what is mounted, never by the names of directories. */
enum ct_cgroup_mode {
	CT_CGROUP_NONE,
	CT_CGROUP_LEGACY,  /* v1 only */
	CT_CGROUP_HYBRID,  /* v2, and v1 hierarchies hold controllers */
	CT_CGROUP_UNIFIED, /* v2, and no controller on v1 */
};

#define CT_GROUP_MAX 4096
#define CT_V1_MOUNT_MAX 256

struct ct_host_tree;

/* Plain data: a test fills one by hand. "" is "none" in every path. */
struct ct_facts {
	int lowerdir_add; /* overlay takes one "lowerdir+" per layer by fsconfig(2), Linux 6.8 */
	int overlay;	  /* 0: certainly not in this kernel */
	int clone3;
	int openat2;
	int mount_api;	     /* fsopen fsconfig fsmount open_tree move_mount mount_setattr */
	int is_privileged;   /* euid 0 and CAP_SYS_ADMIN effective in the current user namespace */
	/* the caller's root is the first mount of its namespace: the initial ramfs, which stays */
	int initial_root;
	int user_ns;	     /* and that is not the host's: no device nodes, no trusted.* */
	int no_setgroups;    /* and setgroups(2) is denied in it, as in all below it */
	int no_setgid;	     /* is_privileged, but without CAP_SETGID */
	/* a fact that is asked for only when it is needed: ct_host_tree_find() */
	int (*host_tree)(int locked, struct ct_host_tree *ret);
	uint32_t euid, egid; /* of the caller */
	int landlock_abi;    /* 0: none */
	uint32_t cap_last;   /* the last capability that the kernel knows */

	uint8_t cgroup_mode;	      /* enum ct_cgroup_mode */
	uint8_t v2_nsdelegate;	      /* a cgroup namespace is a border of delegation */
	uint8_t held[CT_CONTROLLERS]; /* enum ct_held */
	/* Controllers that `delegated` can enable for its children: bit 1 << enum ct_controller. */
	uint32_t delegated_controllers;

	char v2_mount[CT_GROUP_MAX];
	char own_group[CT_GROUP_MAX]; /* the caller's, below v2_mount; "/" is v2_mount itself */
	/*
	 * Where the caller can make groups with limits, below v2_mount: the root group where a
	 * privileged caller may write it; else the nearest group, own or above, that is writable
	 * (directory, cgroup.procs, cgroup.subtree_control) and holds no process.
	 */
	char delegated[CT_GROUP_MAX];
	/* For io: that of blkio, its name in v1. */
	char v1_mount[CT_CONTROLLERS][CT_V1_MOUNT_MAX];
};

/* "cpu", "cpuset", ...; NULL beyond the table. */
const char *ct_controller_name(unsigned controller);

/*
 * Fills *out. What depends on the kernel and on mounts is found once per process and kept behind
 * one atomic pointer, and found anew when the v2 mount is no longer the one that was found (the
 * thread entered another mount namespace, or something covers it). Identity, own group and
 * delegation are asked for in every call, because a process changes its ids, moves between groups
 * and is joined by others there. No child is forked. A fact that cannot be found is 0 or "".
 * Returns 0, or -ENOMEM.
 */
int ct_facts_get(struct ct_facts *out);

/*
 * Whether the caller's user namespace is another one than the host's; 0 too where /proc is not
 * there.
 */
int ct_in_user_ns(void);

/* Forgets what is kept: for tests that change mounts or fake the kernel's answers. */
void ct_facts_drop(void);

#endif
