/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the primitives that act now have in common. */
#ifndef CT_PROCESS_ACT_H
#define CT_PROCESS_ACT_H

#include "plan/error.h"

#include <contain/process.h>

/* hint may be NULL */
int ct_process_failed(contain_error **reterr, int err, const char *op, const char *object,
		      const char *hint);
/* The same for a word that is refused. */
int ct_process_refused(contain_error **reterr, const char *op, const char *object, const char *why);

#endif
