/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clone(2), openat2(2), pidfd_open(2), close_range(2), and the calls of the mount API */
#include "report.h"

#include "kernel.h"

#include <limits.h>
#include <string.h>

/*
 * The kernel looks at the flags first (EINVAL for one that it does not know), then at everything
 * that it needs for the child, and last at the descriptor of the group, which is bad (EBADF).
 */
static int try_clone_flags(uint64_t flags)
{
	struct clone_args args;
	int pidfd = -1, r;

	memset(&args, 0, sizeof(args));
	args.flags = flags | CLONE_INTO_CGROUP;
	args.pidfd = flags & CLONE_PIDFD ? (uintptr_t)&pidfd : 0;
	args.cgroup = INT_MAX;
	r = ct_sys_clone3(&args, sizeof(args));
	if (r == 0) /* no kernel does that; if one did, this would be a copy of the caller */
		ct_sys_exit_group(0);
	return r == -EBADF ? 0 : r < 0 ? r : -EIO;
}

static void probe_clone(struct ct_survey *s)
{
	int r = ct_probe_clone3();

	ct_by_errno(s, CONTAIN_FEATURE_CLONE3, r);
	ct_by_errno(s, CONTAIN_FEATURE_CLONE_INTO_CGROUP, r < 0 ? r : try_clone_flags(0));
	ct_by_errno(s, CONTAIN_FEATURE_CLONE_CLEAR_SIGHAND,
		    r < 0 ? r : try_clone_flags(CLONE_CLEAR_SIGHAND));
	ct_by_errno(s, CONTAIN_FEATURE_CLONE_PIDFD, r < 0 ? r : try_clone_flags(CLONE_PIDFD));
}

static int try_openat2(void)
{
	struct open_how how;
	int fd;

	memset(&how, 0, sizeof(how));
	how.flags = O_PATH | O_CLOEXEC;
	how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
	fd = ct_sys_openat2(AT_FDCWD, "/", &how, sizeof(how));
	if (fd >= 0)
		ct_sys_close(fd);
	return fd;
}

/* Calls that want CAP_SYS_ADMIN before anything else. */
static void needs_admin(struct ct_survey *s, uint32_t feature, int probed, int tried)
{
	if (probed < 0)
		ct_by_errno(s, feature, probed);
	else
		ct_by_try(s, &s->own, feature, tried);
}

static void probe_mount_api(struct ct_survey *s)
{
	/* "unknown flag" means that the call is there, too */
	int moved = s->own.beneath == -EINVAL ? 0 : s->own.beneath;

	needs_admin(s, CONTAIN_FEATURE_FSOPEN, ct_probe_fsopen(), s->own.fsopen);
	ct_by_errno(s, CONTAIN_FEATURE_FSCONFIG, ct_probe_fsconfig());
	needs_admin(s, CONTAIN_FEATURE_FSMOUNT, ct_probe_fsmount(), s->own.fsmount);
	ct_by_errno(s, CONTAIN_FEATURE_OPEN_TREE, ct_probe_open_tree());
	needs_admin(s, CONTAIN_FEATURE_MOVE_MOUNT, ct_probe_move_mount(), moved);
	ct_by_errno(s, CONTAIN_FEATURE_MOUNT_SETATTR, ct_probe_mount_setattr());
	ct_by_errno(s, CONTAIN_FEATURE_OPEN_TREE_ATTR, ct_probe_open_tree_attr());
	ct_by_errno(s, CONTAIN_FEATURE_STATMOUNT, ct_probe_statmount());
	ct_by_errno(s, CONTAIN_FEATURE_LISTMOUNT, ct_probe_listmount());
}

static void probe_pidfd(struct ct_survey *s)
{
	struct ct_pidfd_info info;
	int ns, r, fd = ct_sys_pidfd_open(ct_sys_getpid(), 0);

	ct_by_errno(s, CONTAIN_FEATURE_PIDFD_OPEN, fd);
	ns = fd < 0 ? fd : ct_sys_ioctl(fd, CT_PIDFD_GET_MNT_NAMESPACE, NULL);
	ct_by_errno(s, CONTAIN_FEATURE_PIDFD_NAMESPACE, ns);
	memset(&info, 0, sizeof(info));
	r = fd < 0 ? fd : ct_sys_ioctl(fd, CT_PIDFD_GET_INFO, &info);
	ct_by_errno(s, CONTAIN_FEATURE_PIDFD_INFO, r);
	if (r < 0)
		ct_by_errno(s, CONTAIN_FEATURE_PIDFD_INFO_EXIT, r);
	else if (s->own.clone < 0)
		ct_by_try(s, &s->plain, CONTAIN_FEATURE_PIDFD_INFO_EXIT, s->plain.exit_info);
	else
		ct_by_errno(s, CONTAIN_FEATURE_PIDFD_INFO_EXIT, s->own.exit_info);
	if (ns >= 0)
		ct_sys_close(ns);
	if (fd >= 0)
		ct_sys_close(fd);
}

void ct_probe_calls(struct ct_survey *s)
{
	probe_clone(s);
	ct_by_errno(s, CONTAIN_FEATURE_OPENAT2, try_openat2());
	probe_mount_api(s);
	probe_pidfd(s);
	/* no descriptor has that number */
	ct_by_errno(s, CONTAIN_FEATURE_CLOSE_RANGE,
		    ct_sys_close_range(UINT_MAX, UINT_MAX, CLOSE_RANGE_CLOEXEC));
}
