/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What only a real try can tell, in a child that shares the caller's memory (CLONE_VM with
 * CLONE_VFORK) and nothing else: namespaces, mounts and descriptors end with it.
 */
#ifndef CT_FEATURE_TRY_H
#define CT_FEATURE_TRY_H

#include "sys/sys_probe.h"

#define CT_NOT_TRIED 1 /* otherwise 0, or what the kernel said: -errno */

enum ct_ns {
	CT_NS_MNT,
	CT_NS_UTS,
	CT_NS_IPC,
	CT_NS_PID,
	CT_NS_NET,
	CT_NS_USER,
	CT_NS_CGROUP,
	CT_NS_TIME,
	CT_NS,
};

struct ct_try {
	/* in */
	uint64_t flags;		       /* CLONE_NEWUSER or 0 */
	int without_caps;	       /* drops all and tries a user namespace, nothing else */
	int exec_fd;		       /* ct_try_program(), or -1 */
	char uid_map[48], gid_map[48]; /* of the child's user namespace, if it has one */
	char inner_uid_map[48], inner_gid_map[48]; /* of one that the child makes */
	char *stack;				   /* of the child's own children */
	size_t stack_size;
	int user_fd, pipe[2]; /* between the child and its children */

	/* out */
	int clone;     /* 0: the child ran */
	int exit_info; /* PIDFD_GET_INFO tells its exit status afterwards */
	int map;
	int ns[CT_NS];	  /* unshare(2); for user: clone3(2) */
	int exec;	  /* of exec_fd */
	int time_entered; /* 1: yes, 0: no, -errno: could not be seen */
	int fsopen, fsmount, beneath, idmap, idmap_tmpfs;
	int tmpfs, user_xattr, overlay, lowerdir_add;
};

/* Runs in the child. try_ops.c, freestanding. */
int ct_try_child(void *arg);

/* Sets up, runs and reaps. flags and without_caps as above; everything else is filled in. */
void ct_try_run(struct ct_try *t, uint64_t flags, int without_caps, int exec_fd);

/* A memfd with a program that writes a byte to its fd 0 and waits to be killed; or -errno. */
int ct_try_program(void);

/*
 * Whether the file system context of an overlay takes "lowerdir+": 0, or -EINVAL. Kernels before
 * 6.5, where overlay is not converted to the new interface, keep any key without a look, so one
 * that cannot be is tried first. The layer is a directory that is there: about another the kernel
 * would write a line to its log, in every process that uses the library.
 */
static inline int ct_takes_lowerdir_add(int fs_fd)
{
	if (ct_sys_fsconfig(fs_fd, FSCONFIG_SET_STRING, "no-such-key", "1", 0) != -EINVAL)
		return -EINVAL;
	return ct_sys_fsconfig(fs_fd, FSCONFIG_SET_STRING, "lowerdir+", "/", 0) < 0 ? -EINVAL : 0;
}

#endif
