/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The payload's user and groups: ids, capability sets, files, and the caller, who stays the same.
 */
#include "t_spawn.h"

#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define OTHER_UID 4711
#define OTHER_GID 4712

static void check_ids(struct ts *t, uint32_t uid, uint32_t gid, const char *groups)
{
	ts_has(t, "uid %u %u %u\n", uid, uid, uid);
	ts_has(t, "fsuid %u\n", uid);
	ts_has(t, "gid %u %u %u\n", gid, gid, gid);
	ts_has(t, "groups%s\n", groups);
}

/* Five sets: three empty ones, and the bounding set. */
static void check_sets(struct ts *t, uint64_t bounding)
{
	static const char *const empty[] = { "effective", "permitted", "inheritable", "ambient" };

	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(ts_value(t, empty[i]), "0000000000000000");
	ck_assert_str_eq(ts_value(t, "bounding"), t_fmt("%016llx", (unsigned long long)bounding));
}

/* Named, the ids that the payload has anyway change nothing: the child shares memory. */
TEST_BOTH(ones_own_ids)
{
	struct ts t;
	char *plan;

	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_user(t.spec, 0, 0), 0);
	ts_words(&t, "ids -- caps");
	plan = ts_explained(&t);
	T_CHECK(strstr(plan, " set-user \"0:0\""), "%s", plan);
	T_CHECK(strstr(plan, "kind of child: shares"), "%s", plan);
	ts_run(&t);
	check_ids(&t, 0, 0, "");
	ck_assert_str_eq(ts_value(&t, "effective"),
			 t_fmt("%016llx", (unsigned long long)TS_CAPS_DEFAULT));
	ck_assert_str_eq(ts_value(&t, "bounding"),
			 t_fmt("%016llx", (unsigned long long)TS_CAPS_DEFAULT));
}

TEST_BOTH(ids_that_the_map_does_not_hold)
{
	const uint32_t groups[] = { 0, 5 };
	struct ts t;

	/* one id would be another one in a user namespace of the payload's own: t_ns_nested.c */
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, geteuid(), 1);
	container_spec_add_gid_range(t.spec, 0, getegid(), 1);
	container_spec_add_gid_range(t.spec, 5, getegid() + 1, 1);
	container_spec_set_user(t.spec, 1, 0);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "user.uid",
		 "no range of the container maps 1:");
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 1000, geteuid(), 1);
	container_spec_add_uid_range(t.spec, 1001, geteuid() + 1, 1);
	container_spec_add_gid_range(t.spec, 100, getegid(), 1);
	container_spec_set_user(t.spec, 1000, 0);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "user.gid",
		 "no range of the container maps 0:");
	/* its positive twin */
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 1000, geteuid(), 1);
	container_spec_add_gid_range(t.spec, 100, getegid(), 1);
	container_spec_set_user(t.spec, 1000, 100);
	ts_words(&t, "ids");
	ts_run(&t);
	ts_has(&t, "uid 1000 1000 1000\n");
	ts_has(&t, "gid 100 100 100\n");
	/* setgroups(2) is denied to an ordinary user; root writes its map from outside */
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, geteuid(), 1);
	container_spec_add_gid_range(t.spec, 0, getegid(), 1);
	container_spec_set_groups(t.spec, groups, 2);
	ts_words(&t, "exit");
	ts_fails(&t, ts_is_root() ? EINVAL : EPERM, CONTAIN_PHASE_PLAN, "compile", "groups",
		 ts_is_root() ? "no range of the container maps 5:" : "setgroups(2) is denied");
}

TEST(another_user)
{
	int dumpable = prctl(PR_GET_DUMPABLE);
	struct ts t;
	char *plan;

	t_need_root();
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_user(t.spec, OTHER_UID, OTHER_GID), 0);
	ts_words(&t, "ids -- caps -- session -- umask");
	plan = ts_explained(&t);
	T_CHECK(strstr(plan, "contain-init, in memory of its own, because the payload runs as "
			     "another user of the host"),
		"%s", plan);
	ts_run(&t);
	check_ids(&t, OTHER_UID, OTHER_GID, "");
	check_sets(&t, TS_CAPS_DEFAULT);
	ts_has(&t, "nnp 1\n");
	ts_has(&t, "pid 1\n");
	ts_has(&t, "umask 022\n");
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), dumpable);
	/* the group alone is another one too */
	ts_dir(&t, 0);
	container_spec_set_user(t.spec, 0, OTHER_GID);
	ts_words(&t, "ids -- caps");
	ts_run(&t);
	check_ids(&t, 0, OTHER_GID, "");
	ck_assert_str_eq(ts_value(&t, "effective"),
			 t_fmt("%016llx", (unsigned long long)TS_CAPS_DEFAULT));
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), dumpable);
}

