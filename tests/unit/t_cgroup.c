/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cgroup module without a kernel: setters, compile with facts made by hand, parsers. */
#include "harness.h"

#include "cgroup/cgroup.h"
#include "cgroup/cgroup_plan.h"
#include "cgroup/group_files.h"
#include "config.h"
#include "plan/compile.h"
#include "plan/spec.h"
#include "plan/text.h"

#include <contain/cgroup.h>
#include <contain/spec.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct ct_module nothing = { .name = "nothing" };
static const struct ct_module *modules[CT_MODULES];

struct fixture {
	struct container_spec spec;
	struct ct_cgroup_part part;
	struct ct_facts facts;
	struct ct_block *block;
	contain_error *err;
	int code;
};

static struct fixture *fresh(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	for (int i = 0; i < CT_MODULES; i++)
		modules[i] = i == CT_MODULE_CGROUP ? &ct_cgroup_module : &nothing;
	f->spec.modules = modules;
	f->spec.part[CT_MODULE_CGROUP] = &f->part;
	strcpy(f->spec.name, "web");
	return f;
}

static void done(struct fixture *f)
{
	contain_error_free(f->err);
	free(f->block);
	ct_cgroup_module.part_free(&f->part);
	free(f);
}

static int compile(struct fixture *f)
{
	const struct ct_values *values = NULL;

	contain_error_free(f->err);
	f->err = NULL;
	free(f->block);
	f->block = NULL;
	f->code = ct_compile(&f->facts, "web", modules, f->spec.part, &f->block, &values, &f->err);
	return f->code;
}

/* "group-create /sys/fs/cgroup/contain web.PID.TIME ..." per step, one a line */
static const char *steps(struct fixture *f)
{
	static char text[4096];
	struct ct_text t = { 0 };

	for (uint32_t i = 0; i < f->block->steps; i++) {
		const struct ct_step *s = ct_block_step(f->block, i);
		const struct ct_op *op = ct_op_of(modules, s);

		ct_text_printf(&t, "%s %s ", op->name, ct_block_str(f->block, s->object));
		if (op->describe)
			op->describe(&t, f->block, s);
		ct_text_add(&t, "\n");
	}
	snprintf(text, sizeof(text), "%s", t.buf ? t.buf : "");
	ct_text_free(&t);
	return text;
}

static void facts_unified(struct ct_facts *f, int privileged, const char *delegated)
{
	memset(f, 0, sizeof(*f));
	f->is_privileged = privileged;
	f->euid = privileged ? 0 : 1000;
	f->cgroup_mode = CT_CGROUP_UNIFIED;
	for (int i = 0; i <= CT_CONTROLLER_MISC; i++)
		f->held[i] = CT_HELD_V2;
	strcpy(f->v2_mount, "/sys/fs/cgroup");
	strcpy(f->own_group, "/user.slice/user-1000.slice/app.scope");
	strcpy(f->delegated, delegated);
	f->delegated_controllers = *delegated ? 0xff : 0;
}

static void facts_hybrid(struct ct_facts *f, int privileged)
{
	facts_unified(f, privileged, privileged ? "/" : "");
	f->cgroup_mode = CT_CGROUP_HYBRID;
	f->delegated_controllers = 0;
	memset(f->held, 0, sizeof(f->held));
	strcpy(f->v2_mount, "/sys/fs/cgroup/unified");
	f->held[CT_CONTROLLER_MEMORY] = f->held[CT_CONTROLLER_PIDS] = CT_HELD_V1;
	f->held[CT_CONTROLLER_CPU] = f->held[CT_CONTROLLER_CPUACCT] = CT_HELD_V1;
	strcpy(f->v1_mount[CT_CONTROLLER_MEMORY], "/sys/fs/cgroup/memory");
	strcpy(f->v1_mount[CT_CONTROLLER_PIDS], "/sys/fs/cgroup/pids");
	strcpy(f->v1_mount[CT_CONTROLLER_CPU], "/sys/fs/cgroup/cpu,cpuacct");
	strcpy(f->v1_mount[CT_CONTROLLER_CPUACCT], "/sys/fs/cgroup/cpu,cpuacct");
}

