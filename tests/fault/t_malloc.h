/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A malloc() of the program's own, which fails once: included by the one file of a program. While
 * armed, seen counts allocations, the fail_at-th of them fails, and living is how many are left.
 */
#ifndef T_MALLOC_H
#define T_MALLOC_H

#include "harness.h"

#include <contain/error.h>
#include <stdlib.h>

#if !T_SANITIZED
/* What glibc's own are called, so that others can stand in front of them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *old);

static long seen, fail_at, living;
static int armed;

/* strdup(), reallocarray(), fopen() and all of libcgroup come here as well. */
static int fails(void)
{
	if (!armed || ++seen != fail_at)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	void *p = fails() ? NULL : __libc_malloc(size);

	living += p && armed;
	return p;
}

void *calloc(size_t n, size_t size)
{
	void *p = fails() ? NULL : __libc_calloc(n, size);

	living += p && armed;
	return p;
}

void *realloc(void *old, size_t size)
{
	void *p = fails() ? NULL : __libc_realloc(old, size);

	living += p && !old && armed;
	return p;
}

void free(void *old)
{
	living -= old && armed;
	__libc_free(old);
}
#else
static long seen, fail_at, living __attribute__((unused));
static int armed;
#endif

/* What a job answers when the at-th of its allocations fails; 0: none does. */
__attribute__((unused)) static int malloc_run(int (*job)(contain_error **), long at)
{
	contain_error *e = NULL;
	int r;

	fail_at = at;
	living = seen = 0;
	armed = 1;
	r = job(&e);
	contain_error_free(e);
	armed = 0;
	return r;
}

#endif
