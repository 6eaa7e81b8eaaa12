/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the harness share. Test programs do not include it. */
#ifndef T_PRIV_H
#define T_PRIV_H

#include "harness.h"

#include <stdarg.h>
#include <time.h>

#define T_FAILS 8
#define T_GROUPS 64

/* Written by the test and all its children, read by the runner. */
struct t_shared {
	int alone;			/* nobody reads this record: failures go to stderr */
	pid_t test_pid;			/* set by the test process itself */
	int64_t deadline_ms;		/* CLOCK_MONOTONIC; 0: no test runs */
	int skipped;
	char skip_reason[512];
	unsigned int nfail;
	char fail[T_FAILS][4096];
	unsigned int note_len;
	char note[16384];
	const char *mark_file;		/* the last check that passed, for a test that crashed */
	int mark_line;
	unsigned int ngroup;
	char group[T_GROUPS][256];	/* cgroup directories to remove after the test */
};

extern struct t_shared *t_sh;
extern char t_base[256];		/* the program's temporary directory */
extern int t_own_pidns;			/* the runner is below a pid namespace of its own */

int64_t t_now_ms(void);
/* program.c: "--program NAME ARG..." */
int t_run_program(char **argv);
void t_make_record(void);
void t_vfailed(const char *file, int line, int fatal, const char *what, const char *fmt,
	       va_list ap) T_PRINTF(5, 0);

/* cleanup.c: after each test, by the runner */
void t_kill_leftovers(void);
void t_remove_groups(void);
void t_remove_tmp(int base_too);

#endif
