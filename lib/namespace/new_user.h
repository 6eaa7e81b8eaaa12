/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A user namespace that nobody is in: what an id-mapped mount takes its map from. */
#ifndef CT_NAMESPACE_NEW_USER_H
#define CT_NAMESPACE_NEW_USER_H

#include "id_map.h"

/*
 * An fd of a new user namespace with these maps, for a caller that may write them. In ordinary code
 * of the parent only; reterr as contain_ns_new_user().
 */
int ct_ns_new_user(const struct ct_id_map *uid, const struct ct_id_map *gid,
		   contain_error **reterr);

/*
 * "0:100000:65536", with "u:", "g:" or "b:" before it for user ids, group ids or both; several are
 * parted by blanks or commas. As contain_id_map_parse(), why (may be NULL) receives the reason.
 * What the maps point to is freed with free(3).
 */
int ct_id_maps_parse(const char *text, struct ct_id_map *ret_uid, struct ct_id_map *ret_gid,
		     char *why, size_t size);

/* The child that the namespace is made with: it waits until the process of the pidfd has ended. */
int ct_ns_new_user_child(void *pidfd);

#endif
