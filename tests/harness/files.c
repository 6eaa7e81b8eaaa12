/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporary directories, small files, and the root filesystem that live tests run in. */
#include "priv.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* Strings live as long as the test; the chain keeps them from being called leaks. */
struct chained {
	struct chained *next;
	char text[];
};

static struct chained *chain;

char *t_fmt(const char *fmt, ...)
{
	struct chained *link;
	va_list ap, again;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	link = malloc(sizeof(*link) + len + 1);
	T_CHECK(link, "out of memory");
	vsnprintf(link->text, len + 1, fmt, again);
	va_end(again);
	va_end(ap);
	link->next = chain;
	chain = link;
	return link->text;
}

const char *t_tmpdir(void)
{
	char *path = t_fmt("%s/t.XXXXXX", t_base);

	T_CHECK(mkdtemp(path), "%s: %m", path);
	T_SYS(chmod(path, 0755));
	return path;
}

void t_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t len = strlen(text);

	T_CHECK(fd >= 0, "%s: %m", path);
	T_CHECK(write(fd, text, len) == (ssize_t)len, "%s: %m", path);
	close(fd);
}

ssize_t t_read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			n = -errno;
			close(fd);
			return n;
		}
		len += n;
	}
	close(fd);
	buf[len] = '\0';
	return len;
}

/* ---- root filesystem ---- */

static void copy_program(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t n;

	T_CHECK(in >= 0, "%s: %m", from);
	T_CHECK(out >= 0, "%s: %m", to);
	/* a copy and not a link: a test may write to its root */
	while ((n = sendfile(out, in, NULL, 1 << 24)) > 0)
		;
	T_CHECK(n == 0, "%s: %m", to);
	T_SYS(fchmod(out, 0755));
	close(in);
	close(out);
}

static void make_dirs(const char *root)
{
	static const char *const dirs[] = {
		"bin", "dev", "etc", "home", "mnt", "proc", "root", "run", "sys", "tmp",
		"usr", "usr/bin", "usr/lib", "usr/sbin", "var", "var/tmp", "job",
	};
	char *path;
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		path = t_fmt("%s/%s", root, dirs[i]);
		T_CHECK(mkdir(path, 0755) == 0, "%s: %m", path);
	}
	T_SYS(chmod(t_fmt("%s/tmp", root), 01777));
	T_SYS(chmod(t_fmt("%s/var/tmp", root), 01777));
}

void t_rootfs_make(const char *dir)
{
	static const char *const applets[] = {
		"sh", "ash", "cat", "chmod", "chown", "cp", "cut", "dd", "df", "echo", "env",
		"false", "find", "grep", "head", "hostname", "id", "ip", "kill", "ln", "ls",
		"mkdir", "mknod", "mount", "mv", "nproc", "ps", "pwd", "readlink", "rm",
		"rmdir", "sed", "seq", "setsid", "sleep", "sort", "stat", "sync", "tail",
		"test", "touch", "tr", "true", "tty", "umount", "uname", "wc", "whoami",
	};
	size_t i;

	if (access("/bin/busybox", X_OK))
		t_skip("/bin/busybox is missing (package busybox-static)");
	T_CHECK(mkdir(dir, 0755) == 0 || errno == EEXIST, "%s: %m", dir);
	make_dirs(dir);
	copy_program("/bin/busybox", t_fmt("%s/bin/busybox", dir));
	copy_program(T_PAYLOAD, t_fmt("%s/bin/payload", dir));
	for (i = 0; i < sizeof(applets) / sizeof(applets[0]); i++)
		T_SYS(symlink("busybox", t_fmt("%s/bin/%s", dir, applets[i])));
	t_write_file(t_fmt("%s/etc/passwd", dir), "root:x:0:0:root:/root:/bin/sh\n"
						  "nobody:x:65534:65534::/:/bin/false\n");
	t_write_file(t_fmt("%s/etc/group", dir), "root:x:0:\nnogroup:x:65534:\n");
	t_write_file(t_fmt("%s/etc/hostname", dir), "image\n");
	t_write_file(t_fmt("%s/etc/image", dir), "made by the tests\n");
}

/* ---- groups ---- */

static int has_option(const char *options, const char *name)
{
	size_t len = strlen(name);
	const char *at;

	for (at = options; (at = strstr(at, name)); at += len)
		if ((at == options || at[-1] == ',') && (at[len] == ',' || at[len] == '\0'))
			return 1;
	return 0;
}

/* mountinfo: id parent dev root mountpoint options [tags...] - type source super-options */
const char *t_cgroup_mount(const char *which)
{
	static char found[16][256];
	static unsigned int at;
	char line[4096], point[256], type[64], super[512], *dash;
	FILE *file = fopen("/proc/thread-self/mountinfo", "re");
	const char *result = NULL;

	while (file && !result && fgets(line, sizeof(line), file)) {
		dash = strstr(line, " - ");
		if (!dash || sscanf(line, "%*s %*s %*s %*s %255s", point) != 1 ||
		    sscanf(dash, " - %63s %*s %511s", type, super) != 2)
			continue;
		if (strcmp(type, which) != 0 &&
		    (strcmp(type, "cgroup") != 0 || !has_option(super, which)))
			continue;
		result = strcpy(found[at++ % 16], point);
	}
	if (file)
		fclose(file);
	return result;
}

const char *t_cgroup_make(const char *which)
{
	const char *mount = t_cgroup_mount(which);
	unsigned int slot;
	char *path;

	t_need_root();
	if (!mount)
		t_skip("no cgroup hierarchy %s is mounted", which);
	slot = __atomic_fetch_add(&t_sh->ngroup, 1, __ATOMIC_SEQ_CST);
	T_CHECK(slot < T_GROUPS, "more than %d groups in one test", T_GROUPS);
	/* the name of the program's temporary directory is nobody else's */
	path = t_fmt("%s/t%s-%u", mount, strrchr(t_base, '.'), slot);
	T_CHECK(strlen(path) < sizeof(t_sh->group[0]), "%s is too long", path);
	strcpy(t_sh->group[slot], path);
	T_CHECK(mkdir(path, 0755) == 0, "%s: %m", path);
	return path;
}
