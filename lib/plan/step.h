/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan is one position-independent block: header, steps, strings. It names no fd and no
 * pointer: what differs from start to start is reached through slots and through struct ct_run.
 */
#ifndef CT_PLAN_STEP_H
#define CT_PLAN_STEP_H

#include <stddef.h>
#include <stdint.h>

/*
 * The order that safety demands, in one place. Parent stages come before the clone, child stages
 * after it; within a stage, steps keep the order in which they were emitted.
 */
enum ct_stage {
	/* parent */
	CT_STAGE_SOURCE = 10,  /* what the caller named is looked at, while nothing was made yet */
	/* the container's cgroup and its limits: before anything runs in it */
	CT_STAGE_GROUP = 20,
	CT_STAGE_CLONE = 30,
	CT_STAGE_MAPS = 35,    /* while the child waits */
	/* contain-init, from outside, before it makes the container's first process */
	CT_STAGE_OUTSIDE = 36, /* what another's namespaces would close to it */
	CT_STAGE_JOIN = 38,
	/* child */
	CT_STAGE_KEYRING = 39, /* while it counts in the caller's quota */
	CT_STAGE_IDMAP = 40,   /* first: before it the child has no usable identity */
	CT_STAGE_ATTACH = 50,  /* into the v1 groups */
	CT_STAGE_CGROUP_NS = 55, /* after them: its root is where the child is then */
	CT_STAGE_SESSION = 60, /* leave the caller's terminal before anything hostile is opened */
	CT_STAGE_SYSTEM = 70,  /* host name, loopback */
	CT_STAGE_TRUSTED = 80, /* /dev/null of the host: opened while "/" is still trusted */
	CT_STAGE_BIND_PEER = 85, /* sources whose mount events are asked for */
	CT_STAGE_PRIVATE = 90, /* no mount event leaves or enters from here on */
	CT_STAGE_BIND_SOURCE = 100, /* host paths are cloned before the untrusted root is opened */
	CT_STAGE_SCRATCH = 105, /* what set-up needs, on the host's /proc: hidden from here on */
	CT_STAGE_ROOT = 110,
	CT_STAGE_MOUNT_DEFAULT = 120,
	CT_STAGE_MOUNT = 130,
	CT_STAGE_TERMINAL = 135, /* a pty of the container's devpts, and its console */
	CT_STAGE_MASK = 140,   /* after all mounts, so that none covers a mask */
	CT_STAGE_PIVOT = 150,  /* the host's files are gone after it */
	CT_STAGE_PAYLOAD = 155, /* an init forks it here; what follows is the payload's alone */
	CT_STAGE_OUTER = 157,  /* what the payload's own user namespace could not do any more */
	CT_STAGE_NESTED = 158, /* that namespace: while its procfs is open */
	CT_STAGE_LABEL = 159,  /* for execve(2), through the container's own /proc */
	CT_STAGE_FDS = 160,
	CT_STAGE_CONTROLLING = 165, /* the terminal: once it is 0, 1 or 2 */
	CT_STAGE_SIGNALS = 170,
	CT_STAGE_SECCOMP_EARLY = 172, /* without no_new_privs: needs what goes with identity */
	CT_STAGE_IDENTITY = 175, /* while it may still become somebody else */
	CT_STAGE_CAPABILITIES = 180,
	CT_STAGE_NO_NEW_PRIVS = 190,
	CT_STAGE_PROGRAM = 195, /* is looked at, while the working directory is still the root */
	CT_STAGE_CWD = 200,
	CT_STAGE_LIMITS = 205, /* late: a small limit would stop the set-up itself */
	CT_STAGE_LANDLOCK = 206,
	CT_STAGE_SECCOMP = 208, /* last: what follows has to pass it */
	CT_STAGE_EXEC = 210,
};

/* fds that steps hand to one another. Those from CT_SLOT_FREE on are given out by compile. */
enum ct_slot {
	CT_SLOT_NONE,
	CT_SLOT_ROOT,	     /* the new root, attached */
	CT_SLOT_DEV,	     /* our own /dev */
	CT_SLOT_NULL,	     /* the host's null device, verified, for stdio */
	CT_SLOT_SCRATCH,     /* a private tmpfs that carries the upper layer */
	CT_SLOT_EMPTY,	     /* an empty read-only directory, attached, for masks */
	CT_SLOT_SPARE_DIR,   /* clones of both for the next mask, not attached */
	CT_SLOT_SPARE_FILE,
	CT_SLOT_PROC,	     /* our own /proc and /sys */
	CT_SLOT_SYS,
	CT_SLOT_GROUP,	     /* the container's v2 group, for clone3(2) */
	/* contain-init: a pidfd of the caller, where somebody has to wait for it */
	CT_SLOT_CALLER,
	CT_SLOT_PTS,	     /* our own /dev/pts, and the terminal in it */
	CT_SLOT_PTY,
	CT_SLOT_HANDOVER,    /* the child's end of the socket pair, plan/handover.h */
	CT_SLOT_V1,	     /* cgroup.procs of v1 groups: CT_V1_MAX of them */
	CT_SLOT_FREE = CT_SLOT_V1 + 12, /* every controller may have a hierarchy of its own */
	CT_SLOTS = 68,
};
#define CT_V1_MAX (CT_SLOT_FREE - CT_SLOT_V1)

#define CT_OP(module, row) ((uint16_t)((module) << 8 | (row)))

struct ct_step {
	uint16_t op;	/* CT_OP(module, row) */
	uint8_t stage;	/* enum ct_stage */
	uint8_t slot;	/* the slot it fills or uses, by op */
	uint32_t object; /* offset of the string that errors and explain name */
	uint32_t str[2]; /* further strings, by op */
	int64_t arg[4];	 /* by op */
};

enum ct_kind {
	CT_KIND_SHARED = 1, /* CLONE_VM with CLONE_VFORK on a stack of its own */
	CT_KIND_OWN = 2,    /* contain-init, in memory of its own */
};

struct ct_block {
	uint32_t size;
	uint32_t steps;	      /* number of steps */
	uint32_t first_child; /* index of the first step that is not the parent's */
	uint32_t first_inside; /* of the first one that is not contain-init's, before the clone */
	uint32_t steps_at, strings_at;
	uint64_t clone_flags;
	uint32_t kind;	      /* enum ct_kind */
	uint32_t kind_why;    /* string: why contain-init */
	uint32_t monitor;     /* contain-init stays outside and records how the payload ended */
	uint32_t parent_death; /* signal of the monitor when the caller has ended, or 0 */
	uint32_t init;	      /* it is process 1 inside, and the payload its child */
	uint32_t starter;     /* a thread of its own sleeps in vfork */
	uint32_t starter_why; /* string */
};

static inline const struct ct_step *ct_block_step(const struct ct_block *b, uint32_t i)
{
	return (const struct ct_step *)((const char *)b + b->steps_at) + i;
}

static inline const char *ct_block_str(const struct ct_block *b, uint32_t at)
{
	return (const char *)b + b->strings_at + at;
}

#endif
