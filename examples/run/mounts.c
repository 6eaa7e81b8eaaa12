/* SPDX-License-Identifier: MIT-0 */
/* Options of the root file system and of what is mounted and made in it. */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (16u << 20) /* what container_spec_add_file() takes at most */

static int set_root(struct run *r, enum root root)
{
	int again = root == ROOT_OVERLAY && r->root == ROOT_OVERLAY;

	if (r->root != ROOT_NONE && !again)
		return bad_usage("%s: there is a root already, by %s", r->option, r->root_option);
	r->root = root;
	r->root_option = r->option;
	if (r->size_given)
		r->root_size = r->size;
	r->size_given = 0;
	return 0;
}

int take_root(struct run *r, char *const *arg)
{
	r->dir = arg[0];
	return set_root(r, ROOT_DIR);
}

int take_layer(struct run *r, char *const *arg)
{
	r->layers[r->nlayers++] = arg[0]; /* has room for all arguments */
	return set_root(r, ROOT_OVERLAY);
}

int take_tmpfs_root(struct run *r, char *const *arg)
{
	return set_root(r, ROOT_TMPFS);
}

int take_host_root(struct run *r, char *const *arg)
{
	return set_root(r, ROOT_HOST);
}

int take_upper(struct run *r, char *const *arg)
{
	r->upper = arg[0];
	return 0;
}

int take_work(struct run *r, char *const *arg)
{
	r->work = arg[0];
	return 0;
}

int take_read_only(struct run *r, char *const *arg)
{
	r->root_flags |= CONTAIN_ROOT_READONLY;
	return 0;
}

int take_size(struct run *r, char *const *arg)
{
	const char *why = read_size(arg[0], &r->size);

	r->size_given = 1;
	return why ? bad_value(r, arg[0], why) : 0;
}

int take_perms(struct run *r, char *const *arg)
{
	const char *why = read_octal(arg[0], 07777, &r->perms);

	r->perms_given = 1;
	return why ? bad_value(r, arg[0], why) : 0;
}

/* What --perms said for this option, or its own default. */
static uint32_t perms(struct run *r, uint32_t otherwise)
{
	uint32_t mode = r->perms_given ? r->perms : otherwise;

	r->perms_given = 0;
	return mode;
}

static int bind_mount(struct run *r, char *const *arg, uint32_t flags)
{
	return setter(r, container_spec_add_bind(r->spec, AT_FDCWD, arg[0], arg[1],
						 flags | CONTAIN_MOUNT_NOSUID));
}

int take_bind(struct run *r, char *const *arg)
{
	return bind_mount(r, arg, CONTAIN_MOUNT_NODEV);
}

int take_bind_try(struct run *r, char *const *arg)
{
	return bind_mount(r, arg, CONTAIN_MOUNT_NODEV | CONTAIN_MOUNT_OPTIONAL);
}

int take_ro_bind(struct run *r, char *const *arg)
{
	return bind_mount(r, arg, CONTAIN_MOUNT_NODEV | CONTAIN_MOUNT_READONLY);
}

int take_ro_bind_try(struct run *r, char *const *arg)
{
	return bind_mount(r, arg, CONTAIN_MOUNT_NODEV | CONTAIN_MOUNT_READONLY |
				  CONTAIN_MOUNT_OPTIONAL);
}

int take_dev_bind(struct run *r, char *const *arg)
{
	return bind_mount(r, arg, 0);
}

int take_dev_bind_try(struct run *r, char *const *arg)
{
	return bind_mount(r, arg, CONTAIN_MOUNT_OPTIONAL);
}

int take_tmpfs(struct run *r, char *const *arg)
{
	uint64_t size = r->size_given ? r->size : 0;

	r->size_given = 0;
	return setter(r, container_spec_add_tmpfs(r->spec, arg[0], size, perms(r, 0755)));
}

int take_dir(struct run *r, char *const *arg)
{
	return setter(r, container_spec_add_dir(r->spec, arg[0], perms(r, 0755)));
}

int take_symlink(struct run *r, char *const *arg)
{
	return setter(r, container_spec_add_symlink(r->spec, arg[0], arg[1]));
}

int take_file(struct run *r, char *const *arg)
{
	int fd = open(arg[0], O_RDONLY | O_CLOEXEC | O_NOCTTY), err = -1;
	char *content = malloc(FILE_MAX + 1);
	size_t size = 0;
	ssize_t n = -1;

	if (fd >= 0 && content)
		while (size <= FILE_MAX && (n = read(fd, content + size, FILE_MAX + 1 - size)) > 0)
			size += (size_t)n;
	if (fd < 0 || !content || n < 0)
		bad_value(r, arg[0], strerror(errno));
	else
		err = setter(r, container_spec_add_file(r->spec, arg[1], content, size,
							perms(r, 0644)));
	free(content);
	if (fd >= 0)
		close(fd);
	return err;
}

