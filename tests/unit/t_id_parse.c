/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words of setters, and the passwd and group files of images that nobody vouches for. */
#include "harness.h"
#include "process/identity.h"

#include <contain/contain.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIT(n) (1ULL << (n))

TEST(capabilities_have_names)
{
	for (int i = 0; i <= CAP_LAST_CAP; i++) {
		const char *name = contain_capability_name(i);

		T_CHECK(*name, "%d", i);
		ck_assert_int_eq(contain_capability_from_name(name), i);
		ck_assert_int_eq(contain_capability_from_name(t_fmt("CAP_%s", name)), i);
	}
	ck_assert_int_eq(contain_capability_from_name("net_raw"), CAP_NET_RAW);
	ck_assert_int_eq(contain_capability_from_name("Cap_Sys_Admin"), CAP_SYS_ADMIN);
	ck_assert_str_eq(contain_capability_name(-1), "");
	ck_assert_str_eq(contain_capability_name(63), "");
	ck_assert_int_eq(contain_capability_from_name(NULL), -EINVAL);
	ck_assert_int_eq(contain_capability_from_name(""), -EINVAL);
	ck_assert_int_eq(contain_capability_from_name("cap_"), -EINVAL);
	ck_assert_int_eq(contain_capability_from_name("net_raw "), -EINVAL);
}

TEST(lists_of_capabilities)
{
	static const struct {
		const char *list;
		uint64_t base, want;
	} good[] = {
		{ "chown,net_raw", ~0ULL, BIT(CAP_CHOWN) | BIT(CAP_NET_RAW) },
		{ "none", 5, 0 },
		{ "+net_raw", 1, 1 | BIT(CAP_NET_RAW) },
		{ "-chown", 3, 2 },
		{ "-all,kill", 3, BIT(CAP_KILL) },
		{ "none,+CAP_KILL", 3, BIT(CAP_KILL) },
		{ "chown,-chown", 8, 0 },
	};
	static const char *const bad[] = { "", ",", "chown,", ",chown", "chown net_raw", "+", "-",
					   "+none", "-none", "every", "--kill", "0", "all,-chwn" };
	uint64_t set = 77;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int r = contain_capabilities_parse(good[i].list, good[i].base, &set, NULL);

		T_CHECK(r == 0 && set == good[i].want, "%s: %d, 0x%llx", good[i].list, r,
			(unsigned long long)set);
	}
	ck_assert_int_eq(contain_capabilities_parse("all,-sys_admin", 0, &set, NULL), 0);
	T_CHECK(!(set & BIT(CAP_SYS_ADMIN)) && set & BIT(CAP_CHECKPOINT_RESTORE));
	set = 77;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		contain_error *e = NULL;

		T_CHECK(contain_capabilities_parse(bad[i], 3, &set, &e) == -EINVAL && set == 77,
			"%s", bad[i]);
		T_CHECK(strstr(contain_error_hint(e), "capabilities(7)"));
		contain_error_free(e);
	}
	ck_assert_int_eq(contain_capabilities_parse(NULL, 0, &set, NULL), -EINVAL);
	ck_assert_int_eq(contain_capabilities_parse("all", 0, NULL, NULL), -EINVAL);
}

TEST(words_of_users)
{
	static const char *const bad[] = {
		"", ":", "a:", ":b", "a:b:c", "a b", "a,b", "a/b", "+a", "-a", "a\n", "a:\tb",
		"4294967295", "0:4294967295", "99999999999999999999", "a:+", "\x7f",
	};
	struct ct_user_query q;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		T_CHECK(ct_user_query_parse(bad[i], &q), "'%s'", bad[i]);
	T_CHECK(ct_user_query_parse(t_fmt("%0257d:x", 0) + 0, &q) == NULL); /* a long number: 0 */
	ck_assert_ptr_null(ct_user_query_parse("www-data:4294967294", &q));
	T_CHECK(q.user_len == 8 && q.uid == -1 && q.gid == 4294967294LL && !q.group);
	ck_assert_ptr_null(ct_user_query_parse("12:users", &q));
	T_CHECK(!q.user && q.uid == 12 && q.group_len == 5 && q.gid == -1);
	ck_assert_ptr_null(ct_user_query_parse("1a", &q));
	T_CHECK(q.user && q.uid == -1);
}

