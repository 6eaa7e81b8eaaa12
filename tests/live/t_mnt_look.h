/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of mount tables share: mounts by the plain system calls, and comparisons. */
#ifndef T_MNT_LOOK_H
#define T_MNT_LOOK_H

#include "t_ns.h"

#include <stdarg.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

static const char *ml_base; /* a tmpfs of the test's own */

static inline void ml_mount(const char *source, const char *target, const char *type,
			    unsigned long flags, const char *data)
{
	T_CHECK(mount(source, target, type, flags, data) == 0, "%s: %m", target);
}

/* In a mount namespace of its own, and, as a user, a user namespace. */
static inline void ml_enter(void)
{
	unsigned int uid = geteuid(), gid = getegid();
	contain_error *e = NULL;

	ml_base = t_tmpdir();
	tn_fine(contain_ns_unshare(tn_with(CONTAIN_NS_MNT), &e), e);
	if (uid)
		tn_fine(contain_ns_map_self(0, 0, uid, gid, &e), e);
	ml_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	ml_mount("base", ml_base, "tmpfs", 0, "mode=755");
}

__attribute__((format(printf, 1, 2))) static inline char *ml(const char *fmt, ...)
{
	char name[8192];
	va_list args;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	return t_fmt("%s/%s", ml_base, name);
}

/* A directory below the base; its path. */
static inline char *ml_dir(const char *name)
{
	char *path = ml("%s", name);

	if (mkdir(path, 0755))
		T_CHECK(errno == EEXIST, "%s: %m", path);
	return path;
}

static inline char *ml_tmpfs(const char *name, unsigned long flags, const char *data)
{
	char *path = ml_dir(name);

	ml_mount("t", path, "tmpfs", flags, data);
	return path;
}

static inline char *ml_bind(const char *from, const char *name)
{
	char *path = ml_dir(name);

	ml_mount(from, path, NULL, MS_BIND, NULL);
	return path;
}

static inline void ml_set(const char *path, unsigned long flags)
{
	ml_mount(NULL, path, NULL, flags, NULL);
}

/* ---- tables ---- */

static inline contain_mount_table *ml_take(int fd, uint32_t flags)
{
	contain_mount_table *t = NULL;
	contain_error *e = NULL;

	tn_fine(contain_mount_table_take(fd, flags, &t, &e), e);
	return t;
}

/* NULL: this kernel has not all of statmount(2). */
static inline contain_mount_table *ml_statmount(int fd)
{
	contain_mount_table *t = NULL;
	contain_error *e = NULL;
	int r = contain_mount_table_take(fd, CONTAIN_MOUNT_TABLE_STATMOUNT, &t, &e);

	T_CHECK(r == 0 || r == -EOPNOTSUPP, "%s", contain_error_message(e));
	if (r < 0)
		T_CHECK(!strncmp(contain_error_object(e), "unsupported: ", 13));
	contain_error_free(e);
	return t;
}

#define ML_LINE 65536

/* Everything but the unique id, as one text. */
static inline void ml_line(const contain_mount_table *t, int i, char *line)
{
	uint32_t major = 0, minor = 0;

	contain_mount_table_device(t, i, &major, &minor);
	snprintf(line, ML_LINE, "%d %d %d %u:%u [%s] [%s] [%s] [%s] [%s] [%s] %x %x %u %u %u",
		 contain_mount_table_id(t, i), contain_mount_table_parent(t, i),
		 contain_mount_table_parent_id(t, i), major, minor, contain_mount_table_root(t, i),
		 contain_mount_table_target(t, i), contain_mount_table_type(t, i),
		 contain_mount_table_source(t, i), contain_mount_table_options(t, i),
		 contain_mount_table_super_options(t, i), contain_mount_table_attributes(t, i),
		 contain_mount_table_propagation(t, i), contain_mount_table_peer_group(t, i),
		 contain_mount_table_master(t, i), contain_mount_table_propagate_from(t, i));
}

static inline void ml_same(const contain_mount_table *a, const contain_mount_table *b,
			   const char *what)
{
	static char x[ML_LINE], y[ML_LINE];

	ck_assert_int_eq(contain_mount_table_count(a), contain_mount_table_count(b));
	for (int i = 0; i < contain_mount_table_count(a); i++) {
		uint64_t u = contain_mount_table_unique_id(a, i);
		uint64_t v = contain_mount_table_unique_id(b, i);

		ml_line(a, i, x);
		ml_line(b, i, y);
		T_CHECK(!strcmp(x, y), "%s:\n%s\n%s", what, x, y);
		T_CHECK(!u || !v || u == v, "%s: %s", what, x);
	}
}

static inline int ml_at(const contain_mount_table *t, const char *path)
{
	int i = contain_mount_table_find_target(t, path);

	T_CHECK(i >= 0, "nothing is mounted on %s", path);
	return i;
}

#endif
