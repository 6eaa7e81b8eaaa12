/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "files.h"

#include "../sys/path.h"

ssize_t ct_read_once(const char *path, char *buf, size_t size)
{
	return ct_read_once_at(AT_FDCWD, path, 0, buf, size);
}

int ct_read_number(const char *path, int64_t *ret)
{
	char text[32], *s = text;
	ssize_t n = ct_read_once(path, text, sizeof(text));
	int64_t v = 0;
	int negative;

	if (n < 0)
		return (int)n;
	negative = *s == '-';
	s += negative;
	if (*s < '0' || *s > '9')
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (v > (INT64_MAX - 9) / 10)
			return -EINVAL;
		v = v * 10 + (*s - '0');
	}
	*ret = negative ? -v : v;
	return 0;
}
