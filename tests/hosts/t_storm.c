/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Four threads start containers, from plans that they share and from specs of their own, while
 * sixteen others allocate, fork, open, load, take signals and set ids, with one malloc arena. With
 * no kind of child may a start hang, fail, or tell a wrong status, and the process is afterwards
 * what it was before. The control is what one writes without a library: it hangs.
 */
#include "noise.h"

#include <dirent.h>
#include <malloc.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPAWNERS 4
#define HANG_MSEC (20000 * t_slow()) /* a thread that has not counted for so long hangs */

enum { SHARED, FROM_SPEC, MAPPED, TIMED, OTHER_USER, WITH_INIT, MONITORED, KINDS };
static const char *const kind_name[KINDS] = { "a shared plan", "a spec",	"user maps",
					      "a time limit",  "another user", "an init",
					      "a monitor" };

struct storm;

struct spawner {
	struct storm *storm;
	int index;
	pthread_t thread;
};

struct record {
	uint64_t starts, took_msec;
	struct noise noise;
	int control_tries, control_hangs;
};

struct storm {
	struct h_watch *w;
	struct record *rec;
	int n; /* starts of each spawner */
	void *(*body)(void *spawner);
	container_plan *plan[KINDS];
	pthread_barrier_t ready; /* to begin, to stop the noise, to end */
	struct spawner spawner[SPAWNERS];
	int done;
	struct noise noise;
};

/* ---- plans ---- */

static void compile_all(struct storm *s)
{
	container_spec *spec;

	s->plan[SHARED] = h_plan(h_spec(CONTAIN_NS_MNT | CONTAIN_NS_PID));
	/* two ranges: a thread of the library sleeps while the caller writes the maps */
	spec = h_spec(CONTAIN_NS_MNT | CONTAIN_NS_PID | CONTAIN_NS_USER);
	container_spec_add_uid_range(spec, 0, 0, 1);
	container_spec_add_uid_range(spec, 1, 100000, 1000);
	container_spec_add_gid_range(spec, 0, 0, 1);
	container_spec_add_gid_range(spec, 1, 100000, 1000);
	s->plan[MAPPED] = h_plan(spec);
	spec = h_spec(CONTAIN_NS_MNT | CONTAIN_NS_PID | CONTAIN_NS_UTS | CONTAIN_NS_IPC);
	container_spec_set_setup_timeout(spec, 600000);
	s->plan[TIMED] = h_plan(spec);
	/* children in memory of their own */
	spec = h_spec(CONTAIN_NS_MNT | CONTAIN_NS_PID);
	container_spec_set_user(spec, 12345, 12345);
	s->plan[OTHER_USER] = h_plan(spec);
	spec = h_spec(CONTAIN_NS_MNT | CONTAIN_NS_PID);
	container_spec_set_init(spec, 1);
	s->plan[WITH_INIT] = h_plan(spec);
	spec = h_spec(CONTAIN_NS_MNT | CONTAIN_NS_PID);
	container_spec_set_monitor(spec, 1);
	s->plan[MONITORED] = h_plan(spec);
}

static int start_from_spec(const char *const *argv, container **ret, char *why, size_t size)
{
	contain_error *e = NULL;
	container_spec *spec = h_spec(CONTAIN_NS_MNT | CONTAIN_NS_PID);
	int r;

	container_spec_set_argv(spec, argv);
	r = container_spawn(spec, ret, &e);
	if (r)
		snprintf(why, size, "%d: %s", r, contain_error_message(e));
	contain_error_free(e);
	container_spec_free(spec);
	return r;
}

/* ---- one start ---- */

struct job {
	int kind, expected, kill;
	struct h_argv argv;
};

