/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public primitives on groups of v1 that make and set them. */
#include "v1_act.h"
#include "devices.h"
#include "group_files.h"
#include "plan/error.h"
#include "sys/path.h"
#include "tree.h"
#include "v1_lines.h"

#include <contain/cgroup_v1.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CGROUP_V1_MAGIC 0x27e0eb /* CGROUP_SUPER_MAGIC of linux/magic.h */

const char *ct_v1_hint(int err)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		return "groups of cgroup v1 are made and set by root, on a hierarchy that is "
		       "mounted read-write";
	case -EROFS:
		return "the hierarchy is mounted read-only here, as containers have it";
	case -ESTALE:
		return "libcgroup finds the hierarchy at another place, or none";
	case -ENODEV:
		return "the group was removed";
	case -EOPNOTSUPP:
		return "built without libcgroup (-Dlibcgroup=disabled)";
	case -ENOSPC:
		return "the group has no processors or memory nodes (cpuset.cpus, cpuset.mems)";
	default:
		return NULL;
	}
}

static const char *hint_place(const struct ct_facts *f, unsigned i, char *buf, size_t size)
{
	const char *name = ct_controller_name(i);

	if (f->held[i] == CT_HELD_V2)
		snprintf(buf, size, "the controller %s is in cgroup v2, at %.256s", name,
			 f->v2_mount);
	else
		snprintf(buf, size, "no cgroup hierarchy that is mounted here has the controller "
				    "%s", name);
	return buf;
}

static int find_place(const struct ct_facts *f, const char *controller, struct ct_v1_place *ret,
		      const char *op, contain_error **reterr)
{
	char hint[400];
	unsigned i = 0;

	while (ct_controller_name(i) && strcmp(ct_controller_name(i), controller))
		i++;
	if (!ct_controller_name(i))
		return ct_group_fail(reterr, -EINVAL, op, "controller",
				     "is no controller that the library knows");
	if (f->held[i] != CT_HELD_V1)
		return ct_group_fail(reterr, -EOPNOTSUPP, op, controller,
				     hint_place(f, i, hint, sizeof(hint)));
	ret->controller = i;
	ret->name = ct_controller_name(i == CT_CONTROLLER_IO ? CT_CONTROLLER_BLKIO : i);
	snprintf(ret->mount, sizeof(ret->mount), "%s", f->v1_mount[i]);
	return 0;
}

int ct_v1_place_of(const char *controller, struct ct_v1_place *ret, const char *op,
		   contain_error **reterr)
{
	struct ct_facts *f;
	int r;

	if (!controller)
		return ct_group_fail(reterr, -EINVAL, op, "controller", "is NULL");
	f = malloc(sizeof(*f));
	if (!f || ct_facts_get(f) < 0)
		r = ct_group_fail(reterr, -ENOMEM, op, controller, NULL);
	else
		r = find_place(f, controller, ret, op, reterr);
	free(f);
	return r;
}

int ct_v1_check_name(const char *name, const char *op, contain_error **reterr)
{
	if (name && strlen(name) < PATH_MAX - 2 * CT_V1_MOUNT_SIZE && ct_group_path_ok(name) &&
	    name[strlen(name) - 1] != '/' && !strstr(name, "//"))
		return 0;
	return ct_group_fail(reterr, -EINVAL, op, "name",
			     name ? "is a path below the mount: names with one '/' between them, "
				    "none \".\" or \"..\" or beginning with \"cgroup.\"" :
				    "is NULL");
}

int ct_v1_open(const struct ct_v1_place *place, const char *name, const char *op,
	       contain_error **reterr)
{
	char path[PATH_MAX], hint[400];
	int r = ct_v1_path(path, sizeof(path), place->mount, name, "");

	if (!r)
		r = ct_group_open(AT_FDCWD, path);
	if (r >= 0)
		return r;
	snprintf(hint, sizeof(hint), "the hierarchy at %s has no such group: "
				     "contain_cgroup_v1_create(), or cgcreate(1), makes it",
		 place->mount);
	return ct_group_fail(reterr, r, op, name, r == -ENOENT ? hint : ct_v1_hint(r));
}

