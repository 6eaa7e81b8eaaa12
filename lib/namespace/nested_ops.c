/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A user namespace inside of the container's, for the payload alone: there the one id that the
 * container has gets another number. Set-up is over then, which needed the rights of that id.
 */
#include "namespace.h"
#include "id_map.h"
#include "sys/proc.h"
#include "sys/str.h"

#include <linux/prctl.h>

/* A procfs that nothing lies over, while there is one to be had. */
int ct_ns_op_open_proc(struct ct_run *r, const struct ct_step *s)
{
	int fd = ct_proc_open();

	if (fd < 0)
		return fd;
	r->fd[s->slot] = fd;
	return 0;
}

static int write_file(int dir_fd, const char *file, const char *text)
{
	size_t n = ct_len(text);
	ssize_t done;
	int fd = ct_proc_file(dir_fd, file, O_WRONLY | O_NOCTTY);

	if (fd < 0)
		return fd;
	do {
		done = ct_sys_write(fd, text, n);
	} while (done == -EINTR);
	ct_sys_close(fd);
	return done == (ssize_t)n ? 0 : done < 0 ? (int)done : -EIO;
}

/* One id, which is the writer's own: user_namespaces(7) asks for no privilege. */
static int write_maps(int proc_fd, const char *const *text)
{
	char dir[32];
	int err = ct_proc_thread(proc_fd, "", dir, sizeof(dir)), fd;

	if (err < 0)
		return err;
	fd = ct_proc_file(proc_fd, dir, O_PATH | O_DIRECTORY);
	if (fd < 0)
		return fd;
	for (int i = 0; i < CT_OWN_MAPS && !err; i++)
		err = write_file(fd, ct_ns_own_map_file(i), text[i]);
	ct_sys_close(fd);
	return err;
}

int ct_ns_op_nested(struct ct_run *r, const struct ct_step *s)
{
	const char *const text[CT_OWN_MAPS] = { "deny", ct_block_str(r->plan, s->str[0]),
						ct_block_str(r->plan, s->str[1]) };
	int err = ct_sys_unshare(CLONE_NEWUSER);

	/* below an init the files of /proc would be root's, until exec */
	if (!err && s->arg[2])
		err = ct_sys_prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (err < 0)
		return err;
	r->report->detail = CT_NESTED_MAPS;
	err = write_maps(r->fd[s->slot], text);
	if (!err && (ct_sys_getuid() != (int)s->arg[0] || ct_sys_getgid() != (int)s->arg[1]))
		err = -EOVERFLOW;
	return err;
}
