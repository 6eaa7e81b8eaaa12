/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apart.h"
#include "sys/clone.h"
#include "sys/fd.h"
#include "sys/proc.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096
#define STACK 16384

#define CT_STATX_MNT_ID 0x1000u /* STATX_MNT_ID, Linux 5.8 */

#ifndef UMOUNT_NOFOLLOW
#define UMOUNT_NOFOLLOW 8
#endif

/* No process: a caller whose next child is process 1 of a new pid namespace keeps it. */
static int run_thread(struct ct_apart *a, char *stack)
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
			 CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
		.parent_tid = (uint64_t)(uintptr_t)&a->tid,
		.child_tid = (uint64_t)(uintptr_t)&a->tid,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = STACK,
	};
	const uint64_t all = ~0ULL;
	uint64_t mask = 0;
	int32_t tid;
	int r = ct_sys_rt_sigprocmask(SIG_SETMASK, NULL, &mask, sizeof(mask));

	if (!r) /* no handler of the program's runs on the thread's stack */
		r = ct_sys_rt_sigprocmask(SIG_SETMASK, &all, NULL, sizeof(all));
	if (r < 0)
		return r;
	a->result = -ECANCELED;
	r = ct_clone_run(&args, sizeof(args), ct_mount_apart_main, a);
	while (r > 0 && (tid = __atomic_load_n(&a->tid, __ATOMIC_SEQ_CST)) != 0)
		ct_sys_futex((uint32_t *)&a->tid, FUTEX_WAIT, (uint32_t)tid, NULL);
	/* the caller's mask is worth a second try, as nothing else could be done about it */
	if (ct_sys_rt_sigprocmask(SIG_SETMASK, &mask, NULL, sizeof(mask)) < 0)
		ct_sys_rt_sigprocmask(SIG_SETMASK, &mask, NULL, sizeof(mask));
	return r < 0 ? r : 0;
}

/* 0 with the call's answer in a->result, or why there was no thread. */
static int apart(struct ct_apart *a)
{
	char *base = ct_sys_mmap(PAGE + STACK, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK);
	int r;

	if (ct_sys_is_err(base))
		return (int)(intptr_t)base;
	r = ct_sys_mprotect(base, PAGE, PROT_NONE); /* a guard */
	if (!r) {
#ifdef CT_SEAM
		ct_seam_stack(CT_SEAM_STARTER, base + PAGE, STACK);
#endif
		r = run_thread(a, base + PAGE);
	}
	ct_sys_munmap(base, PAGE + STACK);
	return r;
}

/* Whether the name that /proc has for an fd leads to what the fd is. */
static int is_named(int fd)
{
	struct statx own = { 0 }, named = { 0 };
	char name[48];
	int at, r = ct_sys_statx(fd, "", AT_EMPTY_PATH, STATX_INO | CT_STATX_MNT_ID, &own);

	snprintf(name, sizeof(name), "/proc/thread-self/fd/%d", fd);
	at = r < 0 ? r : ct_fd_up(ct_sys_openat(AT_FDCWD, name, O_PATH | O_CLOEXEC, 0));
	if (at < 0)
		return 0;
	r = ct_sys_statx(at, "", AT_EMPTY_PATH, STATX_INO | CT_STATX_MNT_ID, &named);
	ct_sys_close(at);
	return r == 0 && own.stx_ino == named.stx_ino && own.stx_dev_major == named.stx_dev_major &&
	       own.stx_dev_minor == named.stx_dev_minor && own.stx_mnt_id == named.stx_mnt_id;
}

/*
 * Threads are refused to a caller that has unshared its pid namespace, and clone3(2) and openat2(2)
 * by filters. The names of fds below /proc are used then, when they are what they say.
 */
static int by_name(struct ct_apart *a, int source, int target, const char *below)
{
	char from[48], to[320];

	if (!is_named(target) || (source >= 0 && !is_named(source)))
		return -EOPNOTSUPP;
	snprintf(from, sizeof(from), "/proc/thread-self/fd/%d", source);
	snprintf(to, sizeof(to), "/proc/thread-self/fd/%d%s%s", target, *below ? "/" : "", below);
	if (a->is_umount)
		return ct_sys_umount2(to, (int)a->flags);
	return ct_sys_mount(source >= 0 ? from : a->source, to, a->type, a->flags, a->data);
}

/* Also at a limit of processes: RLIMIT_NPROC, pids.max. */
static int has_no_thread(int r)
{
	return r == -EINVAL || r == -ENOSYS || r == -EPERM || r == -EAGAIN;
}

/* In the fd directory of procfs; source: an fd, or -1: a->source is what it is. */
static int in_fds(struct ct_apart *a, int source, int target)
{
	char path[48], from[16], to[16];
	int r, proc = ct_proc_open();

	if (proc == -ENOSYS)
		return by_name(a, source, target, "");
	if (proc < 0)
		return proc == -ENOMEM || proc == -EMFILE || proc == -ENFILE ? proc : -EOPNOTSUPP;
	r = ct_proc_thread(proc, "fd", path, sizeof(path));
	a->cwd = r < 0 ? r : ct_proc_file(proc, path, O_PATH | O_DIRECTORY);
	ct_sys_close(proc);
	if (a->cwd < 0)
		return by_name(a, source, target, "");
	snprintf(from, sizeof(from), "%d", source);
	snprintf(to, sizeof(to), "%d", target);
	if (source >= 0)
		a->source = from;
	a->target = to;
	r = apart(a);
	ct_sys_close(a->cwd);
	return has_no_thread(r) ? by_name(a, source, target, "") : r < 0 ? r : a->result;
}

int ct_mount_umount(int fd, int flags)
{
	struct ct_apart a = {
		.cwd = fd, .is_umount = 1, .target = ".", .flags = (unsigned long)flags
	};
	struct stat st;
	int r = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);

	if (r < 0)
		return r;
	if (!S_ISDIR(st.st_mode))
		return in_fds(&a, -1, fd);
	r = apart(&a);
	return has_no_thread(r) ? by_name(&a, -1, fd, "") : r < 0 ? r : a.result;
}

int ct_mount_umount_at(int dir_fd, const char *name, int flags)
{
	struct ct_apart a = { .cwd = dir_fd,
			      .is_umount = 1,
			      .target = name,
			      .flags = (unsigned long)(flags | UMOUNT_NOFOLLOW) };
	int r = apart(&a);

	if (!has_no_thread(r))
		return r < 0 ? r : a.result;
	return strlen(name) > 255 ? -ENAMETOOLONG : by_name(&a, -1, dir_fd, name);
}

int ct_mount_classic(int source, const char *source_text, int target, const char *type,
		     unsigned long flags, const void *data)
{
	struct ct_apart a = { .source = source_text, .type = type, .flags = flags, .data = data };

	return in_fds(&a, source, target);
}
