/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A C function in new and joined namespaces: what it sees, what it gives back, how it ends. */
#include "t_ns.h"

#include <grp.h>
#include <limits.h>
#include <sys/resource.h>
#include <time.h>

struct seen {
	unsigned long long inode[TN_TYPES];
	int pid, ppid, uid, gid, groups, dumpable;
	uint64_t mask;
	char *copy; /* of the child's own memory */
};

/* Allocates, and writes what it sees where the caller can read it. */
static int look(void *arg)
{
	struct seen *s = arg;
	char *big = malloc(1 << 20);
	sigset_t mask;

	memset(big, 1, 1 << 20);
	free(big);
	for (int i = 0; i < TN_TYPES; i++)
		s->inode[i] = tn_own(tn_type[i]);
	s->pid = getpid();
	s->ppid = getppid();
	s->uid = (int)getuid();
	s->gid = (int)getgid();
	s->groups = getgroups(0, NULL);
	s->dumpable = prctl(PR_GET_DUMPABLE);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	memcpy(&s->mask, &mask, sizeof(s->mask));
	return INT_MIN + 1;
}

static struct seen *shared(void)
{
	void *p = mmap(NULL, sizeof(struct seen), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	T_CHECK(p != MAP_FAILED);
	return p;
}

static void run_look(uint64_t types, const int *fds, size_t n, const contain_id_map *uid,
		     const contain_id_map *gid, struct seen *s)
{
	contain_error *e = NULL;
	int value = 0, r;

	memset(s, 0, sizeof(*s));
	r = contain_ns_run(types, fds, n, uid, gid, look, s, &value, &e);
	tn_fine(r, e);
	ck_assert_int_eq(value, INT_MIN + 1);
}

/* ---- new ---- */

static void sees_new(uint64_t types, struct seen *s)
{
	run_look(types, NULL, 0, NULL, NULL, s);
	for (int i = 0; i < TN_TYPES; i++)
		T_CHECK((s->inode[i] != tn_own(tn_type[i])) == !!(types & tn_type[i]), "%s",
			contain_ns_type_name(tn_type[i]));
	T_CHECK(types & CONTAIN_NS_PID ? s->pid == 1 && s->ppid == 0 : s->pid > 1, "pid %d",
		s->pid);
	T_CHECK(types & CONTAIN_NS_USER ? s->uid == 0 && s->gid == 0 : s->uid == (int)getuid());
	ck_assert_int_eq(s->dumpable, 1);
}

TEST_BOTH(every_type_is_entered)
{
	struct t_state *state = t_state_take(T_ALL);
	struct seen *s = shared();

	for (int i = 0; i < TN_TYPES; i++)
		sees_new(tn_with(tn_type[i]), s);
	sees_new(tn_with(CONTAIN_NS_ALL), s);
	sees_new(0, s);
	munmap(s, sizeof(*s));
	t_state_check(state);
}

/* ---- joined ---- */

static int open_held(const contain_ns_child *c, uint64_t types, int *fds)
{
	contain_error *e = NULL;
	int n = 0;

	for (int i = 0; i < TN_TYPES; i++) {
		if (!(types & tn_type[i]))
			continue;
		fds[n] = contain_ns_open(contain_ns_child_pidfd(c), tn_type[i], &e);
		tn_fine(fds[n], e);
		n++;
	}
	return n;
}

TEST_BOTH(all_are_joined)
{
	uint64_t types = tn_with(CONTAIN_NS_ALL);
	struct seen *s = shared();
	struct t_state *state = t_state_take(T_ALL);
	contain_ns_child *c = tn_holder(types);
	int fds[TN_TYPES], n = open_held(c, types, fds);

	run_look(0, fds, (size_t)n, NULL, NULL, s);
	for (int i = 0; i < n; i++)
		T_CHECK(s->inode[i] != tn_own(tn_type[i]), "%s", contain_ns_type_name(tn_type[i]));
	T_CHECK(s->pid == 2 && s->ppid == 0, "pid %d, parent %d", s->pid, s->ppid);
	T_CHECK(s->uid == 0 && s->gid == 0, "uid %d, gid %d", s->uid, s->gid);
	ck_assert_int_eq(s->dumpable, 0); /* who is there may not read its memory */
	for (int i = 0; i < n; i++)
		close(fds[i]);
	tn_end(c);
	t_state_check(state);
	munmap(s, sizeof(*s));
}

/* Some joined, others new: these belong to the joined user namespace. */
TEST_BOTH(joined_and_new)
{
	contain_ns_child *c = tn_holder(CONTAIN_NS_USER | CONTAIN_NS_NET | CONTAIN_NS_UTS);
	struct seen *s = shared();
	int fds[TN_TYPES], n = open_held(c, CONTAIN_NS_USER | CONTAIN_NS_NET, fds);

	ck_assert_int_eq(n, 2);
	run_look(CONTAIN_NS_UTS | CONTAIN_NS_PID, fds, 2, NULL, NULL, s);
	T_CHECK(s->pid == 1 && s->uid == 0);
	/* a user namespace below the joined one */
	run_look(CONTAIN_NS_USER | CONTAIN_NS_IPC, fds, 2, NULL, NULL, s);
	T_CHECK(s->uid == 0, "uid %d", s->uid);
	for (int i = 0; i < n; i++)
		close(fds[i]);
	tn_end(c);
	munmap(s, sizeof(*s));
}

/* ---- maps ---- */

static contain_id_map *map_of(const uint32_t (*range)[3], int n)
{
	contain_id_map *m = NULL;

	ck_assert_int_eq(contain_id_map_new(&m), 0);
	for (int i = 0; i < n; i++)
		ck_assert_int_ge(contain_id_map_add(m, range[i][0], range[i][1], range[i][2], NULL),
				 0);
	return m;
}

static int ids_inside(void *arg)
{
	char map[256] = "";
	int *rec = arg;

	t_read_file("/proc/self/uid_map", map, sizeof(map));
	rec[0] = (int)getuid();
	rec[1] = (int)getgid();
	sscanf(map, "%*u %d %d", &rec[2], &rec[3]);
	t_read_file("/proc/self/setgroups", map, sizeof(map));
	rec[4] = !strcmp(map, "allow\n");
	rec[5] = setgroups(0, NULL) == 0;
	return 0;
}

TEST(maps_by_root)
{
	static const uint32_t ranges[][3] = { { 0, 100000, 1000 }, { 1000, 200000, 10 } };
	contain_id_map *m, *other;
	contain_error *e = NULL;
	int *rec;

	t_need_root();
	rec = (int *)shared();
	m = map_of(ranges, 2);
	tn_fine(contain_ns_run(CONTAIN_NS_USER | CONTAIN_NS_PID, NULL, 0, m, m, ids_inside, rec,
			       NULL, &e),
		e);
	T_CHECK(rec[0] == 0 && rec[1] == 0 && rec[2] == 100000 && rec[3] == 1000, "%d %d %d %d",
		rec[0], rec[1], rec[2], rec[3]);
	T_CHECK(rec[4] == 1 && rec[5] == 1);
	/* no 0 in the map: it stays who it is, here an id that has no number inside */
	other = map_of(&ranges[1], 1);
	tn_fine(contain_ns_run(CONTAIN_NS_USER, NULL, 0, other, other, ids_inside, rec, NULL, &e),
		e);
	T_CHECK(rec[0] == 65534 && rec[1] == 65534, "%d %d", rec[0], rec[1]);
	/* one of two: the other is the caller's own id */
	tn_fine(contain_ns_run(CONTAIN_NS_USER, NULL, 0, m, NULL, ids_inside, rec, NULL, &e), e);
	T_CHECK(rec[0] == 0 && rec[1] == 0 && rec[2] == 100000, "%d %d %d", rec[0], rec[1], rec[2]);
	contain_id_map_free(m);
	contain_id_map_free(other);
}

static int maps_of_a_user(void *arg, void *shm)
{
	contain_id_map *m = NULL;
	contain_error *e = NULL;
	int *rec = (int *)shared();

	(void)arg;
	(void)shm;
	tn_fine(contain_id_map_root(CONTAIN_ID_USER, 100, &m, &e), e);
	tn_fine(contain_ns_run(CONTAIN_NS_USER, NULL, 0, m, NULL, ids_inside, rec, NULL, &e), e);
	T_CHECK(rec[0] == 0 && rec[2] == T_UID, "%d %d", rec[0], rec[2]);
	contain_id_map_free(m);
	return 0;
}

TEST(maps_by_newuidmap)
{
	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_fake_passwd("runner", T_UID, 100000, 1000);
	t_as_user(maps_of_a_user, NULL);
}

static int maps_refused(void *arg, void *rec)
{
	static const uint32_t foreign[][3] = { { 0, 5, 1 } };
	contain_id_map *m = map_of(foreign, 1);
	struct t_state *state = t_state_take(T_ALL);
	contain_ns_child *c = NULL;
	contain_error *e = NULL;
	int r;

	(void)arg;
	(void)rec;
	r = contain_ns_child_start(CONTAIN_NS_USER, NULL, 0, m, NULL, look, NULL, &c, &e);
	T_CHECK(r < 0 && !c && contain_error_code(e) == r, "%d: %s", r, contain_error_message(e));
	ck_assert_str_eq(contain_error_op(e), "write-id-map");
	contain_error_free(e);
	t_state_check(state);
	contain_id_map_free(m);
	return 0;
}

TEST(maps_that_a_user_may_not_write)
{
	t_need_userns();
	t_as_user(maps_refused, NULL);
}

/* ---- the end ---- */

static int dies(void *arg)
{
	signal(*(int *)arg, SIG_DFL);
	raise(*(int *)arg);
	return 0;
}

static int exits(void *arg)
{
	exit(*(int *)arg); /* handlers of the caller run then: its own wish */
}

static int executes(void *arg)
{
	execl("/bin/sh", "sh", "-c", arg, (char *)NULL);
	return 127;
}

TEST_BOTH(how_it_ends)
{
	const uint64_t types[] = { 0, tn_with(CONTAIN_NS_UTS), tn_with(CONTAIN_NS_TIME) };
	contain_error *e = NULL;
	int sig = SIGKILL, code = 43, value;

	for (int i = 0; i < 3; i++) {
		value = 4242;
		ck_assert_int_eq(contain_ns_run(types[i], NULL, 0, NULL, NULL, dies, &sig, &value,
						&e),
				 SIGKILL);
		ck_assert_int_eq(value, 4242);
		tn_fine(contain_ns_run(types[i], NULL, 0, NULL, NULL, exits, &code, &value, &e), e);
		ck_assert_int_eq(value, 43);
		tn_fine(contain_ns_run(types[i], NULL, 0, NULL, NULL, executes, (void *)"exit 6",
				       &value, &e),
			e);
		ck_assert_int_eq(value, 6);
	}
}

static int returns(void *arg)
{
	return *(int *)arg;
}

TEST(every_value_comes_back)
{
	static const int values[] = { 0, 1, -1, 255, 256, INT_MAX, INT_MIN, -EINVAL };
	struct t_state *state = t_state_take(T_ALL);
	contain_error *e = NULL;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int v = values[i], got = 77;

		tn_fine(contain_ns_run(0, NULL, 0, NULL, NULL, returns, &v, &got, &e), e);
		ck_assert_int_eq(got, v);
		tn_fine(contain_ns_run(0, NULL, 0, NULL, NULL, returns, &v, NULL, &e), e);
	}
	t_state_check(state);
}

