/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which disk a path lies on: nodes, files, partitions, and what lies on none. */
#include "harness.h"

#include <contain/cgroup_io.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void ok(int r, contain_error **err)
{
	T_CHECK(r == 0, "%s", contain_error_message(*err));
}

static void told(int r, int code, contain_error **err, const char *object, const char *hint)
{
	T_CHECK(r == code, "%d: %s", r, contain_error_message(*err));
	T_CHECK(!strcmp(contain_error_object(*err), object) &&
			strstr(contain_error_hint(*err), hint),
		"%s", contain_error_message(*err));
	contain_error_free(*err);
	*err = NULL;
}

TEST(bad_arguments)
{
	struct t_state *before = t_state_take(T_FDS);
	uint32_t major = 1, minor = 2;
	contain_error *err = NULL;

	told(contain_block_device(AT_FDCWD, NULL, &major, &minor, &err), -EINVAL, &err, "path",
	     "NULL");
	told(contain_block_device(AT_FDCWD, "", &major, &minor, &err), -EINVAL, &err, "path",
	     "empty");
	told(contain_block_device(AT_FDCWD, "/", NULL, &minor, &err), -EINVAL, &err, "ret_major",
	     "NULL");
	told(contain_block_device(AT_FDCWD, "/", &major, NULL, &err), -EINVAL, &err, "ret_minor",
	     "NULL");
	told(contain_block_device(AT_FDCWD, "/no/such", &major, &minor, &err), -ENOENT, &err,
	     "/no/such", "");
	told(contain_block_device(-1, "x", &major, &minor, &err), -EBADF, &err, "x", "");
	T_CHECK(major == 1 && minor == 2);
	t_state_check(before);
}

TEST(what_lies_on_no_disk)
{
	const char *dir = t_tmpdir();
	uint32_t major, minor;
	contain_error *err = NULL;

	t_need_root();
	told(contain_block_device(AT_FDCWD, "/proc/version", &major, &minor, &err), -ENODEV, &err,
	     "/proc/version", "on no disk");
	told(contain_block_device(AT_FDCWD, "/dev/null", &major, &minor, &err), -ENODEV, &err,
	     "/dev/null", "on no disk");
	T_SYS(mount("x", dir, "tmpfs", 0, ""));
	told(contain_block_device(AT_FDCWD, dir, &major, &minor, &err), -ENODEV, &err, dir,
	     "tmpfs");
	for (int i = 0; i < 4; i++)
		T_SYS(mkdir(t_fmt("%s/%c", dir, "luwm"[i]), 0755));
	T_SYS(mount("x", t_fmt("%s/m", dir), "overlay", 0,
		    t_fmt("lowerdir=%s/l,upperdir=%s/u,workdir=%s/w", dir, dir, dir)));
	told(contain_block_device(AT_FDCWD, t_fmt("%s/m", dir), &major, &minor, &err), -ENODEV,
	     &err, t_fmt("%s/m", dir), "upperdir");
	/* a node without a disk behind it */
	T_SYS(mknod(t_fmt("%s/b", dir), S_IFBLK | 0600, makedev(240, 77)));
	told(contain_block_device(AT_FDCWD, t_fmt("%s/b", dir), &major, &minor, &err), -ENODEV,
	     &err, t_fmt("%s/b", dir), "disk is gone");
}

TEST(node_and_file_of_the_root_disk)
{
	uint32_t major = 0, minor = 0, again = 0, again_minor = 0;
	contain_error *err = NULL;
	struct stat st;
	char *link;
	int fd;

	T_SYS(stat("/", &st));
	if (!major(st.st_dev))
		t_skip("the root directory lies on no disk");
	ok(contain_block_device(AT_FDCWD, "/", &major, &minor, &err), &err);
	link = t_fmt("/sys/dev/block/%u:%u", major, minor);
	ck_assert_int_eq(access(link, F_OK), 0);
	ck_assert_int_ne(access(t_fmt("%s/partition", link), F_OK), 0);
	fd = open("/", O_PATH | O_CLOEXEC);
	ok(contain_block_device(fd, "etc", &again, &again_minor, &err), &err);
	T_CHECK(again == major && again_minor == minor);
	close(fd);
}

/* ---- a disk of our own, with a partition ------------------------- */

static void table(const char *image, long sectors)
{
	unsigned char mbr[512] = { 0 };
	uint32_t from = 2048, n = (uint32_t)sectors - 2048;
	int fd = open(image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	mbr[446 + 4] = 0x83;
	memcpy(mbr + 446 + 8, &from, 4);
	memcpy(mbr + 446 + 12, &n, 4);
	mbr[510] = 0x55;
	mbr[511] = 0xaa;
	T_SYS(ftruncate(fd, sectors * 512));
	T_CHECK(pwrite(fd, mbr, sizeof(mbr), 0) == 512);
	close(fd);
}

/* The fd of a loop device with partitions; it goes with the last fd. */
static int loop(const char *image, char *path, size_t size)
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_PARTSCAN };
	int fd, n, control;

	if (t_guest() && access("/dev/loop-control", F_OK) && system("modprobe loop") != 0)
		t_skip("no loop devices");
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		t_skip("no loop devices: %m");
	n = ioctl(control, LOOP_CTL_GET_FREE);
	snprintf(path, size, "/dev/loop%d", n);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		t_skip("%s: %m", path);
	config.fd = (uint32_t)open(image, O_RDWR | O_CLOEXEC);
	if (ioctl(fd, LOOP_CONFIGURE, &config) < 0)
		t_skip("%s: %m", path);
	close((int)config.fd);
	close(control);
	return fd;
}

TEST(partition_to_its_disk)
{
	char path[64], text[32];
	const char *dir = t_tmpdir(), *image = t_fmt("%s/image", dir), *part;
	uint32_t major = 0, minor = 0;
	contain_error *err = NULL;
	struct stat st;
	unsigned a, b;
	int fd;

	t_need_root();
	table(image, 16384);
	fd = loop(image, path, sizeof(path));
	T_SYS(fstat(fd, &st));
	ok(contain_block_device(AT_FDCWD, path, &major, &minor, &err), &err);
	T_CHECK(major == major(st.st_rdev) && minor == minor(st.st_rdev));
	part = t_fmt("/sys/class/block/%sp1/dev", path + 5);
	if (access(part, F_OK))
		t_skip("this kernel makes no partitions of loop devices");
	ck_assert_int_gt(t_read_file(part, text, sizeof(text)), 0);
	ck_assert_int_eq(sscanf(text, "%u:%u", &a, &b), 2);
	T_CHECK(a != major || b != minor);
	/* by a node of our own: nobody may make one here */
	T_SYS(mknod(t_fmt("%s/p1", dir), S_IFBLK | 0600, makedev(a, b)));
	major = minor = 0;
	ok(contain_block_device(AT_FDCWD, t_fmt("%s/p1", dir), &major, &minor, &err), &err);
	T_CHECK(major == major(st.st_rdev) && minor == minor(st.st_rdev), "%u:%u", major, minor);
	close(fd);
}
