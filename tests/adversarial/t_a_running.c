/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts of a container that runs, and fights: it stalks who comes in (A14), it exchanges names
 * under them (A03), it mounts over what they look for, it kills and stops all that it sees.
 */
#include "canary.h"
#include "fixture.h"
#include "t_ns.h"

#include "sys/uapi.h"

#include <contain/container_mount.h>
#include <dirent.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

static void target(struct ts *t, const char *words)
{
	ts_dir(t, 0);
	t_state_free(t->state); /* what is traced or killed looks another way */
	t->state = NULL;
	container_spec_set_capabilities(t->spec, ts_caps());
	ts_words(t, words);
}

static const char *in(const struct ts *t, const char *path)
{
	return t_fmt("/proc/%d/root%s", container_pid(t->c), path);
}

/* ---- A14: those inside look at who joins ---- */

/* The kernel says yes and does not do it. */
static int careless(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	*ret = 0;
	return who != CT_SEAM_PARENT && nr == SYS_prctl && args[0] == PR_SET_DUMPABLE;
}

static int caught(int hide, int rounds)
{
	struct ts t;
	int n = 0;

	target(&t, "stalk");
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	/* the ids are the caller's, so that no change of ids hides the child by itself */
	container_spec_add_uid_range(t.spec, 0, 0, 65536);
	container_spec_add_gid_range(t.spec, 0, 0, 65536);
	ts_start(&t);
	ts_wait_for(&t, "stalking\n");
	if (!hide)
		tn_fake(careless);
	for (int i = 0; i < rounds; i++) {
		contain_error *e = NULL;
		/* joins all namespaces, the pid namespace too: it is seen by everybody inside */
		int r = container_mount_new(t.c, "tmpfs", NULL, "/mnt", 0, &e);

		T_CHECK(r == 0 || !hide, "%s", contain_error_message(e));
		contain_error_free(e);
		if (r == 0)
			container_mount_detach(t.c, "/mnt", CONTAIN_DETACH_LAZY, NULL);
	}
	tn_fake(NULL);
	for (const char *at = ts_text(&t); (at = strstr(at, "caught")); at++)
		n++;
	ts_kill(&t);
	return n;
}

TEST_LIMIT(a14_nobody_looks_at_who_joins, 120)
{
	int rounds = ts_rounds(10000, 400, 40), looked;

	t_need_root();
	looked = caught(0, rounds);
	T_CHECK(looked > 0, "nobody is caught who does not hide: this proves nothing");
	ck_assert_int_eq(caught(1, rounds), 0);
	t_note("%d mounts: none caught; without hiding %d times", rounds, looked);
}

/* ---- what it brings along ---- */

#define FDS_MAX 64

struct held {
	int n, fd[FDS_MAX], dumpable, uid;
	char comm[64];
};
static struct held *held;

/* In the child, at its first call inside: its fds, by name in the caller's own table. */
static int look_at_fds(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)args;
	(void)ret;
	if (who == CT_SEAM_CHILD && nr == SYS_setns && !held->n) {
		for (int fd = 0; fd < 4096 && held->n < FDS_MAX; fd++)
			if (fcntl(fd, F_GETFD) >= 0)
				held->fd[held->n++] = fd;
		held->dumpable = prctl(PR_GET_DUMPABLE);
	}
	return 0;
}

/* Whatever the caller has open: the child has the mount, the namespaces and the caller's pidfd. */
TEST(a13_nothing_else_is_brought_along)
{
	contain_error *e = NULL;
	struct ts t;
	int mnt, first = 0;

	t_need_root();
	held = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	T_CHECK(held != MAP_FAILED);
	target(&t, "sleep");
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	for (int i = 0; i < 1000; i++) {
		int fd = open("/", O_RDONLY | O_DIRECTORY); /* without O_CLOEXEC */

		T_SYS(fd);
		first = first ? first : fd;
	}
	mnt = contain_mount_new_tmpfs(0, 0, 0755, 0, &e);
	tn_fine(mnt, e);
	tn_fake(look_at_fds);
	tn_fine(container_mount_attach(t.c, mnt, "/mnt", 0, &e), e);
	tn_fake(NULL);
	T_CHECK(held->n >= 3 && held->n <= 4, "%d", held->n);
	ck_assert_int_eq(held->dumpable, 0);
	for (int i = 0; i < held->n; i++)
		T_CHECK(held->fd[i] < first || held->fd[i] >= first + 1000,
			"fd %d of the caller is open inside", held->fd[i]);
	for (int i = 0; i < 1000; i++)
		close(first + i);
	close(mnt);
	munmap(held, 4096);
	ts_kill(&t);
}

