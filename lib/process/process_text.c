/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the steps of this module print, and the likely causes of their failures. */
#include "process.h"
#include "process_rows.h"
#include "plan/text.h"
#include "sys/path.h"
#include "sys/sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void describe_umask(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_printf(out, "0%03o", (unsigned)s->arg[0]);
}

static void describe_capabilities(struct ct_text *out, const struct ct_block *b,
				  const struct ct_step *s)
{
	if (s->arg[1] >= 0)
		ct_text_printf(out, "keep 0x%llx of 0..%d", (unsigned long long)s->arg[0],
			       (int)s->arg[1]);
	else
		ct_text_printf(out, "hold 0x%llx", (unsigned long long)s->arg[3]);
}

static void describe_score(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_printf(out, "%d", (int)s->arg[0]);
}

static void describe_own(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, "of");
	for (int fd = 0; fd < 3; fd++)
		if (s->arg[0] >> fd & 1)
			ct_text_printf(out, " %d", fd);
	ct_text_printf(out, " to %u:%u", (unsigned)s->arg[2], (unsigned)s->arg[3]);
}

static void add_limit(struct ct_text *out, uint64_t v)
{
	if (v == UINT64_MAX)
		ct_text_add(out, "infinity");
	else
		ct_text_u64(out, v);
}

static void describe_limit(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, "soft ");
	add_limit(out, (uint64_t)s->arg[1]);
	ct_text_add(out, ", hard ");
	add_limit(out, (uint64_t)s->arg[2]);
}

static void describe_raise(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, "hard to ");
	add_limit(out, (uint64_t)s->arg[2]);
}

static void describe_fds(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, "stdio and given fds into place, close all others");
}

static const char *hint_capabilities(const struct ct_run *r, const struct ct_step *s, char *buf,
				     size_t size)
{
	if (r->report->err == -EPERM)
		return "the caller does not hold every capability that the container is to keep";
	return NULL;
}

/* Without CAP_SETPCAP the bounding set stays as it is. */
static const char *hint_bound(const struct ct_run *r, const struct ct_step *s, char *buf,
			      size_t size)
{
	return r->report->err == -EPERM ? "the caller does not have CAP_SETPCAP" : NULL;
}

static const char *hint_score(const struct ct_run *r, const struct ct_step *s, char *buf,
			      size_t size)
{
	switch (-r->report->err) {
	case EACCES:
		return "a score below the caller's own needs CAP_SYS_RESOURCE on the host, which "
		       "is lost in a "
		       "user namespace of the container's own; or the caller is not dumpable "
		       "(PR_SET_DUMPABLE)";
	case EXDEV:
		return "/proc is no procfs, or something is mounted over the file in it: nothing "
		       "was written";
	case EIO:
		return "the kernel took the value and does not have it";
	case ENOENT:
		return "no procfs is mounted at /proc, or it is another pid namespace's";
	default:
		return NULL;
	}
}

static const char *hint_raise(const struct ct_run *r, const struct ct_step *s, char *buf,
			      size_t size)
{
	struct ct_rlimit own;
	char most[24];

	if (r->report->err != -EPERM || ct_sys_prlimit64(0, (int)s->arg[0], NULL, &own) < 0)
		return NULL;
	if (s->arg[0] == RLIMIT_NOFILE &&
	    ct_read_at(AT_FDCWD, "/proc/sys/fs/nr_open", most, sizeof(most)) > 0 &&
	    (uint64_t)s->arg[2] > strtoull(most, NULL, 10)) {
		snprintf(buf, size, "fs.nr_open is %.*s, and no limit is higher",
			 (int)strcspn(most, "\n"), most);
		return buf;
	}
	snprintf(buf, size,
		 "the caller's hard limit is %llu: a higher one needs CAP_SYS_RESOURCE "
		 "on the host, which "
		 "is lost in a user namespace of the container's own",
		 (unsigned long long)own.hard);
	return buf;
}

static const char *hint_own(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	return r->report->err == -EPERM ? "the caller does not have CAP_CHOWN" : NULL;
}

static const char *hint_groups(const struct ct_run *r, const struct ct_step *s, char *buf,
			       size_t size)
{
	switch (-r->report->err) {
	case EPERM:
		return "the caller does not have CAP_SETGID, or setgroups(2) is denied in its user "
		       "namespace";
	case EINVAL:
		return "the caller's user namespace does not map every one of these groups";
	case EIO:
		return "the kernel took the groups and does not have them";
	default:
		return NULL;
	}
}

static const char *hint_user(const struct ct_run *r, const struct ct_step *s, char *buf,
			     size_t size)
{
	int uid = r->report->detail == CT_USER_UID;

	switch (-r->report->err) {
	case EPERM:
		return uid ? "the caller does not have CAP_SETUID" :
			     "the caller does not have CAP_SETGID";
	case EINVAL:
		return uid ? "the caller's user namespace does not map this user id" :
			     "the caller's user namespace does not map this group id";
	case EIO:
		return "the kernel took the ids and does not have them";
	default:
		return NULL;
	}
}

static const char *hint_null(const struct ct_run *r, const struct ct_step *s, char *buf,
			     size_t size)
{
	if (r->report->err == -ENODEV)
		return "/dev/null of the host is not the null device (character device 1:3)";
	return NULL;
}

