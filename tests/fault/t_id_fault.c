/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every call of the primitives of contain/process.h fails once: it is told, or tried again. */
#include "t_each.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

static int root_fd;
static char cpu[16];

/* The seam is shut as soon as the call is over. */
#define PATH(name_, call)                                                                          \
	static int name_(const char *what)                                                         \
	{                                                                                          \
		int r = (call);                                                                    \
		(void)what;                                                                        \
		ct_seam->on = 0;                                                                   \
		return r < 0 ? r : 0;                                                              \
	}

static uint64_t sets[5];
static uint32_t ids[2], gids[4], bits;
static size_t ngids;

PATH(find, contain_process_find_user(root_fd, "root:nogroup", &ids[0], &ids[1], gids, 4, &ngids,
				     &error))
PATH(get_sets, contain_process_get_capabilities(&sets[0], &sets[1], &sets[2], &sets[3], &sets[4],
						&error))
PATH(set_sets, contain_process_set_capabilities(sets[0], sets[1], sets[2], sets[3], sets[4],
						&error))
PATH(get_bits, contain_process_get_securebits(&bits, &error))
PATH(set_bits, contain_process_set_securebits(bits, &error))
PATH(set_ids, contain_process_set_ids(0, 0, gids, 0, &error))
PATH(score, contain_process_set_oom_score_adj(100, &error))
PATH(persona, contain_process_set_personality("linux", 0, &error))
PATH(sched, contain_process_set_scheduler(CONTAIN_SCHED_OTHER, 0, 0, &error))
PATH(affinity, contain_process_set_cpu_affinity(cpu, &error))
PATH(ioprio, contain_process_set_io_priority(2, 4, &error))

static const struct each_path paths[] = {
	{ "find-user", find },	       { "get-capabilities", get_sets },
	{ "set-capabilities", set_sets }, { "get-securebits", get_bits },
	{ "set-securebits", set_bits },  { "set-ids", set_ids },
	{ "set-oom-score", score },	 { "set-personality", persona },
	{ "set-scheduler", sched },	 { "set-cpu-affinity", affinity },
	{ "set-io-priority", ioprio },
};

/* What is tried again, or has another way, may succeed; a read that fails on procfs, too. */
static void check(const char *what, int r)
{
	int other = strstr(what, "fsopen") || strstr(what, "fsconfig") || strstr(what, "fsmount");

	if (injected == -EINVAL && strstr(what, "prctl"))
		return; /* that is how the kernel says that it does not know a capability */
	T_EXPECT(r == injected || (r == 0 && other) || (r < 0 && r != -EIO), "%s: %d", what, r);
}

static void all(void)
{
	const char *root = t_fmt("%s/root", t_tmpdir());
	cpu_set_t own;
	int n = 0;

	t_rootfs_make(root);
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	T_SYS(root_fd);
	T_SYS(sched_getaffinity(0, sizeof(own), &own));
	while (!CPU_ISSET(n, &own))
		n++;
	snprintf(cpu, sizeof(cpu), "%d", n);
	ck_assert_int_eq(contain_process_set_cpu_affinity(cpu, NULL), 0);
	ck_assert_int_eq(contain_process_set_oom_score_adj(100, NULL), 0);
	ck_assert_int_eq(contain_process_set_ids(0, 0, NULL, 0, NULL), 0);
	ck_assert_int_eq(contain_process_get_capabilities(&sets[0], &sets[1], &sets[2], &sets[3],
							  &sets[4], NULL), 0);
	fx_seam_open();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		each_call(&paths[i], check);
}

TEST_LIMIT(every_call_fails_once, 120)
{
	t_need_root();
	all();
}

/* Keys of the dead are collected late: a full quota is tried again, and anything else is told. */
TEST(keyrings)
{
	static const int errs[] = { -ENOMEM, -EACCES, -EPERM, -ENOSYS };

	t_need_root();
	fx_seam_open();
	for (size_t i = 0; i < 5; i++) {
		contain_error *e = NULL;
		int r;

		fx_seam_reset();
		ct_seam->who = CT_SEAM_PARENT;
		ct_seam->at = 1;
		ct_seam->nr = (int16_t)fx_call_number("keyctl");
		ct_seam->err = i < 4 ? errs[i] : -EDQUOT;
		ct_seam->action = CT_SEAM_FAIL;
		ct_seam->on = 1;
		r = contain_process_join_keyring(NULL, &e);
		ct_seam->on = 0;
		ck_assert_int_eq((int)ct_seam->hits, 1);
		if (i == 4)
			T_CHECK(r > 0, "%s", contain_error_message(e));
		else
			T_CHECK(r == errs[i] && r == contain_error_code(e), "%d", r);
		contain_error_free(e);
	}
}
