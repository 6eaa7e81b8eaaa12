/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The seam itself: it counts, fails, fakes, and is silent when it is off. */
#include "harness.h"

#include "sys/sys.h"

#include <stdlib.h>
#include <unistd.h>
#include <string.h>
#include <sys/mman.h>

static struct ct_seam *seam_new(void)
{
	struct ct_seam *m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(m, MAP_FAILED);
	ct_seam = m;
	return m;
}

TEST(off_is_silent)
{
	struct ct_seam *m = seam_new();

	ck_assert_int_eq(ct_sys_getpid(), getpid());
	ck_assert_uint_eq(m->count[CT_SEAM_PARENT], 0);
	ct_seam = NULL;
	ck_assert_int_eq(ct_sys_getpid(), getpid());
}

TEST(counts_and_logs)
{
	struct ct_seam *m = seam_new();

	m->on = 1;
	ct_sys_getpid();
	ct_sys_getuid();
	m->on = 0;
	ck_assert_uint_eq(m->count[CT_SEAM_PARENT], 2);
	ck_assert_uint_eq(m->logged, 2);
	ck_assert_int_eq(m->log[0].nr, __NR_getpid);
	ck_assert_int_eq(m->log[1].nr, __NR_getuid);
	ck_assert_int_eq(m->log[0].ret, getpid());
}

TEST(fails_the_nth)
{
	struct ct_seam *m = seam_new();

	m->who = CT_SEAM_PARENT;
	m->action = CT_SEAM_FAIL;
	m->nr = -1;
	m->at = 2;
	m->err = -EPERM;
	m->on = 1;
	ck_assert_int_eq(ct_sys_getpid(), getpid());
	ck_assert_int_eq(ct_sys_getpid(), -EPERM);
	ck_assert_int_eq(ct_sys_getpid(), getpid());
	m->on = 0;
	ck_assert_uint_eq(m->hits, 1);
}

TEST(done_but_reported_failed)
{
	struct ct_seam *m = seam_new();
	int fd = ct_sys_memfd_create("x", 0);

	m->action = CT_SEAM_DONE_FAIL;
	m->nr = __NR_close;
	m->err = -EIO;
	m->on = 1;
	ck_assert_int_eq(ct_sys_close(fd), -EIO);
	m->action = 0;
	ck_assert_int_eq(ct_sys_close(fd), -EBADF);
}

static int answer(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (nr != __NR_getpid)
		return 0;
	*ret = 4711;
	return 1;
}

TEST(fakes)
{
	struct ct_seam *m = seam_new();

	m->fake = answer;
	m->on = 1;
	ck_assert_int_eq(ct_sys_getpid(), 4711);
	ck_assert_int_eq(ct_sys_getuid(), (int)getuid());
}

TEST(errno_is_untouched)
{
	errno = 77;
	ck_assert_int_eq(ct_sys_close(-1), -EBADF);
	ck_assert_int_eq(errno, 77);
}
