/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parent's side of id maps, while the child waits: written with privilege, or by newuidmap(1).
 */
#include "namespace.h"
#include "id_map.h"
#include "sys/helper.h"
#include "sys/path.h"
#include "sys/pidfd.h"

#include <contain/id_map.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ct_ns_write_map(int proc_fd, int kind, const char *map)
{
	return ct_write_at(proc_fd, ct_id_map_file(kind), map, strlen(map));
}

int ct_ns_op_write_maps(struct ct_run *r, const struct ct_step *s)
{
	int err, fd = ct_pid_proc((int)r->pid, r->pidfd);

	if (fd == -ESRCH) /* killed meanwhile: its own end is what is told */
		return 0;
	if (fd < 0)
		return fd;
	err = ct_ns_write_map(fd, CONTAIN_ID_USER, ct_block_str(r->plan, s->str[0]));
	if (!err)
		err = ct_ns_write_map(fd, CONTAIN_ID_GROUP, ct_block_str(r->plan, s->str[1]));
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

int ct_ns_newidmap(int kind, int pid, const char *map, char *log, size_t size, uint64_t until_nsec)
{
	static const char *const uid_paths[] = { "/usr/bin/newuidmap", "/usr/local/bin/newuidmap",
						 "/bin/newuidmap", NULL };
	static const char *const gid_paths[] = { "/usr/bin/newgidmap", "/usr/local/bin/newgidmap",
						 "/bin/newgidmap", NULL };
	const char *const *paths = kind == CONTAIN_ID_GROUP ? gid_paths : uid_paths;
	char **argv = arguments(strrchr(paths[0], '/') + 1, pid, map);
	int err;

	if (!argv)
		return -ENOMEM;
	err = ct_helper_run(paths, argv, log, size, until_nsec);
	free(argv);
	return err == -ECHILD ? 0 : err; /* the caller's process took the status: the map tells */
}

int ct_ns_op_newidmap(struct ct_run *r, const struct ct_step *s)
{
	int err = ct_ns_newidmap(s->arg[0] ? CONTAIN_ID_GROUP : CONTAIN_ID_USER, (int)r->pid,
				 ct_block_str(r->plan, s->str[0]), r->report->log,
				 sizeof(r->report->log), r->until_nsec);

	if (err > 0) {
		r->report->detail = err;
		err = -EPERM;
	}
	return err;
}
