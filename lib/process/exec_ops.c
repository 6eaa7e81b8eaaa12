/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec.h"
#include "plan/values.h"
#include "sys/str.h"
#include "sys/sys.h"

#define PATH_ROOM 4096

/* Empty, where it would be longer than a name can be. */
const char *ct_exec_candidate(const char *path, const char *name, char *buf, size_t size)
{
	size_t n = 0;

	if (!*path)
		return NULL;
	while (*path && *path != ':') {
		if (n + 2 < size)
			buf[n++] = *path;
		path++;
	}
	if (!n)
		buf[n++] = '.';
	buf[n++] = '/';
	n = ct_append(buf, size, n, name);
	if (n + 1 >= size) /* cut: not a name that can exist */
		buf[0] = 0;
	return *path ? path + 1 : path;
}

/* execvp(3) over the payload's own PATH: what matters more than "not there" is remembered. */
static int exec_search(struct ct_run *r)
{
	char buf[PATH_ROOM];
	const char *p = r->path;
	int kept = -ENOENT;

	while ((p = ct_exec_candidate(p, r->argv[0], buf, sizeof(buf)))) {
		int err = ct_sys_execve(buf, r->argv, r->envp);

		if (err == -EACCES)
			kept = err;
		else if (err != -ENOENT && err != -ENOTDIR)
			return err;
	}
	return kept;
}

/* The process that executes the payload has to have the number, in its own pid namespace. */
int ct_process_op_listen(struct ct_run *r, const struct ct_step *s)
{
	static const char name[] = "LISTEN_PID=";
	int pid = ct_sys_getpid();

	for (char *const *e = r->envp; *e; e++) {
		size_t n = 0;

		while (name[n] && (*e)[n] == name[n])
			n++;
		if (name[n])
			continue;
		ct_append_u64(*e, sizeof(CT_LISTEN_PID), n, (uint64_t)pid);
		break;
	}
	return 0;
}

int ct_process_op_exec(struct ct_run *r, const struct ct_step *s)
{
	uint64_t none = 0;
	int fd = ct_exec_fd(r);
	int err = ct_sys_rt_sigprocmask(SIG_SETMASK, &none, NULL, sizeof(none));

	if (err < 0)
		return err;
	r->report->state = CT_STATE_EXEC;
	if (fd >= 0)
		err = ct_sys_execveat(fd, "", r->argv, r->envp, AT_EMPTY_PATH);
	else if (ct_has_slash(r->argv[0]))
		err = ct_sys_execve(r->argv[0], r->argv, r->envp);
	else
		err = exec_search(r);
	r->report->state = CT_STATE_SETUP;
	r->report->err = err; /* should a filter kill who looks, this is what is told */
	ct_exec_look(r, err);
	return err;
}