static void ask_all(struct fixture *f)
{
	ck_assert_int_eq(container_spec_set_memory_max(&f->spec, 64 << 20), 0);
	ck_assert_int_eq(container_spec_set_pids_max(&f->spec, 100), 0);
	ck_assert_int_eq(container_spec_set_cpu_max(&f->spec, 50000, 100000), 0);
}

/* ---- setters ------------------------------ */

static void refused(int code, int want, const char *field, struct fixture *f)
{
	ck_assert_int_eq(code, want);
	ck_assert_int_eq(f->spec.err, want);
	ck_assert_str_eq(f->spec.field, field);
	ck_assert_int_ne(f->spec.why[0], 0);
	f->spec.err = 0;
}

TEST(limits_that_cannot_be)
{
	struct fixture *f = fresh();
	container_spec *s = &f->spec;

	refused(container_spec_set_memory_max(s, 0), -EINVAL, "memory_max", f);
	refused(container_spec_set_memory_max(s, UINT64_MAX), -EINVAL, "memory_max", f);
	refused(container_spec_set_memory_max(s, 1ULL << 63), -EINVAL, "memory_max", f);
	refused(container_spec_set_pids_max(s, 0), -EINVAL, "pids_max", f);
	refused(container_spec_set_pids_max(s, (4 << 20) + 1), -EINVAL, "pids_max", f);
	refused(container_spec_set_pids_max(s, UINT64_MAX), -EINVAL, "pids_max", f);
	refused(container_spec_set_cpu_max(s, 0, 100000), -EINVAL, "cpu_max", f);
	refused(container_spec_set_cpu_max(s, 999, 100000), -EINVAL, "cpu_max", f);
	refused(container_spec_set_cpu_max(s, 1ULL << 44, 100000), -EINVAL, "cpu_max", f);
	refused(container_spec_set_cpu_max(s, UINT64_MAX, 100000), -EINVAL, "cpu_max", f);
	refused(container_spec_set_cpu_max(s, 1000, 999), -EINVAL, "cpu_max", f);
	refused(container_spec_set_cpu_max(s, 1000, 1000001), -EINVAL, "cpu_max", f);
	refused(container_spec_set_cpu_max(s, 1000, 0), -EINVAL, "cpu_max", f);
	ck_assert_uint_eq(f->part.limits.n, 0);
	ck_assert_int_eq(container_spec_set_memory_max(NULL, 1), -EINVAL);
	/* the ends that can be */
	ck_assert_int_eq(container_spec_set_memory_max(s, 1), 0);
	ck_assert_int_eq(container_spec_set_memory_max(s, INT64_MAX), 0);
	ck_assert_int_eq(container_spec_set_pids_max(s, 4 << 20), 0);
	ck_assert_int_eq(container_spec_set_cpu_max(s, 1000, 1000000), 0);
	ck_assert_int_eq(container_spec_set_cpu_max(s, (1ULL << 44) - 1, 1000), 0);
	/* a setter that fails leaves what was set */
	refused(container_spec_set_cpu_max(s, 5, 5), -EINVAL, "cpu_max", f);
	ck_assert_uint_eq(ct_limits_find(&f->part.limits, "cpu.max", "")->num[1], 1000);
	f->spec.sealed = 1;
	refused(container_spec_set_pids_max(s, 1), -EBUSY, "pids_max", f);
	refused(container_spec_set_cgroup_parent(s, AT_FDCWD, "/x"), -EBUSY, "cgroup_parent", f);
	done(f);
}

