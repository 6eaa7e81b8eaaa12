/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program is looked at before it runs. To execve(2) a program or an interpreter that is a magic
 * link of procfs is as good as any other, and /proc/self/exe of a child that shares the caller's
 * memory is the caller's own program file: an image that names it so would get it executed inside,
 * open it there, and write it once it can (CVE-2019-5736). So no name of the image is followed
 * through such a link. What cannot be seen here runs from contain-init, whose own program file is a
 * sealed memfd.
 */
#include "exec.h"
#include "sys/path.h"
#include "sys/str.h"
#include "sys/sys.h"

#define OPEN (O_RDONLY | O_NONBLOCK | O_NOCTTY)

/*
 * The working directory is still the root here. A name that does not begin with / is relative to
 * that of the payload.
 */
static int open_name(const struct ct_run *r, const char *name, uint64_t flags)
{
	char joined[CT_PROGRAM_NAME];
	size_t n;

	if (*name == '/')
		return ct_open_in_root(AT_FDCWD, name, flags, 0);
	n = ct_append(joined, sizeof(joined), 0, r->cwd);
	n = ct_append(joined, sizeof(joined), n, "/");
	n = ct_append(joined, sizeof(joined), n, name);
	if (n + 1 >= sizeof(joined))
		return -ENAMETOOLONG;
	return ct_open_in_root(AT_FDCWD, joined, flags, 0);
}

static int need_own(struct ct_run *r)
{
	if (r->own)
		return 0;
	r->report->detail = CT_RUN_NEEDS_OWN;
	return -EAGAIN;
}

static int refuse(struct ct_run *r, const char *name)
{
	r->report->detail = CT_EXEC_MAGIC;
	ct_append(r->report->culprit, sizeof(r->report->culprit), 0, name);
	return -ELOOP;
}

/* What execve(2) fails with as well, and says better. */
static int is_its_own_failure(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -EACCES || err == -ENAMETOOLONG ||
	       err == -ENXIO || err == -ENODEV;
}

static int not_opened(struct ct_run *r, const char *name, int err)
{
	int fd;

	if (err == -ELOOP)
		/* a real loop of symlinks is one for every call */
		return ct_sys_faccessat2(AT_FDCWD, name, 0, 0) == -ELOOP ? 0 : refuse(r, name);
	if (err == -EACCES) {
		fd = open_name(r, name, O_PATH);
		if (fd < 0)
			return fd == -ELOOP ? refuse(r, name) : 0;
		ct_sys_close(fd);
		return need_own(r); /* perhaps it may be executed, and not read */
	}
	return is_its_own_failure(err) ? 0 : err;
}

/* An enum ct_program_kind, or -errno; -EACCES: no regular file, which execve(2) refuses. */
static int read_name(struct ct_run *r, const char *name, struct ct_program *p, int *ret_opened)
{
	struct stat st;
	int kind, fd = open_name(r, name, OPEN);

	*ret_opened = fd >= 0;
	if (fd < 0)
		return fd;
	kind = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (!kind)
		kind = S_ISREG(st.st_mode) ? ct_program_read(fd, p) : -EACCES;
	ct_sys_close(fd);
	return kind;
}

static int check_loader(struct ct_run *r, const char *name)
{
	int fd;

	if (!*name)
		return 0;
	fd = open_name(r, name, O_PATH);
	if (fd < 0)
		return fd == -EACCES ? 0 : not_opened(r, name, fd);
	ct_sys_close(fd);
	return 0;
}

/* The file, the interpreter that it names, the one that this names, and so on. */
static int check(struct ct_run *r, const char *name)
{
	struct ct_program p;
	char own[CT_PROGRAM_NAME];

	for (int depth = 0; depth < CT_PROGRAM_DEPTH; depth++) {
		int opened, kind = read_name(r, name, &p, &opened);

		if (!opened)
			return not_opened(r, name, kind);
		if (kind < 0)
			return kind == -EACCES ? 0 : kind;
		if (kind == CT_PROGRAM_ELF)
			return check_loader(r, p.interp);
		if (kind == CT_PROGRAM_EMPTY)
			return 0;
		if (kind != CT_PROGRAM_SCRIPT)
			return need_own(r);
		ct_append(own, sizeof(own), 0, p.interp);
		name = own;
	}
	return 0; /* deeper than the kernel goes */
}

int ct_process_op_check_program(struct ct_run *r, const struct ct_step *s)
{
	char buf[CT_PROGRAM_NAME];
	const char *p = r->path;
	int err = 0;

	if (ct_has_slash(r->argv[0]))
		return check(r, r->argv[0]);
	while (!err && (p = ct_exec_candidate(p, r->argv[0], buf, sizeof(buf))))
		if (buf[0])
			err = check(r, buf);
	return err;
}
