/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Included before everything else when the library is built: what the public headers declare is
 * visible, all else is hidden. So the headers need no export macro.
 */
#pragma GCC visibility push(default)
#include <contain/contain.h>
#pragma GCC visibility pop