static int naps(void *arg)
{
	usleep(300000);
	return *(int *)arg;
}

TEST_BOTH(waiting)
{
	struct t_state *state = t_state_take(T_ALL);
	contain_ns_child *c = NULL;
	contain_error *e = NULL;
	struct pollfd p = { .events = POLLIN };
	int v = 5, got = 0;

	tn_fine(contain_ns_child_start(tn_with(CONTAIN_NS_PID), NULL, 0, NULL, NULL, naps, &v, &c,
				       &e),
		e);
	p.fd = contain_ns_child_pidfd(c);
	T_CHECK(p.fd > 2 && fcntl(p.fd, F_GETFD) == FD_CLOEXEC);
	tn_failed(contain_ns_child_wait(c, 0, &got, &e), e, ETIMEDOUT, "child-wait", "child",
		  "still runs");
	tn_failed(contain_ns_child_wait(c, 20, &got, &e), e, ETIMEDOUT, "child-wait", "child",
		  "still runs");
	ck_assert_int_eq(got, 0);
	ck_assert_int_eq(poll(&p, 1, 10000 * t_slow()), 1);
	for (int i = 0; i < 2; i++) { /* the second time from memory */
		tn_fine(contain_ns_child_wait(c, i ? 0 : 10000, &got, &e), e);
		ck_assert_int_eq(got, 5);
	}
	contain_ns_child_free(c);
	t_state_check(state);
	tn_end(tn_holder(
		tn_with(CONTAIN_NS_PID))); /* killed by its pidfd, though it is process 1 */
	/* freed without a wait: reaped, when it has ended */
	state = t_state_take(T_ALL);
	tn_fine(contain_ns_child_start(0, NULL, 0, NULL, NULL, returns, &v, &c, &e), e);
	p.fd = contain_ns_child_pidfd(c);
	ck_assert_int_eq(poll(&p, 1, 10000 * t_slow()), 1);
	contain_ns_child_free(c);
	t_state_check(state);
	contain_ns_child_free(NULL);
	ck_assert_int_eq(contain_ns_child_pidfd(NULL), -EINVAL);
	tn_failed(contain_ns_child_wait(NULL, 0, NULL, &e), e, EINVAL, "child-wait", "child",
		  "NULL");
}

