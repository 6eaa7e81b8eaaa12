/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each type of namespace has of its own: names, sysctls, clocks, the root of groups, lo. */
#include "t_ns.h"

#include "namespace/sysctl.h"

#include <arpa/inet.h>
#include <contain/namespace.h>
#include <errno.h>
#include <ftw.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

/* Runs in a child that is in new namespaces; an ordinary user's are below a user namespace. */
struct inside {
	uint64_t types;
	void (*body)(void);
};

static int run_inside(void *arg, void *rec)
{
	const struct inside *in = arg;
	uint32_t uid = geteuid(), gid = getegid();

	if (!ts_is_root())
		WORKS(contain_ns_unshare(CONTAIN_NS_USER, e));
	if (uid)
		WORKS(contain_ns_map_self(0, 0, uid, gid, e));
	WORKS(contain_ns_unshare(in->types, e));
	if (in->types & CONTAIN_NS_MNT)
		T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	in->body();
	return 0;
}

static void inside(uint64_t types, void (*body)(void))
{
	struct inside in = { types, body };

	ck_assert_int_eq(t_child(run_inside, &in, NULL, 0), 0);
}

static int is_mapped_user(void)
{
	char map[64] = "";

	t_read_file("/proc/self/uid_map", map, sizeof(map));
	return !strstr(map, "4294967295");
}

static const char *value_of(const char *path)
{
	char text[4096];
	ssize_t n = t_read_file(path, text, sizeof(text));

	T_CHECK(n >= 0, "%s: %zd", path, n);
	return t_fmt("%s", text);
}

static struct ct_seam seam;

static void fake(int (*answer)(enum ct_seam_who, long, const long *, long *))
{
	memset(&seam, 0, sizeof(seam));
	seam.fake = answer;
	seam.on = 1;
	ct_seam = &seam;
}

/* ---- uts ---- */

static void names_inside(void)
{
	struct utsname u;
	char longest[66];

	memset(longest, 'n', 65);
	longest[65] = 0;
	FAILS(ENAMETOOLONG, "64 bytes", contain_ns_set_hostname(longest, e));
	FAILS(ENAMETOOLONG, "64 bytes", contain_ns_set_domainname(longest, e));
	longest[64] = 0;
	WORKS(contain_ns_set_hostname(longest, e));
	WORKS(contain_ns_set_domainname("tag.example", e));
	FAILS(EINVAL, "empty", contain_ns_set_hostname("", e));
	FAILS(EINVAL, "empty", contain_ns_set_domainname(NULL, e));
	T_SYS(uname(&u));
	ck_assert_str_eq(u.nodename, longest);
	ck_assert_str_eq(u.domainname, "tag.example");
}

TEST_BOTH(names)
{
	struct utsname before, after;

	T_SYS(uname(&before));
	inside(CONTAIN_NS_UTS, names_inside);
	T_SYS(uname(&after));
	ck_assert_str_eq(before.nodename, after.nodename);
	ck_assert_str_eq(before.domainname, after.domainname);
	if (!ts_is_root()) {
		FAILS(EPERM, "CONTAIN_NS_USER", contain_ns_set_hostname("x", e));
		FAILS(EPERM, "CONTAIN_NS_USER", contain_ns_set_domainname("x", e));
	}
}

/* ---- sysctls ---- */

