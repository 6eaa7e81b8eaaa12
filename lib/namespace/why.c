/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why unshare(2) and setns(2) refuse. The kernel has one errno for many causes; which one it was is
 * looked up after the failure, so that success costs nothing.
 */
#include "act.h"
#include "limits.h"
#include "plan/error.h"
#include "sys/path.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif

void ct_ns_say(struct ct_ns_why *why, int err, const char *object, const char *fmt, ...)
{
	va_list args;

	why->err = err;
	why->object = object;
	va_start(args, fmt);
	vsnprintf(why->hint, sizeof(why->hint), fmt, args);
	va_end(args);
}

int ct_ns_failed(contain_error **reterr, const char *op, int err, const char *object,
		 const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object, hint);
}

int ct_ns_fail(contain_error **reterr, const char *op, const struct ct_ns_why *why)
{
	return ct_ns_failed(reterr, op, why->err, why->object, why->hint);
}

int ct_ns_is_type(uint64_t type)
{
	return !type || ct_ns_index(type) >= 0;
}

const char *ct_ns_name(uint64_t type)
{
	int i = ct_ns_index(type);

	return i < 0 ? "" : ct_ns_types[i].name;
}

uint64_t ct_ns_missing(uint64_t types)
{
	char path[48];

	/* without /proc nothing is known */
	if (ct_sys_faccessat2(AT_FDCWD, "/proc/self/ns", 0, 0) < 0)
		return 0;
	for (int i = 0; i < CT_NS_TYPES; i++) {
		if (!(types & ct_ns_types[i].type))
			continue;
		snprintf(path, sizeof(path), "/proc/self/ns/%s", ct_ns_types[i].name);
		/* the link may point to what the caller cannot see */
		if (ct_sys_faccessat2(AT_FDCWD, path, 0, AT_SYMLINK_NOFOLLOW) == -ENOENT)
			return ct_ns_types[i].type;
	}
	return 0;
}

int ct_ns_threads(void)
{
	char text[4096], *line;

	if (ct_read_at(AT_FDCWD, "/proc/self/status", text, sizeof(text)) <= 0)
		return 0;
	line = strstr(text, "\nThreads:");
	return line ? atoi(line + 9) : 0;
}

int ct_ns_has_cap(unsigned cap)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2] = { { 0 } };

	return ct_sys_capget(&h, d) == 0 && d[cap / 32].effective >> (cap & 31) & 1;
}

static int number_in(const char *path, int otherwise)
{
	char text[24];

	return ct_read_at(AT_FDCWD, path, text, sizeof(text)) > 0 ? atoi(text) : otherwise;
}

static int is_mapped(const char *path, unsigned id)
{
	char text[8192], *at = text, *next;

	if (ct_read_at(AT_FDCWD, path, text, sizeof(text)) < 0)
		return 1;
	while (*at) {
		unsigned long inside = strtoul(at, &next, 10), count;

		strtoul(next, &next, 10);
		count = strtoul(next, &next, 10);
		if (id >= inside && id - inside < count)
			return 1;
		at = next + strcspn(next, "\n");
		at += *at == '\n';
	}
	return 0;
}

