/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What explain says is what strace sees: every call of parent, starter and child, in order. */
#include "traced.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const who_name[] = { "parent", "starter", "child", "contain-init" };

static void hold(const struct fx_plan *plan, const struct fx_traced *r, enum ct_seam_who who)
{
	int step[4096], fit = fx_match(r->explain, who, r->name[who], r->n[who], step);
	size_t from = fit > 6 ? (size_t)fit - 6 : 0;

	T_CHECK(r->n[who] < 4096);
	if (!fit) {
		T_CHECK(1);
		return;
	}
	for (size_t i = from; i < from + 10 && i < r->n[who]; i++)
		t_note("%s %zu%s: %s(%.70s)", who_name[who], i + 1,
		       i + 1 == (size_t)fit ? " <-" : "", r->name[who][i], r->call[who][i]->args);
	T_EXPECT(0, "%s: explain and the %s's calls are the same for %d of %zu calls", plan->name,
		 who_name[who], fit - 1, r->n[who]);
}

static void hold_all(const char *how)
{
	struct fx_place place;

	fx_place_make(&place);
	for (const struct fx_plan *const *p = fx_plans(); *p; p++) {
		struct fx_traced r;

		if (t_guest() && !strcmp(how, "cold") && strcmp((*p)->name, "first"))
			continue;
		fx_trace(*p, &place, how, &r);
		for (int who = 0; who < CT_SEAM_WHO; who++) {
			if (who == CT_SEAM_INIT || (who == CT_SEAM_STARTER && !(*p)->starter))
				T_CHECK(r.n[who] == 0, "a task that explain does not have");
			else
				hold(*p, &r, (enum ct_seam_who)who);
		}
		t_note("%s: %d steps, %zu + %zu + %zu calls", (*p)->name,
		       fx_explain_steps(r.explain), r.n[0], r.n[1], r.n[2]);
		fx_traced_free(&r);
	}
}

TEST_LIMIT(explain_equals_the_trace, 60)
{
	hold_all("warm");
}

/* The thread that hands the listener of a filter over is the one that there may be. */
static void hold_thread(const struct fx_plan *plan, const struct fx_traced *r)
{
	size_t n = r->n[CT_SEAM_STARTER], i = 0;

	if (strcmp(plan->name, "own-listener") != 0) {
		T_CHECK(n == 0, "%s has a thread", plan->name);
		return;
	}
	while (i < n && !strcmp(r->name[CT_SEAM_STARTER][i], "futex"))
		i++;
	T_CHECK(n == i + 2 && !strcmp(r->name[CT_SEAM_STARTER][i], "sendmsg") &&
			!strcmp(r->name[CT_SEAM_STARTER][i + 1], "exit"),
		"%zu calls of the thread", n);
}

/* Also of contain-init, which makes the child, and of the payload below an init. */
static void hold_own(const char *how)
{
	struct fx_place place;

	fx_place_make(&place);
	for (const struct fx_plan *const *p = fx_own_plans(); *p; p++) {
		struct fx_traced r;

		fx_trace(*p, &place, how, &r);
		hold_thread(*p, &r);
		hold(*p, &r, CT_SEAM_PARENT);
		hold(*p, &r, CT_SEAM_INIT);
		hold(*p, &r, CT_SEAM_CHILD);
		t_note("%s: %d steps, %zu + %zu + %zu calls", (*p)->name,
		       fx_explain_steps(r.explain), r.n[CT_SEAM_PARENT], r.n[CT_SEAM_INIT],
		       r.n[CT_SEAM_CHILD]);
		fx_traced_free(&r);
	}
}

TEST_LIMIT(explain_equals_the_trace_of_contain_init, 60)
{
	hold_own("warm");
	hold_own("cold");
}

/* libcgroup reads its tables, the first group is made. */
TEST_LIMIT(explain_equals_the_trace_of_a_first_start, 60)
{
	hold_all("cold");
}

/* ---- the matcher itself: it has to say no ---- */

static int matches(const char *calls, const char *traced)
{
	char *text = t_fmt("plan\nparent\n     memory of the start   | ( mmap )?\n"
			   "   1 one \"a | b\" x | %s | undo: it\n   2 write-maps | last\n"
			   "child\n   3 three | c\n",
			   calls);
	struct fx_explain *ex = fx_explain_parse(text);
	char *list = t_fmt("%s", traced), *save = NULL;
	const char *name[32];
	size_t n = 0;
	int r;

	for (char *w = strtok_r(list, " ", &save); w && n < 32; w = strtok_r(NULL, " ", &save))
		name[n++] = w;
	r = fx_match(ex, CT_SEAM_PARENT, name, n, NULL);
	fx_explain_free(ex);
	return r;
}

TEST(the_matcher_says_no)
{
	static const struct {
		const char *calls, *traced;
		int want; /* 0: fits, else 1 + the calls that do */
	} cases[] = {
		{ "a b", "a b last", 0 },
		{ "a b", "mmap a b last", 0 },
		{ "a b", "b a last", 1 },
		{ "a b", "a b", 3 },
		{ "a b", "a b last last", 4 },
		{ "a{3}", "a a a last", 0 },
		{ "a{3}", "a a last", 3 },
		{ "a{3}", "a a a a last", 4 },
		{ "a? b", "b last", 0 },
		{ "a* a b", "a a a b last", 0 },
		{ "a* a b", "b last", 1 },
		{ "( a b )* c", "a b a b c last", 0 },
		{ "( a b )* c", "a b a c last", 4 },
		{ "( a? ( b c* )? ){2} d", "b c c a d last", 0 },
		{ "( a? ( b c* )? ){2} d", "b b b d last", 3 },
		{ "a [maps] b", "a last b", 0 },
		{ "a [maps] b", "a b last", 2 },
		{ "ab", "a last", 1 },
		{ "a", "ab last", 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int got = matches(cases[i].calls, cases[i].traced);

		T_CHECK(got == cases[i].want, "\"%s\" and \"%s\": %d", cases[i].calls,
			cases[i].traced, got);
	}
}
