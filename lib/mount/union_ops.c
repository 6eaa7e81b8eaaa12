/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Union mounts that the spec adds below the root. */
#include "mount.h"
#include "plan/union.h"
#include "sys/sys.h"

/*
 * Before the root is attached: the names of upper and work directory, which are the caller's or in
 * memory, lie on a scratch that stands for them later. arg: 1 CT_UNION_*
 */
int ct_mount_op_union_scratch(struct ct_run *r, const struct ct_step *s)
{
	const struct ct_mount_union *m = (const void *)ct_block_str(r->plan, s->str[1]);
	int64_t pin[4];
	int fd = ct_union_scratch(r, ct_block_str(r->plan, m->size),
				  !!(s->arg[1] & CT_UNION_OWN));

	if (fd < 0)
		return fd;
	r->fd[s->slot] = fd;
	if (!(s->arg[1] & CT_UNION_GIVEN))
		return 0;
	for (int i = 0; i < 4; i++)
		pin[i] = (int64_t)((uint64_t)m->pin[2 * i] | (uint64_t)m->pin[2 * i + 1] << 32);
	return ct_union_upper(r, fd, ct_block_str(r->plan, m->upper),
			      ct_block_str(r->plan, m->work), pin);
}

/* arg: 0 layers, 1 CT_UNION_*, 2 MOUNT_ATTR_*; str: 0 the layers, 1 struct ct_mount_union */
int ct_mount_op_union(struct ct_run *r, const struct ct_step *s)
{
	const struct ct_mount_union *m = (const void *)ct_block_str(r->plan, s->str[1]);
	const struct ct_union u = {
		.layer = ct_block_str(r->plan, s->str[0]),
		.layers = s->arg[0],
		.writable = !!(s->arg[1] & (CT_UNION_OWN | CT_UNION_GIVEN)),
		.userxattr = !!(s->arg[1] & CT_UNION_XATTR),
		.attr = (uint32_t)s->arg[2],
		.options = ct_block_str(r->plan, m->options),
	};
	int mnt, scratch = r->fd[s->slot], err = s->slot ? ct_sys_fchdir(scratch) : 0;

	if (err)
		return err;
	if (s->arg[1] & CT_UNION_STRING) {
		err = ct_union_mount_string(r, scratch, &u);
		mnt = err ? err :
			    ct_sys_openat(scratch, "root",
					  O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	} else {
		mnt = ct_union_mount(r, &u);
	}
	if (mnt < 0)
		return mnt;
	r->report->detail = 0;
	err = ct_mount_change(mnt, &m->change);
	return err ? err :
		     ct_mount_attach(r, mnt, r->fd[CT_SLOT_ROOT],
				     ct_block_str(r->plan, s->object), 0);
}
