/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events of real groups: states, removal, one fd for every loop. */
#include "t_cg_watch.h"

#define STATES CT_EVENTS_STATES

static void freeze(const char *path, int on)
{
	t_write_file(t_fmt("%s/cgroup.freeze", path), on ? "1" : "0");
}

TEST(a_life)
{
	const char *path = tw_group("life");
	struct t_state *before = t_state_take(T_FDS | T_THREADS | T_CHILDREN | T_SIGNALS);
	contain_events *e = tw_events(path, STATES | CONTAIN_EVENT_REMOVED);
	uint32_t type;
	pid_t pid;

	T_CHECK(contain_events_watched(e) == (STATES | CONTAIN_EVENT_REMOVED));
	T_CHECK(tw_readable(e, 0));
	tw_expect(e, CONTAIN_EVENT_EMPTY);
	tw_quiet(e);
	pid = tw_run(path, NULL, tw_sleep, 0);
	tw_expect(e, CONTAIN_EVENT_POPULATED);
	tw_quiet(e);
	freeze(path, 1);
	tw_expect(e, CONTAIN_EVENT_FROZEN);
	tw_quiet(e);
	freeze(path, 0);
	tw_expect(e, CONTAIN_EVENT_THAWED);
	tw_quiet(e);
	tw_end(pid);
	tw_expect(e, CONTAIN_EVENT_EMPTY);
	tw_quiet(e);
	tw_rmdir(path);
	tw_expect(e, CONTAIN_EVENT_REMOVED);
	/* ended: quiet for ever */
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(contain_events_next(e, &type, NULL, NULL), 0);
		tw_quiet(e);
	}
	contain_events_free(e);
	t_state_check(before);
}

/* What is so at the beginning is told, as far as it was asked for. */
TEST(the_state_that_is_found)
{
	const char *path = tw_group("found");
	pid_t pid = tw_run(path, NULL, tw_sleep, 0);
	contain_events *e;

	e = tw_events(path, STATES);
	tw_expect(e, CONTAIN_EVENT_POPULATED);
	tw_quiet(e);
	contain_events_free(e);
	freeze(path, 1);
	e = tw_events(path, CONTAIN_EVENT_EMPTY | CONTAIN_EVENT_FROZEN);
	tw_expect(e, CONTAIN_EVENT_FROZEN);
	tw_quiet(e);
	freeze(path, 0);
	tw_quiet(e);
	tw_end(pid);
	tw_expect(e, CONTAIN_EVENT_EMPTY);
	contain_events_free(e);
	e = tw_events(path, CONTAIN_EVENT_POPULATED | CONTAIN_EVENT_THAWED);
	tw_quiet(e);
	pid = tw_run(path, NULL, tw_sleep, 0);
	tw_expect(e, CONTAIN_EVENT_POPULATED);
	tw_end(pid);
	tw_quiet(e);
	contain_events_free(e);
}

TEST(nothing_asked_nothing_told)
{
	const char *path = tw_group("mask");
	contain_events *e = tw_events(path, 0);
	pid_t pid;

	ck_assert_uint_eq(contain_events_watched(e), 0);
	tw_quiet(e);
	pid = tw_run(path, NULL, tw_sleep, 0);
	tw_quiet(e);
	tw_end(pid);
	contain_events_free(e);
}

/* ---- loops ---- */

static int by_select(int fd)
{
	struct timeval t = { .tv_sec = 5 * t_slow() };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, &set, NULL, NULL, &t) == 1 && FD_ISSET(fd, &set);
}

static int by_poll(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 5000 * t_slow()) == 1 && p.revents == POLLIN;
}

static int by_epoll(int fd, uint32_t flags)
{
	struct epoll_event ev = { .events = EPOLLIN | flags }, got = { 0 };
	int ep = epoll_create1(EPOLL_CLOEXEC), r;

	T_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	r = epoll_wait(ep, &got, 1, 5000 * t_slow());
	close(ep);
	return r == 1 && got.events == EPOLLIN;
}

