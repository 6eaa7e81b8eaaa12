/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "try.h"

#include "../sys/clone.h"
#include "../sys/str.h"

#include <elf.h>
#include <string.h>
#include <sys/mman.h>

#define STACK (64 * 1024)
#define GUARD (64 * 1024) /* a whole page wherever pages are at most that large */

/* write(0, stack, 1), then pause() for ever */
#if defined(__x86_64__)
#define MACHINE EM_X86_64
static const uint8_t code[] = {
	0xb8, 0x01, 0x00, 0x00, 0x00, /* mov $__NR_write, %eax */
	0x31, 0xff,		      /* xor %edi, %edi */
	0x48, 0x89, 0xe6,	      /* mov %rsp, %rsi */
	0xba, 0x01, 0x00, 0x00, 0x00, /* mov $1, %edx */
	0x0f, 0x05,		      /* syscall */
	0xb8, 0x22, 0x00, 0x00, 0x00, /* again: mov $__NR_pause, %eax */
	0x0f, 0x05,		      /* syscall */
	0xeb, 0xf7,		      /* jmp again */
};
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
static const uint8_t code[] = {
	0x00, 0x00, 0x80, 0xd2, /* mov x0, #0 */
	0xe1, 0x03, 0x00, 0x91, /* mov x1, sp */
	0x22, 0x00, 0x80, 0xd2, /* mov x2, #1 */
	0x08, 0x08, 0x80, 0xd2, /* mov x8, #__NR_write */
	0x01, 0x00, 0x00, 0xd4, /* svc #0 */
	0x00, 0x00, 0x80, 0xd2, /* again: mov x0, #0 */
	0x01, 0x00, 0x80, 0xd2, /* mov x1, #0 */
	0x02, 0x00, 0x80, 0xd2, /* mov x2, #0 */
	0x03, 0x00, 0x80, 0xd2, /* mov x3, #0 */
	0x28, 0x09, 0x80, 0xd2, /* mov x8, #__NR_ppoll */
	0x01, 0x00, 0x00, 0xd4, /* svc #0 */
	0xfa, 0xff, 0xff, 0x17, /* b again */
};
#endif

struct program {
	Elf64_Ehdr elf;
	Elf64_Phdr segment;
	uint8_t code[sizeof(code)];
};

/* The smallest program there is, so that no file of the machine has to be found and trusted. */
static void make_program(struct program *p)
{
	const uint64_t base = 0x400000;

	memset(p, 0, sizeof(*p));
	memcpy(p->elf.e_ident, ELFMAG, SELFMAG);
	p->elf.e_ident[EI_CLASS] = ELFCLASS64;
	p->elf.e_ident[EI_DATA] = ELFDATA2LSB;
	p->elf.e_ident[EI_VERSION] = EV_CURRENT;
	p->elf.e_type = ET_EXEC;
	p->elf.e_machine = MACHINE;
	p->elf.e_version = EV_CURRENT;
	p->elf.e_entry = base + offsetof(struct program, code);
	p->elf.e_phoff = offsetof(struct program, segment);
	p->elf.e_ehsize = sizeof(p->elf);
	p->elf.e_phentsize = sizeof(p->segment);
	p->elf.e_phnum = 1;
	p->segment.p_type = PT_LOAD;
	p->segment.p_flags = PF_R | PF_X;
	p->segment.p_vaddr = base;
	p->segment.p_filesz = offsetof(struct program, code) + sizeof(code);
	p->segment.p_memsz = p->segment.p_filesz;
	p->segment.p_align = 0x10000;
	memcpy(p->code, code, sizeof(code));
}

int ct_try_program(void)
{
	struct program p;
	int fd;

	make_program(&p);
	fd = ct_sys_memfd_create("contain-probe", MFD_CLOEXEC | MFD_EXEC);
	if (fd == -EINVAL) /* before Linux 6.3 every memfd is executable and nothing says so */
		fd = ct_sys_memfd_create("contain-probe", MFD_CLOEXEC);
	if (fd == 0) { /* the child puts its pipe there */
		fd = ct_sys_fcntl(0, F_DUPFD_CLOEXEC, 3);
		ct_sys_close(0);
	}
	if (fd >= 0 && ct_sys_write(fd, &p, sizeof(p)) != sizeof(p)) {
		ct_sys_close(fd);
		fd = -EIO;
	}
	return fd;
}

