/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* seccomp(2), seccomp_unotify(2), landlock(7), capabilities(7), memfd_create(2), newuidmap(1) */
#include "report.h"

#include "files.h"

#include <linux/xattr.h>
#include <string.h>

static void probe_seccomp(struct ct_survey *s)
{
	uint32_t action = SECCOMP_RET_USER_NOTIF;
	/* EFAULT: it went to fetch the program, so it would have taken one */
	int r = ct_sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, NULL);

	if (r == -EFAULT || r == -EACCES) /* EACCES: wants no_new_privs first, and is there */
		r = 0;
	ct_by_errno(s, CONTAIN_FEATURE_SECCOMP_FILTER, r);
	if (r == 0)
		r = ct_sys_seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action);
	ct_by_errno(s, CONTAIN_FEATURE_SECCOMP_NOTIFY, r);
}

static void probe_landlock(struct ct_survey *s)
{
	uint32_t feature = CONTAIN_FEATURE_LANDLOCK;
	int abi = ct_sys_landlock_create_ruleset(NULL, 0, 1); /* LANDLOCK_CREATE_RULESET_VERSION */

	ct_by_errno(s, feature, abi);
	if (abi >= 0)
		ct_set_value(s, feature, abi);
	else if (abi == -EOPNOTSUPP)
		ct_missing(s, feature,
			   ct_why(s, "in this kernel, but not switched on: "
				     "\"landlock\" is missing in the boot parameter lsm="));
}

static void probe_memfd(struct ct_survey *s)
{
	uint32_t feature = CONTAIN_FEATURE_MEMFD_EXEC;
	const struct ct_try *t = &s->own;
	int64_t noexec = 0;

	if (ct_read_number("/proc/sys/vm/memfd_noexec", &noexec) == 0)
		ct_set_value(s, feature, noexec);
	if (s->program < 0)
		ct_by_errno(s, feature, s->program);
	else
		ct_by_try(s, t, feature, t->exec);
	if (noexec == 2 && s->report->answers[feature].available == 0)
		ct_missing(s, feature, ct_why(s, "vm.memfd_noexec is 2"));
	/* that a user namespace was used for the try says nothing about memfds */
	if (s->report->answers[feature].available)
		ct_available(s, feature);
}

/* newuidmap may write maps by being set-user-ID root, or by capabilities of its file. */
static int is_privileged(const char *path, const struct stat *st, unsigned cap)
{
	struct vfs_cap_data data;
	ssize_t n;

	if (st->st_mode & S_ISUID && st->st_uid == 0)
		return 1;
	memset(&data, 0, sizeof(data));
	n = ct_sys_getxattr(path, "security.capability", &data, sizeof(data));
	if (n == -ERANGE) /* with the id of a user namespace: which, the kernel decides in exec */
		return 1;
	return n >= (ssize_t)XATTR_CAPS_SZ_1 && le32toh(data.data[0].permitted) >> cap & 1;
}

static int no_new_privs(void)
{
	return ct_sys_prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static void probe_helper(struct ct_survey *s, uint32_t feature, const char *name, unsigned cap)
{
	static const char *const folders[] = {
		"/usr/bin/", "/bin/", "/usr/local/bin/", "/usr/sbin/", "/run/wrappers/bin/",
	};
	struct stat st;
	char path[64];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		strcpy(path, folders[i]);
		strcat(path, name);
		if (ct_sys_newfstatat(AT_FDCWD, path, &st, 0) < 0 || !S_ISREG(st.st_mode))
			continue;
		ct_set_text(s, feature, path);
		if (ct_sys_faccessat2(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
			ct_missing(s, feature,
				   ct_why(s, path,
					  " may not be executed by the "
					  "caller, or its file system is noexec"));
		else if (!is_privileged(path, &st, cap))
			ct_missing(s, feature,
				   ct_why(s, path,
					  " is neither set-user-ID root "
					  "nor has it the file capability"));
		else if (no_new_privs())
			ct_missing(s, feature,
				   ct_why(s, "no_new_privs is set for the caller: ", path,
					  " would have no privilege"));
		else
			ct_available(s, feature);
		return;
	}
	ct_missing(s, feature, ct_why(s, name, " is not installed (package uidmap or shadow)"));
}

void ct_probe_security(struct ct_survey *s)
{
	probe_seccomp(s);
	probe_landlock(s);
	probe_memfd(s);
	ct_set_value(s, CONTAIN_FEATURE_CAP_LAST_CAP, s->facts.cap_last);
	ct_available(s, CONTAIN_FEATURE_CAP_LAST_CAP);
	probe_helper(s, CONTAIN_FEATURE_NEWUIDMAP, "newuidmap", CAP_SETUID);
	probe_helper(s, CONTAIN_FEATURE_NEWGIDMAP, "newgidmap", CAP_SETGID);
}