TEST(words_of_cpus)
{
	static const char *const bad[] = { "",	  ",",	 "1,",	",1",  "3-1", "1-",   "-1",  "a",
					   "0x",  "0xg", "0x0", "1 2", "1--2", "65536", "0-65536",
					   "1,,2", "0-3-5" };
	uint32_t *w = NULL;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		T_CHECK(ct_cpus_parse(bad[i], &w, &n) && !w, "'%s'", bad[i]);
	ck_assert_ptr_null(ct_cpus_parse("0-3,8,33", &w, &n));
	T_CHECK(n == 2 && w[0] == 0x10f && w[1] == 2);
	free(w);
	ck_assert_ptr_null(ct_cpus_parse("0x10000010F", &w, &n));
	T_CHECK(n == 2 && w[0] == 0x10f && w[1] == 1);
	free(w);
	ck_assert_ptr_null(ct_cpus_parse("65535", &w, &n));
	T_CHECK(n == 2048 && w[2047] == 1U << 31);
	free(w);
}

TEST(words_of_personalities)
{
	uint32_t v = 7;

	ck_assert_ptr_null(ct_personality_parse("linux32,addr_no_randomize", &v));
	ck_assert_uint_eq(v, 0x40008);
	ck_assert_ptr_null(ct_personality_parse("0x8", &v));
	ck_assert_uint_eq(v, 8);
	T_CHECK(ct_personality_parse("", &v) && ct_personality_parse("linux,", &v) &&
		ct_personality_parse("0xffffffff", &v) && ct_personality_parse("8", &v) &&
		ct_personality_parse("LINUX", &v));
	ck_assert_uint_eq(v, 8);
}

/* ---- passwd and group ---- */

static int image(const char *passwd, size_t np, const char *group, size_t ng)
{
	const char *dir = t_fmt("%s/image", t_tmpdir());
	int fd;

	mkdir(dir, 0755);
	mkdir(t_fmt("%s/etc", dir), 0755);
	for (int i = 0; i < 2; i++) {
		const char *path = t_fmt("%s/etc/%s", dir, i ? "group" : "passwd");

		unlink(path);
		if (!(i ? group : passwd))
			continue;
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
		T_SYS(fd);
		T_SYS(write(fd, i ? group : passwd, i ? ng : np));
		close(fd);
	}
	fd = open(dir, O_PATH | O_DIRECTORY);
	T_SYS(fd);
	return fd;
}

static int find(const char *passwd, const char *group, const char *user, uint32_t *ids,
		uint32_t *gids, size_t *ret_n)
{
	int r, fd = image(passwd, passwd ? strlen(passwd) : 0, group, group ? strlen(group) : 0);

	r = contain_process_find_user(fd, user, &ids[0], &ids[1], gids, gids ? 4 : 0, ret_n, NULL);
	close(fd);
	return r;
}

static const char passwd_text[] =
	"root:x:0:0:root:/root:/bin/sh\n"
	"# a comment\n\n"
	"alice:x:1000:100:Alice,,,:/home/alice:/bin/sh\n"
	"alice:x:0:0:the second one does not count:/root:/bin/sh\n"
	"bob:x:4294967295:1:x:/:/\n"
	"carl:x::1:x:/:/\n"
	"dora:x:12x:1:x:/:/\n"
	"emil:x:13\n"
	"four:x:4:44\n"
	"+nis::::::\n"
	"1001:x:7:7::/:/\n"
	"last:x:9:99:no newline:/:/";
static const char group_text[] = "root:x:0:\nusers:x:100:alice\nwheel:x:10:bob,alice,carl\n"
				 "near:x:11:alice2,xalice,alic\nbad:x:-1:alice\nempty:x::\n"
				 "end:x:12:alice";

TEST(users_are_found)
{
	static const struct {
		const char *user;
		int err;
		uint32_t uid, gid;
	} cases[] = {
		{ "root", 0, 0, 0 }, { "alice", 0, 1000, 100 }, { "alice:wheel", 0, 1000, 10 },
		{ "alice:7", 0, 1000, 7 }, { "1000", 0, 1000, 100 }, { "1000:end", 0, 1000, 12 },
		{ "55:66", 0, 55, 66 }, { "four", 0, 4, 44 }, { "last", 0, 9, 99 },
		{ "1001", -ENOENT, 0, 0 }, /* a number, whatever names there are */
		{ "55", -ENOENT, 0, 0 }, { "nobody", -ENOENT, 0, 0 }, { "alic", -ENOENT, 0, 0 },
		{ "alicee", -ENOENT, 0, 0 }, { "alice:nogroup", -ENOENT, 0, 0 },
		{ "bob", -EINVAL, 0, 0 }, { "carl", -EINVAL, 0, 0 }, { "dora", -EINVAL, 0, 0 },
		{ "emil", -EINVAL, 0, 0 }, { "alice:bad", -EINVAL, 0, 0 },
		{ "alice:empty", -EINVAL, 0, 0 }, { "#", -ENOENT, 0, 0 },
	};
	uint32_t ids[2];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r;

		ids[0] = ids[1] = 7777;
		r = find(passwd_text, group_text, cases[i].user, ids, NULL, NULL);
		T_CHECK(r == cases[i].err, "%s: %d", cases[i].user, r);
		if (r == 0)
			T_CHECK(ids[0] == cases[i].uid && ids[1] == cases[i].gid, "%s: %u:%u",
				cases[i].user, ids[0], ids[1]);
		else
			T_CHECK(ids[0] == 7777 && ids[1] == 7777, "%s: touched", cases[i].user);
	}
	ck_assert_int_eq(find(NULL, NULL, "1:2", ids, NULL, NULL), 0);
	ck_assert_int_eq(find(NULL, NULL, "root", ids, NULL, NULL), -ENOENT);
	ck_assert_int_eq(find(passwd_text, NULL, "root:users", ids, NULL, NULL), -ENOENT);
	ck_assert_int_eq(find("", "", "root", ids, NULL, NULL), -ENOENT);
}