/* ---- A03: names are exchanged ---- */

static const char *canary_path;
static int dir_fd;

/* In the container's root: "way" is a directory, and then a symlink to the host's canary. */
static int exchange(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		syscall(SYS_renameat2, dir_fd, "way", dir_fd, "link", RENAME_EXCHANGE);
	return 0;
}

static pid_t attacker(int (*fn)(void *))
{
	pid_t pid = fork();

	T_SYS(pid);
	if (!pid)
		_exit(fn(NULL));
	return pid;
}

static void end_attacker(pid_t pid)
{
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

/* What the host did before there was a better way: from outside, by a path of the container's. */
static int naive_bind(const struct ts *t, const char *source)
{
	const char *path = in(t, "/mnt/way/dir");
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), mnt, r;

	if (fd < 0)
		return -errno;
	mnt = (int)syscall(SYS_open_tree, AT_FDCWD, source, OPEN_TREE_CLONE | O_CLOEXEC);
	r = (int)syscall(SYS_move_mount, mnt, "", fd, "", 4 | 0x40);
	r = r ? -errno : 0;
	close(mnt);
	close(fd);
	return r;
}

static int is_bound(const char *dir)
{
	return access(t_fmt("%s/mark", dir), F_OK) == 0;
}

/* In the container's root: a way that is there, and another one, to the host. */
static void make_ways(const struct ts *t)
{
	dir_fd = open(in(t, "/mnt"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	T_SYS(dir_fd);
	T_SYS(mkdirat(dir_fd, "way", 0755));
	T_SYS(mkdirat(dir_fd, "way/dir", 0755));
	T_SYS(symlinkat(canary_path, dir_fd, "link"));
}

/* One bind; done or refused for the reasons that there are. */
static int bind_once(const struct ts *t, const char *source)
{
	contain_error *e = NULL;
	int r = container_mount_bind(t->c, AT_FDCWD, source, "/mnt/way/dir", 0, &e);

	T_CHECK(r == 0 || r == -EAGAIN || r == -ENOENT || r == -ENOTDIR || r == -ELOOP, "%s",
		contain_error_message(e));
	contain_error_free(e);
	return r == 0;
}

static void clear_ways(const struct ts *t)
{
	while (container_mount_detach(t->c, "/mnt/way/dir", CONTAIN_DETACH_LAZY, NULL) == 0)
		;
}

TEST_LIMIT(a03_names_are_exchanged, 200)
{
	const int rounds = ts_rounds(20000, 600, 60);
	int done = 0, escapes = 0, wrong = 0;
	const char *source, *canary_dir;
	struct h_canary *canary;
	struct ts t;
	pid_t pid;

	t_need_root();
	canary = h_new();
	canary_path = h_tree(canary);
	canary_dir = t_fmt("%s/dir", canary_path);
	source = t_fmt("%s/source", t_tmpdir());
	T_SYS(mkdir(source, 0755));
	t_write_file(t_fmt("%s/mark", source), "x");
	target(&t, "sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	make_ways(&t);
	/* the lawful use: without the attack it works each time */
	T_CHECK(bind_once(&t, source) && is_bound(in(&t, "/mnt/way/dir")));
	clear_ways(&t);
	pid = attacker(exchange);
	for (int i = 0; i < rounds; i++) {
		done += bind_once(&t, source);
		wrong += is_bound(canary_dir);
		if (i % 16 == 15)
			clear_ways(&t);
	}
	h_check(canary);
	ck_assert_int_eq(wrong, 0);
	T_CHECK(done > 0, "none of %d was done", rounds);
	/* the naive way falls */
	for (int i = 0; i < 20000 && !escapes; i++) {
		naive_bind(&t, source);
		escapes += is_bound(canary_dir);
	}
	end_attacker(pid);
	T_CHECK(escapes, "the naive way held: this proves nothing");
	T_SYS(syscall(SYS_umount2, canary_dir, MNT_DETACH));
	close(dir_fd);
	ts_kill(&t);
	h_forget(canary);
	h_free(canary);
	t_note("%d binds: %d done, none on the host", rounds, done);
}

/* A symlink to a place of the host, which is there: inside it is nothing, or something else. */
TEST(a01_the_target_is_a_symlink)
{
	static const char *const targets[] = { "/mnt/absolute/dir", "/mnt/up/dir", "/mnt/magic/dir",
					       "/mnt/chain/dir" };
	struct h_canary *canary;
	struct ts t;

	t_need_root();
	canary = h_new();
	target(&t, "sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	T_SYS(symlink(h_tree(canary), in(&t, "/mnt/absolute")));
	T_SYS(symlink(t_fmt("../../../../../../../..%s", h_tree(canary)), in(&t, "/mnt/up")));
	T_SYS(symlink(t_fmt("/proc/1/root%s", h_tree(canary)), in(&t, "/mnt/magic")));
	T_SYS(symlink("chain1", in(&t, "/mnt/chain")));
	for (int i = 1; i < 10; i++)
		T_SYS(symlink(t_fmt("chain%d", i + 1), in(&t, t_fmt("/mnt/chain%d", i))));
	T_SYS(symlink(h_tree(canary), in(&t, "/mnt/chain10")));
	for (int i = 0; i < 4; i++) {
		contain_error *err = NULL;
		int r = container_mount_new(t.c, "tmpfs", NULL, targets[i], 0, &err);

		/* made inside, where the path of the host leads to there; magic links do not */
		T_CHECK(i == 2 ? r == -ELOOP : r == 0 || r == -ENOENT || r == -ENOTDIR, "%s: %s",
			targets[i], contain_error_message(err));
		contain_error_free(err);
		err = NULL;
		r = container_mount_set_attributes(t.c, t_fmt("%s/none", targets[i]), 1, 0, 0,
						   &err);
		T_CHECK(r == -ENOENT || (i == 2 && r == -ELOOP), "%s: %s", targets[i],
			contain_error_message(err));
		contain_error_free(err);
	}
	h_check(canary);
	ts_kill(&t);
	h_free(canary);
}

/* ---- mounts come and go on the target ---- */

static int mounts_over(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int mnt = contain_mount_new_tmpfs(0, 0, 0755, 0, NULL);

		if (mnt >= 0 && contain_mount_attach(mnt, AT_FDCWD, "/mnt", 0, NULL) == 0) {
			mkdir("/mnt/a", 0755);
			contain_mount_detach(AT_FDCWD, "/mnt", CONTAIN_DETACH_LAZY, NULL);
		}
		if (mnt >= 0)
			close(mnt);
		unlink("/mnt/a");
		rmdir("/mnt/a");
		symlink("/proc/self/cwd", "/mnt/a");
	}
	return 0;
}

TEST_LIMIT(mounted_over_meanwhile, 120)
{
	const int rounds = ts_rounds(10000, 400, 40);
	contain_ns_child *c = NULL;
	contain_error *e = NULL;
	struct t_state *state;
	int done = 0, fds[2];
	struct ts t;

	t_need_root();
	target(&t, "sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	fds[0] = contain_ns_open(container_pidfd(t.c), CONTAIN_NS_MNT, NULL);
	T_SYS(fds[0]);
	tn_fine(contain_ns_child_start(0, fds, 1, NULL, NULL, mounts_over, NULL, &c, &e), e);
	state = t_state_take(T_FDS | T_CHILDREN | T_MOUNTS | T_SIGNALS | T_SELF | T_NS);
	for (int i = 0; i < rounds; i++) {
		int r = container_mount_new(t.c, "tmpfs", NULL, "/mnt/a/b", 0, &e);

		T_CHECK(r == 0 || contain_error_code(e) == r, "%d: %s", r,
			contain_error_message(e));
		done += r == 0;
		contain_error_free(e);
		e = NULL;
		r = container_mount_detach(t.c, "/mnt/a/b", CONTAIN_DETACH_LAZY, &e);
		T_CHECK(r == 0 || contain_error_code(e) == r, "%d: %s", r,
			contain_error_message(e));
		contain_error_free(e);
		e = NULL;
	}
	t_state_check(state);
	tn_end(c);
	close(fds[0]);
	T_CHECK(done > 0);
	t_note("%d of %d done", done, rounds);
	ts_kill(&t);
}

/* ---- who comes in is killed, and stopped ---- */

static int sig;

static int kills_all(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		kill(-1, sig); /* all of the pid namespace but process 1 and this one */
	return 0;
}

static contain_ns_child *killer(const struct ts *t, int signal_)
{
	contain_ns_child *c = NULL;
	contain_error *e = NULL;
	int fd = contain_ns_open(container_pidfd(t->c), CONTAIN_NS_PID, NULL);

	T_SYS(fd);
	sig = signal_;
	tn_fine(contain_ns_child_start(0, &fd, 1, NULL, NULL, kills_all, NULL, &c, &e), e);
	close(fd);
	return c;
}

TEST_LIMIT(killed_inside, 120)
{
	const int rounds = ts_rounds(5000, 300, 40);
	contain_ns_child *c;
	struct t_state *state;
	int killed = 0;
	struct ts t;

	t_need_root();
	target(&t, "sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	c = killer(&t, SIGKILL);
	state = t_state_take(T_FDS | T_CHILDREN | T_MOUNTS | T_SIGNALS | T_SELF | T_NS);
	for (int i = 0; i < rounds; i++) {
		contain_error *e = NULL, *e2 = NULL;
		int r = container_mount_new(t.c, "tmpfs", NULL, "/mnt", 0, &e);

		T_CHECK(r == 0 || (r == -ECANCELED && strstr(contain_error_hint(e), "was killed")),
			"%d: %s", r, contain_error_message(e));
		contain_error_free(e);
		killed += r < 0;
		if (r == 0)
			container_mount_detach(t.c, "/mnt", CONTAIN_DETACH_LAZY, NULL);
		/* what stays outside of its pid namespace is out of reach */
		tn_fine(container_mount_bind(t.c, AT_FDCWD, "/etc", "/mnt", 0, &e2), e2);
		tn_fine(container_mount_detach(t.c, "/mnt", CONTAIN_DETACH_LAZY, &e2), e2);
	}
	t_state_check(state);
	T_CHECK(killed > 0, "nobody was killed: this proves nothing");
	t_note("%d of %d were killed", killed, rounds);
	tn_end(c);
	ts_kill(&t);
}

TEST_LIMIT(stopped_inside, 120)
{
	contain_ns_child *c;
	struct t_state *state;
	int stopped = 0;
	struct ts t;

	t_need_root();
	target(&t, "sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	c = killer(&t, SIGSTOP);
	state = t_state_take(T_FDS | T_CHILDREN | T_MOUNTS | T_SIGNALS | T_SELF | T_NS);
	for (int i = 0; i < 200 && !stopped; i++) {
		contain_error *e = NULL;
		int r = container_mount_new(t.c, "tmpfs", NULL, "/mnt", 0, &e);

		T_CHECK(r == 0 || r == -ETIMEDOUT, "%d: %s", r, contain_error_message(e));
		contain_error_free(e);
		stopped += r < 0;
	}
	T_CHECK(stopped > 0, "nobody was stopped: this proves nothing");
	t_state_check(state);
	tn_end(c);
	ts_kill(&t);
}
