/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups for users: Documentation/admin-guide/cgroup-v2.rst, "Delegation". */
#include "delegate.h"
#include "act.h"
#include "group_files.h"
#include "sys/path.h"
#include "tree.h"

#include <contain/cgroup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_ROOM 4096

/* /sys/kernel/cgroup/delegate of Linux 6.12, for where it cannot be read. */
static const char built_in[] = "cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n"
			       "memory.oom.group\nmemory.reclaim\n";

int ct_delegate_parse(const char *text, struct ct_delegate *ret)
{
	ret->n = 0;
	for (size_t n; *text; text += n + (text[n] == '\n')) {
		struct ct_delegate_file *f = &ret->file[ret->n];

		n = strcspn(text, "\n");
		if (!n)
			continue;
		if (n >= sizeof(f->name) || ret->n == CT_DELEGATE_MAX)
			return -EINVAL;
		memcpy(f->name, text, n);
		f->name[n] = 0;
		/* without it nothing is delegated, and any other name is no file of a group */
		if (!ct_group_is_key(f->name))
			return -EINVAL;
		ret->n++;
	}
	return ret->n ? 0 : -EINVAL;
}

static void read_list(struct ct_delegate *d)
{
	char text[LIST_ROOM];
	ssize_t n = ct_read_once_at(AT_FDCWD, "/sys/kernel/cgroup/delegate", 0, text, sizeof(text));

	if (n <= 0 || (size_t)n + 1 >= sizeof(text) || ct_delegate_parse(text, d) < 0)
		ct_delegate_parse(built_in, d);
	/* last: from then on the user may act */
	d->file[d->n++].name[0] = 0;
}

static int change(int fd, struct ct_delegate_file *f, uint32_t uid, uint32_t gid)
{
	struct stat st;
	int r = ct_sys_newfstatat(fd, f->name, &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);

	f->changed = 0;
	if (r < 0)
		return r == -ENOENT ? 0 : r; /* a controller that is not enabled */
	f->uid = st.st_uid;
	f->gid = st.st_gid;
	r = ct_sys_fchownat(fd, f->name, uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	f->changed = 1; /* where it fails too: as it was is what it becomes again */
	return r;
}

static void change_back(int fd, const struct ct_delegate *d, size_t n)
{
	while (n-- > 0)
		if (d->file[n].changed)
			ct_sys_fchownat(fd, d->file[n].name, d->file[n].uid, d->file[n].gid,
					AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
}

static const char *hint_of(int err)
{
	if (err == -EINVAL)
		return "the id is not mapped in the caller's user namespace";
	if (err == -EPERM)
		return "needs CAP_CHOWN";
	return ct_group_hint(err);
}

/* An O_PATH fd will do, and so does one for the owner of the directory only. */
static int check(int fd, const char *op, contain_error **reterr)
{
	int r = ct_group_check_arg(reterr, op, "group_fd", fd);

	if (r < 0)
		return r;
	r = ct_sys_faccessat2(fd, "cgroup.type", F_OK, 0);
	if (r == 0)
		return 0;
	if (r == -ENOENT && ct_sys_faccessat2(fd, "cgroup.procs", F_OK, 0) == -ENOENT)
		return ct_group_fail(reterr, -ENODEV, op, "", ct_group_hint(-ENODEV));
	if (r == -ENOENT)
		return ct_group_fail(reterr, -EOPNOTSUPP, op, "group_fd",
				     "the root group cannot be delegated");
	return ct_group_fail(reterr, r, op, "cgroup.type", ct_group_hint(r));
}

int contain_cgroup_delegate(int group_fd, uint32_t uid, uint32_t gid, contain_error **reterr)
{
	const char *op = "delegate-group";
	struct ct_delegate *d;
	int r = 0;

	if (uid == UINT32_MAX || gid == UINT32_MAX)
		return ct_group_fail(reterr, -EINVAL, op, uid == UINT32_MAX ? "uid" : "gid",
				     "4294967295 is no id");
	r = check(group_fd, op, reterr);
	if (r < 0)
		return r;
	d = malloc(sizeof(*d));
	if (!d)
		return ct_group_fail(reterr, -ENOMEM, op, "", NULL);
	read_list(d);
	for (size_t i = 0; i < d->n && r == 0; i++) {
		r = change(group_fd, &d->file[i], uid, gid);
		if (r < 0) {
			change_back(group_fd, d, i + 1);
			ct_group_fail(reterr, r, op, d->file[i].name, hint_of(r));
		}
	}
	free(d);
	return r;
}
