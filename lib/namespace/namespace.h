/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CT_NAMESPACE_NAMESPACE_H
#define CT_NAMESPACE_NAMESPACE_H

#include "sysctl.h"
#include "types.h"
#include "plan/ids.h"
#include "plan/module.h"

#include <contain/spec.h>

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
	char *hostname, *domainname;
	struct ct_sysctls sysctls;
	struct ct_time_offset time[CT_CLOCKS];
	uint64_t joined;     /* CLONE_NEW*, with an fd below */
	uint64_t after_user; /* of these: the joined user namespace gives the rights to join them */
	uint64_t shared;     /* neither new nor joined, whatever types says */
	int join_fd[CT_NS_TYPES];
};

/*
 * join.c: the spec's part, and the start's slots. join_process: all that the process has and the
 * caller has not; those that both have are neither new nor joined. types 0: all.
 */
int ct_namespace_join_process(container_spec *spec, const char *field, int pidfd, uint64_t types);
void ct_namespace_free_joins(struct ct_namespace_part *p);
void ct_namespace_bind(const void *part, struct ct_run *r);

/* join_plan.c */
int ct_ns_is_join(const struct ct_step *s);
/* Whether contain-init joins one of this type before it makes the first process. */
int ct_ns_joins_outside(const struct ct_block *b, uint64_t type);
int ct_namespace_intend_joins(const struct ct_namespace_part *p, struct ct_compile *c);
void ct_namespace_plan_joins(const struct ct_namespace_part *p, struct ct_compile *c);
void ct_namespace_describe_join(struct ct_text *out, const struct ct_block *b,
				const struct ct_step *s);
void ct_namespace_describe_become(struct ct_text *out, const struct ct_block *b,
				  const struct ct_step *s);
const char *ct_namespace_hint_join(const struct ct_run *r, const struct ct_step *s, char *buf,
				   size_t size);
const char *ct_namespace_hint_become(const struct ct_run *r, const struct ct_step *s, char *buf,
				     size_t size);

/* sysctl_spec.c, sysctl_plan.c: of the domain name too */
void ct_namespace_free_sysctls(struct ct_namespace_part *p);
int ct_namespace_intend_sysctls(const struct ct_namespace_part *p, struct ct_compile *c);
void ct_namespace_plan_sysctls(const struct ct_namespace_part *p, struct ct_compile *c);
void ct_namespace_describe_sysctl(struct ct_text *out, const struct ct_block *b,
				  const struct ct_step *s);
const char *ct_namespace_hint_sysctl(const struct ct_run *r, const struct ct_step *s, char *buf,
				     size_t size);

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
int ct_ns_op_hide(struct ct_run *r, const struct ct_step *s);
int ct_ns_op_join(struct ct_run *r, const struct ct_step *s);
int ct_ns_op_become(struct ct_run *r, const struct ct_step *s);
int ct_ns_op_domainname(struct ct_run *r, const struct ct_step *s);
int ct_ns_op_sysctl(struct ct_run *r, const struct ct_step *s);

/* nested_ops.c, nested_plan.c: a user namespace of the payload's own */
int ct_ns_op_open_proc(struct ct_run *r, const struct ct_step *s);
int ct_ns_op_nested(struct ct_run *r, const struct ct_step *s);
void ct_namespace_plan_nested(struct ct_compile *c, uint32_t uid, uint32_t gid);
void ct_namespace_describe_nested(struct ct_text *out, const struct ct_block *b,
				  const struct ct_step *s);
const char *ct_namespace_hint_nested(const struct ct_run *r, const struct ct_step *s, char *buf,
				     size_t size);
const char *ct_namespace_hint_open_proc(const struct ct_run *r, const struct ct_step *s, char *buf,
					size_t size);

/* detail of a failed nested step */
enum { CT_NESTED_MAPS = 1 };

/* detail of a failed join */
enum { CT_JOIN_GROUPS = 1 };

/* detail of a failed set-sysctl */
enum { CT_SYSCTL_PROC = 1 };

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

/* ---- maps of id-mapped mounts: idmap_plan.c ---- */
int ct_namespace_plan_idmaps(struct ct_compile *c);
int ct_namespace_op_idmap(struct ct_run *r, const struct ct_step *s);
void ct_namespace_release_idmap(struct ct_run *r, const struct ct_step *s);
void ct_namespace_describe_idmap(struct ct_text *out, const struct ct_block *b,
				 const struct ct_step *s);
const char *ct_namespace_hint_idmap(const struct ct_run *r, const struct ct_step *s, char *buf,
				    size_t size);

#endif
