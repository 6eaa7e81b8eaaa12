/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"
#include "process_rows.h"
#include "plan/compile.h"
#include "plan/text.h"
#include "sys/sys.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_PROCESS, row)
#define PAYLOAD_UMASK 022

static void part_init(void *part)
{
	struct ct_process_part *p = part;

	p->no_new_privs = 1;
	p->new_session = 1;
	p->capabilities = CT_CAPABILITIES_DEFAULT;
}

static void part_free(void *part)
{
	ct_values_free(&((struct ct_process_part *)part)->values);
}

static int count_fds(const struct ct_values *v, int max, int from)
{
	int n = 0;

	for (size_t i = 0; i < v->nfds; i++)
		if (v->fd[i].to <= max && (from == INT_MAX ? v->fd[i].from >= 0 : v->fd[i].from == from))
			n++;
	return n;
}

static int intend(const void *part, struct ct_compile *c)
{
	c->values = &((const struct ct_process_part *)part)->values;
	return 0;
}

/* How many ranges close_range(2) has to close around the fds that stay. */
static int count_gaps(const struct ct_values *v)
{
	int gaps = 1;

	for (size_t i = 0; i < v->nfds; i++) {
		int to = v->fd[i].to, before = to > 3;

		for (size_t k = 0; k < v->nfds; k++)
			before = before && v->fd[k].to != to - 1;
		gaps += before;
	}
	return gaps;
}

static void plan_fds(const struct ct_values *v, struct ct_compile *c)
{
	int keep = count_fds(v, INT_MAX, CT_FD_KEEP), stdio = count_fds(v, 2, INT_MAX) + count_fds(v, 2, CT_FD_KEEP);
	struct ct_step *s;

	if (keep)
		ct_emit(c, CT_STAGE_SOURCE, OP(CHECK_FDS), NULL)->arg[0] = keep;
	/* an override can only replace the null device, so it is not needed when none has it */
	if (c->intent.null_device || stdio < 3)
		ct_emit(c, CT_STAGE_TRUSTED, OP(OPEN_NULL), "/dev/null");
	s = ct_emit(c, CT_STAGE_FDS, OP(FDS), NULL);
	s->arg[0] = keep;
	s->arg[1] = 3 - stdio + count_fds(v, INT_MAX, INT_MAX);
	s->arg[2] = count_gaps(v);
	/* fds of the start may lie where others are to go, and are moved first */
	for (size_t i = 0; i < v->nfds; i++)
		s->arg[3] |= v->fd[i].to > 2;
}

static int count_bits(uint64_t v)
{
	return __builtin_popcountll(v);
}

static int plan(const void *part, struct ct_compile *c)
{
	const struct ct_process_part *p = part;
	uint64_t all = (2ULL << c->facts->cap_last) - 1, keep = p->capabilities & all;
	struct ct_step *s;

	if (p->capabilities_set && p->capabilities & ~all)
		return ct_compile_fail(c, -EINVAL, "capabilities", "names a capability that this kernel does not have");
	if (p->new_session)
		ct_emit(c, CT_STAGE_SESSION, OP(SESSION), NULL);
	/* the files that set-up makes get the modes that the plan says; 0755 and 0644 do with this one */
	s = ct_emit(c, CT_STAGE_SESSION, OP(UMASK), NULL);
	s->arg[0] = c->intent.device_nodes ? 0 : PAYLOAD_UMASK;
	plan_fds(&p->values, c);
	if (c->intent.device_nodes)
		ct_emit(c, CT_STAGE_SIGNALS, OP(UMASK), NULL)->arg[0] = PAYLOAD_UMASK;
	ct_emit(c, CT_STAGE_SIGNALS, OP(SIGNALS), NULL);
	s = ct_emit(c, CT_STAGE_CAPABILITIES, OP(CAPABILITIES), NULL);
	s->arg[0] = (int64_t)keep;
	s->arg[1] = c->facts->cap_last;
	s->arg[2] = count_bits(all & ~keep); /* calls of prctl(2) */
	if (p->no_new_privs)
		ct_emit(c, CT_STAGE_NO_NEW_PRIVS, OP(NO_NEW_PRIVS), NULL);
	s = ct_emit(c, CT_STAGE_CWD, OP(CWD), p->values.cwd ? p->values.cwd : "/");
	s->arg[0] = p->values.cwd && strcmp(p->values.cwd, "/") != 0;
	s = ct_emit(c, CT_STAGE_EXEC, OP(EXEC), p->values.argv ? p->values.argv[0] : NULL);
	s->arg[0] = p->values.argv && strchr(p->values.argv[0], '/'); /* not searched in PATH */
	return 0;
}

