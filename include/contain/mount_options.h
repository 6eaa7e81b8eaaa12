/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/mount_options.h - the words of mount(8)
 *
 * What stands after "mount -o", or in the fourth column of fstab(5), says several things at once:
 * attributes of the mount ("ro,nosuid"), what kind of mount it is ("rbind"), its propagation
 * ("rslave"), and options of the file system ("size=1m"). contain_mount_options_parse() takes such
 * a text apart; nothing is mounted. The known words come from libmount, which mount(8) uses too;
 * what mount(8) would pass to the file system is passed on here.
 *
 * Words beyond those of libmount 2.38:
 *  - recursive attributes, for a mount and all below it: rro, rrw, rnosuid, rsuid, rnodev, rdev,
 *    rnoexec, rexec, rnoatime, ratime, rrelatime, rstrictatime, rnodiratime, rdiratime,
 *    rnosymfollow, rsymfollow, as in the OCI specification, and "ro=recursive" and so on as in
 *    mount(8) 2.39
 *  - idmap, ridmap, idmap=TEXT and X-mount.idmap=TEXT: the mount is id-mapped
 *  - copyup, tmpcopyup: what lay under a tmpfs is copied into it
 *  - optional, nofail: a missing source is skipped
 *
 * Of contradictory words the later one holds, also of noatime, relatime and strictatime, for which
 * mount(2) has an order of its own. "user" and "users" are noexec, nosuid and nodev,
 * "owner" and "group" are nosuid and nodev, as in mount(8). "slave,shared" is both, in this order.
 * Words for the administrator's tools are dropped: defaults, auto, noauto, _netdev, comment=,
 * silent, loud, and all that start with x- or X-, but for X-mount.*. Refused is what needs more
 * than a mount: remount, loop, offset=, sizelimit=, encryption=, verity.*, helper=, uhelper=, and
 * X-mount.* other than X-mount.idmap= and X-mount.mkdir, which is dropped: missing mount points are
 * made anyway where a container is made.
 *
 * A value in double quotes may hold commas; the quotes are taken away.
 *
 * Source: mount(8), fstab(5), the OCI runtime specification, "Linux mount options".
 */
#ifndef CONTAIN_MOUNT_OPTIONS_H
#define CONTAIN_MOUNT_OPTIONS_H

#include <contain/error.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_mount_options contain_mount_options;

/**
 * contain_mount_options_parse - takes a text of options apart
 * @text: such as "ro,nosuid,size=1m"; "" holds none
 * @ret_options: receives them; freed with contain_mount_options_free()
 * @reterr: may be NULL; the object of the error is the word
 *
 * Returns 0, or, with *ret_options untouched: -EINVAL: text or ret_options is NULL, a word is
 * refused, has a value that it does not take or lacks the one that it needs, or a quote is not
 * closed; -ENOMEM. Since: 0.1. Source: mount(8).
 */
int contain_mount_options_parse(const char *text, contain_mount_options **ret_options,
				contain_error **reterr);

/**
 * contain_mount_options_free - frees options
 * @options: may be NULL
 *
 * Since: 0.1
 */
void contain_mount_options_free(contain_mount_options *options);

/**
 * contain_mount_options_set - attributes that the mount itself is to have
 * @options: the options
 *
 * With access times the whole choice is told: noatime sets CONTAIN_MOUNT_NOATIME and clears
 * CONTAIN_MOUNT_STRICTATIME, strictatime is the reverse, and relatime clears both.
 *
 * Returns bits of CONTAIN_MOUNT_*; 0 for NULL. Since: 0.1
 */
uint32_t contain_mount_options_set(const contain_mount_options *options);

/**
 * contain_mount_options_clear - attributes that the mount itself is not to have
 * @options: the options
 *
 * Those that a word took away, such as "rw" or "suid"; what is in neither of the two was not
 * spoken of, and a bind mount keeps it.
 *
 * Returns bits of CONTAIN_MOUNT_*; 0 for NULL. Since: 0.1
 */
uint32_t contain_mount_options_clear(const contain_mount_options *options);

/**
 * contain_mount_options_recursive_set - attributes for the mount and all mounts below it
 * @options: the options
 *
 * They come before those of contain_mount_options_set() and _clear(), which are for the mount
 * itself: "rro,rw" is read-only but for the top.
 *
 * Returns bits of CONTAIN_MOUNT_*; 0 for NULL. Since: 0.1
 */
uint32_t contain_mount_options_recursive_set(const contain_mount_options *options);

/**
 * contain_mount_options_recursive_clear - attributes that the mount and all below it are to lose
 * @options: the options
 *
 * Returns bits of CONTAIN_MOUNT_*; 0 for NULL. Since: 0.1
 */
uint32_t contain_mount_options_recursive_clear(const contain_mount_options *options);

/**
 * contain_mount_options_bind - whether it is a bind mount
 * @options: the options
 *
 * Returns 0: no; 1: of one mount ("bind"); 2: with all mounts below it ("rbind"); or -EINVAL
 * (NULL). Since: 0.1
 */
int contain_mount_options_bind(const contain_mount_options *options);

/**
 * contain_mount_options_propagation - the propagation that is asked for
 * @options: the options
 *
 * Returns 0: none; one CONTAIN_PROPAGATION_* of contain/mount.h; or SLAVE and SHARED together: a
 * slave that is shared then. Since: 0.1. Source: mount_namespaces(7).
 */
uint32_t contain_mount_options_propagation(const contain_mount_options *options);

/**
 * contain_mount_options_propagation_recursive - whether the propagation is for all mounts below too
 * @options: the options
 *
 * Returns 1 or 0, or -EINVAL (NULL). Since: 0.1
 */
int contain_mount_options_propagation_recursive(const contain_mount_options *options);

/**
 * contain_mount_options_idmap - whether the mount is to be id-mapped
 * @options: the options
 *
 * Returns 0: no; 1: it alone ("idmap"); 2: with all mounts below it ("ridmap"); or -EINVAL (NULL).
 * Since: 0.1
 */
int contain_mount_options_idmap(const contain_mount_options *options);

/**
 * contain_mount_options_idmap_text - which map, in the words of the option
 * @options: the options
 *
 * See contain_id_map_parse() of contain/id_map.h.
 *
 * Returns a string that lives as long as the options, or NULL: none was given with the word.
 * Since: 0.1
 */
const char *contain_mount_options_idmap_text(const contain_mount_options *options);

/**
 * contain_mount_options_copyup - whether a tmpfs is to hold what lay under it
 * @options: the options
 *
 * Returns 1 or 0, or -EINVAL (NULL). Since: 0.1
 */
int contain_mount_options_copyup(const contain_mount_options *options);

/**
 * contain_mount_options_optional - whether a missing source is skipped
 * @options: the options
 *
 * Returns 1 or 0, or -EINVAL (NULL). Since: 0.1
 */
int contain_mount_options_optional(const contain_mount_options *options);

/**
 * contain_mount_options_data_count - how many options there are for the file system
 * @options: the options
 *
 * Returns 0 or more, or -EINVAL (NULL). Since: 0.1
 */
int contain_mount_options_data_count(const contain_mount_options *options);

/**
 * contain_mount_options_data - one option for the file system
 * @options: the options
 * @index: from 0, in the order of the text
 *
 * Flags of a whole file system are among them: sync, dirsync, lazytime, iversion and their
 * opposites.
 *
 * Returns "key=value" or "key", a string that lives as long as the options, or NULL: there is no
 * such one. Since: 0.1
 */
const char *contain_mount_options_data(const contain_mount_options *options, int index);

#ifdef __cplusplus
}
#endif

#endif
