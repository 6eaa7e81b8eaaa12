/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rest of sharedsubtree.rst: trees (5d rbind, with what is unbindable pruned), umount of what
 * has mounts below it (5g), cloned namespaces (5h), the document's quiz (6) and its answers to
 * questions (7); and what mount_namespaces(7) adds: attributes, and less privileged namespaces.
 */
#include "t_mnt_world.h"

#include <sys/utsname.h>

/* ---- rbind: a tree with a child of each state ---- */

static void make_tree(void)
{
	mw_fs("A");
	mw_fs("z");
	mw_set("z", CONTAIN_PROPAGATION_SHARED);
	mw_want("A", "");
	mw_want("z", "z");
	mw_fs("A/shared");
	mw_set("A/shared", CONTAIN_PROPAGATION_SHARED);
	mw_bind("z", "A/slave");
	mw_set("A/slave", CONTAIN_PROPAGATION_SLAVE);
	mw_bind("z", "A/both");
	mw_set("A/both", CONTAIN_PROPAGATION_SLAVE);
	mw_set("A/both", CONTAIN_PROPAGATION_SHARED);
	mw_fs("A/private");
	mw_fs("A/private/deep");
	mw_fs("A/unbindable");
	mw_fs("A/unbindable/below");
	mw_set("A/unbindable", CONTAIN_PROPAGATION_UNBINDABLE);
	mw_want("A/shared", "s");
	mw_want("A/slave", ":z");
	mw_want("A/both", "b:z");
	mw_want("A/private", "");
	mw_want("A/private/deep", "");
	mw_want("A/unbindable", "u");
	mw_want("A/unbindable/below", "");
}

WORLD(rbind_on_private)
{
	(void)arg;
	make_tree();
	mw_bind("A", "C");
	mw_want("C", "");
	mw_want("C/shared", "s");
	mw_want("C/slave", ":z");
	mw_want("C/both", "b:z");
	mw_want("C/private", "");
	mw_want("C/private/deep", "");
	mw_check("rbind on private");
	T_CHECK(access(mw_path("C/unbindable/ev"), F_OK) < 0, "what is unbindable was bound");
}

/* Each mount of the tree becomes shared, and its replica in a slave a slave of it. */
WORLD(rbind_on_shared)
{
	static const struct {
		const char *name, *state, *slave;
	} below[] = {
		{ "", "c", ":c" },	     { "/shared", "s", ":s" },
		{ "/slave", "cs:z", ":cs" }, { "/both", "b:z", ":b" },
		{ "/private", "cp", ":cp" }, { "/private/deep", "cd", ":cd" },
	};

	(void)arg;
	make_tree();
	mw_fs("B");
	mw_set("B", CONTAIN_PROPAGATION_SHARED);
	mw_bind("B", "P");
	mw_bind("B", "S");
	mw_set("S", CONTAIN_PROPAGATION_SLAVE);
	mw_want("B", "B");
	mw_want("P", "B");
	mw_want("S", ":B");
	mw_bind("A", "B/b");
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		mw_want(t_fmt("B/b%s", below[i].name), below[i].state);
		mw_want(t_fmt("P/b%s", below[i].name), below[i].state);
		mw_want(t_fmt("S/b%s", below[i].name), below[i].slave);
	}
	mw_check("rbind on shared");
}

/* The tree as it is, unbindable mounts too; on a shared place it would have to be copied. */
WORLD(move_of_a_tree)
{
	static const char *const below[] = { "/shared",	 "/slave",	  "/both",
					     "/private", "/private/deep", "/unbindable",
					     "/unbindable/below" };
	static const char *const state[] = { "s", ":z", "b:z", "", "", "u", "" };

	(void)arg;
	make_tree();
	mw_fs("B");
	mw_set("B", CONTAIN_PROPAGATION_SHARED);
	mw_want("B", "B");
	ck_assert_int_eq(mw_try_move("A", "B/b"), -EINVAL);
	mw_check("not moved");
	mw_mkdir("C");
	ck_assert_int_eq(mw_try_move("A", "C"), 0);
	mw_gone("A");
	mw_want("C", "");
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		mw_gone(t_fmt("A%s", below[i]));
		mw_want(t_fmt("C%s", below[i]), state[i]);
	}
	mw_check("moved");
}

