/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Id maps as values, their text, and the files of subordinate ids, lawful and malformed. */
#include "harness.h"

#include "namespace/id_map.h"

#include <contain/contain.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the map ---- */

static contain_id_map *map_new(void)
{
	contain_id_map *m = NULL;

	ck_assert_int_eq(contain_id_map_new(&m), 0);
	return m;
}

static char *map_text(const contain_id_map *m)
{
	char *text = t_fmt("%s", "");
	uint32_t a, b, n;

	for (int i = 0; contain_id_map_range(m, i, &a, &b, &n) == 0; i++)
		text = t_fmt("%s%u %u %u\n", text, a, b, n);
	return text;
}

#define refused(m, a, b, n, hint) refused_at((m), (a), (b), (n), (hint), __LINE__)
static void refused_at(contain_id_map *m, uint32_t inside, uint32_t outside, uint32_t count,
		       const char *hint, int line)
{
	contain_error *e = NULL;
	char *before = map_text(m);
	int r = contain_id_map_add(m, inside, outside, count, &e);

	T_CHECK(r == -EINVAL && strstr(contain_error_hint(e), hint) &&
			strcmp(contain_error_op(e), "id-map") == 0 &&
			contain_error_phase(e) == CONTAIN_PHASE_SPEC,
		"line %d: %d: %s, not '%s'", line, r, contain_error_message(e), hint);
	ck_assert_str_eq(map_text(m), before);
	contain_error_free(e);
	/* without an error object just as well */
	ck_assert_int_eq(contain_id_map_add(m, inside, outside, count, NULL), -EINVAL);
}

TEST(ranges_that_cannot_be)
{
	contain_id_map *m = map_new();

	refused(m, 0, 0, 0, "range 0 is empty");
	refused(m, 4294967295u, 0, 1, "range 0 wraps");
	refused(m, 0, 4294967295u, 1, "range 0 wraps");
	refused(m, 1, 0, 4294967295u, "range 0 wraps");
	refused(m, 2147483648u, 0, 2147483648u, "range 0 wraps");
	ck_assert_int_eq(contain_id_map_add(m, 0, 1000, 1, NULL), 0);
	ck_assert_int_eq(contain_id_map_add(m, 1, 100000, 65536, NULL), 0);
	refused(m, 0, 5, 1, "range 2 overlaps range 0 inside");
	refused(m, 70000, 1000, 1, "range 2 overlaps range 0 outside");
	refused(m, 65536, 7, 10, "range 2 overlaps range 1 inside");
	refused(m, 80000, 99999, 2, "range 2 overlaps range 1 outside");
	refused(m, 65537, 4294967294u, 2, "range 2 wraps");
	/* next to each other is no overlap */
	ck_assert_int_eq(contain_id_map_add(m, 65537, 165536, 1, NULL), 0);
	ck_assert_int_eq(contain_id_map_add(m, 4294967294u, 4294967294u, 1, NULL), 0);
	ck_assert_str_eq(map_text(m), "0 1000 1\n1 100000 65536\n65537 165536 1\n"
				      "4294967294 4294967294 1\n");
	ck_assert_int_eq(contain_id_map_count(m), 4);
	contain_id_map_free(m);
}

TEST(everything_is_a_range)
{
	contain_id_map *m = map_new();
	uint32_t id = 7;

	ck_assert_int_eq(contain_id_map_add(m, 0, 0, 4294967295u, NULL), 0);
	ck_assert_int_eq(contain_id_map_inside(m, 4294967294u, &id, NULL), 0);
	ck_assert_uint_eq(id, 4294967294u);
	ck_assert_int_eq(contain_id_map_inside(m, 4294967295u, &id, NULL), -ENOENT);
	contain_id_map_free(m);
}

TEST(ranges_that_are_too_many)
{
	contain_id_map *m = map_new();

	for (uint32_t i = 0; i < 340; i++)
		ck_assert_int_eq(contain_id_map_add(m, i * 2, 10000 + i * 2, 1, NULL), 0);
	ck_assert_int_eq(contain_id_map_count(m), 340);
	refused(m, 1, 1, 1, "range 340 is more than the kernel's 340");
	contain_id_map_free(m);
	/* lines of 18 bytes; 227 of them are 4086, and a page less one is 4095 */
	m = map_new();
	for (uint32_t i = 0; i < 227; i++)
		ck_assert_int_eq(contain_id_map_add(m, 1000000 + i * 2, 2000000 + i * 2, 1, NULL),
				 0);
	refused(m, 5000000, 5000000, 1, "with range 227 the text of the map is longer than a page");
	refused(m, 100, 99, 100, "with range 227"); /* 11 bytes: 4097 */
	refused(m, 100, 9, 100, "with range 227");  /* 10: 4096 */
	ck_assert_int_eq(contain_id_map_add(m, 100, 9, 10, NULL), 0); /* 4095 */
	contain_id_map_free(m);
}

