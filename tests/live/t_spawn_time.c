/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time namespaces: clocks shifted inside, on every kernel, whichever process is the payload. */
#include "t_spawn.h"

#include <contain/namespace.h>
#include <errno.h>
#include <time.h>

#define TYPES (TS_NS_ALL & ~CONTAIN_NS_USER)

static void with_time(struct ts *t)
{
	ts_dir(t, 0);
	container_spec_set_namespaces(t->spec, CONTAIN_NS_TIME | TYPES |
						       (ts_is_root() ? 0 : CONTAIN_NS_USER));
}

static long long now(clockid_t clock)
{
	struct timespec ts;

	T_SYS(clock_gettime(clock, &ts));
	return (long long)ts.tv_sec;
}

static void shifted(struct ts *t, const char *clock, clockid_t id, long long by)
{
	long long inside = atoll(ts_value(t, clock)), outside = now(id);

	T_CHECK(inside >= outside + by - 60 && inside <= outside + by + 1,
		"%s: %lld inside, %lld outside, not %lld", clock, inside, outside, by);
}

TEST_BOTH(clocks_are_shifted)
{
	for (int init = 0; init < 2; init++) {
		struct ts t;

		with_time(&t);
		container_spec_set_init(t.spec, init);
		container_spec_set_time_offset(t.spec, CONTAIN_CLOCK_MONOTONIC, 86400, 0);
		container_spec_set_time_offset(t.spec, CONTAIN_CLOCK_BOOTTIME, 864000, 500000000);
		ts_words(&t, "clocks");
		ts_run(&t);
		shifted(&t, "monotonic", CLOCK_MONOTONIC, 86400);
		shifted(&t, "boottime", CLOCK_BOOTTIME, 864000);
		shifted(&t, "realtime", CLOCK_REALTIME, 0);
	}
}

/* Without an offset it is a namespace all the same; the twin without one has the caller's. */
TEST_BOTH(a_namespace_of_its_own)
{
	char own[64] = "", line[128];
	struct ts t;

	T_SYS(readlink("/proc/self/ns/time", own, sizeof(own) - 1));
	with_time(&t);
	ts_words(&t, "ns");
	ts_run(&t);
	snprintf(line, sizeof(line), "%s\n", own);
	T_CHECK(!strstr(t.text, line), "%s", t.text);
	ts_dir(&t, 0);
	ts_words(&t, "ns");
	ts_run(&t);
	T_CHECK(strstr(t.text, line), "%s", t.text);
}

TEST_BOTH(an_offset_that_cannot_be)
{
	struct ts t;

	with_time(&t);
	container_spec_set_time_offset(t.spec, CONTAIN_CLOCK_MONOTONIC, -1000000000, 0);
	ts_words(&t, "clocks");
	ts_fails(&t, ERANGE, CONTAIN_PHASE_CHILD, "new-time", "time", "less than 0");
	ts_dir(&t, 0);
	container_spec_set_time_offset(t.spec, CONTAIN_CLOCK_MONOTONIC, 1, 0);
	ts_words(&t, "clocks");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "time_offset", "CONTAIN_NS_TIME");
}

TEST(bad_input)
{
	struct ts t;

	ts_new(&t);
	ck_assert_int_eq(container_spec_set_time_offset(NULL, CONTAIN_CLOCK_MONOTONIC, 1, 0),
			 -EINVAL);
	ck_assert_int_eq(container_spec_set_time_offset(t.spec, CLOCK_REALTIME, 1, 0), -EINVAL);
	ck_assert_int_eq(container_spec_set_time_offset(t.spec, CONTAIN_CLOCK_BOOTTIME, 1,
							1000000000),
			 -EINVAL);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_SPEC, "spec", "time_offset", "neither monotonic");
}
