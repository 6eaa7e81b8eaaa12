/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The leak oracle: every kind of state is a text of lines, taken before and after. Equal texts
 * cost one memcmp; only a difference is sorted and merged, so that thousands of rounds are cheap.
 */
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct kind {
	unsigned int flag;
	int settles;		/* the kernel may finish after it has told of the end */
	const char *name;
	void (*take)(struct t_text *text);
} kinds[] = {
	/* fds first: nothing that a later kind opens can be among them */
	{ T_FDS, 0, "file descriptors", t_take_fds },
	{ T_MOUNTS, 0, "mounts", t_take_mounts },
	{ T_CHILDREN, 0, "children", t_take_children },
	{ T_PROCS, 1, "processes", t_take_procs },
	{ T_THREADS, 1, "threads", t_take_threads },
	{ T_CGROUPS, 0, "cgroups", t_take_cgroups },
	{ T_IPC, 0, "SysV IPC", t_take_ipc },
	{ T_SIGNALS, 0, "signals", t_take_signals },
	{ T_SELF, 0, "process state", t_take_self },
	{ T_CREDS, 0, "credentials", t_take_creds },
	{ T_NS, 0, "namespaces", t_take_ns },
	{ T_MAPS, 0, "anonymous mappings", t_take_maps },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct t_state {
	unsigned int what;
	struct t_text text[KINDS];
};

void t_line(struct t_text *text, const char *fmt, ...)
{
	va_list ap;
	int len;

	for (;;) {
		va_start(ap, fmt);
		len = vsnprintf(text->buf ? text->buf + text->len : NULL, text->cap - text->len,
				fmt, ap);
		va_end(ap);
		if (text->len + len + 2 <= text->cap)
			break;
		text->cap = text->cap * 2 + len + 512;
		text->buf = realloc(text->buf, text->cap);
		T_CHECK(text->buf, "out of memory");
	}
	text->len += len;
	text->buf[text->len++] = '\n';
	text->buf[text->len] = '\0';
}

const char *t_link(const char *path, char *buf, size_t size)
{
	ssize_t n = readlink(path, buf, size - 1);

	if (n < 0)
		return "?";
	buf[n] = '\0';
	return buf;
}

struct t_state *t_state_take(unsigned int what)
{
	struct t_state *state = calloc(1, sizeof(*state));
	size_t i;

	T_CHECK(state, "out of memory");
	state->what = what;
	for (i = 0; i < KINDS; i++)
		if (what & kinds[i].flag)
			kinds[i].take(&state->text[i]);
	return state;
}

void t_state_free(struct t_state *state)
{
	size_t i;

	if (!state)
		return;
	for (i = 0; i < KINDS; i++)
		free(state->text[i].buf);
	free(state);
}

/* ---- comparing ---- */

static int same_text(const struct t_text *a, const struct t_text *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->buf, b->buf, a->len) == 0);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted lines, pointing into a copy that is the first element's allocation. */
static char **split(const struct t_text *text, size_t *ret_n, char **ret_copy)
{
	char *copy = strdup(text->buf ? text->buf : ""), *at, *save = NULL;
	char **lines = malloc((text->len / 2 + 1) * sizeof(*lines));
	size_t n = 0;

	T_CHECK(copy && lines, "out of memory");
	for (at = strtok_r(copy, "\n", &save); at; at = strtok_r(NULL, "\n", &save))
		lines[n++] = at;
	qsort(lines, n, sizeof(*lines), by_text);
	*ret_n = n;
	*ret_copy = copy;
	return lines;
}

static void say(char *buf, size_t size, const char *sign, const char *line)
{
	size_t len = strlen(buf);

	if (len + 1 < size)
		snprintf(buf + len, size - len, "\n  %s %s", sign, line);
}

static int diff_kind(const struct kind *kind, const struct t_text *before,
		     const struct t_text *after, char *buf, size_t size)
{
	size_t nb, na, b = 0, a = 0;
	char *copy_b, *copy_a;
	char **lb = split(before, &nb, &copy_b), **la = split(after, &na, &copy_a);
	int n = 0, order;

	say(buf, size, kind->name, "differ:");
	while (b < nb || a < na) {
		order = b == nb ? 1 : a == na ? -1 : strcmp(lb[b], la[a]);
		if (order < 0)
			say(buf, size, "-", lb[b]);
		else if (order > 0)
			say(buf, size, "+", la[a]);
		n += order != 0;
		b += order <= 0;
		a += order >= 0;
	}
	free(lb);
	free(la);
	free(copy_b);
	free(copy_a);
	return n;
}

int t_state_diff(struct t_state *before, char *buf, size_t size)
{
	int64_t until = t_now_ms() + 200 * t_slow();
	struct t_state *after;
	unsigned int settling;
	int n;
	size_t i;

	for (;;) {
		after = t_state_take(before->what);
		settling = 0;
		n = 0;
		buf[0] = '\0';
		for (i = 0; i < KINDS; i++) {
			if (same_text(&before->text[i], &after->text[i]))
				continue;
			if (kinds[i].settles)
				settling = 1;
			n += diff_kind(&kinds[i], &before->text[i], &after->text[i], buf, size);
		}
		t_state_free(after);
		if (!settling || t_now_ms() > until)
			return n;
		usleep(500);
	}
}

void t_state_check_at(struct t_state *before, const char *file, int line)
{
	char text[3800];
	int n = t_state_diff(before, text, sizeof(text));

	t_state_free(before);
	if (n)
		t_failed(file, line, 1, "state is not as before", "%s", text);
	t_mark(file, line);
}
