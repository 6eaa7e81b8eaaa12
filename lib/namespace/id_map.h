/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Id maps: what may be one, their text, and the sequences that steps and primitives share. */
#ifndef CT_NAMESPACE_ID_MAP_H
#define CT_NAMESPACE_ID_MAP_H

#include "plan/ids.h"
#include "plan/text.h"

#include <contain/error.h>
#include <contain/id_map.h>
#include <stddef.h>
#include <stdint.h>

#define CT_ID_RANGES_MAX 340 /* user_namespaces(7), since Linux 4.15 */

struct contain_id_map {
	struct ct_id_map map;
};

/*
 * Adds a range that the kernel would take. 0, -ENOMEM, or -EINVAL with the reason, which names the
 * index of the new range and of one that it meets.
 */
int ct_id_map_append(struct ct_id_map *map, struct ct_id_range range, char *why, size_t size);
/* The same for what the kernel has taken: seen from another namespace its text may be longer. */
int ct_id_map_put(struct ct_id_map *map, struct ct_id_range range, char *why, size_t size);

/* A copy of its own; -ENOMEM leaves to as it is. */
int ct_id_map_copy(struct ct_id_map *to, const struct ct_id_map *from);

/* The lines that uid_map and gid_map take. */
void ct_id_map_text(struct ct_text *t, const struct ct_id_map *map);

/* From such lines: strict. -EINVAL, -EOVERFLOW: a range has no ids in the reader's namespace. */
int ct_id_map_parse(const char *text, struct ct_id_map *ret);

/* Whether two maps give every id the same meaning, however they are cut into ranges. */
int ct_id_map_same(const struct ct_id_map *a, const struct ct_id_map *b);

/* "uid_map" or "gid_map" of CONTAIN_ID_*. */
static inline const char *ct_id_map_file(int kind)
{
	return kind == CONTAIN_ID_GROUP ? "gid_map" : "uid_map";
}

static inline int ct_id_kind_known(int kind)
{
	return kind == CONTAIN_ID_USER || kind == CONTAIN_ID_GROUP;
}

/* ---- shared by steps and primitives, namespace_maps.c and namespace_ops.c ---- */

/* One map of the process whose directory in /proc this is, by a writer with privilege. */
int ct_ns_write_map(int proc_fd, int kind, const char *map);

/*
 * The same by newuidmap(1) or newgidmap(1), whose words go to log. 0, its exit status, or -errno as
 * ct_helper_run(); until_nsec as there.
 */
int ct_ns_newidmap(int kind, int pid, const char *map, char *log, size_t size, uint64_t until_nsec);

#define CT_OWN_MAPS 3
static inline const char *ct_ns_own_map_file(int i)
{
	return !i ? "setgroups" : i == 1 ? "uid_map" : "gid_map";
}

/*
 * The caller's own maps, of one line each: setgroups(2) is denied first. fds stay open for whoever
 * wants to close them, -1: not opened. *ret_at: the file that failed.
 */
int ct_ns_map_own(const char *uid_map, const char *gid_map, int fds[CT_OWN_MAPS], int *ret_at);

#endif
