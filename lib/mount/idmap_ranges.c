/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Id-mapped mounts from ranges: a user namespace is made of them, and lives on in the mount. */
#include "act.h"

#include <contain/mount_idmap.h>

int contain_mount_set_id_maps(int mount_fd, const contain_id_map *uid_map,
			      const contain_id_map *gid_map, int recursive, contain_error **reterr)
{
	int r, ns;

	if (recursive & ~1)
		return ct_mount_fail(reterr, -EINVAL, "set-idmap", "recursive",
				     "is neither 0 nor 1");
	ns = contain_ns_new_user(uid_map, gid_map, reterr);
	if (ns < 0)
		return ns;
	r = contain_mount_set_idmap(mount_fd, ns, recursive, reterr);
	ct_sys_close(ns);
	return r;
}

int contain_mount_check_idmap(int dirfd, const char *path, int recursive, contain_error **reterr)
{
	contain_id_map *uid = NULL, *gid = NULL;
	int r, fd = contain_mount_clone(dirfd, path, recursive, 0, reterr);

	if (fd < 0)
		return fd;
	/* what everybody may map, and is no map of the file system's own namespace */
	r = contain_id_map_new(&uid);
	if (!r)
		r = contain_id_map_new(&gid);
	if (!r)
		r = contain_id_map_add(uid, 0, (uint32_t)ct_sys_geteuid(), 1, NULL);
	if (!r)
		r = contain_id_map_add(gid, 0, (uint32_t)ct_sys_getegid(), 1, NULL);
	if (r < 0)
		ct_mount_fail(reterr, r, "set-idmap", "memory", NULL);
	else
		r = contain_mount_set_id_maps(fd, uid, gid, recursive, reterr);
	contain_id_map_free(uid);
	contain_id_map_free(gid);
	ct_sys_close(fd);
	return r;
}
