/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who uses a mount, for the words of an error: what lies on it, then processes. */
#include "act.h"
#include "sys/fd.h"
#include "sys/helper.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_NSEC 500000000ULL /* on a machine with very many processes */
#define USERS_MAX 3		/* that are named */

struct below {
	uint64_t parent;
	char point[200];
};

static int is_below(const struct ct_mount_line *m, void *arg)
{
	struct below *b = arg;

	if (m->parent != b->parent)
		return 0;
	snprintf(b->point, sizeof(b->point), "%s", m->point);
	return 1;
}

/* Tells fn of every name in a directory until it returns 1. */
static int each_name(int dir_fd, int (*fn)(const char *name, void *arg), void *arg)
{
	char buf[8192];
	ssize_t n;

	while ((n = ct_sys_getdents64(dir_fd, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *d = (const void *)(buf + at);

			if (d->d_name[0] != '.' && fn(d->d_name, arg))
				return 1;
			at += d->d_reclen;
		}
	}
	return (int)n;
}

struct users {
	uint64_t id;
	uint64_t until;
	int proc, pid; /* /proc, and the directory of the process */
	int found;
	char how[32];
	char text[300];
};

/* Where a link of procfs leads: looked at without asking the file system about the file. */
static int leads_there(int dir_fd, const char *name, uint64_t id)
{
	struct statx st = { 0 };

	return ct_sys_statx(dir_fd, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0x1000u, &st) ==
		       0 &&
	       st.stx_mask & 0x1000u && st.stx_mnt_id == id;
}

static int by_fd(const char *name, void *arg)
{
	struct users *u = arg;
	char path[64];

	snprintf(path, sizeof(path), "fd/%.20s", name);
	if (!leads_there(u->pid, path, u->id))
		return 0;
	snprintf(u->how, sizeof(u->how), "fd %.20s", name);
	return 1;
}

static int uses(struct users *u)
{
	static const struct {
		const char *link, *how;
	} links[] = { { "cwd", "its working directory" },
		      { "root", "its root directory" },
		      { "exe", "its program" } };
	int fd, r = 0;

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (leads_there(u->pid, links[i].link, u->id)) {
			snprintf(u->how, sizeof(u->how), "%s", links[i].how);
			return 1;
		}
	fd = ct_fd_up(ct_sys_openat(u->pid, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
	if (fd >= 0) {
		r = each_name(fd, by_fd, u) == 1;
		ct_sys_close(fd);
	}
	return r;
}

static void name_it(struct users *u, const char *pid)
{
	size_t at = strlen(u->text);
	char comm[20] = "?";
	ssize_t n = -1;
	int fd = ct_fd_up(ct_sys_openat(u->pid, "comm", O_RDONLY | O_CLOEXEC, 0));

	if (fd >= 0) {
		n = ct_sys_read(fd, comm, sizeof(comm) - 1);
		ct_sys_close(fd);
	}
	if (n > 0)
		comm[comm[n - 1] == '\n' ? n - 1 : n] = 0;
	snprintf(u->text + at, sizeof(u->text) - at, "%sprocess %.12s (%s): %s", at ? "; " : "",
		 pid, comm, u->how);
}

static int by_process(const char *name, void *arg)
{
	struct users *u = arg;

	if (name[0] < '1' || name[0] > '9')
		return 0;
	u->pid = ct_fd_up(ct_sys_openat(u->proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
	if (u->pid < 0)
		return 0;
	if (uses(u)) {
		name_it(u, name);
		u->found++;
	}
	ct_sys_close(u->pid);
	return u->found == USERS_MAX || ct_now_nsec() > u->until;
}

void ct_mount_why_busy(const struct ct_mount_look *mount, struct ct_mount_why *why)
{
	struct below below = { .parent = mount->id };
	struct users u = { .id = mount->id, .until = ct_now_nsec() + LIMIT_NSEC };

	if (!mount->id)
		return;
	if (ct_mount_each_line(is_below, &below) == 1) {
		ct_mount_say(why, "another mount lies below it: %s", below.point);
		return;
	}
	u.proc = ct_fd_up(ct_sys_openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
	if (u.proc >= 0) {
		each_name(u.proc, by_process, &u);
		ct_sys_close(u.proc);
	}
	if (u.found)
		ct_mount_say(why, "in use by %s", u.text);
	else
		ct_mount_say(why, "in use, by whom the caller cannot see: a process of another "
				  "user or pid namespace, a mapped file, a loop device or a mount");
}
