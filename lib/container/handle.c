/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A container that runs: a pidfd and a group. Numbers of processes are information only. */
#include "container.h"
#include "cgroup/group_update.h"
#include "feature/feature.h"
#include "plan/error.h"
#include "sys/helper.h"
#include "sys/sys.h"

#include <contain/cgroup_v1.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#define STATUS_NSEC 2000000000ULL /* for a reaper elsewhere in the process to get through */
#define REMOVE_NSEC 5000000000ULL /* for the kernel to take the last processes out of the group */

static int fail(contain_error **reterr, int err, const char *op, const char *object,
		const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object, hint);
}

int container_pidfd(const container *c)
{
	return c ? c->pidfd : -EINVAL;
}

int32_t container_pid(const container *c)
{
	return c ? c->pid : -EINVAL;
}

int container_cgroup_fd(const container *c)
{
	int fd = c ? ct_group_fd(c->group) : -EINVAL;

	return c && fd < 0 ? -ENOENT : fd;
}

const char *container_name(const container *c)
{
	return c ? c->name : "";
}

/* From the wait status words of waitid(2) and of PIDFD_GET_INFO. */
static void set_status(struct container_exit *x, int code, int signal)
{
	x->signal = signal;
	x->code = signal ? 128 + signal : code;
}

/*
 * The status that another part of the process has taken is still with the pidfd, Linux 6.15. The
 * kernel puts it there a moment after waitid(2) has begun to say that there is no child: for as
 * long it answers without it, or, when the process goes in the midst of the call, once with ESRCH.
 * Older kernels answer with an error every time.
 */
