/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call by which compile finds out about the machine fails once. Compile then works
 * with what it knows, or refuses with an error; it leaves nothing behind, and what it did not find
 * out for a moment is not kept: the next start is as good as ever.
 */
#include "fixture.h"

#include "feature/feature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE ((T_ALL | T_MAPS) & ~T_CGROUPS)

static struct fx_place place;
static struct fx_record rec;
static struct t_state *before;
static int fine, refused, cases;

/* With nothing wrong, the same plan is made and started. */
static void again(const struct fx_plan *plan, uint32_t steps, const char *what)
{
	struct fx_explain *ex;
	struct fx_result r;

	fx_seam_reset();
	fx_run(plan, &place, FX_NONE, &r);
	T_EXPECT(r.err == 0, "%s: the next start: %s", what, r.message);
	if (r.err)
		return;
	ex = fx_explain_of(plan, &place);
	T_EXPECT(fx_explain_steps(ex) == (int)steps, "%s: the next plan has %d steps, not %u", what,
		 fx_explain_steps(ex), steps);
	fx_explain_free(ex);
}

static void one(const struct fx_plan *plan, uint32_t k, int err, uint32_t steps)
{
	const struct fx_call *c = &rec.call[CT_SEAM_PARENT][k];
	struct fx_result r;
	char what[160], diff[4096];

	snprintf(what, sizeof(what), "%s: call %u of compile, %s: %s", plan->name, k + 1,
		 fx_call_name(c->nr), fx_errno_name(err));
	fx_seam_reset();
	ct_seam->at = k + 1;
	ct_seam->err = err;
	ct_seam->action = !strcmp(fx_call_name(c->nr), "close") ? CT_SEAM_DONE_FAIL : CT_SEAM_FAIL;
	fx_run(plan, &place, FX_COMPILE, &r);
	ct_seam->action = 0;
	cases++;
	T_EXPECT(ct_seam->hits == 1, "%s: was not made", what);
	if (r.err)
		refused++;
	else
		fine++;
	T_EXPECT(!r.err || (r.phase == FX_COMPILE && r.message[0]), "%s: %s: %s", what,
		 fx_phase_name[r.phase], r.message);
	T_EXPECT(r.err || r.steps == (int)steps, "%s: started with %d steps instead of %u", what,
		 r.steps, steps);
	T_EXPECT(r.deleted == 0 && fx_groups(&place) == 0, "%s: a group is left", what);
	if (err == -ENOSYS || err == -EPERM)
		ct_facts_drop(); /* so says a kernel without the call: it is believed */
	again(plan, steps, what);
	if (!t_state_diff(before, diff, sizeof(diff)))
		return;
	T_EXPECT(0, "%s: left behind:\n%s", what, diff);
	t_state_free(before);
	before = t_state_take(STATE);
}

/*
 * No error in the kernel. Where a filter makes one, the caller is somebody else, or has not the
 * capability that it could not ask for: its plan is another one.
 */
static int is_identity(const char *call)
{
	return !strcmp(call, "geteuid") || !strcmp(call, "getegid") || !strcmp(call, "capget");
}

static void all(const char *name)
{
	static const int errors[] = { -EINTR, -ENOMEM, -EMFILE, -EIO, -ENOSYS, -EPERM };
	const struct fx_plan *plan = fx_plan(name);
	struct fx_explain *ex;
	uint32_t steps;

	fx_record(plan, &place, FX_COMPILE, &rec);
	ex = fx_explain_of(plan, &place);
	steps = (uint32_t)fx_explain_steps(ex);
	fx_explain_free(ex);
	before = t_state_take(STATE);
	fine = refused = cases = 0;
	for (uint32_t k = 0; k < rec.n[CT_SEAM_PARENT]; k += t_guest() ? 5 : 1) {
		if (rec.call[CT_SEAM_PARENT][k].phase != FX_COMPILE ||
		    is_identity(fx_call_name(rec.call[CT_SEAM_PARENT][k].nr)))
			continue;
		for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
			if (t_sample(1, 0) || i < 2 || i == 2 + k % 4)
				one(plan, k, errors[i], steps);
	}
	t_state_check(before);
	t_note("%s: %d cases: %d refused, %d fine", name, cases, refused, fine);
}

TEST_LIMIT(compile_survives_what_it_is_not_told, 60)
{
	fx_place_make(&place);
	fx_seam_open();
	all("overlay");
	all(t_cgroup_mount("memory") ? "limits-v1" : "limits-v2");
}
