/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/id_map.h - ids of user namespaces: maps, subordinate ids, and writing them
 *
 * A map says which ids inside of a user namespace are which ids outside of it; there is one of user
 * ids and one of group ids. An id that is in no range of the map cannot be taken on, and what
 * belongs to it outside shows as the overflow id, 65534. A map here is a value: it is made range by
 * range, or by contain_id_map_root() and contain_id_map_keep() of the ids that the caller may map,
 * given to a spec with container_spec_set_id_maps(), or written to a process that has just made a
 * user namespace, with contain_id_map_write(). The kernel takes each map once.
 *
 * An ordinary user maps its own id alone by itself; more ids are its subordinate ids, which the
 * administrator gives in /etc/subuid and /etc/subgid, and newuidmap(1) and newgidmap(1) write such
 * maps.
 *
 * Source: user_namespaces(7), subuid(5), subgid(5), newuidmap(1), newgidmap(1).
 */
#ifndef CONTAIN_ID_MAP_H
#define CONTAIN_ID_MAP_H

#include <contain/error.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_id_map contain_id_map;
typedef struct contain_subids contain_subids;

/** Kinds of ids. */
#define CONTAIN_ID_USER 1
#define CONTAIN_ID_GROUP 2

/* ---- the map as a value ---- */

/**
 * contain_id_map_new - makes a map without any range
 * @ret_map: receives the map; freed with contain_id_map_free()
 *
 * A map may be used by several threads at once as long as nobody adds to it.
 *
 * Returns 0, -EINVAL (ret_map is NULL) or -ENOMEM; *ret_map is untouched then. Since: 0.1
 */
int contain_id_map_new(contain_id_map **ret_map);

/**
 * contain_id_map_free - frees a map
 * @map: may be NULL
 *
 * Since: 0.1
 */
void contain_id_map_free(contain_id_map *map);

/**
 * contain_id_map_add - adds a range to a map
 * @map: the map
 * @inside: the first id in the user namespace
 * @outside: the first id in its parent
 * @count: how many ids, at least 1
 * @reterr: may be NULL
 *
 * Up to 340 ranges that neither overlap nor wrap, in any order; the id 4294967295 means "no change"
 * to the kernel and is in no map. The kernel takes the map as text of less than a page, 4096
 * bytes, which long numbers may reach with some 120 ranges.
 *
 * Returns 0, or, with the map as it was: -EINVAL: map is NULL, or the range is empty, wraps,
 * overlaps another one, is the 341st, or makes the text too long: the hint has its index and that
 * of the other one, from 0; -ENOMEM. Since: 0.1. Source: user_namespaces(7).
 */
int contain_id_map_add(contain_id_map *map, uint32_t inside, uint32_t outside, uint32_t count,
		       contain_error **reterr);

/**
 * contain_id_map_count - how many ranges a map has
 * @map: the map
 *
 * Returns 0 to 340, or -EINVAL (NULL). Since: 0.1
 */
int contain_id_map_count(const contain_id_map *map);

/**
 * contain_id_map_range - one range of a map
 * @map: the map
 * @index: from 0, in the order in which they were added or the kernel tells them
 * @ret_inside: receives the first id inside
 * @ret_outside: receives the first id outside
 * @ret_count: receives how many
 *
 * Returns 0, or -EINVAL: an argument is NULL, or there is no such range; nothing is stored then.
 * Since: 0.1
 */
int contain_id_map_range(const contain_id_map *map, int index, uint32_t *ret_inside,
			 uint32_t *ret_outside, uint32_t *ret_count);

/**
 * contain_id_map_inside - which id inside an id outside has
 * @map: the map
 * @outside: an id of the parent
 * @ret_inside: receives the id inside
 * @reterr: may be NULL
 *
 * Returns 0, -ENOENT: no range holds it, it shows as the overflow id inside; or -EINVAL: an
 * argument is NULL. *ret_inside is untouched then. Since: 0.1
 */
int contain_id_map_inside(const contain_id_map *map, uint32_t outside, uint32_t *ret_inside,
			  contain_error **reterr);

