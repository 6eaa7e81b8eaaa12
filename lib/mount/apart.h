/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mount(2) and umount2(2) take names where only fds can be trusted. A thread with a working
 * directory of its own makes the call there: in the directory that an fd is, where "." is it, or in
 * the fd directory of a proc file system that can be believed, where fds have names.
 */
#ifndef CT_MOUNT_APART_H
#define CT_MOUNT_APART_H

#include "sys/sys.h"

/*
 * umount2(2) of the mount whose root fd is. MNT_DETACH: without it the fd alone keeps it busy.
 * The errors of umount2(2), and -EOPNOTSUPP where fds have no names that can be believed.
 */
int ct_mount_umount(int fd, int flags);

/* The same of one name in a directory, which is no symlink: -EINVAL. */
int ct_mount_umount_at(int dir_fd, const char *name, int flags);

/*
 * mount(2) on what target is. source: an fd, or -1: source_text, which may be NULL. The errors of
 * mount(2), and -EOPNOTSUPP.
 */
int ct_mount_classic(int source, const char *source_text, int target, const char *type,
		     unsigned long flags, const void *data);

/* ---- internal: what the thread does ---- */

struct ct_apart {
	int cwd;
	int is_umount;
	const char *source, *target, *type;
	unsigned long flags;
	const void *data;
	int result;
	int32_t tid; /* cleared by the kernel when the thread has left its stack */
};
int ct_mount_apart_main(void *arg);

#endif
