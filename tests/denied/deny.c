/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "deny.h"

#include "fixture.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST 40

static long number_of(const char *name)
{
	/* those that the library does not make, but libc may */
	static const struct {
		const char *name;
		long nr;
	} more[] = { { "faccessat2", 439 }, { "statmount", 457 }, { "listmount", 458 },
		     { "open_tree_attr", 467 }, { "pidfd_getfd", 438 }, { "fchmodat2", 452 } };
	long nr = fx_call_number(name);

	for (size_t i = 0; nr < 0 && i < sizeof(more) / sizeof(more[0]); i++)
		if (!strcmp(more[i].name, name))
			nr = more[i].nr;
	return nr;
}

/* Root loads it without no_new_privs, which the tests look at. */
int deny_calls(const char *names, int error)
{
	struct sock_filter code[2 * MOST + 2];
	struct sock_fprog program = { .filter = code };
	char *list = strdup(names), *save = NULL;
	unsigned short n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (char *w = strtok_r(list, ",", &save); w && n < 2 * MOST;
	     w = strtok_r(NULL, ",", &save)) {
		long nr = number_of(w);

		T_CHECK(nr >= 0, "no call %s", w);
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr,
							 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)(error & 0xffff));
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = n;
	free(list);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
		return 0;
	/* an ordinary user has to give up set-user-id programs for it */
	if (errno != EACCES || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		return -errno;
	return 0;
}
