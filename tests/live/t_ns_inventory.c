/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* contain_inventory_*: which namespaces there are, compared with lsns(8) and with what was made. */
#include "t_ns_look.h"

#include <sys/stat.h>
#include <sys/wait.h>

#define LSNS "/usr/bin/lsns"

/* ---- the same as lsns(8) ---- */

struct row {
	uint64_t ns, pns, ons;
	char type[16], command[256];
	int nprocs, pid, uid;
};

/* "\x20" and the like, as --raw writes them */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		unsigned byte;

		if (s[0] == '\\' && s[1] == 'x' && sscanf(s + 2, "%2x", &byte) == 1) {
			*to++ = (char)byte;
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = 0;
}

static int run_lsns(struct row *row, int max)
{
	FILE *f = popen("exec " LSNS " -r -n -l -o NS,TYPE,NPROCS,PID,UID,PNS,ONS,COMMAND", "re");
	char line[1024];
	int n = 0;

	T_CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		struct row *r = &row[n++];

		T_CHECK(n < max);
		r->command[0] = 0;
		T_CHECK(sscanf(line, "%ju %15s %d %d %d %ju %ju %255s", (uintmax_t *)&r->ns,
			       r->type, &r->nprocs, &r->pid, &r->uid, (uintmax_t *)&r->pns,
			       (uintmax_t *)&r->ons, r->command) >= 7, "%s", line);
		unescape(r->command);
	}
	ck_assert_int_eq(pclose(f), 0);
	return n;
}

/* "[comm]" of ours is "comm" of lsns, which also leaves blanks where the last words are empty. */
static int same_command(const char *ours, char *theirs)
{
	size_t n = strlen(ours), end = strlen(theirs);

	while (end && theirs[end - 1] == ' ')
		theirs[--end] = 0;
	if (ours[0] == '[' && ours[n - 1] == ']')
		return strlen(theirs) == n - 2 && !strncmp(ours + 1, theirs, n - 2);
	return !strcmp(ours, theirs);
}

static void compare(const contain_inventory *inv, struct row *row, int rows)
{
	int with = 0;

	for (int k = 0; k < rows; k++) {
		struct row *r = &row[k];
		uint64_t type = 0;
		int i, own;

		for (int t = 0; t < TN_TYPES; t++)
			if (!strcmp(contain_ns_type_name(tn_type[t]), r->type))
				type = tn_type[t];
		i = tl_at(inv, type, r->ns);
		own = tn_own(type) == r->ns; /* where lsns itself was, then */
		T_EXPECT(contain_inventory_processes(inv, i) == r->nprocs - own,
			 "%s %ju: %d processes, lsns %d", r->type, (uintmax_t)r->ns,
			 contain_inventory_processes(inv, i), r->nprocs);
		ck_assert_int_eq(contain_inventory_pid(inv, i), r->pid);
		ck_assert_uint_eq(contain_inventory_uid(inv, i), (uint32_t)r->uid);
		ck_assert_uint_eq(contain_inventory_inode(inv, contain_inventory_parent(inv, i)),
				  r->pns);
		ck_assert_uint_eq(contain_inventory_inode(inv, contain_inventory_owner(inv, i)),
				  r->ons);
		T_CHECK(same_command(contain_inventory_command(inv, i), r->command),
			"'%s', lsns '%s'", contain_inventory_command(inv, i), r->command);
	}
	for (int i = 0; i < contain_inventory_count(inv); i++)
		with += contain_inventory_processes(inv, i) > 0;
	ck_assert_int_eq(with, rows);
}

static void sleeper(int n, const char *word)
{
	pid_t pid = fork();

	T_SYS(pid);
	if (!pid) {
		/* no time namespace: before Linux 6.3 a shell in it cannot vfork(2) */
		T_SYS(unshare(CLONE_NEWUTS | CLONE_NEWIPC));
		tl->inode[n][0] = tn_own(CONTAIN_NS_UTS);
		tl->ready[n] = 1;
		execl("/bin/sh", "sh", "-c", "sleep 1000; :", "a b", word, "", NULL);
		_exit(1);
	}
	tl_await(n);
}

static pid_t do_fork(void)
{
	pid_t pid = fork();

	T_SYS(pid);
	return pid;
}

/* Levels of user and pid namespaces, one in the other, each with a process that stays. */
static void nest(int n, int levels)
{
	for (; levels; levels--, n++) {
		tl_user_namespace(0);
		T_SYS(unshare(CLONE_NEWPID | CLONE_NEWUTS));
		if (do_fork()) /* one level up in pid namespaces */
			tn_pause(NULL);
		if (levels == 1 || do_fork()) {
			if (levels > 1)
				tl_await(n + 1);
			tl_stay(n);
		}
	}
}

