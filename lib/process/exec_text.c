/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of a program that was not executed. */
#include "exec.h"
#include "plan/text.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* %s is the culprit; all of it fits the room of a hint with a culprit that is cut */
static const char *const says[CT_EXEC_WHYS] = {
	[CT_EXEC_MAGIC] = "\"%s\" is a magic link of procfs, through which execve(2) would reach a "
			  "file outside of the container, such as the caller's own program; an fd "
			  "to execute is given by container_spec_set_exec_fd()",
	[CT_EXEC_MISSING] = "no such file in the container's root: \"%s\" is missing",
	[CT_EXEC_DANGLING] = "no such file in the container's root: the symlink \"%s\" leads to "
			     "what is missing there",
	[CT_EXEC_NOT_DIR] = "\"%s\" is no directory",
	[CT_EXEC_SEARCH] = "the payload's user has no x permission on the directory \"%s\"",
	[CT_EXEC_IS_DIR] = "\"%s\" is a directory",
	[CT_EXEC_NOT_FILE] = "\"%s\" is no regular file",
	[CT_EXEC_NOEXEC] = "\"%s\" lies on a mount with noexec",
	[CT_EXEC_NO_X] = "\"%s\" has no x permission for this user",
	[CT_EXEC_EMPTY] = "\"%s\" is empty",
	[CT_EXEC_BROKEN] = "\"%s\" is an ELF file that is cut or broken, or no program",
	[CT_EXEC_CUT_LINE] = "the name of the interpreter in the #! line of \"%s\" is longer than "
			     "the 255 bytes that the kernel reads",
	[CT_EXEC_NO_NAME] = "the #! line of \"%s\" names no interpreter",
	[CT_EXEC_NO_FORMAT] = "\"%s\" is no program of this architecture and has no #! line",
	[CT_EXEC_DEEP] = "\"%s\" is a script whose interpreter is one, and so on: the kernel "
			 "follows five",
	[CT_EXEC_LOOP] = "\"%s\" is a loop of symlinks, or leads through a magic link of procfs",
	[CT_EXEC_LONG_STRING] = "%s bytes, and a single string at most 131072 (execve(2), "
				"MAX_ARG_STRLEN)",
	[CT_EXEC_LONG_SUM] = "arguments and environment are larger together than the kernel "
			     "accepts: a quarter of RLIMIT_STACK, at most 6 MiB (execve(2))",
	[CT_EXEC_BUSY] = "\"%s\" is open for writing (text file busy)",
	[CT_EXEC_NO_DEV_FD] = "the interpreter of a script finds it as %s, which the container "
			      "does not have",
};

static const struct {
	unsigned machine;
	const char *name;
} machines[] = {
	{ EM_386, "x86" },	{ EM_X86_64, "x86-64" }, { EM_ARM, "ARM" },
	{ EM_AARCH64, "aarch64" }, { EM_RISCV, "RISC-V" }, { EM_PPC64, "PowerPC 64" },
	{ EM_S390, "S/390" },	{ EM_MIPS, "MIPS" },	 { EM_LOONGARCH, "LoongArch" },
};

static const char *foreign(const struct ct_report *rec, char *buf, size_t size)
{
	unsigned machine = (unsigned)rec->detail >> 16;
	const char *name = NULL;

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].machine == machine)
			name = machines[i].name;
	snprintf(buf, size, "\"%.100s\" is no program of this architecture and has no #! line: it "
			    "is an ELF file for %s (machine %u)",
		 rec->culprit, name ? name : "another one", machine);
	return buf;
}

static const char *of_what(int detail)
{
	if (detail & CT_EXEC_CR)
		return "the #! line ends with a carriage return, as DOS has it; ";
	if (detail & CT_EXEC_OF_LOADER)
		return "the file is there, but its dynamic loader is not in the container's root "
		       "or cannot be used: ";
	if (detail & CT_EXEC_OF_SCRIPT)
		return "the file is there, but the interpreter of its #! line cannot be used: ";
	return "";
}

static const char *explained(const struct ct_run *r, char *buf, size_t size)
{
	const struct ct_report *rec = r->report;
	int why = rec->detail & 0xff;
	const char *at;

	if (rec->detail < 0)
		return NULL;
	if (why == CT_EXEC_NOT_IN_PATH) {
		snprintf(buf, size, "no such program in PATH %.120s of the container", r->path);
		return buf;
	}
	if (why == CT_EXEC_FOREIGN)
		return foreign(rec, buf, size);
	if (why >= CT_EXEC_WHYS || !says[why])
		return NULL;
	at = strstr(says[why], "%s");
	snprintf(buf, size, "%s%.*s%.100s%s", of_what(rec->detail),
		 at ? (int)(at - says[why]) : (int)strlen(says[why]), says[why],
		 at ? rec->culprit : "", at ? at + 2 : "");
	return buf;
}

const char *ct_process_hint_program(const struct ct_run *r, const struct ct_step *s, char *buf,
				    size_t size)
{
	const char *hint = explained(r, buf, size);

	if (hint)
		return hint;
	switch (-r->report->err) {
	case ENOENT:
		return "no such file in the container's root";
	case EACCES:
		return "the file or its interpreter has no x permission for this user, lies on a "
		       "mount with noexec, or a security module refuses it";
	case EPERM:
		return "a seccomp filter or a security module refuses it, or a program that gets "
		       "capabilities or another user by it";
	case EINVAL:
		return "an ELF file with headers that contradict one another";
	case ELIBBAD:
		return "the dynamic loader of the program is none";
	case ENOEXEC:
		return "the file is no program of this architecture and has no #! line";
	case ENOMEM:
		return "no memory for the new program; is memory_max_bytes large enough, or "
		       "RLIMIT_AS?";
	case EAGAIN:
		return "the user has more processes than RLIMIT_NPROC lets it have";
	default:
		return NULL;
	}
}
