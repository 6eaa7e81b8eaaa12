/* SPDX-License-Identifier: MIT-0 */
/*
 * 26: one image, three containers. All have the same lower layer and each an upper directory of
 * its own: the programs of the image are in memory once for all of them, and what each container
 * has changed is told, and stays in its upper directory.
 *
 *	26_layers ROOT DIR	DIR: empty, for the upper directories
 */
#include <contain/contain.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const jobs[3][3] = { /* upperdir, workdir, what it does */
	{ "upper1", "work1", "echo more >>/etc/motd; mkdir /srv; echo new >/srv/file" },
	{ "upper2", "work2", "rm /etc/motd; chmod 600 /etc/hosts" },
	{ "upper3", "work3", "rm -r /home; mkdir /home; echo another >/home/file" },
};

/* KiB of a line such as "Pss:      443 kB", its part of pages that several processes use */
static long kib(const container *c, const char *key)
{
	char name[64], text[4096] = "", *at;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/smaps_rollup", container_pid(c));
	fd = open(name, O_RDONLY | O_CLOEXEC);
	at = read(fd, text, sizeof(text) - 1) > 0 ? strstr(text, key) : NULL;
	close(fd);
	return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

static int start(const char *root, int dir, int i, int ready, container **c, contain_error **e)
{
	const char *const layers[] = { root, NULL };
	const char *const argv[] = { "sh", "-c", "eval \"$0\"; echo >&3; read", jobs[i][2], NULL };
	container_spec *s = NULL;
	int r;

	mkdirat(dir, jobs[i][0], 0755);
	mkdirat(dir, jobs[i][1], 0755);
	container_spec_new(&s);
	container_spec_set_name(s, "layers");
	container_spec_set_root_overlay(s, AT_FDCWD, layers, 0, 0);
	container_spec_set_root_upperdir(s, dir, jobs[i][0], jobs[i][1]);
	container_spec_set_argv(s, argv);
	container_spec_set_stdio(s, 0, CONTAIN_STDIO_PIPE); /* what it waits at */
	container_spec_add_fd(s, ready, 3);
	r = container_spawn(s, c, e);
	container_spec_free(s);
	return r;
}

static int print_changes(int root, int dir, int i, contain_error **e)
{
	int fd = openat(dir, jobs[i][0], O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	contain_layer_diff *d = NULL;

	printf("what %d has changed:\n", i + 1);
	/* a user's container has a user namespace: overlay keeps its notes in user.* there */
	r = contain_layer_diff_open(fd, &root, 1, geteuid() ? CONTAIN_LAYER_USERXATTR : 0, &d, e);
	while (r == 0 && contain_layer_diff_next(d) > 0)
		printf("  %-9s %s\n", contain_layer_change_name(contain_layer_diff_change(d)),
		       contain_layer_diff_path(d));
	contain_layer_diff_free(d);
	close(fd);
	return r;
}

int main(int argc, char **argv)
{
	int root = argc == 3 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int dir = argc == 3 ? open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	container *c[3] = { NULL, NULL, NULL };
	contain_error *e = NULL;
	int ready[2], failed = 0;

	if (root < 0 || dir < 0 || pipe2(ready, O_CLOEXEC) < 0)
		return fprintf(stderr, "usage: %s ROOT DIR\n", argv[0]), 2;
	for (int i = 0; i < 3 && !failed; i++)
		failed = start(argv[1], dir, i, ready[1], &c[i], &e) < 0 ||
			 read(ready[0], &(char){ 0 }, 1) != 1;
	for (int i = 0; i < 3 && !failed; i++)
		printf("container %d: %ld KiB of programs in memory, its part of them %ld KiB\n",
		       i + 1, kib(c[i], "\nRss:") - kib(c[i], "\nAnonymous:"),
		       kib(c[i], "\nPss:") - kib(c[i], "\nPss_Anon:"));
	for (int i = 0; i < 3; i++) {
		container_delete(c[i], -1, NULL);
		container_free(c[i]);
		failed = failed || print_changes(root, dir, i, &e) < 0;
	}
	if (e)
		fprintf(stderr, "%s\n", contain_error_message(e));
	contain_error_free(e);
	return failed;
}