static void net_inside(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	char value[64], tight[3];
	int fd;

	WORKS(contain_ns_loopback_up(e));
	WORKS(contain_ns_set_sysctl("net.ipv4.ip_local_port_range", "40000 40003", e));
	WORKS(contain_ns_get_sysctl("net/ipv4/ip_local_port_range", value, sizeof(value), e));
	ck_assert_str_eq(value, "40000\t40003");
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	T_SYS(bind(fd, (struct sockaddr *)&a, len));
	T_SYS(listen(fd, 1));
	T_SYS(getsockname(fd, (struct sockaddr *)&a, &len));
	T_CHECK(ntohs(a.sin_port) >= 40000 && ntohs(a.sin_port) <= 40003, "%d", ntohs(a.sin_port));
	WORKS(contain_ns_set_sysctl("net.ipv4.conf.lo.forwarding", "1", e));
	WORKS(contain_ns_set_sysctl("net.ipv4.ip_default_ttl", "0x4d", e));
	ck_assert_int_eq(contain_ns_get_sysctl("net.ipv4.ip_default_ttl", tight, 3, NULL), 2);
	ck_assert_str_eq(tight, "77");
	FAILS(ERANGE, "fit", contain_ns_get_sysctl("net.ipv4.ip_default_ttl", tight, 2, e));
	/* lists are joined and sorted by the kernel */
	WORKS(contain_ns_set_sysctl("net.ipv4.ip_local_reserved_ports", "8081,8080,9000-9003", e));
	/* not to be read, and done all the same */
	WORKS(contain_ns_set_sysctl("net.ipv4.route.flush", "1", e));
	FAILS(EINVAL, "does not take", contain_ns_set_sysctl("net.ipv4.ip_default_ttl", "0", e));
	FAILS(ENOENT, "interface", contain_ns_set_sysctl("net.ipv4.conf.no0.forwarding", "1", e));
	FAILS(EACCES, "read-only", contain_ns_set_sysctl("net.ipv4.conf.lo.mc_forwarding", "1", e));
}

TEST_BOTH(net_sysctls)
{
	const char *range = value_of("/proc/sys/net/ipv4/ip_local_port_range"),
		   *ttl = value_of("/proc/sys/net/ipv4/ip_default_ttl"),
		   *ports = value_of("/proc/sys/net/ipv4/ip_local_reserved_ports");

	inside(CONTAIN_NS_NET, net_inside);
	ck_assert_str_eq(range, value_of("/proc/sys/net/ipv4/ip_local_port_range"));
	ck_assert_str_eq(ttl, value_of("/proc/sys/net/ipv4/ip_default_ttl"));
	ck_assert_str_eq(ports, value_of("/proc/sys/net/ipv4/ip_local_reserved_ports"));
	if (!ts_is_root())
		FAILS(EACCES, "CAP_NET_ADMIN",
		      contain_ns_set_sysctl("net.ipv4.ip_default_ttl", "64", e));
}

static int message(size_t n)
{
	struct {
		long type;
		char text[600];
	} m = { .type = 1 };
	int q = msgget(IPC_PRIVATE, 0600), r;

	T_SYS(q);
	r = msgsnd(q, &m, n, IPC_NOWAIT) < 0 ? errno : 0;
	T_SYS(msgctl(q, IPC_RMID, NULL));
	return r;
}

static void ipc_inside(void)
{
	contain_error *error = NULL;
	char value[64];
	int r;

	ck_assert_int_eq(message(512), 0);
	r = contain_ns_set_sysctl("kernel.msgmax", "500", &error);
	if (r < 0 && is_mapped_user()) { /* before Linux 6.10 */
		T_CHECK(r == -EACCES && strstr(contain_error_hint(error), "6.10"), "%s",
			contain_error_message(error));
		contain_error_free(error);
		return;
	}
	T_CHECK(r == 0, "%s", contain_error_message(error));
	ck_assert_int_eq(message(512), EINVAL);
	ck_assert_int_eq(message(500), 0);
	WORKS(contain_ns_set_sysctl("kernel.sem", "250 32000 32 100", e));
	WORKS(contain_ns_get_sysctl("kernel.sem", value, sizeof(value), e));
	ck_assert_str_eq(value, "250\t32000\t32\t100");
	/* the first of four: the kernel takes it, and it is not what was asked for */
	FAILS(EIO, "32000", contain_ns_set_sysctl("kernel.sem", "251", e));
	WORKS(contain_ns_set_sysctl("fs.mqueue.queues_max", "7", e));
	WORKS(contain_ns_set_sysctl("kernel/shm_rmid_forced", "1", e));
}