static void make_job(struct job *j, int thread, int i)
{
	int code = (i * 7 + thread) % 256;

	j->kind = (i + thread) % KINDS;
	j->kill = i % 16 == 5;
	j->expected = j->kill ? 128 + SIGKILL : code;
	if (j->kill) {
		h_argv(&j->argv, "sleep", 0);
	} else if (i % 4 == 3) { /* which looks at fds and signals, too */
		j->expected = code % 200;
		h_argv(&j->argv, "check", j->expected);
	} else {
		h_argv(&j->argv, "exit", code);
	}
}

static void end_job(struct storm *s, const struct job *j, container *c, int by_poll)
{
	struct pollfd p = { .fd = container_pidfd(c), .events = POLLIN };
	container_exit *x = NULL;
	contain_error *e = NULL;
	int r = j->kill ? container_kill(c, &e) : 0;

	if (by_poll)
		while (poll(&p, 1, -1) < 0)
			;
	if (!r)
		r = container_wait(c, by_poll ? 0 : -1, &x, &e);
	if (r)
		h_bad(s->w, "%s: wait: %s", kind_name[j->kind], contain_error_message(e));
	else if (container_exit_code(x) != j->expected ||
		 container_exit_signal(x) != (j->kill ? SIGKILL : 0))
		h_bad(s->w, "%s: exit status %d, signal %d, not %d", kind_name[j->kind],
		      container_exit_code(x), container_exit_signal(x), j->expected);
	contain_error_free(e);
	container_exit_free(x);
	container_free(c);
}

static int same_mask(const sigset_t *mask)
{
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	for (int i = 1; i <= SIGRTMAX; i++)
		if (sigismember(&now, i) != sigismember(mask, i))
			return 0;
	return 1;
}

/* Not before the others have stopped sending signals to this thread. */
static void leave(struct storm *s, struct h_slot *slot)
{
	h_done(slot, "ended");
	__atomic_store_n(&slot->watched, 0, __ATOMIC_SEQ_CST);
	pthread_barrier_wait(&s->ready);
	pthread_barrier_wait(&s->ready);
}

static void *spawn_many(void *arg)
{
	struct spawner *self = arg;
	struct storm *s = self->storm;
	char name[16], why[300];
	struct h_slot *slot;
	sigset_t mask;

	snprintf(name, sizeof(name), "spawner %d", self->index);
	slot = h_slot(s->w, 1, name);
	sigemptyset(&mask); /* a mask of its own for each thread */
	sigaddset(&mask, SIGRTMIN + self->index);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	pthread_barrier_wait(&s->ready);
	for (int i = 0; i < s->n; i++) {
		container *c = NULL;
		struct job j;
		int r;

		make_job(&j, self->index, i);
		h_done(slot, kind_name[j.kind]);
		if (j.kind == FROM_SPEC)
			r = start_from_spec(j.argv.argv, &c, why, sizeof(why));
		else
			r = h_start(s->plan[j.kind], j.argv.argv, &c, why, sizeof(why));
		if (!same_mask(&mask))
			h_bad(s->w, "%s: another signal mask", kind_name[j.kind]);
		h_done(slot, "waits");
		if (r)
			h_bad(s->w, "%s: %s", kind_name[j.kind], why);
		else
			end_job(s, &j, c, i & 1);
		__atomic_fetch_add(&s->rec->starts, 1, __ATOMIC_RELAXED);
	}
	leave(s, slot);
	return NULL;
}

/* ---- no thread is ever in another namespace ---- */

static int links_of(int tid, char *buf, size_t size)
{
	static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid",
					     "pid_for_children",
					     "time_for_children", "user", "uts" };
	size_t len = 0;
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/task/%d/ns/%s", tid, names[i]);
		n = readlink(path, buf + len, size - len - 1);
		if (n < 0)
			return -1; /* the thread has ended */
		len += (size_t)n;
	}
	buf[len] = 0;
	return 0;
}

