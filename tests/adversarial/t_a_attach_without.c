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
