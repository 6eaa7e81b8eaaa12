/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_SYS_CLONE_H
#define CT_SYS_CLONE_H

#include "sys.h"

/*
 * clone3(2) of a child that runs fn(arg) on the stack named in args and exits with its value.
 * Returns the child's pid in the parent, or -errno. Passes the seam like every call; the child
 * comes back from it on a stack of its own, so the entry is assembly and the seam is asked first.
 */
int ct_clone_run(struct clone_args *args, size_t size, int (*fn)(void *), void *arg);

#endif