int ct_v1_check_fd(int fd, const char *op, contain_error **reterr)
{
	struct statfs fs;
	int r = ct_sys_fstatfs(fd, &fs);

	if (!r && fs.f_type != CGROUP_V1_MAGIC)
		return ct_group_fail(reterr, -EOPNOTSUPP, op, "group_fd",
				     "the directory is not on a cgroup v1 file system");
	return r ? ct_group_fail(reterr, r, op, "group_fd", NULL) : 0;
}

int contain_cgroup_v1_create(const char *controller, const char *name, int *ret_fd,
			     contain_error **reterr)
{
	const char *op = "create-v1-group";
	char path[PATH_MAX];
	struct ct_v1_place at;
	int r;

	if (!ret_fd)
		return ct_group_fail(reterr, -EINVAL, op, "ret_fd", "is NULL");
	r = ct_v1_check_name(name, op, reterr);
	if (!r)
		r = ct_v1_place_of(controller, &at, op, reterr);
	if (r < 0)
		return r;
	r = ct_v1_path(path, sizeof(path), at.mount, name, "");
	if (!r && ct_sys_faccessat2(AT_FDCWD, path, F_OK, 0) == 0)
		r = -EEXIST;
	if (r < 0)
		return ct_group_fail(reterr, r, op, name, NULL);
	r = ct_v1_create(at.mount, at.name, name, "", NULL);
	if (!r)
		r = ct_group_open(AT_FDCWD, path);
	if (r == -ENOENT)
		r = -ENODEV;
	if (r < 0) {
		ct_sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR); /* libcgroup leaves it half made */
		return ct_group_fail(reterr, r, op, name, ct_v1_hint(r));
	}
	*ret_fd = r;
	return 0;
}

int contain_cgroup_v1_import(const char *controller, const char *name, int *ret_fd,
			     contain_limits **ret_limits, contain_error **reterr)
{
	const char *op = "import-v1-group";
	contain_limits *limits = NULL;
	struct ct_v1_place at;
	int fd, r = ct_v1_check_name(name, op, reterr);

	if (!r)
		r = ct_v1_place_of(controller, &at, op, reterr);
	if (r < 0)
		return r;
	fd = ct_v1_open(&at, name, op, reterr);
	if (fd < 0)
		return fd;
	if (ret_limits) {
		r = contain_limits_new(&limits);
		if (!r)
			r = ct_v1_read_limits(fd, limits);
		if (r == -ENOENT)
			r = -ENODEV;
	}
	if (r < 0) {
		contain_limits_free(limits);
		ct_sys_close(fd);
		return ct_group_fail(reterr, r, op, name, ct_v1_hint(r));
	}
	if (ret_fd)
		*ret_fd = fd;
	else
		ct_sys_close(fd);
	if (ret_limits)
		*ret_limits = limits;
	return 0;
}

/* ---- limits and rules ---- */

/* What is done to one hierarchy, and how it is brought back. */
struct part {
	struct ct_v1_place at;
	char *settings, *old;
};

struct parts {
	struct part v[CT_CONTROLLERS];
	size_t n;
};

static void drop(struct parts *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].settings);
		free(p->v[i].old);
	}
	free(p);
}

static int fail_line(contain_error **reterr, int err, const char *op, const char *name,
		     const char *at)
{
	char file[CT_V1_FILE_MAX];
	const char *hint = ct_v1_hint(err);

	if (!at)
		return ct_group_fail(reterr, err, op, name, hint);
	snprintf(file, sizeof(file), "%.*s", (int)strcspn(at, " "), at);
	if (err == -ENOENT)
		hint = "this kernel has no such file";
	else if (err == -EINVAL && !strncmp(file, "devices.", 8))
		hint = "the group has groups below it";
	else if (err == -EPERM && !strncmp(file, "devices.", 8))
		hint = "the group above denies it, or CAP_SYS_ADMIN is missing";
	else if (err == -ERANGE)
		hint = "names a processor or memory node that this machine cannot have, or a "
		       "number too large";
	else if (err == -EINVAL)
		hint = "the kernel does not take this value, or a group above allows less";
	else if (err == -EBUSY)
		hint = "more than that is used already";
	return ct_group_fail(reterr, err, op, file, hint);
}

