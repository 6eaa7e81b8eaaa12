/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a program was not executed. execve(2) has one errno for many causes; the process that failed
 * has the rights, the root and the limits with which it failed, so it is the one that looks. All
 * names are the image's: nothing but the start of regular files is read, and no more than the
 * kernel reads.
 */
#include "exec.h"
#include "sys/path.h"
#include "sys/str.h"
#include "sys/sys.h"

#define STRING_MAX (32 * 4096) /* MAX_ARG_STRLEN, with its terminator */
#define ST_NOEXEC_FLAG 8       /* statfs(2) */

struct look {
	struct ct_run *r;
	int root;
	uint32_t of; /* CT_EXEC_OF_* of the file that is looked at */
};

static void tell(const struct look *l, enum ct_exec_why why, const char *culprit)
{
	struct ct_report *rec = l->r->report;

	rec->detail = (int32_t)(why | l->of);
	ct_append(rec->culprit, sizeof(rec->culprit), 0, culprit);
}

static int join(const struct look *l, const char *name, char *buf)
{
	size_t n = 0;

	if (*name != '/') {
		n = ct_append(buf, CT_PROGRAM_NAME, n, l->r->cwd);
		n = ct_append(buf, CT_PROGRAM_NAME, n, "/");
	}
	n = ct_append(buf, CT_PROGRAM_NAME, n, name);
	return n + 1 < CT_PROGRAM_NAME;
}

static int open_part(const struct look *l, const char *path, uint64_t flags)
{
	return ct_open_in_root(l->root, path, flags, 0);
}

/* The last component is a symlink, whose target is what is not there. */
static int is_symlink(const struct look *l, const char *path)
{
	struct stat st;
	int fd = open_part(l, path, O_PATH | O_NOFOLLOW), err;

	if (fd < 0)
		return 0;
	err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	ct_sys_close(fd);
	return !err && S_ISLNK(st.st_mode);
}

/* The first part of a path that does not open, with the error it does not open with. */
static void look_on_the_way(const struct look *l, char *path, int err)
{
	size_t end = 0, before = 0;
	int got = 0, fd;

	while (path[end] && !got) {
		char saved;

		before = end;
		while (path[end] == '/')
			end++;
		while (path[end] && path[end] != '/')
			end++;
		saved = path[end];
		path[end] = 0;
		fd = open_part(l, path, O_PATH);
		if (fd < 0) {
			got = fd;
			break;
		}
		ct_sys_close(fd);
		path[end] = saved;
	}
	if (got == -ENOENT) {
		tell(l, is_symlink(l, path) ? CT_EXEC_DANGLING : CT_EXEC_MISSING, path);
	} else if (got == -ENOTDIR || got == -EACCES) { /* the one before it is to blame */
		path[before] = 0;
		tell(l, got == -EACCES ? CT_EXEC_SEARCH : CT_EXEC_NOT_DIR, before ? path : "/");
	} else if (got == -ELOOP) {
		tell(l, CT_EXEC_LOOP, path);
	} else if (!got && err == -EACCES) {
		tell(l, CT_EXEC_UNKNOWN, path);
	}
}

