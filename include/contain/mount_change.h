/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/mount_change.h - what changed in the mount table, and when
 *
 * A difference compares two tables of contain/mount_table.h. A monitor has an fd that becomes
 * readable when the mounts of a namespace change, and gives the difference.
 *
 * Source: proc(5), poll(2), mount_namespaces(7).
 */
#ifndef CONTAIN_MOUNT_CHANGE_H
#define CONTAIN_MOUNT_CHANGE_H

#include <contain/error.h>
#include <contain/mount_table.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- difference ------------------------------------------------------------------------------ */

typedef struct contain_mount_diff contain_mount_diff;

/** What happened to a mount; MOVED and CHANGED may be joined by |. */
#define CONTAIN_MOUNT_ADDED 0x1u
#define CONTAIN_MOUNT_REMOVED 0x2u
#define CONTAIN_MOUNT_MOVED 0x4u
#define CONTAIN_MOUNT_CHANGED 0x8u

/** What is not the same: the first two of a mount that was moved, others of a changed one. */
#define CONTAIN_MOUNT_DIFF_PARENT 0x1u
#define CONTAIN_MOUNT_DIFF_TARGET 0x2u
#define CONTAIN_MOUNT_DIFF_ATTRIBUTES 0x4u
#define CONTAIN_MOUNT_DIFF_SUPER_OPTIONS 0x8u
#define CONTAIN_MOUNT_DIFF_PROPAGATION 0x10u
#define CONTAIN_MOUNT_DIFF_ROOT 0x20u
#define CONTAIN_MOUNT_DIFF_SOURCE 0x40u

/**
 * contain_mount_table_diff - what changed between two tables
 * @old_table: the first
 * @new_table: the second, of the same mount namespace
 * @ret_diff: receives it; freed with contain_mount_diff_free()
 * @reterr: may be NULL
 *
 * A mount is the same in both when its unique id is, and, where one of the tables has none, when
 * its id, type and device are. With unique ids no mount is taken for another one; without them the
 * kernel may have given the id of a mount that is gone to a new one of the same file system.
 *
 * A mount counts as moved when its path is another one: also when what it is attached to was
 * moved, or a directory above was renamed.
 *
 * Returns 0, also when nothing changed, or with *ret_diff untouched: -EINVAL: a table or ret_diff
 * is NULL; -ENOMEM. Since: 0.1
 */
int contain_mount_table_diff(contain_mount_table *old_table, contain_mount_table *new_table,
			     contain_mount_diff **ret_diff, contain_error **reterr);

/**
 * contain_mount_diff_free - frees a difference
 * @diff: may be NULL
 *
 * Since: 0.1
 */
void contain_mount_diff_free(contain_mount_diff *diff);

/**
 * contain_mount_diff_count - how many mounts are not the same
 * @diff: the difference
 *
 * They are numbered from 0: first those that were removed, by the order of the old table, then the
 * others, by the order of the new one. NULL: 0. Since: 0.1
 */
int contain_mount_diff_count(const contain_mount_diff *diff);

/**
 * contain_mount_diff_change - what happened to a mount
 * @diff: the difference
 * @i: number in it
 *
 * Returns CONTAIN_MOUNT_ADDED, CONTAIN_MOUNT_REMOVED, or CONTAIN_MOUNT_MOVED and
 * CONTAIN_MOUNT_CHANGED, joined by |; 0 for none. Since: 0.1
 */
uint32_t contain_mount_diff_change(const contain_mount_diff *diff, int i);

/**
 * contain_mount_diff_what - what of the mount is not the same
 * @diff: the difference
 * @i: number in it
 *
 * Returns CONTAIN_MOUNT_DIFF_*, joined by |; 0 for one that was added or removed, and for none.
 * Since: 0.1
 */
uint32_t contain_mount_diff_what(const contain_mount_diff *diff, int i);

/**
 * contain_mount_diff_old - the number of the mount in the old table
 * @diff: the difference
 * @i: number in the difference
 *
 * Returns it, or -ENOENT: it was added. Since: 0.1
 */
int contain_mount_diff_old(const contain_mount_diff *diff, int i);

/**
 * contain_mount_diff_new - the number of the mount in the new table
 * @diff: the difference
 * @i: number in the difference
 *
 * Returns it, or -ENOENT: it was removed. Since: 0.1
 */
int contain_mount_diff_new(const contain_mount_diff *diff, int i);

