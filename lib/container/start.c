/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One start: bind what the plan's slots name, run the parent's steps, or take all of it back. */
#include "start.h"
#include "launch.h"
#include "listen.h"
#include "plan/amend.h"
#include "plan/error.h"
#include "sys/helper.h"

#include <contain/plan.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
/* a group may be collected between its creation and its lock, once or twice */
#define GROUP_TRIES 3
#define KILLS_MOST 16 /* struct ct_group, kills */

/* What one start runs: the plan's own, or, when overrides change steps, an amended plan. */
struct source {
	container_plan *plan;
	const struct ct_block *block;
	const struct ct_values *values, *over; /* over: NULL, or what takes the place of values */
	int starter_memory;
	void **spare; /* where the memory of a start comes from and goes to */
};

/* What this start uses: the override where there is one, else the plan's value. */
struct binding {
	char **argv, **env;
	const char *cwd;
	size_t fds; /* at most */
};

static struct binding choose(const struct ct_values *p, const struct ct_values *o)
{
	struct binding b = { p->argv, p->env, p->cwd ? p->cwd : "/", p->nfds + 4 };

	if (o) {
		b.argv = o->argv ? o->argv : b.argv;
		b.env = o->env ? o->env : b.env;
		b.cwd = o->cwd ? o->cwd : b.cwd;
		b.fds += o->nfds;
	}
	return b;
}

static void put_fd(struct ct_run *r, int to, int from)
{
	uint32_t i = 0;

	while (i < r->fdmaps && r->fdmap[i].to != to)
		i++;
	r->fdmap[i] = (struct ct_fdmap){ .from = from, .to = to };
	if (i == r->fdmaps)
		r->fdmaps++;
}

/* The first number that is free. */
static void put_exec(struct ct_run *r, int from)
{
	int to = 3;

	for (uint32_t i = 0; i < r->fdmaps; i++)
		if (r->fdmap[i].to == to) {
			to++;
			i = UINT32_MAX; /* from the first again */
		}
	put_fd(r, to, from);
	r->fdmap[r->fdmaps - 1].exec = 1;
}

static void bind_fds(struct ct_run *r, struct ct_fdmap *room, const struct ct_values *p,
		     const struct ct_values *o)
{
	r->fdmap = room;
	for (int fd = 0; fd < 3; fd++)
		put_fd(r, fd, CT_FD_NULL);
	for (size_t i = 0; i < p->nfds; i++)
		put_fd(r, p->fd[i].to, p->fd[i].from);
	for (size_t i = 0; o && i < o->nfds; i++)
		put_fd(r, o->fd[i].to, o->fd[i].from);
	if (p->has_exec)
		put_exec(r, p->exec_fd);
}

static char *const only_path[] = { (char *)"PATH=" DEFAULT_PATH, NULL };

static void bind_env(struct ct_run *r, char *const *env, const struct ct_values *p, char *room)
{
	r->envp = p->nlisten ? ct_listen_env(room, p, env) : env;
	r->path = DEFAULT_PATH;
	for (char *const *e = r->envp; *e; e++)
		if (!strncmp(*e, "PATH=", 5)) {
			r->path = *e + 5;
			break;
		}
}

static int bind_start(const struct source *from, struct ct_group *group, struct ct_launch **ret)
{
	container_plan *p = from->plan;
	struct binding b = choose(from->values, from->over);
	struct ct_launch *l;
	struct ct_run *r;
	char *const *env = b.env ? b.env : only_path;
	size_t fds = (b.fds * sizeof(struct ct_fdmap) + 7) & ~(size_t)7;
	size_t room = fds + (from->values->nlisten ? ct_listen_room(from->values, env) : 0);
	int err = ct_launch_new(from->spare, room, from->starter_memory, &l);

	if (err < 0)
		return err;
	r = &l->run;
	r->plan = from->block;
	r->modules = ct_modules;
	r->runs = ct_child_runs;
	r->argv = b.argv;
	r->cwd = b.cwd;
	r->group = group;
	bind_env(r, env, from->values, l->tail + fds);
	bind_fds(r, (struct ct_fdmap *)l->tail, from->values, from->over);
	for (int i = 0; i < CT_MODULES; i++)
		if (ct_modules[i]->bind)
			ct_modules[i]->bind(p->spec->part[i], r);
	if (p->setup_timeout_msec)
		r->until_nsec = ct_now_nsec() + (uint64_t)p->setup_timeout_msec * 1000000ULL;
	l->own.exe = &p->exe;
	l->own.ambient = p->ambient;
	if (__atomic_load_n(&p->needs_own, __ATOMIC_RELAXED))
		r->own_memory = "its program cannot be looked at before it runs";
	*ret = l;
	return 0;
}

/* Undoes the steps before `done` in reverse. The fds of the group are the group's. */
static void undo(struct ct_run *r, uint32_t done)
{
	while (done--) {
		const struct ct_step *s = ct_block_step(r->plan, done);
		const struct ct_op *op = ct_op_of(r->modules, s);

		if (op->undo)
			op->undo(r, s);
	}
}

