/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The default profile: what programs in a container need, by the capabilities that they can have.
 * Everything that is listed nowhere, and what later kernels bring, fails with ENOSYS: a program
 * takes that for an older kernel and goes another way, where EPERM would make it give up.
 */
#include "profile.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <string.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif
#define AF_VSOCK 40
#define TIOCSTI 0x5412
#define TIOCLINUX 0x541c
#define NAMESPACES                                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	 CLONE_NEWPID | CLONE_NEWNET)

static const char allowed[] =
	"accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod "
	"chown chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 "
	"clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 close "
	"close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 "
	"epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd "
	"eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 "
	"fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat "
	"fcntl fcntl64 fdatasync fgetxattr file_getattr file_setattr flistxattr flock fork "
	"fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate "
	"ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake "
	"futimesat getcpu getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 "
	"getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid "
	"getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit "
	"get_robust_list getrusage getsid getsockname getsockopt get_thread_area gettid "
	"gettimeofday getuid getuid32 getxattr getxattrat inotify_add_watch inotify_init "
	"inotify_init1 inotify_rm_watch io_cancel ioctl io_destroy io_getevents io_pgetevents "
	"io_pgetevents_time64 ioprio_get ioprio_set io_setup io_submit ipc kill "
	"landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 "
	"lgetxattr link linkat listen listmount listxattr listxattrat llistxattr _llseek "
	"lremovexattr lseek lsetxattr lstat lstat64 madvise map_shadow_stack membarrier "
	"memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall "
	"mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive "
	"mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal "
	"msgctl msgget msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at "
	"nanosleep newfstatat _newselect nice open openat openat2 pause pidfd_open "
	"pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll "
	"ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease "
	"process_vm_readv process_vm_writev pselect6 pselect6_time64 ptrace pwrite64 pwritev "
	"pwritev2 read readahead readdir readlink readlinkat readv recv recvfrom recvmmsg "
	"recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat rename renameat "
	"renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask "
	"rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 "
	"rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam "
	"sched_get_priority_max sched_get_priority_min sched_getscheduler "
	"sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr "
	"sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop "
	"semtimedop semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto "
	"setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 "
	"setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid "
	"setresuid32 setreuid setreuid32 setrlimit set_robust_list setsid setsockopt "
	"set_thread_area set_tid_address setuid setuid32 setxattr setxattrat shmat shmctl "
	"shmdt shmget shutdown sigaction sigaltstack signal signalfd signalfd4 sigpending "
	"sigprocmask sigreturn sigsuspend socket socketcall socketpair splice stat stat64 "
	"statfs statfs64 statmount statx symlink symlinkat sync sync_file_range "
	"sync_file_range2 syncfs sysinfo tee tgkill time timer_create timer_delete "
	"timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 "
	"timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 "
	"times tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat utime "
	"utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write writev "
	"arch_prctl modify_ldt arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush "
	"set_tls";

/* Denied to all: what has been a way out of containers, or is not divided by namespaces. */
static const char denied[] =
	"add_key io_uring_enter io_uring_register io_uring_setup keyctl request_key "
	"userfaultfd vm86 vm86old personality";

/* Denied without the capability that the kernel asks for, or asks for in the host's namespaces. */
static const struct {
	int cap;
	const char *names;
} by_capability[] = {
	{ CAP_DAC_READ_SEARCH,
	  "open_by_handle_at" },
	{ CAP_SYS_ADMIN,
	  "bpf clone3 fanotify_init fsconfig fsmount fsopen fspick "
	  "lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr "
	  "mount mount_setattr move_mount open_tree open_tree_attr "
	  "perf_event_open pivot_root quotactl quotactl_fd setdomainname "
	  "sethostname setns swapoff swapon syslog umount umount2 unshare" },
	{ CAP_BPF,
	  "bpf" },
	{ CAP_PERFMON,
	  "perf_event_open" },
	{ CAP_SYS_BOOT,
	  "kexec_file_load kexec_load reboot" },
	{ CAP_SYS_CHROOT,
	  "chroot" },
	{ CAP_SYS_MODULE,
	  "delete_module finit_module init_module" },
	{ CAP_SYS_NICE,
	  "get_mempolicy mbind migrate_pages move_pages set_mempolicy "
	  "set_mempolicy_home_node" },
	{ CAP_SYS_PACCT,
	  "acct" },
	{ CAP_SYS_PTRACE,
	  "kcmp pidfd_getfd process_madvise" },
	{ CAP_SYS_RAWIO,
	  "ioperm iopl" },
	{ CAP_SYS_TIME,
	  "clock_settime clock_settime64 settimeofday stime" },
	{ CAP_SYS_TTY_CONFIG,
	  "vhangup" },
	{ CAP_SYSLOG,
	  "syslog" },
};

