/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/mount_graph.h - where mount events travel
 *
 * A graph shows the shared subtrees of a mount table: the peer groups with their members, which
 * groups are masters of which slaves, and where else a mount appears that is made at a path.
 *
 * Source: mount_namespaces(7), the kernel's Documentation/filesystems/sharedsubtree.rst.
 */
#ifndef CONTAIN_MOUNT_GRAPH_H
#define CONTAIN_MOUNT_GRAPH_H

#include <contain/error.h>
#include <contain/mount_table.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_mount_graph contain_mount_graph;

/**
 * contain_mount_graph_new - the propagation graph of a table
 * @table: of one mount namespace; it may be freed before the graph
 * @ret_graph: receives it; freed with contain_mount_graph_free()
 * @reterr: may be NULL
 *
 * A group is in it when a mount of the table is a member, or a slave of it, or is told to receive
 * from it (contain_mount_table_propagate_from()). Members in other mount namespaces are not seen.
 *
 * Returns 0, or with *ret_graph untouched: -EINVAL: a NULL; -ENOMEM. Since: 0.1
 */
int contain_mount_graph_new(contain_mount_table *table, contain_mount_graph **ret_graph,
			    contain_error **reterr);

/**
 * contain_mount_graph_free - frees a graph
 * @graph: may be NULL
 *
 * Since: 0.1
 */
void contain_mount_graph_free(contain_mount_graph *graph);

/**
 * contain_mount_graph_group_count - how many peer groups are in it
 * @graph: the graph
 *
 * They are numbered from 0, ascending by id. The functions below take these numbers. NULL: 0.
 * Since: 0.1
 */
int contain_mount_graph_group_count(const contain_mount_graph *graph);

/**
 * contain_mount_graph_find_group - the number of a peer group
 * @graph: the graph
 * @id: as contain_mount_table_peer_group() and contain_mount_table_master() tell it
 *
 * Returns it, or -ENOENT. Since: 0.1
 */
int contain_mount_graph_find_group(const contain_mount_graph *graph, uint32_t id);

/**
 * contain_mount_graph_group_id - the id of a peer group
 * @graph: the graph
 * @group: its number
 *
 * Returns 0 for none. Since: 0.1
 */
uint32_t contain_mount_graph_group_id(const contain_mount_graph *graph, int group);

/**
 * contain_mount_graph_member_count - how many mounts of the table are members of a group
 * @graph: the graph
 * @group: its number
 *
 * 0: all its members are in other mount namespaces. Another number, or NULL: 0. Since: 0.1
 */
int contain_mount_graph_member_count(const contain_mount_graph *graph, int group);

/**
 * contain_mount_graph_member - a member of a group
 * @graph: the graph
 * @group: number of the group
 * @n: which member, from 0, in the order of the table
 *
 * Returns the number of the mount in the table, or -ENOENT. Since: 0.1
 */
int contain_mount_graph_member(const contain_mount_graph *graph, int group, int n);

/**
 * contain_mount_graph_slave_count - how many mounts of the table are slaves of a group
 * @graph: the graph
 * @group: its number
 *
 * Another number, or NULL: 0. Since: 0.1
 */
int contain_mount_graph_slave_count(const contain_mount_graph *graph, int group);

/**
 * contain_mount_graph_slave - a slave of a group
 * @graph: the graph
 * @group: number of the group
 * @n: which slave, from 0, in the order of the table
 *
 * Returns the number of the mount in the table, or -ENOENT. Since: 0.1
 */
int contain_mount_graph_slave(const contain_mount_graph *graph, int group, int n);

/**
 * contain_mount_graph_master - the group that the members of a group are slaves of
 * @graph: the graph
 * @group: number of the group
 *
 * Returns the number of the master group, or -ENOENT: none, or no member of the group is in the
 * table. Since: 0.1
 */
int contain_mount_graph_master(const contain_mount_graph *graph, int group);

/* ---- where a mount event appears ------------------------------------------------------------ */

typedef struct contain_mount_reach contain_mount_reach;

/**
 * contain_mount_graph_reach - where a mount appears that is made at a path
 * @graph: the graph
 * @path: where something would be mounted: absolute, without "." and ".."
 * @ret_reach: receives the places; freed with contain_mount_reach_free()
 * @reterr: may be NULL
 *
 * The first place is the path itself. The others are the peers of the mount that the path lies on,
 * their slaves, the peers of these, and so on, as far as the mount shows the directory: a bind
 * mount of a part of the file system does not receive what happens outside of it. A slave of a
 * group that has no member in the table receives by members that are not seen: it is found where
 * the kernel tells of it (propagate_from) or all of the groups between have members in the table.
 *
 * The same places lose a mount when it is unmounted at the path.
 *
 * Returns 0, or with *ret_reach untouched: -ENOENT: no mount of the table is at the path; -EINVAL:
 * a NULL, or another path; -ENOMEM.
 *
 * Since: 0.1. Source: Documentation/filesystems/sharedsubtree.rst, section 5b.
 */
int contain_mount_graph_reach(const contain_mount_graph *graph, const char *path,
			      contain_mount_reach **ret_reach, contain_error **reterr);

/**
 * contain_mount_reach_free - frees what was found
 * @reach: may be NULL
 *
 * Since: 0.1
 */
void contain_mount_reach_free(contain_mount_reach *reach);

/**
 * contain_mount_reach_count - how many places were found
 * @reach: the places
 *
 * At least 1. NULL: 0. Since: 0.1
 */
int contain_mount_reach_count(const contain_mount_reach *reach);

/**
 * contain_mount_reach_mount - the mount that something is mounted on
 * @reach: the places
 * @i: number of the place
 *
 * Returns the number of the mount in the table, or -ENOENT. Since: 0.1
 */
int contain_mount_reach_mount(const contain_mount_reach *reach, int i);

/**
 * contain_mount_reach_path - where the new mount appears
 * @reach: the places
 * @i: number of the place
 *
 * Returns NULL for none. It belongs to the places. Since: 0.1
 */
const char *contain_mount_reach_path(const contain_mount_reach *reach, int i);

/**
 * contain_mount_reach_visible - whether the new mount is seen there
 * @reach: the places
 * @i: number of the place
 *
 * Returns 1, or 0: the place lies below another mount that hides it. Another number, or NULL: 0.
 * Since: 0.1
 */
int contain_mount_reach_visible(const contain_mount_reach *reach, int i);

#ifdef __cplusplus
}
#endif

#endif
