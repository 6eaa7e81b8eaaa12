/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pidfd.h"
#include "fd.h"
#include "helper.h"
#include "path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ct_pidfd_pid(int pidfd)
{
	char path[40], text[512], *at;
	ssize_t n;
	long pid;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	n = ct_read_once_at(AT_FDCWD, path, 0, text, sizeof(text));
	if (n == -ENOENT && ct_sys_fcntl(pidfd, F_GETFD, 0) == -EBADF)
		return -EBADF;
	if (n < 0)
		return (int)n;
	at = strstr(text, "Pid:");
	if (!at)
		return -EINVAL;
	pid = strtol(at + 4, NULL, 10);
	return pid > 0 && pid <= INT32_MAX ? (int)pid : -ESRCH;
}

int ct_pidfd_has_ended(int pidfd)
{
	return ct_poll_until(pidfd, POLLIN, 1); /* a moment long past: it does not wait */
}

int ct_pid_proc(int pid, int pidfd)
{
	char path[32];
	int ended, fd;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	fd = ct_fd_up(ct_sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
	if (fd < 0 && fd != -ENOENT && fd != -ESRCH)
		return fd;
	ended = ct_pidfd_has_ended(pidfd);
	if (ended == 0)
		return fd;
	if (fd >= 0)
		ct_sys_close(fd);
	return ended < 0 ? ended : -ESRCH;
}
