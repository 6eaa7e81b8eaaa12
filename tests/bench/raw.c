/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The jobs of bench.h by hand: what somebody who knows the kernel well would write for this one
 * machine, with no library, plan, report or undo. It is the yardstick, so it makes no call that
 * the job does not need, and knows what a general program would have to find out: which files of
 * /proc are directories, which paths of the host are good, that descriptors 0 to 2 are open, that
 * the group above is not frozen and not killed as a whole. What the caller has in hand afterwards
 * is the same: a pidfd, and an fd of the group.
 *
 * What the job needs, and so is done here as well:
 * - memory is shared with the caller until exec (CLONE_VM | CLONE_VFORK), signals are blocked
 *   around the clone, the child touches no libc;
 * - the root file system is hostile: names in it are resolved by openat2(2) inside it; a file
 *   system is filled before it is attached, and attached by fd. Names in a file system that the
 *   kernel just made for us (proc, sysfs) are trusted;
 * - device nodes that come from the host are verified;
 * - the program is looked at, so that it is no magic link to the caller's own (CVE-2019-5736);
 * - the payload has default signals, no fd but stdio, an empty ambient set, a session keyring of
 *   its own, and so on.
 *
 * Descriptors of the child are not closed one by one: close_range(2) takes them all.
 */
#include "bench.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define MNT_DETACH 2
#define SIOCSIFFLAGS 0x8914

/* ---- the kernel ---- */

static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#endif
}

