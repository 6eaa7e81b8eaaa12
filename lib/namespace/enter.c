/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calling thread moves into new or existing namespaces. */
#include "act.h"
#include "sys/pidfd.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <stdio.h>
#include <string.h>

int contain_ns_unshare(uint64_t types, contain_error **reterr)
{
	struct ct_ns_why why;
	int r;

	if (!types || types & ~(uint64_t)CONTAIN_NS_ALL)
		return ct_ns_failed(reterr, "unshare", -EINVAL, "types",
				    types ? "an unknown type" : "no type");
	r = ct_sys_unshare((unsigned long)types);
	if (r == 0)
		return 0;
	ct_ns_why_unshare(types, r, &why);
	return ct_ns_fail(reterr, "unshare", &why);
}

int contain_ns_join(int ns_fd, uint64_t type, contain_error **reterr)
{
	struct ct_ns_why why;
	int r;

	if (!ct_ns_is_type(type))
		return ct_ns_failed(reterr, "join-namespace", -EINVAL, "type",
				    "has to be one known type, or 0");
	/* setns(2) has one errno for what is no namespace, another type, and a refusal; and it
	   takes a pidfd for a namespace */
	if (ct_ns_check(ns_fd, type, &type, &why) < 0)
		return ct_ns_fail(reterr, "join-namespace", &why);
	r = ct_sys_setns(ns_fd, (int)type);
	if (r == 0)
		return 0;
	ct_ns_why_join(ns_fd, type, r, &why);
	return ct_ns_fail(reterr, "join-namespace", &why);
}

int contain_ns_join_path(int dirfd, const char *path, uint64_t type, contain_error **reterr)
{
	int r, fd = contain_ns_open_path(dirfd, path, type, reterr);

	if (fd < 0)
		return fd;
	r = contain_ns_join(fd, type, reterr);
	ct_sys_close(fd);
	return r;
}

int ct_ns_join_all(const int *fds, const uint64_t *types, size_t n, size_t *ret_joined,
		   struct ct_ns_why *why)
{
	/* As nsenter(1): last where it takes rights away, first where it gives them. */
	int user_last = ct_ns_has_cap(CAP_SYS_ADMIN);

	*ret_joined = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i++) {
			int r, is_user = types[i] == CONTAIN_NS_USER;

			if (pass != (is_user ? user_last : !user_last))
				continue;
			r = ct_sys_setns(fds[i], (int)types[i]);
			if (r < 0) {
				ct_ns_why_join(fds[i], types[i], r, why);
				return why->err;
			}
			++*ret_joined;
		}
	}
	return 0;
}

/* The kernel refuses to join the own user namespace again, since that could give rights back. */
static int shares_user(int pidfd)
{
	struct ct_ns_why why;
	int own = ct_ns_open_own("user"), its = ct_ns_open_of(pidfd, CONTAIN_NS_USER, &why);
	int r = own >= 0 && its >= 0 && ct_ns_same(own, its);

	if (own >= 0)
		ct_sys_close(own);
	if (its >= 0)
		ct_sys_close(its);
	return r;
}

/* Joining one's own uts namespace changes nothing, and tells whether setns(2) takes a pidfd. */
static int takes_pidfd(void)
{
	int r, self = ct_sys_pidfd_open(ct_sys_getpid(), 0);

	if (self < 0)
		return 1;
	r = ct_sys_setns(self, CLONE_NEWUTS);
	ct_sys_close(self);
	return r == 0 || r == -EPERM;
}

static size_t open_each(int pidfd, uint64_t types, int *fds, uint64_t *each, struct ct_ns_why *why)
{
	size_t n = 0;

	for (int i = 0; i < CT_NS_TYPES; i++) {
		if (!(types & ct_ns_types[i].type))
			continue;
		each[n] = ct_ns_types[i].type;
		fds[n] = ct_ns_open_of(pidfd, each[n], why);
		if (fds[n] < 0)
			break;
		n++;
		why->err = 0;
	}
	return n;
}

static int join_by_fds(int pidfd, uint64_t types, struct ct_ns_why *why)
{
	uint64_t each[CT_NS_TYPES];
	int fds[CT_NS_TYPES], r;
	size_t joined = 0, len, n = open_each(pidfd, types, fds, each, why);

	r = why->err;
	if (!r)
		r = ct_ns_join_all(fds, each, n, &joined, why);
	len = strlen(why->hint);
	if (r && joined)
		snprintf(why->hint + len, sizeof(why->hint) - len,
			 "%sothers of the namespaces are joined already", len ? "; " : "");
	while (n)
		ct_sys_close(fds[--n]);
	return r;
}

/* Says why one of the types is not joined; 0: it may be another. */
static int why_this(int pidfd, uint64_t type, int err, struct ct_ns_why *why)
{
	int fd = ct_ns_open_of(pidfd, type, why);

	if (fd < 0) /* says that it may not be looked at */
		return 1;
	ct_ns_why_join(fd, type, err, why);
	ct_sys_close(fd);
	return *why->hint != 0;
}

/* Nothing has changed so far. Which of the types it was: the first that can be named. */
static void why_process(int pidfd, uint64_t types, int err, struct ct_ns_why *why)
{
	uint64_t missing = err == -EINVAL ? ct_ns_missing(types) : 0;

	ct_ns_say(why, err, "pidfd", "%s", "");
	if (missing) {
		ct_ns_say(why, -EOPNOTSUPP, ct_ns_name(missing),
			  "this kernel has no namespaces of this type");
		return;
	}
	if (err == -EBADF)
		return;
	if (ct_pidfd_pid(pidfd) == -EINVAL) {
		ct_ns_say(why, -EINVAL, "pidfd", "the fd is no pidfd: see pidfd_open(2)");
		return;
	}
	if (err == -ESRCH || ct_pidfd_has_ended(pidfd) > 0) {
		ct_ns_say(why, -ESRCH, "pidfd", "the process has ended");
		return;
	}
	/* what is known for certain of a pid namespace goes before what is likely of the others */
	if (types & CONTAIN_NS_PID && why_this(pidfd, CONTAIN_NS_PID, err, why))
		return;
	for (int i = 0; i < CT_NS_TYPES; i++)
		if (types & ct_ns_types[i].type && why_this(pidfd, ct_ns_types[i].type, err, why))
			return;
}

int contain_ns_join_process(int pidfd, uint64_t types, contain_error **reterr)
{
	struct ct_ns_why why = { 0 };
	uint64_t type;
	int r;

	if (!types || types & ~(uint64_t)CONTAIN_NS_ALL)
		return ct_ns_failed(reterr, "join-process", -EINVAL, "types",
				    types ? "an unknown type" : "no type");
	if (ct_ns_type_of(pidfd, &type) == 0) /* which setns(2) would join */
		return ct_ns_failed(reterr, "join-process", -EINVAL, "pidfd",
				    "the fd is a namespace: see contain_ns_join()");
	r = ct_sys_setns(pidfd, (int)types);
	if (r == -EINVAL && types & CONTAIN_NS_USER && types != CONTAIN_NS_USER &&
	    shares_user(pidfd)) {
		types &= ~(uint64_t)CONTAIN_NS_USER;
		r = ct_sys_setns(pidfd, (int)types);
	}
	if (r == -ENOSYS || (r == -EINVAL && !takes_pidfd())) {
		r = join_by_fds(pidfd, types, &why);
		return r ? ct_ns_fail(reterr, "join-process", &why) : 0;
	}
	if (r == 0)
		return 0;
	why_process(pidfd, types, r, &why);
	return ct_ns_fail(reterr, "join-process", &why);
}
