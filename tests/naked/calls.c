/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch.h"

#include "sys/uapi.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef MS_REC
#define MS_REC 0x4000
#endif
#ifndef MS_SHARED
#define MS_SHARED 0x100000
#endif

#define CALL(name, args) { #name, __NR_##name, args }

static const struct w_call calls[] = {
	CALL(openat, "fpox"), CALL(openat2, "fphx"), CALL(newfstatat, "fpxa"),
	CALL(statx, "fpaxx"), CALL(faccessat, "fpx"), CALL(faccessat2, "fpxa"),
	CALL(readlinkat, "fpxx"), CALL(mkdirat, "fpx"), CALL(mknodat, "fpxx"),
	CALL(symlinkat, "sfp"), CALL(linkat, "fpfpa"), CALL(unlinkat, "fpx"),
	CALL(renameat2, "fpfpx"), CALL(fchmodat, "fpx"), CALL(fchownat, "fpxxa"),
	CALL(utimensat, "fsxa"), CALL(truncate, "px"), CALL(chdir, "p"), CALL(chroot, "p"),
	CALL(pivot_root, "ss"), CALL(mount, "sssMs"), CALL(umount2, "sx"), CALL(open_tree, "fpt"),
	CALL(open_tree_attr, "fptxx"), CALL(move_mount, "fpfpm"), CALL(fsconfig, "xxssx"),
	CALL(fspick, "fpx"), CALL(mount_setattr, "fpaxx"), CALL(statfs, "px"),
	CALL(name_to_handle_at, "fpxxx"), CALL(open_by_handle_at, "xxx"),
	CALL(inotify_add_watch, "xpx"), CALL(fanotify_mark, "xxxfp"), CALL(swapon, "px"),
	CALL(acct, "s"), CALL(setxattr, "psxxx"), CALL(lsetxattr, "psxxx"),
	CALL(getxattr, "psxx"), CALL(lgetxattr, "psxx"), CALL(removexattr, "ps"),
	CALL(lremovexattr, "ps"), CALL(listxattr, "pxx"), CALL(llistxattr, "pxx"),
	CALL(execve, "pxx"), CALL(execveat, "fpxxa"), CALL(bind, "xxx"), CALL(connect, "xxx"),
	{ "fchmodat2", 452, "fpxa" }, { "setxattrat", 463, "fpaxxx" },
	/* for what they tell about tasks */
	CALL(clone3, "xx"), CALL(setns, "xx"),
#ifdef __NR_open
	CALL(open, "pox"), CALL(creat, "px"), CALL(stat, "px"), CALL(lstat, "px"),
	CALL(access, "px"), CALL(readlink, "pxx"), CALL(mkdir, "px"), CALL(mknod, "pxx"),
	CALL(symlink, "sp"), CALL(link, "pp"), CALL(unlink, "p"), CALL(rmdir, "p"),
	CALL(rename, "pp"), CALL(renameat, "fpfp"), CALL(chmod, "px"), CALL(chown, "pxx"),
	CALL(lchown, "pxx"), CALL(utime, "px"), CALL(utimes, "px"), CALL(futimesat, "fpx"),
#endif
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

const struct w_call *w_call(long nr)
{
	for (size_t i = 0; i < CALLS; i++)
		if (calls[i].nr == nr)
			return &calls[i];
	return NULL;
}

/* Other architectures than the program's own are not looked at: the library has none. */
size_t w_filter(struct sock_filter *code, size_t room)
{
	size_t n = 0;

	T_CHECK(room >= 2 * CALLS + 2);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < CALLS; i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 (uint32_t)calls[i].nr, 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							 SECCOMP_RET_USER_NOTIF);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return n;
}

/* ---- printing ---- */

int w_string(int mem, uint64_t at, char *buf, size_t size)
{
	size_t n = 0;

	while (n < size - 1) {
		size_t part = 4096 - (at + n) % 4096;
		ssize_t got;

		if (part > size - 1 - n)
			part = size - 1 - n;
		got = pread(mem, buf + n, part, (off_t)(at + n));
		if (got <= 0)
			return -1;
		if (memchr(buf + n, 0, (size_t)got))
			return 0;
		n += (size_t)got;
	}
	buf[n] = 0;
	return 0;
}

static void put_quoted(FILE *f, const char *text)
{
	putc('"', f);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', f);
		putc(*text == '\n' ? ' ' : *text, f);
	}
	putc('"', f);
}

