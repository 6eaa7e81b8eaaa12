/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "group_files.h"
#include "sys/helper.h"
#include "sys/path.h"
#include "sys/str.h"

#include <stdio.h>
#include <string.h>

#define NAMES_ROOM 2048 /* of one getdents64(2) */
#define PRUNE_MAX 65536	/* without a time limit: somebody may make groups as fast */

int ct_group_name_ok(const char *name)
{
	if (!*name || !strcmp(name, ".") || !strcmp(name, "..") || strlen(name) > 255)
		return 0;
	return !strpbrk(name, "/\n") && strncmp(name, "cgroup.", 7);
}

int ct_group_name_ours(const char *name)
{
	const char *hex = strrchr(name, '.'), *pid = hex;
	size_t n;

	if (!hex)
		return 0;
	n = strlen(hex + 1);
	if (n != 16 || strspn(hex + 1, "0123456789abcdef") != n)
		return 0;
	while (pid > name && pid[-1] >= '0' && pid[-1] <= '9')
		pid--;
	return pid < hex && hex - pid <= 10 && pid - name >= 2 && pid[-1] == '.' &&
	       ct_group_name_ok(name);
}

int ct_group_name_has(const char *name, const char *prefix)
{
	size_t n = prefix ? strlen(prefix) : 0;

	if (!ct_group_name_ours(name))
		return 0;
	/* "a.b" is not the prefix "a" */
	return !prefix || (!strncmp(name, prefix, n) && name[n] == '.' &&
			   strchr(name + n + 1, '.') == strrchr(name, '.'));
}

void ct_group_name_new(char *buf, const char *prefix)
{
	snprintf(buf, CT_GROUP_NAME_MAX + 1, "%.64s.%d.%016llx", prefix, ct_sys_getpid(),
		 (unsigned long long)ct_now_nsec());
}

const char *ct_group_digits(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return NULL;
	*ret = v;
	return s;
}

int ct_group_number(const char *text, uint64_t *ret)
{
	uint64_t v;
	const char *end = ct_group_digits(text, &v);

	if (!end || (*end && strcmp(end, "\n")))
		return 0;
	*ret = v;
	return 1;
}

int ct_group_key(const char *text, const char *key, uint64_t *ret)
{
	size_t n = strlen(key);

	while (text) {
		uint64_t v;

		if (!strncmp(text, key, n) && text[n] == ' ') {
			const char *end = ct_group_digits(text + n + 1, &v);

			if (!end || (*end && *end != '\n'))
				return 0;
			*ret = v;
			return 1;
		}
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return 0;
}

ssize_t ct_group_read(int dirfd, const char *file, char *buf, size_t size)
{
	return ct_read_once_at(dirfd, file, O_NOFOLLOW, buf, size);
}

int ct_group_open(int dirfd, const char *path)
{
	return ct_fd_up(
		ct_sys_openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0));
}

int ct_group_make(int dirfd, const char *path)
{
	int fd, r = ct_sys_mkdirat(dirfd, path, 0755);

	if (r < 0) {
		/* failed after it was made? then it is empty; what was there before is not ours */
		if (r != -EEXIST && r != -ENOENT)
			ct_sys_unlinkat(dirfd, path, AT_REMOVEDIR);
		return r;
	}
	fd = ct_group_open(dirfd, path);
	if (fd < 0)
		ct_sys_unlinkat(dirfd, path, AT_REMOVEDIR);
	/* made, and gone already: another process' gc took it before it was locked */
	return fd == -ENOENT ? -ENODEV : fd;
}

/*
 * cgroup directories do not move to another parent, so ".." is where it was made. That saves an fd
 * per container and every question about which mount namespace the path is meant in.
 */
int ct_group_rmdir(int fd, const char *name)
{
	char path[300] = "../";

	if (ct_append(path, sizeof(path), 3, name) != strlen(name) + 3)
		return -ENAMETOOLONG;
	return ct_sys_unlinkat(fd, path, AT_REMOVEDIR);
}

/* The name of the first directory in fd, "" when there is none. */
static int first_child(int fd, char *ret, size_t size)
{
	_Alignas(struct ct_dirent) char buf[NAMES_ROOM];
	ssize_t n;

	*ret = 0;
	while ((n = ct_sys_getdents64(fd, buf, sizeof(buf))) > 0) {
		const struct ct_dirent *d;

		for (ssize_t at = 0; at < n; at += d->reclen) {
			d = (const struct ct_dirent *)(buf + at);
			if (d->type != CT_DT_DIR || !strcmp(d->name, ".") || !strcmp(d->name, ".."))
				continue;
			ct_append(ret, size, 0, d->name);
			return 1;
		}
	}
	return n < 0 ? (int)n : 0;
}

