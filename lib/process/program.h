/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs as execve(2) sees them: what kind of file it is, and which other file it names. What is
 * read is the image's, and hostile: every length is bounded, and only regular files are read.
 */
#ifndef CT_PROCESS_PROGRAM_H
#define CT_PROCESS_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#define CT_PROGRAM_HEAD 1024
#define CT_PROGRAM_LINE 256 /* BINPRM_BUF_SIZE: what the kernel reads of a #! line */
#define CT_PROGRAM_NAME 4096
#define CT_PROGRAM_DEPTH 6 /* interpreters of interpreters; the kernel follows five */

enum ct_program_kind {
	CT_PROGRAM_OTHER, /* none that the kernel itself knows; binfmt_misc may */
	CT_PROGRAM_ELF,
	CT_PROGRAM_FOREIGN, /* ELF of another machine, or one that is marked */
	CT_PROGRAM_SCRIPT,
	CT_PROGRAM_CUT_LINE, /* #! and a name that does not end in the bytes that are read */
	CT_PROGRAM_NO_NAME,  /* #! and no name */
	CT_PROGRAM_EMPTY,
	CT_PROGRAM_BROKEN, /* ELF whose headers say what is not there */
};

struct ct_program {
	uint32_t len; /* of head */
	uint32_t machine; /* of an ELF file */
	_Alignas(8) char head[CT_PROGRAM_HEAD];
	char interp[CT_PROGRAM_NAME]; /* of the #! line, or the dynamic loader; "": none */
};

/* Looks at an open regular file: an enum ct_program_kind, or -errno of pread(2). */
int ct_program_read(int fd, struct ct_program *p);

/* The interpreter's name in a line of CT_PROGRAM_LINE bytes, zero behind the end of the file. */
enum ct_program_kind ct_program_line(const char *line, char *name);

#endif