static void *look_at_namespaces(void *arg)
{
	struct storm *s = arg;
	char own[1000], other[1000];
	struct dirent *e;

	links_of((int)syscall(SYS_gettid), own, sizeof(own));
	while (!__atomic_load_n(&s->done, __ATOMIC_SEQ_CST)) {
		DIR *d = opendir("/proc/self/task");

		while (d && (e = readdir(d)))
			if (e->d_name[0] != '.' &&
			    links_of(atoi(e->d_name), other, sizeof(other)) == 0 &&
			    strcmp(own, other) != 0)
				h_bad(s->w, "thread %s is elsewhere: %s", e->d_name, other);
		if (d)
			closedir(d);
		usleep(5000);
	}
	return NULL;
}

/* ---- the host ---- */

static void run_threads(struct storm *s)
{
	pthread_t targets[SPAWNERS], looker;

	pthread_barrier_init(&s->ready, NULL, SPAWNERS + 1);
	for (int i = 0; i < SPAWNERS; i++) {
		s->spawner[i] = (struct spawner){ .storm = s, .index = i };
		T_CHECK(pthread_create(&s->spawner[i].thread, NULL, s->body, &s->spawner[i]) == 0);
		targets[i] = s->spawner[i].thread;
	}
	T_CHECK(pthread_create(&looker, NULL, look_at_namespaces, s) == 0);
	noise_start(&s->noise, s->w, targets, SPAWNERS);
	pthread_barrier_wait(&s->ready);
	pthread_barrier_wait(&s->ready);
	noise_stop(&s->noise);
	pthread_barrier_wait(&s->ready);
	for (int i = 0; i < SPAWNERS; i++)
		pthread_join(s->spawner[i].thread, NULL);
	__atomic_store_n(&s->done, 1, __ATOMIC_SEQ_CST);
	pthread_join(looker, NULL);
	pthread_barrier_destroy(&s->ready);
}

static int storm_host(struct h_watch *w, void *arg)
{
	struct storm *s = arg;
	struct t_state *state;
	uint64_t begin;

	mallopt(M_ARENA_MAX, 1);
	s->w = w;
	s->rec = (struct record *)w->own;
	state = h_before();
	compile_all(s);
	begin = h_now_msec();
	run_threads(s);
	s->rec->took_msec = h_now_msec() - begin;
	s->rec->noise = s->noise;
	for (int i = 0; i < KINDS; i++)
		container_plan_free(s->plan[i]);
	h_after(state);
	return 0;
}

static void tell(const struct record *r)
{
	const struct noise *n = &r->noise;

	t_note("%llu starts in %.1f s beside %llu allocations, %llu forks, %llu fds, %llu signals "
	       "(%llu handled), %llu libraries, %llu others",
	       (unsigned long long)r->starts, (double)r->took_msec / 1000,
	       (unsigned long long)n->allocations, (unsigned long long)n->forks,
	       (unsigned long long)n->fds, (unsigned long long)n->signals,
	       (unsigned long long)n->handled, (unsigned long long)n->libraries,
	       (unsigned long long)n->others);
}

TEST_LIMIT(storm, 900)
{
	struct h_watch *w = h_watch_new(sizeof(struct record));
	struct record *rec = (struct record *)w->own;
	struct storm s = { .n = h_rounds(20000, 1000, 60) / SPAWNERS, .body = spawn_many };
	int status;

	t_need_root();
	h_root();
	status = h_watch_run(w, storm_host, &s, HANG_MSEC);
	T_CHECK(!w->hung[0], "%s hangs:\n%s", w->hung, w->dump);
	T_CHECK(status == 0, "the host ended with status %x", (unsigned int)status);
	tell(rec);
	T_CHECK(w->bad == 0, "%u went wrong, first:\n%s\n%s\n%s", w->bad, w->what[0], w->what[1],
		w->what[2]);
	ck_assert_uint_eq(rec->starts, (uint64_t)s.n * SPAWNERS);
	ck_assert_uint_eq(rec->noise.handled_elsewhere, 0);
	/* what has to go on meanwhile did */
	T_CHECK(rec->noise.allocations && rec->noise.forks && rec->noise.fds);
	T_CHECK(rec->noise.handled && rec->noise.libraries && rec->noise.others);
	h_watch_free(w, sizeof(struct record));
}