/* A chroot into a mount point is not seen, and left to the general words. */
static int in_chroot(void)
{
	struct statx st;

	return ct_sys_statx(AT_FDCWD, "/", 0, 0, &st) == 0 &&
	       st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT &&
	       !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static const char *why_no_user(void)
{
	if (in_chroot())
		return "the caller runs in a chroot, from which no user namespace may be made";
	if (!is_mapped("/proc/thread-self/uid_map", (unsigned)ct_sys_geteuid()) ||
	    !is_mapped("/proc/thread-self/gid_map", (unsigned)ct_sys_getegid()))
		return "the caller's own ids have no mapping in its user namespace: write its maps "
		       "first";
	if (!ct_ns_has_cap(CAP_SYS_ADMIN) &&
	    number_in("/proc/sys/kernel/unprivileged_userns_clone", 1) == 0)
		return "unprivileged user namespaces are forbidden: "
		       "kernel.unprivileged_userns_clone is 0";
	if (number_in("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) == 1)
		return "kernel.apparmor_restrict_unprivileged_userns is 1, and the program has no "
		       "AppArmor profile that allows user namespaces";
	return "a seccomp filter, a security module or a chroot forbids user namespaces here";
}

static void why_refused(uint64_t types, struct ct_ns_why *why)
{
	if (types & CONTAIN_NS_USER)
		ct_ns_say(why, -EPERM, "user", "%s", why_no_user());
	else if (ct_ns_has_cap(CAP_SYS_ADMIN))
		ct_ns_say(why, -EPERM, "types",
			  "a seccomp filter or a security module refuses unshare(2)");
	else
		ct_ns_say(why, -EPERM, "types",
			  "needs CAP_SYS_ADMIN: add CONTAIN_NS_USER, which any user may make");
}

/* Children go elsewhere already, and a pid namespace can be made from inside its parent only. */
static int children_go_elsewhere(void)
{
	int own = ct_ns_open_own("pid"), next = ct_ns_open_own("pid_for_children");
	/* that of children cannot be opened before it has its process 1 */
	int r = own >= 0 && (next == -ENOENT || (next >= 0 && !ct_ns_same(own, next)));

	if (own >= 0)
		ct_sys_close(own);
	if (next >= 0)
		ct_sys_close(next);
	return r;
}

static void why_invalid(uint64_t types, struct ct_ns_why *why)
{
	uint64_t missing = ct_ns_missing(types);
	int threads = types & CONTAIN_NS_USER ? ct_ns_threads() : 0;

	if (missing)
		ct_ns_say(why, -EOPNOTSUPP, ct_ns_name(missing),
			  "this kernel has no namespaces of this type");
	else if (threads > 1)
		ct_ns_say(why, -EINVAL, "user",
			  "a user namespace is unshared by a process with one thread only, and "
			  "this one has %d: use a child, see contain_ns_child_start()",
			  threads);
	else if (types & CONTAIN_NS_PID && children_go_elsewhere())
		ct_ns_say(why, -EINVAL, "pid",
			  "the caller's next child goes into another pid namespace already; a new "
			  "one is made by that child");
	else if (types & CONTAIN_NS_USER)
		ct_ns_say(why, -EINVAL, "user",
			  "the process shares memory with another one (CLONE_VM, vfork(2))");
	else
		ct_ns_say(why, -EINVAL, "types", "%s", "");
}

static void say_limit(uint64_t types, int err, struct ct_ns_why *why)
{
	char buf[sizeof(why->hint)];

	ct_ns_say(why, err, why->object, "%s", ct_ns_limit_hint(types, buf, sizeof(buf)));
}

void ct_ns_why_unshare(uint64_t types, int err, struct ct_ns_why *why)
{
	ct_ns_say(why, err, "types", "%s", "");
	if (err == -EINVAL)
		why_invalid(types, why);
	else if (err == -EPERM)
		why_refused(types, why);
	else if (err == -ENOSPC || err == -EUSERS)
		say_limit(types, err, why);
}

/* Whether a pid namespace is the caller's own or below it. */
static int is_below(int own, int ns_fd)
{
	int is = 0, at = ns_fd;

	while (at >= 0 && !is) {
		int up = (is = ct_ns_same(own, at)) ? -1 : ct_ns_parent_of(at);

		if (at != ns_fd)
			ct_sys_close(at);
		at = up;
	}
	return is;
}

static void why_not_joined(int ns_fd, uint64_t type, struct ct_ns_why *why)
{
	int threads = ct_ns_threads(), own = ct_ns_open_own(ct_ns_name(type));
	int is_own = own >= 0 && ct_ns_same(own, ns_fd);
	int is_outside = type == CONTAIN_NS_PID && own >= 0 && !is_below(own, ns_fd);

	if (own >= 0)
		ct_sys_close(own);
	if (type == CONTAIN_NS_USER && is_own)
		ct_ns_say(why, -EINVAL, "user", "the caller is in this user namespace already");
	else if (type == CONTAIN_NS_USER && threads > 1)
		ct_ns_say(why, -EINVAL, "user",
			  "a user namespace is joined by a process with one thread only, and this "
			  "one has %d: use a child, see contain_ns_child_start()",
			  threads);
	else if (type == CONTAIN_NS_USER || type == CONTAIN_NS_MNT)
		ct_ns_say(why, -EINVAL, ct_ns_name(type),
			  "the thread shares its root and working directory with %s: call "
			  "unshare(CLONE_FS) in it first, or use a child, see "
			  "contain_ns_child_start()",
			  threads > 1 ? "other threads" : "another process (CLONE_FS)");
	else if (is_outside)
		ct_ns_say(why, -EINVAL, "pid",
			  "only the caller's own pid namespace and those below it can be joined");
	else
		ct_ns_say(why, -EINVAL, ct_ns_name(type), "%s", "");
}

static void why_no_right(uint64_t type, struct ct_ns_why *why)
{
	const char *name = ct_ns_name(type);

	if (type != CONTAIN_NS_USER && !ct_ns_has_cap(CAP_SYS_ADMIN))
		ct_ns_say(why, -EPERM, name,
			  "the caller has no CAP_SYS_ADMIN in its own user namespace: join the "
			  "user namespace that owns the %s namespace first (contain_ns_owner())",
			  name);
	else if (type == CONTAIN_NS_MNT && !ct_ns_has_cap(CAP_SYS_CHROOT))
		ct_ns_say(why, -EPERM, name, "a mount namespace needs CAP_SYS_CHROOT as well");
	else
		ct_ns_say(why, -EPERM, name,
			  "the caller has no CAP_SYS_ADMIN in %s, or a security module refuses",
			  type == CONTAIN_NS_USER ? "this user namespace: it is neither its "
						    "maker nor privileged above it" :
						    "the user namespace that owns it");
}

void ct_ns_why_join(int ns_fd, uint64_t type, int err, struct ct_ns_why *why)
{
	ct_ns_say(why, err, ct_ns_name(type), "%s", "");
	if (err == -EINVAL)
		why_not_joined(ns_fd, type, why);
	else if (err == -EPERM)
		why_no_right(type, why);
	else if (err == -EUSERS && type == CONTAIN_NS_TIME)
		ct_ns_say(why, err, "time",
			  "a time namespace is joined by a process with one thread and memory of "
			  "its own: use a child, see contain_ns_child_start()");
	else if (err == -ENOSPC || err == -EUSERS)
		say_limit(type, err, why);
}
