/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a table is read from: mountinfo of the thread, of a process, of a mount namespace. */
#include "table.h"
#include "sys/clone.h"
#include "sys/fd.h"
#include "sys/pidfd.h"
#include "sys/proc.h"
#include "sys/sys.h"
#include "sys/sys_probe.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define NSFS_MAGIC 0x6e736673 /* linux/magic.h */
#define NS_GET_NSTYPE 0xb703UL
#define NS_GET_MNTNS_ID 0x8008b705UL /* _IOR(0xb7, 5, __u64), Linux 6.11 */
#define STACK 16384
#define CHUNK 65536
#define TEXT_LIMIT (1u << 30)

static int why(struct ct_table_where *w, int err, const char *object, const char *hint)
{
	w->object = object;
	w->hint = hint;
	return err;
}

static int where_ns(int fd, struct ct_table_where *w)
{
	int r = ct_sys_ioctl(fd, NS_GET_NSTYPE, NULL);

	if (r < 0)
		return why(w, r, "fd", NULL);
	if (r != CLONE_NEWNS)
		return why(w, -EINVAL, "fd", "is a namespace of another type than mnt");
	w->no_ids = ct_sys_ioctl(fd, NS_GET_MNTNS_ID, &w->ns_id) < 0;
	return 0;
}

/* That there are no ids is no failure. */
static void where_ids(int pidfd, struct ct_table_where *w)
{
	int ns = ct_fd_up(ct_sys_ioctl(pidfd, CT_PIDFD_GET_MNT_NAMESPACE, NULL));

	w->no_ids = ns < 0 || ct_sys_ioctl(ns, NS_GET_MNTNS_ID, &w->ns_id) < 0;
	if (ns >= 0)
		ct_sys_close(ns);
}

int ct_table_where(int fd, struct ct_table_where *w)
{
	struct statfs fs;
	int r;

	memset(w, 0, sizeof(*w));
	w->fd = fd;
	if (fd == -1)
		return 0;
	r = ct_sys_fstatfs(fd, &fs);
	if (r < 0)
		return why(w, r, "fd", r == -EBADF ? "is not open" : NULL);
	if (fs.f_type == NSFS_MAGIC)
		return where_ns(fd, w);
	r = ct_pidfd_pid(fd);
	if (r == -EINVAL)
		return why(w, r, "fd", "is neither a pidfd nor the fd of a mount namespace");
	if (r == -ESRCH)
		return why(w, r, "fd",
			   "the process has ended, or lies outside the pid namespace of /proc");
	if (r < 0)
		return why(w, r, "/proc", r == -ENOENT ? "mount procfs on /proc" : NULL);
	w->pid = r;
	where_ids(fd, w);
	return 0;
}

/* ---- opening ---- */

static int of_process(struct ct_table_where *w, const char *file)
{
	int fd, dir = ct_pid_proc(w->pid, w->fd);

	if (dir < 0)
		return why(w, dir == -ENOENT ? -ESRCH : dir, "fd",
			   dir == -ESRCH  ? "the process has ended" :
			   dir == -ENOENT ? "/proc hides the process (hidepid)" :
					    NULL);
	fd = ct_fd_up(ct_sys_openat(dir, file, O_RDONLY | O_CLOEXEC, 0));
	ct_sys_close(dir);
	if (fd >= 0)
		return fd;
	/* a process that is ending has no mount namespace any more */
	if (fd == -EINVAL || fd == -ENOENT)
		return why(w, -ESRCH, "fd", "the process has ended");
	return why(w, fd, file,
		   fd == -EACCES || fd == -EPERM ?
			   "needs the user of the process, or CAP_DAC_OVERRIDE" :
			   NULL);
}

