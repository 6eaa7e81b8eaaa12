/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All limits of the caller's user namespace, and how much of each is seen in use. */
#include "limits.h"
#include "act.h"
#include "inventory.h"
#include "feature/mounts.h"
#include "sys/fd.h"
#include "sys/proc.h"

#include <dirent.h>
#include <errno.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>

#define OP "take-limits"
#define LEVELS 64 /* of user namespaces; there are 33 */
/* The first namespaces of the system: linux/nsfs.h from Linux 6.18 on, and before it in the code */
#define FIRST_INODE 0xEFFFFFF8u
#define LAST_INODE 0xEFFFFFFFu
#define FIRST_USER 0xEFFFFFFDu
#define FAN_UNLIMITED_MARKS_FLAG 0x20u

struct use {
	uint32_t uid;
	int64_t n;
};

struct limit {
	char name[CT_LIMIT_NAME];
	int64_t value, used; /* used: -ENOENT where it is not known how to count */
	enum ct_limit_kind kind;
	int type;
	struct use *by;
	size_t users, room;
};

/* An inotify or fanotify group, by one of the fds that it is open as. */
struct group {
	int pid, fd, fanotify;
	uint64_t user;
	uint32_t uid;
	int64_t marks;
};

struct contain_ns_limits {
	struct limit *limit;
	size_t count, room;
	struct group *group;
	size_t groups, group_room;
	int no_kcmp;
};

enum ct_limit_kind ct_limit_kind(const char *name, int *ret_type)
{
	static const char *const kinds[] = {
		[CT_LIMIT_INOTIFY_INSTANCES] = "max_inotify_instances",
		[CT_LIMIT_INOTIFY_WATCHES] = "max_inotify_watches",
		[CT_LIMIT_FANOTIFY_GROUPS] = "max_fanotify_groups",
		[CT_LIMIT_FANOTIFY_MARKS] = "max_fanotify_marks",
	};
	size_t n = strcspn(name + 4, "_");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i] && !strcmp(kinds[i], name))
			return (enum ct_limit_kind)i;
	for (int i = 0; i < CT_NS_TYPES; i++)
		if (strlen(ct_ns_types[i].name) == n &&
		    !strncmp(ct_ns_types[i].name, name + 4, n) &&
		    !strcmp(name + 4 + n, "_namespaces")) {
			*ret_type = i;
			return CT_LIMIT_NAMESPACE;
		}
	return CT_LIMIT_OTHER;
}

/* ---- groups of inotify and fanotify ---- */

/* One fd may be inherited and passed on: the kernel tells which are the same. 0 or 1, -errno. */
static int is_new(struct contain_ns_limits *l, int pid, int fd, int fanotify)
{
	for (size_t i = 0; i < l->groups; i++) {
		const struct group *g = &l->group[i];
		int r;

		if (g->fanotify != fanotify)
			continue;
		r = ct_sys_kcmp(g->pid, pid, KCMP_FILE, (unsigned long)g->fd, (unsigned long)fd);
		l->no_kcmp |= r == -ENOSYS || r == -EPERM;
		if (r <= 0) /* the same, or one that has gone: not counted twice */
			return ct_inv_grave(r);
	}
	return 1;
}

static int read_marks(const struct ct_inv_process *p, const char *name, int fanotify,
		      int64_t *ret_marks)
{
	struct ct_lines lines = { 0 };
	char path[48], *line;
	unsigned long flags;
	int r;

	*ret_marks = 0;
	strcpy(stpcpy(path, "../fdinfo/"), name);
	lines.fd = ct_fd_up(ct_sys_openat(p->dir, path, O_RDONLY | O_CLOEXEC, 0));
	if (lines.fd < 0)
		return lines.fd;
	while ((r = ct_lines_next(&lines, &line)) > 0) {
		*ret_marks += !strncmp(line, "inotify wd:", 11) ||
			      !strncmp(line, "fanotify ino:", 13) ||
			      !strncmp(line, "fanotify mnt_id:", 16) ||
			      !strncmp(line, "fanotify sdev:", 14);
		flags = strncmp(line, "fanotify flags:", 15) ? 0 : strtoul(line + 15, NULL, 16);
		if (flags & FAN_UNLIMITED_MARKS_FLAG) {
			*ret_marks = 0; /* they count nowhere */
			break;
		}
	}
	ct_sys_close(lines.fd);
	free(lines.buf);
	return r < 0 ? r : 0;
}

