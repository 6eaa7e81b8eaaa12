/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handover.h"

#include <contain/spec_security.h>

int container_seccomp_fd(const container *c)
{
	return ct_handed_fd(c, CT_HANDOVER_LISTENER);
}

int container_seccomp_take(container *c)
{
	return ct_handed_take(c, CT_HANDOVER_LISTENER);
}