TEST(translation_both_ways)
{
	contain_id_map *m = map_new();
	contain_error *e = NULL;
	uint32_t id = 7;

	ck_assert_int_eq(contain_id_map_add(m, 0, 1000, 1, NULL), 0);
	ck_assert_int_eq(contain_id_map_add(m, 1, 100000, 65536, NULL), 0);
	ck_assert_int_eq(contain_id_map_inside(m, 1000, &id, NULL), 0);
	ck_assert_uint_eq(id, 0);
	ck_assert_int_eq(contain_id_map_inside(m, 165535, &id, NULL), 0);
	ck_assert_uint_eq(id, 65536);
	ck_assert_int_eq(contain_id_map_outside(m, 1, &id, NULL), 0);
	ck_assert_uint_eq(id, 100000);
	ck_assert_int_eq(contain_id_map_outside(m, 65536, &id, NULL), 0);
	ck_assert_uint_eq(id, 165535);
	ck_assert_int_eq(contain_id_map_inside(m, 165536, &id, &e), -ENOENT);
	T_CHECK(strstr(contain_error_hint(e), "no range of the map holds 165536 outside"), "%s",
		contain_error_message(e));
	contain_error_free(e);
	e = NULL;
	ck_assert_int_eq(contain_id_map_outside(m, 65537, &id, &e), -ENOENT);
	T_CHECK(strstr(contain_error_hint(e), "holds 65537 inside"), "%s",
		contain_error_message(e));
	contain_error_free(e);
	ck_assert_int_eq(contain_id_map_inside(m, 0, &id, NULL), -ENOENT);
	ck_assert_uint_eq(id, 165535); /* untouched since */
	contain_id_map_free(m);
}

