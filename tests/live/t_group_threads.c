/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One handle in many threads: limits, statistics and pauses while somebody waits for its end. */
#include "t_group.h"

#include <pthread.h>

#define MIB (1ULL << 20)

static container *running;
static int stop, wrong;
static long done[3];

static int stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_ACQUIRE);
}

/* Checks are for one thread: what went wrong is told by that. */
static void fine(int r)
{
	if (r)
		__atomic_store_n(&wrong, r, __ATOMIC_RELAXED);
}

static void *updates(void *arg)
{
	contain_limits *l = NULL;

	(void)arg;
	fine(contain_limits_new(&l));
	for (int i = 0; !stopped(); i++, done[0]++) {
		contain_limits_set_pids_max(l, 10 + (uint64_t)(i % 5));
		contain_limits_set_memory_max(l, (32 + (uint64_t)(i % 3)) * MIB);
		fine(container_update(running, l, NULL));
	}
	contain_limits_free(l);
	return NULL;
}

static void *looks(void *arg)
{
	(void)arg;
	for (; !stopped(); __atomic_add_fetch(&done[1], 1, __ATOMIC_RELAXED)) {
		contain_stats *s = NULL;

		fine(container_read_stats(running, CONTAIN_STATS_ALL, &s, NULL));
		contain_stats_free(s);
	}
	return NULL;
}

static void *pauses(void *arg)
{
	(void)arg;
	for (; !stopped(); done[2]++) {
		fine(container_pause(running, 10000 * t_slow(), NULL));
		fine(container_resume(running, 10000 * t_slow(), NULL));
	}
	return NULL;
}

static void *nothing(void *arg)
{
	return arg;
}

static void *waits(void *arg)
{
	*(int *)arg = container_wait(running, -1, NULL, NULL);
	return NULL;
}

TEST(one_handle_in_many_threads)
{
	void *(*const each[])(void *) = { updates, looks, looks, pauses };
	pthread_t thread[4], waiting;
	int waited = 1;
	struct ts t;

	ts_need_limits();
	if (!t_cgroup_mount("cgroup2"))
		t_skip("no cgroup2 file system is mounted");
	/* the first thread of a process installs a handler of libc's own */
	ck_assert_int_eq(pthread_create(&waiting, NULL, nothing, NULL), 0);
	pthread_join(waiting, NULL);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	container_spec_set_memory_max(t.spec, 64 * MIB);
	container_spec_set_pids_max(t.spec, 20);
	ts_words(&t, "sleep");
	ts_start(&t);
	running = t.c;
	ck_assert_int_eq(pthread_create(&waiting, NULL, waits, &waited), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, each[i], NULL), 0);
	usleep((useconds_t)t_sample(5000000, 500000));
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	ck_assert_int_eq(container_kill(t.c, NULL), 0);
	pthread_join(waiting, NULL);
	ck_assert_int_eq(waited, 0);
	ck_assert_int_eq(wrong, 0);
	t_note("%ld updates, %ld pauses", done[0], done[2]);
	T_CHECK(done[0] && done[1] && done[2]);
	ts_end(&t);
}
