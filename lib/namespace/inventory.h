/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_NAMESPACE_INVENTORY_H
#define CT_NAMESPACE_INVENTORY_H

#include "types.h"

#include <contain/inventory.h>
#include <stddef.h>
#include <stdint.h>

struct ct_inv_ns {
	uint64_t inode;
	uint64_t owner_inode, parent_inode; /* 0: not seen */
	uint32_t uid, owner_uid;
	int type; /* enum ct_ns_index */
	int related; /* parent and owner were asked for */
	int processes, pid, holder;
	int owner, parent; /* indices, or -ENOENT; when all is read */
	const char *command; /* of contain_inventory.command */
};

struct ct_inv_pin {
	uint64_t inode;
	char *path;
};

enum { CT_INV_PARENT, CT_INV_OWNER, CT_INV_TREES };

struct contain_inventory {
	uint64_t types;
	struct ct_inv_ns *ns;
	size_t count, room;
	uint32_t *slot; /* hash of index + 1; 0: free */
	size_t slots;
	char **command;
	size_t commands, command_room;
	struct ct_inv_pin *pin;
	size_t pins, pin_room;
	int unreadable;
	struct {
		int *index, *depth; /* by place */
	} tree[CT_INV_TREES];
};

/* One process, while its fds are looked at. */
struct ct_inv_process {
	int pid;
	int dir; /* O_PATH of its /proc/PID/ns: ".." is the process, and no other */
	uint64_t user; /* inode of its user namespace, 0: not seen */
};

/* Sees every link of /proc/PID/fd that is no path; 0 or -errno, which ends the inventory. */
struct ct_inv_watch {
	int (*see)(void *arg, const struct ct_inv_process *p, int fd_dir, const char *name,
		   const char *link);
	void *arg;
};

/* contain_inventory_take() with a watch, which may be NULL. */
int ct_inv_take(uint64_t types, uint32_t flags, const struct ct_inv_watch *watch,
		contain_inventory **ret_inventory, contain_error **reterr);

/* The effective uid of a process. 0 or -errno. */
int ct_inv_process_uid(const struct ct_inv_process *p, uint32_t *ret_uid);

/* the table */

/* The index of a namespace, which is added when it is new; -ENOMEM. */
int ct_inv_get(struct contain_inventory *inv, int type, uint64_t inode);
int ct_inv_find(const struct contain_inventory *inv, int type, uint64_t inode);
/* Makes room for one more element; -ENOMEM. */
int ct_inv_grow(void *array, size_t count, size_t *room, size_t element);
/* When all is read: sorts, turns inodes to indices, and lays out the trees. 0 or -ENOMEM. */
int ct_inv_finish(struct contain_inventory *inv);

/* the readers */

/* -errno of what may not be passed over: no fd, no file or no memory left. */
int ct_inv_grave(int r);
/* All processes of this /proc. */
int ct_inv_read_processes(struct contain_inventory *inv, int proc, uint32_t flags,
			  const struct ct_inv_watch *watch);
/* The pins in the calling thread's mount table. */
int ct_inv_read_pins(struct contain_inventory *inv, int proc);
/* Asks the kernel for parent and owner of an entry whose namespace is open as fd. */
int ct_inv_relate(struct contain_inventory *inv, int index, int fd);
/* The namespace that this path leads to, when it is the one with this inode; 0 when not related. */
int ct_inv_relate_path(struct contain_inventory *inv, int index, int dir, const char *path);
/* The fds of one process; own: inodes of its namespaces by type. */
int ct_inv_read_fds(struct contain_inventory *inv, const struct ct_inv_process *p,
		    const uint64_t *own, const struct ct_inv_watch *watch);
/* "uts:[4026531838]": the type's index, or -1. */
int ct_inv_parse_link(const char *link, uint64_t *ret_inode);

#endif
