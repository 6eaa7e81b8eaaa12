/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The numbers that a process has in the pid namespaces above it and in its own. */
#include "pid.h"
#include "plan/error.h"
#include "sys/fd.h"
#include "sys/pidfd.h"

#include <contain/namespace.h>
#include <errno.h>
#include <linux/nsfs.h>

static int fail(contain_error **reterr, int err, const char *op, const char *object,
		const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object, hint);
}

/* ENOTTY of a kernel without an ioctl and of a file that is no namespace are told apart here. */
static int type_of(int ns_fd)
{
	int type = ct_sys_ioctl(ns_fd, NS_GET_NSTYPE, NULL);

	return type == -ENOTTY ? -EINVAL : type;
}

int ct_ns_parents(int ns_fd, int most, int *ret_last)
{
	int n = 0, fd = ns_fd, up = -EPERM;

	while (n < most) {
		up = ct_fd_up(ct_sys_ioctl(fd, NS_GET_PARENT, NULL));
		if (up < 0)
			break;
		if (fd != ns_fd)
			ct_sys_close(fd);
		fd = up;
		n++;
	}
	if (up < 0 && up != -EPERM) {
		if (fd != ns_fd)
			ct_sys_close(fd);
		return up;
	}
	if (ret_last)
		*ret_last = fd;
	else if (fd != ns_fd)
		ct_sys_close(fd);
	return n;
}

int contain_ns_depth(int ns_fd, int *ret_depth, contain_error **reterr)
{
	int type = type_of(ns_fd), n;

	if (type < 0)
		return fail(reterr, type, "depth", "ns_fd",
			    type == -EINVAL ? "the fd is no namespace" : NULL);
	if (type != CONTAIN_NS_PID && type != CONTAIN_NS_USER)
		return fail(reterr, -EINVAL, "depth", "ns_fd",
			    "only pid and user namespaces are nested");
	if (!ret_depth)
		return fail(reterr, -EINVAL, "depth", "ret_depth", "is missing");
	n = ct_ns_parents(ns_fd, CT_NS_LEVELS, NULL);
	if (n < 0)
		return fail(reterr, n, "depth", "ns_fd", NULL);
	*ret_depth = n;
	return 0;
}

static int check(const char *op, int ns_fd, contain_error **reterr)
{
	int type = type_of(ns_fd);

	if (type == CONTAIN_NS_PID)
		return 0;
	return fail(reterr, type < 0 ? type : -EINVAL, op, "ns_fd",
		    type == -EBADF ? NULL : "the fd is no pid namespace");
}

static int translate(int ns_fd, unsigned long request, int pid)
{
	int r;

	if (pid <= 0)
		return -EINVAL;
	r = ct_sys_ioctl(ns_fd, request, (void *)(intptr_t)pid);
	if (r != -ENOTTY)
		return r;
	return request == CT_NS_GET_TGID_IN_PIDNS ? ct_pid_in_by_proc(ns_fd, pid) :
						    ct_pid_from_by_proc(ns_fd, pid);
}

static const char *hint_of(int err, const char *missing)
{
	switch (err) {
	case -EINVAL:
		return "a process has a number above 0";
	case -ESRCH:
		return missing;
	case -EACCES:
	case -EPERM:
		return "before Linux 6.11 this is read from /proc, and the process's namespace may "
		       "be opened only by who may trace it (ptrace(2))";
	case -EOPNOTSUPP:
		return "before Linux 6.11 only namespaces below the caller's own can be asked, "
		       "and only with a /proc of the caller's own pid namespace";
	default:
		return NULL;
	}
}

#define NOT_THERE                                                                                  \
	"no such process, or the namespace does not show it: a process has a number in its own "  \
	"pid namespace and in those above it"

static int one(const char *op, int ns_fd, unsigned long request, int32_t pid, int32_t *ret_pid,
	       contain_error **reterr)
{
	int r = check(op, ns_fd, reterr);

	if (r < 0)
		return r;
	if (!ret_pid)
		return fail(reterr, -EINVAL, op, "ret_pid", "is missing");
	r = translate(ns_fd, request, pid);
	if (r < 0)
		return fail(reterr, r, op, "pid", hint_of(r, NOT_THERE));
	*ret_pid = r;
	return 0;
}

int contain_ns_pid_in(int ns_fd, int32_t pid, int32_t *ret_pid, contain_error **reterr)
{
	return one("pid-in", ns_fd, CT_NS_GET_TGID_IN_PIDNS, pid, ret_pid, reterr);
}

int contain_ns_pid_from(int ns_fd, int32_t pid_in_ns, int32_t *ret_pid, contain_error **reterr)
{
	return one("pid-from", ns_fd, CT_NS_GET_TGID_FROM_PIDNS, pid_in_ns, ret_pid, reterr);
}

/*
 * Asked by number, and then whether the process is still there that the pidfd names: until it is
 * waited for, nobody else has its number.
 */
static int pidfd_in(int ns_fd, int pidfd)
{
	int r, err, pid = ct_pidfd_pid(pidfd);

	if (pid < 0)
		return pid;
	r = translate(ns_fd, CT_NS_GET_TGID_IN_PIDNS, pid);
	err = ct_sys_pidfd_send_signal(pidfd, 0, NULL, 0);
	return err < 0 && err != -EPERM ? err : r;
}

int contain_ns_pidfd_in(int ns_fd, int pidfd, int32_t *ret_pid, contain_error **reterr)
{
	int r = check("pidfd-in", ns_fd, reterr);

	if (r < 0)
		return r;
	if (!ret_pid)
		return fail(reterr, -EINVAL, "pidfd-in", "ret_pid", "is missing");
	r = pidfd_in(ns_fd, pidfd);
	if (r < 0)
		return fail(reterr, r, "pidfd-in", "pidfd",
			    r == -EINVAL ? "the fd is no pidfd" : hint_of(r, NOT_THERE));
	*ret_pid = r;
	return 0;
}

int contain_ns_pidfd_from(int ns_fd, int32_t pid_in_ns, contain_error **reterr)
{
	int pid, again, fd, r = check("pidfd-from", ns_fd, reterr);

	if (r < 0)
		return r;
	pid = translate(ns_fd, CT_NS_GET_TGID_FROM_PIDNS, pid_in_ns);
	fd = pid < 0 ? pid : ct_fd_up(ct_sys_pidfd_open(pid, 0));
	if (fd < 0)
		return fail(reterr, fd, "pidfd-from", "pid", hint_of(fd, NOT_THERE));
	/* between the two calls the number may have become another process's */
	again = pidfd_in(ns_fd, fd);
	if (again == pid_in_ns)
		return fd;
	ct_sys_close(fd);
	r = again < 0 ? again : -ESRCH;
	return fail(reterr, r, "pidfd-from", "pid",
		    hint_of(r, "the process has ended meanwhile"));
}
