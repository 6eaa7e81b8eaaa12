/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include "../sys/str.h"
#include "kernel.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The release is for the reason of a missing feature; NULL: older than the library's floor. */
static const struct {
	const char *name;
	const char *since;
} features[CT_FEATURES] = {
	[CONTAIN_FEATURE_NAMESPACE_MNT] = { "namespace-mnt", NULL },
	[CONTAIN_FEATURE_NAMESPACE_UTS] = { "namespace-uts", "CONFIG_UTS_NS" },
	[CONTAIN_FEATURE_NAMESPACE_IPC] = { "namespace-ipc", "CONFIG_IPC_NS" },
	[CONTAIN_FEATURE_NAMESPACE_PID] = { "namespace-pid", "CONFIG_PID_NS" },
	[CONTAIN_FEATURE_NAMESPACE_NET] = { "namespace-net", "CONFIG_NET_NS" },
	[CONTAIN_FEATURE_NAMESPACE_USER] = { "namespace-user", "CONFIG_USER_NS" },
	[CONTAIN_FEATURE_NAMESPACE_CGROUP] = { "namespace-cgroup", "CONFIG_CGROUPS" },
	[CONTAIN_FEATURE_NAMESPACE_TIME] = { "namespace-time", "CONFIG_TIME_NS" },
	[CONTAIN_FEATURE_MAX_MNT_NAMESPACES] = { "max-mnt-namespaces", NULL },
	[CONTAIN_FEATURE_MAX_UTS_NAMESPACES] = { "max-uts-namespaces", NULL },
	[CONTAIN_FEATURE_MAX_IPC_NAMESPACES] = { "max-ipc-namespaces", NULL },
	[CONTAIN_FEATURE_MAX_PID_NAMESPACES] = { "max-pid-namespaces", NULL },
	[CONTAIN_FEATURE_MAX_NET_NAMESPACES] = { "max-net-namespaces", NULL },
	[CONTAIN_FEATURE_MAX_USER_NAMESPACES] = { "max-user-namespaces", NULL },
	[CONTAIN_FEATURE_MAX_CGROUP_NAMESPACES] = { "max-cgroup-namespaces", NULL },
	[CONTAIN_FEATURE_MAX_TIME_NAMESPACES] = { "max-time-namespaces", NULL },
	[CONTAIN_FEATURE_NAMESPACE_USER_UNPRIVILEGED] = { "namespace-user-unprivileged",
							  "CONFIG_USER_NS" },
	[CONTAIN_FEATURE_NAMESPACE_TIME_EXEC] = { "namespace-time-exec", NULL },
	[CONTAIN_FEATURE_CGROUP_MODE] = { "cgroup-mode", NULL },
	[CONTAIN_FEATURE_CGROUP_V2] = { "cgroup-v2", NULL },
	[CONTAIN_FEATURE_CGROUP_OWN_GROUP] = { "cgroup-own-group", NULL },
	[CONTAIN_FEATURE_CGROUP_DELEGATION] = { "cgroup-delegation", NULL },
	[CONTAIN_FEATURE_CGROUP_DELEGATED_CONTROLLERS] = { "cgroup-delegated-controllers", NULL },
	[CONTAIN_FEATURE_CGROUP_KILL] = { "cgroup-kill", "Linux 5.14" },
	[CONTAIN_FEATURE_CGROUP_CONTROLLER_CPU] = { "cgroup-controller-cpu", NULL },
	[CONTAIN_FEATURE_CGROUP_CONTROLLER_CPUSET] = { "cgroup-controller-cpuset", NULL },
	[CONTAIN_FEATURE_CGROUP_CONTROLLER_IO] = { "cgroup-controller-io", NULL },
	[CONTAIN_FEATURE_CGROUP_CONTROLLER_MEMORY] = { "cgroup-controller-memory", NULL },
	[CONTAIN_FEATURE_CGROUP_CONTROLLER_HUGETLB] = { "cgroup-controller-hugetlb", NULL },
	[CONTAIN_FEATURE_CGROUP_CONTROLLER_PIDS] = { "cgroup-controller-pids", NULL },
	[CONTAIN_FEATURE_CGROUP_CONTROLLER_RDMA] = { "cgroup-controller-rdma", NULL },
	[CONTAIN_FEATURE_CGROUP_CONTROLLER_MISC] = { "cgroup-controller-misc", NULL },
	[CONTAIN_FEATURE_CGROUP_CONTROLLER_FREEZER] = { "cgroup-controller-freezer", NULL },
	[CONTAIN_FEATURE_CGROUP_CONTROLLER_DEVICES] = { "cgroup-controller-devices", NULL },
	[CONTAIN_FEATURE_CGROUP_CONTROLLER_BLKIO] = { "cgroup-controller-blkio", NULL },
	[CONTAIN_FEATURE_CGROUP_CONTROLLER_CPUACCT] = { "cgroup-controller-cpuacct", NULL },
	[CONTAIN_FEATURE_CLONE3] = { "clone3", "Linux 5.3" },
	[CONTAIN_FEATURE_CLONE_INTO_CGROUP] = { "clone-into-cgroup", "Linux 5.7" },
	[CONTAIN_FEATURE_CLONE_CLEAR_SIGHAND] = { "clone-clear-sighand", "Linux 5.5" },
	[CONTAIN_FEATURE_CLONE_PIDFD] = { "clone-pidfd", "Linux 5.2" },
	[CONTAIN_FEATURE_OPENAT2] = { "openat2", "Linux 5.6" },
	[CONTAIN_FEATURE_FSOPEN] = { "fsopen", "Linux 5.2" },
	[CONTAIN_FEATURE_FSCONFIG] = { "fsconfig", "Linux 5.2" },
	[CONTAIN_FEATURE_FSMOUNT] = { "fsmount", "Linux 5.2" },
	[CONTAIN_FEATURE_OPEN_TREE] = { "open-tree", "Linux 5.2" },
	[CONTAIN_FEATURE_MOVE_MOUNT] = { "move-mount", "Linux 5.2" },
	[CONTAIN_FEATURE_MOUNT_SETATTR] = { "mount-setattr", "Linux 5.12" },
	[CONTAIN_FEATURE_OPEN_TREE_ATTR] = { "open-tree-attr", "Linux 6.15" },
	[CONTAIN_FEATURE_MOVE_MOUNT_BENEATH] = { "move-mount-beneath", "Linux 6.5" },
	[CONTAIN_FEATURE_MOUNT_IDMAP] = { "mount-idmap", "Linux 5.12" },
	[CONTAIN_FEATURE_MOUNT_IDMAP_TMPFS] = { "mount-idmap-tmpfs", "Linux 6.3" },
	[CONTAIN_FEATURE_STATMOUNT] = { "statmount", "Linux 6.8" },
	[CONTAIN_FEATURE_LISTMOUNT] = { "listmount", "Linux 6.8" },
	[CONTAIN_FEATURE_PIDFD_OPEN] = { "pidfd-open", "Linux 5.3" },
	[CONTAIN_FEATURE_PIDFD_NAMESPACE] = { "pidfd-namespace", "Linux 6.11" },
	[CONTAIN_FEATURE_PIDFD_INFO] = { "pidfd-info", "Linux 6.13" },
	[CONTAIN_FEATURE_PIDFD_INFO_EXIT] = { "pidfd-info-exit", "Linux 6.15" },
	[CONTAIN_FEATURE_OVERLAY] = { "overlay", "CONFIG_OVERLAY_FS" },
	[CONTAIN_FEATURE_OVERLAY_LOWERDIR_ADD] = { "overlay-lowerdir-add", "Linux 6.8" },
	[CONTAIN_FEATURE_OVERLAY_USERNS] = { "overlay-userns", "Linux 5.11" },
	[CONTAIN_FEATURE_TMPFS_USER_XATTR] = { "tmpfs-user-xattr", "Linux 6.6" },
	[CONTAIN_FEATURE_CLOSE_RANGE] = { "close-range", "Linux 5.11" },
	[CONTAIN_FEATURE_MEMFD_EXEC] = { "memfd-exec", "CONFIG_MEMFD_CREATE" },
	[CONTAIN_FEATURE_SECCOMP_FILTER] = { "seccomp-filter", "CONFIG_SECCOMP_FILTER" },
	[CONTAIN_FEATURE_SECCOMP_NOTIFY] = { "seccomp-notify", "Linux 5.0" },
	[CONTAIN_FEATURE_LANDLOCK] = { "landlock", "Linux 5.13, CONFIG_SECURITY_LANDLOCK" },
	[CONTAIN_FEATURE_CAP_LAST_CAP] = { "cap-last-cap", NULL },
	[CONTAIN_FEATURE_NEWUIDMAP] = { "newuidmap", NULL },
	[CONTAIN_FEATURE_NEWGIDMAP] = { "newgidmap", NULL },
	[CONTAIN_FEATURE_CGROUP_DEVICES] = { "cgroup-devices", "Linux 4.15, CONFIG_CGROUP_BPF" },
	[CONTAIN_FEATURE_PRESSURE] = { "pressure", "Linux 4.20, CONFIG_PSI" },
};

