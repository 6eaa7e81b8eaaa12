/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs, now, in the calling thread. */
#include "seccomp.h"
#include "program.h"
#include "plan/error.h"
#include "sys/fd.h"
#include "sys/sys.h"

#include <contain/seccomp.h>
#include <errno.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stdio.h>

#define FLAGS                                                                                      \
	(CONTAIN_SECCOMP_FLAG_TSYNC | CONTAIN_SECCOMP_FLAG_LOG |                                   \
	 CONTAIN_SECCOMP_FLAG_SPEC_ALLOW | CONTAIN_SECCOMP_FLAG_NEW_LISTENER |                     \
	 CONTAIN_SECCOMP_FLAG_WAIT_KILLABLE)
#define FLAG_TSYNC_ESRCH 0x10U /* a thread that does not follow is an error, not a number */

static int fail(contain_error **reterr, int err, const char *op, const char *object,
		const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object, hint);
}

int ct_seccomp_check_bytes(const void *program, size_t bytes, const char **ret_why, char *object,
			   size_t size)
{
	struct ct_seccomp_bad bad = { -1, NULL };
	int r = -EINVAL;

	if (!program)
		bad.why = "is NULL";
	else if (bytes % sizeof(struct sock_filter))
		bad.why = "its size is no multiple of 8, the size of an instruction";
	else
		r = ct_seccomp_check(program, bytes / sizeof(struct sock_filter), &bad);
	*ret_why = bad.why;
	if (bad.at < 0)
		snprintf(object, size, "program");
	else
		snprintf(object, size, "instruction %d", bad.at);
	return r;
}

static int check(const char *op, const void *program, size_t bytes, contain_error **reterr)
{
	char object[32];
	const char *why;
	int r = ct_seccomp_check_bytes(program, bytes, &why, object, sizeof(object));

	return r < 0 ? fail(reterr, r, op, object, why) : 0;
}

int contain_seccomp_check_program(const void *program, size_t bytes, contain_error **reterr)
{
	return check("seccomp-check", program, bytes, reterr);
}

const char *ct_seccomp_why(int err, uint32_t flags)
{
	switch (-err) {
	case EACCES:
		return "neither is no_new_privs set, nor has the caller CAP_SYS_ADMIN in its user "
		       "namespace";
	case EINVAL:
		if (flags & CONTAIN_SECCOMP_FLAG_WAIT_KILLABLE)
			return "CONTAIN_SECCOMP_FLAG_WAIT_KILLABLE is new in Linux 5.19 and needs "
			       "a listener";
		return flags ? "this kernel does not know one of the flags, or knows no filters" :
			       "this kernel has no filters (CONFIG_SECCOMP_FILTER)";
	case ENOSYS:
		return "this kernel has no seccomp(2), or a filter that is in force hides it";
	case EPERM:
		return "a filter that is in force forbids it";
	case EBUSY:
		return "a filter with a listener is in force already, perhaps the caller's own: "
		       "there can be one";
	case ENOMEM:
		return "no memory, or all filters together have more than 32768 instructions";
	case ESRCH:
		return "another thread has filters of its own";
	default:
		return NULL;
	}
}

int contain_seccomp_load(const void *program, size_t bytes, uint32_t flags, contain_error **reterr)
{
	const char *op = "seccomp-load";
	int r;

	if (flags & ~FLAGS)
		return fail(reterr, -EINVAL, op, "flags", "unknown bits");
	r = check(op, program, bytes, reterr);
	if (r < 0)
		return r;
	if (flags & CONTAIN_SECCOMP_FLAG_TSYNC)
		flags |= FLAG_TSYNC_ESRCH;
	r = ct_seccomp_load(program, bytes / sizeof(struct sock_filter), flags);
	if (r < 0)
		return fail(reterr, r, op, "program", ct_seccomp_why(r, flags));
	if (!(flags & CONTAIN_SECCOMP_FLAG_NEW_LISTENER))
		return 0;
	/* loaded it is, whatever comes of moving the fd: the low number does, too */
	if (r <= 2) {
		int up = ct_sys_fcntl(r, F_DUPFD_CLOEXEC, 3);

		if (up >= 0)
			ct_sys_close(r);
		return up >= 0 ? up : r;
	}
	return r;
}
