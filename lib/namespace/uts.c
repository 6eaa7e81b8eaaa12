/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/error.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <errno.h>
#include <string.h>

#define UTS_MAX 64 /* __NEW_UTS_LEN of linux/utsname.h */

static int set(const char *op, const char *name, int (*call)(const char *, size_t),
	       contain_error **reterr)
{
	size_t n = name ? strlen(name) : 0;
	const char *hint = NULL;
	int r;

	if (!n)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_PARENT, op, "name",
				       "is missing or empty");
	if (n > UTS_MAX)
		return ct_error_simple(reterr, -ENAMETOOLONG, CONTAIN_PHASE_PARENT, op, "name",
				       "has more than 64 bytes");
	r = call(name, n);
	if (r == 0)
		return 0;
	if (r == -EPERM)
		hint = "needs CAP_SYS_ADMIN in the user namespace that owns the uts namespace: "
		       "unshare CONTAIN_NS_UTS, with CONTAIN_NS_USER where the caller is "
		       "unprivileged";
	return ct_error_simple(reterr, r, CONTAIN_PHASE_PARENT, op, name, hint);
}

static int call_sethostname(const char *name, size_t n)
{
	return ct_sys_sethostname(name, n);
}

static int call_setdomainname(const char *name, size_t n)
{
	return ct_sys_setdomainname(name, n);
}

int contain_ns_set_hostname(const char *name, contain_error **reterr)
{
	return set("set-hostname", name, call_sethostname, reterr);
}

int contain_ns_set_domainname(const char *name, contain_error **reterr)
{
	return set("set-domainname", name, call_setdomainname, reterr);
}