/* The next field of a line in the form of fstab(5), which is changed: "\\040" is a blank. */
static char *next_field(char **line)
{
	char *at = *line + strspn(*line, " \t"), *from = at, *to = at;

	while (*at && *at != ' ' && *at != '\t') {
		if (*at == '\\' && strspn(at + 1, "01234567") >= 3) {
			*to++ = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 4;
		} else {
			*to++ = *at++;
		}
	}
	*line = at + (*at != 0);
	*to = 0;
	return to == from ? NULL : from;
}

int take_mount(struct run *r, char *const *arg)
{
	char *copy = strdup(arg[0]), *at = copy, *field[5] = { NULL };
	int n = 0, err;

	if (!copy)
		return say("out of memory"), -1;
	while (n < 5 && (field[n] = next_field(&at)))
		n++;
	if (n < 2 || n > 4)
		err = bad_value(r, arg[0], "not SOURCE TARGET [TYPE [OPTIONS]], as in fstab(5)");
	else
		err = setter(r, container_spec_add_mount(r->spec, AT_FDCWD, field[0], field[1],
							 field[2] ? field[2] : "bind",
							 field[3]));
	free(copy);
	return err;
}

int take_root_propagation(struct run *r, char *const *arg)
{
	static const char *const names[] = { "private", "slave", "shared" };
	static const uint32_t values[] = { CONTAIN_PROPAGATION_PRIVATE, CONTAIN_PROPAGATION_SLAVE,
					   CONTAIN_PROPAGATION_SHARED };
	uint32_t propagation = 0;

	for (const char *s = arg[0]; s;) {
		size_t i = 0;

		if (read_word(&s, names, 3, &i))
			return bad_value(r, arg[0], "not private, slave, shared, or slave,shared");
		propagation |= values[i];
	}
	return setter(r, container_spec_set_root_propagation(r->spec, propagation));
}

int take_mask(struct run *r, char *const *arg)
{
	return setter(r, container_spec_add_masked_path(r->spec, arg[0]));
}

int take_readonly_path(struct run *r, char *const *arg)
{
	return setter(r, container_spec_add_readonly_path(r->spec, arg[0]));
}

int take_clear_paths(struct run *r, char *const *arg)
{
	return setter(r, container_spec_clear_paths(r->spec));
}

int take_default_mounts(struct run *r, char *const *arg)
{
	static const char *const names[] = { "proc", "sys", "dev", "tmp" };
	uint32_t mounts = 0;

	for (const char *s = arg[0]; s && strcmp(arg[0], "none") != 0;) {
		size_t i = 0;

		if (read_word(&s, names, 4, &i))
			return bad_value(r, arg[0], "not a list of proc, sys, dev, tmp, or none");
		mounts |= CONTAIN_DEFAULT_PROC << i;
	}
	return setter(r, container_spec_set_default_mounts(r->spec, mounts));
}

int finish_root(struct run *r)
{
	int err = 0;

	if (r->root == ROOT_NONE && r->joined & CONTAIN_NS_MNT)
		return 0;
	if (r->root == ROOT_NONE)
		return bad_usage("no root: --root, --layer, --tmpfs-root or --host-root; or --join "
				 "of a mount namespace");
	if ((r->upper || r->work) && (!r->upper || !r->work || r->root != ROOT_OVERLAY))
		return bad_usage("--upper and --work go together, and with --layer");
	if (r->root == ROOT_TMPFS && r->root_flags)
		return bad_usage("--read-only: nothing could be put into --tmpfs-root");
	if (r->root == ROOT_DIR)
		err = container_spec_set_root_dir(r->spec, AT_FDCWD, r->dir, r->root_flags);
	else if (r->root == ROOT_OVERLAY)
		err = container_spec_set_root_overlay(r->spec, AT_FDCWD, r->layers, r->root_size,
						      r->root_flags);
	else if (r->root == ROOT_TMPFS)
		err = container_spec_set_root_tmpfs(r->spec, r->root_size);
	else
		err = container_spec_set_root_host(r->spec, r->root_size, r->root_flags);
	r->option = r->root_option;
	if (setter(r, err) < 0)
		return -1;
	r->option = "--upper, --work";
	if (r->upper)
		err = container_spec_set_root_upperdir(r->spec, AT_FDCWD, r->upper, r->work);
	return setter(r, err);
}
