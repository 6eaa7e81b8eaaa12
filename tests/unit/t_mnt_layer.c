/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values of redirect attributes, as a container may write them: what is taken names something
 * below the top, and nothing else is. Mutations from a fixed seed; LONG=1: more rounds.
 */
#include "harness.h"

#include "mount/layer.h"

#include <stdlib.h>
#include <string.h>

TEST(good_redirects)
{
	static const char *const good[] = { "a",   "..a", "...",   ".a",    "/a",	"/a/b",
					    "a b", "\n",  "/\377", "a,b:c", "/.../..b", "\\" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		T_EXPECT(ct_layer_redirect_ok(good[i]), "%s", good[i]);
}

TEST(bad_redirects)
{
	static const char *const bad[] = {
		"", "/", "//", ".", "..", "/..", "/.", "a/b", "/a/", "/a//b", "//a",
		"/a/..", "/a/.", "/../a", "a/", "./a", "../a", "/./a",
	};
	char name[300];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		T_EXPECT(!ct_layer_redirect_ok(bad[i]), "%s", bad[i]);
	memset(name, 'n', sizeof(name));
	name[255] = 0;
	T_CHECK(ct_layer_redirect_ok(name));
	name[255] = 'n';
	name[256] = 0;
	T_CHECK(!ct_layer_redirect_ok(name));
}

/* The same said in another way: cut at each slash. */
static int good_by_parts(const char *s)
{
	char copy[512], *part = copy, *end;

	strcpy(copy, s);
	if (*part == '/')
		part++;
	else if (strchr(part, '/'))
		return 0;
	do {
		end = strchr(part, '/');
		if (end)
			*end = 0;
		if (!*part || !strcmp(part, ".") || !strcmp(part, "..") || strlen(part) > 255)
			return 0;
		part = end ? end + 1 : NULL;
	} while (part);
	return 1;
}

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint64_t roll(uint64_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

TEST(mutated_redirects)
{
	static const char alphabet[] = "///....ab\n\377";
	long rounds = t_sample(2000000, 50000), taken = 0;

	for (long i = 0; i < rounds; i++) {
		size_t n = roll(roll(20) ? 12 : 400);
		char *s = malloc(n + 1); /* of its size: a sanitizer sees what lies beyond */
		int ok;

		for (size_t k = 0; k < n; k++)
			s[k] = alphabet[roll(sizeof(alphabet) - 1)];
		if (n > 12)
			memset(s, 'n', n - roll(8));
		s[n] = 0;
		ok = ct_layer_redirect_ok(s);
		T_EXPECT(ok == good_by_parts(s), "%d: %s", ok, s);
		taken += ok;
		free(s);
	}
	T_CHECK(taken > rounds / 100 && taken < rounds, "%ld", taken);
}
