/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One mixed spec, from its seed to the comparison. */
#include "mix.h"

#include <stdarg.h>

/* ---- numbers: splitmix64, the same everywhere ---- */

uint64_t mix_next(struct mix *m)
{
	uint64_t z = m->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint32_t mix_pick(struct mix *m, uint32_t n)
{
	return (uint32_t)(mix_next(m) % n);
}

int mix_one_in(struct mix *m, uint32_t n)
{
	return mix_pick(m, n) == 0;
}

/* ---- texts ---- */

static void add(char *to, size_t *len, const char *fmt, va_list ap)
{
	int n = vsnprintf(to + *len, MIX_TEXT - *len, fmt, ap);

	if (n > 0)
		*len += (size_t)n;
	if (*len >= MIX_TEXT - 2)
		*len = MIX_TEXT - 2;
	to[(*len)++] = '\n';
	to[*len] = 0;
	if (*len > MIX_TEXT - 2)
		*len = MIX_TEXT - 2;
}

void mix_say(struct mix *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(m->text, &m->text_len, fmt, ap);
	va_end(ap);
}

void mix_differs(struct mix *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(m->diff, &m->diff_len, fmt, ap);
	va_end(ap);
}

void mix_set(struct mix *m, int r, const char *what)
{
	if (r < 0)
		mix_differs(m, "the setter of %s said %s", what, fx_errno_name(r));
}

struct mix_section *mix_section(struct mix *m, const char *name, const char *command)
{
	struct mix_section *s = &m->section[m->sections];

	T_CHECK(m->sections < MIX_SECTIONS - 1, "too many sections");
	m->sections++;
	snprintf(s->name, sizeof(s->name), "%s", name);
	snprintf(s->command, sizeof(s->command), "%s", command);
	return s;
}

void mix_want(struct mix_section *s, const char *fmt, ...)
{
	size_t n = strlen(s->want);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->want + n, sizeof(s->want) - n, fmt, ap);
	va_end(ap);
}

int mix_keep(struct mix *m, int fd)
{
	T_SYS(fd);
	T_CHECK(m->keeps < 64);
	return m->keep[m->keeps++] = fd;
}

/* ---- one ---- */

