/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All that a payload sees, as text in which two starts of the same job do not differ. */
#ifndef B_VIEW_H
#define B_VIEW_H

#include "bench.h"

/* What the payload has to run so that it can be looked at; it stays until it is killed. */
char *const *view_argv(unsigned int job);

/* Waits for what the payload prints into the file and looks at the process. Freed by the caller. */
char *view_take(int pid, int out_fd);

#endif
