/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Personality, scheduling and the weight for the OOM killer of the calling thread. */
#include "act.h"
#include "identity.h"
#include "process.h"
#include "sys/proc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int write_score(int proc, const char *file, int score)
{
	char text[16], got[16];
	int n = snprintf(text, sizeof(text), "%d\n", score);
	int fd = ct_proc_file(proc, file, O_RDWR);
	ssize_t r;

	if (fd < 0)
		return fd;
	do {
		r = ct_sys_write(fd, text, (size_t)n);
	} while (r == -EINTR);
	if (r >= 0)
		r = ct_sys_pread64(fd, got, sizeof(got) - 1, 0);
	ct_sys_close(fd);
	if (r < 0)
		return (int)r;
	got[r] = 0;
	return atoi(got) == score ? 0 : -EIO;
}

int contain_process_set_oom_score_adj(int score, contain_error **reterr)
{
	const char *const op = "set-oom-score", *hint = NULL;
	char file[64];
	int r, proc;

	if (score < -1000 || score > 1000)
		return ct_process_refused(reterr, op, "score", "is not -1000 to 1000");
	proc = ct_proc_open();
	if (proc < 0)
		return ct_process_failed(reterr, proc, op, "/proc",
					 proc == -EXDEV ? "is no procfs" : NULL);
	r = ct_proc_thread(proc, "oom_score_adj", file, sizeof(file));
	if (!r)
		r = write_score(proc, file, score);
	ct_sys_close(proc);
	if (r == -EACCES)
		hint = "a score below the one that it had needs CAP_SYS_RESOURCE on the host";
	else if (r == -EXDEV)
		hint = "something is mounted over the file in /proc: nothing was written";
	else if (r == -ESRCH || r == -ENOENT)
		hint = "/proc shows another pid namespace";
	return r < 0 ? ct_process_failed(reterr, r, op, "oom_score_adj", hint) : 0;
}

int contain_process_set_personality(const char *personality, int lock, contain_error **reterr)
{
	const char *const op = "set-personality", *why;
	uint32_t value = 0;
	int r;

	if (!personality || lock < 0 || lock > 1)
		return ct_process_refused(reterr, op, personality ? "lock" : "personality",
					  personality ? "is neither 0 nor 1" : "is NULL");
	why = ct_personality_parse(personality, &value);
	if (why)
		return ct_process_refused(reterr, op, personality, why);
	r = ct_process_set_personality(value);
	if (!r && lock)
		r = ct_process_lock_personality(value);
	return r < 0 ? ct_process_failed(reterr, r, op, personality,
					 ct_process_why_personality(r)) :
		       0;
}

static int schedule(const struct ct_sched *want, const char *op, contain_error **reterr)
{
	int r = ct_process_set_sched(want);

	return r < 0 ? ct_process_failed(reterr, r, op, "policy",
					 ct_process_why_sched(want->policy, r)) :
		       0;
}

int contain_process_set_scheduler(int policy, int priority, int nice, contain_error **reterr)
{
	struct ct_sched want = { .policy = policy, .priority = priority, .nice = nice,
				 .nice_set = 1 };
	const char *const op = "set-scheduler", *why = ct_sched_wrong(policy, priority);

	if (why)
		return ct_process_refused(reterr, op, "policy", why);
	if (nice < -20 || nice > 19)
		return ct_process_refused(reterr, op, "nice", "is not -20 to 19");
	return schedule(&want, op, reterr);
}

int contain_process_set_deadline(uint64_t runtime_nsec, uint64_t deadline_nsec,
				 uint64_t period_nsec, contain_error **reterr)
{
	struct ct_sched want = { .policy = CT_SCHED_DEADLINE, .runtime = runtime_nsec,
				 .deadline = deadline_nsec, .period = period_nsec };
	const char *field, *why = ct_deadline_wrong(runtime_nsec, deadline_nsec, period_nsec,
						    &field);

	return why ? ct_process_refused(reterr, "set-deadline", field, why) :
		     schedule(&want, "set-deadline", reterr);
}

int contain_process_set_cpu_affinity(const char *cpus, contain_error **reterr)
{
	const char *const op = "set-cpu-affinity", *why;
	uint32_t *words = NULL;
	size_t n = 0;
	int r;

	if (!cpus)
		return ct_process_refused(reterr, op, "cpus", "is NULL");
	why = ct_cpus_parse(cpus, &words, &n);
	if (why)
		return ct_process_refused(reterr, op, cpus, why);
	r = ct_process_set_affinity(words, n);
	free(words);
	return r < 0 ? ct_process_failed(reterr, r, op, cpus, ct_process_why_affinity(r)) : 0;
}

int contain_process_set_io_priority(int io_class, int level, contain_error **reterr)
{
	const char *why = ct_ioprio_wrong(io_class, level);
	int r;

	if (why)
		return ct_process_refused(reterr, "set-io-priority", "io_priority", why);
	r = ct_process_set_ioprio(io_class << 13 | level);
	return r < 0 ? ct_process_failed(reterr, r, "set-io-priority", "io_priority",
					 ct_process_why_ioprio(r)) :
		       0;
}
