/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of taking a mount table and of monitoring fails once. It is told, or what came
 * out is right, maybe without unique ids; no fd is left; and a monitor that has failed still tells
 * of the change. LONG=1: every error at each position.
 */
#include "t_each.h"

#include "../live/t_mnt_look.h"
#include "sys/statmount.h"

static contain_mount_table *whole;
static int given; /* the fd that is asked about */
static uint32_t flags;

static int run_take(const char *what)
{
	contain_mount_table *t = (void *)1;
	int r = contain_mount_table_take(given, flags, &t, &error);

	ct_seam->on = 0;
	T_CHECK(r == 0 || t == (void *)1, "%s", what);
	if (r == 0) {
		ml_same(t, whole, what);
		contain_mount_table_free(t);
	}
	return r;
}

static int run_get(const char *what)
{
	contain_mount_table *t = (void *)1;
	int r = contain_mount_get(AT_FDCWD, ml_base, &t, &error);

	ct_seam->on = 0;
	T_CHECK(r == 0 || t == (void *)1, "%s", what);
	if (r == 0) {
		ck_assert_str_eq(contain_mount_table_target(t, 0), ml_base);
		contain_mount_table_free(t);
	}
	return r;
}

static int run_monitor(const char *what)
{
	contain_mount_monitor *m = (void *)1;
	int r = contain_mount_monitor_new(given, &m, &error);

	ct_seam->on = 0;
	T_CHECK(r == 0 || m == (void *)1, "%s", what);
	if (r == 0) {
		contain_mount_table *t = NULL;

		ck_assert_int_eq(contain_mount_monitor_table(m, &t), 0);
		ml_same(t, whole, what);
		contain_mount_table_free(t);
		contain_mount_monitor_free(m);
	}
	return r;
}

static int has_one(const contain_mount_diff *d)
{
	return contain_mount_diff_count(d) == 1 &&
	       contain_mount_diff_change(d, 0) == CONTAIN_MOUNT_ADDED;
}

/* A change, a look that fails, and a second one. */
static int run_next(const char *what)
{
	contain_mount_diff *d = (void *)1;
	contain_mount_monitor *m = NULL;
	struct pollfd p = { .events = POLLIN };
	int r, again;

	ct_seam->on = 0;
	ck_assert_int_eq(contain_mount_monitor_new(-1, &m, NULL), 0);
	ml_mount("new", ml("place"), "tmpfs", 0, NULL);
	p.fd = contain_mount_monitor_fd(m);
	T_CHECK(poll(&p, 1, 2000 * t_slow()) == 1, "%s", what);
	ct_seam->on = 1;
	r = contain_mount_monitor_next(m, &d, &error);
	ct_seam->on = 0;
	if (r == 1) {
		T_CHECK(has_one(d), "%s", what);
	} else {
		T_CHECK(r < 0 && d == (void *)1, "%s: %d", what, r);
		T_CHECK(poll(&p, 1, 2000 * t_slow()) == 1, "%s: no more readable", what);
		again = contain_mount_monitor_next(m, &d, NULL);
		T_CHECK(again == 1 && has_one(d), "%s: then %d", what, again);
	}
	contain_mount_diff_free(d);
	contain_mount_monitor_free(m);
	T_SYS(umount(ml("place")));
	return r == 1 ? 0 : r;
}

/* Short of fds and memory is never passed over. */
static void check(const char *what, int r)
{
	if (injected == -ENOMEM && r != -ENOMEM && r != 0)
		T_EXPECT(0, "%s: %d", what, r);
}

static void look_at(int fd, uint32_t with)
{
	given = fd;
	flags = with;
	whole = ml_take(fd, CONTAIN_MOUNT_TABLE_MOUNTINFO);
}

static void each(const char *name, int (*run)(const char *what))
{
	const struct each_path path = { name, run };

	each_call(&path, check);
	contain_mount_table_free(whole);
	whole = NULL;
}

static void world(void)
{
	ml_enter();
	ml_dir("place");
	ml_tmpfs("a", 0, NULL);
	ml_set(ml_tmpfs("b", 0, NULL), MS_SHARED);
	fx_seam_open();
}

TEST_LIMIT(take, 120)
{
	contain_mount_table *t;

	t_need_root();
	world();
	look_at(-1, 0);
	each("take", run_take);
	look_at(-1, CONTAIN_MOUNT_TABLE_MOUNTINFO | CONTAIN_MOUNT_TABLE_STATS);
	each("mountinfo and mountstats", run_take);
	t = ml_statmount(-1);
	if (!t)
		return;
	contain_mount_table_free(t);
	look_at(-1, CONTAIN_MOUNT_TABLE_STATMOUNT);
	each("statmount", run_take);
}

TEST_LIMIT(take_of_others, 120)
{
	int pidfd, ns;

	t_need_root();
	world();
	pidfd = tn_pidfd(getpid());
	ns = tn_open_own("mnt");
	look_at(pidfd, 0);
	each("pidfd", run_take);
	look_at(ns, 0);
	each("namespace", run_take);
	close(pidfd);
	close(ns);
}

TEST_LIMIT(get, 120)
{
	t_need_root();
	world();
	each("get", run_get);
}

TEST_LIMIT(monitor, 120)
{
	t_need_root();
	world();
	look_at(-1, 0);
	each("monitor", run_monitor);
	each("next", run_next);
}

/* ---- a kernel without the newer calls ---- */

static int missing_nr;

static int missing(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	if (nr != missing_nr)
		return 0;
	*ret = -ENOSYS;
	return 1;
}

TEST(older_kernels)
{
	static const int calls[] = { __NR_statmount, __NR_listmount };
	contain_mount_table *t = NULL, *plain;
	contain_error *e = NULL;

	t_need_root();
	ml_enter();
	plain = ml_take(-1, CONTAIN_MOUNT_TABLE_MOUNTINFO);
	tn_fake(missing);
	for (int i = 0; i < 2; i++) {
		missing_nr = calls[i];
		t = ml_take(-1, 0);
		ml_same(t, plain, "without unique ids");
		ck_assert_uint_eq(contain_mount_table_unique_id(t, 0), 0);
		contain_mount_table_free(t);
		t = NULL;
		tn_failed(contain_mount_table_take(-1, CONTAIN_MOUNT_TABLE_STATMOUNT, &t, &e), e,
			  EOPNOTSUPP, "take-mount-table", "unsupported: statmount(2) of all fields",
			  "6.13");
		T_CHECK(!t);
		tn_fine(contain_mount_get(AT_FDCWD, ml_base, &t, &e), e);
		ck_assert_str_eq(contain_mount_table_target(t, 0), ml_base);
		contain_mount_table_free(t);
		t = NULL;
	}
	tn_fake(NULL);
	contain_mount_table_free(plain);
}
