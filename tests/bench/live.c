/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory of containers that run: many of them with a program that sleeps; by the library and by
 * raw C. The parent's side is what its process holds; the container's side is what the kernel
 * charges to the group that the measuring process and all of its containers are in.
 */
#include "measure.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANY 100
#define V1_MEMORY "/sys/fs/cgroup/memory"

struct amounts {
	double rss, heap, fds, kernel, charged; /* -1: the kernel does not tell here */
	double stays; /* proportional set of the contain-init of one container */
};

struct result {
	struct world *w;
	unsigned int job;
	int by_hand, n;
	struct amounts each; /* of one container */
};

/* Where the charges are read: files of the v1 memory controller's group, or of the v2 group's. */
struct books {
	char group[192]; /* v1 only */
	int v2;		 /* 1: memory.stat and memory.current */
	int kernel, charged;
};

static double read_key(int fd, const char *key)
{
	char text[8192], *at = text;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return -1;
	text[n] = 0;
	if (*key)
		at = strstr(text, key);
	return at ? strtod(at + strlen(key), NULL) : -1;
}

static double rss_kib(void)
{
	int fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
	double kib = read_key(fd, "\nRss:");

	close(fd);
	return kib;
}

static int open_in(const char *dir, const char *file, int flags)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return open(path, flags | O_CLOEXEC);
}

/* Of all processes with this in their name. */
static double pss_kib(const char *name)
{
	struct dirent *entry;
	DIR *d = opendir("/proc");
	double sum = 0;
	char dir[300], text[64];
	int fd;

	while (d && (entry = readdir(d))) {
		if (*entry->d_name < '0' || *entry->d_name > '9')
			continue;
		snprintf(dir, sizeof(dir), "/proc/%s", entry->d_name);
		fd = open_in(dir, "comm", O_RDONLY);
		memset(text, 0, sizeof(text));
		if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && strstr(text, name)) {
			int maps = open_in(dir, "smaps_rollup", O_RDONLY);
			double kib = read_key(maps, "\nPss:");

			sum += kib > 0 ? kib : 0;
			close(maps);
		}
		close(fd);
	}
	if (d)
		closedir(d);
	return sum;
}

static double count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	double n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* Before world_for(), which puts the v1 hierarchies out of reach. */
static void open_books(struct books *b, const struct world *w)
{
	int procs;

	*b = (struct books){ .kernel = -1, .charged = -1 };
	if (w->limits) {
		b->v2 = 1;
		return;
	}
	snprintf(b->group, sizeof(b->group), V1_MEMORY "/%s", strrchr(w->dir, '/') + 1);
	if (access(V1_MEMORY "/memory.usage_in_bytes", F_OK) ||
	    (mkdir(b->group, 0755) < 0 && errno != EEXIST))
		return;
	procs = open_in(b->group, "cgroup.procs", O_WRONLY);
	if (write(procs, "0", 1) < 0)
		die("%s: %m", b->group);
	close(procs);
	b->kernel = open_in(b->group, "memory.kmem.usage_in_bytes", O_RDONLY);
	b->charged = open_in(b->group, "memory.usage_in_bytes", O_RDONLY);
}

/* The process itself is in another group, with v2, or what it holds would be counted, too. */
static void open_books_v2(struct books *b, const struct world *w)
{
	char group[160];

	if (!b->v2)
		return;
	snprintf(group, sizeof(group), "%s/contain", w->v2);
	b->kernel = open_in(group, "memory.stat", O_RDONLY);
	b->charged = open_in(group, "memory.current", O_RDONLY);
}

static struct amounts take(const struct books *b)
{
	struct amounts a = { .rss = rss_kib(),
			     .heap = (double)mallinfo2().uordblks / 1024,
			     .fds = count_fds() };

	a.kernel = read_key(b->kernel, b->v2 ? "\nkernel " : "") / 1024;
	a.charged = read_key(b->charged, "") / 1024;
	return a;
}

