/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Traces: marks, joined lines, parents, memory-sharing children and raw threads. */
#include "trace.h"

#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

static char stack[65536] __attribute__((aligned(16)));

static void child_main(void)
{
	static const char *const argv[] = { T_PAYLOAD, "umask", NULL }, *const env[] = { NULL };

	syscall(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	syscall(SYS_sethostname, "a\"b) = 7", 8);
	syscall(SYS_execve, "/no/such (program", argv, env);
	syscall(SYS_execve, T_PAYLOAD, argv, env);
	syscall(SYS_exit_group, 127);
}

/* As a library starts programs: the child has the caller's memory and a stack of its own. */
static long clone_child(uint64_t flags)
{
	struct clone_args args = {
		.flags = flags,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof(stack),
	};
	long ret;

#if defined(__x86_64__)
	/* the only thing the child finds when it comes back on an empty stack */
	register void (*main_fn)(void) __asm__("r12") = child_main;

	__asm__ volatile("syscall\n\t"
			 "testq %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xorl %%ebp, %%ebp\n\t"
			 "callq *%%r12\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(ret)
			 : "0"(SYS_clone3), "D"(&args), "S"(sizeof(args)), "r"(main_fn)
			 : "rcx", "r11", "memory");
#else
	(void)args;
	(void)child_main;
	ret = -ENOSYS;
#endif
	return ret;
}

static void *spawn(void *arg)
{
	long pid = clone_child(CLONE_VM | CLONE_VFORK | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWPID);
	int status = -1;

	if (pid > 0)
		waitpid(pid, &status, __WALL);
	*(int *)arg = status;
	return NULL;
}

T_PROGRAM(spawn_once)
{
	int status;

	syscall(SYS_getpgid, 0);
	trace_begin(7);
	spawn(&status);
	trace_end(7);
	syscall(SYS_getpgid, 0);
	return status ? 1 : 40;
}

T_PROGRAM(spawn_from_thread)
{
	pthread_t thread;
	int status;

	trace_begin(1);
	pthread_create(&thread, NULL, spawn, &status);
	pthread_join(thread, NULL);
	trace_end(1);
	return status ? 1 : atoi(argv[1]);
}

T_PROGRAM(spawn_nothing)
{
	errno = 4242;
	trace_begin(1);
	trace_end(1);
	trace_begin(2);
	syscall(SYS_getppid);
	syscall(SYS_getpgid, 123456789);
	trace_end(2);
	return errno == ESRCH ? 0 : 1;
}

#if defined(__x86_64__)
static void check_child(const struct trace *t, int proc)
{
	static const char *const want[] = { "mount", "sethostname", "execve", "execve" };
	const struct trace_proc *child = &t->proc[proc];
	size_t i;

	ck_assert_uint_eq(trace_count(t, proc, 0), 4);
	for (i = 0; i < 4; i++)
		ck_assert_str_eq(child->call[i]->name, want[i]);
	ck_assert_str_eq(child->call[0]->args, "NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL");
	ck_assert_str_eq(child->call[1]->args, "\"a\\\"b) = 7\", 8");
	ck_assert_str_eq(child->call[1]->result, "0");
	ck_assert_str_eq(child->call[2]->error, "ENOENT");
	ck_assert_int_eq(child->call[2]->ret, -1);
	ck_assert_int_eq(child->call[3]->returned && child->call[3]->ret == 0, 1);
	T_CHECK(child->ncall > 4 && child->call[4]->after_exec);
	ck_assert_str_eq(child->clone, "clone3");
	T_CHECK(strstr(child->clone_args, "CLONE_VFORK"), "%s", child->clone_args);
}

TEST(memory_sharing_child)
{
	struct trace *t;

	t_need_root();
	t = trace_run(t_self("spawn_once", NULL), NULL);
	ck_assert_int_eq(t->status, 40 << 8);
	ck_assert_uint_eq(t->nproc, 2);
	/* exactly what spawn_once does between its marks */
	ck_assert_uint_eq(trace_count(t, 0, 0), 2);
	ck_assert_str_eq(t->proc[0].call[0]->name, "clone3");
	ck_assert_str_eq(t->proc[0].call[1]->name, "wait4");
	ck_assert_int_eq(t->proc[0].call[0]->ret, t->proc[1].tid);
	ck_assert_int_eq(t->call[0].region, 7);
	ck_assert_int_eq(t->proc[1].parent, 0);
	check_child(t, 1);
	ck_assert_int_eq(trace_find(t, -1, "getpgid", 0), -1);
	ck_assert_int_eq(trace_find(t, 1, "mount", 0), 1);
	t_note("%zu calls, %zu with those of the payload", trace_count(t, -1, 0),
	       trace_count(t, -1, 1));
	trace_free(t);
}

TEST(child_of_a_thread)
{
	struct trace *t;

	t_need_root();
	t = trace_run(t_self("spawn_from_thread", "9", NULL), NULL);
	ck_assert_int_eq(t->status, 9 << 8);
	ck_assert_uint_eq(t->nproc, 3);
	T_CHECK(strstr(t->proc[1].clone_args, "CLONE_THREAD"), "%s", t->proc[1].clone_args);
	ck_assert_int_eq(t->proc[1].parent, 0);
	ck_assert_int_eq(t->proc[2].parent, 1);
	check_child(t, 2);
	trace_free(t);
}
#endif

TEST(marks)
{
	struct trace *t = trace_run(t_self("spawn_nothing", NULL), NULL);

	ck_assert_int_eq(t->status, 0);
	ck_assert_uint_eq(trace_count(t, -1, 1), 2);
	ck_assert_str_eq(t->call[0].name, "getppid");
	ck_assert_int_eq(t->call[0].region, 2);
	ck_assert_str_eq(t->call[1].error, "ESRCH");
	trace_free(t);
}

TEST(lines_that_interleave)
{
	const char *path = t_fmt("%s/trace", t_tmpdir());
	struct trace *t;

	t_write_file(path,
		     "10 prctl(0x434e5431 /* PR_??? */, 0x1, 0x3, 0, 0 <unfinished ...>\n"
		     "10 <... prctl resumed>)            = -1 EINVAL (Invalid argument)\n"
		     "10 vfork( <unfinished ...>\n"
		     "11 read(3,  <unfinished ...>\n"
		     "11 <... read resumed>\"a) = \\\"b\", 8) = 7\n"
		     "11 syscall_0x1ca(0x1, 0x2) = 0x10\n"
		     "11 execve(\"/x\", [\"(\"], NULL <unfinished ...>\n"
		     "10 <... vfork resumed>)            = 11\n"
		     "11 <... execve resumed>)           = 0\n"
		     "11 close(3 <unfinished ...>\n"
		     "10 prctl(0x434e5431 /* PR_??? */, 0x2, 0x3, 0, 0) = -1 EINVAL (Invalid)\n"
		     "11 <... close resumed>)            = 0\n"
		     "11 exit_group(0) = ?\n"
		     "11 +++ exited with 0 +++\n");
	t = trace_parse(path);
	ck_assert_uint_eq(t->nproc, 2);
	ck_assert_uint_eq(t->ncall, 5);
	ck_assert_uint_eq(trace_count(t, -1, 0), 4);
	ck_assert_str_eq(t->call[0].name, "vfork");
	ck_assert_int_eq(t->call[0].ret, 11);
	ck_assert_str_eq(t->call[1].args, "3, \"a) = \\\"b\", 8");
	ck_assert_int_eq(t->call[1].ret, 7);
	ck_assert_str_eq(t->call[2].name, "listmount");
	ck_assert_int_eq(t->call[2].ret, 16);
	ck_assert_str_eq(t->call[4].name, "close");
	ck_assert_str_eq(t->call[4].result, "0");
	ck_assert_int_eq(t->call[4].after_exec, 1);
	ck_assert_str_eq(t->proc[1].clone, "vfork");
	trace_free(t);
}