/* Propagation of a tree is set for all of it, or for its top alone. */
WORLD(recursive_states)
{
	static const struct {
		uint32_t to;
		const char *state;
	} kinds[] = { { CONTAIN_PROPAGATION_SHARED, "g%d" }, { CONTAIN_PROPAGATION_PRIVATE, "" },
		      { CONTAIN_PROPAGATION_UNBINDABLE, "u" } };
	contain_error *e = NULL;

	(void)arg;
	mw_fs("A");
	mw_fs("A/b");
	mw_fs("A/b/b");
	for (size_t i = 0; i < 3; i++) {
		tn_fine(contain_mount_set_propagation(AT_FDCWD, mw_path("A"), kinds[i].to, 1, &e),
			e);
		mw_want("A", i ? kinds[i].state : "g1");
		mw_want("A/b", i ? kinds[i].state : "g2");
		mw_want("A/b/b", i ? kinds[i].state : "g3");
		mw_check("recursive");
	}
	mw_set("A", CONTAIN_PROPAGATION_PRIVATE);
	mw_want("A", "");
	mw_check("not recursive");
}

TEST_BOTH(rbind)
{
	mw_run_rbind_on_private(NULL);
	mw_run_rbind_on_shared(NULL);
}

TEST_BOTH(move)
{
	mw_run_move_of_a_tree(NULL);
}

TEST_BOTH(set_recursive)
{
	mw_run_recursive_states(NULL);
}

/* ---- umount ---- */

/* "only those mounts are unmounted that have no mounts in them": but the caller's fails then */
WORLD(busy_replicas)
{
	(void)arg;
	mw_fs("B");
	mw_set("B", CONTAIN_PROPAGATION_SHARED);
	mw_bind("B", "P");
	mw_bind("B", "S");
	mw_set("S", CONTAIN_PROPAGATION_SLAVE);
	mw_fs("B/b");
	mw_want("B", "B");
	mw_want("P", "B");
	mw_want("S", ":B");
	mw_want("B/b", "c");
	mw_want("P/b", "c");
	mw_want("S/b", ":c");
	mw_fs("S/b/b"); /* on a slave: nobody else has it */
	mw_want("S/b/b", "");
	mw_check("before");
	mw_umount("P/b");
	mw_gone("P/b");
	mw_gone("B/b");
	mw_want("S/b", ""); /* stays for its child; its master is gone */
	mw_check("a replica that has a mount stays");
	mw_umount("S/b/b");
	mw_umount("S/b");
	mw_gone("S/b/b");
	mw_gone("S/b");
	mw_check("after");
}

TEST_BOTH(umount_of_busy_replicas)
{
	mw_run_busy_replicas(NULL);
}

/* ---- clone of a namespace ---- */

static void make_states(void)
{
	mw_fs("z");
	mw_set("z", CONTAIN_PROPAGATION_SHARED);
	mw_want("z", "z");
	mw_fs("shared");
	mw_set("shared", CONTAIN_PROPAGATION_SHARED);
	mw_want("shared", "s");
	mw_bind("z", "slave");
	mw_set("slave", CONTAIN_PROPAGATION_SLAVE);
	mw_want("slave", ":z");
	mw_bind("z", "both");
	mw_set("both", CONTAIN_PROPAGATION_SLAVE);
	mw_set("both", CONTAIN_PROPAGATION_SHARED);
	mw_want("both", "b:z");
	mw_fs("private");
	mw_want("private", "");
	mw_fs("unbindable");
	mw_set("unbindable", CONTAIN_PROPAGATION_UNBINDABLE);
	mw_want("unbindable", "u");
}

static const char *const clones[][3] = {
	/* name, in a copy, in a copy that is less privileged */
	{ "z", "z", ":z" },	 { "shared", "s", ":s" }, { "slave", ":z", ":z" },
	{ "both", "b:z", ":b" }, { "private", "", "" },
};

/*
 * The document says that the copy of an unbindable mount is unbindable. It is on 6.1 and 6.12; on
 * 6.18 the copy is private, and can be bound.
 */
static const char *unbindable_copy(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	T_SYS(uname(&u));
	sscanf(u.release, "%d.%d", &major, &minor);
	return major > 6 || (major == 6 && minor >= 17) ? "" : "u";
}

