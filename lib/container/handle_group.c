/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done to the group of a container that runs. */
#include "container.h"
#include "cgroup/group_update.h"
#include "cgroup/stats.h"
#include "feature/feature.h"
#include "plan/error.h"

#include <contain/cgroup.h>
#include <contain/cgroup_v1.h>
#include <contain/resources.h>
#include <errno.h>
#include <stdlib.h>

static int fail(contain_error **reterr, int err, const char *op, const char *object,
		const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object, hint);
}

/* The facade knows no end as negative time. */
static int64_t limit_of(int64_t timeout_msec)
{
	return timeout_msec < 0 ? INT64_MAX / 4000000 : timeout_msec;
}

static const char ended[] = "it has ended and its group is removed";

/* 0 when there is a group to work on; own: only the container's own will do. */
static int has_group(container *c, int own, const char *op, contain_error **reterr)
{
	int removed;

	if (!c)
		return fail(reterr, -EINVAL, op, "container", "is NULL");
	pthread_mutex_lock(&c->lock);
	removed = c->removed;
	pthread_mutex_unlock(&c->lock);
	if (own && c->group->shared)
		return fail(reterr, -ENOENT, op, c->name,
			    "it runs in a group of the caller's (container_spec_set_cgroup()), and "
			    "others may too");
	if (c->group->fd < 0 && !c->group->v1)
		return fail(reterr, -ENOENT, op, c->name,
			    "it has no group: contain_cgroup_discover() tells why");
	return removed ? fail(reterr, -ESRCH, op, c->name, ended) : 0;
}

/* By cgroup v2, or, where there is none, by the controller of cgroup v1. */
static int freezer(container *c, const char *op, int *ret_fd, contain_error **reterr)
{
	int r = has_group(c, 1, op, reterr);

	if (r < 0)
		return r;
	*ret_fd = c->group->fd >= 0 ? c->group->fd : ct_group_freezer(c->group);
	if (*ret_fd < 0)
		r = fail(reterr, -ENOENT, op, c->name,
			 "it has no group in cgroup v2 nor in the hierarchy of the freezer");
	return r;
}

static int has_v2_group(container *c, int own, const char *op, contain_error **reterr)
{
	int r = has_group(c, own, op, reterr);

	if (!r && c->group->fd < 0)
		r = fail(reterr, -ENOENT, op, c->name, "it has no group in cgroup v2");
	return r;
}

/* A group that was removed meanwhile is the end of the container. */
static int gone(container *c, int err, const char *op, contain_error **reterr)
{
	if (err != -ENODEV)
		return err;
	if (reterr) {
		contain_error_free(*reterr);
		*reterr = NULL;
	}
	return fail(reterr, -ESRCH, op, c->name, ended);
}

int container_update(container *c, const contain_limits *limits, contain_error **reterr)
{
	const char *op = "update", *field, *why;
	struct ct_facts *facts;
	int r;

	if (!limits)
		return fail(reterr, -EINVAL, op, "limits", "is NULL");
	r = ct_limits_check(limits, &field, &why);
	if (r < 0)
		return fail(reterr, r, op, field, why);
	r = has_group(c, 1, op, reterr);
	if (r < 0)
		return r;
	facts = malloc(sizeof(*facts));
	r = facts ? ct_facts_get(facts) : -ENOMEM;
	if (r < 0)
		r = fail(reterr, r, op, c->name, NULL);
	else
		r = ct_group_update(c->group, facts, limits, reterr);
	free(facts);
	/* of a disk that is not there the kernel says the same */
	if (r == -ENODEV && !ct_group_gone(c->group))
		return r;
	return gone(c, r, op, reterr);
}

int container_update_devices(container *c, const contain_devices *devices, contain_error **reterr)
{
	const char *op = "update-devices";
	char name[CT_GROUP_V1_NAME];
	int r;

	if (!devices)
		return fail(reterr, -EINVAL, op, "devices", "is NULL");
	r = has_group(c, 1, op, reterr);
	if (!r && c->group->fd >= 0) {
		r = contain_devices_attach(devices, c->group->fd, reterr);
	} else if (!r) {
		ct_group_v1_name(c->group, name);
		r = contain_cgroup_v1_apply_devices(devices, name, reterr);
	}
	return r < 0 && c ? gone(c, r, op, reterr) : r;
}

int container_read_stats(container *c, uint32_t what, contain_stats **ret_stats,
			 contain_error **reterr)
{
	const char *op = "read-stats";
	int r;

	if (!ret_stats)
		return fail(reterr, -EINVAL, op, "ret_stats", "is NULL");
	r = has_group(c, 0, op, reterr);
	if (!r)
		r = ct_stats_new_of(c->group, what, ret_stats, reterr);
	return r < 0 && c ? gone(c, r, op, reterr) : r;
}

int container_open_events(container *c, uint32_t mask, contain_events **ret_events,
			  contain_error **reterr)
{
	const char *op = "open-events";
	int r;

	if (!ret_events)
		return fail(reterr, -EINVAL, op, "ret_events", "is NULL");
	r = has_v2_group(c, 0, op, reterr);
	if (!r)
		r = contain_events_new(c->group->fd, mask, ret_events, reterr);
	return r < 0 && c ? gone(c, r, op, reterr) : r;
}

int container_pause(container *c, int64_t timeout_msec, contain_error **reterr)
{
	const char *op = "pause";
	int fd, r = freezer(c, op, &fd, reterr);

	if (r < 0)
		return r;
	if (fd == c->group->fd)
		r = contain_cgroup_freeze(fd, limit_of(timeout_msec), reterr);
	else
		r = contain_cgroup_v1_freeze(fd, limit_of(timeout_msec), reterr);
	return gone(c, r, op, reterr);
}

int container_resume(container *c, int64_t timeout_msec, contain_error **reterr)
{
	const char *op = "resume";
	int fd, r = freezer(c, op, &fd, reterr);

	if (r < 0)
		return r;
	if (fd == c->group->fd)
		r = contain_cgroup_thaw(fd, limit_of(timeout_msec), reterr);
	else
		r = contain_cgroup_v1_thaw(fd, limit_of(timeout_msec), reterr);
	return gone(c, r, op, reterr);
}
