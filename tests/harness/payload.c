/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The static program that live tests run inside containers. One subcommand, lines out, exit 0;
 * "payload: what: why" on stderr and exit 125 when something failed, 124 for bad usage. Uses /proc
 * only where there is no other way, and says so below.
 */
#include "payload.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void die(const char *what) __attribute__((noreturn));
static void die(const char *what)
{
	fprintf(stderr, "payload: %s: %m\n", what);
	exit(125);
}

static int cmd_exit(char **arg)
{
	return arg[0] ? atoi(arg[0]) : 0;
}

/* sleep [SECONDS]: without a number for ever; says "sleeping" so that a test can wait for it */
static int cmd_sleep(char **arg)
{
	struct timespec ts = { 0, 0 };

	puts("sleeping");
	fflush(stdout);
	if (!arg[0])
		for (;;)
			pause();
	ts.tv_sec = atol(arg[0]);
	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
	return 0;
}

/* fds: "N TYPE DEV:INO ACCESS cloexec|- TARGET"; TARGET is "?" without /proc */
static int cmd_fds(char **arg)
{
	static const char *const access_names[] = { "r", "w", "rw", "-" };
	struct rlimit limit;
	char link[64], target[4096];
	struct stat st;
	int fd, flags, max = 65536;
	ssize_t n;

	(void)arg;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)max)
		max = limit.rlim_cur;
	for (fd = 0; fd < max; fd++) {
		if (fstat(fd, &st))
			continue;
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		flags = fcntl(fd, F_GETFL);
		printf("%d %o %x:%lu %s %s %s\n", fd, st.st_mode & S_IFMT, (unsigned int)st.st_dev,
		       st.st_ino, access_names[flags & O_ACCMODE],
		       fcntl(fd, F_GETFD) & FD_CLOEXEC ? "cloexec" : "-", n < 0 ? "?" : target);
	}
	return 0;
}

/* ids: "uid R E S", "gid R E S", "fsuid N", "groups N..." */
static int cmd_ids(char **arg)
{
	static gid_t groups[65536];
	uid_t r, e, s;
	int i, n;

	(void)arg;
	if (getresuid(&r, &e, &s))
		die("getresuid");
	printf("uid %u %u %u\n", r, e, s);
	printf("fsuid %ld\n", syscall(SYS_setfsuid, -1));
	if (getresgid(&r, &e, &s))
		die("getresgid");
	printf("gid %u %u %u\n", r, e, s);
	n = getgroups(65536, groups);
	if (n < 0)
		die("getgroups");
	fputs("groups", stdout);
	for (i = 0; i < n; i++)
		printf(" %u", groups[i]);
	putchar('\n');
	return 0;
}

/* caps: "effective HEX", permitted, inheritable, bounding, ambient, "nnp N", "securebits HEX" */
static int cmd_caps(char **arg)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	unsigned long long bounding = 0, ambient = 0;
	int cap;

	(void)arg;
	if (syscall(SYS_capget, &head, data))
		die("capget");
	for (cap = 0; cap < 64; cap++) {
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			bounding |= 1ULL << cap;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			ambient |= 1ULL << cap;
	}
	printf("effective %08x%08x\n", data[1].effective, data[0].effective);
	printf("permitted %08x%08x\n", data[1].permitted, data[0].permitted);
	printf("inheritable %08x%08x\n", data[1].inheritable, data[0].inheritable);
	printf("bounding %016llx\n", bounding);
	printf("ambient %016llx\n", ambient);
	printf("nnp %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	printf("securebits %x\n", (unsigned int)prctl(PR_GET_SECUREBITS));
	printf("seccomp %d\n", prctl(PR_GET_SECCOMP));
	return 0;
}

/* signals: "blocked HEX", "ignored HEX", "caught HEX" (bit N - 1 is signal N), by system calls */
static int cmd_signals(char **arg)
{
	/* the kernel's struct; libc hides signals 32 and 33 */
	struct { void *handler; unsigned long flags; void *restorer; unsigned long mask; } action;
	unsigned long blocked = 0, ignored = 0, caught = 0;
	int sig;

	(void)arg;
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, 8);
	for (sig = 1; sig <= 64; sig++) {
		if (syscall(SYS_rt_sigaction, sig, NULL, &action, 8))
			continue;
		if (action.handler == (void *)SIG_IGN)
			ignored |= 1UL << (sig - 1);
		else if (action.handler != (void *)SIG_DFL)
			caught |= 1UL << (sig - 1);
	}
	printf("blocked %016lx\nignored %016lx\ncaught %016lx\n", blocked, ignored, caught);
	return 0;
}

