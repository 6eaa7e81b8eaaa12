/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On the way to contain-init: a child that still shares the caller's memory, as short as can be. */
#include "launch.h"
#include "config.h"
#include "sys/str.h"

#include <linux/prctl.h>

static int keep_fd(int fd)
{
	return fd < 0 ? 0 : ct_sys_fcntl(fd, F_SETFD, 0);
}

/* Every fd that the steps will use stays open over exec; they close all others themselves. */
static int keep_fds(const struct ct_launch *l)
{
	const struct ct_run *r = &l->run;
	int err = keep_fd(l->own.image_fd);

	if (!err)
		err = keep_fd(l->own.socket[1]);
	for (int i = 0; i < CT_SLOTS && !err; i++)
		err = keep_fd(r->fd[i]);
	for (uint32_t i = 0; i < r->fdmaps && !err; i++)
		err = keep_fd(r->fdmap[i].from == CT_FD_KEEP ? r->fdmap[i].to : r->fdmap[i].from);
#ifdef CT_SEAM
	if (!err)
		ct_seam_keep();
#endif
	return err;
}

/* Without user id 0, exec keeps what is in the ambient set, which has to be inheritable first. */
static int keep_capabilities(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	int err = ct_sys_capget(&head, data);

	for (int i = 0; i < 2; i++)
		data[i].inheritable = data[i].permitted;
	if (!err)
		err = ct_sys_capset(&head, data);
	for (unsigned cap = 0; cap < 64 && !err; cap++)
		if (data[cap / 32].permitted >> (cap % 32) & 1)
			err = ct_sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	return err;
}

int ct_own_child(void *launch)
{
	struct ct_launch *l = launch;
	struct ct_report *rec = l->run.report;
	char number[24];
	char *const argv[] = { (char *)"contain-init", number, NULL };
	char *const env[] = { NULL };
	int exe = __atomic_load_n(l->own.exe, __ATOMIC_RELAXED);
	int err = keep_fds(l);

	ct_append_u64(number, sizeof(number), 0, (uint64_t)l->own.image_fd);
	if (!err && l->own.ambient)
		err = keep_capabilities();
	if (!err) {
		err = -EACCES;
		if (exe >= 0)
			err = ct_sys_execveat(exe, "", argv, env, AT_EMPTY_PATH);
		if (err == -EACCES || err == -EPERM) /* a security module, or vm.memfd_noexec */
			err = ct_sys_execve(CT_INIT_PATH, argv, env);
		rec->detail = CT_LAUNCH_EXE; /* only now: what fails later has its own cause */
	}
	l->own.err = err;
	ct_sys_exit_group(127);
	return 127;
}
