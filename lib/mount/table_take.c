/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Taking a table: one state of the mounts, in the best of the ways. */
#include "table.h"
#include "plan/error.h"
#include "sys/fd.h"
#include "sys/sys.h"
#include "sys/sys_probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OP "take-mount-table"
#define TRIES 16
#define WAYS (CONTAIN_MOUNT_TABLE_MOUNTINFO | CONTAIN_MOUNT_TABLE_STATMOUNT)

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, OP, object, hint);
}

static int by_mountinfo(struct ct_table_where *w, struct contain_mount_table *t, int fd)
{
	int line = 0, r;
	char *text;

	r = ct_table_slurp(fd, &text, NULL);
	if (r < 0)
		return r;
	r = ct_table_read_mountinfo(t, text, &line);
	free(text);
	if (r == -EINVAL) {
		snprintf(w->text, sizeof(w->text), "line %d of it is not understood", line);
		w->object = "mountinfo";
		w->hint = w->text;
	}
	return r;
}

static int add_stats(struct contain_mount_table *t, int fd)
{
	char *text;
	int r = ct_table_slurp(fd, &text, NULL);

	if (r < 0)
		return r;
	r = ct_table_read_stats(t, text);
	free(text);
	return r;
}

static int read_once(struct ct_table_where *w, uint32_t flags, int fd, int stats,
		     struct contain_mount_table *t)
{
	int r;

	if (flags & CONTAIN_MOUNT_TABLE_STATMOUNT)
		return ct_table_statmount(t, w->ns_id);
	r = by_mountinfo(w, t, fd);
	if (r == 0 && stats >= 0)
		r = add_stats(t, stats);
	if (r == 0 && !(flags & CONTAIN_MOUNT_TABLE_MOUNTINFO) && !w->no_ids)
		r = ct_table_unique_ids(t, w->ns_id);
	return r;
}

int ct_table_take(struct ct_table_where *w, uint32_t flags, int fd, int stats,
		  struct contain_mount_table **ret)
{
	for (int i = 0; i < TRIES; i++) {
		struct contain_mount_table *t = ct_table_new();
		int at, changed, r = t ? ct_table_changed(fd) : -ENOMEM;

		if (r >= 0)
			r = read_once(w, flags, fd, stats, t);
		changed = r < 0 ? 0 : ct_table_changed(fd);
		if (r == 0 && changed == 0)
			r = ct_table_finish(t, &at);
		if (r == 0 && changed == 0) {
			*ret = t;
			return 0;
		}
		contain_mount_table_free(t);
		/* two halves of two states may have an id twice, too */
		if (changed < 0 || (r < 0 && r != -EEXIST && r != -ELOOP && r != -ESTALE))
			return r < 0 ? r : changed;
	}
	w->object = "mountinfo";
	w->hint = "the mounts changed each time that they were read";
	return -EAGAIN;
}

static int check(uint32_t flags, contain_mount_table **ret_table, contain_error **reterr)
{
	if (!ret_table)
		return fail(reterr, -EINVAL, "ret_table", "is NULL");
	if (flags & ~(WAYS | CONTAIN_MOUNT_TABLE_STATS))
		return fail(reterr, -EINVAL, "flags", "an unknown flag");
	if ((flags & WAYS) == WAYS)
		return fail(reterr, -EINVAL, "flags", "MOUNTINFO and STATMOUNT: it is one of them");
	if (flags & CONTAIN_MOUNT_TABLE_STATMOUNT && flags & CONTAIN_MOUNT_TABLE_STATS)
		return fail(reterr, -EINVAL, "flags",
			    "STATMOUNT and STATS: what mountstats says is in no system call");
	return 0;
}

static int open_and_take(struct ct_table_where *w, uint32_t flags, contain_mount_table **ret)
{
	int fd, stats = -1, r;

	if (flags & CONTAIN_MOUNT_TABLE_STATMOUNT && w->no_ids) {
		w->object = "unsupported: statmount(2) of another mount namespace";
		w->hint = "needs Linux 6.13";
		return -EOPNOTSUPP;
	}
	if (flags & CONTAIN_MOUNT_TABLE_STATS && w->fd >= 0 && !w->pid) {
		w->object = "flags";
		w->hint = "STATS is of a process, not of a mount namespace";
		return -EINVAL;
	}
	fd = ct_table_open(w, "mountinfo");
	if (fd < 0)
		return fd;
	if (flags & CONTAIN_MOUNT_TABLE_STATS)
		stats = ct_table_open(w, "mountstats");
	r = stats < -1 ? stats : ct_table_take(w, flags, fd, stats, ret);
	if (stats >= 0)
		ct_sys_close(stats);
	ct_sys_close(fd);
	if (r == -EOPNOTSUPP && !w->object) {
		w->object = "unsupported: statmount(2) of all fields";
		w->hint = "needs Linux 6.13, and a seccomp filter that allows it";
	}
	if (r == -EPERM && flags & CONTAIN_MOUNT_TABLE_STATMOUNT && !w->object) {
		w->object = "listmount";
		w->hint = "needs CAP_SYS_ADMIN in the user namespace that owns the mount namespace";
	}
	return r;
}