static int see(void *arg, const struct ct_inv_process *p, int fd_dir, const char *name,
	       const char *link)
{
	struct contain_ns_limits *l = arg;
	struct group g = { .pid = p->pid, .fd = atoi(name), .user = p->user };
	int r;

	g.fanotify = strcmp(link, "anon_inode:[fanotify]") == 0;
	if (!g.fanotify && strcmp(link, "anon_inode:inotify") != 0)
		return 0;
	r = ct_inv_process_uid(p, &g.uid);
	if (r == 0)
		r = read_marks(p, name, g.fanotify, &g.marks);
	if (r < 0)
		return ct_inv_grave(r);
	r = is_new(l, g.pid, g.fd, g.fanotify);
	if (r <= 0)
		return r;
	if (ct_inv_grow(&l->group, l->groups, &l->group_room, sizeof(g)) < 0)
		return -ENOMEM;
	l->group[l->groups++] = g;
	return 0;
}

/* ---- counting ---- */

static int add(struct limit *limit, int64_t n, uint32_t uid)
{
	size_t i = 0;

	limit->used += n;
	if (uid == UINT32_MAX || !n)
		return 0;
	while (i < limit->users && limit->by[i].uid != uid)
		i++;
	if (i == limit->users) {
		if (ct_inv_grow(&limit->by, i, &limit->room, sizeof(*limit->by)) < 0)
			return -ENOMEM;
		limit->by[limit->users++] = (struct use){ uid, 0 };
	}
	limit->by[i].n += n;
	return 0;
}

/*
 * Whether what was made in user namespace at counts in home, and for whom: for who made it, or,
 * from further in, for who made the user namespace next to home.
 */
static int counts(const struct contain_inventory *inv, int home, int at, uint32_t *uid)
{
	for (int i = 0; i < LEVELS && at >= 0; i++) {
		if (at == home)
			return 1;
		*uid = inv->ns[at].owner_uid;
		at = inv->ns[at].parent;
	}
	return 0;
}

static int is_first_inode(uint64_t inode)
{
	return inode >= FIRST_INODE && inode <= LAST_INODE;
}

/*
 * The first mount and net namespace have a number like any other before Linux 6.18: seen from the
 * initial user namespace, the one with the lowest pid is taken for it, and not counted.
 */
static int first_of(const struct contain_inventory *inv, int home, int type)
{
	int lowest = -1;

	if (inv->ns[home].inode != FIRST_USER || (type != CT_NS_MNT && type != CT_NS_NET))
		return -1;
	for (int i = 0; i < (int)inv->count; i++) {
		const struct ct_inv_ns *ns = &inv->ns[i];

		if (ns->type != type)
			continue;
		if (is_first_inode(ns->inode))
			return -1;
		if (ns->pid && (lowest < 0 || ns->pid < inv->ns[lowest].pid))
			lowest = i;
	}
	return lowest;
}

