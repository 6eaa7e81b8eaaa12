/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device rules of real groups: what the kernel lets a process do is what contain_devices_check()
 * says, rules are replaced without a moment without any, and who may not attach is told why.
 */
#include "harness.h"

#include "cgroup/devices.h"

#include <contain/contain.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL (CONTAIN_DEVICE_MKNOD | CONTAIN_DEVICE_READ | CONTAIN_DEVICE_WRITE)

static int group_fd(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	T_CHECK(fd >= 0, "%s: %m", path);
	return fd;
}

static contain_devices *devices_new(void)
{
	contain_devices *d = NULL;

	ck_assert_int_eq(contain_devices_new(&d), 0);
	return d;
}

static void attach(const contain_devices *d, int fd)
{
	contain_error *e = NULL;
	int r = contain_devices_attach(d, fd, &e);

	T_CHECK(r == 0, "%s", contain_error_message(e));
}

/* Runs fn in a child in the group; a failed check in it fails the test. */
struct in_group {
	int fd;
	t_fn fn;
	void *arg;
};

static int enter_and_run(void *arg, void *rec)
{
	struct in_group *g = arg;
	contain_error *e = NULL;

	T_CHECK(contain_cgroup_enter(g->fd, &e) == 0, "%s", contain_error_message(e));
	return g->fn(g->arg, rec);
}

static void run_in(int fd, t_fn fn, void *arg)
{
	struct in_group g = { fd, fn, arg };

	ck_assert_int_eq(t_child(enter_and_run, &g, NULL, 0), 0);
}

/* ---- the kernel against the rules ---- */

/* 1: the kernel let it, 0: EPERM of the rules; any other error fails. */
static int can_open(const char *node, int flags)
{
	int fd = open(node, flags | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	T_CHECK(fd >= 0 || errno == EPERM || errno == ENXIO || errno == ENODEV, "%s: %m", node);
	return fd >= 0 || errno != EPERM;
}

static int can_mknod(const char *dir, mode_t type, unsigned major_, unsigned minor_)
{
	const char *path = t_fmt("%s/made", dir);
	int r = mknod(path, type | 0600, makedev(major_, minor_));

	T_CHECK(r == 0 || errno == EPERM, "%m");
	if (r == 0)
		unlink(path);
	return r == 0;
}

static const unsigned numbers[][2] = { { 1, 3 },   { 1, 5 },	 { 1, 7 },    { 1, 9 },
				       { 2, 5 },   { 3, 3 },	 { 4095, 5 }, { 0, 1 },
				       { 4095, 1048575 } };
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

/*
 * Nodes of all numbers of both types, made before any rule holds. Opening is tried on those that
 * have a driver, making on all.
 */
static const char *make_nodes(void)
{
	const char *dir = t_tmpdir();

	for (size_t i = 0; i < NUMBERS; i++)
		for (int block = 0; block < 2; block++)
			T_SYS(mknod(t_fmt("%s/%c%zu", dir, "cb"[block], i),
				    (block ? S_IFBLK : S_IFCHR) | 0600,
				    makedev(numbers[i][0], numbers[i][1])));
	return dir;
}

struct world {
	const contain_devices *d;
	const char *dir;
	long tried, allowed;
};

static void hold_use(struct world *w, size_t i, int block, uint32_t access, int got)
{
	int wanted = contain_devices_check(w->d, "cb"[block], numbers[i][0], numbers[i][1], access);

	w->tried++;
	w->allowed += wanted;
	T_CHECK(got == wanted, "%c %u:%u access %u: the kernel says %d, the rules %d", "cb"[block],
		numbers[i][0], numbers[i][1], access, got, wanted);
}

static int hold(void *arg, void *rec)
{
	static const int flags[] = { [CONTAIN_DEVICE_READ] = O_RDONLY,
				     [CONTAIN_DEVICE_WRITE] = O_WRONLY,
				     [CONTAIN_DEVICE_READ | CONTAIN_DEVICE_WRITE] = O_RDWR };
	struct world *w = arg;

	for (size_t i = 0; i < NUMBERS; i++)
		for (int block = 0; block < 2; block++) {
			const char *node = t_fmt("%s/%c%zu", w->dir, "cb"[block], i);

			for (uint32_t access = 2; access <= 6; access += 2)
				hold_use(w, i, block, access, can_open(node, flags[access]));
			hold_use(w, i, block, CONTAIN_DEVICE_MKNOD,
				 can_mknod(w->dir, block ? S_IFBLK : S_IFCHR, numbers[i][0],
					   numbers[i][1]));
			hold_use(w, i, block, 0, access(node, F_OK) == 0);
		}
	if (rec)
		*(struct world *)rec = *w;
	return 0;
}

static uint32_t state = 99;

static uint32_t dice(uint32_t n)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % n;
}

