/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module.h"

int ct_run_parent_steps(struct ct_run *r, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		const struct ct_step *s = ct_block_step(r->plan, i);
		int err;

		r->report->step = i;
		r->report->err = 0;
		r->report->detail = 0;
		err = ct_op_of(r->modules, s)->run(r, s);
		if (err < 0) {
			r->report->err = err;
			return err;
		}
	}
	return 0;
}
