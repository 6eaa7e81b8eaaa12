/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each system call of contain_process_close_fds() and of contain_process_reset_signals() fails
 * once, with each error that a kernel or a filter may answer: an error that names the operation,
 * or the fds are closed by another way. Nothing of the library's own stays open.
 */
#include "fixture.h"

#include <contain/process_fds.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int errors[] = { ENOSYS, EPERM, EINTR, ENOMEM, EMFILE, EACCES, EINVAL };

struct one {
	int signals, without_range; /* close_range(2) is missing throughout */
	uint32_t at;
	int err;
};

struct record {
	int r, hits, named, close; /* close: that is the call that was not made */
	uint32_t calls;
	int open_low, open_high; /* how many stay of what was to be closed */
};

static int no_range(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	*ret = -ENOSYS;
	return nr == SYS_close_range;
}

static int run_one(void *arg, void *rec_)
{
	const struct one *o = arg;
	struct record *rec = rec_;
	const int keep[] = { 0, 1, 2, 30 };
	contain_error *e = NULL;
	int seam;

	fx_seam_open();
	seam = ct_seam_fd;
	close(seam); /* the mapping stays */
	for (int fd = 3; fd < 40; fd++)
		T_SYS(dup2(0, fd));
	fx_seam_reset();
	ct_seam->who = CT_SEAM_PARENT;
	ct_seam->fake = o->without_range ? no_range : NULL;
	ct_seam->action = o->at ? CT_SEAM_FAIL : 0;
	ct_seam->nr = -1;
	ct_seam->at = o->at;
	ct_seam->err = -o->err;
	ct_seam->on = 1;
	rec->r = o->signals ? contain_process_reset_signals(&e) :
			      contain_process_close_fds(keep, 4, &e);
	ct_seam->on = 0;
	rec->hits = (int)ct_seam->hits;
	rec->close = o->at && ct_seam->log[o->at - 1].nr == SYS_close;
	rec->calls = ct_seam->count[CT_SEAM_PARENT];
	rec->named = !strcmp(contain_error_op(e), o->signals ? "reset-signals" : "close-fds");
	for (int fd = 3; fd < 100; fd++)
		if (fd != 30 && fcntl(fd, F_GETFD) >= 0)
			*(fd < 40 ? &rec->open_low : &rec->open_high) += 1;
	contain_error_free(e);
	return 0;
}

static struct record run(struct one o)
{
	struct record rec = { 0 };

	ck_assert_int_eq(t_child(run_one, &o, &rec, sizeof(rec)), 0);
	return rec;
}

static void each(int signals, int without_range)
{
	struct record all = run((struct one){ signals, without_range, 0, 0 });
	uint32_t most = all.calls < 120 ? all.calls : 120;
	int told = 0, fine = 0;

	T_CHECK(all.r == 0 && all.calls > 0, "%d", all.r);
	T_CHECK(signals || (!all.open_low && !all.open_high));
	for (uint32_t at = 1; at <= most; at++)
		for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
			struct record rec = run((struct one){ signals, without_range, at,
							      errors[i] });

			T_CHECK(rec.hits == 1, "call %u was not met", at);
			T_CHECK(rec.r == 0 || rec.named, "call %u, error %d: %d without a name", at,
				errors[i], rec.r);
			/* close(2) closes whatever it answers; not made, it leaves one open */
			T_CHECK(rec.r < 0 || signals || rec.open_low <= rec.close,
				"call %u, error %d: %d stay open", at, errors[i], rec.open_low);
			T_CHECK(signals || rec.open_high <= rec.close,
				"call %u, error %d: an fd of ours", at, errors[i]);
			told += rec.r < 0;
			fine += rec.r == 0;
		}
	t_note("%u calls: %d failures told, %d made good", all.calls, told, fine);
}

TEST_LIMIT(closing_fails, 120)
{
	each(0, 0);
}

TEST_LIMIT(signals_fail, 120)
{
	each(1, 0);
}

/* Listed in /proc/self/fd. */
TEST_LIMIT(listing_fails, 120)
{
	each(0, 1);
}
