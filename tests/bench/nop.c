/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The smallest program: no libc, one system call. What is measured is the start, not the program. */
void _start(void);

__attribute__((noreturn)) void _start(void)
{
#if defined(__x86_64__)
	__asm__ volatile("syscall" : : "a"(231), "D"(0) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = 94;
	register long x0 __asm__("x0") = 0;

	__asm__ volatile("svc 0" : : "r"(x8), "r"(x0) : "memory");
#endif
	for (;;)
		;
}
