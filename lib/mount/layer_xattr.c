/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes and contents. */
#include "feature/feature.h"
#include "layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

const char *ct_layer_prefix(uint32_t flags)
{
	if (flags & CONTAIN_LAYER_USERXATTR)
		return "user.overlay.";
	if (flags & CONTAIN_LAYER_TRUSTED)
		return "trusted.overlay.";
	return ct_in_user_ns() ? "user.overlay." : "trusted.overlay.";
}

int ct_layer_xattr(int fd, const char *prefix, const char *name, char *buf, size_t size)
{
	char full[64];
	ssize_t n;

	snprintf(full, sizeof(full), "%s%s", prefix, name);
	n = ct_sys_fgetxattr(fd, full, buf, size - 1);
	if (n == -ENODATA || n == -EOPNOTSUPP)
		n = 0;
	buf[n > 0 ? n : 0] = 0;
	return (int)n;
}

int ct_layer_has(int fd, const char *prefix, const char *name)
{
	char full[64];
	ssize_t n;

	snprintf(full, sizeof(full), "%s%s", prefix, name);
	n = ct_sys_fgetxattr(fd, full, NULL, 0);
	return n >= 0 ? 1 : n == -ENODATA || n == -EOPNOTSUPP ? 0 : (int)n;
}

int ct_layer_open_file(int dir_fd, const char *name, const struct stat *st)
{
	struct stat now;
	int err, fd = ct_walk_pin(dir_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return fd;
	err = ct_sys_newfstatat(fd, "", &now, AT_EMPTY_PATH);
	if (!err && (now.st_dev != st->st_dev || now.st_ino != st->st_ino))
		err = -ESTALE;
	if (!err)
		return fd;
	ct_sys_close(fd);
	return err;
}

int ct_layer_redirect_ok(const char *s)
{
	int absolute = *s == '/';

	if (!*s || (!absolute && strchr(s, '/')))
		return 0;
	s += absolute;
	for (;;) {
		size_t n = strcspn(s, "/");

		if (n == 0 || n > 255 || (n == 1 && s[0] == '.') ||
		    (n == 2 && s[0] == '.' && s[1] == '.'))
			return 0;
		if (!s[n])
			return 1;
		s += n + 1;
	}
}

int ct_layer_is_whiteout(int dir_fd, const char *name, const struct stat *st, const char *prefix,
			 int marked)
{
	int r, fd;

	if (S_ISCHR(st->st_mode))
		return st->st_rdev == makedev(0, 0);
	if (!marked || !S_ISREG(st->st_mode) || st->st_size)
		return 0;
	fd = ct_layer_open_file(dir_fd, name, st);
	if (fd < 0)
		return fd;
	r = ct_layer_has(fd, prefix, "whiteout");
	ct_sys_close(fd);
	return r;
}

/* ---- contents ---- */

static ssize_t read_full(int fd, char *buf, size_t size)
{
	size_t at = 0;

	while (at < size) {
		ssize_t n = ct_sys_read(fd, buf + at, size - at);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return n;
		if (n == 0)
			break;
		at += (size_t)n;
	}
	return (ssize_t)at;
}

int ct_layer_same_data(int a, int b)
{
	const size_t size = 65536;
	char *buf = malloc(2 * size);
	int r = 1;

	if (!buf)
		return -ENOMEM;
	while (r == 1) {
		ssize_t na = read_full(a, buf, size), nb;

		if (na < 0) {
			r = (int)na;
			break;
		}
		nb = read_full(b, buf + size, size);
		if (nb < 0)
			r = (int)nb;
		else if (na != nb || memcmp(buf, buf + size, (size_t)na) != 0)
			r = 0;
		else if ((size_t)na < size)
			break;
	}
	free(buf);
	return r;
}

static int of_overlay(const char *name)
{
	return !strncmp(name, "trusted.overlay.", 16) || !strncmp(name, "user.overlay.", 13);
}

static int count(const char *list, ssize_t n)
{
	int c = 0;

	for (const char *s = list; s < list + n; s += strlen(s) + 1)
		c += !of_overlay(s);
	return c;
}

/* list: what a has; value: two buffers of CT_XATTR_MAX */
static int same_values(int a, int b, const char *list, ssize_t n, char *value)
{
	for (const char *s = list; s < list + n; s += strlen(s) + 1) {
		ssize_t na, nb;

		if (of_overlay(s))
			continue;
		na = ct_sys_fgetxattr(a, s, value, CT_XATTR_MAX);
		if (na < 0)
			return (int)na;
		nb = ct_sys_fgetxattr(b, s, value + CT_XATTR_MAX, CT_XATTR_MAX);
		if (nb == -ENODATA)
			return 0;
		if (nb < 0)
			return (int)nb;
		if (na != nb || memcmp(value, value + CT_XATTR_MAX, (size_t)na) != 0)
			return 0;
	}
	return 1;
}

int ct_layer_same_xattrs(int a, int b)
{
	char *list = malloc(4 * (size_t)CT_XATTR_MAX);
	ssize_t na, nb;
	int r;

	if (!list)
		return -ENOMEM;
	na = ct_sys_flistxattr(a, list, CT_XATTR_MAX);
	nb = ct_sys_flistxattr(b, list + CT_XATTR_MAX, CT_XATTR_MAX);
	na = na == -EOPNOTSUPP ? 0 : na;
	nb = nb == -EOPNOTSUPP ? 0 : nb;
	if (na < 0 || nb < 0)
		r = (int)(na < 0 ? na : nb);
	else if (count(list, na) != count(list + CT_XATTR_MAX, nb))
		r = 0;
	else
		r = same_values(a, b, list, na, list + 2 * (size_t)CT_XATTR_MAX);
	free(list);
	return r;
}
