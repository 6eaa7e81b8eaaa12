/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "limits.h"
#include "sys/path.h"
#include "sys/str.h"
#include "types.h"

#include <contain/namespace.h>
#include <fcntl.h>
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

const char *ct_ns_limit_hint(uint64_t types, char *buf, size_t size)
{
	const char *deep = types & CONTAIN_NS_USER ?
				   ", or user namespaces are nested more than 32 levels deep" :
				   "";
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
			 ct_ns_types[last].name, strchr(values, ' ') + 1, deep);
	else if (n)
		snprintf(buf, size,
			 "a limit user.max_*_namespaces is reached, here (%s) or in an outer user "
			 "namespace%s",
			 values, deep);
	else
		snprintf(buf, size,
			 "a limit user.max_*_namespaces of an outer user namespace is reached%s%s",
			 types & CONTAIN_NS_PID ?
				 ", or pid namespaces are nested more than 32 levels deep" :
				 "",
			 deep);
	return buf;
}
