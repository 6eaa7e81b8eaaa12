/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clone.h"

/*
 * The child may not return through this frame: with CLONE_VM it would be the parent's. So the
 * child calls fn straight from the assembly, on its new stack, and exits there. fn and arg travel
 * in registers, which the child inherits.
 */
static long enter(struct clone_args *args, size_t size, int (*fn)(void *), void *arg)
{
#if defined(__x86_64__)
	long ret;
	register void *r12 __asm__("r12") = (void *)fn;
	register void *r13 __asm__("r13") = arg;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "call *%%r12\n\t"
			 "mov %%eax, %%edi\n\t"
			 "mov %[exit], %%eax\n\t"
			 "syscall\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(ret)
			 : "a"((long)__NR_clone3), "D"(args), "S"(size), "r"(r12), "r"(r13),
			   [exit] "i"(__NR_exit)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = __NR_clone3;
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = (long)size;
	register void *x19 __asm__("x19") = (void *)fn;
	register void *x20 __asm__("x20") = arg;

	__asm__ volatile("svc 0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x0, x20\n\t"
			 "blr x19\n\t"
			 "mov x8, %[exit]\n\t"
			 "svc 0\n\t"
			 "brk 1\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x19), "r"(x20), [exit] "i"(__NR_exit)
			 : "x30", "memory");
	return x0;
#endif
}

int ct_clone_run(struct clone_args *args, size_t size, int (*fn)(void *), void *arg)
{
#ifdef CT_SEAM
	struct ct_seam_visit v;
	long ret = 0;

	if (!ct_seam_before(&v, __NR_clone3))
		ret = enter(args, size, fn, arg);
	return (int)ct_seam_after(&v, ret);
#else
	return (int)enter(args, size, fn, arg);
#endif
}
