/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one place that knows which techniques there are. */
#include "container.h"
#include "container_rows.h"
#include "handover.h"
#include "launch.h"
#include "cgroup/cgroup.h"
#include "mount/mount.h"
#include "namespace/limits.h"
#include "namespace/namespace.h"
#include "namespace/types.h"
#include "plan/compile.h"
#include "plan/text.h"
#include "process/process.h"
#include "rootfs/rootfs.h"
#include "seccomp/seccomp.h"
#include "label/label.h"
#include "landlock/landlock.h"
#include "terminal/terminal.h"
#include "config.h"

#include <contain/namespace.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static void need_own(struct ct_compile *c, const char *why)
{
	if (!c->intent.own_memory)
		c->intent.own_memory = why;
}

static int intend(const void *part, struct ct_compile *c)
{
	const struct ct_container_part *p = part;

	c->intent.init = p->init;
	c->intent.monitor |= p->monitor; /* a module before may need one */
	if (p->init)
		need_own(c, "an init stays as process 1 of the container");
	if (p->monitor)
		need_own(c, "a monitor stays outside and keeps how the payload ended");
	if (p->setup_timeout_msec && !c->intent.starter)
		c->intent.starter = "the caller watches the set-up time limit";
	return 0;
}

/* Bit: a number of stdio that is a pipe. */
static int64_t pipes_of(const struct ct_values *v)
{
	int64_t mask = 0;

	for (size_t i = 0; i < v->nfds; i++)
		if (v->fd[i].from == CT_FD_PIPE)
			mask |= 1 << v->fd[i].to;
	return mask;
}

/* last: the parent's last step, behind which what contain-init has left is closed */
static struct ct_step *plan_pipes(struct ct_compile *c, enum ct_stage stage, int row,
				  int64_t mask, int last)
{
	struct ct_step *s;

	if (!mask)
		return NULL;
	s = ct_emit(c, stage, CT_OP(CT_MODULE_CONTAINER, row), "stdio");
	s->arg[0] = mask;
	s->arg[1] = __builtin_popcount((unsigned)mask);
	s->arg[2] = last;
	return s;
}

static void plan_handover(struct ct_compile *c, enum ct_stage stage, int row, int last)
{
	struct ct_step *s;

	if (!c->intent.handover)
		return;
	s = ct_emit(c, stage, CT_OP(CT_MODULE_CONTAINER, row), NULL);
	s->arg[0] = c->intent.handover;
	s->arg[1] = __builtin_popcount(c->intent.handover);
	s->arg[2] = last;
}

static int plan(const void *part, struct ct_compile *c)
{
	const struct ct_container_part *p = part;
	int own = c->intent.own_memory != NULL;
	int64_t pipes = pipes_of(c->values);
	struct ct_step *s;

	s = plan_pipes(c, CT_STAGE_SOURCE, PIPES, pipes, 0);
	if (s && ct_pipes_given_outside(c)) {
		s->arg[2] = s->arg[1];
		s->arg[3] = ct_id_outside(&c->intent.uid_map, c->intent.payload_uid) |
			    ct_id_outside(&c->intent.gid_map, c->intent.payload_gid) << 32;
	}
	plan_handover(c, CT_STAGE_SOURCE, HANDOVER, 0);
	s = ct_emit(c, CT_STAGE_CLONE, CT_OP(CT_MODULE_CONTAINER, own ? OWN : CLONE),
		    c->name);
	s->arg[0] = c->intent.maps != 0;
	s->arg[1] = c->intent.group;
	s->arg[2] = own ? !pipes && !c->intent.handover : c->intent.starter != NULL;
	s->arg[3] = c->intent.maps;
	plan_handover(c, CT_STAGE_CLONE, HANDED, own && !pipes);
	plan_pipes(c, CT_STAGE_CLONE, PIPE_ENDS, pipes, own);
	if (p->init) {
		s = ct_emit(c, CT_STAGE_PAYLOAD, CT_OP(CT_MODULE_CONTAINER, PAYLOAD), NULL);
		s->arg[0] = !(c->intent.namespaces & CONTAIN_NS_PID);
	}
	return 0;
}

