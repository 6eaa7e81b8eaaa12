/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every system call of unions and layers fails once, in each way to the kernel. */
#include "t_each.h"

#include "t_mnt_layers.h"

/* tf_upper() calls nothing of the library. */
#define JOB(name, fake_, prepare, call)                    \
	static int name(const char *what)                  \
	{                                                  \
		int r;                                     \
                                                           \
		(void)what;                                \
		prepare;                                   \
		ct_seam->fake = fake_;                     \
		tf_gone = injected == -ENOENT;             \
		r = call;                                  \
		ct_seam->on = 0;                           \
		return r;                                  \
	}                                                  \
	TEST_LIMIT(each_call_of_##name, 120)               \
	{                                                  \
		struct each_path path = { #name, name };   \
                                                           \
		t_need_root();                             \
		fx_seam_open();                                 \
		tf_world();                                \
		each_call(&path, NULL);                    \
	}

JOB(mount_read_only, NULL, , tf_mount(&error, 0))
JOB(mount_with_upper, NULL, tf_upper(), tf_mount(&error, 1))
JOB(mount_ephemeral, NULL, , tf_mount(&error, 2))
JOB(mount_ephemeral_attached, tm_fake_detached, , tf_mount(&error, 2))
JOB(mount_by_cwd, tm_fake_cwd, tf_upper(), tf_mount(&error, 1))
JOB(mount_by_string, tm_fake_string, tf_upper(), tf_mount(&error, 1))
JOB(mount_ephemeral_by_string, tm_fake_string, , tf_mount(&error, 2))
JOB(check, NULL, tf_upper(), tf_check(&error))
JOB(diff, NULL, tf_upper(), tf_diff(&error))
JOB(commit_by_rename, NULL, tf_upper(), tf_commit(&error, 0))
JOB(commit_by_copy, NULL, tf_upper(), tf_commit(&error, CONTAIN_LAYER_KEEP))
JOB(discard, NULL, tf_upper(), tf_discard(&error))

/* ---- a call that the kernel, or a filter, does not have ---- */

static long missing;

static int fake_missing(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	if (nr != missing)
		return 0;
	*ret = -ENOSYS;
	return 1;
}

TEST_LIMIT(calls_that_are_missing, 120)
{
	static const long calls[] = { __NR_fsopen,    __NR_fsconfig,   __NR_fsmount, __NR_open_tree,
				      __NR_move_mount, __NR_clone3,    __NR_openat2, __NR_unshare,
				      __NR_statx,     __NR_faccessat2, __NR_renameat2,
				      __NR_copy_file_range, __NR_syncfs };
	struct t_state *state;

	t_need_root();
	fx_seam_open();
	tf_world();
	tf_upper(); /* system(3) touches the actions of signals */
	state = t_state_take(EACH_STATE);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int r[5] = { 0 };
		contain_error *e[5] = { NULL };

		missing = calls[i];
		for (int job = 0; job < 5; job++) {
			tf_upper();
			fx_seam_reset();
			ct_seam->fake = fake_missing;
			ct_seam->on = 1;
			r[job] = job == 0 ? tf_mount(&e[job], 1) :
				 job == 1 ? tf_mount(&e[job], 2) :
				 job == 2 ? tf_diff(&e[job]) :
				 job == 3 ? tf_commit(&e[job], CONTAIN_LAYER_KEEP) :
					    tf_discard(&e[job]);
			ct_seam->on = 0;
			T_EXPECT(r[job] == 0 || *contain_error_message(e[job]), "%s: %d",
				 fx_call_name(missing), r[job]);
			contain_error_free(e[job]);
		}
		t_note("%s: %d %d %d %d %d", fx_call_name(missing), r[0], r[1], r[2], r[3], r[4]);
		for (int job = 0; job < 5; job++)
			T_EXPECT(r[job] == 0 || r[job] == -EOPNOTSUPP, "%s, job %d: %d",
				 fx_call_name(missing), job, r[job]);
		if (missing == __NR_fsopen)
			T_EXPECT(r[0] == -EOPNOTSUPP && r[1] == -EOPNOTSUPP, "%d", r[0]);
		if (missing == __NR_copy_file_range)
			T_EXPECT(r[3] == 0, "%d", r[3]);
	}
	t_state_check(state);
}
