/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of the primitives of mounts fails once, in the caller and in the thread that
 * calls mount(2) and umount2(2). Either an error, with nothing mounted, changed or left, or a
 * success that is one: what was asked for is there. LONG=1: every error at each position.
 */
#include "fixture.h"

#include "feature/feature.h"
#include "sys/sys.h"

#include <contain/mount.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MSEC 2000
#define STATE (T_FDS | T_CHILDREN | T_MOUNTS | T_SIGNALS | T_SELF)

/* <sys/mount.h> and the uapi of the library may not be included together */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);
int umount2(const char *target, int flags);

static struct {
	char dir[256], from[300], at[300], file[300], over[300];
	int root; /* fd of dir */
	int mnt;  /* the result of what makes an fd */
	contain_error *error;
} p;

/* ---- how it was before, and is now ---- */

static int mounts_on(const char *path)
{
	char text[4096], point[1024];
	FILE *file = fopen("/proc/thread-self/mountinfo", "re");
	int n = 0;

	T_CHECK(file);
	while (fgets(text, sizeof(text), file))
		n += sscanf(text, "%*s %*s %*s %*s %1023s", point) == 1 && !strcmp(point, path);
	fclose(file);
	return n;
}

/* The options and optional fields of a mount; "" for none. */
static const char *line_of(const char *path)
{
	static char line[4096];
	char text[4096], point[1024], *end;
	FILE *file = fopen("/proc/thread-self/mountinfo", "re");
	int at;

	T_CHECK(file);
	*line = 0;
	while (fgets(text, sizeof(text), file))
		if (sscanf(text, "%*s %*s %*s %*s %1023s%n", point, &at) == 1 &&
		    !strcmp(point, path)) {
			end = strstr(text, " - ");
			snprintf(line, sizeof(line), "%.*s ", (int)(end - text - at), text + at);
		}
	fclose(file);
	return line;
}

static void set_up(void)
{
	T_SYS(mount("tmpfs", p.from, "tmpfs", 0, "mode=0755"));
	t_write_file(t_fmt("%s/file", p.from), "x");
	T_SYS(mkdir(t_fmt("%s/sub", p.from), 0755));
	T_SYS(mount("tmpfs", t_fmt("%s/sub", p.from), "tmpfs", 0, "mode=0755"));
}

static void clean_up(void)
{
	while (umount2(p.from, MNT_DETACH) == 0 || umount2(p.at, MNT_DETACH) == 0 ||
	       umount2(p.over, MNT_DETACH) == 0)
		;
	if (p.mnt >= 0)
		close(p.mnt);
	p.mnt = -1;
	rmdir(t_fmt("%s/new/deep", p.dir));
	rmdir(t_fmt("%s/new", p.dir));
}

/* ---- the paths: what is run, and whether it was done ---- */

static int run_new(void)
{
	return p.mnt = contain_mount_new_tmpfs(1 << 20, 0, 0750, CONTAIN_MOUNT_NODEV, &p.error);
}

static int is_made(void)
{
	struct stat st;

	return p.mnt > 2 && fstat(p.mnt, &st) == 0 && (st.st_mode & 07777) == 0750;
}

static int run_clone(void)
{
	return p.mnt = contain_mount_clone(AT_FDCWD, p.from, 1, CONTAIN_MOUNT_READONLY, &p.error);
}

static int is_cloned(void)
{
	return p.mnt > 2 && faccessat(p.mnt, "file", F_OK, 0) == 0 &&
	       faccessat(p.mnt, "file", W_OK, 0) < 0;
}

static int run_change(void)
{
	return contain_mount_set_attributes(AT_FDCWD, p.from, CONTAIN_MOUNT_NOEXEC,
					    CONTAIN_MOUNT_NOATIME, 1, &p.error);
}

static int is_changed(void)
{
	return strstr(line_of(p.from), ",noexec,") &&
	       strstr(line_of(t_fmt("%s/sub", p.from)), ",noexec,");
}

static int run_propagate(void)
{
	return contain_mount_set_propagation(AT_FDCWD, p.from,
					     CONTAIN_PROPAGATION_SHARED | CONTAIN_PROPAGATION_SLAVE,
					     1, &p.error);
}

static int is_propagated(void)
{
	return strstr(line_of(p.from), " shared:") != NULL;
}

static int run_attach(void)
{
	int r, fd;

	ct_seam->on = 0;
	fd = contain_mount_new_tmpfs(0, 0, 0750, 0, NULL);
	ck_assert_int_gt(fd, 2);
	ct_seam->on = 1;
	r = contain_mount_attach(fd, p.root, "new/deep", CONTAIN_ATTACH_CREATE, &p.error);
	ct_seam->on = 0;
	close(fd);
	return r;
}

