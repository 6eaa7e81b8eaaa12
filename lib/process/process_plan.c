/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"
#include "plan/compile.h"
#include "plan/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { SESSION, UMASK, OPEN_NULL, FDS, SIGNALS, CAPABILITIES, NO_NEW_PRIVS, CWD, EXEC };

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
	struct ct_process_part *p = part;

	free(p->argv);
	free(p->env);
	free(p->cwd);
	ct_process_fd_free(p->fd, p->nfds);
}

/* A start may put a null device where the spec had something else: opened always but with all
 * three given; an override can only replace it. */
static int needs_null(const struct ct_process_part *p)
{
	int given = 0;

	for (size_t i = 0; i < p->nfds; i++)
		if (p->fd[i].to <= 2 && p->fd[i].from != CT_FD_NULL)
			given++;
	return given < 3;
}

static int plan(const void *part, struct ct_compile *c)
{
	const struct ct_process_part *p = part;
	uint64_t all = (2ULL << c->facts->cap_last) - 1;
	struct ct_step *s;

	if (p->capabilities & ~all) {
		if (p->capabilities_set)
			return ct_compile_fail(c, -EINVAL, "capabilities", "names a capability that this kernel does not have");
		all &= p->capabilities;
	} else {
		all = p->capabilities;
	}
	if (p->new_session)
		ct_emit(c, CT_STAGE_SESSION, OP(SESSION), NULL);
	/* the files that set-up makes get the modes that the plan says */
	ct_emit(c, CT_STAGE_SESSION, OP(UMASK), NULL);
	if (needs_null(p))
		ct_emit(c, CT_STAGE_TRUSTED, OP(OPEN_NULL), "/dev/null");
	ct_emit(c, CT_STAGE_FDS, OP(FDS), NULL);
	s = ct_emit(c, CT_STAGE_SIGNALS, OP(UMASK), NULL);
	s->arg[0] = PAYLOAD_UMASK;
	ct_emit(c, CT_STAGE_SIGNALS, OP(SIGNALS), NULL);
	s = ct_emit(c, CT_STAGE_CAPABILITIES, OP(CAPABILITIES), NULL);
	s->arg[0] = (int64_t)all;
	s->arg[1] = c->facts->cap_last;
	if (p->no_new_privs)
		ct_emit(c, CT_STAGE_NO_NEW_PRIVS, OP(NO_NEW_PRIVS), NULL);
	ct_emit(c, CT_STAGE_CWD, OP(CWD), p->cwd ? p->cwd : "/");
	ct_emit(c, CT_STAGE_EXEC, OP(EXEC), p->argv ? p->argv[0] : NULL);
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
	if (r->report.err == -EPERM)
		return "the caller does not hold every capability that the container is to keep";
	return NULL;
}

static const char *hint_null(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	if (r->report.err == -ENODEV)
		return "/dev/null of the host is not the null device (character device 1:3)";
	return NULL;
}

static const char *hint_fds(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	if (r->report.err != -EBADF && r->report.err != -EMFILE && r->report.err != -EINVAL)
		return NULL;
	snprintf(buf, size, "fd %d of the container could not be put in place; RLIMIT_NOFILE bounds its number",
		 (int)r->report.detail);
	return buf;
}

static const char *hint_cwd(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	if (r->report.err == -ENOENT)
		return "the working directory does not exist in the container's root";
	if (r->report.err == -ELOOP)
		return "the working directory leads through a magic link of procfs, which could lead to the host";
	return NULL;
}

static const char *hint_exec(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	switch (-r->report.err) {
	case ENOENT:
		if (r->report.detail == CT_EXEC_FILE_EXISTS)
			return "the file is there, but the interpreter of its #! line or its dynamic loader is not "
			       "in the container's root";
		if (r->report.detail == CT_EXEC_NOT_FOUND_IN_PATH) {
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
	[SESSION] = { .name = "new-session", .run = ct_process_op_session, .calls = "setsid" },
	[UMASK] = { .name = "umask", .run = ct_process_op_umask, .describe = describe_umask, .calls = "umask" },
	[OPEN_NULL] = { .name = "open-null", .run = ct_process_op_open_null, .hint = hint_null,
			.calls = "openat newfstatat" },
	[FDS] = { .name = "place-fds", .run = ct_process_op_fds, .describe = describe_fds, .hint = hint_fds,
		  .calls = "fcntl* ( fcntl? dup3? )* close_range*" },
	[SIGNALS] = { .name = "default-signals", .run = ct_process_op_signals, .calls = "rt_sigaction{62}" },
	[CAPABILITIES] = { .name = "set-capabilities", .run = ct_process_op_capabilities,
			   .describe = describe_capabilities, .hint = hint_capabilities,
			   .calls = "prctl* prctl capset" },
	[NO_NEW_PRIVS] = { .name = "set-no-new-privs", .run = ct_process_op_no_new_privs, .calls = "prctl" },
	[CWD] = { .name = "chdir", .run = ct_process_op_cwd, .hint = hint_cwd, .calls = "( openat2 fchdir close )?" },
	[EXEC] = { .name = "exec", .run = ct_process_op_exec, .hint = hint_exec,
		   .calls = "rt_sigprocmask execve*" },
};

const struct ct_module ct_process_module = {
	.name = "process",
	.part_size = sizeof(struct ct_process_part),
	.part_init = part_init,
	.part_free = part_free,
	.plan = plan,
	.ops = ops,
	.nops = sizeof(ops) / sizeof(ops[0]),
};
