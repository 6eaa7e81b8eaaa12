/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define CALLS_COLUMN 64

/* The end of the token at p, where a group "( ... )" with what follows it is one token. */
static const char *token_end(const char *p)
{
	int depth = 0;

	for (; *p; p++) {
		if (*p == '(')
			depth++;
		else if (*p == ')')
			depth--;
		else if (*p == ' ' && !depth)
			break;
	}
	return p;
}

/*
 * Splits "name{a2}", "name{a2&4}", "name{!a2}" or "( ... ){3}" and finds the count: -1 when there
 * is none.
 */
static const char *split(const char *p, const char *end, const struct ct_step *s, long long *count)
{
	const char *brace = end;
	char *rest;
	int not;

	*count = -1;
	if (end[-1] != '}')
		return end;
	while (brace > p && *brace != '{')
		brace--;
	not = brace[1] == '!';
	if (brace[1 + not] != 'a') {
		*count = atoll(brace + 1);
		return brace;
	}
	*count = (long long)s->arg[strtol(brace + 2 + not, &rest, 10)];
	if (*rest == '&')
		*count = (*count & atoll(rest + 1)) != 0;
	if (not)
		*count = !*count;
	return brace;
}

static void add_range(struct ct_text *out, const char *p, const char *end)
{
	ct_text_printf(out, "%.*s", (int)(end - p), p);
}

/*
 * "( ... )" with its arguments filled in; nothing when nothing is left in it. plain: no brackets.
 */
static int add_group(struct ct_text *out, const char *p, const char *close, const struct ct_step *s,
		     int plain)
{
	char *inner = strndup(p + 2, (size_t)(close - p - 2));
	struct ct_text t = { 0 };

	if (inner)
		ct_explain_calls(&t, inner, s);
	out->oom |= !inner || t.oom;
	if (t.len)
		ct_text_printf(out, plain ? "%s" : " (%s )", t.buf);
	free(inner);
	ct_text_free(&t);
	return t.len != 0;
}

static void add_token(struct ct_text *out, const char *p, const char *end, const struct ct_step *s)
{
	long long count;
	const char *stop = split(p, end, s, &count), *close = stop;

	if (count == 0)
		return;
	if (*p == '(') {
		while (close > p && *close != ')')
			close--;
		if (!add_group(out, p, close, s, close + 1 == stop && count <= 1))
			return;
		add_range(out, close + 1, stop);
	} else {
		ct_text_add(out, " ");
		add_range(out, p, stop);
	}
	if (count > 1)
		ct_text_printf(out, "{%lld}", count);
}

void ct_explain_calls(struct ct_text *out, const char *calls, const struct ct_step *s)
{
	while (*calls) {
		const char *end;

		while (*calls == ' ')
			calls++;
		if (!*calls)
			break;
		end = token_end(calls);
		add_token(out, calls, end, s);
		calls = end;
	}
}

static void add_step(struct ct_text *out, const struct ct_block *b,
		     const struct ct_module *const *modules, uint32_t i)
{
	const struct ct_step *s = ct_block_step(b, i);
	const struct ct_op *op = ct_op_of(modules, s);
	const char *object = ct_block_str(b, s->object);

	ct_text_printf(out, "%4u %s", i + 1, op->name);
	if (*object) {
		ct_text_add(out, " ");
		ct_text_quoted(out, object);
	}
	if (op->describe) {
		ct_text_add(out, " ");
		op->describe(out, b, s);
	}
	ct_text_pad(out, CALLS_COLUMN);
	ct_text_add(out, "|");
	ct_explain_calls(out, op->calls, s);
	if (op->undo_says)
		ct_text_printf(out, " | undo: %s", op->undo_says);
	ct_text_add(out, "\n");
}

static void add_calls(struct ct_text *out, const char *calls)
{
	ct_text_pad(out, CALLS_COLUMN);
	ct_text_printf(out, "| %s\n", calls);
}

static void add_kind(struct ct_text *t, const struct ct_block *b,
		     const struct ct_explain_start *start)
{
	if (b->kind == CT_KIND_OWN) {
		ct_text_printf(t, "kind of child: contain-init, in memory of its own, because %s\n",
			       ct_block_str(b, b->kind_why));
		ct_text_printf(t, "contain-init%s", b->monitor ? ", which stays outside" : "");
		add_calls(t, start->init);
		return;
	}
	ct_text_add(t, "kind of child: shares the caller's memory until exec (CLONE_VM, "
		       "CLONE_VFORK), because nothing in "
		       "this plan changes its identity on the host or joins a namespace; "
		       "contain-init, when a group "
		       "above has memory.oom.group or the caller has unshared its pid namespace\n");
	ct_text_printf(t, "starter thread: %s",
		       b->starter ? ct_block_str(b, b->starter_why) : "none");
	if (b->starter)
		add_calls(t, start->starter);
	else
		ct_text_add(t, "\n");
}

int ct_explain(const char *name, const struct ct_block *b, const struct ct_module *const *modules,
	       const struct ct_explain_start *start, int fd)
{
	struct ct_text t = { 0 };
	int r;

	ct_text_add(&t, "plan ");
	ct_text_quoted(&t, name);
	ct_text_printf(&t, ": %u steps, %u in the parent, ", b->steps, b->first_child);
	if (b->first_inside > b->first_child)
		ct_text_printf(&t, "%u in contain-init, ", b->first_inside - b->first_child);
	ct_text_printf(&t, "%u in the child\n", b->steps - b->first_inside);
	add_kind(&t, b, start);
	ct_text_add(&t, "parent\n     memory of the start");
	add_calls(&t, start->memory);
	for (uint32_t i = 0; i < b->steps; i++) {
		if (i == b->first_child && b->first_inside > i)
			ct_text_add(&t, "contain-init, before it makes the child\n");
		if (i == b->first_inside) {
			ct_text_add(&t, "child\n");
			if (b->kind == CT_KIND_OWN) {
				ct_text_add(&t, "     watched for its end or exec");
				add_calls(&t, start->first);
			}
		}
		add_step(&t, b, modules, i);
	}
	r = ct_text_write(&t, fd);
	ct_text_free(&t);
	return r;
}