/* What steps of the parent have made for the child alone, which has its own by now. */
static void release(struct ct_run *r)
{
	for (uint32_t i = r->plan->first_child; i--;) {
		const struct ct_step *s = ct_block_step(r->plan, i);
		const struct ct_op *op = ct_op_of(r->modules, s);

		if (op->release)
			op->release(r, s);
	}
}

/* Steps up to the clone; those between the clone and the child's are run by it. */
static int run_parent(struct ct_run *r)
{
	uint32_t clone = 0, end;
	int err;

	while (ct_block_step(r->plan, clone)->stage < CT_STAGE_CLONE)
		clone++;
	for (end = clone; ct_block_step(r->plan, end)->stage == CT_STAGE_CLONE; end++)
		;
	err = ct_run_parent_steps(r, 0, end);
	if (err < 0) {
		/* one of the child's steps, or the clone's own, has taken the clone back */
		uint32_t step = r->report->step;

		undo(r, step < end ? step : clone);
	}
	release(r);
	return err;
}

/* What was in force in the step that failed, and answers so; or NULL. */
static const char *restricted(const struct ct_run *r)
{
	uint32_t i = r->report->step;
	int filter = r->report->err == -EPERM || r->report->err == -ENOSYS,
	    landlock = r->report->err == -EACCES;

	while (i-- > r->plan->first_inside) {
		int stage = ct_block_step(r->plan, i)->stage;

		if (filter && (stage == CT_STAGE_SECCOMP || stage == CT_STAGE_SECCOMP_EARLY))
			return "a system call filter of the container may answer so: it has to let "
			       "this step pass";
		if (landlock && stage == CT_STAGE_LANDLOCK)
			return "the Landlock rules of the container may deny it: a rule has to "
			       "allow to execute and to read the program, its interpreter and its "
			       "libraries; or there is no x permission, or the mount is noexec";
	}
	return NULL;
}

static const char *hint_of(const struct ct_run *r, const struct ct_step *s, int phase, char *buf,
			   size_t size)
{
	const struct ct_op *op = ct_op_of(r->modules, s);
	const char *hint = NULL;

	if (phase == CONTAIN_PHASE_CHILD && r->launch->timed_out)
		return "the set-up time limit is over; is the group frozen or throttled, or a file "
		       "system slow?";
	if (phase == CONTAIN_PHASE_CHILD && r->report->err == -ECANCELED) {
		snprintf(buf, size, "the child was killed in this step (signal %d)%s",
			 (int)r->report->detail,
			 r->report->detail == SIGSYS ?
				 ": SIGSYS, of a system call filter, the container's or the "
				 "caller's" :
				 "");
		return buf;
	}
	if (phase == CONTAIN_PHASE_CHILD && s->stage == CT_STAGE_EXEC)
		hint = restricted(r);
	if (!hint && op->hint)
		hint = op->hint(r, s, buf, size);
	if (!hint && phase == CONTAIN_PHASE_CHILD)
		hint = restricted(r);
	if (hint)
		return hint;
	/* the group itself is gone by now */
	if (r->report->err == -ENOMEM && phase == CONTAIN_PHASE_CHILD)
		return "is memory_max_bytes large enough for the set-up? the child already runs in "
		       "its group";
	/* also what socket(2) says */
	if (r->report->err == -ENFILE && phase == CONTAIN_PHASE_CHILD)
		return "the system has no file left: fs.file-max; or no memory is left: is "
		       "memory_max_bytes large "
		       "enough for the set-up? the child already runs in its group";
	if (r->report->err == -ENOSPC && s->stage >= CT_STAGE_PRIVATE)
		return "no room: fs.mount-max bounds the mounts of a mount namespace; or is "
		       "memory_max_bytes too small for "
		       "the set-up?";
	return NULL;
}

static int tell(const struct ct_run *r, contain_error **reterr)
{
	const struct ct_report *rec = r->report;
	const struct ct_step *s = ct_block_step(r->plan, rec->step);
	int phase = rec->step >= r->plan->first_child ? CONTAIN_PHASE_CHILD : CONTAIN_PHASE_PARENT;
	char buf[256];
	struct ct_error_parts parts = {
		.code = rec->err,
		.phase = phase,
		.step = (int)rec->step + 1,
		.steps = (int)r->plan->steps,
		.op = ct_op_of(r->modules, s)->name,
		.object = ct_block_str(r->plan, s->object),
		.log = rec->log,
	};

	if (!reterr)
		return rec->err;
	if (s->stage == CT_STAGE_EXEC || s->stage == CT_STAGE_PROGRAM)
		parts.object = r->argv[0];
	else if (s->stage == CT_STAGE_CWD)
		parts.object = r->cwd;
	parts.hint = hint_of(r, s, phase, buf, sizeof(buf));
	return ct_error_set(reterr, &parts);
}

static container *handle_new(const struct source *from)
{
	container *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->group = ct_group_new();
	if (!c->group) {
		free(c);
		return NULL;
	}
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->taken, NULL);
	memcpy(c->name, from->plan->name, sizeof(c->name));
	c->pidfd = c->monitor = -1;
	for (int fd = 0; fd < 3; fd++)
		c->stdio[fd] = -1;
	for (int i = 0; i < CT_HANDOVERS; i++)
		c->handed[i] = -1;
	c->own_pids = !!(from->block->clone_flags & CLONE_NEWPID);
	return c;
}