uint32_t contain_feature_count(void)
{
	return CT_FEATURES;
}

const char *contain_feature_name(uint32_t feature)
{
	return feature < CT_FEATURES ? features[feature].name : NULL;
}

char *ct_join(struct contain_feature_report *report, const char *first, ...)
{
	size_t n = 0, at = 0;
	const char *part;
	va_list args;
	char *text;

	va_start(args, first);
	for (part = first; part; part = va_arg(args, const char *))
		n += strlen(part);
	va_end(args);
	text = malloc(n + 1);
	if (!text) {
		report->no_memory = 1;
		return NULL;
	}
	va_start(args, first);
	for (part = first; part; part = va_arg(args, const char *))
		at = ct_append(text, n + 1, at, part);
	va_end(args);
	text[at] = 0;
	return text;
}

const char *ct_errno_name(int err, char buf[24])
{
	static const struct {
		int err;
		const char *name;
	} names[] = {
		{ EPERM, "EPERM" },
		{ ENOENT, "ENOENT" },
		{ ESRCH, "ESRCH" },
		{ EINTR, "EINTR" },
		{ EIO, "EIO" },
		{ ENXIO, "ENXIO" },
		{ EBADF, "EBADF" },
		{ EAGAIN, "EAGAIN" },
		{ ENOMEM, "ENOMEM" },
		{ EACCES, "EACCES" },
		{ EFAULT, "EFAULT" },
		{ EBUSY, "EBUSY" },
		{ EEXIST, "EEXIST" },
		{ ENODEV, "ENODEV" },
		{ ENOTDIR, "ENOTDIR" },
		{ EINVAL, "EINVAL" },
		{ ENFILE, "ENFILE" },
		{ EMFILE, "EMFILE" },
		{ ENOTTY, "ENOTTY" },
		{ ENOSPC, "ENOSPC" },
		{ EROFS, "EROFS" },
		{ ENOSYS, "ENOSYS" },
		{ ELOOP, "ELOOP" },
		{ ENODATA, "ENODATA" },
		{ EUSERS, "EUSERS" },
		{ EOPNOTSUPP, "EOPNOTSUPP" },
		{ EOVERFLOW, "EOVERFLOW" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].err == -err)
			return names[i].name;
	ct_append_u64(buf, 24, ct_append(buf, 24, 0, "errno "), (uint64_t) - (int64_t)err);
	return buf;
}

