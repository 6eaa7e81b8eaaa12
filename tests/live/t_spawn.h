/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of container_spawn() share: a container under test, whose output is kept, and
 * around which the state of the process and of the machine's mounts and groups is compared.
 *
 *	struct ts t;
 *
 *	ts_dir(&t, 0);			a spec with a small root file system
 *	ts_words(&t, "ids -- caps");	what the payload does there
 *	ts_run(&t);			starts it; it has to exit 0; nothing may be left
 *	ts_has(&t, "uid 0 0 0\n");	what it said
 */
#ifndef T_SPAWN_H
#define T_SPAWN_H

#include "config.h"
#include "container/container.h"
#include "feature/feature.h"
#include "feature/root.h"
#include "harness.h"

#include <contain/contain.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TS_CAPS_DEFAULT 0x800405fbULL /* as contain/spec.h lists them */

#define TS_NS_ALL                                                                                  \
	(CONTAIN_NS_MNT | CONTAIN_NS_CGROUP | CONTAIN_NS_UTS | CONTAIN_NS_IPC | CONTAIN_NS_USER |  \
	 CONTAIN_NS_PID | CONTAIN_NS_NET)

struct ts {
	struct t_state *state;
	container_spec *spec;
	container *c;
	contain_error *error;
	int out; /* memfd: stdout and stderr of the payload */
	const struct ct_facts *facts; /* compile against these; NULL: those of this kernel */
	/* from the exit record */
	int code, signal, oom_killed;
	uint64_t memory_peak_bytes, cpu_usec, wall_usec;
	char text[65536];
};

