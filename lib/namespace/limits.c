/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "limits.h"
#include "act.h"
#include "sysctl.h"
#include "sys/path.h"
#include "sys/proc.h"
#include "sys/str.h"

#include <contain/inventory.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a new user namespace starts with: nobody gets there, so it is a limit further out. */
#define NO_LIMIT 2147483647
/* Below the initial one: pid_namespaces(7), user_namespaces(7). */
#define LEVELS 32

static int read_limit(const char *type, int64_t *ret)
{
	char path[64], text[24];

	snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", type);
	if (ct_read_at(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return -ENOENT;
	*ret = strtoll(text, NULL, 10);
	return 0;
}

/*
 * How deep the pid namespace lies below that of /proc. The ancestors of a user namespace can be
 * seen by none of its processes: NS_GET_PARENT says EPERM beyond the caller's own, of both types.
 */
static int pid_depth(void)
{
	char text[4096], *at;
	int n = -1;

	if (ct_read_at(AT_FDCWD, "/proc/thread-self/status", text, sizeof(text)) <= 0)
		return 0;
	at = strstr(text, "\nNSpid:");
	for (at = at ? at + 7 : text; *at == '\t'; n++)
		at += 1 + strcspn(at + 1, "\t\n");
	return n;
}

/* ", uts 3, net 7823": those that are less than what nobody reaches. Returns how many they are. */
static int list(uint64_t types, char *buf, size_t size, int *ret_last)
{
	size_t at = 0;
	int n = 0;
	int64_t value;

	*buf = 0;
	for (int i = 0; i < CT_NS_TYPES; i++) {
		if (!(types & ct_ns_types[i].type) || read_limit(ct_ns_types[i].name, &value) < 0)
			continue;
		if (!value) {
			*ret_last = i;
			return 0;
		}
		if (value >= NO_LIMIT)
			continue;
		at = ct_append(buf, size, at, n++ ? ", " : "");
		at = ct_append(buf, size, at, ct_ns_types[i].name);
		at = ct_append(buf, size, at, " ");
		at = ct_append_u64(buf, size, at, (uint64_t)value);
		*ret_last = i;
	}
	return n;
}

/* ", or pid or user namespaces are nested ...": seen from inside, the depth is less than it is. */
static const char *depth_text(uint64_t types)
{
	switch (types & (CONTAIN_NS_PID | CONTAIN_NS_USER)) {
	case CONTAIN_NS_PID:
		return ", or pid namespaces are nested more than 32 levels deep";
	case CONTAIN_NS_USER:
		return ", or user namespaces are nested more than 32 levels deep";
	case CONTAIN_NS_PID | CONTAIN_NS_USER:
		return ", or pid or user namespaces are nested more than 32 levels deep";
	default:
		return "";
	}
}

const char *ct_ns_limit_hint(uint64_t types, char *buf, size_t size)
{
	char values[160];
	int last = -1, n = list(types, values, sizeof(values), &last);

	if (!n && last >= 0)
		snprintf(buf, size, "user.max_%s_namespaces is 0 in this user namespace",
			 ct_ns_types[last].name);
	else if (types & CONTAIN_NS_PID && pid_depth() >= LEVELS)
		return "pid namespaces are nested 32 levels deep here, and the kernel allows no "
		       "more";
	else if (n == 1)
		snprintf(buf, size,
			 "user.max_%s_namespaces is %s in this user namespace, and reached by the "
			 "uid, here or in an outer user namespace%s",
			 ct_ns_types[last].name, strchr(values, ' ') + 1, depth_text(types));
	else if (n)
		snprintf(buf, size,
			 "a limit user.max_*_namespaces is reached, here (%s) or further out%s",
			 values, depth_text(types));
	else
		snprintf(buf, size,
			 "a limit user.max_*_namespaces of an outer user namespace is reached%s",
			 depth_text(types));
	return buf;
}

int ct_limit_is_name(const char *name)
{
	size_t n = name ? strlen(name) : 0;

	return n > 4 && n < CT_LIMIT_NAME && !strncmp(name, "max_", 4) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static void path_of(const char *name, char *path)
{
	strcpy(stpcpy(path, "sys/user/"), name);
}

int ct_limit_read(int proc, const char *name, int64_t *ret_value)
{
	char path[CT_LIMIT_NAME + 16], text[32], *end;
	ssize_t n;
	int64_t value;

	path_of(name, path);
	n = ct_proc_read(proc, path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	value = strtoll(text, &end, 10);
	if (end == text)
		return -EIO;
	*ret_value = value;
	return 0;
}

const char *ct_limit_read_hint(int err)
{
	if (err == -ENOENT)
		return "this kernel has no such limit, or procfs is not mounted on /proc";
	if (err == -EXDEV)
		return "/proc is not procfs, or something is mounted over the file or a directory "
		       "above it, and without CAP_SYS_ADMIN there is no other";
	return NULL;
}

static const char *write_hint(int err, const char *seen, char *buf, size_t size)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		return "needs CAP_SYS_RESOURCE in the caller's user namespace: root of a nested "
		       "one has it there";
	case -EROFS:
		return "/proc is mounted read-only, and without CAP_SYS_ADMIN there is no other";
	case -EIO:
		snprintf(buf, size,
			 "it was written without an error, and the kernel shows \"%.*s\"",
			 (int)strcspn(seen, "\n"), seen);
		return buf;
	default:
		return ct_limit_read_hint(err);
	}
}

static const char bad_name[] = "is no limit: the name of a file in /proc/sys/user, as "
			       "max_uts_namespaces";

int contain_ns_limit_get(const char *name, int64_t *ret_value, contain_error **reterr)
{
	int64_t value = 0;
	int proc, r;

	if (!ct_limit_is_name(name))
		return ct_ns_failed(reterr, "get-limit", -EINVAL, name && *name ? name : "name",
				    bad_name);
	if (!ret_value)
		return ct_ns_failed(reterr, "get-limit", -EINVAL, "ret_value", "is NULL");
	proc = ct_proc_open();
	r = proc < 0 ? proc : ct_limit_read(proc, name, &value);
	if (proc >= 0)
		ct_sys_close(proc);
	if (r < 0)
		return ct_ns_failed(reterr, "get-limit", r, name, ct_limit_read_hint(r));
	*ret_value = value;
	return 0;
}

int contain_ns_limit_set(const char *name, int64_t value, contain_error **reterr)
{
	char path[CT_LIMIT_NAME + 16], text[24], seen[64] = "", hint[160];
	int proc, r;

	if (!ct_limit_is_name(name))
		return ct_ns_failed(reterr, "set-limit", -EINVAL, name && *name ? name : "name",
				    bad_name);
	if (value < 0 || value > NO_LIMIT)
		return ct_ns_failed(reterr, "set-limit", -EINVAL, "value",
				    "a limit is 0 to 2147483647");
	path_of(name, path);
	snprintf(text, sizeof(text), "%lld", (long long)value);
	proc = ct_proc_open();
	r = proc < 0 ? proc : ct_sysctl_write(proc, path, text, seen, sizeof(seen));
	if (proc >= 0)
		ct_sys_close(proc);
	if (r == 0)
		return 0;
	return ct_ns_failed(reterr, "set-limit", r, name,
			    write_hint(r, seen, hint, sizeof(hint)));
}