/* The first process holds nothing open: the end of a pipe comes when fn closes it. */
static int closes_pipe(void *arg)
{
	close(((int *)arg)[1]);
	return tn_pause(NULL);
}

TEST_BOTH(nothing_of_the_caller_is_held)
{
	contain_ns_child *c = NULL;
	contain_error *e = NULL;
	struct pollfd p = { .events = POLLIN };
	int fds[2];

	T_SYS(pipe(fds));
	tn_fine(contain_ns_child_start(tn_with(CONTAIN_NS_PID), NULL, 0, NULL, NULL, closes_pipe,
				       fds, &c, &e),
		e);
	close(fds[1]);
	p.fd = fds[0];
	ck_assert_int_eq(poll(&p, 1, 5000 * t_slow()), 1);
	T_CHECK(p.revents & POLLHUP);
	close(fds[0]);
	tn_end(c);
}

/* ---- bad input ---- */

TEST_BOTH(bad_input)
{
	struct t_state *state = t_state_take(T_ALL);
	static const uint32_t range[][3] = { { 0, 0, 1 } };
	contain_id_map *m = map_of(range, 1);
	contain_ns_child *c = NULL;
	contain_error *e = NULL;
	int uts = tn_open_own("uts"), twice[2] = { uts, uts }, memfd = ts_memfd(), bad = 1 << 20;

	tn_failed(contain_ns_child_start(0, NULL, 0, NULL, NULL, NULL, NULL, &c, &e), e, EINVAL,
		  "child", "fn", "NULL");
	tn_failed(contain_ns_child_start(0, NULL, 0, NULL, NULL, look, NULL, NULL, &e), e, EINVAL,
		  "child", "ret_child", "NULL");
	tn_failed(contain_ns_child_start(1, NULL, 0, NULL, NULL, look, NULL, &c, &e), e, EINVAL,
		  "child", "types", "unknown");
	tn_failed(contain_ns_child_start(0, NULL, 1, NULL, NULL, look, NULL, &c, &e), e, EINVAL,
		  "child", "ns_fds", "NULL");
	tn_failed(contain_ns_child_start(0, twice, 2, NULL, NULL, look, NULL, &c, &e), e, EINVAL,
		  "child", "ns_fds", "two of the same");
	tn_failed(contain_ns_child_start(0, &memfd, 1, NULL, NULL, look, NULL, &c, &e), e, EINVAL,
		  "child", "ns_fds", "no namespace");
	tn_failed(contain_ns_child_start(0, &bad, 1, NULL, NULL, look, NULL, &c, &e), e, EBADF,
		  "child", "ns_fds", "not open");
	tn_failed(contain_ns_child_start(0, NULL, 0, m, NULL, look, NULL, &c, &e), e, EINVAL,
		  "child", "uid_map", "CONTAIN_NS_USER");
	tn_failed(contain_ns_child_start(0, NULL, 0, NULL, m, look, NULL, &c, &e), e, EINVAL,
		  "child", "gid_map", "CONTAIN_NS_USER");
	T_CHECK(!c);
	close(uts);
	close(memfd);
	contain_id_map_free(m);
	t_state_check(state);
}

