/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables of the kernel's Documentation/filesystems/sharedsubtree.rst, every cell of them: what
 * becomes of a mount's state (5a), bind (5c), move (5e), mount (5f) and umount (5g).
 */
#include "t_mnt_world.h"

enum state { SHARED, PRIVATE, SLAVE, BOTH, UNBINDABLE, STATES };

static const char *const names[] = { "shared", "private", "slave", "shared and slave",
				     "unbindable" };

/*
 * A mount NAME in this state, shared ones with a peer NAMEp and a slave NAMEs, slaves with their
 * master NAMEz. Its peer group is called after it in small letters: a, and its master's is za.
 */
static void make(char name, enum state s, int alone)
{
	const char *n = t_fmt("%c", name), *z = t_fmt("%cz", name);
	char group = (char)(name - 'A' + 'a');

	if (s == SLAVE || s == BOTH) {
		mw_fs(z);
		mw_set(z, CONTAIN_PROPAGATION_SHARED);
		mw_bind(z, n);
		mw_set(n, CONTAIN_PROPAGATION_SLAVE);
		mw_want(z, t_fmt("z%c", group));
	} else {
		mw_fs(n);
	}
	if (s == SHARED || s == BOTH)
		mw_set(n, CONTAIN_PROPAGATION_SHARED);
	if (s == UNBINDABLE)
		mw_set(n, CONTAIN_PROPAGATION_UNBINDABLE);
	mw_want(n, s == SHARED	     ? t_fmt("%c", group) :
		   s == SLAVE	     ? t_fmt(":z%c", group) :
		   s == BOTH	     ? t_fmt("%c:z%c", group, group) :
		   s == UNBINDABLE   ? "u" :
				       "");
	if (s != SHARED && s != BOTH)
		return;
	mw_bind(n, t_fmt("%cs", name));
	mw_set(t_fmt("%cs", name), CONTAIN_PROPAGATION_SLAVE);
	mw_want(t_fmt("%cs", name), t_fmt(":%c", group));
	if (alone)
		return;
	mw_bind(n, t_fmt("%cp", name));
	mw_want(t_fmt("%cp", name), s == BOTH ? t_fmt("%c:z%c", group, group) : t_fmt("%c", group));
}

/* The destination B: a shared one has a peer, a slave, and a slave that is shared again. */
static void make_dest(enum state s)
{
	make('B', s, 0);
	if (s != SHARED && s != BOTH)
		return;
	mw_bind("B", "Bd");
	mw_set("Bd", CONTAIN_PROPAGATION_SLAVE);
	mw_set("Bd", CONTAIN_PROPAGATION_SHARED);
	mw_want("Bd", "d:b");
}

static int is_shared(enum state s)
{
	return s == SHARED || s == BOTH;
}

/* What is mounted at B/b in the state @c, and what of it appears elsewhere. */
static void want_replicas(enum state dest, const char *c)
{
	const char *group = t_fmt("%.*s", (int)strcspn(c, ":"), c);

	mw_want("B/b", c);
	if (!is_shared(dest))
		return;
	mw_want("Bp/b", c);
	mw_want("Bs/b", t_fmt(":%s", group));
	mw_want("Bd/b", t_fmt("e:%s", group));
}

/* Each way to take away what was mounted: where, and what goes with it. */
static const struct way {
	const char *at;
	int all; /* else that one alone */
} ways[] = { { "B/b", 1 }, { "Bp/b", 1 }, { "Bs/b", 0 }, { "Bd/b", 0 } };

static void take_away(enum state dest, const struct way *w, const char *what)
{
	mw_umount(w->at);
	if (!w->all) {
		mw_gone(w->at);
		mw_check(t_fmt("%s, then umount %s", what, w->at));
		return;
	}
	mw_gone("B/b");
	if (is_shared(dest)) {
		mw_gone("Bp/b");
		mw_gone("Bs/b");
		mw_gone("Bd/b");
	}
	mw_check(t_fmt("%s, then umount %s", what, w->at));
}

/* ---- a cell ---- */

enum op { BIND, MOVE, MOUNT, CLONE };

static const char *const op_name[] = { "bind", "move", "mount", "detached clone" };

