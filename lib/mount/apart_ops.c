/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A raw thread that shares the caller's thread-local storage: nothing of libc. */
#include "apart.h"

int ct_mount_apart_main(void *arg)
{
	struct ct_apart *a = arg;
	int r = ct_sys_fchdir(a->cwd);

	if (!r && a->is_umount)
		r = ct_sys_umount2(a->target, (int)a->flags);
	else if (!r)
		r = ct_sys_mount(a->source, a->target, a->type, a->flags, a->data);
	a->result = r;
	/*
	 * The caller goes on before the kernel has taken the thread's directories away: until then
	 * a mount that was detached would live, and what it is made of be in use.
	 */
	ct_sys_chdir("/");
	return 0;
}
