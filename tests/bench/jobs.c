/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The place where the jobs run, and the library's way to do them. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

const char *const job_name[JOBS] = { "bare", "ns", "dir", "overlay", "user", "group" };
const char *const job_text[JOBS] = {
	[JOB_BARE] = "new mnt namespace, a directory as root",
	[JOB_NS] = "all default namespaces, a read-only directory as root",
	[JOB_DIR] = "the same with /proc /sys /dev /tmp, masks and read-only paths",
	[JOB_OVERLAY] = "the same on an overlay that can be written",
	[JOB_USER] = "the same with a user namespace, one line of map",
	[JOB_GROUP] = "the overlay job with a cgroup v2 group",
};

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("bench: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

/* ---- the world ---- */

static void copy(const char *from, const char *dir, const char *name)
{
	char to[192];
	int in, out;

	snprintf(to, sizeof(to), "%s/%s", dir, name);
	in = open(from, O_RDONLY | O_CLOEXEC);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (in < 0 || out < 0)
		die("%s to %s: %m", from, to);
	while (sendfile(out, in, NULL, 1 << 24) > 0)
		;
	fchmod(out, 0755);
	close(in);
	close(out);
}

static void read_line(const char *path, char *buf, size_t size)
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(buf, (int)size, file))
		*buf = 0;
	if (file)
		fclose(file);
}

static int is_since(int major, int minor)
{
	struct utsname name;
	int a = 0, b = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &a, &b);
	return a > major || (a == major && b >= minor);
}

static void find_v2(struct world *w)
{
	char line[4096], at[128], list[512], path[192];
	FILE *file = fopen("/proc/self/mountinfo", "re");

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, " - cgroup2 ") && sscanf(line, "%*s %*s %*s / %127s", at) == 1)
			strcpy(w->v2, at);
	if (file)
		fclose(file);
	snprintf(path, sizeof(path), "%s/cgroup.controllers", w->v2);
	read_line(path, list, sizeof(list));
	w->limits = strstr(list, "memory") && strstr(list, "pids") && strstr(list, "cpu ");
}

/* As long as it is there nobody's clean-up takes the parent group away from the raw side. */
static void keeper(struct world *w, int make)
{
	char home[192], path[352];

	snprintf(home, sizeof(home), "%s/contain", w->v2);
	snprintf(path, sizeof(path), "%s/%s", home, strrchr(w->dir, '/') + 1);
	if (make) {
		mkdir(home, 0755);
		if (mkdir(path, 0755) < 0)
			die("%s: %m", path);
	} else {
		rmdir(path);
		rmdir(home); /* stays while others are in it */
	}
	w->keeper = make;
}

void world_begin(struct world *w, const char *dir, const char *payload, const char *nop)
{
	static const char *const dirs[] = { "", "/proc", "/sys", "/dev", "/tmp" };
	static char *const argv[] = { (char *)"/nop", NULL };
	char path[192], text[16];

	memset(w, 0, sizeof(*w));
	w->out = -1;
	w->argv = argv;
	snprintf(w->dir, sizeof(w->dir), "%s", dir ? dir : "/tmp/bench.XXXXXX");
	w->own_dir = !dir;
	if (!dir && (!mkdtemp(w->dir) || chmod(w->dir, 0755) < 0))
		die("%s: %m", w->dir);
	snprintf(w->root, sizeof(w->root), "%s/root", w->dir);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", w->root, dirs[i]);
		if (mkdir(path, 0755) < 0)
			die("%s: %m", path);
	}
	copy(payload, w->root, "payload");
	copy(nop, w->root, "nop");
	read_line("/proc/sys/kernel/cap_last_cap", text, sizeof(text));
	w->cap_last = atoi(text);
	w->lowerdir_add = is_since(6, 8);
	find_v2(w);
}

void world_end(struct world *w)
{
	char command[192];

	world_leave(w);
	if (!w->own_dir)
		return;
	snprintf(command, sizeof(command), "rm -rf --one-file-system '%s'", w->dir);
	if (system(command))
		fprintf(stderr, "bench: %s is left\n", w->dir);
}

void world_leave(struct world *w)
{
	if (w->keeper)
		keeper(w, 0);
}

void world_for(struct world *w, enum job job)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("a mount namespace: %m");
	if (job != JOB_GROUP && *w->v2 && umount2(w->v2, MNT_DETACH) < 0)
		die("%s: %m", w->v2);
	if (job == JOB_GROUP)
		keeper(w, 1);
}

/* ---- the library ---- */

static void set_namespaces(container_spec *s, enum job job)
{
	uint64_t all = CONTAIN_NS_MNT | CONTAIN_NS_PID | CONTAIN_NS_IPC | CONTAIN_NS_UTS | CONTAIN_NS_NET |
		       CONTAIN_NS_CGROUP;

	if (job == JOB_BARE)
		container_spec_set_namespaces(s, CONTAIN_NS_MNT);
	else if (job == JOB_USER)
		container_spec_set_namespaces(s, all | CONTAIN_NS_USER);
}

/* A setter that fails is told by the first start. */
container_spec *job_spec(enum job job, const struct world *w)
{
	const char *const lower[] = { w->root, NULL };
	container_spec *s = NULL;

	if (container_spec_new(&s) < 0)
		die("out of memory");
	container_spec_set_name(s, JOB_HOSTNAME);
	set_namespaces(s, job);
	if (job < JOB_OVERLAY)
		container_spec_set_root_dir(s, AT_FDCWD, w->root, job == JOB_BARE ? 0 : CONTAIN_ROOT_READONLY);
	else
		container_spec_set_root_overlay(s, AT_FDCWD, lower, 0, 0);
	if (job < JOB_DIR) {
		container_spec_set_default_mounts(s, 0);
		container_spec_clear_paths(s);
	}
	if (job == JOB_GROUP && w->limits) {
		container_spec_set_memory_max(s, MEMORY_MAX);
		container_spec_set_pids_max(s, PIDS_MAX);
		container_spec_set_cpu_max(s, CPU_QUOTA, CPU_PERIOD);
	}
	container_spec_set_argv(s, (const char *const *)w->argv);
	if (w->out >= 0) {
		container_spec_set_stdio(s, 1, w->out);
		container_spec_set_stdio(s, 2, w->out);
	}
	return s;
}

container *lib_start(container_spec *spec, const container_plan *plan)
{
	container *c = NULL;
	contain_error *e = NULL;
	int r = plan ? container_plan_spawn(plan, NULL, &c, &e) : container_spawn(spec, &c, &e);

	if (r < 0)
		die("%s", contain_error_message(e));
	return c;
}

void lib_end(container *c)
{
	container_exit *x = NULL;
	contain_error *e = NULL;

	if (container_wait(c, -1, &x, &e) < 0 || container_delete(c, -1, &e) < 0)
		die("%s", contain_error_message(e));
	container_exit_free(x);
	container_free(c);
}
