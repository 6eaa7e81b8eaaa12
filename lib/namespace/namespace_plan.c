/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "limits.h"
#include "namespace.h"
#include "id_map.h"
#include "namespace_rows.h"
#include "plan/compile.h"
#include "plan/text.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OP(row) CT_OP(CT_MODULE_NAMESPACE, row)

static void part_init(void *part)
{
	struct ct_namespace_part *p = part;

	p->types = CONTAIN_NS_MNT | CONTAIN_NS_PID | CONTAIN_NS_IPC | CONTAIN_NS_UTS |
		   CONTAIN_NS_NET | CONTAIN_NS_CGROUP;
}

static void part_free(void *part)
{
	struct ct_namespace_part *p = part;

	free(p->uid.range);
	free(p->gid.range);
	free(p->hostname);
	ct_namespace_free_joins(p);
	ct_namespace_free_sysctls(p);
}

/* Whether the caller's own id has a number inside. Else the child becomes root, or the first id. */
static int keeps_id(const struct ct_id_map *m, uint32_t own)
{
	return !m->n || ct_id_inside(m, own) >= 0;
}

static int64_t id_inside(const struct ct_id_map *m, uint32_t own)
{
	if (!m->n)
		return 0;
	if (keeps_id(m, own))
		return ct_id_inside(m, own);
	for (size_t i = 0; i < m->n; i++)
		if (!m->range[i].inside)
			return 0;
	return m->range[0].inside;
}

static int is_own(const struct ct_id_map *m, uint32_t id)
{
	return m->n == 1 && m->range[0].count == 1 && m->range[0].outside == id;
}

static int self_mapped(const struct ct_namespace_part *p, const struct ct_compile *c)
{
	int own = (!p->uid.n || is_own(&p->uid, c->facts->euid)) &&
		  (!p->gid.n || is_own(&p->gid, c->facts->egid));

	/*
	 * root keeps setgroups for its containers, and writes even one line from outside; and who
	 * joins namespaces hides from them and cannot write its own
	 */
	return own && !(c->facts->is_privileged && (p->uid.n || p->joined));
}

/* What others have to know of the maps. The kernel's rule for setgroups(2): user_namespaces(7). */
static void tell_ids(const struct ct_namespace_part *p, struct ct_compile *c)
{
	struct ct_intent *i = &c->intent;

	i->own_uid = (struct ct_id_range){ 0, c->facts->euid, 1 };
	i->own_gid = (struct ct_id_range){ 0, c->facts->egid, 1 };
	i->uid_map = p->uid.n ? p->uid : (struct ct_id_map){ &i->own_uid, 1 };
	i->gid_map = p->gid.n ? p->gid : (struct ct_id_map){ &i->own_gid, 1 };
	if (self_mapped(p, c))
		i->no_setgroups = "setgroups(2) is denied in a user namespace that maps the "
				  "caller's own id only";
	else if (!c->facts->is_privileged && (!p->gid.n || is_own(&p->gid, c->facts->egid)))
		i->no_setgroups = "setgroups(2) is denied where newgidmap(1) maps no group of "
				  "/etc/subgid";
}

