/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who the payload is: A21 (capabilities), A22 (groups), A26 (id maps). */
#include "attack.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---- A21: five sets as planned, whatever the caller's are ---- */

#define CAP(n) (1ULL << (n))
#define CAPS_DEFAULT 0x800405fbULL /* as contain/spec.h lists them */
#define CAPS_DROP (CAP(CAP_SETUID) | CAP(CAP_SETGID) | CAP(CAP_NET_RAW))

static uint64_t own_caps(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	T_SYS(syscall(SYS_capget, &head, data));
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

/* What a user namespace can be given, or what this root holds. */
static uint64_t every_cap(const struct h_run *r)
{
	char last[16];

	if (!r->how || !(r->how->bit & (H_USERNS | H_USER)))
		return own_caps();
	T_CHECK(t_read_file("/proc/sys/kernel/cap_last_cap", last, sizeof(last)) > 0);
	return (2ULL << atoi(last)) - 1;
}

static void set_file_caps(const char *path, uint64_t permitted, uint64_t inheritable)
{
	/* struct vfs_cap_data, without the effective bit: with it exec may fail */
	uint32_t data[5] = { VFS_CAP_REVISION_2, (uint32_t)permitted, (uint32_t)inheritable,
			     (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32) };

	T_CHECK(setxattr(path, "security.capability", data, sizeof(data), 0) == 0, "%s: %m", path);
}

/* Programs that gain what the caller's or the file's sets give. */
static void file_caps(struct h_run *r)
{
	T_CHECK(system(t_fmt("cp %s %s/job/inheriting", T_PAYLOAD, r->root)) == 0);
	T_CHECK(system(t_fmt("cp %s %s/job/permitted", T_PAYLOAD, r->root)) == 0);
	set_file_caps(t_fmt("%s/job/inheriting", r->root), 0, ~0ULL >> 23);
	set_file_caps(t_fmt("%s/job/permitted", r->root), CAP(CAP_NET_RAW) | CAP(CAP_SYS_ADMIN), 0);
}

static void raise_inheritable_and_ambient(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	T_SYS(syscall(SYS_capget, &head, data));
	data[0].inheritable = data[0].permitted;
	data[1].inheritable = data[1].permitted;
	T_SYS(syscall(SYS_capset, &head, data));
	for (int cap = 0; cap < 41; cap++)
		if (data[cap / 32].permitted >> cap % 32 & 1)
			T_SYS(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0));
}

