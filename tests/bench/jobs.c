/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The place where the jobs run, and the library's way to do them. */
#include "bench.h"

#include <dirent.h>
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

#define WITH_ALL(base) (base), (base) | JOB_NET, (base) | JOB_GROUP, (base) | JOB_NET | JOB_GROUP

const unsigned int job_list[] = { WITH_ALL(BASE_BARE),
				  WITH_ALL(BASE_NS5),
				  WITH_ALL(BASE_RO),
				  WITH_ALL(BASE_OVERLAY),
				  BASE_OVERLAY | JOB_NET | JOB_USER,
				  JOB_END };

const char *job_name(unsigned int job, char buf[48])
{
	static const char *const bases[BASES] = { "bare", "ns5", "ro", "overlay" };

	snprintf(buf, 48, "%s%s%s%s%s%s%s", bases[job & JOB_BASE], job & JOB_NET ? "+net" : "",
		 job & JOB_GROUP ? "+group" : "", job & JOB_USER ? "+user" : "",
		 job & JOB_ID ? "+id" : "", job & JOB_INIT ? "+init" : "",
		 job & JOB_MONITOR ? "+monitor" : "");
	return buf;
}

int job_of_name(const char *name, unsigned int *ret)
{
	char buf[48];

	for (const unsigned int *job = job_list; *job != JOB_END; job++)
		if (!strcmp(job_name(*job, buf), name)) {
			*ret = *job;
			return 1;
		}
	return 0;
}

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

void copy_file(const char *from, const char *dir, const char *name)
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

/* ---- a group of our own ---- */

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("%s: %m", path);
	close(fd);
}

/* Good until the second call after it. */
static const char *file_in(const char *dir, const char *name)
{
	static char path[2][512];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[0]), "%s/%s", dir, name);
	return path[turn];
}

static void make_group(const char *dir, int limits)
{
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		die("%s: %m", dir);
	if (limits)
		write_to(file_in(dir, "cgroup.subtree_control"), "+memory +pids +cpu");
}

static void open_home(struct world *w)
{
	char line[512];
	FILE *file = fopen("/proc/self/cgroup", "re");

	while (file && w->home < 0 && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "0::/", 4)) {
			char path[768];

			snprintf(path, sizeof(path), "%s%s/cgroup.procs", w->v2, line + 3);
			w->home = open(path, O_WRONLY | O_CLOEXEC);
		}
	}
	if (file)
		fclose(file);
	if (w->home < 0)
		die("the group that this process is in: %m");
}

/* The process waits in "self", so that controllers can be handed down beside it. */
static void enter_group(struct world *w)
{
	char contain[192];

	open_home(w);
	snprintf(contain, sizeof(contain), "%s/contain", w->v2);
	if (w->limits)
		write_to(file_in(w->v2, "cgroup.subtree_control"), "+memory +pids +cpu");
	make_group(contain, w->limits);
	make_group(w->group, 0);
	make_group(file_in(w->group, "self"), 0);
	write_to(file_in(w->group, "cgroup.procs"), "0");
	if (unshare(CLONE_NEWCGROUP) < 0)
		die("a cgroup namespace: %m");
	write_to(file_in(w->group, "self/cgroup.procs"), "0");
	if (w->limits)
		write_to(file_in(w->group, "cgroup.subtree_control"), "+memory +pids +cpu");
}

