/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sysctls that a namespace has for itself: ipc and net. Shared by the primitives and the step. */
#ifndef CT_NAMESPACE_SYSCTL_H
#define CT_NAMESPACE_SYSCTL_H

#include <stddef.h>
#include <stdint.h>

#define CT_SYSCTL_NAME 256   /* "sys/net/ipv4/..." with its terminator */
#define CT_SYSCTL_VALUE 4096 /* the kernel takes and shows less than a page */

struct ct_sysctl {
	char *name; /* as it was given */
	char *path;
	char *value;
	uint64_t type; /* of namespace */
};

struct ct_sysctls {
	struct ct_sysctl *item;
	size_t n;
};

/*
 * "net.ipv4.conf.eth0/1.forwarding" or "net/ipv4/conf/eth0.1/forwarding", as sysctl(8) reads them,
 * to a path below /proc, and the type of namespace that it belongs to. 0, -EINVAL, -ENAMETOOLONG;
 * *ret_why then says why, and may be in buf.
 */
int ct_sysctl_parse(const char *name, char *path, uint64_t *ret_type, const char **ret_why);

/* NULL, or what is wrong with a value: "" and what is not printed in a line. */
const char *ct_sysctl_bad_value(const char *value);

/* The likely cause of a failed read or write; seen: what the kernel showed instead. */
const char *ct_sysctl_hint(const char *path, int err, const char *seen, char *buf, size_t size);

/* freestanding from here on */

/*
 * Writes a value below this procfs and reads it back. -EIO: it was taken without an error, and the
 * kernel shows another one, which is in seen. A file that cannot be read is not read back.
 */
int ct_sysctl_write(int proc_fd, const char *path, const char *value, char *seen, size_t size);

/* Whether two texts mean one value: numbers in any base, lists of ranges, words; blanks aside. */
int ct_sysctl_same(const char *a, const char *b);

#endif
