/* SPDX-License-Identifier: MIT-0 */
/*
 * What quickstart.sh runs: `quickstart ROOT` starts ROOT/bin/probe in a container and on the host,
 * puts what the two say side by side, and fails when an isolation is missing. Then a program that
 * takes more memory than it may, the time of a start, and the plan. `quickstart --explain ROOT`
 * prints the whole plan only.
 *
 * To see it fail, QUICKSTART_BREAK=WHAT takes one isolation away: uts pid mnt net user ipc cgroup
 * cow memory oom, or "chroot": a fork(2) and chroot(2) in place of the library.
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT 33554432 /* bytes of memory */
#define STARTS 51
#define WIDTH 99
#define LINE 200

/* A line of the table: its namespace, and what the probe has to say inside and outside. */
static const struct row {
	const char *what, *ns, *inside, *outside;
} rows[] = {
	{ "host name", "uts", "quickstart", NULL },
	{ "process id", "pid", "1", NULL },
	{ "number of mounts", "mnt", NULL, NULL },
	{ "network links", "net", "lo", NULL },
	{ "user map", "user", "0->0 (1), 1->100000 (65535)", NULL },
	{ "ipc namespace", "ipc", NULL, NULL },
	{ "cgroup namespace", "cgroup", NULL, NULL },
	{ "text of a file", NULL, "changed inside", "as it was" },
	{ "memory limit", NULL, "33554432 bytes", NULL },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *root, *broken;
static int failures;

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "FAILED: %s: %s\n", what, why);
	failures++;
}

static void fail_with(contain_error *e)
{
	fprintf(stderr, "FAILED: %s\n", contain_error_message(e));
	contain_error_free(e);
	failures++;
}

static int breaks(const char *what)
{
	return broken && !strcmp(broken, what);
}

/* New namespaces of all kinds, but for the one that is to be broken. */
static uint64_t namespaces(void)
{
	uint64_t types = CONTAIN_NS_MNT | CONTAIN_NS_PID | CONTAIN_NS_IPC | CONTAIN_NS_UTS |
			 CONTAIN_NS_NET | CONTAIN_NS_CGROUP | CONTAIN_NS_USER;

	if (breaks("uts"))
		types &= ~(uint64_t)CONTAIN_NS_UTS;
	if (breaks("mnt"))
		types &= ~(uint64_t)CONTAIN_NS_MNT; /* the library refuses that */
	if (breaks("net"))
		types &= ~(uint64_t)CONTAIN_NS_NET;
	if (breaks("ipc"))
		types &= ~(uint64_t)CONTAIN_NS_IPC;
	if (breaks("cgroup"))
		types &= ~(uint64_t)CONTAIN_NS_CGROUP;
	if (breaks("user"))
		types &= ~(uint64_t)CONTAIN_NS_USER;
	if (breaks("pid")) /* a user namespace may mount the procfs of its own pid namespace only */
		types &= ~(uint64_t)(CONTAIN_NS_PID | CONTAIN_NS_USER);
	return types;
}

static int make_plan(int in, int out, container_plan **plan, contain_error **e)
{
	const char *const layers[] = { root, NULL };
	const char *const probe[] = { "/bin/sh", "/bin/probe", "inside", NULL };
	container_spec *s = NULL;
	int r;

	container_spec_new(&s);
	container_spec_set_name(s, "quickstart");
	if (breaks("cow"))
		container_spec_set_root_dir(s, AT_FDCWD, root, 0);
	else
		container_spec_set_root_overlay(s, AT_FDCWD, layers, 0, 0);
	container_spec_set_namespaces(s, namespaces());
	if (namespaces() & CONTAIN_NS_USER) {
		container_spec_add_uid_range(s, 0, 0, 1);
		container_spec_add_uid_range(s, 1, 100000, 65535);
		container_spec_add_gid_range(s, 0, 0, 1);
		container_spec_add_gid_range(s, 1, 100000, 65535);
	}
	if (!breaks("memory"))
		container_spec_set_memory_max(s, LIMIT);
	container_spec_set_pids_max(s, 64);
	container_spec_set_argv(s, probe);
	container_spec_set_stdio(s, 0, in);
	container_spec_set_stdio(s, 1, out);
	r = container_plan_compile(s, plan, e); /* tells of every setter that failed */
	container_spec_free(s);
	return r;
}