TEST(parents_that_cannot_be)
{
	struct fixture *f = fresh();
	container_spec *s = &f->spec;
	char *longest = calloc(1, 5000);
	int tmp = open(t_tmpdir(), O_RDONLY | O_DIRECTORY);

	memset(longest, 'x', 4999);
	*longest = '/';
	refused(container_spec_set_cgroup_parent(s, AT_FDCWD, NULL), -EINVAL, "cgroup_parent", f);
	refused(container_spec_set_cgroup_parent(s, AT_FDCWD, ""), -EINVAL, "cgroup_parent", f);
	refused(container_spec_set_cgroup_parent(s, AT_FDCWD, longest), -ENAMETOOLONG,
		"cgroup_parent", f);
	refused(container_spec_set_cgroup_parent(s, -1, "x"), -EBADF, "cgroup_parent", f);
	refused(container_spec_set_cgroup_parent(s, 9999, ""), -EBADF, "cgroup_parent", f);
	refused(container_spec_set_cgroup_parent(s, 9999, "x"), -EBADF, "cgroup_parent", f);
	refused(container_spec_set_cgroup_parent(s, tmp, "/x"), -EINVAL, "cgroup_parent", f);
	refused(container_spec_set_cgroup_parent(s, tmp, "a/../.."), -EINVAL, "cgroup_parent", f);
	refused(container_spec_set_cgroup_parent(s, AT_FDCWD, "/a/../b"), -EINVAL, "cgroup_parent",
		f);
	refused(container_spec_set_cgroup_parent(s, AT_FDCWD, "/a/.."), -EINVAL, "cgroup_parent",
		f);
	refused(container_spec_set_cgroup_parent(s, AT_FDCWD, "/a\nb"), -EINVAL, "cgroup_parent",
		f);
	/* not a cgroup2 file system, not there, not a directory */
	refused(container_spec_set_cgroup_parent(s, tmp, ""), -EINVAL, "cgroup_parent", f);
	refused(container_spec_set_cgroup_parent(s, tmp, "nowhere"), -EINVAL, "cgroup_parent", f);
	T_SYS(symlinkat("/sys/fs/cgroup", tmp, "link"));
	refused(container_spec_set_cgroup_parent(s, tmp, "link"), -EINVAL, "cgroup_parent", f);
	ck_assert_ptr_eq(f->part.parent.path, NULL);
	ck_assert_int_eq(container_spec_set_cgroup_parent(s, AT_FDCWD, "/a/..b/.c"), 0);
	ck_assert_str_eq(f->part.parent.path, "/a/..b/.c");
	ck_assert_int_eq(container_spec_set_cgroup_parent(s, AT_FDCWD, "/b"), 0);
	ck_assert_str_eq(f->part.parent.path, "/b");
	close(tmp);
	free(longest);
	done(f);
}

/* ---- compile ------------------------------ */

TEST(root_on_v2)
{
	struct fixture *f = fresh();

	facts_unified(&f->facts, 1, "/");
	ck_assert_int_eq(compile(f), 0);
	ck_assert_str_eq(steps(f),
			 "group-create /sys/fs/cgroup/contain web.PID.TIME below it, locked "
			 "for its owner, not frozen, no memory.oom.group in 1 above\n");
	ask_all(f);
	ck_assert_int_eq(compile(f), 0);
	ck_assert_str_eq(strchr(steps(f), '\n') + 1, "group-limit cpu.max = 50000 100000\n"
						     "group-limit memory.max = 67108864\n"
						     "group-limit pids.max = 100\n");
	ck_assert_int_eq(f->block->first_child, 4);
	ck_assert_int_eq(ct_block_step(f->block, 1)->arg[0], 2); /* contain, and the root above */
	done(f);
}

TEST(user_on_v2)
{
	struct fixture *f = fresh();

	facts_unified(&f->facts, 0, "/user.slice/user-1000.slice");
	ask_all(f);
	ck_assert_int_eq(compile(f), 0);
	/* the caller lives below the parent: memory.oom.group above takes it anyway */
	ck_assert_str_eq(steps(f), "group-create /sys/fs/cgroup/user.slice/user-1000.slice "
				   "web.PID.TIME below it, locked for its owner, not frozen\n"
				   "group-limit cpu.max = 50000 100000\n"
				   "group-limit memory.max = 67108864\n"
				   "group-limit pids.max = 100\n");
	ck_assert_int_eq(ct_block_step(f->block, 1)->arg[0], 1);
	/* what systemd gives its users by default: no cpu */
	f->facts.delegated_controllers = 1u << CT_CONTROLLER_MEMORY | 1u << CT_CONTROLLER_PIDS;
	ck_assert_int_eq(compile(f), -EOPNOTSUPP);
	ck_assert_str_eq(contain_error_object(f->err), "cpu_max");
	T_CHECK(strstr(contain_error_hint(f->err), "/user.slice/user-1000.slice"));
	T_CHECK(strstr(contain_error_hint(f->err), "Delegate="));
	done(f);
}

