/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One function per system call, raw: -errno on failure, errno untouched, no cancellation point.
 * This folder is the only place with system call numbers.
 */
#ifndef CT_SYS_SYS_H
#define CT_SYS_SYS_H

#include "seam.h"
#include "uapi.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <time.h>

static inline int ct_sys_openat(int dirfd, const char *path, int flags, uint32_t mode)
{
	return (int)ct_call4(__NR_openat, dirfd, path, flags, mode);
}

static inline int ct_sys_openat2(int dirfd, const char *path, const struct open_how *how,
				 size_t size)
{
	return (int)ct_call4(__NR_openat2, dirfd, path, how, size);
}

static inline int ct_sys_close(int fd)
{
	return (int)ct_call1(__NR_close, fd);
}

static inline ssize_t ct_sys_read(int fd, void *buf, size_t n)
{
	return (ssize_t)ct_call3(__NR_read, fd, buf, n);
}

static inline ssize_t ct_sys_pread64(int fd, void *buf, size_t n, int64_t at)
{
	return (ssize_t)ct_call4(__NR_pread64, fd, buf, n, at);
}

static inline ssize_t ct_sys_write(int fd, const void *buf, size_t n)
{
	return (ssize_t)ct_call3(__NR_write, fd, buf, n);
}

static inline int ct_sys_fcntl(int fd, int cmd, long arg)
{
	return (int)ct_call3(__NR_fcntl, fd, cmd, arg);
}

static inline int ct_sys_dup3(int from, int to, int flags)
{
	return (int)ct_call3(__NR_dup3, from, to, flags);
}

static inline int ct_sys_pipe2(int *fds, int flags)
{
	return (int)ct_call2(__NR_pipe2, fds, flags);
}

static inline int ct_sys_statx(int dirfd, const char *path, int flags, uint32_t mask,
			       struct statx *st)
{
	return (int)ct_call5(__NR_statx, dirfd, path, flags, mask, st);
}

static inline int ct_sys_newfstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	return (int)ct_call4(__NR_newfstatat, dirfd, path, st, flags);
}

static inline int ct_sys_fstatfs(int fd, struct statfs *st)
{
	return (int)ct_call2(__NR_fstatfs, fd, st);
}

static inline int ct_sys_statfs(const char *path, struct statfs *st)
{
	return (int)ct_call2(__NR_statfs, path, st);
}

static inline int ct_sys_faccessat2(int dirfd, const char *path, int mode, int flags)
{
	return (int)ct_call4(__NR_faccessat2, dirfd, path, mode, flags);
}

static inline int ct_sys_mkdirat(int dirfd, const char *path, uint32_t mode)
{
	return (int)ct_call3(__NR_mkdirat, dirfd, path, mode);
}

static inline int ct_sys_mknodat(int dirfd, const char *path, uint32_t mode, uint64_t dev)
{
	return (int)ct_call4(__NR_mknodat, dirfd, path, mode, dev);
}

static inline int ct_sys_fchownat(int dirfd, const char *path, uint32_t uid, uint32_t gid,
				  int flags)
{
	return (int)ct_call5(__NR_fchownat, dirfd, path, uid, gid, flags);
}

/* Follows a symlink. */
static inline int ct_sys_fchmodat(int dirfd, const char *path, uint32_t mode)
{
	return (int)ct_call3(__NR_fchmodat, dirfd, path, mode);
}

static inline int ct_sys_fchmod(int fd, uint32_t mode)
{
	return (int)ct_call2(__NR_fchmod, fd, mode);
}

static inline int ct_sys_symlinkat(const char *target, int dirfd, const char *path)
{
	return (int)ct_call3(__NR_symlinkat, target, dirfd, path);
}

static inline int ct_sys_unlinkat(int dirfd, const char *path, int flags)
{
	return (int)ct_call3(__NR_unlinkat, dirfd, path, flags);
}

static inline ssize_t ct_sys_readlinkat(int dirfd, const char *path, char *buf, size_t n)
{
	return (ssize_t)ct_call4(__NR_readlinkat, dirfd, path, buf, n);
}

static inline ssize_t ct_sys_getdents64(int fd, void *buf, size_t n)
{
	return (ssize_t)ct_call3(__NR_getdents64, fd, buf, n);
}

static inline ssize_t ct_sys_fgetxattr(int fd, const char *name, void *value, size_t n)
{
	return (ssize_t)ct_call4(__NR_fgetxattr, fd, name, value, n);
}

