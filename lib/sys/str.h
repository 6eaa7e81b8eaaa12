/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strings and numbers for code that runs in the child, where libc may not be called. The loops
 * stay loops: the objects of the child are built with -fno-tree-loop-distribute-patterns, or the
 * compiler would turn them into calls of memcpy and memset.
 */
#ifndef CT_SYS_STR_H
#define CT_SYS_STR_H

#include <stddef.h>
#include <stdint.h>

static inline void ct_copy(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	while (n--)
		*d++ = *s++;
}

static inline void ct_zero(void *dst, size_t n)
{
	char *d = dst;

	while (n--)
		*d++ = 0;
}

static inline size_t ct_len(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static inline int ct_has_slash(const char *s)
{
	for (; *s; s++)
		if (*s == '/')
			return 1;
	return 0;
}

/* Appends src at dst[at], cut to size with its terminator; returns the new length. */
static inline size_t ct_append(char *dst, size_t size, size_t at, const char *src)
{
	if (!size)
		return 0;
	while (*src && at + 1 < size)
		dst[at++] = *src++;
	dst[at < size ? at : size - 1] = 0;
	return at;
}

/* The same for a number in decimal. */
static inline size_t ct_append_u64(char *dst, size_t size, size_t at, uint64_t v)
{
	char tmp[24];
	size_t i = sizeof(tmp);

	tmp[--i] = 0;
	do {
		tmp[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return ct_append(dst, size, at, tmp + i);
}

#endif
