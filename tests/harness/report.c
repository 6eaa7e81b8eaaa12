/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks, skips and notes: what any process of a test writes into the shared record. */
#include "priv.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void t_mark(const char *file, int line)
{
	/* string constants have the same address in all processes forked from the runner */
	t_sh->mark_file = file;
	t_sh->mark_line = line;
}

void t_vfailed(const char *file, int line, int fatal, const char *what, const char *fmt,
	       va_list ap)
{
	unsigned int slot = __atomic_fetch_add(&t_sh->nfail, 1, __ATOMIC_SEQ_CST);
	const size_t size = sizeof(t_sh->fail[0]);
	int saved = errno, len;
	char *text;

	if (slot < T_FAILS) {
		text = t_sh->fail[slot];
		len = snprintf(text, size, "%s:%d: %s", file, line, what ? what : "");
		if (fmt && strcmp(fmt, " ") != 0 && (size_t)len + 2 < size) {
			if (what)
				text[len++] = ':';
			errno = saved;
			len += vsnprintf(text + len, size - len, fmt, ap);
		}
		if (getpid() != t_sh->test_pid && (size_t)len < size)
			snprintf(text + len, size - len, " (in child %d)", getpid());
		if (t_sh->alone)
			dprintf(2, "%s\n", text);
	}
	/* not exit(): whatever the process is, the functions of atexit() are not its own */
	if (fatal)
		_exit(T_EXIT_FAILED);
}

void t_failed(const char *file, int line, int fatal, const char *what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t_vfailed(file, line, fatal, what, fmt, ap);
	va_end(ap);
}

void t_ck_failed(const char *file, int line, const char *what, const char *msg, ...)
{
	va_list ap;

	/* as check does: a message of one's own (the typed asserts have one) replaces the text */
	va_start(ap, msg);
	t_vfailed(file, line, 1, msg ? NULL : what, msg, ap);
	va_end(ap);
	_exit(T_EXIT_FAILED);
}

void t_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t_sh->skip_reason, sizeof(t_sh->skip_reason), fmt, ap);
	va_end(ap);
	t_sh->skip_reason[strcspn(t_sh->skip_reason, "\n")] = '\0';
	t_sh->skipped = 1;
	if (t_sh->alone)
		dprintf(2, "skipped: %s\n", t_sh->skip_reason);
	_exit(getpid() == t_sh->test_pid ? 0 : T_EXIT_SKIPPED);
}

void t_note(const char *fmt, ...)
{
	char text[1024];
	unsigned int at;
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text) - 1, fmt, ap);
	va_end(ap);
	strcat(text, "\n");
	len = strlen(text);
	at = __atomic_fetch_add(&t_sh->note_len, len, __ATOMIC_SEQ_CST);
	if (at + len < sizeof(t_sh->note))
		memcpy(t_sh->note + at, text, len);
}
