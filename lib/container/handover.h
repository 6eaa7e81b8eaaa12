/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The caller's side of plan/handover.h. */
#ifndef CT_CONTAINER_HANDOVER_H
#define CT_CONTAINER_HANDOVER_H

#include "container.h"

/* What came by this tag, which stays the handle's; -EINVAL (NULL), -ENOENT: nothing, or taken. */
int ct_handed_fd(const container *c, enum ct_handover tag);
/* The same, which is the caller's from now on. */
int ct_handed_take(container *c, enum ct_handover tag);

/* The parent's ops: the socket pair, and what lies in it once the payload runs. */
int ct_container_op_handover(struct ct_run *r, const struct ct_step *s);
int ct_container_op_handed(struct ct_run *r, const struct ct_step *s);
void ct_container_undo_handover(struct ct_run *r, const struct ct_step *s);

#endif