static int intend(const void *part, struct ct_compile *c)
{
	const struct ct_namespace_part *p = part;
	struct ct_intent *i = &c->intent;
	int r;

	i->namespaces = p->types;
	if (!p->types_set && (!c->facts->is_privileged || p->uid.n || p->gid.n))
		i->namespaces |= CLONE_NEWUSER;
	i->namespaces &= ~(p->joined | p->shared);
	i->user = !!(i->namespaces & CLONE_NEWUSER);
	i->privileged = c->facts->is_privileged && !c->facts->user_ns && !i->user;
	i->user_xattr = i->user || c->facts->user_ns;
	if (!i->user && !(p->joined & CONTAIN_NS_USER) && (p->uid.n || p->gid.n))
		return ct_compile_fail(c, -EINVAL, p->uid.n ? "uid_map" : "gid_map",
				       "id ranges need a user namespace of the container's own "
				       "(CONTAIN_NS_USER)");
	if (!i->user && !(p->joined & CONTAIN_NS_USER) && !c->facts->is_privileged)
		return ct_compile_fail(c, -EPERM, "namespaces",
				       "without CAP_SYS_ADMIN a container needs a user namespace "
				       "(CONTAIN_NS_USER)");
	if ((p->time[0].set || p->time[1].set) && !(i->namespaces & CONTAIN_NS_TIME))
		return ct_compile_fail(c, -EINVAL, "time_offset",
				       "the host's own clocks cannot be shifted: add "
				       "CONTAIN_NS_TIME");
	if (i->namespaces & CONTAIN_NS_TIME)
		i->own_memory = "a time namespace is entered by a process that shares memory with "
				"nobody";
	if (p->hostname && !(i->namespaces & CONTAIN_NS_UTS))
		return ct_compile_fail(c, -EINVAL, "hostname",
				       p->joined & CONTAIN_NS_UTS ?
					       "the uts namespace that is joined has its name" :
					       "the host's own name would change: add "
					       "CONTAIN_NS_UTS");
	if (i->user)
		tell_ids(p, c);
	else if (c->facts->no_setgid)
		i->no_setgroups = "the caller does not have CAP_SETGID";
	if (c->facts->no_setgroups)
		i->no_setgroups = "setgroups(2) is denied in the caller's user namespace";
	if (i->user && !self_mapped(p, c)) {
		i->starter = "id maps are written from outside while the child waits";
		i->maps = c->facts->is_privileged ? 1 : 2;
	}
	if (i->user && (!keeps_id(&p->uid, c->facts->euid) || !keeps_id(&p->gid, c->facts->egid)))
		i->own_memory = "the id map leaves out the caller's own id: the child becomes "
				"another user of the host";
	r = ct_namespace_intend_sysctls(p, c);
	return r < 0 ? r : ct_namespace_intend_joins(p, c);
}

static uint32_t emit_map(struct ct_compile *c, const struct ct_id_map *m, uint32_t own)
{
	struct ct_text t = { 0 };
	uint32_t at;

	ct_id_map_text(&t, m);
	if (!m->n)
		ct_text_printf(&t, "0 %u 1\n", own);
	c->oom |= t.oom;
	at = ct_emit_str(c, t.buf);
	ct_text_free(&t);
	return at;
}

/* emit_map() may move the steps: strings first, then the step. */
static void emit_parent_maps(struct ct_compile *c, const struct ct_namespace_part *p)
{
	uint32_t uid = emit_map(c, &p->uid, c->facts->euid),
		 gid = emit_map(c, &p->gid, c->facts->egid);
	struct ct_step *s;

	if (c->facts->is_privileged) {
		s = ct_emit(c, CT_STAGE_MAPS, OP(WRITE_MAPS), "uid_map, gid_map");
		s->str[0] = uid;
		s->str[1] = gid;
		return;
	}
	s = ct_emit(c, CT_STAGE_MAPS, OP(NEWUIDMAP), "newuidmap");
	s->str[0] = uid;
	s = ct_emit(c, CT_STAGE_MAPS, OP(NEWGIDMAP), "newgidmap");
	s->str[0] = gid;
	s->arg[0] = 1;
}

static void plan_user(const struct ct_namespace_part *p, struct ct_compile *c)
{
	struct ct_step *s;

	if (c->intent.starter && !self_mapped(p, c)) {
		emit_parent_maps(c, p);
		s = ct_emit(c, CT_STAGE_IDMAP, OP(MAP_WAIT), "uid_map, gid_map");
	} else {
		uint32_t u = emit_map(c, &p->uid, c->facts->euid),
			 g = emit_map(c, &p->gid, c->facts->egid);

		s = ct_emit(c, CT_STAGE_IDMAP, OP(MAP_SELF), "uid_map, gid_map");
		s->str[0] = u;
		s->str[1] = g;
	}
	s->arg[0] = id_inside(&p->uid, c->facts->euid);
	s->arg[1] = id_inside(&p->gid, c->facts->egid);
	s->arg[2] = !keeps_id(&p->uid, c->facts->euid) || !keeps_id(&p->gid, c->facts->egid);
}

