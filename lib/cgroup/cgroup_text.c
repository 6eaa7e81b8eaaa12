/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What explain prints of the steps, and the likely causes of their failures. */
#include "cgroup.h"
#include "cgroup_plan.h"
#include "cgroup_rows.h"
#include "devices.h"
#include "group_files.h"
#include "plan/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ct_cgroup_describe_create(struct ct_text *out, const struct ct_block *b,
			       const struct ct_step *s)
{
	ct_text_printf(out, "%s.PID.TIME below it, locked for its owner, not frozen",
		       ct_block_str(b, s->str[0]));
	if (s->arg[CT_CREATE_ABOVE])
		ct_text_printf(out, ", no memory.oom.group in %lld above",
			       (long long)s->arg[CT_CREATE_ABOVE]);
}

void ct_cgroup_describe_limit(struct ct_text *out, const struct ct_block *b,
			      const struct ct_step *s)
{
	ct_text_printf(out, "= %s", ct_block_str(b, s->str[0]));
}

void ct_cgroup_describe_place(struct ct_text *out, const struct ct_block *b,
			      const struct ct_step *s)
{
	ct_text_add(out, "run in it, not frozen");
	if (s->arg[CT_CREATE_ABOVE])
		ct_text_printf(out, ", no memory.oom.group in %lld from it up",
			       (long long)s->arg[CT_CREATE_ABOVE]);
}

void ct_cgroup_describe_devices(struct ct_text *out, const struct ct_block *b,
				const struct ct_step *s)
{
	ct_text_printf(out, "%lld rules, a program of %lld bytes", (long long)s->arg[1],
		       (long long)s->arg[0]);
}

void ct_cgroup_describe_delegate(struct ct_text *out, const struct ct_block *b,
				 const struct ct_step *s)
{
	ct_text_printf(out, "to user %lld, group %lld: what the kernel names for it",
		       (long long)s->arg[0], (long long)s->arg[1]);
}

void ct_cgroup_describe_v1(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	const char *line = ct_block_str(b, (uint32_t)s->arg[0]);

	ct_text_printf(out, "%s/" CT_GROUP_HOME "/%s.PID.TIME", ct_block_str(b, s->str[0]),
		       ct_block_str(b, s->str[1]));
	while (*line) {
		int file = (int)strcspn(line, " "), all = (int)strcspn(line, "\n");

		ct_text_printf(out, ", %.*s = %.*s", file, line, all - file - 1, line + file + 1);
		line += all + (line[all] != 0);
	}
	ct_text_add(out, ", by libcgroup");
}

void ct_cgroup_describe_attach(struct ct_text *out, const struct ct_block *b,
			       const struct ct_step *s)
{
	ct_text_printf(out, "enter %lld v1 group%s", (long long)s->arg[0],
		       s->arg[0] == 1 ? "" : "s");
}

void ct_cgroup_describe_none(struct ct_text *out, const struct ct_block *b, const struct ct_step *s)
{
	ct_text_add(out, "stay in the caller's group");
}

static int is_place(const struct ct_step *s)
{
	return (s->op & 0xff) == PLACE;
}

static const char *hint_place(int err, const struct ct_step *s)
{
	switch (-err) {
	case EACCES:
	case EPERM:
		if (s->arg[CT_CREATE_FLAGS] & CT_CREATE_PRIVILEGED)
			return "the caller may not make groups there";
		return "the caller may not make groups there: it was not delegated; " CT_HINT_SCOPE;
	case EROFS:
		return "the cgroup file system is mounted read-only here, as containers have it";
	case ENOENT:
		return is_place(s) ? "the group does not exist" :
				     "the parent group does not exist";
	case ENOTDIR:
		return is_place(s) ? "it is not a directory" : "the parent is not a directory";
	case EAGAIN:
		return "cgroup.max.descendants or cgroup.max.depth of a group above is reached";
	case ENODEV:
		return "somebody else removes the groups as fast as they are made";
	default:
		return NULL;
	}
}

