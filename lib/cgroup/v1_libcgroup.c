/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libcgroup is not made for threads: global mount table, global last error. One mutex is around
 * all of it, and no other file of the library calls it. Its default logger writes to stdout, and
 * CGROUP_LOGLEVEL in the environment cannot switch ours on.
 */
#include "v1.h"
#include "config.h"

#include <errno.h>

/* One call: with a file and its value the group is there and is modified. */
struct job {
	const char *mount, *controller, *name, *file, *value;
};

#if CT_HAVE_LIBCGROUP
#include <libcgroup.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int initialized;

/* What libcgroup said last, for the one call whose errors it alone can explain. */
static char said[300];

static void keep_log(void *data, int level, const char *fmt, va_list ap)
{
	vsnprintf(said, sizeof(said), fmt, ap);
	said[strcspn(said, "\n")] = 0;
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
	case ECGROUPVALUENOTEXIST:
		return -ENOENT;
	case ECGROUPNOTOWNER:
	case ECGROUPNOTALLOWED:
	case ECGCANTSETVALUE:
		err = EACCES;
		break;
	}
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
	cgroup_set_logger(keep_log, CGROUP_LOG_ERROR, NULL);
	r = error_of(cgroup_init());
	if (r < 0)
		return r;
	initialized = 1;
	if (knows(controller, mount))
		return 0;
	return errno == ENOMEM ? -ENOMEM : -ESTALE;
}

static int act(void *arg)
{
	const struct job *job = arg;
	struct cgroup_controller *c = NULL;
	struct cgroup *group;
	int r;

	r = refresh(job->controller, job->mount);
	if (r < 0)
		return r;
	group = cgroup_new_cgroup(job->name);
	if (group)
		c = cgroup_add_controller(group, job->controller);
	if (!c)
		r = -ENOMEM;
	else if (!job->file)
		r = error_of(cgroup_create_cgroup(group, 1));
	else
		r = error_of(cgroup_add_value_string(c, job->file, job->value));
	if (!r && job->file)
		r = error_of(cgroup_modify_cgroup(group));
	if (group)
		cgroup_free(&group);
	return r;
}

int ct_v1_lib_locked(int (*fn)(void *arg), void *arg)
{
	int r, saved = errno;

	pthread_mutex_lock(&lock);
	errno = 0;
	r = fn(arg);
	pthread_mutex_unlock(&lock);
	errno = saved;
	return r;
}

int ct_v1_lib_load_config(const char *path, char *log, size_t size)
{
	int r;

	errno = 0;
	said[0] = 0;
	cgroup_set_logger(keep_log, CGROUP_LOG_ERROR, NULL);
	r = cgroup_config_load_config(path);
	if (r && !said[0])
		snprintf(said, sizeof(said), "%s", cgroup_strerror(r));
	snprintf(log, size, "%s", said);
	return r == ECGCONFIGPARSEFAIL ? -EINVAL : error_of(r);
}

#else

int ct_v1_lib_locked(int (*fn)(void *arg), void *arg)
{
	return -EOPNOTSUPP;
}

int ct_v1_lib_load_config(const char *path, char *log, size_t size)
{
	return -EOPNOTSUPP;
}

static int act(void *arg)
{
	return -EOPNOTSUPP;
}

#endif

int ct_v1_lib_create(const char *mount, const char *controller, const char *name)
{
	struct job job = { mount, controller, name, NULL, NULL };

	return ct_v1_lib_locked(act, &job);
}

int ct_v1_lib_write(const char *mount, const char *controller, const char *name, const char *file,
		    const char *value)
{
	struct job job = { mount, controller, name, file, value };

	return ct_v1_lib_locked(act, &job);
}
