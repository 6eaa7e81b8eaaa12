/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces of a container: what is new, what is shared, and what is in them. */
#include "t_spawn.h"

#include <sys/ipc.h>
#include <sys/shm.h>

static const struct {
	const char *name;
	uint64_t type;
} types[] = {
	{ "mnt", CONTAIN_NS_MNT }, { "cgroup", CONTAIN_NS_CGROUP }, { "uts", CONTAIN_NS_UTS },
	{ "ipc", CONTAIN_NS_IPC }, { "user", CONTAIN_NS_USER },	    { "pid", CONTAIN_NS_PID },
	{ "net", CONTAIN_NS_NET },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static const char *outside(const char *name)
{
	char link[64];
	ssize_t n = readlink(t_fmt("/proc/self/ns/%s", name), link, sizeof(link) - 1);

	T_SYS(n);
	return t_fmt("%.*s", (int)n, link);
}

/* Exactly the namespaces in @want are others than the caller's. */
static void check_new(struct ts *t, uint64_t want)
{
	for (size_t i = 0; i < TYPES; i++) {
		const char *in = ts_value(t, types[i].name), *out = outside(types[i].name);

		T_CHECK(!strcmp(in, out) == !(want & types[i].type), "%s: inside %s, outside %s",
			types[i].name, in, out);
	}
	/* not asked for, and exec enters what is for children */
	ck_assert_str_eq(ts_value(t, "time"), outside("time"));
	ck_assert_str_eq(ts_value(t, "pid"), ts_value(t, "pid_for_children"));
}

TEST_BOTH(all_new_by_default)
{
	struct ts t;

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_words(&t, "ns -- session -- ids");
	ts_run(&t);
	check_new(&t, TS_NS_ALL & ~(ts_is_root() ? CONTAIN_NS_USER : 0));
	ts_has(&t, "pid 1\nppid 0\nsid 1\npgid 1\n");
	ts_has(&t, "uid 0 0 0\n");
}

TEST_BOTH(all_new_by_name)
{
	struct ts t;

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ck_assert_int_eq(container_spec_set_namespaces(t.spec, TS_NS_ALL), 0);
	ts_words(&t, "ns -- maps");
	ts_run(&t);
	check_new(&t, TS_NS_ALL);
}

/* Each alone, beside mnt; an ordinary user needs the user namespace each time. */
TEST_BOTH(each_alone)
{
	struct ts t;

	for (size_t i = 0; i < TYPES; i++) {
		uint64_t want = CONTAIN_NS_MNT | types[i].type;

		if (!ts_is_root())
			want |= CONTAIN_NS_USER;
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_namespaces(t.spec, want), 0);
		if (want & CONTAIN_NS_USER && !(want & CONTAIN_NS_PID)) {
			/* the kernel gives a new proc only to who owns the pid namespace */
			container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_ALL &
									  ~CONTAIN_DEFAULT_PROC);
			container_spec_add_bind(t.spec, AT_FDCWD, "/proc", "/proc", 0);
		}
		ts_words(&t, "ns");
		ts_run(&t);
		check_new(&t, want);
	}
}

/* All but one: the one stays the caller's. */
TEST_BOTH(each_left_out)
{
	struct ts t;

	for (size_t i = 0; i < TYPES; i++) {
		uint64_t want = TS_NS_ALL & ~types[i].type;

		if (types[i].type == CONTAIN_NS_MNT || types[i].type == CONTAIN_NS_PID ||
		    types[i].type == CONTAIN_NS_USER)
			continue; /* refused; above; by default as root */
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_namespaces(t.spec, want), 0);
		ts_words(&t, "ns");
		ts_run(&t);
		check_new(&t, want);
	}
}

