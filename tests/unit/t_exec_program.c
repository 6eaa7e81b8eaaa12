/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs as they are read before they run: #! lines as the kernel splits them, ELF headers. */
#include "harness.h"
#include "process/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct ct_program p;

static int read_bytes(const void *bytes, size_t n)
{
	int fd = memfd_create("program", MFD_CLOEXEC), kind;

	T_SYS(fd);
	T_CHECK(write(fd, bytes, n) == (ssize_t)n);
	kind = ct_program_read(fd, &p);
	close(fd);
	return kind;
}

static int read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

TEST(lines)
{
	static const struct {
		const char *text, *interp;
		int kind;
	} cases[] = {
		{ "#!/bin/sh\n", "/bin/sh", CT_PROGRAM_SCRIPT },
		{ "#!/bin/sh", "/bin/sh", CT_PROGRAM_SCRIPT },
		{ "#! \t/bin/sh\t-x y\nrest", "/bin/sh", CT_PROGRAM_SCRIPT },
		{ "#!sh -x\n", "sh", CT_PROGRAM_SCRIPT },
		{ "#!/bin/sh\r\n", "/bin/sh\r", CT_PROGRAM_SCRIPT },
		{ "#!\n/bin/sh", "", CT_PROGRAM_NO_NAME },
		{ "#!", "", CT_PROGRAM_NO_NAME },
		{ "#!   \t", "", CT_PROGRAM_NO_NAME },
		{ "# !/bin/sh", "", CT_PROGRAM_OTHER },
		{ "#", "", CT_PROGRAM_OTHER },
		{ "", "", CT_PROGRAM_EMPTY },
		{ "words", "", CT_PROGRAM_OTHER },
		{ "\177EL", "", CT_PROGRAM_OTHER },
		{ "\177ELF", "", CT_PROGRAM_BROKEN },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int kind = read_text(cases[i].text);

		T_CHECK(kind == cases[i].kind, "%zu: %d", i, kind);
		T_CHECK(strcmp(p.interp, cases[i].interp) == 0, "%zu: '%s'", i, p.interp);
	}
	T_CHECK(read_bytes("#!/a\0b\n", 7) == CT_PROGRAM_SCRIPT && !strcmp(p.interp, "/a"));
}

/* The 256 bytes that the kernel reads have to hold the whole name, and one more. */
TEST(long_lines)
{
	char text[600];

	for (int n = 240; n < 300; n++) {
		memset(text, 'x', sizeof(text));
		memcpy(text, "#!", 2);
		text[2 + n] = '\n';
		T_CHECK(read_bytes(text, sizeof(text)) ==
				(n <= 253 ? CT_PROGRAM_SCRIPT : CT_PROGRAM_CUT_LINE),
			"a name of %d bytes", n);
		T_CHECK(n > 253 || strlen(p.interp) == (size_t)n);
		/* the file ends there */
		T_CHECK(read_bytes(text, (size_t)n + 2) ==
				(n <= 253 ? CT_PROGRAM_SCRIPT : CT_PROGRAM_CUT_LINE),
			"a file of %d bytes", n + 2);
		/* a long argument is cut by the kernel without a word */
		text[20] = ' ';
		T_CHECK(read_bytes(text, sizeof(text)) == CT_PROGRAM_SCRIPT &&
			strlen(p.interp) == 18);
	}
}

struct elf {
	Elf64_Ehdr e;
	Elf64_Phdr h[3];
	char loader[64];
};

static struct elf good(void)
{
	struct elf f = { .e = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
					     EV_CURRENT },
				.e_type = ET_DYN, .e_machine = 0, .e_phoff = sizeof(Elf64_Ehdr),
				.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3 },
			 .h = { { .p_type = PT_LOAD },
				{ .p_type = PT_INTERP, .p_offset = offsetof(struct elf, loader),
				  .p_filesz = 16 } },
			 .loader = "/lib64/ld-x.so.2" };
	Elf64_Ehdr own;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	T_CHECK(read(fd, &own, sizeof(own)) == sizeof(own));
	close(fd);
	f.e.e_machine = own.e_machine;
	f.h[1].p_filesz = strlen(f.loader) + 1;
	return f;
}

static int read_elf(const struct elf *f)
{
	return read_bytes(f, sizeof(*f));
}

