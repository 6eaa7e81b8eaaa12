/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a union is made of: the object and its setters. */
#include "overlay.h"
#include "feature/feature.h"
#include "sys/fd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int contain_overlay_new(contain_overlay **ret_overlay)
{
	contain_overlay *o;

	if (!ret_overlay)
		return -EINVAL;
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	o->upper = o->work = -1;
	memset(o->option, -1, sizeof(o->option));
	*ret_overlay = o;
	return 0;
}

static void drop_upper(contain_overlay *o)
{
	if (o->upper >= 0)
		ct_sys_close(o->upper);
	if (o->work >= 0)
		ct_sys_close(o->work);
	o->upper = o->work = -1;
}

void contain_overlay_free(contain_overlay *o)
{
	if (!o)
		return;
	for (int i = 0; i < o->layers; i++)
		ct_sys_close(o->layer[i]);
	drop_upper(o);
	free(o->layer);
	free(o);
}

/* Keeps the first refusal. */
static int refuse(contain_overlay *o, int err, const char *field, int index, const char *why)
{
	if (o->err)
		return err;
	o->err = err;
	if (index >= 0)
		snprintf(o->field, sizeof(o->field), "%s %d", field, index);
	else
		snprintf(o->field, sizeof(o->field), "%s", field);
	o->why = why;
	return err;
}

