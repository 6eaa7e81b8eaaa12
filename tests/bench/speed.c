/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How fast programs run inside: one process inside and others outside do the same bits of work in
 * turns. The control is outside like the one that all are compared with: between these two there is
 * no difference but the machine's noise. One more has an overlay, but no container.
 */
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/*
 * Directories of a worker: the bind and its source; the overlay and a tmpfs like its upper layer.
 */
enum {
	BIND,
	OVERLAY
};

static const struct {
	const char *name;
	char what;
	int dir;
	enum goal goal;
} bits[] = {
	{ "cpu: arithmetic", 'c', BIND, GOAL_SPEED },
	{ "system calls: getppid", 's', BIND, GOAL_SPEED },
	{ "system calls: pread of 1 byte, bind", 'p', BIND, GOAL_SPEED },
	{ "bind: write 4 MiB", 'w', BIND, GOAL_SPEED_BIND },
	{ "bind: read 8 MiB", 'r', BIND, GOAL_SPEED_BIND },
	{ "bind: open and close", 'o', BIND, GOAL_SPEED_BIND },
	{ "bind: create, write, unlink", 'u', BIND, GOAL_SPEED_BIND },
	{ "overlay: write 4 MiB", 'w', OVERLAY, GOAL_SPEED_OVERLAY },
	{ "overlay: read 8 MiB", 'r', OVERLAY, GOAL_SPEED_OVERLAY },
	{ "overlay: open and close", 'o', OVERLAY, GOAL_SPEED_OVERLAY },
	{ "overlay: create, write, unlink", 'u', OVERLAY, GOAL_SPEED_OVERLAY },
};

#define BITS (int)(sizeof(bits) / sizeof(bits[0]))
enum {
	INSIDE,
	OUTSIDE,
	CONTROL,
	UNION,
	WORKERS
};
#define ROUNDS_MAX 400

struct worker {
	int ask, answer;
};

struct result {
	struct world *w;
	int rounds;
	double took[BITS][WORKERS][ROUNDS_MAX];
};

static void pipes(struct worker *of, int ret[2])
{
	int a[2], b[2];

	if (pipe2(a, O_CLOEXEC) < 0 || pipe2(b, O_CLOEXEC) < 0)
		die("pipe: %m");
	of->ask = a[1];
	of->answer = b[0];
	ret[0] = a[0];
	ret[1] = b[1];
}

static const char *dir_of(const struct world *w, const char *name)
{
	static char path[8][192];
	static int next;
	char *p = path[next++ % 8];

	snprintf(p, sizeof(path[0]), "%s/%s", w->dir, name);
	if (mkdir(p, 0755) < 0 && errno != EEXIST)
		die("%s: %m", p);
	return p;
}

static const char *tmpfs_at(const struct world *w, const char *name)
{
	const char *dir = dir_of(w, name);

	if (mount("memory", dir, "tmpfs", MS_NODEV, NULL) < 0)
		die("%s: %m", dir);
	return dir;
}

/* Like the one inside, by mount(2). */
static const char *overlay_at(const struct world *w, const char *name)
{
	const char *dir = dir_of(w, name), *upper = tmpfs_at(w, "memory.upper");
	char text[768];

	snprintf(text, sizeof(text), "%s/upper", upper);
	mkdir(text, 0755);
	snprintf(text, sizeof(text), "%s/work", upper);
	mkdir(text, 0755);
	snprintf(text, sizeof(text), "lowerdir=%s,upperdir=%s/upper,workdir=%s/work", w->root,
		 upper, upper);
	if (mount("overlay", dir, "overlay", 0, text) < 0)
		die("%s: %s: %m", dir, text);
	return dir;
}

/* dir: for what is measured on the overlay inside. */
static void start_outside(struct worker *of, const struct world *w, const char *name,
			  const char *dir)
{
	char program[192];
	char *argv[] = { program, (char *)dir_of(w, name), (char *)dir, NULL };
	posix_spawn_file_actions_t files;
	int fd[2];
	pid_t pid;

	pipes(of, fd);
	snprintf(program, sizeof(program), "%s/work", w->root);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, fd[0], 0);
	posix_spawn_file_actions_adddup2(&files, fd[1], 1);
	if (posix_spawn(&pid, program, &files, NULL, argv, environ))
		die("%s: %m", program);
	posix_spawn_file_actions_destroy(&files);
	close(fd[0]);
	close(fd[1]);
}

static container *start_inside(struct worker *of, const struct world *w, unsigned int job)
{
	static const char *const argv[] = { "/work", "/mnt", "/", NULL };
	container_spec *spec = job_spec(job, w);
	container *c;
	int fd[2];

	pipes(of, fd);
	container_spec_add_bind(spec, AT_FDCWD, dir_of(w, "bind"), "/mnt", 0);
	container_spec_set_argv(spec, argv);
	container_spec_set_stdio(spec, 0, fd[0]);
	container_spec_set_stdio(spec, 1, fd[1]);
	container_spec_set_stdio(spec, 2, CONTAIN_STDIO_INHERIT);
	c = lib_start(spec, NULL);
	container_spec_free(spec);
	close(fd[0]);
	close(fd[1]);
	return c;
}

