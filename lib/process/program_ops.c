/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "program.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <elf.h>

#define HEADERS_MAX 1024 /* 64 KiB of them is what the kernel takes */

#if defined(__x86_64__)
#define NATIVE EM_X86_64
#define COMPAT EM_386
#else
#define NATIVE EM_AARCH64
#define COMPAT EM_ARM
#endif

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* As load_script() of the kernel does it. */
enum ct_program_kind ct_program_line(const char *line, char *name)
{
	size_t last = CT_PROGRAM_LINE - 1, at = 2, end = 2, n = 0;

	while (end < last && line[end] && line[end] != '\n')
		end++;
	while (at < end && is_blank(line[at]))
		at++;
	while (at < end && !is_blank(line[at]))
		name[n++] = line[at++];
	name[n] = 0;
	if (at == last && line[at] && line[at] != '\n' && !is_blank(line[at]))
		return CT_PROGRAM_CUT_LINE;
	return n ? CT_PROGRAM_SCRIPT : CT_PROGRAM_NO_NAME;
}

static ssize_t read_some(int fd, void *to, size_t n, uint64_t at)
{
	ssize_t r;

	do {
		r = ct_sys_pread64(fd, to, n, (int64_t)at);
	} while (r == -EINTR);
	return r;
}

/* 0, or -ENOEXEC where the file ends before. */
static int read_at(const struct ct_program *p, int fd, void *to, size_t n, uint64_t at)
{
	ssize_t r;

	if (at <= p->len && n <= p->len - at) {
		ct_copy(to, p->head + at, n);
		return 0;
	}
	if (at > INT64_MAX - n)
		return -ENOEXEC;
	r = read_some(fd, to, n, at);
	return r < 0 ? (int)r : (size_t)r == n ? 0 : -ENOEXEC;
}

/* Where the name of the dynamic loader lies; a program without one has none. */
static int find_loader(const struct ct_program *p, int fd, uint64_t *ret_at, uint64_t *ret_n)
{
	const Elf64_Ehdr *e64 = (const Elf64_Ehdr *)p->head;
	const Elf32_Ehdr *e32 = (const Elf32_Ehdr *)p->head;
	int wide = p->head[EI_CLASS] == ELFCLASS64;
	uint64_t at = wide ? e64->e_phoff : e32->e_phoff;
	uint32_t n = wide ? e64->e_phnum : e32->e_phnum,
		 size = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if ((wide ? e64->e_phentsize : e32->e_phentsize) != size || !n || n > HEADERS_MAX ||
	    at > INT64_MAX / 2)
		return -ENOEXEC;
	*ret_n = 0;
	for (uint32_t i = 0; i < n; i++) {
		union {
			Elf64_Phdr p64;
			Elf32_Phdr p32;
		} h;
		int err = read_at(p, fd, &h, size, at + (uint64_t)i * size);

		if (err < 0)
			return err;
		if ((wide ? h.p64.p_type : h.p32.p_type) != PT_INTERP)
			continue;
		*ret_at = wide ? h.p64.p_offset : h.p32.p_offset;
		*ret_n = wide ? h.p64.p_filesz : h.p32.p_filesz;
		return *ret_n < 2 || *ret_n > CT_PROGRAM_NAME ? -ENOEXEC : 0;
	}
	return 0;
}

/*
 * A file that the kernel runs by itself. One of another machine, or with bytes where there are none
 * by the standard, may be what binfmt_misc of the host has an interpreter for.
 */
static int read_elf(int fd, struct ct_program *p)
{
	const Elf64_Ehdr *e = (const Elf64_Ehdr *)p->head; /* the same up to e_machine */
	int wide = p->head[EI_CLASS] == ELFCLASS64, err;
	uint64_t at, n;

	if (p->len < (wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return CT_PROGRAM_BROKEN;
	p->machine = e->e_machine;
	if (e->e_machine != (wide ? NATIVE : COMPAT) || p->head[EI_DATA] != ELFDATA2LSB)
		return CT_PROGRAM_FOREIGN;
	for (int i = EI_ABIVERSION; i < EI_NIDENT; i++)
		if (p->head[i])
			return CT_PROGRAM_FOREIGN;
	err = e->e_type == ET_EXEC || e->e_type == ET_DYN ? find_loader(p, fd, &at, &n) : -ENOEXEC;
	if (!err && n)
		err = read_at(p, fd, p->interp, n, at);
	if (!err && n && p->interp[n - 1])
		err = -ENOEXEC;
	if (err < 0)
		p->interp[0] = 0;
	return err == -ENOEXEC ? CT_PROGRAM_BROKEN : err < 0 ? err : CT_PROGRAM_ELF;
}

int ct_program_read(int fd, struct ct_program *p)
{
	ssize_t n = read_some(fd, p->head, sizeof(p->head), 0);

	p->machine = 0;
	p->interp[0] = 0;
	if (n <= 0)
		return n ? (int)n : CT_PROGRAM_EMPTY;
	p->len = (uint32_t)n;
	ct_zero(p->head + n, sizeof(p->head) - (size_t)n);
	if (p->head[0] == '#' && p->head[1] == '!')
		return (int)ct_program_line(p->head, p->interp);
	if (p->head[0] == 0x7f && p->head[1] == 'E' && p->head[2] == 'L' && p->head[3] == 'F')
		return read_elf(fd, p);
	return CT_PROGRAM_OTHER;
}