/* Where a process stands: "uts:[4026531838]". */
static const char *link_of(int32_t pid, const char *ns, char *buf)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, ns);
	n = readlink(path, buf, LINE - 1);
	buf[n < 0 ? 0 : n] = 0;
	return buf;
}

/* While the probe waits for its input to end, its namespaces are looked at from outside. */
static void compare_namespaces(int32_t pid)
{
	char theirs[LINE], ours[LINE], why[2 * LINE];

	for (size_t i = 0; i < ROWS; i++) {
		if (!rows[i].ns)
			continue;
		link_of(pid, rows[i].ns, theirs);
		if (*theirs && strcmp(theirs, link_of(getpid(), rows[i].ns, ours)))
			continue;
		snprintf(why, sizeof(why), "the program is in the host's own %s", ours);
		fail(rows[i].what, *theirs ? why : "the program's namespace cannot be seen");
	}
}

/* A control that isolates nothing, to see that this program would notice. */
static int run_chroot(int in, int out)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (dup2(in, 0) == 0 && dup2(out, 1) == 1 && chroot(root) == 0 && chdir("/") == 0)
			execl("/bin/sh", "sh", "/bin/probe", "inside", NULL);
		_exit(127);
	}
	compare_namespaces(pid);
	return pid;
}

/* Starts the probe; what it writes is in `out` afterwards. */
static void run_probe(const container_plan *plan, const int in[2], int out)
{
	container *c = NULL;
	container_exit *x = NULL;
	contain_error *e = NULL;
	int r, pid;

	if (breaks("chroot")) {
		pid = run_chroot(in[0], out);
		close(in[1]);
		waitpid(pid, NULL, 0);
		return;
	}
	r = container_plan_spawn(plan, NULL, &c, &e);
	if (r == 0) {
		compare_namespaces(container_pid(c));
		close(in[1]);
		r = container_wait(c, 10000, &x, &e);
	}
	if (r < 0)
		fail_with(e);
	else if (container_exit_code(x))
		fail("probe", "it failed inside");
	container_exit_free(x);
	container_delete(c, -1, NULL);
	container_free(c);
}

static void read_line(FILE *file, char *line)
{
	if (!file || !fgets(line, LINE, file))
		*line = 0;
	line[strcspn(line, "\n")] = 0;
}

/* The table: the lines of the probe inside, beside those of the probe outside. */
static void compare(int out)
{
	FILE *inside = fdopen(dup(out), "r"), *outside;
	char command[2 * LINE], a[LINE], b[LINE];

	snprintf(command, sizeof(command), "'%s/bin/busybox' sh '%s/bin/probe' '%s'", root, root,
		 root);
	outside = popen(command, "r");
	lseek(out, 0, SEEK_SET);
	printf("%-18s %-32s %s\n", "", "INSIDE", "OUTSIDE");
	for (size_t i = 0; i < ROWS; i++) {
		read_line(inside, a);
		read_line(outside, b);
		printf("%-18s %-32.32s %.46s\n", rows[i].what, a, b);
		if (!*a || !*b || (rows[i].inside && strcmp(a, rows[i].inside)))
			fail(rows[i].what, "not what it has to be inside");
		if (rows[i].outside && strcmp(b, rows[i].outside))
			fail(rows[i].what, "what was done inside is seen outside");
	}
	fflush(stdout);
	if (inside)
		fclose(inside);
	if (outside)
		pclose(outside);
}

