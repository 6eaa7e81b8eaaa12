/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built only for tests: what contain-init calls is counted and failed like the rest. */
#include "init.h"

void ct_init_seam_open(const struct ct_image *im)
{
	if (im->seam_fd >= 0)
		ct_seam_map(im->seam_fd);
}

void ct_init_seam_who(enum ct_seam_who who)
{
	if (ct_seam)
		ct_seam_self = who;
}
