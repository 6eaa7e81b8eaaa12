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

struct check {
	struct ct_run *r;
	/*
	 * Others may write what is mounted below the root while this goes on, and memory is shared
	 * with the caller: what lies there cannot be judged.
	 */
	int one_mount;
	struct ct_program p;
};

/*
 * The working directory is still the root here. A name that does not begin with / is relative to
 * that of the payload.
 */
static int open_name(const struct check *c, const char *name, uint64_t flags, int one_mount)
{
	char joined[CT_PROGRAM_NAME];
	size_t n = 0;

	if (*name != '/') {
		n = ct_append(joined, sizeof(joined), n, c->r->cwd);
		n = ct_append(joined, sizeof(joined), n, "/");
	}
	n = ct_append(joined, sizeof(joined), n, name);
	if (n + 1 >= sizeof(joined))
		return -ENAMETOOLONG;
	return one_mount ? ct_open_in_mount(AT_FDCWD, joined, flags) :
			   ct_open_in_root(AT_FDCWD, joined, flags, 0);
}

static int need_own(struct ct_run *r)
{
	if (r->own)
		return 0;
	r->report->detail = CT_RUN_NEEDS_OWN;
	return -EAGAIN;
}

static int refuse(struct ct_run *r, enum ct_exec_why why, int err, const char *name)
{
	r->report->detail = (int32_t)why;
	ct_append(r->report->culprit, sizeof(r->report->culprit), 0, name);
	return err;
}

/* What execve(2) fails with as well, and says better. */
static int is_its_own_failure(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -EACCES || err == -ENAMETOOLONG ||
	       err == -ENXIO || err == -ENODEV;
}

static int not_opened(struct check *c, const char *name, int err)
{
	int fd;

	if (err == -EXDEV)
		return need_own(c->r);
	if (err == -ELOOP)
		/* a real loop of symlinks is one for every call */
		return ct_sys_faccessat2(AT_FDCWD, name, 0, 0) == -ELOOP ?
			       0 :
			       refuse(c->r, CT_EXEC_MAGIC, err, name);
	if (err == -EACCES) {
		fd = open_name(c, name, O_PATH, 0);
		if (fd < 0)
			return fd == -ELOOP ? refuse(c->r, CT_EXEC_MAGIC, fd, name) : 0;
		ct_sys_close(fd);
		return need_own(c->r); /* perhaps it may be executed, and not read */
	}
	return is_its_own_failure(err) ? 0 : err;
}

/* An enum ct_program_kind, or -errno; -EACCES: no regular file, which execve(2) refuses. */
static int read_name(struct check *c, const char *name, int *ret_opened)
{
	struct stat st;
	int kind, fd = open_name(c, name, OPEN, c->one_mount);

	*ret_opened = fd >= 0;
	if (fd < 0)
		return fd;
	kind = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (!kind)
		kind = S_ISREG(st.st_mode) ? ct_program_read(fd, &c->p) : -EACCES;
	ct_sys_close(fd);
	return kind;
}

/* It is mapped, and does not become the process's own file: none but a magic link is refused. */
static int check_loader(struct check *c)
{
	int fd;

	if (!c->p.interp[0])
		return 0;
	fd = open_name(c, c->p.interp, O_PATH, 0);
	if (fd < 0)
		return fd == -EACCES ? 0 : not_opened(c, c->p.interp, fd);
	ct_sys_close(fd);
	return 0;
}

/* The interpreter that a file of this kind names, the one that this names, and so on. */
static int follow(struct check *c, int kind)
{
	char name[CT_PROGRAM_NAME];

	for (int depth = 0; depth < CT_PROGRAM_DEPTH; depth++) {
		int opened;

		if (kind < 0)
			return kind == -EACCES ? 0 : kind;
		if (kind == CT_PROGRAM_ELF)
			return check_loader(c);
		if (kind == CT_PROGRAM_EMPTY)
			return 0;
		if (kind != CT_PROGRAM_SCRIPT)
			return need_own(c->r);
		ct_append(name, sizeof(name), 0, c->p.interp);
		kind = read_name(c, name, &opened);
		if (!opened)
			return not_opened(c, name, kind);
	}
	return 0; /* deeper than the kernel goes */
}

static int check_name(struct check *c, const char *name)
{
	int opened, kind = read_name(c, name, &opened);

	return opened ? follow(c, kind) : not_opened(c, name, kind);
}

/* Its own name is "/dev/fd/N" for a script, which the interpreter has to be able to open. */
static int check_fd(struct check *c, int fd)
{
	int dir, err, kind = ct_program_read(fd, &c->p);

	if (kind == -EBADF) /* O_PATH */
		return need_own(c->r);
	if (kind == CT_PROGRAM_SCRIPT) {
		dir = open_name(c, "/dev/fd", O_PATH | O_DIRECTORY, 0);
		if (dir < 0)
			return refuse(c->r, CT_EXEC_NO_DEV_FD, dir, "/dev/fd/N");
		ct_sys_close(dir);
		err = ct_sys_fcntl(fd, F_SETFD, 0);
		if (err < 0)
			return err;
	}
	return follow(c, kind);
}

int ct_process_op_check_program(struct ct_run *r, const struct ct_step *s)
{
	struct check c; /* p is filled when a program is read; to clear it would call memset(3) */
	const char *p = r->path;
	char buf[CT_PROGRAM_NAME];
	int err = 0, fd = ct_exec_fd(r);

	c.r = r;
	c.one_mount = !r->own && !s->arg[0];
	if (fd >= 0)
		return check_fd(&c, fd);
	if (ct_has_slash(r->argv[0]))
		return check_name(&c, r->argv[0]);
	while (!err && (p = ct_exec_candidate(p, r->argv[0], buf, sizeof(buf))))
		if (buf[0])
			err = check_name(&c, buf);
	return err;
}
