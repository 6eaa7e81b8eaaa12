/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The naive reference: a container as first attempts look, for the attacks to succeed against.
 * Joined strings, mount(2) and chdir(2) by path, mkdir -p, chroot(2), nothing closed, no groups
 * and no capabilities dropped, the environment inherited, libc's lookups after the root was
 * entered. TEST CODE: every line of it is a mistake that the library must not make.
 */
#include "attack.h"

#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char *join(const char *root, const char *path)
{
	return t_fmt("%s%s", root, path);
}

static void mkdir_p(const char *path)
{
	char *copy = t_fmt("%s", path);

	for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = 0;
		mkdir(copy, 0755);
		*at = '/';
	}
	mkdir(copy, 0755);
}

static void mount_point_for(const char *source, const char *path)
{
	struct stat st;
	int fd;

	if (source && stat(source, &st) == 0 && !S_ISDIR(st.st_mode)) {
		char *parent = t_fmt("%s", path);

		*strrchr(parent, '/') = 0;
		mkdir_p(parent);
		fd = open(path, O_WRONLY | O_CREAT, 0644);
		if (fd >= 0)
			close(fd);
		return;
	}
	mkdir_p(path);
}

static void defaults(const char *root, uint32_t without)
{
	const char *dev = join(root, "/dev");

	if (!(without & CONTAIN_DEFAULT_PROC)) {
		mkdir_p(join(root, "/proc"));
		mount("proc", join(root, "/proc"), "proc", 0, NULL);
	}
	if (!(without & CONTAIN_DEFAULT_DEV)) {
		mkdir_p(dev);
		mknod(join(dev, "/null"), S_IFCHR | 0666, makedev(1, 3));
		mknod(join(dev, "/zero"), S_IFCHR | 0666, makedev(1, 5));
		symlink("/proc/self/fd", join(dev, "/fd"));
		symlink("/proc/self/fd/0", join(dev, "/stdin"));
		symlink("/proc/self/fd/1", join(dev, "/stdout"));
		symlink("pts/ptmx", join(dev, "/ptmx"));
		mkdir_p(join(dev, "/pts"));
		mkdir_p(join(dev, "/shm"));
	}
	if (!(without & CONTAIN_DEFAULT_SYS)) {
		mkdir_p(join(root, "/sys"));
		mount("sysfs", join(root, "/sys"), "sysfs", 0, NULL);
	}
	if (!(without & CONTAIN_DEFAULT_TMP)) {
		mkdir_p(join(root, "/tmp"));
		mount("tmpfs", join(root, "/tmp"), "tmpfs", 0, NULL);
	}
}

static void make(const char *target, const struct h_mount *m)
{
	char *parent = t_fmt("%s", target);
	FILE *file;

	if (m->kind == H_DIR) {
		mkdir_p(target);
		chmod(target, 0777);
		return;
	}
	*strrchr(parent, '/') = 0;
	mkdir_p(parent);
	if (m->kind == H_SYMLINK) {
		symlink(m->source, target);
		return;
	}
	file = fopen(target, "w");
	if (file) {
		fputs(m->source, file);
		fclose(file);
	}
	chmod(target, 0666);
}

static void mounts(const char *root, const struct h_job *job)
{
	for (int i = 0; i < job->nmount; i++) {
		const struct h_mount *m = &job->mount[i];
		const char *target = join(root, m->target);

		if (m->kind > H_TMPFS) {
			make(target, m);
			continue;
		}
		mount_point_for(m->source, target);
		if (m->kind == H_TMPFS) {
			mount("tmpfs", target, "tmpfs", 0, NULL);
			continue;
		}
		mount(m->source, target, NULL, MS_BIND | MS_REC, NULL);
		if (m->flags & CONTAIN_MOUNT_READONLY)
			mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
	}
	/* the null device is the image's */
	for (int i = 0; i < 8 && job->masked[i]; i++)
		mount(join(root, "/dev/null"), join(root, job->masked[i]), NULL, MS_BIND, NULL);
}