static pid_t put_nest(int n, int levels)
{
	pid_t pid = fork();

	T_SYS(pid);
	if (!pid)
		nest(n, levels);
	tl_await(n);
	return pid;
}

static void lsns_world(void)
{
	struct row row[200];
	struct t_state *state;
	contain_inventory *inv;
	int rows, zombie, i;

	tl_put(0, CLONE_NEWUTS);
	tl_put(1, CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWCGROUP);
	put_nest(2, 3);
	sleeper(6, "a\tc");
	zombie = fork();
	if (!zombie)
		_exit(0);
	usleep(100000 * (unsigned)t_slow()); /* the sleeper has executed, the zombie ended */
	state = t_state_take(T_ALL);
	inv = tl_take(0, 0);
	ck_assert_int_eq(contain_inventory_unreadable(inv), 0);
	t_state_check(state);
	rows = run_lsns(row, 200);
	T_CHECK(rows >= 20, "%d", rows);
	i = tl_at(inv, CONTAIN_NS_UTS, tl->inode[6][0]);
	ck_assert_str_eq(contain_inventory_command(inv, i), "sh -c sleep 1000; : a b a\tc");
	compare(inv, row, rows);
	contain_inventory_free(inv);
}

TEST_BOTH(lsns)
{
	t_need_program(LSNS);
	tl_world(lsns_world);
}

/* ---- trees ---- */

#define DEEP 5

static int place_of(const contain_inventory *inv, int tree, int i, int *ret_depth)
{
	int index, n = 0;

	while (contain_inventory_walk(inv, tree, n, &index, ret_depth) == 0 && index != i)
		n++;
	T_CHECK(index == i);
	return n;
}

static void check_order(const contain_inventory *inv, int tree)
{
	int count = contain_inventory_count(inv), depth, index, above[80];
	char seen[1000] = "";

	T_CHECK(count < 1000);
	for (int n = 0; n < count; n++) {
		int up;

		ck_assert_int_eq(contain_inventory_walk(inv, tree, n, &index, &depth), 0);
		T_CHECK(index >= 0 && index < count && !seen[index]);
		seen[index] = 1;
		up = tree == CONTAIN_TREE_OWNER ? contain_inventory_owner(inv, index) :
						  contain_inventory_parent(inv, index);
		T_CHECK(depth == 0 ? up == -ENOENT : above[depth - 1] == up, "%d %d", depth, up);
		above[depth] = index;
	}
	ck_assert_int_eq(contain_inventory_walk(inv, tree, count, &index, &depth), -ENOENT);
	ck_assert_int_eq(contain_inventory_walk(inv, tree, -1, &index, &depth), -ENOENT);
	ck_assert_int_eq(contain_inventory_walk(inv, 3, 0, &index, &depth), -EINVAL);
	ck_assert_int_eq(contain_inventory_walk(NULL, tree, 0, &index, &depth), -EINVAL);
	ck_assert_int_eq(contain_inventory_walk(inv, tree, 0, NULL, NULL), 0);
}

static void tree_world(void)
{
	contain_inventory *inv;
	uint64_t up_user = tn_own(CONTAIN_NS_USER), up_pid = tn_own(CONTAIN_NS_PID);
	int depth, last = -1;

	put_nest(0, DEEP);
	inv = tl_take(0, 0);
	check_order(inv, CONTAIN_TREE_PARENT);
	check_order(inv, CONTAIN_TREE_OWNER);
	for (int n = 0; n < DEEP; n++) {
		int user = tl_at(inv, CONTAIN_NS_USER, tl_inode(n, CONTAIN_NS_USER));
		int pid = tl_at(inv, CONTAIN_NS_PID, tl_inode(n, CONTAIN_NS_PID));
		int uts = tl_at(inv, CONTAIN_NS_UTS, tl_inode(n, CONTAIN_NS_UTS));
		int at;

		ck_assert_int_eq(contain_inventory_parent(inv, user),
				 tl_at(inv, CONTAIN_NS_USER, up_user));
		ck_assert_int_eq(contain_inventory_owner(inv, user),
				 contain_inventory_parent(inv, user));
		ck_assert_int_eq(contain_inventory_parent(inv, pid),
				 tl_at(inv, CONTAIN_NS_PID, up_pid));
		ck_assert_int_eq(contain_inventory_owner(inv, pid), user);
		ck_assert_int_eq(contain_inventory_owner(inv, uts), user);
		ck_assert_int_eq(contain_inventory_parent(inv, uts), -ENOENT);
		ck_assert_uint_eq(contain_inventory_owner_uid(inv, user), geteuid());
		ck_assert_uint_eq(contain_inventory_owner_uid(inv, uts), geteuid());
		ck_assert_int_eq(contain_inventory_pid(inv, pid), tl->pid[n]);
		at = place_of(inv, CONTAIN_TREE_OWNER, user, &depth);
		ck_assert_int_eq(depth, n + 1);
		T_CHECK(at > last);
		last = at;
		place_of(inv, CONTAIN_TREE_OWNER, uts, &depth);
		ck_assert_int_eq(depth, n + 2);
		place_of(inv, CONTAIN_TREE_PARENT, pid, &depth);
		ck_assert_int_eq(depth, n + 1);
		place_of(inv, CONTAIN_TREE_PARENT, uts, &depth);
		ck_assert_int_eq(depth, 0);
		up_user = tl_inode(n, CONTAIN_NS_USER);
		up_pid = tl_inode(n, CONTAIN_NS_PID);
	}
	contain_inventory_free(inv);
}

