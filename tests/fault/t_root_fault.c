/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of the primitives of roots fails once, or is done and reported as failed.
 * Either an error, with root, working directory and mounts as they were, or the new root. Each case
 * in a process of its own, as a root that was entered does not come back. LONG=1: every error.
 */
#include "fixture.h"

#include "sys/statmount.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <contain/rootfs.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STATE (T_FDS | T_MOUNTS | T_CHILDREN | T_SIGNALS | T_SELF | T_NS)
#define NR_STATMOUNT 457

/* <sys/mount.h> and the uapi of the library may not be included together */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);

struct path {
	const char *name;
	int (*enter)(int fd, contain_error **e);
	int initial; /* the seam says that "/" is the initial ramfs */
};

struct fault {
	const struct path *path;
	uint32_t at;
	long nr;
	int err, action;
	char root[512];
};

struct outcome {
	int err, calls, hits;
	int16_t nr[256];
};

/* statmount(2) answers that the mount lies on itself. */
static int says_first(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	struct ct_statmount *st = (void *)(uintptr_t)args[1];

	(void)who;
	if (nr != NR_STATMOUNT)
		return 0;
	st->mnt_id = st->mnt_parent_id = 1;
	*ret = 0;
	return 1;
}

static int is_inside(void)
{
	return access("/bin/payload", F_OK) == 0 && access("bin/payload", F_OK) == 0 &&
	       access("/usr/bin/env", F_OK) < 0;
}

static void prepare(const struct fault *f)
{
	fx_seam_reset();
	ct_seam->who = CT_SEAM_PARENT;
	ct_seam->fake = f->path->initial ? says_first : NULL;
	ct_seam->at = f->at;
	ct_seam->nr = (int16_t)f->nr;
	ct_seam->err = f->err;
	ct_seam->action = (uint8_t)f->action;
	ct_seam->on = 1;
}

/* In a child. The old root may lie on the new one only where the error says so. */
static int one(void *arg, void *rec)
{
	const struct fault *f = arg;
	struct outcome *o = rec;
	const char *what = t_fmt("%s: call %u, %s: %s%s", f->path->name, f->at,
				 fx_call_name(f->nr), fx_errno_name(f->err),
				 f->action == CT_SEAM_DONE_FAIL ? ", but done" : "");
	struct t_state *state;
	contain_error *e = NULL;
	char diff[2000];
	int fd;

	T_CHECK(contain_ns_unshare(CONTAIN_NS_MNT, &e) == 0, "%s", contain_error_message(e));
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	T_SYS(chdir("/usr"));
	fd = open(f->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	T_SYS(fd);
	state = t_state_take(STATE);
	prepare(f);
	o->err = f->path->enter(fd, &e);
	ct_seam->on = 0;
	o->hits = (int)ct_seam->hits;
	for (uint32_t i = 0; i < ct_seam->logged && o->calls < 256; i++)
		o->nr[o->calls++] = ct_seam->log[i].nr;
	T_EXPECT(o->err == contain_error_code(e), "%s: %s", what, contain_error_message(e));
	if (!o->err)
		T_EXPECT(is_inside(), "%s: says that it is inside", what);
	else if (strcmp(contain_error_object(e), "old root") != 0)
		T_EXPECT(!is_inside() && !t_state_diff(state, diff, sizeof(diff)),
			 "%s: %s: left behind:\n%s", what, contain_error_message(e), diff);
	contain_error_free(e);
	return 0;
}

/* Calls that are done all the same: what was done before them cannot be told from them. */
static int may_be_done(const char *call)
{
	return !strcmp(call, "mount") || !strcmp(call, "fchdir");
}

static void faults(const struct path *path)
{
	static const int errs[] = { -ENOMEM, -EPERM, -EINVAL, -EIO, -ENOSYS, -EMFILE, -EBUSY };
	struct fault f = { .path = path, .nr = -1 };
	static struct outcome first, o;
	int cases = 0, failed = 0;

	t_need_root();
	snprintf(f.root, sizeof(f.root), "%s/root", t_tmpdir());
	t_rootfs_make(f.root);
	fx_seam_open();
	memset(&first, 0, sizeof(first));
	ck_assert_int_eq(t_child(one, &f, &first, sizeof(first)), 0);
	ck_assert_int_eq(first.err, 0);
	for (int k = 0; k < first.calls; k += t_guest() ? 2 : 1) {
		const char *call = fx_call_name(first.nr[k]);

		if (!strcmp(call, "close") || (path->initial && first.nr[k] == NR_STATMOUNT))
			continue;
		for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
			if (!t_sample(1, 0) && i != (size_t)k % 7 && i != 2)
				continue;
			f.at = (uint32_t)k + 1;
			f.nr = first.nr[k];
			f.err = errs[i];
			for (f.action = CT_SEAM_FAIL; f.action <= CT_SEAM_DONE_FAIL; f.action++) {
				if (f.action == CT_SEAM_DONE_FAIL && !may_be_done(call))
					continue;
				memset(&o, 0, sizeof(o));
				ck_assert_int_eq(t_child(one, &f, &o, sizeof(o)), 0);
				T_EXPECT(o.hits == 1, "call %d, %s: %d hits", k, call, o.hits);
				cases++;
				failed += o.err != 0;
			}
		}
	}
	t_note("%s: %d calls, %d cases: %d failed", path->name, first.calls, cases, failed);
	T_CHECK(failed > 5 || !strcmp(path->name, "chroot"));
	T_CHECK(failed > 0);
}

TEST_LIMIT(pivot_root, 60)
{
	static const struct path p = { "pivot", contain_rootfs_pivot_root, 0 };

	faults(&p);
}

TEST_LIMIT(pivot_root_on_the_initial_ramfs, 60)
{
	static const struct path p = { "initial", contain_rootfs_pivot_root, 1 };

	faults(&p);
}

TEST_LIMIT(chroot, 60)
{
	static const struct path p = { "chroot", contain_rootfs_chroot, 0 };

	faults(&p);
}
