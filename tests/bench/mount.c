/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What mounts cost: those that the library makes, moves and takes off, against the same system
 * calls by hand, and unions of 2, 20 and 200 layers. In a mount namespace of its own.
 */
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROUNDS_MAX 2000
#define LAYERS 200
#define ATTRIBUTES (CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_NOSUID)

enum { RAW, LIB, CONTROL, SIDES }; /* CONTROL: by hand once more, the noise of this run */

/* What the jobs work on: a tmpfs, where they are. */
struct place {
	int root;
	int mount; /* what is attached */
	int layers, upper;
};

static int must(long r, const char *what)
{
	if (r < 0)
		die("%s: %m", what);
	return (int)r;
}

static int library(int r, contain_error *e)
{
	if (r < 0)
		die("%s", contain_error_message(e));
	return r;
}

/* ---- by hand ---- */

static void text(int fs, const char *key, const char *value)
{
	must(fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0), key);
}

static int made(int fs)
{
	int fd;

	must(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "create");
	fd = must(fsmount(fs, FSMOUNT_CLOEXEC, 0), "fsmount");
	close(fs);
	return fd;
}

static int raw_tmpfs(struct place *p)
{
	int fs = must(fsopen("tmpfs", FSOPEN_CLOEXEC), "fsopen");

	(void)p;
	text(fs, "size", "1048576");
	text(fs, "nr_inodes", "100");
	text(fs, "mode", "0755");
	return made(fs);
}

static int raw_clone(struct place *p)
{
	return must(open_tree(p->root, "source", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), "open_tree");
}

static int raw_bind(struct place *p)
{
	int fd = raw_clone(p);

	must(move_mount(fd, "", p->root, "target", MOVE_MOUNT_F_EMPTY_PATH), "move_mount");
	close(fd);
	return -1;
}


/* the target is below a root that somebody else may change */
static int raw_attach(struct place *p)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int at = must(syscall(SYS_openat2, p->root, "/target", &how, sizeof(how)), "target");

	must(move_mount(p->mount, "", at, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
	     "move_mount");
	close(at);
	return -1;
}

static int raw_attributes(struct place *p)
{
	struct mount_attr on = { .attr_set = ATTRIBUTES }, off = { .attr_clr = ATTRIBUTES };

	must(mount_setattr(p->root, "source", AT_RECURSIVE, &on, sizeof(on)), "mount_setattr");
	must(mount_setattr(p->root, "source", AT_RECURSIVE, &off, sizeof(off)), "mount_setattr");
	return -1;
}

static int raw_detach(struct place *p)
{
	(void)p;
	must(umount2("target", MNT_DETACH | UMOUNT_NOFOLLOW), "umount2");
	return -1;
}

/* Opened first, as whoever checks a directory has to; by name where the kernel takes no fd. */
static void directory(int fs, const char *key, const char *name)
{
	int fd = must(open(name, O_PATH | O_DIRECTORY | O_CLOEXEC), name);

	if (fsconfig(fs, FSCONFIG_SET_FD, key, NULL, fd) < 0)
		text(fs, key, name);
	close(fd);
}

static int raw_overlay(struct place *p)
{
	int fs = must(fsopen("overlay", FSOPEN_CLOEXEC), "fsopen");
	char name[16];

	for (int i = 0; i < p->layers; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		directory(fs, "lowerdir+", name);
	}
	if (p->upper) {
		directory(fs, "upperdir", "upper");
		directory(fs, "workdir", "work");
	}
	return made(fs);
}

/* ---- by the library ---- */

static int lib_tmpfs(struct place *p)
{
	contain_error *e = NULL;

	(void)p;
	return library(contain_mount_new_tmpfs(1048576, 100, 0755, 0, &e), e);
}

static int lib_clone(struct place *p)
{
	contain_error *e = NULL;

	return library(contain_mount_clone(p->root, "source", 0, 0, &e), e);
}

static int lib_attach(struct place *p)
{
	contain_error *e = NULL;

	library(contain_mount_attach(p->mount, p->root, "/target", 0, &e), e);
	return -1;
}

static int lib_attributes(struct place *p)
{
	contain_error *e = NULL;

	library(contain_mount_set_attributes(p->root, "source", ATTRIBUTES, 0, 1, &e), e);
	library(contain_mount_set_attributes(p->root, "source", 0, ATTRIBUTES, 1, &e), e);
	return -1;
}

static int lib_detach(struct place *p)
{
	contain_error *e = NULL;

	library(contain_mount_detach(p->root, "target", CONTAIN_DETACH_LAZY, &e), e);
	return -1;
}

static int lib_bind(struct place *p)
{
	contain_error *e = NULL;

	library(contain_mount_bind(p->root, "source", p->root, "target", 0, &e), e);
	return -1;
}

static int lib_overlay(struct place *p)
{
	contain_overlay *o = NULL;
	contain_error *e = NULL;
	char name[16];
	int fd;

	must(contain_overlay_new(&o), "contain_overlay_new");
	for (int i = 0; i < p->layers; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		contain_overlay_add_lower(o, p->root, name);
	}
	if (p->upper)
		contain_overlay_set_upper(o, p->root, "upper", "work");
	fd = library(contain_overlay_mount(o, 0, &e), e);
	contain_overlay_free(o);
	return fd;
}

/* ---- the jobs ---- */

static void detach(struct place *p)
{
	raw_detach(p);
}