static contain_devices *random_rules(void)
{
	contain_devices *d = devices_new();

	for (uint32_t n = 1 + dice(10); n; n--) {
		const unsigned *number = numbers[dice(NUMBERS)];
		int64_t major_ = dice(3) ? (int64_t)number[0] : -1;
		int64_t minor_ = dice(3) ? (int64_t)number[1] : -1;
		int type = "cba"[dice(3)];

		ck_assert_int_eq((dice(3) ? contain_devices_allow : contain_devices_deny)(
					 d, type, major_, minor_, 1 + dice(7), NULL),
				 0);
	}
	return d;
}

TEST_LIMIT(the_kernel_says_what_the_rules_say, 120)
{
	int fd = group_fd(t_cgroup_make("cgroup2"));
	const char *dir = make_nodes();
	long rounds = t_guest() ? 15 : t_sample(500, 60), tried = 0, allowed = 0;

	for (long i = 0; i < rounds; i++) {
		contain_devices *d = i ? random_rules() : NULL;
		struct world w = { .dir = dir }, seen = { 0 };
		struct in_group g = { fd, hold, &w };

		if (!i)
			ck_assert_int_eq(contain_devices_new_default(&d), 0);
		w.d = d;
		attach(d, fd);
		ck_assert_int_eq(t_child(enter_and_run, &g, &seen, sizeof(seen)), 0);
		tried += seen.tried;
		allowed += seen.allowed;
		contain_devices_free(d);
	}
	T_CHECK(allowed > tried / 20 && allowed < tried * 19 / 20, "%ld of %ld", allowed, tried);
	t_note("%ld uses, %ld of them allowed", tried, allowed);
}

static int fn_denied(void *arg, void *rec)
{
	const char *dir = arg;

	T_CHECK(!can_open("/dev/null", O_RDONLY) && !can_open("/dev/zero", O_RDWR));
	T_CHECK(!can_mknod(dir, S_IFCHR, 1, 3));
	/* a whiteout of an overlay is no device */
	T_SYS(mknod(t_fmt("%s/whiteout", dir), S_IFCHR | 0600, makedev(0, 0)));
	return 0;
}

static int fn_allowed(void *arg, void *rec)
{
	T_CHECK(can_open("/dev/null", O_RDWR) && can_mknod(arg, S_IFCHR, 1, 3));
	return 0;
}

/* The positive twin first: what is denied below is possible without rules. */
TEST(groups_below_too_and_what_is_open_stays)
{
	const char *path = t_cgroup_make("cgroup2"), *dir = t_tmpdir();
	int fd = group_fd(path), below;
	contain_devices *none = devices_new(), *all = devices_new();
	char byte;
	int null = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	T_SYS(mkdir(t_fmt("%s/below", path), 0755));
	below = group_fd(t_fmt("%s/below", path));
	ck_assert_int_eq(contain_devices_allow(all, 'a', -1, -1, ALL, NULL), 0);
	run_in(below, fn_allowed, (void *)dir);
	attach(none, fd);
	run_in(fd, fn_denied, (void *)dir);
	T_SYS(unlink(t_fmt("%s/whiteout", dir)));
	run_in(below, fn_denied, (void *)dir);
	/* a group below cannot allow itself more */
	attach(all, below);
	T_SYS(unlink(t_fmt("%s/whiteout", dir)));
	run_in(below, fn_denied, (void *)dir);
	ck_assert_int_eq(read(null, &byte, 1), 1);
	ck_assert_int_eq(contain_devices_detach(fd, NULL), 0);
	run_in(fd, fn_allowed, (void *)dir);
	close(null);
	contain_devices_free(none);
	contain_devices_free(all);
}

/* ---- replacing ---- */

static int bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* How many programs the group itself has. */
static unsigned programs(int fd)
{
	union bpf_attr a;
	uint32_t ids[64];

	memset(&a, 0, sizeof(a));
	a.query.target_fd = (uint32_t)fd;
	a.query.attach_type = BPF_CGROUP_DEVICE;
	a.query.prog_ids = (uintptr_t)ids;
	a.query.prog_cnt = 64;
	T_SYS(bpf(BPF_PROG_QUERY, &a));
	return a.query.prog_cnt;
}

/* Somebody else's program, which allows or denies everything. */
static int foreign(int fd, int is_allow, unsigned flags)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = is_allow },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr a;
	int prog;

	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	a.insns = (uintptr_t)insns;
	a.insn_cnt = 2;
	a.license = (uintptr_t) "GPL";
	memcpy(a.prog_name, "somebody", 9);
	prog = bpf(BPF_PROG_LOAD, &a);
	T_CHECK(prog >= 0, "%m");
	memset(&a, 0, sizeof(a));
	a.target_fd = (uint32_t)fd;
	a.attach_bpf_fd = (uint32_t)prog;
	a.attach_type = BPF_CGROUP_DEVICE;
	a.attach_flags = flags;
	T_SYS(bpf(BPF_PROG_ATTACH, &a));
	return prog;
}

