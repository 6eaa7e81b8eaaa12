/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sysctls and the domain name of a container. */
#include "t_spawn.h"

#include <contain/namespace.h>
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/utsname.h>

#define TTL "/proc/sys/net/ipv4/ip_default_ttl"
#define FIN "/proc/sys/net/ipv4/tcp_fin_timeout"

static const char *value_of(const char *path)
{
	char text[4096];

	T_CHECK(t_read_file(path, text, sizeof(text)) > 0, "%s", path);
	return t_fmt("%s", text);
}

static void add(struct ts *t, const char *name, const char *value)
{
	T_CHECK(container_spec_add_sysctl(t->spec, name, value) == 0, "%s", name);
}

TEST_BOTH(they_hold_inside_and_only_there)
{
	const char *ttl = value_of(TTL), *fin = value_of(FIN);

	for (int init = 0; init < 2; init++) {
		struct ts t;

		ts_dir(&t, 0);
		container_spec_set_init(t.spec, init);
		add(&t, "net.ipv4.ip_default_ttl", "11");
		add(&t, "net.ipv4.ip_local_port_range", "40000  40003");
		add(&t, "net/ipv4/conf/lo/forwarding", "1");
		add(&t, "net.ipv4.ip_default_ttl", "12"); /* in the place of the first */
		add(&t, "net.ipv4.route.flush", "1");	  /* cannot be read back */
		ts_words(&t, "read " TTL " -- read /proc/sys/net/ipv4/ip_local_port_range -- "
			     "read /proc/sys/net/ipv4/conf/lo/forwarding");
		ts_run(&t);
		ts_is(&t, "12\n40000\t40003\n1\n");
	}
	ck_assert_str_eq(ttl, value_of(TTL));
	ck_assert_str_eq(fin, value_of(FIN));
}

TEST(those_of_ipc)
{
	const char *max = value_of("/proc/sys/kernel/msgmax");
	struct ts t;

	t_need_root();
	ts_dir(&t, 0);
	add(&t, "kernel.msgmax", "4711");
	add(&t, "kernel.sem", "250 32000 32 111");
	add(&t, "fs.mqueue.msg_max", "9");
	ts_words(&t, "read /proc/sys/kernel/msgmax -- read /proc/sys/kernel/sem -- "
		     "read /proc/sys/fs/mqueue/msg_max");
	ts_run(&t);
	ts_is(&t, "4711\n250\t32000\t32\t111\n9\n");
	ck_assert_str_eq(max, value_of("/proc/sys/kernel/msgmax"));
}

/* Root of the user namespace alone may not, before Linux 6.10. */
static int ipc_of_a_user(void *arg, void *rec)
{
	struct ts t;
	int r;

	ts_dir(&t, 0);
	add(&t, "kernel.msgmax", "4711");
	ts_words(&t, "read /proc/sys/kernel/msgmax");
	r = ts_spawn(&t);
	if (r == 0) {
		ts_end(&t);
		ts_is(&t, "4711\n");
		return 0;
	}
	T_CHECK(r == -EACCES && strstr(contain_error_hint(t.error), "6.10"), "%s",
		contain_error_message(t.error));
	ck_assert_str_eq(contain_error_op(t.error), "set-sysctl");
	ts_free(&t);
	return 0;
}

TEST(those_of_ipc_without_privilege)
{
	t_need_userns();
	t_as_user(ipc_of_a_user, NULL);
}

/* Without a /proc of the container's own they are set by one that is mounted nowhere. */
TEST(without_a_proc)
{
	struct ts t;

	t_need_root();
	ts_dir(&t, 0);
	container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_ALL & ~CONTAIN_DEFAULT_PROC);
	container_spec_add_bind(t.spec, AT_FDCWD, "/proc", "/proc", 0);
	add(&t, "net.ipv4.ip_default_ttl", "21");
	add(&t, "net.ipv4.tcp_fin_timeout", "22");
	ts_words(&t, "read " TTL " -- read " FIN);
	ts_run(&t);
	ts_is(&t, "21\n22\n");
}

/* The payload cannot change them back: /proc/sys is read-only. */
TEST_BOTH(the_payload_cannot_change_them)
{
	struct ts t;

	ts_dir(&t, 0);
	add(&t, "net.ipv4.ip_default_ttl", "31");
	ts_sh(&t, "echo 32 >" TTL "; cat " TTL);
	ts_start(&t);
	ts_end(&t);
	ts_has(&t, "Read-only file system");
	ts_has(&t, "31\n");
}

/* A10: on the host another sysctl lies over the one that is asked for. */
TEST(on_a_proc_that_lies)
{
	const char *fin;
	struct ts t;

	t_need_root();
	T_SYS(unshare(CLONE_NEWNS));
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	fin = value_of(FIN);
	T_SYS(mount(FIN, TTL, NULL, MS_BIND, NULL));
	for (int own = 0; own < 2; own++) {
		ts_dir(&t, 0);
		if (!own)
			container_spec_set_default_mounts(t.spec, 0);
		add(&t, "net.ipv4.ip_default_ttl", "41");
		ts_words(&t, own ? "read " TTL : "exit");
		ts_run(&t);
		if (own)
			ts_is(&t, "41\n");
	}
	T_SYS(umount2(TTL, MNT_DETACH));
	ck_assert_str_eq(fin, value_of(FIN));
}

