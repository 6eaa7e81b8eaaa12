/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text of mountinfo with something wrong in it: it is refused with a line, or it is a table in
 * which everything agrees. Fixed seed; LONG=1: more rounds.
 */
#include "t_mnt_table.h"

#include <stdio.h>

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint64_t roll(uint64_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

#define ROOM 4096

static const char *const words[] = {
	" ",
	"\n",
	"\n\n",
	"-",
	" - ",
	"/",
	"\\040",
	"\\012",
	"\\1",
	"\\777",
	":",
	"shared:1",
	"master:1",
	"shared:",
	"0",
	"1",
	"2",
	"4294967295",
	"4294967296",
	"-1",
	"unbindable",
	",",
	"/dev/root",
	"none",
	"/a/b",
	"//deleted",
	"LABEL=x",
	"#",
	"\t",
	"\r",
	"\xff",
	"18446744073709551616",
	" - t s rw\n",
	"1 1 0:1 / / rw - t s rw\n",
	"propagate_from:2 ",
};
#define WORDS (sizeof(words) / sizeof(words[0]))

/* Lines that are right, of a tree that is random. */
static size_t lines(char *text)
{
	int n = (int)roll(8);
	size_t at = 0;

	for (int i = 1; i <= n; i++) {
		static const char *const fields[] = { "",
						      "shared:1 ",
						      "master:1 ",
						      "shared:2 master:1 ",
						      "unbindable ",
						      "master:3 propagate_from:2 " };
		static const char *const names[] = { "/", "/a", "/a/b", "/a\\040b", "/b" };

		at += (size_t)sprintf(text + at, "%d %d 0:%d %s %s rw,relatime %s- t %s rw,x=%d\n",
				      i, (int)roll((uint64_t)i), (int)roll(3), names[roll(5)],
				      names[roll(5)], fields[roll(6)],
				      roll(4) ? "src" : "/dev/root", i);
	}
	return at;
}

static size_t mutate(char *text, size_t n)
{
	for (uint64_t k = roll(4); k > 0; k--) {
		size_t at = roll(n + 1), len;
		const char *word = words[roll(WORDS)];

		switch (roll(5)) {
		case 0: /* another byte */
			if (at < n)
				text[at] = (char)(1 + roll(255));
			break;
		case 1: /* cut */
			n = at;
			break;
		case 2: /* a word in between */
			len = strlen(word);
			if (n + len >= ROOM)
				break;
			memmove(text + at + len, text + at, n - at);
			memcpy(text + at, word, len);
			n += len;
			break;
		case 3: /* a part missing */
			len = roll(n - at + 1);
			memmove(text + at, text + at + len, n - at - len);
			n -= len;
			break;
		case 4: /* a digit */
			if (at < n)
				text[at] = (char)('0' + roll(10));
			break;
		}
	}
	text[n] = 0;
	return n;
}

/* ---- what has to hold ---- */

static void check_tree(const contain_mount_table *t)
{
	int n = contain_mount_table_count(t), children = 0, roots = 0;
	char *seen = calloc((size_t)n + 1, 1);

	for (int i = 0; i < n; i++) {
		int index = -1, depth = -1, parent = contain_mount_table_parent(t, i);

		ck_assert_int_eq(contain_mount_table_walk(t, i, &index, &depth), 0);
		T_CHECK(index >= 0 && index < n && !seen[index]);
		T_CHECK(contain_mount_table_parent(t, index) < 0 ?
				depth == 0 :
				depth > 0 && seen[contain_mount_table_parent(t, index)]);
		seen[index] = 1;
		roots += parent < 0;
		for (int k = 0; k < contain_mount_table_child_count(t, i); k++, children++)
			ck_assert_int_eq(
				contain_mount_table_parent(t, contain_mount_table_child(t, i, k)),
				i);
		ck_assert_int_eq(
			contain_mount_table_find_id(t, (uint64_t)contain_mount_table_id(t, i)), i);
	}
	ck_assert_int_eq(children + roots, n);
	free(seen);
}

static int has_dots(const char *path)
{
	return strstr(path, "/.") != NULL;
}

static void check_paths(contain_mount_table *t)
{
	contain_mount_graph *g = NULL;
	contain_mount_diff *d = NULL;

	ck_assert_int_eq(contain_mount_graph_new(t, &g, NULL), 0);
	for (int i = 0; i < contain_mount_table_count(t); i++) {
		const char *target = contain_mount_table_target(t, i);
		contain_mount_reach *r = NULL;
		int found = contain_mount_table_find_path(t, target);

		T_CHECK(*target == '/' && contain_mount_table_root(t, i) &&
			contain_mount_table_source(t, i) && contain_mount_table_type(t, i));
		if (has_dots(target) || found < 0)
			continue;
		ck_assert_int_eq(contain_mount_graph_reach(g, target, &r, NULL), 0);
		ck_assert_int_eq(contain_mount_reach_mount(r, 0), found);
		T_CHECK(contain_mount_reach_count(r) <= contain_mount_table_count(t));
		contain_mount_reach_free(r);
	}
	contain_mount_graph_free(g);
	ck_assert_int_eq(contain_mount_table_diff(t, t, &d, NULL), 0);
	ck_assert_int_eq(contain_mount_diff_count(d), 0);
	contain_mount_diff_free(d);
}

/* In memory of its exact size, so that a sanitizer sees one byte too many. */
static int parse(const char *text, size_t n)
{
	char *exact = malloc(n + 1);
	contain_mount_table *t = NULL;
	contain_error *e = NULL;
	int r, newlines = 0;

	memcpy(exact, text, n + 1);
	for (const char *s = exact; *s; s++)
		newlines += *s == '\n' || !s[1];
	r = contain_mount_table_parse(exact, &t, &e);
	T_CHECK(!strcmp(exact, text));
	free(exact);
	if (r == 0) {
		ck_assert_int_eq(contain_mount_table_count(t), newlines);
		check_tree(t);
		check_paths(t);
		contain_mount_table_free(t);
		return 1;
	}
	T_CHECK(r == -EINVAL && !strncmp(contain_error_object(e), "line ", 5), "%d %s", r,
		contain_error_message(e));
	T_CHECK(atoi(contain_error_object(e) + 5) >= 1 &&
		atoi(contain_error_object(e) + 5) <= newlines + 1);
	contain_error_free(e);
	return 0;
}

TEST_LIMIT(any_text, 200)
{
	static char text[2 * ROOM];
	long tables = 0, rounds = t_sample(400000, 20000);

	for (long i = 0; i < rounds; i++)
		tables += parse(text, mutate(text, lines(text)));
	t_note("%ld of %ld were tables", tables, rounds);
	T_CHECK(tables > rounds / 10 && tables < rounds);
}

/* mountstats beside a table: anything in it is passed over or kept. */
TEST_LIMIT(any_stats, 200)
{
	static char text[2 * ROOM];
	long kept = 0;

	for (long i = t_sample(200000, 10000); i > 0; i--) {
		contain_mount_table *t =
			table_read("1 0 0:1 / / rw - nfs s rw\n2 1 0:1 / /a rw - nfs "
				   "s rw\n");
		char *exact;

		mutate(text, (size_t)sprintf(text, "device s mounted on / with fstype nfs "
						   "statvers=1.1\n\tx\ndevice s mounted on /a with "
						   "fstype nfs statvers=1.1\n"));
		exact = strdup(text);
		ck_assert_int_eq(ct_table_read_stats(t, exact), 0);
		free(exact);
		for (int k = 0; k < 2; k++) {
			const char *s = ct_table_string(t, k, CT_TABLE_STATS);

			T_CHECK(!s || strstr(text, s));
			kept += s != NULL;
		}
		contain_mount_table_free(t);
	}
	T_CHECK(kept > 1000);
}