/**
 * contain_id_map_outside - which id outside an id inside stands for
 * @map: the map
 * @inside: an id of the user namespace
 * @ret_outside: receives the id outside
 * @reterr: may be NULL
 *
 * Returns 0, -ENOENT: no range holds it, and nobody can have it inside; or -EINVAL: an argument is
 * NULL. *ret_outside is untouched then. Since: 0.1
 */
int contain_id_map_outside(const contain_id_map *map, uint32_t inside, uint32_t *ret_outside,
			   contain_error **reterr);

/**
 * contain_id_map_parse - takes maps from a text, as options of mounts have them
 * @text: INSIDE:OUTSIDE:COUNT, such as "0:100000:65536"; several are parted by blanks or commas.
 *        With "u:" before it a range is of user ids, with "g:" of group ids, else, or with "b:",
 *        of both: "u:0:1000:1 g:0:100:1"
 * @ret_uid_map: receives the map of user ids; freed with contain_id_map_free()
 * @ret_gid_map: receives that of group ids; freed with contain_id_map_free()
 * @reterr: may be NULL
 *
 * Returns 0, or, with nothing stored: -EINVAL: an argument is NULL, the text has another form, a
 * number is not plain decimal or no id, there is no range for one of the kinds, or
 * contain_id_map_add() would not take it: the hint says which; -ENOMEM. Since: 0.1.
 * Source: mount(8), X-mount.idmap.
 */
int contain_id_map_parse(const char *text, contain_id_map **ret_uid_map,
			 contain_id_map **ret_gid_map, contain_error **reterr);

/* ---- subordinate ids ---- */

/**
 * contain_subids_read - reads which subordinate ids a user has
 * @kind: CONTAIN_ID_USER: /etc/subuid; CONTAIN_ID_GROUP: /etc/subgid
 * @uid: the user, for both kinds
 * @ret_subids: receives the ranges; freed with contain_subids_free()
 * @reterr: may be NULL
 *
 * A line is OWNER:FIRST:COUNT, and a user's when OWNER is one of its names or its number. The
 * ranges are told in the order of the file, and an id that several lines give is told once. What is
 * no such line is skipped, as newuidmap(1) does: a number that is not plain decimal, an empty
 * range, one past the last id, more than 1023 bytes. When the user has no line, the hint names the
 * first line that was skipped.
 *
 * Names come from /etc/passwd alone, where up to 32 of the user are found; no name service is
 * asked, as its modules would run in the caller's process. newuidmap(1) asks it: for users and
 * ranges that only a name service knows (LDAP), use contain_subids_read_from() or
 * contain_id_map_add().
 *
 * Returns 0, or, with *ret_subids untouched: -EINVAL: another kind, ret_subids is NULL, or the file
 * is no regular file; -ENOENT: no line for the user, or no such file; -EACCES and the other errors
 * of open(2) and read(2); -EFBIG: a file is larger than 16 MiB; -E2BIG: more than 1000 ranges for
 * the user; -ENOMEM. Since: 0.1. Source: subuid(5), subgid(5).
 */
int contain_subids_read(int kind, uint32_t uid, contain_subids **ret_subids,
			contain_error **reterr);

/**
 * contain_subids_read_from - reads the same from another file
 * @dirfd: where a relative path starts, or AT_FDCWD
 * @path: a regular file; symlinks in it are followed
 * @uid: the user
 * @user: its name, or NULL: only lines with its number are the user's
 * @ret_subids: receives the ranges; freed with contain_subids_free()
 * @reterr: may be NULL
 *
 * /etc/passwd is not read.
 *
 * Returns what contain_subids_read() does; -EINVAL: path is NULL or empty. Since: 0.1.
 * Source: subuid(5).
 */
int contain_subids_read_from(int dirfd, const char *path, uint32_t uid, const char *user,
			     contain_subids **ret_subids, contain_error **reterr);

/**
 * contain_subids_count - how many ranges there are
 * @subids: the ranges
 *
 * Returns 1 to 1000, or -EINVAL (NULL). Since: 0.1
 */
int contain_subids_count(const contain_subids *subids);

/**
 * contain_subids_range - one of the ranges
 * @subids: the ranges
 * @index: from 0
 * @ret_first: receives its first id
 * @ret_count: receives how many ids it has
 *
 * Returns 0, or -EINVAL: an argument is NULL, or there is no such range; nothing is stored then.
 * Since: 0.1
 */
