/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's /dev: a tmpfs that is filled while nothing else can reach it. What an image has
 * at /dev is never opened (CVE-2026-41579).
 */
#include "mount.h"
#include "sys/path.h"
#include "sys/sys.h"

#include <sys/sysmacros.h>

static const struct node {
	const char *name, *host;
	uint8_t major, minor;
} nodes[] = {
	{ "null", "/dev/null", 1, 3 },	   { "zero", "/dev/zero", 1, 5 },
	{ "full", "/dev/full", 1, 7 },	   { "random", "/dev/random", 1, 8 },
	{ "urandom", "/dev/urandom", 1, 9 }, { "tty", "/dev/tty", 5, 0 },
};

static const struct link {
	const char *target, *name;
} links[] = {
	{ "/proc/self/fd", "fd" },	 { "/proc/self/fd/0", "stdin" },
	{ "/proc/self/fd/1", "stdout" },
	{ "/proc/self/fd/2", "stderr" }, { "pts/ptmx", "ptmx" },
};

static const char *const dirs[] = { "pts", "shm", "mqueue" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Makes the tmpfs with links and directories, still detached. */
int ct_mount_op_dev(struct ct_run *r, const struct ct_step *s)
{
	static const char *const keys[] = { "mode", "755", "size", "65536", NULL };
	static const struct ct_mount_fs fs = { "tmpfs", keys, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
					       1 };
	int err = 0, fd = ct_mount_fs(r->report, &fs);

	if (fd < 0)
		return fd;
	r->fd[CT_SLOT_DEV] = fd;
	for (size_t i = 0; i < COUNT(links) && !err; i++)
		err = ct_sys_symlinkat(links[i].target, fd, links[i].name);
	for (size_t i = 0; i < COUNT(dirs) && !err; i++)
		err = ct_sys_mkdirat(fd, dirs[i], 0755);
	return err;
}

/*
 * Attaches it. What masks show for a directory is made from pts: devpts will cover it, so it stays
 * empty. Only what is attached can be cloned (before Linux 6.15).
 */
static int attach_dev(struct ct_run *r, const struct ct_step *s)
{
	int fd, dev = r->fd[CT_SLOT_DEV];
	int err = ct_mount_attach(r, dev, r->fd[CT_SLOT_ROOT], ct_block_str(r->plan, s->object), 1);

	if (err || !s->arg[0])
		return err;
	fd = ct_sys_open_tree(dev, dirs[0],
			      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (fd < 0)
		return fd;
	r->fd[CT_SLOT_SPARE_DIR] = fd;
	return ct_mount_set_attr(fd, MOUNT_ATTR_RDONLY, 0);
}

int ct_mount_op_dev_nodes(struct ct_run *r, const struct ct_step *s)
{
	int err = 0;

	for (size_t i = 0; i < COUNT(nodes) && !err; i++)
		err = ct_sys_mknodat(r->fd[CT_SLOT_DEV], nodes[i].name, S_IFCHR | 0666,
				     makedev(nodes[i].major, nodes[i].minor));
	return err ? err : attach_dev(r, s);
}

/* A user namespace may not make device nodes: those of the host are bound, once verified. */
static int bind_node(int dev, const struct node *n)
{
	struct stat st;
	int err = ct_sys_mknodat(dev, n->name, S_IFREG | 0644, 0);
	int fd;

	if (err < 0)
		return err;
	fd = ct_sys_open_tree(AT_FDCWD, n->host,
			      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (fd < 0)
		return fd;
	err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (!err && (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(n->major, n->minor)))
		err = -ENODEV;
	return err ? err : ct_sys_move_mount(fd, "", dev, n->name, MOVE_MOUNT_F_EMPTY_PATH);
}

/* Mounts on a detached mount are refused before Linux 6.15, so this one is attached first. */
int ct_mount_op_dev_binds(struct ct_run *r, const struct ct_step *s)
{
	int err = attach_dev(r, s);

	for (size_t i = 0; i < COUNT(nodes) && !err; i++)
		err = bind_node(r->fd[CT_SLOT_DEV], &nodes[i]);
	return err;
}

/* File systems on directories of our own /dev: single names on a pinned fd. */
int ct_mount_op_dev_fs(struct ct_run *r, const struct ct_step *s)
{
	static const char *const pts[] = { "ptmxmode", "666", "mode", "620", "gid", "5", NULL };
	static const char *const pts_user[] = { "ptmxmode", "666", "mode", "620", NULL };
	static const char *const shm[] = { "size", "67108864", NULL }; /* mode 1777 as it comes */
	struct ct_mount_fs fs = { "mqueue", NULL, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 1 };
	const char *name = "mqueue";
	int fd;

	if (s->arg[0] == CT_FS_DEVPTS) {
		fs.type = "devpts";
		fs.keys = s->arg[1] ? pts : pts_user;
		name = "pts";
	} else if (s->arg[0] == CT_FS_SHM) {
		fs.type = "tmpfs";
		fs.keys = shm;
		fs.attr |= MOUNT_ATTR_NODEV;
		name = "shm";
	} else {
		fs.attr |= MOUNT_ATTR_NODEV;
	}
	fd = ct_mount_fs(r->report, &fs);
	if (fd < 0)
		return fd;
	if (s->slot)
		r->fd[s->slot] = fd;
	return ct_sys_move_mount(fd, "", r->fd[CT_SLOT_DEV], name, MOVE_MOUNT_F_EMPTY_PATH);
}