TEST_BOTH(trees)
{
	tl_world(tree_world);
}

/* ---- namespaces without a process ---- */

static void bind_on(const char *source, const char *path)
{
	t_write_file(path, "");
	T_SYS(mount(source, path, NULL, MS_BIND, NULL));
}

static void pins_world(void)
{
	const char *dir = t_tmpdir(), *a = t_fmt("%s/a pin", dir), *b = t_fmt("%s/b", dir);
	const char *c = t_fmt("%s/c", dir), *fifo = t_fmt("%s/fifo", dir);
	contain_inventory *inv;
	pid_t pid = tl_put(0, CLONE_NEWUTS | CLONE_NEWNET);
	int i, net;

	bind_on(t_fmt("/proc/%d/ns/uts", pid), a);
	bind_on(t_fmt("/proc/%d/ns/net", pid), b);
	bind_on(a, c);
	inv = tl_take(0, 0);
	i = tl_at(inv, CONTAIN_NS_UTS, tl_inode(0, CONTAIN_NS_UTS));
	ck_assert_int_eq(contain_inventory_processes(inv, i), 1);
	ck_assert_str_eq(contain_inventory_pin(inv, i, 0), a);
	contain_inventory_free(inv);
	tl_kill(pid);
	/* opening a FIFO would wait for ever; with it on top there is no way to the pin */
	T_SYS(mkfifo(fifo, 0600));
	T_SYS(mount(fifo, b, NULL, MS_BIND, NULL));
	inv = tl_take(0, 0);
	i = tl_at(inv, CONTAIN_NS_UTS, tl_inode(0, CONTAIN_NS_UTS));
	net = tl_at(inv, CONTAIN_NS_NET, tl_inode(0, CONTAIN_NS_NET));
	ck_assert_int_eq(contain_inventory_processes(inv, i), 0);
	ck_assert_int_eq(contain_inventory_pid(inv, i), 0);
	ck_assert_uint_eq(contain_inventory_uid(inv, i), UINT32_MAX);
	ck_assert_ptr_null(contain_inventory_command(inv, i));
	ck_assert_str_eq(contain_inventory_pin(inv, i, 0), a);
	ck_assert_str_eq(contain_inventory_pin(inv, i, 1), c);
	ck_assert_ptr_null(contain_inventory_pin(inv, i, 2));
	ck_assert_ptr_null(contain_inventory_pin(inv, i, -1));
	ck_assert_uint_eq(contain_inventory_inode(inv, contain_inventory_owner(inv, i)),
			  tn_own(CONTAIN_NS_USER));
	ck_assert_str_eq(contain_inventory_pin(inv, net, 0), b);
	ck_assert_int_eq(contain_inventory_owner(inv, net), -ENOENT);
	contain_inventory_free(inv);
	inv = tl_take(CONTAIN_NS_IPC, 0);
	ck_assert_int_eq(contain_inventory_find(inv, CONTAIN_NS_UTS, tl_inode(0, CONTAIN_NS_UTS)),
			 -ENOENT);
	contain_inventory_free(inv);
}

TEST_BOTH(pins)
{
	tl_world(pins_world);
}