TEST(programs_of_others_stay)
{
	const char *dir = t_tmpdir();
	int fd = group_fd(t_cgroup_make("cgroup2")), prog;
	struct t_state *before = t_state_take(T_FDS);
	contain_devices *all = devices_new(), *none = devices_new();

	ck_assert_int_eq(contain_devices_allow(all, 'a', -1, -1, ALL, NULL), 0);
	prog = foreign(fd, 1, BPF_F_ALLOW_MULTI);
	attach(none, fd);
	ck_assert_uint_eq(programs(fd), 2);
	run_in(fd, fn_denied, (void *)dir);
	attach(all, fd);
	ck_assert_uint_eq(programs(fd), 2);
	run_in(fd, fn_allowed, (void *)dir);
	ck_assert_int_eq(contain_devices_detach(fd, NULL), 0);
	ck_assert_uint_eq(programs(fd), 1);
	ck_assert_int_eq(contain_devices_detach(fd, NULL), -ENOENT);
	close(prog);
	prog = foreign(fd, 0, BPF_F_ALLOW_MULTI); /* what one of them denies is denied */
	attach(all, fd);
	T_SYS(unlink(t_fmt("%s/whiteout", dir)));
	run_in(fd, fn_denied, (void *)dir);
	close(prog);
	contain_devices_free(all);
	contain_devices_free(none);
	t_state_check(before);
}

