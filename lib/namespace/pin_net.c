/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of network namespaces, as ip-netns(8) gives them: a pin in a directory of its own. */
#include "act.h"
#include "sys/fd.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>

#ifndef MS_BIND
#define MS_BIND 4096
#endif
#ifndef MS_SHARED
#define MS_SHARED (1 << 20)
#endif

#define NETNS_DIR "/run/netns"
#define LOCK_TRIES 500
#define LOCK_NSEC 10000000 /* between two tries */

static int open_dir(void)
{
	return ct_fd_up(ct_sys_openat(AT_FDCWD, NETNS_DIR,
				      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0));
}

/* The lock that ip takes while it makes the directory a mount; never waited for without end. */
static int lock(int dir)
{
	int r = ct_sys_flock(dir, LOCK_EX | LOCK_NB);

	for (int i = 1; r == -EAGAIN && i < LOCK_TRIES; i++) {
		struct timespec pause = { 0, LOCK_NSEC }; /* the kernel writes what is left */

		ct_sys_ppoll(NULL, 0, &pause, NULL, 0);
		r = ct_sys_flock(dir, LOCK_EX | LOCK_NB);
	}
	return r;
}

/*
 * A shared mount, or the names would be seen in this mount namespace alone. A directory that is no
 * mount is bound on itself first. That mounting is one step for all who see it is what the lock is
 * for.
 */
static int make_shared(void)
{
	int r = ct_sys_mount("", NETNS_DIR, "none", MS_SHARED | MS_REC, NULL);

	if (r != -EINVAL)
		return r;
	r = ct_sys_mount(NETNS_DIR, NETNS_DIR, "none", MS_BIND | MS_REC, NULL);
	if (r < 0)
		return r;
	r = ct_sys_mount("", NETNS_DIR, "none", MS_SHARED | MS_REC, NULL);
	if (r < 0)
		ct_sys_umount2(NETNS_DIR, MNT_DETACH);
	return r;
}

static int prepare(struct ct_ns_why *why)
{
	int dir, made = ct_sys_mkdirat(AT_FDCWD, NETNS_DIR, 0755);
	int r = made == -EEXIST ? 0 : made;

	dir = r < 0 ? r : open_dir();
	if (dir < 0) {
		ct_ns_say(why, dir, NETNS_DIR, "%s", "");
		return dir;
	}
	if (made == 0)
		r = ct_sys_fchmod(dir, 0755); /* whatever the umask */
	if (r == 0)
		r = lock(dir);
	if (r == 0)
		r = make_shared();
	ct_sys_close(dir);
	if (r < 0)
		ct_ns_say(why, r, NETNS_DIR, "%s",
			  r == -EPERM  ? ct_ns_no_mount_rights :
			  r == -EAGAIN ? "another program holds the lock of the directory" :
					 "");
	return r;
}

static int check_name(const char *name, const char *op, contain_error **reterr)
{
	if (!name || !*name || !strcmp(name, ".") || !strcmp(name, "..") || strchr(name, '/'))
		return ct_ns_failed(reterr, op, -EINVAL, "name",
				    "has to be a file name, without \"/\"");
	if (strlen(name) > NAME_MAX)
		return ct_ns_failed(reterr, op, -ENAMETOOLONG, "name", "is longer than 255 bytes");
	return 0;
}

int contain_ns_pin_net(int ns_fd, const char *name, contain_error **reterr)
{
	struct ct_ns_why why;
	int dir, r = check_name(name, "pin-net", reterr);

	if (r < 0)
		return r;
	if (ct_ns_check(ns_fd, CONTAIN_NS_NET, NULL, &why) < 0 || prepare(&why) < 0)
		return ct_ns_fail(reterr, "pin-net", &why);
	/* again: what is mounted there now is not what was opened before */
	dir = open_dir();
	if (dir < 0)
		return ct_ns_failed(reterr, "pin-net", dir, NETNS_DIR, NULL);
	r = ct_ns_pin(ns_fd, CONTAIN_NS_NET, dir, name, &why);
	ct_sys_close(dir);
	return r < 0 ? ct_ns_fail(reterr, "pin-net", &why) : 0;
}

int contain_ns_unpin_net(const char *name, contain_error **reterr)
{
	struct ct_ns_why why;
	int dir, r = check_name(name, "unpin-net", reterr);

	if (r < 0)
		return r;
	dir = open_dir();
	if (dir < 0)
		return ct_ns_failed(reterr, "unpin-net", dir, NETNS_DIR,
				    dir == -ENOENT ? "no network namespace has a name here" : NULL);
	r = ct_ns_unpin(dir, name, CONTAIN_NS_NET, &why);
	ct_sys_close(dir);
	return r < 0 ? ct_ns_fail(reterr, "unpin-net", &why) : 0;
}