TEST_BOTH(ipc_sysctls)
{
	const char *max = value_of("/proc/sys/kernel/msgmax"),
		   *sem = value_of("/proc/sys/kernel/sem");

	inside(CONTAIN_NS_IPC, ipc_inside);
	ck_assert_str_eq(max, value_of("/proc/sys/kernel/msgmax"));
	ck_assert_str_eq(sem, value_of("/proc/sys/kernel/sem"));
}

static void refused(const char *name, int err, const char *what)
{
	char value[8] = "old";

	FAILS(err, what, contain_ns_set_sysctl(name, "1", e));
	FAILS(err, what, contain_ns_get_sysctl(name, value, sizeof(value), e));
	ck_assert_str_eq(value, "old");
}

static void refused_inside(void)
{
	static const char *const global[] = { "kernel.panic", "vm.swappiness", "fs.file-max",
					      "net.core.rmem_max", "net/core/bpf_jit_enable",
					      "net.nf_conntrack_max", "kernel.msgmaxx",
					      "net.netfilter.nf_hooks_lwtunnel",
					      "net.ipv4.tcp_mem", "fs.mqueue", "net" };

	for (size_t i = 0; i < sizeof(global) / sizeof(global[0]) - 1; i++)
		refused(global[i], EINVAL, "whole machine");
	refused("kernel.hostname", EINVAL, "contain_ns_set_hostname()");
	refused("kernel/domainname", EINVAL, "contain_ns_set_domainname()");
	refused("user.max_net_namespaces", EINVAL, "contain_ns_limit");
	refused(NULL, EINVAL, "missing or empty");
	refused("", EINVAL, "missing or empty");
	refused("net", EINVAL, "AREA.NAME");
	refused(".net.ipv4.ip_forward", EINVAL, "empty component");
	refused("net..ip_forward", EINVAL, "empty component");
	refused("net.ipv4.ip_forward.", EINVAL, "empty component");
	refused("net/../kernel/panic", EINVAL, "\"..\"");
	refused("net.//.kernel", EINVAL, "\"..\"");
	refused("net/./ipv4", EINVAL, "\"..\"");
	refused("net.ipv4.ip forward", EINVAL, "blank");
	refused("net.ipv4.ip_forward\n", EINVAL, "control character");
	refused(t_fmt("net.%0300d", 1), ENAMETOOLONG, "too long");
	FAILS(EINVAL, "value is missing", contain_ns_set_sysctl("net.ipv4.ip_forward", NULL, e));
	FAILS(EINVAL, "value is missing", contain_ns_set_sysctl("net.ipv4.ip_forward", "", e));
	FAILS(EINVAL, "control", contain_ns_set_sysctl("net.ipv4.ip_forward", "1\n1", e));
	FAILS(EINVAL, "longer", contain_ns_set_sysctl("net.ipv4.ip_forward", t_fmt("%05000d", 1),
						      e));
	FAILS(EINVAL, "buf", contain_ns_get_sysctl("net.ipv4.ip_forward", NULL, 1, e));
	FAILS(EINVAL, "buf", contain_ns_get_sysctl("net.ipv4.ip_forward", (char[1]){ 0 }, 0, e));
}

TEST_BOTH(what_is_no_sysctl_of_a_namespace)
{
	const char *panic = value_of("/proc/sys/kernel/panic");

	inside(CONTAIN_NS_NET | CONTAIN_NS_IPC, refused_inside);
	ck_assert_str_eq(panic, value_of("/proc/sys/kernel/panic"));
}

/* Every file of net.*: what can be written in a new namespace is accepted, and nothing else is. */
static struct {
	int accepted, refused, leaky;
	char odd[1024];
} census;

