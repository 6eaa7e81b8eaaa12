/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_NAMESPACE_NAMESPACE_H
#define CT_NAMESPACE_NAMESPACE_H

#include "plan/ids.h"
#include "plan/module.h"

extern const struct ct_module ct_namespace_module;

/* The clocks that time_namespaces(7) shifts. */
enum { CT_CLOCK_MONOTONIC, CT_CLOCK_BOOTTIME, CT_CLOCKS };

struct ct_time_offset {
	int set;
	int64_t sec;
	uint32_t nsec;
};

struct ct_namespace_part {
	uint64_t types; /* CLONE_NEW* */
	int types_set;
	struct ct_id_map uid, gid;
	char *hostname;
	struct ct_time_offset time[CT_CLOCKS];
};

int ct_namespace_amend(void *part, const void *over, struct ct_compile *c);

/* sequences that the primitives and the steps share */
/* Returns an fd that is not needed any more: the child closes all together. */
int ct_ns_loopback_up(void);

/* ops of the child */
int ct_ns_op_map_self(struct ct_run *r, const struct ct_step *s);
int ct_ns_op_map_wait(struct ct_run *r, const struct ct_step *s);
int ct_ns_op_unshare(struct ct_run *r, const struct ct_step *s);
int ct_ns_op_hostname(struct ct_run *r, const struct ct_step *s);
int ct_ns_op_loopback(struct ct_run *r, const struct ct_step *s);
int ct_ns_op_time(struct ct_run *r, const struct ct_step *s);

/* detail of a failed time step */
enum { CT_TIME_OFFSETS = 1, CT_TIME_ENTER };

/* ops of the parent, while the child waits */
int ct_ns_op_write_maps(struct ct_run *r, const struct ct_step *s);
int ct_ns_op_newidmap(struct ct_run *r, const struct ct_step *s);

/* The handshake on ct_control.handshake. */
enum {
	CT_HAND_NONE,
	CT_HAND_READY /* child waits */,
	CT_HAND_GO,
	CT_HAND_STOP,
	CT_HAND_GONE /* child runs or died */
};

#endif
