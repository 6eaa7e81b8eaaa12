/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity.h"
#include "fds.h"
#include "process.h"
#include "process_rows.h"
#include "sys/path.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <linux/prctl.h>
#include <sys/sysmacros.h>


int ct_process_op_session(struct ct_run *r, const struct ct_step *s)
{
	return ct_sys_setsid();
}

int ct_process_op_umask(struct ct_run *r, const struct ct_step *s)
{
	ct_sys_umask((uint32_t)s->arg[0]);
	return 0;
}

/* A name is not enough: what lies at /dev/null has been a symlink to something else before. */
int ct_process_op_open_null(struct ct_run *r, const struct ct_step *s)
{
	struct stat st;
	int err, fd = ct_sys_openat(AT_FDCWD, "/dev/null",
				    O_RDWR | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0);

	if (fd < 0)
		return fd;
	err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (!err && (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3)))
		err = -ENODEV;
	if (err < 0) {
		ct_sys_close(fd);
		return err;
	}
	r->fd[CT_SLOT_NULL] = fd;
	return 0;
}

static int fd_max(const struct ct_run *r)
{
	int max = 2;

	for (uint32_t i = 0; i < r->fdmaps; i++)
		if (r->fdmap[i].to > max)
			max = r->fdmap[i].to;
	return max;
}

/* A source that lies where another one is going to is moved out of the way first. */
static int fd_source(struct ct_run *r, struct ct_fdmap *m, int max)
{
	m->pty = m->from == CT_FD_PTY;
	if (m->from == CT_FD_NULL)
		m->from = r->fd[CT_SLOT_NULL];
	else if (m->pty)
		m->from = r->fd[CT_SLOT_PTY];
	if (m->from >= 0 && m->from <= max) {
		int up = ct_sys_fcntl(m->from, F_DUPFD_CLOEXEC, max + 1);

		if (up < 0)
			return up;
		m->from = up;
	}
	return 0;
}

static int fd_placed(struct ct_run *r, int to, int result)
{
	if (result >= 0)
		return 0;
	r->report->detail = to;
	return result;
}

/* Puts every fd of the map in its place and closes all others, those of the library too. */
int ct_process_op_fds(struct ct_run *r, const struct ct_step *s)
{
	int max = fd_max(r), keep = -1;
	int err = 0;

	for (uint32_t i = 0; i < r->fdmaps && !err; i++)
		err = fd_placed(r, max, fd_source(r, &r->fdmap[i], max));
	for (uint32_t i = 0; i < r->fdmaps && !err; i++)
		if (r->fdmap[i].from == CT_FD_KEEP)
			err = fd_placed(r, r->fdmap[i].to,
					ct_sys_fcntl(r->fdmap[i].to, F_SETFD, 0));
	for (uint32_t i = 0; i < r->fdmaps && !err; i++)
		if (r->fdmap[i].from != CT_FD_KEEP)
			err = fd_placed(r, r->fdmap[i].to,
					ct_sys_dup3(r->fdmap[i].from, r->fdmap[i].to,
						    r->fdmap[i].exec ? O_CLOEXEC : 0));
	if (!err && s->slot) { /* the way to the caller is still needed, plan/handover.h */
		keep = ct_sys_fcntl(r->fd[s->slot], F_DUPFD_CLOEXEC, max + 2);
		err = keep < 0 ? fd_placed(r, max + 2, keep) : 0;
		r->fd[s->slot] = keep;
	}
	if (err < 0)
		return err;
	return ct_process_close_others(r->fdmap, r->fdmaps, keep, r->fd[CT_SLOT_PROC]);
}

int ct_process_op_signals(struct ct_run *r, const struct ct_step *s)
{
	return ct_process_default_signals();
}

int ct_process_bound_capabilities(uint64_t keep, int cap_last)
{
	for (int cap = 0; cap <= cap_last; cap++) {
		int err;

		if (keep >> cap & 1)
			continue;
		err = ct_sys_prctl(PR_CAPBSET_DROP, (unsigned long)cap, 0, 0, 0);
		if (err < 0)
			return err;
	}
	return 0;
}

int ct_process_set_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	/* what is not inheritable any more leaves the ambient set by itself, capabilities(7) */
	for (int i = 0; i < 2; i++) {
		data[i].effective = data[i].permitted = (uint32_t)(keep >> (32 * i));
		data[i].inheritable = 0;
	}
	return ct_sys_capset(&head, data);
}

int ct_process_op_capabilities(struct ct_run *r, const struct ct_step *s)
{
	int err = ct_process_bound_capabilities((uint64_t)s->arg[0], (int)s->arg[1]);
	uint64_t hold = r->found && r->found->uid ? 0 : (uint64_t)s->arg[3];

	return err < 0 ? err : ct_process_set_capabilities(hold);
}

/* Before the user changes, and with it the capability that this needs goes. */
int ct_process_op_bound(struct ct_run *r, const struct ct_step *s)
{
	return ct_process_bound_capabilities((uint64_t)s->arg[0], (int)s->arg[1]);
}

int ct_process_set_no_new_privs(void)
{
	return ct_sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int ct_process_op_no_new_privs(struct ct_run *r, const struct ct_step *s)
{
	return ct_process_set_no_new_privs();
}

/* The working directory is the new root here: relative to it, and never above it. */
int ct_process_op_cwd(struct ct_run *r, const struct ct_step *s)
{
	int err, fd;

	if (r->cwd[0] == '/' && !r->cwd[1])
		return 0;
	fd = ct_open_in_root(AT_FDCWD, r->cwd, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	err = ct_sys_fchdir(fd);
	ct_sys_close(fd);
	return err;
}

ct_step_run *const ct_process_runs[ROWS] = {
	[SESSION] = ct_process_op_session,
	[UMASK] = ct_process_op_umask,
	[OPEN_NULL] = ct_process_op_open_null,
	[FDS] = ct_process_op_fds,
	[SIGNALS] = ct_process_op_signals,
	[OOM_SCORE] = ct_process_op_oom_score,
	[RAISE_LIMIT] = ct_process_op_raise_limit,
	[BOUND] = ct_process_op_bound,
	[OWN_STDIO] = ct_process_op_own_stdio,
	[GROUPS] = ct_process_op_groups,
	[USER] = ct_process_op_user,
	[LIMIT] = ct_process_op_limit,
	[CAPABILITIES] = ct_process_op_capabilities,
	[NO_NEW_PRIVS] = ct_process_op_no_new_privs,
	[LISTEN] = ct_process_op_listen,
	[CHECK_PROGRAM] = ct_process_op_check_program,
	[CWD] = ct_process_op_cwd,
	[EXEC] = ct_process_op_exec,
	[SETS] = ct_process_op_sets,
	[FIND_USER] = ct_process_op_find_user,
	[KEEP_CAPABILITIES] = ct_process_op_keep_capabilities,
	[KEYRING] = ct_process_op_keyring,
	[PERSONALITY] = ct_process_op_personality,
	[LOCK_PERSONALITY] = ct_process_op_lock_personality,
	[SCHED] = ct_process_op_sched,
	[AFFINITY] = ct_process_op_affinity,
	[IOPRIO] = ct_process_op_ioprio,
};