/* What the host sees of a running payload: "Uid:", ... of /proc/PID/status. */
static char *host_status(struct ts *t, const char *key)
{
	static char status[1 << 20];
	char *at;

	T_CHECK(t_read_file(t_fmt("/proc/%d/status", container_pid(t->c)), status,
			    sizeof(status)) > 0);
	at = strstr(status, key);
	T_CHECK(at, "no %s", key);
	at += strlen(key);
	at[strcspn(at, "\n")] = 0;
	return at;
}

static void mapped(void)
{
	const uint32_t groups[] = { 7, 3 };
	uint32_t own = geteuid();
	struct ts t;

	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, own, 1);
	container_spec_add_uid_range(t.spec, 1, 200000, 900);
	container_spec_add_gid_range(t.spec, 0, getegid(), 1);
	container_spec_add_gid_range(t.spec, 1, 200000, 900);
	ck_assert_int_eq(container_spec_set_user(t.spec, 33, 34), 0);
	ck_assert_int_eq(container_spec_set_groups(t.spec, groups, 2), 0);
	ts_words(&t, "ids -- caps -- sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping");
	ck_assert_str_eq(host_status(&t, "Uid:"), "\t200032\t200032\t200032\t200032");
	ck_assert_str_eq(host_status(&t, "Gid:"), "\t200033\t200033\t200033\t200033");
	ck_assert_str_eq(host_status(&t, "Groups:"), "\t200002 200006 ");
	check_ids(&t, 33, 34, " 3 7");
	check_sets(&t, TS_CAPS_DEFAULT);
	ts_kill(&t);
}

TEST(a_mapped_user_of_root)
{
	t_need_root();
	mapped();
}

static int mapped_by_user(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	mapped();
	return 0;
}

TEST(a_mapped_user_of_a_user)
{
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_need_program("/usr/bin/newgidmap");
	t_need_root();
	t_fake_passwd("caller", T_UID, 200000, 1000);
	t_as_user(mapped_by_user, NULL);
}

/* ---- groups ---- */

static const gid_t callers[] = { 20, 27, 60000 };

static int with_groups(void *arg, void *rec)
{
	const uint32_t some[] = { 4294967294U, 5, 5, 1 };
	struct ts t;

	(void)arg;
	(void)rec;
	T_SYS(setgroups(3, callers));
	ts_dir(&t, 0);
	ts_words(&t, "ids");
	ts_run(&t);
	ts_has(&t, "groups\n");
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_groups(t.spec, some, 4), 0);
	ts_words(&t, "ids");
	ts_run(&t);
	ts_has(&t, "groups 1 5 5 4294967294\n");
	/* the last call counts; none is none */
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_groups(t.spec, some, 4), 0);
	ck_assert_int_eq(container_spec_set_groups(t.spec, NULL, 0), 0);
	ts_words(&t, "ids");
	ts_run(&t);
	ts_has(&t, "groups\n");
	/* in a user namespace that root maps */
	ts_dir(&t, 0);
	container_spec_add_uid_range(t.spec, 0, 0, 1);
	container_spec_add_gid_range(t.spec, 0, 0, 1);
	ts_words(&t, "ids -- maps");
	ts_run(&t);
	ts_has(&t, "groups\n");
	ts_has(&t, "setgroups allow\n");
	/* in one that maps its own id alone they stay */
	ts_dir(&t, 0);
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	ts_words(&t, "ids -- maps");
	ts_run(&t);
	ts_has(&t, "groups 65534 65534 65534\n");
	ts_has(&t, "setgroups deny\n");
	ck_assert_int_eq(getgroups(0, NULL), 3);
	return 0;
}

TEST(groups_of_a_caller_that_has_some)
{
	t_need_root();
	ck_assert_int_eq(t_child(with_groups, NULL, NULL, 0), 0);
}

TEST(as_many_groups_as_there_can_be)
{
	uint32_t *many = calloc(65536, sizeof(*many)), last = 0;
	struct ts t;
	char *list, *save = NULL;
	int n = 0;

	t_need_root();
	T_CHECK(many);
	for (uint32_t i = 0; i < 65536; i++)
		many[i] = 65536 * 2 - 1 - 2 * i;
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_groups(t.spec, many, 65536), 0);
	container_spec_set_user(t.spec, OTHER_UID, OTHER_GID);
	ts_words(&t, "sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping");
	list = host_status(&t, "Groups:");
	for (char *w = strtok_r(list, " \t", &save); w; w = strtok_r(NULL, " \t", &save), n++) {
		T_CHECK((uint32_t)atol(w) == 2 * (uint32_t)n + 1, "%d is %s", n, w);
		last = (uint32_t)atol(w);
	}
	ck_assert_int_eq(n, 65536);
	ck_assert_uint_eq(last, 131071);
	ts_kill(&t);
	free(many);
}