/* Hierarchy after hierarchy; the first refusal brings back those before it. */
static int set_parts(struct parts *p, const char *name, const char *op, contain_error **reterr)
{
	const char *at = NULL;
	size_t i;
	int r = 0;

	for (i = 0; i < p->n && !r; i++) {
		struct part *x = &p->v[i];
		int fd = ct_v1_open(&x->at, name, op, reterr);

		if (fd < 0) {
			r = fd;
			break;
		}
		ct_sys_close(fd);
		r = ct_v1_set(x->at.mount, x->at.name, name, x->settings, &x->old, &at);
		if (r < 0)
			r = fail_line(reterr, r, op, name, at);
	}
	for (size_t k = p->n; r < 0 && k--;)
		if (p->v[k].old)
			ct_v1_set(p->v[k].at.mount, p->v[k].at.name, name, p->v[k].old, NULL, NULL);
	return r;
}

static int add_part(struct parts *p, const contain_limits *limits, unsigned controller,
		    const char *op, contain_error **reterr)
{
	struct part *x = &p->v[p->n];
	const struct ct_limit *bad = NULL;
	const char *why = NULL;
	int r = ct_v1_place_of(ct_controller_name(controller), &x->at, op, reterr);

	if (r < 0)
		return r;
	r = ct_limits_v1(limits, controller, &x->settings, &bad, &why);
	if (r < 0)
		return ct_group_fail(reterr, r, op, bad ? bad->file : "", why);
	p->n++;
	return 0;
}

int contain_cgroup_v1_apply(const contain_limits *limits, const char *name, contain_error **reterr)
{
	const char *op = "apply-v1-limits", *field = NULL, *why = NULL;
	uint8_t seen[CT_CONTROLLERS + 1] = { 0 };
	struct parts *p;
	int r;

	if (!limits)
		return ct_group_fail(reterr, -EINVAL, op, "limits", "is NULL");
	r = ct_limits_check(limits, &field, &why);
	if (r < 0)
		return ct_group_fail(reterr, r, op, field, why);
	r = ct_v1_check_name(name, op, reterr);
	if (r < 0)
		return r;
	p = calloc(1, sizeof(*p));
	if (!p)
		return ct_group_fail(reterr, -ENOMEM, op, name, NULL);
	for (size_t i = 0; i < limits->n && !r; i++) {
		const struct ct_limit *l = &limits->v[i];

		if (seen[l->controller]++)
			continue;
		if (l->controller == CT_CONTROLLERS)
			r = ct_group_fail(reterr, -EOPNOTSUPP, op, l->file,
					  "is a file of cgroup v2 alone");
		else
			r = add_part(p, limits, l->controller, op, reterr);
	}
	if (!r)
		r = set_parts(p, name, op, reterr);
	drop(p);
	return r;
}

int contain_cgroup_v1_apply_devices(const contain_devices *devices, const char *name,
				    contain_error **reterr)
{
	const char *op = "apply-v1-devices", *why = NULL;
	struct parts *p;
	int r;

	if (!devices)
		return ct_group_fail(reterr, -EINVAL, op, "devices", "is NULL");
	r = ct_v1_check_name(name, op, reterr);
	if (r < 0)
		return r;
	p = calloc(1, sizeof(*p));
	if (!p)
		return ct_group_fail(reterr, -ENOMEM, op, name, NULL);
	r = ct_v1_place_of("devices", &p->v[0].at, op, reterr);
	if (!r) {
		p->n = 1;
		r = ct_devices_v1(devices, &p->v[0].settings, &why);
		if (r < 0)
			ct_group_fail(reterr, r, op, "devices", why);
	}
	if (!r)
		r = set_parts(p, name, op, reterr);
	drop(p);
	return r;
}

int contain_cgroup_v1_load_config(const char *path, contain_error **reterr)
{
	struct ct_error_parts e = { .phase = CONTAIN_PHASE_PARENT,
				    .op = "load-v1-config",
				    .object = path };
	char log[300] = "";

	if (!path || !*path)
		return ct_group_fail(reterr, -EINVAL, e.op, "path", "is missing or empty");
	e.code = ct_sys_faccessat2(AT_FDCWD, path, R_OK, AT_EACCESS);
	if (!e.code)
		e.code = ct_v1_load_config(path, log, sizeof(log));
	if (!e.code)
		return 0;
	e.log = log;
	e.hint = e.code == -EINVAL ? "cgconfig.conf(5) has the format of the file" :
				     ct_v1_hint(e.code);
	return ct_error_set(reterr, &e);
}
