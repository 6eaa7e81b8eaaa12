/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Id maps in the words of options: "0:100000:65536", "u:0:1000:1 g:0:100:1". */
#include "harness.h"

#include "namespace/new_user.h"

#include <contain/contain.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *text_of(const contain_id_map *m)
{
	char *text = t_fmt("%s", "");
	uint32_t a, b, n;

	for (int i = 0; contain_id_map_range(m, i, &a, &b, &n) == 0; i++)
		text = t_fmt("%s%s%u:%u:%u", text, i ? " " : "", a, b, n);
	return text;
}

static void is(const char *text, const char *users, const char *groups)
{
	contain_id_map *uid = NULL, *gid = NULL;
	contain_error *e = NULL;
	int r = contain_id_map_parse(text, &uid, &gid, &e);

	T_CHECK(r == 0, "\"%s\": %s", text, contain_error_message(e));
	ck_assert_str_eq(text_of(uid), users);
	ck_assert_str_eq(text_of(gid), groups);
	contain_id_map_free(uid);
	contain_id_map_free(gid);
}

TEST(maps)
{
	is("0:100000:65536", "0:100000:65536", "0:100000:65536");
	is("b:0:1:2", "0:1:2", "0:1:2");
	is("u:0:1000:1 g:0:100:1", "0:1000:1", "0:100:1");
	is("g:0:100:1,u:0:1000:1", "0:1000:1", "0:100:1");
	is("0:1000:1,1:100000:10,g:20:30:1", "0:1000:1 1:100000:10",
	   "0:1000:1 1:100000:10 20:30:1");
	is(" \t0:1:1 ,\n, 1:2:1 ", "0:1:1 1:2:1", "0:1:1 1:2:1");
	is("0:0:4294967295", "0:0:4294967295", "0:0:4294967295");
	is("00:01:1", "0:1:1", "0:1:1");
}

static void refused(const char *text, const char *why)
{
	contain_id_map *uid = (contain_id_map *)text, *gid = uid;
	contain_error *e = NULL;
	int r = contain_id_map_parse(text, &uid, &gid, &e);

	T_CHECK(r == -EINVAL && contain_error_code(e) == -EINVAL, "\"%s\": %d", text, r);
	T_CHECK((const char *)uid == text && (const char *)gid == text);
	T_CHECK(strstr(contain_error_hint(e), why), "%s", contain_error_message(e));
	ck_assert_str_eq(contain_error_op(e), "parse-id-map");
	ck_assert_str_eq(contain_error_object(e), text);
	contain_error_free(e);
	ck_assert_int_eq(contain_id_map_parse(text, &uid, &gid, NULL), -EINVAL);
}

TEST(refused_texts)
{
	contain_id_map *m = NULL;
	contain_error *e = NULL;

	refused("", "no user ids");
	refused(" , ", "no user ids");
	refused("u:0:1:1", "no group ids");
	refused("g:0:1:1", "no user ids");
	refused("0:1", "is no INSIDE:OUTSIDE:COUNT");
	refused("0:1:", "\"0:1:\" is no");
	refused("0:1:1:1", "\"0:1:1:1\" is no");
	refused("0:1:1;1:2:1", "is no");
	refused("x:0:1:1", "\"x:0:1:1\" is no");
	refused("u0:1:1", "is no");
	refused("-1:1:1", "is no");
	refused("0:+1:1", "is no");
	refused("0x0:1:1", "is no");
	refused("0:1: 1", "\"0:1:\" is no");
	refused("0:1:1 1:2", "\"1:2\" is no");
	refused("4294967296:0:1", "is no");
	refused("0:99999999999999999999999:1", "is no");
	refused("0:1:0", "range 0 is empty");
	refused("0:1:4294967295", "range 0 wraps");
	refused("0:1:10 5:100:1", "range 1 overlaps range 0 inside");
	refused("0:1:10 g:5:100:1", "range 1 overlaps range 0 inside");
	refused("0:1:10 20:5:1", "range 1 overlaps range 0 outside");
	ck_assert_int_eq(contain_id_map_parse(NULL, &m, &m, &e), -EINVAL);
	ck_assert_str_eq(contain_error_object(e), "text");
	contain_error_free(e);
	ck_assert_int_eq(contain_id_map_parse("0:1:1", NULL, &m, &e), -EINVAL);
	ck_assert_str_eq(contain_error_object(e), "ret_uid_map");
	contain_error_free(e);
	ck_assert_int_eq(contain_id_map_parse("0:1:1", &m, NULL, &e), -EINVAL);
	ck_assert_str_eq(contain_error_object(e), "ret_gid_map");
	contain_error_free(e);
	T_CHECK(!m);
}

/* Whatever is taken comes out as the same map when it is written again. */
TEST_LIMIT(mutations, 120)
{
	static const char *const seeds[] = { "0:100000:65536", "u:0:1000:1 g:0:100:1",
					     "0:1000:1,1:100000:10,g:20:30:1" };
	static const char alphabet[] = "0123456789:ugb ,-x\n\xff";
	unsigned seed = 5;
	long good = 0, bad = 0;

	for (long i = 0; i < t_sample(1000000, 20000); i++) {
		struct ct_id_map uid = { 0 }, gid = { 0 };
		char text[64], again[400] = "", why[200] = "";
		size_t n, at = 0;
		int r;

		snprintf(text, sizeof(text), "%s", seeds[rand_r(&seed) % 3]);
		n = strlen(text);
		for (int k = rand_r(&seed) % 4; k >= 0; k--)
			text[(size_t)rand_r(&seed) % n] =
				alphabet[(size_t)rand_r(&seed) % (sizeof(alphabet) - 1)];
		r = ct_id_maps_parse(text, &uid, &gid, why, sizeof(why));
		T_CHECK(r == 0 || (r == -EINVAL && *why), "%s: %d", text, r);
		for (size_t k = 0; k < uid.n; k++)
			at += (size_t)snprintf(again + at, sizeof(again) - at, "u:%u:%u:%u ",
					       uid.range[k].inside, uid.range[k].outside,
					       uid.range[k].count);
		for (size_t k = 0; k < gid.n; k++)
			at += (size_t)snprintf(again + at, sizeof(again) - at, "g:%u:%u:%u ",
					       gid.range[k].inside, gid.range[k].outside,
					       gid.range[k].count);
		if (r == 0) {
			struct ct_id_map u = { 0 }, g = { 0 };

			T_CHECK(uid.n && gid.n, "%s", text);
			ck_assert_int_eq(ct_id_maps_parse(again, &u, &g, NULL, 0), 0);
			T_CHECK(ct_id_map_same(&uid, &u) == 1 && ct_id_map_same(&gid, &g) == 1,
				"%s: %s", text, again);
			free(u.range);
			free(g.range);
			good++;
		} else {
			T_CHECK(!uid.range && !gid.range, "%s", text);
			bad++;
		}
		free(uid.range);
		free(gid.range);
	}
	T_CHECK(good > 1000 && bad > 1000, "%ld good, %ld bad", good, bad);
	t_note("%ld taken, %ld refused", good, bad);
}
