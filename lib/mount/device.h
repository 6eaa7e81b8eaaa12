/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host that a spec gives to the container. */
#ifndef CT_MOUNT_DEVICE_H
#define CT_MOUNT_DEVICE_H

#include "mount.h"

#include <sys/types.h>

struct ct_device;

struct ct_mount_device {
	struct ct_host_path source;
	char *target;
	uint32_t mode; /* type and permissions of the host's node */
	uint32_t uid, gid;
	uint64_t rdev;
};

/*
 * arg of the steps: 0 the number, as the kernel's dev_t of user space; 1 the mode; 2 the owner, as
 * gid << 32 | uid; 3 the flags
 */
#define CT_DEVICE_DIR 1u	   /* of a name in our own /dev: in a directory of it */
#define CT_DEVICE_CHOWN 2u
#define CT_DEVICE_OTHER_USER 4u /* who uses it is not who sets it up: permissions say nothing */
#define CT_DEVICE_ASK 3		   /* bits from here: R_OK and W_OK of access(2) */

/* detail of a failure, beside CT_ATTACH_* */
enum { CT_DEVICE_DENIED = 32, CT_DEVICE_NODEV };

void ct_mount_device_free(struct ct_mount_part *p);

/* First pass: tells the rules of the group. */
int ct_mount_intend_devices(const struct ct_mount_part *p, struct ct_compile *c);
/* Those of the container's own /dev before it is attached, with nodes 1; else after that. */
void ct_mount_plan_own_devices(struct ct_compile *c, const struct ct_mount_part *p, int nodes);
/* Those elsewhere, after all other mounts; and what the parent looks at. */
void ct_mount_plan_devices(struct ct_compile *c, const struct ct_mount_part *p);

int ct_mount_op_check_device(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_make_device(struct ct_run *r, const struct ct_step *s);
int ct_mount_op_bind_device(struct ct_run *r, const struct ct_step *s);
void ct_mount_describe_device(struct ct_text *out, const struct ct_block *b,
			      const struct ct_step *s);
const char *ct_mount_hint_device(const struct ct_run *r, const struct ct_step *s, char *buf,
				 size_t size);

#define CT_CALLS_MAKE_DEVICE                                                                       \
	"( openat2 ( openat2* ( mkdirat openat close )* )? ){a3&1} mknodat fchownat{a3&2} "        \
	"faccessat2{a3&48} close{a3&1}"
#define CT_CALLS_BIND_DEVICE                                                                       \
	"open_tree newfstatat fstatfs faccessat2{a3&48} openat2 ( openat2* "                       \
	"( mkdirat openat close )* ( mknodat openat close )? )? move_mount close close"

#endif