TEST(user_without_delegation)
{
	struct fixture *f = fresh();

	facts_unified(&f->facts, 0, "");
	ck_assert_int_eq(compile(f), 0);
	ck_assert_str_eq(steps(f),
			 "group-none the caller has no group that it may divide stay in the "
			 "caller's group\n");
	container_spec_set_pids_max(&f->spec, 5);
	ck_assert_int_eq(compile(f), -EACCES);
	ck_assert_ptr_eq(f->block, NULL);
	ck_assert_int_eq(contain_error_phase(f->err), CONTAIN_PHASE_PLAN);
	ck_assert_str_eq(contain_error_object(f->err), "pids_max");
	T_CHECK(strstr(contain_error_hint(f->err), "systemd-run --user --scope -p Delegate=yes"));
	/* a parent that was given is taken at its word until the start */
	container_spec_set_cgroup_parent(&f->spec, AT_FDCWD, "/sys/fs/cgroup/given/deep");
	ck_assert_int_eq(compile(f), 0);
	ck_assert_int_eq(ct_block_step(f->block, 0)->arg[CT_CREATE_ABOVE], 2);
	ck_assert_int_eq(ct_block_step(f->block, 1)->arg[0], 1);
	done(f);
}

TEST(hybrid)
{
	struct fixture *f = fresh();
	const struct ct_step *s;

	facts_hybrid(&f->facts, 1);
	ck_assert_int_eq(compile(f), 0);
	ask_all(f);
	if (!CT_HAVE_LIBCGROUP) {
		ck_assert_int_eq(compile(f), -EOPNOTSUPP);
		T_CHECK(strstr(contain_error_hint(f->err), "/sys/fs/cgroup/memory"));
		T_CHECK(strstr(contain_error_hint(f->err), "-Dlibcgroup=enabled"));
		done(f);
		return;
	}
	ck_assert_int_eq(compile(f), 0);
	T_CHECK(strstr(steps(f),
		       "group-v1-create memory /sys/fs/cgroup/memory/contain/web.PID.TIME, "
		       "memory.limit_in_bytes = 67108864, by libcgroup\n"));
	T_CHECK(strstr(steps(f),
		       "group-v1-create cpu /sys/fs/cgroup/cpu,cpuacct/contain/web.PID.TIME, "
		       "cpu.cfs_period_us = 100000, cpu.cfs_quota_us = 50000, by libcgroup\n"));
	T_CHECK(strstr(steps(f), "group-attach  enter 3 v1 groups\n"));
	T_CHECK(!strstr(steps(f), "group-limit"));
	s = ct_block_step(f->block, 4);
	ck_assert_int_eq(s->stage, CT_STAGE_ATTACH);
	ck_assert_int_eq(s->arg[0], 3);
	/* several controllers on one hierarchy: entered once */
	strcpy(f->facts.v1_mount[CT_CONTROLLER_PIDS], "/sys/fs/cgroup/memory");
	ck_assert_int_eq(compile(f), 0);
	T_CHECK(strstr(steps(f), "enter 2 v1 groups"));
	T_CHECK(strstr(steps(f), "memory.limit_in_bytes = 67108864, pids.max = 100, by"));
	/* one in v2, the others in v1 */
	f->facts.held[CT_CONTROLLER_MEMORY] = CT_HELD_V2;
	f->facts.delegated_controllers = 1u << CT_CONTROLLER_MEMORY;
	ck_assert_int_eq(compile(f), 0);
	T_CHECK(strstr(steps(f), "group-limit memory.max = 67108864"));
	T_CHECK(!strstr(steps(f), "limit_in_bytes"));
	done(f);
}

TEST(hybrid_user_and_legacy)
{
	struct fixture *f = fresh();

	facts_hybrid(&f->facts, 0);
	ck_assert_int_eq(compile(f), 0);
	container_spec_set_memory_max(&f->spec, 1 << 20);
	ck_assert_int_eq(compile(f), -EACCES);
	T_CHECK(strstr(contain_error_hint(f->err), "bound to cgroup v1 at /sys/fs/cgroup/memory"));
	/* v1 alone */
	facts_hybrid(&f->facts, 1);
	f->facts.cgroup_mode = CT_CGROUP_LEGACY;
	f->facts.v2_mount[0] = f->facts.delegated[0] = 0;
	ck_assert_int_eq(compile(f), CT_HAVE_LIBCGROUP ? 0 : -EOPNOTSUPP);
	if (CT_HAVE_LIBCGROUP)
		T_CHECK(!strstr(steps(f), "group-create") && strstr(steps(f), "group-v1-create"));
	container_spec_set_cgroup_parent(&f->spec, AT_FDCWD, "/sys/fs/cgroup/x");
	ck_assert_int_eq(compile(f), -EOPNOTSUPP);
	ck_assert_str_eq(contain_error_object(f->err), "cgroup_parent");
	done(f);
}