TEST_BOTH(hostname)
{
	char before[128], after[128];
	struct ts t;

	T_SYS(gethostname(before, sizeof(before)));
	ts_dir(&t, 0);
	container_spec_set_name(t.spec, "a-name.of_mine");
	ts_words(&t, "hostname");
	ts_run(&t);
	ts_has(&t, "hostname a-name.of_mine\n");

	ts_dir(&t, 0);
	container_spec_set_name(t.spec, "one");
	container_spec_set_hostname(t.spec, "sixty-four-bytes-"
					    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	ts_words(&t, "hostname");
	ts_run(&t);
	ts_has(&t, "hostname sixty-four-bytes-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");

	/* shared: the caller's own name stays, inside and outside */
	ts_dir(&t, 0);
	container_spec_set_namespaces(t.spec, TS_NS_ALL & ~CONTAIN_NS_UTS);
	container_spec_set_name(t.spec, "one");
	ts_words(&t, "hostname");
	ts_run(&t);
	ts_has(&t, "hostname %s\n", before);
	T_SYS(gethostname(after, sizeof(after)));
	ck_assert_str_eq(before, after);
}

TEST_BOTH(only_lo_and_up)
{
	struct ts t;

	ts_dir(&t, 0);
	ts_words(&t, "ifaces");
	ts_run(&t);
	/* up, loopback, running */
	ts_is(&t, "lo 49 127.0.0.1\n");
}

/* A server on the loopback of the host is not there inside; one inside is. */
TEST_BOTH(loopback_works)
{
	struct ts t;

	ts_dir(&t, 0);
	ts_sh(&t, "busybox nc -l -p 5123 -e /bin/echo through & "
		  "for i in 1 2 3 4 5 6 7 8 9 10; do "
		  "busybox nc 127.0.0.1 5123 </dev/null && break; busybox usleep 20000; done");
	ts_run(&t);
	ts_has(&t, "through\n");
}

/* The segment is marked to go at once and lives by being attached: a test that dies leaves none. */
TEST_BOTH(sysv_ipc_is_empty)
{
	int id = shmget(IPC_PRIVATE, 4096, 0666);
	struct ts t;

	T_SYS(id);
	ck_assert_ptr_ne(shmat(id, NULL, 0), (void *)-1);
	T_SYS(shmctl(id, IPC_RMID, NULL));
	ts_dir(&t, 0);
	ts_words(&t, "read /proc/sysvipc/shm");
	ts_run(&t);
	ck_assert_int_eq(strcspn(t.text, "\n") + 1, strlen(t.text));

	ts_dir(&t, 0);
	container_spec_set_namespaces(t.spec, TS_NS_ALL & ~CONTAIN_NS_IPC &
						      ~(ts_is_root() ? CONTAIN_NS_USER : 0));
	ts_words(&t, "read /proc/sysvipc/shm");
	ts_run(&t);
	ts_has(&t, " %d ", id);
}

TEST_BOTH(user_map_of_one_line)
{
	int uid = geteuid(), gid = getegid(), a, b, c;
	struct ts t;

	ts_dir(&t, 0);
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	ts_words(&t, "maps -- ids");
	ts_run(&t);
	ck_assert_int_eq(sscanf(ts_value(&t, "uid"), "%d %d %d", &a, &b, &c), 3);
	T_CHECK(a == 0 && b == uid && c == 1, "%d %d %d", a, b, c);
	ck_assert_int_eq(sscanf(ts_value(&t, "gid"), "%d %d %d", &a, &b, &c), 3);
	T_CHECK(a == 0 && b == gid && c == 1, "%d %d %d", a, b, c);
	ts_has(&t, "setgroups deny\n");
	ts_has(&t, "uid 0 0 0\n");
	ts_has(&t, "gid 0 0 0\n");
	ts_has(&t, "fsuid 0\n");
}

/* Every hierarchy, v1 ones too: the container's own group is "/". */
TEST_BOTH(cgroup_root_is_own)
{
	struct ts t;

	ts_dir(&t, 0);
	if (ts_can_limit())
		container_spec_set_pids_max(t.spec, 100);
	ts_words(&t, "cgroup");
	ts_run(&t);
	for (char *line = strtok(t.text, "\n"); line; line = strtok(NULL, "\n"))
		T_CHECK(strcmp(line + strlen(line) - 2, ":/") == 0, "%s", line);
}

TEST(cgroup_namespace_shared)
{
	struct ts t;

	ts_need_limits();
	ts_dir(&t, 0);
	container_spec_set_name(t.spec, "shares");
	container_spec_set_namespaces(t.spec, TS_NS_ALL & ~CONTAIN_NS_CGROUP & ~CONTAIN_NS_USER);
	container_spec_set_pids_max(t.spec, 100);
	ts_words(&t, "cgroup");
	ts_run(&t);
	ts_has(&t, "0::/contain/shares.");
	if (t_cgroup_mount("pids"))
		ts_has(&t, ":pids:/contain/shares.");
}
