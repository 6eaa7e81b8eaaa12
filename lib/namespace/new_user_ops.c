/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In a child that shares the caller's memory: raw calls only, no libc. */
#include "new_user.h"
#include "sys/sys.h"

int ct_ns_new_user_child(void *pidfd)
{
	struct pollfd caller = { .fd = *(const int *)pidfd, .events = POLLIN };

	/* the caller kills it; without one it has to end by itself, whichever thread made it */
	while (ct_sys_ppoll(&caller, 1, NULL, NULL, 0) == -EINTR)
		;
	return 0;
}
