/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one file that libseccomp is called from: what a call is called, and its number. */
#include "profile.h"
#include "config.h"
#include "sys/uapi.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

uint32_t ct_seccomp_arch(int arch)
{
#if defined(__x86_64__)
	return arch == CT_ARCH_NATIVE ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386;
#elif defined(__aarch64__)
	return arch == CT_ARCH_NATIVE ? AUDIT_ARCH_AARCH64 : AUDIT_ARCH_ARM;
#endif
}

#if CT_HAVE_LIBSECCOMP
#include <seccomp.h>

/* What is younger than some libseccomp in use; these numbers are the same on every architecture. */
struct number {
	const char *name;
	int nr;
};
static const struct number younger[] = {
	{ "memfd_secret", 447 },	{ "process_mrelease", 448 },
	{ "futex_waitv", 449 },		{ "set_mempolicy_home_node", 450 },
	{ "cachestat", 451 },		{ "fchmodat2", 452 },
	{ "map_shadow_stack", 453 },	{ "futex_wake", 454 },
	{ "futex_wait", 455 },		{ "futex_requeue", 456 },
	{ "statmount", 457 },		{ "listmount", 458 },
	{ "lsm_get_self_attr", 459 },	{ "lsm_set_self_attr", 460 },
	{ "lsm_list_modules", 461 },	{ "mseal", 462 },
	{ "setxattrat", 463 },		{ "getxattrat", 464 },
	{ "listxattrat", 465 },		{ "removexattrat", 466 },
	{ "open_tree_attr", 467 },	{ "file_getattr", 468 },
	{ "file_setattr", 469 },
};
#define YOUNGER (sizeof(younger) / sizeof(younger[0]))

#if defined(__x86_64__)
/* Calls of i386 for which libseccomp has socketcall and ipc alone, which they were part of once. */
static const struct number i386[] = {
	{ "socket", 359 }, { "socketpair", 360 }, { "bind", 361 }, { "connect", 362 },
	{ "listen", 363 }, { "accept4", 364 }, { "getsockopt", 365 }, { "setsockopt", 366 },
	{ "getsockname", 367 }, { "getpeername", 368 }, { "sendto", 369 }, { "sendmsg", 370 },
	{ "recvfrom", 371 }, { "recvmsg", 372 }, { "shutdown", 373 }, { "semget", 393 },
	{ "semctl", 394 }, { "shmget", 395 }, { "shmctl", 396 }, { "shmat", 397 },
	{ "shmdt", 398 }, { "msgget", 399 }, { "msgsnd", 400 }, { "msgrcv", 401 },
	{ "msgctl", 402 },
};
#endif

int ct_seccomp_has_names(void)
{
	return 1;
}

int ct_seccomp_number(int arch, const char *name)
{
	int nr = seccomp_syscall_resolve_name_arch(ct_seccomp_arch(arch), name);

	if (nr >= 0)
		return nr;
	for (size_t i = 0; i < YOUNGER; i++)
		if (!strcmp(younger[i].name, name))
			return younger[i].nr;
#if defined(__x86_64__)
	for (size_t i = 0; i < sizeof(i386) / sizeof(i386[0]) && arch == CT_ARCH_COMPAT; i++)
		if (!strcmp(i386[i].name, name))
			return i386[i].nr;
#endif
	return -1; /* pseudo numbers are of calls that this architecture does not have */
}

char *ct_seccomp_name(uint32_t arch, int nr)
{
	char *name = seccomp_syscall_resolve_num_arch(arch, nr);

	for (size_t i = 0; !name && i < YOUNGER; i++)
		if (younger[i].nr == nr)
			name = strdup(younger[i].name);
	return name;
}

#else

int ct_seccomp_has_names(void)
{
	return 0;
}

int ct_seccomp_number(int arch, const char *name)
{
	return -EOPNOTSUPP;
}

char *ct_seccomp_name(uint32_t arch, int nr)
{
	return NULL;
}

#endif
