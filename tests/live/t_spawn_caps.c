/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capability sets, no_new_privs and what a set-user-id program gains. */
#include "t_spawn.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* The five sets inside: three of them @keep, two empty. */
static void check_sets(struct ts *t, uint64_t keep)
{
	static const char *const full[] = { "effective", "permitted", "bounding" };

	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(ts_value(t, full[i]), t_fmt("%016llx", (unsigned long long)keep));
	ck_assert_str_eq(ts_value(t, "inheritable"), "0000000000000000");
	ck_assert_str_eq(ts_value(t, "ambient"), "0000000000000000");
	ck_assert_str_eq(ts_value(t, "securebits"), "0");
}

TEST_BOTH(default_set)
{
	struct ts t;

	ts_dir(&t, 0);
	ts_words(&t, "caps");
	ts_run(&t);
	check_sets(&t, TS_CAPS_DEFAULT);
	ts_has(&t, "nnp 1\n");
	ts_has(&t, "seccomp 0\n");
}

TEST_BOTH(sets_that_are_asked_for)
{
	const uint64_t sets[] = { 0, 1, 1ULL << CAP_NET_ADMIN, ts_caps(), ts_caps() & ~0xffULL,
				  1ULL << CAP_CHECKPOINT_RESTORE | 1ULL << CAP_SYS_CHROOT };
	struct ts t;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_capabilities(t.spec, sets[i]), 0);
		container_spec_set_no_new_privs(t.spec, i % 2);
		ts_words(&t, "caps -- ids");
		ts_run(&t);
		check_sets(&t, sets[i]);
		ts_has(&t, "nnp %d\n", (int)(i % 2));
		ts_has(&t, "uid 0 0 0\n");
	}
}

static int with_ambient(void *arg, void *rec)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	struct ts t;

	(void)arg;
	(void)rec;
	T_SYS(syscall(SYS_capget, &head, data));
	data[0].inheritable = data[0].permitted;
	data[1].inheritable = data[1].permitted;
	T_SYS(syscall(SYS_capset, &head, data));
	for (int cap = 0; cap < 24; cap++)
		T_SYS(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0));
	ts_dir(&t, 0);
	ts_words(&t, "caps");
	ts_run(&t);
	check_sets(&t, TS_CAPS_DEFAULT);
	return 0;
}

/* A21, R17: inheritable and ambient sets of the caller do not come along. */
TEST(callers_ambient_set)
{
	t_need_root();
	ck_assert_int_eq(t_child(with_ambient, NULL, NULL, 0), 0);
}

TEST_BOTH(unknown_capability)
{
	struct ts t;

	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_capabilities(t.spec, 1ULL << 63), 0);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "capabilities", "this kernel does not");
}

static int without_chown(void *arg, void *rec)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	struct ts t;

	(void)arg;
	(void)rec;
	T_SYS(syscall(SYS_capget, &head, data));
	data[0].permitted &= ~(1U << CAP_NET_RAW);
	data[0].effective &= ~(1U << CAP_NET_RAW);
	T_SYS(syscall(SYS_capset, &head, data));
	ts_dir(&t, 0);
	container_spec_set_capabilities(t.spec, 1ULL << CAP_NET_RAW | 1);
	ts_words(&t, "exit");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "set-capabilities", "", "does not hold every");
	/* nothing is missing that is not asked for */
	ts_dir(&t, 0);
	ts_words(&t, "caps");
	ts_run(&t);
	check_sets(&t, TS_CAPS_DEFAULT);
	return 0;
}

TEST(more_than_the_caller_has)
{
	t_need_root();
	ck_assert_int_eq(t_child(without_chown, NULL, NULL, 0), 0);
}

/* A set-user-id program run by another user: nothing with no_new_privs, else what is bounding. */
TEST(set_user_id)
{
	static const char run[] = "payload ids -- caps; "
				  "busybox start-stop-daemon -S -c 65534:65534 "
				  "-x /job/suid -- ids -- caps";
	struct ts t;

	t_need_root();
	T_SYS(system(t_fmt("cp %s %s/job/suid && chmod 4755 %s/job/suid", T_PAYLOAD, ts_root(),
			   ts_root())) ?
		      -1 :
		      0);
	ts_dir(&t, 0);
	ts_sh(&t, run);
	ts_run(&t);
	ts_has(&t, "uid 65534 65534 65534\n");
	ts_has(&t, "effective 0000000000000000\npermitted 0000000000000000\n");

	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_no_new_privs(t.spec, 0), 0);
	ts_sh(&t, run);
	ts_run(&t);
	ts_has(&t, "uid 65534 0 0\n");
	/* the second program's: of the first, which is root, they are the same */
	T_CHECK(strstr(strstr(t.text, "uid 65534 0 0\n"),
		       t_fmt("effective %016llx\n", (unsigned long long)TS_CAPS_DEFAULT)),
		"%s", t.text);
	ts_hasnt(&t, "effective 0000000000000000\n");
}

/* What a payload can do with the default set, and what it cannot. */
TEST_BOTH(default_set_bites)
{
	struct ts t;

	ts_dir(&t, 0);
	ts_sh(&t, "mount -t tmpfs x /mnt; hostname other; mknod /job/node c 1 3; "
		  "ip link set lo down; busybox chroot / /bin/payload argv chrooted; "
		  "busybox unshare -m true && echo unshared; touch /job/f && chown 0:0 /job/f && "
		  "echo chowned; umount /tmp; hostname; payload ifaces");
	ts_run(&t);
	ts_has(&t, "mount: permission denied");
	ts_has(&t, "sethostname: Operation not permitted");
	ts_has(&t, "mknod: /job/node: Operation not permitted");
	ts_has(&t, "chrooted\n");
	ts_hasnt(&t, "unshared");
	ts_has(&t, "chowned\n");
	ts_has(&t, "container\n");
	ts_has(&t, "lo 49 ");
}