/* A user namespace that only another one has as its parent, and a time namespace to come. */
static void between_world(void)
{
	contain_inventory *inv;
	pid_t pid = fork();
	int user, mid, i;

	T_SYS(pid);
	if (!pid) {
		tl_user_namespace(0);
		tl->inode[1][0] = tn_own(CONTAIN_NS_USER);
		tl_user_namespace(0);
		T_SYS(unshare(CLONE_NEWTIME));
		tl->inode[1][1] = tn_inode_at("/proc/self/ns/time_for_children");
		tl_stay(0);
	}
	tl_await(0);
	inv = tl_take(0, 0);
	user = tl_at(inv, CONTAIN_NS_USER, tl_inode(0, CONTAIN_NS_USER));
	mid = tl_at(inv, CONTAIN_NS_USER, tl->inode[1][0]);
	ck_assert_int_eq(contain_inventory_parent(inv, user), mid);
	ck_assert_int_eq(contain_inventory_processes(inv, mid), 0);
	ck_assert_uint_eq(contain_inventory_inode(inv, contain_inventory_parent(inv, mid)),
			  tn_own(CONTAIN_NS_USER));
	ck_assert_uint_eq(contain_inventory_owner_uid(inv, mid), geteuid());
	i = tl_at(inv, CONTAIN_NS_TIME, tl->inode[1][1]);
	ck_assert_int_eq(contain_inventory_processes(inv, i), 0);
	ck_assert_int_eq(contain_inventory_holder(inv, i), pid);
	ck_assert_int_eq(contain_inventory_holder(inv, user), 0);
	for (int t = 0; t < TN_TYPES; t++)
		ck_assert_int_eq(contain_inventory_holder(
					 inv, tl_at(inv, tn_type[t], tn_own(tn_type[t]))), 0);
	ck_assert_int_eq(contain_inventory_owner(inv, i), user);
	contain_inventory_free(inv);
}

TEST_BOTH(between)
{
	tl_world(between_world);
}

static void fds_world(void)
{
	const char *fifo = t_fmt("%s/fifo", t_tmpdir());
	contain_inventory *inv;
	uint64_t uts;
	pid_t pid = tl_put(0, CLONE_NEWUTS), child;
	int i;

	uts = tl_inode(0, CONTAIN_NS_UTS);
	T_SYS(mkfifo(fifo, 0600));
	child = fork();
	T_SYS(child);
	if (!child) {
		T_SYS(open(fifo, O_RDWR));
		T_SYS(open(t_fmt("/proc/%d/ns/uts", pid), O_RDONLY));
		T_SYS(open("/proc/self/ns/uts", O_RDONLY)); /* its own is not held but had */
		tl_stay(1);
	}
	tl_await(1);
	tl_kill(pid);
	inv = tl_take(0, 0);
	ck_assert_int_eq(contain_inventory_find(inv, CONTAIN_NS_UTS, uts), -ENOENT);
	contain_inventory_free(inv);
	inv = tl_take(0, CONTAIN_INVENTORY_FDS);
	i = tl_at(inv, CONTAIN_NS_UTS, uts);
	ck_assert_int_eq(contain_inventory_holder(inv, i), child);
	ck_assert_int_eq(contain_inventory_processes(inv, i), 0);
	ck_assert_uint_eq(contain_inventory_inode(inv, contain_inventory_owner(inv, i)),
			  tn_own(CONTAIN_NS_USER));
	i = tl_at(inv, CONTAIN_NS_UTS, tn_own(CONTAIN_NS_UTS));
	ck_assert_int_eq(contain_inventory_holder(inv, i), 0);
	contain_inventory_free(inv);
	tl_kill(child);
	inv = tl_take(0, CONTAIN_INVENTORY_FDS);
	ck_assert_int_eq(contain_inventory_find(inv, CONTAIN_NS_UTS, uts), -ENOENT);
	contain_inventory_free(inv);
}

TEST_BOTH(open_fds)
{
	tl_world(fds_world);
}

/* ---- who asks, and what for ---- */

static int look_as_user(void *arg, void *rec)
{
	contain_inventory *inv = tl_take(0, CONTAIN_INVENTORY_FDS);
	int i = tl_at(inv, CONTAIN_NS_UTS, tn_own(CONTAIN_NS_UTS));

	(void)arg;
	(void)rec;
	/* process 1 and the two children are root's */
	ck_assert_int_eq(contain_inventory_unreadable(inv), 3);
	ck_assert_int_eq(contain_inventory_find(inv, CONTAIN_NS_UTS, tl_inode(0, CONTAIN_NS_UTS)),
			 -ENOENT);
	ck_assert_int_eq(contain_inventory_processes(inv, i), 1);
	ck_assert_int_eq(contain_inventory_pid(inv, i), getpid());
	ck_assert_uint_eq(contain_inventory_uid(inv, i), T_UID);
	ck_assert_int_eq(contain_inventory_count(inv), 8);
	/* its owner is the caller's own user namespace, or further out where it may not look */
	contain_inventory_free(inv);
	return 0;
}

