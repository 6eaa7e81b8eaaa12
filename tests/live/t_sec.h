/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters that the tests of seccomp share. */
#ifndef T_SEC_H
#define T_SEC_H

#include "t_spawn.h"

#include <contain/spec_security.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

/* @call is answered with @answer; when @arg is not negative, only with this argument's low word */
static inline size_t sec_filter(struct sock_filter *code, int call, uint32_t answer, int arg,
				uint32_t value)
{
	const struct sock_filter all[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, arg < 0 ? 1 : 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 (uint32_t)(offsetof(struct seccomp_data, args) + 8 * (size_t)arg)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	size_t n = 0;

	for (size_t i = 0; i < 6; i++)
		if (arg >= 0 || (i != 2 && i != 3))
			code[n++] = all[i];
	return n * sizeof(*code);
}

static inline int sec_add(container_spec *spec, int call, uint32_t answer)
{
	struct sock_filter code[8];

	return container_spec_add_seccomp_program(spec, code,
						  sec_filter(code, call, answer, -1, 0), 0);
}

static inline void sec_need_names(void)
{
	contain_seccomp *p = NULL;

	if (contain_seccomp_new(CONTAIN_SECCOMP_ALLOW, &p) == -EOPNOTSUPP)
		t_skip("built without libseccomp");
	contain_seccomp_free(p);
}

#endif
