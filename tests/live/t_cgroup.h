/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts without the facade: the parent's steps are run and a child enters the groups. */
#ifndef T_CGROUP_H
#define T_CGROUP_H

#include "harness.h"

#include "cgroup/cgroup.h"
#include "cgroup/cgroup_plan.h"
#include "cgroup/group_files.h"
#include "config.h"
#include "container/container.h"
#include "plan/compile.h"
#include "plan/spec.h"
#include "sys/helper.h"

#include <contain/cgroup.h>
#include <contain/spec.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct ct_module nothing = { .name = "nothing" };
static const struct ct_module *modules[CT_MODULES];

struct start {
	struct container_spec spec;
	struct ct_cgroup_part part;
	struct ct_facts facts;
	struct ct_block *block;
	struct ct_run run;
	struct ct_control control;
	contain_error *err;
	char hint[600];
};

static inline struct start *spec_in(const char *parent)
{
	struct start *s = calloc(1, sizeof(*s));

	for (int i = 0; i < CT_MODULES; i++)
		modules[i] = i == CT_MODULE_CGROUP ? &ct_cgroup_module : &nothing;
	s->spec.modules = modules;
	s->run.control = &s->control;
	s->run.report = &s->control.report;
	s->run.runs = ct_child_runs;
	s->spec.part[CT_MODULE_CGROUP] = &s->part;
	ck_assert_int_eq(ct_facts_get(&s->facts), 0);
	if (parent)
		ck_assert_int_eq(container_spec_set_cgroup_parent(&s->spec, AT_FDCWD, parent), 0);
	return s;
}

/* Compiles, and runs the parent's steps; after a failure the hint is kept and all is taken back. */
static inline int begin(struct start *s)
{
	const struct ct_values *values = NULL;
	int r = ct_compile(&s->facts, "t", modules, s->spec.part, &s->block, &values, &s->err);
	struct ct_run *run = &s->run;

	if (r < 0)
		return r;
	run->plan = s->block;
	run->modules = modules;
	for (int i = 0; i < CT_SLOTS; i++)
		run->fd[i] = -1;
	run->group = ct_group_new();
	r = ct_run_parent_steps(run, 0, s->block->first_child);
	if (r < 0) {
		const struct ct_step *step = ct_block_step(s->block, run->report->step);
		const struct ct_op *op = ct_op_of(modules, step);
		char buf[400];
		const char *hint = op->hint ? op->hint(run, step, buf, sizeof(buf)) : NULL;

		snprintf(s->hint, sizeof(s->hint), "%s: %s", op->name, hint ? hint : "");
		for (uint32_t i = run->report->step; i-- > 0;) {
			step = ct_block_step(s->block, i);
			if (ct_op_of(modules, step)->undo)
				ct_op_of(modules, step)->undo(run, step);
		}
	}
	return r;
}

static inline void undo_all(struct start *s)
{
	for (uint32_t i = s->block->first_child; i-- > 0;) {
		const struct ct_step *step = ct_block_step(s->block, i);

		if (ct_op_of(modules, step)->undo)
			ct_op_of(modules, step)->undo(&s->run, step);
	}
}

/*
 * A child born in the group, in memory of its own, that runs fn after the child's steps. Like
 * every payload it has no fd of the library, whose copies would hold the locks of groups: with
 * the return it is past that.
 */
static inline pid_t enter(struct start *s, int (*fn)(void))
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	int ready[2], r;
	char byte;
	pid_t pid;

	if (s->run.group->fd >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)s->run.fd[CT_SLOT_GROUP];
	}
	T_SYS(pipe2(ready, O_CLOEXEC));
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid) {
		close(ready[1]);
		T_SYS(read(ready[0], &byte, 1));
		close(ready[0]);
		return pid;
	}
	r = ct_run_steps(&s->run, s->block->first_child, s->block->steps);
	dup2(ready[1], 3);
	close_range(4, ~0U, 0);
	T_SYS(write(3, "x", 1));
	close(3);
	_exit(r < 0 ? 50 : fn());
}

static inline int status_of(pid_t pid)
{
	int status;

	T_SYS(waitpid(pid, &status, 0));
	return status;
}

static inline uint64_t soon(void)
{
	return ct_now_nsec() + 5000000000ULL * (uint64_t)t_slow();
}

static inline void end(struct start *s)
{
	ct_group_free(s->run.group);
	contain_error_free(s->err);
	free(s->block);
	ct_cgroup_module.part_free(&s->part);
	free(s);
}

/* Groups below a directory. */
static inline int below(const char *dir)
{
	struct stat st;

	T_CHECK(stat(dir, &st) == 0, "%s: %m", dir);
	return (int)st.st_nlink - 2;
}

static inline void make_group(const char *path)
{
	T_CHECK(mkdir(path, 0755) == 0, "%s: %m", path);
}

static inline int fn_nothing(void)
{
	return 7;
}

static inline int fn_sleep(void)
{
	for (;;)
		pause();
	return 0;
}

/* 96 MiB, page by page */
static inline int fn_eat(void)
{
	char *p = mmap(NULL, 96 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; i < 96 << 20; i += 4096)
		p[i] = 1;
	return 0;
}

/* how many children at once */
static inline int fn_forks(void)
{
	int n = 0;

	while (n < 50 && fork() > 0)
		n++;
	if (n < 50 && errno != EAGAIN)
		pause();
	return n;
}

static inline int is_v2(int controller)
{
	struct ct_facts *f = malloc(sizeof(*f));
	int held = ct_facts_get(f) == 0 ? f->held[controller] : 0;

	free(f);
	return held == CT_HELD_V2;
}

#endif
