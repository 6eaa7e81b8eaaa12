/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The feature report's parsers, on the nastiest lines. */
#include "harness.h"

#include "feature/files.h"
#include "feature/host_tree.h"
#include "feature/mounts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *copy(const char *text)
{
	char *s = t_fmt("%s", text);

	return s;
}

static int everything(const struct ct_mount *m)
{
	(void)m;
	return 1;
}

static int not_tmp(const struct ct_mount *m)
{
	return strncmp(m->point, "/tmp", 4) != 0;
}

/* ---- mountinfo ---- */

TEST(mount_line)
{
	struct ct_mount m;

	ck_assert_int_eq(ct_mount_parse(copy("41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - "
					     "cgroup2 cgroup2 rw,nsdelegate"),
					&m),
			 0);
	ck_assert_uint_eq(m.id, 41);
	ck_assert_str_eq(m.root, "/");
	ck_assert_str_eq(m.point, "/sys/fs/cgroup/unified");
	ck_assert_str_eq(m.options, "rw,relatime");
	ck_assert_str_eq(m.type, "cgroup2");
	ck_assert_str_eq(m.super, "rw,nsdelegate");
}

TEST(mount_line_optional_fields)
{
	struct ct_mount m;

	ck_assert_int_eq(ct_mount_parse(copy("7 1 0:1 /a /b ro shared:1 master:2 propagate_from:3 "
					     "unbindable new:thing - cgroup none rw,cpu"),
					&m),
			 0);
	ck_assert_str_eq(m.type, "cgroup");
	ck_assert_str_eq(m.super, "rw,cpu");
}

TEST(mount_line_escapes)
{
	struct ct_mount m;

	ck_assert_int_eq(ct_mount_parse(copy("7 1 0:1 /r\\040s /a\\040b\\011c\\012d\\134e\\043f - "
					     "rw - x y z"),
					&m),
			 0);
	ck_assert_str_eq(m.point, "/a b\tc\nd\\e#f");
	ck_assert_str_eq(m.root, "/r s");
	/* a backslash that is none of ours stays, cut-off escapes too, and \377 is a byte */
	ck_assert_int_eq(ct_mount_parse(copy("7 1 0:1 / /\\999\\04\\400\\377 rw - t s o"), &m), 0);
	ck_assert_str_eq(m.point, "/\\999\\04\\400\377");
	/* an escaped dash in a path is no separator; a lone one can only be the separator */
	ck_assert_int_eq(ct_mount_parse(copy("7 1 0:1 / /x\\040-\\040cgroup2 rw - tmpfs s o"), &m),
			 0);
	ck_assert_str_eq(m.type, "tmpfs");
}

TEST(mount_line_empty_source)
{
	struct ct_mount m;

	ck_assert_int_eq(ct_mount_parse(copy("7 1 0:1 / /m rw - cgroup2  rw,nsdelegate"), &m), 0);
	ck_assert_str_eq(m.super, "rw,nsdelegate");
	ck_assert_int_eq(ct_mount_parse(copy("7 1 0:1 / /m rw - cgroup2 source"), &m), 0);
	ck_assert_str_eq(m.super, "");
}