static void set_reason(struct ct_survey *s, uint32_t feature, int available, char *reason)
{
	struct ct_answer *a = &s->report->answers[feature];

	a->available = available;
	free(a->reason);
	a->reason = reason;
}

void ct_available(struct ct_survey *s, uint32_t feature)
{
	set_reason(s, feature, 1, NULL);
}

void ct_missing(struct ct_survey *s, uint32_t feature, char *reason)
{
	set_reason(s, feature, 0, reason);
}

void ct_restricted(struct ct_survey *s, uint32_t feature, char *reason)
{
	set_reason(s, feature, 1, reason);
}

void ct_set_value(struct ct_survey *s, uint32_t feature, int64_t value)
{
	s->report->answers[feature].value = value;
	s->report->answers[feature].has_value = 1;
}

void ct_set_text(struct ct_survey *s, uint32_t feature, const char *text)
{
	struct ct_answer *a = &s->report->answers[feature];

	free(a->text);
	a->text = ct_why(s, text);
}

void ct_by_errno(struct ct_survey *s, uint32_t feature, int err)
{
	const char *since = features[feature].since, *name;
	char buf[24];

	if (err >= 0) {
		ct_available(s, feature);
		return;
	}
	name = ct_errno_name(err, buf);
	switch (-err) {
	case EPERM:
	case EACCES:
		ct_missing(s, feature,
			   ct_why(s, "refused with ", name,
				  ": a seccomp filter, "
				  "a security module or a missing capability forbids it"));
		return;
	case ENOSYS:
	case EINVAL:
	case ENOTTY:
	case ENODEV:
	case EOPNOTSUPP:
	case ENODATA:
		ct_missing(s, feature,
			   ct_why(s, "not in this kernel", since ? " (needs " : "",
				  since ? since : "", since ? "): " : ": ", name));
		return;
	case ENOSPC:
		ct_missing(s, feature,
			   ct_why(s, "refused with ENOSPC: a limit of "
				     "/proc/sys/user is reached"));
		return;
	default:
		ct_missing(s, feature, ct_why(s, "failed with ", name));
	}
}

