/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act.h"
#include "feature/kernel.h"

#include <stdio.h>
#include <string.h>

#ifndef MOUNT_ATTR_IDMAP
#define MOUNT_ATTR_IDMAP 0x00100000
#endif
#define NSFS_MAGIC 0x6e736673	     /* linux/magic.h */
#define NS_GET_NSTYPE_ 0xb703UL	     /* _IO(0xb7, 3), linux/nsfs.h */
#define INITIAL_USER_NS 0xEFFFFFFDul /* its inode, PROC_USER_INIT_INO */

static const char *bad_user_ns(int fd, int *ret_err)
{
	struct statfs fs;
	int r = ct_sys_fstatfs(fd, &fs);

	*ret_err = r < 0 ? r : -EINVAL;
	if (r < 0)
		return "is not an open fd";
	if (fs.f_type != NSFS_MAGIC || ct_sys_ioctl(fd, NS_GET_NSTYPE_, NULL) != CLONE_NEWUSER)
		return "is no user namespace";
	return NULL;
}

struct by_dev {
	uint32_t major, minor;
	char type[64];
};

static int is_of_dev(const struct ct_mount_line *m, void *arg)
{
	struct by_dev *d = arg;

	if (m->major != d->major || m->minor != d->minor)
		return 0;
	snprintf(d->type, sizeof(d->type), "%s", m->type);
	return 1;
}

/* The type's name of a detached mount: of another one of its file system, or what statfs says. */
static void type_of(int fd, const struct ct_mount_look *l, char *buf, size_t size)
{
	static const struct {
		long magic;
		const char *name;
	} known[] = {
		{ 0x01021994, "tmpfs" },   { 0x9fa0, "proc" },	    { 0x62656572, "sysfs" },
		{ 0x794c7630, "overlay" }, { 0x1cd1, "devpts" },    { 0x19800202, "mqueue" },
		{ 0x63677270, "cgroup2" }, { 0x27e0eb, "cgroup" },  { 0x65735546, "fuse" },
		{ 0x6969, "nfs" },	   { 0x9123683E, "btrfs" }, { 0xef53, "ext4" },
		{ 0x858458f6, "ramfs" },   { NSFS_MAGIC, "nsfs" },
	};
	struct by_dev d = { l->major, l->minor, "" };
	struct statfs fs;

	if (ct_mount_each_line(is_of_dev, &d) == 1) {
		snprintf(buf, size, "%s", d.type);
		return;
	}
	if (ct_sys_fstatfs(fd, &fs) < 0) {
		snprintf(buf, size, "unknown");
		return;
	}
	snprintf(buf, size, "0x%lx", (unsigned long)fs.f_type);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].magic == fs.f_type)
			snprintf(buf, size, "%s", known[i].name);
}

static void why_invalid(int mount_fd, int recursive, struct ct_mount_why *why)
{
	struct ct_mount_found m;
	struct ct_mount_look l;
	char type[64];

	if (ct_mount_look(mount_fd, &l) < 0)
		return;
	snprintf(why->object, sizeof(why->object), "mount_fd");
	if (!l.is_root) {
		ct_mount_say(why, "is not the root of a mount");
		return;
	}
	if (ct_mount_find(l.id, &m) == 1) {
		ct_mount_say(why,
			     "the mount is attached on %s: only what was never attached can "
			     "be id-mapped, such as a clone",
			     m.point);
		return;
	}
	type_of(mount_fd, &l, type, sizeof(type));
	ct_mount_say(why,
		     "file systems of type %s cannot be id-mapped by this kernel%s, or the mount "
		     "was attached before",
		     type, recursive ? ", or one below it cannot" : "");
}

static void why_not_permitted(int userns_fd, struct ct_mount_why *why)
{
	struct stat st;

	snprintf(why->object, sizeof(why->object), "mount_fd");
	if (!ct_has_capability(CAP_SYS_ADMIN)) {
		ct_mount_say(why, "needs CAP_SYS_ADMIN in the user namespace in which the file "
				  "system was mounted");
		return;
	}
	if (ct_sys_newfstatat(userns_fd, "", &st, AT_EMPTY_PATH) == 0 &&
	    st.st_ino == INITIAL_USER_NS) {
		snprintf(why->object, sizeof(why->object), "userns_fd");
		ct_mount_say(why, "the initial user namespace maps nothing: make another one, with "
				  "the maps that are wanted");
		return;
	}
	ct_mount_say(why, "the mount is id-mapped already, or the caller has no CAP_SYS_ADMIN in "
			  "the user namespace in which the file system was mounted, or in that of "
			  "userns_fd, or this is the file system's own");
}

int contain_mount_set_idmap(int mount_fd, int userns_fd, int recursive, contain_error **reterr)
{
	struct mount_attr a = { .attr_set = MOUNT_ATTR_IDMAP };
	struct ct_mount_why why = { 0 };
	struct ct_mount_look l;
	const char *bad;
	int err;

	if (recursive & ~1)
		return ct_mount_fail(reterr, -EINVAL, "set-idmap", "recursive",
				     "is neither 0 nor 1");
	err = ct_mount_look(mount_fd, &l);
	if (err < 0)
		return ct_mount_fail(reterr, err, "set-idmap", "mount_fd", NULL);
	bad = bad_user_ns(userns_fd, &err);
	if (bad)
		return ct_mount_fail(reterr, err, "set-idmap", "userns_fd", bad);
	a.userns_fd = (unsigned)userns_fd;
	why.err = ct_sys_mount_setattr(mount_fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0),
				       &a, sizeof(a));
	if (why.err == -ENOSYS)
		return ct_mount_unsupported(reterr, "set-idmap", "mount_fd", "mount_setattr");
	if (why.err == -EINVAL)
		why_invalid(mount_fd, recursive, &why);
	if (why.err == -EPERM)
		why_not_permitted(userns_fd, &why);
	return why.err < 0 ? ct_mount_failed(reterr, "set-idmap", "mount_fd", &why) : 0;
}