static int look_at(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	char parsed[CT_SYSCTL_NAME];
	const char *why;
	uint64_t type;
	int r;

	if (kind != FTW_F)
		return 0;
	r = ct_sysctl_parse(path + strlen("/proc/sys/"), parsed, &type, &why);
	if (!(st->st_mode & 0222))
		return 0; /* shows something only; refused by the kernel, whoever it is of */
	census.accepted += r == 0;
	census.leaky += strstr(path, "nf_hooks_lwtunnel") != NULL;
	if (r < 0 && !strstr(path, "nf_hooks_lwtunnel"))
		snprintf(census.odd, sizeof(census.odd), "%s", path);
	return 0;
}

static void census_inside(void)
{
	nftw("/proc/sys/net", look_at, 16, FTW_PHYS);
	T_CHECK(!census.odd[0], "the kernel has it in a new namespace, and it is refused: %s",
		census.odd);
	T_CHECK(census.accepted > 100, "%d", census.accepted);
	t_note("%d sysctls of net.* accepted", census.accepted);
}

static int look_outside(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	char parsed[CT_SYSCTL_NAME];
	const char *why, *name = path + strlen("/proc/sys/");
	uint64_t type;
	int fd;

	/* interfaces are other ones */
	if (kind != FTW_F || strstr(name, "/conf/") || strstr(name, "/neigh/"))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC); /* of the thread's namespace now: the new one */
	if (fd >= 0)
		close(fd);
	if (fd >= 0 || errno != ENOENT)
		return 0;
	census.refused++;
	if (ct_sysctl_parse(name, parsed, &type, &why) == 0)
		census.leaky++, snprintf(census.odd + strlen(census.odd),
					 sizeof(census.odd) - strlen(census.odd), " %s", name);
	return 0;
}

static char *host_names[4000];
static int host_names_n;

static int keep(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	if (kind == FTW_F && host_names_n < 4000)
		host_names[host_names_n++] = t_fmt("%s", path);
	return 0;
}

static void missing_inside(void)
{
	struct stat st = { 0 };

	for (int i = 0; i < host_names_n; i++)
		look_outside(host_names[i], &st, FTW_F, NULL);
	/* what differs from kernel to kernel is refused by the kernel: -ENOENT */
	t_note("%d sysctls of net.* are the host's alone; %d of them unknown to the list:%s",
	       census.refused, census.leaky, census.odd);
	T_CHECK(census.refused > 20 && census.leaky <= 3);
}

TEST(the_list_of_global_sysctls)
{
	t_need_root();
	nftw("/proc/sys/net", keep, 16, FTW_PHYS);
	inside(CONTAIN_NS_NET, census_inside);
	inside(CONTAIN_NS_NET, missing_inside);
}

