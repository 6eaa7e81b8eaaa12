/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the feature report share. */
#ifndef T_FEATURE_H
#define T_FEATURE_H

#include "harness.h"

#include <contain/feature.h>

#include <string.h>

typedef contain_feature_report report_t;

static inline report_t *report_get(void)
{
	report_t *report = NULL;

	ck_assert_int_eq(contain_feature_report_new(&report), 0);
	ck_assert_ptr_nonnull(report);
	return report;
}

static inline int yes(const report_t *r, uint32_t feature)
{
	return contain_feature_available(r, feature);
}

static inline int64_t value(const report_t *r, uint32_t feature)
{
	int64_t v = -4711;

	T_CHECK(contain_feature_value(r, feature, &v) == 0, "%s", contain_feature_name(feature));
	return v;
}

static inline const char *reason(const report_t *r, uint32_t feature)
{
	const char *s = contain_feature_reason(r, feature);

	return s ? s : "";
}

#define T_MISSING(r, feature, word)                                                    \
	T_CHECK(yes(r, feature) == 0 && strstr(reason(r, feature), word), "%s %d: %s", \
		contain_feature_name(feature), yes(r, feature), reason(r, feature))
#define T_HAS(r, feature) \
	T_CHECK(yes(r, feature) == 1, "%s: %s", contain_feature_name(feature), reason(r, feature))

#endif
