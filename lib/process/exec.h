/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program: what is looked at before it runs, and what is found out when it does not. */
#ifndef CT_PROCESS_EXEC_H
#define CT_PROCESS_EXEC_H

#include "process.h"
#include "program.h"

/* detail of a failed exec, and of a program that is refused; the culprit is a path */
enum ct_exec_why {
	CT_EXEC_UNKNOWN,
	CT_EXEC_MAGIC, /* a magic link of procfs */
	CT_EXEC_MISSING,
	CT_EXEC_DANGLING, /* a symlink to what is missing */
	CT_EXEC_NOT_IN_PATH,
	CT_EXEC_NOT_DIR,
	CT_EXEC_SEARCH, /* a directory without x for this user */
	CT_EXEC_IS_DIR,
	CT_EXEC_NOT_FILE,
	CT_EXEC_NOEXEC, /* the mount */
	CT_EXEC_NO_X,
	CT_EXEC_EMPTY,
	CT_EXEC_FOREIGN,
	CT_EXEC_BROKEN,
	CT_EXEC_CUT_LINE,
	CT_EXEC_NO_NAME,
	CT_EXEC_NO_FORMAT,
	CT_EXEC_DEEP, /* interpreters of interpreters */
	CT_EXEC_LOOP, /* symlinks */
	CT_EXEC_LONG_STRING,
	CT_EXEC_LONG_SUM,
	CT_EXEC_BUSY,
	CT_EXEC_NO_DEV_FD, /* a script by fd: its name, /dev/fd/N, is not there */
	CT_EXEC_WHYS,
	/* bits: of which file */
	CT_EXEC_OF_SCRIPT = 0x100, /* the interpreter of a #! line */
	CT_EXEC_OF_LOADER = 0x200,
	CT_EXEC_CR = 0x400, /* whose name ends with a carriage return */
};

/* The number of the program that is given as an fd, -1: it is given by name. */
static inline int ct_exec_fd(const struct ct_run *r)
{
	for (uint32_t i = 0; i < r->fdmaps; i++)
		if (r->fdmap[i].exec)
			return r->fdmap[i].to;
	return -1;
}

/* "DIR/NAME" of PATH in turn: the rest of path, or NULL at its end. */
const char *ct_exec_candidate(const char *path, const char *name, char *buf, size_t size);

/* After a failure: why, into the report. The process is about to end and keeps no fd. */
void ct_exec_look(struct ct_run *r, int err);

#endif
