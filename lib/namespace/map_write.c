/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps of a process that is there: written, read back, read; and its setgroups file. */
#include "id_map.h"
#include "plan/error.h"
#include "sys/helper.h"
#include "sys/path.h"
#include "sys/pidfd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELPER_NSEC 60000000000ULL /* newuidmap(1) may wait for a name service */
#define MAP_BYTES (CT_ID_RANGES_MAX * 33 + 1) /* as procfs pads them */

/* What one call works on. */
struct target {
	const char *op;
	int pidfd, pid, proc; /* proc: its directory in /proc, or -1: the caller's own */
	contain_error **reterr;
};

static int fail(const struct target *t, int err, const char *object, const char *hint)
{
	return ct_error_simple(t->reterr, err, CONTAIN_PHASE_PARENT, t->op, object, hint);
}

static int bad(contain_error **reterr, const char *op, const char *object, const char *why)
{
	return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_SPEC, op, object, why);
}

static int has_ended(const struct target *t)
{
	return t->pidfd >= 0 && ct_pidfd_has_ended(t->pidfd) > 0;
}

/* Whatever a file of a process that has gone answers, its end is the reason. */
static int fail_file(const struct target *t, int err, const char *file, const char *hint)
{
	if (has_ended(t))
		return fail(t, -ESRCH, "process", "the process has ended meanwhile");
	return fail(t, err, file, hint);
}

static int open_target(struct target *t)
{
	const char *hint = NULL;
	int r;

	t->proc = -1;
	if (t->pidfd == -1)
		return 0;
	r = t->pid = ct_pidfd_pid(t->pidfd);
	if (r > 0)
		r = t->proc = ct_pid_proc(t->pid, t->pidfd);
	if (r >= 0)
		return 0;
	if (r == -EINVAL)
		hint = "the fd is no pidfd: pidfd_open(2), contain/container.h";
	else if (r == -ESRCH)
		hint = "the process has ended, or the caller's /proc does not show its pid "
		       "namespace";
	else if (r == -ENOENT)
		hint = "/proc is not mounted, or hides the process (hidepid)";
	return fail(t, r, r == -EBADF || r == -EINVAL ? "pidfd" : "process", hint);
}

static void close_target(const struct target *t)
{
	if (t->proc >= 0)
		ct_sys_close(t->proc);
}

static ssize_t read_file(const struct target *t, const char *file, char *buf, size_t size)
{
	char path[40];

	if (t->proc >= 0)
		return ct_read_at(t->proc, file, buf, size);
	snprintf(path, sizeof(path), "/proc/self/%s", file);
	return ct_read_at(AT_FDCWD, path, buf, size);
}

static int write_file(const struct target *t, const char *file, const char *text)
{
	char path[40];

	if (t->proc >= 0)
		return ct_write_at(t->proc, file, text, strlen(text));
	snprintf(path, sizeof(path), "/proc/self/%s", file);
	return ct_write_at(AT_FDCWD, path, text, strlen(text));
}

static int load(const struct target *t, int kind, struct ct_id_map *ret)
{
	char *text = malloc(MAP_BYTES);
	ssize_t n = text ? read_file(t, ct_id_map_file(kind), text, MAP_BYTES) : -ENOMEM;
	int r = n < 0 ? (int)n : ct_id_map_parse(text, ret);

	free(text);
	return r;
}

/* ---- write ---- */

static int has_capability(int cap)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	return ct_sys_capget(&head, data) == 0 && data[cap / 32].effective >> (cap % 32) & 1;
}

/* One's own id alone is mapped by everybody, user_namespaces(7). */
static int is_own(int kind, const struct ct_id_map *m)
{
	int own = kind == CONTAIN_ID_GROUP ? ct_sys_getegid() : ct_sys_geteuid();

	return m->n == 1 && m->range[0].count == 1 && m->range[0].outside == (uint32_t)own;
}

static int is_mapped(const struct target *t, int kind)
{
	struct ct_id_map now = { 0 };
	int r = load(t, kind, &now);

	free(now.range);
	return r == -EOVERFLOW || (r == 0 && now.n);
}

