/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fork.h"
#include "sys.h"

#include <unistd.h>

static int fork_raw(void)
{
	int keep = errno, pid = fork();

	if (pid < 0)
		pid = -errno;
	errno = keep;
	return pid;
}

int ct_fork(int who)
{
#ifdef CT_SEAM
	struct ct_seam_visit v;
	long pid = 0;

	if (!ct_seam_before(&v, __NR_clone))
		pid = fork_raw();
	else
		pid = -1;
	if (!pid) {
		ct_seam_self = who;
		return 0;
	}
	return (int)ct_seam_after(&v, pid);
#else
	(void)who;
	return fork_raw();
#endif
}
