/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_NAMESPACE_PID_H
#define CT_NAMESPACE_PID_H

#define CT_NS_LEVELS 33 /* the initial namespace and 32 below: pid_namespaces(7) */

/* linux/nsfs.h of Linux 6.11; the number is the argument itself */
#define CT_NS_GET_TGID_FROM_PIDNS 0x8004b707UL /* _IOR(NSIO, 0x7, int) */
#define CT_NS_GET_TGID_IN_PIDNS 0x8004b709UL   /* _IOR(NSIO, 0x9, int) */

/*
 * How many steps a pid or user namespace has above it that the caller can see, at most `most`; the
 * last of them as an fd (ns_fd itself when it is 0) where ret_last is not NULL.
 */
int ct_ns_parents(int ns_fd, int most, int *ret_last);

/* For kernels without these ioctls: a number, or -errno as the ioctls, or -EOPNOTSUPP, -EACCES. */
int ct_pid_in_by_proc(int ns_fd, int pid);
int ct_pid_from_by_proc(int ns_fd, int pid_in_ns);

#endif
