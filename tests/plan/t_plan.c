/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans without privilege and without a kernel: specs compiled against facts made by hand, and
 * what explain prints held against files. UPDATE_GOLDEN=1 writes the files anew.
 */
#include "machines.h"

#include "container/container.h"
#include "plan/explain.h"
#include "sys/sys.h"

#include <contain/namespace.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int endless_tree(int locked, struct ct_host_tree *ret)
{
	(void)locked;
	(void)ret;
	return -E2BIG;
}

static void endless_root(struct ct_facts *f)
{
	modern_root(f);
	f->host_tree = endless_tree;
}

/* ---- specs ---- */

static void host(container_spec *s)
{
	container_spec_set_root_host(s, 64 << 20, 0);
	container_spec_add_file(s, "/etc/passwd", "u:x:1000:1000::/:\n", 18, 0644);
}

static void host_readonly(container_spec *s)
{
	container_spec_set_root_host(s, 0, CONTAIN_ROOT_READONLY);
}

static void overlay(container_spec *s)
{
	static const char *const layers[] = { "/srv/app", "/srv/a:b,c\\d", "/srv/base", NULL };

	container_spec_set_root_overlay(s, AT_FDCWD, layers, 64 << 20, 0);
}

static void overlay_readonly(container_spec *s)
{
	static const char *const layers[] = { "/srv/app", "/srv/base", NULL };

	container_spec_set_root_overlay(s, AT_FDCWD, layers, 0, CONTAIN_ROOT_READONLY);
}

static void dir(container_spec *s)
{
	container_spec_set_root_dir(s, AT_FDCWD, "/srv/root", CONTAIN_ROOT_READONLY);
}

static void mounts(container_spec *s)
{
	static const char *const env[] = { "PATH=/bin", "LANG=C", NULL };
	static const char *const argv[] = { "server", "-v", NULL };

	overlay(s);
	container_spec_set_name(s, "shop.web-1");
	container_spec_set_hostname(s, "web");
	container_spec_add_bind(s, AT_FDCWD, "/etc/resolv.conf", "/etc/resolv.conf",
				CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_OPTIONAL);
	container_spec_add_bind(s, AT_FDCWD, "/srv/\"data\"", "/data", CONTAIN_MOUNT_NOEXEC);
	container_spec_add_bind(s, AT_FDCWD, "/srv/plain", "/plain", 0);
	container_spec_add_tmpfs(s, "/run", 1 << 20, 0755);
	container_spec_add_masked_path(s, "/etc/shadow");
	container_spec_add_readonly_path(s, "/usr");
	container_spec_add_fd(s, 2, 9);
	container_spec_set_stdio(s, 1, CONTAIN_STDIO_INHERIT);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_INHERIT);
	container_spec_set_cwd(s, "/data");
	container_spec_set_env(s, env);
	container_spec_set_argv(s, argv);
}

static void upper(container_spec *s)
{
	static const char *const layers[] = { "/srv/app", "/srv/base", NULL };

	container_spec_set_root_overlay(s, AT_FDCWD, layers, 0, 0);
	container_spec_set_root_upperdir(s, AT_FDCWD, "/srv/upper", "/srv/work");
	container_spec_add_file(s, "/etc/passwd", "u:x:1000:1000::/:\n", 18, 0644);
}

/* What a judge of programs asks for. */
static void judge(container_spec *s)
{
	container_spec_set_root_tmpfs(s, 1 << 20);
	container_spec_add_bind(s, AT_FDCWD, "/usr", "/usr", CONTAIN_MOUNT_READONLY);
	container_spec_add_bind(s, AT_FDCWD, "/opt/toolchain", "/opt/toolchain",
				CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_OPTIONAL);
	container_spec_add_symlink(s, "usr/bin", "/bin");
	container_spec_add_symlink(s, "usr/lib", "/lib");
	container_spec_add_file(s, "/etc/passwd", "u:x:1000:1000::/:\n", 18, 0644);
	container_spec_add_tmpfs(s, "/tmp", 64 << 20, 01777);
	container_spec_add_dir(s, "/tmp/job", 0700);
	container_spec_add_file(s, "/tmp/job/input", "1\0002", 3, 0600);
}

