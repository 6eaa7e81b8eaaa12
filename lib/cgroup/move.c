/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes and threads into groups. */
#include "act.h"
#include "group_files.h"
#include "sys/path.h"
#include "sys/pidfd.h"
#include "sys/str.h"
#include "tree.h"

#include <contain/cgroup.h>
#include <string.h>

static int write_number(int group_fd, const char *file, int number)
{
	char text[16];
	size_t n = ct_append_u64(text, sizeof(text), 0, (uint64_t)number);

	return ct_write_at(group_fd, file, text, n);
}

/*
 * The kernel takes numbers only. A process that lives after the write has had its number during
 * it; one that has ended may have given it to another a moment before, if somebody has reaped it
 * and all other numbers were used up since the look before the write.
 */
int ct_group_move(int group_fd, int pid, int pidfd)
{
	int r = ct_pidfd_has_ended(pidfd);

	if (r != 0)
		return r < 0 ? r : -ESRCH;
	r = write_number(group_fd, "cgroup.procs", pid);
	if (r < 0)
		return r;
	r = ct_pidfd_has_ended(pidfd);
	return r > 0 ? -ESRCH : r;
}

const char *ct_group_move_hint(int err)
{
	switch (-err) {
	case EACCES:
	case EPERM:
		return "needs write access to cgroup.procs of the group, and of the group that it "
		       "and the process's own lie in";
	case EBUSY:
		return "the group hands controllers down and so takes no process (no-internal-"
		       "process rule): use a group below it";
	case EOPNOTSUPP:
		return "the group lies in a threaded subtree without being threaded (domain "
		       "invalid), or a thread would leave the threaded domain of its process";
	case ENOENT:
		return "the move would cross the border of a cgroup namespace (nsdelegate), or "
		       "there is no /proc";
	case ESRCH:
		return "the process has ended, or has no number in the pid namespace of /proc";
	case EINVAL:
		return "no pidfd, a thread of the kernel, or a realtime process and no realtime "
		       "time for the group";
	default:
		return ct_group_hint(err);
	}
}

static int failed(contain_error **reterr, int err, const char *op, const char *object, int group_fd)
{
	if (err == -ENOENT && ct_sys_faccessat2(group_fd, "cgroup.procs", F_OK, 0) == -ENOENT)
		err = -ENODEV;
	return ct_group_fail(reterr, err, op, object, ct_group_move_hint(err));
}

static int enter(int group_fd, const char *op, const char *file, contain_error **reterr)
{
	int r = ct_group_check_arg(reterr, op, "group_fd", group_fd);

	if (r < 0)
		return r;
	r = ct_write_at(group_fd, file, "0", 1);
	return r < 0 ? failed(reterr, r, op, file, group_fd) : 0;
}

int contain_cgroup_enter(int group_fd, contain_error **reterr)
{
	return enter(group_fd, "enter-group", "cgroup.procs", reterr);
}

int contain_cgroup_enter_thread(int group_fd, contain_error **reterr)
{
	return enter(group_fd, "enter-group", "cgroup.threads", reterr);
}

int contain_cgroup_migrate(int group_fd, int pidfd, contain_error **reterr)
{
	const char *op = "migrate-process";
	int pid, r = ct_group_check_arg(reterr, op, "group_fd", group_fd);

	if (r < 0)
		return r;
	pid = pidfd < 0 ? -EBADF : ct_pidfd_pid(pidfd);
	if (pid < 0)
		return ct_group_fail(reterr, pid, op, "pidfd",
				     pid == -EBADF ? "is not an open fd" : ct_group_move_hint(pid));
	r = ct_group_move(group_fd, pid, pidfd);
	return r < 0 ? failed(reterr, r, op, "cgroup.procs", group_fd) : 0;
}

/* proc: the directory of the process in /proc, which stays that of this process. */
static int move_thread(int group_fd, int proc, int pidfd, int32_t tid)
{
	char path[32];
	size_t at = ct_append(path, sizeof(path), 0, "task/");
	int r;

	ct_append_u64(path, sizeof(path), at, (uint64_t)tid);
	r = ct_sys_faccessat2(proc, path, F_OK, 0);
	if (r == 0) {
		r = write_number(group_fd, "cgroup.threads", tid);
		if (r < 0)
			return r;
		r = ct_sys_faccessat2(proc, path, F_OK, 0);
	}
	if (r == -ENOENT)
		r = -ESRCH;
	if (r == 0)
		r = ct_pidfd_has_ended(pidfd);
	return r > 0 ? -ESRCH : r;
}

int contain_cgroup_migrate_thread(int group_fd, int pidfd, int32_t tid, contain_error **reterr)
{
	const char *op = "migrate-thread";
	int proc, r = ct_group_check_arg(reterr, op, "group_fd", group_fd);

	if (r < 0)
		return r;
	if (tid <= 0)
		return ct_group_fail(reterr, -EINVAL, op, "tid", "is not positive");
	proc = pidfd < 0 ? -EBADF : ct_pidfd_pid(pidfd);
	if (proc >= 0)
		proc = ct_pid_proc(proc, pidfd);
	if (proc < 0)
		return ct_group_fail(reterr, proc, op, "pidfd",
				     proc == -EBADF ? "is not an open fd" :
						      ct_group_move_hint(proc));
	r = move_thread(group_fd, proc, pidfd, tid);
	ct_sys_close(proc);
	if (r == -ESRCH)
		return ct_group_fail(reterr, r, op, "tid",
				     "the process has ended or has no such thread");
	return r < 0 ? failed(reterr, r, op, "cgroup.threads", group_fd) : 0;
}
