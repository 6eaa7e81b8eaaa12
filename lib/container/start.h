/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_CONTAINER_START_H
#define CT_CONTAINER_START_H

#include "container.h"

#define CT_START_OWN (-10002) /* contain-init has to make the child */
#define CT_START_KILLED (-10001) /* the child, at birth */
#define CT_START_AGAIN (-10000) /* the group vanished before it was used; below every errno */

/* Starts a plan once. *ret is untouched on failure, and nothing is left behind. */
int ct_start(container_plan *p, const container_overrides *o, container **ret,
	     contain_error **reterr);

#endif