static void covered(container_spec *s)
{
	dir(s);
	container_spec_add_dir(s, "/var", 0755);
	container_spec_add_file(s, "/etc/\"passwd\"", "u:x:1000:1000::/:\n", 18, 0644);
	container_spec_add_file(s, "/etc/empty", NULL, 0, 04755);
	container_spec_add_symlink(s, "a \"b\"", "/link");
}

static void maps(container_spec *s)
{
	uint32_t own = 1000;

	dir(s);
	container_spec_add_uid_range(s, 0, own, 1);
	container_spec_add_uid_range(s, 1, 100000, 65536);
	container_spec_add_gid_range(s, 0, own, 1);
	container_spec_add_gid_range(s, 1, 100000, 65536);
}

static void maps_of_root(container_spec *s)
{
	dir(s);
	container_spec_add_uid_range(s, 0, 0, 65536);
	container_spec_add_gid_range(s, 0, 0, 65536);
}

static void identity(container_spec *s)
{
	static uint32_t groups[20];

	for (uint32_t i = 0; i < 20; i++)
		groups[i] = 100 - i;
	dir(s);
	container_spec_set_groups(s, groups, 20);
	container_spec_set_rlimit(s, 7, 1024, 4096);
	container_spec_set_rlimit(s, 4, 0, UINT64_MAX);
	container_spec_set_umask(s, 027);
	container_spec_set_oom_score_adj(s, -17);
	container_spec_set_cwd(s, "/srv");
}

static void own_user(container_spec *s)
{
	dir(s);
	container_spec_set_user(s, 0, 0);
	for (int fd = 0; fd < 3; fd++)
		container_spec_set_stdio(s, fd, CONTAIN_STDIO_PIPE);
}

static void other_user(container_spec *s)
{
	identity(s);
	container_spec_set_user(s, 33, 34);
	container_spec_set_stdio(s, 1, CONTAIN_STDIO_PIPE);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_PIPE);
}

static void nested_user(container_spec *s)
{
	dir(s);
	container_spec_set_user(s, 33, 34);
	container_spec_set_init(s, 1);
	container_spec_set_stdio(s, 1, CONTAIN_STDIO_PIPE);
}

static void other_of_many(container_spec *s)
{
	maps(s);
	container_spec_set_user(s, 70000, 0);
}

static void mapped_user(container_spec *s)
{
	static const uint32_t groups[] = { 5 };

	maps(s);
	container_spec_set_user(s, 33, 34);
	container_spec_set_groups(s, groups, 1);
}

static void timeout(container_spec *s)
{
	dir(s);
	container_spec_set_setup_timeout(s, 1500);
}

static void limits(container_spec *s)
{
	dir(s);
	container_spec_set_memory_max(s, 64 << 20);
	container_spec_set_pids_max(s, 32);
	container_spec_set_cpu_max(s, 50000, 100000);
}

static void parent_group(container_spec *s)
{
	limits(s);
	container_spec_set_cgroup_parent(s, AT_FDCWD, "/sys/fs/cgroup/batch.slice/queue");
}

/* Everything relaxed by name. */
static void relaxed(container_spec *s)
{
	container_spec_set_root_dir(s, AT_FDCWD, "/srv/root", 0);
	container_spec_set_namespaces(s, CONTAIN_NS_MNT);
	container_spec_set_default_mounts(s, 0);
	container_spec_clear_paths(s);
	container_spec_set_no_new_privs(s, 0);
	container_spec_set_new_session(s, 0);
	container_spec_set_capabilities(s, (2ULL << 40) - 1);
	for (int fd = 0; fd < 3; fd++)
		container_spec_set_stdio(s, fd, CONTAIN_STDIO_INHERIT);
}

static void no_net(container_spec *s)
{
	dir(s);
	container_spec_set_namespaces(s, CONTAIN_NS_MNT | CONTAIN_NS_PID | CONTAIN_NS_USER);
}

