/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a case runs: variants of the library, then the naive reference, each on a fresh host. */
#include "attack.h"

#include "deny.h"
#include "t_spawn.h"

#include <dirent.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

/* ---- the variants ---- */

static void in_user_namespace(container_spec *spec)
{
	container_spec_add_uid_range(spec, 0, 0, 1);
	container_spec_add_uid_range(spec, 1, 100001, 65535);
	container_spec_add_gid_range(spec, 0, 0, 1);
	container_spec_add_gid_range(spec, 1, 100001, 65535);
}

static void with_init(container_spec *spec)
{
	container_spec_set_init(spec, 1);
}

static void other_user(container_spec *spec)
{
	container_spec_set_user(spec, 1000, 1000);
}

static const struct h_variant variants[] = {
	{ "plain", H_PLAIN, 0, NULL },
	{ "user namespace", H_USERNS, 0, in_user_namespace },
	{ "ordinary user", H_USER, 1, NULL },
	{ "init", H_INIT, 0, with_init },
	{ "other user", H_OTHER, 0, other_user },
};

int h_left_out(const struct h_run *r, size_t round)
{
	return t_guest() && r->how && r->how != variants && round % 4 != 3;
}

/* ---- jobs ---- */

void h_argv(struct h_job *job, const char *words)
{
	const char **argv = calloc(128, sizeof(*argv));
	char *copy = t_fmt("%s", words), *save = NULL;
	int n = 0;

	T_CHECK(argv, "out of memory");
	for (char *w = strtok_r(copy, " ", &save); w && n < 127; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	job->argv = argv;
}

struct h_job h_job(struct h_run *r, const char *words)
{
	struct h_job job = { .root = r->root };

	h_argv(&job, t_fmt("/bin/payload %s", words));
	return job;
}

static void add_mount(struct h_job *job, struct h_mount m)
{
	T_CHECK(job->nmount < 32, "too many mounts");
	job->mount[job->nmount++] = m;
}

void h_bind(struct h_job *job, const char *source, const char *target, uint32_t flags)
{
	add_mount(job, (struct h_mount){ H_BIND, source, target, flags });
}

void h_tmpfs(struct h_job *job, const char *target)
{
	add_mount(job, (struct h_mount){ H_TMPFS, NULL, target, 0 });
}

void h_make(struct h_job *job, enum h_kind kind, const char *source, const char *target)
{
	add_mount(job, (struct h_mount){ kind, source, target, 0 });
}

void h_add_fd(struct h_job *job, int fd, int child_fd)
{
	T_CHECK(job->nfd < 64, "too many fds");
	job->fd[job->nfd++] = (struct h_fd){ fd, child_fd };
}

/* ---- the library's start ---- */

static void set_root(container_spec *spec, const struct h_job *job)
{
	if (job->root_host)
		container_spec_set_root_host(spec, 0, job->root_flags);
	else if (job->lower)
		container_spec_set_root_overlay(spec, AT_FDCWD, job->lower, 0, job->root_flags);
	else if (job->root_fd)
		container_spec_set_root_dir(spec, job->root_fd, "", job->root_flags);
	else
		container_spec_set_root_dir(spec, AT_FDCWD, job->root, job->root_flags);
	if (job->upper)
		container_spec_set_root_upperdir(spec, AT_FDCWD, job->upper, job->work);
}

static void add_one(container_spec *spec, const struct h_mount *m)
{
	if (m->kind == H_BIND)
		container_spec_add_bind(spec, AT_FDCWD, m->source, m->target, m->flags);
	else if (m->kind == H_TMPFS)
		container_spec_add_tmpfs(spec, m->target, 1 << 20, 0755);
	else if (m->kind == H_DIR)
		container_spec_add_dir(spec, m->target, 0777);
	else if (m->kind == H_FILE)
		container_spec_add_file(spec, m->target, m->source, strlen(m->source), 0666);
	else
		container_spec_add_symlink(spec, m->source, m->target);
}

static container_spec *spec_of(const struct h_run *r, const struct h_job *job, int out)
{
	container_spec *spec = NULL;

	ck_assert_int_eq(container_spec_new(&spec), 0);
	/* no case of this needs another process that writes: the variants say which child it is */
	container_spec_set_stable_image(spec, 1);
	set_root(spec, job);
	if (job->out) {
		container_spec_add_fd(spec, out, job->out);
	} else {
		container_spec_set_stdio(spec, 1, out);
		container_spec_set_stdio(spec, 2, out);
	}
	if (job->no_defaults)
		container_spec_set_default_mounts(spec, CONTAIN_DEFAULT_ALL & ~job->no_defaults);
	for (int i = 0; i < job->nmount; i++)
		add_one(spec, &job->mount[i]);
	for (int i = 0; i < 8 && job->masked[i]; i++)
		container_spec_add_masked_path(spec, job->masked[i]);
	for (int i = 0; i < job->nfd; i++)
		container_spec_add_fd(spec, job->fd[i].fd, job->fd[i].child_fd);
	for (int i = 0; i < job->nuid; i++)
		container_spec_add_uid_range(spec, job->uids[i].inside, job->uids[i].outside,
					     job->uids[i].count);
	for (int i = 0; i < job->ngid; i++)
		container_spec_add_gid_range(spec, job->gids[i].inside, job->gids[i].outside,
					     job->gids[i].count);
	container_spec_set_argv(spec, job->argv);
	if (job->env)
		container_spec_set_env(spec, job->env);
	if (job->cwd)
		container_spec_set_cwd(spec, job->cwd);
	if (job->set_caps)
		container_spec_set_capabilities(spec, job->caps);
	if (job->new_privs)
		container_spec_set_no_new_privs(spec, 0);
	if (job->same_session)
		container_spec_set_new_session(spec, 0);
	if (job->host_pids)
		container_spec_set_namespaces(spec, (TS_NS_ALL & ~CONTAIN_NS_PID) &
							    ~(ts_is_root() ? CONTAIN_NS_USER : 0));
	if (r->how->more)
		r->how->more(spec);
	if (job->more)
		job->more(spec, job->arg);
	return spec;
}

static void keep_error(struct h_run *r, const contain_error *e)
{
	r->phase = contain_error_phase(e);
	snprintf(r->op, sizeof(r->op), "%s", contain_error_op(e));
	snprintf(r->object, sizeof(r->object), "%s", contain_error_object(e));
	snprintf(r->message, sizeof(r->message), "%s", contain_error_message(e));
}

static long now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

/* Groups of other programs come and go: those of this container are known by its name. */
static const char *group_name(void)
{
	return t_fmt("attack-%s", strrchr(t_tmpdir(), '.') + 1);
}

static void check_no_group(const char *name)
{
	FILE *file = fopen("/proc/thread-self/mountinfo", "re");
	char line[4096], point[512];
	struct dirent *entry;
	DIR *dir;

	while (file && fgets(line, sizeof(line), file)) {
		if (!strstr(line, " - cgroup") ||
		    sscanf(line, "%*s %*s %*s %*s %511s", point) != 1)
			continue;
		dir = opendir(t_fmt("%s/contain", point));
		while (dir && (entry = readdir(dir)))
			T_CHECK(strncmp(entry->d_name, name, strlen(name)) != 0,
				"the group %s/contain/%s is left", point, entry->d_name);
		if (dir)
			closedir(dir);
	}
	if (file)
		fclose(file);
}

static void library(struct h_run *r, const struct h_job *job, int out)
{
	const char *name = group_name();
	struct t_state *state;
	container_spec *spec;
	container *c = NULL;
	contain_error *e = NULL;
	container_exit *x = NULL;
	long begin;

	ts_remove_homes();
	state = r->state ? t_state_take(r->state) : NULL;
	spec = spec_of(r, job, out);
	ck_assert_int_eq(container_spec_set_name(spec, name), 0);
	begin = now_msec();
	r->err = container_spawn(spec, &c, &e);
	r->msec = now_msec() - begin;
	keep_error(r, e);
	T_CHECK((r->err == 0) == (c != NULL), "err %d", r->err);
	if (r->err == 0) {
		int err = container_wait(c, 20000 * t_slow(), &x, &e);

		T_CHECK(err == 0, "[%s] %s", r->how->name, contain_error_message(e));
		r->code = container_exit_code(x);
		r->signal = container_exit_signal(x);
		container_exit_free(x);
		T_CHECK(container_delete(c, 10000 * t_slow(), &e) == 0, "%s",
			contain_error_message(e));
		container_free(c);
	}
	contain_error_free(e);
	container_spec_free(spec);
	ts_remove_homes();
	if (state)
		t_state_check(state);
	check_no_group(name);
}

/* Where calls are denied: nothing was started, and the error says that something is missing. */
static int is_unsupported(const struct h_run *r)
{
	return r->how && getenv("T_DENIED") &&
	       (r->err == -ENOSYS || r->err == -EOPNOTSUPP || r->err == -EPERM ||
		strstr(r->message, "contain-init cannot be executed"));
}

static void naive(struct h_run *r, const struct h_job *job, int out)
{
	int status = h_naive(r, job, out);

	r->err = status < 0 ? status : 0;
	r->code = status < 0 || !WIFEXITED(status) ? -1 : WEXITSTATUS(status);
	r->signal = status >= 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

void h_spawn(struct h_run *r, const struct h_job *job)
{
	int low = memfd_create("out", MFD_CLOEXEC), out;
	ssize_t n;

	if (low < 0) /* denied */
		low = open(t_tmpdir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	/* where no attack leaves fds of its own */
	out = fcntl(low, F_DUPFD_CLOEXEC, 900);
	T_SYS(out);
	close(low);
	r->err = r->phase = r->signal = 0;
	r->code = -1;
	r->op[0] = r->object[0] = r->message[0] = r->text[0] = 0;
	r->verdict->spawns++;
	if (r->how)
		library(r, job, out);
	else
		naive(r, job, out);
	n = pread(out, r->text, sizeof(r->text) - 1, 0);
	r->text[n < 0 ? 0 : n] = 0;
	close(out);
	/* the clock of a guest under emulation is not to be relied upon */
	h_exact(r, t_guest() || r->msec < 2000L * t_slow() * (1 + r->slow),
		"the start took %ld ms", r->msec);
	r->unsupported = is_unsupported(r);
	r->verdict->unsupported += r->unsupported;
}

/* ---- verdicts ---- */

void h_breach(struct h_run *r, int line, const char *what, const char *fmt, ...)
{
	struct h_verdict *v = r->verdict;
	va_list ap;
	int n;

	if (r->unsupported) /* no payload has run: the canary says the rest */
		return;
	if (v->breaches++)
		return;
	n = snprintf(v->first, sizeof(v->first), "line %d: %.200s:", line, what);
	va_start(ap, fmt);
	vsnprintf(v->first + n, sizeof(v->first) - n, fmt, ap);
	va_end(ap);
	for (char *at = v->first; (at = strchr(at, '\n'));)
		*at = '|';
}

void h_exact_error(struct h_run *r, int err, const char *op, const char *file, int line)
{
	if (r->how && !r->unsupported && (r->err != -err || strcmp(r->op, op) != 0))
		t_failed(file, line, 1, "another error was expected",
			 " [%s] %d at %s; but %d: %s\n%.1000s", r->how->name, -err, op, r->err,
			 r->message, r->text);
}

void h_exact_works(struct h_run *r, const char *file, int line)
{
	if (r->how && !r->unsupported && (r->err || r->code))
		t_failed(file, line, 1, "did not work", " [%s] %d, exit code %d: %s\n%.2000s",
			 r->how->name, r->err, r->code, r->message, r->text);
}

#define NAIVE_TRIES 8

struct one {
	const struct h_case *c;
	struct h_run *r;
};

static int run_attack(void *arg, void *rec)
{
	const struct one *o = arg;
	const char *denied = getenv("T_DENIED"), *error = getenv("T_DENIED_ERRNO");

	o->r->verdict = rec;
	/* the kernel, or a sandbox, has not got these calls: tests/denied */
	if (o->r->how && denied)
		ck_assert_int_eq(deny_calls(denied, error ? atoi(error) : ENOSYS), 0);
	o->c->attack(o->r);
	return 0;
}

/* One fresh host, one image, one process that spawns. Whether the naive reference has fallen. */
static int run_variant(const struct h_case *c, const struct h_variant *how)
{
	struct h_run *r = calloc(1, sizeof(*r));
	struct h_verdict v = { 0 };
	struct one o = { c, r };
	char text[4096];
	int touched, fell = 0;

	T_CHECK(r, "out of memory");
	r->canary = h_new();
	r->how = how;
	r->state = T_ALL & ~T_CGROUPS;
	r->root = t_fmt("%s/image", h_host(r->canary));
	t_rootfs_make(r->root);
	if (c->image)
		c->image(r);
	if (how && how->as_user)
		T_CHECK(system(t_fmt("chown -Rh %d:%d %s", T_UID, T_GID, r->root)) == 0);
	h_forget(r->canary);
	if (how && how->as_user)
		t_as_user_rec(run_attack, &o, &v, sizeof(v));
	else
		ck_assert_int_eq(t_child(run_attack, &o, &v, sizeof(v)), 0);
	touched = h_diff(r->canary, text, sizeof(text));
	T_CHECK(v.spawns > 0, "nothing was spawned");
	if (how) {
		T_CHECK(!v.breaches, "[%s] %d breaches, %s", how->name, v.breaches, v.first);
		T_CHECK(!touched, "[%s] the host's canary was touched:\n%s", how->name, text);
		t_note("%s: %d spawns held%s", how->name, v.spawns,
		       v.unsupported ? t_fmt(", %d unsupported", v.unsupported) : "");
	} else {
		fell = (v.asked ? v.breaches : touched) != 0;
		t_note("naive: %s, %d breaches in %d spawns, canary touched %d times; %.200s",
		       fell ? "fell" : "survived", v.breaches, v.spawns, touched,
		       v.breaches ? v.first : text);
	}
	h_free(r->canary);
	free(r);
	return fell;
}

void h_case(const struct h_case *c)
{
	/* what is denied to the library would be denied to the naive reference */
	int ran = 0, fell = !(c->variants & H_NAIVE) || getenv("T_DENIED");

	t_need_root();
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		if (!(c->variants & variants[i].bit))
			continue;
		if (variants[i].as_user)
			t_need_userns();
		run_variant(c, &variants[i]);
		ran++;
	}
	/* who races may lose a few times */
	for (int i = 0; i < NAIVE_TRIES && !fell; i++)
		fell = run_variant(c, NULL);
	T_CHECK(fell, "the naive reference survives, this proves nothing");
	if (!ran)
		t_skip("no variant is here that this is for; the naive reference fell");
}