/* The value of the @n-th line "KEY HEX" (from 0); ~0 when there is none. */
static uint64_t told(struct h_run *r, const char *key, int n)
{
	const char *line = t_fmt("%s ", key), *at = r->text;

	for (; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (strncmp(at, line, strlen(line)) == 0 && n-- == 0)
			return strtoull(at + strlen(line), NULL, 16);
	return ~0ULL;
}

static void check_plan(struct h_run *r, uint64_t caps, int nnp)
{
	h_exact(r, told(r, "effective", 0) == caps && told(r, "permitted", 0) == caps &&
			   told(r, "bounding", 0) == caps && told(r, "nnp", 0) == (uint64_t)nnp,
		"[%s] asked for %llx: %s", r->how->name, (unsigned long long)caps, r->text);
	h_held(r, told(r, "inheritable", 0) == 0 && told(r, "ambient", 0) == 0, "%s", r->text);
}

static void one_plan(struct h_run *r, uint64_t caps, int nnp)
{
	static const char *const gains[] = { "/job/inheriting", "/job/permitted" };
	struct h_job job = h_job(r, "caps");

	job.set_caps = 1;
	job.caps = caps;
	job.new_privs = !nnp;
	h_spawn(r, &job);
	h_works(r);
	check_plan(r, caps, nnp);
	if ((caps & CAPS_DROP) != CAPS_DROP || (r->how && r->how->as_user))
		return;
	for (int i = 0; i < 2; i++) {
		uint64_t want = i && !nnp ? caps & (CAP(CAP_NET_RAW) | CAP(CAP_SYS_ADMIN)) : 0;

		h_argv(&job, t_fmt("/bin/payload caps -- drop 1 -- run %s caps", gains[i]));
		h_spawn(r, &job);
		h_works(r);
		h_exact(r, told(r, "permitted", 1) == want, "[%s] %s: %s", r->how->name, gains[i],
			r->text);
		h_held(r, i || told(r, "permitted", 1) == 0, "%s: %s", gains[i], r->text);
	}
}

static void capability_plans(struct h_run *r)
{
	const uint64_t plans[] = { 0, CAPS_DROP, CAPS_DEFAULT, every_cap(r) };

	if (!r->how || !r->how->as_user)
		raise_inheritable_and_ambient();
	for (int i = 0; i < 8; i++)
		if (!h_left_out(r, (size_t)i))
			one_plan(r, plans[i / 2], i % 2);
}
H_CASE(a21_capability_plans, H_ID0, file_caps, capability_plans)

/* ---- A22: groups that deny ---- */

#define GROUP 4242

static void negative_group(struct h_run *r)
{
	const char *denied = t_fmt("%s/job/denied", r->root);
	const char *given = t_fmt("%s/job/given", r->root);

	t_write_file(denied, "for others than the group\n");
	t_write_file(given, "for the group alone\n");
	T_SYS(chmod(denied, 0604));
	T_SYS(chmod(given, 0040));
	if (r->how && r->how->as_user)
		return; /* all of the image becomes the user's */
	T_SYS(chown(denied, 0, GROUP));
	T_SYS(chown(given, 0, GROUP));
}

/* The caller's groups give the payload of root nothing: it has those of the plan, none. */
static void callers_groups(struct h_run *r)
{
	const gid_t groups[] = { GROUP, GROUP + 1 };
	struct h_job job = h_job(r, "ids -- run /bin/payload read /job/given");

	T_SYS(setgroups(2, groups));
	/* without the capabilities that read everything */
	job.set_caps = 1;
	h_spawn(r, &job);
	h_held(r, strstr(r->text, "groups\n"), "%s", r->text);
	h_exact(r, !strstr(r->text, "for the group alone"), "%s", r->text);
	h_argv(&job, "/bin/payload ids -- run /bin/payload read /job/denied");
	h_spawn(r, &job);
	h_exact(r, strstr(r->text, "groups\n"), "%s", r->text);
}
H_CASE(a22_callers_groups, H_ROOT, negative_group, callers_groups)

struct denied {
	struct h_run *r;
	const char *path;
};

/* An ordinary user who is in the group, and to whom the file therefore says no. */
static int member(void *arg, void *rec)
{
	struct denied *d = arg;
	struct h_run *r = d->r;
	const gid_t groups[] = { T_GID, GROUP };
	struct h_job job = h_job(r, "ids -- maps -- drop 0 -- run /bin/payload read /job/denied");

	r->verdict = rec;
	T_SYS(setgroups(2, groups));
	T_SYS(setresgid(T_GID, T_GID, T_GID));
	T_SYS(setresuid(T_UID, T_UID, T_UID));
	T_SYS(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	T_CHECK(open(d->path, O_RDONLY) < 0 && errno == EACCES, "%s: %m", d->path);
	h_spawn(r, &job);
	h_exact(r, strstr(r->text, "setgroups deny\n"), "%s", r->text);
	h_exact(r, strstr(r->text, "setgroups denied\n"), "%s", r->text);
	h_held(r, !strstr(r->text, "for others"), "%s", r->text);
	return 0;
}

static void unprivileged_map(struct h_run *r)
{
	struct denied d = { r, t_fmt("%s/job/denied", r->root) };

	T_SYS(setgroups(0, NULL));
	if (r->how) {
		t_need_userns();
		T_CHECK(system(t_fmt("chown -Rh %d:%d %s", T_UID, T_GID, r->root)) == 0);
		T_SYS(chown(d.path, 0, GROUP));
		T_SYS(chmod(d.path, 0604));
		ck_assert_int_eq(t_child(member, &d, r->verdict, sizeof(*r->verdict)), 0);
	} else {
		/* a helper that writes the map for its caller and leaves setgroups(2) allowed */
		struct h_job job = h_job(r, "drop 1 -- run /bin/payload read /job/denied");
		const gid_t groups[] = { T_GID, GROUP };
		const struct h_range own[] = { { 0, 0, 1 }, { 1, 100001, 2 } };

		T_SYS(setgroups(2, groups));
		T_CHECK(system(t_fmt("chown -Rh 100001:100001 %s", r->root)) == 0);
		T_SYS(chown(d.path, 0, GROUP));
		T_SYS(chmod(d.path, 0604));
		job.uids = job.gids = own;
		job.nuid = job.ngid = 2;
		h_spawn(r, &job);
		h_held(r, !strstr(r->text, "for others"), "%s", r->text);
	}
}
H_CASE(a22_group_that_denies, H_PLAIN, negative_group, unprivileged_map)

/* ---- A26: id maps that cannot be ---- */

/* The number of the last process that was made in this pid namespace. */
static long last_pid(void)
{
	char text[32];

	T_CHECK(t_read_file("/proc/sys/kernel/ns_last_pid", text, sizeof(text)) > 0);
	return atol(text);
}

struct bad_map {
	const char *what, *index;
	int n;
	struct h_range range[2];
};

static const struct bad_map bad_maps[] = {
	{ "empty", "range 0 ", 1, { { 0, 0, 0 } } },
	{ "the second is empty", "range 1 ", 2, { { 0, 0, 1 }, { 1, 1, 0 } } },
	{ "overlap inside", "range 1 ", 2, { { 0, 0, 10 }, { 9, 1000, 10 } } },
	{ "overlap outside", "range 1 ", 2, { { 0, 1000, 10 }, { 100, 991, 10 } } },
	{ "the same twice", "range 1 ", 2, { { 0, 0, 1 }, { 0, 0, 1 } } },
	{ "one within another", "range 1 ", 2, { { 0, 0, 1000 }, { 500, 5000, 1 } } },
	{ "wraps inside", "range 0 ", 1, { { 4294967290U, 0, 10 } } },
	{ "wraps outside", "range 1 ", 2, { { 0, 0, 1 }, { 1, 4294967290U, 10 } } },
	{ "the largest count", "range 0 ", 1, { { 1, 1, 4294967295U } } },
	{ "-1 inside", "range 0 ", 1, { { 4294967295U, 0, 1 } } },
	{ "-1 outside", "range 1 ", 2, { { 0, 0, 1 }, { 1, 4294967295U, 1 } } },
};

static void spawn_bad_map(struct h_run *r, struct h_job *job, const struct bad_map *m, int gids)
{
	const char *field = gids ? "gid_map" : "uid_map";
	long before = last_pid();

	h_spawn(r, job);
	/* a program of the naive reference has run in a namespace that maps something else */
	h_held(r, last_pid() == before && r->err, "%s: %ld processes, %s", m->what,
	       last_pid() - before, r->text);
	h_exact(r, r->err == -EINVAL && strcmp(r->object, field) == 0 && r->phase <= 2 &&
			   strstr(r->message, m->index),
		"[%s] %s: %d: %s", r->how->name, m->what, r->err, r->message);
}

static void bad_id_maps(struct h_run *r)
{
	struct h_range many[341];
	struct bad_map too_many = { "341 ranges", "range 340 ", 341, { { 0 } } };

	for (int gids = 0; gids < 2; gids++) {
		for (size_t i = 0; i < sizeof(bad_maps) / sizeof(bad_maps[0]); i++) {
			struct h_job job = h_job(r, "maps");

			*(gids ? &job.gids : &job.uids) = bad_maps[i].range;
			*(gids ? &job.ngid : &job.nuid) = bad_maps[i].n;
			spawn_bad_map(r, &job, &bad_maps[i], gids);
		}
		for (int i = 0; i < 341; i++)
			many[i] = (struct h_range){ (uint32_t)i, 1000 + (uint32_t)i * 3, 1 };
		many[0].outside = 0;
		struct h_job job = h_job(r, "maps");

		*(gids ? &job.gids : &job.uids) = many;
		*(gids ? &job.ngid : &job.nuid) = 341;
		spawn_bad_map(r, &job, &too_many, gids);
	}
}
H_CASE(a26_bad_id_maps, H_PLAIN | H_INIT, NULL, bad_id_maps)

/* 0, 1, 5, 6 and 340 ranges, as many as the kernel takes: exactly these. */
static void lawful_maps(struct h_run *r)
{
	static const int counts[] = { 0, 1, 5, 6, 340 };
	struct h_range range[340] = { { 0, 0, 1 } };

	for (int i = 1; i < 340; i++)
		range[i] = (struct h_range){ (uint32_t)i * 2, 1000 + (uint32_t)i * 3, 1 };
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct h_job job = h_job(r, "maps -- ids");
		int n = counts[i];

		job.uids = job.gids = range;
		job.nuid = job.ngid = n;
		h_spawn(r, &job);
		h_works(r);
		for (int k = 0; k < n; k++)
			h_exact(r, strstr(r->text, t_fmt("uid %10u %10u %10u\n", range[k].inside,
							range[k].outside, 1)),
				"%d of %d: %s", k, n, r->text);
		h_exact(r, strstr(r->text, "\nuid 0 0 0\n"), "%s", r->text);
	}
}
H_TWIN(a26_twin_id_maps, H_PLAIN | H_INIT, NULL, lawful_maps)
