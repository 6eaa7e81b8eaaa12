/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text of mountinfo, by libmount's parser. It passes over lines that it does not understand, and
 * looks up what "/dev/root" might be in the caller's system, whatever system the table is of. So
 * the lines are looked at before: each has to become an entry, and this source is kept from it.
 */
#include "table.h"
#include "plan/error.h"

#include <errno.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

static const char guessed[] = "/dev/root";

/* A number that fits, and the separator behind it. */
static const char *number(const char *s, char separator)
{
	uint64_t v = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (uint64_t)(*s - '0');
		if (v > UINT32_MAX)
			return NULL;
	}
	return *s == separator ? s + 1 : NULL;
}

static const char *word(const char *s)
{
	s = s && *s != ' ' ? strchr(s, ' ') : NULL;
	return s ? s + 1 : NULL;
}

/* "36 35 98:0 / /mnt rw shared:1 - ext4 /dev/sda rw": where the source begins, or NULL. */
static char *check(char *line)
{
	const char *s = number(line, ' '), *options;

	if (s)
		s = number(s, ' ');
	if (s)
		s = number(s, ':');
	if (s)
		s = number(s, ' ');
	s = word(s); /* behind the root */
	if (!s || *s != '/')
		return NULL;
	s = word(word(s));
	while (s && strncmp(s, "- ", 2) != 0)
		s = word(s);
	s = s ? word(s + 2) : NULL;
	/* the source may be an empty string, the options may not */
	options = s ? strchr(s, ' ') : NULL;
	if (!options || strspn(options + 1, " \t") || !options[1])
		return NULL;
	/* the kernel escapes it; to libmount it is the end of a word */
	return memchr(line, '\t', (size_t)(options - line)) ? NULL : line + (s - line);
}

static int add_line(contain_mount_table *t, char *line)
{
	char *source = check(line);

	if (!source || strtoul(line, NULL, 10) > INT32_MAX)
		return -EINVAL;
	if (!ct_table_add(t))
		return -ENOMEM;
	if (strncmp(source, guessed, sizeof(guessed) - 1) || source[sizeof(guessed) - 1] != ' ')
		return 0;
	source[sizeof(guessed) - 2] = '.';
	return ct_table_text(t, t->count - 1, CT_TABLE_SOURCE, guessed, sizeof(guessed) - 1);
}

/* An entry for every line. */
static int add_lines(contain_mount_table *t, char *text, int *ret_line)
{
	int r = 0;

	for (*ret_line = 1; *text && r == 0; ++*ret_line) {
		char *end = strchr(text, '\n');

		if (end)
			*end = 0;
		r = add_line(t, text);
		if (end)
			*end = '\n';
		text = end ? end + 1 : text + strlen(text);
	}
	--*ret_line;
	return r;
}

/* ---- what libmount says ---- */

static int string(contain_mount_table *t, size_t i, enum ct_table_text which, const char *s)
{
	return ct_table_text(t, i, which, s ? s : "", s ? strlen(s) : 0);
}

/* "shared:1 master:2": the number behind a word, 0: it is not there. */
static uint32_t field(const char *fields, const char *name)
{
	const char *s = fields ? strstr(fields, name) : NULL;

	return s ? (uint32_t)strtoul(s + strlen(name), NULL, 10) : 0;
}

static uint32_t propagation(struct libmnt_fs *fs)
{
	const unsigned long all = CONTAIN_PROPAGATION_SHARED | CONTAIN_PROPAGATION_SLAVE |
				  CONTAIN_PROPAGATION_UNBINDABLE;
	unsigned long flags = 0;

	mnt_fs_get_propagation(fs, &flags);
	return flags & all ? (uint32_t)(flags & all) : CONTAIN_PROPAGATION_PRIVATE;
}