/* Words of a list, one after another. */
static int next_name(const char **at, char *name, size_t size)
{
	size_t n = strcspn(*at, " ");

	if (!n || n >= size)
		return 0;
	memcpy(name, *at, n);
	name[n] = 0;
	*at += n + strspn(*at + n, " ");
	return 1;
}

/* What libseccomp does not know here has no number, and fails with ENOSYS as the rest. */
static int add_known(contain_seccomp *p, const char *name, uint32_t action)
{
	if (ct_seccomp_number(CT_ARCH_NATIVE, name) < 0 &&
	    ct_seccomp_number(CT_ARCH_COMPAT, name) < 0)
		return 0;
	return ct_seccomp_add(p, name, action);
}

static int add_list(contain_seccomp *p, const char *names, uint32_t action)
{
	char name[40];
	int r = 0;

	while (!r && next_name(&names, name, sizeof(name)))
		r = add_known(p, name, action);
	return r;
}

static int add_where(contain_seccomp *p, const char *name, uint32_t action, int index,
		     uint64_t value, uint64_t mask)
{
	int r = add_known(p, name, action);

	if (!r)
		r = contain_seccomp_where(p, index, CONTAIN_SECCOMP_MASKED_EQ, value, mask);
	return r;
}

/* By arguments; the kernel looks at 32 bits of each of them. */
static int add_arguments(contain_seccomp *p, int admin)
{
	/* Linux, Linux32, with and without UNAME26; and the question which it is */
	static const uint32_t personalities[] = { 0, 8, 0x20000, 0x20008, 0xffffffff };
	const uint32_t no = CONTAIN_SECCOMP_ERRNO | EPERM, yes = CONTAIN_SECCOMP_ALLOW;
	int r = 0;

	for (size_t i = 0; i < sizeof(personalities) / sizeof(personalities[0]) && !r; i++)
		r = add_where(p, "personality", yes, 0, personalities[i], 0xffffffff);
	/* a hypervisor's host */
	if (!r)
		r = add_where(p, "socket", no, 0, AF_VSOCK, 0xffffffff);
	if (r < 0 || admin)
		return r ? r : add_known(p, "clone", yes);
	r = add_known(p, "clone", no);
	if (!r)
		r = add_where(p, "clone", yes, 0, 0, NAMESPACES);
	/* its flags lie in memory, which no filter sees: programs go on to clone */
	if (!r)
		r = add_known(p, "clone3", CONTAIN_SECCOMP_ERRNO | ENOSYS);
	/* input for a terminal that is not the container's own, perhaps */
	if (!r)
		r = add_where(p, "ioctl", no, 1, TIOCSTI, 0xffffffff);
	if (!r)
		r = add_where(p, "ioctl", no, 1, TIOCLINUX, 0xffffffff);
	return r;
}

int ct_seccomp_fill_default(contain_seccomp *p, uint64_t capabilities)
{
	const size_t n = sizeof(by_capability) / sizeof(by_capability[0]);
	int r = contain_seccomp_set_compat(p, 1);

	if (!r)
		r = add_list(p, allowed, CONTAIN_SECCOMP_ALLOW);
	if (!r)
		r = add_list(p, denied, CONTAIN_SECCOMP_ERRNO | EPERM);
	for (size_t i = 0; i < n && !r; i++)
		r = add_list(p, by_capability[i].names, CONTAIN_SECCOMP_ERRNO | EPERM);
	/* later rules count: some calls are there for several capabilities */
	for (size_t i = 0; i < n && !r; i++)
		if (capabilities >> by_capability[i].cap & 1)
			r = add_list(p, by_capability[i].names, CONTAIN_SECCOMP_ALLOW);
	return r ? r : add_arguments(p, capabilities >> CAP_SYS_ADMIN & 1);
}
