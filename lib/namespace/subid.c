/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files are the administrator's, but may be written by hand: nothing in them is believed that
 * is not exactly a range, and no file can take memory or time without end.
 */
#include "subid.h"
#include "plan/error.h"
#include "sys/fd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OP "subids"
#define LINE 1024 /* newuidmap(1) takes no longer ones */
#define FILE_MAX_BYTES (16u << 20)
#define NAMES 32 /* of one user id */
#define RANGES 1000 /* three times of what a map can hold */

const char *ct_subids_path(int kind)
{
	return kind == CONTAIN_ID_GROUP ? "/etc/subgid" : "/etc/subuid";
}

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, OP, object, hint);
}

/* ---- lines of a file ---- */

struct lines {
	int fd;
	char buf[4096];
	size_t at, end, total;
	unsigned number; /* of the line, from 1 */
	int bad;	 /* the line is too long, or holds a NUL */
	char line[LINE];
};

static int open_lines(struct lines *f, int dirfd, const char *path)
{
	struct stat st;
	int r;

	*f = (struct lines){ 0 };
	/* a fifo in its place would let the caller wait for a writer */
	f->fd = ct_fd_up(ct_sys_openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
				       0));
	if (f->fd < 0)
		return f->fd;
	r = ct_sys_newfstatat(f->fd, "", &st, AT_EMPTY_PATH);
	if (!r && !S_ISREG(st.st_mode))
		r = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (r < 0)
		ct_sys_close(f->fd);
	return r;
}

static int next_char(struct lines *f)
{
	ssize_t n;

	if (f->at == f->end) {
		do {
			n = ct_sys_read(f->fd, f->buf, sizeof(f->buf));
		} while (n == -EINTR);
		if (n <= 0)
			return n < 0 ? (int)n : -ENODATA;
		f->total += (size_t)n;
		if (f->total > FILE_MAX_BYTES)
			return -EFBIG;
		f->at = 0;
		f->end = (size_t)n;
	}
	return (unsigned char)f->buf[f->at++];
}

/* 1: a line, without its newline; 0: the end; -errno. */
static int next_line(struct lines *f)
{
	size_t n = 0;
	int c, any = 0;

	f->bad = 0;
	while ((c = next_char(f)) >= 0 && c != '\n') {
		any = 1;
		if (!c || n + 1 == sizeof(f->line))
			f->bad = 1;
		else
			f->line[n++] = (char)c;
	}
	f->line[n] = 0;
	if (c < 0 && c != -ENODATA)
		return c;
	f->number++;
	return any || c == '\n';
}

/* The field at *at, which it ends and moves on; NULL when there is none. */
static char *field(char **at)
{
	char *start = *at, *end;

	if (!start)
		return NULL;
	end = strchr(start, ':');
	*at = end ? end + 1 : NULL;
	if (end)
		*end = 0;
	return start;
}

static int number(const char *s, uint32_t *ret)
{
	uint64_t v = 0;

	/* "010" would be 8 to newuidmap(1) */
	if (!s || !*s || (s[0] == '0' && s[1]))
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		v = v * 10 + (uint64_t)(*s - '0');
		if (v > UINT32_MAX)
			return -EINVAL;
	}
	*ret = (uint32_t)v;
	return 0;
}

/* ---- the user's names ---- */

struct owner {
	uint32_t uid;
	char *name[NAMES];
	size_t names;
};

static void free_owner(struct owner *o)
{
	for (size_t i = 0; i < o->names; i++)
		free(o->name[i]);
}

static int add_name(struct owner *o, const char *name)
{
	if (o->names == NAMES)
		return 0;
	o->name[o->names] = strdup(name);
	if (!o->name[o->names])
		return -ENOMEM;
	o->names++;
	return 0;
}

static int is_owner(const struct owner *o, const char *word)
{
	uint32_t uid;

	for (size_t i = 0; i < o->names; i++)
		if (strcmp(word, o->name[i]) == 0)
			return 1;
	return number(word, &uid) == 0 && uid == o->uid;
}

/* All names of the user id: newuidmap(1) takes lines of each. */
static int read_names(struct owner *o, contain_error **reterr)
{
	static const char path[] = "/etc/passwd";
	struct lines *f = malloc(sizeof(*f));
	int r = f ? open_lines(f, AT_FDCWD, path) : -ENOMEM;

	if (r == -ENOENT) { /* its number is its only name */
		free(f);
		return 0;
	}
	if (r < 0)
		goto out;
	while ((r = next_line(f)) > 0) {
		char *at = f->line, *name = field(&at), *uid;
		uint32_t id;

		field(&at);
		uid = field(&at);
		if (f->bad || !*name || number(uid, &id) < 0 || id != o->uid)
			continue;
		r = add_name(o, name);
		if (r < 0)
			break;
	}
	ct_sys_close(f->fd);
out:
	free(f);
	return r < 0 ? fail(reterr, r, path, NULL) : 0;
}

/* ---- ranges ---- */