static int fill(contain_mount_table *t, size_t i, struct libmnt_fs *fs)
{
	struct ct_table_mount *m = &t->mount[i];
	const char *fields = mnt_fs_get_optional_fields(fs), *options = mnt_fs_get_vfs_options(fs);
	int r;

	m->id = (uint32_t)mnt_fs_get_id(fs);
	m->parent_id = (uint32_t)mnt_fs_get_parent_id(fs);
	m->major = major(mnt_fs_get_devno(fs));
	m->minor = minor(mnt_fs_get_devno(fs));
	m->propagation = propagation(fs);
	m->peer_group = field(fields, "shared:");
	m->master = field(fields, "master:");
	m->propagate_from = field(fields, "propagate_from:");
	m->attributes = ct_table_attributes_of(options ? options : "");
	r = string(t, i, CT_TABLE_ROOT, mnt_fs_get_root(fs));
	if (r == 0)
		r = string(t, i, CT_TABLE_TARGET, mnt_fs_get_target(fs));
	if (r == 0)
		r = string(t, i, CT_TABLE_TYPE, mnt_fs_get_fstype(fs));
	if (r == 0 && !m->text[CT_TABLE_SOURCE])
		r = string(t, i, CT_TABLE_SOURCE, mnt_fs_get_source(fs));
	if (r == 0)
		r = string(t, i, CT_TABLE_OPTIONS, options);
	if (r == 0)
		r = string(t, i, CT_TABLE_SUPER, mnt_fs_get_fs_options(fs));
	return r;
}

static int fill_all(contain_mount_table *t, struct libmnt_table *tb, struct libmnt_iter *it)
{
	struct libmnt_fs *fs;
	int r = 0;

	if (mnt_table_get_nents(tb) != (int)t->count)
		return -ENOMEM;
	for (size_t i = 0; i < t->count && r == 0; i++)
		r = mnt_table_next_fs(tb, it, &fs) == 0 ? fill(t, i, fs) : -ENOMEM;
	return r;
}

/* Each line was looked at before: what is not taken now fell to a lack of memory. */
static int refuse(struct libmnt_table *tb, const char *name, int line)
{
	(void)tb;
	(void)name;
	(void)line;
	return -ENOMEM;
}

static int parse(contain_mount_table *t, char *text)
{
	struct libmnt_table *tb = mnt_new_table();
	struct libmnt_iter *it = mnt_new_iter(MNT_ITER_FORWARD);
	FILE *f = fmemopen(text, strlen(text), "re");
	int r = tb && it && f ? 0 : -ENOMEM;

	if (r == 0) {
		mnt_table_set_parser_errcb(tb, refuse);
		r = mnt_table_parse_stream(tb, f, "mountinfo");
	}
	if (r == 0)
		r = fill_all(t, tb, it);
	if (f)
		fclose(f);
	mnt_free_iter(it);
	mnt_unref_table(tb);
	return r == 0 ? 0 : -ENOMEM;
}

int ct_table_read_mountinfo(contain_mount_table *t, char *text, int *ret_line)
{
	int kept = errno, r = add_lines(t, text, ret_line);

	if (r == 0 && t->count)
		r = parse(t, text);
	errno = kept;
	return r;
}

/* ---- public ---- */

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "parse-mount-table", object,
			       hint);
}

static int fail_line(contain_error **reterr, int err, int line)
{
	char object[32];

	snprintf(object, sizeof(object), "line %d", line);
	return fail(reterr, -EINVAL, object,
		    err == -EEXIST ? "another mount has this id" :
		    err == -ELOOP  ? "the parents of this mount go round in a circle" :
				     "has not the form of mountinfo: proc(5)");
}

int contain_mount_table_parse(const char *text, contain_mount_table **ret_table,
			      contain_error **reterr)
{
	contain_mount_table *t;
	int r, line = 0;
	char *copy;

	if (!text)
		return fail(reterr, -EINVAL, "text", "is NULL");
	if (!ret_table)
		return fail(reterr, -EINVAL, "ret_table", "is NULL");
	t = ct_table_new();
	copy = strdup(text);
	r = t && copy ? ct_table_read_mountinfo(t, copy, &line) : -ENOMEM;
	free(copy);
	if (r == 0) {
		r = ct_table_finish(t, &line);
		line++; /* from the number of the mount */
	}
	if (r < 0) {
		contain_mount_table_free(t);
		return r == -ENOMEM ? fail(reterr, r, "", NULL) : fail_line(reterr, r, line);
	}
	*ret_table = t;
	return 0;
}
