/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helper.h"

int ct_helper_child(void *arg)
{
	static char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
				     (char *)"LC_ALL=C", NULL };
	struct ct_helper_child *h = arg;
	uint64_t none = 0;

	h->err = ct_sys_dup3(h->out_fd, 1, 0);
	if (h->err >= 0)
		h->err = ct_sys_dup3(h->out_fd, 2, 0);
	if (h->err >= 0)
		h->err = ct_sys_rt_sigprocmask(SIG_SETMASK, &none, NULL, sizeof(none));
	if (h->err < 0)
		ct_sys_exit(127);
	for (int i = 0; h->paths[i]; i++) {
		int err;

		h->err = 0; /* what stays when exec succeeds */
		err = ct_sys_execve(h->paths[i], h->argv, env);
		h->err = err;
		if (err != -ENOENT && err != -ENOTDIR)
			break;
	}
	ct_sys_exit(127);
	return 127;
}
