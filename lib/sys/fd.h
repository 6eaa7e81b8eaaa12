/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_SYS_FD_H
#define CT_SYS_FD_H

#include "sys.h"

/*
 * Moves an fd of ours above 2. A host that has closed its stdin, stdout or stderr would otherwise
 * read from or write into what we opened there. Takes -errno and hands it on.
 */
static inline int ct_fd_up(int fd)
{
	int up;

	if (fd < 0 || fd > 2)
		return fd;
	up = ct_sys_fcntl(fd, F_DUPFD_CLOEXEC, 3);
	ct_sys_close(fd);
	return up;
}

#endif