static int is_attached(void)
{
	int n = mounts_on(t_fmt("%s/new/deep", p.dir));

	while (umount2(t_fmt("%s/new/deep", p.dir), MNT_DETACH) == 0)
		;
	return n == 1;
}

static int run_move(void)
{
	return contain_mount_move(AT_FDCWD, p.from, p.root, "at", 0, &p.error);
}

static int is_moved(void)
{
	return mounts_on(p.from) == 0 && mounts_on(p.at) == 1;
}

static int run_detach(void)
{
	ct_seam->on = 0;
	T_SYS(umount2(t_fmt("%s/sub", p.from), MNT_DETACH));
	ct_seam->on = 1;
	return contain_mount_detach(p.root, "from", 0, &p.error);
}

static int run_detach_lazy(void)
{
	return contain_mount_detach(p.root, "from", CONTAIN_DETACH_LAZY, &p.error);
}

static int is_detached(void)
{
	return mounts_on(p.from) == 0;
}

static int run_detach_file(void)
{
	ct_seam->on = 0;
	T_SYS(mount(p.file, p.over, NULL, MS_BIND, NULL));
	ct_seam->on = 1;
	return contain_mount_detach(p.root, "over", 0, &p.error);
}

static int is_file_detached(void)
{
	return mounts_on(p.over) == 0;
}

static int run_bind(void)
{
	return contain_mount_bind(AT_FDCWD, p.from, AT_FDCWD, p.at, CONTAIN_MOUNT_READONLY,
				  &p.error);
}

static int is_bound(void)
{
	return mounts_on(p.at) == 1 && !strncmp(line_of(p.at), " ro,", 4) &&
	       !strncmp(line_of(t_fmt("%s/sub", p.at)), " ro,", 4);
}

static int run_tmpfs(void)
{
	return contain_mount_tmpfs(AT_FDCWD, p.at, 1 << 20, 0750, CONTAIN_MOUNT_NODEV, &p.error);
}

static int is_tmpfs(void)
{
	struct stat st;

	return mounts_on(p.at) == 1 && !strncmp(line_of(p.at), " rw,nodev,", 10) &&
	       stat(p.at, &st) == 0 && (st.st_mode & 07777) == 0750;
}

/* As below Linux 5.2, or by a filter */
static int is_old(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	*ret = -ENOSYS;
	return nr == __NR_open_tree || nr == __NR_move_mount || nr == __NR_mount_setattr ||
	       nr == __NR_fsmount;
}

static const struct path {
	const char *name;
	int (*run)(void);
	int (*done)(void);
	int old;
	int partly; /* a failure may leave the part that was done before */
} paths[] = {
	{ "new", run_new, is_made, 0, 0 },
	{ "clone", run_clone, is_cloned, 0, 0 },
	{ "attributes", run_change, is_changed, 0, 0 },
	{ "attributes-old", run_change, is_changed, 1, 1 },
	{ "propagation", run_propagate, is_propagated, 0, 1 },
	{ "propagation-old", run_propagate, is_propagated, 1, 1 },
	{ "attach", run_attach, is_attached, 0, 0 },
	{ "move", run_move, is_moved, 0, 0 },
	{ "move-old", run_move, is_moved, 1, 0 },
	{ "detach", run_detach, is_detached, 0, 0 },
	{ "detach-lazy", run_detach_lazy, is_detached, 0, 0 },
	{ "detach-file", run_detach_file, is_file_detached, 0, 0 },
	{ "bind", run_bind, is_bound, 0, 0 },
	{ "bind-old", run_bind, is_bound, 1, 0 },
	{ "tmpfs", run_tmpfs, is_tmpfs, 0, 0 },
	{ "tmpfs-old", run_tmpfs, is_tmpfs, 1, 0 },
};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

/* ---- the cases ---- */

static struct {
	int cases, failed, fine;
} count;

