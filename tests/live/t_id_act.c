/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The primitives of contain/process.h: in the calling thread, and read back. */
#include "t_spawn.h"

#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define BIT(n) (1ULL << (n))

/* Each body in a process of its own: what it sets goes with it. */
#define IN_CHILD(name_)                                                                            \
	static void body_##name_(void);                                                            \
	static int child_##name_(void *arg, void *rec)                                             \
	{                                                                                          \
		(void)arg;                                                                         \
		(void)rec;                                                                         \
		body_##name_();                                                                    \
		return 0;                                                                          \
	}                                                                                          \
	TEST(name_)                                                                                \
	{                                                                                          \
		t_need_root();                                                                     \
		ck_assert_int_eq(t_child(child_##name_, NULL, NULL, 0), 0);                        \
	}                                                                                          \
	static void body_##name_(void)

/* The call fails with err, and its error has this object and hint. */
#define FAILS(call, err_, object_, hint_)                                                          \
	do {                                                                                       \
		contain_error *e_ = NULL;                                                          \
		int r_ = (call);                                                                   \
		T_CHECK(r_ == -(err_) && strstr(contain_error_object(e_), object_) &&              \
				strstr(contain_error_hint(e_), hint_),                             \
			"%s: %d: %s", #call, r_, contain_error_message(e_));                       \
		contain_error_free(e_);                                                            \
	} while (0)

static uint64_t status_of(const char *key)
{
	char text[8192], *at;

	T_CHECK(t_read_file("/proc/thread-self/status", text, sizeof(text)) > 0);
	at = strstr(text, key);
	T_CHECK(at != NULL, "%s", key);
	return strtoull(at + strlen(key), NULL, 16);
}

IN_CHILD(sets)
{
	uint64_t e, p, i, b, a, two = BIT(CAP_CHOWN) | BIT(CAP_SETPCAP);

	ck_assert_int_eq(contain_process_get_capabilities(&e, &p, &i, &b, &a, NULL), 0);
	T_CHECK(e == status_of("CapEff:") && p == status_of("CapPrm:") &&
		i == status_of("CapInh:") && b == status_of("CapBnd:") &&
		a == status_of("CapAmb:"));
	ck_assert_int_eq(contain_process_get_capabilities(NULL, NULL, NULL, NULL, NULL, NULL), 0);
	FAILS(contain_process_set_capabilities(2, 1, 0, b, 0, &e_), EINVAL, "effective",
	      "permitted set");
	FAILS(contain_process_set_capabilities(0, 1, 0, b, 1, &e_), EINVAL, "ambient",
	      "inheritable set");
	FAILS(contain_process_set_capabilities(0, 0, BIT(62), BIT(62), 0, &e_), EINVAL,
	      "capabilities", "kernel does not have");
	ck_assert_int_eq(contain_process_set_capabilities(two, two, two, two, BIT(CAP_CHOWN),
							  NULL), 0);
	T_CHECK(status_of("CapEff:") == two && status_of("CapPrm:") == two &&
		status_of("CapInh:") == two && status_of("CapBnd:") == two &&
		status_of("CapAmb:") == BIT(CAP_CHOWN));
	FAILS(contain_process_set_capabilities(two, two, two, two | BIT(CAP_KILL), 0, &e_), EPERM,
	      "bounding", "cannot come back");
	FAILS(contain_process_set_capabilities(BIT(CAP_KILL), BIT(CAP_KILL), 0, two, 0, &e_),
	      EPERM, "capabilities", "does not hold");
	ck_assert_int_eq(contain_process_set_capabilities(0, 0, 0, two, 0, NULL), 0);
	T_CHECK(status_of("CapPrm:") == 0 && status_of("CapAmb:") == 0);
	FAILS(contain_process_set_capabilities(0, 0, 0, 0, 0, &e_), EPERM, "bounding",
	      "CAP_SETPCAP");
}

IN_CHILD(bits_and_no_new_privs)
{
	uint32_t bits = 0;

	ck_assert_int_eq(contain_process_set_securebits(CONTAIN_SECBIT_NOROOT |
							CONTAIN_SECBIT_NOROOT_LOCKED, NULL), 0);
	ck_assert_int_eq(contain_process_get_securebits(&bits, NULL), 0);
	ck_assert_uint_eq(bits, 3);
	ck_assert_int_eq(prctl(PR_GET_SECUREBITS), 3);
	FAILS(contain_process_set_securebits(0, &e_), EPERM, "securebits", "locked");
	FAILS(contain_process_set_securebits(0x100, &e_), EINVAL, "securebits", "0xff");
	FAILS(contain_process_get_securebits(NULL, &e_), EINVAL, "ret", "NULL");
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	ck_assert_int_eq(contain_process_set_no_new_privs(NULL), 0);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
}

IN_CHILD(ids)
{
	const uint32_t gids[] = { 7, 5 };
	uint32_t r, e, s;
	gid_t got[8];

	FAILS(contain_process_set_ids(UINT32_MAX, 0, NULL, 0, &e_), EINVAL, "uid", "no id");
	FAILS(contain_process_set_ids(0, UINT32_MAX, NULL, 0, &e_), EINVAL, "gid", "no id");
	FAILS(contain_process_set_ids(0, 0, NULL, 1, &e_), EINVAL, "groups", "NULL");
	FAILS(contain_process_set_ids(0, 0, gids, 65537, &e_), EINVAL, "groups", "65536");
	ck_assert_int_eq(getuid(), 0);
	ck_assert_int_eq(contain_process_set_ids(1000, 100, gids, 2, NULL), 0);
	T_SYS(getresuid(&r, &e, &s));
	T_CHECK(r == 1000 && e == 1000 && s == 1000);
	T_SYS(getresgid(&r, &e, &s));
	T_CHECK(r == 100 && e == 100 && s == 100);
	T_CHECK(getgroups(8, got) == 2 && got[0] + got[1] == 12);
	FAILS(contain_process_set_ids(0, 0, NULL, 0, &e_), EPERM, "groups", "CAP_SETGID");
}

static void *becomes_other(void *arg)
{
	*(int *)arg = contain_process_set_ids(1000, 100, NULL, 0, NULL);
	return NULL;
}

/* The other threads stay who they are, as the header says. */
IN_CHILD(ids_are_of_the_thread)
{
	pthread_t thread;
	int r = 77;

	pthread_create(&thread, NULL, becomes_other, &r);
	pthread_join(thread, NULL);
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq((int)syscall(SYS_getuid), 0);
	ck_assert_int_eq((int)syscall(SYS_getgid), 0);
}

IN_CHILD(keyring)
{
	long first = contain_process_join_keyring(NULL, NULL), second;

	if (first == -ENOSYS || first == -EPERM)
		return;
	second = contain_process_join_keyring("process-test", NULL);
	T_CHECK(first > 0 && second > 0 && first != second);
	ck_assert_int_eq((int)syscall(SYS_keyctl, 0, -3, 0), (int)second);
	FAILS(contain_process_join_keyring(".secret", &e_), EINVAL, "name", "kernel's own");
}

IN_CHILD(oom_score)
{
	char text[16];

	ck_assert_int_eq(contain_process_set_oom_score_adj(321, NULL), 0);
	T_CHECK(t_read_file("/proc/self/oom_score_adj", text, sizeof(text)) > 0);
	ck_assert_str_eq(text, "321\n");
	FAILS(contain_process_set_oom_score_adj(1001, &e_), EINVAL, "score", "1000");
}

/* A09: another file of procfs lies over it. A private procfs has nothing over it. */
IN_CHILD(oom_score_below_a_mount)
{
	char text[16];

	T_SYS(unshare(CLONE_NEWNS));
	T_CHECK(system("mount --make-rprivate / && mount --bind /proc/self/sched "
		       "/proc/self/oom_score_adj") != -1);
	ck_assert_int_eq(contain_process_set_oom_score_adj(123, NULL), 0);
	T_CHECK(system("umount /proc/self/oom_score_adj 2>/dev/null") != -1);
	T_CHECK(t_read_file("/proc/self/oom_score_adj", text, sizeof(text)) > 0);
	ck_assert_str_eq(text, "123\n");
}

IN_CHILD(personality_and_lock)
{
	ck_assert_int_eq(contain_process_set_personality("addr_no_randomize", 0, NULL), 0);
	ck_assert_int_eq(personality(0xffffffff), ADDR_NO_RANDOMIZE);
	FAILS(contain_process_set_personality(NULL, 0, &e_), EINVAL, "personality", "NULL");
	FAILS(contain_process_set_personality("x", 0, &e_), EINVAL, "x", "personality(2)");
	FAILS(contain_process_set_personality("linux", 3, &e_), EINVAL, "lock", "0 nor 1");
	ck_assert_int_eq(contain_process_set_no_new_privs(NULL), 0);
	ck_assert_int_eq(contain_process_set_personality("linux", 1, NULL), 0);
	T_CHECK(personality(ADDR_NO_RANDOMIZE) == -1 && errno == EPERM);
	ck_assert_int_eq(personality(0), 0);
	FAILS(contain_process_set_personality("addr_no_randomize", 0, &e_), EPERM,
	      "addr_no_randomize", "filter");
}

IN_CHILD(scheduling)
{
	struct sched_param p;
	int r;

	ck_assert_int_eq(contain_process_set_scheduler(CONTAIN_SCHED_BATCH, 0, 4, NULL), 0);
	ck_assert_int_eq(sched_getscheduler(0), SCHED_BATCH);
	ck_assert_int_eq((int)syscall(SYS_getpriority, 0, 0), 20 - 4);
	FAILS(contain_process_set_scheduler(CONTAIN_SCHED_FIFO, 0, 0, &e_), EINVAL, "policy",
	      "1 to 99");
	FAILS(contain_process_set_scheduler(77, 0, 0, &e_), EINVAL, "policy", "sched(7)");
	FAILS(contain_process_set_scheduler(0, 0, 20, &e_), EINVAL, "nice", "-20");
	FAILS(contain_process_set_deadline(1, 2, 3, &e_), EINVAL, "deadline.runtime", "1024");
	r = contain_process_set_scheduler(CONTAIN_SCHED_FIFO, 3, 0, NULL);
	if (r == 0) {
		T_SYS(sched_getparam(0, &p));
		ck_assert_int_eq(p.sched_priority, 3);
		T_CHECK(sched_getscheduler(0) == SCHED_FIFO);
	}
	ck_assert_int_eq(contain_process_set_scheduler(CONTAIN_SCHED_OTHER, 0, 0, NULL), 0);
	r = contain_process_set_deadline(2000000, 50000000, 100000000, NULL);
	T_CHECK(r == 0 || r == -EPERM || r == -EBUSY, "%d", r);
	T_CHECK(r || (sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) == 6);
}

IN_CHILD(scheduling_without_rights)
{
	ck_assert_int_eq(contain_process_set_ids(1000, 100, NULL, 0, NULL), 0);
	FAILS(contain_process_set_scheduler(CONTAIN_SCHED_OTHER, 0, -5, &e_), EPERM, "policy",
	      "CAP_SYS_NICE");
	FAILS(contain_process_set_deadline(2000000, 50000000, 100000000, &e_), EPERM, "policy",
	      "CAP_SYS_NICE");
	FAILS(contain_process_set_io_priority(1, 0, &e_), EPERM, "io_priority", "realtime");
	FAILS(contain_process_set_securebits(1, &e_), EPERM, "securebits", "CAP_SETPCAP");
	FAILS(contain_process_set_oom_score_adj(-999, &e_), EACCES, "oom_score_adj",
	      "CAP_SYS_RESOURCE");
}

IN_CHILD(cpus_and_io)
{
	cpu_set_t own, got;
	int cpu = 0;

	T_SYS(sched_getaffinity(0, sizeof(own), &own));
	while (!CPU_ISSET(cpu, &own))
		cpu++;
	ck_assert_int_eq(contain_process_set_cpu_affinity(t_fmt("%d", cpu), NULL), 0);
	T_SYS(sched_getaffinity(0, sizeof(got), &got));
	T_CHECK(CPU_COUNT(&got) == 1 && CPU_ISSET(cpu, &got));
	FAILS(contain_process_set_cpu_affinity(t_fmt("%d,4000", cpu), &e_), ENODEV, "4000",
	      "offline");
	FAILS(contain_process_set_cpu_affinity("4000", &e_), EINVAL, "4000", "cpuset");
	FAILS(contain_process_set_cpu_affinity(NULL, &e_), EINVAL, "cpus", "NULL");
	FAILS(contain_process_set_cpu_affinity("x", &e_), EINVAL, "x", "0-3,8");
	ck_assert_int_eq(contain_process_set_io_priority(2, 6, NULL), 0);
	ck_assert_int_eq((int)syscall(SYS_ioprio_get, 1, 0), 2 << 13 | 6);
	FAILS(contain_process_set_io_priority(4, 0, &e_), EINVAL, "io_priority", "class");
}

TEST(users_of_an_image)
{
	uint32_t uid = 1, gid = 1;
	int fd;

	t_need_root();
	fd = open(ts_root(), O_PATH | O_DIRECTORY);
	T_SYS(fd);
	ck_assert_int_eq(contain_process_find_user(fd, "nobody", &uid, &gid, NULL, 0, NULL, NULL),
			 0);
	T_CHECK(uid == 65534 && gid == 65534);
	FAILS(contain_process_find_user(fd, "who", &uid, &gid, NULL, 0, NULL, &e_), ENOENT, "who",
	      "/etc/passwd");
	FAILS(contain_process_find_user(fd, NULL, &uid, &gid, NULL, 0, NULL, &e_), EINVAL, "user",
	      "NULL");
	FAILS(contain_process_find_user(fd, "a:b:c", &uid, &gid, NULL, 0, NULL, &e_), EINVAL,
	      "a:b:c", "colon");
	close(fd);
	FAILS(contain_process_find_user(fd, "nobody", &uid, &gid, NULL, 0, NULL, &e_), EBADF,
	      "nobody", "");
}
