/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespaces(7), user_namespaces(7), time_namespaces(7) */
#include "report.h"

#include "files.h"

#include <stdlib.h>
#include <string.h>

/* In the order of enum ct_ns and of the features. */
static const char *const types[CT_NS] = {
	"mnt", "uts", "ipc", "pid", "net", "user", "cgroup", "time",
};

static int64_t sysctl(const char *path, int64_t otherwise)
{
	int64_t v;

	return ct_read_number(path, &v) == 0 ? v : otherwise;
}

static int64_t limit_of(unsigned ns)
{
	char path[64] = "/proc/sys/user/max_";

	strcat(path, types[ns]);
	strcat(path, "_namespaces");
	return sysctl(path, -1);
}

char *ct_why_no_userns(struct ct_survey *s, int err, int caps)
{
	const char *why, *name;
	char buf[24];

	if (limit_of(CT_NS_USER) == 0)
		return ct_why(s, "user.max_user_namespaces is 0");
	if (sysctl("/proc/sys/kernel/unprivileged_userns_clone", 1) == 0 && err == -EPERM)
		return ct_why(s, "kernel.unprivileged_userns_clone is 0");
	if (sysctl("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) == 1 &&
	    (caps < 0 || err == -EPERM || err == -EACCES))
		return ct_why(s, "kernel.apparmor_restrict_unprivileged_userns is 1 and the "
				 "program has no AppArmor profile that allows it");
	if (err == 0) {
		name = ct_errno_name(caps, buf);
		why = ": a security module gives it no capabilities";
	} else {
		name = ct_errno_name(err, buf);
		if (err == -ENOSPC)
			why = ": user.max_user_namespaces is reached";
		else if (err == -EUSERS)
			why = ": 32 user namespaces are nested already";
		else if (err == -EINVAL)
			why = ": not in this kernel (needs CONFIG_USER_NS)";
		else if (err == -ENOSYS)
			why = ": clone3 is missing";
		else if (err == -EPERM || err == -EACCES)
			why = ": a seccomp filter, a security module, a chroot or ids without a "
			      "mapping forbid it";
		else
			why = "";
	}
	return ct_why(s, "refused with ", name, why);
}

/* Beyond the errno of a try: the limit that is 0 is the cause that people look for longest. */
static int explain_limit(struct ct_survey *s, unsigned ns)
{
	uint32_t feature = CONTAIN_FEATURE_NAMESPACE_MNT + ns;

	if (limit_of(ns) != 0)
		return 0;
	ct_missing(s, feature, ct_why(s, "user.max_", types[ns], "_namespaces is 0"));
	return 1;
}

static void probe_types(struct ct_survey *s)
{
	const struct ct_try *t = &s->own;

	for (unsigned i = 0; i < CT_NS; i++) {
		if (i == CT_NS_USER)
			continue;
		ct_by_try(s, t, CONTAIN_FEATURE_NAMESPACE_MNT + i, t->ns[i]);
		if (t->clone == 0 && t->ns[i] < 0)
			explain_limit(s, i);
	}
}

static void probe_limits(struct ct_survey *s)
{
	for (unsigned i = 0; i < CT_NS; i++) {
		uint32_t feature = CONTAIN_FEATURE_MAX_MNT_NAMESPACES + i;
		int64_t limit = limit_of(i);

		if (limit < 0) {
			ct_missing(s, feature,
				   ct_why(s, "cannot read /proc/sys/user/max_", types[i],
					  "_namespaces"));
			continue;
		}
		ct_set_value(s, feature, limit);
		if (limit)
			ct_available(s, feature);
		else
			ct_missing(s, feature, ct_why(s, "the limit is 0"));
	}
}

static void user_namespace(struct ct_survey *s, uint32_t feature, int err, int caps)
{
	if (err < 0 || caps < 0)
		ct_missing(s, feature, ct_why_no_userns(s, err, caps));
	else
		ct_available(s, feature);
}

static void probe_user(struct ct_survey *s)
{
	const struct ct_try *t = &s->user;
	uint32_t feature = CONTAIN_FEATURE_NAMESPACE_USER;
	char buf[24];
	/* that of uts is what shows whether there are capabilities in it; its own limit does not */
	int caps = t->ns[CT_NS_UTS] == -EPERM || t->ns[CT_NS_UTS] == -EACCES ? t->ns[CT_NS_UTS] : 0;

	user_namespace(s, feature, t->clone, caps);
	if (t->clone == 0 && caps == 0 && t->map < 0)
		ct_restricted(s, feature,
			      ct_why(s,
				     "its id map cannot be written: ", ct_errno_name(t->map, buf)));
	feature = CONTAIN_FEATURE_NAMESPACE_USER_UNPRIVILEGED;
	t = &s->plain;
	if (t->clone < 0) {
		ct_by_try(s, t, feature, CT_NOT_TRIED);
		return;
	}
	caps = t->ns[CT_NS_UTS] == -EPERM || t->ns[CT_NS_UTS] == -EACCES ? t->ns[CT_NS_UTS] : 0;
	user_namespace(s, feature, t->ns[CT_NS_USER], caps);
}

static void probe_time(struct ct_survey *s)
{
	const struct ct_try *t = &s->own;
	uint32_t feature = CONTAIN_FEATURE_NAMESPACE_TIME_EXEC;
	char buf[24];

	if (t->clone < 0 || t->ns[CT_NS_TIME] != 0) {
		ct_by_try(s, t, feature, t->ns[CT_NS_TIME]);
	} else if (t->exec != 0) {
		ct_missing(s, feature,
			   ct_why(s, "could not be tried: no program can be "
				     "executed from a memfd"));
	} else if (t->time_entered < 0) {
		ct_missing(s, feature,
			   ct_why(s, "could not be seen: /proc/PID/ns/time gives ",
				  ct_errno_name(t->time_entered, buf)));
	} else if (t->time_entered) {
		ct_available(s, feature);
	} else {
		ct_missing(s, feature,
			   ct_why(s, "execve does not enter the time namespace that "
				     "unshare made (this is so before Linux 6.3)"));
		ct_restricted(s, CONTAIN_FEATURE_NAMESPACE_TIME,
			      ct_why(s, "execve does not enter it: only a process that shares "
					"no memory enters it, by setns or fork"));
	}
}

void ct_probe_namespaces(struct ct_survey *s)
{
	probe_types(s);
	probe_limits(s);
	probe_user(s);
	probe_time(s);
}
