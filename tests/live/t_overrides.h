/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan that is started several times, with overrides.
 *
 *	struct tp p;
 *
 *	tp_dir(&p, "hostname");		compiles a plan; or tp_new(), setters, tp_compile()
 *	o = tp_overrides(&p);		overrides that are freed with it
 *	tp_run(&p, o, 0);		starts it; it has to exit with this status
 *	tp_is(&p, "name\n");		what this start said
 *	tp_free(&p);			nothing may be left
 */
#ifndef T_OVERRIDES_H
#define T_OVERRIDES_H

#include "t_spawn.h"

#define TP_OVERRIDES 8

struct tp {
	struct ts t; /* state, spec, out; text is what the last start said */
	container_plan *plan;
	container_overrides *o[TP_OVERRIDES];
	int n;
};

static inline void tp_new(struct tp *p)
{
	memset(p, 0, sizeof(*p));
	ts_root();
	ts_new(&p->t);
}

static inline void tp_compile(struct tp *p)
{
	int r = container_plan_compile(p->t.spec, &p->plan, &p->t.error);

	T_CHECK(r == 0, "%s", contain_error_message(p->t.error));
}

static inline void tp_dir(struct tp *p, const char *words)
{
	tp_new(p);
	container_spec_set_root_dir(p->t.spec, AT_FDCWD, ts_root(), 0);
	ts_words(&p->t, words);
	tp_compile(p);
}

static inline void tp_overlay(struct tp *p, const char *words)
{
	const char *lower[] = { ts_root(), NULL };

	tp_new(p);
	container_spec_set_root_overlay(p->t.spec, AT_FDCWD, lower, 0, 0);
	ts_words(&p->t, words);
	tp_compile(p);
}

static inline container_overrides *tp_overrides(struct tp *p)
{
	T_CHECK(p->n < TP_OVERRIDES);
	ck_assert_int_eq(container_overrides_new(&p->o[p->n]), 0);
	return p->o[p->n++];
}

static inline void tp_start(struct tp *p, const container_overrides *o)
{
	int r;

	T_SYS(ftruncate(p->t.out, 0));
	T_SYS(lseek(p->t.out, 0, SEEK_SET));
	r = container_plan_spawn(p->plan, o, &p->t.c, &p->t.error);
	T_CHECK(r == 0, "container_plan_spawn: %d: %s", r, contain_error_message(p->t.error));
}

static inline void tp_end(struct tp *p, int code)
{
	container_exit *x = NULL;
	int r = container_wait(p->t.c, 10000 * t_slow(), &x, &p->t.error);

	ts_text(&p->t);
	T_CHECK(r == 0, "%s\n%.2500s", contain_error_message(p->t.error), p->t.text);
	ts_exit(&p->t, x);
	container_exit_free(x);
	T_CHECK(container_delete(p->t.c, 10000 * t_slow(), NULL) == 0);
	container_free(p->t.c);
	p->t.c = NULL;
	T_CHECK(p->t.code == code, "exit code %d, not %d:\n%.2500s", p->t.code, code, p->t.text);
}

static inline void tp_run(struct tp *p, const container_overrides *o, int code)
{
	tp_start(p, o);
	tp_end(p, code);
}

#define tp_has(p, ...) ts_has(&(p)->t, __VA_ARGS__)
#define tp_hasnt(p, ...) ts_hasnt(&(p)->t, __VA_ARGS__)
#define tp_is(p, ...) ts_is(&(p)->t, __VA_ARGS__)

/* As ts_fails(); returns the number of the step. */
#define tp_fails(p, o, err, phase, op, object, hint)                                               \
	tp_fails_at(p, o, err, phase, op, object, hint, __FILE__, __LINE__)
static inline int tp_fails_at(struct tp *p, const container_overrides *o, int err, int phase,
			      const char *op, const char *object, const char *hint,
			      const char *file, int line)
{
	contain_error *e = NULL;
	int step, r = container_plan_spawn(p->plan, o, &p->t.c, &e);

	if (r != -err || contain_error_code(e) != -err || contain_error_phase(e) != phase ||
	    strcmp(op, contain_error_op(e)) != 0 || strcmp(object, contain_error_object(e)) != 0 ||
	    !strstr(contain_error_hint(e), hint) || p->t.c)
		t_failed(file, line, 1, "another error was expected",
			 " %d in phase %d, %s on '%s', hint with '%s'; but %d in phase %d, "
			 "%s on '%s': %s",
			 -err, phase, op, object, hint, r, contain_error_phase(e),
			 contain_error_op(e), contain_error_object(e), contain_error_message(e));
	step = contain_error_step(e);
	T_CHECK((phase < CONTAIN_PHASE_PARENT) == (step == 0), "step %d", step);
	contain_error_free(e);
	return step;
}

static inline void tp_free(struct tp *p)
{
	while (p->n)
		container_overrides_free(p->o[--p->n]);
	container_plan_free(p->plan);
	ts_free(&p->t);
}

#endif
