/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_MOUNT_GRAPH_H
#define CT_MOUNT_GRAPH_H

#include <contain/mount_graph.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The mounts of a group: its members, its slaves, and those that receive from it by groups that
 * have no member in the table.
 */
enum ct_graph_list { CT_GRAPH_MEMBERS, CT_GRAPH_SLAVES, CT_GRAPH_FROM, CT_GRAPH_LISTS };

struct ct_graph_part {
	int first, count; /* in contain_mount_graph.mount */
};

struct ct_graph_group {
	uint32_t id;
	int master; /* index, or -ENOENT */
	struct ct_graph_part list[CT_GRAPH_LISTS];
};

struct contain_mount_graph {
	contain_mount_table *table;
	struct ct_graph_group *group; /* by id */
	size_t groups;
	int *mount[CT_GRAPH_LISTS];
};

/* The index of a group, or -ENOENT. */
int ct_graph_find(const contain_mount_graph *g, uint32_t id);

#endif
