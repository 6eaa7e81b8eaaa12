/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built only for tests: what contain-init calls is counted and failed like the rest. */
#include "init.h"
#include "sys/sys.h"

#include <sys/mman.h>

void ct_init_seam_open(const struct ct_image *im)
{
	void *p;

	if (im->seam_fd < 0)
		return;
	p = (void *)ct_raw6(__NR_mmap, 0, sizeof(struct ct_seam), PROT_READ | PROT_WRITE,
			    MAP_SHARED, im->seam_fd, 0);
	if (ct_sys_is_err(p))
		return;
	ct_raw6(__NR_close, im->seam_fd, 0, 0, 0, 0, 0);
	ct_seam_self = CT_SEAM_INIT;
	ct_seam = p;
}

void ct_init_seam_who(enum ct_seam_who who)
{
	if (ct_seam)
		ct_seam_self = who;
}
