/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a hostile image has in the place of the dynamic loader: it is started as the loader of the
 * caller's program, if the caller lets that be executed in the container, keeps a handle on that
 * program, and becomes a process of its own that writes to it.
 */
#include "sys/arch.h"

#include <fcntl.h>
#include <sys/syscall.h>

__attribute__((noreturn, used)) void _start(void);
void _start(void)
{
	static const char *const argv[] = { "sh", "/job/next", 0 };

	ct_raw6(SYS_openat, AT_FDCWD, (long)"/proc/self/exe", 010000000 /* O_PATH */, 0, 0, 0);
	ct_raw6(SYS_execve, (long)"/bin/busybox", (long)argv, 0, 0, 0, 0);
	for (;;)
		ct_raw6(SYS_exit_group, 111, 0, 0, 0, 0, 0);
}