/* What is there and may not be executed. Returns whether that was said. */
static int look_at_file(const struct look *l, const char *path, int fd)
{
	struct statfs fs;
	struct stat st;

	if (ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		tell(l, CT_EXEC_IS_DIR, path);
	else if (!S_ISREG(st.st_mode))
		tell(l, CT_EXEC_NOT_FILE, path);
	else if (!ct_sys_fstatfs(fd, &fs) && fs.f_flags & ST_NOEXEC_FLAG)
		tell(l, CT_EXEC_NOEXEC, path);
	else if (ct_sys_faccessat2(fd, "", 1 /* X_OK */, AT_EMPTY_PATH | AT_EACCESS) == -EACCES)
		tell(l, CT_EXEC_NO_X, path);
	else
		return 0;
	return 1;
}

static void look_at_kind(const struct look *l, const char *path, const struct ct_program *p,
			 int kind)
{
	static const uint16_t why[] = {
		[CT_PROGRAM_OTHER] = CT_EXEC_NO_FORMAT,	   [CT_PROGRAM_FOREIGN] = CT_EXEC_FOREIGN,
		[CT_PROGRAM_CUT_LINE] = CT_EXEC_CUT_LINE,  [CT_PROGRAM_NO_NAME] = CT_EXEC_NO_NAME,
		[CT_PROGRAM_EMPTY] = CT_EXEC_EMPTY,	   [CT_PROGRAM_BROKEN] = CT_EXEC_BROKEN,
	};

	if (kind >= 0 && why[kind])
		tell(l, (enum ct_exec_why)why[kind], path);
	if (kind == CT_PROGRAM_FOREIGN)
		l->r->report->detail |= (int32_t)(p->machine << 16 & 0x7fff0000);
}

/* Opens and reads a regular file; a kind, or -1. */
static int read_file(const struct look *l, const char *path, struct ct_program *p)
{
	int kind = -1, fd = open_part(l, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -1;
	kind = ct_program_read(fd, p);
	ct_sys_close(fd);
	return kind;
}

static void look_at(struct look *l, const char *name, int err)
{
	struct ct_program p;
	char path[CT_PROGRAM_NAME], next[CT_PROGRAM_NAME];
	size_t n;
	int fd, kind;

	for (int depth = 0; depth < CT_PROGRAM_DEPTH; depth++) {
		if (!join(l, name, path))
			return;
		fd = open_part(l, path, O_PATH);
		if (fd < 0) {
			look_on_the_way(l, path, err);
			break;
		}
		kind = look_at_file(l, path, fd) ? -1 : -2;
		ct_sys_close(fd);
		if (kind == -2)
			kind = read_file(l, path, &p);
		if (kind != CT_PROGRAM_SCRIPT && (kind != CT_PROGRAM_ELF || !p.interp[0])) {
			look_at_kind(l, path, &p, kind);
			break;
		}
		l->of = kind == CT_PROGRAM_ELF ? CT_EXEC_OF_LOADER : CT_EXEC_OF_SCRIPT;
		n = ct_append(next, sizeof(next), 0, p.interp);
		if (n && next[n - 1] == '\r')
			l->of |= CT_EXEC_CR;
		name = next;
	}
	if (err == -ELOOP && !(l->r->report->detail & 0xff))
		tell(l, CT_EXEC_DEEP, path);
}

/* One string, or all together: which, and how long. */
static void look_at_size(const struct look *l)
{
	char *const *const lists[] = { l->r->argv, l->r->envp };
	char text[64];

	for (int k = 0; k < 2; k++)
		for (size_t i = 0; lists[k][i]; i++) {
			size_t len = ct_len(lists[k][i]) + 1, n;

			if (len <= STRING_MAX)
				continue;
			n = ct_append(text, sizeof(text), 0, k ? "env[" : "argv[");
			n = ct_append_u64(text, sizeof(text), n, i);
			n = ct_append(text, sizeof(text), n, "] has ");
			ct_append_u64(text, sizeof(text), n, len);
			tell(l, CT_EXEC_LONG_STRING, text);
			return;
		}
	tell(l, CT_EXEC_LONG_SUM, "");
}

static void look_in_path(struct look *l, int err)
{
	char buf[CT_PROGRAM_NAME];
	const char *p = l->r->path;
	int fd, seen = 0;

	while (!seen && (p = ct_exec_candidate(p, l->r->argv[0], buf, sizeof(buf)))) {
		char path[CT_PROGRAM_NAME];

		if (!buf[0] || !join(l, buf, path))
			continue;
		fd = open_part(l, path, O_PATH);
		if (fd == -ENOENT || fd == -ENOTDIR)
			continue;
		ct_sys_close(fd);
		look_at(l, buf, err);
		seen = l->r->report->detail != CT_EXEC_UNKNOWN;
	}
	if (!seen)
		tell(l, CT_EXEC_NOT_IN_PATH, "");
}

static void look_at_fd(struct look *l, int fd, int err)
{
	static const char given[] = "the given fd";
	struct ct_program p;
	char name[CT_PROGRAM_NAME];
	int kind;

	if (look_at_file(l, given, fd))
		return;
	kind = ct_program_read(fd, &p);
	if (kind != CT_PROGRAM_SCRIPT && (kind != CT_PROGRAM_ELF || !p.interp[0])) {
		look_at_kind(l, given, &p, kind);
		return;
	}
	l->of = kind == CT_PROGRAM_ELF ? CT_EXEC_OF_LOADER : CT_EXEC_OF_SCRIPT;
	ct_append(name, sizeof(name), 0, p.interp);
	look_at(l, name, err);
}

void ct_exec_look(struct ct_run *r, int err)
{
	struct look l = { .r = r };
	int fd = ct_exec_fd(r);

	r->report->detail = CT_EXEC_UNKNOWN;
	r->report->culprit[0] = 0;
	/* RLIMIT_NOFILE is the payload's already: there has to be room */
	ct_sys_close_range((uint32_t)(fd + 1), ~0U, 0);
	if (fd > 0)
		ct_sys_close_range(0, (uint32_t)(fd - 1), 0);
	l.root = ct_sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (err == -E2BIG)
		look_at_size(&l);
	else if (l.root < 0 || err == -ENOMEM || err == -EAGAIN || err == -EPERM)
		return;
	else if (err == -ETXTBSY)
		tell(&l, CT_EXEC_BUSY, fd >= 0 ? "the given fd" : r->argv[0]);
	else if (fd >= 0)
		look_at_fd(&l, fd, err);
	else if (ct_has_slash(r->argv[0]))
		look_at(&l, r->argv[0], err);
	else
		look_in_path(&l, err);
}
