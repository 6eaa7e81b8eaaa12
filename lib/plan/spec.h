/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The spec holds each module's part by id and does not look inside. */
#ifndef CT_PLAN_SPEC_H
#define CT_PLAN_SPEC_H

#include "module.h"

#include <contain/error.h>
#include <contain/spec.h>

#define CT_NAME_MAX 64 /* bytes; it becomes a host name, whose limit that is */

struct container_spec {
	const struct ct_module *const *modules;
	void *part[CT_MODULES];
	char name[CT_NAME_MAX + 1];
	int sealed; /* compiled: no setter may change it any more */
	unsigned owners; /* the caller, and each plan of it */
	/* the first setter that failed */
	int err;
	char field[64];
	char why[200];
};

/* A setter's way to its part: NULL spec and sealed spec are told here. */
int ct_spec_part(container_spec *spec, enum ct_module_id id, const char *field, void *ret_part);

/* Keeps the first failure and returns err. */
int ct_spec_fail(container_spec *spec, int err, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* strdup() of a required string: NULL and "" are -EINVAL, too long is -ENAMETOOLONG. */
int ct_spec_string(container_spec *spec, const char *field, const char *value, size_t max,
		   char **ret);

/* A NULL-terminated array, copied into one allocation that free() frees. */
int ct_spec_strings(container_spec *spec, const char *field, const char *const *values,
		    char ***ret);

/* A host path, and the identity that it was pinned to when it was not absolute (ino 0: not). */
struct ct_host_path {
	char *path;
	uint64_t dev, ino;
};

/*
 * An absolute path is kept as it is and looked up at every start. Anything else is pinned now: it
 * is opened below dirfd, and its absolute path and identity are kept. -EBADF, -ENOENT, ...
 */
int ct_spec_host_path(container_spec *spec, const char *field, int dirfd, const char *path,
		      struct ct_host_path *ret);

/* An absolute path inside the container, copied. */
int ct_spec_inner_path(container_spec *spec, const char *field, const char *path, char **ret);

/* Sets the int that lies at this offset of a module's part; anything but 0 and 1 is -EINVAL. */
int ct_spec_flag(container_spec *spec, enum ct_module_id id, const char *field, int on, size_t at);

/* An fd above 2, close-on-exec, of the same open file. */
int ct_spec_dup_fd(container_spec *spec, const char *field, int fd, int *ret);

#endif