WORLD(clone_of_a_namespace)
{
	int with_user = arg != NULL;

	make_states();
	mw_check("before");
	mw_other_start(with_user);
	for (size_t i = 0; i < sizeof(clones) / sizeof(clones[0]); i++)
		mw_want_in(1, clones[i][0], clones[i][1 + with_user]);
	mw_want_in(1, "unbindable", unbindable_copy());
	mw_check(with_user ? "less privileged copy" : "copy");
	if (with_user) {
		/* what it has inherited it cannot take off: a look below would be possible */
		ck_assert_int_eq(mw_other_does('u', "private"), EINVAL);
		mw_check_states("locked");
	} else {
		ck_assert_int_eq(mw_other_does('u', "private"), 0);
		for (int i = 0; i < mw.n; i++)
			if (mw.want[i].ns && !strcmp(mw.want[i].name, "private"))
				mw.want[i] = mw.want[--mw.n];
		mw_check("its own to unmount");
	}
	mw_other_end();
}

TEST_BOTH(namespace_table)
{
	mw_run_clone_of_a_namespace(NULL);
}

TEST_BOTH(namespace_table_less_privileged)
{
	mw_run_clone_of_a_namespace((void *)"user");
}

/* ---- a mount shows a part of a file system ---- */

/* Events go only where their place is part of what is mounted there. */
WORLD(part_of_a_tree)
{
	int n;

	(void)arg;
	mw_fs("A");
	mw_set("A", CONTAIN_PROPAGATION_SHARED);
	mw_bind("A/sub", "C");
	mw_want("A", "a");
	mw_want("C", "a");
	mw_check_states("one group");
	mw_fs("A/sub/ev");
	mw_read_all();
	mw_at(&mw.table[0], mw_path("C/ev"), &n);
	T_CHECK(n == 1 && mw.table[0].n == 4, "%d of %d", n, mw.table[0].n);
	mw_umount("C/ev");
	mw_check_states("back");
	mw_fs("A/ev"); /* outside of what C shows */
	mw_read_all();
	T_CHECK(mw.table[0].n == 3, "%d", mw.table[0].n);
	mw_umount("A/ev");
	mw_check_states("back");
}

TEST_BOTH(bind_of_a_part)
{
	mw_run_part_of_a_tree(NULL);
}

/* ---- the quiz of the document ---- */

/*
 * A: "mount --bind /mnt /mnt; mount --make-shared /mnt; mount --bind /mnt /tmp; mount --move /tmp
 * /mnt/1": what is moved is a peer of what it is moved to, and gets a copy too: /mnt, /mnt/1 and
 * /mnt/1/1 show the same.
 */
WORLD(quiz_a)
{
	(void)arg;
	mw_fs("mnt");
	mw_mkdir("mnt/1");
	mw_set("mnt", CONTAIN_PROPAGATION_SHARED);
	mw_bind("mnt", "tmp");
	ck_assert_int_eq(mw_try_move("tmp", "mnt/1"), 0);
	T_CHECK(access(mw_path("mnt/1/1/ev"), F_OK) == 0);
	mw_want("mnt", "m");
	mw_want("mnt/1", "m");
	mw_want("mnt/1/1", "m");
	mw_check_states("quiz A");
}

/* B: "mount --make-rshared /; mkdir -p /v/1; mount --rbind / /v/1": /v/1/v/1 is empty. */
WORLD(quiz_b)
{
	(void)arg;
	mw_fs("root");
	mw_set("root", CONTAIN_PROPAGATION_SHARED);
	mw_mkdir("root/v");
	mw_mkdir("root/v/1");
	mw_bind("root", "root/v/1");
	T_CHECK(access(mw_path("root/v/1/v/1"), F_OK) == 0);
	T_CHECK(access(mw_path("root/v/1/v/1/v"), F_OK) < 0, "a mount in itself has no end");
	mw_want("root", "r");
	mw_want("root/v/1", "r");
	mw_check_states("quiz B");
}

/*
 * C: "mount --bind /mnt /mnt; mount --make-shared /mnt; mkdir -p /mnt/1/2/3 /mnt/1/test; mount
 * --bind /mnt/1 /tmp; mount --make-slave /mnt; mount --make-shared /mnt; mount --bind /mnt/1/2
 * /tmp1; mount --make-slave /mnt": a chain of masters that show less and less. What is then
 * mounted on /tmp/test is seen at /mnt/1/test, but not what lies outside of /tmp1.
 */
