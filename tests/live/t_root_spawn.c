/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other ways into a root than the plain pivot: from the initial ramfs, and by chroot(2). */
#include "t_spawn.h"

#include "feature/root.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define CAP_SYS_CHROOT (1ULL << 18)
#define CAP_SYS_ADMIN (1ULL << 21)

static const char *marker(void)
{
	const char *path = t_fmt("%s/marker", t_tmpdir());

	t_write_file(path, "x");
	return path + 1;
}

/* All that a payload may have there. */
static void escape(struct ts *t, const char *name, uint64_t without)
{
	container_spec_set_capabilities(t->spec, ts_caps() & ~without);
	ts_words(t, t_fmt("escape %s", name));
}

/* How many lines of its mountinfo are of a mount on "/". */
static int roots_in(const struct ts *t)
{
	char point[512];
	int roots = 0;

	for (const char *at = t->text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		roots += sscanf(at, "%*s %*s %*s %*s %511s", point) == 1 && !strcmp(point, "/");
	return roots;
}

/* ---- the initial ramfs ---- */

/* What this machine is, and what it is not; tests/vm/run -i is the one that is. */
TEST(where_the_root_lies)
{
	char line[512] = "";
	FILE *file = fopen("/proc/self/mountinfo", "re");
	unsigned id, parent, first = 0;

	T_CHECK(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%u %u %*s / / ", &id, &parent) == 2 && strstr(line, " / / "))
			first = id == parent;
	fclose(file);
	T_CHECK(ct_root_place() == (first ? CT_ROOT_FIRST : CT_ROOT_MOUNTED));
	ck_assert_int_eq(ct_root_is_initial(), (int)first);
	t_note("the root is %s", first ? "the initial ramfs" : "mounted on another");
}

static int in_chroot(void *arg, void *rec)
{
	(void)rec;
	T_SYS(chroot(arg));
	T_SYS(chdir("/"));
	ck_assert_int_eq(ct_root_place(), CT_ROOT_CHROOT);
	ck_assert_int_eq(ct_root_is_initial(), 0);
	return 0;
}

/* No /proc is there, either. */
TEST(a_chroot_is_no_mount)
{
	t_need_root();
	ck_assert_int_eq(t_child(in_chroot, (void *)ts_root(), NULL, 0), 0);
}

/* As if this machine's root were it: the same steps. */
static void on_initial(struct ts *t, struct ct_facts *facts)
{
	ck_assert_int_eq(ct_facts_get(facts), 0);
	facts->initial_root = 1;
	t->facts = facts;
}

TEST_BOTH(initial_root_is_covered)
{
	const char *name = marker();
	struct ct_facts facts;
	struct ts t;

	ts_dir(&t, 0);
	on_initial(&t, &facts);
	escape(&t, name, CAP_SYS_ADMIN);
	ts_run(&t);
	ts_is(&t, "held\n");

	ts_overlay(&t);
	on_initial(&t, &facts);
	escape(&t, name, CAP_SYS_ADMIN);
	ts_run(&t);
	ts_is(&t, "held\n");

	ts_overlay(&t);
	on_initial(&t, &facts);
	ts_words(&t, "mounts");
	ts_run(&t);
	ck_assert_int_eq(roots_in(&t), 1);
}

/* Of what is covered only the right to uncover it leads back. */
TEST_BOTH(initial_root_and_its_uncovering)
{
	struct ct_facts facts;
	struct ts t;

	ts_dir(&t, 0);
	on_initial(&t, &facts);
	container_spec_set_capabilities(t.spec, TS_CAPS_DEFAULT | CAP_SYS_ADMIN);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "", "root", "initial ramfs");
}

/* The root of the host's view is the second mount, as it is seen. */
TEST_BOTH(initial_root_as_a_view)
{
	struct ct_facts facts;
	struct ts t;

	ts_new(&t);
	container_spec_set_root_host(t.spec, 0, 0);
	on_initial(&t, &facts);
	ts_argv(&t, "/bin/busybox ls /etc/passwd");
	ts_run(&t);
	ts_is(&t, "/etc/passwd\n");
}

/* ---- chroot, by name ---- */

static void by_chroot(struct ts *t, uint32_t flags)
{
	ts_dir(t, CONTAIN_ROOT_CHROOT | flags);
	container_spec_set_capabilities(t->spec, TS_CAPS_DEFAULT & ~CAP_SYS_CHROOT);
}

TEST_BOTH(chroot_works_and_says_so)
{
	const char *name = marker(), *text;
	struct ts t;

	by_chroot(&t, 0);
	ts_words(&t, "mounts");
	text = ts_explained(&t);
	T_CHECK(strstr(text, "change-root") && strstr(text, "weaker"), "%s", text);
	T_CHECK(!strstr(text, "pivot-root"), "%s", text);
	ts_run(&t);
	ck_assert_int_eq(roots_in(&t), 1);

	ts_dir(&t, CONTAIN_ROOT_CHROOT);
	escape(&t, name, CAP_SYS_CHROOT | CAP_SYS_ADMIN);
	ts_run(&t);
	ts_is(&t, "no chroot\nheld\n");
}

TEST_BOTH(chroot_that_is_readonly_or_shared)
{
	struct ts t;

	by_chroot(&t, CONTAIN_ROOT_READONLY);
	ts_words(&t, "write /job/made text");
	ts_run_to(&t, 125);
	ts_has(&t, "Read-only file system");

	by_chroot(&t, 0);
	container_spec_set_root_propagation(t.spec, CONTAIN_PROPAGATION_SHARED);
	ts_words(&t, "mounts");
	ts_run(&t);
	ts_has(&t, " shared:");
}

TEST_BOTH(chroot_of_unions_and_views)
{
	const char *lower[] = { ts_root(), NULL };
	struct ts t;

	ts_new(&t);
	container_spec_set_root_overlay(t.spec, AT_FDCWD, lower, 0, CONTAIN_ROOT_CHROOT);
	container_spec_set_capabilities(t.spec, 0);
	ts_words(&t, "read /etc/image");
	ts_run(&t);
	ts_is(&t, "made by the tests\n");

	ts_new(&t);
	container_spec_set_root_host(t.spec, 0, CONTAIN_ROOT_CHROOT);
	container_spec_set_capabilities(t.spec, 0);
	ts_argv(&t, "/bin/busybox ls /etc/passwd");
	ts_run(&t);
	ts_is(&t, "/etc/passwd\n");
}

/* What would undo it is refused, each alone; the default set holds one of them. */
TEST_BOTH(chroot_and_what_undoes_it)
{
	static const uint64_t undoes[] = { TS_CAPS_DEFAULT, CAP_SYS_CHROOT, CAP_SYS_ADMIN };
	struct ts t;

	for (size_t i = 0; i < 3; i++) {
		ts_dir(&t, CONTAIN_ROOT_CHROOT);
		container_spec_set_capabilities(t.spec, undoes[i]);
		ts_words(&t, "exit");
		ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "", "root",
			 i == 2 ? "CAP_SYS_ADMIN" : "CAP_SYS_CHROOT");
	}
	ts_dir(&t, CONTAIN_ROOT_CHROOT);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "", "root", "CONTAIN_ROOT_CHROOT");
	/* also where it may only be got by what is executed */
	ts_dir(&t, CONTAIN_ROOT_CHROOT);
	container_spec_set_capability_sets(t.spec, 0, 0, 0, CAP_SYS_CHROOT, 0);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "", "root", "CAP_SYS_CHROOT");
}

