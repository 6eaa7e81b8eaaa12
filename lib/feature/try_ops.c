/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs in a child that shares the memory of the caller: raw calls only, no libc. */
#include "try.h"

#include "../sys/clone.h"
#include "../sys/path.h"
#include "../sys/str.h"

static int write_text(const char *path, const char *text)
{
	return ct_write_at(AT_FDCWD, path, text, ct_len(text));
}

static int write_maps(const char *uid_map, const char *gid_map)
{
	int r = write_text("/proc/self/uid_map", uid_map);

	/* without this an ordinary user's gid map is refused, user_namespaces(7) */
	if (r == 0)
		r = write_text("/proc/self/setgroups", "deny");
	return r < 0 ? r : write_text("/proc/self/gid_map", gid_map);
}

/* A child of the child, on the other stack. Returns its pid and pidfd. */
static int run(struct ct_try *t, uint64_t flags, int (*fn)(void *), int *ret_pidfd)
{
	struct clone_args args;
	int r;

	ct_zero(&args, sizeof(args));
	args.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | flags;
	args.pidfd = (uintptr_t)ret_pidfd;
	args.stack = (uintptr_t)t->stack;
	args.stack_size = t->stack_size;
	r = ct_clone_run(&args, sizeof(args), fn, t);
	if (r < 0)
		*ret_pidfd = -1;
	return r;
}

static void reap(int pidfd)
{
	if (pidfd < 0)
		return;
	ct_sys_waitid(P_PIDFD, pidfd, NULL, WEXITED | __WALL, NULL);
	ct_sys_close(pidfd);
}

/* Some security modules let everybody make a user namespace and give it no capability. */
static int use_caps(void *arg)
{
	struct ct_try *t = arg;

	t->ns[CT_NS_UTS] = ct_sys_unshare(CLONE_NEWUTS);
	return 0;
}

static void try_without_caps(struct ct_try *t)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2];
	int pidfd, r;

	ct_zero(none, sizeof(none));
	r = ct_sys_capset(&header, none);
	if (r == 0)
		r = run(t, CLONE_NEWUSER, use_caps, &pidfd);
	if (r > 0) {
		reap(pidfd);
		r = 0;
	}
	t->ns[CT_NS_USER] = r;
}

static int exec_in_time_ns(void *arg)
{
	static char *const none[] = { NULL };
	struct ct_try *t = arg;
	char empty[1] = "", *argv[2];

	argv[0] = empty;
	argv[1] = NULL;
	/* the new program waits for its end: it must not outlive its parent */
	ct_sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	t->ns[CT_NS_TIME] = ct_sys_unshare(CLONE_NEWTIME);
	if (t->exec_fd < 0)
		return 0;
	t->exec = t->pipe[1] ? ct_sys_dup3(t->pipe[1], 0, 0) : ct_sys_fcntl(0, F_SETFD, 0);
	/* nothing of the caller's, not even for a moment */
	ct_sys_close_range(1, UINT32_MAX, CLOSE_RANGE_CLOEXEC);
	if (t->exec >= 0) {
		t->exec = CT_NOT_TRIED;
		t->exec = ct_sys_execveat(t->exec_fd, "", argv, none, AT_EMPTY_PATH);
	}
	return 0;
}

/* Where /proc belongs to another pid namespace, its numbers are other processes. */
static int proc_is_ours(void)
{
	char link[24], self[24];
	ssize_t n = ct_sys_readlinkat(AT_FDCWD, "/proc/self", link, sizeof(link) - 1);
	size_t len = ct_append_u64(self, sizeof(self), 0, (uint64_t)ct_sys_getpid());

	if (n < 0 || (size_t)n != len)
		return 0;
	while (len--)
		if (link[len] != self[len])
			return 0;
	return 1;
}