static const char *make_root(const struct h_run *r, const struct h_job *job)
{
	const char *root = job->root, *layers = "";

	if (job->root_host)
		return "";
	if (job->lower) {
		root = t_fmt("%s/naive", h_host(r->canary));
		mkdir_p(t_fmt("%s/.upper", root));
		mkdir_p(t_fmt("%s/.work", root));
		for (int i = 0; job->lower[i]; i++)
			layers = t_fmt("%s%s%s", layers, i ? ":" : "", job->lower[i]);
		mount("overlay", root, "overlay", 0,
		      t_fmt("lowerdir=%s,upperdir=%s/.upper,workdir=%s/.work", layers, root, root));
	}
	if (job->root_flags & CONTAIN_ROOT_READONLY) {
		mount(root, root, NULL, MS_BIND | MS_REC, NULL);
		mount(NULL, root, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
	}
	return root;
}

static void become(const char *user)
{
	struct passwd *p = getpwnam(user);

	if (!p)
		_exit(121);
	if (setgid(p->pw_gid) || setuid(p->pw_uid))
		_exit(122);
}

/* "A configuration is small": records with a length of 16 bits, and a number of them alike. */
static char **record(const char *const *strings)
{
	uint16_t count = 0, len;
	char **copy;

	for (int i = 0; strings[i]; i++)
		count++;
	copy = calloc((size_t)count + 1, sizeof(*copy));
	for (uint16_t i = 0; i < count; i++) {
		len = (uint16_t)strlen(strings[i]);
		copy[i] = t_fmt("%.*s", (int)len, strings[i]);
	}
	return copy;
}

/* "As it comes with every image" */
static void open_null(const char *root)
{
	int fd = open(join(root, "/dev/null"), O_RDWR);

	if (fd < 0)
		return;
	dup2(fd, 0);
	fchown(0, 1000, 1000);
}

static void set_values(const struct h_job *job)
{
	for (int i = 0; i < 2 && job->set_file[i]; i++) {
		int fd = open(job->set_file[i], O_WRONLY);

		if (fd >= 0 && write(fd, job->set_value[i], strlen(job->set_value[i])) < 0)
			close(fd);
	}
}

static void inside(const struct h_run *r, const struct h_job *job, int out)
{
	/* "to find the way back" */
	int top = open("/", O_RDONLY | O_DIRECTORY);
	const char *root = make_root(r, job);

	(void)top;
	defaults(root, job->no_defaults);
	mounts(root, job);
	if (job->null_stdin)
		open_null(root);
	for (int i = 0; i < job->nfd; i++)
		dup2(job->fd[i].fd, job->fd[i].child_fd);
	if (job->out) {
		dup2(out, job->out);
	} else {
		dup2(out, 1);
		dup2(out, 2);
	}
	if (chroot(*root ? root : "/"))
		_exit(123);
	if (chdir(job->cwd ? job->cwd : "/"))
		_exit(124);
	set_values(job);
	if (job->user)
		become(job->user);
	for (char **env = job->env ? record(job->env) : NULL; env && *env; env++)
		putenv(*env);
	execvp(job->argv[0], record(job->argv));
	_exit(errno == ENOENT ? 127 : 126);
}

/* One line after the other as they came, and what the kernel says is not looked at. */
static void map_ids(const char *file, const struct h_range *range, int n)
{
	int fd = open(file, O_WRONLY);
	const char *text = "";

	for (int i = 0; i < n; i++)
		text = t_fmt("%s%u %u %u\n", text, range[i].inside, range[i].outside,
			     range[i].count);
	if (write(fd, text, strlen(text)) < 0)
		close(fd);
}

static void user_namespace(const struct h_job *job)
{
	pid_t self = getpid(), pid = fork();
	int status;

	if (pid == 0) {
		usleep(20000);
		map_ids(t_fmt("/proc/%d/uid_map", self), job->uids, job->nuid);
		map_ids(t_fmt("/proc/%d/gid_map", self), job->gids, job->ngid);
		_exit(0);
	}
	if (unshare(CLONE_NEWUSER))
		_exit(119);
	waitpid(pid, &status, 0);
}

static void namespaces(const struct h_run *r, const struct h_job *job, int out)
{
	int status;
	pid_t pid;

	if (job->nuid || job->ngid)
		user_namespace(job);
	if (unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
		    (job->host_pids ? 0 : CLONE_NEWPID)))
		_exit(120);
	pid = fork();
	if (pid == 0)
		inside(r, job, out);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int h_naive(const struct h_run *r, const struct h_job *job, int out)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		return -errno;
	if (pid == 0)
		namespaces(r, job, out);
	for (long i = 0; i < 20000L * t_slow(); i++) {
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			return status;
		usleep(1000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -ETIMEDOUT;
}