static void describe_pipes(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	for (int fd = 0, n = 0; fd < 3; fd++)
		if (s->arg[0] >> fd & 1)
			ct_text_printf(out, "%s%d", n++ ? " " : "", fd);
}

static void describe_make_pipes(struct ct_text *out, const struct ct_block *b,
				const struct ct_step *s)
{
	describe_pipes(out, b, s);
	if (s->arg[2])
		ct_text_printf(out, " of %u:%u outside", (uint32_t)s->arg[3],
			       (uint32_t)(s->arg[3] >> 32));
}

static void describe_handover(struct ct_text *out, const struct ct_block *b,
			      const struct ct_step *s)
{
	static const char *const names[CT_HANDOVERS] = {
		[CT_HANDOVER_TERMINAL] = "the terminal",
		[CT_HANDOVER_LISTENER] = "the seccomp listener",
	};

	for (int i = 0, n = 0; i < CT_HANDOVERS; i++)
		if (s->arg[0] >> i & 1)
			ct_text_printf(out, "%s%s", n++ ? ", " : "", names[i]);
}

static const char *hint_handover(const struct ct_run *r, const struct ct_step *s, char *buf,
				 size_t size)
{
	if (r->report->err == -EPROTO)
		return "the child has started its program and not handed over what the plan says";
	return r->report->err == -EMFILE ? "RLIMIT_NOFILE of the caller leaves it no further fd" :
					   NULL;
}

static void describe_clone(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, b->clone_flags ? "new" : "no new namespace");
	for (int i = 0; i < CT_NS_TYPES; i++)
		if (b->clone_flags & ct_ns_types[i].type)
			ct_text_printf(out, " %s", ct_ns_types[i].name);
	if (s->arg[1])
		ct_text_add(out, ", into its cgroup");
	ct_text_add(out, b->starter ? ", by a starter thread" : "");
	if (b->kind == CT_KIND_OWN)
		ct_text_add(out,
			    b->monitor ? ", by contain-init, which stays" : ", by contain-init");
	if (b->parent_death)
		ct_text_printf(out, " and sends signal %u when the caller has ended",
			       b->parent_death);
}

static const char *hint_clone(const struct ct_run *r, const struct ct_step *s, char *buf,
			      size_t size)
{
	int err = r->report->err;
	const char *group = s->arg[1] ? ct_group_clone_hint(err) : NULL;

	if (r->launch->timed_out)
		return "the set-up time limit is over; is the group frozen or throttled?";
	if (err == -ECANCELED) {
		snprintf(buf, size, "the child was killed before its first step (signal %d)",
			 (int)r->report->detail);
		return buf;
	}
	if (group)
		return group;
	if (err == -ENOENT && s->arg[1] && ct_ns_joins_outside(r->plan, CONTAIN_NS_CGROUP))
		return "from a cgroup namespace that is joined nobody gets into a group outside of "
		       "it (nsdelegate): beside a new user namespace leave it out, or join the "
		       "user namespace that owns it in place of a new one";
	if (err == -ENOSPC)
		return ct_ns_limit_hint(r->plan->clone_flags, buf, size);
	if (err == -EPERM && r->plan->clone_flags & CONTAIN_NS_USER)
		return "unprivileged user namespaces are forbidden here: see "
		       "kernel.unprivileged_userns_clone, a seccomp "
		       "filter or a security module; or the caller runs in a chroot";
	if (err == -EAGAIN)
		return "no more processes for this user or group: RLIMIT_NPROC, or pids.max of the "
		       "caller's group";
	if (r->report->detail == CT_LAUNCH_EXE && err != -ENOMEM)
		return "contain-init cannot be executed: a memfd is refused (vm.memfd_noexec, a "
		       "security module), and "
		       CT_INIT_PATH " is not installed";
	if (err == -EINVAL && r->plan->clone_flags & CONTAIN_NS_PID)
		return "a caller that has unshared its pid namespace and is not in the new one "
		       "itself gets no further "
		       "one: start from its first child, or leave out CONTAIN_NS_PID";
	if (err == -ENOMEM)
		return "no memory in the kernel, or the init of the caller's new pid namespace has "
		       "ended";
	return NULL;
}