static int fn_open_for_ever(void *arg, void *rec)
{
	volatile long *n = arg;

	while (n[0] >= 0) {
		int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			n[1]++; /* a moment without rules */
		n[0]++;
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

/* Both sets deny zero: whoever opens it at any time has found a moment without rules. */
TEST_LIMIT(no_moment_without_rules, 60)
{
	int fd = group_fd(t_cgroup_make("cgroup2"));
	int n = t_guest() ? 100 : (int)t_sample(20000, 1000);
	/*
	 * The kernel patches its own code when the first program comes and when the last goes,
	 * which emulated processors do not take well: one stays all the time, in another group.
	 */
	int held = group_fd(t_cgroup_make("cgroup2"));
	contain_devices *a = devices_new(), *b = devices_new();
	struct in_group g;
	long *seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	ck_assert_int_eq(contain_devices_allow(b, 'c', 1, 3, ALL, NULL), 0);
	attach(a, held);
	attach(a, fd);
	g = (struct in_group){ fd, fn_open_for_ever, seen };
	pid = fork();
	if (pid == 0)
		_exit(enter_and_run(&g, NULL));
	while (*(volatile long *)seen < 100)
		usleep(100);
	for (int i = 0; i < n; i++)
		attach(i % 2 ? a : b, fd);
	ck_assert_uint_eq(programs(fd), 1);
	T_CHECK(seen[1] == 0, "%ld of %ld opens found no rules", seen[1], seen[0]);
	/* the net would hold such a moment: between detach and attach it is there */
	for (int i = 0; i < 100000 && !seen[1]; i++) {
		ck_assert_int_eq(contain_devices_detach(fd, NULL), 0);
		attach(a, fd);
	}
	T_CHECK(seen[1] > 0, "a gap is not seen");
	t_note("%d replacements, %ld opens", n, seen[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	contain_devices_free(a);
	contain_devices_free(b);
}

static int fn_attach_many(void *arg, void *rec)
{
	contain_devices *d = devices_new();

	ck_assert_int_eq(contain_devices_allow(d, 'c', 1, 3, ALL, NULL), 0);
	for (int i = 0; i < 200; i++) {
		contain_error *e = NULL;
		int r = contain_devices_attach(d, *(int *)arg, &e);

		T_CHECK(r == 0, "%s", contain_error_message(e));
	}
	contain_devices_free(d);
	return 0;
}

/* Two callers may begin at the same time: all succeed, and in the end there is one program. */
TEST_LIMIT(callers_at_the_same_time, 60)
{
	int fd = group_fd(t_cgroup_make("cgroup2"));
	contain_devices *d = devices_new();
	pid_t pid[4];

	for (int i = 0; i < 4; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(fn_attach_many(&fd, NULL));
	}
	for (int i = 0; i < 4; i++) {
		int status;

		T_SYS(waitpid(pid[i], &status, 0));
		ck_assert_int_eq(status, 0);
	}
	attach(d, fd);
	ck_assert_uint_eq(programs(fd), 1);
	contain_devices_free(d);
}

/* ---- as many rules as there may be ---- */

TEST_LIMIT(many_rules, 60)
{
	int fd = group_fd(t_cgroup_make("cgroup2"));

	for (int way = 0; way < 3; way++) {
		contain_devices *d = devices_new();

		for (int i = 0; i < 1024; i++) {
			int64_t major_ = way == 2 ? -1 : i % 4000, minor_ = way == 1 ? -1 : i;

			/* partial ones: most instructions and most jumps */
			ck_assert_int_eq((i % 2 ? contain_devices_allow : contain_devices_deny)(
						 d, "cb"[i % 3 == 0], major_, minor_,
						 1 + (uint32_t)i % 6, NULL),
					 0);
		}
		attach(d, fd);
		contain_devices_free(d);
	}
}

/* ---- refusals ---- */

#define refused(r, err, object, hint) refused_at((r), (err), &e, (object), (hint), __LINE__)
static void refused_at(int r, int err, contain_error **e, const char *object, const char *hint,
		       int line)
{
	T_CHECK(r == -err && strcmp(contain_error_object(*e), object) == 0 &&
			strstr(contain_error_hint(*e), hint),
		"line %d: %d: %s", line, r, contain_error_message(*e));
	contain_error_free(*e);
	*e = NULL;
}

TEST(what_is_no_group)
{
	contain_devices *d = devices_new();
	contain_error *e = NULL;
	const char *path = t_cgroup_make("cgroup2");
	int fd = group_fd(path), tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	refused(contain_devices_attach(NULL, fd, &e), EINVAL, "devices", "NULL");
	refused(contain_devices_attach(d, -1, &e), EBADF, "group_fd", "");
	refused(contain_devices_attach(d, tmp, &e), EOPNOTSUPP, "group_fd", "cgroup2");
	refused(contain_devices_detach(-1, &e), EBADF, "group_fd", "");
	refused(contain_devices_detach(tmp, &e), EOPNOTSUPP, "group_fd", "cgroup2");
	refused(contain_devices_detach(fd, &e), ENOENT, "group_fd", "attached");
	/* a group that was removed */
	T_SYS(rmdir(path));
	refused(contain_devices_attach(d, fd, &e), ENODEV, "devices", "removed");
	contain_devices_free(d);
}

TEST(others_forbid_it)
{
	contain_devices *d = devices_new();
	contain_error *e = NULL;
	const char *path = t_cgroup_make("cgroup2");
	int fd = group_fd(path), below, prog = foreign(fd, 1, 0);

	T_SYS(mkdir(t_fmt("%s/below", path), 0755));
	below = group_fd(t_fmt("%s/below", path));
	refused(contain_devices_attach(d, below, &e), EPERM, "devices", "no other may be");
	refused(contain_devices_attach(d, fd, &e), EPERM, "devices", "no other may be");
	close(prog);
	contain_devices_free(d);
}

static int fn_user(void *arg, void *rec)
{
	contain_devices *d = devices_new();
	contain_error *e = NULL;

	refused(contain_devices_attach(d, *(int *)arg, &e), EPERM, "devices", "CAP_BPF");
	contain_devices_free(d);
	return 0;
}

static int fn_user_ns(void *arg, void *rec)
{
	T_SYS(unshare(CLONE_NEWUSER));
	return fn_user(arg, rec);
}

TEST(without_the_right)
{
	int fd = group_fd(t_cgroup_make("cgroup2"));

	t_as_user(fn_user, &fd);
	t_need_userns();
	ck_assert_int_eq(t_child(fn_user_ns, &fd, NULL, 0), 0);
}

/* To look at what is attached CAP_SYS_ADMIN is needed; the old rules hold on. */
static int fn_no_admin(void *arg, void *rec)
{
	contain_devices *d = devices_new();
	contain_error *e = NULL;
	struct {
		struct {
			uint32_t version;
			int pid;
		} h;
		struct {
			uint32_t effective, permitted, inheritable;
		} d[2];
	} c = { { 0x20080522, 0 },
		{ { 1u << 12, 1u << 12, 0 }, { 1u << (39 - 32), 1u << (39 - 32), 0 } } };

	T_SYS(syscall(SYS_capset, &c.h, c.d)); /* CAP_NET_ADMIN, CAP_BPF */
	refused(contain_devices_attach(d, *(int *)arg, &e), EPERM, "devices", "CAP_SYS_ADMIN");
	contain_devices_free(d);
	return 0;
}

TEST(replacing_without_the_right)
{
	int fd = group_fd(t_cgroup_make("cgroup2"));
	contain_devices *d = devices_new();

	ck_assert_int_eq(contain_devices_allow(d, 'c', 1, 3, ALL, NULL), 0);
	attach(d, fd);
	ck_assert_int_eq(t_child(fn_no_admin, &fd, NULL, 0), 0);
	run_in(fd, fn_allowed, (void *)t_tmpdir());
	contain_devices_free(d);
}
