/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount.h"
#include "plan/amend.h"

#include <errno.h>

/* What overrides add lies over what the plan mounts. */
int ct_mount_amend(void *part, const void *over, struct ct_compile *c)
{
	struct ct_mount_part *p = part;
	const struct ct_mount_part *o = over;

	if (!o->nentries)
		return 0;
	p->entry =
		ct_amend_join(c, p->entry, p->nentries, o->entry, o->nentries, sizeof(*o->entry));
	p->nentries += o->nentries;
	return p->entry ? 0 : -ENOMEM;
}
