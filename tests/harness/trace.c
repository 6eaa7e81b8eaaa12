/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs strace and reads what it wrote. */
#include "trace.h"

#include <stdlib.h>
#include <string.h>

#define STRACE "/usr/bin/strace"

/* ---- building ---- */

struct builder {
	struct trace *trace;
	size_t cap, nclone, clone_cap;
	/* per task, by index of trace.proc */
	struct task {
		long open;		/* a call waiting for its "resumed", -1: none */
		char *head;		/* its text up to "<unfinished" */
		int kept;		/* that call lies between marks */
		int executed;
	} *task;
	/* clone calls that began and whose child did not appear yet, oldest first */
	struct clone {
		int proc;
		char *name, *args;
	} *clone;
	int inside;
	unsigned long region;
};

static void *grow(void *at, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return at;
	*cap = *cap * 2 + 16;
	at = realloc(at, *cap * size);
	T_CHECK(at, "out of memory");
	return at;
}

/* strace 6.1 prints newer calls by number; these are the same on every architecture. */
static const char *call_name(const char *name)
{
	static const struct { int nr; const char *name; } newer[] = {
		{ 451, "cachestat" },	  { 452, "fchmodat2" },	     { 453, "map_shadow_stack" },
		{ 457, "statmount" },	  { 458, "listmount" },	     { 462, "mseal" },
		{ 463, "setxattrat" },	  { 464, "getxattrat" },     { 465, "listxattrat" },
		{ 466, "removexattrat" }, { 467, "open_tree_attr" },
	};
	unsigned int nr;
	size_t i;

	if (sscanf(name, "syscall_0x%x", &nr) == 1)
		for (i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
			if (newer[i].nr == (int)nr)
				return newer[i].name;
	return name;
}

/* A new task is the child of the oldest clone call that has no child yet. */
static int find_proc(struct builder *b, pid_t tid)
{
	struct trace *t = b->trace;
	struct trace_proc *proc;
	size_t i, old = b->cap;

	for (i = t->nproc; i-- > 0;)
		if (t->proc[i].tid == tid)
			return i;
	t->proc = grow(t->proc, t->nproc, &b->cap, sizeof(*t->proc));
	if (old != b->cap) {
		b->task = realloc(b->task, b->cap * sizeof(*b->task));
		T_CHECK(b->task, "out of memory");
	}
	proc = &t->proc[t->nproc];
	memset(proc, 0, sizeof(*proc));
	memset(&b->task[t->nproc], 0, sizeof(*b->task));
	b->task[t->nproc].open = -1;
	proc->tid = tid;
	proc->parent = -1;
	if (b->nclone) {
		proc->parent = b->clone[0].proc;
		proc->clone = b->clone[0].name;
		proc->clone_args = b->clone[0].args;
		b->task[t->nproc].executed = b->task[proc->parent].executed;
		memmove(b->clone, b->clone + 1, --b->nclone * sizeof(*b->clone));
	}
	return t->nproc++;
}

static void clone_began(struct builder *b, int proc, const char *name, const char *args)
{
	struct clone *clone;

	b->clone = grow(b->clone, b->nclone, &b->clone_cap, sizeof(*b->clone));
	clone = &b->clone[b->nclone++];
	clone->proc = proc;
	clone->name = strdup(name);
	clone->args = strdup(args);
	T_CHECK(clone->name && clone->args, "out of memory");
}

/* A clone call that failed has no child to wait for. */
static void clone_failed(struct builder *b, int proc)
{
	size_t i;

	for (i = b->nclone; i-- > 0;) {
		if (b->clone[i].proc != proc)
			continue;
		free(b->clone[i].name);
		free(b->clone[i].args);
		memmove(b->clone + i, b->clone + i + 1, (--b->nclone - i) * sizeof(*b->clone));
		return;
	}
}

static int is_clone(const char *name)
{
	return strcmp(name, "clone3") == 0 || strcmp(name, "clone") == 0 ||
	       strcmp(name, "vfork") == 0 || strcmp(name, "fork") == 0;
}

/* ---- one call ---- */

/* The parenthesis that closes the one at @open, or NULL. Strings may contain anything. */
static char *closing(char *open)
{
	int depth = 0, quoted = 0;
	char *at;

	for (at = open; *at; at++) {
		if (quoted) {
			if (*at == '\\' && at[1])
				at++;
			else if (*at == '"')
				quoted = 0;
		} else if (*at == '"') {
			quoted = 1;
		} else if (*at == '(') {
			depth++;
		} else if (*at == ')' && --depth == 0) {
			return at;
		}
	}
	return NULL;
}

static void parse_result(struct trace_call *call, char *text)
{
	char *end;

	while (*text == ' ')
		text++;
	if (*text == '=')
		text++;
	while (*text == ' ')
		text++;
	call->result = text;
	if (*text == '?' || *text == '\0')
		return;
	call->returned = 1;
	call->ret = strtol(text, &end, 0);
	if (call->ret == -1 && end[0] == ' ' && end[1] == 'E')
		sscanf(end, " %23[A-Z0-9]", call->error);
}

/* Splits "name(args) = result" in place. */
static void parse_call(struct trace_call *call, char *text)
{
	char *open = strchr(text, '('), *close;

	call->name = text;
	call->args = "";
	call->result = "?";
	if (!open)
		return;
	close = closing(open);
	*open = '\0';
	call->name = call_name(text);
	call->args = open + 1;
	if (close) {
		*close = '\0';
		parse_result(call, close + 1);
	}
}

/* Returns 1 when the call was a mark. */
static int take_mark(struct builder *b, const struct trace_call *call)
{
	const char *args = strchr(call->args, ',');
	long what, region;
	size_t i;

	/* the number is followed by a comment of strace, then by the other arguments */
	if (strcmp(call->name, "prctl") != 0 || strtol(call->args, NULL, 0) != TRACE_MAGIC ||
	    !args || sscanf(args, ", %li, %li", &what, &region) != 2)
		return 0;
	b->inside = what == 1;
	b->region = region;
	/* what was executed before the mark is the program that was asked for */
	for (i = 0; what == 1 && i < b->trace->nproc; i++)
		b->task[i].executed = 0;
	return 1;
}

/* What a call that has its result means for what follows. */
static void call_done(struct builder *b, int proc, const struct trace_call *call)
{
	if (is_clone(call->name) && call->ret < 0)
		clone_failed(b, proc);
	if (strncmp(call->name, "execve", 6) == 0 && call->returned && call->ret == 0)
		b->task[proc].executed = 1;
}

static void add_call(struct builder *b, int proc, char *text, int began_open, char *head)
{
	struct trace *t = b->trace;
	struct trace_call call = { 0 };
	size_t cap;

	call.tid = t->proc[proc].tid;
	call.proc = proc;
	call.region = b->region;
	call.after_exec = b->task[proc].executed;
	parse_call(&call, text);
	if (!began_open && take_mark(b, &call))
		return;
	if (is_clone(call.name))
		clone_began(b, proc, call.name, call.args);
	if (!began_open)
		call_done(b, proc, &call);
	b->task[proc].kept = b->inside;
	b->task[proc].head = began_open ? head : NULL;
	b->task[proc].open = began_open ? (long)t->ncall : -1;
	if (!b->inside)
		return;
	/* a power of two: grow() would need one more number to carry around */
	if ((t->ncall & (t->ncall - 1)) == 0) {
		cap = t->ncall ? t->ncall * 2 : 1;
		t->call = realloc(t->call, cap * sizeof(*t->call));
		T_CHECK(t->call, "out of memory");
	}
	t->call[t->ncall++] = call;
}

/* ---- lines ---- */

static void began(struct builder *b, int proc, char *text, char *unfinished)
{
	char *head, *copy;

	*unfinished = '\0';
	head = strdup(text);
	copy = t_fmt("%s", text);
	T_CHECK(head, "out of memory");
	add_call(b, proc, copy, 1, head);
}

static void resumed(struct builder *b, int proc, const char *rest)
{
	struct task *task = &b->task[proc];
	struct trace_call whole = { 0 }, *call;
	char *joined;

	if (!task->head)
		return;
	joined = t_fmt("%s%s", task->head, rest);
	free(task->head);
	task->head = NULL;
	parse_call(&whole, joined);
	call_done(b, proc, &whole);
	if (take_mark(b, &whole)) {
		/* the mark was the last thing kept while it was open, or lies outside */
		if (task->kept && task->open >= 0)
			b->trace->call[task->open].name = NULL;
		return;
	}
	if (!task->kept)
		return;
	call = &b->trace->call[task->open];
	call->name = whole.name;
	call->args = whole.args;
	call->result = whole.result;
	call->ret = whole.ret;
	call->returned = whole.returned;
	memcpy(call->error, whole.error, sizeof(call->error));
}

static void take_line(struct builder *b, char *line)
{
	static const char tail[] = " <unfinished ...>";
	size_t len, tail_len = sizeof(tail) - 1;
	char *text, *rest;
	pid_t tid;
	int proc;

	tid = strtol(line, &text, 10);
	if (tid <= 0 || text == line)
		return;
	while (*text == ' ')
		text++;
	proc = find_proc(b, tid);
	/* ends and signals are no calls */
	if (strncmp(text, "+++", 3) == 0 || strncmp(text, "---", 3) == 0)
		return;
	if (strncmp(text, "<... ", 5) == 0) {
		rest = strstr(text, " resumed>");
		if (rest)
			resumed(b, proc, rest + 9);
		return;
	}
	len = strlen(text);
	if (len > tail_len && strcmp(text + len - tail_len, tail) == 0)
		began(b, proc, text, text + len - tail_len);
	else
		add_call(b, proc, text, 0, NULL);
}

/* ---- the whole ---- */

static char *read_all(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text;
	size_t n;
	long size;

	T_CHECK(file, "%s: %m", path);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	text = malloc(size + 1);
	T_CHECK(text, "out of memory");
	n = fread(text, 1, size, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

/* Marks that were open while another task ran, and the lists per task. */
static void finish(struct trace *t)
{
	const struct trace_call **list;
	size_t i, n = 0;

	for (i = 0; i < t->ncall; i++)
		if (t->call[i].name)
			t->call[n++] = t->call[i];
	t->ncall = n;
	for (i = 0; i < t->ncall; i++)
		t->proc[t->call[i].proc].ncall++;
	for (i = 0; i < t->nproc; i++) {
		list = calloc(t->proc[i].ncall + 1, sizeof(const struct trace_call *));
		T_CHECK(list, "out of memory");
		t->proc[i].call = list;
		t->proc[i].ncall = 0;
	}
	for (i = 0; i < t->ncall; i++) {
		struct trace_proc *proc = &t->proc[t->call[i].proc];

		proc->call[proc->ncall++] = &t->call[i];
	}
}

struct trace *trace_parse(const char *path)
{
	struct builder b = { 0 };
	char *line, *save = NULL;
	size_t i;

	b.trace = calloc(1, sizeof(*b.trace));
	T_CHECK(b.trace, "out of memory");
	b.trace->text_ = read_all(path);
	for (line = strtok_r(b.trace->text_, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_line(&b, line);
	finish(b.trace);
	for (i = 0; i < b.trace->nproc; i++)
		free(b.task[i].head);
	for (i = 0; i < b.nclone; i++) {
		free(b.clone[i].name);
		free(b.clone[i].args);
	}
	free(b.task);
	free(b.clone);
	return b.trace;
}

static void run_strace(char *const argv[], const char *const more[], const char *out)
{
	static const char *const options[] = { STRACE, "-f", "-qq", "-e", "signal=none", "-s",
					       "4096", "-o" };
	const char *full[64], *asan = getenv("ASAN_OPTIONS");
	size_t n = 0, i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		full[n++] = options[i];
	full[n++] = out;
	for (i = 0; more && more[i] && n < 40; i++)
		full[n++] = more[i];
	full[n++] = "--";
	for (i = 0; argv[i] && n < 63; i++)
		full[n++] = argv[i];
	full[n] = NULL;
	/* LeakSanitizer needs ptrace for itself */
	if (T_SANITIZED)
		setenv("ASAN_OPTIONS", t_fmt("%s:detect_leaks=0", asan ? asan : ""), 1);
	execv(STRACE, (char *const *)full);
	T_FAIL("%s: %m", STRACE);
}

struct trace *trace_run(char *const argv[], const char *const strace_args[])
{
	const char *out = t_fmt("%s/trace", t_tmpdir());
	struct trace *trace;
	int status;
	pid_t pid;

	t_need_program(STRACE);
	fflush(NULL);
	pid = fork();
	T_SYS(pid);
	if (pid == 0)
		run_strace(argv, strace_args, out);
	while (waitpid(pid, &status, 0) < 0)
		T_CHECK(errno == EINTR, "waitpid: %m");
	trace = trace_parse(out);
	trace->status = status;
	return trace;
}

void trace_free(struct trace *trace)
{
	size_t i;

	if (!trace)
		return;
	for (i = 0; i < trace->nproc; i++) {
		free(trace->proc[i].call);
		free((char *)trace->proc[i].clone);
		free((char *)trace->proc[i].clone_args);
	}
	free(trace->proc);
	free(trace->call);
	free(trace->text_);
	free(trace);
}

size_t trace_count(const struct trace *trace, int proc, int with_after_exec)
{
	size_t i, n = 0;

	for (i = 0; i < trace->ncall; i++)
		n += (proc < 0 || trace->call[i].proc == proc) &&
		     (with_after_exec || !trace->call[i].after_exec);
	return n;
}

long trace_find(const struct trace *trace, int proc, const char *name, size_t from)
{
	size_t i;

	for (i = from; i < trace->ncall; i++)
		if ((proc < 0 || trace->call[i].proc == proc) &&
		    strcmp(trace->call[i].name, name) == 0)
			return i;
	return -1;
}

void trace_print(const struct trace *trace, FILE *file)
{
	const struct trace_call *call;
	size_t i;

	for (i = 0; i < trace->ncall; i++) {
		call = &trace->call[i];
		fprintf(file, "%d %s(%s) = %s%s\n", call->tid, call->name, call->args, call->result,
			call->after_exec ? "  [after exec]" : "");
	}
}
