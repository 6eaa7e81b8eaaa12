/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel.h"

#include "files.h"
#include "try.h"

#include <stdlib.h>
#include <string.h>

#define BAD_FLAGS 0x40000000u

/* Each call gets an argument that the kernel refuses with these errors, and only those. */
static int refused(long r, int expected, int also)
{
	if (r == -expected || r == -also)
		return 0;
	return r < 0 ? (int)r : -EIO;
}

int ct_probe_clone3(void)
{
	return refused(ct_sys_clone3(NULL, 0), EINVAL, EINVAL);
}

int ct_probe_openat2(void)
{
	return refused(ct_sys_openat2(AT_FDCWD, "/", NULL, 0), EINVAL, EINVAL);
}

/*
 * fsopen, fsmount and move_mount want CAP_SYS_ADMIN before they look at an argument: EPERM is all
 * that an ordinary user gets from a kernel that has them. To tell it from a seccomp filter, the
 * capability is looked at.
 */
static int refused_or_unprivileged(long r)
{
	if (r == -EPERM && !ct_has_capability(CAP_SYS_ADMIN))
		return 0;
	return refused(r, EINVAL, EBADF);
}

int ct_probe_fsopen(void)
{
	return refused_or_unprivileged(ct_sys_fsopen("", BAD_FLAGS));
}

int ct_probe_fsconfig(void)
{
	return refused(ct_sys_fsconfig(-1, BAD_FLAGS, NULL, NULL, 0), EINVAL, EBADF);
}

int ct_probe_fsmount(void)
{
	return refused_or_unprivileged(ct_sys_fsmount(-1, BAD_FLAGS, 0));
}

int ct_probe_open_tree(void)
{
	return refused(ct_sys_open_tree(-1, "", BAD_FLAGS), EINVAL, EINVAL);
}

int ct_probe_move_mount(void)
{
	return refused_or_unprivileged(ct_sys_move_mount(-1, "", -1, "", BAD_FLAGS));
}

int ct_probe_mount_setattr(void)
{
	return refused(ct_sys_mount_setattr(-1, "", BAD_FLAGS, NULL, 0), EINVAL, EINVAL);
}

int ct_probe_open_tree_attr(void)
{
	return refused(ct_sys_open_tree_attr(-1, "", BAD_FLAGS, NULL, 0), EINVAL, EINVAL);
}

int ct_probe_statmount(void)
{
	return refused(ct_sys_statmount(NULL, NULL, 0, BAD_FLAGS), EINVAL, EFAULT);
}

int ct_probe_listmount(void)
{
	return refused(ct_sys_listmount(NULL, NULL, 0, BAD_FLAGS), EINVAL, EFAULT);
}

int ct_filesystem_listed(const char *type)
{
	struct ct_lines lines = { 0 };
	char *line, *name;
	int found = 0;

	lines.fd = ct_sys_openat(AT_FDCWD, "/proc/filesystems", O_RDONLY | O_CLOEXEC, 0);
	if (lines.fd < 0)
		return 0;
	while (!found && ct_lines_next(&lines, &line) > 0) {
		name = strchr(line, '\t'); /* "nodev", or nothing, before it */
		found = name && !strcmp(name + 1, type);
	}
	ct_sys_close(lines.fd);
	free(lines.buf);
	return found;
}

unsigned ct_kernel_release(void)
{
	struct new_utsname uts;
	unsigned number[2] = { 0, 0 };
	const char *at = uts.release;

	if (ct_sys_uname(&uts) < 0)
		return 0;
	for (int i = 0; i < 2; i++) {
		for (; *at >= '0' && *at <= '9' && number[i] < 1000; at++)
			number[i] = number[i] * 10 + (unsigned)(*at - '0');
		if (*at == '.')
			at++;
	}
	return number[0] * 1000 + number[1];
}

static int modules_can_load(void)
{
	return ct_sys_faccessat2(AT_FDCWD, "/proc/modules", F_OK, 0) == 0;
}

/* Whether it is there. Short of memory, of fds or interrupted is no answer to that. */
static int yes(struct ct_kernel *ret, int r)
{
	ret->unsure |= r == -ENOMEM || r == -EMFILE || r == -ENFILE || r == -EINTR ||
		       r == -EAGAIN || r == -EIO;
	return r >= 0;
}

static void probe_overlay(struct ct_kernel *ret)
{
	int fd = ct_sys_fsopen("overlay", FSOPEN_CLOEXEC);

	ret->lowerdir_add = 0;
	ret->overlay = yes(ret, fd);
	if (fd >= 0) {
		ret->lowerdir_add = yes(ret, ct_takes_lowerdir_add(fd));
		ct_sys_close(fd);
	} else if (fd == -EPERM) {
		/*
		 * An ordinary user may ask only from within a user namespace, which takes a child.
		 * The module is loaded by the mount itself; statmount(2) came in the same release
		 * as "lowerdir+", Linux 6.8.
		 */
		ret->overlay = ct_filesystem_listed("overlay") || modules_can_load();
		ret->lowerdir_add = ret->overlay && ct_probe_statmount() == 0;
	}
}

static void probe_capabilities(struct ct_kernel *ret)
{
	int r;

	/* EINVAL beyond the last; 40 is the last of Linux 5.9 and later, so two calls do. */
	ret->cap_last = CAP_LAST_CAP;
	while (ret->cap_last < 63 && ct_sys_prctl(PR_CAPBSET_READ, ret->cap_last + 1, 0, 0, 0) >= 0)
		ret->cap_last++;
	while ((r = ct_sys_prctl(PR_CAPBSET_READ, ret->cap_last, 0, 0, 0)) == -EINVAL &&
	       ret->cap_last > 0)
		ret->cap_last--;
	yes(ret, r);
}

void ct_kernel_probe(struct ct_kernel *ret)
{
	ret->unsure = 0;
	ret->clone3 = yes(ret, ct_probe_clone3());
	ret->openat2 = yes(ret, ct_probe_openat2());
	ret->mount_api = yes(ret, ct_probe_fsopen()) && yes(ret, ct_probe_fsconfig()) &&
			 yes(ret, ct_probe_fsmount()) && yes(ret, ct_probe_open_tree()) &&
			 yes(ret, ct_probe_move_mount()) && yes(ret, ct_probe_mount_setattr());
	probe_overlay(ret);
	probe_capabilities(ret);
	ret->landlock_abi = ct_sys_landlock_create_ruleset(NULL, 0, CT_LANDLOCK_VERSION);
	if (!yes(ret, ret->landlock_abi))
		ret->landlock_abi = 0;
}