static void attach(struct place *p)
{
	raw_bind(p);
}

static void new_clone(struct place *p)
{
	p->mount = raw_clone(p);
}

static void attached(struct place *p)
{
	raw_detach(p);
	close(p->mount);
}

static const struct job {
	const char *name;
	int (*raw)(struct place *p), (*lib)(struct place *p); /* an fd that they made, or -1 */
	void (*before)(struct place *p), (*after)(struct place *p); /* outside of the time */
	enum { ONE, UNION, UNION_UPPER } kind;
} jobs[] = {
	{ "a tmpfs: `contain_mount_new_tmpfs()`", raw_tmpfs, lib_tmpfs, NULL, NULL, ONE },
	{ "a clone: `contain_mount_clone()`", raw_clone, lib_clone, NULL, NULL, ONE },
	{ "attached inside of a root: `contain_mount_attach()`", raw_attach, lib_attach, new_clone,
	  attached, ONE },
	{ "a bind: `contain_mount_bind()`", raw_bind, lib_bind, NULL, detach, ONE },
	{ "two attributes, on and off: `contain_mount_set_attributes()`", raw_attributes,
	  lib_attributes, NULL, NULL, ONE },
	{ "detached: `contain_mount_detach()`; raw: by name", raw_detach, lib_detach, attach, NULL,
	  ONE },
	{ "a read-only union: `contain_overlay_mount()`", raw_overlay, lib_overlay, NULL, NULL,
	  UNION },
	/* the library asks the kernel first whether another union has the same upper directory */
	{ "a union with upperdir: `contain_overlay_mount()`", raw_overlay, lib_overlay, NULL, NULL,
	  UNION_UPPER },
};

#define JOBS (int)(sizeof(jobs) / sizeof(jobs[0]))

struct run {
	const struct job *job;
	int layers, rounds;
	double took[SIDES][ROUNDS_MAX];
};

static void timed(const struct run *run, struct place *p, int side, double *took)
{
	const struct job *job = run->job;
	double begin;
	int fd;

	if (job->before)
		job->before(p);
	begin = now_usec();
	fd = side == LIB ? job->lib(p) : job->raw(p);
	if (took)
		*took = now_usec() - begin;
	if (job->after)
		job->after(p);
	if (fd >= 0)
		close(fd);
}

static void make_place(struct place *p, const char *dir)
{
	static const char *const names[] = { "source", "target", "upper", "work" };
	char name[16];

	must(unshare(CLONE_NEWNS), "unshare");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
	must(mount("bench", dir, "tmpfs", 0, "mode=0755"), dir);
	must(chdir(dir), dir);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		must(mkdir(names[i], 0755), names[i]);
	for (int i = 0; i < LAYERS; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		must(mkdir(name, 0755), name);
	}
	must(mount("source", "source", "tmpfs", 0, NULL), "source");
	p->root = must(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), dir);
}

static struct world *world;

static void measure(void *arg)
{
	struct run *run = arg;
	struct place p = { .mount = -1,
			   .layers = run->layers,
			   .upper = run->job->kind == UNION_UPPER };

	make_place(&p, world->dir);
	for (int i = -3; i < run->rounds; i++)
		for (int k = 0; k < SIDES; k++) {
			int side = (k + i + SIDES) % SIDES;

			timed(run, &p, side, i < 0 ? NULL : &run->took[side][i]);
		}
	close(p.root);
}

static void row(struct run *run, const char *name)
{
	double median[SIDES], least[SIDES];

	in_process(measure, run, name);
	for (int side = 0; side < SIDES; side++) {
		median[side] = median_of(run->took[side], run->rounds);
		least[side] = run->took[side][0];
	}
	printf("| %s | %.1f us | %+.1f us | %.2f | %.2f | %.2f |\n", name, median[RAW],
	       median[LIB] - median[RAW], median[LIB] / median[RAW], least[LIB] / least[RAW],
	       median[CONTROL] / median[RAW]);
	/* of what takes a microsecond, a check more is half */
	if (run->job->kind == UNION)
		goal_row(GOAL_OVERLAY, median[LIB] / median[RAW], "%s", name);
}

static void acts(const struct options *o)
{
	static const int layers[] = { 2, 20, 200 };
	struct run *run = shared_memory(sizeof(*run));
	char name[96];

	run->rounds = o->rounds < ROUNDS_MAX ? o->rounds : ROUNDS_MAX;
	printf("%d rounds in turns; what a mount takes until it is there, not until it is gone.\n\n"
	       "| | raw | the library, more | / raw | minima | raw again |\n"
	       "|---|---:|---:|---:|---:|---:|\n",
	       run->rounds);
	for (run->job = jobs; run->job < jobs + JOBS; run->job++) {
		if (run->job->kind == ONE)
			row(run, run->job->name);
		for (int i = 0; i < 3 && run->job->kind != ONE && world->lowerdir_add; i++) {
			run->layers = layers[i];
			snprintf(name, sizeof(name), "%s, %d layers", run->job->name, layers[i]);
			row(run, name);
		}
	}
	printf("\n");
	if (!world->lowerdir_add)
		printf("No union by hand: this kernel takes no layers one by one.\n\n");
}

void bench_mount(struct world *w, const struct options *o)
{
	world = w;
	printf("## Mounts\n\n");
	acts(o);
	bench_mount_table(w, o);
}
