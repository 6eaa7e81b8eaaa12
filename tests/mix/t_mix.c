/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mixed specs: what the payload sees is what was asked for, in every one. */
#include "mix.h"

/* Seeds are the same everywhere, so that a failure can be looked at on any machine. */
static void mix(uint64_t first, long rounds)
{
	const char *one = getenv("T_SEED");
	struct fx_place place = { .uts_ns = -1, .ipc_ns = -1, .net_ns = -1 };

	snprintf(place.name, sizeof(place.name), "mix%.6s", strrchr(t_tmpdir(), '.') + 1);
	if (ts_is_root())
		fx_namespaces_make(&place);
	if (one) {
		mix_one(strtoull(one, NULL, 0), &place);
		return;
	}
	for (long i = 0; i < rounds; i++)
		mix_one(first + (uint64_t)i, &place);
	t_note("%ld specs, no difference", rounds);
}

TEST_LIMIT(what_is_seen_is_what_was_asked_root, 1200)
{
	t_need_root();
	mix(1, ts_rounds(7000, 210, 30));
}

static int as_user(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	mix(1000000, ts_rounds(3000, 90, 15));
	return 0;
}

TEST_LIMIT(what_is_seen_is_what_was_asked_user, 1200)
{
	t_need_userns();
	t_as_user(as_user, NULL);
}
