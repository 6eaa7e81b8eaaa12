/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_SYS_FORK_H
#define CT_SYS_FORK_H

/*
 * fork(3) of the C library, so that the child may allocate and use stdio. Returns the pid, 0 in the
 * child, or -errno; errno is untouched. who: what the seam calls the child.
 */
int ct_fork(int who);

#define CT_FORK_OUTER 2 /* CT_SEAM_CHILD */
#define CT_FORK_INNER 3 /* CT_SEAM_INIT */

#endif