TEST(every_kind_of_loop)
{
	const char *path = tw_group("loops");
	contain_events *e = tw_events(path, STATES);
	int fd = contain_events_fd(e);
	pid_t pid;

	T_CHECK(by_select(fd) && by_poll(fd) && by_epoll(fd, 0) && by_epoll(fd, EPOLLET));
	tw_expect(e, CONTAIN_EVENT_EMPTY);
	for (int i = 0; i < 4; i++) {
		pid = tw_run(path, NULL, tw_sleep, 0);
		T_CHECK(i == 0 ? by_select(fd) :
			i == 1 ? by_poll(fd) :
			i == 2 ? by_epoll(fd, 0) :
				 by_epoll(fd, EPOLLET));
		tw_expect(e, CONTAIN_EVENT_POPULATED);
		tw_end(pid);
		tw_expect(e, CONTAIN_EVENT_EMPTY);
	}
	contain_events_free(e);
}

/* An edge-triggered loop, which looks once for each wake-up and then until nothing is left. */
TEST_LIMIT(edges_are_not_lost, 60)
{
	const char *path = tw_group("edges");
	contain_events *e = tw_events(path, STATES);
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(EPOLL_CLOEXEC), n = t_guest() ? 15 : (int)t_sample(200, 40);
	uint32_t type, last = 0;

	T_SYS(epoll_ctl(ep, EPOLL_CTL_ADD, contain_events_fd(e), &ev));
	for (int i = 0; i < n; i++) {
		pid_t pid = tw_run(path, NULL, tw_nothing, 0);

		tw_status(pid);
		last = 0;
		while (last != CONTAIN_EVENT_EMPTY) {
			while (contain_events_next(e, &type, NULL, NULL) == 1)
				last = type;
			if (last == CONTAIN_EVENT_EMPTY)
				break;
			/* it came and went between two looks: nothing to wait for */
			if (epoll_wait(ep, &ev, 1, last ? 5000 * t_slow() : 30) == 0) {
				T_CHECK(last == 0, "round %d: asleep after %s", i,
					contain_event_name(last));
				break;
			}
		}
	}
	close(ep);
	contain_events_free(e);
}

/* ---- removal ---- */

/*
 * A process that ends at once, and its group removed by another one: the kernel holds the news of
 * the end back for up to 10 ms, and forgets it when the group goes.
 */
static int lives_short(uint32_t mask, int rounds)
{
	const char *parent = t_cgroup_make("cgroup2");
	int told = 0;

	for (int i = 0; i < rounds; i++) {
		const char *path = tw_sub(parent, t_fmt("s%d", i));
		contain_events *e = tw_events(path, mask);
		uint32_t type = 0;

		tw_expect(e, CONTAIN_EVENT_EMPTY);
		tw_quiet(e);
		if (fork() == 0) {
			pid_t pid = tw_run(path, NULL, tw_nothing, 0);

			/* the watcher reads that somebody is in it */
			tw_status(pid);
			tw_rmdir(path);
			_exit(0);
		}
		for (int64_t end =
			     tw_msec() + (mask & CONTAIN_EVENT_REMOVED ? 5000 : 60) * t_slow();
		     tw_msec() < end;) {
			uint32_t t = tw_next(e, 20, NULL, NULL);

			if (t == CONTAIN_EVENT_POPULATED)
				type = 0;
			else if (t)
				type |= t;
			if (type & (mask & CONTAIN_EVENT_REMOVED ? CONTAIN_EVENT_REMOVED :
								   CONTAIN_EVENT_EMPTY))
				break;
		}
		told += type != 0;
		wait(NULL);
		contain_events_free(e);
	}
	return told;
}

TEST_LIMIT(removal_by_another_process_is_told, 60)
{
	int n = t_guest() ? 10 : (int)t_sample(200, 30);

	ck_assert_int_eq(lives_short(STATES | CONTAIN_EVENT_REMOVED, n), n);
	t_note("of %d, without CONTAIN_EVENT_REMOVED %d were told", n, lives_short(STATES, n));
}

TEST(removal_while_populated_is_known_ends_with_empty)
{
	const char *path = tw_group("ends");
	contain_events *e = tw_events(path, CONTAIN_EVENT_EMPTY | CONTAIN_EVENT_REMOVED);
	pid_t pid = tw_run(path, NULL, tw_sleep, 0);

	/* it has seen the process, and nothing was asked about that */
	tw_quiet(e);
	tw_end(pid);
	tw_rmdir(path);
	tw_expect(e, CONTAIN_EVENT_EMPTY);
	tw_expect(e, CONTAIN_EVENT_REMOVED);
	tw_quiet(e);
	contain_events_free(e);
}