static const char *hint_write(const struct target *t, int err, int kind)
{
	if (err == -EPERM && is_mapped(t, kind))
		return "the user namespace of the process has this map already, and a map is "
		       "written once: the process has to unshare a user namespace first";
	if (err == -EPERM)
		return "the writer has to be in the parent of the user namespace and its owner, or "
		       "have CAP_SYS_ADMIN, CAP_SETUID and CAP_SETGID there; for id 0 of the "
		       "parent CAP_SETFCAP too (Linux 5.12); security modules may forbid it: "
		       "kernel.apparmor_restrict_unprivileged_userns";
	if (err == -EACCES)
		return "the process is not dumpable (PR_SET_DUMPABLE), or belongs to another user";
	if (err == -ENOENT)
		return "this kernel has no user namespaces (CONFIG_USER_NS)";
	return NULL;
}

/* setgroups(2) is denied where the kernel demands it: a writer without CAP_SETGID. */
static int write_directly(const struct target *t, int kind, int denies, const char *text)
{
	const char *file = "setgroups";
	int r = denies ? ct_write_at(t->proc, file, "deny", 4) : 0;

	if (!r) {
		file = ct_id_map_file(kind);
		r = ct_ns_write_map(t->proc, kind, text);
	}
	return r < 0 ? fail_file(t, r, file, hint_write(t, r, kind)) : 0;
}

static int write_by_program(const struct target *t, int kind, const char *text)
{
	char log[512], hint[220];
	const char *program = kind == CONTAIN_ID_GROUP ? "newgidmap" : "newuidmap";
	struct ct_error_parts p = { .phase = CONTAIN_PHASE_PARENT, .op = t->op,
				    .object = program, .log = log, .hint = hint };
	int r = ct_ns_newidmap(kind, t->pid, text, log, sizeof(log), ct_now_nsec() + HELPER_NSEC);

	if (r == 0)
		return 0;
	if (has_ended(t))
		return fail(t, -ESRCH, "process", "the process has ended meanwhile");
	p.code = r < 0 ? r : -EPERM;
	if (r == -ENOENT)
		p.hint = "more than one's own id is mapped without privilege by newuidmap(1) and "
			 "newgidmap(1): install them (package uidmap), or map only the caller's "
			 "own id";
	else if (r == -ETIMEDOUT)
		p.hint = "the program has not ended within a minute";
	else if (r < 0)
		p.hint = NULL;
	else if (is_mapped(t, kind))
		p.hint = hint_write(t, -EPERM, kind);
	else
		snprintf(hint, sizeof(hint),
			 "%s refused: every range has to be the caller's own id or inside its "
			 "ranges in %s, and the process the caller's", program,
			 kind == CONTAIN_ID_GROUP ? "/etc/subgid" : "/etc/subuid");
	return ct_error_set(t->reterr, &p);
}

static int check(const struct target *t, int kind, const struct ct_id_map *want)
{
	struct ct_id_map got = { 0 };
	int r = load(t, kind, &got);

	if (r == 0)
		r = ct_id_map_same(want, &got);
	free(got.range);
	if (r == 1)
		return 0;
	if (r == -ENOMEM)
		return fail(t, r, ct_id_map_file(kind), NULL);
	return fail_file(t, -EPROTO, ct_id_map_file(kind),
			 "read back, the map is not the one that was written: something stands "
			 "between the caller and the kernel");
}

static int write_one(const struct target *t, int kind, const struct ct_id_map *map)
{
	int group = kind == CONTAIN_ID_GROUP;
	int can = has_capability(group ? CAP_SETGID : CAP_SETUID);
	struct ct_text text = { 0 };
	int r;

	ct_id_map_text(&text, map);
	if (text.oom)
		r = fail(t, -ENOMEM, ct_id_map_file(kind), NULL);
	else if (can || is_own(kind, map))
		r = write_directly(t, kind, group && !can, text.buf);
	else
		r = write_by_program(t, kind, text.buf);
	ct_text_free(&text);
	return r < 0 ? r : check(t, kind, map);
}

