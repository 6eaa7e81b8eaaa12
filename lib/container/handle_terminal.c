/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handover.h"
#include "terminal/terminal.h"

#include <contain/terminal.h>
#include <errno.h>

int container_terminal_fd(const container *c)
{
	return ct_handed_fd(c, CT_HANDOVER_TERMINAL);
}

int container_terminal_take(container *c)
{
	return ct_handed_take(c, CT_HANDOVER_TERMINAL);
}

int container_terminal_resize(container *c, uint32_t rows, uint32_t columns)
{
	int fd = ct_handed_fd(c, CT_HANDOVER_TERMINAL);

	if (rows > CT_TERMINAL_MAX || columns > CT_TERMINAL_MAX)
		return -EINVAL;
	return fd < 0 ? fd : ct_terminal_resize(fd, rows, columns);
}
