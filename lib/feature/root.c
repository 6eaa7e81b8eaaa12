/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root.h"

#include "mounts.h"
#include "sys/statmount.h"
#include "sys/sys.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>

#define CT_STATX_MNT_ID 0x1000u	       /* Linux 5.8 */
#define CT_STATX_MNT_ID_UNIQUE 0x4000u /* Linux 6.8 */
#define CT_STATX_ATTR_MOUNT_ROOT 0x2000u

/* 1 or 0, or -errno where this kernel has no statmount(2). */
static int first_by_statmount(uint64_t unique)
{
	struct ct_mnt_id_req req = { .size = CT_MNT_ID_REQ_SIZE_VER0,
				     .mnt_id = unique,
				     .param = CT_STATMOUNT_MNT_BASIC };
	struct ct_statmount st;
	long r;

	memset(&st, 0, sizeof(st));
	r = ct_sys_statmount(&req, &st, sizeof(st), 0);
	return r < 0 ? (int)r : st.mnt_parent_id == st.mnt_id;
}

static int first_by_table(uint64_t id)
{
	struct ct_lines lines = { 0 };
	struct ct_mount m;
	int r = -ENOENT;
	char *line;

	lines.fd = ct_sys_openat(AT_FDCWD, "/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
	if (lines.fd < 0)
		return lines.fd;
	while (r < 0 && ct_lines_next(&lines, &line) > 0)
		if (ct_mount_parse(line, &m) == 0 && m.id == id)
			r = m.parent == m.id;
	ct_sys_close(lines.fd);
	free(lines.buf);
	return r;
}

enum ct_root_place ct_root_place(void)
{
	struct statx st;
	int r = -ENOSYS;

	memset(&st, 0, sizeof(st));
	if (ct_sys_statx(AT_FDCWD, "/", 0, CT_STATX_MNT_ID_UNIQUE | CT_STATX_MNT_ID, &st) < 0 ||
	    !(st.stx_attributes_mask & CT_STATX_ATTR_MOUNT_ROOT))
		return CT_ROOT_UNKNOWN;
	if (!(st.stx_attributes & CT_STATX_ATTR_MOUNT_ROOT))
		return CT_ROOT_CHROOT;
	if (st.stx_mask & CT_STATX_MNT_ID_UNIQUE)
		r = first_by_statmount(st.stx_mnt_id);
	if (r < 0) {
		memset(&st, 0, sizeof(st));
		r = ct_sys_statx(AT_FDCWD, "/", 0, CT_STATX_MNT_ID, &st);
		if (r == 0)
			r = first_by_table(st.stx_mnt_id);
	}
	return r < 0 ? CT_ROOT_UNKNOWN : r ? CT_ROOT_FIRST : CT_ROOT_MOUNTED;
}

int ct_root_is_initial(void)
{
	struct statfs fs;

	if (ct_sys_statfs("/", &fs) < 0 ||
	    (fs.f_type != RAMFS_MAGIC && fs.f_type != TMPFS_MAGIC))
		return 0;
	return ct_root_place() == CT_ROOT_FIRST;
}
