/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is mounted here, and what the caller may do with it. */
#include "act.h"
#include "feature/delegation.h"
#include "feature/files.h"
#include "group_files.h"
#include "sys/path.h"
#include "sys/str.h"
#include "tree.h"

#include <contain/cgroup.h>
#include <contain/feature.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(CONTAIN_CGROUP_MODE_NONE == (int)CT_CGROUP_NONE, "");
_Static_assert(CONTAIN_CGROUP_MODE_LEGACY == (int)CT_CGROUP_LEGACY, "");
_Static_assert(CONTAIN_CGROUP_MODE_HYBRID == (int)CT_CGROUP_HYBRID, "");
_Static_assert(CONTAIN_CGROUP_MODE_UNIFIED == (int)CT_CGROUP_UNIFIED, "");

#define HOST_CGROUP_NS 0xEFFFFFFBU /* PROC_CGROUP_INIT_INO of linux/proc_ns.h */

struct contain_cgroup_info {
	struct ct_facts facts;
	struct ct_delegation delegation;
	int in_namespace, is_namespace_root;
	char controllers[160];
	char why[2 * CT_GROUP_MAX + 400];
};

static void list_controllers(struct contain_cgroup_info *info)
{
	size_t at = 0, size = sizeof(info->controllers);

	for (unsigned i = 0; ct_controller_name(i); i++) {
		if (!(info->facts.delegated_controllers & 1u << i))
			continue;
		at = ct_append(info->controllers, size, at, at ? " " : "");
		at = ct_append(info->controllers, size, at, ct_controller_name(i));
	}
}

