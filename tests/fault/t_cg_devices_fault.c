/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call that attaches device rules fails once, also after it was done: no fd is left,
 * and what holds for the group is the old rules or the new ones, never none, and never a program
 * more than before. And every allocation.
 */
#include "fixture.h"
#include "t_malloc.h"

#include "cgroup/devices.h"
#include "sys/sys.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STATE (T_FDS | T_CHILDREN | T_SIGNALS | T_SELF)

static int group_fd;
static contain_devices *first, *second; /* null alone; zero alone */
static contain_error *error;

/* ---- which call fails ---- */

static struct {
	long nr;
	int cmd;	 /* of bpf(2) */
	uint32_t at, met; /* the at-th of them */
	int done;
	long err;
	uint32_t count[64];
} fault;

static int fake(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	int cmd = nr == __NR_bpf ? (int)args[0] : 0;

	if (nr == __NR_bpf)
		fault.count[cmd]++;
	if (nr != fault.nr || cmd != fault.cmd || ++fault.met != fault.at)
		return 0;
	if (fault.done)
		syscall(nr, args[0], args[1], args[2], args[3], args[4], args[5]);
	*ret = fault.err;
	return 1;
}

/* ---- what holds ---- */

enum { NOTHING, FIRST, SECOND, FREE, ODD };

static int fn_look(void *arg, void *rec)
{
	int null, zero;

	T_CHECK(contain_cgroup_enter(group_fd, NULL) == 0);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	*(int *)rec = null >= 0 ? zero >= 0 ? FREE : FIRST : zero >= 0 ? SECOND : NOTHING;
	return 0;
}

static int holds(void)
{
	int state = ODD;

	ck_assert_int_eq(t_child(fn_look, NULL, &state, sizeof(state)), 0);
	return state;
}

static int programs(void)
{
	union bpf_attr a;
	uint32_t ids[64];

	memset(&a, 0, sizeof(a));
	a.query.target_fd = (uint32_t)group_fd;
	a.query.attach_type = BPF_CGROUP_DEVICE;
	a.query.prog_ids = (uintptr_t)ids;
	a.query.prog_cnt = 64;
	T_SYS(syscall(__NR_bpf, BPF_PROG_QUERY, &a, sizeof(a)));
	return (int)a.query.prog_cnt;
}

/* ---- the paths ---- */

static int run_attach(void)
{
	return contain_devices_attach(first, group_fd, &error);
}

static int run_replace(void)
{
	return contain_devices_attach(second, group_fd, &error);
}

static int run_detach(void)
{
	return contain_devices_detach(group_fd, &error);
}

static const struct path {
	const char *name;
	int (*run)(void);
	int before, after;
} paths[] = {
	{ "attach", run_attach, FREE, FIRST },
	{ "replace", run_replace, FIRST, SECOND },
	{ "detach", run_detach, FIRST, FREE },
};

static void prepare(const struct path *p)
{
	while (contain_devices_detach(group_fd, NULL) == 0)
		;
	if (p->before == FIRST)
		ck_assert_int_eq(contain_devices_attach(first, group_fd, NULL), 0);
	ck_assert_int_eq(holds(), p->before);
	ck_assert_int_eq(programs(), p->before == FIRST);
}

static void one(const struct path *p, long nr, int cmd, uint32_t at, long err, int done)
{
	const char *what = t_fmt("%s: %s %d, %u: %s%s", p->name, fx_call_name(nr), cmd, at,
				 fx_errno_name((int)err), done ? ", but done" : "");
	struct t_state *state;
	char diff[2000];
	int r, now, n;

	prepare(p);
	state = t_state_take(STATE);
	fx_seam_reset();
	memset(&fault, 0, sizeof(fault));
	fault.nr = nr;
	fault.cmd = cmd;
	fault.at = at;
	fault.err = err;
	fault.done = done;
	ct_seam->fake = fake;
	ct_seam->on = 1;
	r = p->run();
	ct_seam->on = 0;
	ct_seam->fake = NULL;
	now = holds();
	n = programs();
	T_EXPECT(r == contain_error_code(error), "%s: %d", what, r);
	if (r == 0)
		T_EXPECT(now == p->after, "%s: nothing was said, and %d holds", what, now);
	else
		T_EXPECT(now == p->before || (done && now == p->after), "%s: %d: %d holds", what, r,
			 now);
	T_EXPECT(n <= 1, "%s: %d programs", what, n);
	T_EXPECT(!t_state_diff(state, diff, sizeof(diff)), "%s: left behind:\n%s", what, diff);
	t_state_free(state);
	contain_error_free(error);
	error = NULL;
}