static void start_all(struct result *r, const container_plan *plan, container **c, struct raw *raw)
{
	for (int i = 0; i < r->n; i++)
		if (r->by_hand)
			raw_start(&raw[i], r->job, r->w);
		else
			c[i] = lib_start(NULL, plan);
}

static void end_all(struct result *r, container **c, struct raw *raw)
{
	for (int i = 0; i < r->n; i++)
		if (r->by_hand) {
			kill(raw[i].pid, SIGKILL);
			raw_end(&raw[i]);
		} else {
			container_kill(c[i], NULL);
			lib_end(c[i]);
		}
}

static void run(void *arg)
{
	static char *const argv[] = { (char *)"/stay", NULL };
	static struct raw raw[MANY];
	static container *c[MANY];
	struct result *r = arg;
	struct amounts a, b;
	struct books books;
	container_plan *plan = NULL;
	container_spec *spec;

	r->w->argv = argv;
	open_books(&books, r->w);
	world_for(r->w, r->job);
	open_books_v2(&books, r->w);
	spec = job_spec(r->job, r->w);
	if (container_plan_compile(spec, &plan, NULL) < 0)
		die("compile");
	start_all(r, plan, c,
		  raw); /* once before: what is kept for the next start is no container's */
	end_all(r, c, raw);
	malloc_trim(0);
	a = take(&books);
	a.stays = pss_kib("contain-i");
	start_all(r, plan, c, raw);
	b = take(&books);
	b.stays = pss_kib("contain-i");
	end_all(r, c, raw);
	r->each = (struct amounts){ (b.rss - a.rss) / r->n,
				    (b.heap - a.heap) / r->n,
				    (b.fds - a.fds) / r->n,
				    a.kernel < 0 ? -1 : (b.kernel - a.kernel) / r->n,
				    a.charged < 0 ? -1 : (b.charged - a.charged) / r->n,
				    (b.stays - a.stays) / r->n };
	world_leave(r->w);
}

static void print_kib(double kib)
{
	if (kib == -1)
		printf(" ? |");
	else
		printf(" %.1f KiB |", kib);
}

static void row(struct result *r)
{
	char v1[192], name[48];

	in_process(run, r, "live");
	snprintf(v1, sizeof(v1), V1_MEMORY "/%s", strrchr(r->w->dir, '/') + 1);
	rmdir(v1);
	printf("| %s, %s |", job_name(r->job, name), r->by_hand ? "raw C" : "the library");
	print_kib(r->each.rss);
	print_kib(r->each.heap);
	printf(" %.1f |", r->each.fds);
	print_kib(r->each.kernel);
	print_kib(r->each.charged);
	print_kib(r->each.stays);
	printf("\n");
}

void bench_live(struct world *w, const struct options *o)
{
	static const unsigned int jobs[] = { BASE_BARE,
					     BASE_NS5,
					     BASE_OVERLAY,
					     BASE_OVERLAY | JOB_NET,
					     BASE_OVERLAY | JOB_NET | JOB_INIT,
					     BASE_OVERLAY | JOB_NET | JOB_MONITOR };
	unsigned int group = *w->v2 ? JOB_GROUP : 0;
	struct result *r = shared_memory(sizeof(*r));

	r->w = w;
	r->n = o->quick ? 5 : MANY;
	copy_file(B_STAY, w->root, "stay");
	printf("## Memory of containers that run\n\n"
	       "One of %d containers that sleep. The process that started them: resident set,\n"
	       "heap in use, descriptors. The kernel's memory, and all that is charged to the\n"
	       "containers%s; of that the proportional set of contain-init, where it\n"
	       "stays.\n\n"
	       "| | resident | heap | fds | kernel | charged | contain-init |\n"
	       "|---|---:|---:|---:|---:|---:|---:|\n",
	       r->n, w->limits ? "" : " and their parent");
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
		for (r->by_hand = !(jobs[i] & (JOB_INIT | JOB_MONITOR)); r->by_hand >= 0;
		     r->by_hand--) {
			r->job = jobs[i] | group;
			row(r);
		}
	printf("\n");
}
