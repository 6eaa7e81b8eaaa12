/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* New file systems: a context, its options one by one, and a mount that is attached nowhere. */
#include "act.h"
#include "feature/feature.h"
#include "feature/kernel.h"
#include "sys/fd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX 255 /* of keys and values of fsconfig(2) */
#define LOG_MAX 4096

static int fail(contain_error **reterr, int err, const char *object, const char *log,
		const char *hint)
{
	const struct ct_error_parts p = { .code = err,
					  .phase = CONTAIN_PHASE_PARENT,
					  .op = "mount-new",
					  .object = object,
					  .log = log,
					  .hint = hint };

	return ct_error_set(reterr, &p);
}

/* All messages, oldest first: "e " errors as they are, "w " and "i " with their kind. */
static void read_log(int context, char *log, size_t size)
{
	char line[512];
	size_t at = 0;

	log[0] = 0;
	for (int i = 0; i < 64 && at + 1 < size; i++) {
		ssize_t n = ct_sys_read(context, line, sizeof(line) - 1);
		const char *kind = "", *text = line;

		if (n <= 0)
			break;
		while (n && line[n - 1] == '\n')
			n--;
		line[n] = 0;
		if (n > 2 && line[1] == ' ' && strchr("ewi", line[0])) {
			kind = line[0] == 'w' ? "warning: " : line[0] == 'i' ? "info: " : "";
			text += 2;
		}
		at += (size_t)snprintf(log + at, size - at, "%s%s%s", at ? "\n" : "", kind, text);
	}
}

static const char *why_no_create(int err)
{
	if (err == -EPERM)
		return !ct_has_capability(CAP_SYS_ADMIN) ? ct_mount_no_rights :
		       ct_in_user_ns() ? "a user namespace may not mount this type, or not with "
					 "these options" :
					 "a security module refuses";
	if (err == -ENOTBLK)
		return "the option source has to name a block device for this type";
	if (err == -ENOENT || err == -ENOTDIR || err == -ELOOP)
		return "a path in the options, such as source, does not lead there";
	if (err == -EBUSY)
		return "the source is in use, or mounted already with other options";
	if (err == -EACCES || err == -EROFS)
		return "the source is read-only, or not for this caller: try the option ro";
	if (err == -EINVAL)
		return "the file system refuses its source or its options, taken together";
	return NULL;
}

static const char *why_no_mount(int err, const char *type)
{
	if (err == -EPERM && (!strcmp(type, "proc") || !strcmp(type, "sysfs")))
		return "a user namespace may mount it only while one is visible without other "
		       "mounts on it, and of its own pid or network namespace: see the option "
		       "subset=pid of proc";
	return err == -EPERM ? why_no_create(err) : NULL;
}

static const char *why_no_option(int err)
{
	if (err == -EINVAL)
		return "the file system does not know this option, or not this value";
	if (err == -EPERM)
		return "this option is not for a caller in a user namespace, or without "
		       "CAP_SYS_ADMIN";
	if (err == -ENOENT || err == -ENOTDIR || err == -ELOOP)
		return "the path in this option does not lead anywhere";
	return NULL;
}

static int check_option(const char *option)
{
	const char *value = strchr(option, '=');
	size_t key = value ? (size_t)(value - option) : strlen(option);

	if (!key)
		return -EINVAL;
	return key > VALUE_MAX || (value && strlen(value + 1) > VALUE_MAX) ? -ENAMETOOLONG : 0;
}

static int set_option(int context, const char *option)
{
	const char *value = strchr(option, '=');
	char key[VALUE_MAX + 1];

	if (!value)
		return ct_sys_fsconfig(context, FSCONFIG_SET_FLAG, option, NULL, 0);
	snprintf(key, sizeof(key), "%.*s", (int)(value - option), option);
	return ct_sys_fsconfig(context, FSCONFIG_SET_STRING, key, value + 1, 0);
}

