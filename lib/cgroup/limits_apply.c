/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits onto a running group: all of them or none. What is there is read first, so that a file
 * that is missing fails before anything was changed, and what was changed can be set back.
 */
#include "act.h"
#include "group_files.h"
#include "limits_parse.h"
#include "sys/path.h"

#include <contain/cgroup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One change: the text that was there; NULL: it could not be found out. */
struct change {
	const struct ct_limit *limit;
	char *old;
	char *held; /* of an empty list of processors or nodes: what it meant */
	int same;
};

struct changes {
	struct change *v;
	size_t n;
	char *weight; /* cpu.weight, which a change of cpu.idle loses */
};

/* The kernel takes "root" for a partition that it then cannot make. */
static int check_partition(int group_fd)
{
	char text[200];
	ssize_t n = ct_group_read(group_fd, "cpuset.cpus.partition", text, sizeof(text));

	if (n < 0)
		return (int)n;
	return strstr(text, "invalid") ? -EINVAL : 0;
}

int ct_limits_write(int group_fd, const struct ct_limit *limit)
{
	int r = ct_write_at(group_fd, limit->file, limit->value, strlen(limit->value));

	if (!r && limit->row->id == CT_LIMIT_CPUSET_PARTITION)
		r = check_partition(group_fd);
	return r;
}

/* What stands for "no limit" of a device or resource that the kernel does not list. */
static char *unlisted(const struct ct_limit *l)
{
	const char *tail = NULL;
	char *text;

	switch (l->row->id) {
	case CT_LIMIT_IO_MAX:
	case CT_LIMIT_RDMA_MAX:
		tail = "=max";
		break;
	case CT_LIMIT_IO_LATENCY:
		tail = " target=max";
		break;
	case CT_LIMIT_IO_DEVICE_WEIGHT:
		tail = " default";
		break;
	}
	if (!tail)
		return NULL;
	text = malloc(strlen(l->sub) + strlen(tail) + 1);
	if (text)
		strcpy(stpcpy(text, l->sub), tail);
	return text;
}

/* The line of a file that nobody here knows which begins with the word, or its only line. */
static char *raw_line(char *text, const char *sub)
{
	size_t n = strlen(sub);

	for (char *at = text, *end; *at; at = end) {
		end = at + strcspn(at, "\n");
		if (*end)
			*end++ = 0;
		if (!n)
			return *end ? NULL : strdup(at);
		if (!strncmp(at, sub, n) && at[n] == ' ')
			return strdup(at);
	}
	return NULL;
}

static int read_old(int group_fd, const struct ct_limit *l, char **ret_old)
{
	contain_limits seen = { 0 };
	const struct ct_limit *old;
	const char *why;
	char *text;
	ssize_t n = ct_limits_text(group_fd, l->file, &text);
	int r = 0;

	*ret_old = NULL;
	/* some files can only be written */
	if (l->row->id == CT_LIMIT_RAW && (n == -EACCES || n == -EPERM || n == -EINVAL))
		return 0;
	if (n < 0)
		return (int)n;
	if (l->row->id == CT_LIMIT_RAW) {
		*ret_old = raw_line(text, l->sub);
	} else {
		r = ct_limits_parse(&seen, l->file, text, 1, &why);
		old = ct_limits_find(&seen, l->file, l->sub);
		*ret_old = r ? NULL : old ? strdup(old->value) : unlisted(l);
	}
	free(text);
	ct_limits_clear(&seen);
	return r;
}

/* A group with processes does not get its empty list back: the kernel refuses it (ENOSPC). */
static int read_held(int group_fd, struct change *c)
{
	int cpus = c->limit->row->id == CT_LIMIT_CPUSET_CPUS;
	ssize_t n;

	if ((!cpus && c->limit->row->id != CT_LIMIT_CPUSET_MEMS) || !c->old || *c->old != '\n')
		return 0;
	n = ct_limits_text(group_fd, cpus ? "cpuset.cpus.effective" : "cpuset.mems.effective",
			   &c->held);
	if (n < 0)
		c->held = NULL;
	return n < 0 && n != -ENOENT ? (int)n : 0;
}

