/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parent's side of id maps, while the child waits: written with privilege, or by newuidmap(1).
 */
#include "namespace.h"
#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/path.h"
#include "sys/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The child is ours, not reaped and waits for us, so its pid cannot be another's; that it still
 * lives after the directory was opened is asked through the pidfd all the same.
 */
static int open_proc(const struct ct_run *r)
{
	char path[32];
	int err, fd;

	snprintf(path, sizeof(path), "/proc/%d", (int)r->pid);
	fd = ct_fd_up(ct_sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
	if (fd < 0)
		return fd;
	err = ct_sys_pidfd_send_signal(r->pidfd, 0, NULL, 0);
	if (err < 0) {
		ct_sys_close(fd);
		return err;
	}
	return fd;
}

int ct_ns_op_write_maps(struct ct_run *r, const struct ct_step *s)
{
	const char *uid = ct_block_str(r->plan, s->str[0]), *gid = ct_block_str(r->plan, s->str[1]);
	int err, fd = open_proc(r);

	if (fd < 0)
		return fd;
	err = ct_write_at(fd, "uid_map", uid, strlen(uid));
	if (!err)
		err = ct_write_at(fd, "gid_map", gid, strlen(gid));
	ct_sys_close(fd);
	return err;
}

/* "0 1000 1\n1 100000 65536\n" to arguments after the pid; one allocation. */
static char **arguments(const char *program, int pid, const char *map)
{
	size_t n = 3, len = strlen(map);
	char **argv, *text, *save = NULL;

	for (const char *p = map; *p; p++)
		n += *p == ' ' || *p == '\n';
	argv = malloc((n + 1) * sizeof(*argv) + len + 1 + 16);
	if (!argv)
		return NULL;
	text = (char *)(argv + n + 1);
	memcpy(text, map, len + 1);
	snprintf(text + len + 1, 16, "%d", pid);
	argv[0] = (char *)program;
	argv[1] = text + len + 1;
	n = 2;
	for (char *w = strtok_r(text, " \n", &save); w; w = strtok_r(NULL, " \n", &save))
		argv[n++] = w;
	argv[n] = NULL;
	return argv;
}

int ct_ns_op_newidmap(struct ct_run *r, const struct ct_step *s)
{
	static const char *const uid_paths[] = { "/usr/bin/newuidmap", "/usr/local/bin/newuidmap",
						 "/bin/newuidmap", NULL };
	static const char *const gid_paths[] = { "/usr/bin/newgidmap", "/usr/local/bin/newgidmap",
						 "/bin/newgidmap", NULL };
	const char *program = ct_block_str(r->plan, s->object);
	const char *const *paths = s->arg[0] ? gid_paths : uid_paths;
	char **argv = arguments(program, (int)r->pid, ct_block_str(r->plan, s->str[0]));
	int err;

	if (!argv)
		return -ENOMEM;
	err = ct_helper_run(paths, argv, r->report->log, sizeof(r->report->log), r->until_nsec);
	free(argv);
	if (err == -ECHILD) /* the host took the status; the child checks the map itself */
		err = 0;
	if (err > 0) {
		r->report->detail = err;
		err = -EPERM;
	}
	return err;
}