/* Groups beside it come and go. */
TEST(the_removal_of_others_is_not_told)
{
	const char *parent = t_cgroup_make("cgroup2"), *path = tw_sub(parent, "mine");
	contain_events *e = tw_events(path, CONTAIN_EVENT_REMOVED);

	tw_quiet(e);
	for (int i = 0; i < 50; i++)
		tw_rmdir(tw_sub(parent, t_fmt("other%d", i)));
	tw_sub(path, "below");
	tw_rmdir(t_fmt("%s/below", path));
	tw_quiet(e);
	tw_rmdir(path);
	tw_expect(e, CONTAIN_EVENT_REMOVED);
	contain_events_free(e);
}

/* A child of the caller holds copies of all fds, as after a fork without exec. */
TEST(copies_in_a_child_do_not_keep_it_awake)
{
	const char *path = tw_group("copies");
	contain_events *e = tw_events(path, STATES | CONTAIN_EVENT_REMOVED);
	pid_t copy;

	tw_expect(e, CONTAIN_EVENT_EMPTY);
	copy = fork();
	if (!copy)
		tw_sleep(0);
	tw_rmdir(path);
	tw_expect(e, CONTAIN_EVENT_REMOVED);
	tw_quiet(e);
	contain_events_free(e);
	tw_end(copy);
}

TEST(a_removed_group)
{
	const char *path = tw_group("gone");
	contain_events *e = tw_events(path, STATES | CONTAIN_EVENT_REMOVED), *none = (void *)1;
	contain_error *error = NULL;
	int fd = tw_dir(path);

	tw_rmdir(path);
	ck_assert_int_eq(contain_events_new(fd, STATES, &none, &error), -ENODEV);
	T_CHECK(none == (void *)1);
	T_CHECK(strstr(contain_error_hint(error), "removed"), "%s", contain_error_message(error));
	contain_error_free(error);
	error = NULL;
	tw_expect(e, CONTAIN_EVENT_REMOVED);
	ck_assert_int_eq(contain_events_add_pressure(e, CONTAIN_PRESSURE_CPU, CONTAIN_PRESSURE_SOME,
						     1000000, 2000000, &error),
			 -ENODEV);
	contain_error_free(error);
	contain_events_free(e);
	close(fd);
}

/* ---- refusals ---- */

static void refused(int fd, uint32_t mask, int err, const char *object, const char *hint)
{
	contain_events *e = (void *)1;
	contain_error *error = NULL;

	T_CHECK(contain_events_new(fd, mask, &e, &error) == err, "%s",
		contain_error_message(error));
	T_CHECK(e == (void *)1 && contain_error_code(error) == err);
	ck_assert_str_eq(contain_error_object(error), object);
	T_CHECK(strstr(contain_error_hint(error), hint), "%s", contain_error_hint(error));
	contain_error_free(error);
}

TEST(bad_input)
{
	const char *mount = t_cgroup_mount("cgroup2"), *path = tw_group("bad");
	int fd = tw_dir(path), root = tw_dir(mount), other = tw_dir("/");
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	contain_error *error = NULL;
	contain_events *e;
	uint32_t type = 42;

	refused(fd, CONTAIN_EVENT_PRESSURE, -EINVAL, "mask", "CONTAIN_EVENT_PRESSURE");
	refused(fd, 0x8000, -EINVAL, "mask", "");
	refused(fd, 0x40000000, -EINVAL, "mask", "");
	refused(-1, STATES, -EBADF, "group_fd", "");
	refused(file, STATES, -ENOTDIR, "group_fd", "");
	refused(other, STATES, -EOPNOTSUPP, "group_fd", "cgroup2");
	if (access(t_fmt("%s/cgroup.events", mount), F_OK) < 0) {
		refused(root, CONTAIN_EVENT_EMPTY, -EOPNOTSUPP, "group_fd", "root group");
		refused(root, CONTAIN_EVENT_REMOVED, -EOPNOTSUPP, "group_fd", "root group");
	}
	ck_assert_int_eq(contain_events_new(fd, STATES, NULL, &error), -EINVAL);
	ck_assert_str_eq(contain_error_object(error), "ret_events");
	contain_error_free(error);
	contain_events_free(NULL);
	ck_assert_int_eq(contain_events_fd(NULL), -EINVAL);
	ck_assert_uint_eq(contain_events_watched(NULL), 0);
	ck_assert_int_eq(contain_events_next(NULL, &type, NULL, NULL), -EINVAL);
	e = tw_events(path, STATES);
	ck_assert_int_eq(contain_events_next(e, NULL, NULL, NULL), -EINVAL);
	ck_assert_uint_eq(type, 42);
	contain_events_free(e);
	close(fd), close(root), close(other), close(file);
}

