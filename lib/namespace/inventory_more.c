/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What shows namespaces but processes: parents, owners, pins and open fds. */
#include "act.h"
#include "inventory.h"
#include "feature/mounts.h"
#include "sys/fd.h"

#include <dirent.h>
#include <errno.h>
#include <linux/nsfs.h>
#include <stdlib.h>
#include <string.h>

static int inode_of(int fd, uint64_t *ret_inode)
{
	struct stat st;
	int r = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);

	*ret_inode = r < 0 ? 0 : st.st_ino;
	return ct_inv_grave(r);
}

/*
 * Follows one of NS_GET_PARENT and NS_GET_USERNS, whose answer is of this type. What lies beyond
 * the caller's own namespace is refused with EPERM, and stays 0.
 */
static int follow(struct contain_inventory *inv, int fd, unsigned long request, int type,
		  uint64_t *ret_inode)
{
	int r, at, up = ct_fd_up(ct_sys_ioctl(fd, request, NULL));

	*ret_inode = 0;
	if (up < 0)
		return ct_inv_grave(up);
	r = inode_of(up, ret_inode);
	if (*ret_inode) {
		at = ct_inv_get(inv, type, *ret_inode);
		if (at < 0)
			r = at;
		else if (!inv->ns[at].related)
			r = ct_inv_relate(inv, at, up);
	}
	ct_sys_close(up);
	return r;
}

/* It recurses to the first ancestor: at most 32 levels of pid and as many of user namespaces. */
int ct_inv_relate(struct contain_inventory *inv, int index, int fd)
{
	uint64_t parent = 0, owner = 0, inode;
	int type = inv->ns[index].type, r = inode_of(fd, &inode);
	uint32_t uid;

	if (inode != inv->ns[index].inode)
		return r; /* the process has moved on: the next one may tell */
	inv->ns[index].related = 1;
	if (type == CT_NS_USER) {
		r = ct_sys_ioctl(fd, NS_GET_OWNER_UID, &uid);
		if (r >= 0)
			inv->ns[index].owner_uid = uid;
		r = ct_inv_grave(r);
	}
	if (r == 0 && (type == CT_NS_PID || type == CT_NS_USER))
		r = follow(inv, fd, NS_GET_PARENT, type, &parent);
	if (type == CT_NS_USER)
		owner = parent;
	else if (r == 0 && inv->types & CONTAIN_NS_USER)
		r = follow(inv, fd, NS_GET_USERNS, CT_NS_USER, &owner);
	inv->ns[index].parent_inode = parent; /* follow() may have moved the table */
	inv->ns[index].owner_inode = owner;
	return r;
}

int ct_inv_relate_path(struct contain_inventory *inv, int index, int dir, const char *path)
{
	struct statfs fs;
	int r, fd, place = ct_fd_up(ct_sys_openat(dir, path, O_PATH | O_CLOEXEC, 0));

	if (place < 0)
		return ct_inv_grave(place);
	/* what else may be there, a device or a FIFO, is not opened: that could do something */
	r = ct_sys_fstatfs(place, &fs);
	if (r == 0 && fs.f_type == CT_NSFS_MAGIC) {
		fd = ct_ns_reopen(place);
		r = fd < 0 ? fd : ct_inv_relate(inv, index, fd);
		if (fd >= 0)
			ct_sys_close(fd);
	}
	ct_sys_close(place);
	return ct_inv_grave(r);
}

static int add_pin(struct contain_inventory *inv, const struct ct_mount *m)
{
	uint64_t inode;
	int at, type = ct_inv_parse_link(m->root, &inode);

	if (type < 0 || !(inv->types & ct_ns_types[type].type))
		return 0;
	at = ct_inv_get(inv, type, inode);
	if (at < 0 || ct_inv_grow(&inv->pin, inv->pins, &inv->pin_room, sizeof(*inv->pin)) < 0)
		return -ENOMEM;
	inv->pin[inv->pins].inode = inode;
	inv->pin[inv->pins].path = strdup(m->point);
	if (!inv->pin[inv->pins].path)
		return -ENOMEM;
	inv->pins++;
	return inv->ns[at].related ? 0 : ct_inv_relate_path(inv, at, AT_FDCWD, m->point);
}

int ct_inv_read_pins(struct contain_inventory *inv, int proc)
{
	struct ct_lines lines = { 0 };
	struct ct_mount m;
	char *line;
	int r;

	lines.fd = ct_fd_up(ct_sys_openat(proc, "thread-self/mountinfo", O_RDONLY | O_CLOEXEC, 0));
	if (lines.fd < 0) /* this procfs shows a pid namespace that the caller is not in */
		return ct_inv_grave(lines.fd);
	while ((r = ct_lines_next(&lines, &line)) > 0) {
		r = ct_mount_parse(line, &m);
		r = r == 0 && !strcmp(m.type, "nsfs") ? add_pin(inv, &m) : 0;
		if (r < 0)
			break;
	}
	ct_sys_close(lines.fd);
	free(lines.buf);
	return r;
}

static int see_namespace(struct contain_inventory *inv, const struct ct_inv_process *p,
			 const uint64_t *own, int fds, const char *name, const char *link)
{
	uint64_t inode;
	int at, type = ct_inv_parse_link(link, &inode);

	if (type < 0 || !(inv->types & ct_ns_types[type].type))
		return 0;
	at = ct_inv_get(inv, type, inode);
	if (at < 0)
		return at;
	if (inode != own[type] && (!inv->ns[at].holder || inv->ns[at].holder > p->pid))
		inv->ns[at].holder = p->pid;
	return inv->ns[at].related ? 0 : ct_inv_relate_path(inv, at, fds, name);
}

static int see_fd(struct contain_inventory *inv, const struct ct_inv_process *p,
		  const uint64_t *own, int fds, const char *name, const struct ct_inv_watch *watch)
{
	char link[64];
	ssize_t n = ct_sys_readlinkat(fds, name, link, sizeof(link) - 1);
	int r;

	if (n <= 0 || *link == '/')
		return ct_inv_grave((int)n);
	link[n] = 0;
	r = see_namespace(inv, p, own, fds, name, link);
	return r == 0 && watch ? watch->see(watch->arg, p, fds, name, link) : r;
}

int ct_inv_read_fds(struct contain_inventory *inv, const struct ct_inv_process *p,
		    const uint64_t *own, const struct ct_inv_watch *watch)
{
	char buf[8192] __attribute__((aligned(8)));
	ssize_t n = 0;
	int r = 0, fds;

	fds = ct_fd_up(ct_sys_openat(p->dir, "../fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
	if (fds < 0)
		return ct_inv_grave(fds);
	while (r == 0 && (n = ct_sys_getdents64(fds, buf, sizeof(buf))) > 0)
		for (char *at = buf; r == 0 && at < buf + n;) {
			const struct dirent64 *d = (const void *)at;

			at += d->d_reclen;
			if (*d->d_name != '.')
				r = see_fd(inv, p, own, fds, d->d_name, watch);
		}
	ct_sys_close(fds);
	return r < 0 ? r : ct_inv_grave((int)n);
}