static int push(struct contain_subids *s, uint64_t first, uint64_t end)
{
	struct ct_subid_range *p;

	if (s->n == RANGES)
		return -E2BIG;
	p = reallocarray(s->range, s->n + 1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	s->range = p;
	p[s->n++] = (struct ct_subid_range){ (uint32_t)first, (uint32_t)(end - first) };
	return 0;
}

/* What of [first, end) no range from at on has yet: an id is given once, in whatever lines. */
static int add_new(struct contain_subids *s, size_t at, uint64_t first, uint64_t end)
{
	int r;

	for (; at < s->n; at++) {
		uint64_t a = s->range[at].first, b = a + s->range[at].count;

		if (end <= a || first >= b)
			continue;
		if (first < a) {
			r = add_new(s, at + 1, first, a);
			if (r < 0)
				return r;
		}
		if (end <= b)
			return 0;
		first = b;
	}
	return push(s, first, end);
}

/* 1: a range of the owner's; 0: somebody else's, or nothing; -EINVAL: no line of subuid(5). */
static int parse_line(struct lines *f, const struct owner *o, struct ct_subid_range *ret)
{
	char *at = f->line, *owner, *first, *count;

	if (f->bad)
		return -EINVAL;
	if (!*at || *at == '#')
		return 0;
	owner = field(&at);
	first = field(&at);
	count = field(&at);
	if (!*owner || !count || at || number(first, &ret->first) < 0 ||
	    number(count, &ret->count) < 0 || !ret->count ||
	    (uint64_t)ret->first + ret->count > UINT32_MAX)
		return -EINVAL;
	return is_owner(o, owner);
}

static int read_ranges(struct lines *f, const struct owner *o, struct contain_subids *s,
		       unsigned *ret_bad_line)
{
	struct ct_subid_range range;
	int r;

	while ((r = next_line(f)) > 0) {
		r = parse_line(f, o, &range);
		if (r == -EINVAL && !*ret_bad_line)
			*ret_bad_line = f->number;
		else if (r > 0)
			r = add_new(s, 0, range.first, (uint64_t)range.first + range.count);
		if (r < 0 && r != -EINVAL)
			return r;
	}
	return r;
}

static int nothing_found(const struct owner *o, const char *path, unsigned bad_line,
			 contain_error **reterr)
{
	char bad[60] = "", hint[300];

	if (bad_line)
		snprintf(bad, sizeof(bad), "; line %u is no range and was skipped", bad_line);
	snprintf(hint, sizeof(hint),
		 "no line for user %u (%.64s)%s; a line is NAME:FIRST:COUNT, usermod "
		 "--add-subuids and --add-subgids add one",
		 o->uid, o->names ? o->name[0] : "without a name in /etc/passwd", bad);
	return fail(reterr, -ENOENT, path, hint);
}

static int read_file(int dirfd, const char *path, const struct owner *o, contain_subids **ret,
		     contain_error **reterr)
{
	struct contain_subids *s = calloc(1, sizeof(*s));
	struct lines *f = malloc(sizeof(*f));
	unsigned bad_line = 0;
	int r = s && f ? open_lines(f, dirfd, path) : -ENOMEM;

	if (r == 0) {
		r = read_ranges(f, o, s, &bad_line);
		ct_sys_close(f->fd);
		if (!r && !s->n)
			r = nothing_found(o, path, bad_line, reterr);
		else if (r < 0)
			fail(reterr, r, path,
			     r == -EFBIG ? "is larger than 16 MiB" :
			     r == -E2BIG ? "holds more than 1000 ranges for this user" : NULL);
	} else {
		fail(reterr, r, path,
		     r == -EINVAL ? "is no regular file" :
		     r == -ENOENT ? "there is no such file: nobody has subordinate ids" : NULL);
	}
	free(f);
	if (r < 0) {
		contain_subids_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

int contain_subids_read_from(int dirfd, const char *path, uint32_t uid, const char *user,
			     contain_subids **ret_subids, contain_error **reterr)
{
	struct owner o = { .uid = uid };
	int r;

	if (!path || !*path || !ret_subids)
		return fail(reterr, -EINVAL, path && *path ? "ret_subids" : "path",
			    path && !*path ? "is empty" : "is NULL");
	r = user ? add_name(&o, user) : 0;
	r = r < 0 ? fail(reterr, r, path, NULL) : read_file(dirfd, path, &o, ret_subids, reterr);
	free_owner(&o);
	return r;
}

int contain_subids_read(int kind, uint32_t uid, contain_subids **ret_subids, contain_error **reterr)
{
	struct owner o = { .uid = uid };
	int r;

	if ((kind != CONTAIN_ID_USER && kind != CONTAIN_ID_GROUP) || !ret_subids)
		return fail(reterr, -EINVAL, ret_subids ? "kind" : "ret_subids",
			    ret_subids ? "is neither CONTAIN_ID_USER nor CONTAIN_ID_GROUP" :
					 "is NULL");
	r = read_names(&o, reterr);
	if (r == 0)
		r = read_file(AT_FDCWD, ct_subids_path(kind), &o, ret_subids, reterr);
	free_owner(&o);
	return r;
}

int contain_subids_count(const contain_subids *subids)
{
	return subids ? (int)subids->n : -EINVAL;
}

int contain_subids_range(const contain_subids *subids, int index, uint32_t *ret_first,
			 uint32_t *ret_count)
{
	if (!subids || !ret_first || !ret_count || index < 0 || (size_t)index >= subids->n)
		return -EINVAL;
	*ret_first = subids->range[index].first;
	*ret_count = subids->range[index].count;
	return 0;
}

void contain_subids_free(contain_subids *subids)
{
	if (!subids)
		return;
	free(subids->range);
	free(subids);
}