static void plan_time(const struct ct_namespace_part *p, struct ct_compile *c)
{
	static const char *const names[CT_CLOCKS] = { "monotonic", "boottime" };
	struct ct_text t = { 0 };
	struct ct_step *s;
	uint32_t at;

	for (int i = 0; i < CT_CLOCKS; i++)
		if (p->time[i].set)
			ct_text_printf(&t, "%s %lld %u\n", names[i], (long long)p->time[i].sec,
				       p->time[i].nsec);
	c->oom |= t.oom;
	at = ct_emit_str(c, t.buf);
	s = ct_emit(c, CT_STAGE_SYSTEM, OP(TIME), "time");
	s->str[0] = at;
	s->arg[0] = t.len != 0;
	ct_text_free(&t);
}

static int plan(const void *part, struct ct_compile *c)
{
	const struct ct_namespace_part *p = part;
	struct ct_step *s;
	int r = ct_namespace_plan_idmaps(c);

	if (r < 0)
		return r;
	if (c->intent.user)
		plan_user(p, c);
	/* without a group the clone makes it with the others */
	if (c->intent.namespaces & CLONE_NEWCGROUP && (c->intent.group || c->intent.v1)) {
		s = ct_emit(c, CT_STAGE_CGROUP_NS, OP(UNSHARE_CGROUP), "cgroup");
		s->arg[0] = CLONE_NEWCGROUP;
	}
	if (c->intent.namespaces & CLONE_NEWUTS)
		ct_emit(c, CT_STAGE_SYSTEM, OP(HOSTNAME), p->hostname ? p->hostname : c->name);
	if (c->intent.namespaces & CONTAIN_NS_TIME)
		plan_time(p, c);
	if (c->intent.namespaces & CLONE_NEWNET)
		ct_emit(c, CT_STAGE_SYSTEM, OP(LOOPBACK), "lo");
	ct_namespace_plan_joins(p, c);
	ct_namespace_plan_sysctls(p, c);
	if (c->intent.nested)
		ct_namespace_plan_nested(c, (uint32_t)id_inside(&p->uid, c->facts->euid),
					 (uint32_t)id_inside(&p->gid, c->facts->egid));
	return 0;
}

static void describe_maps(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	for (int i = 0; i < 2; i++) {
		const char *m = ct_block_str(b, s->str[i]);

		if (!*m)
			continue;
		if (i)
			ct_text_add(out, "; ");
		for (; *m; m++)
			if (*m == '\n')
				ct_text_add(out, m[1] ? ", " : "");
			else
				ct_text_printf(out, "%c", *m);
	}
}

static void describe_wait(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_printf(out, "until they are written, then %s %lld:%lld",
		       s->arg[2] ? "become" : "be", (long long)s->arg[0], (long long)s->arg[1]);
}

static const char *hint_map(const struct ct_run *r, const struct ct_step *s, char *buf, size_t size)
{
	if (r->report->err == -EOVERFLOW)
		return "the id map does not hold what was written";
	if (r->report->err == -EPERM)
		return "the kernel or a security module refuses the id map; with AppArmor see "
		       "kernel.apparmor_restrict_unprivileged_userns";
	if (r->report->err == -EACCES)
		return "/proc/self is not the caller's: the process is not dumpable "
		       "(PR_SET_DUMPABLE)";
	return NULL;
}

static const char *hint_unshare(const struct ct_run *r, const struct ct_step *s, char *buf,
				size_t size)
{
	return r->report->err == -ENOSPC ? ct_ns_limit_hint(CONTAIN_NS_CGROUP, buf, size) : NULL;
}

static const char *hint_time(const struct ct_run *r, const struct ct_step *s, char *buf,
			     size_t size)
{
	if (r->report->err == -ERANGE)
		return "a shifted clock would show less than 0, or more than the kernel can count";
	if (r->report->err == -EINVAL && !r->report->detail)
		return "this kernel has no time namespaces (Linux 5.6, CONFIG_TIME_NS)";
	return NULL;
}

static const char *hint_newidmap(const struct ct_run *r, const struct ct_step *s, char *buf,
				 size_t size)
{
	if (r->report->err == -ENOENT) {
		return "more than one's own id is mapped without privilege by newuidmap(1) and "
		       "newgidmap(1): install "
		       "them (package uidmap), or map only the caller's own id";
	}
	if (r->report->err == -EPERM) {
		snprintf(buf, size,
			 "%s refused: every range has to be the caller's own id or "
			 "inside its ranges in %s",
			 ct_block_str(r->plan, s->object),
			 s->arg[0] ? "/etc/subgid" : "/etc/subuid");
		return buf;
	}
	if (r->report->err == -ETIMEDOUT)
		return "the set-up time limit is over, and the program has not ended";
	return NULL;
}

