/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run.h"
#include "sys/sys.h"

int ct_run_steps(struct ct_run *r, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		const struct ct_step *s = ct_block_step(r->plan, i);
		int err;

		r->report->step = i;
		r->report->detail = 0;
		err = r->runs[s->op >> 8][s->op & 0xff](r, s);
		if (err < 0) {
			r->report->err = err;
			return err;
		}
	}
	return 0;
}

void ct_run_fs_log(struct ct_report *rec, int fs_fd)
{
	char *log = rec->log;
	ssize_t n = ct_sys_read(fs_fd, log, sizeof(rec->log) - 1);

	if (n < 0) /* no message; the errno has to do */
		n = 0;
	while (n && (log[n - 1] == '\n' || log[n - 1] == ' '))
		n--;
	log[n] = 0;
}
