/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Documentation/filesystems/overlayfs.rst, mount_setattr(2), tmpfs(5). The tries: try_ops.c */
#include "report.h"

static void probe_overlay(struct ct_survey *s)
{
	uint32_t feature = CONTAIN_FEATURE_OVERLAY_LOWERDIR_ADD;

	ct_by_try(s, &s->own, CONTAIN_FEATURE_OVERLAY, s->own.overlay);
	ct_by_try(s, &s->user, CONTAIN_FEATURE_OVERLAY_USERNS, s->user.overlay);
	if (s->own.clone < 0 && s->facts.lowerdir_add)
		ct_restricted(s, feature,
			      ct_why(s, "by the release of the kernel: there is no "
					"user namespace to try it in"));
	else
		ct_by_try(s, &s->own, feature, s->own.lowerdir_add);
	if (s->user.overlay == 0 && s->user.user_xattr < 0)
		ct_restricted(
			s, CONTAIN_FEATURE_OVERLAY_USERNS,
			ct_why(s, "with the upper layer on tmpfs, which has no user "
				  "extended attributes here, removing or renaming directories of "
				  "lower layers fails"));
}

void ct_probe_mounts(struct ct_survey *s)
{
	probe_overlay(s);
	ct_by_try(s, &s->own, CONTAIN_FEATURE_TMPFS_USER_XATTR, s->own.user_xattr);
	ct_by_try(s, &s->own, CONTAIN_FEATURE_MOUNT_IDMAP, s->own.idmap);
	ct_by_try(s, &s->own, CONTAIN_FEATURE_MOUNT_IDMAP_TMPFS, s->own.idmap_tmpfs);
	ct_by_try(s, &s->own, CONTAIN_FEATURE_MOVE_MOUNT_BENEATH, s->own.beneath);
}
