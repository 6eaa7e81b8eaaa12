/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mount tables made of text: what is in a line, who is whose child, which mount a path is on. */
#include "t_mnt_table.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Every string of a getter says NULL, every number none. */
static void check_none(const contain_mount_table *t, int i)
{
	uint32_t major = 7, minor = 8;

	T_CHECK(!contain_mount_table_root(t, i) && !contain_mount_table_target(t, i));
	T_CHECK(!contain_mount_table_type(t, i) && !contain_mount_table_source(t, i));
	T_CHECK(!contain_mount_table_options(t, i) && !contain_mount_table_super_options(t, i));
	T_CHECK(!contain_mount_table_stats(t, i));
	ck_assert_int_eq(contain_mount_table_id(t, i), -ENOENT);
	ck_assert_int_eq(contain_mount_table_parent(t, i), -ENOENT);
	ck_assert_int_eq(contain_mount_table_parent_id(t, i), -ENOENT);
	ck_assert_uint_eq(contain_mount_table_unique_id(t, i), 0);
	ck_assert_uint_eq(contain_mount_table_attributes(t, i), 0);
	ck_assert_uint_eq(contain_mount_table_propagation(t, i), 0);
	ck_assert_uint_eq(contain_mount_table_peer_group(t, i), 0);
	ck_assert_uint_eq(contain_mount_table_master(t, i), 0);
	ck_assert_uint_eq(contain_mount_table_propagate_from(t, i), 0);
	ck_assert_int_eq(contain_mount_table_device(t, i, &major, &minor), -ENOENT);
	T_CHECK(major == 7 && minor == 8);
	ck_assert_int_eq(contain_mount_table_child_count(t, i), 0);
	ck_assert_int_eq(contain_mount_table_child(t, i, 0), -ENOENT);
}

TEST(all_of_a_line)
{
	contain_mount_table *t = table("36 35 98:7 /mnt1 /mnt2 ro,nosuid,noatime,nosymfollow "
				       "shared:3 master:1 propagate_from:2 - fuse.sshfs /dev/sda1 "
				       "rw,errors=continue\n");
	uint32_t major = 0, minor = 0;

	ck_assert_int_eq(contain_mount_table_count(t), 1);
	ck_assert_int_eq(contain_mount_table_id(t, 0), 36);
	ck_assert_int_eq(contain_mount_table_parent_id(t, 0), 35);
	ck_assert_int_eq(contain_mount_table_parent(t, 0), -ENOENT);
	ck_assert_int_eq(contain_mount_table_device(t, 0, &major, &minor), 0);
	T_CHECK(major == 98 && minor == 7);
	ck_assert_int_eq(contain_mount_table_device(t, 0, NULL, NULL), 0);
	ck_assert_str_eq(contain_mount_table_root(t, 0), "/mnt1");
	ck_assert_str_eq(contain_mount_table_target(t, 0), "/mnt2");
	ck_assert_str_eq(contain_mount_table_type(t, 0), "fuse.sshfs");
	ck_assert_str_eq(contain_mount_table_source(t, 0), "/dev/sda1");
	ck_assert_str_eq(contain_mount_table_options(t, 0), "ro,nosuid,noatime,nosymfollow");
	ck_assert_str_eq(contain_mount_table_super_options(t, 0), "rw,errors=continue");
	ck_assert_uint_eq(contain_mount_table_attributes(t, 0),
			  CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_NOSUID | CONTAIN_MOUNT_NOATIME |
				  CONTAIN_MOUNT_NOSYMFOLLOW);
	ck_assert_uint_eq(contain_mount_table_propagation(t, 0),
			  CONTAIN_PROPAGATION_SHARED | CONTAIN_PROPAGATION_SLAVE);
	ck_assert_uint_eq(contain_mount_table_peer_group(t, 0), 3);
	ck_assert_uint_eq(contain_mount_table_master(t, 0), 1);
	ck_assert_uint_eq(contain_mount_table_propagate_from(t, 0), 2);
	ck_assert_uint_eq(contain_mount_table_unique_id(t, 0), 0);
	T_CHECK(!contain_mount_table_stats(t, 0));
	check_none(t, 1);
	check_none(t, -1);
	check_none(NULL, 0);
	contain_mount_table_free(t);
	contain_mount_table_free(NULL);
}

