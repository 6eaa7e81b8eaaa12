/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules to the words of cgroup v1. That keeps no order: a group denies all but a list, or allows
 * all but a list, and a use is measured against one entry of the list at a time. So the rules are
 * asked about every pair of numbers that they speak of, and about "any other", and the answers are
 * the list: an entry with a number has to have all that an entry for any number, which stands for
 * it too, has. Where it has less, v1 cannot say it.
 */
#include "devices.h"
#include "v1_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCESS_ALL (CONTAIN_DEVICE_MKNOD | CONTAIN_DEVICE_READ | CONTAIN_DEVICE_WRITE)
#define CELLS_MAX 65536

/* The numbers that rules of a type speak of; the last one is -1, for any other. */
struct numbers {
	int32_t v[CT_DEVICES_MAX + 1];
	size_t n;
};

struct table {
	struct numbers major, minor;
	uint8_t *access; /* major.n * minor.n: what is allowed, or (inverted) denied */
};

static int compare(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static void collect(struct numbers *to, const struct contain_devices *d, int type, int is_minor)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++) {
		int32_t v = is_minor ? d->v[i].minor : d->v[i].major;

		if (v >= 0 && d->v[i].type & type)
			to->v[n++] = v;
	}
	qsort(to->v, n, sizeof(to->v[0]), compare);
	to->n = 0;
	for (size_t i = 0; i < n; i++)
		if (!i || to->v[i] != to->v[to->n - 1])
			to->v[to->n++] = to->v[i];
	to->v[to->n++] = -1;
}

/* What is allowed for a pair of numbers; -1: one that no rule names. */
static uint8_t allowed(const struct contain_devices *d, int type, int32_t major, int32_t minor)
{
	unsigned open = ACCESS_ALL, access = 0;

	for (size_t i = d->n; i-- && open;) {
		const struct ct_device_rule *r = &d->v[i];

		if (!(r->type & type) || (r->major >= 0 && r->major != major) ||
		    (r->minor >= 0 && r->minor != minor))
			continue;
		if (r->allow)
			access |= open & r->access;
		open &= ~(unsigned)r->access;
	}
	return (uint8_t)access;
}

static int fill(struct table *t, const struct contain_devices *d, int type, uint8_t invert)
{
	collect(&t->major, d, type, 0);
	collect(&t->minor, d, type, 1);
	if (t->major.n * t->minor.n > CELLS_MAX)
		return -EOPNOTSUPP;
	t->access = malloc(t->major.n * t->minor.n);
	if (!t->access)
		return -ENOMEM;
	for (size_t i = 0; i < t->major.n; i++)
		for (size_t k = 0; k < t->minor.n; k++)
			t->access[i * t->minor.n + k] =
				allowed(d, type, t->major.v[i], t->minor.v[k]) ^ invert;
	return 0;
}

static uint8_t cell(const struct table *t, size_t i, size_t k)
{
	return t->access[i * t->minor.n + k];
}

static int put(char **lines, const char *file, int type, const struct table *t, size_t i, size_t k)
{
	char major[16] = "*", minor[16] = "*", value[64];
	uint8_t access = cell(t, i, k);

	if (t->major.v[i] >= 0)
		snprintf(major, sizeof(major), "%d", t->major.v[i]);
	if (t->minor.v[k] >= 0)
		snprintf(minor, sizeof(minor), "%d", t->minor.v[k]);
	snprintf(value, sizeof(value), "%c %s:%s %s%s%s", type == CT_DEVICE_BLOCK ? 'b' : 'c',
		 major, minor, access & CONTAIN_DEVICE_READ ? "r" : "",
		 access & CONTAIN_DEVICE_WRITE ? "w" : "",
		 access & CONTAIN_DEVICE_MKNOD ? "m" : "");
	return ct_v1_add_line(lines, file, value);
}

/* The entries of one type. 1: said; 0: v1 cannot; -errno. */
static int put_type(char **lines, const char *file, const struct contain_devices *d, int type,
		    uint8_t invert)
{
	struct table t = { .access = NULL };
	int r = fill(&t, d, type, invert);

	for (size_t i = 0; i < t.major.n && !r; i++)
		for (size_t k = 0; k < t.minor.n && !r; k++) {
			size_t any_i = t.major.n - 1, any_k = t.minor.n - 1;
			uint8_t own = cell(&t, i, k), a = cell(&t, any_i, k);
			uint8_t b = cell(&t, i, any_k), c = cell(&t, any_i, any_k);
			int is_any = i == any_i && k == any_k;

			if ((a | b | c) & ~own)
				r = -EOPNOTSUPP;
			else if (own && (is_any || ((i == any_i || own != a) &&
						    (k == any_k || own != b) && own != c)))
				r = put(lines, file, type, &t, i, k);
		}
	free(t.access);
	return r;
}

static int put_all(char **lines, const char *head, const char *file,
		   const struct contain_devices *d, uint8_t invert)
{
	int r = ct_v1_add_line(lines, head, "a");

	if (!r)
		r = put_type(lines, file, d, CT_DEVICE_CHAR, invert);
	return r ? r : put_type(lines, file, d, CT_DEVICE_BLOCK, invert);
}

int ct_devices_v1(const struct contain_devices *devices, char **ret_lines, const char **ret_why)
{
	char *lines = NULL;
	int r = put_all(&lines, "devices.deny", "devices.allow", devices, 0);

	if (r == -EOPNOTSUPP) {
		free(lines);
		lines = NULL;
		r = put_all(&lines, "devices.allow", "devices.deny", devices, ACCESS_ALL);
	}
	if (r < 0) {
		free(lines);
		*ret_why = "cgroup v1 has no order of rules: it denies all but a list, or allows "
			   "all but a list, and here a rule takes back a part of another one";
		return r;
	}
	*ret_lines = lines;
	return 0;
}
