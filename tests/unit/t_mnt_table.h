/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef T_MNT_TABLE_H
#define T_MNT_TABLE_H

#include "harness.h"
#include "mount/table.h"

#include <contain/contain.h>
#include <stdlib.h>
#include <string.h>

/* The table of a text, which has to be one. */
__attribute__((unused)) static contain_mount_table *table(const char *text)
{
	contain_mount_table *t = NULL;
	contain_error *e = NULL;
	int r = contain_mount_table_parse(text, &t, &e);

	T_CHECK(r == 0 && t && !e, "%s", contain_error_message(e));
	return t;
}

/* The same, without the index: not finished. */
__attribute__((unused)) static contain_mount_table *table_read(const char *text)
{
	contain_mount_table *t = ct_table_new();
	char *copy = strdup(text);
	int line = 0;

	ck_assert_int_eq(ct_table_read_mountinfo(t, copy, &line), 0);
	free(copy);
	return t;
}

#endif
