/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view.h"

#include "harness.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "argv #NAME" prints a heading; numbers that differ from start to start are struck out by it. */
#define SECTION(name) "argv", "#" name, "--"

#define PLAIN                                                                                    \
	"/payload", SECTION("caps"), "caps", "--", SECTION("signals"), "signals", "--",          \
		SECTION("env"), "env", "--", SECTION("cwd"), "cwd", "--", SECTION("ids"), "ids", \
		"--", SECTION("umask"), "umask", "--", SECTION("hostname"), "hostname", "--",    \
		SECTION("session"), "session", "--", SECTION("limits"), "limits", "--",          \
		SECTION("fds"), "fds", "--", SECTION("tty"), "tty", "--", SECTION("ifaces"),     \
		"ifaces", "--", SECTION("root"), "list", "/", "--"
#define STAT(path) SECTION(path), "stat", path, "--"
#define SLEEP "sleep", NULL

char *const *view_argv(unsigned int job)
{
	static const char *const few[] = { PLAIN, SLEEP };
	static const char *const all[] = {
		PLAIN,
		SECTION("dev"),
		"list",
		"/dev",
		"--",
		STAT("/dev"),
		STAT("/dev/null"),
		STAT("/dev/zero"),
		STAT("/dev/full"),
		STAT("/dev/random"),
		STAT("/dev/urandom"),
		STAT("/dev/tty"),
		STAT("/dev/fd"),
		STAT("/dev/stdin"),
		STAT("/dev/ptmx"),
		STAT("/dev/pts"),
		STAT("/dev/pts/ptmx"),
		STAT("/dev/shm"),
		STAT("/dev/mqueue"),
		STAT("/tmp"),
		STAT("/proc"),
		STAT("/sys"),
		STAT("/"),
		STAT("/proc/keys"),
		STAT("/proc/timer_list"),
		STAT("/proc/sys"),
		STAT("/sys/firmware"),
		SLEEP,
	};

	return (char *const *)((job & JOB_BASE) < BASE_RO ? few : all);
}

struct text {
	char *at;
	size_t n;
};

static void add(struct text *t, const char *fmt, ...) T_PRINTF(2, 3);
static void add(struct text *t, const char *fmt, ...)
{
	char line[8192];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	T_CHECK(n >= 0 && (size_t)n < sizeof(line));
	t->at = realloc(t->at, t->n + (size_t)n + 1);
	T_CHECK(t->at, "out of memory");
	memcpy(t->at + t->n, line, (size_t)n + 1);
	t->n += (size_t)n;
}

/* "raw.12" and "bench.77.16ab..." are the same group. */
static char *without_group(char *line)
{
	char *at = strstr(line, "/contain/"), *end;

	if (!at)
		return line;
	at += strlen("/contain/");
	end = at + strcspn(at, "/ \n");
	memmove(at + 1, end, strlen(end) + 1);
	*at = 'G';
	return line;
}

static void add_printed(struct text *t, const char *section, char *line, long pid)
{
	char a[64], b[64], c[64], d[64], e[64];
	long n;

	if (!strcmp(section, "fds") && sscanf(line, "%63s %63s %63s %63s %63s", a, b, c, d, e) == 5)
		add(t, "fd %s %s %s %s %s\n", a, b, strcmp(a, "0") ? "-" : c, d, e);
	else if (!strcmp(section, "session") && sscanf(line, "%63s %ld", a, &n) == 2)
		add(t, "%s %s\n", a, n == pid ? "self" : n ? "other" : "0");
	else if (*section == '/' && sscanf(line, "%63[^d]dev %63s ino %63s", a, b, c) == 3)
		add(t, "%s %s %s\n", section, line, strstr(line, "rdev"));
	else
		add(t, "%s %s\n", section, line);
}

/* "dev H ino N" of a file system of the start's own is another number each time. */
static void strike(char *line)
{
	char *dev = strstr(line, " dev "), *rdev = strstr(line, " rdev ");

	if (dev && rdev)
		memmove(dev, rdev, strlen(rdev) + 1);
}

