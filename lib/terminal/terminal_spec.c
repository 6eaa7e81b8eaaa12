/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "terminal.h"
#include "plan/spec.h"

#include <contain/terminal.h>
#include <errno.h>

int container_spec_set_terminal(container_spec *spec, uint32_t rows, uint32_t columns)
{
	struct ct_terminal_part *p;
	int r = ct_spec_part(spec, CT_MODULE_TERMINAL, "terminal", &p);

	if (r < 0)
		return r;
	if (rows > CT_TERMINAL_MAX || columns > CT_TERMINAL_MAX)
		return ct_spec_fail(spec, -EINVAL,
				    rows > CT_TERMINAL_MAX ? "terminal.rows" : "terminal.columns",
				    "%u is more than %d",
				    rows > CT_TERMINAL_MAX ? rows : columns, CT_TERMINAL_MAX);
	for (int fd = 0; fd < 3 && !r; fd++)
		r = container_spec_set_stdio(spec, fd, CONTAIN_STDIO_PTY);
	if (r < 0)
		return r;
	*p = (struct ct_terminal_part){ .set = 1, .rows = rows, .columns = columns };
	return 0;
}
