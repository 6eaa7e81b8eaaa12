/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act.h"
#include "feature/kernel.h"
#include "feature/mounts.h"
#include "mount.h"
#include "sys/fd.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif
#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000u
#endif
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000u /* Linux 6.8 */
#endif

const char ct_mount_no_rights[] =
	"needs CAP_SYS_ADMIN in the user namespace that owns the caller's mount namespace";

void ct_mount_say(struct ct_mount_why *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->hint, sizeof(why->hint), fmt, ap);
	va_end(ap);
}

static const char *hint_of(int err)
{
	switch (err) {
	case -EPERM:
		return ct_has_capability(CAP_SYS_ADMIN) ?
			       "the caller has CAP_SYS_ADMIN, but not in the user namespace that "
			       "owns its mount namespace, or a security module refuses" :
			       ct_mount_no_rights;
	case -ENOSPC:
		return "the mount namespace is full: fs.mount-max";
	case -EAGAIN:
		return "names on the way were exchanged all the time";
	case -EBADF:
		return "is not an open fd";
	}
	return NULL;
}

int ct_mount_fail(contain_error **reterr, int err, const char *op, const char *object,
		  const char *hint)
{
	/* whoever has another way, or knows the call, has said so before */
	if (err == -ENOSYS) {
		err = -EOPNOTSUPP;
		hint = "unsupported: a system call of Linux 5.15, such as statx: a seccomp filter "
		       "may refuse it";
	}
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object ? object : "",
			       hint && *hint ? hint : hint_of(err));
}

int ct_mount_failed(contain_error **reterr, const char *op, const char *object,
		    const struct ct_mount_why *why)
{
	return ct_mount_fail(reterr, why->err, op, *why->object ? why->object : object, why->hint);
}

int ct_mount_unsupported(contain_error **reterr, const char *op, const char *object,
			 const char *call)
{
	char hint[200];

	snprintf(hint, sizeof(hint),
		 "unsupported: %s: the kernel, or a seccomp filter, does not have it", call);
	return ct_mount_fail(reterr, -EOPNOTSUPP, op, object, hint);
}

const char *ct_mount_bad_attributes(uint32_t attributes)
{
	if (attributes & ~CT_MOUNT_ATTRS)
		return "an unknown attribute";
	if ((attributes & CT_MOUNT_ATIME) == CT_MOUNT_ATIME)
		return "CONTAIN_MOUNT_NOATIME and CONTAIN_MOUNT_STRICTATIME together";
	return NULL;
}

void ct_mount_attribute_names(uint32_t attributes, char *buf, size_t size)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ CONTAIN_MOUNT_READONLY, "readonly" },
		{ CONTAIN_MOUNT_NOSUID, "nosuid" },
		{ CONTAIN_MOUNT_NODEV, "nodev" },
		{ CONTAIN_MOUNT_NOEXEC, "noexec" },
		{ CONTAIN_MOUNT_NOATIME, "noatime" },
		{ CONTAIN_MOUNT_STRICTATIME, "strictatime" },
		{ CONTAIN_MOUNT_NODIRATIME, "nodiratime" },
		{ CONTAIN_MOUNT_NOSYMFOLLOW, "nosymfollow" },
	};
	size_t at = 0;

	buf[0] = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && at < size; i++)
		if (attributes & names[i].bit)
			at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? ", " : "",
					       names[i].name);
}

int ct_mount_open_path(int dirfd, const char *path)
{
	if (!*path)
		return dirfd >= 0 ? dirfd : -EBADF;
	return ct_fd_up(ct_sys_openat(dirfd, path, O_PATH | O_CLOEXEC, 0));
}

void ct_mount_close_path(int fd, int dirfd)
{
	if (fd >= 0 && fd != dirfd)
		ct_sys_close(fd);
}

/* ---- looking ---- */