/* A directory, wherever the caller's name leads to now. */
static int pin(int dirfd, const char *path)
{
	struct stat st;
	int err;

	if (*path)
		return ct_fd_up(ct_sys_openat(dirfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
	if (dirfd == AT_FDCWD)
		return ct_fd_up(ct_sys_openat(dirfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
	err = ct_sys_newfstatat(dirfd, "", &st, AT_EMPTY_PATH);
	if (err)
		return err;
	return S_ISDIR(st.st_mode) ? ct_sys_fcntl(dirfd, F_DUPFD_CLOEXEC, 3) : -ENOTDIR;
}

static int add(contain_overlay *o, int dirfd, const char *path, const char *field, int data_only)
{
	int fd, n;

	if (!o)
		return -EINVAL;
	n = data_only ? o->data_only : o->layers;
	if (!path)
		return refuse(o, -EINVAL, field, n, "the path is NULL");
	if (o->layers == CONTAIN_OVERLAY_LAYERS_MAX)
		return refuse(o, -E2BIG, field, n, "the kernel takes 500 layers at most");
	if (!data_only && o->data_only)
		return refuse(o, -EBUSY, field, n, "layers of data only are the lowest");
	if (o->layers == o->room) {
		int room = o->room ? 2 * o->room : 8;
		int *layer = reallocarray(o->layer, (size_t)room, sizeof(*layer));

		if (!layer)
			return refuse(o, -ENOMEM, field, n, NULL);
		o->layer = layer;
		o->room = room;
	}
	fd = pin(dirfd, path);
	if (fd < 0)
		return refuse(o, fd, field, n, "the directory cannot be opened");
	o->layer[o->layers++] = fd;
	o->data_only += data_only;
	return 0;
}

int contain_overlay_add_lower(contain_overlay *o, int dirfd, const char *path)
{
	return add(o, dirfd, path, "lowerdir", 0);
}

int contain_overlay_add_data_only(contain_overlay *o, int dirfd, const char *path)
{
	return add(o, dirfd, path, "datadir", 1);
}

int contain_overlay_set_upper(contain_overlay *o, int dirfd, const char *upperdir,
			      const char *workdir)
{
	int upper, work;

	if (!o)
		return -EINVAL;
	if (!upperdir || !workdir)
		return refuse(o, -EINVAL, upperdir ? "workdir" : "upperdir", -1,
			      "the path is NULL");
	upper = pin(dirfd, upperdir);
	if (upper < 0)
		return refuse(o, upper, "upperdir", -1, "the directory cannot be opened");
	work = pin(dirfd, workdir);
	if (work < 0) {
		ct_sys_close(upper);
		return refuse(o, work, "workdir", -1, "the directory cannot be opened");
	}
	drop_upper(o);
	o->upper = upper;
	o->work = work;
	o->kind = CT_UPPER_GIVEN;
	return 0;
}

int contain_overlay_set_ephemeral(contain_overlay *o, uint64_t size_bytes, uint64_t inodes)
{
	if (!o)
		return -EINVAL;
	drop_upper(o);
	o->kind = CT_UPPER_EPHEMERAL;
	o->size_bytes = size_bytes;
	o->inodes = inodes;
	return 0;
}

/* ---- options ---- */

static const struct {
	const char *name;
	uint8_t values; /* bits 1 << CONTAIN_OVERLAY_OFF .. */
	uint8_t flag;	/* given by its name alone */
} options[CT_OVERLAY_OPTIONS] = {
	[CONTAIN_OVERLAY_USERXATTR] = { "userxattr", 3, 1 },
	[CONTAIN_OVERLAY_VOLATILE] = { "volatile", 3, 1 },
	[CONTAIN_OVERLAY_METACOPY] = { "metacopy", 3, 0 },
	[CONTAIN_OVERLAY_REDIRECT_DIR] = { "redirect_dir", 3 | 1 << CONTAIN_OVERLAY_FOLLOW |
								   1 << CONTAIN_OVERLAY_NOFOLLOW,
					   0 },
	[CONTAIN_OVERLAY_INDEX] = { "index", 3, 0 },
	[CONTAIN_OVERLAY_XINO] = { "xino", 3 | 1 << CONTAIN_OVERLAY_AUTO, 0 },
	[CONTAIN_OVERLAY_NFS_EXPORT] = { "nfs_export", 3, 0 },
};

static const char *const values[] = { "off", "on", "auto", "follow", "nofollow" };
#define VALUES ((int)(sizeof(values) / sizeof(values[0])))

const char *ct_overlay_option_name(int option)
{
	return options[option].name;
}

int contain_overlay_set_option(contain_overlay *o, int option, int value)
{
	if (!o)
		return -EINVAL;
	if (option < 1 || option >= CT_OVERLAY_OPTIONS)
		return refuse(o, -EINVAL, "option", option, "is not one of CONTAIN_OVERLAY_*");
	if (value < 0 || value >= VALUES || !(options[option].values >> value & 1))
		return refuse(o, -EINVAL, options[option].name, -1,
			      "the option does not have this value");
	o->option[option] = (int8_t)value;
	return 0;
}

void ct_overlay_options_used(const contain_overlay *o, int8_t *ret)
{
	memcpy(ret, o->option, sizeof(o->option));
	/* trusted.* attributes are the initial user namespace's alone */
	if (ret[CONTAIN_OVERLAY_USERXATTR] < 0 && ct_in_user_ns())
		ret[CONTAIN_OVERLAY_USERXATTR] = CONTAIN_OVERLAY_ON;
	/* off means to follow those that are there, mostly, which the kernel refuses here */
	if (ret[CONTAIN_OVERLAY_USERXATTR] == CONTAIN_OVERLAY_ON &&
	    ret[CONTAIN_OVERLAY_REDIRECT_DIR] == CONTAIN_OVERLAY_OFF)
		ret[CONTAIN_OVERLAY_REDIRECT_DIR] = CONTAIN_OVERLAY_NOFOLLOW;
	if (ret[CONTAIN_OVERLAY_METACOPY] < 0 && o->data_only)
		ret[CONTAIN_OVERLAY_METACOPY] = CONTAIN_OVERLAY_ON;
}

void ct_overlay_keys(const contain_overlay *o, const char **keys)
{
	int8_t used[CT_OVERLAY_OPTIONS];

	ct_overlay_options_used(o, used);
	for (int i = 1; i < CT_OVERLAY_OPTIONS; i++) {
		if (used[i] < 0 || (options[i].flag && !used[i]))
			continue;
		*keys++ = options[i].name;
		*keys++ = options[i].flag ? NULL : values[used[i]];
	}
	*keys = NULL;
}
