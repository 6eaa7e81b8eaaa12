/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fds.h"
#include "plan/error.h"
#include "sys/sys.h"

#include <contain/process_fds.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>

#define KEEP_MAX 65536

/* A procfs in which "self" is this process; -1: none. */
static int open_proc(void)
{
	int fd = ct_sys_openat(AT_FDCWD, "/proc",
			       O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	struct statfs fs;

	if (fd >= 0 && (ct_sys_fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)) {
		ct_sys_close(fd);
		return -1;
	}
	return fd < 0 ? -1 : fd;
}

static int check(const int *keep, size_t n, contain_error **reterr)
{
	char at[32];

	if (!keep && n)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_PARENT, "close-fds", "keep",
				       "is NULL");
	if (n > KEEP_MAX)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_PARENT, "close-fds", "n",
				       "is more than 65536");
	for (size_t i = 0; i < n; i++) {
		if (keep[i] >= 0)
			continue;
		snprintf(at, sizeof(at), "keep[%zu]", i);
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_PARENT, "close-fds", at,
				       "is negative");
	}
	return 0;
}

int contain_process_close_fds(const int *keep, size_t n, contain_error **reterr)
{
	struct ct_fdmap *map;
	int proc, err = check(keep, n, reterr);

	if (err < 0)
		return err;
	map = calloc(n + 1, sizeof(*map));
	if (!map)
		return ct_error_simple(reterr, -ENOMEM, CONTAIN_PHASE_PARENT, "close-fds", "keep",
				       NULL);
	for (size_t i = 0; i < n; i++)
		map[i].to = keep[i];
	proc = open_proc();
	/* it stays until here: whether it would be closed, or open, after a failure is not known */
	err = ct_process_close_others(map, (uint32_t)n, proc, proc);
	if (proc >= 0)
		ct_sys_close(proc);
	free(map);
	if (err < 0)
		return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "close-fds", "fds",
				       err == -ENOSYS ?
					       "unsupported: close_range(2) is refused here, there "
					       "is no procfs at /proc, and RLIMIT_NOFILE allows "
					       "too many numbers to try each" :
					       NULL);
	return 0;
}

int contain_process_reset_signals(contain_error **reterr)
{
	uint64_t none = 0;
	int err = ct_process_default_signals();

	if (!err)
		err = ct_sys_rt_sigprocmask(SIG_SETMASK, &none, NULL, sizeof(none));
	if (err < 0)
		return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "reset-signals",
				       "signals", "a system call filter refuses it");
	return 0;
}