static const struct ct_op ops[] = {
	[MAP_SELF] = { .name = "map-self", .describe = describe_maps, .hint = hint_map,
		       .calls = "openat write openat write openat write getuid getgid" },
	[MAP_WAIT] = { .name = "map-wait", .describe = describe_wait, .hint = hint_map,
		       .calls = "futex ( futex ppoll? )* ( setresgid setresuid prctl ){a2} "
				"getuid getgid" },
	[WRITE_MAPS] = { .name = "write-maps", .run = ct_ns_op_write_maps,
			 .describe = describe_maps, .hint = hint_map,
			 .calls = "openat ppoll openat write close openat write close "
				  "close" },
	[NEWUIDMAP] = { .name = "newuidmap", .run = ct_ns_op_newidmap, .describe = describe_maps,
			.hint = hint_newidmap,
			.calls = "pipe2 fcntl mmap clone3 ppoll waitid close read* munmap close "
				 "close close" },
	[NEWGIDMAP] = { .name = "newgidmap", .run = ct_ns_op_newidmap, .describe = describe_maps,
			.hint = hint_newidmap,
			.calls = "pipe2 fcntl mmap clone3 ppoll waitid close read* munmap close "
				 "close close" },
	[UNSHARE_CGROUP] = { .name = "unshare", .hint = hint_unshare, .calls = "unshare" },
	[HOSTNAME] = { .name = "set-hostname", .calls = "sethostname" },
	[TIME] = { .name = "new-time", .describe = describe_maps, .hint = hint_time,
		   .calls = "unshare ( openat write close ){a0} openat setns" },
	[HIDE] = { .name = "not-dumpable", .calls = "prctl" },
	[JOIN] = { .name = "join", .describe = ct_namespace_describe_join,
		   .hint = ct_namespace_hint_join, .calls = "setgroups{a1} setns" },
	[BECOME] = { .name = "become", .describe = ct_namespace_describe_become,
		     .hint = ct_namespace_hint_become,
		     .calls = "setresgid setresgid?{a0} setresuid setresuid?{a0}" },
	[DOMAINNAME] = { .name = "set-domainname", .calls = "setdomainname" },
	[SYSCTL] = { .name = "set-sysctl", .describe = ct_namespace_describe_sysctl,
		     .hint = ct_namespace_hint_sysctl,
		     .calls = "( fsopen fsconfig fsmount? close openat2? fstatfs? newfstatat? "
			      "){a0} openat2 openat2? write pread64? close" },
	[OPEN_PROC] = { .name = "open-proc", .hint = ct_namespace_hint_open_proc,
			.calls = "fsopen fsconfig ( fsmount close )? "
				 "( close openat2 fstatfs newfstatat )?" },
	[IDMAP] = { .name = "make-idmap",
		    .run = ct_namespace_op_idmap,
		    .release = ct_namespace_release_idmap,
		    .describe = ct_namespace_describe_idmap,
		    .hint = ct_namespace_hint_idmap,
		    .calls = "( pidfd_open? fcntl? mmap? mprotect? rt_sigprocmask? clone3? fsopen? "
			     "fsconfig? fsmount? openat2? openat? read? write? readlinkat? "
			     "newfstatat? fstatfs? ioctl? ppoll? pidfd_send_signal? waitid? close? "
			     "munmap? )*" },
	[NESTED] = { .name = "nested-user", .describe = ct_namespace_describe_nested,
		     .hint = ct_namespace_hint_nested,
		     .calls = "unshare prctl{a2} openat2 readlinkat close openat2 "
			      "( openat2 write close ){3} close getuid getgid" },
	[LOOPBACK] = { .name = "loopback-up", .calls = "socket ioctl" },
};

const struct ct_module ct_namespace_module = {
	.name = "namespace",
	.part_size = sizeof(struct ct_namespace_part),
	.part_init = part_init,
	.part_free = part_free,
	.intend = intend,
	.plan = plan,
	.amend = ct_namespace_amend,
	.bind = ct_namespace_bind,
	.ops = ops,
	.nops = sizeof(ops) / sizeof(ops[0]),
};