static void describe_payload(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, s->arg[0] ? "stay as its parent, reap what is left to it, forward "
				     "signals" :
				     "stay as process 1, reap, forward signals");
}

/* a sleep that lasted looks whether the child still lives */
#define SLEEPS "( futex ppoll? )*"
#define OWN_END "( close munmap? ){a2}"
#define OWN_CALLS                                                                                  \
	"rt_sigprocmask ( memfd_create memfd_create? write fcntl )? socketpair "               \
	"( getpid pidfd_open )? "                                                              \
	"memfd_create ftruncate mmap clone3 close close close? ppoll recvmsg openat read "      \
	"close " SLEEPS " ( [maps]{a3} " SLEEPS " ){a0} waitid? close? rt_sigprocmask "      \
	OWN_END

static const struct ct_op ops[] = {
	[CLONE] = { .name = "clone", .run = ct_container_op_clone, .undo = ct_container_undo_clone,
		    .describe = describe_clone, .hint = hint_clone,
		    .calls = "rt_sigprocmask clone3 futex*{a2} ( [maps]{a3} futex* ){a0} "
			     "rt_sigprocmask",
		    .undo_says = "kill and reap the child" },
	[OWN] = { .name = "clone", .run = ct_container_op_own, .undo = ct_container_undo_clone,
		  .describe = describe_clone, .hint = hint_clone, .calls = OWN_CALLS,
		  .undo_says = "kill and reap the child" },
	[PIPES] = { .name = "make-pipes", .run = ct_container_op_pipes,
		    .undo = ct_container_undo_pipes,
		    .describe = describe_make_pipes,
		    .calls = "( pipe2 ( fcntl close )* fchown{a2&-1} ){a1}",
		    .undo_says = "close them" },
	[PIPE_ENDS] = { .name = "close-pipe-ends", .run = ct_container_op_pipe_ends,
			.describe = describe_pipes, .calls = "close{a1} " OWN_END },
	[HANDOVER] = { .name = "make-handover", .run = ct_container_op_handover,
		       .undo = ct_container_undo_handover, .describe = describe_handover,
		       .hint = hint_handover, .calls = "socketpair ( fcntl close )*",
		       .undo_says = "close it" },
	[HANDED] = { .name = "take-handover", .run = ct_container_op_handed,
		     .describe = describe_handover, .hint = hint_handover,
		     .calls = "close ( recvmsg ( fcntl close )? ){a1} close " OWN_END },
	[PAYLOAD] = { .name = "start-payload", .describe = describe_payload,
		      .calls = "prctl prctl{a0} rt_sigaction clone3" },
};

const struct ct_module ct_container_module = {
	.name = "container",
	.part_size = sizeof(struct ct_container_part),
	.intend = intend,
	.plan = plan,
	.ops = ops,
	.nops = ROWS,
};

const struct ct_module *const ct_modules[CT_MODULES] = {
	[CT_MODULE_NAMESPACE] = &ct_namespace_module, [CT_MODULE_CGROUP] = &ct_cgroup_module,
	[CT_MODULE_ROOTFS] = &ct_rootfs_module,	      [CT_MODULE_MOUNT] = &ct_mount_module,
	[CT_MODULE_PROCESS] = &ct_process_module,     [CT_MODULE_TERMINAL] = &ct_terminal_module,
	[CT_MODULE_LANDLOCK] = &ct_landlock_module,   [CT_MODULE_LABEL] = &ct_label_module,
	[CT_MODULE_SECCOMP] = &ct_seccomp_module,     [CT_MODULE_CONTAINER] = &ct_container_module,
};
