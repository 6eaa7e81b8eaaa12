/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of an inventory and of the functions for limits fails once. Short of memory or
 * of fds is an error with that errno. Any other failure may leave something out, as of a process
 * that has ended, but what is in is right. No fd is left. LONG=1: every error at each position.
 */
#include "fixture.h"

#include "../live/t_ns_look.h"
#include "sys/sys.h"

#include <sys/inotify.h>

#define STATE (T_FDS | T_CHILDREN | T_MOUNTS | T_SIGNALS | T_SELF)

static contain_inventory *whole; /* what there is to see */
static contain_error *error;

/* What is in has to be so. */
static void check_part(const contain_inventory *inv, const char *what)
{
	for (int i = 0; i < contain_inventory_count(inv); i++) {
		int up, k = contain_inventory_find(whole, contain_inventory_type(inv, i),
						   contain_inventory_inode(inv, i));
		uint32_t uid = contain_inventory_owner_uid(inv, i);
		const char *command = contain_inventory_command(inv, i);

		T_CHECK(k >= 0, "%s: something that is not there", what);
		T_CHECK(contain_inventory_processes(inv, i) <=
				contain_inventory_processes(whole, k),
			"%s: %d processes", what, contain_inventory_processes(inv, i));
		up = contain_inventory_parent(inv, i);
		T_CHECK(up < 0 || contain_inventory_inode(inv, up) ==
					  contain_inventory_inode(
						  whole, contain_inventory_parent(whole, k)),
			"%s: parent", what);
		up = contain_inventory_owner(inv, i);
		T_CHECK(up < 0 || contain_inventory_inode(inv, up) ==
					  contain_inventory_inode(
						  whole, contain_inventory_owner(whole, k)),
			"%s: owner", what);
		T_CHECK(uid == UINT32_MAX || uid == contain_inventory_owner_uid(whole, k),
			"%s: owner's uid", what);
		T_CHECK(!command || contain_inventory_pid(inv, i) !=
					    contain_inventory_pid(whole, k) ||
				!strcmp(command, contain_inventory_command(whole, k)),
			"%s: %s", what, command);
	}
}

static int take(uint32_t flags, const char *what)
{
	contain_inventory *inv = (void *)1;
	int r = contain_inventory_take(0, flags, &inv, &error);

	ct_seam->on = 0;
	T_CHECK(r == 0 || inv == (void *)1);
	if (r == 0) {
		check_part(inv, what);
		contain_inventory_free(inv);
	}
	return r;
}

static int run_take(const char *what)
{
	return take(0, what);
}

static int run_fds(const char *what)
{
	return take(CONTAIN_INVENTORY_FDS, what);
}

static int run_get(const char *what)
{
	int64_t value = -7;
	int r = contain_ns_limit_get("max_uts_namespaces", &value, &error);

	ct_seam->on = 0;
	T_CHECK(r == 0 ? value >= 0 : value == -7, "%s: %lld", what, (long long)value);
	return r;
}

static int run_set(const char *what)
{
	int64_t value = -7;
	int r = contain_ns_limit_set("max_uts_namespaces", 1000, &error);

	ct_seam->on = 0;
	ck_assert_int_eq(contain_ns_limit_get("max_uts_namespaces", &value, NULL), 0);
	T_CHECK(r < 0 || value == 1000, "%s: it says it is set: %lld", what, (long long)value);
	ck_assert_int_eq(contain_ns_limit_set("max_uts_namespaces", 2000, NULL), 0);
	return r;
}

/* What the world below has of each kind. */
static const struct {
	const char *name;
	int most;
} there[] = {
	{ "max_uts_namespaces", 1 },  { "max_user_namespaces", 1 },  { "max_net_namespaces", 1 },
	{ "max_mnt_namespaces", 1 },  { "max_inotify_watches", 1 },  { "max_inotify_instances", 2 },
};

static int run_limits(const char *what)
{
	contain_ns_limits *l = (void *)1;
	int r = contain_ns_limits_take(&l, &error);

	ct_seam->on = 0;
	T_CHECK(r == 0 || l == (void *)1);
	for (int i = 0; r == 0 && i < contain_ns_limits_count(l); i++) {
		const char *name = contain_ns_limits_name(l, i);
		int64_t n = contain_ns_limits_used(l, i), most = 0;

		for (size_t k = 0; k < sizeof(there) / sizeof(there[0]); k++)
			if (!strcmp(name, there[k].name))
				most = there[k].most;
		T_CHECK(n == -ENOENT || n <= most || strstr(name, "net") || strstr(name, "mnt"),
			"%s: %s used %lld", what, name, (long long)n);
	}
	if (r == 0)
		contain_ns_limits_free(l);
	return r;
}

