/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names, paths and lists of groups as text; what is refused before the kernel is asked. */
#include "harness.h"

#include "cgroup/delegate.h"
#include "cgroup/group_files.h"
#include "cgroup/tree.h"

#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- names and paths ------------------------------ */

TEST(paths)
{
	static const char *const good[] = { "a", "a/b", "a//b/", "a.b/c d", "..a/b", "x/cgroup" };
	static const char *const bad[] = { "",	     "/",    "//",    ".",	     "a/.",
					   "a/..",   "../a", "/a",    "a/cgroup.x",  "cgroup.x/a",
					   "a\nb/c", "a/\n", "./a/b", "a/b/../../c" };
	char name[300], *longest = calloc(1, 5000);

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		T_CHECK(ct_group_path_ok(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		T_CHECK(!ct_group_path_ok(bad[i]), "%s", bad[i]);
	memset(name, 'x', 256);
	name[256] = 0;
	ck_assert_int_eq(ct_group_path_ok(name), 0);
	name[255] = 0;
	ck_assert_int_eq(ct_group_path_ok(name), 1);
	for (int i = 0; i < 4094; i += 2)
		memcpy(longest + i, "a/", 2);
	ck_assert_int_eq(ct_group_path_ok(longest), 1);
	memcpy(longest + 4094, "aa", 2);
	ck_assert_int_eq(ct_group_path_ok(longest), 0);
	free(longest);
}

TEST(names_on_a_path)
{
	const char *at = "ab//c/";
	size_t n;

	at = ct_group_next_name(at, &n);
	T_CHECK(n == 2 && !memcmp(at, "ab", 2));
	at = ct_group_next_name(at + n, &n);
	T_CHECK(n == 1 && *at == 'c');
	ck_assert_ptr_eq(ct_group_next_name(at + n, &n), NULL);
	ck_assert_ptr_eq(ct_group_next_name("", &n), NULL);
	ck_assert_uint_eq(n, 0);
}

TEST(names_with_a_prefix)
{
	static const char tail[] = ".12.0123456789abcdef";

	T_CHECK(ct_group_name_has(t_fmt("a%s", tail), NULL));
	T_CHECK(ct_group_name_has(t_fmt("a%s", tail), "a"));
	T_CHECK(ct_group_name_has(t_fmt("a.b%s", tail), "a.b"));
	T_CHECK(ct_group_name_has(t_fmt("a.b%s", tail), NULL));
	T_CHECK(!ct_group_name_has(t_fmt("a.b%s", tail), "a"));
	T_CHECK(!ct_group_name_has(t_fmt("ab%s", tail), "a"));
	T_CHECK(!ct_group_name_has(t_fmt("a%s", tail), "ab"));
	T_CHECK(!ct_group_name_has("a.12.0123456789abcdeg", "a"));
	T_CHECK(!ct_group_name_has("a.b.0123456789abcdef", "a"));
	/* a prefix that looks like the rest of a name itself */
	T_CHECK(ct_group_name_has("a.1.12.0123456789abcdef", "a.1"));
	T_CHECK(!ct_group_name_has("a.1.12.0123456789abcdef", "a"));
}

/* ---- lists of numbers ------------------------------ */

static int parse(const char *text, size_t cut, struct contain_pids *out)
{
	uint64_t rest = CT_PIDS_NO_REST;
	size_t n = strlen(text);
	int r;

	memset(out, 0, sizeof(*out));
	cut = cut < n ? cut : n;
	r = ct_pids_parse(text, cut, &rest, out);
	return r < 0 ? r : ct_pids_parse(text + cut, n - cut, &rest, out);
}

TEST(pids)
{
	static const char text[] = "12\n0\n4194304\n7\n12\n0\n";
	static const char *const bad[] = { "1 2\n", "-1\n", "x\n", "2147483648\n", "1\r\n",
					   "99999999999999999999999999\n" };
	struct contain_pids p;

	/* wherever a read(2) ends */
	for (size_t cut = 0; cut <= strlen(text); cut++) {
		ck_assert_int_eq(parse(text, cut, &p), 0);
		T_CHECK(p.n == 4 && p.outside == 2);
		ct_pids_sort(&p);
		T_CHECK(p.n == 3 && p.v[0] == 7 && p.v[1] == 12 && p.v[2] == 4194304);
		T_CHECK(ct_pids_has(&p, 12) && !ct_pids_has(&p, 13) && !ct_pids_has(&p, 0));
		ct_pids_drop(&p);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		T_CHECK(parse(bad[i], 1, &p) == -EINVAL, "%s", bad[i]);
		ct_pids_drop(&p);
	}
	ck_assert_int_eq(parse("", 0, &p), 0);
	ct_pids_sort(&p);
	ck_assert_int_eq(ct_pids_has(&p, 1), 0);
}

TEST(pids_as_text)
{
	struct contain_pids p;
	char text[80];

	ck_assert_int_eq(parse("1\n2\n3\n4\n5\n6\n7\n8\n9\n", 3, &p), 0);
	ct_pids_text(&p, text, sizeof(text));
	ck_assert_str_eq(text, "1, 2, 3, 4, 5, 6, 7, 8, ...");
	p.n = 2;
	p.outside = 3;
	ct_pids_text(&p, text, sizeof(text));
	ck_assert_str_eq(text, "1, 2 and 3 outside this pid namespace");
	p.n = 0;
	ct_pids_text(&p, text, sizeof(text));
	ck_assert_str_eq(text, "3 outside this pid namespace");
	p.outside = 0;
	ct_pids_text(&p, text, sizeof(text));
	ck_assert_str_eq(text, "");
	p.n = 9;
	ct_pids_text(&p, text, 5); /* cut, not overrun */
	ck_assert_str_eq(text, "1, 2");
	ct_pids_drop(&p);
}

/* ---- the kernel's list of files ------------------------------ */

TEST(files_to_delegate)
{
	static const char *const bad[] = { "", "\n", "a/b\n", "..\ncgroup.procs\n", "." };
	struct ct_delegate *d = calloc(1, sizeof(*d));
	char many[1000] = "";

	ck_assert_int_eq(ct_delegate_parse("cgroup.procs\n\nmemory.reclaim", d), 0);
	ck_assert_uint_eq(d->n, 2);
	ck_assert_str_eq(d->file[0].name, "cgroup.procs");
	ck_assert_str_eq(d->file[1].name, "memory.reclaim");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		T_CHECK(ct_delegate_parse(bad[i], d) == -EINVAL, "%s", bad[i]);
	for (int i = 0; i < CT_DELEGATE_MAX; i++)
		strcat(many, "f\n");
	ck_assert_int_eq(ct_delegate_parse(many, d), 0);
	ck_assert_uint_eq(d->n, CT_DELEGATE_MAX);
	strcat(many, "f\n");
	ck_assert_int_eq(ct_delegate_parse(many, d), -EINVAL);
	memset(many, 'x', 64);
	many[64] = 0;
	ck_assert_int_eq(ct_delegate_parse(many, d), -EINVAL);
	many[63] = 0;
	ck_assert_int_eq(ct_delegate_parse(many, d), 0);
	free(d);
}

/* ---- mutations ------------------------------ */

static uint32_t dice(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void mutate(char *text, size_t size, uint32_t *state)
{
	static const char bytes[] = "0019\n\n ./-x\xff\x01";
	size_t n = strlen(text);

	for (uint32_t k = dice(state) % 6; k-- > 0;) {
		size_t at = n ? dice(state) % n : 0;

		switch (dice(state) % 3) {
		case 0:
			text[at] = bytes[dice(state) % (sizeof(bytes) - 1)];
			break;
		case 1:
			text[at] = 0;
			break;
		default:
			if (2 * n + 1 < size)
				memmove(text + at + n / 2, text + at, n - at + 1);
		}
		text[size - 1] = 0;
		n = strlen(text);
	}
}

/* What comes out holds whatever goes in: counted here in another way. */
static void check_pids(const char *text)
{
	struct contain_pids p;
	size_t zeros = 0, others = 0;
	int r = parse(text, strlen(text) / 2, &p);

	if (r == 0) {
		/* the last number may be without an end, and is not counted then */
		for (const char *at = text; *at && strchr(at, '\n'); at = strchr(at, '\n') + 1)
			if (*at != '\n') {
				zeros += strtoul(at, NULL, 10) == 0;
				others += strtoul(at, NULL, 10) != 0;
			}
		T_CHECK(p.n == others && p.outside == zeros, "%s", text);
	} else {
		ck_assert_int_eq(r, -EINVAL);
	}
	ct_pids_drop(&p);
}

TEST(mutated_texts)
{
	static const char *const seeds[] = {
		"12\n0\n4194304\n7\n12\n0\n", "cgroup.procs\ncgroup.threads\nmemory.oom.group\n",
		"a/b/c", "job.1234.0123456789abcdef"
	};
	struct ct_delegate *d = calloc(1, sizeof(*d));
	long rounds = t_sample(2000000, 20000);
	uint32_t state = 20260722;
	size_t n;

	for (long i = 0; i < rounds; i++) {
		char *text = malloc(512); /* so that a read beyond it is seen */

		snprintf(text, 512, "%s", seeds[i % 4]);
		mutate(text, 512, &state);
		check_pids(text);
		if (ct_delegate_parse(text, d) == 0) {
			T_CHECK(d->n > 0 && d->n <= CT_DELEGATE_MAX);
			for (size_t k = 0; k < d->n; k++)
				T_CHECK(*d->file[k].name && !strpbrk(d->file[k].name, "/\n"));
		}
		if (ct_group_path_ok(text))
			for (const char *at = text; (at = ct_group_next_name(at, &n)); at += n)
				T_CHECK(n > 0 && n <= 255 && *at != '/');
		if (ct_group_name_has(text, "job"))
			T_CHECK(ct_group_name_ours(text) && !strncmp(text, "job.", 4));
		free(text);
	}
	free(d);
}

/* ---- what is refused ------------------------------ */

static void rejects(int code, int want, const char *object, contain_error **e)
{
	T_CHECK(code == want, "%d: %s", code, contain_error_message(*e));
	ck_assert_int_eq(contain_error_code(*e), want);
	ck_assert_str_eq(contain_error_object(*e), object);
	contain_error_free(*e);
	*e = NULL;
}

/* A directory of another file system is not touched. */
TEST(not_a_group)
{
	const char *path = t_tmpdir();
	int tmp = open(path, O_RDONLY | O_DIRECTORY), fd = -77;
	contain_pids *pids = NULL;
	contain_error *e = NULL;
	char name[CONTAIN_CGROUP_NAME_SIZE] = "kept";

	rejects(contain_cgroup_open(tmp, "a", &fd, &e), -EOPNOTSUPP, "parent_fd", &e);
	rejects(contain_cgroup_create_path(tmp, "a/b", &fd, &e), -EOPNOTSUPP, "parent_fd", &e);
	rejects(contain_cgroup_create_unique(tmp, "a", &fd, name, sizeof(name), &e), -EOPNOTSUPP,
		"parent_fd", &e);
	rejects(contain_cgroup_enable_below(tmp, "a", "memory", 0, NULL, &e), -EOPNOTSUPP,
		"group_fd", &e);
	rejects(contain_cgroup_type(tmp, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_set_threaded(tmp, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_delegate(tmp, 0, 0, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_check_delegated(tmp, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_enter(tmp, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_enter_thread(tmp, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_migrate(tmp, 0, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_migrate_thread(tmp, 0, 1, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_list_processes(tmp, 0, &pids, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_list_threads(tmp, 0, &pids, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_is_killed(tmp, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_freeze(tmp, 0, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_thaw(tmp, 0, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_remove_tree(tmp, "a", CONTAIN_CGROUP_KILL, 0, &e), -EOPNOTSUPP,
		"parent_fd", &e);
	rejects(contain_cgroup_gc(tmp, "a", &e), -EOPNOTSUPP, "parent_fd", &e);
	ck_assert_int_eq(fd, -77);
	ck_assert_str_eq(name, "kept");
	ck_assert_ptr_eq(pids, NULL);
	ck_assert_int_eq(access(t_fmt("%s/a", path), F_OK), -1);
	ck_assert_int_eq(contain_cgroup_gc(tmp, "a", NULL), -EOPNOTSUPP);
	close(tmp);
}
