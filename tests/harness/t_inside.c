/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ordinary user, the root filesystem and the payload, as live tests use them. */
#include "harness.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static char out[32768];

/* The exit status of a shell line; its output is in @out. */
static int shell(const char *line)
{
	FILE *pipe = popen(line, "r");
	size_t n;
	int status;

	T_CHECK(pipe, "%m");
	n = fread(out, 1, sizeof(out) - 1, pipe);
	out[n] = '\0';
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void expect(const char *text)
{
	T_CHECK(strstr(out, text), "no '%s' in:\n%s", text, out);
}

/* ---- the ordinary user ---- */

static int user_is_ordinary(void *arg, void *rec)
{
	char status[8192], value[8];

	(void)arg;
	*(int *)rec += getuid();
	ck_assert_int_ne(getuid(), 0);
	ck_assert_int_eq(getuid(), geteuid());
	ck_assert_int_eq(getgroups(0, NULL), 0);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 1);
	T_CHECK(t_read_file("/proc/self/status", status, sizeof(status)) > 0);
	T_CHECK(strstr(status, "CapEff:\t0000000000000000"), "%s", status);
	T_CHECK(strstr(status, "CapPrm:\t0000000000000000"), "%s", status);
	T_CHECK(strstr(status, "CapInh:\t0000000000000000"), "%s", status);
	T_CHECK(strstr(status, "CapAmb:\t0000000000000000"), "%s", status);
	/* a home to write in, temporary directories, and nothing of root's */
	t_write_file(t_fmt("%s/file", getenv("HOME")), "x");
	t_write_file(t_fmt("%s/file", t_tmpdir()), "x");
	ck_assert_int_lt(open("/etc/shadow", O_RDONLY | O_CLOEXEC), 0);
	ck_assert_int_eq(t_read_file("/proc/self/comm", value, sizeof(value)) > 0, 1);
	return 0;
}

TEST(user)
{
	int record = 1;

	t_need_root();
	t_as_user_rec(user_is_ordinary, NULL, &record, sizeof(record));
	ck_assert_int_eq(record, 1 + T_UID);
}

static int user_maps_itself(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	ck_assert_int_eq(shell("unshare -Ur " T_PAYLOAD " ids -- maps"), 0);
	expect("uid 0 0 0\n");
	expect("setgroups deny\n");
	return 0;
}

TEST(user_namespaces)
{
	t_need_userns();
	t_as_user(user_maps_itself, NULL);
}

static int user_maps_a_range(void *arg, void *rec)
{
	int ready[2], go[2], status;
	char c;
	pid_t pid;

	(void)arg;
	(void)rec;
	T_SYS(pipe2(ready, O_CLOEXEC));
	T_SYS(pipe2(go, O_CLOEXEC));
	pid = fork();
	T_SYS(pid);
	if (pid == 0) {
		T_SYS(unshare(CLONE_NEWUSER));
		T_CHECK(write(ready[1], "", 1) == 1);
		T_CHECK(read(go[0], &c, 1) == 1);
		ck_assert_int_eq(shell(T_PAYLOAD " maps"), 0);
		expect("uid          0      12345          1\n");
		expect("uid          1     100000       1000\n");
		_exit(0);
	}
	T_CHECK(read(ready[0], &c, 1) == 1);
	ck_assert_int_eq(shell(t_fmt("newuidmap %d 0 %d 1 1 100000 1000 2>&1", pid, T_UID)), 0);
	T_CHECK(write(go[1], "", 1) == 1);
	T_SYS(waitpid(pid, &status, 0));
	return status;
}

TEST(subordinate_ids)
{
	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_fake_passwd("t-user", T_UID, 100000, 1000);
	t_as_user(user_maps_a_range, NULL);
}

/* newuidmap itself must refuse without a range, or the test above proves nothing */
static int user_has_no_range(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	ck_assert_int_ne(shell("unshare -U sh -c 'newuidmap $$ 0 100000 1 2>&1'"), 0);
	return 0;
}

TEST(no_subordinate_ids)
{
	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_fake_passwd("t-user", T_UID, 0, 0);
	t_as_user(user_has_no_range, NULL);
}

/* ---- the payload in a root filesystem ---- */

static const char *root;

static int inside(const char *words)
{
	return shell(t_fmt("chroot %s /bin/payload %s 2>&1", root, words));
}

static void make_root(void)
{
	t_need_root();
	root = t_fmt("%s/root", t_tmpdir());
	t_rootfs_make(root);
}

TEST(rootfs)
{
	make_root();
	ck_assert_int_eq(shell(t_fmt("chroot %s /bin/sh -c 'echo $((6*7)); cat /etc/image; ls /'",
				     root)), 0);
	expect("42\nmade by the tests\n");
	expect("job\n");
	ck_assert_int_eq(inside("exit 7"), 7);
	/* as the shell gives it */
	ck_assert_int_eq(inside("kill-self 9"), 128 + 9);
	ck_assert_int_eq(inside("nonsense"), 124);
}

/* no /proc is mounted in this root */
TEST(payload_without_proc)
{
	make_root();
	ck_assert_int_eq(inside("ids -- caps -- signals -- session"), 0);
	expect("uid 0 0 0\n");
	expect("blocked 0000000000000000\n");
	ck_assert_int_eq(inside("umask -- hostname -- cwd"), 0);
	expect("umask 022\n");
	expect("\n/\n");
	ck_assert_int_eq(inside("fds"), 0);
	expect("0 ");
	ck_assert_int_eq(inside("write /job/a hello -- read /job/a -- stat /job/a"), 0);
	expect("hellomode 100644 uid 0 gid 0 size 5 ");
	ck_assert_int_eq(inside("read /no/such"), 125);
	expect("payload: /no/such: No such file or directory\n");
	ck_assert_int_eq(inside("mem 3"), 0);
	expect("1\n2\n3\ndone\n");
	ck_assert_int_eq(inside("fork 5"), 0);
	expect("forked 5\n");
	ck_assert_int_eq(inside("ifaces -- tty -- limits -- list /"), 0);
	expect("lo ");
	ck_assert_int_eq(shell(t_fmt("env -i A=1 B=2 /usr/sbin/chroot %s /bin/payload env",
				     root)), 0);
	ck_assert_str_eq(out, "A=1\nB=2\n");
}

TEST(payload_with_proc)
{
	ck_assert_int_eq(shell(T_PAYLOAD " ns -- maps -- cgroup"), 0);
	expect("mnt mnt:[");
	expect("setgroups ");
	expect("0::/");
	ck_assert_int_eq(shell(T_PAYLOAD " mounts"), 0);
	expect(" - proc ");
}