/**
 * contain_mount_diff_tables - the tables that were compared
 * @diff: the difference
 * @ret_old: receives the old table; may be NULL
 * @ret_new: receives the new table; may be NULL
 *
 * Each is freed with contain_mount_table_free(), and lives until then and as long as the
 * difference.
 *
 * Returns 0, or -EINVAL with the outputs untouched: diff is NULL. Since: 0.1
 */
int contain_mount_diff_tables(const contain_mount_diff *diff, contain_mount_table **ret_old,
			      contain_mount_table **ret_new);

/* ---- monitor --------------------------------------------------------------------------------- */

typedef struct contain_mount_monitor contain_mount_monitor;

/**
 * contain_mount_monitor_new - watches the mounts of a mount namespace
 * @fd: a pidfd, the fd of a mount namespace, or -1, as of contain_mount_table_take()
 * @ret_monitor: receives it; freed with contain_mount_monitor_free()
 * @reterr: may be NULL
 *
 * It goes on when the process has ended, and keeps the mount namespace from ending.
 *
 * The kernel tells of mounts that are made, moved, unmounted and remounted, and of attributes and
 * propagation that are set with mount_setattr(2), as this library does. It does not tell of
 * propagation that is set with mount(2), of a file system that is reconfigured by fspick(2), nor of
 * a renamed directory above a mount: these come with the next change, or with
 * contain_mount_monitor_look().
 *
 * It uses one of the system's AIO requests (fs.aio-max-nr).
 *
 * Returns 0, or with *ret_monitor untouched: -EINVAL: ret_monitor is NULL; -ENOSYS: a kernel
 * without AIO; -EAGAIN: fs.aio-max-nr is reached; or the errors of contain_mount_table_take().
 *
 * Since: 0.1. Source: proc(5), io_submit(2).
 */
int contain_mount_monitor_new(int fd, contain_mount_monitor **ret_monitor, contain_error **reterr);

/**
 * contain_mount_monitor_free - ends a monitor
 * @monitor: may be NULL
 *
 * Since: 0.1
 */
void contain_mount_monitor_free(contain_mount_monitor *monitor);

/**
 * contain_mount_monitor_fd - the fd that becomes readable
 * @monitor: the monitor
 *
 * It is readable while there is something that contain_mount_monitor_next() has not looked at yet,
 * however often it is asked: for poll(2), select(2), epoll(7), any loop. Do not read from it.
 *
 * Returns it; it belongs to the monitor; -EINVAL: NULL. Since: 0.1
 */
int contain_mount_monitor_fd(const contain_mount_monitor *monitor);

/**
 * contain_mount_monitor_table - the table that was read last
 * @monitor: the monitor
 * @ret_table: receives it; freed with contain_mount_table_free()
 *
 * At first what was there when the monitor was made.
 *
 * Returns 0, or -EINVAL with *ret_table untouched: a NULL. Since: 0.1
 */
int contain_mount_monitor_table(const contain_mount_monitor *monitor,
				contain_mount_table **ret_table);

/**
 * contain_mount_monitor_next - what changed since the last time
 * @monitor: the monitor
 * @ret_diff: receives the difference; freed with contain_mount_diff_free()
 * @reterr: may be NULL
 *
 * Never waits. Without a change it costs one system call. Of a change that is undone before it is
 * called nothing is told; no change that lasts is lost.
 *
 * Returns 1 with a difference, or with *ret_diff untouched: 0: nothing changed; -EINVAL: a NULL;
 * or the errors of contain_mount_table_take(), and then the change is told by a later call.
 *
 * Since: 0.1
 */
int contain_mount_monitor_next(contain_mount_monitor *monitor, contain_mount_diff **ret_diff,
			       contain_error **reterr);

/**
 * contain_mount_monitor_look - what changed since the last time, told by the kernel or not
 * @monitor: the monitor
 * @ret_diff: receives the difference; freed with contain_mount_diff_free()
 * @reterr: may be NULL
 *
 * As contain_mount_monitor_next(), but the table is read in any case.
 *
 * Returns 1 with a difference, or with *ret_diff untouched 0, -EINVAL, or the errors of
 * contain_mount_monitor_next(). Since: 0.1
 */
int contain_mount_monitor_look(contain_mount_monitor *monitor, contain_mount_diff **ret_diff,
			       contain_error **reterr);

#ifdef __cplusplus
}
#endif

#endif