/*
 * The kernel killed the child before its first instruction: the group of the caller and the new one
 * differ in how often they were killed. The plan remembers what was right.
 */
static int killed_at_birth(const struct ct_run *r)
{
	struct ct_group *g = r->group;

	if (r->report->err != -ECANCELED || r->report->state != CT_STATE_NONE ||
	    r->report->detail != SIGKILL || r->launch->timed_out || g->shared ||
	    !ct_block_step(r->plan, r->report->step)->arg[1] || ++g->kill_tries > KILLS_MOST)
		return 0;
	g->kills = (g->kills + 1) % (KILLS_MOST + 1);
	return 1;
}

/*
 * The child has found what it may not do in memory that it shares; the plan remembers. Contain-init
 * never says so.
 */
static int needs_own(const struct ct_run *r)
{
	return r->report->err == -EAGAIN && r->report->detail == CT_RUN_NEEDS_OWN &&
	       r->report->step >= r->plan->first_child && !r->own_memory &&
	       r->plan->kind == CT_KIND_SHARED;
}

/* One try; *ret_run lives until the caller frees it, for the error. */
static int try_start(const struct source *from, container *c, contain_error **reterr)
{
	struct ct_launch *l;
	int err = bind_start(from, c->group, &l);

	if (err < 0)
		return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "spawn", c->name, NULL);
	c->start_nsec = ct_now_nsec();
	err = run_parent(&l->run);
	if (err < 0) {
		int vanished = err == -ENODEV && l->run.report->step < from->block->first_child;
		int killed = killed_at_birth(&l->run), own = needs_own(&l->run);

		err = tell(&l->run, vanished || killed || own ? NULL : reterr);
		if (own)
			err = CT_START_OWN;
		else if (vanished || killed)
			err = killed ? CT_START_KILLED : CT_START_AGAIN;
	} else {
		c->pidfd = l->run.pidfd;
		c->pid = l->run.pid;
		for (int fd = 0; fd < 3; fd++)
			c->stdio[fd] = l->stdio[fd].ours;
		memcpy(c->handed, l->handed, sizeof(c->handed));
		ct_own_keep(l, c);
	}
	ct_launch_free(from->spare, l);
	return err;
}

static int start(const struct source *from, container **ret, contain_error **reterr)
{
	container *c;
	int err = CT_START_AGAIN;

	if (!choose(from->values, from->over).argv)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_PLAN, "spawn", "argv",
				       "no program: call container_spec_set_argv() or "
				       "container_overrides_set_argv()");
	c = handle_new(from);
	if (!c)
		return ct_error_simple(reterr, -ENOMEM, CONTAIN_PHASE_PARENT, "spawn",
				       from->plan->name, NULL);
	c->group->kills = __atomic_load_n(&from->plan->kills, __ATOMIC_RELAXED);
	for (int i = 0; i < GROUP_TRIES && err <= CT_START_AGAIN;) {
		err = try_start(from, c, reterr);
		i += err == CT_START_AGAIN;
		if (err == CT_START_OWN)
			__atomic_store_n(&from->plan->needs_own, 1, __ATOMIC_RELAXED);
	}
	if (err == 0 && c->group->kills)
		__atomic_store_n(&from->plan->kills, c->group->kills, __ATOMIC_RELAXED);
	if (err == CT_START_AGAIN)
		err = ct_error_simple(reterr, -ENODEV, CONTAIN_PHASE_PARENT, "spawn", c->name,
				      "the container's group was removed by somebody else again "
				      "and again");
	if (err < 0) {
		container_free(c);
		return err;
	}
	*ret = c;
	return 0;
}

static int start_amended(struct source *from, const container_overrides *o, container **ret,
			 contain_error **reterr)
{
	container_plan *p = from->plan;
	struct ct_amended *a;
	void *own = NULL;
	int r = ct_amend(p->facts, p->spec, &o->spec, &a, reterr);

	if (r < 0)
		return r;
	from->block = a->block;
	from->values = a->values;
	from->over = NULL;
	from->starter_memory = a->block->starter != 0;
	if (from->starter_memory != (p->block->starter != 0))
		from->spare = &own; /* guard pages lie elsewhere in the plan's */
	r = start(from, ret, reterr);
	ct_launch_drop(&own);
	ct_amended_free(a);
	return r;
}

int ct_start(container_plan *p, const container_overrides *o, container **ret,
	     contain_error **reterr)
{
	struct source from = {
		.plan = p,
		.block = p->block,
		.values = p->values,
		.over = o ? o->values : NULL,
		.starter_memory = p->block->starter != 0,
		.spare = &p->spare,
	};

	if (o && o->spec.err < 0)
		return ct_error_simple(reterr, o->spec.err, CONTAIN_PHASE_SPEC, "overrides",
				       o->spec.field, o->spec.why);
	return o && o->steps ? start_amended(&from, o, ret, reterr) : start(&from, ret, reterr);
}