int contain_subids_range(const contain_subids *subids, int index, uint32_t *ret_first,
			 uint32_t *ret_count);

/**
 * contain_subids_free - frees the ranges
 * @subids: may be NULL
 *
 * Since: 0.1
 */
void contain_subids_free(contain_subids *subids);

/* ---- maps of what the caller may map ---- */

/**
 * contain_id_map_root - a map in which the caller is id 0
 * @kind: CONTAIN_ID_USER or CONTAIN_ID_GROUP
 * @n_ids: how many ids, 0 and up; 1 needs no subordinate ids; 0: as many as there are
 * @ret_map: receives the map; freed with contain_id_map_free()
 * @reterr: may be NULL
 *
 * Id 0 inside is the caller's effective id, and 1, 2, ... are the subordinate ids of the effective
 * user, all ranges of it in the order of the file, one after the other. With n_ids 0 a user without
 * subordinate ids gets its own id alone.
 *
 * For a privileged caller it is the same: root's own lines are taken, and id 0 inside is root
 * itself. Where root inside should be nobody outside, read the lines of a user that is there for
 * it, and add them with contain_id_map_add().
 *
 * Returns 0, or, with *ret_map untouched: the errors of contain_subids_read(), -ERANGE: the user
 * has fewer ids, and the hint says how many; -EINVAL also: the ranges are too many for one map.
 * Since: 0.1. Source: user_namespaces(7), subuid(5).
 */
int contain_id_map_root(int kind, uint32_t n_ids, contain_id_map **ret_map, contain_error **reterr);

/**
 * contain_id_map_keep - a map in which the caller keeps its number
 * @kind: CONTAIN_ID_USER or CONTAIN_ID_GROUP
 * @n_ids: how many ids, the caller's own among them; 1 needs no subordinate ids; 0: as many as
 *         there are
 * @ret_map: receives the map; freed with contain_id_map_free()
 * @reterr: may be NULL
 *
 * The caller's effective id is the same inside; the ids below it, from 0 on, and then those above
 * it are subordinate ids. With n_ids no larger than the own id there are ids missing below it, and
 * with 1 there is no id 0.
 *
 * Returns what contain_id_map_root() does. Since: 0.1. Source: user_namespaces(7), subuid(5).
 */
int contain_id_map_keep(int kind, uint32_t n_ids, contain_id_map **ret_map, contain_error **reterr);

/* ---- a process ---- */

/**
 * contain_id_map_write - writes the maps of a process that has just made a user namespace
 * @pidfd: the process, which waits in its new user namespace
 * @uid_map: its user ids; NULL: not written
 * @gid_map: its group ids; NULL: not written
 * @reterr: may be NULL; carries what newuidmap(1) or newgidmap(1) wrote
 *
 * Acts now, from the parent user namespace. Each map is written by the caller itself when it has
 * CAP_SETUID (for group ids CAP_SETGID), or when the map holds the caller's own effective id alone;
 * otherwise by newuidmap(1) or newgidmap(1), which have to be in /usr/bin, /usr/local/bin or /bin,
 * and are given a minute. setgroups(2) is denied first where the kernel demands it, for a caller's
 * own group id without CAP_SETGID. What the kernel holds then is read back and compared.
 *
 * The process is named by the pidfd alone. A direct write goes through its directory in /proc,
 * which is opened first and found to be its own then, so that no other process that gets its number
 * can be met. newuidmap(1) takes a number: let the process be a child that the caller has not
 * waited for, whose number stays its own.
 *
 * Returns 0, or: -EINVAL: both maps are NULL, or one has no range, or pidfd is no pidfd;
 * -EBADF: pidfd is not open, or negative; -ESRCH: the process has ended, before or meanwhile;
 * -EPERM: the map was written before, the process has no user namespace of its own, the caller is
 * not the owner of it, newuidmap(1) refuses a range, or a security module forbids it;
 * -EACCES: the process is not dumpable, or another user's; -ENOENT: newuidmap(1) or newgidmap(1) is
 * missing, or there is no /proc; -EPROTO: read back, the map is another one; -ETIMEDOUT: the
 * program has not ended; -ENOMEM, -EMFILE, -ENFILE. After a failure the user map may have been
 * written, but of each map all or nothing. Since: 0.1. Source: user_namespaces(7), newuidmap(1).
 */