TEST(words)
{
	static const struct {
		const char *options;
		uint32_t attributes;
	} options[] = {
		{ "rw,relatime", 0 },
		{ "rw", CONTAIN_MOUNT_STRICTATIME },
		{ "rw,noatime", CONTAIN_MOUNT_NOATIME },
		{ "rw,nodev,noexec,nodiratime,relatime",
		  CONTAIN_MOUNT_NODEV | CONTAIN_MOUNT_NOEXEC | CONTAIN_MOUNT_NODIRATIME },
		{ "rw,relatime,idmapped", CONTAIN_MOUNT_IDMAPPED },
		{ "row,xro,ro2,relatimes,relatime", 0 },
	};
	static const struct {
		const char *fields;
		uint32_t propagation;
	} fields[] = {
		{ "", CONTAIN_PROPAGATION_PRIVATE },
		{ "unbindable ", CONTAIN_PROPAGATION_UNBINDABLE },
		{ "shared:1 ", CONTAIN_PROPAGATION_SHARED },
		{ "master:1 ", CONTAIN_PROPAGATION_SLAVE },
		{ "later:1 master:1 ", CONTAIN_PROPAGATION_SLAVE },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		contain_mount_table *t =
			table(t_fmt("1 0 0:1 / / %s - t s rw", options[i].options));
		char back[128];

		ck_assert_uint_eq(contain_mount_table_attributes(t, 0), options[i].attributes);
		if (i < 5) {
			ct_table_options_of(options[i].attributes, back, sizeof(back));
			ck_assert_str_eq(back, options[i].options);
		}
		contain_mount_table_free(t);
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		contain_mount_table *t =
			table(t_fmt("1 0 0:1 / / rw %s- t s rw", fields[i].fields));

		ck_assert_uint_eq(contain_mount_table_propagation(t, 0), fields[i].propagation);
		contain_mount_table_free(t);
	}
}

/* What the kernel escapes, and what only looks like it. */
TEST(any_byte)
{
	contain_mount_table *t = table(
		"1 0 0:1 /a\\040b//deleted /\\011tab\\012line\\134back\\043hash rw - tmpfs "
		"\\040 rw,lowerdir=/x\\134:y\n"
		"2 1 0:1 net:[4026531840] /tail\\ rw - nsfs nsfs rw\n"
		"3 1 0:1 / /x\\040(deleted) rw - tmpfs  rw\n"
		"4 1 0:1 / /bad\\9\\04 rw - tmpfs none rw\n"
		"5 1 0:1 / /root rw - ext4 /dev/root rw\n"
		"6 1 0:1 / /root. rw - ext4 /dev/roo. rw\n"
		"7 1 0:1 / /label rw - ext4 LABEL=x rw\n");

	ck_assert_str_eq(contain_mount_table_root(t, 0), "/a b//deleted");
	ck_assert_str_eq(contain_mount_table_target(t, 0), "/\ttab\nline\\back#hash");
	ck_assert_str_eq(contain_mount_table_source(t, 0), " ");
	ck_assert_str_eq(contain_mount_table_super_options(t, 0), "rw,lowerdir=/x\\:y");
	ck_assert_str_eq(contain_mount_table_root(t, 1), "net:[4026531840]");
	ck_assert_str_eq(contain_mount_table_target(t, 1), "/tail\\");
	ck_assert_str_eq(contain_mount_table_target(t, 2), "/x (deleted)");
	ck_assert_str_eq(contain_mount_table_source(t, 2), "");
	ck_assert_str_eq(contain_mount_table_target(t, 3), "/bad\\9\\04");
	ck_assert_str_eq(contain_mount_table_source(t, 3), "none");
	ck_assert_str_eq(contain_mount_table_source(t, 4), "/dev/root");
	ck_assert_str_eq(contain_mount_table_source(t, 5), "/dev/roo.");
	ck_assert_str_eq(contain_mount_table_source(t, 6), "LABEL=x");
	contain_mount_table_free(t);
}

/* Also of a device that this machine has: the table may be of another one. */
TEST(source_is_not_guessed)
{
	struct stat st;
	contain_mount_table *t;

	T_SYS(stat("/", &st));
	t = table(t_fmt("1 0 %u:%u / / rw - ext4 /dev/root rw\n", major(st.st_dev),
			minor(st.st_dev)));
	ck_assert_str_eq(contain_mount_table_source(t, 0), "/dev/root");
	contain_mount_table_free(t);
}

TEST(long_line)
{
	static char options[300000];
	contain_mount_table *t;

	memset(options, 'x', sizeof(options) - 1);
	t = table(t_fmt("1 0 0:1 / / rw - overlay o rw,%s\n2 1 0:1 / /b rw - t s rw\n", options));
	ck_assert_int_eq(contain_mount_table_count(t), 2);
	ck_assert_str_eq(contain_mount_table_super_options(t, 0) + 3, options);
	contain_mount_table_free(t);
}

TEST(nothing_and_no_newline)
{
	contain_mount_table *t = table("");

	ck_assert_int_eq(contain_mount_table_count(t), 0);
	ck_assert_int_eq(contain_mount_table_find_path(t, "/"), -ENOENT);
	ck_assert_int_eq(contain_mount_table_find_target(t, "/"), -ENOENT);
	ck_assert_int_eq(contain_mount_table_find_id(t, 1), -ENOENT);
	ck_assert_int_eq(contain_mount_table_walk(t, 0, NULL, NULL), -ENOENT);
	contain_mount_table_free(t);
	t = table("1 0 0:1 / / rw - t s rw");
	ck_assert_int_eq(contain_mount_table_count(t), 1);
	contain_mount_table_free(t);
}

