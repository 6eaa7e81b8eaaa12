/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "call_names.h"
#include "uapi.h"

#include <stddef.h>
#include <string.h>

#define CALL(name) { #name, __NR_##name }

static const struct {
	const char *name;
	int nr;
} calls[] = {
	CALL(capget),	  CALL(capset),	      CALL(clone3),	     CALL(close),
	CALL(close_range), CALL(dup3),	      CALL(execve),	     CALL(execveat),
	CALL(exit),	  CALL(exit_group),   CALL(faccessat2),	     CALL(fchdir),
	CALL(fchown),	  CALL(fcntl),	      CALL(fstatfs),	     CALL(futex),
	CALL(getgroups),  CALL(getpriority),  CALL(getresgid),	     CALL(getresuid),
	CALL(ioctl),	  CALL(ioprio_get),   CALL(ioprio_set),	     CALL(keyctl),
	CALL(landlock_add_rule),	      CALL(landlock_create_ruleset),
	CALL(landlock_restrict_self),	      CALL(newfstatat),	     CALL(openat),
	CALL(openat2),	  CALL(personality),  CALL(prctl),	     CALL(pread64),
	CALL(prlimit64),  CALL(read),	      CALL(readlinkat),	     CALL(rt_sigaction),
	CALL(rt_sigprocmask),		      CALL(sched_getaffinity),
	CALL(sched_getattr),		      CALL(sched_setaffinity),
	CALL(sched_setattr),		      CALL(seccomp),	     CALL(sendmsg),
	CALL(setgroups),  CALL(setpriority),  CALL(setresgid),	     CALL(setresuid),
	CALL(setsid),	  CALL(statx),	      CALL(umask),	     CALL(write),
};

int ct_call_number(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].nr;
	return -1;
}