TEST(groups_are_found)
{
	uint32_t ids[2], gids[4];
	size_t n = 99;

	ck_assert_int_eq(find(passwd_text, group_text, "alice", ids, gids, &n), 0);
	T_CHECK(n == 3 && gids[0] == 100 && gids[1] == 10 && gids[2] == 12);
	ck_assert_int_eq(find(passwd_text, group_text, "1000:5", ids, gids, &n), 0);
	T_CHECK(n == 3 && ids[1] == 5);
	ck_assert_int_eq(find(passwd_text, group_text, "8:5", ids, gids, &n), 0);
	ck_assert_uint_eq(n, 0);
	n = 99;
	ck_assert_int_eq(find(passwd_text, "a:x:1:alice\na:x:1:alice\na:x:1:alice\na:x:1:alice\n"
					   "a:x:1:alice\n", "alice", ids, gids, &n), -E2BIG);
	ck_assert_uint_eq(n, 99);
}

/* Another reading of the same text, by libc: what both take for an entry has to be the same. */
static int by_libc(const char *text, const char *name, uint32_t *uid, uint32_t *gid)
{
	char *copy = t_fmt("%s", text), *save = NULL;

	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char *f[4] = { l, NULL, NULL, NULL };

		for (int i = 1; i < 4 && f[i - 1]; i++) {
			f[i] = strchr(f[i - 1], ':');
			if (f[i])
				*f[i]++ = 0;
		}
		if (strcmp(f[0], name) != 0)
			continue;
		for (int i = 2; i < 4; i++) {
			char *end = f[i] ? f[i] + strcspn(f[i], ":") : NULL;
			uint64_t v;

			if (!f[i] || end == f[i] ||
			    strspn(f[i], "0123456789") != (size_t)(end - f[i]))
				return -EINVAL;
			v = strtoull(f[i], NULL, 10);
			if (v >= UINT32_MAX || end - f[i] > 18)
				return -EINVAL;
			*(i == 2 ? uid : gid) = (uint32_t)v;
		}
		return 0;
	}
	return -ENOENT;
}

static uint64_t next_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	return *s ^= *s << 17;
}

/* Mutations of a file that is good, with a seed that does not change. */
TEST_LIMIT(mutated_files, 120)
{
	static const char bytes[] = "\n::,,0123456789alice\r -+x";
	long rounds = t_sample(200000, 4000);
	uint64_t seed = 88172645463325252ULL;
	char text[sizeof(passwd_text)];
	int found = 0, refused = 0;

	for (long i = 0; i < rounds; i++) {
		uint32_t ids[2] = { 1, 1 }, want[2] = { 2, 2 };
		int r, w, n = (int)(next_random(&seed) % 12);

		memcpy(text, passwd_text, sizeof(text));
		for (int k = 0; k < n; k++)
			text[next_random(&seed) % (sizeof(text) - 1)] =
				bytes[next_random(&seed) % (sizeof(bytes) - 1)];
		r = find(text, group_text, "alice", ids, NULL, NULL);
		w = by_libc(text, "alice", &want[0], &want[1]);
		T_CHECK(r == w && (r || (ids[0] == want[0] && ids[1] == want[1])),
			"round %ld: %d and %d, %u:%u and %u:%u in:\n%s", i, r, w, ids[0], ids[1],
			want[0], want[1], text);
		found += !r;
		refused += r != 0;
	}
	T_CHECK(found > rounds / 4 && refused > rounds / 100, "%d found, %d refused", found,
		refused);
}

