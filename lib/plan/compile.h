/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the parts of a spec to a block of steps. Pure: the kernel is not asked anything here. */
#ifndef CT_PLAN_COMPILE_H
#define CT_PLAN_COMPILE_H

#include "feature/feature.h"
#include "ids.h"
#include "module.h"
#include "values.h"

#include <contain/error.h>

/* Maps of id-mapped mounts: ranges, or "" for the container's own; a namespace that has them. */
#define CT_IDMAPS_MAX 8
struct ct_idmap {
	const char *text;
	uint8_t slot;
};

/* A device of the host that the container gets; access: CONTAIN_DEVICE_*. */
struct ct_device {
	uint32_t major, minor;
	uint8_t block, access;
};

/* What modules tell one another, so that none has to look into another one. */
struct ct_intent {
	uint64_t namespaces; /* CLONE_NEW* of new namespaces */
	uint64_t joined;     /* of those of others that are joined */
	uint64_t owned;	     /* new or joined, and the container has its rights over them */
	int user;	     /* a new user namespace */
	int user_xattr;	     /* an overlay's marks are user.*: in a user namespace, new or not */
	int privileged;	     /* root on the host and no new user namespace: may make devices */
	int group;	     /* a v2 group of its own, entered by the clone */
	int group_writable;  /* and the container may divide it */
	uint32_t v1;	     /* how many v1 groups the child enters */
	const char *v1_mounts[CT_V1_MAX]; /* where their hierarchies are mounted on the host */
	const char *v1_names[CT_V1_MAX];  /* the controller that names the hierarchy */
	const char *v2_mount;
	int maps;	     /* steps of the parent that write id maps while the child waits */
	const char *starter; /* why a starter thread is needed, or NULL */
	/* why contain-init is needed, or NULL: the child shares the caller's memory */
	const char *own_memory;
	int init, monitor;
	int parent_death; /* signal that the monitor sends when the caller has ended, 0: none */
	/* of a new user namespace: n 0, there is none, and ids inside are those outside */
	struct ct_id_map uid_map, gid_map;
	struct ct_id_range own_uid, own_gid; /* what the maps hold when nothing was asked for */
	/* why others may change the files of the container while it starts, or NULL */
	const char *image_changes;
	const char *no_setgroups; /* why the child cannot change its groups, or NULL */
	int groups_dropped; /* before a user namespace is joined, where perhaps it could not */
	int has_payload_user; /* the spec names one */
	uint32_t payload_uid, payload_gid;
	int no_new_privs;
	uint64_t capabilities; /* all that the payload may have, or get by what it executes */
	uint64_t effective; /* those that are sure to hold right before it is executed */
	int nested; /* the container has one id, and the payload a user namespace of its own */
	int null_device;     /* a module binds the verified null device over files */
	/* a module makes device nodes, with a mode that the umask must not cut */
	int device_nodes;
	const struct ct_device *device; /* what the group's rules have to allow */
	size_t devices;
	int root_readonly;
	int root_events; /* mount events of the host reach the container's root */
	int own_proc;	     /* a procfs of the start's own, in CT_SLOT_PROC */
	int proc_subset;     /* which has nothing but processes */
	int own_dev;	     /* a /dev of the start's own: the root needs no device nodes */
	int root_ephemeral;  /* what is written to it ends with the start */
	struct ct_idmap idmap[CT_IDMAPS_MAX];
	uint32_t idmaps;
	int new_session;
	int terminal;	     /* a pty on CT_SLOT_PTS, which becomes CT_SLOT_PTY */
	uint32_t handover;   /* bit: an enum ct_handover that the child hands over */
	int handover_late;   /* one of them after the payload's fds are in place */
	int files_slot;	     /* where files lie that are bound, 0: there are none */
};

struct ct_amended;

struct ct_compile {
	const char *op; /* what errors say was asked for */
	const struct ct_facts *facts;
	const char *name; /* of the container */
	struct ct_intent intent;
	struct ct_amended *amended; /* of a start with overrides */
	const struct ct_values *values; /* what a start binds, told by the module that has it */
	const struct ct_module *const *modules;

	struct ct_step *steps;
	size_t nsteps, steps_room;
	char *strings;
	size_t strings_len, strings_room;
	uint32_t next_slot;
	int oom; /* kept, so that emitting code need not check each step */

	int err;
	contain_error **reterr;
};

/*
 * The caller makes pipes as itself. Where it has no id in the container's user namespace, root
 * there cannot give them away, and the caller does so before.
 */
static inline int ct_pipes_given_outside(const struct ct_compile *c)
{
	const struct ct_intent *i = &c->intent;

	return i->has_payload_user && !i->nested && i->uid_map.n && i->gid_map.n &&
	       (ct_id_inside(&i->uid_map, c->facts->euid) < 0 ||
		ct_id_inside(&i->gid_map, c->facts->egid) < 0);
}

/*
 * Adds a step. Never NULL: when memory is short a scratch step is returned and compile fails
 * with -ENOMEM in the end. The pointer is good until the next call.
 */
struct ct_step *ct_emit(struct ct_compile *c, enum ct_stage stage, uint16_t op, const char *object);

/* Copies a string into the block and returns its offset; NULL is "". */
uint32_t ct_emit_str(struct ct_compile *c, const char *s);

/* The same for numbers, aligned for them. */
uint32_t ct_emit_words(struct ct_compile *c, const uint32_t *words, size_t n);
/* The same for bytes of any value; with a NUL behind them. */
uint32_t ct_emit_bytes(struct ct_compile *c, const void *bytes, size_t n);

/* A slot of its own; -E2BIG when there is none left (told by ct_compile_fail). */
int ct_emit_slot(struct ct_compile *c);

/* Records why compile fails and returns err. hint may be NULL. */
int ct_compile_fail(struct ct_compile *c, int err, const char *field, const char *hint);

/*
 * Runs both passes over the parts and lays the block out (one malloc, freed by free()). On
 * failure *ret is untouched and *reterr tells the field.
 */
int ct_compile(const struct ct_facts *facts, const char *name,
	       const struct ct_module *const *modules, void *const *parts, struct ct_block **ret,
	       const struct ct_values **ret_values, contain_error **reterr);

/* The same for a caller that has set the inputs, from op to reterr; the rest is 0. */
int ct_compile_parts(struct ct_compile *c, void *const *parts, struct ct_block **ret,
		     const struct ct_values **ret_values);

#endif
