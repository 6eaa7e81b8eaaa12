/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hosts.h"

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *name(void);

int h_rounds(long full, long sample, long guest)
{
	long n = t_guest() ? guest : t_sample(full, sample);

#ifdef __SANITIZE_THREAD__
	n = t_long() ? full / 10 : sample / 2;
#endif
	return (int)(n < 1 ? 1 : n);
}

uint64_t h_now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void copy_job(const char *to)
{
	int in = open(H_JOB, O_RDONLY | O_CLOEXEC), out = creat(to, 0755);
	char buf[65536];
	ssize_t n;

	T_CHECK(in >= 0 && out >= 0, "%s, %s: %m", H_JOB, to);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		T_CHECK(write(out, buf, (size_t)n) == n, "%m");
	T_SYS(fchmod(out, 0755));
	close(in);
	close(out);
}

const char *h_root(void)
{
	static const char *const dirs[] = { "", "/bin", "/proc", "/sys", "/dev", "/tmp", NULL };
	static char *root;

	if (root)
		return root;
	root = t_fmt("%s/root", t_tmpdir());
	for (int i = 0; dirs[i]; i++)
		T_SYS(mkdir(t_fmt("%s%s", root, dirs[i]), 0755));
	copy_job(t_fmt("%s/bin/job", root));
	return root;
}

container_spec *h_spec(uint64_t namespaces)
{
	container_spec *spec = NULL;

	if (container_spec_new(&spec)) /* compile tells; a check is nothing for many threads */
		return NULL;
	/* setters go unchecked: compile tells the first that failed */
	container_spec_set_root_dir(spec, AT_FDCWD, h_root(), CONTAIN_ROOT_READONLY);
	container_spec_set_name(spec, name());
	container_spec_set_default_mounts(spec, 0);
	container_spec_clear_paths(spec);
	container_spec_set_namespaces(spec, namespaces);
	return spec;
}

container_plan *h_plan(container_spec *spec)
{
	container_plan *plan = NULL;
	contain_error *e = NULL;
	int r = container_plan_compile(spec, &plan, &e);

	T_CHECK(r == 0, "%s", contain_error_message(e));
	container_spec_free(spec);
	return plan;
}

const char *const *h_argv(struct h_argv *a, const char *word, int number)
{
	snprintf(a->number, sizeof(a->number), "%d", number);
	a->argv[0] = "/bin/job";
	a->argv[1] = word;
	a->argv[2] = a->number;
	a->argv[3] = NULL;
	return a->argv;
}

int h_start(const container_plan *plan, const char *const *argv, container **ret, char *why,
	    size_t size)
{
	container_overrides *o = NULL;
	contain_error *e = NULL;
	int r = container_overrides_new(&o);

	if (!r)
		r = container_overrides_set_argv(o, argv);
	if (!r)
		r = container_plan_spawn(plan, o, ret, &e);
	if (r)
		snprintf(why, size, "%d: %s", r, e ? contain_error_message(e) : "overrides");
	contain_error_free(e);
	container_overrides_free(o);
	return r;
}

static void *nothing(void *arg)
{
	return arg;
}

static nlink_t tasks(void)
{
	struct stat st;

	T_SYS(stat("/proc/self/task", &st));
	return st.st_nlink - 2;
}

static void have_threads(void)
{
	struct sigaction sa, ignore = { .sa_handler = SIG_IGN };
	nlink_t before = tasks();
	pthread_t thread;

	/* the runner's own handler kills the test; no payload may inherit that they are ignored */
	T_SYS(sigaction(SIGUSR1, &ignore, NULL));
	T_SYS(sigaction(SIGALRM, &ignore, NULL));
	T_SYS(sigaction(SIGPIPE, &ignore, NULL));
	/* libc adds a flag to every disposition that it has set, to the one from before as well */
	T_SYS(sigaction(SIGCHLD, NULL, &sa));
	T_SYS(sigaction(SIGCHLD, &sa, NULL));

	T_CHECK(pthread_create(&thread, NULL, nothing, NULL) == 0);
	T_CHECK(pthread_join(thread, NULL) == 0);
	/* it is joined a moment before the kernel has taken it out of /proc; a sanitizer's stays */
	for (int i = 0; tasks() > before && i < 400; i++)
		usleep(500);
}

/* Of this process alone: other programs on the machine start containers, too. */
static const char *name(void)
{
	static char text[32];

	if (!text[0])
		snprintf(text, sizeof(text), "host-%llx", (unsigned long long)h_now_msec());
	return text;
}

/* Below "contain" of every hierarchy. */
int h_groups(void)
{
	FILE *file = fopen("/proc/thread-self/mountinfo", "re");
	char line[4096], point[512], pattern[600];
	glob_t found = { 0 };
	int n = 0;

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, " - cgroup") &&
		    sscanf(line, "%*s %*s %*s %*s %511s", point) == 1) {
			snprintf(pattern, sizeof(pattern), "%s/contain/%s.*", point, name());
			if (glob(pattern, 0, NULL, &found) == 0)
				n += (int)found.gl_pathc;
			globfree(&found);
		}
	if (file)
		fclose(file);
	return n;
}

struct t_state *h_before(void)
{
	have_threads();
	h_root();
	name();
	return t_state_take(T_ALL & ~T_CGROUPS);
}

void h_after(struct t_state *before)
{
	t_state_check(before);
	ck_assert_int_eq(h_groups(), 0);
}

/* By a child of our own that was reaped: does its pidfd still tell? */
int h_pidfd_keeps_status(void)
{
	struct {
		uint64_t mask, fields[7];
	} info = { .mask = 1u << 3 }; /* PIDFD_INFO_EXIT */
	pid_t pid = fork();
	int fd, r;

	T_SYS(pid);
	if (pid == 0)
		_exit(0);
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	T_SYS(fd);
	T_SYS(waitpid(pid, NULL, 0));
	r = ioctl(fd, 0xc040ff0bUL, &info); /* PIDFD_GET_INFO with the 64 bytes of Linux 6.13 */
	close(fd);
	return r == 0 && info.mask & (1u << 3);
}
