/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct contain_error {
	int code, phase, step, steps;
	const char *op, *object, *log, *hint, *message; /* into text */
	char text[];
};

static const contain_error out_of_memory = {
	.code = -ENOMEM,
	.op = "error",
	.object = "",
	.log = "",
	.hint = "",
	.message = "out of memory while an error was reported",
};

const char *ct_errno_text(int err)
{
	const char *s = strerrordesc_np(err < 0 ? -err : err);

	return s ? s : "unknown error";
}

static const char *put(char **at, const char *s)
{
	char *start = *at;

	*at = stpcpy(start, s ? s : "") + 1;
	return start;
}

/* "step 3/9 mount-tmpfs on "/tmp": Invalid argument; LOG (hint: HINT)"; returns its length. */
static size_t compose(char *buf, size_t size, const contain_error *e)
{
	char step[40] = "";
	int n;

	if (e->step)
		snprintf(step, sizeof(step), "step %d/%d ", e->step, e->steps);
	n = snprintf(buf, size, "%s%s%s%s%s: %s%s%s%s%s%s", step, e->op, *e->object ? " on \"" : "",
		     e->object, *e->object ? "\"" : "", ct_errno_text(e->code), *e->log ? "; " : "",
		     e->log, *e->hint ? " (hint: " : "", e->hint, *e->hint ? ")" : "");
	for (char *at = strchr(buf, '\n'); at; at = strchr(at, '\n'))
		*at = ' '; /* of a log, or of a name: the message is one line */
	return n < 0 ? 0 : (size_t)n;
}

static size_t length(const char *s)
{
	return (s ? strlen(s) : 0) + 1;
}

/* What these mean does not depend on who says it. */
static const char *hint_of_any(int code)
{
	if (code == -EMFILE)
		return "the process has no file descriptor left: RLIMIT_NOFILE";
	if (code == -ENFILE)
		return "the system has no file left: fs.file-max";
	return NULL;
}

int ct_error_set(contain_error **reterr, const struct ct_error_parts *p)
{
	size_t strings, total;
	contain_error *e;
	const char *hint = p->hint && *p->hint ? p->hint : hint_of_any(p->code);
	char *at;

	if (!reterr)
		return p->code;
	strings = length(p->op) + length(p->object) + length(p->log) + length(hint);
	/* the message repeats them, with the errno's text */
	total = sizeof(*e) + 2 * strings + 200;
	e = calloc(1, total);
	if (!e) {
		*reterr = (contain_error *)&out_of_memory;
		return p->code;
	}
	e->code = p->code;
	e->phase = p->phase;
	e->step = p->step;
	e->steps = p->steps;
	at = e->text;
	e->op = put(&at, p->op);
	e->object = put(&at, p->object);
	e->log = put(&at, p->log);
	e->hint = put(&at, hint);
	e->message = at;
	compose(at, (size_t)((char *)e + total - at), e);
	*reterr = e;
	return p->code;
}

int ct_error_simple(contain_error **reterr, int code, int phase, const char *op, const char *object,
		    const char *hint)
{
	const struct ct_error_parts p = {
		.code = code, .phase = phase, .op = op, .object = object, .hint = hint
	};

	return ct_error_set(reterr, &p);
}

int contain_error_code(const contain_error *e)
{
	return e ? e->code : 0;
}

int contain_error_phase(const contain_error *e)
{
	return e ? e->phase : 0;
}

int contain_error_step(const contain_error *e)
{
	return e ? e->step : 0;
}

int contain_error_steps(const contain_error *e)
{
	return e ? e->steps : 0;
}

const char *contain_error_op(const contain_error *e)
{
	return e ? e->op : "";
}

const char *contain_error_object(const contain_error *e)
{
	return e ? e->object : "";
}

const char *contain_error_log(const contain_error *e)
{
	return e ? e->log : "";
}

const char *contain_error_hint(const contain_error *e)
{
	return e ? e->hint : "";
}

const char *contain_error_message(const contain_error *e)
{
	return e ? e->message : "";
}

void contain_error_free(contain_error *e)
{
	if (e != &out_of_memory)
		free(e);
}