/* Deepest first; what is not empty stays and is told. By fd: the mount may be out of reach. */
static void remove_groups(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *entry;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	while (d && (entry = readdir(d)))
		if (entry->d_type == DT_DIR && *entry->d_name != '.')
			remove_groups(fd, entry->d_name);
	if (d)
		closedir(d);
	if (unlinkat(at, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		fprintf(stderr, "bench: the group %s is left: %s\n", name, strerror(errno));
}

/* The next process makes it anew: a group that hands controllers down takes no process. */
static void leave_groups(const struct world *w)
{
	int contain =
		w->top < 0 ? -1 : openat(w->top, "contain", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (contain < 0)
		return;
	remove_groups(contain, strrchr(w->dir, '/') + 1);
	close(contain);
	unlinkat(w->top, "contain", AT_REMOVEDIR); /* stays while others are in it */
}

void world_begin(struct world *w, const char *dir, const char *payload, const char *nop)
{
	static const char *const dirs[] = { "",	    "/proc", "/sys", "/dev", "/tmp",
					    "/usr", "/etc",  "/run", "/mnt" };
	static char *const argv[] = { (char *)"/nop", NULL };
	char path[192], text[16];

	memset(w, 0, sizeof(*w));
	w->out = w->home = w->top = -1;
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
	copy_file(payload, w->root, "payload");
	copy_file(nop, w->root, "nop");
	read_line("/proc/sys/kernel/cap_last_cap", text, sizeof(text));
	w->cap_last = atoi(text);
	w->lowerdir_add = is_since(6, 8);
	find_v2(w);
	snprintf(w->group, sizeof(w->group), "%s/contain/%s", w->v2, strrchr(w->dir, '/') + 1);
	w->top = *w->v2 ? open(w->v2, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

void world_leave(struct world *w)
{
	if (w->home < 0)
		return;
	if (write(w->home, "0", 1) < 0)
		fprintf(stderr, "bench: back into the group of before: %s\n", strerror(errno));
	close(w->home);
	w->home = -1;
	leave_groups(w);
}

void world_end(struct world *w)
{
	char command[192];

	world_leave(w);
	leave_groups(w);
	if (!w->own_dir)
		return;
	snprintf(command, sizeof(command), "rm -rf --one-file-system '%s'", w->dir);
	if (system(command))
		fprintf(stderr, "bench: %s is left\n", w->dir);
}

/* Detaches the mounts of all hierarchies; the directories of sysfs below them are empty. */
static const char *detach_cgroups(const struct world *w)
{
	static const char dir[] = "/sys/fs/cgroup";
	const char *at = strncmp(w->v2, dir, strlen(dir)) ? w->v2 : dir;

	if (*at && umount2(at, MNT_DETACH) < 0)
		die("%s: %m", at);
	return at;
}

void world_for(struct world *w, unsigned int job)
{
	const char *at;

	if (job & JOB_GROUP)
		enter_group(w);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("a mount namespace: %m");
	at = detach_cgroups(w);
	if (!(job & JOB_GROUP)) {
		/* crun wants a file system there */
		if (*at &&
		    mount("cgroup", at, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755") < 0)
			die("%s: %m", at);
		return;
	}
	if (mount("cgroup2", at, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		die("%s: %m", at);
	snprintf(w->v2, sizeof(w->v2), "%s", at);
	make_group(file_in(w->v2, "contain"), w->limits);
}

/* ---- the library ---- */

static uint64_t namespaces(unsigned int job)
{
	uint64_t types = CONTAIN_NS_MNT;

	if ((job & JOB_BASE) != BASE_BARE)
		types |= CONTAIN_NS_PID | CONTAIN_NS_IPC | CONTAIN_NS_UTS | CONTAIN_NS_CGROUP;
	if (job & JOB_NET)
		types |= CONTAIN_NS_NET;
	if (job & JOB_USER)
		types |= CONTAIN_NS_USER;
	return types;
}

/* A setter that fails is told by the first start. */
container_spec *job_spec(unsigned int job, const struct world *w)
{
	const char *const lower[] = { w->root, NULL };
	unsigned int base = job & JOB_BASE;
	container_spec *s = NULL;

	if (container_spec_new(&s) < 0)
		die("out of memory");
	container_spec_set_name(s, JOB_HOSTNAME);
	container_spec_set_namespaces(s, namespaces(job));
	container_spec_set_stable_image(s, 1); /* which a writable root directory is not */
	if (base < BASE_OVERLAY)
		container_spec_set_root_dir(s, AT_FDCWD, w->root,
					    base == BASE_BARE ? 0 : CONTAIN_ROOT_READONLY);
	else
		container_spec_set_root_overlay(s, AT_FDCWD, lower, 0, 0);
	if (base < BASE_RO) {
		container_spec_set_default_mounts(s, 0);
		container_spec_clear_paths(s);
	}
	if (job & JOB_GROUP && w->limits) {
		container_spec_set_memory_max(s, MEMORY_MAX);
		container_spec_set_pids_max(s, PIDS_MAX);
		container_spec_set_cpu_max(s, CPU_QUOTA, CPU_PERIOD);
	}
	if (job & JOB_ID)
		container_spec_set_user(s, 1000, 1000);
	if (job & JOB_INIT)
		container_spec_set_init(s, 1);
	if (job & JOB_MONITOR)
		container_spec_set_monitor(s, 1);
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