/* ---- the naive control: clone3(2), some libc, execve(2) ---- */

static int naive_start(void)
{
	static char *const argv[] = { (char *)H_JOB, (char *)"exit", (char *)"44", NULL };
	struct clone_args a = { .exit_signal = SIGCHLD };
	int pid = (int)syscall(SYS_clone3, &a, sizeof(a));

	if (pid == 0) {
		char *volatile p = malloc(5000); /* a copy of a path, a buffer of stdio, ... */

		free(p);
		execv(H_JOB, argv);
		_exit(127);
	}
	return pid;
}

static void *naive_counted(void *arg)
{
	struct spawner *self = arg;
	struct storm *s = self->storm;
	struct h_slot *slot = h_slot(s->w, 1, "naive");

	pthread_barrier_wait(&s->ready);
	for (int i = 0; i < s->n; i++) {
		struct pollfd p = { .events = POLLIN };
		int pid;

		if (__atomic_load_n(&s->rec->control_hangs, __ATOMIC_SEQ_CST) >= 3)
			break;
		pid = naive_start();

		p.fd = (int)syscall(SYS_pidfd_open, pid, 0);
		h_done(slot, "waits for its child");
		__atomic_fetch_add(&s->rec->control_tries, 1, __ATOMIC_SEQ_CST);
		for (uint64_t end = h_now_msec() + 3000; h_now_msec() < end;)
			if (poll(&p, 1, 3000) == 1)
				break;
		if (!(p.revents & POLLIN)) {
			__atomic_fetch_add(&s->rec->control_hangs, 1, __ATOMIC_SEQ_CST);
			kill(pid, SIGKILL);
		}
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		close(p.fd);
	}
	leave(s, slot);
	return NULL;
}

/* The storm is one: what mallocs between clone and exec hangs in it, and is seen to. */
TEST_LIMIT(naive_control_hangs, 120)
{
	struct h_watch *w = h_watch_new(sizeof(struct record));
	struct record *rec = (struct record *)w->own;
	struct storm s = { .n = 100, .body = naive_counted };
	int status;

#ifdef __SANITIZE_THREAD__
	t_skip("malloc is the sanitizer's");
#endif
	t_need_root();
	h_root();
	status = h_watch_run(w, storm_host, &s, HANG_MSEC);
	T_CHECK(!w->hung[0] && status == 0, "%s %x", w->hung, (unsigned int)status);
	t_note("%d of %d naive starts hung", rec->control_hangs, rec->control_tries);
	ck_assert_int_ge(rec->control_hangs, 3);
	h_watch_free(w, sizeof(struct record));
}

static void *naive_endless(void *arg)
{
	struct spawner *self = arg;
	struct storm *s = self->storm;
	struct h_slot *slot;

	pthread_barrier_wait(&s->ready);
	slot = h_slot(s->w, 1, "naive spawner");
	for (int i = 0; i < 5000; i++) {
		int pid = naive_start();

		h_done(slot, "waits for ever");
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	leave(s, slot);
	return NULL;
}

/* And the watchdog is one: it tells which thread hangs, and where its child does. */
TEST_LIMIT(watchdog_sees_a_hang, 120)
{
	struct h_watch *w = h_watch_new(sizeof(struct record));
	struct storm s = { .body = naive_endless };
	int status;

#ifdef __SANITIZE_THREAD__
	t_skip("malloc is the sanitizer's");
#endif
	t_need_root();
	h_root();
	status = h_watch_run(w, storm_host, &s, t_guest() ? 6000 : 3000);
	ck_assert_str_eq(w->hung, "naive spawner");
	T_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	T_CHECK(strstr(w->dump, "waits for ever") && strstr(w->dump, "  child "), "%s", w->dump);
	h_watch_free(w, sizeof(struct record));
}