/* What fails in the child is told by its own name, and as of the child. */
static int refused_in_the_child(void *arg, void *rec)
{
	struct t_state *state = t_state_take(T_ALL);
	contain_ns_child *c = NULL;
	contain_error *e = NULL;
	int uts = tn_open_own("uts");

	(void)arg;
	(void)rec;
	ck_assert_int_eq(contain_ns_child_start(CONTAIN_NS_UTS, NULL, 0, NULL, NULL, look, NULL, &c,
						&e),
			 -EPERM);
	ck_assert_int_eq(contain_error_phase(e), CONTAIN_PHASE_CHILD);
	tn_failed(-EPERM, e, EPERM, "unshare", "types", "CAP_SYS_ADMIN");
	ck_assert_int_eq(contain_ns_child_start(0, &uts, 1, NULL, NULL, look, NULL, &c, &e),
			 -EPERM);
	ck_assert_int_eq(contain_error_phase(e), CONTAIN_PHASE_CHILD);
	tn_failed(-EPERM, e, EPERM, "join-namespace", "uts", "CAP_SYS_ADMIN");
	T_CHECK(!c);
	close(uts);
	t_state_check(state);
	return 0;
}

TEST(refusals_of_the_child)
{
	t_as_user(refused_in_the_child, NULL);
}