/* The state of the mount at B/b, as the document's table for the operation has it. NULL: invalid */
static const char *const table[4][2][STATES] = {
	[BIND] = { { "a", "", ":za", "a:za", NULL }, { "a", "c", "c:za", "a:za", NULL } },
	[MOVE] = { { "a", "", ":za", "a:za", "u" }, { "a", "c", "c:za", "a:za", NULL } },
	[MOUNT] = { { "", "", "", "", "" }, { "c", "c", "c", "c", "c" } },
	[CLONE] = { { "a", "", ":za", "a:za", NULL }, { "a", "c", "c:za", "a:za", NULL } },
};

struct cell {
	enum op op;
	enum state source, dest;
	const struct way *way;
};

/* open_tree(2) and move_mount(2): a peer or slave already while it is nowhere. */
static int try_clone(void)
{
	int r, fd = contain_mount_clone(AT_FDCWD, mw_path("A"), 0, 0, NULL);

	if (fd < 0)
		return fd;
	r = contain_mount_attach(fd, AT_FDCWD, mw_path("B/b"), 0, NULL);
	close(fd);
	return r;
}

static int try(enum op op)
{
	if (op == CLONE)
		return try_clone();
	if (op == BIND)
		return mw_try_bind("A", "B/b");
	if (op == MOVE)
		return mw_try_move("A", "B/b");
	return contain_mount_tmpfs(AT_FDCWD, mw_path("B/b"), 1 << 20, 0755, 0, NULL);
}

WORLD(cell)
{
	const struct cell *c = arg;
	const char *state = table[c->op][is_shared(c->dest)][c->source];
	const char *what = t_fmt("%s of %s on %s", op_name[c->op], names[c->source],
				 names[c->dest]);
	int r;

	if (c->op != MOUNT)
		make('A', c->source, 0);
	make_dest(c->dest);
	mw_check_states(what);
	r = try(c->op);
	if (!state) {
		T_CHECK(r == -EINVAL, "%s: %d", what, r);
		mw_check(what);
		return;
	}
	T_CHECK(r == 0, "%s: %d", what, r);
	if (c->op == MOUNT)
		mw_prepare("B/b");
	if (c->op == MOVE)
		mw_gone("A");
	want_replicas(c->dest, state);
	if (c->way == ways)
		mw_check(what);
	take_away(c->dest, c->way, what);
}

/* In a guest each cell with one of the ways. */
static void all_cells(enum op op)
{
	int done = 0;

	for (int s = 0; s < (op == MOUNT ? 1 : STATES); s++)
		for (int d = 0; d < STATES; d++)
			for (int w = 0; w < (is_shared((enum state)d) ? 4 : 1); w++) {
				struct cell c = { op, (enum state)s, (enum state)d, &ways[w] };

				if (t_guest() && is_shared((enum state)d) && w != (s + d) % 4)
					continue;
				mw_run_cell(&c);
				done++;
			}
	t_note("%d worlds", done);
}

TEST_BOTH(bind_table)
{
	all_cells(BIND);
}

TEST_BOTH(clone_and_attach_table)
{
	all_cells(CLONE);
}

TEST_BOTH(move_table)
{
	all_cells(MOVE);
}

TEST_BOTH(mount_table)
{
	all_cells(MOUNT);
}

/* "moving a mount residing under a shared mount is invalid" */
WORLD(moved_from_shared)
{
	(void)arg;
	make('A', SHARED, 1);
	mw_fs("A/b");
	mw_want("A/b", "c");
	mw_want("As/b", ":c");
	mw_mkdir("to");
	ck_assert_int_eq(mw_try_move("A/b", "to"), -EINVAL);
	mw_check("not moved");
	/* below a slave alone it may be: nobody else would have to follow */
	ck_assert_int_eq(mw_try_move("As/b", "to"), 0);
	mw_gone("As/b");
	mw_want("to", ":c");
	mw_check("moved");
}

TEST_BOTH(move_from_a_shared_parent)
{
	mw_run_moved_from_shared(NULL);
}

/* ---- 5a: from state to state ---- */

struct change {
	enum state from;
	int alone; /* without a peer */
	uint32_t to;
	const char *a, *slave; /* afterwards: A, and what was its slave */
};

#define TO_SHARED CONTAIN_PROPAGATION_SHARED
#define TO_SLAVE CONTAIN_PROPAGATION_SLAVE
#define TO_PRIVATE CONTAIN_PROPAGATION_PRIVATE
#define TO_UNBINDABLE CONTAIN_PROPAGATION_UNBINDABLE
#define TO_BOTH (TO_SHARED | TO_SLAVE) /* one after the other: slave, then shared */

