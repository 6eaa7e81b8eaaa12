/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel that lacks calls, or a sandbox that refuses them: a filter answers in its place. */
#ifndef T_DENY_H
#define T_DENY_H

/* Names of calls, separated by ','; for this process and all that come of it. -errno on failure. */
int deny_calls(const char *names, int error);

#endif