/*
 * Parent: an fd that the caller has closed stays closed inside. It is taken out of the map here,
 * or an fd of the library that got its number would be left open for the payload.
 */
int ct_process_op_check_fds(struct ct_run *r, const struct ct_step *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->fdmaps; i++) {
		int err = r->fdmap[i].from == CT_FD_KEEP ? ct_sys_fcntl(r->fdmap[i].to, F_GETFD, 0) : 0;

		if (err < 0 && err != -EBADF)
			return err;
		if (err >= 0)
			r->fdmap[n++] = r->fdmap[i];
	}
	r->fdmaps = n;
	return 0;
}

static void describe_umask(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_printf(out, "0%03o", (unsigned)s->arg[0]);
}

static void describe_capabilities(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_printf(out, "keep 0x%llx of 0..%d", (unsigned long long)s->arg[0], (int)s->arg[1]);
}

static void describe_fds(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, "stdio and given fds into place, close all others");
}

static const char *hint_capabilities(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	if (r->report->err == -EPERM)
		return "the caller does not hold every capability that the container is to keep";
	return NULL;
}

static const char *hint_null(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	if (r->report->err == -ENODEV)
		return "/dev/null of the host is not the null device (character device 1:3)";
	return NULL;
}

static const char *hint_fds(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	if (r->report->err != -EBADF && r->report->err != -EMFILE && r->report->err != -EINVAL)
		return NULL;
	snprintf(buf, size, "fd %d of the container could not be put in place; RLIMIT_NOFILE bounds its number",
		 (int)r->report->detail);
	return buf;
}

static const char *hint_cwd(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	if (r->report->err == -ENOENT)
		return "the working directory does not exist in the container's root";
	if (r->report->err == -ELOOP)
		return "the working directory leads through a magic link of procfs, which could lead to the host";
	return NULL;
}

static const char *hint_exec(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	switch (-r->report->err) {
	case ENOENT:
		if (r->report->detail == CT_EXEC_FILE_EXISTS)
			return "the file is there, but the interpreter of its #! line or its dynamic loader is not "
			       "in the container's root";
		if (r->report->detail == CT_EXEC_NOT_FOUND_IN_PATH) {
			snprintf(buf, size, "no such program in PATH %.120s of the container", r->path);
			return buf;
		}
		return "no such file in the container's root";
	case EACCES:
		return "the file or its interpreter has no x permission for this user, is no regular file, or lies on "
		       "a mount with noexec";
	case ENOEXEC:
		return "the file is no program of this architecture and has no #! line";
	case E2BIG:
		return "arguments and environment are larger than the kernel accepts (execve(2), RLIMIT_STACK)";
	case ENOMEM:
		return "no memory for the new program; is memory_max_bytes large enough?";
	default:
		return NULL;
	}
}

static const struct ct_op ops[] = {
	[CHECK_FDS] = { .name = "check-fds", .run = ct_process_op_check_fds, .calls = "fcntl{a0}" },
	[SESSION] = { .name = "new-session", .calls = "setsid" },
	[UMASK] = { .name = "umask", .describe = describe_umask, .calls = "umask" },
	[OPEN_NULL] = { .name = "open-null", .hint = hint_null,
			.calls = "openat newfstatat" },
	[FDS] = { .name = "place-fds", .describe = describe_fds, .hint = hint_fds,
		  .calls = "fcntl*{a3} fcntl{a0} dup3{a1} close_range{a2} close_range*{a0&-1}" },
	[SIGNALS] = { .name = "default-signals", .calls = "rt_sigaction{62}" },
	[CAPABILITIES] = { .name = "set-capabilities", .describe = describe_capabilities, .hint = hint_capabilities,
			   .calls = "prctl{a2} capset" },
	[NO_NEW_PRIVS] = { .name = "set-no-new-privs", .calls = "prctl" },
	[CWD] = { .name = "chdir", .hint = hint_cwd, .calls = "( openat2 fchdir close ){a0}" },
	[EXEC] = { .name = "exec", .hint = hint_exec,
		   .calls = "rt_sigprocmask execve execve*{!a0}" },
};

const struct ct_module ct_process_module = {
	.name = "process",
	.part_size = sizeof(struct ct_process_part),
	.part_init = part_init,
	.part_free = part_free,
	.intend = intend,
	.plan = plan,
	.amend = ct_process_amend,
	.ops = ops,
	.nops = sizeof(ops) / sizeof(ops[0]),
};