static int namespace_inode(int pid, const char *name, uint64_t *ret)
{
	struct stat st;
	char path[64];
	size_t n = ct_append(path, sizeof(path), 0, "/proc/");
	int r;

	n = ct_append_u64(path, sizeof(path), n, (uint64_t)pid);
	n = ct_append(path, sizeof(path), n, "/ns/");
	ct_append(path, sizeof(path), n, name);
	r = ct_sys_newfstatat(AT_FDCWD, path, &st, 0);
	if (r == 0)
		*ret = st.st_ino;
	return r;
}

/*
 * The end of vfork is not the end of exec: the kernel lets the parent go on when the old memory is
 * given up, and switches the time namespace after that. The program's byte says that it runs.
 */
static int wait_for_program(struct ct_try *t)
{
	const struct timespec limit = { 5, 0 };
	struct pollfd ready = { t->pipe[0], POLLIN, 0 };
	char byte;
	int r;

	ct_sys_close(t->pipe[1]);
	t->pipe[1] = -1;
	r = ct_sys_ppoll(&ready, 1, &limit, NULL, 0);
	if (r == 0)
		return -ETIMEDOUT;
	if (r > 0)
		r = (int)ct_sys_read(t->pipe[0], &byte, 1);
	return r < 0 ? r : r == 1 ? 0 : -EIO;
}

static int see_time_ns(struct ct_try *t, int pid)
{
	uint64_t in = 0, asked = 0;
	int r = wait_for_program(t);

	if (r == 0 && !proc_is_ours())
		r = -ESRCH;
	if (r == 0)
		r = namespace_inode(pid, "time", &in);
	if (r == 0)
		r = namespace_inode(pid, "time_for_children", &asked);
	return r < 0 ? r : in == asked;
}

static void try_exec(struct ct_try *t)
{
	int pidfd, pid, r;

	r = ct_sys_pipe2(t->pipe, O_CLOEXEC);
	if (r < 0)
		t->exec_fd = -1;
	pid = run(t, 0, exec_in_time_ns, &pidfd);
	if (pid < 0)
		return;
	if (t->exec == CT_NOT_TRIED && t->exec_fd >= 0) { /* it did not come back: it runs */
		t->exec = 0;
		t->time_entered = see_time_ns(t, pid);
		if (ct_sys_pidfd_send_signal(pidfd, SIGKILL, NULL, 0) < 0)
			return; /* it ends with this child, not before: nothing to wait for */
	}
	reap(pidfd);
}

/* Shares the descriptors of its parent: the user namespace lives on in the one that it opens. */
static int open_user_ns(void *arg)
{
	struct ct_try *t = arg;

	if (write_maps(t->inner_uid_map, t->inner_gid_map) < 0)
		return 0;
	t->user_fd = ct_sys_openat(AT_FDCWD, "/proc/self/ns/user", O_RDONLY | O_CLOEXEC, 0);
	return 0;
}

static int detached_tmpfs(struct ct_try *t)
{
	int fs = t->fsopen = ct_sys_fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (fs < 0)
		return fs;
	t->fsopen = 0;
	t->fsmount = ct_sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (t->fsmount == 0)
		t->fsmount = ct_sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
	ct_sys_close(fs);
	if (t->fsmount < 0)
		return t->fsmount;
	fs = t->fsmount;
	t->fsmount = 0;
	return fs;
}

