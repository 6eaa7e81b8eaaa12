/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Oracle H: what is looked at, and its comparison. The events are in canary_events.c. */
#include "canary_priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Settings of the whole machine that an escape would change, or that a test once did. */
static const char *const settings[] = {
	"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe",
	"/proc/sys/kernel/hostname",	 "/proc/sys/kernel/domainname",
	"/proc/sys/kernel/sysrq",	 "/proc/sys/kernel/printk",
	"/proc/sys/vm/overcommit_memory", "/proc/sys/vm/swappiness",
	"/proc/sys/fs/suid_dumpable",	 "/proc/sys/net/ipv4/ip_forward",
	"/sys/kernel/uevent_helper",	 "/proc/self/oom_score_adj",
};

static uint64_t random_word(void)
{
	uint64_t word;

	T_CHECK(getrandom(&word, sizeof(word), 0) == sizeof(word), "getrandom: %m");
	return word;
}

/* ---- what an entry is ---- */

static uint64_t hash(uint64_t h, const void *data, size_t len)
{
	const unsigned char *at = data;

	while (len--)
		h = (h ^ *at++) * 0x100000001b3ULL;
	return h;
}

/* O_PATH and O_NOATIME: looking changes nothing but the events, which are dropped. */
static uint64_t content(int dir, const char *name, const struct stat *st)
{
	uint64_t h = 0xcbf29ce484222325ULL;
	char buf[4096];
	ssize_t n;
	int fd;

	if (S_ISLNK(st->st_mode)) {
		n = readlinkat(dir, name, buf, sizeof(buf));
		return hash(h, buf, n < 0 ? 0 : n);
	}
	if (!S_ISREG(st->st_mode))
		return h;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOATIME);
	if (fd < 0)
		return 0;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		h = hash(h, buf, n);
	n = flistxattr(fd, buf, sizeof(buf));
	h = hash(h, buf, n < 0 ? 0 : n);
	close(fd);
	return h;
}

