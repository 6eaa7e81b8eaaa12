/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inventory.h"
#include "plan/error.h"
#include "sys/fd.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>

#define OP "take-inventory"

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, OP, object, hint);
}

static int open_proc(contain_error **reterr)
{
	struct statfs fs;
	int r, fd = ct_fd_up(ct_sys_openat(AT_FDCWD, "/proc",
					   O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));

	r = fd < 0 ? fd : ct_sys_fstatfs(fd, &fs);
	if (r >= 0 && fs.f_type == PROC_SUPER_MAGIC)
		return fd;
	if (fd >= 0)
		ct_sys_close(fd);
	if (r >= 0 || r == -ENOTDIR)
		r = -ENOENT;
	return fail(reterr, r, "/proc",
		    r == -ENOENT ? "processes are seen in procfs: mount it on /proc" : NULL);
}

static int read_all(struct contain_inventory *inv, int proc, uint32_t flags,
		    const struct ct_inv_watch *watch, contain_error **reterr)
{
	int r = ct_inv_read_processes(inv, proc, flags, watch);

	if (r < 0)
		return fail(reterr, r, "/proc", NULL);
	r = ct_inv_read_pins(inv, proc);
	if (r < 0)
		return fail(reterr, r, "/proc/thread-self/mountinfo", NULL);
	r = ct_inv_finish(inv);
	return r < 0 ? fail(reterr, r, "", NULL) : 0;
}

int ct_inv_take(uint64_t types, uint32_t flags, const struct ct_inv_watch *watch,
		contain_inventory **ret_inventory, contain_error **reterr)
{
	struct contain_inventory *inv;
	uint64_t all = 0;
	int r, proc;

	for (int i = 0; i < CT_NS_TYPES; i++)
		all |= ct_ns_types[i].type;
	if (!ret_inventory)
		return fail(reterr, -EINVAL, "ret_inventory", "is NULL");
	if (types & ~all)
		return fail(reterr, -EINVAL, "types", "an unknown type");
	if (flags & ~CONTAIN_INVENTORY_FDS)
		return fail(reterr, -EINVAL, "flags", "an unknown flag");
	proc = open_proc(reterr);
	if (proc < 0)
		return proc;
	inv = calloc(1, sizeof(*inv));
	if (inv)
		inv->types = types ? types : all;
	r = inv ? read_all(inv, proc, flags, watch, reterr) : fail(reterr, -ENOMEM, "", NULL);
	ct_sys_close(proc);
	if (r < 0) {
		contain_inventory_free(inv);
		return r;
	}
	*ret_inventory = inv;
	return 0;
}

int contain_inventory_take(uint64_t types, uint32_t flags, contain_inventory **ret_inventory,
			   contain_error **reterr)
{
	return ct_inv_take(types, flags, NULL, ret_inventory, reterr);
}

void contain_inventory_free(contain_inventory *inv)
{
	if (!inv)
		return;
	for (size_t i = 0; i < inv->commands; i++)
		free(inv->command[i]);
	for (size_t i = 0; i < inv->pins; i++)
		free(inv->pin[i].path);
	for (int i = 0; i < CT_INV_TREES; i++) {
		free(inv->tree[i].index);
		free(inv->tree[i].depth);
	}
	free(inv->command);
	free(inv->pin);
	free(inv->slot);
	free(inv->ns);
	free(inv);
}

int contain_inventory_count(const contain_inventory *inv)
{
	return inv ? (int)inv->count : 0;
}

int contain_inventory_unreadable(const contain_inventory *inv)
{
	return inv ? inv->unreadable : 0;
}

int contain_inventory_find(const contain_inventory *inv, uint64_t type, uint64_t inode)
{
	int t = ct_ns_index(type), at = inv && t >= 0 ? ct_inv_find(inv, t, inode) : -1;

	return at < 0 ? -ENOENT : at;
}

/* What all say of a number that there is not. */
static const struct ct_inv_ns none = { .type = -1, .uid = UINT32_MAX, .owner_uid = UINT32_MAX,
				       .owner = -ENOENT, .parent = -ENOENT };

static const struct ct_inv_ns *at(const contain_inventory *inv, int i)
{
	return inv && i >= 0 && (size_t)i < inv->count ? &inv->ns[i] : &none;
}

uint64_t contain_inventory_type(const contain_inventory *inv, int i)
{
	int type = at(inv, i)->type;

	return type < 0 ? 0 : ct_ns_types[type].type;
}

uint64_t contain_inventory_inode(const contain_inventory *inv, int i)
{
	return at(inv, i)->inode;
}

int contain_inventory_processes(const contain_inventory *inv, int i)
{
	return at(inv, i)->processes;
}

int contain_inventory_pid(const contain_inventory *inv, int i)
{
	return at(inv, i)->pid;
}

uint32_t contain_inventory_uid(const contain_inventory *inv, int i)
{
	return at(inv, i)->uid;
}

const char *contain_inventory_command(const contain_inventory *inv, int i)
{
	return at(inv, i)->command;
}

int contain_inventory_holder(const contain_inventory *inv, int i)
{
	return at(inv, i)->holder;
}

int contain_inventory_parent(const contain_inventory *inv, int i)
{
	return at(inv, i)->parent;
}

int contain_inventory_owner(const contain_inventory *inv, int i)
{
	return at(inv, i)->owner;
}

uint32_t contain_inventory_owner_uid(const contain_inventory *inv, int i)
{
	return at(inv, i)->owner_uid;
}

const char *contain_inventory_pin(const contain_inventory *inv, int i, int n)
{
	const struct ct_inv_ns *ns = at(inv, i);

	for (size_t k = 0; ns != &none && n >= 0 && k < inv->pins; k++)
		if (inv->pin[k].inode == ns->inode && n-- == 0)
			return inv->pin[k].path;
	return NULL;
}

int contain_inventory_walk(const contain_inventory *inv, int tree, int n, int *ret_index,
			   int *ret_depth)
{
	int t = tree == CONTAIN_TREE_PARENT ? CT_INV_PARENT : CT_INV_OWNER;

	if (!inv || (tree != CONTAIN_TREE_PARENT && tree != CONTAIN_TREE_OWNER))
		return -EINVAL;
	if (n < 0 || (size_t)n >= inv->count)
		return -ENOENT;
	if (ret_index)
		*ret_index = inv->tree[t].index[n];
	if (ret_depth)
		*ret_depth = inv->tree[t].depth[n];
	return 0;
}
