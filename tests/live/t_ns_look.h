/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A world to look at: a pid and a mount namespace with a procfs of their own, in which there is
 * nothing but what the test has put there. For an ordinary user a user namespace too.
 */
#ifndef T_NS_LOOK_H
#define T_NS_LOOK_H

#include "t_ns.h"

#include <sys/mount.h>

/* Shared by all processes of a test: what children have to tell. */
struct tl_shared {
	uint64_t inode[16][TN_TYPES]; /* by child, in the order of tn_type */
	int pid[16];
	volatile int ready[16];
	volatile int stop, turn;
	volatile long done;
};

static struct tl_shared *tl;

static inline void tl_share(void)
{
	tl = mmap(NULL, sizeof(*tl), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	T_CHECK(tl != MAP_FAILED);
}

/* In a user namespace of its own, where it keeps its ids, or is root. */
static inline void tl_user_namespace(unsigned inside)
{
	unsigned uid = geteuid(), gid = getegid();

	T_SYS(unshare(CLONE_NEWUSER));
	t_write_file("/proc/self/setgroups", "deny");
	t_write_file("/proc/self/uid_map", t_fmt("%u %u 1", inside, uid));
	t_write_file("/proc/self/gid_map", t_fmt("%u %u 1", inside, gid));
}

static inline void tl_mount_proc(void)
{
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	T_SYS(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
}

/* Runs body as process 1 of a world; its end is the world's. */
static inline int tl_world_child(void *arg, void *rec)
{
	void (*body)(void) = *(void (**)(void))arg;
	int status;
	pid_t pid;

	(void)rec;
	tl_share();
	if (!ts_is_root())
		tl_user_namespace(0);
	T_SYS(unshare(CLONE_NEWPID | CLONE_NEWNS));
	pid = fork();
	T_SYS(pid);
	if (!pid) {
		tl_mount_proc();
		body();
		fflush(NULL);
		/* not exit(): where a leak sanitizer looks there may be no /proc */
		_exit(0);
	}
	T_SYS(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static inline void tl_world(void (*body)(void))
{
	ck_assert_int_eq(t_child(tl_world_child, &body, NULL, 0), 0);
}

/* As the world's procfs counts; getpid() counts as its own pid namespace does. */
static inline int tl_pid(void)
{
	char text[16] = "";

	T_CHECK(readlink("/proc/self", text, sizeof(text) - 1) > 0);
	return atoi(text);
}

/* Writes down where this process is, and waits for the end. */
static inline void tl_stay(int n)
{
	for (int t = 0; t < TN_TYPES; t++)
		tl->inode[n][t] = tn_own(tn_type[t]);
	tl->pid[n] = tl_pid();
	tl->ready[n] = 1;
	for (;;)
		pause();
}

static inline void tl_await(int n)
{
	for (int i = 0; i < 10000 * t_slow() && !tl->ready[n]; i++)
		usleep(1000);
	T_CHECK(tl->ready[n], "child %d is not ready", n);
}

/* A process in new namespaces, none of them a pid namespace, that stays. Its pid. */
static inline pid_t tl_put(int n, uint64_t types)
{
	pid_t pid = fork();

	T_SYS(pid);
	if (!pid) {
		T_SYS(unshare((int)types));
		tl_stay(n);
	}
	tl_await(n);
	return pid;
}

static inline void tl_kill(pid_t pid)
{
	T_SYS(kill(pid, SIGKILL));
	T_SYS(waitpid(pid, NULL, 0));
}

static inline uint64_t tl_inode(int n, uint64_t type)
{
	for (int t = 0; t < TN_TYPES; t++)
		if (tn_type[t] == type)
			return tl->inode[n][t];
	return 0;
}

static inline contain_inventory *tl_take(uint64_t types, uint32_t flags)
{
	contain_inventory *inv = NULL;
	contain_error *e = NULL;

	tn_fine(contain_inventory_take(types, flags, &inv, &e), e);
	T_CHECK(inv);
	return inv;
}

/* The number of a namespace that has to be there. */
static inline int tl_at(const contain_inventory *inv, uint64_t type, uint64_t inode)
{
	int i = contain_inventory_find(inv, type, inode);

	T_CHECK(i >= 0, "%s namespace %ju is not in it", contain_ns_type_name(type),
		(uintmax_t)inode);
	T_CHECK(contain_inventory_type(inv, i) == type &&
		contain_inventory_inode(inv, i) == inode);
	return i;
}

#endif