static int run_child(struct ct_table_child *c)
{
	const uint64_t all = ~0ULL;
	int pidfd = -1, r;
	uint64_t mask;
	siginfo_t info;
	void *stack = ct_sys_mmap(STACK, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK);
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = STACK,
	};

	if (ct_sys_is_err(stack))
		return (int)(long)stack;
	r = ct_sys_rt_sigprocmask(SIG_SETMASK, &all, &mask, sizeof(all));
	if (r == 0) {
		r = ct_clone_run(&args, sizeof(args), ct_table_child_run, c);
		/* worth a second try, as nothing else could be done about it */
		if (ct_sys_rt_sigprocmask(SIG_SETMASK, &mask, NULL, sizeof(mask)) < 0)
			ct_sys_rt_sigprocmask(SIG_SETMASK, &mask, NULL, sizeof(mask));
	}
	if (r > 0) {
		do {
			r = ct_sys_waitid(CT_P_PIDFD, pidfd, &info, WEXITED | __WALL, NULL);
		} while (r == -EINTR);
		if (r < 0)
			ct_sys_waitid(CT_P_PIDFD, pidfd, &info, WEXITED | __WALL, NULL);
		ct_sys_close(pidfd);
		r = 0; /* what it did is in c, whoever took its status */
	}
	ct_sys_munmap(stack, STACK);
	return r;
}

static int of_namespace(struct ct_table_where *w, const char *file)
{
	struct ct_table_child c = { .ns_fd = w->fd, .file = file, .ret = -ECHILD };
	int r;

	c.proc_fd = ct_fd_up(ct_sys_openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
	if (c.proc_fd < 0)
		return why(w, c.proc_fd, "/proc", NULL);
	r = run_child(&c);
	ct_sys_close(c.proc_fd);
	if (r < 0)
		return why(w, r, "child",
			   r == -ENOSYS ? "needs clone3(2), which is not allowed here" : NULL);
	r = ct_fd_up(c.ret);
	if (r == -EPERM && !c.entered)
		return why(w, r, "fd",
			   "entering a mount namespace needs CAP_SYS_ADMIN over it, and "
			   "CAP_SYS_ADMIN and CAP_SYS_CHROOT of its own in the user namespace of "
			   "the caller");
	if (r == -ENOENT)
		return why(w, r, "/proc", "mount procfs on /proc");
	return r < 0 ? why(w, r, c.entered ? "/proc" : "fd", NULL) : r;
}

/* Files that are there for processes only, not for their threads: a thread's number is one, too. */
static int of_thread(struct ct_table_where *w, const char *file)
{
	char path[64];
	int fd, r, proc = ct_fd_up(
			   ct_sys_openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC, 0));

	r = proc < 0 ? proc : ct_proc_thread(proc, file, path, sizeof(path));
	fd = r < 0 ? r : ct_fd_up(ct_sys_openat(proc, path, O_RDONLY | O_CLOEXEC, 0));
	if (proc >= 0)
		ct_sys_close(proc);
	return fd < 0 ? why(w, fd, "/proc", fd == -ENOENT ? "mount procfs on /proc" : NULL) : fd;
}

int ct_table_open(struct ct_table_where *w, const char *file)
{
	char path[48];
	int fd;

	if (w->pid)
		return of_process(w, file);
	if (w->fd < 0 && strcmp(file, "mountinfo") != 0)
		return of_thread(w, file);
	snprintf(path, sizeof(path), "%sthread-self/%s", w->fd < 0 ? "/proc/" : "", file);
	if (w->fd >= 0)
		return of_namespace(w, path);
	fd = ct_fd_up(ct_sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0));
	if (fd < 0)
		return why(w, fd, "/proc", fd == -ENOENT ? "mount procfs on /proc" : NULL);
	return fd;
}

/* ---- reading ---- */

int ct_table_slurp(int fd, char **ret_text, size_t *ret_size)
{
	size_t room = 0, size = 0;
	char *text = NULL;
	ssize_t n;

	do {
		if (size + CHUNK / 2 > room) {
			size_t more = room ? room * 2 : CHUNK;
			char *bigger = more > TEXT_LIMIT ? NULL : realloc(text, more);

			if (!bigger) {
				free(text);
				return -ENOMEM;
			}
			text = bigger;
			room = more;
		}
		n = ct_sys_pread64(fd, text + size, room - size - 1, (int64_t)size);
		if (n > 0)
			size += (size_t)n;
	} while (n > 0 || n == -EINTR);
	if (n < 0) {
		free(text);
		return (int)n;
	}
	text[size] = 0;
	*ret_text = text;
	if (ret_size)
		*ret_size = size;
	return 0;
}

int ct_table_changed(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };
	struct timespec now = { 0 };
	int r = ct_sys_ppoll(&p, 1, &now, NULL, sizeof(uint64_t));

	return r == -EINTR ? 1 : r;
}