/* An init of our own stays, and has the same root. */
TEST_BOTH(chroot_with_an_init)
{
	struct ts t;

	by_chroot(&t, 0);
	container_spec_set_init(t.spec, 1);
	ts_words(&t, "read /etc/image");
	ts_run(&t);
	ts_is(&t, "made by the tests\n");
}

/* pivot_root(2) is refused, as by the filter of a container that we are in. */
static void refuse_pivot(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pivot_root, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { 4, code };

	T_SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	T_SYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
}

static int below_a_filter(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	(void)rec;
	refuse_pivot();
	ts_dir(&t, 0);
	ts_words(&t, "exit");
	ts_fails(&t, EPERM, CONTAIN_PHASE_CHILD, "pivot-root", "/", "CONTAIN_ROOT_CHROOT");
	by_chroot(&t, 0);
	ts_words(&t, "read /etc/image");
	ts_run(&t);
	ts_is(&t, "made by the tests\n");
	return 0;
}

/* No silent way around: an error that names the weaker way, which works when it is asked for. */
TEST_BOTH(a_filter_refuses_the_pivot)
{
	ck_assert_int_eq(t_child(below_a_filter, NULL, NULL, 0), 0);
}

/* The mounts of the host are the container's until it ends, and gone then. */
TEST(chroot_leaves_nothing)
{
	struct t_state *before;
	struct ts t;

	t_need_root();
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
	before = t_state_take(T_ALL);
	for (int i = 0; i < 8; i++) {
		by_chroot(&t, 0);
		if (i % 4 == 3) {
			container_spec_set_cwd(t.spec, "/not/there");
			ts_words(&t, "exit");
			ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "chdir", "/not/there", "");
		} else {
			ts_words(&t, "exit");
			ts_run(&t);
		}
	}
	t_state_check(before);
}