static int cmd_env(char **arg)
{
	char **env;

	(void)arg;
	for (env = environ; *env; env++)
		puts(*env);
	return 0;
}

/* cwd: the path as the kernel gives it, "(unreachable)..." included */
static int cmd_cwd(char **arg)
{
	char path[4096];

	(void)arg;
	if (syscall(SYS_getcwd, path, sizeof(path)) < 0)
		die("getcwd");
	puts(path);
	return 0;
}

/* mem MIB: touches that much, one MiB after the other, printing each; "done" at the end */
static int cmd_mem(char **arg)
{
	long mib = arg[0] ? atol(arg[0]) : 1, i;
	char *at;

	for (i = 0; i < mib; i++) {
		at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (at == MAP_FAILED)
			die("mmap");
		memset(at, 0x5a, 1 << 20);
		printf("%ld\n", i + 1);
		fflush(stdout);
	}
	puts("done");
	return 0;
}

/* ns: "mnt mnt:[4026531841]", one line each; needs /proc */
static int cmd_ns(char **arg)
{
	static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid",
					     "pid_for_children", "time", "time_for_children",
					     "user", "uts" };
	char path[64], target[64];
	size_t i;
	ssize_t n;

	(void)arg;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			die(path);
		target[n] = '\0';
		printf("%s %s\n", names[i], target);
	}
	return 0;
}

static int cmd_hostname(char **arg)
{
	char name[256], domain[256];

	(void)arg;
	if (gethostname(name, sizeof(name)) || getdomainname(domain, sizeof(domain)))
		die("gethostname");
	printf("hostname %s\ndomainname %s\n", name, domain);
	return 0;
}

static void cat_prefixed(const char *prefix, const char *path)
{
	char line[8192];
	FILE *file = fopen(path, "re");

	if (!file)
		die(path);
	while (fgets(line, sizeof(line), file))
		printf("%s%s", prefix, line);
	fclose(file);
}

/* maps: "uid INSIDE OUTSIDE COUNT", "gid ...", "setgroups allow|deny"; needs /proc */
static int cmd_maps(char **arg)
{
	(void)arg;
	cat_prefixed("uid ", "/proc/self/uid_map");
	cat_prefixed("gid ", "/proc/self/gid_map");
	cat_prefixed("setgroups ", "/proc/self/setgroups");
	return 0;
}

static int cmd_mounts(char **arg)
{
	(void)arg;
	cat_prefixed("", "/proc/self/mountinfo");
	return 0;
}

static int cmd_cgroup(char **arg)
{
	(void)arg;
	cat_prefixed("", "/proc/self/cgroup");
	return 0;
}

/* write PATH TEXT (no newline added; an existing file is overwritten, else made) */
static int cmd_write(char **arg)
{
	size_t len;
	int fd;

	if (!arg[0] || !arg[1])
		return 124;
	fd = open(arg[0], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		die(arg[0]);
	len = strlen(arg[1]);
	if (write(fd, arg[1], len) != (ssize_t)len || close(fd))
		die(arg[0]);
	return 0;
}

static int cmd_read(char **arg)
{
	char buf[8192];
	ssize_t n;
	int fd;

	if (!arg[0])
		return 124;
	fd = open(arg[0], O_RDONLY);
	if (fd < 0)
		die(arg[0]);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, n, stdout);
	if (n < 0)
		die(arg[0]);
	return 0;
}

/* stat PATH: "mode OCTAL uid N gid N size N dev H ino N rdev MAJ:MIN fs HEX flags HEX" */
static int cmd_stat(char **arg)
{
	struct statfs fs;
	struct stat st;

	if (!arg[0])
		return 124;
	if (lstat(arg[0], &st))
		die(arg[0]);
	/* of the link's own filesystem */
	memset(&fs, 0, sizeof(fs));
	if (!S_ISLNK(st.st_mode) && statfs(arg[0], &fs))
		die(arg[0]);
	printf("mode %o uid %u gid %u size %lld dev %x ino %lu rdev %u:%u fs %lx flags %lx\n",
	       st.st_mode, st.st_uid, st.st_gid, (long long)st.st_size, (unsigned int)st.st_dev,
	       st.st_ino, major(st.st_rdev), minor(st.st_rdev), (unsigned long)fs.f_type,
	       (unsigned long)fs.f_flags);
	return 0;
}

