/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_SYS_CALL_NAMES_H
#define CT_SYS_CALL_NAMES_H

/* The number of a system call that steps of the child make late in set-up, or -1. */
int ct_call_number(const char *name);

#endif
