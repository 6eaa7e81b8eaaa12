/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rule of the untrusted root, checked from what whole test programs do: no call of a child of
 * the library resolves a name nakedly, in none of the starts of all these tests.
 */
#include "watch.h"

#include "fixture.h"
#include "sys/sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each short, together every kind of root, mount, identity and failure. */
static const char *const chosen[] = {
	"live/t_spawn_root", "live/t_spawn_roots", "live/t_spawn_layers", "live/t_spawn_mount",
	"live/t_spawn_files", "live/t_spawn_symlink", "live/t_spawn_kernelfs",
	"live/t_spawn_process", "live/t_spawn_user", "live/t_spawn_upper", "live/t_spawn_pivot",
	"live/t_dev_device", "live/t_dev_etc", "live/t_dev_proc",
	"live/t_mnt_spec", "live/t_init", "live/t_join", "live/t_overrides",
	"adversarial/t_a_paths", "adversarial/t_a_exec", "adversarial/t_a_roots",
};

/*
 * What cannot be run below a supervisor: two listeners of seccomp, two tracers; and what shows
 * nothing, since it is about time, or starts no container.
 */
static const char *const never[] = {
	"t_trace_count", "t_trace_explain", "t_trace_path", "t_feature", "t_storm", NULL,
};

static char *build_dir(void)
{
	static char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	T_CHECK(n > 0);
	exe[n] = 0;
	return dirname(dirname(exe)); /* tests/ of the build tree */
}

/* T_PROGRAM, since a supervisor that fails must not take the test with it: REPORT PROGRAM... */
T_PROGRAM(watch)
{
	struct w_sum sum = { 0 };
	int status = w_run(argv + 2, argv[1], &sum);

	t_write_file(t_fmt("%s.sum", argv[1]), t_fmt("%ld %ld %ld %ld %d", sum.children, sum.inits,
						     sum.calls, sum.naked, status));
	return 0;
}

struct result {
	struct w_sum sum;
	int status;
	char report[1 << 16];
};

static void watch(char *const argv[], struct result *r)
{
	const char *report = t_fmt("%s/report", t_tmpdir());
	char sum[256], *args[32], **self = t_self("watch", report, NULL);
	int n = 0, status;
	pid_t pid;

	memset(r, 0, sizeof(*r));
	unlink(report);
	for (; self[n]; n++)
		args[n] = self[n];
	for (int i = 0; argv[i]; i++)
		args[n++] = argv[i];
	args[n] = NULL;
	fflush(NULL);
	pid = fork();
	T_SYS(pid);
	if (pid == 0) {
		int out = open(t_fmt("%s/out", t_tmpdir()), O_WRONLY | O_CREAT | O_TRUNC, 0644);

		dup2(out, 1);
		dup2(out, 2);
		setenv("T_SLOW", t_fmt("%d", 4 * t_slow()), 1);
		setenv("T_SAMPLE", "1", 1);
		execv(args[0], args);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		T_CHECK(errno == EINTR, "waitpid: %m");
	if (WIFEXITED(status) && WEXITSTATUS(status) == T_EXIT_SKIPPED)
		t_skip("no supervisor by seccomp here");
	T_CHECK(status == 0, "the supervisor ended with status 0x%x", status);
	T_CHECK(t_read_file(t_fmt("%s.sum", report), sum, sizeof(sum)) > 0);
	T_CHECK(sscanf(sum, "%ld %ld %ld %ld %d", &r->sum.children, &r->sum.inits, &r->sum.calls,
		       &r->sum.naked, &r->status) == 5, "%s", sum);
	if (t_read_file(report, r->report, sizeof(r->report)) < 0)
		r->report[0] = 0;
}

static void look_at(const char *path, struct w_sum *all)
{
	char *name = t_fmt("%s", path);
	char *argv[] = { name, NULL };
	struct result *r = calloc(1, sizeof(*r));

	T_CHECK(r, "out of memory");
	watch(argv, r);
	t_note("%s: %ld children, %ld with memory of their own, %ld calls, %ld naked%s",
	       strrchr(path, '/') + 1, r->sum.children, r->sum.inits, r->sum.calls, r->sum.naked,
	       r->status ? ", and it failed: the filter can be seen" : "");
	T_EXPECT(!r->sum.naked, "%.1500s", r->report);
	all->children += r->sum.children;
	all->inits += r->sum.inits;
	all->calls += r->sum.calls;
	all->naked += r->sum.naked;
	free(r);
}

TEST_LIMIT(no_name_is_naked_in_the_suites, 1200)
{
	struct w_sum all = { 0 };
	const char *build = build_dir();

	t_need_root();
	for (size_t i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++)
		look_at(t_fmt("%s/%s", build, chosen[i]), &all);
	t_note("all: %ld children, %ld with memory of their own, %ld calls", all.children,
	       all.inits, all.calls);
	T_CHECK(all.children > 100 && all.inits > 10 && all.calls > 5000, "too few were seen");
}

/* With LONG=1 all programs that start containers. */
TEST_LIMIT(no_name_is_naked_in_any_test, 7200)
{
	static const char *const folders[] = { "live", "adversarial" };
	struct w_sum all = { 0 };
	const char *build = build_dir();

	t_need_root();
	if (!t_sample(1, 0))
		t_skip("hours below a supervisor: with LONG=1");
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		struct dirent **list;
		int n = scandir(t_fmt("%s/%s", build, folders[i]), &list, NULL, alphasort);

		for (int k = 0; k < n; k++) {
			const char *const *no = never, *name = list[k]->d_name;

			while (*no && strcmp(*no, name) != 0)
				no++;
			if (!*no && !strncmp(name, "t_", 2) && !strchr(name, '.'))
				look_at(t_fmt("%s/%s/%s", build, folders[i], name), &all);
			free(list[k]);
		}
		free(list);
	}
	T_CHECK(all.children > 1000 && all.inits > 100, "too few were seen");
}