/* list PATH: names, one a line, unsorted */
static int cmd_list(char **arg)
{
	struct dirent *entry;
	DIR *dir = opendir(arg[0] ? arg[0] : ".");

	if (!dir)
		die(arg[0] ? arg[0] : ".");
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			puts(entry->d_name);
	return 0;
}

/* tty: for 0 to 2 "N tty|no", "controlling yes|no", "foreground PGID" */
static int cmd_tty(char **arg)
{
	int fd;

	(void)arg;
	for (fd = 0; fd < 3; fd++)
		printf("%d %s\n", fd, isatty(fd) ? "tty" : "no");
	fd = open("/dev/tty", O_RDWR | O_NOCTTY);
	printf("controlling %s\n", fd >= 0 ? "yes" : "no");
	if (fd >= 0)
		printf("foreground %d\n", tcgetpgrp(fd));
	return 0;
}

static int cmd_session(char **arg)
{
	(void)arg;
	printf("pid %d\nppid %d\nsid %d\npgid %d\n", getpid(), getppid(), getsid(0), getpgid(0));
	return 0;
}

/* clocks: seconds of the clocks that a time namespace shifts, and of the one that it does not */
static int cmd_clocks(char **arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	printf("monotonic %lld\n", (long long)ts.tv_sec);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	printf("boottime %lld\n", (long long)ts.tv_sec);
	clock_gettime(CLOCK_REALTIME, &ts);
	printf("realtime %lld\n", (long long)ts.tv_sec);
	return 0;
}

static int cmd_umask(char **arg)
{
	(void)arg;
	printf("umask %03o\n", umask(0));
	return 0;
}

/* limits: "NUMBER SOFT HARD" for every resource, -1 is unlimited */
static int cmd_limits(char **arg)
{
	struct rlimit limit;
	int i;

	(void)arg;
	for (i = 0; i < RLIM_NLIMITS; i++)
		if (getrlimit(i, &limit) == 0)
			printf("%d %lld %lld\n", i, (long long)limit.rlim_cur,
			       (long long)limit.rlim_max);
	return 0;
}

static int cmd_kill_self(char **arg)
{
	int sig = arg[0] ? atoi(arg[0]) : SIGKILL;
	struct rlimit none = { 0, 0 };
	sigset_t set;

	setrlimit(RLIMIT_CORE, &none);
	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	kill(getpid(), sig);
	/* process 1 does not die of its own signals */
	return 123;
}

/* ifaces: "NAME FLAGS-HEX ADDRESS|-", FLAGS has 1 for up, 8 for loopback, 40 for running */
static int cmd_ifaces(char **arg)
{
	struct if_nameindex *list = if_nameindex(), *at;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[INET_ADDRSTRLEN];
	struct ifreq req;
	unsigned int flags;

	(void)arg;
	if (!list || fd < 0)
		die("if_nameindex");
	for (at = list; at->if_name; at++) {
		memset(&req, 0, sizeof(req));
		strncpy(req.ifr_name, at->if_name, IFNAMSIZ - 1);
		if (ioctl(fd, SIOCGIFFLAGS, &req))
			die(at->if_name);
		flags = (unsigned short)req.ifr_flags;
		strcpy(text, "-");
		if (ioctl(fd, SIOCGIFADDR, &req) == 0)
			inet_ntop(AF_INET, &((struct sockaddr_in *)&req.ifr_addr)->sin_addr, text,
				  sizeof(text));
		printf("%s %x %s\n", at->if_name, flags, text);
	}
	return 0;
}

/* "found WAY" where @name, a path below the host's root, is there from the working directory */
static void look(const char *way, const char *name)
{
	struct stat st;

	if (lstat(name, &st) == 0)
		printf("found %s\n", way);
}

static void climb(const char *way, const char *name)
{
	int i;

	for (i = 0; i < 64; i++)
		if (chdir(".."))
			break;
	look(way, name);
}

/*
 * escape NAME: every known way back to a root above this one; NAME is a path below the host's root,
 * without a leading slash. "held" at the end, after "found WAY" for each that is open.
 */