static inline int ct_sys_fsetxattr(int fd, const char *name, const void *value, size_t n, int flags)
{
	return (int)ct_call5(__NR_fsetxattr, fd, name, value, n, flags);
}

static inline int ct_sys_fremovexattr(int fd, const char *name)
{
	return (int)ct_call2(__NR_fremovexattr, fd, name);
}

static inline int ct_sys_flock(int fd, int op)
{
	return (int)ct_call2(__NR_flock, fd, op);
}

static inline int ct_sys_fchdir(int fd)
{
	return (int)ct_call1(__NR_fchdir, fd);
}

static inline int ct_sys_chroot(const char *path)
{
	return (int)ct_call1(__NR_chroot, path);
}

static inline int ct_sys_umask(uint32_t mask)
{
	return (int)ct_call1(__NR_umask, mask);
}

static inline int ct_sys_mount(const char *source, const char *target, const char *type,
			       unsigned long flags, const void *data)
{
	return (int)ct_call5(__NR_mount, source, target, type, flags, data);
}

static inline int ct_sys_umount2(const char *target, int flags)
{
	return (int)ct_call2(__NR_umount2, target, flags);
}

static inline int ct_sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)ct_call2(__NR_pivot_root, new_root, put_old);
}

static inline int ct_sys_open_tree(int dirfd, const char *path, uint32_t flags)
{
	return (int)ct_call3(__NR_open_tree, dirfd, path, flags);
}

static inline int ct_sys_move_mount(int from_fd, const char *from, int to_fd, const char *to,
				    uint32_t flags)
{
	return (int)ct_call5(__NR_move_mount, from_fd, from, to_fd, to, flags);
}

static inline int ct_sys_fsopen(const char *type, uint32_t flags)
{
	return (int)ct_call2(__NR_fsopen, type, flags);
}

static inline int ct_sys_fsconfig(int fd, uint32_t cmd, const char *key, const void *value, int aux)
{
	return (int)ct_call5(__NR_fsconfig, fd, cmd, key, value, aux);
}

static inline int ct_sys_fsmount(int fd, uint32_t flags, uint32_t attr)
{
	return (int)ct_call3(__NR_fsmount, fd, flags, attr);
}

static inline int ct_sys_mount_setattr(int dirfd, const char *path, uint32_t flags,
				       struct mount_attr *attr, size_t size)
{
	return (int)ct_call5(__NR_mount_setattr, dirfd, path, flags, attr, size);
}

static inline int ct_sys_clone3(struct clone_args *args, size_t size)
{
	return (int)ct_call2(__NR_clone3, args, size);
}

static inline int ct_sys_unshare(unsigned long flags)
{
	return (int)ct_call1(__NR_unshare, flags);
}

static inline int ct_sys_setns(int fd, int type)
{
	return (int)ct_call2(__NR_setns, fd, type);
}

static inline int ct_sys_waitid(int type, int id, siginfo_t *info, int options,
				struct rusage *usage)
{
	return (int)ct_call5(__NR_waitid, type, id, info, options, usage);
}

static inline int ct_sys_pidfd_open(int pid, uint32_t flags)
{
	return (int)ct_call2(__NR_pidfd_open, pid, flags);
}

static inline int ct_sys_pidfd_send_signal(int pidfd, int sig, siginfo_t *info, uint32_t flags)
{
	return (int)ct_call4(__NR_pidfd_send_signal, pidfd, sig, info, flags);
}

static inline int ct_sys_ioctl(int fd, unsigned long request, void *arg)
{
	return (int)ct_call3(__NR_ioctl, fd, request, arg);
}

static inline int ct_sys_prctl(int op, unsigned long a, unsigned long b, unsigned long c,
			       unsigned long d)
{
	return (int)ct_call5(__NR_prctl, op, a, b, c, d);
}

static inline int ct_sys_capset(struct __user_cap_header_struct *header,
				const struct __user_cap_data_struct *data)
{
	return (int)ct_call2(__NR_capset, header, data);
}

static inline int ct_sys_capget(struct __user_cap_header_struct *header,
				struct __user_cap_data_struct *data)
{
	return (int)ct_call2(__NR_capget, header, data);
}

static inline int ct_sys_rt_sigprocmask(int how, const uint64_t *set, uint64_t *old, size_t size)
{
	return (int)ct_call4(__NR_rt_sigprocmask, how, set, old, size);
}

