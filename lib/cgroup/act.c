/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act.h"
#include "cgroup_plan.h"
#include "feature/feature.h"
#include "group_files.h"
#include "plan/error.h"
#include "sys/helper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char ct_group_bad_name[] = "is one name: no '/', no newline, not \".\" or \"..\", not "
				 "beginning with \"cgroup.\"";

int ct_group_fail(contain_error **reterr, int err, const char *op, const char *object,
		  const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object ? object : "", hint);
}

int ct_group_check(int fd)
{
	struct statfs fs;
	int r = ct_sys_fstatfs(fd, &fs);

	if (r < 0)
		return r;
	return fs.f_type == CGROUP2_SUPER_MAGIC ? 0 : -EOPNOTSUPP;
}

int ct_group_check_arg(contain_error **reterr, const char *op, const char *field, int fd)
{
	int r = ct_group_check(fd);

	if (r == 0)
		return 0;
	return ct_group_fail(reterr, r, op, field,
			     r == -EOPNOTSUPP ? "the directory is not on a cgroup2 file system" :
			     r == -EBADF      ? "is not an open fd" :
						NULL);
}

const char *ct_group_hint(int err)
{
	switch (-err) {
	case EACCES:
	case EPERM:
		return "the group was not delegated to the caller: " CT_HINT_SCOPE;
	case EROFS:
		return "the cgroup file system is mounted read-only here, as containers have it";
	case EAGAIN:
		return "cgroup.max.descendants or cgroup.max.depth of a group above is reached";
	case ENODEV:
		return "the group was removed";
	case EOPNOTSUPP:
		return "the group is threaded, which this cannot be done with (cgroup.type)";
	default:
		return NULL;
	}
}

const char *ct_group_hint_controller(const char *name, size_t n, char *buf, size_t size)
{
	struct ct_facts *f = malloc(sizeof(*f));
	const char *hint = NULL;

	if (!f || ct_facts_get(f) < 0) {
		free(f);
		return NULL;
	}
	for (unsigned i = 0; ct_controller_name(i); i++) {
		const char *known = ct_controller_name(i);

		if (strlen(known) != n || memcmp(known, name, n))
			continue;
		hint = buf;
		if (f->held[i] == CT_HELD_V1)
			snprintf(buf, size,
				 "the controller %s is bound to cgroup v1 at %s; boot with "
				 "cgroup_no_v1=%s to have it here",
				 known, f->v1_mount[i], known);
		else if (f->held[i] == CT_HELD_V2)
			snprintf(buf, size,
				 "the group above has to hand down the controller %s "
				 "(cgroup.subtree_control, contain_cgroup_enable())",
				 known);
		else
			snprintf(buf, size,
				 "no cgroup hierarchy that is mounted here has the controller %s",
				 known);
	}
	free(f);
	return hint;
}

int ct_group_is_key(const char *key)
{
	return key && *key && !strpbrk(key, "/\n") && strcmp(key, ".") && strcmp(key, "..");
}

int ct_group_fail_file(contain_error **reterr, int err, const char *op, const char *key)
{
	char buf[400];
	const char *hint = ct_group_hint(err);

	if (err == -ENOENT)
		hint = ct_group_hint_controller(key, strcspn(key, "."), buf, sizeof(buf));
	return ct_group_fail(reterr, err, op, key, hint);
}

uint64_t ct_group_until(int64_t timeout_msec)
{
	uint64_t now;

	if (!timeout_msec)
		return 0;
	now = ct_now_nsec();
	/* for ever is long enough */
	if ((uint64_t)timeout_msec > (UINT64_MAX - now) / 1000000)
		return UINT64_MAX;
	return now + (uint64_t)timeout_msec * 1000000;
}
