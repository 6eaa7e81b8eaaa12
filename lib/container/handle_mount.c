/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts of a container that runs: primitives of mounts, by a child in its namespaces. */
#include "inside.h"
#include "namespace/act.h"
#include "plan/error.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/sys.h"

#include <contain/container_mount.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static int fail(contain_error **reterr, int err, const char *op, const char *object,
		const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object, hint);
}

static int check_target(const char *op, const char *target, contain_error **reterr)
{
	if (!target || !*target)
		return fail(reterr, -EINVAL, op, "target", target ? "is empty" : "is NULL");
	return 0;
}

/* "/", "/.", "/a/..": what is mounted on the root is not seen by those who are in it already. */
static int check_point(const char *op, const char *target, contain_error **reterr)
{
	int depth = 0, r = check_target(op, target, reterr);

	if (r < 0)
		return r;
	for (const char *p = target; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && !strncmp(p, "..", 2))
			depth -= depth > 0;
		else if (n && !(n == 1 && *p == '.'))
			depth++;
		p += n;
		p += strspn(p, "/");
	}
	return depth ? 0 : fail(reterr, -EINVAL, op, "target", "is the root itself");
}

/* Every job is one of these, in memory of the child's own. */
struct work {
	const char *target;
	int mount;
	uint32_t flags;
	/* new */
	const char *type;
	const char *const *options;
	uint32_t set, clear;
	int recursive;
	/* bind */
	const char *source;
	uint64_t dev, ino;
};

static struct ct_inside job(const char *op, ct_inside_fn *run, struct work *w)
{
	return (struct ct_inside){ .op = op, .fd = { -1, -1, -1, -1 }, .run = run, .arg = w };
}

/* ---- attach ---- */

static int run_attach(void *arg, int root_fd, contain_error **reterr)
{
	const struct work *w = arg;

	return contain_mount_attach(w->mount, root_fd, w->target, w->flags, reterr);
}

int container_mount_attach(container *c, int mount_fd, const char *target, uint32_t flags,
			   contain_error **reterr)
{
	struct work w = { .target = target, .mount = mount_fd, .flags = flags };
	struct ct_inside j = job("mount-attach", run_attach, &w);
	int r = check_point(j.op, target, reterr);

	if (r < 0)
		return r;
	if (mount_fd < 0)
		return fail(reterr, -EBADF, j.op, "mount_fd", NULL);
	if (flags & ~(CONTAIN_ATTACH_CREATE | CONTAIN_ATTACH_BENEATH))
		return fail(reterr, -EINVAL, j.op, "flags", "an unknown flag");
	if (!c)
		return fail(reterr, -EINVAL, j.op, "container", "is NULL");
	/* one that is in no group stays so, and a slave stays one */
	r = contain_mount_set_propagation(mount_fd, "", CONTAIN_PROPAGATION_SLAVE, 1, reterr);
	if (r < 0)
		return r;
	j.fd[0] = mount_fd;
	return ct_inside_run(c, &j, reterr);
}

/* ---- bind ---- */

static int run_bind(void *arg, int root_fd, contain_error **reterr)
{
	const struct work *w = arg;

	return contain_mount_attach(w->mount, root_fd, w->target, CONTAIN_ATTACH_CREATE, reterr);
}

static int clone_private(int dirfd, const char *source, uint32_t attributes, contain_error **reterr)
{
	int r, fd = contain_mount_clone(dirfd, source, 1, attributes, reterr);

	if (fd < 0)
		return fd;
	r = contain_mount_set_propagation(fd, "", CONTAIN_PROPAGATION_PRIVATE, 1, reterr);
	if (r == 0)
		return fd;
	ct_sys_close(fd);
	return r;
}

static int has_rights(void)
{
	return ct_ns_has_cap(CAP_SYS_ADMIN);
}

/* In a copy of the caller's mounts: what the path names now has to be what the caller opened. */
static int clone_copy(void *arg, contain_error **reterr)
{
	struct work *w = arg;
	struct stat st;
	int r, fd = ct_sys_openat(AT_FDCWD, w->source, O_PATH | O_CLOEXEC | O_NOFOLLOW, 0);

	if (fd < 0)
		return fail(reterr, fd, "mount-bind", w->source, NULL);
	r = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (r == 0 && (st.st_dev != w->dev || st.st_ino != w->ino))
		r = fail(reterr, -ESTALE, "mount-bind", w->source, "was replaced meanwhile");
	else if (r < 0)
		r = fail(reterr, r, "mount-bind", w->source, NULL);
	else
		r = w->mount = clone_private(fd, "", w->set, reterr);
	ct_sys_close(fd);
	return r < 0 ? r : 0;
}

/* The name of what is open, as the caller sees it. */
static int name_of(int fd, char *buf, size_t size)
{
	char link[40];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = ct_sys_readlinkat(AT_FDCWD, link, buf, size - 1);
	if (n < 0 || (size_t)n >= size - 1)
		return n < 0 ? (int)n : -ENAMETOOLONG;
	buf[n] = 0;
	return *buf == '/' ? 0 : -ENOENT;
}