TEST(no_cgroups_at_all)
{
	struct fixture *f = fresh();

	f->facts.is_privileged = 1;
	ck_assert_int_eq(compile(f), 0);
	ck_assert_str_eq(steps(f),
			 "group-none no cgroup2 file system is mounted stay in the caller's "
			 "group\n");
	container_spec_set_cpu_max(&f->spec, 1000, 1000);
	ck_assert_int_eq(compile(f), -EOPNOTSUPP);
	ck_assert_str_eq(contain_error_object(f->err), "cpu_max");
	T_CHECK(strstr(contain_error_hint(f->err), "controller cpu"));
	done(f);
}

/* Which groups above the container's are asked for memory.oom.group. */
TEST(levels_above)
{
	static const struct {
		const char *parent, *own;
		int levels;
	} row[] = {
		{ "/sys/fs/cgroup/a/b/c", "/", 3 },
		{ "/sys/fs/cgroup/a/b/c", "/a/b/c", 0 },
		{ "/sys/fs/cgroup/a/b/c", "/a", 2 },
		{ "/sys/fs/cgroup/a/b/c", "/a/bc", 2 },
		{ "/sys/fs/cgroup/a/b/c/", "/x", 3 },
		{ "/sys/fs/cgroup", "/x", 0 },
		{ "/sys/fs/cgroup//a//b", "/a", 1 },
		{ "/sys/fs/cgroupx/a", "/a", 4 },
		{ "/mnt/a", "", 2 },
	};
	struct fixture *f = fresh();

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		facts_unified(&f->facts, 1, "/");
		strcpy(f->facts.own_group, row[i].own);
		container_spec_set_cgroup_parent(&f->spec, AT_FDCWD, row[i].parent);
		ck_assert_int_eq(compile(f), 0);
		T_CHECK(ct_block_step(f->block, 0)->arg[CT_CREATE_ABOVE] == row[i].levels,
			"row %zu", i);
	}
	done(f);
}

/* ---- names and texts ------------------------------ */