static int read_weight(int group_fd, struct changes *c)
{
	ssize_t n = ct_limits_text(group_fd, "cpu.weight", &c->weight);

	if (n == -ENOENT) {
		c->weight = NULL;
		return 0;
	}
	return n < 0 ? (int)n : 0;
}

static int read_all(int group_fd, const contain_limits *l, struct changes *c,
		    const struct ct_limit **ret_at)
{
	int r;

	for (size_t i = 0; i < l->n; i++) {
		struct change *change = &c->v[i];

		*ret_at = change->limit = &l->v[i];
		r = read_old(group_fd, &l->v[i], &change->old);
		if (!r)
			r = read_held(group_fd, change);
		if (r < 0)
			return r;
		c->n = i + 1;
		/* "root invalid" is no root; and what else is there is left alone */
		change->same = change->old && !strcmp(change->old, l->v[i].value) &&
			       l->v[i].row->id != CT_LIMIT_CPUSET_PARTITION;
		if (l->v[i].row->id == CT_LIMIT_CPU_IDLE && !change->same) {
			r = read_weight(group_fd, c);
			if (r < 0)
				return r;
		}
	}
	*ret_at = NULL;
	return 0;
}

/* At no time may the burst be over the quota: when both shrink, it goes first. */
static void order_burst(struct changes *c)
{
	for (size_t i = 0; i + 1 < c->n; i++) {
		struct change *max = &c->v[i], *burst = &c->v[i + 1], swap = *max;

		if (max->limit->row->id != CT_LIMIT_CPU_MAX ||
		    burst->limit->row->id != CT_LIMIT_CPU_MAX_BURST || !burst->old)
			continue;
		if (strtoull(burst->old, NULL, 10) > max->limit->num[0]) {
			*max = *burst;
			*burst = swap;
		}
		return;
	}
}

static int set_one_back(int group_fd, const struct change *change, const char *weight)
{
	int r = change->old ? 0 : -ENODATA;

	if (change->same)
		return 0;
	if (!r)
		r = ct_write_at(group_fd, change->limit->file, change->old, strlen(change->old));
	if (r == -ENOSPC && change->held)
		ct_write_at(group_fd, change->limit->file, change->held, strlen(change->held));
	/* an idle group refuses it, and was one: there was no weight */
	if (!r && change->limit->row->id == CT_LIMIT_CPU_IDLE && weight)
		ct_write_at(group_fd, "cpu.weight", weight, strlen(weight));
	return r;
}

/*
 * Returns how many could not be set back, and the last such file. The one that failed is set back
 * too, without a word: most likely the kernel left it alone.
 */
static int set_back(int group_fd, struct changes *c, size_t failed, const char **ret_file)
{
	int left = 0;

	set_one_back(group_fd, &c->v[failed], c->weight);
	while (failed--) {
		if (set_one_back(group_fd, &c->v[failed], c->weight) < 0) {
			left++;
			*ret_file = c->v[failed].limit->file;
		}
	}
	return left;
}

static void say(int group_fd, size_t failed, int err, struct changes *c, char *hint, size_t size)
{
	const struct ct_limit *at = c->v[failed].limit;
	char buf[400];
	const char *why = ct_limits_hint(group_fd, at, err, buf, sizeof(buf)), *file = "";
	int left;

	left = set_back(group_fd, c, failed, &file);
	if (left)
		snprintf(hint, size, "%s%s%d of the limits could not be set back, %s too",
			 why ? why : "", why ? "; " : "", left, file);
	else
		snprintf(hint, size, "%s", why ? why : "");
}

static void say_missing(int group_fd, const struct ct_limit *at, int err, char *hint, size_t size)
{
	char buf[400];
	const char *why = ct_limits_hint(group_fd, at, err, buf, sizeof(buf));

	snprintf(hint, size, "%s", why ? why : "");
}

