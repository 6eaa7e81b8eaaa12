/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The smallest program: no libc, one system call. What is measured is the start, not the program.
 */
#ifdef B_STAY
#define CALL_X86_64 34	/* pause */
#define CALL_AARCH64 73 /* ppoll of nothing, without an end */
#else
#define CALL_X86_64 231 /* exit_group */
#define CALL_AARCH64 94
#endif

void _start(void);

__attribute__((noreturn)) void _start(void)
{
#if defined(__x86_64__)
	__asm__ volatile("syscall" : : "a"(CALL_X86_64), "D"(0) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = CALL_AARCH64;
	register long x0 __asm__("x0") = 0;
	register long x1 __asm__("x1") = 0;
	register long x2 __asm__("x2") = 0;
	register long x3 __asm__("x3") = 0;

	__asm__ volatile("svc 0" : : "r"(x8), "r"(x0), "r"(x1), "r"(x2), "r"(x3) : "memory");
#endif
	for (;;)
		;
}
