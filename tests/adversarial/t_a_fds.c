/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File descriptors of the caller that lead to the host: A11. */
#include "attack.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A11: directories of the host stay open in the caller, not close-on-exec, as bugs leave them. */
static void leak_directories(struct h_run *r)
{
	int dir = open(h_tree(r->canary), O_PATH | O_DIRECTORY);

	T_SYS(dir);
	for (int fd = 3; fd <= 200; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			T_SYS(dup2(dir, fd));
}

static void cwd_attack(struct h_run *r, const char *cwd, int host_pids)
{
	struct h_job job = h_job(r, h_hunt(r->canary));

	job.cwd = cwd;
	job.host_pids = host_pids;
	h_spawn(r, &job);
	/* the naive reference has other ways out, too: they prove nothing about this one */
	h_held(r, !strstr(r->text, "found cwd\n"), "cwd %s: %.500s", cwd, r->text);
	h_exact(r, r->err && strcmp(r->op, "chdir") == 0 && strcmp(r->object, cwd) == 0,
		"[%s] cwd %s gave %d: %s", r->how->name, cwd, r->err, r->message);
}

static void cwd_by_leaked_fds(struct h_run *r)
{
	int step = t_long() ? 1 : t_guest() ? 50 : 7;

	leak_directories(r);
	for (int fd = 3; fd <= 200; fd += step)
		cwd_attack(r, t_fmt("/proc/self/fd/%d", fd), 0);
	cwd_attack(r, "/proc/self/fd/9/../..", 0);
	cwd_attack(r, "/proc/thread-self/fd/9", 0);
	cwd_attack(r, "/dev/fd/9", 0);
}
H_CASE(a11_cwd_by_leaked_fds, H_ALL, NULL, cwd_by_leaked_fds)

static void cwd_by_links(struct h_run *r)
{
	static const char *const paths[] = {
		"/proc/self/cwd", "/proc/1/cwd", "/proc/self/cwd/..", "/proc/1/root",
		"/proc/self/root/..", "/proc/self/root/../..",
	};

	T_SYS(chdir(h_tree(r->canary)));
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		cwd_attack(r, paths[i], 0);
}
H_CASE(a11_cwd_by_proc_links, H_ALL, NULL, cwd_by_links)

/* The caller's processes are visible inside, and so are their links. Root's alone: procfs. */
static void cwd_of_others(struct h_run *r)
{
	T_SYS(chdir(h_tree(r->canary)));
	cwd_attack(r, t_fmt("/proc/%d/cwd", getpid()), 1);
	cwd_attack(r, t_fmt("/proc/%d/root", getpid()), 1);
	cwd_attack(r, "/proc/1/root", 1);
}
H_CASE(a11_cwd_of_other_processes, H_PLAIN, NULL, cwd_of_others)

/* Ordinary working directories, through symlinks of the image too. */
static void lawful_image(struct h_run *r)
{
	T_SYS(mkdir(t_fmt("%s/usr/share", r->root), 0755));
	T_SYS(symlink("usr/share", t_fmt("%s/share", r->root)));
	T_SYS(symlink("/usr/share", t_fmt("%s/absolute", r->root)));
	T_SYS(symlink("../../../usr", t_fmt("%s/var/up", r->root)));
}

static void lawful_cwd(struct h_run *r)
{
	static const char *const paths[][2] = {
		{ "/share", "/usr/share\n" }, { "/absolute", "/usr/share\n" },
		{ "/var/up/share", "/usr/share\n" }, { "/usr/../tmp", "/tmp\n" },
		{ "/proc", "/proc\n" }, { "/", "/\n" }, { "/dev/shm", "/dev/shm\n" },
	};

	leak_directories(r);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct h_job job = h_job(r, "cwd");

		job.cwd = paths[i][0];
		h_spawn(r, &job);
		h_works(r);
		h_exact(r, strcmp(r->text, paths[i][1]) == 0, "%s: %s", paths[i][0], r->text);
	}
}
H_TWIN(a11_twin_ordinary_cwd, H_ALL, lawful_image, lawful_cwd)
