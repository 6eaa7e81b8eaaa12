/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host: made in our own /dev while nothing else can reach it, or bound. */
#include "device.h"
#include "sys/path.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <limits.h>

#define NODEV 4 /* ST_NODEV of statfs(2) */

/*
 * Whether it can be used, without opening it: that alone rewinds a tape, or starts a watchdog. The
 * rules of the groups answer access(2) as they answer open(2).
 */
static int ask(struct ct_run *r, const struct ct_step *s, int fd, const char *name)
{
	int mode = (int)(s->arg[3] >> CT_DEVICE_ASK), err;

	if (!mode)
		return 0;
	err = ct_sys_faccessat2(fd, name, mode,
				AT_EACCESS | (*name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH));
	if (err == -EACCES && s->arg[3] & CT_DEVICE_OTHER_USER)
		return 0;
	if (err)
		r->report->detail = CT_DEVICE_DENIED;
	return err;
}

/* The directory of "net/tun" in our own /dev. */
static int open_dir(struct ct_run *r, const char *name, const char **ret_last)
{
	char dir[PATH_MAX];
	size_t n = ct_len(name);

	while (n && name[n - 1] != '/')
		n--;
	*ret_last = name + n;
	ct_copy(dir, name, n);
	dir[n] = 0;
	return ct_make_in_root(r->fd[CT_SLOT_DEV], dir, 1);
}

int ct_mount_op_make_device(struct ct_run *r, const struct ct_step *s)
{
	const char *name = ct_block_str(r->plan, s->str[1]);
	uint64_t owner = (uint64_t)s->arg[2];
	int err, dir = r->fd[CT_SLOT_DEV];

	if (s->arg[3] & CT_DEVICE_DIR) {
		dir = open_dir(r, name, &name);
		if (dir < 0)
			return dir;
	}
	err = ct_sys_mknodat(dir, name, (uint32_t)s->arg[1], (uint64_t)s->arg[0]);
	if (!err && s->arg[3] & CT_DEVICE_CHOWN)
		err = ct_sys_fchownat(dir, name, (uint32_t)owner, (uint32_t)(owner >> 32),
				      AT_SYMLINK_NOFOLLOW);
	if (!err)
		err = ask(r, s, dir, name);
	if (s->arg[3] & CT_DEVICE_DIR)
		ct_sys_close(dir);
	return err;
}

/* What the path leads to now has to be the device that was given. */
static int verify(struct ct_run *r, const struct ct_step *s, int fd)
{
	struct statfs fs;
	struct stat st;
	int err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);

	if (!err && ((st.st_mode & S_IFMT) != ((uint32_t)s->arg[1] & S_IFMT) ||
		     st.st_rdev != (uint64_t)s->arg[0])) {
		r->report->detail = CT_ATTACH_SOURCE;
		return -ESTALE;
	}
	if (!err)
		err = ct_sys_fstatfs(fd, &fs);
	if (!err && fs.f_flags & NODEV) {
		r->report->detail = CT_DEVICE_NODEV;
		return -EACCES;
	}
	return err ? err : ask(r, s, fd, "");
}

int ct_mount_op_bind_device(struct ct_run *r, const struct ct_step *s)
{
	const char *name = ct_block_str(r->plan, s->slot == CT_SLOT_DEV ? s->str[1] : s->object);
	int err, place, fd = ct_sys_open_tree(AT_FDCWD, ct_block_str(r->plan, s->str[0]),
					      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0) {
		r->report->detail = CT_ATTACH_SOURCE;
		return fd;
	}
	err = verify(r, s, fd);
	if (!err) {
		place = ct_make_in_root(r->fd[s->slot], name, 0);
		r->report->detail = place < 0 ? CT_ATTACH_TARGET : CT_ATTACH_MOVE;
		err = place < 0 ? place :
				  ct_sys_move_mount(fd, "", place, "",
						    MOVE_MOUNT_F_EMPTY_PATH |
							    MOVE_MOUNT_T_EMPTY_PATH);
		if (place >= 0)
			ct_sys_close(place);
	}
	ct_sys_close(fd);
	return err;
}