static void one_id(char *map, size_t size, uint32_t outside)
{
	size_t n = ct_append(map, size, 0, "0 ");

	n = ct_append_u64(map, size, n, outside);
	ct_append(map, size, n, " 1\n");
}

static void prepare(struct ct_try *t, uint64_t flags, int without_caps, int exec_fd)
{
	uint32_t uid = (uint32_t)ct_sys_geteuid(), gid = (uint32_t)ct_sys_getegid();
	int new_user = (flags & CLONE_NEWUSER) != 0;

	memset(t, 0, sizeof(*t));
	t->flags = flags;
	t->without_caps = without_caps;
	t->exec_fd = exec_fd;
	t->user_fd = t->pipe[0] = t->pipe[1] = -1;
	one_id(t->uid_map, sizeof(t->uid_map), uid);
	one_id(t->gid_map, sizeof(t->gid_map), gid);
	one_id(t->inner_uid_map, sizeof(t->inner_uid_map), new_user ? 0 : uid);
	one_id(t->inner_gid_map, sizeof(t->inner_gid_map), new_user ? 0 : gid);
	t->exit_info = t->map = t->exec = t->time_entered = t->fsopen = t->fsmount = CT_NOT_TRIED;
	t->beneath = t->idmap = t->idmap_tmpfs = t->tmpfs = t->user_xattr = CT_NOT_TRIED;
	t->overlay = t->lowerdir_add = CT_NOT_TRIED;
	for (int i = 0; i < CT_NS; i++)
		t->ns[i] = CT_NOT_TRIED;
}

/* The exit status is kept with the pidfd, and told only after the process was waited for. */
static int exit_info(int pidfd)
{
	struct ct_pidfd_info info;
	int r;

	memset(&info, 0, sizeof(info));
	info.mask = CT_PIDFD_INFO_EXIT;
	r = ct_sys_ioctl(pidfd, CT_PIDFD_GET_INFO, &info);
	if (r < 0)
		return r;
	return info.mask & CT_PIDFD_INFO_EXIT ? 0 : -ENODATA;
}

static void launch(struct ct_try *t, char *stack)
{
	const uint64_t all = ~0ULL;
	struct clone_args args;
	uint64_t mask;
	int pidfd = -1;

	memset(&args, 0, sizeof(args));
	args.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | t->flags;
	args.pidfd = (uintptr_t)&pidfd;
	args.stack = (uintptr_t)stack;
	args.stack_size = STACK;
	/* A signal for the child would run the caller's handler in the child, on shared memory. */
	t->clone = ct_sys_rt_sigprocmask(SIG_SETMASK, &all, &mask, sizeof(all));
	if (t->clone < 0)
		return;
	t->clone = ct_clone_run(&args, sizeof(args), ct_try_child, t);
	if (t->clone > 0) {
		t->clone = 0;
		ct_sys_waitid(P_PIDFD, pidfd, NULL, WEXITED | __WALL, NULL);
		t->exit_info = exit_info(pidfd);
		ct_sys_close(pidfd);
	}
	ct_sys_rt_sigprocmask(SIG_SETMASK, &mask, NULL, sizeof(mask));
}

void ct_try_run(struct ct_try *t, uint64_t flags, int without_caps, int exec_fd)
{
	const size_t size = 2 * (GUARD + STACK);
	char *map;

	prepare(t, flags, without_caps, exec_fd);
	map = ct_sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK);
	if (ct_sys_is_err(map)) {
		t->clone = (int)(long)map;
		return;
	}
	t->clone = ct_sys_mprotect(map, GUARD, PROT_NONE);
	if (t->clone == 0)
		t->clone = ct_sys_mprotect(map + GUARD + STACK, GUARD, PROT_NONE);
	t->stack = map + 2 * GUARD + STACK;
	t->stack_size = STACK;
	if (t->clone == 0)
		launch(t, map + GUARD);
	ct_sys_munmap(map, size);
}
