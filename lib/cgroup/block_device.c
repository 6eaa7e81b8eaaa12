/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which disk a file lies on. */
#include "act.h"
#include "feature/files.h"
#include "feature/mounts.h"
#include "sys/fd.h"

#include <contain/cgroup_io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#define OP "find-block-device"

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_group_fail(reterr, err, OP, object, hint);
}

/* What stands behind a mark. */
static const char *after(const char *line, const char *mark)
{
	const char *p = strstr(line, mark);

	return p ? p + strlen(mark) : NULL;
}

/*
 * What the mount was made from, of a file system whose files are of no device, as those of btrfs
 * are. 0 with the source, or -ENODEV.
 */
static int source_of(uint64_t mnt_id, char *buf, size_t size)
{
	struct ct_lines lines = { .fd = ct_fd_up(ct_sys_openat(AT_FDCWD, "/proc/self/mountinfo",
							       O_RDONLY | O_CLOEXEC, 0)) };
	char *line, *end;
	int r = lines.fd;

	if (r < 0)
		return r == -EMFILE || r == -ENFILE || r == -ENOMEM ? r : -ENODEV;
	while ((r = ct_lines_next(&lines, &line)) > 0)
		if (strtoull(line, &end, 10) == mnt_id && *end == ' ')
			break;
	if (r == 1) {
		const char *source = after(line, " - ");

		source = source ? after(source, " ") : NULL;
		r = -ENODEV;
		if (source && *source == '/' && strcspn(source, " \\") < size) {
			snprintf(buf, size, "%.*s", (int)strcspn(source, " "), source);
			r = strchr(buf, '\\') ? -ENODEV : 0; /* an escape: no node of a disk */
		}
	} else if (r == 0) {
		r = -ENODEV;
	}
	ct_sys_close(lines.fd);
	free(lines.buf);
	return r;
}

static const char *hint_no_disk(int64_t type)
{
	switch (type) {
	case 0x01021994:
		return "it lies in memory (tmpfs), on no disk";
	case 0x794c7630:
		return "it lies on an overlay: name a directory of its layers, upperdir for writes";
	case 0x6969:
	case 0x01021997:
	case 0x65735546:
		return "it lies on a network or user file system, on no disk of this machine";
	default:
		return "its file system is on no disk";
	}
}

/* The device that path is, or lies on: a partition, perhaps. */
static int device_of(int dirfd, const char *path, uint32_t *major, uint32_t *minor,
		     const char **hint)
{
	char source[256];
	struct statfs fs = { 0 };
	struct statx st;
	struct stat node;
	int r, fd = ct_fd_up(ct_sys_openat(dirfd, path, O_PATH | O_CLOEXEC, 0));

	if (fd < 0)
		return fd;
	r = ct_sys_statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &st);
	if (!r)
		r = ct_sys_fstatfs(fd, &fs);
	ct_sys_close(fd);
	if (r < 0)
		return r;
	if (S_ISBLK(st.stx_mode)) {
		*major = st.stx_rdev_major;
		*minor = st.stx_rdev_minor;
		return 0;
	}
	*major = st.stx_dev_major;
	*minor = st.stx_dev_minor;
	if (*major)
		return 0;
	*hint = hint_no_disk(fs.f_type);
	r = st.stx_mask & STATX_MNT_ID ? source_of(st.stx_mnt_id, source, sizeof(source)) : -ENODEV;
	if (r < 0)
		return r;
	r = ct_sys_newfstatat(AT_FDCWD, source, &node, 0);
	if (r < 0 || !S_ISBLK(node.st_mode))
		return -ENODEV;
	*major = major(node.st_rdev);
	*minor = minor(node.st_rdev);
	return 0;
}

/* A partition's disk. 0, or -ENODEV: sysfs does not know the device. */
static int whole_disk(uint32_t *major, uint32_t *minor)
{
	char path[64], text[32];
	unsigned a, b;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition", *major, *minor);
	n = ct_read_once(path, text, sizeof(text));
	if (n == -ENOENT || n == -ENOTDIR) {
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", *major, *minor);
		n = ct_sys_faccessat2(AT_FDCWD, path, F_OK, 0);
		return n == -ENOENT || n == -ENOTDIR ? -ENODEV : (int)n;
	}
	if (n < 0)
		return (int)n;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../dev", *major, *minor);
	n = ct_read_once(path, text, sizeof(text));
	if (n < 0)
		return n == -ENOENT ? -ENODEV : (int)n;
	if (sscanf(text, "%u:%u", &a, &b) != 2)
		return -ENODEV;
	*major = a;
	*minor = b;
	return 0;
}

int contain_block_device(int dirfd, const char *path, uint32_t *ret_major, uint32_t *ret_minor,
			 contain_error **reterr)
{
	const char *hint = NULL;
	uint32_t major = 0, minor = 0;
	int r;

	if (!path || !*path)
		return fail(reterr, -EINVAL, "path", path ? "is empty" : "is NULL");
	if (!ret_major || !ret_minor)
		return fail(reterr, -EINVAL, ret_major ? "ret_minor" : "ret_major", "is NULL");
	r = device_of(dirfd, path, &major, &minor, &hint);
	if (!r) {
		r = whole_disk(&major, &minor);
		hint = r == -ENODEV ? "the disk is gone, or no sysfs is mounted on /sys" : NULL;
	}
	if (r < 0)
		return fail(reterr, r, path, hint);
	*ret_major = major;
	*ret_minor = minor;
	return 0;
}
