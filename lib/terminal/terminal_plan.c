/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "terminal.h"
#include "terminal_rows.h"
#include "plan/compile.h"
#include "plan/text.h"

#include <errno.h>

#define OP(row) CT_OP(CT_MODULE_TERMINAL, row)

static int has_pty(const struct ct_values *v)
{
	for (size_t i = 0; i < v->nfds; i++)
		if (v->fd[i].from == CT_FD_PTY)
			return 1;
	return 0;
}

static int intend(const void *part, struct ct_compile *c)
{
	const struct ct_terminal_part *p = part;
	const char *why = NULL;

	if (!has_pty(c->values))
		return p->set ? ct_compile_fail(c, -EINVAL, "terminal",
						"none of 0, 1 and 2 is the terminal: they were set "
						"to something else behind it") :
				0;
	if (c->intent.joined & CONTAIN_NS_MNT)
		why = "in a mount namespace that is joined there is no devpts of the container's "
		      "own";
	else if (!c->intent.own_dev)
		why = "its devpts is part of a /dev of the container's own: leave "
		      "CONTAIN_DEFAULT_DEV in";
	else if (!c->intent.new_session)
		why = "a terminal controls a session: leave container_spec_set_new_session() on";
	if (why)
		return ct_compile_fail(c, -EINVAL, "terminal", why);
	c->intent.terminal = 1;
	c->intent.handover |= 1u << CT_HANDOVER_TERMINAL;
	return 0;
}

static int plan(const void *part, struct ct_compile *c)
{
	const struct ct_terminal_part *p = part;
	struct ct_step *s;

	if (!c->intent.terminal)
		return 0;
	s = ct_emit(c, CT_STAGE_TERMINAL, OP(TERMINAL), "/dev/console");
	s->arg[0] = p->rows || p->columns;
	s->arg[1] = p->rows;
	s->arg[2] = p->columns;
	ct_emit(c, CT_STAGE_CONTROLLING, OP(CONTROLLING), NULL);
	return 0;
}

static int amend(void *part, const void *over, struct ct_compile *c)
{
	struct ct_terminal_part *p = part;
	const struct ct_terminal_part *o = over;

	if (o->set)
		*p = *o;
	return 0;
}

static void describe_terminal(struct ct_text *out, const struct ct_block *b,
			      const struct ct_step *s)
{
	ct_text_add(out, "a pty of /dev/pts");
	if (s->arg[0])
		ct_text_printf(out, ", %d rows of %d columns", (int)s->arg[1], (int)s->arg[2]);
	ct_text_add(out, "; the caller gets its master");
}

static const char *hint_terminal(const struct ct_run *r, const struct ct_step *s, char *buf,
				 size_t size)
{
	int err = -r->report->err;

	switch (r->report->detail) {
	case CT_TERMINAL_PTMX:
		return err == ENOSPC ? "no pty is left: kernel.pty.max bounds those of the system" :
				       NULL;
	case CT_TERMINAL_PEER:
		return err == ENOTTY || err == EINVAL ? "the kernel has no TIOCGPTPEER" : NULL;
	case CT_TERMINAL_CONSOLE:
		return err == EEXIST ? "the spec itself mounts or makes something at /dev/console" :
				       NULL;
	case CT_TERMINAL_HAND:
		return err == ETOOMANYREFS ? "more fds are on their way than the RLIMIT_NOFILE of "
					     "the caller's user allows" :
					     NULL;
	default:
		return NULL;
	}
}

static const char *hint_controlling(const struct ct_run *r, const struct ct_step *s, char *buf,
				    size_t size)
{
	return r->report->err == -EBADF ?
		       "none of 0, 1 and 2 is the terminal: the overrides of this start put other "
		       "fds in their place" :
		       NULL;
}

static const struct ct_op ops[ROWS] = {
	[TERMINAL] = { .name = "make-terminal", .describe = describe_terminal,
		       .hint = hint_terminal,
		       .calls = "openat newfstatat ioctl ioctl ioctl{a0} mknodat open_tree "
				"move_mount sendmsg close" },
	[CONTROLLING] = { .name = "controlling-terminal", .hint = hint_controlling,
			  .calls = "ioctl" },
};

const struct ct_module ct_terminal_module = {
	.name = "terminal",
	.part_size = sizeof(struct ct_terminal_part),
	.intend = intend,
	.plan = plan,
	.amend = amend,
	.ops = ops,
	.nops = ROWS,
};
