/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fds that the child makes and the caller is given: over a socket pair made for that start, which
 * works for a child that shares the caller's memory and for one below contain-init.
 *
 * A module says in intend() what is going to come: c->intent.handover |= 1u << tag, and
 * handover_late = 1 when it is sent after place-fds, which closes everything else. A step of the
 * child then sends each of them once. When the payload runs, the handle has them by their tags
 * (container/handover.h). One that did not come fails the start.
 */
#ifndef CT_PLAN_HANDOVER_H
#define CT_PLAN_HANDOVER_H

#include "run.h"

/* In the child: the caller gets an fd of the same open file; fd itself stays as it is. */
int ct_handover_send(struct ct_run *r, enum ct_handover tag, int fd);

#endif