#define sys5(n, a, b, c, d, e) \
	sys6(SYS_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define sys4(n, a, b, c, d) sys5(n, a, b, c, d, 0)
#define sys3(n, a, b, c) sys4(n, a, b, c, 0)
#define sys2(n, a, b) sys3(n, a, b, 0)
#define sys1(n, a) sys2(n, a, 0)

/* The child never returns from here: it calls fn on its own stack. */
static long clone_run(struct clone_args *args, int (*fn)(struct raw *), struct raw *arg)
{
#if defined(__x86_64__)
	register void *r12 __asm__("r12") = (void *)fn;
	register void *r13 __asm__("r13") = arg;
	long ret;

	__asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\txor %%ebp, %%ebp\n\t"
			 "mov %%r13, %%rdi\n\tcall *%%r12\n\thlt\n1:"
			 : "=a"(ret)
			 : "a"((long)SYS_clone3), "D"(args), "S"(sizeof(*args)), "r"(r12), "r"(r13)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = SYS_clone3;
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = sizeof(*args);
	register void *x19 __asm__("x19") = (void *)fn;
	register void *x20 __asm__("x20") = arg;

	__asm__ volatile(
		"svc 0\n\tcbnz x0, 1f\n\tmov x29, xzr\n\tmov x0, x20\n\tblr x19\n\tbrk 1\n1:"
		: "+r"(x0)
		: "r"(x8), "r"(x1), "r"(x19), "r"(x20)
		: "x30", "memory");
	return x0;
#endif
}

static void stuck(struct raw *r, int line, long err)
{
	r->line = line;
	r->err = (int)err;
	sys1(exit_group, 127);
}

static inline int done(struct raw *r, int line, long result)
{
	if (result < 0)
		stuck(r, line, result);
	return (int)result;
}

/* In the child: the first failure is its last act. */
#define TRY(call) done(r, __LINE__, (call))

/* ---- pieces of the child's work ---- */

static int in_root(struct raw *r, int root, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	long fd;

	do {
		fd = sys4(openat2, root, path, &how, sizeof(how));
	} while (fd == -EAGAIN);
	return TRY(fd);
}

/* keys: pairs of key and value */
static int new_fs(struct raw *r, const char *type, const char *const *keys, unsigned int attr)
{
	int fd = TRY(sys2(fsopen, type, FSOPEN_CLOEXEC));

	for (; keys && *keys; keys += 2)
		TRY(sys5(fsconfig, fd, keys[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, keys[0],
			 keys[1], 0));
	TRY(sys5(fsconfig, fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	return TRY(sys3(fsmount, fd, FSMOUNT_CLOEXEC, attr));
}

static void attach(struct raw *r, int mnt, int root, const char *path)
{
	int target = in_root(r, root, path);

	TRY(sys5(move_mount, mnt, "", target, "",
		 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

static void attach_name(struct raw *r, int mnt, int dir, const char *name)
{
	TRY(sys5(move_mount, mnt, "", dir, name, MOVE_MOUNT_F_EMPTY_PATH));
}

static void set_readonly(struct raw *r, int mnt, int flags, uint64_t attr)
{
	struct mount_attr a = { .attr_set = MOUNT_ATTR_RDONLY | attr };

	TRY(sys5(mount_setattr, mnt, "", AT_EMPTY_PATH | flags, &a, sizeof(a)));
}

static int verified(struct raw *r, int fd, int major, int minor)
{
	struct stat st;

	TRY(sys4(newfstatat, fd, "", &st, AT_EMPTY_PATH));
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(major, minor))
		stuck(r, __LINE__, -ENODEV);
	return fd;
}

/* The start of every job: returns the host's null device. */
static int leave_caller(struct raw *r)
{
	int null;

	TRY(sys1(setsid, 0));
	TRY(sys2(keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL));
	null = TRY(
		sys4(openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0));
	TRY(sys5(mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	return verified(r, null, 1, 3);
}

static int root_of_directory(struct raw *r, int readonly, int own_dev)
{
	int root = TRY(sys3(open_tree, AT_FDCWD, r->w->root,
			    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));

	if (readonly)
		set_readonly(r, root, AT_RECURSIVE, own_dev ? MOUNT_ATTR_NODEV : 0);
	attach_name(r, root, AT_FDCWD, "/");
	return root;
}

/* Upper and work directory lie on a tmpfs on /proc of the host, which the pivot takes away. */
static int root_of_overlay(struct raw *r, int user)
{
	int upper = new_fs(r, "tmpfs", NULL, MOUNT_ATTR_NODEV), root;
	const char *keys[] = { "lowerdir+",
			       r->w->root,
			       "upperdir",
			       "upper",
			       "workdir",
			       "work",
			       user ? "userxattr" : NULL,
			       NULL,
			       NULL };

	attach_name(r, upper, AT_FDCWD, "/proc");
	TRY(sys3(mkdirat, upper, "upper", 0755));
	TRY(sys3(mkdirat, upper, "work", 0755));
	TRY(sys1(fchdir, upper));
	if (!r->w->lowerdir_add) {
		/* one string for all: a path with ':' needs a name that has none */
		TRY(sys3(symlinkat, r->w->root, upper, "0"));
		TRY(sys3(mkdirat, upper, "root", 0755));
		TRY(sys5(mount, "overlay", "root", "overlay", 4 /* MS_NODEV */,
			 user ? "lowerdir=0,upperdir=upper,workdir=work,userxattr" :
				"lowerdir=0,upperdir=upper,workdir=work"));
		return TRY(sys4(openat, upper, "root", O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
	}
	root = new_fs(r, "overlay", keys, MOUNT_ATTR_NODEV);
	attach_name(r, root, AT_FDCWD, "/");
	return root;
}

static void loopback_up(struct raw *r)
{
	struct ifreq req;
	int fd;

	fd = TRY(sys3(socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	memcpy(req.ifr_name, "lo", 3);
	req.ifr_flags = IFF_UP | IFF_RUNNING;
	TRY(sys3(ioctl, fd, SIOCSIFFLAGS, &req));
}

static const struct node {
	const char *name, *host;
	int major, minor;
} nodes[] = {
	{ "null", "/dev/null", 1, 3 },	     { "zero", "/dev/zero", 1, 5 },
	{ "full", "/dev/full", 1, 7 },	     { "random", "/dev/random", 1, 8 },
	{ "urandom", "/dev/urandom", 1, 9 }, { "tty", "/dev/tty", 5, 0 },
};

/*
 * A user namespace cannot make device nodes; files cannot be bound on a mount that is not
 * attached.
 */
static void bind_nodes(struct raw *r, int dev)
{
	for (int i = 0; i < 6; i++) {
		int fd;

		TRY(sys4(mknodat, dev, nodes[i].name, S_IFREG | 0644, 0));
		fd = TRY(sys3(open_tree, AT_FDCWD, nodes[i].host,
			      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW));
		attach_name(r, verified(r, fd, nodes[i].major, nodes[i].minor), dev, nodes[i].name);
	}
}

/* Returns an empty read-only directory, detached, for masks. */
static int make_dev(struct raw *r, int root, int user)
{
	static const char *const dev_keys[] = { "mode", "755", "size", "65536", NULL };
	static const char *const pts_keys[] = {
		"ptmxmode", "666", "mode", "620", "gid", "5", NULL
	};
	static const char *const pts_user[] = { "ptmxmode", "666", "mode", "620", NULL };
	static const char *const shm_keys[] = { "size", "67108864", NULL };
	static const char *const links[] = { "/proc/self/fd",	"fd",
					     "/proc/self/fd/0", "stdin",
					     "/proc/self/fd/1", "stdout",
					     "/proc/self/fd/2", "stderr",
					     "pts/ptmx",	"ptmx" };
	unsigned int attr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	int dev = new_fs(r, "tmpfs", dev_keys, attr), empty;

	for (int i = 0; i < 10; i += 2)
		TRY(sys3(symlinkat, links[i], dev, links[i + 1]));
	TRY(sys3(mkdirat, dev, "pts", 0755));
	TRY(sys3(mkdirat, dev, "shm", 0755));
	TRY(sys3(mkdirat, dev, "mqueue", 0755));
	for (int i = 0; i < 6 && !user; i++)
		TRY(sys4(mknodat, dev, nodes[i].name, S_IFCHR | 0666,
			 makedev(nodes[i].major, nodes[i].minor)));
	attach(r, dev, root, "dev");
	if (user)
		bind_nodes(r, dev);
	empty = TRY(sys3(open_tree, dev, "pts", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
	set_readonly(r, empty, 0, 0);
	attach_name(r, new_fs(r, "devpts", user ? pts_user : pts_keys, attr), dev, "pts");
	attach_name(r, new_fs(r, "tmpfs", shm_keys, attr | MOUNT_ATTR_NODEV), dev, "shm");
	attach_name(r, new_fs(r, "mqueue", NULL, attr | MOUNT_ATTR_NODEV), dev, "mqueue");
	return empty;
}

/*
 * Looking first would be one call more for what exists. A clone that found no place is used for the
 * next name: to close it takes 200 us. So the last name of each list is one that every kernel has.
 */
static void mask(struct raw *r, int source, int clone, const char *const *name, const int *dir)
{
	for (; *name; name++, dir++) {
		long err;

		if (clone < 0)
			clone = TRY(sys3(open_tree, source, "",
					 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
		err = sys5(move_mount, clone, "", *dir, *name, MOVE_MOUNT_F_EMPTY_PATH);
		if (err == -ENOENT)
			continue;
		TRY(err);
		clone = -1;
	}
}

/* The first directory takes the one there is; the others clone it, attached and read-only. */
static void hide(struct raw *r, int null, int empty, int proc, int sys)
{
	static const char *const files[] = { "interrupts", "kcore", "keys", "latency_stats",
					     "sched_debug", "timer_list", NULL };
	static const char *const dirs[] = { "acpi",	"asound",
					    "scsi",	"devices/virtual/powercap",
					    "firmware", NULL };
	static const char *const readonly[] = { "bus", "fs", "irq", "sys", "sysrq-trigger" };
	const int files_in[] = { proc, proc, proc, proc, proc, proc };
	const int dirs_in[] = { proc, proc, proc, sys, sys };

	mask(r, null, -1, files, files_in);
	mask(r, empty, empty, dirs, dirs_in);
	for (int i = 0; i < 5; i++) {
		long fd = sys3(open_tree, proc, readonly[i],
			       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

		if (fd == -ENOENT)
			continue;
		set_readonly(r, TRY(fd), AT_RECURSIVE, 0);
		attach_name(r, (int)fd, proc, readonly[i]);
	}
}

static void defaults(struct raw *r, int root, int null, int user)
{
	unsigned int attr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	int proc = new_fs(r, "proc", NULL, attr), sys, empty;

	attach(r, proc, root, "proc");
	sys = new_fs(r, "sysfs", NULL, attr | MOUNT_ATTR_RDONLY);
	attach(r, sys, root, "sys");
	if (r->group >= 0)
		attach_name(r, new_fs(r, "cgroup2", NULL, attr | MOUNT_ATTR_RDONLY), sys,
			    "fs/cgroup");
	empty = make_dev(r, root, user);
	attach(r, new_fs(r, "tmpfs", NULL, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV), root, "tmp");
	hide(r, null, empty, proc, sys);
}

static void pivot(struct raw *r, int root)
{
	TRY(sys1(fchdir, root));
	TRY(sys2(pivot_root, ".", "."));
	TRY(sys2(umount2, ".", MNT_DETACH));
}

static void drop_capabilities(struct raw *r)
{
	const uint64_t keep = JOB_CAPABILITIES;
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { (uint32_t)keep, (uint32_t)keep, 0 },
						  { (uint32_t)(keep >> 32), (uint32_t)(keep >> 32),
						    0 } };

	for (int cap = 0; cap <= r->w->cap_last; cap++)
		if (!(keep >> cap & 1))
			TRY(sys5(prctl, PR_CAPBSET_DROP, cap, 0, 0, 0));
	TRY(sys2(capset, &head, data)); /* what is not inheritable is not ambient either */
}

/*
 * Not through a magic link, and no script that names one: the payload of the jobs is a static
 * program on the root's own mount.
 */
static void look_at_program(struct raw *r)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
					   RESOLVE_NO_XDEV };
	int fd = TRY(sys4(openat2, AT_FDCWD, r->w->argv[0], &how, sizeof(how)));
	struct stat st;
	char head[1024];

	TRY(sys4(newfstatat, fd, "", &st, AT_EMPTY_PATH));
	if (!S_ISREG(st.st_mode))
		stuck(r, __LINE__, -EACCES);
	if (TRY(sys4(pread64, fd, head, sizeof(head), 0)) < 4 || memcmp(head, ELFMAG, SELFMAG))
		stuck(r, __LINE__, -ENOEXEC);
	TRY(sys1(close, fd));
}

/* The end of every job. */
static void run(struct raw *r, int null)
{
	static char *const env[] = { (char *)JOB_PATH, NULL };
	uint64_t act[4] = { 0 }, none = 0;
	int out = r->w->out >= 0 ? r->w->out : null;

	TRY(sys3(dup3, null, 0, 0));
	TRY(sys3(dup3, out, 1, 0));
	TRY(sys3(dup3, out, 2, 0));
	TRY(sys3(close_range, 3, ~0U, 0));
	for (int sig = 1; sig <= 64; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			TRY(sys4(rt_sigaction, sig, act, NULL, 8));
	if (!(r->job & JOB_USER)) /* whose map was written by the child: setgroups is denied */
		TRY(sys2(setgroups, 0, NULL));
	drop_capabilities(r);
	TRY(sys5(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	TRY(sys4(rt_sigprocmask, SIG_SETMASK, &none, NULL, 8));
	TRY(sys3(execve, r->w->argv[0], r->w->argv, env));
}

static void write_self(struct raw *r, const char *path, const char *text, size_t n)
{
	int fd = TRY(sys4(openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0));

	TRY(sys3(write, fd, text, n));
}

/* ---- the job ---- */

static int child(struct raw *r)
{
	unsigned int base = r->job & JOB_BASE, user = r->job & JOB_USER;
	int null, root;

	if (user || base < BASE_RO)
		TRY(sys1(umask, 022));
	else
		TRY(sys1(umask, 0)); /* device nodes are for all */
	if (user) {
		write_self(r, "/proc/self/setgroups", "deny", 4);
		write_self(r, "/proc/self/uid_map", "0 0 1\n", 6);
		write_self(r, "/proc/self/gid_map", "0 0 1\n", 6);
	}
	/* its root is the group that the child is in: it was cloned into it before */
	if (r->group >= 0 && base != BASE_BARE)
		TRY(sys1(unshare, CLONE_NEWCGROUP));
	if (base != BASE_BARE)
		TRY(sys2(sethostname, JOB_HOSTNAME, sizeof(JOB_HOSTNAME) - 1));
	if (r->job & JOB_NET)
		loopback_up(r);
	null = leave_caller(r);
	root = base == BASE_OVERLAY ? root_of_overlay(r, !!user) :
				      root_of_directory(r, base != BASE_BARE, base >= BASE_RO);
	if (base >= BASE_RO)
		defaults(r, root, null, !!user);
	pivot(r, root);
	look_at_program(r);
	if (!user && base >= BASE_RO)
		TRY(sys1(umask, 022));
	run(r, null);
	return 0;
}

/* ---- the caller's side ---- */

static uint64_t clone_flags(const struct raw *r)
{
	uint64_t flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_NEWNS;

	if ((r->job & JOB_BASE) != BASE_BARE)
		flags |= CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
			 (r->group < 0 ? CLONE_NEWCGROUP : 0);
	if (r->job & JOB_NET)
		flags |= CLONE_NEWNET;
	if (r->job & JOB_USER)
		flags |= CLONE_NEWUSER;
	return flags | (r->group < 0 ? 0 : CLONE_INTO_CGROUP);
}

static void limit(int group, const char *key, const char *value)
{
	int fd = openat(group, key, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die("raw: %s: %m", key);
	close(fd);
}

static void make_group(struct raw *r)
{
	static unsigned int count;
	char cpu[32], number[24];

	snprintf(r->group_path, sizeof(r->group_path), "%s/contain/raw.%u", r->w->v2, count++);
	if (mkdir(r->group_path, 0755) < 0)
		die("raw: %s: %m", r->group_path);
	r->group = open(r->group_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->group < 0)
		die("raw: %s: %m", r->group_path);
	if (!r->w->limits)
		return;
	snprintf(number, sizeof(number), "%d", MEMORY_MAX);
	limit(r->group, "memory.max", number);
	snprintf(number, sizeof(number), "%d", PIDS_MAX);
	limit(r->group, "pids.max", number);
	snprintf(cpu, sizeof(cpu), "%d %d", CPU_QUOTA, CPU_PERIOD);
	limit(r->group, "cpu.max", cpu);
}

void raw_start(struct raw *r, unsigned int job, const struct world *w)
{
	static char stack[65536] __attribute__((aligned(4096)));
	uint64_t all = ~0ULL, old;
	struct clone_args args = { .pidfd = (uintptr_t)&r->pidfd,
				   .stack = (uintptr_t)stack,
				   .stack_size = sizeof(stack) };

	r->w = w;
	r->job = job;
	r->group = -1;
	r->line = r->err = 0;
	if (job & JOB_GROUP) {
		make_group(r);
		args.cgroup = (uint64_t)r->group;
	}
	args.flags = clone_flags(r);
	sys4(rt_sigprocmask, SIG_SETMASK, &all, &old, 8);
	r->pid = (int)clone_run(&args, child, r);
	sys4(rt_sigprocmask, SIG_SETMASK, &old, NULL, 8);
	if (r->pid < 0)
		die("raw: clone3: %s", strerror(-r->pid));
	if (r->line)
		die("raw: job 0x%x: line %d: %s", job, r->line, strerror(-r->err));
}

static uint64_t read_number(int group, const char *file, const char *key)
{
	char text[1024], *at = text;
	int fd = openat(group, file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		die("raw: %s: %m", file);
	close(fd);
	text[n] = 0;
	if (*key)
		at = strstr(text, key);
	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

void raw_end(struct raw *r)
{
	struct rusage u;

	if (wait4(r->pid, &r->status, __WALL, &u) < 0)
		die("raw: wait4: %m");
	close(r->pidfd);
	r->memory_peak_bytes = (uint64_t)u.ru_maxrss * 1024;
	r->cpu_usec = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
		      (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
	if (r->group < 0)
		return;
	r->cpu_usec = read_number(r->group, "cpu.stat", "usage_usec ");
	if (r->w->limits) {
		r->oom_killed = read_number(r->group, "memory.events", "oom_kill ");
		r->memory_peak_bytes = read_number(r->group, "memory.peak", "");
	}
	if (rmdir(r->group_path) < 0)
		die("raw: %s: %m", r->group_path);
	close(r->group);
	r->group = -1;
}
