/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the steps of this module print, and the likely causes of their failures. */
#include "seccomp.h"
#include "seccomp_rows.h"
#include "plan/text.h"

#include <contain/seccomp.h>
#include <errno.h>

static void describe(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} flags[] = { { CONTAIN_SECCOMP_FLAG_LOG, ", log" },
		      { CONTAIN_SECCOMP_FLAG_SPEC_ALLOW, ", spec-allow" },
		      { CONTAIN_SECCOMP_FLAG_WAIT_KILLABLE, ", wait-killable" },
		      { CONTAIN_SECCOMP_FLAG_NEW_LISTENER, ", the caller gets its listener" } };

	ct_text_add(out, s->stage == CT_STAGE_SECCOMP ?
				 "what follows has to pass it" :
				 "before the identity changes: the rest of set-up has to pass it");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (s->arg[1] & flags[i].flag)
			ct_text_add(out, flags[i].name);
}

static const char *hint(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	if (r->report->detail == CT_SECCOMP_THREAD)
		return r->report->err == -EAGAIN ?
			       "the thread that hands the listener over is one task too many: "
			       "RLIMIT_NPROC, or the limit of processes of the group" :
			       "the thread that hands the listener over could not be made";
	return ct_seccomp_why(r->report->err, (uint32_t)s->arg[1]);
}

const struct ct_op ct_seccomp_ops[ROWS] = {
	[LOAD] = { .name = "load-seccomp", .describe = describe, .hint = hint, .calls = "seccomp" },
	[LISTEN] = { .name = "load-seccomp", .describe = describe, .hint = hint,
		     .calls = "clone3 seccomp" },
};