static void put_flags(FILE *f, uint64_t value, const char *const *names, const uint64_t *bits)
{
	const char *between = "";

	for (; *names; names++, bits++)
		if (value & *bits) {
			fprintf(f, "%s%s", between, *names);
			value &= ~*bits;
			between = "|";
		}
	if (value || !*between)
		fprintf(f, "%s0x%llx", between, (unsigned long long)value);
}

static void put_at(FILE *f, uint64_t v)
{
	static const char *const names[] = { "AT_SYMLINK_NOFOLLOW", "AT_SYMLINK_FOLLOW",
					     "AT_EMPTY_PATH", "AT_RECURSIVE", NULL };
	static const uint64_t bits[] = { 0x100, 0x400, AT_EMPTY_PATH, AT_RECURSIVE };

	put_flags(f, (uint32_t)v, names, bits);
}

static void put_move(FILE *f, uint64_t v)
{
	static const char *const names[] = { "MOVE_MOUNT_F_SYMLINKS", "MOVE_MOUNT_F_AUTOMOUNTS",
					     "MOVE_MOUNT_F_EMPTY_PATH", "MOVE_MOUNT_T_SYMLINKS",
					     "MOVE_MOUNT_T_AUTOMOUNTS", "MOVE_MOUNT_T_EMPTY_PATH",
					     NULL };
	static const uint64_t bits[] = { 1, 2, 4, 0x10, 0x20, 0x40 };

	put_flags(f, (uint32_t)v, names, bits);
}

static void put_mount(FILE *f, uint64_t v)
{
	static const char *const names[] = { "MS_REC", "MS_SHARED", NULL };
	static const uint64_t bits[] = { MS_REC, MS_SHARED };

	put_flags(f, v, names, bits);
}

static void put_open(FILE *f, uint64_t v)
{
	static const char *const names[] = { "O_PATH", "O_NOFOLLOW", "O_CREAT", NULL };
	static const uint64_t bits[] = { O_PATH, O_NOFOLLOW, O_CREAT };

	put_flags(f, (uint32_t)v, names, bits);
}

static int put_how(FILE *f, int mem, uint64_t at)
{
	static const char *const names[] = { "RESOLVE_NO_XDEV", "RESOLVE_NO_MAGICLINKS",
					     "RESOLVE_NO_SYMLINKS", "RESOLVE_BENEATH",
					     "RESOLVE_IN_ROOT", NULL };
	static const uint64_t bits[] = { 1, 2, 4, 8, 16 };
	struct open_how how;

	if (pread(mem, &how, sizeof(how), (off_t)at) != sizeof(how))
		return -1;
	fputs("{flags=", f);
	put_open(f, how.flags);
	fputs(", resolve=", f);
	put_flags(f, how.resolve, names, bits);
	putc('}', f);
	return 0;
}

static int put_one(FILE *f, char kind, uint64_t v, int mem)
{
	char text[4096];

	if ((kind == 'p' || kind == 's') && !v)
		return fputs("NULL", f) < 0 ? -1 : 0;
	if (kind == 'p' || kind == 's') {
		if (w_string(mem, v, text, sizeof(text)) < 0)
			return -1;
		put_quoted(f, text);
	} else if (kind == 'f' && (int)v == AT_FDCWD) {
		fputs("AT_FDCWD", f);
	} else if (kind == 'f') {
		fprintf(f, "%d", (int)v);
	} else if (kind == 'o') {
		put_open(f, v);
	} else if (kind == 'a' || kind == 't') {
		put_at(f, v);
	} else if (kind == 'm') {
		put_move(f, v);
	} else if (kind == 'M') {
		put_mount(f, v);
	} else if (kind == 'h') {
		return put_how(f, mem, v);
	} else {
		fprintf(f, "0x%llx", (unsigned long long)v);
	}
	return 0;
}

int w_print(const struct w_call *call, const uint64_t *args, int mem, char *buf, size_t size)
{
	FILE *f = fmemopen(buf, size, "w");
	int r = 0;

	T_CHECK(f, "out of memory");
	for (int i = 0; call->args[i] && !r; i++) {
		/* a value that is no string: an fd, or bytes */
		int is_value = !strcmp(call->name, "fsconfig") && i == 3 &&
			       (int)args[1] != FSCONFIG_SET_STRING;

		fputs(i ? ", " : "", f);
		r = put_one(f, is_value ? 'x' : call->args[i], args[i], mem);
	}
	putc(0, f);
	fclose(f);
	buf[size - 1] = 0;
	return r;
}