TEST(names)
{
	static const char *const good[] = { "a", "a.b", "..a", "cgroup", "a b", "-" };
	static const char *const bad[] = { "",	".",	"..",		"a/b",
					   "/", "a\nb", "cgroup.procs", "cgroup." };
	static const char *const ours[] = { "web.1.0123456789abcdef",
					    "a.b.c.4194304.00000000000000ff",
					    "x.0.ffffffffffffffff" };
	static const char *const others[] = { "web.1.0123456789abcde",
					      "web.1.0123456789abcdeF",
					      ".1.0123456789abcdef",
					      "web..0123456789abcdef",
					      "web1.0123456789abcdef",
					      "web.12345678901.0123456789abcdef",
					      "init.scope",
					      "0123456789abcdef",
					      "web.1.0123456789abcdef.x",
					      "cgroup.1.0123456789abcdef",
					      "" };
	char name[CT_GROUP_NAME_MAX + 1], other[CT_GROUP_NAME_MAX + 1], longest[65];
	char big[300];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		T_CHECK(ct_group_name_ok(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		T_CHECK(!ct_group_name_ok(bad[i]), "%s", bad[i]);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		T_CHECK(ct_group_name_ours(ours[i]), "%s", ours[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		T_CHECK(!ct_group_name_ours(others[i]), "%s", others[i]);
	memset(big, 'x', 299);
	big[299] = 0;
	ck_assert_int_eq(ct_group_name_ok(big), 0);
	memset(longest, 'n', 64);
	longest[64] = 0;
	ct_group_name_new(name, longest);
	ct_group_name_new(other, longest);
	ck_assert_int_eq(ct_group_name_ours(name), 1);
	ck_assert_str_ne(name, other);
	T_CHECK(strlen(name) > 64 + 17);
}

TEST(flat_keyed_files)
{
	uint64_t v = 7;

	ck_assert_int_eq(ct_group_key("populated 1\nfrozen 0\n", "frozen", &v), 1);
	ck_assert_uint_eq(v, 0);
	ck_assert_int_eq(ct_group_key("low 0\noom_kill 12\noom 3", "oom", &v), 1);
	ck_assert_uint_eq(v, 3);
	ck_assert_int_eq(ct_group_key("oom_kill 18446744073709551615\n", "oom_kill", &v), 1);
	ck_assert_uint_eq(v, UINT64_MAX);
	v = 7;
	ck_assert_int_eq(ct_group_key("oom_kill 18446744073709551616\n", "oom_kill", &v), 0);
	ck_assert_int_eq(ct_group_key("xfrozen 1\n", "frozen", &v), 0);
	ck_assert_int_eq(ct_group_key("frozen\n", "frozen", &v), 0);
	ck_assert_int_eq(ct_group_key("frozen x\n", "frozen", &v), 0);
	ck_assert_int_eq(ct_group_key("frozen 1x\n", "frozen", &v), 0);
	ck_assert_int_eq(ct_group_key("", "frozen", &v), 0);
	ck_assert_int_eq(ct_group_number("max\n", &v), 0);
	ck_assert_int_eq(ct_group_number("", &v), 0);
	ck_assert_int_eq(ct_group_number("-1\n", &v), 0);
	ck_assert_uint_eq(v, 7);
	ck_assert_int_eq(ct_group_number("4096\n", &v), 1);
	ck_assert_uint_eq(v, 4096);
}

/* ---- primitives: what is refused before the kernel is asked ------------------------------ */

static void rejects(int code, int want, const char *object, contain_error **e)
{
	ck_assert_int_eq(code, want);
	ck_assert_int_eq(contain_error_code(*e), want);
	ck_assert_str_eq(contain_error_object(*e), object);
	contain_error_free(*e);
	*e = NULL;
}

TEST(primitives_refuse)
{
	int tmp = open(t_tmpdir(), O_RDONLY | O_DIRECTORY), fd = -77;
	contain_error *e = NULL;
	char buf[8];

	rejects(contain_cgroup_create(tmp, "../x", &fd, &e), -EINVAL, "name", &e);
	rejects(contain_cgroup_create(tmp, "cgroup.procs", &fd, &e), -EINVAL, "name", &e);
	rejects(contain_cgroup_create(tmp, NULL, &fd, &e), -EINVAL, "name", &e);
	rejects(contain_cgroup_create(tmp, "x", NULL, &e), -EINVAL, "ret_fd", &e);
	rejects(contain_cgroup_create(-1, "x", &fd, &e), -EBADF, "parent_fd", &e);
	rejects(contain_cgroup_create(AT_FDCWD, "x", &fd, &e), -EBADF, "parent_fd", &e);
	rejects(contain_cgroup_create(tmp, "x", &fd, &e), -EOPNOTSUPP, "parent_fd", &e);
	rejects(contain_cgroup_write(tmp, "a/b", "1", &e), -EINVAL, "key", &e);
	rejects(contain_cgroup_write(tmp, "..", "1", &e), -EINVAL, "key", &e);
	rejects(contain_cgroup_write(tmp, "x", NULL, &e), -EINVAL, "value", &e);
	rejects(contain_cgroup_write(tmp, "x", "1", &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_read(tmp, "x", buf, 0, &e), -EINVAL, "buf", &e);
	rejects(contain_cgroup_read(tmp, NULL, buf, 8, &e), -EINVAL, "key", &e);
	rejects(contain_cgroup_enable(tmp, "mem ory", &e), -EINVAL, "controller", &e);
	rejects(contain_cgroup_enable(tmp, "memory", &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_kill(tmp, &e), -EOPNOTSUPP, "group_fd", &e);
	rejects(contain_cgroup_remove(tmp, ".", 0, &e), -EINVAL, "name", &e);
	rejects(contain_cgroup_remove(tmp, "x", -1, &e), -EINVAL, "timeout_msec", &e);
	rejects(contain_cgroup_remove(tmp, "x", 0, &e), -EOPNOTSUPP, "parent_fd", &e);
	rejects(contain_cgroup_open_default_parent(NULL, &e), -EINVAL, "ret_fd", &e);
	ck_assert_int_eq(fd, -77);
	ck_assert_int_eq(access(t_fmt("%s/x", t_tmpdir()), F_OK), -1);
	ck_assert_int_eq(contain_cgroup_kill(tmp, NULL), -EOPNOTSUPP);
	close(tmp);
}