static int no_more_processes(void *arg, void *rec)
{
	const struct rlimit none = { 0, 0 };
	contain_ns_child *c = NULL;
	contain_error *e = NULL;

	(void)arg;
	(void)rec;
	T_SYS(setrlimit(RLIMIT_NPROC, &none));
	tn_failed(contain_ns_child_start(0, NULL, 0, NULL, NULL, look, NULL, &c, &e), e, EAGAIN,
		  "child", "fork", "RLIMIT_NPROC");
	return 0;
}

TEST(limits_of_processes)
{
	t_as_user(no_more_processes, NULL);
}

/* The caller's next child is process 1 of a namespace; when that has ended there is no other. */
static int after_unshare(void *arg, void *rec)
{
	contain_error *e = NULL;
	struct seen *s = shared();
	int v = 8, got = 0;

	(void)arg;
	(void)rec;
	tn_fine(contain_ns_unshare(tn_with(CONTAIN_NS_PID), &e), e);
	tn_fine(contain_ns_run(0, NULL, 0, NULL, NULL, look, s, &got, &e), e);
	T_CHECK(s->pid == 1 && got == INT_MIN + 1, "pid %d", s->pid);
	tn_failed(contain_ns_run(0, NULL, 0, NULL, NULL, returns, &v, &got, &e), e, ENOMEM, "child",
		  "fork", "process 1");
	return 0;
}

TEST_BOTH(a_caller_that_has_unshared)
{
	ck_assert_int_eq(t_child(after_unshare, NULL, NULL, 0), 0);
}