static inline int ct_sys_rt_sigaction(int sig, const void *act, void *old, size_t size)
{
	return (int)ct_call4(__NR_rt_sigaction, sig, act, old, size);
}

static inline int ct_sys_setsid(void)
{
	return (int)ct_call0(__NR_setsid);
}

static inline int ct_sys_sethostname(const char *name, size_t n)
{
	return (int)ct_call2(__NR_sethostname, name, n);
}

static inline int ct_sys_setdomainname(const char *name, size_t n)
{
	return (int)ct_call2(__NR_setdomainname, name, n);
}

static inline int ct_sys_socket(int domain, int type, int protocol)
{
	return (int)ct_call3(__NR_socket, domain, type, protocol);
}

static inline int ct_sys_close_range(uint32_t first, uint32_t last, uint32_t flags)
{
	return (int)ct_call3(__NR_close_range, first, last, flags);
}

static inline int ct_sys_execve(const char *path, char *const *argv, char *const *envp)
{
	return (int)ct_call3(__NR_execve, path, argv, envp);
}

static inline int ct_sys_execveat(int dirfd, const char *path, char *const *argv, char *const *envp,
				  int flags)
{
	return (int)ct_call5(__NR_execveat, dirfd, path, argv, envp, flags);
}

static inline ssize_t ct_sys_sendfile(int to, int from, size_t n)
{
	return (ssize_t)ct_call4(__NR_sendfile, to, from, NULL, n);
}

static inline int64_t ct_sys_lseek(int fd, int64_t at, int whence)
{
	return ct_call3(__NR_lseek, fd, at, whence);
}

static inline int ct_sys_utimensat(int dirfd, const char *path, const struct timespec *times,
				   int flags)
{
	return (int)ct_call4(__NR_utimensat, dirfd, path, times, flags);
}

static inline int ct_sys_ftruncate(int fd, int64_t size)
{
	return (int)ct_call2(__NR_ftruncate, fd, size);
}

static inline int ct_sys_socketpair(int domain, int type, int protocol, int *fds)
{
	return (int)ct_call4(__NR_socketpair, domain, type, protocol, fds);
}

static inline ssize_t ct_sys_sendmsg(int fd, const struct msghdr *m, int flags)
{
	return (ssize_t)ct_call3(__NR_sendmsg, fd, m, flags);
}

static inline ssize_t ct_sys_recvmsg(int fd, struct msghdr *m, int flags)
{
	return (ssize_t)ct_call3(__NR_recvmsg, fd, m, flags);
}

static inline int ct_sys_set_robust_list(const void *head, size_t size)
{
	return (int)ct_call2(__NR_set_robust_list, head, size);
}

static inline int ct_sys_rt_sigtimedwait(const uint64_t *set, siginfo_t *info,
					 const struct timespec *timeout, size_t size)
{
	return (int)ct_call4(__NR_rt_sigtimedwait, set, info, timeout, size);
}

static inline int ct_sys_kill(int pid, int sig)
{
	return (int)ct_call2(__NR_kill, pid, sig);
}

static inline int ct_sys_gettid(void)
{
	return (int)ct_call0(__NR_gettid);
}

static inline int ct_sys_setresuid(uint32_t real, uint32_t effective, uint32_t saved)
{
	return (int)ct_call3(__NR_setresuid, real, effective, saved);
}

static inline int ct_sys_setresgid(uint32_t real, uint32_t effective, uint32_t saved)
{
	return (int)ct_call3(__NR_setresgid, real, effective, saved);
}

static inline int ct_sys_chdir(const char *path)
{
	return (int)ct_call1(__NR_chdir, path);
}

static inline int ct_sys_exit_group(int status)
{
	return (int)ct_call1(__NR_exit_group, status);
}

static inline int ct_sys_exit(int status)
{
	return (int)ct_call1(__NR_exit, status);
}

static inline int ct_sys_futex(uint32_t *word, int op, uint32_t value,
			       const struct timespec *timeout)
{
	return (int)ct_call4(__NR_futex, word, op, value, timeout);
}

static inline int ct_sys_ppoll(struct pollfd *fds, unsigned n, const struct timespec *timeout,
			       const void *mask, size_t size)
{
	return (int)ct_call5(__NR_ppoll, fds, n, timeout, mask, size);
}

