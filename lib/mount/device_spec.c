/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device.h"
#include "plan/compile.h"
#include "sys/sys.h"

#include <contain/spec_root.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#define ACCESS (CONTAIN_DEVICE_READ | CONTAIN_DEVICE_WRITE | CONTAIN_DEVICE_MKNOD)
#define FLAGS (ACCESS | CONTAIN_MOUNT_OPTIONAL)

void ct_mount_device_free(struct ct_mount_part *p)
{
	for (size_t i = 0; i < p->ndevices; i++) {
		free(p->device[i].source.path);
		free(p->device[i].target);
	}
	free(p->device);
	free(p->number);
}

/* The node itself, not what it was when it had this name another time. */
static int look(container_spec *spec, int dirfd, const char *path, uint32_t flags, struct stat *st)
{
	int r;

	if (!path)
		return ct_spec_fail(spec, -EINVAL, "device.path", "is NULL");
	r = ct_sys_newfstatat(dirfd, path, st, *path ? 0 : AT_EMPTY_PATH);
	if ((r == -ENOENT || r == -ENOTDIR) && flags & CONTAIN_MOUNT_OPTIONAL)
		return 1;
	if (r == -EBADF)
		return ct_spec_fail(spec, r, "device.path", "its directory fd is not open");
	if (r < 0)
		return ct_spec_fail(spec, r, "device.path", "\"%.100s\" cannot be looked at", path);
	if (!S_ISCHR(st->st_mode) && !S_ISBLK(st->st_mode))
		return ct_spec_fail(spec, -ENODEV, "device.path", "\"%.100s\" is no device node",
				    path);
	return 0;
}

/* In our own /dev a name is resolved from there, so ".." would mean another place. */
static int check_target(container_spec *spec, const struct ct_mount_part *p, const char *target)
{
	int r = ct_mount_check_target(spec, "device.target", target);

	for (const char *at = target; !r && (at = strstr(at, "/..")); at += 3)
		if (!at[3] || at[3] == '/')
			r = ct_spec_fail(spec, -EINVAL, "device.target", "\"%.100s\" holds \"..\"",
					 target);
	for (size_t i = 0; i < p->ndevices && !r; i++)
		if (!strcmp(p->device[i].target, target))
			r = ct_spec_fail(spec, -EINVAL, "device.target",
					 "\"%.100s\" is that of another device", target);
	return r;
}

static int add(container_spec *spec, struct ct_mount_part *p, const struct ct_mount_device *d,
	       const struct ct_device *number)
{
	struct ct_mount_device *more = reallocarray(p->device, p->ndevices + 1, sizeof(*more));
	struct ct_device *numbers;

	if (more)
		p->device = more;
	numbers = more ? reallocarray(p->number, p->ndevices + 1, sizeof(*numbers)) : NULL;
	if (!numbers)
		return ct_spec_fail(spec, -ENOMEM, "device", "out of memory");
	p->number = numbers;
	numbers[p->ndevices] = *number;
	more[p->ndevices++] = *d;
	return 0;
}

int container_spec_add_device(container_spec *spec, int dirfd, const char *path,
			      const char *target, uint32_t flags)
{
	struct ct_mount_device d = { 0 };
	struct ct_device number = { .access = (uint8_t)(flags & ACCESS) };
	struct ct_mount_part *p;
	struct stat st;
	int r = ct_mount_part_of(spec, "device", &p);

	if (r < 0)
		return r;
	if (flags & ~FLAGS)
		return ct_spec_fail(spec, -EINVAL, "device.flags", "unknown flag 0x%x",
				    flags & ~FLAGS);
	r = look(spec, dirfd, path, flags, &st);
	if (r)
		return r < 0 ? r : 0;
	r = ct_spec_host_path(spec, "device.path", dirfd, path, &d.source);
	if (!r)
		r = ct_spec_inner_path(spec, "device.target", target ? target : d.source.path,
				       &d.target);
	if (!r)
		r = check_target(spec, p, d.target);
	d.mode = st.st_mode;
	d.uid = st.st_uid;
	d.gid = st.st_gid;
	d.rdev = st.st_rdev;
	number.major = major(st.st_rdev);
	number.minor = minor(st.st_rdev);
	number.block = S_ISBLK(st.st_mode);
	if (!number.access)
		number.access = CONTAIN_DEVICE_READ | CONTAIN_DEVICE_WRITE;
	if (!r)
		r = add(spec, p, &d, &number);
	if (r < 0) {
		free(d.source.path);
		free(d.target);
	}
	return r;
}