int contain_mount_table_take(int fd, uint32_t flags, contain_mount_table **ret_table,
			     contain_error **reterr)
{
	struct ct_table_where w;
	int r = check(flags, ret_table, reterr);

	if (r < 0)
		return r;
	if (fd < -1)
		return fail(reterr, -EBADF, "fd", "is not open");
	r = ct_table_where(fd, &w);
	if (r == 0)
		r = open_and_take(&w, flags, ret_table);
	return r < 0 ? fail(reterr, r, w.object ? w.object : "mountinfo", w.hint) : 0;
}

/* ---- one mount ---- */

/* The entry of t with this id, as a table of its own. */
static int take_out(const contain_mount_table *t, int i, contain_mount_table **ret)
{
	contain_mount_table *one = ct_table_new();
	struct ct_table_mount *m = one ? ct_table_add(one) : NULL;
	int at, r = m ? 0 : -ENOMEM;

	if (m) {
		*m = t->mount[i];
		m->first = m->children = 0;
		memset(m->text, 0, sizeof(m->text));
	}
	for (int k = 0; k < CT_TABLE_TEXTS && r == 0; k++) {
		const char *s = ct_table_string(t, i, (enum ct_table_text)k);

		if (s)
			r = ct_table_text(one, 0, (enum ct_table_text)k, s, strlen(s));
	}
	if (r == 0)
		r = ct_table_finish(one, &at);
	if (r == 0)
		*ret = one;
	else
		contain_mount_table_free(one);
	return r;
}

static int get_by_statmount(uint64_t unique_id, contain_mount_table **ret)
{
	contain_mount_table *t = ct_table_new();
	int at, r = t ? ct_table_statmount_one(t, unique_id) : -ENOMEM;

	if (r == 0)
		r = ct_table_finish(t, &at);
	if (r == 0)
		*ret = t;
	else
		contain_mount_table_free(t);
	return r;
}

static int get_by_mountinfo(uint64_t id, struct ct_table_where *w, contain_mount_table **ret)
{
	contain_mount_table *t = NULL;
	int i, r, fd;

	ct_table_where(-1, w);
	fd = ct_table_open(w, "mountinfo");
	if (fd < 0)
		return fd;
	r = ct_table_take(w, CONTAIN_MOUNT_TABLE_MOUNTINFO, fd, -1, &t);
	ct_sys_close(fd);
	if (r < 0)
		return r;
	i = contain_mount_table_find_id(t, id);
	r = i < 0 ? i : take_out(t, i, ret);
	contain_mount_table_free(t);
	return r;
}

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U
#endif

int contain_mount_get(int dirfd, const char *path, contain_mount_table **ret_table,
		      contain_error **reterr)
{
	struct ct_table_where w = { 0 };
	struct statx st = { 0 };
	int r;

	if (!path)
		return fail(reterr, -EINVAL, "path", "is NULL");
	if (!ret_table)
		return fail(reterr, -EINVAL, "ret_table", "is NULL");
	r = ct_sys_statx(dirfd, path, AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_MNT_ID_UNIQUE, &st);
	if (r < 0)
		return fail(reterr, r, path, NULL);
	r = -EOPNOTSUPP;
	if (st.stx_mask & STATX_MNT_ID_UNIQUE) {
		r = get_by_statmount(st.stx_mnt_id, ret_table);
		if (r < 0 && r != -ENOENT && r != -ENOMEM) {
			r = ct_sys_statx(dirfd, path, AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_MNT_ID,
					 &st);
			r = r < 0 ? r : -EOPNOTSUPP;
		}
	}
	if (r == -EOPNOTSUPP)
		r = get_by_mountinfo(st.stx_mnt_id, &w, ret_table);
	if (r == -ENOENT && !w.hint)
		return fail(reterr, r, path,
			    "its mount is detached, or in another mount namespace, or outside the "
			    "root directory");
	return r < 0 ? fail(reterr, r, w.object ? w.object : path, w.hint) : 0;
}
