/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Black box: strace counts the system calls of a start between two marks, for the caller, the
 * starter thread and the child. The seam counted the same run from within: no call goes around it.
 */
#include "traced.h"

#include <string.h>

static void count(const struct fx_plan *plan, const struct fx_place *place)
{
	static const char *const who_name[] = { "parent", "starter", "child", "contain-init" };
	struct fx_traced r;

	fx_trace(plan, place, "warm", &r);
	t_note("%s: traced %zu %zu %zu, seam %u %u %u%s", plan->name, r.n[0], r.n[1], r.n[2],
	       r.seam[0], r.seam[1], r.seam[2], plan->libcgroup ? " and libcgroup" : "");
	for (int who = 0; who < CT_SEAM_WHO; who++) {
		size_t n = r.n[who];

		/* the child's thread for the listener of a filter is the child to the seam */
		if (!plan->starter && (who == CT_SEAM_STARTER || who == CT_SEAM_CHILD))
			n = who == CT_SEAM_CHILD ? n + r.n[CT_SEAM_STARTER] : 0;
		if (n == r.seam[who])
			continue;
		/*
		 * contain-init maps its memory before it knows of the seam, whose fd is kept for
		 * it; an init that stays goes on while the marks are set.
		 */
		if (who == CT_SEAM_INIT && (r.payload >= 0 || r.n[who] == r.seam[who] + 3))
			continue;
		if (who == CT_SEAM_PARENT && plan->libcgroup && r.n[who] > r.seam[who])
			continue; /* libcgroup opens, reads and writes by itself */
		for (size_t i = 0; i < r.n[who]; i++)
			t_note("%s: %s(%.60s)", who_name[who], r.name[who][i],
			       r.call[who][i]->args);
		T_EXPECT(0, "%s: the %s made %zu calls, the seam saw %u", plan->name, who_name[who],
			 r.n[who], r.seam[who]);
	}
	fx_traced_free(&r);
}

TEST_LIMIT(no_call_goes_around_the_seam, 60)
{
	struct fx_place place;

	fx_place_make(&place);
	for (const struct fx_plan *const *p = fx_plans(); *p; p++)
		if (!t_guest() || (*p)->starter || !strcmp((*p)->name, "overlay"))
			count(*p, &place);
	for (const struct fx_plan *const *p = fx_own_plans(); *p; p++)
		count(*p, &place);
	T_CHECK(fx_groups(&place) == 0);
}