static void tell(FILE *out, const char *path, const struct stat *st, uint64_t h)
{
	fprintf(out, "%s dev %lx ino %lu mode %o owner %u:%u links %lu size %lld rdev %u:%u "
		     "ctime %lld.%09ld mtime %lld.%09ld content %016llx\n",
		path, (unsigned long)st->st_dev, (unsigned long)st->st_ino, st->st_mode, st->st_uid,
		st->st_gid, (unsigned long)st->st_nlink, (long long)st->st_size, major(st->st_rdev),
		minor(st->st_rdev), (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec,
		(long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (unsigned long long)h);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A line for each entry, sorted; @c: its handle is kept, to know it in events. */
static void walk(FILE *out, int dir, const char *path, struct h_canary *c)
{
	char *names[256];
	struct dirent *entry;
	struct stat st;
	size_t n = 0;
	DIR *d = fdopendir(dir);

	T_CHECK(d, "%s: %m", path);
	while ((entry = readdir(d)) && n < 256)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			names[n++] = t_fmt("%s", entry->d_name);
	qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		char *at = t_fmt("%s/%s", path, names[i]);

		if (fstatat(dir, names[i], &st, AT_SYMLINK_NOFOLLOW)) {
			fprintf(out, "%s: %s\n", at, strerror(errno));
			continue;
		}
		tell(out, at, &st, content(dir, names[i], &st));
		if (c)
			h_events_know(c, dir, names[i]);
		if (S_ISDIR(st.st_mode)) {
			int sub = openat(dir, names[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
								O_CLOEXEC | O_NOATIME);

			T_CHECK(sub >= 0, "%s: %m", at);
			walk(out, sub, at, c);
		}
	}
	closedir(d);
}

static char *snapshot(struct h_canary *c, int learn)
{
	int dir = open(c->tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOATIME);
	char value[4096], *text = NULL;
	struct stat st;
	size_t size;
	FILE *out;

	T_CHECK(dir >= 0, "%s: %m", c->tree);
	out = open_memstream(&text, &size);
	T_CHECK(out, "out of memory");
	T_SYS(fstat(dir, &st));
	tell(out, ".", &st, 0);
	if (learn)
		h_events_know(c, AT_FDCWD, c->tree);
	walk(out, dir, ".", learn ? c : NULL);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		ssize_t n = t_read_file(settings[i], value, sizeof(value));

		fprintf(out, "%s %s\n", settings[i],
			n < 0 ? strerror((int)-n) : strtok(value, "\n") ?: "");
	}
	fclose(out);
	return text;
}

/* Lines that are in @a and not in @b. */
static int missing(FILE *out, const char *what, const char *a, const char *b)
{
	int n = 0;

	for (const char *at = a; *at;) {
		size_t len = strcspn(at, "\n") + 1;
		const char *found = b;

		while (*found && strncmp(found, at, len) != 0)
			found += strcspn(found, "\n") + 1;
		if (!*found) {
			fprintf(out, "  %s %.*s", what, (int)len, at);
			n++;
		}
		at += len;
	}
	return n;
}

/* ---- the interface ---- */

static void make_tree(struct h_canary *c)
{
	T_SYS(mkdir(c->tree, 0755));
	t_write_file(t_fmt("%s/file", c->tree), "a file of the host\n");
	t_write_file(t_fmt("%s/secret", c->tree),
		     t_fmt("%016llx\n", (unsigned long long)random_word()));
	T_SYS(chmod(t_fmt("%s/secret", c->tree), 0600));
	T_SYS(mknod(t_fmt("%s/node", c->tree), S_IFCHR | 0600, makedev(1, 3)));
	T_SYS(symlink("file", t_fmt("%s/link", c->tree)));
	T_SYS(mkdir(t_fmt("%s/dir", c->tree), 0755));
	T_SYS(mkdir(t_fmt("%s/dir/sub", c->tree), 0755));
	t_write_file(t_fmt("%s/dir/file", c->tree), "below\n");
	T_SYS(mkdir(t_fmt("%s/etc", c->tree), 0755));
	t_write_file(t_fmt("%s/etc/passwd", c->tree), "root:x:0:0::/:/bin/sh\n");
	c->marker = t_fmt("%s/dir/sub/marker-%016llx", c->tree,
			  (unsigned long long)random_word());
	t_write_file(c->marker, "the marker\n");
}

struct h_canary *h_new(void)
{
	struct h_canary *c = calloc(1, sizeof(*c));

	T_CHECK(c, "out of memory");
	t_need_root();
	if (getenv("T_NO_PIDNS"))
		t_skip("needs a mount namespace of the test's own (T_NO_PIDNS is set)");
	c->host = t_tmpdir();
	T_CHECK(mount("host", c->host, "tmpfs", 0, "mode=755,size=512m") == 0, "%s: %m", c->host);
	c->tree = t_fmt("%s/canary", c->host);
	make_tree(c);
	h_events_new(c);
	c->before = snapshot(c, 1);
	h_forget(c);
	return c;
}

void h_free(struct h_canary *c)
{
	if (!c)
		return;
	h_events_free(c);
	T_SYS(umount2(c->host, MNT_DETACH));
	free(c->before);
	free(c);
}

const char *h_host(const struct h_canary *c)
{
	return c->host;
}

const char *h_tree(const struct h_canary *c)
{
	return c->tree;
}

const char *h_marker(const struct h_canary *c)
{
	return c->marker;
}

const char *h_hunt(const struct h_canary *c)
{
	union h_handle h = { .handle.handle_bytes = MAX_HANDLE_SZ };
	char hex[2 * MAX_HANDLE_SZ + 1] = "";
	struct stat st;
	int id;

	T_SYS(name_to_handle_at(AT_FDCWD, c->marker, &h.handle, &id, 0));
	T_SYS(lstat(c->marker, &st));
	for (unsigned int i = 0; i < h.handle.handle_bytes; i++)
		sprintf(hex + 2 * i, "%02x", h_handle_bytes(&h)[i]);
	return t_fmt("hunt %s %lx:%lu %d:%s", c->marker + 1, (unsigned long)st.st_dev,
		     (unsigned long)st.st_ino, h.handle.handle_type, hex);
}

int h_diff(struct h_canary *c, char *buf, size_t size)
{
	char *after, *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int n;

	T_CHECK(out, "out of memory");
	n = h_events_tell(c, out);
	after = snapshot(c, 0);
	n += missing(out, "was", c->before, after);
	n += missing(out, "is ", after, c->before);
	h_forget(c);
	fclose(out);
	snprintf(buf, size, "%s", text);
	free(text);
	free(after);
	return n;
}

void h_check_at(struct h_canary *c, const char *file, int line)
{
	char text[4096];
	int n = h_diff(c, text, sizeof(text));

	if (n)
		t_failed(file, line, 1, "the host's canary was touched", "\n%s", text);
}