static int count_namespaces(struct limit *limit, const struct contain_inventory *inv, int home)
{
	int first = first_of(inv, home, limit->type);

	for (int i = 0; i < (int)inv->count; i++) {
		const struct ct_inv_ns *ns = &inv->ns[i];
		uint32_t uid = ns->type == CT_NS_USER ? ns->owner_uid : ns->uid;

		if (ns->type != limit->type || i == first || is_first_inode(ns->inode) ||
		    !counts(inv, home, ns->owner, &uid))
			continue;
		if (add(limit, 1, uid) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int count_groups(const struct contain_ns_limits *l, struct limit *limit,
			const struct contain_inventory *inv, int home)
{
	int fanotify = limit->kind == CT_LIMIT_FANOTIFY_GROUPS ||
		       limit->kind == CT_LIMIT_FANOTIFY_MARKS;
	int each = limit->kind == CT_LIMIT_INOTIFY_INSTANCES ||
		   limit->kind == CT_LIMIT_FANOTIFY_GROUPS;

	if (l->no_kcmp) {
		limit->used = -ENOENT;
		return 0;
	}
	for (size_t i = 0; i < l->groups; i++) {
		const struct group *g = &l->group[i];
		uint32_t uid = g->uid;

		if (g->fanotify == fanotify &&
		    counts(inv, home, ct_inv_find(inv, CT_NS_USER, g->user), &uid) &&
		    add(limit, each ? 1 : g->marks, uid) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int count_all(struct contain_ns_limits *l, const struct contain_inventory *inv)
{
	struct stat st;
	int r = ct_sys_newfstatat(AT_FDCWD, "/proc/thread-self/ns/user", &st, 0);
	int home = r < 0 ? -1 : ct_inv_find(inv, CT_NS_USER, st.st_ino);

	if (ct_inv_grave(r))
		return r;
	r = 0;
	for (size_t i = 0; r == 0 && i < l->count; i++) {
		struct limit *limit = &l->limit[i];

		if (home < 0 || limit->kind == CT_LIMIT_OTHER)
			limit->used = -ENOENT;
		else if (limit->kind == CT_LIMIT_NAMESPACE)
			r = count_namespaces(limit, inv, home);
		else
			r = count_groups(l, limit, inv, home);
	}
	return r;
}

/* ---- the list ---- */

static int add_limit(struct contain_ns_limits *l, int proc, const char *name)
{
	struct limit limit = { .type = -1 };
	int r;

	if (!ct_limit_is_name(name))
		return 0;
	r = ct_limit_read(proc, name, &limit.value);
	if (r < 0)
		return r;
	if (ct_inv_grow(&l->limit, l->count, &l->room, sizeof(limit)) < 0)
		return -ENOMEM;
	strcpy(limit.name, name);
	limit.kind = ct_limit_kind(name, &limit.type);
	l->limit[l->count++] = limit;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct limit *)a)->name, ((const struct limit *)b)->name);
}

static int read_limits(struct contain_ns_limits *l, int proc)
{
	char buf[4096] __attribute__((aligned(8)));
	int r = 0, dir = ct_proc_file(proc, "sys/user", O_RDONLY | O_DIRECTORY);
	ssize_t n = 0;

	if (dir < 0)
		return dir;
	while (r == 0 && (n = ct_sys_getdents64(dir, buf, sizeof(buf))) > 0)
		for (char *at = buf; r == 0 && at < buf + n;) {
			const struct dirent64 *d = (const void *)at;

			at += d->d_reclen;
			r = add_limit(l, proc, d->d_name);
		}
	ct_sys_close(dir);
	if (r == 0 && n == 0 && l->count)
		qsort(l->limit, l->count, sizeof(*l->limit), by_name);
	return r < 0 ? r : (int)n;
}

static int take(struct contain_ns_limits *l, contain_error **reterr)
{
	const struct ct_inv_watch watch = { see, l };
	contain_inventory *inv = NULL;
	int r, proc = ct_proc_open();

	r = proc < 0 ? proc : read_limits(l, proc);
	if (proc >= 0)
		ct_sys_close(proc);
	if (r < 0)
		return ct_ns_failed(reterr, OP, r, "/proc/sys/user", ct_limit_read_hint(r));
	r = ct_inv_take(0, CONTAIN_INVENTORY_FDS, &watch, &inv, reterr);
	if (r < 0)
		return r;
	r = count_all(l, inv);
	contain_inventory_free(inv);
	return r < 0 ? ct_ns_failed(reterr, OP, r, "", NULL) : 0;
}

int contain_ns_limits_take(contain_ns_limits **ret_limits, contain_error **reterr)
{
	struct contain_ns_limits *l;
	int r;

	if (!ret_limits)
		return ct_ns_failed(reterr, OP, -EINVAL, "ret_limits", "is NULL");
	l = calloc(1, sizeof(*l));
	if (!l)
		return ct_ns_failed(reterr, OP, -ENOMEM, "", NULL);
	r = take(l, reterr);
	if (r < 0) {
		contain_ns_limits_free(l);
		return r;
	}
	*ret_limits = l;
	return 0;
}

void contain_ns_limits_free(contain_ns_limits *limits)
{
	if (!limits)
		return;
	for (size_t i = 0; i < limits->count; i++)
		free(limits->limit[i].by);
	free(limits->limit);
	free(limits->group);
	free(limits);
}

int contain_ns_limits_count(const contain_ns_limits *limits)
{
	return limits ? (int)limits->count : 0;
}

static const struct limit *at(const contain_ns_limits *limits, int i)
{
	return limits && i >= 0 && (size_t)i < limits->count ? &limits->limit[i] : NULL;
}

const char *contain_ns_limits_name(const contain_ns_limits *limits, int i)
{
	return at(limits, i) ? at(limits, i)->name : NULL;
}

int64_t contain_ns_limits_value(const contain_ns_limits *limits, int i)
{
	return at(limits, i) ? at(limits, i)->value : -ENOENT;
}

int64_t contain_ns_limits_used(const contain_ns_limits *limits, int i)
{
	return at(limits, i) ? at(limits, i)->used : -ENOENT;
}

int64_t contain_ns_limits_used_by(const contain_ns_limits *limits, int i, uint32_t uid)
{
	const struct limit *limit = at(limits, i);

	if (!limit || limit->used < 0)
		return -ENOENT;
	for (size_t k = 0; k < limit->users; k++)
		if (limit->by[k].uid == uid)
			return limit->by[k].n;
	return 0;
}
