/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A40 of mounts: A01 and A02 below a hostile root with each of the newer calls missing. */
#include "t_a_attach.h"

#include "fixture.h"

/* ---- A40: each of the newer calls is missing, then all of them ---- */

static const struct {
	const char *name;
	long nr;
} newer[] = {
	{ "openat2", SYS_openat2 },	{ "mount_setattr", SYS_mount_setattr },
	{ "open_tree", SYS_open_tree }, { "move_mount", SYS_move_mount },
	{ "fsopen", SYS_fsopen },	{ "fsconfig", SYS_fsconfig },
	{ "fsmount", SYS_fsmount },	{ "statx", SYS_statx },
	{ "statmount", 457 },		{ "listmount", 458 },
	{ "clone3", SYS_clone3 },
};

#define NEWER (sizeof(newer) / sizeof(newer[0]))

static long missing; /* a number, or -1: all that are listed */

static int no_such_call(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	for (size_t i = 0; i < NEWER; i++)
		if (nr == newer[i].nr && (missing < 0 || missing == nr)) {
			*ret = -ENOSYS;
			return 1;
		}
	return 0;
}

/* It is done, or what is missing is named. */
static int done_or_told(int r, contain_error **e, const char *what, const char *without)
{
	T_CHECK(r >= 0 || (r == -EOPNOTSUPP && strstr(contain_error_message(*e), "unsupported: ")),
		"%s without %s: %d %s", what, without, r, contain_error_message(*e));
	contain_error_free(*e);
	*e = NULL;
	return r >= 0;
}

static void lands_inside(const char *trap, const char *without, int *works)
{
	int create = strstr(trap, "new") != NULL, mnt = new_tmpfs();
	const char *place = t_fmt("%s%s/dir/%s", evil, h_tree(canary), create ? "new/deep" : "sub");
	contain_error *e = NULL;
	int r;

	ct_seam->on = 1;
	r = contain_mount_attach(mnt, root_fd, trap, create ? CONTAIN_ATTACH_CREATE : 0, &e);
	ct_seam->on = 0;
	close(mnt); /* it would keep the mount in use */
	if (!done_or_told(r, &e, "attach", without))
		return;
	++*works;
	T_CHECK(device(place) != device(evil), "%s without %s: not inside", trap, without);
	ct_seam->on = 1;
	r = contain_mount_detach(root_fd, trap, 0, &e);
	ct_seam->on = 0;
	if (!done_or_told(r, &e, "detach", without))
		T_SYS(umount2(place, MNT_DETACH));
	T_CHECK(device(place) == device(evil), "%s without %s: not detached", trap, without);
}

/*
 * In one step, at a name of the caller's own: there are older ways, so with one call missing all of
 * it works. Without any of them no proc file system can be believed, by which they would go.
 */
static void one_step(const char *without)
{
	const char *place = t_fmt("%s/one", evil), *file = t_fmt("%s/file", place);
	contain_error *e = NULL;
	int r;

	mkdir(place, 0755);
	ct_seam->on = 1;
	r = contain_mount_tmpfs(AT_FDCWD, place, 1 << 20, 0755, CONTAIN_MOUNT_NOSUID, &e);
	ct_seam->on = 0;
	T_CHECK(r == 0 || missing < 0, "tmpfs without %s: %s", without, contain_error_message(e));
	if (!done_or_told(r, &e, "tmpfs", without))
		return;
	t_write_file(file, "x");
	mkdir(t_fmt("%s/two", place), 0755);
	ct_seam->on = 1;
	r = contain_mount_bind(AT_FDCWD, place, AT_FDCWD, t_fmt("%s/two", place),
			       CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_NOEXEC, &e);
	ct_seam->on = 0;
	T_CHECK(r == 0, "bind without %s: %s", without, contain_error_message(e));
	T_CHECK(open(t_fmt("%s/two/file", place), O_WRONLY | O_CLOEXEC) < 0 && errno == EROFS);
	T_SYS(umount2(place, MNT_DETACH));
}

static int without_each(void *arg, void *rec)
{
	int works[NEWER + 1] = { 0 };

	(void)arg;
	(void)rec;
	enter();
	open_root();
	fx_seam_open();
	fx_seam_reset();
	ct_seam->fake = no_such_call;
	for (size_t i = 0; i <= NEWER; i++) {
		const char *without = i < NEWER ? newer[i].name : "all";

		missing = i < NEWER ? newer[i].nr : -1;
		for (size_t k = 0; k < sizeof(traps) / sizeof(traps[0]); k++)
			lands_inside(traps[k], without, &works[i]);
		one_step(without);
		t_note("without %s: attached %d times", without, works[i]);
	}
	return 0;
}

TEST_LIMIT(a40_newer_calls_are_missing, 60)
{
	set_up();
	t_as_user(without_each, NULL);
	ck_assert_int_eq(t_child(without_each, NULL, NULL, 0), 0);
	tear_down();
}

/* ---- A03 in one step: the older ways take names, and the caller has but an fd ---- */

static int mounts_below_evil(void)
{
	FILE *file = fopen("/proc/thread-self/mountinfo", "re");
	char line[4096];
	int n = 0;

	T_CHECK(file, "%m");
	while (fgets(line, sizeof(line), file))
		n += strstr(line, t_fmt(" %s/", evil)) != NULL;
	fclose(file);
	return n;
}

/* Wherever the fd's directory is by now, what is mounted is on it, and inside. */
static int raced_once(dev_t before, const char *without)
{
	struct { uint64_t flags, mode, resolve; } how = { O_PATH | O_CLOEXEC, 0,
							  0x10 /* RESOLVE_IN_ROOT */ };
	int fd = (int)syscall(SYS_openat2, root_fd, "race/sub", &how, sizeof(how)), r;
	contain_error *e = NULL;

	if (fd < 0)
		return 0;
	ct_seam->on = 1;
	r = contain_mount_tmpfs(fd, "", 1 << 20, 0755, CONTAIN_MOUNT_NODEV, &e);
	ct_seam->on = 0;
	close(fd);
	T_CHECK(device(outside()) == before, "without %s: mounted on the canary", without);
	return done_or_told(r, &e, "tmpfs", without);
}

static int without_each_raced(void *arg, void *rec)
{
	struct racer racer = { .calm = 1 };
	pthread_t thread;
	dev_t before;
	int n, tries = t_guest() ? 20 : 400;

	(void)arg;
	(void)rec;
	enter();
	open_root();
	fx_seam_open();
	fx_seam_reset();
	ct_seam->fake = no_such_call;
	before = device(outside());
	snprintf(racer.one, sizeof(racer.one), "%s/race", evil);
	snprintf(racer.two, sizeof(racer.two), "%s/abs", evil);
	T_CHECK(pthread_create(&thread, NULL, exchange, &racer) == 0);
	for (size_t i = 0; i < NEWER; i++) {
		int done = 0, there = mounts_below_evil();

		missing = newer[i].nr;
		for (int k = 0; k < tries; k++)
			done += raced_once(before, newer[i].name);
		n = mounts_below_evil();
		T_CHECK(n - there == done, "without %s: %d mounts, %d inside", newer[i].name, done,
			n - there);
		T_CHECK(done > tries / 2, "without %s: %d of %d", newer[i].name, done, tries);
	}
	__atomic_store_n(&racer.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	return 0;
}

TEST_LIMIT(a40_raced_in_one_step, 120)
{
	set_up();
	t_as_user(without_each_raced, NULL);
	ck_assert_int_eq(t_child(without_each_raced, NULL, NULL, 0), 0);
	tear_down();
}