static int status_from_pidfd(container *c)
{
	struct ct_pidfd_info info;
	struct timespec t = { 0, 50000 };
	uint64_t until = ct_now_nsec() + STATUS_NSEC;
	int status, gone = 0;

	for (;;) {
		int r;

		info = (struct ct_pidfd_info){ .mask = CT_PIDFD_INFO_EXIT };
		r = ct_sys_ioctl(c->pidfd, CT_PIDFD_GET_INFO, &info);
		if (r == 0 && info.mask & CT_PIDFD_INFO_EXIT)
			break;
		gone += r == -ESRCH;
		if ((r < 0 && r != -ESRCH) || gone > 2 || ct_now_nsec() >= until)
			return -ECHILD;
		ct_sys_ppoll(NULL, 0, &t, NULL, 0);
	}
	status = info.exit_code;
	set_status(&c->exit, WEXITSTATUS(status), WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return 0;
}

/* What waitid(2) gave, with its result. Failed: nothing is lost, it may be tried again. */
struct taken {
	int result;
	siginfo_t info;
	struct rusage usage;
};

static void take_status(const container *c, struct taken *t)
{
	*t = (struct taken){ 0 };
	do {
		t->result = ct_sys_waitid(CT_P_PIDFD, c->monitor >= 0 ? c->monitor : c->pidfd,
					  &t->info, WEXITED | __WALL, &t->usage);
	} while (t->result == -EINTR);
}

/* What contain-init saw comes from the container: it is taken for what it can be, no more. */
static int status_from_init(container *c, struct rusage *ru)
{
	const struct ct_status *s = c->control ? &c->control->status : NULL;

	if (!s || !__atomic_load_n(&s->done, __ATOMIC_ACQUIRE))
		return 0;
	set_status(&c->exit, s->code & 255, s->signal & 127);
	ru->ru_maxrss = (long)(s->maxrss_bytes / 1024);
	ru->ru_utime.tv_sec = (time_t)(s->cpu_usec / 1000000);
	ru->ru_utime.tv_usec = (suseconds_t)(s->cpu_usec % 1000000);
	ru->ru_stime = (struct timeval){ 0 };
	return 1;
}

/* With the lock held, after the end. */
static int keep_status(container *c, const struct taken *t)
{
	struct ct_group_usage usage = { 0 };
	struct rusage usage_of = t->usage, *ru = &usage_of;

	if (t->result < 0 && t->result != -ECHILD)
		return t->result;
	c->exit.wall_usec = (ct_now_nsec() - c->start_nsec) / 1000;
	if (status_from_init(c, ru))
		; /* the payload's own, whatever its init's or monitor's is */
	else if (c->monitor >= 0)
		c->exit_error = -ECHILD; /* the monitor was killed */
	else if (t->result == 0)
		set_status(&c->exit, t->info.si_status,
			   t->info.si_code == CLD_EXITED ? 0 : t->info.si_status);
	else
		c->exit_error = status_from_pidfd(c);
	ct_group_usage(c->group, &usage);
	c->exit.oom_killed = usage.has_oom_killed && usage.oom_killed;
	c->exit.memory_peak_bytes =
		usage.has_memory_peak ? usage.memory_peak_bytes : (uint64_t)ru->ru_maxrss * 1024;
	c->exit.cpu_usec =
		usage.has_cpu ? usage.cpu_usec :
				(uint64_t)(ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) * 1000000ULL +
					(uint64_t)(ru->ru_utime.tv_usec + ru->ru_stime.tv_usec);
	c->reaped = 1;
	return 0;
}

static int remove_group(container *c, uint64_t until_nsec)
{
	int r = 0;

	if (!c->removed) {
		r = ct_group_remove(c->group, until_nsec);
		c->removed = r == 0;
	}
	return r;
}

static uint64_t until(int64_t timeout_msec)
{
	if (timeout_msec < 0 || timeout_msec > INT64_MAX / 2000000)
		return 0;
	return ct_now_nsec() + (uint64_t)timeout_msec * 1000000ULL + 1;
}

static int poll_end(const container *c, uint64_t until_nsec)
{
	int r = ct_poll_until(c->pidfd, POLLIN, until_nsec);

	return r > 0 ? 0 : r ? r : -ETIMEDOUT;
}

/* The caller has set waiting. Sleeps in waitid(2), unless the status is somebody else's to take. */
static int wait_and_take(container *c)
{
	struct taken t;
	int r = 0;

	take_status(c, &t);
	/* it may still run: this is another process, or another has reaped it */
	if (t.result == -ECHILD || c->monitor >= 0)
		r = poll_end(c, 0);
	pthread_mutex_lock(&c->lock);
	if (!r)
		r = keep_status(c, &t);
	c->waiting = 0;
	pthread_cond_broadcast(&c->taken);
	return r;
}

/*
 * Until the end, and until its status is in c->exit. The status can be taken once: one thread
 * without a time limit sleeps for it, all others watch the pidfd and then see what that one got.
 * Takes the lock, which is held when it returns, also on failure.
 */
static int wait_end(container *c, uint64_t until_nsec)
{
	struct taken t;
	int r, mine;

	pthread_mutex_lock(&c->lock);
	if (c->reaped)
		return 0;
	mine = !until_nsec && !c->waiting;
	c->waiting |= mine;
	pthread_mutex_unlock(&c->lock);
	if (mine)
		return wait_and_take(c);
	r = poll_end(c, until_nsec);
	pthread_mutex_lock(&c->lock);
	if (r < 0)
		return r;
	while (c->waiting)
		pthread_cond_wait(&c->taken, &c->lock);
	if (c->reaped)
		return 0;
	take_status(c, &t);
	return keep_status(c, &t);
}

int container_wait(container *c, int64_t timeout_msec, container_exit **ret_exit,
		   contain_error **reterr)
{
	container_exit *x;
	int r;

	if (!c)
		return fail(reterr, -EINVAL, "wait", "container", "is NULL");
	x = calloc(1, sizeof(*x));
	if (!x)
		return fail(reterr, -ENOMEM, "wait", c->name, NULL);
	r = wait_end(c, until(timeout_msec));
	if (r == 0) {
		/* what it cannot remove now, because processes are left, container_delete() does */
		remove_group(c, c->own_pids ? ct_now_nsec() + REMOVE_NSEC : 0);
		*x = c->exit;
		r = c->exit_error;
	}
	pthread_mutex_unlock(&c->lock);
	if (r == 0 && ret_exit) {
		*ret_exit = x;
		return 0;
	}
	free(x);
	if (r == -ETIMEDOUT)
		return fail(reterr, r, "wait", c->name, "it still runs");
	if (r == -ECHILD)
		return fail(reterr, r, "wait", c->name,
			    "another part of the process took the exit status, by waitpid(-1) or "
			    "by ignoring SIGCHLD; "
			    "Linux 6.15 keeps it for the pidfd");
	return r ? fail(reterr, r, "wait", c->name, NULL) : 0;
}

int container_signal(container *c, int signal, contain_error **reterr)
{
	int r;

	if (!c)
		return fail(reterr, -EINVAL, "signal", "container", "is NULL");
	r = ct_sys_pidfd_send_signal(c->pidfd, signal, NULL, 0);
	if (r == 0)
		return 0;
	return fail(reterr, r, "signal", c->name,
		    r == -ESRCH	 ? "it has ended" :
		    r == -EINVAL ? "no such signal" :
		    r == -EPERM	 ? "the container runs as another user now" :
				   NULL);
}

/* The end of a pid namespace's init is the end of all in it; else the group's own kill is. */
static int kill_all(container *c)
{
	int r = 0, g = 0, freezer;

	pthread_mutex_lock(&c->lock);
	if (!c->reaped)
		r = ct_sys_pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
	if (!c->own_pids && !c->removed)
		g = ct_group_kill(c->group);
	/* cgroup v2 lets a frozen process be killed; v1 when it is thawed */
	freezer = c->group->fd < 0 && !c->removed ? ct_group_freezer(c->group) : -1;
	if (freezer >= 0)
		contain_cgroup_v1_thaw(freezer, 0, NULL);
	pthread_mutex_unlock(&c->lock);
	if (g < 0)
		return g;
	return r == -ESRCH ? 0 : r;
}

int container_kill(container *c, contain_error **reterr)
{
	int r;

	if (!c)
		return fail(reterr, -EINVAL, "kill", "container", "is NULL");
	r = kill_all(c);
	return r ? fail(reterr, r, "kill", c->name, NULL) : 0;
}

int container_delete(container *c, int64_t timeout_msec, contain_error **reterr)
{
	uint64_t end;
	int r;

	if (!c)
		return fail(reterr, -EINVAL, "delete", "container", "is NULL");
	end = until(timeout_msec);
	r = kill_all(c);
	if (r == 0) {
		r = wait_end(c, end);
		if (r == 0)
			r = remove_group(c, end ? end : UINT64_MAX);
		pthread_mutex_unlock(&c->lock);
	}
	if (r == 0)
		return 0;
	return fail(reterr, r, "delete", c->name,
		    r == -EBUSY	    ? "its group still holds processes or groups" :
		    r == -ETIMEDOUT ? "it was killed but has not ended yet: a process waits for a "
				      "device or server" :
				      NULL);
}

void container_free(container *c)
{
	if (!c)
		return;
	if (c->pidfd >= 0)
		ct_sys_close(c->pidfd);
	for (int fd = 0; fd < 3; fd++)
		if (c->stdio[fd] >= 0)
			ct_sys_close(c->stdio[fd]);
	for (int i = 0; i < CT_HANDOVERS; i++)
		if (c->handed[i] >= 0)
			ct_sys_close(c->handed[i]);
	if (c->monitor >= 0)
		ct_sys_close(c->monitor);
	if (c->control)
		ct_sys_munmap(c->control, c->control_size);
	ct_group_free(c->group);
	pthread_cond_destroy(&c->taken);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

int container_gc(int cgroup_parent_fd, contain_error **reterr)
{
	struct ct_facts *facts = malloc(sizeof(*facts));
	int r = facts ? ct_facts_get(facts) : -ENOMEM;

	if (!r)
		r = ct_group_gc(facts, cgroup_parent_fd);
	free(facts);
	return r < 0 ? fail(reterr, r, "gc", "cgroup", NULL) : r;
}

int container_exit_code(const container_exit *x)
{
	return x ? x->code : -EINVAL;
}

int container_exit_signal(const container_exit *x)
{
	return x ? x->signal : -EINVAL;
}

int container_exit_oom_killed(const container_exit *x)
{
	return x ? x->oom_killed : -EINVAL;
}

uint64_t container_exit_memory_peak_bytes(const container_exit *x)
{
	return x ? x->memory_peak_bytes : 0;
}

uint64_t container_exit_cpu_usec(const container_exit *x)
{
	return x ? x->cpu_usec : 0;
}

uint64_t container_exit_wall_usec(const container_exit *x)
{
	return x ? x->wall_usec : 0;
}

void container_exit_free(container_exit *x)
{
	free(x);
}