/* Removes one group without children somewhere below fd. 0: there is none; 1: done; -errno. */
static int prune_one(int fd)
{
	char name[256], next[256];
	int at, child, r;

	at = ct_group_open(fd, ".");
	if (at < 0)
		return at;
	r = first_child(at, name, sizeof(name));
	while (r > 0) {
		child = ct_group_open(at, name);
		r = child < 0 ? child : first_child(child, next, sizeof(next));
		if (r == 0) {
			r = ct_sys_unlinkat(at, name, AT_REMOVEDIR);
			if (child >= 0)
				ct_sys_close(child);
			ct_sys_close(at);
			return r < 0 && r != -ENOENT ? r : 1;
		}
		ct_sys_close(at);
		at = child;
		memcpy(name, next, sizeof(name));
	}
	if (at >= 0)
		ct_sys_close(at);
	return r;
}

/* Walks down anew for each group: depth, which the container chose, costs no stack and no fds. */
void ct_group_prune(int fd, uint64_t until_nsec)
{
	for (int i = 0; i < PRUNE_MAX || ct_now_nsec() < until_nsec; i++)
		if (prune_one(fd) <= 0)
			return;
}

int ct_group_event(int events, const char *key)
{
	char text[256];
	uint64_t v;
	ssize_t n;

	do {
		n = ct_sys_pread64(events, text, sizeof(text) - 1, 0);
	} while (n == -EINTR);
	if (n < 0)
		return (int)n;
	text[n] = 0;
	return ct_group_key(text, key, &v) ? v != 0 : -EOPNOTSUPP;
}

int ct_group_populated(int events)
{
	int r = ct_group_event(events, "populated");

	/* removed by somebody */
	return r == -ENODEV || r == -EOPNOTSUPP ? 0 : r;
}

void ct_group_pids(int fd, const char *path, char *buf, size_t size)
{
	char text[256];
	ssize_t n = ct_group_read(fd, path, text, sizeof(text));
	size_t at = 0;
	int i = 0;

	ct_append(buf, size, 0, "");
	/* the last line may be cut off: it is not used then */
	for (char *p = text; n > 0 && *p; i++) {
		char *end = strchr(p, '\n');

		if (!end || i == 8) {
			ct_append(buf, size, at, ", ...");
			return;
		}
		*end = 0;
		at = ct_append(buf, size, at, i ? ", " : "");
		at = ct_append(buf, size, at, *p == '0' ? "one outside this pid namespace" : p);
		p = end + 1;
	}
}

static void explain_enable(int fd, const char *up, int err, struct ct_group *g)
{
	char procs[200];
	size_t n;

	switch (-err) {
	case EBUSY:
		g->why = CT_WHY_PROCESSES;
		n = ct_append(procs, sizeof(procs), 0, up);
		ct_append(procs, sizeof(procs), n, "cgroup.procs");
		ct_group_pids(fd, procs, g->note, sizeof(g->note));
		break;
	case ENOENT:
		g->why = CT_WHY_NO_CONTROLLER;
		break;
	case EACCES:
	case EPERM:
	case EROFS:
		g->why = CT_WHY_NO_DELEGATION;
		break;
	case EOPNOTSUPP:
		g->why = CT_WHY_THREADED;
		break;
	}
}

/*
 * Controllers of threads (cpu, pids) are handed down by a group with processes too, but then it
 * is a threaded domain and the groups below it take no process: refused here, with the cause, and
 * not by clone3(2), without one. Only the root group of the host may have both.
 */
static int check_busy(int fd, const char *up)
{
	char path[128], byte[2];
	size_t at = ct_append(path, sizeof(path), 0, up);
	ssize_t n;
	int r;

	ct_append(path, sizeof(path), at, "cgroup.procs");
	n = ct_group_read(fd, path, byte, sizeof(byte));
	if (n <= 0 && n != -EOPNOTSUPP) /* in a threaded group */
		return (int)n;
	ct_append(path, sizeof(path), at, "cgroup.type");
	r = ct_sys_faccessat2(fd, path, F_OK, 0);
	return r == 0 ? -EBUSY : r == -ENOENT ? 0 : r;
}

int ct_group_enable(int fd, int levels, const char *controller, struct ct_group *g)
{
	char word[64] = "+", up[64], path[128];
	size_t n = ct_append(word, sizeof(word), 1, controller);
	int r = 0;

	for (int level = levels; level >= (levels ? 1 : 0) && !r; level--) {
		size_t at = 0;

		up[0] = 0;
		for (int i = 0; i < level; i++)
			at = ct_append(up, sizeof(up), at, "../");
		at = ct_append(path, sizeof(path), 0, up);
		ct_append(path, sizeof(path), at, "cgroup.subtree_control");
		r = level ? check_busy(fd, up) : 0;
		if (!r)
			r = ct_write_at(fd, path, word, n);
		if (r < 0)
			explain_enable(fd, up, r, g);
	}
	return r;
}
