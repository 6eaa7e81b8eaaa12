/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device.h"
#include "mount_rows.h"
#include "plan/compile.h"
#include "plan/text.h"
#include "sys/sys.h"

#include <contain/spec_root.h>
#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define OP(row) CT_OP(CT_MODULE_MOUNT, row)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Where it is in our own /dev, or NULL. */
static const char *own_name(const struct ct_mount_part *p, const struct ct_mount_device *d)
{
	const char *name = d->target + 5;

	if (!(p->defaults & CONTAIN_DEFAULT_DEV) || strncmp(d->target, "/dev/", 5) != 0)
		return NULL;
	while (*name == '/')
		name++;
	return name;
}

static int check_name(struct ct_compile *c, const char *name)
{
	static const char *const taken[] = { "null",   "zero",	 "full", "random", "urandom",
					     "tty",    "fd",	 "stdin", "stdout", "stderr",
					     "ptmx",   "pts",	 "shm",	 "mqueue" };

	for (size_t i = 0; i < COUNT(taken); i++)
		if (!strcmp(name, taken[i]))
			return ct_compile_fail(c, -EEXIST, "device.target",
					       "the default /dev has something of this name");
	return 0;
}

int ct_mount_intend_devices(const struct ct_mount_part *p, struct ct_compile *c)
{
	int r = 0;

	c->intent.device = p->number;
	c->intent.devices = p->ndevices;
	for (size_t i = 0; i < p->ndevices && !r; i++) {
		const char *name = own_name(p, &p->device[i]);

		if (name)
			r = check_name(c, name);
	}
	return r;
}

static void emit(struct ct_compile *c, enum ct_stage stage, int row,
		 const struct ct_mount_part *p, size_t i, const char *name)
{
	const struct ct_mount_device *d = &p->device[i];
	uint8_t access = p->number[i].access;
	uint32_t source = ct_emit_str(c, d->source.path), name_at = ct_emit_str(c, name);
	const char *slash = name ? strrchr(name, '/') : NULL;
	struct ct_step *s = ct_emit(c, stage, OP(row),
				    stage == CT_STAGE_SOURCE ? d->source.path : d->target);

	s->slot = name ? CT_SLOT_DEV : CT_SLOT_ROOT;
	s->str[0] = source;
	s->str[1] = name_at;
	s->arg[0] = (int64_t)d->rdev;
	s->arg[1] = d->mode;
	s->arg[2] = (int64_t)((uint64_t)d->gid << 32 | d->uid);
	s->arg[3] = (slash ? CT_DEVICE_DIR : 0) | (d->uid || d->gid ? CT_DEVICE_CHOWN : 0) |
		    (c->intent.has_payload_user ? CT_DEVICE_OTHER_USER : 0) |
		    (access & CONTAIN_DEVICE_READ ? R_OK << CT_DEVICE_ASK : 0) |
		    (access & CONTAIN_DEVICE_WRITE ? W_OK << CT_DEVICE_ASK : 0);
}

void ct_mount_plan_own_devices(struct ct_compile *c, const struct ct_mount_part *p, int nodes)
{
	if (nodes != c->intent.device_nodes)
		return;
	for (size_t i = 0; i < p->ndevices; i++) {
		const char *name = own_name(p, &p->device[i]);

		if (name)
			emit(c, CT_STAGE_MOUNT_DEFAULT, nodes ? MAKE_DEVICE : BIND_DEVICE, p, i,
			     name);
	}
}

void ct_mount_plan_devices(struct ct_compile *c, const struct ct_mount_part *p)
{
	for (size_t i = 0; i < p->ndevices; i++) {
		emit(c, CT_STAGE_SOURCE, CHECK_DEVICE, p, i, NULL);
		if (!own_name(p, &p->device[i]))
			emit(c, CT_STAGE_MOUNT, BIND_DEVICE, p, i, NULL);
	}
}

/* Parent: a device that went would else be found out by who opens the node. */
int ct_mount_op_check_device(struct ct_run *r, const struct ct_step *s)
{
	struct stat st;
	int err = ct_sys_newfstatat(AT_FDCWD, ct_block_str(r->plan, s->object), &st, 0);

	r->report->detail = CT_ATTACH_SOURCE;
	if (!err && ((st.st_mode & S_IFMT) != ((uint32_t)s->arg[1] & S_IFMT) ||
		     st.st_rdev != (uint64_t)s->arg[0]))
		err = -ESTALE;
	return err;
}

void ct_mount_describe_device(struct ct_text *out, const struct ct_block *b,
			      const struct ct_step *s)
{
	uint64_t rdev = (uint64_t)s->arg[0], owner = (uint64_t)s->arg[2];

	ct_text_printf(out, "%c %u:%u", S_ISBLK((uint32_t)s->arg[1]) ? 'b' : 'c', major(rdev),
		       minor(rdev));
	if (s->op == OP(MAKE_DEVICE)) {
		ct_text_printf(out, ", mode 0%o", (unsigned)(s->arg[1] & 07777));
		if (owner)
			ct_text_printf(out, ", owner %u:%u", (unsigned)owner,
				       (unsigned)(owner >> 32));
	} else if (s->op == OP(BIND_DEVICE)) {
		ct_text_add(out, ", from ");
		ct_text_quoted(out, ct_block_str(b, s->str[0]));
	}
}

const char *ct_mount_hint_device(const struct ct_run *r, const struct ct_step *s, char *buf,
				 size_t size)
{
	int err = r->report->err;

	switch (r->report->detail) {
	case CT_DEVICE_NODEV:
		return "the node is on a file system that is mounted nodev: nothing can open it";
	case CT_DEVICE_DENIED:
		if (err == -EPERM)
			return "device rules do not allow it: those of the group that was given, "
			       "or of one above (systemd: DeviceAllow=); this spec's own rules "
			       "would";
		return "the permissions of the host's node do not allow it to the caller";
	case CT_ATTACH_SOURCE:
		if (err == -ENOENT)
			return "the device is no longer there";
		if (err == -ESTALE)
			return "another device has taken the place of the one that was given";
		break;
	}
	if (err == -EEXIST)
		return "another device, or the default /dev, has this name already";
	if (err == -EPERM && s->op == OP(MAKE_DEVICE))
		return "the caller has no CAP_MKNOD, or no CAP_CHOWN, or rules of a group above do "
		       "not allow to make it";
	return ct_mount_hint_attach(r, s, buf, size);
}
