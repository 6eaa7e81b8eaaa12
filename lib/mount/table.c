/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table as data: entries, strings, getters. */
#include "table.h"
#include "sys/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct contain_mount_table *ct_table_new(void)
{
	struct contain_mount_table *t = calloc(1, sizeof(*t));

	if (t) {
		t->references = 1;
		t->top = -ENOENT;
		t->seed = (uint64_t)(uintptr_t)t * 0x9e3779b97f4a7c15u;
	}
	return t;
}

struct contain_mount_table *ct_table_ref(struct contain_mount_table *t)
{
	__atomic_add_fetch(&t->references, 1, __ATOMIC_RELAXED);
	return t;
}

void contain_mount_table_free(contain_mount_table *t)
{
	if (!t || __atomic_sub_fetch(&t->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	free(t->mount);
	free(t->text);
	free(t->by_id);
	free(t->by_unique);
	free(t->by_place);
	free(t->child);
	free(t->walk);
	free(t->depth);
	free(t);
}

struct ct_table_mount *ct_table_add(struct contain_mount_table *t)
{
	struct ct_table_mount *m;

	if (t->count == t->room) {
		size_t room = t->room ? t->room * 2 : 64;

		m = room > INT32_MAX / 2 ? NULL : reallocarray(t->mount, room, sizeof(*m));
		if (!m)
			return NULL;
		t->mount = m;
		t->room = room;
	}
	m = &t->mount[t->count++];
	memset(m, 0, sizeof(*m));
	m->parent = -ENOENT;
	return m;
}

int ct_table_text(struct contain_mount_table *t, size_t i, enum ct_table_text which, const char *s,
		  size_t n)
{
	size_t at = t->text_size ? t->text_size : 1; /* 0 is none */

	if (t->text_room - t->text_size < n + 2) {
		size_t room = t->text_room + n + 2;
		char *text;

		room += room / 2 + 4096;
		text = realloc(t->text, room);
		if (!text)
			return -ENOMEM;
		t->text = text;
		t->text_room = room;
	}
	memcpy(t->text + at, s, n);
	t->text[at + n] = 0;
	t->text_size = at + n + 1;
	t->mount[i].text[which] = at;
	return 0;
}

static int is_octal(char c)
{
	return c >= '0' && c <= '7';
}

size_t ct_table_unescape(char *s)
{
	char *to = s, *start = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && is_octal(s[2]) &&
		    is_octal(s[3])) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = 0;
	return (size_t)(to - start);
}

/* In the order in which the kernel writes them. */
static const struct {
	const char *word;
	uint32_t attribute;
} words[] = {
	{ "ro", CONTAIN_MOUNT_READONLY },    { "nosuid", CONTAIN_MOUNT_NOSUID },
	{ "nodev", CONTAIN_MOUNT_NODEV },    { "noexec", CONTAIN_MOUNT_NOEXEC },
	{ "noatime", CONTAIN_MOUNT_NOATIME }, { "nodiratime", CONTAIN_MOUNT_NODIRATIME },
	{ "relatime", 0 },		     { "nosymfollow", CONTAIN_MOUNT_NOSYMFOLLOW },
	{ "idmapped", CONTAIN_MOUNT_IDMAPPED },
};
#define WORDS (sizeof(words) / sizeof(words[0]))
#define ATIME (CONTAIN_MOUNT_NOATIME | CONTAIN_MOUNT_STRICTATIME)

static int has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (!strncmp(list, word, n) && (!list[n] || list[n] == ','))
			return 1;
	}
	return 0;
}

uint32_t ct_table_attributes_of(const char *options)
{
	uint32_t attributes = 0;

	for (size_t i = 0; i < WORDS; i++)
		if (has_word(options, words[i].word))
			attributes |= words[i].attribute;
	/* strictatime has no word: it is where the words of both others are missing */
	if (!(attributes & CONTAIN_MOUNT_NOATIME) && !has_word(options, "relatime"))
		attributes |= CONTAIN_MOUNT_STRICTATIME;
	return attributes;
}