/* ---- read-only, as deep as it goes ---- */

/* Three deep, one of them over another, one bound from a writable place. */
static void mount_deep(const char *root)
{
	const char *mnt = t_fmt("%s/mnt", root);

	T_SYS(mount("one", mnt, "tmpfs", 0, "mode=1777"));
	T_SYS(mkdir(t_fmt("%s/two", mnt), 0777));
	T_SYS(mount("two", t_fmt("%s/two", mnt), "tmpfs", 0, "mode=1777"));
	T_SYS(mount("over", t_fmt("%s/two", mnt), "tmpfs", 0, "mode=1777"));
	T_SYS(mkdir(t_fmt("%s/two/three", mnt), 0777));
	T_SYS(chmod(t_fmt("%s/two/three", mnt), 0777));
	T_SYS(mount(t_fmt("%s/job", root), t_fmt("%s/two/three", mnt), NULL, MS_BIND, NULL));
	t_write_file(t_fmt("%s/file", mnt), "x");
	T_SYS(mount(t_fmt("%s/etc/image", root), t_fmt("%s/file", mnt), NULL, MS_BIND, NULL));
}

static void readonly_deep(const char *root, uint32_t flags)
{
	static const char *const places[] = { "/mnt/a", "/mnt/two/a", "/mnt/two/three/a",
					      "/mnt/file", "/job/a", "/a" };
	struct ts t;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		ts_new(&t);
		container_spec_set_root_dir(t.spec, AT_FDCWD, root, flags);
		if (flags & CONTAIN_ROOT_CHROOT)
			container_spec_set_capabilities(t.spec, 0);
		ts_words(&t, t_fmt("write %s text", places[i]));
		ts_run_to(&t, 125);
		ts_has(&t, "%s: Read-only file system", places[i]);
	}
}

static int readonly_of_user(void *arg, void *rec)
{
	(void)rec;
	readonly_deep(arg, CONTAIN_ROOT_READONLY);
	return 0;
}

TEST(readonly_is_recursive)
{
	const char *root = ts_root();

	t_need_root();
	mount_deep(root);
	readonly_deep(root, CONTAIN_ROOT_READONLY);
	readonly_deep(root, CONTAIN_ROOT_READONLY | CONTAIN_ROOT_CHROOT);
	t_need_userns();
	t_as_user(readonly_of_user, (void *)root);
}