static const char *hint_fds(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	if (r->report->err == -ENOSYS)
		return "unsupported: close_range(2) is refused here, the container has no procfs "
		       "that lists its fds, and RLIMIT_NOFILE allows too many numbers to try each";
	if (r->report->err != -EBADF && r->report->err != -EMFILE && r->report->err != -EINVAL)
		return NULL;
	snprintf(buf, size, "fd %d of the container could not be put in place; RLIMIT_NOFILE "
			    "bounds its number",
		 (int)r->report->detail);
	return buf;
}

static const char *hint_cwd(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	if (r->report->err == -ENOENT)
		return "the working directory does not exist in the container's root";
	if (r->report->err == -EACCES)
		return "the payload's user has no x permission on the working directory, or on one "
		       "above it";
	if (r->report->err == -ELOOP)
		return "the working directory leads through a magic link of procfs, which could "
		       "lead to the host";
	return NULL;
}

const struct ct_op ct_process_ops[ROWS] = {
	[CHECK_FDS] = { .name = "check-fds", .run = ct_process_op_check_fds, .calls = "fcntl{a0}" },
	[SESSION] = { .name = "new-session", .calls = "setsid" },
	[UMASK] = { .name = "umask", .describe = describe_umask, .calls = "umask" },
	[OPEN_NULL] = { .name = "open-null", .hint = hint_null,
			.calls = "openat newfstatat" },
	[FDS] = { .name = "place-fds", .describe = describe_fds, .hint = hint_fds,
		  .calls = "fcntl*{a3} fcntl{a0} dup3{a1} fcntl*{a3} close_range{a2} "
			   "close_range*{a0&-1}" },
	[SIGNALS] = { .name = "default-signals", .calls = "rt_sigaction{62}" },
	[CAPABILITIES] = { .name = "set-capabilities", .describe = describe_capabilities,
			   .hint = hint_capabilities,
			   .calls = "prctl{a2} capset" },
	[OOM_SCORE] = { .name = "set-oom-score", .describe = describe_score, .hint = hint_score,
			.calls = "openat fstatfs newfstatat openat2 close write pread64 close" },
	[RAISE_LIMIT] = { .name = "raise-limit", .describe = describe_raise, .hint = hint_raise,
			  .calls = "prlimit64 prlimit64?" },
	[BOUND] = { .name = "bound-capabilities", .describe = describe_capabilities,
		    .hint = hint_bound, .calls = "prctl{a2}" },
	[OWN_STDIO] = { .name = "own-stdio", .describe = describe_own, .hint = hint_own,
			.calls = "fchown{a1}" },
	[GROUPS] = { .name = "set-groups", .hint = hint_groups,
		     .calls = "setgroups getgroups getgroups{a1} getgroups*{a2}" },
	[USER] = { .name = "set-user", .hint = hint_user,
		   .calls = "setresgid getresgid setresuid getresuid" },
	[LIMIT] = { .name = "set-limit", .describe = describe_limit, .hint = hint_raise,
		    .calls = "prlimit64" },
	[NO_NEW_PRIVS] = { .name = "set-no-new-privs", .calls = "prctl" },
	[LISTEN] = { .name = "set-listen-pid", .calls = "getpid" },
	[CHECK_PROGRAM] = { .name = "check-program", .hint = ct_process_hint_program,
			    .calls = "( pread64 fcntl? ){a1} "
				     "( openat2 ( newfstatat pread64* )? close? )*" },
	[CWD] = { .name = "chdir", .hint = hint_cwd, .calls = "( openat2 fchdir close ){a0}" },
	[EXEC] = { .name = "exec", .hint = ct_process_hint_program,
		   .calls = "rt_sigprocmask execve{!a1} execve*{!a0} execveat{a1}" },
	[SETS] = { .name = "set-capability-sets", .describe = ct_process_describe_sets,
		   .hint = ct_process_hint_sets,
		   .calls = "prctl{a2} capget capset prctl{a0} capset capget prctl{a1}" },
	[FIND_USER] = { .name = "find-user", .describe = ct_process_describe_find_user,
			.hint = ct_process_hint_find_user,
			.calls = "mmap ( openat2 newfstatat close openat2 newfstatat read* "
				 "close )* openat2? mmap?" },
	[KEEP_CAPABILITIES] = { .name = "keep-capabilities",
				.hint = ct_process_hint_keep_capabilities, .calls = "prctl" },
	[KEYRING] = { .name = "join-keyring", .describe = ct_process_describe_keyring,
		      .hint = ct_process_hint_keyring,
		      .calls = "keyctl ( ppoll keyctl )* keyctl?" },
	[PERSONALITY] = { .name = "set-personality", .describe = ct_process_describe_personality,
			  .hint = ct_process_hint_personality,
			  .calls = "personality personality" },
	[LOCK_PERSONALITY] = { .name = "lock-personality", .hint = ct_process_hint_personality,
			       .calls = "seccomp" },
	[SCHED] = { .name = "set-scheduler", .describe = ct_process_describe_sched,
		    .hint = ct_process_hint_sched,
		    .calls = "sched_getattr sched_setattr sched_getattr" },
	[AFFINITY] = { .name = "set-cpu-affinity", .hint = ct_process_hint_affinity,
		       .calls = "sched_setaffinity sched_getaffinity" },
	[IOPRIO] = { .name = "set-io-priority", .hint = ct_process_hint_ioprio,
		     .calls = "ioprio_set ioprio_get" },
};