TEST(nothing_where_something_is_wanted)
{
	contain_id_map *m = map_new();
	contain_subids *s = NULL;
	uint32_t a = 1, b = 2, n = 3;
	int on = 7;

	ck_assert_int_eq(contain_id_map_new(NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_add(NULL, 0, 0, 1, NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_count(NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_count(m), 0);
	ck_assert_int_eq(contain_id_map_range(m, 0, &a, &b, &n), -EINVAL);
	ck_assert_int_eq(contain_id_map_add(m, 0, 0, 1, NULL), 0);
	ck_assert_int_eq(contain_id_map_range(m, -1, &a, &b, &n), -EINVAL);
	ck_assert_int_eq(contain_id_map_range(m, 1, &a, &b, &n), -EINVAL);
	ck_assert_int_eq(contain_id_map_range(m, 0, NULL, &b, &n), -EINVAL);
	ck_assert_int_eq(contain_id_map_range(m, 0, &a, NULL, &n), -EINVAL);
	ck_assert_int_eq(contain_id_map_range(m, 0, &a, &b, NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_range(NULL, 0, &a, &b, &n), -EINVAL);
	ck_assert_int_eq(contain_id_map_inside(NULL, 0, &a, NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_inside(m, 0, NULL, NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_outside(NULL, 0, &a, NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_outside(m, 0, NULL, NULL), -EINVAL);
	T_CHECK(a == 1 && b == 2 && n == 3);
	ck_assert_int_eq(contain_subids_read(0, 0, &s, NULL), -EINVAL);
	ck_assert_int_eq(contain_subids_read(3, 0, &s, NULL), -EINVAL);
	ck_assert_int_eq(contain_subids_read(CONTAIN_ID_USER, 0, NULL, NULL), -EINVAL);
	ck_assert_int_eq(contain_subids_read_from(AT_FDCWD, NULL, 0, NULL, &s, NULL), -EINVAL);
	ck_assert_int_eq(contain_subids_read_from(AT_FDCWD, "", 0, NULL, &s, NULL), -EINVAL);
	ck_assert_int_eq(contain_subids_read_from(AT_FDCWD, "x", 0, NULL, NULL, NULL), -EINVAL);
	ck_assert_int_eq(contain_subids_count(NULL), -EINVAL);
	ck_assert_int_eq(contain_subids_range(NULL, 0, &a, &n), -EINVAL);
	ck_assert_int_eq(contain_id_map_root(0, 1, &m, NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_root(CONTAIN_ID_USER, 1, NULL, NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_keep(3, 1, &m, NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_keep(CONTAIN_ID_GROUP, 1, NULL, NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_read(-1, 0, &m, NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_read(-1, CONTAIN_ID_USER, NULL, NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_setgroups(-1, NULL, NULL), -EINVAL);
	ck_assert_int_eq(contain_id_map_setgroups(-2, &on, NULL), -EBADF);
	ck_assert_int_eq(on, 7);
	ck_assert_ptr_null(s);
	contain_id_map_free(m);
	contain_id_map_free(NULL);
	contain_subids_free(NULL);
}

TEST(maps_of_a_spec)
{
	container_spec *spec = NULL;
	contain_id_map *m = map_new();
	contain_error *e = NULL;
	container_plan *plan = NULL;

	ck_assert_int_eq(container_spec_new(&spec), 0);
	ck_assert_int_eq(container_spec_set_id_maps(NULL, m, m), -EINVAL);
	ck_assert_int_eq(container_spec_set_id_maps(spec, NULL, NULL), 0);
	ck_assert_int_eq(contain_id_map_add(m, 0, 5, 1, NULL), 0);
	ck_assert_int_eq(container_spec_set_id_maps(spec, m, NULL), 0);
	/* it is a copy, and what is added to it goes on behind */
	ck_assert_int_eq(contain_id_map_add(m, 1, 10, 5, NULL), 0);
	ck_assert_int_eq(container_spec_add_uid_range(spec, 1, 20, 5), 0);
	ck_assert_int_eq(container_spec_set_id_maps(spec, m, NULL), 0);
	ck_assert_int_eq(container_spec_add_uid_range(spec, 6, 20, 5), 0);
	ck_assert_int_eq(container_spec_add_uid_range(spec, 5, 100, 5), -EINVAL);
	container_spec_set_argv(spec, (const char *const[]){ "/x", NULL });
	ck_assert_int_eq(container_plan_compile(spec, &plan, &e), -EINVAL);
	ck_assert_str_eq(contain_error_object(e), "uid_map");
	T_CHECK(strstr(contain_error_hint(e), "range 3 overlaps range 1 inside"), "%s",
		contain_error_message(e));
	contain_error_free(e);
	container_spec_free(spec);
	contain_id_map_free(m);
	/* one without ranges is no map */
	for (int i = 0; i < 2; i++) {
		m = map_new();
		e = NULL;
		ck_assert_int_eq(container_spec_new(&spec), 0);
		ck_assert_int_eq(container_spec_set_id_maps(spec, i ? NULL : m, i ? m : NULL),
				 -EINVAL);
		ck_assert_int_eq(container_plan_compile(spec, &plan, &e), -EINVAL);
		ck_assert_str_eq(contain_error_object(e), i ? "gid_map" : "uid_map");
		contain_error_free(e);
		container_spec_free(spec);
		contain_id_map_free(m);
	}
}

/* ---- the kernel's text ---- */

TEST(text_of_the_kernel)
{
	static const char *const bad[] = {
		"0 1 1",      "0 1\n",		"0 1 1 1\n",	"a 1 1\n",   "0 -1 1\n", "\n",
		"0 1 0\n",    "0 4294967296 1\n", "0 1 1\n0 2 1\n", "0 1 1\n\n", "0 1 1\n1",
		"0x1 1 1\n",  "0\t1\t1\n",	" \n",		"0 1 1 \n",
	};
	struct ct_id_map m = { 0 }, same = { 0 };
	struct ct_text t = { 0 };

	ck_assert_int_eq(ct_id_map_parse("", &m), 0);
	ck_assert_uint_eq(m.n, 0);
	ck_assert_int_eq(ct_id_map_parse("         5       1000          1\n"
					 "         0     100000          5\n", &m), 0);
	ct_id_map_text(&t, &m);
	ck_assert_str_eq(t.buf, "5 1000 1\n0 100000 5\n");
	ct_text_free(&t);
	/* the order, and how ranges are cut, make no difference */
	ck_assert_int_eq(ct_id_map_parse("0 100000 2\n2 100002 3\n5 1000 1\n", &same), 0);
	ck_assert_int_eq(ct_id_map_same(&m, &same), 1);
	same.range[2].outside = 1001;
	ck_assert_int_eq(ct_id_map_same(&m, &same), 0);
	same.range[2].outside = 1000;
	same.n = 2;
	ck_assert_int_eq(ct_id_map_same(&m, &same), 0);
	same.n = 0;
	ck_assert_int_eq(ct_id_map_same(&m, &same), 0);
	free(same.range);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ct_id_map kept = m;
		int r = ct_id_map_parse(bad[i], &m);

		T_CHECK(r == -EINVAL && m.range == kept.range && m.n == kept.n, "'%s': %d", bad[i],
			r);
	}
	/* ids that the reader's own user namespace does not have */
	ck_assert_int_eq(ct_id_map_parse("0 4294967295 1\n", &m), -EOVERFLOW);
	free(m.range);
}

/* ---- files of subordinate ids ---- */

static char *subids_text(const contain_subids *s)
{
	char *text = t_fmt("%s", "");
	uint32_t first, n;

	for (int i = 0; contain_subids_range(s, i, &first, &n) == 0; i++)
		text = t_fmt("%s%s%u+%u", text, i ? " " : "", first, n);
	return text;
}

static int read_text(const char *text, size_t size, contain_subids **s, contain_error **e)
{
	char *path = t_fmt("%s/subuid", t_tmpdir());
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	T_SYS(fd);
	T_CHECK(write(fd, text, size) == (ssize_t)size);
	close(fd);
	return contain_subids_read_from(AT_FDCWD, path, 1000, "web", s, e);
}

/* What is the user's "web", 1000; NULL: nothing, and the line that the hint names. */
static const struct {
	const char *text, *ranges, *hint;
} files[] = {
	{ "web:100000:65536\n", "100000+65536", NULL },
	{ "web:100000:65536", "100000+65536", NULL }, /* no newline at the end */
	{ "1000:100000:65536\n", "100000+65536", NULL },
	{ "root:0:1\nweb:100000:10\nother:100010:10\nweb:5:1\n", "100000+10 5+1", NULL },
	{ "web:100:10\n1000:110:10\n", "100+10 110+10", NULL }, /* told as they stand */
	{ "web:100:10\nweb:100:10\n", "100+10", NULL },
	{ "web:100:10\nweb:105:10\n", "100+10 110+5", NULL },
	{ "web:100:10\nweb:95:20\n", "100+10 95+5 110+5", NULL },
	{ "web:10:5\nweb:20:5\nweb:0:40\n", "10+5 20+5 0+10 15+5 25+15", NULL },
	{ "web:100:10\nweb:102:3\n", "100+10", NULL },
	{ "web:0:4294967295\n", "0+4294967295", NULL },
	{ "web:4294967294:1\n", "4294967294+1", NULL },
	{ "# web:1:1\n\n#\nweb:2:2\n", "2+2", NULL },
	/* malformed lines do not hide others */
	{ "web\nweb:\nweb:1\nweb:1:\nweb::1\n:1:1\nweb:1:1:1\nweb:7:7\n", "7+7", NULL },
	{ "web:x:1\nweb:1:x\nweb: 1:1\nweb:1 :1\nweb:-1:1\nweb:+1:1\nweb:7:7\n", "7+7", NULL },
	{ "", NULL, "no line for user 1000 (web)" },
	{ "\n\n", NULL, "no line for user 1000 (web);" },
	{ "webs:1:1\nwe:1:1\n100:1:1\n10000:1:1\n", NULL, "no line for user 1000 (web);" },
	{ "web:1:0\n", NULL, "line 1 is no range" },
	{ "ok:1:1\nweb:1:0\nweb:2:0\n", NULL, "line 2 is no range" },
	{ "web:0x10:1\n", NULL, "line 1 is no range" },
	{ "web:010:1\n", NULL, "line 1 is no range" },
	{ "web:1:1\r\n", NULL, "line 1 is no range" },
	{ "web:1:1 \n", NULL, "line 1 is no range" },
	{ "web:4294967295:1\n", NULL, "line 1 is no range" },
	{ "web:4294967294:2\n", NULL, "line 1 is no range" },
	{ "web:1:4294967295\n", NULL, "line 1 is no range" },
	{ "web:0:4294967296\n", NULL, "line 1 is no range" },
	{ "web:18446744073709551617:1\n", NULL, "line 1 is no range" },
	{ "01000:1:1\n", NULL, "no line for user 1000 (web);" },
	{ ":::\n", NULL, "line 1 is no range" },
	{ "\xff\xfe:1:1\n", NULL, "no line for user 1000 (web);" },
};

TEST(files_of_subordinate_ids)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		contain_subids *s = NULL;
		contain_error *e = NULL;
		int r = read_text(files[i].text, strlen(files[i].text), &s, &e);

		T_CHECK(r == (files[i].ranges ? 0 : -ENOENT), "'%s': %d: %s", files[i].text, r,
			contain_error_message(e));
		if (files[i].ranges) {
			T_CHECK(strcmp(subids_text(s), files[i].ranges) == 0, "'%s' gives %s",
				files[i].text, subids_text(s));
		} else {
			ck_assert_ptr_null(s);
			T_CHECK(strstr(contain_error_hint(e), files[i].hint), "'%s': %s",
				files[i].text, contain_error_message(e));
		}
		contain_subids_free(s);
		contain_error_free(e);
	}
}

TEST(lines_of_every_length)
{
	contain_subids *s = NULL;
	contain_error *e = NULL;
	char *text = malloc(20 << 20);
	size_t n;

	/* a NUL ends nothing: the line is bad */
	ck_assert_int_eq(read_text("web:1:1\0\nweb:2:2\n", 17, &s, NULL), 0);
	ck_assert_str_eq(subids_text(s), "2+2");
	contain_subids_free(s);
	/* 1023 bytes are the longest line, as for newuidmap(1); reads end in every place of it */
	for (size_t len = 1000; len < 6000; len++) {
		s = NULL;
		memset(text, 'x', len);
		n = len + (size_t)sprintf(text + len, ":1:1\nweb:3:3\nweb:9:");
		memset(text + n, '0', 1010);
		n += 1010 + (size_t)sprintf(text + n + 1010, "\nweb:7:4");
		ck_assert_int_eq(read_text(text, n, &s, NULL), 0);
		ck_assert_str_eq(subids_text(s), "3+3 7+4");
		contain_subids_free(s);
		len += len > 1100 ? 97 : 0;
	}
	s = NULL;
	n = (size_t)sprintf(text, "web:8:1\n");
	memset(text + n, 'x', 17 << 20);
	ck_assert_int_eq(read_text(text, 17 << 20, &s, &e), -EFBIG);
	ck_assert_ptr_null(s);
	contain_error_free(e);
	n = 0;
	for (int i = 0; i < 1001; i++)
		n += (size_t)sprintf(text + n, "web:%d:1\n", i * 2);
	ck_assert_int_eq(read_text(text, n, &s, NULL), -E2BIG);
	ck_assert_int_eq(read_text(text, n - 9, &s, NULL), 0);
	ck_assert_int_eq(contain_subids_count(s), 1000);
	contain_subids_free(s);
	free(text);
}

/* A15: what is in the file's place makes nobody wait. */
TEST(what_is_no_file)
{
	char *dir = t_fmt("%s", t_tmpdir()), *path = t_fmt("%s/it", dir);
	contain_subids *s = NULL;
	contain_error *e = NULL;
	int fd;

	ck_assert_int_eq(contain_subids_read_from(AT_FDCWD, path, 0, NULL, &s, &e), -ENOENT);
	T_CHECK(strstr(contain_error_hint(e), "no such file"), "%s", contain_error_message(e));
	contain_error_free(e);
	T_SYS(mkfifo(path, 0644));
	ck_assert_int_eq(contain_subids_read_from(AT_FDCWD, path, 0, NULL, &s, NULL), -EINVAL);
	unlink(path);
	T_SYS(symlink("it", path));
	ck_assert_int_eq(contain_subids_read_from(AT_FDCWD, path, 0, NULL, &s, NULL), -ELOOP);
	unlink(path);
	ck_assert_int_eq(contain_subids_read_from(AT_FDCWD, dir, 0, NULL, &s, NULL), -EISDIR);
	ck_assert_int_eq(contain_subids_read_from(AT_FDCWD, "/dev/zero", 0, NULL, &s, NULL),
			 -EINVAL);
	ck_assert_int_eq(contain_subids_read_from(987654, "it", 0, NULL, &s, NULL), -EBADF);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	T_SYS(ftruncate(fd, 1LL << 40)); /* 1 TiB of nothing */
	close(fd);
	ck_assert_int_eq(contain_subids_read_from(AT_FDCWD, path, 0, NULL, &s, NULL), -EFBIG);
	ck_assert_ptr_null(s);
	/* below a directory fd, by number alone */
	t_write_file(path, "web:1:1\n1000:2:2\n");
	fd = open(dir, O_PATH | O_CLOEXEC);
	ck_assert_int_eq(contain_subids_read_from(fd, "it", 1000, NULL, &s, NULL), 0);
	ck_assert_str_eq(subids_text(s), "2+2");
	contain_subids_free(s);
	close(fd);
}