WORLD(quiz_c)
{
	int n;

	(void)arg;
	mw_fs("mnt");
	mw_set("mnt", CONTAIN_PROPAGATION_SHARED);
	mw_mkdir("mnt/1");
	mw_mkdir("mnt/1/2");
	mw_mkdir("mnt/1/2/3");
	mw_mkdir("mnt/1/test");
	mw_bind("mnt/1", "tmp");
	mw_set("mnt", CONTAIN_PROPAGATION_SLAVE);
	mw_set("mnt", CONTAIN_PROPAGATION_SHARED);
	mw_bind("mnt/1/2", "tmp1");
	mw_set("mnt", CONTAIN_PROPAGATION_SLAVE);
	mw_want("tmp", "t");
	mw_want("tmp1", "x:t");
	mw_want("mnt", ":x");
	mw_check_states("quiz C");
	mw_fs("tmp/test");
	mw_read_all();
	mw_at(&mw.table[0], mw_path("mnt/1/test"), &n);
	T_CHECK(n == 1 && mw.table[0].n == 5, "%d of %d", n, mw.table[0].n);
	mw_umount("tmp/test");
	mw_fs("tmp1/3");
	mw_read_all();
	mw_at(&mw.table[0], mw_path("mnt/1/2/3"), &n);
	T_CHECK(n == 1 && mw.table[0].n == 5, "%d of %d", n, mw.table[0].n);
}

TEST_BOTH(quiz)
{
	mw_run_quiz_a(NULL);
	mw_run_quiz_b(NULL);
	mw_run_quiz_c(NULL);
}

/*
 * FAQ: "why unbindable": a tree that is bound into itself n times doubles each time; with one
 * unbindable mount it grows by one.
 */
WORLD(no_explosion)
{
	int unbindable = arg != NULL, n = 0;

	mw_fs("root");
	mw_set("root", CONTAIN_PROPAGATION_PRIVATE);
	mw_mkdir("root/tmp");
	ck_assert_int_eq(contain_mount_tmpfs(AT_FDCWD, mw_path("root/tmp"), 0, 0755, 0, NULL), 0);
	if (unbindable)
		mw_set("root/tmp", CONTAIN_PROPAGATION_UNBINDABLE);
	for (int i = 0; i < 4; i++)
		mw_bind("root", t_fmt("root/tmp/m%d", i));
	mw_read_all();
	n = mw.table[0].n;
	T_CHECK(n == (unbindable ? 6 : 32), "%d mounts", n);
}

TEST_BOTH(unbindable_keeps_trees_small)
{
	mw_run_no_explosion((void *)"unbindable");
	mw_run_no_explosion(NULL); /* control */
}

/* ---- attributes ---- */

static unsigned long flags_at(const char *name)
{
	struct statvfs st;

	T_SYS(statvfs(mw_path(name), &st));
	return st.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC);
}

/* A copy has the attributes of what was mounted; what a peer changes later is its own. */
WORLD(attributes_of_peers)
{
	contain_error *e = NULL;
	int fd;

	(void)arg;
	mw_fs("B");
	mw_set("B", CONTAIN_PROPAGATION_SHARED);
	mw_bind("B", "P");
	tn_fine(contain_mount_tmpfs(AT_FDCWD, mw_path("B/b"), 1 << 20, 0755,
				    CONTAIN_MOUNT_NOSUID | CONTAIN_MOUNT_NOEXEC, &e), e);
	ck_assert_uint_eq(flags_at("P/b") & ~(unsigned long)ST_NODEV, ST_NOSUID | ST_NOEXEC);
	tn_fine(contain_mount_set_attributes(AT_FDCWD, mw_path("B/b"), CONTAIN_MOUNT_READONLY, 0, 0,
					     &e), e);
	ck_assert_uint_eq(flags_at("B/b") & ST_RDONLY, ST_RDONLY);
	ck_assert_uint_eq(flags_at("P/b") & ST_RDONLY, 0);
	T_SYS(fd = open(mw_path("P/b/file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	close(fd);
	T_CHECK(open(mw_path("B/b/file"), O_WRONLY | O_CLOEXEC) < 0 && errno == EROFS);
	mw_want("B", "b");
	mw_want("P", "b");
	mw_want("B/b", "c");
	mw_want("P/b", "c");
	mw_check_states("attributes are no part of sharing");
}

TEST_BOTH(attributes_do_not_propagate)
{
	mw_run_attributes_of_peers(NULL);
}
