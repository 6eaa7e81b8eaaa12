/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A hostile root beside a canary, for the primitives that attach and detach mounts below it. */
#ifndef T_A_ATTACH_H
#define T_A_ATTACH_H

#include "canary.h"

#include <contain/contain.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct h_canary *canary;
static const char *evil; /* the hostile root */

static inline void mkdirs(const char *path)
{
	T_CHECK(system(t_fmt("mkdir -p '%s'", path)) == 0, "%s", path);
}

static inline void link_to(const char *text, const char *name)
{
	T_CHECK(symlink(text, t_fmt("%s/%s", evil, name)) == 0, "%s: %m", name);
}

/* The canary has a directory dir/sub: whoever follows a link out of the root finds it. */
static inline const char *outside(void)
{
	return t_fmt("%s/dir/sub", h_tree(canary));
}

/*
 * On a file system of its own: its renames need not be watched. race/sub is a directory inside;
 * abs, rel and chain lead to the canary's dir, or to what has that path inside.
 */
static inline void set_up(void)
{
	const char *dir;

	t_need_root();
	canary = h_new();
	evil = t_fmt("%s/evil", h_host(canary));
	dir = t_fmt("%s/dir", h_tree(canary));
	T_SYS(mkdir(evil, 0755));
	T_SYS(mount("evil", evil, "tmpfs", 0, "mode=755"));
	mkdirs(t_fmt("%s/race/sub", evil));
	mkdirs(t_fmt("%s%s/sub", evil, dir));
	link_to(dir, "abs");
	link_to(t_fmt("../../../../../../../../../../..%s", dir), "rel");
	link_to("abs", "chain0");
	for (int i = 1; i < 10; i++)
		link_to(t_fmt("chain%d", i - 1), t_fmt("chain%d", i));
	T_CHECK(system(t_fmt("chown -Rh %d:%d %s", T_UID, T_GID, evil)) == 0);
	h_forget(canary);
}

static inline void tear_down(void)
{
	h_check(canary);
	h_free(canary);
}

/* As root in this mount namespace, or as a user in one of his own. */
static inline void enter(void)
{
	unsigned int uid = geteuid(), gid = getegid();

	if (!uid)
		return;
	ck_assert_int_eq(contain_ns_unshare(CONTAIN_NS_USER | CONTAIN_NS_MNT, NULL), 0);
	ck_assert_int_eq(contain_ns_map_self(0, 0, uid, gid, NULL), 0);
}

static inline dev_t device(const char *path)
{
	struct stat st;

	T_CHECK(stat(path, &st) == 0, "%s: %m", path);
	return st.st_dev;
}

static int root_fd = -1;

static inline int new_tmpfs(void)
{
	int fd = contain_mount_new_tmpfs(1 << 20, 0, 0755, 0, NULL);

	T_CHECK(fd >= 0, "%d", fd);
	return fd;
}

static inline void open_root(void)
{
	T_SYS(root_fd = open(evil, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* What leads to the canary, and inside to a place. */
static const char *const traps[] = {
	"abs/sub", "rel/sub", "chain9/sub", "/abs/sub", "../../../abs/sub", "race/../abs/sub",
	"abs/new/deep", "rel/new/deep", "chain9/new/deep",
};

/* A thread that exchanges two names. */
struct racer {
	char one[512], two[512];
	int stop, calm;
	unsigned long rounds;
};

static inline void *exchange(void *arg)
{
	struct racer *racer = arg;

	while (!__atomic_load_n(&racer->stop, __ATOMIC_RELAXED)) {
		syscall(SYS_renameat2, AT_FDCWD, racer->one, AT_FDCWD, racer->two,
			2 /* RENAME_EXCHANGE */);
		if (__atomic_add_fetch(&racer->rounds, 1, __ATOMIC_RELAXED) % 5 == 0 && racer->calm)
			usleep(50);
	}
	return NULL;
}

static inline unsigned long rounds_of(struct racer *racer)
{
	return __atomic_load_n(&racer->rounds, __ATOMIC_RELAXED);
}

#endif