/* Returns the mount, or -errno with what failed and why. */
static int build(int context, const char *type, const char *const *options, uint32_t attributes,
		 const char **ret_object, const char **ret_hint)
{
	int r;

	*ret_object = type;
	for (; options && *options; options++) {
		r = set_option(context, *options);
		if (r == -ENOSYS)
			goto missing;
		if (r < 0) {
			*ret_object = *options;
			*ret_hint = why_no_option(r);
			return r;
		}
	}
	r = ct_sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r == -ENOSYS)
		goto missing;
	if (r < 0) {
		*ret_hint = why_no_create(r);
		return r;
	}
	r = ct_fd_up(ct_sys_fsmount(context, FSMOUNT_CLOEXEC, attributes));
	*ret_hint = r == -ENOSYS ? "unsupported: fsmount" : why_no_mount(r, type);
	return r == -ENOSYS ? -EOPNOTSUPP : r;
missing:
	*ret_hint = "unsupported: fsconfig";
	return -EOPNOTSUPP;
}

static int open_context(const char *type, contain_error **reterr)
{
	int fd = ct_fd_up(ct_sys_fsopen(type, FSOPEN_CLOEXEC));

	if (fd == -ENOSYS)
		return ct_mount_unsupported(reterr, "mount-new", type, "fsopen");
	if (fd == -EPERM)
		return fail(reterr, fd, type, NULL, why_no_create(fd));
	if (fd == -ENODEV)
		return fail(reterr, fd, type, NULL,
			    "the kernel knows no such type, or its module is not there: see "
			    "/proc/filesystems");
	return fd < 0 ? fail(reterr, fd, type, NULL, NULL) : fd;
}

int contain_mount_new(const char *type, const char *const *options, uint32_t attributes,
		      contain_error **reterr)
{
	const char *object = NULL, *hint = ct_mount_bad_attributes(attributes);
	char log[LOG_MAX] = "";
	int r, context;

	if (!type || !*type)
		return fail(reterr, -EINVAL, "type", NULL, "is NULL or empty");
	if (hint)
		return fail(reterr, -EINVAL, "attributes", NULL, hint);
	for (size_t i = 0; options && options[i]; i++) {
		r = check_option(options[i]);
		if (r < 0)
			return fail(reterr, r, *options[i] ? options[i] : "options", NULL,
				    r == -EINVAL ? "an option has no name" :
						   "the kernel takes names and values of 255 bytes "
						   "at most");
	}
	context = open_context(type, reterr);
	if (context < 0)
		return context;
	r = build(context, type, options, attributes, &object, &hint);
	if (r < 0)
		read_log(context, log, sizeof(log));
	ct_sys_close(context);
	return r < 0 ? fail(reterr, r, object, log, hint) : r;
}

int contain_mount_new_tmpfs(uint64_t size_bytes, uint64_t inodes, uint32_t mode,
			    uint32_t attributes, contain_error **reterr)
{
	char size[40], files[40], octal[16];
	const char *options[4] = { octal };
	int n = 1;

	if (mode > 07777)
		return fail(reterr, -EINVAL, "mode", NULL, "is more than 07777");
	snprintf(octal, sizeof(octal), "mode=%o", mode);
	snprintf(size, sizeof(size), "size=%llu", (unsigned long long)size_bytes);
	snprintf(files, sizeof(files), "nr_inodes=%llu", (unsigned long long)inodes);
	if (size_bytes)
		options[n++] = size;
	if (inodes)
		options[n++] = files;
	return contain_mount_new("tmpfs", options, attributes, reterr);
}

int contain_mount_new_proc(uint32_t hidepid, int subset_pid, uint32_t attributes,
			   contain_error **reterr)
{
	static const char *const words[] = { NULL, "hidepid=noaccess", "hidepid=invisible", NULL,
					     "hidepid=ptraceable" };
	const char *options[3] = { NULL };
	int n = 0;

	if (hidepid > 4 || hidepid == 3)
		return fail(reterr, -EINVAL, "hidepid", NULL, "is none of CONTAIN_PROC_HIDEPID_*");
	if (subset_pid & ~1)
		return fail(reterr, -EINVAL, "subset_pid", NULL, "is neither 0 nor 1");
	if (words[hidepid])
		options[n++] = words[hidepid];
	if (subset_pid)
		options[n++] = "subset=pid";
	return contain_mount_new("proc", options, attributes, reterr);
}