static void user_world(void)
{
	tl_put(0, CLONE_NEWUTS);
	tl_put(1, CLONE_NEWNET);
	t_as_user(look_as_user, NULL);
}

TEST(ordinary_user)
{
	t_need_root();
	tl_world(user_world);
}

static void types_world(void)
{
	contain_inventory *inv;
	int i;

	tl_put(0, CLONE_NEWUTS);
	for (int t = 0; t < TN_TYPES; t++) {
		inv = tl_take(tn_type[t], 0);
		ck_assert_int_eq(contain_inventory_count(inv), 1 + (tn_type[t] == CONTAIN_NS_UTS));
		for (i = 0; i < contain_inventory_count(inv); i++) {
			ck_assert_uint_eq(contain_inventory_type(inv, i), tn_type[t]);
			ck_assert_int_eq(contain_inventory_owner(inv, i), -ENOENT);
		}
		contain_inventory_free(inv);
	}
	inv = tl_take(CONTAIN_NS_UTS | CONTAIN_NS_USER, 0);
	ck_assert_int_eq(contain_inventory_count(inv), 3);
	i = tl_at(inv, CONTAIN_NS_UTS, tl_inode(0, CONTAIN_NS_UTS));
	T_CHECK(contain_inventory_owner(inv, i) >= 0);
	contain_inventory_free(inv);
}

TEST_BOTH(types)
{
	tl_world(types_world);
}

TEST(no_number)
{
	contain_inventory *inv = tl_take(0, 0);
	int bad[] = { -1, -ENOENT, contain_inventory_count(inv), 2147483647 };

	for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
		int i = bad[k];

		ck_assert_uint_eq(contain_inventory_type(inv, i), 0);
		ck_assert_uint_eq(contain_inventory_inode(inv, i), 0);
		ck_assert_int_eq(contain_inventory_processes(inv, i), 0);
		ck_assert_int_eq(contain_inventory_pid(inv, i), 0);
		ck_assert_uint_eq(contain_inventory_uid(inv, i), UINT32_MAX);
		ck_assert_ptr_null(contain_inventory_command(inv, i));
		ck_assert_int_eq(contain_inventory_holder(inv, i), 0);
		ck_assert_int_eq(contain_inventory_parent(inv, i), -ENOENT);
		ck_assert_int_eq(contain_inventory_owner(inv, i), -ENOENT);
		ck_assert_uint_eq(contain_inventory_owner_uid(inv, i), UINT32_MAX);
		ck_assert_ptr_null(contain_inventory_pin(inv, i, 0));
	}
	ck_assert_int_eq(contain_inventory_find(inv, 0, 1), -ENOENT);
	ck_assert_int_eq(contain_inventory_find(inv, CONTAIN_NS_UTS, 1), -ENOENT);
	contain_inventory_free(inv);
	contain_inventory_free(NULL);
	ck_assert_int_eq(contain_inventory_count(NULL), 0);
	ck_assert_int_eq(contain_inventory_unreadable(NULL), 0);
}

static void refuse(uint64_t types, uint32_t flags, int err, const char *object, const char *hint)
{
	contain_inventory *inv = (void *)1;
	contain_error *e = NULL;

	tn_failed(contain_inventory_take(types, flags, &inv, &e), e, err, "take-inventory", object,
		  hint);
	T_CHECK(inv == (void *)1);
}

TEST(bad_arguments)
{
	contain_error *e = NULL;

	refuse(1, 0, EINVAL, "types", "unknown");
	refuse(~0ULL, 0, EINVAL, "types", "unknown");
	refuse(0, 2, EINVAL, "flags", "unknown");
	tn_failed(contain_inventory_take(0, 0, NULL, &e), e, EINVAL, "take-inventory",
		  "ret_inventory", "NULL");
	ck_assert_int_eq(contain_inventory_take(0, 2, NULL, NULL), -EINVAL);
}

static void no_proc_world(void)
{
	T_SYS(mount("tmpfs", "/proc", "tmpfs", 0, NULL));
	refuse(0, 0, ENOENT, "/proc", "mount it on /proc");
}

TEST_BOTH(no_procfs)
{
	tl_world(no_proc_world);
}
