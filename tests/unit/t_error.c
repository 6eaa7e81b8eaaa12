/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an error says, and that it can always be said. */
#include "harness.h"

#include "plan/error.h"
#include "plan/explain.h"
#include "plan/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

TEST(null_is_answered)
{
	ck_assert_int_eq(contain_error_code(NULL), 0);
	ck_assert_int_eq(contain_error_phase(NULL), 0);
	ck_assert_int_eq(contain_error_step(NULL), 0);
	ck_assert_int_eq(contain_error_steps(NULL), 0);
	ck_assert_str_eq(contain_error_op(NULL), "");
	ck_assert_str_eq(contain_error_object(NULL), "");
	ck_assert_str_eq(contain_error_log(NULL), "");
	ck_assert_str_eq(contain_error_hint(NULL), "");
	ck_assert_str_eq(contain_error_message(NULL), "");
	contain_error_free(NULL);
}

TEST(all_parts_in_one_line)
{
	const struct ct_error_parts p = {
		.code = -EACCES, .phase = CONTAIN_PHASE_CHILD, .step = 9, .steps = 31,
		.op = "mount-overlay", .object = "/", .log = "upper is odd", .hint = "take another",
	};
	contain_error *e = NULL;

	ck_assert_int_eq(ct_error_set(&e, &p), -EACCES);
	ck_assert_str_eq(contain_error_message(e),
			 "step 9/31 mount-overlay on \"/\": Permission denied; upper is odd "
			 "(hint: take another)");
	ck_assert_int_eq(contain_error_code(e), -EACCES);
	ck_assert_int_eq(contain_error_phase(e), CONTAIN_PHASE_CHILD);
	ck_assert_int_eq(contain_error_step(e), 9);
	ck_assert_int_eq(contain_error_steps(e), 31);
	ck_assert_str_eq(contain_error_op(e), "mount-overlay");
	ck_assert_str_eq(contain_error_object(e), "/");
	ck_assert_str_eq(contain_error_log(e), "upper is odd");
	ck_assert_str_eq(contain_error_hint(e), "take another");
	contain_error_free(e);
}

TEST(parts_may_be_missing_or_large)
{
	contain_error *e = NULL;
	char *big = malloc(1 << 20);

	ck_assert_int_eq(ct_error_simple(&e, -EINVAL, CONTAIN_PHASE_SPEC, "spec", NULL, NULL),
			 -EINVAL);
	ck_assert_str_eq(contain_error_message(e), "spec: Invalid argument");
	contain_error_free(e);
	memset(big, 'x', 1 << 20);
	big[(1 << 20) - 1] = 0;
	e = NULL;
	ct_error_simple(&e, -EINVAL, CONTAIN_PHASE_SPEC, "spec", big, "h");
	ck_assert_uint_gt(strlen(contain_error_message(e)), 1 << 20);
	contain_error_free(e);
	free(big);
}

TEST(nobody_has_to_ask)
{
	ck_assert_int_eq(ct_error_simple(NULL, -EPERM, CONTAIN_PHASE_PLAN, "x", NULL, NULL),
			 -EPERM);
	ck_assert_str_eq(ct_errno_text(-EPERM), "Operation not permitted");
	ck_assert_str_eq(ct_errno_text(99999), "unknown error");
}

TEST(calls_are_expanded)
{
	const struct ct_step s = { .arg = { 3, 0, 1, 2 } };
	static const char *const cases[][2] = {
		{ "a b", " a b" },
		{ "a{a0} b{a1} c{a2}", " a{3} c" },
		{ "( a b{a3} ){a0} c?", " ( a b{2} ){3} c?" },
		{ "( a ( b c )* )? d*", " ( a ( b c )* )? d*" },
		{ "( a ){a1}", "" },
		{ "x{62}", " x{62}" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ct_text t = { 0 };

		ct_text_add(&t, "");
		ct_explain_calls(&t, cases[i][0], &s);
		ck_assert_str_eq(t.buf, cases[i][1]);
		ct_text_free(&t);
	}
}

TEST(quoted_text_stays_on_its_line)
{
	struct ct_text t = { 0 };

	ct_text_quoted(&t, "a\nb\"c\\d\x7f");
	ck_assert_str_eq(t.buf, "\"a\\012b\\\"c\\\\d\\177\"");
	ct_text_free(&t);
}