TEST_BOTH(the_host_would_change)
{
	uint64_t types = CONTAIN_NS_MNT | CONTAIN_NS_PID | (ts_is_root() ? 0 : CONTAIN_NS_USER);
	const char *const cases[][2] = { { "net.ipv4.ip_default_ttl", "CONTAIN_NS_NET" },
					 { "kernel.msgmax", "CONTAIN_NS_IPC" } };
	struct ts t;

	for (int i = 0; i < 2; i++) {
		ts_dir(&t, 0);
		container_spec_set_namespaces(t.spec, types);
		add(&t, cases[i][0], "1");
		ts_words(&t, "exit");
		ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "sysctl", cases[i][1]);
	}
	ts_dir(&t, 0);
	container_spec_set_namespaces(t.spec, types);
	container_spec_set_domainname(t.spec, "x");
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "domainname", "CONTAIN_NS_UTS");
}

/* A network namespace of somebody else's is as good as a new one, and keeps them. */
TEST(in_a_joined_namespace)
{
	struct ts t;
	int own, fd;

	t_need_root();
	own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	T_SYS(own);
	ck_assert_int_eq(contain_ns_unshare(CONTAIN_NS_NET, NULL), 0);
	fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	T_SYS(fd);
	ck_assert_int_eq(contain_ns_join(own, CONTAIN_NS_NET, NULL), 0);
	close(own);
	for (int i = 0; i < 2; i++) {
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_join_namespace(t.spec, CONTAIN_NS_NET, fd), 0);
		if (!i)
			add(&t, "net.ipv4.ip_default_ttl", "51");
		ts_words(&t, "read " TTL);
		ts_run(&t);
		ts_is(&t, "51\n");
	}
	close(fd);
}

TEST_BOTH(what_the_kernel_refuses)
{
	struct ts t;

	ts_dir(&t, 0);
	add(&t, "net.ipv4.ip_default_ttl", "0");
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "set-sysctl", "net.ipv4.ip_default_ttl",
		 "does not take");
	ts_dir(&t, 0);
	add(&t, "net.ipv4.no_such", "1");
	ts_words(&t, "exit");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "set-sysctl", "net.ipv4.no_such", "no such");
	ts_dir(&t, 0);
	add(&t, "net.ipv4.conf.lo.mc_forwarding", "1");
	ts_words(&t, "exit");
	ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "set-sysctl", "net.ipv4.conf.lo.mc_forwarding",
		 "read-only");
}

/* The first of four numbers is taken without an error. */
TEST(what_the_kernel_makes_something_else_of)
{
	struct ts t;

	t_need_root();
	ts_dir(&t, 0);
	add(&t, "kernel.sem", "251");
	ts_words(&t, "exit");
	ts_fails(&t, EIO, CONTAIN_PHASE_CHILD, "set-sysctl", "kernel.sem", "\"251 ");
}

TEST(bad_input)
{
	static const char *const bad[][3] = {
		{ "kernel.panic", "1", "whole machine" },
		{ "net.core.rmem_max", "1", "whole machine" },
		{ "kernel.hostname", "x", "container_spec_set_hostname()" },
		{ "user.max_net_namespaces", "1", "contain_ns_limit_set()" },
		{ "net..x", "1", "empty component" },
		{ "", "1", "missing or empty" },
		{ "net.ipv4.ip_forward", "", "value is missing" },
		{ "net.ipv4.ip_forward", "1\n", "control character" },
	};
	struct ts t;

	ck_assert_int_eq(container_spec_add_sysctl(NULL, "net.ipv4.ip_forward", "1"), -EINVAL);
	ck_assert_int_eq(container_spec_set_domainname(NULL, "x"), -EINVAL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_add_sysctl(t.spec, bad[i][0], bad[i][1]), -EINVAL);
		ts_words(&t, "exit");
		ts_fails(&t, EINVAL, CONTAIN_PHASE_SPEC, "spec", "sysctl", bad[i][2]);
	}
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_add_sysctl(t.spec, NULL, "1"), -EINVAL);
	ck_assert_int_eq(container_spec_add_sysctl(t.spec, t_fmt("net.%0300d", 1), "1"),
			 -ENAMETOOLONG);
	ck_assert_int_eq(container_spec_set_domainname(t.spec, ""), -EINVAL);
	ck_assert_int_eq(container_spec_set_domainname(t.spec, t_fmt("%065d", 1)), -ENAMETOOLONG);
	ts_free(&t);
}

TEST_BOTH(a_domain_name)
{
	struct utsname before, after;
	struct ts t;

	T_SYS(uname(&before));
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_domainname(t.spec, "tag.example"), 0);
	ts_words(&t, "hostname");
	ts_run(&t);
	ts_is(&t, "hostname container\ndomainname tag.example\n");
	T_SYS(uname(&after));
	ck_assert_str_eq(before.domainname, after.domainname);
}
