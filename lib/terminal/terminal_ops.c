/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pty of a devpts, by fd: nothing below /dev of the container is opened by its path. */
#include "terminal.h"
#include "terminal_rows.h"
#include "plan/handover.h"
#include "sys/sys.h"

#include <asm/ioctls.h>
#include <asm/termios.h>
#include <sys/sysmacros.h>

/*
 * The multiplexer is looked at before it is opened further: with a name of the caller's own /dev it
 * could be another device by now.
 */
static int open_ptmx(int dirfd, const char *name, int flags)
{
	struct stat st;
	int err, fd = ct_sys_openat(dirfd, name, O_RDWR | O_NOCTTY | O_CLOEXEC | flags, 0);

	if (fd < 0)
		return fd;
	err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (!err && (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2)))
		err = -ENODEV;
	if (!err)
		return fd;
	ct_sys_close(fd);
	return err;
}

int ct_terminal_open(int dirfd, const char *name, int flags, int *ret_master, int *ret_peer,
		     int32_t *ret_at)
{
	int unlocked = 0, peer = -1, err, master = open_ptmx(dirfd, name, flags);

	*ret_at = CT_TERMINAL_PTMX;
	if (master < 0)
		return master;
	*ret_at = CT_TERMINAL_UNLOCK;
	err = ct_sys_ioctl(master, TIOCSPTLCK, &unlocked);
	if (!err) {
		*ret_at = CT_TERMINAL_PEER;
		peer = ct_sys_ioctl(master, TIOCGPTPEER,
				    (void *)(uintptr_t)(O_RDWR | O_NOCTTY | O_CLOEXEC));
		err = peer < 0 ? peer : 0;
	}
	if (err < 0) {
		ct_sys_close(master);
		return err;
	}
	*ret_master = master;
	*ret_peer = peer;
	return 0;
}

int ct_terminal_resize(int fd, uint32_t rows, uint32_t columns)
{
	struct winsize size = { (unsigned short)rows, (unsigned short)columns, 0, 0 };

	return ct_sys_ioctl(fd, TIOCSWINSZ, &size);
}

/* The same pty once more: a bind of it by its fd, on a file of our own /dev. */
static int bind_console(struct ct_run *r, int peer)
{
	int fd, err = ct_sys_mknodat(r->fd[CT_SLOT_DEV], "console", S_IFREG | 0600, 0);

	if (err < 0)
		return err;
	fd = ct_sys_open_tree(peer, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (fd < 0)
		return fd;
	return ct_sys_move_mount(fd, "", r->fd[CT_SLOT_DEV], "console", MOVE_MOUNT_F_EMPTY_PATH);
}

static int op_terminal(struct ct_run *r, const struct ct_step *s)
{
	int master, peer;
	int err = ct_terminal_open(r->fd[CT_SLOT_PTS], "ptmx", O_NOFOLLOW, &master, &peer,
				   &r->report->detail);

	if (err < 0)
		return err;
	r->fd[CT_SLOT_PTY] = peer;
	r->report->detail = CT_TERMINAL_SIZE;
	if (s->arg[0])
		err = ct_terminal_resize(master, (uint32_t)s->arg[1], (uint32_t)s->arg[2]);
	if (!err) {
		r->report->detail = CT_TERMINAL_CONSOLE;
		err = bind_console(r, peer);
	}
	if (!err) {
		r->report->detail = CT_TERMINAL_HAND;
		err = ct_handover_send(r, CT_HANDOVER_TERMINAL, master);
	}
	ct_sys_close(master);
	return err;
}

/* The payload leads a session by now, and its fds are in place. */
static int op_controlling(struct ct_run *r, const struct ct_step *s)
{
	for (uint32_t i = 0; i < r->fdmaps; i++)
		if (r->fdmap[i].pty)
			return ct_sys_ioctl(r->fdmap[i].to, TIOCSCTTY, NULL);
	return -EBADF;
}

ct_step_run *const ct_terminal_runs[ROWS] = {
	[TERMINAL] = op_terminal,
	[CONTROLLING] = op_controlling,
};
