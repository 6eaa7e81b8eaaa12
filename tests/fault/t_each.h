/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A path that is run over and over, while each of its system calls fails once, also after it was
 * done: it has to tell it, and to leave nothing behind.
 */
#ifndef T_EACH_H
#define T_EACH_H

#include "fixture.h"

#include <errno.h>
#include <string.h>

#define EACH_STATE (T_FDS | T_CGROUPS | T_CHILDREN | T_SIGNALS | T_SELF)

struct each_path {
	const char *name;
	/* Stops the seam as soon as what is tested has returned; errors go to `error`. */
	int (*run)(const char *what);
};

static contain_error *error;
static int injected; /* the error, of the call that fails; 0: none does */

/* Returns whether it failed. */
static int each_case(const struct each_path *path, uint32_t k, long nr, int err, int action,
		     void (*check)(const char *what, int r))
{
	const char *what =
		t_fmt("%s: call %u, %s: %s%s", path->name, k, fx_call_name(nr), fx_errno_name(err),
		      action == CT_SEAM_DONE_FAIL ? ", but done" : "");
	struct t_state *state = t_state_take(EACH_STATE);
	char diff[2000];
	int r;

	fx_seam_reset();
	ct_seam->who = CT_SEAM_PARENT;
	ct_seam->at = k;
	ct_seam->nr = (int16_t)nr; /* what waits by time has others at its place in other runs */
	ct_seam->err = err;
	ct_seam->action = (uint8_t)action;
	injected = err;
	ct_seam->on = 1;
	r = path->run(what);
	ct_seam->on = 0;
	T_EXPECT(r == contain_error_code(error), "%s: %d, %s", what, r,
		 contain_error_message(error));
	T_EXPECT(r == 0 || *contain_error_op(error), "%s: %s", what, contain_error_message(error));
	if (check && ct_seam->hits)
		check(what, r);
	T_EXPECT(ct_seam->hits || r == 0, "%s: nothing was injected: %s", what,
		 contain_error_message(error));
	injected = 0;
	contain_error_free(error);
	error = NULL;
	T_EXPECT(!t_state_diff(state, diff, sizeof(diff)), "%s: left behind:\n%s", what, diff);
	t_state_free(state);
	return r != 0;
}

/* LONG=1: every error at each position; else one and another. */
static void each_call(const struct each_path *path, void (*check)(const char *what, int r))
{
	static const int errs[] = { -ENOMEM, -EMFILE,	  -ENFILE, -EACCES, -EPERM,
				    -ENOENT, -EBUSY,	  -EIO,	   -EINVAL, -ENODEV,
				    -EROFS,  -EOPNOTSUPP, -ENOSPC };
	const size_t n = sizeof(errs) / sizeof(errs[0]);
	static int16_t nr[CT_SEAM_LOG];
	int cases = 0, failed = 0;
	uint32_t calls;

	fx_seam_reset();
	injected = 0;
	ct_seam->on = 1;
	ck_assert_int_eq(path->run("without a fault"), 0);
	calls = ct_seam->logged < CT_SEAM_LOG ? ct_seam->logged : CT_SEAM_LOG;
	for (uint32_t i = 0; i < calls; i++)
		nr[i] = ct_seam->log[i].nr;
	for (uint32_t k = 0; k < calls; k += t_guest() ? 3 : 1) {
		const char *call = fx_call_name(nr[k]);

		if (!strcmp(call, "close")) /* it is closed, whatever it answers */
			continue;
		for (size_t i = 0; i < n; i++)
			if (t_sample(1, 0) || i == 0 || i == 3 + k % (n - 3)) {
				failed += each_case(path, k + 1, nr[k], errs[i], CT_SEAM_FAIL,
						    check);
				cases++;
			}
		/* written, or made, and the answer was lost */
		if (!strcmp(call, "write") || !strcmp(call, "mkdirat")) {
			failed += each_case(path, k + 1, nr[k], -EIO, CT_SEAM_DONE_FAIL, check);
			cases++;
		}
	}
	t_note("%s: %u calls, %d cases: %d failed", path->name, calls, cases, failed);
	T_CHECK(failed > 0);
}

#endif