static void no_root(container_spec *s)
{
}

static void two_ids(container_spec *s)
{
	dir(s);
	container_spec_add_uid_range(s, 0, 100000, 65536);
}

static void host_name_of_host(container_spec *s)
{
	no_net(s);
	container_spec_set_hostname(s, "mine");
}

static void no_user_namespace(container_spec *s)
{
	dir(s);
	container_spec_set_namespaces(s, CONTAIN_NS_MNT);
}

/* ---- golden files ---- */

static const struct scene plans[] = {
	{ "root-overlay", modern_root, overlay },
	{ "root-overlay-readonly", modern_root, overlay_readonly },
	{ "root-dir", modern_root, dir },
	{ "root-mounts", modern_root, mounts },
	{ "root-tmpfs", modern_root, judge },
	{ "root-upper", modern_root, upper },
	{ "old-user-upper", old_user, upper },
	{ "root-host", modern_root, host },
	{ "root-host-readonly", modern_root, host_readonly },
	{ "user-host", plain_user, host },
	{ "old-user-host", old_user, host_readonly },
	{ "root-covered", modern_root, covered },
	{ "user-tmpfs", plain_user, judge },
	{ "root-maps", modern_root, maps_of_root },
	{ "root-other-ids", modern_root, two_ids },
	{ "root-timeout", modern_root, timeout },
	{ "root-identity", modern_root, identity },
	{ "root-own-user", modern_root, own_user },
	{ "root-other-user", modern_root, other_user },
	{ "root-limits", modern_root, limits },
	{ "root-parent-group", modern_root, parent_group },
	{ "root-relaxed", modern_root, relaxed },
	{ "root-no-net", modern_root, no_net },
	{ "hybrid-dir", hybrid_root, dir },
	{ "hybrid-limits", hybrid_root, limits },
	{ "old-overlay", old_root, overlay },
	{ "old-overlay-readonly", old_root, overlay_readonly },
	{ "bare-dir", bare_root, dir },
	{ "user-dir", plain_user, dir },
	{ "user-no-net", plain_user, no_net },
	{ "user-nested-user", plain_user, nested_user },
	{ "user-maps", plain_user, maps },
	{ "user-own-user", plain_user, own_user },
	{ "user-mapped-user", plain_user, mapped_user },
	{ "delegated-limits", delegated_user, limits },
	{ "delegated-mounts", delegated_user, mounts },
	{ "delegated-other-ids", delegated_user, two_ids },
	{ "old-user-overlay", old_user, overlay },
}, refused[] = {
	{ "root-no-root", modern_root, no_root },
	{ "root-hostname", modern_root, host_name_of_host },
	{ "user-groups", plain_user, identity },
	{ "user-other-of-many", plain_user, other_of_many },
	{ "root-endless-host", endless_root, host },
	{ "bare-limits", bare_root, limits },
	{ "bare-parent-group", bare_root, parent_group },
	{ "user-no-user-namespace", plain_user, no_user_namespace },
	{ "user-limits", plain_user, limits },
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

TEST(explain_is_what_it_was)
{
	hold_plans(plans, COUNT(plans));
}

TEST(refusals_are_what_they_were)
{
	hold_refusals("refused", refused, COUNT(refused));
}

/* ---- properties ---- */

static int first_of(const container_plan *p, enum ct_stage stage)
{
	for (uint32_t i = 0; i < p->block->steps; i++)
		if (ct_block_step(p->block, i)->stage >= stage)
			return (int)i;
	return (int)p->block->steps;
}

static int index_of(const container_plan *p, const char *op, int last)
{
	int found = -1;

	for (uint32_t i = 0; i < p->block->steps && (last || found < 0); i++)
		if (!strcmp(ct_op_of(ct_modules, ct_block_step(p->block, i))->name, op))
			found = (int)i;
	return found;
}

/* a, where it is in the plan, comes before b, which has to be there */
static void check_before(const struct scene *scene, const container_plan *p, const char *a,
			 const char *b)
{
	int before = index_of(p, a, 1), after = index_of(p, b, 0);

	T_CHECK(after >= 0, "%s: no %s", scene->name, b);
	T_CHECK(before < after, "%s: %s is step %d, %s step %d", scene->name, a, before + 1, b,
		after + 1);
}

TEST(security_orders_the_steps)
{
	static const char *const mounting[] = {
		"root-dir",	  "mount-overlay",  "root-tmpfs",   "make-dir",
		"layer-host",	  "bind-host",	    "make-host-dir", "make-host-link",
		"make-file",	  "make-symlink",   "mount-proc",   "mount-sysfs",
		"bind-sys",	  "mount-cgroup2",  "mount-cgroup", "mount-tmpfs",
		"make-dev-nodes", "bind-dev-nodes", "mount-dev-fs", "bind"
	};
	static const char *const late[] = { "place-fds", "default-signals", "set-capabilities",
					    "chdir", "exec" };

	/* each needs a right that the next one may take away */
	static const char *const identities[] = { "pivot-root", "place-fds", "raise-limit",
						  "bound-capabilities", "own-stdio", "set-groups",
						  "set-user", "set-capabilities", "chdir",
						  "set-limit", "exec" };

	for (size_t k = 0; k < COUNT(plans); k++) {
		const struct scene *s = &plans[k];
		container_plan *p = plan_of(s);
		const struct ct_block *b = p->block;

		for (uint32_t i = 1; i < b->steps; i++)
			T_CHECK(ct_block_step(b, i - 1)->stage <= ct_block_step(b, i)->stage,
				"%s: step %u has an earlier stage than step %u", s->name, i + 1, i);
		for (uint32_t i = 0; i < b->steps; i++)
			T_CHECK((i >= b->first_child) ==
				(ct_block_step(b, i)->stage > CT_STAGE_MAPS), "%s: step %u",
				s->name, i + 1);
		T_CHECK((int)b->first_child == first_of(p, CT_STAGE_KEYRING));
		T_CHECK(index_of(p, "clone", 0) == index_of(p, "clone", 1));
		T_CHECK(ct_block_step(b, (uint32_t)index_of(p, "clone", 0))->stage ==
			CT_STAGE_CLONE);
		T_CHECK(index_of(p, "exec", 0) == (int)b->steps - 1, "%s", s->name);
		for (size_t i = 0; i < COUNT(mounting); i++) {
			check_before(s, p, "make-private", "pivot-root");
			check_before(s, p, mounting[i], "pivot-root");
			if (index_of(p, "mask", 0) >= 0)
				check_before(s, p, mounting[i], "mask");
			if (index_of(p, "make-readonly", 0) >= 0)
				check_before(s, p, mounting[i], "make-readonly");
		}
		check_before(s, p, "mask", "pivot-root");
		check_before(s, p, "open-bind-source", "pivot-root");
		if (index_of(p, "open-bind-source", 0) >= 0)
			check_before(s, p, "make-private", "open-bind-source");
		for (size_t i = 0; i < COUNT(late); i++)
			check_before(s, p, "pivot-root", late[i]);
		check_before(s, p, "set-capabilities", "exec");
		for (size_t i = 0; i + 1 < COUNT(identities); i++)
			if (index_of(p, identities[i + 1], 0) >= 0)
				check_before(s, p, identities[i], identities[i + 1]);
		container_plan_free(p);
	}
}

static char *explain_block(const container_plan *p, const struct ct_block *b)
{
	container_plan copy = *p;

	copy.block = (struct ct_block *)b;
	return fx_explain_text(&copy);
}

TEST(a_block_lies_anywhere)
{
	for (size_t k = 0; k < COUNT(plans); k++) {
		container_plan *p = plan_of(&plans[k]);
		char *was = fx_explain_text(p), *is;
		void *copy = malloc(p->block->size);

		T_CHECK(copy, "out of memory");
		memcpy(copy, p->block, p->block->size);
		memset(p->block, 0xa5, ((struct ct_block *)copy)->size);
		is = explain_block(p, copy);
		ck_assert_str_eq(is, was);
		free(was);
		free(is);
		free(copy);
		container_plan_free(p);
	}
}

/* Neither an fd's number nor a pointer nor a byte that nobody wrote gets into a block. */
TEST(same_spec_same_bytes)
{
	for (size_t k = 0; k < COUNT(plans); k++) {
		container_plan *a, *b;
		int fd[20];

		mallopt(M_PERTURB, 0xa5);
		a = plan_of(&plans[k]);
		mallopt(M_PERTURB, 0x3c);
		for (int i = 0; i < 20; i++)
			T_SYS(fd[i] = dup(2));
		b = plan_of(&plans[k]);
		for (int i = 0; i < 20; i++)
			close(fd[i]);
		T_CHECK(a->block->size == b->block->size, "%s", plans[k].name);
		for (uint32_t i = 0; i < a->block->size; i++)
			T_CHECK(((char *)a->block)[i] == ((char *)b->block)[i],
				"%s: byte %u of %u differs", plans[k].name, i, a->block->size);
		if (a->values->nfds && a->values->fd[0].from >= 0)
			T_CHECK(a->values->fd[0].from != b->values->fd[0].from, "proves nothing");
		container_plan_free(a);
		container_plan_free(b);
	}
}

/* Offsets and slots stay inside, and every string ends in the block. */
TEST(a_block_is_closed)
{
	for (size_t k = 0; k < COUNT(plans); k++) {
		container_plan *p = plan_of(&plans[k]);
		const struct ct_block *b = p->block;
		uint32_t room = b->size - b->strings_at;

		ck_assert_uint_eq(b->steps_at, sizeof(*b));
		ck_assert_uint_eq(b->strings_at, sizeof(*b) + b->steps * sizeof(struct ct_step));
		T_CHECK(b->size > b->strings_at && ((const char *)b)[b->size - 1] == 0);
		for (uint32_t i = 0; i < b->steps; i++) {
			const struct ct_step *s = ct_block_step(b, i);

			T_CHECK(s->object < room && s->str[0] < room && s->str[1] < room);
			T_CHECK(s->slot < CT_SLOTS);
			T_CHECK(s->op >> 8 < CT_MODULES &&
				(s->op & 0xff) < ct_modules[s->op >> 8]->nops);
		}
		container_plan_free(p);
	}
}

/* The only calls of a compile duplicate the fds that the caller gave. */
TEST(compile_asks_no_kernel)
{
	static struct ct_seam seam;

	ct_seam = &seam;
	for (size_t k = 0; k < COUNT(plans); k++) {
		container_plan *p;

		memset(&seam, 0, sizeof(seam));
		seam.nr = -1;
		seam.on = 1;
		p = plan_of(&plans[k]);
		seam.on = 0;
		for (uint32_t i = 0; i < seam.logged; i++)
			T_CHECK((seam.log[i].nr == __NR_fcntl || seam.log[i].nr == __NR_close) &&
				plans[k].fill == mounts, "%s: %s", plans[k].name,
				fx_call_name(seam.log[i].nr));
		container_plan_free(p);
	}
	ct_seam = NULL;
}

/* What explain prints is a grammar that the matcher takes, and steps are numbered through. */
TEST(explain_can_be_parsed)
{
	for (size_t k = 0; k < COUNT(plans); k++) {
		container_plan *p = plan_of(&plans[k]);
		char *text = fx_explain_text(p);
		struct fx_explain *ex = fx_explain_parse(text);
		const char *const none[] = { "no_such_call" };

		ck_assert_int_eq(fx_explain_steps(ex), (int)p->block->steps);
		for (uint32_t i = 0; i < p->block->steps; i++)
			ck_assert_str_eq(fx_explain_op(ex, (int)i + 1),
					 ct_op_of(ct_modules, ct_block_step(p->block, i))->name);
		ck_assert_int_eq(fx_match(ex, CT_SEAM_PARENT, none, 1, NULL), 1);
		ck_assert_int_eq(fx_match(ex, CT_SEAM_CHILD, none, 1, NULL), 1);
		fx_explain_free(ex);
		free(text);
		container_plan_free(p);
	}
}