static inline int ct_sys_mprotect(void *addr, size_t n, int prot)
{
	return (int)ct_call3(__NR_mprotect, addr, n, prot);
}

/*
 * ThreadSanitizer has to see that a mapping goes: what another thread maps at the same address
 * later is not the memory that this thread has written.
 */
#if defined(__SANITIZE_THREAD__)
#define CT_SYS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CT_SYS_TSAN 1
#endif
#endif
#ifdef CT_SYS_TSAN
int munmap(void *addr, size_t n);
#endif

static inline int ct_sys_munmap(void *addr, size_t n)
{
#ifdef CT_SYS_TSAN
	return munmap(addr, (n + 4095) & ~(size_t)4095) ? -errno : 0; /* pages, as the kernel */
#else
	return (int)ct_call2(__NR_munmap, addr, n);
#endif
}

static inline int ct_sys_memfd_create(const char *name, uint32_t flags)
{
	return (int)ct_call2(__NR_memfd_create, name, flags);
}

static inline int ct_sys_getpid(void)
{
	return (int)ct_call0(__NR_getpid);
}

static inline int ct_sys_getuid(void)
{
	return (int)ct_call0(__NR_getuid);
}

static inline int ct_sys_getgid(void)
{
	return (int)ct_call0(__NR_getgid);
}

static inline int ct_sys_geteuid(void)
{
	return (int)ct_call0(__NR_geteuid);
}

static inline int ct_sys_getegid(void)
{
	return (int)ct_call0(__NR_getegid);
}

static inline int ct_sys_setgroups(size_t n, const uint32_t *groups)
{
	return (int)ct_call2(__NR_setgroups, n, groups);
}

static inline int ct_sys_getgroups(size_t n, uint32_t *groups)
{
	return (int)ct_call2(__NR_getgroups, n, groups);
}

static inline int ct_sys_getresuid(uint32_t *real, uint32_t *effective, uint32_t *saved)
{
	return (int)ct_call3(__NR_getresuid, real, effective, saved);
}

static inline int ct_sys_getresgid(uint32_t *real, uint32_t *effective, uint32_t *saved)
{
	return (int)ct_call3(__NR_getresgid, real, effective, saved);
}

static inline int ct_sys_fchown(int fd, uint32_t uid, uint32_t gid)
{
	return (int)ct_call3(__NR_fchown, fd, uid, gid);
}

struct ct_rlimit {
	uint64_t soft, hard;
};

static inline int ct_sys_prlimit64(int pid, int resource, const struct ct_rlimit *new,
				   struct ct_rlimit *old)
{
	return (int)ct_call4(__NR_prlimit64, pid, resource, new, old);
}

static inline int ct_sys_kcmp(int pid_a, int pid_b, int type, unsigned long a, unsigned long b)
{
	return (int)ct_call5(__NR_kcmp, pid_a, pid_b, type, a, b);
}

static inline int ct_sys_seccomp(uint32_t op, uint32_t flags, void *arg)
{
	return (int)ct_call3(__NR_seccomp, op, flags, arg);
}

static inline int ct_sys_landlock_create_ruleset(const void *attr, size_t size, uint32_t flags)
{
	return (int)ct_call3(__NR_landlock_create_ruleset, attr, size, flags);
}

static inline int ct_sys_landlock_add_rule(int ruleset, int type, const void *attr, uint32_t flags)
{
	return (int)ct_call4(__NR_landlock_add_rule, ruleset, type, attr, flags);
}

static inline int ct_sys_landlock_restrict_self(int ruleset, uint32_t flags)
{
	return (int)ct_call2(__NR_landlock_restrict_self, ruleset, flags);
}

static inline void *ct_sys_mmap(size_t n, int prot, int flags)
{
	return (void *)ct_call6(__NR_mmap, 0, (long)n, prot, flags, -1, 0);
}

static inline void *ct_sys_mmap_fd(size_t n, int prot, int flags, int fd, int64_t at)
{
	return (void *)ct_call6(__NR_mmap, 0, (long)n, prot, flags, fd, (long)at);
}

/* attr: a union bpf_attr of linux/bpf.h */
static inline int ct_sys_bpf(int cmd, void *attr, size_t size)
{
	return (int)ct_call3(__NR_bpf, cmd, attr, size);
}

/* The kernel's range of error values: a pointer-returning call failed. */
static inline int ct_sys_is_err(const void *p)
{
	return (unsigned long)p >= (unsigned long)-4095L;
}

#endif
