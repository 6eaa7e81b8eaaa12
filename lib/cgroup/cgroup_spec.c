/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"
#include "group_files.h"
#include "plan/spec.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define PIDS_MOST (4LL << 20)	     /* PID_MAX_LIMIT of a 64-bit kernel */
#define QUOTA_MOST ((1LL << 44) - 1) /* of the kernel's scheduler */
#define CPU_LEAST 1000
#define PERIOD_MOST 1000000

static const char field_parent[] = "cgroup_parent";

/* ".." could lead out of what was delegated; a newline forges lines of /proc/PID/cgroup. */
static int check_path(container_spec *spec, const char *path)
{
	const char *p = path;

	if (strlen(path) >= PATH_MAX)
		return ct_spec_fail(spec, -ENAMETOOLONG, field_parent, "is longer than %d bytes",
				    PATH_MAX - 1);
	if (strchr(path, '\n'))
		return ct_spec_fail(spec, -EINVAL, field_parent, "holds a newline");
	while (*p) {
		size_t n = strcspn(p, "/");

		if (n == 2 && !strncmp(p, "..", 2))
			return ct_spec_fail(spec, -EINVAL, field_parent, "holds \"..\"");
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

static int fail_open(container_spec *spec, int err)
{
	const char *why = "there is no such directory, or no permission";

	if (err == -EBADF)
		return ct_spec_fail(spec, err, field_parent, "its directory fd is not open");
	if (err == -EXDEV || err == -ELOOP)
		why = "it leads out of the directory that it starts from, or through a symlink";
	return ct_spec_fail(spec, err == -ENOMEM ? err : -EINVAL, field_parent, "%s", why);
}

/* What an fd means cannot change any more: its path and identity are taken now. */
static int pin(container_spec *spec, struct ct_host_path *ret, int dirfd, const char *path)
{
	struct statfs fs;
	struct stat st;
	int r, fd = open_parent(dirfd, path);

	if (fd < 0)
		return fail_open(spec, fd);
	r = ct_sys_fstatfs(fd, &fs);
	if (!r)
		r = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (r < 0 || fs.f_type != CGROUP2_SUPER_MAGIC || !S_ISDIR(st.st_mode))
		r = ct_spec_fail(spec, -EINVAL, field_parent,
				 "is not a directory of a cgroup2 file system");
	else
		r = ct_spec_host_path(spec, field_parent, fd, "", ret);
	ct_sys_close(fd);
	return r;
}

int container_spec_set_cgroup_parent(container_spec *spec, int dirfd, const char *path)
{
	struct ct_host_path new = { 0 };
	struct ct_cgroup_part *p;
	int r = ct_spec_part(spec, CT_MODULE_CGROUP, field_parent, &p);

	if (r < 0)
		return r;
	if (!path)
		return ct_spec_fail(spec, -EINVAL, field_parent, "is NULL");
	if (dirfd < 0 && dirfd != AT_FDCWD)
		return ct_spec_fail(spec, -EBADF, field_parent, "%d is not an open file descriptor",
				    dirfd);
	if (dirfd == AT_FDCWD && !*path)
		return ct_spec_fail(spec, -EINVAL, field_parent, "is empty");
	if (dirfd != AT_FDCWD && *path == '/')
		return ct_spec_fail(spec, -EINVAL, field_parent,
				    "is absolute, and a directory to start from is given too");
	r = check_path(spec, path);
	if (r < 0)
		return r;
	if (*path != '/')
		r = pin(spec, &new, dirfd, path);
	else
		r = ct_spec_host_path(spec, field_parent, dirfd, path, &new);
	if (r < 0)
		return r;
	free(p->parent.path);
	p->parent = new;
	return 0;
}

int container_spec_set_memory_max(container_spec *spec, uint64_t bytes)
{
	struct ct_cgroup_part *p;
	int r = ct_spec_part(spec, CT_MODULE_CGROUP, "memory_max", &p);

	if (r < 0)
		return r;
	if (!bytes)
		return ct_spec_fail(spec, -EINVAL, "memory_max", "is 0: nothing could run");
	if (bytes > INT64_MAX)
		return ct_spec_fail(spec, -EINVAL, "memory_max", "is over the kernel's 2^63 - 1");
	p->memory_max = bytes;
	return 0;
}

int container_spec_set_pids_max(container_spec *spec, uint64_t pids)
{
	struct ct_cgroup_part *p;
	int r = ct_spec_part(spec, CT_MODULE_CGROUP, "pids_max", &p);

	if (r < 0)
		return r;
	if (!pids)
		return ct_spec_fail(spec, -EINVAL, "pids_max", "is 0: nothing could run");
	if (pids > PIDS_MOST)
		return ct_spec_fail(spec, -EINVAL, "pids_max", "is over the kernel's %lld",
				    PIDS_MOST);
	p->pids_max = pids;
	return 0;
}

int container_spec_set_cpu_max(container_spec *spec, uint64_t quota_usec, uint64_t period_usec)
{
	struct ct_cgroup_part *p;
	int r = ct_spec_part(spec, CT_MODULE_CGROUP, "cpu_max", &p);

	if (r < 0)
		return r;
	if (period_usec < CPU_LEAST || period_usec > PERIOD_MOST)
		return ct_spec_fail(spec, -EINVAL, "cpu_max",
				    "the period is not between %d and %d microseconds", CPU_LEAST,
				    PERIOD_MOST);
	if (quota_usec < CPU_LEAST || quota_usec > QUOTA_MOST)
		return ct_spec_fail(spec, -EINVAL, "cpu_max",
				    "the quota is not between %d and %lld microseconds", CPU_LEAST,
				    QUOTA_MOST);
	p->cpu_quota = quota_usec;
	p->cpu_period = period_usec;
	return 0;
}