TEST(values_that_are_the_same)
{
	static const char *const same[][2] = {
		{ "1", "1\n" }, { "0x10", "16\n" }, { "010", "8" }, { " 1  2 ", "1\t2\n" },
		{ "-1", "-1" }, { "8080,8081", "8080-8081\n" }, { "9,5-6,1", "1,5-6,9" },
		{ "1-3,2-5", "1-5" }, { "cubic", "cubic\n" }, { "+5", "+5" }, { "00000003", "3" },
	};
	static const char *const other[][2] = {
		{ "1", "2" }, { "1", "1 2" }, { "1 2", "1" }, { "-1", "1" }, { "08", "8" },
		{ "1-3", "1-4" }, { "1-4", "1-3" }, { "1,3", "1-3" }, { "3-1", "1-3" },
		{ "cubic", "reno" }, { "1", "" }, { "", "1" }, { "1,", "1" }, { "ff", "255" },
		{ "5-", "5" }, { "0x", "0" },
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		T_CHECK(ct_sysctl_same(same[i][0], same[i][1]), "%s", same[i][0]);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		T_CHECK(!ct_sysctl_same(other[i][0], other[i][1]), "%s %s", other[i][0],
			other[i][1]);
}

/* ---- sysctls on a /proc that lies (A09, A10) ---- */

#define WANTED "/proc/sys/net/ipv4/ip_default_ttl"
#define CANARY "/proc/sys/net/ipv4/tcp_fin_timeout"

/* A procfs of the library's own cannot be made, as for a user without a mount namespace. */
static int no_mounts(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (nr != __NR_fsmount)
		return 0;
	*ret = -EPERM;
	return 1;
}

static int no_word(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	if (nr != __NR_write)
		return 0;
	*ret = args[2];
	return 1;
}

static void covered_file(void)
{
	const char *canary = value_of(CANARY);
	char got[16];
	int fd;

	T_SYS(mount(CANARY, WANTED, NULL, MS_BIND, NULL));
	/* the naive way succeeds, and writes elsewhere */
	fd = open(WANTED, O_WRONLY | O_CLOEXEC);
	T_CHECK(write(fd, "55", 2) == 2);
	close(fd);
	ck_assert_str_eq(value_of(CANARY), "55\n");
	T_SYS(fd = open(CANARY, O_WRONLY | O_CLOEXEC));
	T_CHECK(write(fd, canary, strlen(canary)) > 0);
	close(fd);
	/* a procfs of its own does not know of the mount */
	if (ts_is_root() && !is_mapped_user()) {
		WORKS(contain_ns_set_sysctl("net.ipv4.ip_default_ttl", "99", e));
		WORKS(contain_ns_get_sysctl("net.ipv4.ip_default_ttl", got, sizeof(got), e));
		ck_assert_str_eq(got, "99");
	}
	fake(no_mounts);
	FAILS(EXDEV, "mounted over", contain_ns_set_sysctl("net.ipv4.ip_default_ttl", "88", e));
	FAILS(EXDEV, "mounted over",
	      contain_ns_get_sysctl("net.ipv4.ip_default_ttl", got, sizeof(got), e));
	/* the twin: another file of the same procfs is fine */
	WORKS(contain_ns_set_sysctl("net.ipv4.tcp_keepalive_probes", "8", e));
	ct_seam = NULL;
	ck_assert_str_eq(value_of(CANARY), canary);
	T_SYS(umount2(WANTED, MNT_DETACH));
	ck_assert_str_eq(value_of(WANTED), ts_is_root() && !is_mapped_user() ? "99\n" : "64\n");
}

TEST_BOTH(a_sysctl_that_is_mounted_over)
{
	inside(CONTAIN_NS_NET | CONTAIN_NS_MNT, covered_file);
}

static void covered_proc(void)
{
	char got[16];

	T_SYS(mount("tmpfs", "/proc/sys", "tmpfs", 0, NULL));
	fake(no_mounts);
	FAILS(EXDEV, "mounted over", contain_ns_set_sysctl("net.ipv4.ip_default_ttl", "88", e));
	ct_seam = NULL;
	T_SYS(mount("tmpfs", "/proc", "tmpfs", 0, NULL));
	T_SYS(mkdir("/proc/sys", 0755));
	fake(no_mounts);
	FAILS(EXDEV, "not procfs", contain_ns_set_sysctl("net.ipv4.ip_default_ttl", "88", e));
	FAILS(EXDEV, "not procfs",
	      contain_ns_get_sysctl("net.ipv4.ip_default_ttl", got, sizeof(got), e));
	ct_seam = NULL;
	if (ts_is_root() && !is_mapped_user())
		WORKS(contain_ns_set_sysctl("net.ipv4.ip_default_ttl", "88", e));
}

TEST_BOTH(a_proc_that_is_none)
{
	inside(CONTAIN_NS_NET | CONTAIN_NS_MNT, covered_proc);
}

/* Written, and nothing happened: found by reading back. */
static void swallowed(void)
{
	fake(no_word);
	FAILS(EIO, "64", contain_ns_set_sysctl("net.ipv4.ip_default_ttl", "88", e));
	ct_seam = NULL;
	ck_assert_str_eq(value_of(WANTED), "64\n");
}

TEST_BOTH(a_write_that_does_nothing)
{
	inside(CONTAIN_NS_NET, swallowed);
}