static int64_t now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void one(const struct path *path, int who, uint32_t k, long nr, int err)
{
	const char *what = t_fmt("%s: %s call %u, %s: %s", path->name, who ? "thread" : "caller", k,
				 fx_call_name(nr), err ? fx_errno_name(err) : "none");
	struct t_state *state = t_state_take(STATE), *mounts;
	char diff[2000];
	int64_t start = now_msec();
	int r, done;

	set_up();
	mounts = t_state_take(T_MOUNTS);
	fx_seam_reset();
	ct_facts_drop();
	ct_seam->fake = path->old ? is_old : NULL;
	ct_seam->who = (uint8_t)who;
	ct_seam->at = k;
	ct_seam->nr = err ? (int16_t)nr : -1;
	ct_seam->uncounted = __NR_futex + 1; /* the thread may be faster */
	ct_seam->err = err;
	ct_seam->action = err ? CT_SEAM_FAIL : 0;
	ct_seam->on = 1;
	r = path->run();
	ct_seam->on = 0;
	ct_seam->fake = NULL;
	count.cases++;
	count.failed += r < 0;
	count.fine += r >= 0;
	T_EXPECT(r >= 0 || r == contain_error_code(p.error), "%s: %d, %s", what, r,
		 contain_error_message(p.error));
	T_EXPECT(r >= 0 || *contain_error_op(p.error), "%s: %s", what,
		 contain_error_message(p.error));
	T_EXPECT(err || r >= 0, "%s: %s", what, contain_error_message(p.error));
	T_EXPECT(r < 0 || !p.error, "%s: an error, and success", what);
	contain_error_free(p.error);
	p.error = NULL;
	/* these two change the mounts before they begin */
	if (r < 0 && !path->partly && strcmp(path->name, "detach") &&
	    strcmp(path->name, "detach-file"))
		T_EXPECT(!t_state_diff(mounts, diff, sizeof(diff)), "%s: it failed, but:\n%s", what,
			 diff);
	t_state_free(mounts);
	done = path->done();
	T_EXPECT(r < 0 || done, "%s: it succeeded, but was not done: %s", what, line_of(p.from));
	T_EXPECT(r >= 0 || !done || path->partly, "%s: it failed, but was done", what);
	clean_up();
	T_EXPECT(!t_state_diff(state, diff, sizeof(diff)), "%s: left behind:\n%s", what, diff);
	t_state_free(state);
	T_EXPECT(now_msec() - start < LIMIT_MSEC * t_slow(), "%s: took %lld ms", what,
		 (long long)(now_msec() - start));
}

static void all_positions(const struct path *path, int who)
{
	static const int errs[] = { -ENOSYS, -EPERM, -ENOMEM, -EINVAL, -EMFILE, -EAGAIN,
				    -EBUSY,  -EINTR, -ENOENT, -EACCES, -ENOSPC, -EIO };
	const size_t n = sizeof(errs) / sizeof(errs[0]);
	static int16_t nr[CT_SEAM_LOG];
	uint32_t calls = 0;

	one(path, who, 0, 0, 0);
	for (uint32_t i = 0; i < ct_seam->logged && i < CT_SEAM_LOG; i++)
		if (ct_seam->log[i].who == who && ct_seam->log[i].nr != __NR_futex)
			nr[calls++] = ct_seam->log[i].nr;
	count.cases = count.failed = count.fine = 0;
	for (uint32_t k = 0; k < calls; k += t_guest() ? 3 : 1) {
		const char *call = fx_call_name(nr[k]);

		if (!strcmp(call, "close") || !strcmp(call, "munmap") || !strcmp(call, "exit"))
			continue; /* done whatever it answers */
		for (size_t i = 0; i < n; i++)
			if (t_sample(1, 0) || i < 2 || i == 2 + k % (n - 2))
				one(path, who, k + 1, nr[k], errs[i]);
	}
	if (calls)
		t_note("%s: %s: %u calls, %d cases: %d failed, %d fine", path->name,
		       who ? "thread" : "caller", calls, count.cases, count.failed, count.fine);
	T_CHECK(!calls || count.failed > 0 || !strcmp(path->name, "tmpfs"));
}

static void with(int old)
{
	t_need_root();
	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	p.mnt = -1;
	snprintf(p.dir, sizeof(p.dir), "%s", t_tmpdir());
	snprintf(p.from, sizeof(p.from), "%s/from", p.dir);
	snprintf(p.at, sizeof(p.at), "%s/at", p.dir);
	snprintf(p.file, sizeof(p.file), "%s/file", p.dir);
	snprintf(p.over, sizeof(p.over), "%s/over", p.dir);
	T_SYS(mkdir(p.from, 0755));
	T_SYS(mkdir(p.at, 0755));
	t_write_file(p.file, "x");
	t_write_file(p.over, "y");
	p.root = open(p.dir, O_PATH | O_CLOEXEC);
	T_SYS(p.root);
	fx_seam_open();
	for (size_t i = 0; i < PATHS; i++)
		if (paths[i].old == old) {
			all_positions(&paths[i], CT_SEAM_PARENT);
			all_positions(&paths[i], CT_SEAM_STARTER);
		}
	close(p.root);
}

TEST_LIMIT(every_call_fails_once, 240)
{
	with(0);
}

TEST_LIMIT(every_call_of_old_kernels_fails_once, 240)
{
	with(1);
}
