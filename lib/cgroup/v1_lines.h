/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of settings, and what a group has now in their place. */
#ifndef CT_CGROUP_V1_LINES_H
#define CT_CGROUP_V1_LINES_H

#include "v1.h"

#define CT_V1_FILE_MAX 128
#define CT_V1_VALUE_MAX 4096 /* of one line, the most that libcgroup takes */

/* One line of settings, taken apart. */
struct ct_v1_line {
	const char *at; /* in the settings */
	char controller[32], file[CT_V1_FILE_MAX], value[CT_V1_VALUE_MAX];
};

/* 1 with the line at *at, which goes behind it; 0: no more; -EINVAL: it is none. */
int ct_v1_next_line(const char **at, struct ct_v1_line *l);

/* MOUNT/NAME/FILE; -ENAMETOOLONG */
int ct_v1_path(char *buf, size_t size, const char *mount, const char *name, const char *file);

/* Appends a line to text that is freed with free(3); *text NULL: none yet. 0 or -ENOMEM. */
int ct_v1_add_line(char **text, const char *file, const char *value);

/*
 * What the same files say now, as settings that bring it back. A file that is not there is left
 * out, as the settings themselves fail on it.
 */
int ct_v1_old(const char *mount, const char *name, const char *settings, char **ret_old);

/*
 * On v1, memory and swap are limited as a sum. Settings of the memory alone are completed with
 * that sum, so that the limit of swap stays what it was.
 */
int ct_v1_with_swap(const char *mount, const char *name, const char *settings, char **ret_all);

/* Pure parts, for tests. The settings that bring back a file that says text. */
int ct_v1_old_of(const struct ct_v1_line *l, const char *text, char **old);

#endif