/* The body twice: as root, and as an ordinary user. */
#define TEST_BOTH(name_)                                                                           \
	static void ts_both_##name_(void);                                                         \
	static int ts_user_##name_(void *arg, void *rec)                                           \
	{                                                                                          \
		(void)arg;                                                                         \
		(void)rec;                                                                         \
		ts_both_##name_();                                                                 \
		return 0;                                                                          \
	}                                                                                          \
	TEST(name_##_root)                                                                         \
	{                                                                                          \
		t_need_root();                                                                     \
		ts_both_##name_();                                                                 \
	}                                                                                          \
	TEST(name_##_user)                                                                         \
	{                                                                                          \
		t_need_userns();                                                                   \
		t_as_user(ts_user_##name_, NULL);                                                  \
	}                                                                                          \
	static void ts_both_##name_(void)

static inline int ts_is_root(void)
{
	return geteuid() == 0;
}

/* How often: with LONG=1, as a sample, and in a virtual machine, which is 20 times as slow. */
static inline int ts_rounds(long full, long sample, long guest)
{
	return (int)(t_guest() ? guest : t_sample(full, sample));
}

/*
 * What a container can be given here: all that root holds, or all, in a user namespace. On the
 * initial ramfs without CAP_SYS_ADMIN.
 */
static inline uint64_t ts_caps(void)
{
	uint64_t lack = ct_root_is_initial() ? 1ULL << 21 : 0;
	char status[8192], last[16], *at;

	T_CHECK(t_read_file("/proc/sys/kernel/cap_last_cap", last, sizeof(last)) > 0);
	if (!ts_is_root())
		return ((2ULL << atoi(last)) - 1) & ~lack;
	T_CHECK(t_read_file("/proc/self/status", status, sizeof(status)) > 0);
	at = strstr(status, "CapPrm:");
	return at ? strtoull(at + 7, NULL, 16) & ~lack : 0;
}

/* Limits go through libcgroup where v1 holds the controllers, and are root's alone there. */
static inline int ts_can_limit(void)
{
	return ts_is_root() && (CT_HAVE_LIBCGROUP || !t_cgroup_mount("memory"));
}

static inline void ts_need_limits(void)
{
	t_need_root();
	if (!ts_can_limit())
		t_skip("the controllers are bound to cgroup v1, and this build has no libcgroup");
}

/* The root file system of this test, owned by who asks first in this process. */
static inline const char *ts_root(void)
{
	static const char *root;
	static pid_t owner;

	if (owner != getpid()) {
		root = t_fmt("%s/root", t_tmpdir());
		t_rootfs_make(root);
		owner = getpid();
	}
	return root;
}

/*
 * "contain", the parent of all groups, stays when the last container goes. Removed here it does
 * not make a difference between before and after; while anything is left in it, it stays.
 */
static inline void ts_remove_homes(void)
{
	FILE *file = fopen("/proc/thread-self/mountinfo", "re");
	char line[4096], point[512];

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, " - cgroup") &&
		    sscanf(line, "%*s %*s %*s %*s %511s", point) == 1)
			rmdir(t_fmt("%s/contain", point));
	if (file)
		fclose(file);
}

static inline int ts_memfd(void)
{
	int fd = memfd_create("out", MFD_CLOEXEC);

	T_SYS(fd);
	return fd;
}

/* A spec with everything but a root and a program; stdout and stderr are kept. */
static inline void ts_new(struct ts *t)
{
	ts_remove_homes();
	memset(t, 0, sizeof(*t));
	t->state = t_state_take(T_ALL);
	t->out = ts_memfd();
	ck_assert_int_eq(container_spec_new(&t->spec), 0);
	/* nobody else writes there: a root directory alone needs no contain-init */
	ck_assert_int_eq(container_spec_set_stable_image(t->spec, 1), 0);
	ck_assert_int_eq(container_spec_set_stdio(t->spec, 1, t->out), 0);
	ck_assert_int_eq(container_spec_set_stdio(t->spec, 2, t->out), 0);
}

static inline void ts_dir(struct ts *t, uint32_t flags)
{
	const char *root = ts_root();

	ts_new(t);
	ck_assert_int_eq(container_spec_set_root_dir(t->spec, AT_FDCWD, root, flags), 0);
}

static inline void ts_overlay(struct ts *t)
{
	const char *lower[] = { ts_root(), NULL };

	ts_new(t);
	ck_assert_int_eq(container_spec_set_root_overlay(t->spec, AT_FDCWD, lower, 0, 0), 0);
}

/* What explain says of its plan; until the next call. */
static inline char *ts_explained(struct ts *t)
{
	static char text[65536];
	container_plan *plan = NULL;
	int fd = ts_memfd();
	ssize_t n;

	ck_assert_int_eq(container_plan_compile(t->spec, &plan, NULL), 0);
	ck_assert_int_eq(container_plan_explain(plan, fd), 0);
	n = pread(fd, text, sizeof(text) - 1, 0);
	T_CHECK(n > 0);
	text[n] = 0;
	close(fd);
	container_plan_free(plan);
	return text;
}

/* argv from words that hold no spaces themselves; the first is the program */
static inline void ts_argv(struct ts *t, const char *words)
{
	const char *argv[128];
	char *copy = t_fmt("%s", words), *save = NULL;
	int n = 0;

	for (char *w = strtok_r(copy, " ", &save); w && n < 127; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	argv[n] = NULL;
	ck_assert_int_eq(container_spec_set_argv(t->spec, argv), 0);
}

static inline void ts_words(struct ts *t, const char *words)
{
	ts_argv(t, t_fmt("/bin/payload %s", words));
}

static inline void ts_sh(struct ts *t, const char *script)
{
	const char *argv[] = { "/bin/sh", "-c", script, NULL };

	ck_assert_int_eq(container_spec_set_argv(t->spec, argv), 0);
}

/* ---- what it said ---- */

static inline const char *ts_text(struct ts *t)
{
	ssize_t n = t->out < 0 ? -1 : pread(t->out, t->text, sizeof(t->text) - 1, 0);

	if (n >= 0)
		t->text[n] = 0;
	return t->text;
}

/* Whole lines are told apart by newlines in @needle. */
#define ts_has(t, ...) ts_has_at(t, 1, t_fmt(__VA_ARGS__), __FILE__, __LINE__)
#define ts_hasnt(t, ...) ts_has_at(t, 0, t_fmt(__VA_ARGS__), __FILE__, __LINE__)
static inline void ts_has_at(struct ts *t, int want, const char *needle, const char *file, int line)
{
	if (!strstr(t->text, needle) == !want)
		return;
	t_failed(file, line, 1, want ? "is not in the output" : "is in the output",
		 " '%s':\n%.2500s", needle, t->text);
}

#define ts_is(t, ...) ts_is_at(t, t_fmt(__VA_ARGS__), __FILE__, __LINE__)
static inline void ts_is_at(struct ts *t, const char *text, const char *file, int line)
{
	if (strcmp(t->text, text) != 0)
		t_failed(file, line, 1, "is not the output", " '%s', but:\n%.2500s", text, t->text);
}

/* What follows @key and a space on the line that starts with it. */
static inline const char *ts_value(struct ts *t, const char *key)
{
	size_t n = strlen(key);

	for (const char *at = t->text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (strncmp(at, key, n) == 0 && at[n] == ' ')
			return t_fmt("%.*s", (int)strcspn(at + n + 1, "\n"), at + n + 1);
	T_FAIL("no line '%s' in:\n%.2500s", key, t->text);
	return "";
}

/* ---- its life ---- */

static inline int ts_spawn(struct ts *t)
{
	container_plan *plan = NULL;
	int r;

	if (!t->facts)
		return container_spawn(t->spec, &t->c, &t->error);
	r = ct_plan_compile_on(t->spec, t->facts, &plan, &t->error);
	if (r == 0)
		r = container_plan_spawn(plan, NULL, &t->c, &t->error);
	container_plan_free(plan);
	return r;
}

static inline void ts_start(struct ts *t)
{
	int r = ts_spawn(t);

	T_CHECK(r == 0, "container_spawn: %d: %s", r, contain_error_message(t->error));
	ck_assert_ptr_null(t->error);
	ck_assert_ptr_nonnull(t->c);
}

/* Until the payload has said @needle. */
static inline void ts_wait_for(struct ts *t, const char *needle)
{
	for (int i = 0; i < 10000 * t_slow(); i++) {
		if (strstr(ts_text(t), needle))
			return;
		usleep(1000);
	}
	T_FAIL("it never said '%s', but:\n%.2500s", needle, t->text);
}

static inline void ts_exit(struct ts *t, const container_exit *x)
{
	t->code = container_exit_code(x);
	t->signal = container_exit_signal(x);
	t->oom_killed = container_exit_oom_killed(x);
	t->memory_peak_bytes = container_exit_memory_peak_bytes(x);
	t->cpu_usec = container_exit_cpu_usec(x);
	t->wall_usec = container_exit_wall_usec(x);
}

/* Frees everything and compares. */
static inline void ts_free(struct ts *t)
{
	ts_text(t);
	container_free(t->c);
	container_spec_free(t->spec);
	contain_error_free(t->error);
	close(t->out);
	t->c = NULL;
	t->spec = NULL;
	t->error = NULL;
	t->out = -1;
	ts_remove_homes();
	if (t->state)
		t_state_check(t->state);
	t->state = NULL;
}

/* Waits for the end, which has to come, deletes, frees and compares. */
static inline void ts_end(struct ts *t)
{
	container_exit *x = NULL;
	int r = container_wait(t->c, 10000 * t_slow(), &x, &t->error);

	T_CHECK(r == 0, "%s\n%.2500s", contain_error_message(t->error), ts_text(t));
	ts_exit(t, x);
	container_exit_free(x);
	r = container_delete(t->c, 10000 * t_slow(), &t->error);
	T_CHECK(r == 0, "%s", contain_error_message(t->error));
	ts_free(t);
}

static inline void ts_kill(struct ts *t)
{
	ck_assert_int_eq(container_kill(t->c, NULL), 0);
	ts_end(t);
}

static inline void ts_run_to(struct ts *t, int code)
{
	ts_start(t);
	ts_end(t);
	T_CHECK(t->code == code, "exit code %d, not %d:\n%.2500s", t->code, code, t->text);
}

static inline void ts_run(struct ts *t)
{
	ts_run_to(t, 0);
}

/*
 * The start has to fail with -@err in @phase (0: any), with @op and @object ("": any), and with
 * @hint somewhere in the hint; nothing may be left.
 */
#define ts_fails(t, err, phase, op, object, hint)                                                  \
	ts_fails_at(t, err, phase, op, object, hint, __FILE__, __LINE__)
static inline void ts_fails_at(struct ts *t, int err, int phase, const char *op,
			       const char *object, const char *hint, const char *file, int line)
{
	int r = ts_spawn(t);
	const contain_error *e = t->error;

	if (r != -err || contain_error_code(e) != -err ||
	    (phase && contain_error_phase(e) != phase) ||
	    (*op && strcmp(op, contain_error_op(e)) != 0) ||
	    (*object && strcmp(object, contain_error_object(e)) != 0) ||
	    !strstr(contain_error_hint(e), hint) || t->c)
		t_failed(file, line, 1, "another error was expected",
			 " %d in phase %d, %s on '%s', hint with '%s'; but %d in phase %d, "
			 "%s on '%s': %s",
			 -err, phase, op, object, hint, r, contain_error_phase(e),
			 contain_error_op(e), contain_error_object(e), contain_error_message(e));
	T_CHECK((contain_error_phase(e) < CONTAIN_PHASE_PARENT) == (contain_error_step(e) == 0),
		"step %d", contain_error_step(e));
	ts_free(t);
}

#endif