TEST_LIMIT(every_call_fails_once, 120)
{
	static const int cmds[] = { BPF_PROG_LOAD, BPF_PROG_QUERY, BPF_PROG_GET_FD_BY_ID,
				    BPF_OBJ_GET_INFO_BY_FD, BPF_PROG_ATTACH, BPF_PROG_DETACH };
	static const int errs[] = { -EPERM, -ENOMEM, -EINVAL, -EIO, -ENODEV, -ENOSYS, -EMFILE };
	int cases = 0;

	t_need_root();
	ck_assert_int_eq(contain_devices_new(&first), 0);
	ck_assert_int_eq(contain_devices_new(&second), 0);
	ck_assert_int_eq(contain_devices_allow(first, 'c', 1, 3, 7, NULL), 0);
	ck_assert_int_eq(contain_devices_allow(second, 'c', 1, 5, 7, NULL), 0);
	group_fd = open(t_cgroup_make("cgroup2"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fx_seam_open();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const struct path *p = &paths[i];
		uint32_t count[64];

		one(p, -1, 0, 0, 0, 0); /* without a fault */
		memcpy(count, fault.count, sizeof(count));
		for (size_t k = 0; k < sizeof(cmds) / sizeof(cmds[0]); k++)
			for (uint32_t at = 1; at <= count[cmds[k]]; at++) {
				for (size_t n = 0; n < sizeof(errs) / sizeof(errs[0]); n++, cases++)
					one(p, __NR_bpf, cmds[k], at, errs[n], 0);
				if (cmds[k] == BPF_PROG_ATTACH || cmds[k] == BPF_PROG_DETACH)
					one(p, __NR_bpf, cmds[k], at, -EIO, 1);
			}
		one(p, __NR_fstatfs, 0, 1, -EIO, 0);
		one(p, __NR_close, 0, 1, -EIO, 1);
	}
	T_CHECK(cases > 50, "%d", cases);
	/* somebody is faster, again and again; and once */
	one(&paths[1], __NR_bpf, BPF_PROG_ATTACH, 1, -ENOENT, 0);
	contain_devices_free(first);
	contain_devices_free(second);
}

/* ---- memory ---- */

static int all_of_it(void)
{
	contain_devices *d = NULL, *copy = NULL;
	const char *why = NULL;
	char *lines = NULL;
	int r = contain_devices_new_default(&d);

	for (int i = 0; i < 40 && !r; i++)
		r = contain_devices_allow(d, 'c', i, -1, 7, NULL);
	if (!r)
		r = contain_devices_copy(d, &copy);
	if (!r)
		r = ct_devices_v1(copy, &lines, &why);
	if (!r)
		r = contain_devices_attach(copy, group_fd, NULL);
	free(lines);
	contain_devices_free(d);
	contain_devices_free(copy);
	return r;
}

TEST(every_allocation_fails_once)
{
	long n;

	if (T_SANITIZED)
		t_skip("allocation is the sanitizer's");
	group_fd = open(t_cgroup_make("cgroup2"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(all_of_it(), 0);
	ck_assert_int_eq(contain_devices_detach(group_fd, NULL), 0);
	for (n = 1; n < 10000; n++) {
		int r;

		seen = living = 0;
		fail_at = n;
		armed = 1;
		r = all_of_it();
		armed = 0;
		T_CHECK(living == 0, "%ld: %ld are lost", n, living);
		if (r == 0 && seen < n)
			break;
		T_CHECK(r == -ENOMEM, "%ld: %d", n, r);
		ck_assert_int_eq(programs(), 0);
	}
	T_CHECK(n > 10 && n < 10000, "%ld", n);
	t_note("%ld allocations", n - 1);
}
