/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A08: what an image or a volume has at /proc, while set-up has to write there. A10: what lies over
 * a sysctl. What was set is asked for by other ways than the /proc inside.
 */
#include "attack.h"

#include <contain/contain.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCORE "321"
#define TTL "77"
#define TTL_FILE "/proc/sys/net/ipv4/ip_default_ttl"

static void set_values(container_spec *s, void *arg)
{
	(void)arg;
	container_spec_set_oom_score_adj(s, 321);
	container_spec_add_sysctl(s, "net.ipv4.ip_default_ttl", TTL);
}

/* fd 5 is the test's own /proc: "self" there is who asks. */
static struct h_job values(struct h_run *r)
{
	struct h_job job = h_job(r, "at 5 self/oom_score_adj -- ttl");
	int fd;

	T_SYS(fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	h_add_fd(&job, fd, 5);
	job.more = set_values;
	job.set_file[0] = "/proc/self/oom_score_adj";
	job.set_value[0] = SCORE;
	return job;
}

static void held(struct h_run *r, struct h_job *job)
{
	h_spawn(r, job);
	h_held(r, r->err || strstr(r->text, "at self/oom_score_adj " SCORE "\n"),
	       "set, and not set: %s", r->text);
	h_exact(r, r->err || strstr(r->text, "ttl " TTL "\n"), "%s", r->text);
	close(job->fd[0].fd);
}

static void proc_attack(struct h_run *r)
{
	const char *const lower[] = { r->root, NULL };

	for (int in_union = 0; in_union < 2; in_union++) {
		struct h_job job = values(r);

		if (in_union)
			job.lower = lower;
		held(r, &job);
	}
}

static void fake_proc(const char *dir)
{
	T_SYS(mkdir(dir, 0755));
	T_SYS(mkdir(t_fmt("%s/self", dir), 0777));
	t_write_file(t_fmt("%s/self/oom_score_adj", dir), "0\n");
	T_SYS(chmod(t_fmt("%s/self/oom_score_adj", dir), 0666));
	T_SYS(symlink("self", t_fmt("%s/thread-self", dir)));
	T_SYS(mkdir(t_fmt("%s/sys", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/sys/net", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/sys/net/ipv4", dir), 0755));
	t_write_file(t_fmt("%s/sys/net/ipv4/ip_default_ttl", dir), "1\n");
}

static void proc_image(struct h_run *r, const char *text)
{
	const char *proc = t_fmt("%s/proc", r->root);

	T_SYS(rmdir(proc));
	if (text)
		T_SYS(symlink(text, proc));
	else
		T_SYS(mknod(proc, S_IFREG | 0666, 0));
}

static void proc_absolute(struct h_run *r)
{
	proc_image(r, t_fmt("%s/dir", h_tree(r->canary)));
}
H_CASE(a08_proc_is_an_absolute_symlink, H_ALL, proc_absolute, proc_attack)

static void proc_relative(struct h_run *r)
{
	proc_image(r, t_fmt("../../../../../..%s/dir", h_tree(r->canary)));
}
H_CASE(a08_proc_is_a_relative_symlink, H_ALL, proc_relative, proc_attack)

static void proc_loop(struct h_run *r)
{
	proc_image(r, "proc");
}
H_CASE(a08_proc_is_a_symlink_to_itself, H_ALL, proc_loop, proc_attack)

static void proc_file(struct h_run *r)
{
	proc_image(r, NULL);
}
H_CASE(a08_proc_is_a_file, H_ALL, proc_file, proc_attack)

/* Over the container's own: a volume of the spec, which comes after it. */
static void proc_volume(struct h_run *r)
{
	fake_proc(t_fmt("%s/fake", h_host(r->canary)));
}

static void volume_attack(struct h_run *r)
{
	static const uint32_t without[] = { 0, CONTAIN_DEFAULT_PROC };

	for (int i = 0; i < 2; i++) {
		struct h_job job = values(r);

		job.no_defaults = without[i];
		h_bind(&job, t_fmt("%s/fake", h_host(r->canary)), "/proc", 0);
		held(r, &job);
	}
}
H_CASE(a08_proc_is_a_volume, H_ALL, proc_volume, volume_attack)

/* A file of procfs lies over the one that is written: "is procfs" is true of it. */
static void other_file_attack(struct h_run *r)
{
	struct h_job job = values(r);

	h_bind(&job, "/proc/self/sched", "/proc/1/oom_score_adj", 0);
	held(r, &job);
}
H_CASE(a08_another_file_of_procfs, H_PLAIN, NULL, other_file_attack)

/* In the image alone, or below a symlink that stays inside, it works. */
static void proc_lawful(struct h_run *r)
{
	fake_proc(t_fmt("%s/job/proc", r->root));
	proc_image(r, "job/proc");
}

static void proc_works(struct h_run *r)
{
	struct h_job job = values(r);

	h_argv(&job, "/bin/payload at 5 self/oom_score_adj -- ttl -- "
		     "read /proc/self/oom_score_adj");
	h_spawn(r, &job);
	h_works(r);
	h_exact(r, !strcmp(r->text, "at self/oom_score_adj " SCORE "\nttl " TTL "\n" SCORE "\n"),
		"%s", r->text);
	close(job.fd[0].fd);
}
H_TWIN(a08_twin_proc_is_a_symlink_inside, H_ALL, proc_lawful, proc_works)

static void tree_in_the_image(struct h_run *r)
{
	T_SYS(rmdir(t_fmt("%s/proc", r->root)));
	fake_proc(t_fmt("%s/proc", r->root));
}
H_TWIN(a08_twin_proc_is_a_tree, H_ALL, tree_in_the_image, proc_works)

/* ---- A10 ---- */

static void sysctl_attack(struct h_run *r)
{
	const char *over = t_fmt("%s/file", h_tree(r->canary));
	struct h_job job = values(r);

	h_bind(&job, over, TTL_FILE, 0);
	job.set_file[1] = TTL_FILE;
	job.set_value[1] = TTL;
	h_spawn(r, &job);
	h_held(r, r->err || strstr(r->text, "ttl " TTL "\n"), "set, and not set: %s", r->text);
	close(job.fd[0].fd);
}
H_CASE(a10_a_file_lies_over_a_sysctl, H_ALL, NULL, sysctl_attack)

/* A whole tree of them, below the container's own /proc and in place of it. */
static void sysctl_tree_attack(struct h_run *r)
{
	static const uint32_t without[] = { 0, CONTAIN_DEFAULT_PROC };

	for (int i = 0; i < 2; i++) {
		struct h_job job = values(r);

		job.no_defaults = without[i];
		h_bind(&job, t_fmt("%s/fake/sys", h_host(r->canary)),
		       without[i] ? "/proc" : "/proc/sys", 0);
		job.set_file[1] = without[i] ? "/proc/net/ipv4/ip_default_ttl" : TTL_FILE;
		job.set_value[1] = TTL;
		h_spawn(r, &job);
		h_held(r, r->err || strstr(r->text, "ttl " TTL "\n"), "set, and not set: %s",
		       r->text);
		close(job.fd[0].fd);
	}
}
H_CASE(a10_a_tree_lies_over_the_sysctls, H_ALL, proc_volume, sysctl_tree_attack)
