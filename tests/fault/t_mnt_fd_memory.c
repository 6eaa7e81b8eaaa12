/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every allocation of the primitives of mounts fails once, where mount(2) stands in for newer calls
 * and where an error is explained: -ENOMEM, or the error itself with fewer words, and nothing is
 * mounted or lost.
 */
#include "t_malloc.h"

#include "../live/t_mnt_fd.h"

#include "sys/uapi.h"

static char from[256], at[256], busy[256];

static int is_old(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	*ret = -ENOSYS;
	return nr == __NR_open_tree || nr == __NR_move_mount || nr == __NR_mount_setattr;
}

static int mounts(void)
{
	char text[256];
	int n = 0, fd = open("/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	while ((got = read(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < got; i++)
			n += text[i] == '\n';
	close(fd);
	return n;
}

/* More mounts than the first room for them holds. */
static int job_bind(contain_error **e)
{
	int before = mounts(), r;

	r = contain_mount_bind(AT_FDCWD, from, AT_FDCWD, at, CONTAIN_MOUNT_READONLY, e);
	T_EXPECT(r == 0 || mounts() == before, "%d mounts, now %d", before, mounts());
	if (r == 0) {
		T_EXPECT(mounts() == before + 21, "%d mounts, now %d", before, mounts());
		T_SYS(umount2(at, MNT_DETACH));
	}
	return r;
}

static int job_why(contain_error **e)
{
	int r = contain_mount_detach(AT_FDCWD, busy, 0, e);

	T_EXPECT(r == -EBUSY || r == -ENOMEM, "%d", r);
	return r == -EBUSY ? 0 : r;
}

static int job_overlay(contain_error **e)
{
	const char *const layers[] = { from, busy, NULL };
	int r = contain_mount_overlay(AT_FDCWD, at, layers, NULL, NULL, 0, e);

	if (r == 0)
		T_SYS(umount2(at, MNT_DETACH));
	return r;
}

static void every_allocation(int (*job)(contain_error **), const char *name, int old)
{
	struct t_state *before;
	int failed = 0;
	long n;

	tn_fake(old ? is_old : NULL);
	ck_assert_int_eq(malloc_run(job, 0), 0);
	n = seen;
	before = t_state_take(T_FDS | T_CHILDREN | T_MOUNTS);
	for (long i = 1; i <= n; i++) {
		int r = malloc_run(job, i);

		T_EXPECT(r == 0 || r == -ENOMEM, "%s: allocation %ld: %d", name, i, r);
		T_EXPECT(living == 0, "%s: allocation %ld: %ld are not freed", name, i, living);
		failed += r < 0;
	}
	tn_fake(NULL);
	t_state_check(before);
	t_note("%s: %ld allocations: %d told -ENOMEM", name, n, failed);
	T_CHECK(n > 0);
}

TEST_LIMIT(every_allocation_fails_once, 120)
{
	const char *dir;
	int fd;

	t_need_root();
	if (T_SANITIZED)
		t_skip("allocation is the sanitizer's");
	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	dir = t_tmpdir();
	snprintf(from, sizeof(from), "%s", mf_tmpfs(dir, "from"));
	snprintf(busy, sizeof(busy), "%s", mf_tmpfs(dir, "busy"));
	snprintf(at, sizeof(at), "%s/at", dir);
	T_SYS(mkdir(at, 0755));
	for (int i = 0; i < 20; i++)
		mf_tmpfs(from, t_fmt("%d", i));
	fd = open(busy, O_PATH | O_CLOEXEC);
	every_allocation(job_bind, "bind", 1);
	every_allocation(job_why, "who uses it", 0);
	every_allocation(job_overlay, "overlay", 0);
	close(fd);
	mf_umount(from);
	mf_umount(busy);
}
