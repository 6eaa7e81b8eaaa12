/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resource limits and the weight for the OOM killer. */
#include "process.h"
#include "sys/path.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <linux/magic.h>

#define PROC_ROOT_INO 1 /* of every procfs, linux/proc_fs.h of the kernel */

/* While it has the capability that this may need; the soft limit stays out of the set-up's way. */
int ct_process_op_raise_limit(struct ct_run *r, const struct ct_step *s)
{
	struct ct_rlimit limit;
	int err = ct_sys_prlimit64(0, (int)s->arg[0], NULL, &limit);

	if (err < 0 || (uint64_t)s->arg[2] <= limit.hard)
		return err;
	limit.hard = (uint64_t)s->arg[2];
	return ct_sys_prlimit64(0, (int)s->arg[0], &limit, NULL);
}

int ct_process_op_limit(struct ct_run *r, const struct ct_step *s)
{
	struct ct_rlimit limit = { (uint64_t)s->arg[1], (uint64_t)s->arg[2] };

	return ct_sys_prlimit64(0, (int)s->arg[0], &limit, NULL);
}

static int check_proc(int fd)
{
	struct statfs fs;
	struct stat st;
	int err = ct_sys_fstatfs(fd, &fs);

	if (!err)
		err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (!err && (fs.f_type != PROC_SUPER_MAGIC || st.st_ino != PROC_ROOT_INO))
		err = -EXDEV;
	return err;
}

/*
 * That it is a procfs is not enough: another file of procfs may be bound over the one that is
 * meant, and takes the write without a word. No mount is crossed below procfs's own root.
 */
static int open_proc(const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH,
	};
	int fd = -EAGAIN, err, proc;

	proc = ct_sys_openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (proc < 0)
		return proc;
	err = check_proc(proc);
	for (int i = 0; !err && i < CT_RESOLVE_TRIES && (fd == -EAGAIN || fd == -EINTR); i++)
		fd = ct_sys_openat2(proc, path, &how, sizeof(how));
	ct_sys_close(proc);
	return err < 0 ? err : fd;
}

static size_t decimal(char *buf, size_t size, int64_t v)
{
	size_t n = v < 0 ? ct_append(buf, size, 0, "-") : 0;

	n = ct_append_u64(buf, size, n, (uint64_t)(v < 0 ? -v : v));
	return ct_append(buf, size, n, "\n");
}

static int write_checked(int fd, const char *text, size_t n)
{
	char got[16];
	ssize_t r;

	do {
		r = ct_sys_write(fd, text, n);
	} while (r == -EINTR);
	if (r < 0)
		return (int)r;
	do {
		r = ct_sys_pread64(fd, got, sizeof(got), 0);
	} while (r == -EINTR);
	if (r < 0)
		return (int)r;
	if ((size_t)r != n)
		return -EIO;
	while (n--)
		if (got[n] != text[n])
			return -EIO;
	return 0;
}

int ct_process_op_oom_score(struct ct_run *r, const struct ct_step *s)
{
	char text[16];
	size_t n = decimal(text, sizeof(text), s->arg[0]);
	int err, fd = open_proc("self/oom_score_adj", O_RDWR);

	if (fd < 0)
		return fd;
	err = write_checked(fd, text, n);
	ct_sys_close(fd);
	return err;
}