static int look(int fd, const char *name, int flags, struct ct_mount_look *ret)
{
	const int how = flags | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;
	struct statx st = { 0 };
	int r = ct_sys_statx(fd, name, how, STATX_TYPE | STATX_MNT_ID, &st);

	if (r < 0)
		return r;
	ret->is_root = (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	ret->is_dir = S_ISDIR(st.stx_mode);
	ret->major = st.stx_dev_major;
	ret->minor = st.stx_dev_minor;
	ret->id = ret->unique_id = st.stx_mask & STATX_MNT_ID ? st.stx_mnt_id : 0;
	memset(&st, 0, sizeof(st));
	r = ct_sys_statx(fd, name, how, STATX_MNT_ID_UNIQUE, &st);
	if (r == 0 && st.stx_mask & STATX_MNT_ID_UNIQUE)
		ret->unique_id = st.stx_mnt_id;
	return r;
}

int ct_mount_look(int fd, struct ct_mount_look *ret)
{
	return look(fd, "", AT_EMPTY_PATH, ret);
}

int ct_mount_look_at(int dir_fd, const char *name, struct ct_mount_look *ret)
{
	return look(dir_fd, name, AT_SYMLINK_NOFOLLOW, ret);
}

int ct_mount_attributes_of(int fd, uint32_t *ret)
{
	static const struct {
		unsigned long bit; /* ST_* of statvfs(3), as the kernel has them */
		uint32_t attribute;
	} map[] = {
		{ 1, CONTAIN_MOUNT_READONLY },	     { 2, CONTAIN_MOUNT_NOSUID },
		{ 4, CONTAIN_MOUNT_NODEV },	     { 8, CONTAIN_MOUNT_NOEXEC },
		{ 1024, CONTAIN_MOUNT_NOATIME },     { 2048, CONTAIN_MOUNT_NODIRATIME },
		{ 8192, CONTAIN_MOUNT_NOSYMFOLLOW },
	};
	const unsigned long relatime = 4096;
	struct statfs fs;
	int r = ct_sys_fstatfs(fd, &fs);

	if (r < 0)
		return r;
	*ret = 0;
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if ((unsigned long)fs.f_flags & map[i].bit)
			*ret |= map[i].attribute;
	if (!((unsigned long)fs.f_flags & relatime) && !(*ret & CONTAIN_MOUNT_NOATIME))
		*ret |= CONTAIN_MOUNT_STRICTATIME;
	return 0;
}

static void read_fields(char *line, struct ct_mount_line *m)
{
	const char *end = strstr(line, " - ");
	const char *shared = strstr(line, " shared:"), *unbindable = strstr(line, " unbindable ");

	m->shared = shared && shared < end;
	m->unbindable = unbindable && unbindable < end;
	m->major = m->minor = 0;
	sscanf(line, "%*u %*u %u:%u", &m->major, &m->minor);
}

int ct_mount_each_line(int (*fn)(const struct ct_mount_line *m, void *arg), void *arg)
{
	struct ct_lines lines = { 0 };
	char *line;
	int r;

	lines.fd = ct_fd_up(
		ct_sys_openat(AT_FDCWD, "/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC, 0));
	if (lines.fd < 0)
		return lines.fd;
	while ((r = ct_lines_next(&lines, &line)) > 0) {
		struct ct_mount_line m;
		struct ct_mount raw;

		read_fields(line, &m);
		if (ct_mount_parse(line, &raw) < 0)
			continue;
		m.id = raw.id;
		m.parent = raw.parent;
		m.point = raw.point;
		m.options = raw.options;
		m.type = raw.type;
		if (fn(&m, arg))
			break;
	}
	ct_sys_close(lines.fd);
	free(lines.buf);
	return r;
}

struct find {
	uint64_t id;
	struct ct_mount_found *ret;
};

static int is_it(const struct ct_mount_line *m, void *arg)
{
	const struct find *f = arg;

	if (m->id != f->id)
		return 0;
	f->ret->parent = m->parent;
	f->ret->shared = m->shared;
	f->ret->unbindable = m->unbindable;
	snprintf(f->ret->point, sizeof(f->ret->point), "%s", m->point);
	snprintf(f->ret->type, sizeof(f->ret->type), "%s", m->type);
	return 1;
}

int ct_mount_find(uint64_t id, struct ct_mount_found *ret)
{
	struct find f = { id, ret };

	return id ? ct_mount_each_line(is_it, &f) : 0;
}