/*
 * CVE-2014-8989, R18: a file that a group may not read, while others may. Whoever is in the group
 * must not get rid of it by having a container.
 */
static int denied_group(void *arg, void *rec)
{
	gid_t group = 60001;
	struct ts t;

	(void)rec;
	T_SYS(setgroups(1, &group));
	T_SYS(setresgid(T_GID, T_GID, T_GID));
	T_SYS(setresuid(T_UID, T_UID, T_UID));
	T_SYS(prctl(PR_SET_DUMPABLE, 1));
	T_CHECK(open(t_fmt("%s/secret", (char *)arg), O_RDONLY) < 0 && errno == EACCES);
	ts_dir(&t, 0);
	container_spec_add_bind(t.spec, AT_FDCWD, arg, "/mnt", 0);
	ts_sh(&t, "cat /mnt/secret || echo denied; cat /mnt/open");
	ts_run(&t);
	ts_has(&t, "denied\n");
	ts_has(&t, "everybody\n");
	return 0;
}

TEST(groups_that_deny)
{
	const char *dir = t_tmpdir();

	t_need_root();
	t_need_userns();
	t_write_file(t_fmt("%s/secret", dir), "others\n");
	T_SYS(chown(t_fmt("%s/secret", dir), 0, 60001));
	T_SYS(chmod(t_fmt("%s/secret", dir), 0604));
	t_write_file(t_fmt("%s/open", dir), "everybody\n");
	ck_assert_int_eq(t_child(denied_group, (void *)dir, NULL, 0), 0);
}

/* Where setgroups(2) is denied above, it is below; and a caller without CAP_SETGID keeps them. */
static int nested(void *arg, void *rec)
{
	const uint32_t none[1] = { 0 };
	struct ts t;

	(void)arg;
	(void)rec;
	T_SYS(unshare(CLONE_NEWUSER | CLONE_NEWNS));
	t_write_file("/proc/self/setgroups", "deny");
	t_write_file("/proc/self/uid_map", "0 0 1");
	t_write_file("/proc/self/gid_map", "0 0 1");
	ts_dir(&t, 0);
	ts_words(&t, "ids");
	ts_run(&t);
	check_ids(&t, 0, 0, "");
	ts_dir(&t, 0);
	container_spec_set_groups(t.spec, none, 1);
	ts_words(&t, "ids");
	ts_fails(&t, EPERM, CONTAIN_PHASE_PLAN, "compile", "groups", "caller's user namespace");
	return 0;
}

TEST(groups_below_a_denial)
{
	t_need_root();
	t_need_userns();
	ck_assert_int_eq(t_child(nested, NULL, NULL, 0), 0);
}

static int without(void *arg, void *rec)
{
	int cap = *(int *)arg;
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	const uint32_t group = 5;
	struct ts t;

	(void)rec;
	if (cap == CAP_SETGID)
		T_SYS(setgroups(3, callers));
	T_SYS(syscall(SYS_capget, &head, data));
	data[0].permitted &= ~(1U << cap);
	data[0].effective &= ~(1U << cap);
	/* and from the bounding set, or a program that root executes has it again: contain-init */
	T_SYS(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
	T_SYS(syscall(SYS_capset, &head, data));
	ts_dir(&t, 0);
	container_spec_set_capabilities(t.spec, 1);
	ts_words(&t, "ids");
	ts_run(&t);
	ts_has(&t, cap == CAP_SETGID ? "groups 20 27 60000\n" : "groups\n");
	ts_dir(&t, 0);
	container_spec_set_capabilities(t.spec, 1);
	container_spec_set_user(t.spec, OTHER_UID, OTHER_GID);
	ts_words(&t, "ids");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "set-user", t_fmt("%d:%d", OTHER_UID, OTHER_GID),
		 cap == CAP_SETGID ? "CAP_SETGID" : "CAP_SETUID");
	ts_dir(&t, 0);
	container_spec_set_capabilities(t.spec, 1);
	container_spec_set_groups(t.spec, &group, 1);
	ts_words(&t, "ids");
	if (cap == CAP_SETGID) {
		ts_fails(&t, EPERM, CONTAIN_PHASE_PLAN, "compile", "groups", "CAP_SETGID");
	} else {
		ts_run(&t);
		ts_has(&t, "groups 5\n");
	}
	return 0;
}

TEST(a_caller_without_the_capabilities)
{
	int caps[] = { CAP_SETGID, CAP_SETUID };

	t_need_root();
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(t_child(without, &caps[i], NULL, 0), 0);
}