/* Each with the line that it is about. */
TEST(refused)
{
	static const struct {
		const char *text, *line, *hint;
	} bad[] = {
		{ "x", "line 1", "form" },
		{ "\n", "line 1", "form" },
		{ "# comment\n", "line 1", "form" },
		{ "1 0 0:1 / / rw - t s rw\n\n", "line 2", "form" },
		{ "1 0 0:1 / / rw - t s rw\n2 1 0:1 / /a rw - t s\n", "line 2", "form" },
		{ "1 0 0:1 / / rw - t\n", "line 1", "form" },
		{ "1 0 0:1 / / rw t s rw\n", "line 1", "form" },
		{ "1 0 0:1 / a rw - t s rw\n", "line 1", "form" },
		{ "1 0 0-1 / / rw - t s rw\n", "line 1", "form" },
		{ "1 0 0: / / rw - t s rw\n", "line 1", "form" },
		{ "-1 0 0:1 / / rw - t s rw\n", "line 1", "form" },
		{ "4294967295 0 0:1 / / rw - t s rw\n", "line 1", "form" },
		{ "99999999999999999999999 0 0:1 / / rw - t s rw\n", "line 1", "form" },
		{ "/dev/sda1 / ext4 rw 0 0\n", "line 1", "form" },
		{ "1 0 0:1 / / rw - t s rw\n1 1 0:1 / /a rw - t s rw\n", "line 2", "this id" },
		{ "1 0 0:1 / / rw - t s rw\n2 3 0:1 / /a rw - t s rw\n3 2 0:1 / /b rw - t s rw\n",
		  "line 3", "circle" },
	};
	contain_mount_table *t = (contain_mount_table *)&t;
	contain_error *e = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int r = contain_mount_table_parse(bad[i].text, &t, &e);

		T_EXPECT(r == -EINVAL && !strcmp(contain_error_object(e), bad[i].line) &&
				 strstr(contain_error_hint(e), bad[i].hint),
			 "%s: %d %s", bad[i].text, r, contain_error_message(e));
		T_CHECK(t == (contain_mount_table *)&t);
		contain_error_free(e);
		e = NULL;
	}
	ck_assert_int_eq(contain_mount_table_parse(NULL, &t, NULL), -EINVAL);
	ck_assert_int_eq(contain_mount_table_parse("", NULL, NULL), -EINVAL);
}

/* ---- who is where ---- */

static const char *const tree_text =
	"10 1 0:1 / / rw - t root rw\n"
	"11 10 0:2 / /a rw - t low rw\n"
	"12 10 0:3 / /a/b rw - t hidden rw\n" /* mounted before /a was */
	"13 11 0:4 / /a rw - t high rw\n" /* over the other one */
	"14 13 0:5 / /a/b/c rw - t seen rw\n"
	"15 10 0:6 / /ab rw - t ab rw\n"
	"16 13 0:7 / /a/b rw - t b rw\n"
	"17 99 0:8 / /lost rw - t lost rw\n";

static int found(const contain_mount_table *t, const char *path, const char *source)
{
	int i = contain_mount_table_find_path(t, path);

	return i >= 0 && !strcmp(contain_mount_table_source(t, i), source);
}

TEST(paths)
{
	static const char *const bad[] = { "", "a", "./a", "/a/../b", "/.", "/a/.." };
	contain_mount_table *t = table(tree_text);

	T_CHECK(found(t, "/", "root") && found(t, "///", "root") && found(t, "/x/y", "root"));
	T_CHECK(found(t, "/a", "high") && found(t, "/a/", "high") && found(t, "//a//x", "high"));
	T_CHECK(found(t, "/a/b", "b") && found(t, "/a/b/c", "b") && found(t, "/a/b/c/d", "b"));
	T_CHECK(found(t, "/ab", "ab") && found(t, "/abc", "root") && found(t, "/ab/c", "ab"));
	T_CHECK(found(t, "/lost", "root") && found(t, "/a/...", "high"));
	ck_assert_int_eq(contain_mount_table_find_target(t, "/a"), 3);
	ck_assert_int_eq(contain_mount_table_find_target(t, "/a/b"), 6);
	ck_assert_int_eq(contain_mount_table_find_target(t, "/"), 0);
	ck_assert_int_eq(contain_mount_table_find_target(t, "/a/b/c"), -ENOENT);
	ck_assert_int_eq(contain_mount_table_find_target(t, "/x"), -ENOENT);
	ck_assert_int_eq(contain_mount_table_find_target(t, "/lost"), -ENOENT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(contain_mount_table_find_path(t, bad[i]), -EINVAL);
		ck_assert_int_eq(contain_mount_table_find_target(t, bad[i]), -EINVAL);
	}
	ck_assert_int_eq(contain_mount_table_find_path(t, NULL), -EINVAL);
	ck_assert_int_eq(contain_mount_table_find_path(NULL, "/"), -EINVAL);
	contain_mount_table_free(t);
}

