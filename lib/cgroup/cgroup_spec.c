/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"
#include "group_files.h"
#include "plan/spec.h"

#include <contain/resources.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ".." could lead out of what was delegated; a newline forges lines of /proc/PID/cgroup. */
static int check_path(container_spec *spec, const char *field, const char *path)
{
	const char *p = path;

	if (strlen(path) >= PATH_MAX)
		return ct_spec_fail(spec, -ENAMETOOLONG, field, "is longer than %d bytes",
				    PATH_MAX - 1);
	if (strchr(path, '\n'))
		return ct_spec_fail(spec, -EINVAL, field, "holds a newline");
	while (*p) {
		size_t n = strcspn(p, "/");

		if (n == 2 && !strncmp(p, "..", 2))
			return ct_spec_fail(spec, -EINVAL, field, "holds \"..\"");
		p += n;
		p += *p == '/';
	}
	return 0;
}

/* Below a given directory the path can come from elsewhere: it may not lead out of it. */
static int open_parent(int dirfd, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS |
			   (dirfd == AT_FDCWD ? 0 : RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS),
	};

	if (!*path)
		return ct_sys_fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
	return ct_sys_openat2(dirfd, path, &how, sizeof(how));
}

static int fail_open(container_spec *spec, const char *field, int err)
{
	const char *why = "there is no such directory, or no permission";

	if (err == -EBADF)
		return ct_spec_fail(spec, err, field, "its directory fd is not open");
	if (err == -EXDEV || err == -ELOOP)
		why = "it leads out of the directory that it starts from, or through a symlink";
	return ct_spec_fail(spec, err == -ENOMEM ? err : -EINVAL, field, "%s", why);
}

/* What an fd means cannot change any more: its path and identity are taken now. */
static int pin(container_spec *spec, const char *field, struct ct_host_path *ret, int dirfd,
	       const char *path)
{
	struct statfs fs;
	struct stat st;
	int r, fd = open_parent(dirfd, path);

	if (fd < 0)
		return fail_open(spec, field, fd);
	r = ct_sys_fstatfs(fd, &fs);
	if (!r)
		r = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (r < 0 || fs.f_type != CGROUP2_SUPER_MAGIC || !S_ISDIR(st.st_mode))
		r = ct_spec_fail(spec, -EINVAL, field,
				 "is not a directory of a cgroup2 file system");
	else
		r = ct_spec_host_path(spec, field, fd, "", ret);
	ct_sys_close(fd);
	return r;
}

/* A directory on a cgroup2 file system, as an absolute path or pinned. */
static int set_group(container_spec *spec, const char *field, int dirfd, const char *path,
		     size_t at)
{
	struct ct_host_path new = { 0 }, *to;
	char *p;
	int r = ct_spec_part(spec, CT_MODULE_CGROUP, field, &p);

	if (r < 0)
		return r;
	if (!path)
		return ct_spec_fail(spec, -EINVAL, field, "is NULL");
	if (dirfd < 0 && dirfd != AT_FDCWD)
		return ct_spec_fail(spec, -EBADF, field, "%d is not an open file descriptor",
				    dirfd);
	if (dirfd == AT_FDCWD && !*path)
		return ct_spec_fail(spec, -EINVAL, field, "is empty");
	if (dirfd != AT_FDCWD && *path == '/')
		return ct_spec_fail(spec, -EINVAL, field,
				    "is absolute, and a directory to start from is given too");
	r = check_path(spec, field, path);
	if (r < 0)
		return r;
	if (*path != '/')
		r = pin(spec, field, &new, dirfd, path);
	else
		r = ct_spec_host_path(spec, field, dirfd, path, &new);
	if (r < 0)
		return r;
	to = (struct ct_host_path *)(p + at);
	free(to->path);
	*to = new;
	return 0;
}

int container_spec_set_cgroup_parent(container_spec *spec, int dirfd, const char *path)
{
	return set_group(spec, "cgroup_parent", dirfd, path,
			 offsetof(struct ct_cgroup_part, parent));
}

int container_spec_set_cgroup(container_spec *spec, int dirfd, const char *path)
{
	return set_group(spec, "cgroup", dirfd, path, offsetof(struct ct_cgroup_part, place));
}

int container_spec_set_cgroup_delegate(container_spec *spec, int on)
{
	return ct_spec_flag(spec, CT_MODULE_CGROUP, "cgroup_delegate", on,
			    offsetof(struct ct_cgroup_part, delegate));
}

int container_spec_set_devices(container_spec *spec, const contain_devices *devices)
{
	contain_devices *copy = NULL;
	struct ct_cgroup_part *p;
	int r = ct_spec_part(spec, CT_MODULE_CGROUP, "devices", &p);

	if (r < 0)
		return r;
	r = devices ? contain_devices_copy(devices, &copy) : 0;
	if (r < 0)
		return ct_spec_fail(spec, r, "devices", "out of memory");
	contain_devices_free(p->devices);
	p->devices = copy;
	return 0;
}

int container_spec_set_limits(container_spec *spec, const contain_limits *limits)
{
	const char *field = "limits", *why = "is NULL";
	struct ct_cgroup_part *p;
	int r = ct_spec_part(spec, CT_MODULE_CGROUP, field, &p);

	if (r < 0)
		return r;
	r = limits ? ct_limits_check(limits, &field, &why) : -EINVAL;
	if (r < 0)
		return ct_spec_fail(spec, r, field, "%s", why);
	r = contain_limits_merge(&p->limits, limits);
	return r < 0 ? ct_spec_fail(spec, r, field, "out of memory") : 0;
}

int container_spec_set_memory_max(container_spec *spec, uint64_t bytes)
{
	const char *why = "is over the kernel's 2^63 - 1";
	struct ct_cgroup_part *p;
	int r = ct_spec_part(spec, CT_MODULE_CGROUP, "memory_max", &p);

	if (r < 0)
		return r;
	if (!bytes)
		return ct_spec_fail(spec, -EINVAL, "memory_max", "is 0: nothing could run");
	r = bytes > INT64_MAX ? -EINVAL : ct_limits_put_memory_max(&p->limits, bytes, &why);
	return r < 0 ? ct_spec_fail(spec, r, "memory_max", "%s", why) : 0;
}

int container_spec_set_pids_max(container_spec *spec, uint64_t pids)
{
	const char *why = "is over the kernel's 4194304"; /* PID_MAX_LIMIT of a 64-bit kernel */
	struct ct_cgroup_part *p;
	int r = ct_spec_part(spec, CT_MODULE_CGROUP, "pids_max", &p);

	if (r < 0)
		return r;
	if (!pids)
		return ct_spec_fail(spec, -EINVAL, "pids_max", "is 0: nothing could run");
	r = pids == UINT64_MAX ? -EINVAL : ct_limits_put_pids_max(&p->limits, pids, &why);
	return r < 0 ? ct_spec_fail(spec, r, "pids_max", "%s", why) : 0;
}

int container_spec_set_cpu_max(container_spec *spec, uint64_t quota_usec, uint64_t period_usec)
{
	const char *why = "has no quota: that is no limit";
	struct ct_cgroup_part *p;
	int r = ct_spec_part(spec, CT_MODULE_CGROUP, "cpu_max", &p);

	if (r < 0)
		return r;
	r = quota_usec == UINT64_MAX ?
		    -EINVAL :
		    ct_limits_put_cpu_max(&p->limits, quota_usec, period_usec, &why);
	return r < 0 ? ct_spec_fail(spec, r, "cpu_max", "%s", why) : 0;
}
