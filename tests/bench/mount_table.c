/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the table of all mounts costs, by how many there are: the text of /proc/self/mountinfo read
 * and thrown away, the library, libmount, and findmnt(8). In a mount namespace of its own.
 */
#include "measure.h"

#include <fcntl.h>
#include <libmount/libmount.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FINDMNT "/usr/bin/findmnt"
#define ROUNDS_MAX 100

enum { TEXT, TAKE, TAKE_TREE, LIBMOUNT, LIBMOUNT_TREE, FINDMNT_8, SUBJECTS };

static const int many[] = { 1000, 5000 };

struct table {
	struct world *w;
	int rounds;
	struct {
		int seen[SUBJECTS]; /* mounts: every one has to be told */
		int n[SUBJECTS];
		double usec[SUBJECTS][ROUNDS_MAX];
	} of[2];
};

static int read_text(void)
{
	static char buf[65536];
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC), lines = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += buf[i] == '\n';
	if (fd < 0 || n < 0)
		die("mountinfo: %m");
	close(fd);
	return lines;
}

/* Each mount once, those below another behind it. */
static int libmount_tree(struct libmnt_table *tb, struct libmnt_fs *fs)
{
	struct libmnt_iter *it = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *child;
	int n = 1;

	while (mnt_table_next_child_fs(tb, it, fs, &child) == 0)
		n += libmount_tree(tb, child);
	mnt_free_iter(it);
	return n;
}

static int libmount(int tree)
{
	struct libmnt_table *tb = mnt_new_table_from_file("/proc/self/mountinfo");
	struct libmnt_fs *root;
	int n;

	if (!tb || mnt_table_get_root_fs(tb, &root))
		die("libmount");
	n = tree ? libmount_tree(tb, root) : mnt_table_get_nents(tb);
	mnt_unref_table(tb);
	return n;
}

static int findmnt(void)
{
	int status;
	pid_t pid = vfork();

	if (!pid) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, 1);
		execl(FINDMNT, "findmnt", NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		die(FINDMNT " failed");
	return 0;
}

static int library(int tree)
{
	contain_mount_table *t = NULL;
	contain_error *e = NULL;
	int n = 0;

	if (contain_mount_table_take(-1, 0, &t, &e) < 0)
		die("%s", contain_error_message(e));
	if (!tree)
		n = contain_mount_table_count(t);
	while (tree && contain_mount_table_walk(t, n, NULL, NULL) == 0)
		n++;
	contain_mount_table_free(t);
	return n;
}

static int once(int subject)
{
	switch (subject) {
	case TEXT:
		return read_text();
	case TAKE:
	case TAKE_TREE:
		return library(subject == TAKE_TREE);
	case LIBMOUNT:
		return libmount(0);
	case LIBMOUNT_TREE:
		return libmount(1);
	default:
		return findmnt();
	}
}

static int there(int subject)
{
	return subject != FINDMNT_8 || access(FINDMNT, X_OK) == 0;
}

/* Two mount namespaces: the second has what the first one has, and more. */
static void make_mounts(const struct table *t, int *ns)
{
	char name[16];

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bench", t->w->dir, "tmpfs", 0, "mode=0755") || chdir(t->w->dir) ||
	    mkdir("source", 0755))
		die("%s: %m", t->w->dir);
	for (int k = 0, i = 0; k < 2; k++) {
		if (k && unshare(CLONE_NEWNS))
			die("unshare: %m");
		for (; i < many[k]; i++) {
			snprintf(name, sizeof(name), "m%d", i);
			if (mkdir(name, 0755) || mount("source", name, NULL, MS_BIND, NULL))
				die("%s: %m", name);
		}
		ns[k] = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	}
}

static void round_of(struct table *t, int k, int round)
{
	for (int s = 0; s < SUBJECTS; s++) {
		double begin = now_usec();
		int n;

		/* programs and the quadratic ones take long */
		if (!there(s) || (s >= LIBMOUNT_TREE && round % 10 != 0 && round >= 0))
			continue;
		n = once(s);
		if (round < 0)
			t->of[k].seen[s] = n;
		else
			t->of[k].usec[s][t->of[k].n[s]++] = now_usec() - begin;
	}
}

static void measure(void *arg)
{
	struct table *t = arg;
	int ns[2];

	make_mounts(t, ns);
	for (int i = -1; i < t->rounds; i++)
		for (int k = 0; k < 2; k++) {
			if (setns(ns[k], CLONE_NEWNS))
				die("setns: %m");
			round_of(t, k, i);
		}
	for (int k = 0; k < 2; k++)
		for (int s = 0; s < FINDMNT_8; s++)
			if (t->of[k].seen[s] != t->of[k].seen[TEXT])
				die("%d mounts of %d, by subject %d", t->of[k].seen[s],
				    t->of[k].seen[TEXT], s);
}

static const char *const titles[SUBJECTS] = {
	[TEXT] = "the text of mountinfo, read and thrown away",
	[TAKE] = "`contain_mount_table_take()`",
	[TAKE_TREE] = "the same, and all of it walked as a tree",
	[LIBMOUNT] = "libmount: mnt_new_table_from_file()",
	[LIBMOUNT_TREE] = "the same, and all of it walked as a tree",
	[FINDMNT_8] = "findmnt(8), a program that is started and prints a tree",
};

static void row(struct table *t, int s, double *median)
{
	double of_one = 1;

	for (int k = 0; k < 2; k++)
		median[k] = median_of(t->of[k].usec[s], t->of[k].n[s]);
	of_one = median[1] / t->of[1].seen[TEXT] / (median[0] / t->of[0].seen[TEXT]);
	printf("| %s | %.0f us | %.0f us | %.2f |\n", titles[s], median[0], median[1], of_one);
	if (s == TAKE || s == TAKE_TREE)
		goal_row(GOAL_TABLE, of_one, "%s", s == TAKE ? "taken" : "taken and walked");
}

void bench_mount_table(struct world *w, const struct options *o)
{
	struct table *t = shared_memory(sizeof(*t));
	double median[SUBJECTS][2];

	t->w = w;
	t->rounds = o->rounds / 10 < 3 ? 1 : o->rounds / 10;
	t->rounds = t->rounds < ROUNDS_MAX ? t->rounds : ROUNDS_MAX;
	in_process(measure, t, "mount table");
	printf("The table of all mounts. Last column: what one mount costs in the larger table,\n"
	       "as a ratio to the smaller one.\n\n"
	       "| | %d mounts | %d mounts | of one |\n|---|---:|---:|---:|\n", many[0], many[1]);
	for (int s = 0; s < SUBJECTS; s++)
		if (t->of[0].n[s])
			row(t, s, median[s]);
	for (int k = 0; k < 2; k++)
		for (int s = LIBMOUNT_TREE; s < SUBJECTS; s++)
			if (t->of[k].n[s])
				goal_row(GOAL_TABLE_PEERS, median[s][k] / median[TAKE_TREE][k],
					 "%s, %d mounts",
					 s == LIBMOUNT_TREE ? "libmount" : "findmnt(8)", many[k]);
	printf("\n");
}