/* A root that something is mounted over, and one that is its own parent. */
TEST(over_the_root)
{
	contain_mount_table *t = table("1 1 0:1 / / rw - t rootfs rw\n2 1 0:2 / / rw - t over rw\n"
				       "3 1 0:3 / /x rw - t below rw\n4 2 0:3 / /y rw - t y rw\n");

	T_CHECK(found(t, "/", "over") && found(t, "/x", "over") && found(t, "/y", "y"));
	ck_assert_int_eq(contain_mount_table_parent(t, 0), -ENOENT);
	ck_assert_int_eq(contain_mount_table_find_target(t, "/"), 1);
	contain_mount_table_free(t);
	t = table("3 1 0:3 / /x rw - t below rw\n");
	ck_assert_int_eq(contain_mount_table_find_path(t, "/x"), -ENOENT);
	contain_mount_table_free(t);
}

TEST(ids_and_tree)
{
	static const int order[][2] = { { 0, 0 }, { 1, 1 }, { 3, 2 }, { 4, 3 },
					{ 6, 3 }, { 2, 1 }, { 5, 1 }, { 7, 0 } };
	contain_mount_table *t = table(tree_text);
	int index = -1, depth = -1;

	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(contain_mount_table_find_id(t, 10 + (uint64_t)i), i);
	ck_assert_int_eq(contain_mount_table_find_id(t, 9), -ENOENT);
	ck_assert_int_eq(contain_mount_table_find_id(t, UINT64_MAX), -ENOENT);
	ck_assert_int_eq(contain_mount_table_find_unique_id(t, 0), -ENOENT);
	ck_assert_int_eq(contain_mount_table_find_unique_id(t, 10), -ENOENT);
	ck_assert_int_eq(contain_mount_table_child_count(t, 0), 3);
	ck_assert_int_eq(contain_mount_table_child(t, 0, 0), 1);
	ck_assert_int_eq(contain_mount_table_child(t, 0, 1), 2);
	ck_assert_int_eq(contain_mount_table_child(t, 0, 2), 5);
	ck_assert_int_eq(contain_mount_table_child(t, 0, 3), -ENOENT);
	ck_assert_int_eq(contain_mount_table_child(t, 0, -1), -ENOENT);
	ck_assert_int_eq(contain_mount_table_parent(t, 4), 3);
	ck_assert_int_eq(contain_mount_table_parent(t, 7), -ENOENT);
	ck_assert_int_eq(contain_mount_table_parent_id(t, 7), 99);
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(contain_mount_table_walk(t, i, &index, &depth), 0);
		T_CHECK(index == order[i][0] && depth == order[i][1], "%d: %d %d", i, index, depth);
	}
	ck_assert_int_eq(contain_mount_table_walk(t, 8, &index, &depth), -ENOENT);
	ck_assert_int_eq(contain_mount_table_walk(t, -1, &index, &depth), -ENOENT);
	ck_assert_int_eq(contain_mount_table_walk(NULL, 0, &index, &depth), -EINVAL);
	T_CHECK(index == 7 && depth == 0);
	contain_mount_table_free(t);
}

/* ---- mountstats ---- */

TEST(stats)
{
	contain_mount_table *t = table_read("1 0 0:1 / / rw - ext4 /dev/sda rw\n"
					    "2 1 0:2 / /n\\040fs rw - nfs host:/x rw\n"
					    "3 1 0:3 / /m rw - nfs4 host:/y rw\n");

	ck_assert_int_eq(ct_table_read_stats(
				 t, "device /dev/sda mounted on / with fstype ext4\n"
				    "device gone mounted on /gone with fstype tmpfs\n"
				    "device host:/x mounted on /n\\040fs with fstype nfs "
				    "statvers=1.1\n\topts:\trw,vers=3\n\tage:\t7\n"
				    "no device mounted on /none with fstype t\n"
				    "device host:/y mounted on /m with fstype nfs4 statvers=1.1"),
			 0);
	T_CHECK(!contain_mount_table_stats(t, 0));
	ck_assert_str_eq(contain_mount_table_stats(t, 1),
			 "statvers=1.1\n\topts:\trw,vers=3\n\tage:\t7");
	ck_assert_str_eq(contain_mount_table_stats(t, 2), "statvers=1.1");
	contain_mount_table_free(t);
}
