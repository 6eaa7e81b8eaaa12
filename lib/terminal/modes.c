/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The modes of a terminal: raw, and back. */
#include "plan/error.h"
#include "sys/sys.h"

#include <contain/terminal.h>
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct contain_terminal_modes {
	struct termios termios; /* the kernel's, not that of the C library */
};

/* cfmakeraw() of termios(3), by the kernel's structure. */
static void make_raw(struct termios *t)
{
	t->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	t->c_oflag &= ~(tcflag_t)OPOST;
	t->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t->c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
	t->c_cflag |= CS8;
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

static int failed(contain_error **reterr, int err, int fd)
{
	const char *hint = NULL;
	char object[24];

	if (err == -ENOTTY)
		hint = "the fd is no terminal";
	else if (err == -EBADF)
		hint = "the fd is not open";
	else if (err == -EINTR)
		hint = "a signal came while output was sent: call again";
	else if (err == -EIO)
		hint = "the process is in the background of the terminal's session, and nobody "
		       "could wake it up again; or the other side has hung up";
	snprintf(object, sizeof(object), "fd %d", fd);
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "terminal-raw", object, hint);
}

int contain_terminal_raw(int fd, contain_terminal_modes **ret_saved, contain_error **reterr)
{
	contain_terminal_modes *m;
	struct termios raw;
	int err;

	if (!ret_saved)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_PARENT, "terminal-raw",
				       "ret_saved", "is NULL");
	m = calloc(1, sizeof(*m));
	if (!m)
		return failed(reterr, -ENOMEM, fd);
	err = ct_sys_ioctl(fd, TCGETS, &m->termios);
	if (!err) {
		raw = m->termios;
		make_raw(&raw);
		err = ct_sys_ioctl(fd, TCSETSW, &raw);
	}
	if (err < 0) {
		free(m);
		return failed(reterr, err, fd);
	}
	*ret_saved = m;
	return 0;
}

int contain_terminal_restore(int fd, const contain_terminal_modes *saved)
{
	if (!saved)
		return -EINVAL;
	return ct_sys_ioctl(fd, TCSETS, (void *)(uintptr_t)&saved->termios);
}

void contain_terminal_modes_free(contain_terminal_modes *modes)
{
	free(modes);
}