TEST(elf_headers)
{
	struct elf f = good();

	T_CHECK(read_elf(&f) == CT_PROGRAM_ELF && !strcmp(p.interp, "/lib64/ld-x.so.2"));
	f.h[1].p_type = PT_NOTE;
	T_CHECK(read_elf(&f) == CT_PROGRAM_ELF && !p.interp[0]);
	f = good();
	f.e.e_machine++;
	T_CHECK(read_elf(&f) == CT_PROGRAM_FOREIGN && p.machine == f.e.e_machine);
	f = good();
	f.e.e_ident[8] = 'A'; /* marked for an interpreter of the host's */
	T_CHECK(read_elf(&f) == CT_PROGRAM_FOREIGN);
	f = good();
	f.e.e_ident[EI_OSABI] = ELFOSABI_GNU;
	T_CHECK(read_elf(&f) == CT_PROGRAM_ELF);
	f = good();
	f.e.e_type = ET_REL;
	T_CHECK(read_elf(&f) == CT_PROGRAM_BROKEN);
	f = good();
	f.e.e_phnum = 0;
	T_CHECK(read_elf(&f) == CT_PROGRAM_BROKEN);
	f.e.e_phnum = 0xffff;
	T_CHECK(read_elf(&f) == CT_PROGRAM_BROKEN);
	f = good();
	f.e.e_phoff = UINT64_MAX - 20;
	T_CHECK(read_elf(&f) == CT_PROGRAM_BROKEN);
	f = good();
	f.h[1].p_filesz = 5000;
	T_CHECK(read_elf(&f) == CT_PROGRAM_BROKEN);
	f.h[1].p_filesz = 1;
	T_CHECK(read_elf(&f) == CT_PROGRAM_BROKEN);
	f.h[1].p_filesz = 5; /* no end */
	T_CHECK(read_elf(&f) == CT_PROGRAM_BROKEN && !p.interp[0]);
	f = good();
	f.h[1].p_offset = UINT64_MAX - 3;
	T_CHECK(read_elf(&f) == CT_PROGRAM_BROKEN);
	f.h[1].p_offset = sizeof(f);
	T_CHECK(read_elf(&f) == CT_PROGRAM_BROKEN);
	f = good();
	f.e.e_phentsize++;
	T_CHECK(read_elf(&f) == CT_PROGRAM_BROKEN);
}

/* Headers and the name far behind what is read at first. */
TEST(elf_headers_far_away)
{
	struct elf f = good();
	char *big = calloc(1, 300000);
	Elf64_Phdr h = f.h[1];

	T_CHECK(big);
	f.e.e_phoff = 200000;
	f.e.e_phnum = 2;
	h.p_offset = 250000;
	memcpy(big, &f.e, sizeof(f.e));
	memcpy(big + 200000 + sizeof(h), &h, sizeof(h));
	strcpy(big + 250000, "/far/away");
	h.p_filesz = 10;
	memcpy(big + 200000 + sizeof(h), &h, sizeof(h));
	T_CHECK(read_bytes(big, 300000) == CT_PROGRAM_ELF && !strcmp(p.interp, "/far/away"));
	free(big);
}

TEST(what_cannot_be_read)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	T_CHECK(ct_program_read(fd, &p) == -EISDIR);
	close(fd);
	T_CHECK(ct_program_read(12345, &p) == -EBADF);
}

/* What comes out is one of the kinds, and a name that ends. The seed is fixed. */
TEST_LIMIT(mutations, 120)
{
	long rounds = t_sample(300000, 6000);
	uint64_t x = 88172645463325252ULL;
	struct elf f = good();
	char script[] = "#! /usr/bin/env -S python3 -x\nprint(1)\n";
	int seen[16] = { 0 };

	for (long i = 0; i < rounds; i++) {
		char bytes[sizeof(f)];
		size_t n = i % 2 ? sizeof(f) : sizeof(script);
		int kind;

		memcpy(bytes, i % 2 ? (const void *)&f : (const void *)script, n);
		for (int k = 0; k < 1 + i % 5; k++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			bytes[x % n] = (char)(x >> 32);
		}
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		kind = read_bytes(bytes, i % 7 ? n : x % (n + 1));
		T_CHECK(kind >= 0 && kind <= CT_PROGRAM_BROKEN, "round %ld: %d", i, kind);
		T_CHECK(memchr(p.interp, 0, sizeof(p.interp)), "round %ld", i);
		T_CHECK(kind == CT_PROGRAM_SCRIPT || kind == CT_PROGRAM_ELF || !p.interp[0] ||
				kind == CT_PROGRAM_CUT_LINE,
			"round %ld: %d '%s'", i, kind, p.interp);
		seen[kind]++;
	}
	for (int kind = 0; kind <= CT_PROGRAM_BROKEN; kind++)
		T_CHECK(kind == CT_PROGRAM_CUT_LINE || seen[kind], "no round was a %d", kind);
}