static const struct path {
	const char *name;
	int (*run)(const char *what);
} paths[] = {
	{ "inventory", run_take }, { "inventory-fds", run_fds }, { "get", run_get },
	{ "set", run_set },	   { "limits", run_limits },
};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

static int is_grave(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

static void one(const struct path *path, uint32_t k, long nr, int err, int *ret_failed)
{
	const char *call = fx_call_name(nr);
	const char *what = t_fmt("%s: call %u, %s: %s", path->name, k, call, fx_errno_name(err));
	struct t_state *state = t_state_take(STATE);
	char diff[2000];
	int r;

	if (!strcmp(call, "close")) { /* it is closed, whatever it answers */
		t_state_free(state);
		return;
	}
	fx_seam_reset();
	ct_seam->who = CT_SEAM_PARENT;
	ct_seam->at = k;
	ct_seam->err = err;
	ct_seam->action = CT_SEAM_FAIL;
	ct_seam->on = 1;
	r = path->run(what);
	ct_seam->on = 0;
	T_EXPECT(!is_grave(err) || r == err, "%s: %d", what, r);
	T_EXPECT(r == contain_error_code(error), "%s: %d, %s", what, r,
		 contain_error_message(error));
	*ret_failed += r != 0;
	contain_error_free(error);
	error = NULL;
	T_EXPECT(!t_state_diff(state, diff, sizeof(diff)), "%s: left behind:\n%s", what, diff);
	t_state_free(state);
}

static void all_positions(const struct path *path)
{
	static const int errs[] = { -ENOMEM, -EMFILE, -ENFILE, -EACCES, -EPERM, -ENOENT, -ESRCH,
				    -EIO,    -EINVAL, -ENOSYS };
	const size_t n = sizeof(errs) / sizeof(errs[0]);
	static int16_t nr[CT_SEAM_LOG];
	int cases = 0, failed = 0;
	uint32_t calls;

	fx_seam_reset();
	ct_seam->on = 1;
	ck_assert_int_eq(path->run("without a fault"), 0);
	calls = ct_seam->logged < CT_SEAM_LOG ? ct_seam->logged : CT_SEAM_LOG;
	for (uint32_t i = 0; i < calls; i++)
		nr[i] = ct_seam->log[i].nr;
	for (uint32_t k = 0; k < calls; k += t_guest() ? 5 : 1)
		for (size_t i = 0; i < n; i++)
			if (t_sample(1, 0) || i == 0 || i == 3 + k % (n - 3)) {
				one(path, k + 1, nr[k], errs[i], &failed);
				cases++;
			}
	t_note("%s: %u calls, %d cases: %d failed", path->name, calls, cases, failed);
	T_CHECK(failed > 0);
}

static void fault_world(void)
{
	const char *pin = t_fmt("%s/pin", t_tmpdir());
	int fd;

	tl_user_namespace(0);
	tl_put(0, CLONE_NEWUTS);
	if (!fork()) {
		tl_user_namespace(0);
		T_SYS(unshare(CLONE_NEWNET));
		fd = inotify_init1(IN_CLOEXEC);
		T_SYS(inotify_add_watch(fd, "/", IN_CREATE));
		tl_stay(1);
	}
	tl_await(1);
	T_SYS(inotify_init1(IN_CLOEXEC));
	T_SYS(open(t_fmt("/proc/%d/ns/uts", tl->pid[0]), O_RDONLY | O_CLOEXEC));
	T_SYS(unshare(CLONE_NEWNS));
	t_write_file(pin, "");
	T_SYS(mount(t_fmt("/proc/%d/ns/net", tl->pid[1]), pin, NULL, MS_BIND, NULL));
	whole = tl_take(0, CONTAIN_INVENTORY_FDS);
	fx_seam_open();
	for (size_t i = 0; i < PATHS; i++)
		all_positions(&paths[i]);
}

TEST_LIMIT(root, 120)
{
	t_need_root();
	tl_world(fault_world);
}

static int as_user(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	tl_world(fault_world);
	return 0;
}

TEST_LIMIT(user, 120)
{
	t_need_userns();
	t_as_user(as_user, NULL);
}
