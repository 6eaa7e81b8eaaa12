/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* seccomp_unotify(2), for who holds the listener. */
#include "profile.h"
#include "plan/error.h"
#include "sys/helper.h"
#include "sys/sys.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1)
#endif

struct contain_seccomp_request {
	char *name;
	size_t size; /* of what follows, which a later kernel may make longer */
	struct seccomp_notif notif;
};

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "seccomp-receive", object, hint);
}

/* What is no listener answers ENOTTY. */
static int control(int listener, unsigned long request, void *arg)
{
	int r = ct_sys_ioctl(listener, request, arg);

	return r == -ENOTTY ? -EINVAL : r;
}

static contain_seccomp_request *request_new(void)
{
	struct seccomp_notif_sizes sizes = { 0 };
	contain_seccomp_request *q;
	size_t size = sizeof(q->notif);

	if (ct_sys_seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0 && sizes.seccomp_notif > size)
		size = sizes.seccomp_notif;
	q = calloc(1, offsetof(contain_seccomp_request, notif) + size);
	if (q)
		q->size = size;
	return q;
}

/*
 * Only when there is something to be received: the kernel's own wait does not end when the last
 * process with the filter does. 0, or -errno; 1: it was there and is gone.
 */
static int receive(int listener, contain_seccomp_request *q, uint64_t until_nsec)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	int r = ct_poll_fds_until(&p, 1, until_nsec);

	if (r <= 0)
		return r < 0 ? r : -ETIMEDOUT;
	if (p.revents & POLLNVAL)
		return -EBADF;
	if (!(p.revents & POLLIN))
		return -ESHUTDOWN;
	memset(&q->notif, 0, q->size);
	r = control(listener, SECCOMP_IOCTL_NOTIF_RECV, &q->notif);
	return r == -ENOENT ? 1 : r;
}

/* Before it is waited for: of another fd POLLIN says something else. */
static int check_listener(int listener)
{
	uint64_t none = 0;
	int r = listener < 0 ? -EBADF : control(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &none);

	return r == -ENOENT ? 0 : r;
}

int contain_seccomp_notify_receive(int listener, int timeout_msec,
				   contain_seccomp_request **ret_request, contain_error **reterr)
{
	uint64_t until = 0;
	contain_seccomp_request *q;
	int r;

	if (!ret_request)
		return fail(reterr, -EINVAL, "ret_request", "is NULL");
	if (timeout_msec < -1)
		return fail(reterr, -EINVAL, "timeout_msec", "is less than -1");
	r = check_listener(listener);
	if (r < 0)
		return fail(reterr, r, "listener", r == -EINVAL ? "is none" : NULL);
	q = request_new();
	if (!q)
		return fail(reterr, -ENOMEM, "request", NULL);
	if (timeout_msec >= 0) /* a moment long past: it does not wait */
		until = timeout_msec ? ct_now_nsec() + (uint64_t)timeout_msec * 1000000 : 1;
	do {
		r = receive(listener, q, until);
	} while (r == 1);
	if (r < 0) {
		contain_seccomp_request_free(q);
		return fail(reterr, r, "listener",
			    r == -ESHUTDOWN ? "no process with the filter is left" : NULL);
	}
	q->name = ct_seccomp_name(q->notif.data.arch, q->notif.data.nr);
	*ret_request = q;
	return 0;
}

void contain_seccomp_request_free(contain_seccomp_request *request)
{
	if (!request)
		return;
	free(request->name);
	free(request);
}

uint64_t contain_seccomp_request_id(const contain_seccomp_request *request)
{
	return request ? request->notif.id : 0;
}

int contain_seccomp_request_pid(const contain_seccomp_request *request)
{
	return request ? (int)request->notif.pid : -EINVAL;
}

int contain_seccomp_request_number(const contain_seccomp_request *request)
{
	return request ? request->notif.data.nr : -EINVAL;
}

uint32_t contain_seccomp_request_arch(const contain_seccomp_request *request)
{
	return request ? request->notif.data.arch : 0;
}

uint64_t contain_seccomp_request_argument(const contain_seccomp_request *request, int index)
{
	return request && index >= 0 && index <= 5 ? request->notif.data.args[index] : 0;
}

const char *contain_seccomp_request_name(const contain_seccomp_request *request)
{
	return request ? request->name : NULL;
}

int contain_seccomp_notify_respond(int listener, uint64_t id, int error, int64_t value,
				   uint32_t flags)
{
	struct {
		struct seccomp_notif_resp resp;
		char later[64]; /* of kernels to come */
	} a = { .resp = { .id = id, .val = value, .error = -error, .flags = flags } };

	if (listener < 0)
		return -EBADF;
	if (error < 0 || error > 4095 || flags & ~CONTAIN_SECCOMP_CONTINUE ||
	    (flags && (error || value)) || (error && value))
		return -EINVAL;
	return control(listener, SECCOMP_IOCTL_NOTIF_SEND, &a);
}

int contain_seccomp_notify_is_valid(int listener, uint64_t id)
{
	int r = listener < 0 ? -EBADF : control(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);

	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

int contain_seccomp_notify_add_fd(int listener, uint64_t id, int fd, int target, int cloexec,
				  int respond)
{
	struct seccomp_notif_addfd a = { .id = id,
					 .srcfd = (uint32_t)fd,
					 .newfd_flags = cloexec ? O_CLOEXEC : 0 };

	if (listener < 0 || fd < 0)
		return -EBADF;
	if (target < -1 || (cloexec | 1) != 1 || (respond | 1) != 1)
		return -EINVAL;
	if (target >= 0) {
		a.newfd = (uint32_t)target;
		a.flags |= SECCOMP_ADDFD_FLAG_SETFD;
	}
	if (respond)
		a.flags |= SECCOMP_ADDFD_FLAG_SEND;
	return control(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a);
}
