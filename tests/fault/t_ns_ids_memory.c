/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of id maps and subordinate ids fails once: -ENOMEM, and nothing is lost. */
#include "t_malloc.h"
#include "t_ns_ids.h"

static struct ids_child child;

static int values(contain_error **e)
{
	container_spec *s = NULL;
	contain_id_map *m = NULL;
	uint32_t id;
	int r = contain_id_map_new(&m);

	for (uint32_t i = 0; !r && i < 20; i++)
		r = contain_id_map_add(m, i * 2, i * 2, 1, e);
	if (!r && contain_id_map_inside(m, 1, &id, e) == 0)
		r = -EIO;
	if (!r) { /* that is in no range: the one error that is wanted */
		contain_error_free(*e);
		*e = NULL;
		r = container_spec_new(&s);
	}
	if (!r)
		r = container_spec_set_id_maps(s, m, m);
	container_spec_free(s);
	contain_id_map_free(m);
	return r;
}

static int all_ids(contain_error **e)
{
	contain_id_map *m = NULL, *k = NULL;
	int r = contain_id_map_root(CONTAIN_ID_USER, 100, &m, e);

	if (!r)
		r = contain_id_map_keep(CONTAIN_ID_GROUP, 0, &k, e);
	T_CHECK((r == 0) == (k != NULL));
	contain_id_map_free(m);
	contain_id_map_free(k);
	return r;
}

static int no_ids(contain_error **e)
{
	contain_id_map *m = NULL;
	int r = contain_id_map_root(CONTAIN_ID_USER, 100000, &m, e);

	T_CHECK(r < 0 && !m);
	return r == -ERANGE ? 0 : r;
}

static int write_and_read(contain_error **e)
{
	contain_id_map *m = NULL, *back = NULL;
	int r = contain_id_map_new(&m);

	if (!r)
		r = contain_id_map_add(m, 0, 0, 1, e);
	if (!r)
		r = contain_id_map_add(m, 1, 100000, 10, e);
	if (!r)
		r = contain_id_map_write(child.pidfd, m, NULL, e);
	if (!r)
		r = contain_id_map_read(child.pidfd, CONTAIN_ID_USER, &back, e);
	contain_id_map_free(m);
	contain_id_map_free(back);
	return r;
}

static int run(int (*job)(contain_error **), long at)
{
	contain_error *e = NULL;
	int r;

	child = ids_start(CLONE_NEWUSER);
	fail_at = at;
	living = seen = 0;
	armed = 1;
	r = job(&e);
	contain_error_free(e);
	armed = 0;
	ids_kill(&child);
	return r;
}

TEST(every_allocation_fails_once)
{
	static int (*const jobs[])(contain_error **) = { values, all_ids, no_ids, write_and_read };
	int total = 0, failed = 0;

	if (T_SANITIZED)
		t_skip("allocation is the sanitizer's");
	t_need_root();
	t_fake_passwd("t-user", T_UID, 100000, 1000);
	ids_subids("root:100000:1000\n0:300000:50\n");
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		struct t_state *before;
		long n;

		ck_assert_int_eq(run(jobs[i], 0), 0);
		n = seen;
		T_CHECK(n > 5 && living == 0, "job %zu: %ld allocations, %ld left", i, n, living);
		before = t_state_take(T_FDS | T_CHILDREN);
		for (long at = 1; at <= n; at++) {
			int r = run(jobs[i], at);

			T_EXPECT(r == 0 || r == -ENOMEM, "job %zu: allocation %ld: %d", i, at, r);
			T_EXPECT(living == 0, "job %zu: allocation %ld: %ld are not freed", i, at,
				 living);
			total++;
			failed += r < 0;
		}
		t_state_check(before);
	}
	t_note("%d allocations: %d told -ENOMEM", total, failed);
	T_CHECK(failed > total / 2, "%d of %d", failed, total);
}