const char *ct_cgroup_hint_create(const struct ct_run *r, const struct ct_step *s, char *buf,
				  size_t size)
{
	switch (r->group ? r->group->why : CT_WHY_NONE) {
	case CT_WHY_FROZEN:
		return is_place(s) ? "the group or one above it is frozen (cgroup.freeze): the "
				     "start would sleep until it is thawed" :
				     "the parent group or one above it is frozen (cgroup.freeze): "
				     "the start would sleep until it is thawed";
	case CT_WHY_KILLED:
		return "it was killed (contain_cgroup_kill()), and what is started in such a group "
		       "is killed at birth: make a new one";
	case CT_WHY_NOT_CGROUP2:
		return is_place(s) ? "it is not on a cgroup2 file system" :
				     "the parent is not on a cgroup2 file system";
	case CT_WHY_REPLACED:
		return "another group has taken the place of the one that the fd named";
	default:
		return hint_place(r->report->err, s);
	}
}

const char *ct_cgroup_hint_limit(const struct ct_run *r, const struct ct_step *s, char *buf,
				 size_t size)
{
	const char *controller = ct_block_str(r->plan, s->str[1]);

	switch (r->group ? r->group->why : CT_WHY_NONE) {
	case CT_WHY_PROCESSES:
		snprintf(buf, size,
			 "no-internal-process rule: the parent group cannot hand down %s while it "
			 "has processes of its own (pid %s); move them to a group below it",
			 controller, r->group->note);
		return buf;
	case CT_WHY_NO_CONTROLLER:
		snprintf(buf, size,
			 "the parent group was not given the controller %s (cgroup.controllers): "
			 "its own "
			 "parent has to hand it down in cgroup.subtree_control",
			 controller);
		return buf;
	case CT_WHY_NO_DELEGATION:
		snprintf(buf, size,
			 "the caller may not hand down %s: cgroup.subtree_control of the parent "
			 "group is "
			 "not the caller's; " CT_HINT_SCOPE,
			 controller);
		return buf;
	case CT_WHY_THREADED:
		return "the parent group is threaded (cgroup.type), and such groups have no "
		       "limits of this kind";
	}
	if (r->report->err == -EOPNOTSUPP && !*controller)
		return "this kernel has no such file in a group";
	if (r->report->err == -ENXIO)
		return "there is no such disk, or it is a partition: limits are for whole disks";
	if (r->report->err == -EINVAL || r->report->err == -ERANGE)
		return "the kernel does not take this value";
	if (r->report->err == -EACCES || r->report->err == -EPERM)
		return "the file of the limit is not the caller's: the parent group was not "
		       "delegated; " CT_HINT_SCOPE;
	return NULL;
}

const char *ct_cgroup_hint_devices(const struct ct_run *r, const struct ct_step *s, char *buf,
				   size_t size)
{
	return ct_devices_hint(r->report->err, r->group ? r->group->why : 0);
}

const char *ct_cgroup_hint_delegate(const struct ct_run *r, const struct ct_step *s, char *buf,
				    size_t size)
{
	if (r->report->err == -EPERM || r->report->err == -EACCES)
		return "giving a group away needs CAP_CHOWN on the host";
	return r->report->err == -ENODEV ? "the group was removed by somebody else" : NULL;
}

const char *ct_cgroup_hint_v1(const struct ct_run *r, const struct ct_step *s, char *buf,
			      size_t size)
{
	if (r->group && r->group->why == CT_WHY_SETTING) {
		snprintf(buf, size, "the kernel refuses \"%s\" in cgroup v1%s", r->group->note,
			 r->report->err == -ENOENT ? ": it does not have this file" : "");
		return buf;
	}
	switch (-r->report->err) {
	case ESTALE:
		snprintf(buf, size,
			 "libcgroup does not find the controller at %.120s: the mounts have "
			 "changed since "
			 "the plan was made",
			 ct_block_str(r->plan, s->str[0]));
		return buf;
	case EINVAL:
		return "the kernel does not take this value";
	case EACCES:
	case EPERM:
	case EROFS:
		return "groups of cgroup v1 are made by root, on a hierarchy that is mounted "
		       "writable";
	default:
		return NULL;
	}
}

const char *ct_cgroup_hint_attach(const struct ct_run *r, const struct ct_step *s, char *buf,
				  size_t size)
{
	if (r->report->err == -EACCES || r->report->err == -EPERM)
		return "entering a group of cgroup v1 needs root on the host";
	if (r->report->err == -ENODEV)
		return "the group was removed by somebody else";
	return NULL;
}