static const struct change changes[] = {
	{ SHARED, 1, TO_SHARED, "a", ":a" },
	{ SHARED, 1, TO_SLAVE, "", "" }, /* there is no master to be found */
	{ SHARED, 1, TO_PRIVATE, "", "" },
	{ SHARED, 1, TO_UNBINDABLE, "u", "" },
	{ SHARED, 0, TO_SHARED, "a", ":a" },
	{ SHARED, 0, TO_SLAVE, ":a", ":a" },
	{ SHARED, 0, TO_PRIVATE, "", ":a" },
	{ SHARED, 0, TO_UNBINDABLE, "u", ":a" },
	{ BOTH, 1, TO_SHARED, "a:za", ":a" },
	{ BOTH, 1, TO_SLAVE, ":za", ":za" },
	{ BOTH, 1, TO_PRIVATE, "", ":za" },
	{ BOTH, 1, TO_UNBINDABLE, "u", ":za" },
	{ BOTH, 0, TO_SHARED, "a:za", ":a" },
	{ BOTH, 0, TO_SLAVE, ":a", ":a" },
	{ BOTH, 0, TO_PRIVATE, "", ":a" },
	{ BOTH, 0, TO_UNBINDABLE, "u", ":a" },
	{ SLAVE, 1, TO_SHARED, "a:za", NULL },
	{ SLAVE, 1, TO_SLAVE, ":za", NULL },
	{ SLAVE, 1, TO_PRIVATE, "", NULL },
	{ SLAVE, 1, TO_UNBINDABLE, "u", NULL },
	{ PRIVATE, 1, TO_SHARED, "a", NULL },
	{ PRIVATE, 1, TO_SLAVE, "", NULL }, /* "no effect" */
	{ PRIVATE, 1, TO_PRIVATE, "", NULL },
	{ PRIVATE, 1, TO_UNBINDABLE, "u", NULL },
	{ UNBINDABLE, 1, TO_SHARED, "a", NULL },
	{ UNBINDABLE, 1, TO_SLAVE, "u", NULL }, /* "no effect" */
	{ UNBINDABLE, 1, TO_PRIVATE, "", NULL },
	{ UNBINDABLE, 1, TO_UNBINDABLE, "u", NULL },
	{ SHARED, 1, TO_BOTH, "n", "" },
	{ SHARED, 0, TO_BOTH, "n:a", ":a" },
	{ BOTH, 1, TO_BOTH, "n:za", ":za" },
	{ BOTH, 0, TO_BOTH, "n:a", ":a" },
	{ SLAVE, 1, TO_BOTH, "n:za", NULL },
	{ PRIVATE, 1, TO_BOTH, "n", NULL },
	{ UNBINDABLE, 1, TO_BOTH, "n", NULL },
};

static const char *change_name(const struct change *c)
{
	return t_fmt("%s%s to %s", names[c->from], c->alone ? " without a peer" : "",
		     c->to == TO_SHARED	 ? "shared" :
		     c->to == TO_SLAVE	 ? "slave" :
		     c->to == TO_PRIVATE ? "private" :
		     c->to == TO_BOTH	 ? "shared and slave" :
					   "unbindable");
}

WORLD(change)
{
	const struct change *c = arg;
	const char *what = change_name(c);

	make('A', c->from, c->alone);
	mw_check_states(what);
	mw_set("A", c->to);
	mw_want("A", c->a);
	if (c->slave)
		mw_want("As", c->slave);
	mw_check(what);
}

TEST_BOTH(state_table)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		mw_run_change((void *)&changes[i]);
}

/* What leaves an unmounted peer goes to the rest of the group, or to its master. */
struct leave {
	enum state from;
	int alone;
	const char *slave;
};

static const struct leave leaves[] = {
	{ SHARED, 1, "" }, { SHARED, 0, ":a" }, { BOTH, 1, ":za" }, { BOTH, 0, ":a" },
};

WORLD(leave)
{
	const struct leave *l = arg;

	make('A', l->from, l->alone);
	mw_umount("A");
	mw_gone("A");
	mw_want("As", l->slave);
	mw_check(names[l->from]);
}

TEST_BOTH(slaves_of_an_unmounted_peer)
{
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
		mw_run_leave((void *)&leaves[i]);
}