static void try_idmap(struct ct_try *t)
{
	struct mount_attr attr;
	int pidfd, mnt;

	ct_zero(&attr, sizeof(attr));
	attr.attr_set = MOUNT_ATTR_IDMAP;
	attr.userns_fd = INT32_MAX;
	/* EBADF: the flag is known and the descriptor is looked at */
	t->idmap = ct_sys_mount_setattr(-1, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	if (t->idmap == -EBADF)
		t->idmap = 0;

	if (run(t, CLONE_NEWUSER | CLONE_FILES, open_user_ns, &pidfd) > 0)
		reap(pidfd);
	mnt = detached_tmpfs(t);
	if (mnt >= 0 && t->user_fd >= 0) {
		attr.userns_fd = (uint64_t)t->user_fd;
		t->idmap_tmpfs = ct_sys_mount_setattr(mnt, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	}
	/* EBADF: the flag is known and the descriptors are looked at */
	t->beneath = ct_sys_move_mount(-1, "", -1, "",
				       MOVE_MOUNT_BENEATH | MOVE_MOUNT_F_EMPTY_PATH |
					       MOVE_MOUNT_T_EMPTY_PATH);
	if (t->beneath == -EBADF)
		t->beneath = 0;
}

/* Makes a tmpfs in the child's mount namespace its working directory: no name is ever shared. */
static int enter_tmpfs(void)
{
	static const char places[][8] = { "/tmp", "/run", "/mnt", "/dev", "/proc" };
	int fd, r = -ENOENT;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		r = ct_sys_mount("tmpfs", places[i], "tmpfs", 0, "mode=0700");
		if (r < 0)
			continue;
		fd = ct_sys_openat(AT_FDCWD, places[i], O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		return fd < 0 ? fd : ct_sys_fchdir(fd);
	}
	return r;
}

static int set_option(int fs, const char *key, const char *value)
{
	return ct_sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

static int mount_overlay(struct ct_try *t)
{
	int r, fs = ct_sys_fsopen("overlay", FSOPEN_CLOEXEC);

	if (fs < 0)
		return fs;
	t->lowerdir_add = ct_takes_lowerdir_add(fs);
	ct_sys_close(fs);
	ct_sys_mkdirat(AT_FDCWD, "lower", 0700);
	ct_sys_mkdirat(AT_FDCWD, "upper", 0700);
	ct_sys_mkdirat(AT_FDCWD, "work", 0700);
	fs = ct_sys_fsopen("overlay", FSOPEN_CLOEXEC); /* anew: a refused key may spoil it */
	if (fs < 0)
		return fs;
	r = set_option(fs, "lowerdir", "lower");
	if (r == 0)
		r = set_option(fs, "upperdir", "upper");
	if (r == 0)
		r = set_option(fs, "workdir", "work");
	if (r == 0 && t->flags & CLONE_NEWUSER) /* trusted.* attributes are not for it */
		r = ct_sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0);
	if (r == 0)
		r = ct_sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	ct_sys_close(fs);
	return r;
}

static void try_mounts(struct ct_try *t)
{
	int fd;

	/* Fails where the root is no mount point (chroot): mounts would reach the host's peers. */
	t->tmpfs = ct_sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (t->tmpfs == 0)
		t->tmpfs = enter_tmpfs();
	if (t->tmpfs < 0)
		return;
	t->overlay = mount_overlay(t);
	fd = ct_sys_openat(AT_FDCWD, "file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	t->user_xattr = fd < 0 ? fd : ct_sys_fsetxattr(fd, "user.contain", "1", 1, 0);
	if (fd >= 0)
		ct_sys_close(fd);
}

int ct_try_child(void *arg)
{
	struct ct_try *t = arg;

	if (t->without_caps) {
		try_without_caps(t);
		return 0;
	}
	if (t->flags & CLONE_NEWUSER) {
		t->ns[CT_NS_USER] = 0;
		t->map = write_maps(t->uid_map, t->gid_map);
	}
	try_exec(t);
	t->ns[CT_NS_UTS] = ct_sys_unshare(CLONE_NEWUTS);
	t->ns[CT_NS_IPC] = ct_sys_unshare(CLONE_NEWIPC);
	t->ns[CT_NS_NET] = ct_sys_unshare(CLONE_NEWNET);
	t->ns[CT_NS_CGROUP] = ct_sys_unshare(CLONE_NEWCGROUP);
	t->ns[CT_NS_MNT] = ct_sys_unshare(CLONE_NEWNS);
	if (t->ns[CT_NS_MNT] == 0) {
		try_idmap(t);
		try_mounts(t);
	}
	/* last: from here on it could have no more children */
	t->ns[CT_NS_PID] = ct_sys_unshare(CLONE_NEWPID);
	return 0;
}
