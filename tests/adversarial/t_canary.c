/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Oracle H sees everything that it is there for, and nothing else. */
#include "canary.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *tree;

static const char *at(const char *name)
{
	return t_fmt("%s/%s", tree, name);
}

static void touch_fd(int fd)
{
	T_SYS(fd);
	close(fd);
}

static void read_secret(void)
{
	touch_fd(open(at("secret"), O_RDONLY));
}

static void open_to_write(void)
{
	touch_fd(open(at("file"), O_WRONLY));
}

static void list(void)
{
	touch_fd(open(at("dir/sub"), O_RDONLY | O_DIRECTORY));
}

static void write_same_size(void)
{
	int fd = open(at("file"), O_WRONLY);

	T_SYS(write(fd, "A", 1));
	close(fd);
}

static void create(void)
{
	T_SYS(mkdir(at("dir/new"), 0700));
}

static void create_and_remove(void)
{
	T_SYS(symlink("x", at("dir/new")));
	T_SYS(unlink(at("dir/new")));
}

static void delete(void)
{
	T_SYS(unlink(at("link")));
}

static void chmod_and_back(void)
{
	T_SYS(chmod(at("file"), 0600));
	T_SYS(chmod(at("file"), 0644));
}

static void chown_node(void)
{
	T_SYS(lchown(at("node"), 1, 1));
}

static void rename_over(void)
{
	T_SYS(rename(at("file"), at("dir/file")));
}

static void set_xattr(void)
{
	T_SYS(setxattr(at("file"), "trusted.x", "1", 1, 0));
}

static void mount_over(void)
{
	T_SYS(mount("none", at("dir"), "tmpfs", 0, NULL));
}

static void unmount_that(void)
{
	T_SYS(umount(at("dir")));
}

/* Through another mount, in another mount namespace */
static int through_a_bind(void *arg, void *rec)
{
	(void)rec;
	T_SYS(unshare(CLONE_NEWNS));
	T_SYS(mount(tree, "/mnt", NULL, MS_BIND, NULL));
	touch_fd(open(arg, O_RDONLY));
	return 0;
}

static void read_through_a_bind(void)
{
	ck_assert_int_eq(t_child(through_a_bind, (void *)"/mnt/secret", NULL, 0), 0);
}

static void by_fd(void)
{
	int fd = open(at("secret"), O_PATH), again;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY);
	close(fd);
	touch_fd(again);
}

static void set_name_of_machine(void)
{
	T_SYS(sethostname("canary", 6));
}

static void look_only(void)
{
	struct stat st;

	T_SYS(lstat(at("secret"), &st));
	T_SYS(access(at("file"), R_OK));
	touch_fd(open(at("secret"), O_PATH));
}

static const struct {
	const char *name;
	void (*touch)(void), (*undo)(void);
	int seen;
} kinds[] = {
	{ "nothing", NULL, NULL, 0 },
	{ "stat and O_PATH", look_only, NULL, 0 },
	{ "read", read_secret, NULL, 1 },
	{ "open to write", open_to_write, NULL, 1 },
	{ "list", list, NULL, 1 },
	{ "write", write_same_size, NULL, 1 },
	{ "create", create, NULL, 1 },
	{ "create and remove", create_and_remove, NULL, 1 },
	{ "delete", delete, NULL, 1 },
	{ "chmod", chmod_and_back, NULL, 1 },
	{ "chown", chown_node, NULL, 1 },
	{ "rename", rename_over, NULL, 1 },
	{ "xattr", set_xattr, NULL, 1 },
	{ "mount", mount_over, unmount_that, 1 },
	{ "bind mount elsewhere", read_through_a_bind, NULL, 1 },
	{ "fd", by_fd, NULL, 1 },
	{ "setting", set_name_of_machine, NULL, 1 },
};

TEST(every_kind_of_touch_is_seen)
{
	t_need_root();
	T_SYS(unshare(CLONE_NEWUTS)); /* the name of the machine is changed below */
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct h_canary *c = h_new();
		char text[4096];
		int n;

		tree = h_tree(c);
		if (kinds[i].touch)
			kinds[i].touch();
		n = h_diff(c, text, sizeof(text));
		T_CHECK(!n == !kinds[i].seen, "%s: %d findings:\n%s", kinds[i].name, n, text);
		if (kinds[i].undo)
			kinds[i].undo();
		h_free(c);
	}
}

/* What the test does itself is dropped, what comes later is not. */
TEST(own_events_are_forgotten)
{
	struct h_canary *c;
	char text[4096];

	t_need_root();
	c = h_new();
	tree = h_tree(c);
	read_secret();
	h_forget(c);
	h_check(c);
	read_through_a_bind();
	T_CHECK(h_saw(c, "secret", 0));
	T_CHECK(!h_saw(c, "file", 0));
	T_CHECK(h_diff(c, text, sizeof(text)) == 1, "%s", text);
	h_check(c);
	h_free(c);
}