void ct_table_options_of(uint32_t attributes, char *buf, size_t size)
{
	size_t n = ct_append(buf, size, 0, attributes & CONTAIN_MOUNT_READONLY ? "ro" : "rw");

	for (size_t i = 1; i < WORDS; i++)
		if (words[i].attribute ? attributes & words[i].attribute : !(attributes & ATIME)) {
			n = ct_append(buf, size, n, ",");
			n = ct_append(buf, size, n, words[i].word);
		}
}

/* ---- getters ---- */

/* What all say of a number that there is not. */
static const struct ct_table_mount none = { .parent = -ENOENT };

static const struct ct_table_mount *at(const contain_mount_table *t, int i)
{
	return t && i >= 0 && (size_t)i < t->count ? &t->mount[i] : &none;
}

const char *ct_table_string(const contain_mount_table *t, int i, enum ct_table_text which)
{
	size_t offset = at(t, i)->text[which];

	return offset ? t->text + offset : NULL;
}

int contain_mount_table_count(const contain_mount_table *t)
{
	return t ? (int)t->count : 0;
}

int contain_mount_table_id(const contain_mount_table *t, int i)
{
	return at(t, i) == &none ? -ENOENT : (int)at(t, i)->id;
}

uint64_t contain_mount_table_unique_id(const contain_mount_table *t, int i)
{
	return at(t, i)->unique_id;
}

int contain_mount_table_parent(const contain_mount_table *t, int i)
{
	return at(t, i)->parent;
}

int contain_mount_table_parent_id(const contain_mount_table *t, int i)
{
	return at(t, i) == &none ? -ENOENT : (int)at(t, i)->parent_id;
}

const char *contain_mount_table_root(const contain_mount_table *t, int i)
{
	return ct_table_string(t, i, CT_TABLE_ROOT);
}

const char *contain_mount_table_target(const contain_mount_table *t, int i)
{
	return ct_table_string(t, i, CT_TABLE_TARGET);
}

const char *contain_mount_table_type(const contain_mount_table *t, int i)
{
	return ct_table_string(t, i, CT_TABLE_TYPE);
}

const char *contain_mount_table_source(const contain_mount_table *t, int i)
{
	return ct_table_string(t, i, CT_TABLE_SOURCE);
}

const char *contain_mount_table_options(const contain_mount_table *t, int i)
{
	return ct_table_string(t, i, CT_TABLE_OPTIONS);
}

const char *contain_mount_table_super_options(const contain_mount_table *t, int i)
{
	return ct_table_string(t, i, CT_TABLE_SUPER);
}

const char *contain_mount_table_stats(const contain_mount_table *t, int i)
{
	return ct_table_string(t, i, CT_TABLE_STATS);
}

uint32_t contain_mount_table_attributes(const contain_mount_table *t, int i)
{
	return at(t, i)->attributes;
}

int contain_mount_table_device(const contain_mount_table *t, int i, uint32_t *ret_major,
			       uint32_t *ret_minor)
{
	const struct ct_table_mount *m = at(t, i);

	if (m == &none)
		return -ENOENT;
	if (ret_major)
		*ret_major = m->major;
	if (ret_minor)
		*ret_minor = m->minor;
	return 0;
}

uint32_t contain_mount_table_propagation(const contain_mount_table *t, int i)
{
	return at(t, i)->propagation;
}

uint32_t contain_mount_table_peer_group(const contain_mount_table *t, int i)
{
	return at(t, i)->peer_group;
}

uint32_t contain_mount_table_master(const contain_mount_table *t, int i)
{
	return at(t, i)->master;
}

uint32_t contain_mount_table_propagate_from(const contain_mount_table *t, int i)
{
	return at(t, i)->propagate_from;
}

int contain_mount_table_child_count(const contain_mount_table *t, int i)
{
	return at(t, i)->children;
}

int contain_mount_table_child(const contain_mount_table *t, int i, int n)
{
	const struct ct_table_mount *m = at(t, i);

	return n < 0 || n >= m->children ? -ENOENT : t->child[m->first + n];
}

int contain_mount_table_walk(const contain_mount_table *t, int n, int *ret_index, int *ret_depth)
{
	if (!t)
		return -EINVAL;
	if (n < 0 || (size_t)n >= t->count)
		return -ENOENT;
	if (ret_index)
		*ret_index = t->walk[n];
	if (ret_depth)
		*ret_depth = t->depth[n];
	return 0;
}