static void take_printed(struct text *t, int out_fd)
{
	static char buf[65536];
	char *line, *save = NULL, section[64] = "";
	ssize_t n = 0;
	long pid = 0;

	for (int i = 0; i < 20000; i++) {
		n = pread(out_fd, buf, sizeof(buf) - 1, 0);
		T_CHECK(n >= 0, "%m");
		buf[n] = 0;
		if (strstr(buf, "sleeping\n") || strstr(buf, "payload:"))
			break;
		usleep(1000);
	}
	T_CHECK(strstr(buf, "sleeping\n"), "the payload printed only: %s", buf);
	for (line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (*line == '#') {
			snprintf(section, sizeof(section), "%s", line + 1);
			continue;
		}
		if (!strcmp(section, "session"))
			sscanf(line, "pid %ld", &pid);
		if (*section == '/')
			strike(line);
		add_printed(t, section, line, pid);
	}
}

static char *read_proc(int pid, const char *file)
{
	static char buf[65536];
	ssize_t n = t_read_file(t_fmt("/proc/%d/%s", pid, file), buf, sizeof(buf));

	T_CHECK(n >= 0, "/proc/%d/%s: %zd", pid, file, n);
	return buf;
}

struct mount {
	int id, parent;
	char at[256], line[4096];
};

static int by_line(const void *a, const void *b)
{
	return strcmp(((const struct mount *)a)->line, ((const struct mount *)b)->line);
}

/* "shared:12" is a number of its own in each start. */
static void tags_only(char *line)
{
	for (char *at = strchr(line, ':'); at; at = strchr(at + 1, ':'))
		if (at[1] >= '0' && at[1] <= '9')
			memmove(at + 1, at + 1 + strspn(at + 1, "0123456789"),
				strlen(at + 1 + strspn(at + 1, "0123456789")) + 1);
}

static void take_mounts(struct text *t, int pid)
{
	static struct mount m[256];
	char *line, *save = NULL, root[1024], opts[256], rest[1024], dev[32];
	int n = 0;

	for (line = strtok_r(read_proc(pid, "mountinfo"), "\n", &save); line && n < 256;
	     line = strtok_r(NULL, "\n", &save)) {
		T_CHECK(sscanf(without_group(line), "%d %d %31s %1023s %255s %255s %1023[^\n]",
			       &m[n].id, &m[n].parent, dev, root, m[n].at, opts, rest) == 7,
			"%s", line);
		tags_only(rest);
		snprintf(m[n].line, sizeof(m[n].line), "%s from %s %s %s", m[n].at, root, opts,
			 rest);
		n++;
	}
	qsort(m, (size_t)n, sizeof(m[0]), by_line);
	for (int i = 0; i < n; i++) {
		const char *below = "-";

		for (int k = 0; k < n; k++)
			if (m[k].id == m[i].parent)
				below = m[k].at;
		add(t, "mount %s on %s\n", m[i].line, below);
	}
}

static void take_namespaces(struct text *t, int pid)
{
	static const char *const names[] = { "cgroup", "ipc",  "mnt",  "net",
					     "pid",    "time", "user", "uts" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char a[64] = "", b[64] = "";

		T_SYS(readlink(t_fmt("/proc/%d/ns/%s", pid, names[i]), a, sizeof(a) - 1));
		T_SYS(readlink(t_fmt("/proc/self/ns/%s", names[i]), b, sizeof(b) - 1));
		add(t, "ns %s %s\n", names[i], strcmp(a, b) ? "new" : "shared");
	}
}

static void take_status(struct text *t, int pid)
{
	static const char *const keys[] = { "Umask",  "Uid",	    "Gid",    "FDSize",
					    "Groups", "Threads",    "Sig",    "Shd",
					    "Cap",    "NoNewPrivs", "Seccomp" };
	char *line, *save = NULL;

	for (line = strtok_r(read_proc(pid, "status"), "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (!strncmp(line, keys[i], strlen(keys[i])) && strncmp(line, "SigQ", 4))
				add(t, "status %s\n", line);
}

char *view_take(int pid, int out_fd)
{
	static const char *const files[] = { "uid_map", "gid_map", "setgroups", "cgroup",
					     "oom_score_adj" };
	struct text t = { 0 };
	char *line, *save = NULL;

	take_printed(&t, out_fd);
	take_mounts(&t, pid);
	take_namespaces(&t, pid);
	take_status(&t, pid);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		for (line = strtok_r(read_proc(pid, files[i]), "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			add(&t, "%s %s\n", files[i], without_group(line));
	return t.at;
}
