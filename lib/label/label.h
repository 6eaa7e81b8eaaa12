/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels of security modules, which the container's program gets when it is executed. */
#ifndef CT_LABEL_LABEL_H
#define CT_LABEL_LABEL_H

#include "plan/module.h"

extern const struct ct_module ct_label_module;
extern const struct ct_op ct_label_ops[];

struct ct_label_part {
	char *apparmor, *selinux;
};

/* arg[0] of the steps */
enum { CT_LABEL_APPARMOR = 1, CT_LABEL_SELINUX };

int ct_label_op_check(struct ct_run *r, const struct ct_step *s); /* parent */
ct_step_run ct_label_op_write;

#endif
