/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proc.h"
#include "fd.h"
#include "str.h"

#define PROC_SUPER_MAGIC 0x9fa0 /* linux/magic.h */
#define PROC_ROOT_INO 1

int ct_proc_private(void)
{
	int err, mnt, fd = ct_fd_up(ct_sys_fsopen("proc", FSOPEN_CLOEXEC));

	if (fd < 0)
		return fd;
	err = ct_sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	mnt = err < 0 ? err : ct_fd_up(ct_sys_fsmount(fd, FSMOUNT_CLOEXEC,
						      MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
							      MOUNT_ATTR_NOEXEC));
	ct_sys_close(fd);
	return mnt;
}

static int open_how(int dir_fd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how;
	int fd = -EAGAIN;

	how.flags = flags | O_CLOEXEC;
	how.mode = 0;
	how.resolve = resolve;
	for (int i = 0; i < 64 && (fd == -EAGAIN || fd == -EINTR); i++)
		fd = ct_sys_openat2(dir_fd, path, &how, sizeof(how));
	return ct_fd_up(fd);
}

static int visible(void)
{
	struct statfs fs;
	struct stat st;
	int err, fd = open_how(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);

	if (fd < 0)
		return fd;
	err = ct_sys_fstatfs(fd, &fs);
	if (!err)
		err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (!err && (fs.f_type != PROC_SUPER_MAGIC || st.st_ino != PROC_ROOT_INO))
		err = -EXDEV;
	if (!err)
		return fd;
	ct_sys_close(fd);
	return err;
}

int ct_proc_open(void)
{
	int fd = ct_proc_private();

	return fd == -EPERM || fd == -EACCES || fd == -ENOSYS ? visible() : fd;
}

int ct_proc_file(int dir_fd, const char *path, uint64_t flags)
{
	return open_how(dir_fd, path, flags,
			RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS |
				RESOLVE_NO_MAGICLINKS);
}

int ct_proc_thread(int proc_fd, const char *file, char *buf, size_t size)
{
	char text[64]; /* "TGID/task/TID" */
	size_t at = 0;
	ssize_t n;
	/* the link itself, which nothing may lie over either */
	int fd = ct_proc_file(proc_fd, "thread-self", O_PATH | O_NOFOLLOW);

	if (fd < 0)
		return fd;
	n = ct_sys_readlinkat(fd, "", text, sizeof(text) - 1);
	ct_sys_close(fd);
	if (n <= 0)
		return n < 0 && n != -ENOENT ? (int)n : -ESRCH;
	text[n] = 0;
	for (size_t i = 0; text[i]; i++)
		if (text[i] == '/')
			at = i + 1;
	at = ct_append(buf, size, 0, text + at);
	at = ct_append(buf, size, at, "/");
	at = ct_append(buf, size, at, file);
	return at + 1 < size ? 0 : -ENAMETOOLONG;
}

ssize_t ct_proc_read(int dir_fd, const char *path, char *buf, size_t size)
{
	size_t at = 0;
	ssize_t n = 1;
	int fd = ct_proc_file(dir_fd, path, O_RDONLY | O_NOCTTY);

	if (fd < 0)
		return fd;
	while (n > 0 && at + 1 < size) {
		n = ct_sys_read(fd, buf + at, size - 1 - at);
		if (n > 0)
			at += (size_t)n;
		else if (n == -EINTR)
			n = 1;
	}
	ct_sys_close(fd);
	buf[at] = 0;
	return n < 0 ? n : (ssize_t)at;
}