void ct_by_try(struct ct_survey *s, const struct ct_try *t, uint32_t feature, int err)
{
	char buf[24], *why;

	if (t->clone < 0 && t->flags & CLONE_NEWUSER) {
		why = ct_why_no_userns(s, t->clone, 0);
		ct_missing(s, feature,
			   ct_why(s, "needs CAP_SYS_ADMIN or a user namespace: ", why ? why : ""));
		free(why);
	} else if (t->clone < 0) {
		ct_missing(s, feature,
			   ct_why(s, "could not be tried: clone3 failed with ",
				  ct_errno_name(t->clone, buf)));
	} else if (err == CT_NOT_TRIED) {
		ct_missing(s, feature,
			   ct_why(s, "could not be tried here: a step before it "
				     "failed"));
	} else {
		ct_by_errno(s, feature, err);
		if (err == 0 && !s->is_admin && t->flags & CLONE_NEWUSER)
			ct_restricted(s, feature,
				      ct_why(s, "in a user namespace only: the caller lacks "
						"CAP_SYS_ADMIN"));
	}
}

static void run_tries(struct ct_survey *s)
{
	s->is_admin = ct_has_capability(CAP_SYS_ADMIN);
	s->program = ct_try_program();
	ct_try_run(&s->own, s->is_admin ? 0 : CLONE_NEWUSER, 0, s->program);
	if (s->is_admin)
		ct_try_run(&s->user, CLONE_NEWUSER, 0, -1);
	else
		s->user = s->own;
	ct_try_run(&s->plain, 0, 1, -1);
	if (s->program >= 0)
		ct_sys_close(s->program);
}

static int survey(struct ct_survey *s)
{
	int r;

	ct_facts_drop(); /* a report is about now */
	r = ct_facts_get(&s->facts);
	if (r < 0)
		return r;
	ct_delegation_find(s->facts.v2_mount, s->facts.own_group, s->facts.is_privileged, NULL,
			   &s->delegation);
	run_tries(s);
	ct_probe_namespaces(s);
	ct_probe_cgroups(s);
	ct_probe_calls(s);
	ct_probe_mounts(s);
	ct_probe_security(s);
	return s->report->no_memory ? -ENOMEM : 0;
}

int contain_feature_report_new(contain_feature_report **ret_report)
{
	struct contain_feature_report *report;
	struct ct_survey *s;
	int r = -ENOMEM;

	if (!ret_report)
		return -EINVAL;
	report = calloc(1, sizeof(*report));
	s = calloc(1, sizeof(*s));
	if (report && s) {
		s->report = report;
		r = survey(s);
	}
	free(s);
	if (r < 0) {
		contain_feature_report_free(report);
		return r;
	}
	*ret_report = report;
	return 0;
}

void contain_feature_report_free(contain_feature_report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < CT_FEATURES; i++) {
		free(report->answers[i].text);
		free(report->answers[i].reason);
	}
	free(report);
}

int contain_feature_available(const contain_feature_report *report, uint32_t feature)
{
	if (!report || feature >= CT_FEATURES)
		return -EINVAL;
	return report->answers[feature].available;
}

const char *contain_feature_reason(const contain_feature_report *report, uint32_t feature)
{
	return report && feature < CT_FEATURES ? report->answers[feature].reason : NULL;
}

int contain_feature_value(const contain_feature_report *report, uint32_t feature,
			  int64_t *ret_value)
{
	if (!report || !ret_value || feature >= CT_FEATURES)
		return -EINVAL;
	if (!report->answers[feature].has_value)
		return -ENODATA;
	*ret_value = report->answers[feature].value;
	return 0;
}

const char *contain_feature_text(const contain_feature_report *report, uint32_t feature)
{
	return report && feature < CT_FEATURES ? report->answers[feature].text : NULL;
}