/* "which belongs to user 0", for a group that the caller may not write. */
static void tell_owner(const struct ct_facts *f, char *buf, size_t size)
{
	char path[2 * CT_GROUP_MAX];
	struct stat st;
	size_t at = ct_append(path, sizeof(path), 0, f->v2_mount);

	*buf = 0;
	ct_append(path, sizeof(path), at, f->own_group);
	if (ct_sys_newfstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		snprintf(buf, size, ", which belongs to user %u,", st.st_uid);
}

static void tell_busy(const struct ct_facts *f, const char *group, char *buf, size_t size)
{
	char path[2 * CT_GROUP_MAX];
	size_t at = ct_append(path, sizeof(path), 0, f->v2_mount);

	at = ct_append(path, sizeof(path), at, group);
	ct_append(path, sizeof(path), at, "/cgroup.procs");
	ct_group_pids(AT_FDCWD, path, buf, size);
}

static void tell_why(struct contain_cgroup_info *info)
{
	const struct ct_facts *f = &info->facts;
	struct ct_delegation *d = &info->delegation;
	int privileged = f->is_privileged && !f->user_ns ? CT_HOST_ROOT : f->is_privileged;
	char more[120];

	if (!*f->v2_mount || *f->delegated) {
		if (!*f->v2_mount)
			snprintf(info->why, sizeof(info->why),
				 "no cgroup2 file system is mounted here");
		return;
	}
	ct_delegation_find(f->v2_mount, f->own_group, privileged, NULL, d);
	switch (d->state) {
	case CT_DELEGATION_BUSY:
		tell_busy(f, d->group, more, sizeof(more));
		snprintf(info->why, sizeof(info->why),
			 "the caller may write the group %s, but it has processes (pid %s) or is "
			 "threaded, so that it cannot hand controllers to groups below it: "
			 "contain_cgroup_enable_below() can move them to a group below it",
			 d->group, *more ? more : "unknown");
		return;
	case CT_DELEGATION_READ_ONLY:
		snprintf(info->why, sizeof(info->why), "%s is mounted read-only", f->v2_mount);
		return;
	case CT_DELEGATION_NOT_WRITABLE:
		tell_owner(f, more, sizeof(more));
		snprintf(info->why, sizeof(info->why),
			 "neither the caller's group %s%s nor one above it is writable for the "
			 "caller (the directory, cgroup.procs, cgroup.subtree_control): run inside "
			 "a delegated scope, for example: systemd-run --user --scope -p "
			 "Delegate=yes PROGRAM",
			 f->own_group, more);
		return;
	default:
		snprintf(info->why, sizeof(info->why),
			 "the cgroup2 mount at %s does not show the caller's group", f->v2_mount);
	}
}

static void look_at_namespace(struct contain_cgroup_info *info)
{
	struct ct_lines lines = { 0 };
	struct stat st;
	char *line;

	if (ct_sys_newfstatat(AT_FDCWD, "/proc/thread-self/ns/cgroup", &st, 0) == 0)
		info->in_namespace = st.st_ino != HOST_CGROUP_NS;
	lines.fd = ct_fd_up(
		ct_sys_openat(AT_FDCWD, "/proc/thread-self/cgroup", O_RDONLY | O_CLOEXEC, 0));
	if (lines.fd < 0)
		return;
	while (ct_lines_next(&lines, &line) > 0)
		if (!strcmp(line, "0::/"))
			info->is_namespace_root = 1;
	ct_sys_close(lines.fd);
	free(lines.buf);
}

int contain_cgroup_discover(contain_cgroup_info **ret_info, contain_error **reterr)
{
	const char *op = "discover";
	struct contain_cgroup_info *info;

	if (!ret_info)
		return ct_group_fail(reterr, -EINVAL, op, "ret_info", "is NULL");
	info = calloc(1, sizeof(*info));
	if (!info || ct_facts_get(&info->facts) < 0) {
		free(info);
		return ct_group_fail(reterr, -ENOMEM, op, "", NULL);
	}
	list_controllers(info);
	tell_why(info);
	look_at_namespace(info);
	*ret_info = info;
	return 0;
}

void contain_cgroup_info_free(contain_cgroup_info *info)
{
	free(info);
}

int contain_cgroup_info_mode(const contain_cgroup_info *info)
{
	return info ? info->facts.cgroup_mode : CONTAIN_CGROUP_MODE_NONE;
}

const char *contain_cgroup_info_mount(const contain_cgroup_info *info)
{
	return info ? info->facts.v2_mount : "";
}

const char *contain_cgroup_info_own_group(const contain_cgroup_info *info)
{
	return info ? info->facts.own_group : "";
}

static int find(const char *controller)
{
	for (unsigned i = 0; controller && ct_controller_name(i); i++)
		if (!strcmp(ct_controller_name(i), controller))
			return (int)i;
	return -EINVAL;
}

int contain_cgroup_info_held(const contain_cgroup_info *info, const char *controller)
{
	int i = info ? find(controller) : -EINVAL;

	if (i < 0)
		return i;
	return info->facts.held[i] == CT_HELD_V2 ? 2 : info->facts.held[i] == CT_HELD_V1;
}

const char *contain_cgroup_info_controller_mount(const contain_cgroup_info *info,
						 const char *controller)
{
	switch (contain_cgroup_info_held(info, controller)) {
	case 2:
		return info->facts.v2_mount;
	case 1:
		return info->facts.v1_mount[find(controller)];
	default:
		return "";
	}
}

const char *contain_cgroup_info_delegated_group(const contain_cgroup_info *info)
{
	return info ? info->facts.delegated : "";
}

const char *contain_cgroup_info_delegated_controllers(const contain_cgroup_info *info)
{
	return info ? info->controllers : "";
}

const char *contain_cgroup_info_why(const contain_cgroup_info *info)
{
	return info ? info->why : "";
}

int contain_cgroup_info_nsdelegate(const contain_cgroup_info *info)
{
	return info && info->facts.v2_nsdelegate;
}

int contain_cgroup_info_in_namespace(const contain_cgroup_info *info)
{
	return info && info->in_namespace;
}

int contain_cgroup_info_is_namespace_root(const contain_cgroup_info *info)
{
	return info && info->is_namespace_root;
}

/* ---- a group that somebody has handed over ------------------------------ */

static int check_writable(int fd, const char *op, const char *file, contain_error **reterr)
{
	char hint[160];
	struct stat st;
	int r = ct_sys_faccessat2(fd, file, strcmp(file, ".") ? W_OK : W_OK | X_OK, AT_EACCESS);

	if (r == 0)
		return 0;
	if (r == -ENOENT)
		return ct_group_fail(reterr, -ENODEV, op, file, ct_group_hint(-ENODEV));
	if (r != -EACCES || ct_sys_newfstatat(fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return ct_group_fail(reterr, r, op, file, ct_group_hint(r));
	snprintf(hint, sizeof(hint),
		 "it belongs to user %u and has the mode %04o: contain_cgroup_delegate() by who "
		 "owns it gives it away",
		 st.st_uid, st.st_mode & 07777);
	return ct_group_fail(reterr, r, op, file, hint);
}

int contain_cgroup_check_delegated(int group_fd, contain_error **reterr)
{
	static const char *const files[] = { ".", "cgroup.procs", "cgroup.subtree_control" };
	const char *op = "check-delegated";
	char pids[100], hint[300];
	int r = ct_group_check_arg(reterr, op, "group_fd", group_fd);
	ssize_t n;

	for (int i = 0; i < 3 && r == 0; i++)
		r = check_writable(group_fd, op, files[i], reterr);
	if (r < 0)
		return r;
	r = contain_cgroup_type(group_fd, reterr);
	if (r < 0 || r == CONTAIN_CGROUP_ROOT)
		return r < 0 ? r : 0;
	if (r == CONTAIN_CGROUP_THREADED || r == CONTAIN_CGROUP_DOMAIN_INVALID)
		return ct_group_fail(reterr, -EOPNOTSUPP, op, "cgroup.type",
				     "it lies in a threaded subtree: groups below it take threads "
				     "and no processes");
	n = ct_group_read(group_fd, "cgroup.procs", pids, 2);
	if (n < 0)
		return ct_group_fail(reterr, (int)n, op, "cgroup.procs", ct_group_hint((int)n));
	if (n == 0)
		return 0;
	ct_group_pids(group_fd, "cgroup.procs", pids, sizeof(pids));
	snprintf(hint, sizeof(hint),
		 "no-internal-process rule: a group with processes of its own (pid %s) cannot hand "
		 "controllers down; contain_cgroup_enable_below() can move them to a group below "
		 "it",
		 pids);
	return ct_group_fail(reterr, -EBUSY, op, "cgroup.procs", hint);
}