/* With no rights but those of the container's user namespace. */
static int bind_by_copy(container *c, struct ct_inside *j, int dirfd, contain_error **reterr)
{
	struct work *w = j->arg;
	const char *source = w->source;
	char name[PATH_MAX];
	struct stat st;
	int r, fd = *source ? ct_fd_up(ct_sys_openat(dirfd, source, O_PATH | O_CLOEXEC, 0)) : dirfd;

	if (fd < 0 && fd != AT_FDCWD)
		return fail(reterr, fd, j->op, source, NULL);
	r = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (r == 0)
		r = fd == AT_FDCWD ? -EBADF : name_of(fd, name, sizeof(name));
	if (r < 0) {
		r = fail(reterr, r, j->op, *source ? source : "dirfd", NULL);
	} else {
		w->dev = st.st_dev;
		w->ino = st.st_ino;
		w->source = name;
		j->before = clone_copy;
		r = ct_inside_run(c, j, reterr);
	}
	if (*source)
		ct_sys_close(fd);
	return r;
}

int container_mount_bind(container *c, int dirfd, const char *source, const char *target,
			 uint32_t attributes, contain_error **reterr)
{
	struct work w = { .target = target, .source = source, .set = attributes, .mount = -1 };
	struct ct_inside j = job("mount-bind", run_bind, &w);
	int r = check_point(j.op, target, reterr);

	if (r < 0)
		return r;
	if (!source)
		return fail(reterr, -EINVAL, j.op, "source", "is NULL");
	if (!c)
		return fail(reterr, -EINVAL, j.op, "container", "is NULL");
	if (!has_rights())
		return bind_by_copy(c, &j, dirfd, reterr);
	w.mount = clone_private(dirfd, source, attributes, reterr);
	if (w.mount < 0)
		return w.mount;
	j.fd[0] = w.mount;
	r = ct_inside_run(c, &j, reterr);
	ct_sys_close(w.mount);
	return r;
}

/* ---- new ---- */

static int run_new(void *arg, int root_fd, contain_error **reterr)
{
	const struct work *w = arg;
	int r, fd = contain_mount_new(w->type, w->options, w->set, reterr);

	if (fd < 0)
		return fd;
	r = contain_mount_attach(fd, root_fd, w->target, CONTAIN_ATTACH_CREATE, reterr);
	ct_sys_close(fd);
	return r;
}

int container_mount_new(container *c, const char *type, const char *const *options,
			const char *target, uint32_t attributes, contain_error **reterr)
{
	struct work w = { .target = target, .type = type, .options = options, .set = attributes };
	struct ct_inside j = job("mount-new", run_new, &w);
	int r = check_point(j.op, target, reterr);

	if (r < 0)
		return r;
	if (!type || !*type)
		return fail(reterr, -EINVAL, j.op, "type", type ? "is empty" : "is NULL");
	/* of which some file systems show what is in them */
	j.types = CONTAIN_NS_PID | CONTAIN_NS_NET | CONTAIN_NS_IPC | CONTAIN_NS_CGROUP;
	return ct_inside_run(c, &j, reterr);
}

/* ---- what is there ---- */

static int run_set_attributes(void *arg, int root_fd, contain_error **reterr)
{
	const struct work *w = arg;
	int r, fd = ct_open_in_root(root_fd, w->target, O_PATH | O_CLOEXEC, 0);
	contain_error *e = NULL; /* of an fd, which says nothing to the caller */

	if (fd < 0)
		return fail(reterr, fd, "set-attributes", w->target, NULL);
	r = contain_mount_set_attributes(fd, "", w->set, w->clear, w->recursive, &e);
	ct_sys_close(fd);
	if (r < 0) {
		const struct ct_error_parts p = { .code = r,
						  .op = contain_error_op(e),
						  .object = *contain_error_object(e) ?
								    contain_error_object(e) :
								    w->target,
						  .hint = contain_error_hint(e) };

		ct_error_set(reterr, &p);
	}
	contain_error_free(e);
	return r;
}

int container_mount_set_attributes(container *c, const char *target, uint32_t set, uint32_t clear,
				   int recursive, contain_error **reterr)
{
	struct work w = { .target = target, .set = set, .clear = clear, .recursive = recursive };
	struct ct_inside j = job("mount-attributes", run_set_attributes, &w);
	int r = check_target(j.op, target, reterr);

	return r < 0 ? r : ct_inside_run(c, &j, reterr);
}

static int run_detach(void *arg, int root_fd, contain_error **reterr)
{
	const struct work *w = arg;

	return contain_mount_detach(root_fd, w->target, w->flags, reterr);
}

int container_mount_detach(container *c, const char *target, uint32_t flags, contain_error **reterr)
{
	struct work w = { .target = target, .flags = flags };
	struct ct_inside j = job("mount-detach", run_detach, &w);
	int r = check_target(j.op, target, reterr);

	if (r < 0)
		return r;
	if (flags & ~CONTAIN_DETACH_LAZY)
		return fail(reterr, -EINVAL, j.op, "flags", "an unknown flag");
	return ct_inside_run(c, &j, reterr);
}