static double ask(const struct worker *of, int bit)
{
	unsigned char text[2] = { (unsigned char)bits[bit].what, (unsigned char)bits[bit].dir };
	double took;

	if (write(of->ask, text, 2) != 2 || read(of->answer, &took, sizeof(took)) != sizeof(took))
		die("%s: a worker died", bits[bit].name);
	return took;
}

/* One processor for all: what differs between processors is not what is asked for. */
static void pin(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return;
	for (int i = CPU_SETSIZE - 1; i >= 0; i--)
		if (CPU_ISSET(i, &set)) {
			CPU_ZERO(&set);
			CPU_SET(i, &set);
			sched_setaffinity(0, sizeof(set), &set);
			return;
		}
}

static void run(void *arg)
{
	struct result *r = arg;
	unsigned int job = BASE_OVERLAY | JOB_NET | (*r->w->v2 ? JOB_GROUP : 0);
	struct worker workers[WORKERS];
	container *c;

	world_for(r->w, job);
	pin();
	c = start_inside(&workers[INSIDE], r->w, job);
	start_outside(&workers[OUTSIDE], r->w, "outside", tmpfs_at(r->w, "memory"));
	start_outside(&workers[CONTROL], r->w, "control", tmpfs_at(r->w, "memory.control"));
	start_outside(&workers[UNION], r->w, "union", overlay_at(r->w, "overlay"));
	for (int round = -2; round < r->rounds; round++)
		for (int bit = 0; bit < BITS; bit++)
			for (int k = 0; k < WORKERS; k++) {
				int i = (k + round + 2) % WORKERS;
				double took = ask(&workers[i], bit);

				if (round >= 0)
					r->took[bit][i][round] = took;
			}
	for (int i = 0; i < WORKERS; i++)
		close(workers[i].ask);
	lib_end(c);
	while (wait(NULL) > 0)
		;
	world_leave(r->w);
}

/* Round by round: the ratio of neighbours, which the machine treated alike. */
static double ratios(const struct result *r, int bit, int of, double ret[3])
{
	static double ratio[ROUNDS_MAX];

	for (int i = 0; i < r->rounds; i++)
		ratio[i] = r->took[bit][of][i] / r->took[bit][OUTSIDE][i];
	ret[0] = value_at(ratio, r->rounds, 0.25);
	ret[1] = value_at(ratio, r->rounds, 0.5);
	ret[2] = value_at(ratio, r->rounds, 0.75);
	return ret[1];
}

static void row(struct result *r, int bit)
{
	double in[3], control[3], other[3], least;

	goal_row(bits[bit].goal, ratios(r, bit, INSIDE, in), "%s", bits[bit].name);
	ratios(r, bit, CONTROL, control);
	ratios(r, bit, UNION, other);
	if (bits[bit].dir == OVERLAY)
		goal_row(GOAL_SPEED_UNION, in[1] / other[1], "%s", bits[bit].name);
	least = value_at(r->took[bit][INSIDE], r->rounds, 0) /
		value_at(r->took[bit][OUTSIDE], r->rounds, 0);
	printf("| %s | %.0f us | %.2f | %.2f to %.2f | %.2f | %.2f | %.2f to %.2f |",
	       bits[bit].name, median_of(r->took[bit][OUTSIDE], r->rounds), in[1], in[0], in[2],
	       least, control[1], control[0], control[2]);
	if (bits[bit].dir == OVERLAY)
		printf(" %.2f |\n", other[1]);
	else
		printf(" |\n");
}

void bench_speed(struct world *w, const struct options *o)
{
	struct result *r = shared_memory(sizeof(*r));

	r->w = w;
	r->rounds = o->quick ? 3 : o->rounds < ROUNDS_MAX ? o->rounds : ROUNDS_MAX;
	copy_file(B_WORK, w->root, "work");
	in_process(run, r, "speed");
	printf("## Programs inside\n\n"
	       "The same bits of work inside and outside, %d rounds in turns on one processor.\n"
	       "Ratios round by round: the median, and between which values half of the rounds\n"
	       "lie; then the ratio of the minima. The bind is compared with its own file system,\n"
	       "the overlay with a tmpfs like its upper layer. Control: outside against outside.\n"
	       "Last: an overlay that was mounted outside, without a container.\n\n"
	       "| work | outside | inside / outside | half | minima | control | half "
	       "| overlay outside |\n"
	       "|---|---:|---:|---:|---:|---:|---:|---:|\n",
	       r->rounds);
	for (int bit = 0; bit < BITS; bit++)
		row(r, bit);
	printf("\n");
}
