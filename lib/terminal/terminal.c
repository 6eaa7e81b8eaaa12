/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Primitives: a pty of one's own, and the size of any terminal. */
#include "terminal.h"
#include "plan/error.h"
#include "sys/fd.h"

#include <contain/terminal.h>
#include <asm/ioctls.h>
#include <asm/termios.h>
#include <errno.h>
#include <stdio.h>

static const char no_terminal[] = "the fd is no terminal, and no master of one";

static int failed(contain_error **reterr, int err, const char *op, const char *object,
		  const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object, hint);
}

static int check_size(const char *op, uint32_t rows, uint32_t columns, contain_error **reterr)
{
	if (rows <= CT_TERMINAL_MAX && columns <= CT_TERMINAL_MAX)
		return 0;
	return failed(reterr, -EINVAL, op, rows > CT_TERMINAL_MAX ? "rows" : "columns",
		      "is more than 65535");
}

static const char *why_no_pty(int err, int at, int given)
{
	if (at == CT_TERMINAL_PEER)
		return err == -ENOTTY ? "the kernel has no TIOCGPTPEER" : NULL;
	if (at != CT_TERMINAL_PTMX)
		return NULL;
	switch (-err) {
	case EBADF:
		return "the fd of the devpts is not open";
	case ENOTDIR:
		return "the fd of the devpts is no directory";
	case ELOOP:
	case ENODEV:
		return "it is not the pty multiplexer (character device 5:2): is the directory the "
		       "root of a devpts?";
	case ENOENT:
	case ENXIO:
		return given ? "the directory is not the root of a devpts" :
			       "no devpts is mounted at /dev/pts";
	case EACCES:
	case EPERM:
		return "the multiplexer of this devpts may not be opened: see its mount option "
		       "ptmxmode";
	case ENOSPC:
		return "no pty is left: kernel.pty.max, or the mount option max of this devpts";
	default:
		return NULL;
	}
}

int contain_terminal_new(int devpts_fd, uint32_t rows, uint32_t columns, int *ret_master,
			 int *ret_peer, contain_error **reterr)
{
	static const char op[] = "terminal-new";
	int given = devpts_fd != -1, master = -1, peer = -1, err;
	const char *name = given ? "ptmx" : "/dev/ptmx";
	int32_t at = 0;

	if (!ret_master || !ret_peer)
		return failed(reterr, -EINVAL, op, ret_master ? "ret_peer" : "ret_master",
			      "is NULL");
	err = check_size(op, rows, columns, reterr);
	if (err < 0)
		return err;
	if (devpts_fd < -1)
		return failed(reterr, -EINVAL, op, "devpts_fd", "is neither -1 nor an fd");
	err = ct_terminal_open(given ? devpts_fd : AT_FDCWD, name, given ? O_NOFOLLOW : 0, &master,
			       &peer, &at);
	/* what is no ioctl of a terminal is no argument of one on kernels before 4.13 */
	if (err == -EINVAL && at == CT_TERMINAL_PEER)
		err = -ENOTTY;
	if (err == -ELOOP)
		err = -ENODEV;
	if (err < 0)
		return failed(reterr, err, op, name, why_no_pty(err, at, given));
	master = ct_fd_up(master);
	peer = ct_fd_up(peer);
	err = master < 0 ? master : peer < 0 ? peer : 0;
	if (!err && (rows || columns))
		err = ct_terminal_resize(master, rows, columns);
	if (err < 0) {
		if (master >= 0)
			ct_sys_close(master);
		if (peer >= 0)
			ct_sys_close(peer);
		return failed(reterr, err, op, name, NULL);
	}
	*ret_master = master;
	*ret_peer = peer;
	return 0;
}

static int told(int err, const char *op, int fd, contain_error **reterr)
{
	char object[24];

	if (!err)
		return 0;
	snprintf(object, sizeof(object), "fd %d", fd);
	return failed(reterr, err, op, object,
		      err == -ENOTTY ? no_terminal : err == -EBADF ? "the fd is not open" : NULL);
}

int contain_terminal_set_size(int fd, uint32_t rows, uint32_t columns, contain_error **reterr)
{
	static const char op[] = "terminal-set-size";
	int err = check_size(op, rows, columns, reterr);

	return err < 0 ? err : told(ct_terminal_resize(fd, rows, columns), op, fd, reterr);
}

int contain_terminal_get_size(int fd, uint32_t *ret_rows, uint32_t *ret_columns,
			      contain_error **reterr)
{
	static const char op[] = "terminal-get-size";
	struct winsize size = { 0 };
	int err;

	if (!ret_rows || !ret_columns)
		return failed(reterr, -EINVAL, op, ret_rows ? "ret_columns" : "ret_rows",
			      "is NULL");
	err = told(ct_sys_ioctl(fd, TIOCGWINSZ, &size), op, fd, reterr);
	if (err < 0)
		return err;
	*ret_rows = size.ws_row;
	*ret_columns = size.ws_col;
	return 0;
}