TEST(mount_line_refused)
{
	static const char *const bad[] = {
		"",
		" ",
		"x",
		"7",
		"7 1",
		"7 1 0:1",
		"7 1 0:1 /",
		"7 1 0:1 / /m",
		"7 1 0:1 / /m rw",
		"7 1 0:1 / /m rw shared:1",
		"7 1 0:1 / /m rw -",
		"7 1 0:1 / /m rw - ",
		"-",
		"7 1 0:1 / /m rw - cgroup2",
		"x 1 0:1 / /m rw - cgroup2 a b",
		"-7 1 0:1 / /m rw - cgroup2 a b",
		"99999999999999999999999 1 0:1 / /m rw - cgroup2 a b",
	};
	struct ct_mount m = { .id = 4711 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		T_CHECK(ct_mount_parse(copy(bad[i]), &m) == -EINVAL, "'%s'", bad[i]);
	ck_assert_uint_eq(m.id, 4711); /* untouched */
}

/* Every line cut off at every length: no crash, no read beyond (the sanitizer watches). */
TEST(mount_line_cut)
{
	const char *line = "41 31 0:38 /a\\040b /sys\\134 rw shared:3 - cgroup c rw,cpu,name=x";
	struct ct_mount m;

	for (size_t n = 0; n <= strlen(line); n++) {
		char *cut = strndup(line, n);

		ck_assert_ptr_nonnull(cut);
		ct_mount_parse(cut, &m);
		free(cut);
	}
}

static int feed(const char *text, size_t n)
{
	int fds[2];

	T_SYS(pipe(fds));
	if (fork() == 0) {
		close(fds[0]);
		for (size_t at = 0; at < n;) {
			/* odd pieces, so that lines are cut anywhere */
			ssize_t w = write(fds[1], text + at, n - at > 997 ? 997 : n - at);

			if (w <= 0)
				break;
			at += (size_t)w;
		}
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

TEST(lines_of_any_length)
{
	static const size_t lengths[] = {
		0, 1, 4095, 4096, 8192, 16382, 16383, 16384, 40000, 1, 0
	};
	struct ct_lines lines = { 0 };
	size_t total = 0, k = sizeof(lengths) / sizeof(lengths[0]);
	char *text = malloc(200000), *line;

	for (size_t i = 0; i < k; i++) {
		memset(text + total, 'a' + (int)i, lengths[i]);
		total += lengths[i];
		text[total++] = '\n';
	}
	memcpy(text + total, "no newline", 10);
	lines.fd = feed(text, total + 10);
	for (size_t i = 0; i < k; i++) {
		ck_assert_int_eq(ct_lines_next(&lines, &line), 1);
		ck_assert_uint_eq(strlen(line), lengths[i]);
		T_CHECK(!lengths[i] || line[lengths[i] - 1] == 'a' + (char)i);
	}
	ck_assert_int_eq(ct_lines_next(&lines, &line), 1);
	ck_assert_str_eq(line, "no newline");
	ck_assert_int_eq(ct_lines_next(&lines, &line), 0);
	ck_assert_int_eq(ct_lines_next(&lines, &line), 0);
	close(lines.fd);
	free(lines.buf);
	free(text);
}

TEST(lines_of_nothing)
{
	struct ct_lines lines = { .fd = open("/dev/null", O_RDONLY | O_CLOEXEC) };
	char *line = NULL;

	ck_assert_int_eq(ct_lines_next(&lines, &line), 0);
	ck_assert_ptr_null(line);
	close(lines.fd);
	free(lines.buf);
	memset(&lines, 0, sizeof(lines));
	lines.fd = -1;
	ck_assert_int_eq(ct_lines_next(&lines, &line), -EBADF);
	free(lines.buf);
}

/* ---- the cgroups of a mount table ---- */

static struct ct_cgroup_mounts mounts;

static void parse(const char *table, int (*visible)(const struct ct_mount *m))
{
	char *text = copy(table), *line, *save = NULL;
	struct ct_mount m;

	memset(&mounts, 0, sizeof(mounts));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		ck_assert_int_eq(ct_mount_parse(line, &m), 0);
		ct_cgroup_mounts_add(&mounts, &m, visible);
	}
}

TEST(table_hybrid)
{
	parse("31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
	      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
	      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	      "38 31 0:35 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n"
	      "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
	      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
	      everything);
	ck_assert_str_eq(mounts.v2_mount, "/sys/fs/cgroup/unified");
	ck_assert_uint_eq(mounts.v2_id, 41);
	ck_assert_str_eq(mounts.v1_mount[CT_CONTROLLER_CPU], "/sys/fs/cgroup/cpu,cpuacct");
	ck_assert_str_eq(mounts.v1_mount[CT_CONTROLLER_CPUACCT], "/sys/fs/cgroup/cpu,cpuacct");
	ck_assert_str_eq(mounts.v1_mount[CT_CONTROLLER_MEMORY], "/sys/fs/cgroup/memory");
	ck_assert_str_eq(mounts.v1_mount[CT_CONTROLLER_IO], "/sys/fs/cgroup/blkio");
	ck_assert_str_eq(mounts.v1_mount[CT_CONTROLLER_CPUSET], "");
	ck_assert_int_eq(mounts.v1, 1);
}

/* Controllers are options of the filesystem; directories may be called anything. */
TEST(table_names_that_lie)
{
	parse("1 0 0:1 / /sys/fs/cgroup/memory rw - tmpfs cgroup rw,memory\n"
	      "2 0 0:2 / /sys/fs/cgroup/cpu rw - cgroup cgroup2 rw,pids\n"
	      "3 0 0:3 / /elsewhere rw - cgroup memory rw,name=memory\n"
	      "4 0 0:4 / /cpuset rw,cpuset - cgroup x rw,cpusets,xcpu,noprefix\n"
	      "5 0 0:5 / /cgroup2 rw - cgroup2x cgroup2 rw\n",
	      everything);
	ck_assert_str_eq(mounts.v1_mount[CT_CONTROLLER_MEMORY], "");
	ck_assert_str_eq(mounts.v1_mount[CT_CONTROLLER_CPU], "");
	ck_assert_str_eq(mounts.v1_mount[CT_CONTROLLER_CPUSET], "");
	ck_assert_str_eq(mounts.v1_mount[CT_CONTROLLER_PIDS], "/sys/fs/cgroup/cpu");
	ck_assert_uint_eq(mounts.v2_id, 0);
	ck_assert_str_eq(mounts.v2_mount, "");
}

TEST(table_without_cgroups)
{
	parse("31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n", everything);
	ck_assert_uint_eq(mounts.v2_id, 0);
	ck_assert_int_eq(mounts.v1, 0);
}

TEST(table_bind_mounts_and_covered_ones)
{
	/* the whole tree is better than a part of it, whichever comes first */
	parse("1 0 0:1 /part /srv/part rw - cgroup2 c rw\n"
	      "2 0 0:1 / /whole rw - cgroup2 c rw\n"
	      "3 0 0:1 / /later rw - cgroup2 c rw\n"
	      "4 0 0:1 /other /srv/other rw - cgroup2 c rw\n",
	      everything);
	ck_assert_str_eq(mounts.v2_mount, "/whole");
	ck_assert_str_eq(mounts.v2_root, "/");
	parse("1 0 0:1 /part /srv/part rw - cgroup2 c rw\n", everything);
	ck_assert_str_eq(mounts.v2_root, "/part");
	parse("1 0 0:1 / /tmp/covered rw - cgroup2 c rw\n"
	      "2 0 0:2 / /tmp/v1 rw - cgroup c rw,memory\n"
	      "3 0 0:1 / /seen rw - cgroup2 c rw\n",
	      not_tmp);
	ck_assert_str_eq(mounts.v2_mount, "/seen");
	ck_assert_str_eq(mounts.v1_mount[CT_CONTROLLER_MEMORY], "");
	ck_assert_int_eq(mounts.v1, 0);
}

/* A path that does not fit is no path: never a shorter one. */
TEST(table_long_paths)
{
	char *name = malloc(CT_GROUP_MAX + 8);

	memset(name, 'x', CT_GROUP_MAX + 7);
	name[CT_GROUP_MAX + 7] = 0;
	name[CT_V1_MOUNT_MAX - 1] = 0;
	parse(t_fmt("1 0 0:1 / /%s rw - cgroup c rw,memory\n2 0 0:1 / /ok rw - cgroup c rw,memory",
		    name),
	      everything);
	ck_assert_str_eq(mounts.v1_mount[CT_CONTROLLER_MEMORY], "/ok");
	name[CT_V1_MOUNT_MAX - 1] = 'x';
	parse(t_fmt("1 0 0:1 / /%s rw - cgroup2 c rw", name), everything);
	ck_assert_uint_eq(mounts.v2_id, 0);
	parse(t_fmt("1 0 0:1 /%s /ok rw - cgroup2 c rw", name), everything);
	ck_assert_uint_eq(mounts.v2_id, 0);
	free(name);
}

/* ---- /proc/<pid>/cgroup ---- */

static char group[CT_GROUP_MAX];

static int own(const char *text, const char *root)
{
	strcpy(group, "untouched");
	return ct_own_group_parse(text, root, group, sizeof(group));
}

TEST(own_group)
{
	ck_assert_int_eq(own("0::/user.slice/a b\n", "/"), 0);
	ck_assert_str_eq(group, "/user.slice/a b");
	ck_assert_int_eq(own("9:name=systemd:/x\n4:memory:/y\n3:cpu,cpuacct:/0::/z\n0::/\n", "/"),
			 0);
	ck_assert_str_eq(group, "/");
	ck_assert_int_eq(own("0::/no newline", "/"), 0);
	ck_assert_str_eq(group, "/no newline");
	ck_assert_int_eq(own("0::/..hidden/..\n", "/"), 0);
	ck_assert_str_eq(group, "/..hidden/..");
}

TEST(own_group_below_a_part)
{
	ck_assert_int_eq(own("0::/a/b/c\n", "/a/b"), 0);
	ck_assert_str_eq(group, "/c");
	ck_assert_int_eq(own("0::/a/b\n", "/a/b"), 0);
	ck_assert_str_eq(group, "/");
	ck_assert_int_eq(own("0::/a/bc\n", "/a/b"), -ENOENT);
	ck_assert_int_eq(own("0::/a\n", "/a/b"), -ENOENT);
	ck_assert_str_eq(group, "untouched");
}

TEST(own_group_nowhere)
{
	ck_assert_int_eq(own("", "/"), -ENOENT);
	ck_assert_int_eq(own("4:memory:/y\n", "/"), -ENOENT);
	ck_assert_int_eq(own("10::/x\n", "/"), -ENOENT);
	/* outside of the cgroup namespace */
	ck_assert_int_eq(own("0::/..\n", "/"), -ENOENT);
	ck_assert_int_eq(own("0::/../../x\n", "/"), -ENOENT);
	ck_assert_int_eq(own("0::/x\n", "/.."), -ENOENT);
	ck_assert_int_eq(own("0::/x\n", "/../y"), -ENOENT);
	ck_assert_str_eq(group, "untouched");
	ck_assert_int_eq(ct_own_group_parse("0::/12345\n", "/", group, 6), -ENAMETOOLONG);
	ck_assert_int_eq(ct_own_group_parse("0::/12345\n", "/", group, 7), 0);
}

TEST(controller_lists)
{
	uint32_t cpu = 1u << CT_CONTROLLER_CPU, pids = 1u << CT_CONTROLLER_PIDS;

	ck_assert_uint_eq(ct_controllers_parse("cpu pids\n", ' '), cpu | pids);
	ck_assert_uint_eq(ct_controllers_parse("cpuset cpus xpids\n", ' '),
			  1u << CT_CONTROLLER_CPUSET);
	ck_assert_uint_eq(ct_controllers_parse("", ' '), 0);
	ck_assert_uint_eq(ct_controllers_parse("\n", ' '), 0);
	ck_assert_uint_eq(ct_controllers_parse("rw,cpu,,pids", ','), cpu | pids);
	ck_assert_ptr_null(ct_controller_name(CT_CONTROLLERS));
	ck_assert_str_eq(ct_controller_name(CT_CONTROLLER_CPUACCT), "cpuacct");
}

TEST(numbers_of_files)
{
	const char *path = t_fmt("%s/n", t_tmpdir());
	int64_t v = 42;

	t_write_file(path, "9223372036854775800\n");
	ck_assert_int_eq(ct_read_number(path, &v), -EINVAL);
	t_write_file(path, "-17 more\n");
	ck_assert_int_eq(ct_read_number(path, &v), 0);
	ck_assert_int_eq(v, -17);
	t_write_file(path, "max\n");
	ck_assert_int_eq(ct_read_number(path, &v), -EINVAL);
	t_write_file(path, "");
	ck_assert_int_eq(ct_read_number(path, &v), -EINVAL);
	ck_assert_int_eq(ct_read_number("/nowhere/at/all", &v), -ENOENT);
	ck_assert_int_eq(v, -17);
}

/* ---- which mounts a path leads to ---- */

/* id and parent, mount point, and what has to come out: 1 seen, 0 covered */
static const struct {
	int id, parent;
	const char *point, *options, *type;
	int seen;
} table[] = {
	{ 20, 1, "/", "rw,relatime", "ext4", 1 },
	{ 21, 20, "/home", "rw,nosuid,nodev,noexec", "xfs", 1 },
	{ 22, 21, "/home/a", "rw", "nfs", 1 },
	{ 23, 20, "/home-b", "rw", "xfs", 1 },
	{ 24, 20, "/cover", "rw", "tmpfs", 0 },	   /* another one lies on it */
	{ 25, 24, "/cover/in", "rw", "tmpfs", 0 }, /* and with it this one */
	{ 26, 24, "/cover", "ro", "tmpfs", 1 },
	{ 27, 26, "/cover/in", "rw", "tmpfs", 1 },
	{ 28, 20, "/late/in/deep", "rw", "tmpfs", 0 }, /* its directory was mounted over later */
	{ 29, 20, "/late/in", "rw", "tmpfs", 1 },
	{ 30, 20, "/three", "rw", "tmpfs", 0 },
	{ 32, 31, "/three", "rw", "tmpfs", 1 },
	{ 31, 30, "/three", "rw", "tmpfs", 0 },
	{ 33, 20, "/a\\040b", "rw", "tmpfs", 1 },
	{ 34, 99, "/lost", "rw", "tmpfs", 0 }, /* its parent is not in this root */
	{ 35, 20, "/p", "rw", "proc", 1 },
};

TEST(visible_mounts)
{
	struct ct_host_mounts m = { 0 };
	size_t n = sizeof(table) / sizeof(table[0]), found = 0;

	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(ct_host_mounts_add(&m, t_fmt("%d %d 0:5 / %s %s - %s none rw",
							      table[i].id, table[i].parent,
							      table[i].point, table[i].options,
							      table[i].type)), 0);
	ck_assert_int_eq(ct_host_mounts_add(&m, t_fmt("no line of mountinfo")), 0);
	ck_assert_uint_eq(m.n, n);
	ct_host_mounts_look(&m, 20);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m.n; k++) {
			const struct ct_host_mount *h = &m.mount[k];

			if (h->id != (uint64_t)table[i].id)
				continue;
			found++;
			T_CHECK(h->visible == table[i].seen, "%d on %s", table[i].id, h->point);
			T_CHECK(h->kernel == !strcmp(table[i].type, "proc"), "%s", h->point);
			T_CHECK(h->attr == (table[i].id == 21 ? 0xau : 0), "%s: %x", h->point,
				h->attr);
		}
	ck_assert_uint_eq(found, n);
	ck_assert_str_eq(m.mount[1].point, "/a b");
	ct_host_mounts_free(&m);
	/* a machine without anything, and without a root */
	ct_host_mounts_look(&m, 0);
	ct_host_mounts_free(&m);
}