int contain_id_map_write(int pidfd, const contain_id_map *uid_map, const contain_id_map *gid_map,
			 contain_error **reterr);

/**
 * contain_id_map_read - reads a map of a process's user namespace
 * @pidfd: the process, or -1: the caller
 * @kind: CONTAIN_ID_USER or CONTAIN_ID_GROUP
 * @ret_map: receives the map, without any range while none was written; freed with
 *           contain_id_map_free()
 * @reterr: may be NULL
 *
 * Ids outside are told as the caller's user namespace has them, or, where that is the very same
 * namespace, as its parent has them.
 *
 * Returns 0, or, with *ret_map untouched: -EINVAL: another kind, ret_map is NULL, or pidfd is no
 * pidfd; -EBADF: pidfd is not open; -ESRCH: the process has ended; -EOVERFLOW: the map holds ids
 * that the caller's user namespace does not have; -ENOENT: no /proc; -EACCES, -ENOMEM, -EMFILE,
 * -ENFILE. Since: 0.1. Source: user_namespaces(7).
 */
int contain_id_map_read(int pidfd, int kind, contain_id_map **ret_map, contain_error **reterr);

/**
 * contain_id_map_setgroups - whether setgroups(2) is allowed in a process's user namespace
 * @pidfd: the process, or -1: the caller
 * @ret_allowed: receives 1 or 0
 * @reterr: may be NULL
 *
 * 1 does not mean that a call would succeed: that needs CAP_SETGID and a group map.
 *
 * Returns 0, or, with *ret_allowed untouched, the errors of contain_id_map_read(), and -EPROTO: the
 * file holds something else. Since: 0.1. Source: user_namespaces(7).
 */
int contain_id_map_setgroups(int pidfd, int *ret_allowed, contain_error **reterr);

/**
 * contain_id_map_deny_setgroups - denies setgroups(2) in a process's user namespace, for ever
 * @pidfd: the process, or -1: the caller
 * @reterr: may be NULL
 *
 * Holds for all namespaces made below it too. Possible before the group map is written.
 *
 * Returns 0, or, with nothing changed: -EPERM: the group map was written before; -EACCES: no
 * CAP_SYS_ADMIN in the namespace, or the process is not dumpable; -EPROTO: read back, it is not
 * denied; -EINVAL: pidfd is no pidfd; -EBADF, -ESRCH, -ENOENT, -EMFILE, -ENFILE as
 * contain_id_map_read(). Since: 0.1. Source: user_namespaces(7).
 */
int contain_id_map_deny_setgroups(int pidfd, contain_error **reterr);

/* ---- a namespace that holds maps ---- */

/**
 * contain_ns_new_user - makes a user namespace that no process is in
 * @uid_map: its user ids
 * @gid_map: its group ids; NULL: the same ranges as uid_map
 * @reterr: may be NULL; carries what newuidmap(1) or newgidmap(1) wrote
 *
 * What contain_mount_set_idmap() takes the ids of an id-mapped mount from: the ids inside are those
 * in the file system, and those outside are the ones that are seen through the mount. It may also
 * be joined, with contain_ns_join() or container_spec_join_namespace().
 *
 * A child makes the namespace and has ended on return; it is no child that a waitpid(-1) of the
 * program would meet, where the kernel has clone3(2). The maps are written as by
 * contain_id_map_write(), and outside means the caller's user namespace, which is its parent.
 *
 * Returns a new fd, which keeps the namespace until it is closed, or: -EINVAL: uid_map is NULL, or
 * a map has no range; -EPERM: a chroot, the caller's own ids are not mapped, or the system forbids
 * user namespaces; -ENOSPC: user.max_user_namespaces, or 32 of them are nested; the errors of
 * contain_id_map_write() for the maps; -EAGAIN, -ENOMEM, -EMFILE, -ENFILE. Since: 0.1.
 * Source: user_namespaces(7), mount_setattr(2).
 */
int contain_ns_new_user(const contain_id_map *uid_map, const contain_id_map *gid_map,
			contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