static int cmd_escape(char **arg)
{
	static const char *const ways[] = { "/..", "/proc/1/root", "/proc/self/root/..",
					    "/proc/1/cwd/..", "/proc/self/cwd/../.." };
	int fd, top = open("/", O_RDONLY | O_DIRECTORY);
	size_t i;

	if (!arg[0])
		return 124;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (chdir(ways[i]) == 0)
			climb(ways[i], arg[0]);
	for (fd = 0; fd < 1024; fd++)
		if (fd != top && fchdir(fd) == 0)
			climb("fd", arg[0]);
	/* the old way out of a chroot: a second one, with a directory above it kept open */
	if (fchdir(top) == 0 && (mkdir("/tmp/pit", 0755) == 0 || errno == EEXIST) &&
	    chroot("/tmp/pit") == 0 && fchdir(top) == 0) {
		climb("double chroot", arg[0]);
		if (chroot(".") == 0)
			look("double chroot, new root", arg[0]);
	} else {
		puts("no chroot");
	}
	puts("held");
	return 0;
}

/* pty: opens a terminal pair and passes a word through it; "pty NAME word" */
static int cmd_pty(char **arg)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	char name[64], word[16];
	ssize_t n;

	(void)arg;
	if (master < 0)
		die("/dev/ptmx");
	if (grantpt(master) || unlockpt(master) || ptsname_r(master, name, sizeof(name)))
		die("unlockpt");
	slave = open(name, O_RDWR | O_NOCTTY);
	if (slave < 0)
		die(name);
	if (write(slave, "word", 4) != 4 || (n = read(master, word, sizeof(word))) < 0)
		die("terminal");
	printf("pty %s %.*s\n", name, (int)n, word);
	return 0;
}

static int cmd_argv(char **arg)
{
	for (; *arg; arg++)
		puts(*arg);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char **arg);
} commands[] = {
	{ "argv", cmd_argv }, { "at", cmd_at }, { "ttl", cmd_ttl },
	{ "bomb", cmd_bomb }, { "burn", cmd_burn },
	{ "call", cmd_call }, { "call32", cmd_call32 },
	{ "caps", cmd_caps }, { "cgroup", cmd_cgroup },
	{ "clocks", cmd_clocks }, { "disk", cmd_disk }, { "huge", cmd_huge },
	{ "cwd", cmd_cwd }, { "drop", cmd_drop }, { "env", cmd_env }, { "escape", cmd_escape },
	{ "exit", cmd_exit }, { "fds", cmd_fds }, { "fork", cmd_fork },
	{ "connect", cmd_connect }, { "hostname", cmd_hostname }, { "hunt", cmd_hunt },
	{ "ids", cmd_ids },
	{ "ifaces", cmd_ifaces }, { "inject", cmd_inject },
	{ "kill-self", cmd_kill_self }, { "limits", cmd_limits },
	{ "list", cmd_list }, { "maps", cmd_maps }, { "mem", cmd_mem },
	{ "mounts", cmd_mounts }, { "ns", cmd_ns }, { "orphans", cmd_orphans },
	{ "pty", cmd_pty }, { "read", cmd_read }, { "regroup", cmd_regroup },
	{ "rewrite", cmd_rewrite }, { "run", cmd_run },
	{ "seize", cmd_seize }, { "session", cmd_session }, { "signals", cmd_signals },
	{ "sleep", cmd_sleep }, { "stalk", cmd_stalk },
	{ "stat", cmd_stat }, { "sums", cmd_sums }, { "to", cmd_to },
	{ "tty", cmd_tty }, { "umask", cmd_umask }, { "usurp", cmd_usurp },
	{ "write", cmd_write },
};

/* payload COMMAND [ARG...] [-- COMMAND ...]...: several in a row, the first failure ends it */
int main(int argc, char **argv)
{
	int i, end, status = 124;
	size_t c;

	for (i = 1; i < argc; i = end + 1) {
		for (end = i; end < argc && strcmp(argv[end], "--") != 0; end++)
			;
		argv[end] = NULL;
		for (c = 0; c < sizeof(commands) / sizeof(commands[0]); c++)
			if (end > i && strcmp(argv[i], commands[c].name) == 0)
				break;
		if (c == sizeof(commands) / sizeof(commands[0])) {
			fprintf(stderr, "payload: no command %s\n", argv[i] ? argv[i] : "");
			return 124;
		}
		status = commands[c].run(argv + i + 1);
		if (fflush(stdout))
			die("stdout");
		if (status)
			break;
	}
	return status;
}
