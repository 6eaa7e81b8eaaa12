/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done to the groups of a container that runs. */
#ifndef CT_CGROUP_GROUP_UPDATE_H
#define CT_CGROUP_GROUP_UPDATE_H

#include "group.h"
#include "limits.h"

#include <contain/error.h>

/* Sets limits where their controllers are, in v2 and v1; all or none. */
int ct_group_update(struct ct_group *g, const struct ct_facts *facts, const contain_limits *limits,
		    contain_error **reterr);

/* The directory by which the container is frozen in v1; -1: none. */
int ct_group_freezer(const struct ct_group *g);

/* A name for contain_cgroup_v1_*(): below the mounts. buf has room for CT_GROUP_V1_NAME. */
#define CT_GROUP_V1_NAME (sizeof("contain/") + CT_GROUP_NAME_MAX)
void ct_group_v1_name(const struct ct_group *g, char *buf);

#endif
