/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of the primitives of terminals fails once; the facade's are in t_spawn_fault.
 */
#include "t_each.h"

#include <unistd.h>

static int make(const char *what)
{
	int master = -7, peer = -7;
	int r = contain_terminal_new(-1, 24, 80, &master, &peer, &error);

	ct_seam->on = 0;
	T_EXPECT(r == 0 || (master == -7 && peer == -7), "%s: outputs were changed", what);
	if (r == 0) {
		close(master);
		close(peer);
	}
	return r;
}

static int master, peer;

static void pair(void)
{
	ck_assert_int_eq(contain_terminal_new(-1, 24, 80, &master, &peer, NULL), 0);
}

static int size(const char *what)
{
	uint32_t rows = 7, columns = 8;
	int r = contain_terminal_get_size(peer, &rows, &columns, &error);

	if (r == 0)
		r = contain_terminal_set_size(peer, rows, columns, &error);
	else
		T_EXPECT(rows == 7 && columns == 8, "%s: outputs were changed", what);
	ct_seam->on = 0;
	return r;
}

static int raw(const char *what)
{
	contain_terminal_modes *modes = NULL;
	int r = contain_terminal_raw(peer, &modes, &error);

	ct_seam->on = 0;
	T_EXPECT((r == 0) == !!modes, "%s: the output is another's", what);
	if (modes)
		contain_terminal_restore(peer, modes);
	contain_terminal_modes_free(modes);
	return r;
}

static void told(const char *what, int r)
{
	T_EXPECT(r < 0, "%s: nothing was told", what);
}

TEST_LIMIT(every_call_fails_once, 60)
{
	static const struct each_path paths[] = {
		{ "new", make },
		{ "size", size },
		{ "raw", raw },
	};

	fx_seam_open();
	pair();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		each_call(&paths[i], told);
	close(master);
	close(peer);
}