/* "argv @name -- command -- argv @name -- ...": what each command says follows its mark. */
static void set_argv(struct mix *m)
{
	static char text[1 << 16];
	const char *argv[512];
	char *save = NULL;
	size_t len = 0;
	int n = 0;

	len += (size_t)snprintf(text, sizeof(text), m->payload_bind ? "/mix-payload" :
								       "/bin/payload");
	for (int i = 0; i < m->sections; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, " argv @%s -- %s --",
					m->section[i].name, m->section[i].command);
	snprintf(text + len, sizeof(text) - len, " argv @end%s", m->limits ? " -- sleep" : "");
	for (char *w = strtok_r(text, " ", &save); w && n < 511; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	T_CHECK(n < 511, "too many words");
	argv[n] = NULL;
	if (m->over && mix_one_in(m, 2)) {
		static const char *const other[] = { "/no/such/program", NULL };

		mix_set(m, container_spec_set_argv(m->spec, other), "argv");
		mix_set(m, container_overrides_set_argv(m->over, argv), "argv");
	} else {
		mix_set(m, container_spec_set_argv(m->spec, argv), "argv");
	}
}

static void read_said(struct mix *m)
{
	ssize_t n = pread(m->out, m->said, sizeof(m->said) - 1, 0);

	m->said[n < 0 ? 0 : n] = 0;
}

/* What a section said, cut out of all in place. */
static char *said(struct mix *m, int i)
{
	const char *next = i + 1 < m->sections ? m->section[i + 1].name : "end";
	char *at = strstr(m->said, t_fmt("@%s\n", m->section[i].name)), *end, *text;

	if (!at)
		return NULL;
	at = strchr(at, '\n') + 1;
	end = strstr(at, t_fmt("@%s\n", next));
	if (!end)
		return NULL;
	text = calloc(1, (size_t)(end - at) + 1);
	T_CHECK(text, "out of memory");
	memcpy(text, at, (size_t)(end - at));
	return text;
}

static void compare(struct mix *m)
{
	read_said(m);
	for (int i = 0; i < m->sections; i++) {
		const struct mix_section *s = &m->section[i];
		char *text = said(m, i);

		if (!text) {
			mix_differs(m, "%s: not told; at the end: %.300s", s->name,
				    strlen(m->said) > 300 ? m->said + strlen(m->said) - 300 :
							    m->said);
			return;
		}
		if (s->check)
			s->check(m, s, text);
		else if (strcmp(text, s->want) != 0)
			mix_differs(m, "%s: asked\n%sseen\n%s", s->name, s->want, text);
		free(text);
	}
}

/* A payload that stays has its group looked at. */
static void hold(struct mix *m, container *c)
{
	for (int i = 0; m->limits && i < 10000 * t_slow(); i++) {
		read_said(m);
		if (strstr(m->said, "sleeping") || !strstr(m->said, "@"))
			if (strstr(m->said, "sleeping"))
				break;
		usleep(1000);
	}
	if (!m->limits)
		return;
	mix_check_limits(m, c);
	container_kill(c, NULL);
}

static void end(struct mix *m, container *c)
{
	contain_error *e = NULL;
	container_exit *x = NULL;
	int r = container_wait(c, 20000 * t_slow(), &x, &e);

	if (r < 0)
		mix_differs(m, "wait: %s", contain_error_message(e));
	else if (!m->limits && container_exit_code(x))
		mix_differs(m, "exit code %d, signal %d", container_exit_code(x),
			    container_exit_signal(x));
	container_exit_free(x);
	contain_error_free(e);
	e = NULL;
	if (container_delete(c, 20000 * t_slow(), &e) < 0)
		mix_differs(m, "delete: %s", contain_error_message(e));
	contain_error_free(e);
	container_free(c);
}

static void start(struct mix *m, int round)
{
	static container_plan *plan;
	contain_error *e = NULL;
	container *c = NULL;
	int r = 0;

	if (round == 0)
		r = container_plan_compile(m->spec, &plan, &e);
	if (r < 0) {
		mix_differs(m, "compile: %s", contain_error_message(e));
		contain_error_free(e);
		return;
	}
	T_SYS(ftruncate(m->out, 0));
	T_SYS(lseek(m->out, 0, SEEK_SET));
	r = container_plan_spawn(plan, m->over, &c, &e);
	if (r < 0) {
		mix_differs(m, "spawn: %s", contain_error_message(e));
		contain_error_free(e);
	} else {
		hold(m, c);
		end(m, c);
		compare(m);
	}
	if (!m->diff_len && round == 0 && mix_one_in(m, 8)) {
		mix_say(m, "a second start of the same plan");
		start(m, 1);
	}
	if (round == 0)
		container_plan_free(plan);
}

static void make(struct mix *m)
{
	T_CHECK(container_spec_new(&m->spec) == 0);
	if (mix_one_in(m, 3)) {
		mix_say(m, "with overrides");
		T_CHECK(container_overrides_new(&m->over) == 0);
	}
	m->out = mix_keep(m, ts_memfd());
	mix_set(m, container_spec_set_name(m->spec, m->place->name), "name");
	mix_namespaces(m);
	mix_fds(m); /* before commands of the payload that leave fds open */
	mix_root(m);
	mix_mounts(m);
	mix_identity(m);
	mix_process(m);
	mix_more(m);
	mix_words(m);
	mix_limits(m);
	set_argv(m);
}

void mix_one(uint64_t seed, const struct fx_place *place)
{
	struct mix *m = calloc(1, sizeof(*m));
	struct t_state *state;

	T_CHECK(m, "out of memory");
	ts_remove_homes();
	state = t_state_take(T_ALL & ~T_CGROUPS);
	m->seed = m->state = seed;
	m->place = place;
	m->as_user = !ts_is_root();
	make(m);
	if (!m->diff_len)
		start(m, 0);
	container_overrides_free(m->over);
	container_spec_free(m->spec);
	for (int i = 0; i < m->keeps; i++)
		close(m->keep[i]);
	if (m->diff_len || getenv("T_SEED"))
		t_note("seed %llu:\n%.6000s", (unsigned long long)seed, m->text);
	T_CHECK(!m->diff_len, "T_SEED=%llu: %.3000s", (unsigned long long)seed, m->diff);
	ts_remove_homes();
	t_state_check(state);
	free(m);
}