TEST(names)
{
	static const char *const all[] = {
		"populated",   "empty",	     "frozen",	 "thawed",   "memory_low",
		"memory_high", "memory_max", "oom",	 "oom_kill", "oom_group_kill",
		"swap_max",    "swap_fail",  "pids_max", "pressure", "removed",
	};

	for (int i = 0; i < 32; i++) {
		const char *name = contain_event_name(1U << i);

		if (i < 15)
			ck_assert_str_eq(name, all[i]);
		else
			T_CHECK(!name);
	}
	T_CHECK(!contain_event_name(0) && !contain_event_name(3) && !contain_event_name(0x5000));
	ck_assert_uint_eq(CONTAIN_EVENT_ALL | CONTAIN_EVENT_PRESSURE, 0x7fff);
}

static int few_fds(void *arg, void *rec)
{
	int fd = tw_dir(arg), last = fd, fds[300], n = 0;

	(void)rec;
	/* as an ordinary user, who has instances of its own to use up */
	while (n < 300 && (fds[n] = syscall(SYS_inotify_init1, O_CLOEXEC)) >= 0)
		n++;
	T_CHECK(n < 300 && errno == EMFILE, "%d instances", n);
	refused(fd, CONTAIN_EVENT_REMOVED, -EMFILE, "removed", "max_user_instances");
	refused(fd, CONTAIN_EVENT_ALL, -EMFILE, "removed", "max_user_instances");
	while (n > 0)
		close(fds[--n]);
	while (last >= 0)
		last = dup(fd);
	refused(fd, CONTAIN_EVENT_EMPTY, -EMFILE, "group_fd", "RLIMIT_NOFILE");
	return 0;
}

TEST(out_of_fds_and_out_of_inotify)
{
	t_need_root();
	t_as_user(few_fds, (void *)tw_group("few"));
}

static int as_user(void *arg, void *rec)
{
	contain_events *e = tw_events(arg, STATES | CONTAIN_EVENT_REMOVED);
	const char *path = t_fmt("%s/in", (char *)arg);
	pid_t pid;

	(void)rec;
	tw_expect(e, CONTAIN_EVENT_EMPTY);
	tw_sub(arg, "in");
	/* entering from outside is not an ordinary user's right: a group below begins empty */
	contain_events_free(e);
	e = tw_events(path, STATES | CONTAIN_EVENT_REMOVED);
	tw_expect(e, CONTAIN_EVENT_EMPTY);
	pid = fork();
	if (!pid)
		tw_sleep(0);
	tw_rmdir(path);
	tw_expect(e, CONTAIN_EVENT_REMOVED);
	contain_events_free(e);
	tw_end(pid);
	return 0;
}

TEST(ordinary_user_in_a_delegated_subtree)
{
	const char *path;

	t_need_root();
	path = tw_group("user");
	T_SYS(chown(path, T_UID, T_GID));
	T_SYS(chown(t_fmt("%s/cgroup.procs", path), T_UID, T_GID));
	T_SYS(chown(t_fmt("%s/cgroup.subtree_control", path), T_UID, T_GID));
	t_as_user(as_user, (void *)path);
}

static int without_stdio(void *arg, void *rec)
{
	contain_events *e;
	contain_stats *s = NULL;
	int fd = tw_dir(arg);

	(void)rec;
	close(0), close(1), close(2);
	ck_assert_int_eq(contain_events_new(fd, CONTAIN_EVENT_ALL, &e, NULL), 0);
	ck_assert_int_eq(contain_stats_new(fd, CONTAIN_STATS_ALL, &s, NULL), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(fcntl(i, F_GETFD), -1);
	contain_events_free(e);
	contain_stats_free(s);
	return 0;
}

TEST(closed_stdio_stays_free)
{
	ck_assert_int_eq(t_child(without_stdio, (void *)tw_group("stdio"), NULL, 0), 0);
}