int contain_id_map_write(int pidfd, const contain_id_map *uid_map, const contain_id_map *gid_map,
			 contain_error **reterr)
{
	struct target t = { .op = "write-id-map", .pidfd = pidfd, .reterr = reterr };
	int r;

	if (!uid_map && !gid_map)
		return bad(reterr, t.op, "uid_map", "both maps are NULL");
	if ((uid_map && !uid_map->map.n) || (gid_map && !gid_map->map.n))
		return bad(reterr, t.op, uid_map && !uid_map->map.n ? "uid_map" : "gid_map",
			   "the map has no range");
	if (pidfd < 0)
		return fail(&t, -EBADF, "pidfd", "another process is meant: a pidfd of it; for the "
						 "caller itself there is contain_ns_map_self()");
	r = open_target(&t);
	if (r < 0)
		return r;
	if (uid_map)
		r = write_one(&t, CONTAIN_ID_USER, &uid_map->map);
	if (!r && gid_map)
		r = write_one(&t, CONTAIN_ID_GROUP, &gid_map->map);
	close_target(&t);
	return r;
}

/* ---- read ---- */

int contain_id_map_read(int pidfd, int kind, contain_id_map **ret_map, contain_error **reterr)
{
	struct target t = { .op = "read-id-map", .pidfd = pidfd, .reterr = reterr };
	contain_id_map *m = NULL;
	int r;

	if (!ct_id_kind_known(kind) || !ret_map)
		return bad(reterr, t.op, ret_map ? "kind" : "ret_map",
			   ret_map ? "is neither CONTAIN_ID_USER nor CONTAIN_ID_GROUP" : "is NULL");
	r = open_target(&t);
	if (r < 0)
		return r;
	r = contain_id_map_new(&m);
	if (!r)
		r = load(&t, kind, &m->map);
	if (r < 0) {
		contain_id_map_free(m);
		r = fail_file(&t, r, ct_id_map_file(kind),
			      r == -EOVERFLOW ? "the map holds ids that the caller's own user "
						"namespace does not have" : NULL);
	} else {
		*ret_map = m;
	}
	close_target(&t);
	return r;
}

int contain_id_map_setgroups(int pidfd, int *ret_allowed, contain_error **reterr)
{
	struct target t = { .op = "setgroups", .pidfd = pidfd, .reterr = reterr };
	char text[16];
	ssize_t n;
	int r;

	if (!ret_allowed)
		return bad(reterr, t.op, "ret_allowed", "is NULL");
	r = open_target(&t);
	if (r < 0)
		return r;
	n = read_file(&t, "setgroups", text, sizeof(text));
	if (n < 0)
		r = fail_file(&t, (int)n, "setgroups", NULL);
	else if (strcmp(text, "allow\n") != 0 && strcmp(text, "deny\n") != 0)
		r = fail_file(&t, -EPROTO, "setgroups", "holds neither allow nor deny");
	else
		*ret_allowed = text[0] == 'a';
	close_target(&t);
	return r;
}

int contain_id_map_deny_setgroups(int pidfd, contain_error **reterr)
{
	struct target t = { .op = "deny-setgroups", .pidfd = pidfd, .reterr = reterr };
	const char *hint = NULL;
	char text[16];
	int r = open_target(&t);

	if (r < 0)
		return r;
	r = write_file(&t, "setgroups", "deny");
	if (r == -EPERM)
		hint = "the group map was written before: from then on it stays as it is";
	else if (r == -EACCES)
		hint = "needs CAP_SYS_ADMIN in the user namespace of the process, and a process "
		       "that is dumpable";
	if (r < 0)
		r = fail_file(&t, r, "setgroups", hint);
	else if (read_file(&t, "setgroups", text, sizeof(text)) != 5 || strcmp(text, "deny\n") != 0)
		r = fail_file(&t, -EPROTO, "setgroups", "read back, it is not denied");
	close_target(&t);
	return r;
}