int ct_limits_apply(int group_fd, const contain_limits *l, const struct ct_limit **ret_at,
		    char *hint, size_t size)
{
	struct changes c = { .v = calloc(l->n + 1, sizeof(*c.v)) };
	const struct ct_limit *at = NULL;
	int r = c.v ? ct_limits_gone(group_fd, read_all(group_fd, l, &c, &at)) : -ENOMEM;

	*hint = 0;
	if (!r)
		order_burst(&c);
	else if (at)
		say_missing(group_fd, at, r, hint, size);
	for (size_t i = 0; !r && i < c.n; i++) {
		at = c.v[i].limit;
		if (!c.v[i].same)
			r = ct_limits_gone(group_fd, ct_limits_write(group_fd, at));
		if (r < 0)
			say(group_fd, i, r, &c, hint, size);
	}
	*ret_at = at;
	for (size_t i = 0; c.v && i < l->n; i++) {
		free(c.v[i].old);
		free(c.v[i].held);
	}
	free(c.v);
	free(c.weight);
	return r;
}

static int check(const contain_limits *l, const char *op, contain_error **reterr)
{
	const char *field = "", *why = "";
	int r;

	if (!l)
		return ct_group_fail(reterr, -EINVAL, op, "limits", "is NULL");
	r = ct_limits_check(l, &field, &why);
	return r < 0 ? ct_group_fail(reterr, r, op, field, why) : 0;
}

int contain_limits_apply(const contain_limits *limits, int group_fd, contain_error **reterr)
{
	const char *op = "apply-limits";
	const struct ct_limit *at;
	char hint[600];
	int r = check(limits, op, reterr);

	if (!r)
		r = ct_group_check_arg(reterr, op, "group_fd", group_fd);
	if (r < 0)
		return r;
	r = ct_limits_apply(group_fd, limits, &at, hint, sizeof(hint));
	return r < 0 ? ct_group_fail(reterr, r, op, at ? at->file : "", hint) : 0;
}

/* The parent hands down what the file needs; the hint of a failure goes to buf. */
static int enable(int fd, const struct ct_limit *l, char *buf, size_t size)
{
	struct ct_group seen = { .fd = -1 };
	const char *name, *hint = NULL;
	char why[400];
	int r;

	if (l->controller >= CT_CONTROLLERS)
		return -ENOENT;
	name = ct_controller_name(l->controller);
	r = ct_group_enable(fd, 1, name, &seen);
	/* to the kernel a controller that is switched off is no controller (EINVAL) */
	if (r == -EINVAL)
		r = -ENOENT;
	if (r == -EBUSY)
		snprintf(buf, size,
			 "no-internal-process rule: the parent has processes of its own (pid %s) "
			 "and so cannot hand down the controller %s; move them to a group below it",
			 seen.note, name);
	else if (r == -ENOENT)
		hint = ct_group_hint_controller(name, strlen(name), why, sizeof(why));
	else if (r < 0)
		hint = ct_group_hint(r);
	if (hint)
		snprintf(buf, size, "%s", hint);
	return r;
}

/* A file that is missing comes when the parent hands its controller down. */
static int write_new(int fd, const struct ct_limit *l, char *buf, size_t size)
{
	int r = ct_limits_write(fd, l);
	const char *hint;
	char why[400];

	if (r == -ENOENT) {
		r = enable(fd, l, buf, size);
		if (r < 0)
			return r;
		r = ct_limits_write(fd, l);
	}
	if (r < 0) {
		hint = ct_limits_hint(fd, l, r, why, sizeof(why));
		snprintf(buf, size, "%s", hint ? hint : "");
	}
	return r;
}

int contain_cgroup_create_limited(int parent_fd, const char *name, const contain_limits *limits,
				  int *ret_fd, contain_error **reterr)
{
	const char *op = "create-limited-group";
	char hint[500] = "";
	int fd, r = check(limits, op, reterr);

	if (r < 0)
		return r;
	fd = ct_group_create(op, parent_fd, name, ret_fd, reterr);
	if (fd < 0)
		return fd;
	for (size_t i = 0; i < limits->n; i++) {
		r = write_new(fd, &limits->v[i], hint, sizeof(hint));
		if (r < 0) {
			r = ct_group_fail(reterr, r, op, limits->v[i].file, hint);
			ct_sys_unlinkat(parent_fd, name, AT_REMOVEDIR);
			ct_sys_close(fd);
			return r;
		}
	}
	*ret_fd = fd;
	return 0;
}