/* ---- a library that is careless is seen ---- */

static int in_place_of; /* the call that is answered by a naked one */

/* In the child: what openat2(2) would have resolved is opened by its name alone. */
static int naked(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	const struct open_how *how = (const struct open_how *)args[2];

	if (who != CT_SEAM_CHILD || nr != __NR_openat2 || in_place_of != 1)
		return 0;
	*ret = ct_raw6(__NR_openat, args[0], args[1], (long)(how->flags), (long)how->mode, 0, 0);
	return 1;
}

/* The joined string: a path of the host that leads through the root. */
static int joined(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	static char path[600];
	struct stat st;

	(void)args;
	(void)ret;
	if (who != CT_SEAM_CHILD || nr != __NR_openat2 || !getenv("T_JOINED") || path[0])
		return 0;
	snprintf(path, sizeof(path), "%s/etc/passwd", getenv("T_JOINED"));
	ct_raw6(__NR_newfstatat, AT_FDCWD, (long)path, (long)&st, 0, 0, 0);
	return 0;
}

/* careless HOW ROOT [INIT] */
T_PROGRAM(careless)
{
	static const char *const run_true[] = { "/bin/true", NULL };
	container_spec *s = NULL;
	container *c = NULL;
	contain_error *e = NULL;

	fx_seam_open();
	fx_seam_reset();
	in_place_of = !strcmp(argv[1], "naked");
	ct_seam->fake = !strcmp(argv[1], "joined") ? joined : naked;
	setenv("T_JOINED", argv[2], 1);
	T_CHECK(container_spec_new(&s) == 0);
	container_spec_set_root_dir(s, AT_FDCWD, argv[2], 0);
	container_spec_set_argv(s, run_true);
	container_spec_set_cwd(s, "/etc");
	container_spec_set_init(s, !strcmp(argv[1], "init"));
	container_spec_set_stable_image(s, 1); /* the seam fakes in shared memory only */
	ct_seam->on = 1;
	T_CHECK(container_spawn(s, &c, &e) == 0, "%s", contain_error_message(e));
	ct_seam->on = 0;
	container_wait(c, 20000, NULL, NULL);
	container_delete(c, 20000, NULL);
	container_free(c);
	container_spec_free(s);
	return 0;
}

static void look_at_careless(const char *how, struct result *r)
{
	const char *root = t_fmt("%s/root-%s", t_tmpdir(), how);
	char *argv[8], **self;
	int n = 0;

	t_rootfs_make(root);
	self = t_self("careless", how, root, NULL);
	for (; self[n]; n++)
		argv[n] = t_fmt("%s", self[n]);
	argv[n] = NULL;
	watch(argv, r);
	T_CHECK(r->status == 0, "%s: status 0x%x", how, r->status);
	t_note("%s: %ld children, %ld calls, %ld naked; %.120s", how, r->sum.children,
	       r->sum.calls, r->sum.naked, r->report);
}

TEST_LIMIT(a_naked_call_of_a_child_is_seen, 60)
{
	static struct result r;

	t_need_root();
	look_at_careless("careful", &r);
	T_CHECK(r.sum.children == 1 && r.sum.inits == 0 && r.sum.naked == 0 && r.sum.calls > 50);
	look_at_careless("init", &r);
	T_CHECK(r.sum.children == 1 && r.sum.inits == 1 && r.sum.naked == 0, "%s", r.report);
	look_at_careless("naked", &r);
	T_CHECK(r.sum.naked > 5 && strstr(r.report, "openat("), "%s", r.report);
	look_at_careless("joined", &r);
	T_CHECK(r.sum.naked == 1 && strstr(r.report, "newfstatat(AT_FDCWD, \""), "%s", r.report);
}
