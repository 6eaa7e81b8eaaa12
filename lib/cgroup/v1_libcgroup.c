/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libcgroup is not made for threads: global mount table, global last error. One mutex is around
 * all of it, and no other file of the library calls it. Its default logger writes to stdout, and
 * CGROUP_LOGLEVEL in the environment cannot switch ours on.
 */
#include "v1.h"
#include "cgroup_plan.h"
#include "config.h"

#include <errno.h>

#if CT_HAVE_LIBCGROUP
#include <libcgroup.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int initialized;

struct value {
	const char *controller, *key;
	int from;
};

/* The period first: the quota is checked against it. */
static const struct value values_of[] = {
	{ "memory", "memory.limit_in_bytes", CT_V1_MEMORY },
	{ "pids", "pids.max", CT_V1_PIDS },
	{ "cpu", "cpu.cfs_period_us", CT_V1_PERIOD },
	{ "cpu", "cpu.cfs_quota_us", CT_V1_QUOTA },
};
#define VALUES (sizeof(values_of) / sizeof(values_of[0]))

static void no_log(void *data, int level, const char *fmt, va_list ap)
{
}

static int error_of(int code)
{
	int err = 0;

	if (!code)
		return 0;
	if (errno == ENOMEM) /* libcgroup's own codes say anything then */
		return -ENOMEM;
	switch (code) {
	case ECGOTHER:
		err = cgroup_get_last_errno();
		break;
	case ECGROUPNOTMOUNTED:
	case ECGROUPSUBSYSNOTMOUNTED:
	case ECGROUPNOTINITIALIZED:
		return -ESTALE;
	case ECGROUPNOTOWNER:
	case ECGROUPNOTALLOWED:
	case ECGCANTSETVALUE:
		err = EACCES;
		break;
	}
	if (err == ENOENT) /* gc removed an empty group under its hands */
		err = ENODEV;
	return err > 0 ? -err : -EIO;
}

/* Whether libcgroup's table of mounts still knows the controller at this place. */
static int knows(const char *controller, const char *mount)
{
	char *at = NULL;
	int same;

	if (cgroup_get_subsys_mount_point(controller, &at))
		return 0;
	same = !strcmp(at, mount);
	free(at);
	return same;
}

static int refresh(const char *controller, const char *mount)
{
	int r = 0;

	if (initialized && knows(controller, mount))
		return 0;
	cgroup_set_logger(no_log, CGROUP_LOG_ERROR, NULL);
	r = error_of(cgroup_init());
	if (r < 0)
		return r;
	initialized = 1;
	if (knows(controller, mount))
		return 0;
	return errno == ENOMEM ? -ENOMEM : -ESTALE;
}

static int fill(struct cgroup *group, const char *mount, const int64_t *values)
{
	for (size_t i = 0; i < VALUES; i++) {
		const struct value *v = &values_of[i];
		struct cgroup_controller *c;
		char text[24];
		int r;

		if (!values[v->from])
			continue;
		r = refresh(v->controller, mount);
		if (r < 0)
			return r;
		c = cgroup_get_controller(group, v->controller);
		if (!c)
			c = cgroup_add_controller(group, v->controller);
		if (!c)
			return -ENOMEM;
		snprintf(text, sizeof(text), "%lld", (long long)values[v->from]);
		r = error_of(cgroup_add_value_string(c, v->key, text));
		if (r < 0)
			return r;
	}
	return 0;
}

int ct_v1_create(const char *mount, const char *name, const int64_t *values)
{
	struct cgroup *group;
	int r = -ENOMEM, saved = errno;

	pthread_mutex_lock(&lock);
	errno = 0;
	group = cgroup_new_cgroup(name);
	if (group) {
		r = fill(group, mount, values);
		if (!r)
			r = error_of(cgroup_create_cgroup(group, 1));
		cgroup_free(&group);
	}
	pthread_mutex_unlock(&lock);
	errno = saved;
	return r;
}

#else

int ct_v1_create(const char *mount, const char *name, const int64_t *values)
{
	return -EOPNOTSUPP;
}

#endif