/* 256 MiB, where 32 are allowed. */
static void exceed_memory(const container_plan *plan)
{
	const char *const argv[] = { "/bin/busybox", "awk", "-v", breaks("oom") ? "n=4" : "n=24",
		"BEGIN { s = \"0123456789abcdef\"; for (i = 0; i < n; i++) s = s s }", NULL };
	container_overrides *o = NULL;
	container *c = NULL;
	container_exit *x = NULL;
	contain_error *e = NULL;

	container_overrides_new(&o);
	container_overrides_set_argv(o, argv);
	if (container_plan_spawn(plan, o, &c, &e) == 0) {
		/* the limit is on memory alone: without this, a host with swap would swap */
		contain_cgroup_write(container_cgroup_fd(c), "memory.swap.max", "0", NULL);
		container_wait(c, 60000, &x, &e);
	}
	if (!x)
		fail_with(e);
	else if (!container_exit_oom_killed(x) || container_exit_signal(x) != SIGKILL)
		fail("memory limit", "a program took 256 MiB and was not killed");
	else
		printf("over the limit     killed by signal %d, out of memory: yes, "
		       "after %.0f ms, %.1f MiB\n",
		       container_exit_signal(x), (double)container_exit_wall_usec(x) / 1000,
		       (double)container_exit_memory_peak_bytes(x) / 1048576);
	container_exit_free(x);
	container_delete(c, -1, NULL);
	container_free(c);
	container_overrides_free(o);
}

static double now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const container_plan *plan)
{
	static const char *const argv[] = { "/bin/busybox", "true", NULL };
	double started[STARTS], ended[STARTS];
	container_overrides *o = NULL;
	contain_error *e = NULL;

	container_overrides_new(&o);
	container_overrides_set_argv(o, argv);
	for (int i = 0; i < STARTS; i++) {
		container *c = NULL;
		double begin = now_msec();

		if (container_plan_spawn(plan, o, &c, &e) < 0) {
			fail_with(e);
			break;
		}
		started[i] = now_msec() - begin;
		container_delete(c, -1, NULL);
		container_free(c);
		ended[i] = now_msec() - begin;
	}
	container_overrides_free(o);
	if (failures)
		return;
	qsort(started, STARTS, sizeof(*started), by_size);
	qsort(ended, STARTS, sizeof(*ended), by_size);
	printf("start              %.1f ms until the program runs, %.1f ms with its end: "
	       "medians of %d\n",
	       started[STARTS / 2], ended[STARTS / 2], STARTS);
}

/* The lines of the plan that say most. */
static void explain(const container_plan *plan)
{
	static const char *const telling[] = { "plan", "group-", "clone", "write-maps",
		"mount-overlay", "mount-proc", "pivot-root", "place-fds", "set-capabilities",
		"set-no-new-privs", "exec" };
	FILE *file = tmpfile();
	char line[1024], word[64];

	if (!file || container_plan_explain(plan, fileno(file)) < 0) {
		fail("plan", "it cannot be explained");
		return;
	}
	rewind(file);
	puts("");
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (sscanf(line, "%*d %63s", word) != 1 && sscanf(line, "%63s", word) != 1)
			continue;
		for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++)
			if (!strncmp(word, telling[i], strlen(telling[i])))
				printf("%.*s%s\n", WIDTH - 3, line,
				       strlen(line) > WIDTH - 3 ? "..." : "");
	}
	fclose(file);
	puts("all of it: sh examples/quickstart.sh --explain");
}

static void show(const container_plan *plan, const int in[2], int out)
{
	run_probe(plan, in, out);
	if (lseek(out, 0, SEEK_END) > 0)
		compare(out);
	if (!failures)
		exceed_memory(plan);
	if (!failures)
		measure(plan);
	if (!failures)
		explain(plan);
}

int main(int argc, char **argv)
{
	int only_explain = argc == 3 && !strcmp(argv[1], "--explain"), in[2];
	container_plan *plan = NULL;
	contain_error *e = NULL;
	FILE *out = tmpfile();

	if (argc != 2 + only_explain)
		return fprintf(stderr, "usage: %s [--explain] ROOT\n", argv[0]), 2;
	root = argv[argc - 1];
	broken = getenv("QUICKSTART_BREAK");
	if (!out || pipe2(in, O_CLOEXEC) < 0)
		return perror("quickstart"), 1;
	if (make_plan(in[0], fileno(out), &plan, &e) < 0)
		fail_with(e);
	else if (only_explain)
		failures += container_plan_explain(plan, STDOUT_FILENO) < 0;
	else
		show(plan, in, fileno(out));
	container_plan_free(plan);
	container_gc(-1, NULL); /* the group "contain", when nobody else has a container in it */
	return failures != 0;
}