/* Bytes of any value, NUL among them: an answer, and nothing is overrun (AddressSanitizer). */
TEST_LIMIT(any_bytes, 120)
{
	long rounds = t_sample(50000, 1000);
	uint64_t seed = 1181783497276652981ULL;
	char text[3][600];

	for (long i = 0; i < rounds; i++) {
		size_t n[2];
		uint32_t ids[2], gids[4];
		int fd;

		for (int k = 0; k < 2; k++) {
			n[k] = (size_t)(next_random(&seed) % sizeof(text[0]));
			for (size_t b = 0; b < n[k]; b++)
				text[k][b] = next_random(&seed) % 3 ?
						     ":\na,1"[next_random(&seed) % 5] :
						     (char)next_random(&seed);
		}
		fd = image(text[0], n[0], text[1], n[1]);
		for (int k = 0; k < 3; k++) {
			size_t ngids = 0;
			int r = contain_process_find_user(fd, k ? k == 1 ? "a:a" : "1" : "a",
							  &ids[0], &ids[1], gids, 4, &ngids, NULL);

			T_CHECK(r == 0 || r == -ENOENT || r == -EINVAL || r == -E2BIG, "%d", r);
		}
		close(fd);
	}
}

/* A setter says which field, and changes nothing. */
TEST(bad_input)
{
#define BAD(call, field)                                                                           \
	do {                                                                                       \
		container_spec *s = NULL;                                                          \
		container_plan *plan = NULL;                                                       \
		contain_error *e = NULL;                                                           \
		ck_assert_int_eq(container_spec_new(&s), 0);                                       \
		T_CHECK((call) == -EINVAL, #call);                                                 \
		T_CHECK(container_plan_compile(s, &plan, &e) == -EINVAL &&                         \
				strstr(contain_error_object(e), field),                            \
			"%s: %s", #call, contain_error_message(e));                                \
		contain_error_free(e);                                                             \
		container_spec_free(s);                                                            \
	} while (0)
	BAD(container_spec_set_user_name(s, NULL, 0), "user");
	BAD(container_spec_set_user_name(s, "a:b:c", 0), "user");
	BAD(container_spec_set_user_name(s, "a", 4), "user");
	BAD(container_spec_set_capability_sets(s, 1, 0, 0, 0, 0), "capability_sets");
	BAD(container_spec_set_capability_sets(s, 0, 1, 0, 1, 1), "capability_sets");
	BAD(container_spec_set_capability_sets(s, 0, 0, 1, 1, 1), "capability_sets");
	BAD(container_spec_set_capability_sets(s, 0, 0, 1, 0, 0), "capability_sets");
	BAD(container_spec_set_securebits(s, 0x100), "securebits");
	BAD(container_spec_set_securebits(s, CONTAIN_SECBIT_KEEP_CAPS), "securebits");
	BAD(container_spec_set_keyring(s, 2, NULL), "keyring");
	BAD(container_spec_set_keyring(s, 0, "x"), "keyring");
	BAD(container_spec_set_keyring(s, 1, ""), "keyring");
	BAD(container_spec_set_keyring(s, 1, "_ses"), "keyring");
	BAD(container_spec_set_keyring(s, 1, "a b"), "keyring");
	BAD(container_spec_set_personality(s, NULL, 0), "personality");
	BAD(container_spec_set_personality(s, "solaris", 0), "personality");
	BAD(container_spec_set_personality(s, "linux", 2), "personality.lock");
	BAD(container_spec_set_scheduler(s, 4, 0), "scheduler");
	BAD(container_spec_set_scheduler(s, 6, 0), "scheduler");
	BAD(container_spec_set_scheduler(s, CONTAIN_SCHED_FIFO, 0), "scheduler");
	BAD(container_spec_set_scheduler(s, CONTAIN_SCHED_OTHER, 1), "scheduler");
	BAD(container_spec_set_deadline(s, 1023, 2000, 3000), "deadline.runtime");
	BAD(container_spec_set_deadline(s, 2000, 1999, 3000), "deadline.deadline");
	BAD(container_spec_set_deadline(s, 2000, 3000, 2999), "deadline.period");
	BAD(container_spec_set_nice(s, 20), "nice");
	BAD(container_spec_set_nice(s, -21), "nice");
	BAD(container_spec_set_cpu_affinity(s, NULL), "cpu_affinity");
	BAD(container_spec_set_cpu_affinity(s, "1-"), "cpu_affinity");
	BAD(container_spec_set_io_priority(s, 0, 0), "io_priority");
	BAD(container_spec_set_io_priority(s, 3, 1), "io_priority");
	BAD(container_spec_set_io_priority(s, 2, 8), "io_priority");
	BAD(container_spec_set_parent_death_signal(s, 65), "parent_death_signal");
	BAD(container_spec_set_parent_death_signal(s, -1), "parent_death_signal");
	ck_assert_int_eq(container_spec_set_user_name(NULL, "a", 0), -EINVAL);
	ck_assert_int_eq(container_spec_set_nice(NULL, 0), -EINVAL);
}
