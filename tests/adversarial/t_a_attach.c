/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The primitives that attach, move and detach mounts below a hostile root: A01 and A02 (symlinks
 * that lead to the canary) and A03 (a renaming attacker). As root, and as an ordinary user in
 * namespaces of his own; each with a naive reference, which joins strings, and falls.
 */
#include "t_a_attach.h"

/* ---- what is attacked: the library, and how it is done without it ---- */

struct way {
	const char *name;
	int naive;
	int (*attach)(int mnt, const char *target, int create);
	int (*move)(int mnt, const char *target);
	int (*detach)(const char *target);
};

static int attach(int mnt, const char *target, int create)
{
	return contain_mount_attach(mnt, root_fd, target, create ? CONTAIN_ATTACH_CREATE : 0,
				    NULL);
}

static int move(int mnt, const char *target)
{
	return contain_mount_move(mnt, "", root_fd, target, 0, NULL);
}

static int detach(const char *target)
{
	return contain_mount_detach(root_fd, target, CONTAIN_DETACH_LAZY, NULL);
}

static int naive_attach(int mnt, const char *target, int create)
{
	const char *path = t_fmt("%s/%s", evil, target);

	if (create && system(t_fmt("mkdir -p '%s'", path)))
		return -errno;
	return syscall(SYS_move_mount, mnt, "", AT_FDCWD, path,
		       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) ? -errno : 0;
}

static int naive_move(int mnt, const char *target)
{
	return naive_attach(mnt, target, 0);
}

static int naive_detach(const char *target)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", evil, target);
	return umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) ? -errno : 0;
}

static const struct way library = { "library", 0, attach, move, detach };
static const struct way naive = { "naive", 1, naive_attach, naive_move, naive_detach };

/* ---- A01, A02: links that stand still ---- */

/* Inside, under the name that the link has there, or an error: not out there. */
static int standing(const struct way *w)
{
	dev_t before = device(outside());
	int escapes = 0;

	for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
		int create = strstr(traps[i], "new") != NULL, mnt = new_tmpfs();
		int r = w->attach(mnt, traps[i], create);
		int out = device(outside()) != before ||
			  access(t_fmt("%s/dir/new", h_tree(canary)), F_OK) == 0;

		T_CHECK(w->naive || r == 0, "%s: %d", traps[i], r);
		T_CHECK(w->naive || r < 0 ||
				device(t_fmt("%s%s/dir/%s", evil, h_tree(canary),
					     create ? "new/deep" : "sub")) !=
					device(evil),
			"%s: it is not inside", traps[i]);
		escapes += out;
		if (r == 0)
			ck_assert_int_eq(w->naive ? umount2(t_fmt("%s/%s", evil, traps[i]),
							    MNT_DETACH) :
						    w->detach(traps[i]), 0);
		close(mnt);
	}
	return escapes;
}

static int standing_library(void *arg, void *rec)
{
	(void)arg;
	(void)rec;
	enter();
	open_root();
	ck_assert_int_eq(standing(&library), 0);
	return 0;
}

TEST(a01_a02_links_to_the_canary)
{
	set_up();
	t_as_user(standing_library, NULL);
	ck_assert_int_eq(t_child(standing_library, NULL, NULL, 0), 0);
	tear_down();
}

TEST(a01_a02_naive)
{
	int escapes;

	set_up();
	escapes = standing(&naive);
	t_note("%d escapes in %zu", escapes, sizeof(traps) / sizeof(traps[0]));
	T_CHECK(escapes >= 5, "%d: this proves nothing", escapes);
	h_free(canary);
}

/* ---- A03: a thread that exchanges race and a link ---- */

struct race {
	const struct way *way;
	const char *with;
	long tries;
	int calm;
	int (*attempt)(const struct way *w, long i, void *arg); /* 1: escaped */
	void *arg;
	long done, escapes, errors[4096];
};

static void run_race(struct race *race)
{
	struct racer racer = { .calm = race->calm };
	pthread_t thread;

	snprintf(racer.one, sizeof(racer.one), "%s/race", evil);
	snprintf(racer.two, sizeof(racer.two), "%s/%s", evil, race->with);
	T_CHECK(pthread_create(&thread, NULL, exchange, &racer) == 0);
	/* on a busy machine the other thread may have to be waited for */
	for (long i = 0; !race->escapes && (i < race->tries || (rounds_of(&racer) <= 100 &&
								i < 100 * race->tries));
	     i++, race->done++)
		race->escapes += race->attempt(race->way, i, race->arg);
	__atomic_store_n(&racer.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	T_CHECK(race->escapes || racer.rounds > 100, "the racer did not race");
	if (racer.rounds % 2) /* as it was */
		syscall(SYS_renameat2, AT_FDCWD, racer.one, AT_FDCWD, racer.two, 2);
}

/* A mount that stands in the root is moved to where a link may be. */
struct moved {
	int mnt;
	dev_t outside, inside;
	const char *outside_path, *inside_path; /* where the link leads, and where in the root */
	long ok, refused, by_link;
};


static int move_once(const struct way *w, long i, void *arg)
{
	struct moved *m = arg;
	int r = w->move(m->mnt, i % 2 ? "home" : "race/sub");

	m->ok += r == 0;
	m->refused += r < 0;
	if (!w->naive && !(i % 2))
		m->by_link += device(m->inside_path) != m->inside;
	/* what it looks like while names are exchanged; it lies in itself: it is there already */
	T_CHECK(w->naive || r == 0 || r == -EAGAIN || r == -ENOENT || r == -ENOTDIR || r == -ELOOP,
		"%d: %s", r, strerror(-r));
	return device(m->outside_path) != m->outside;
}

static void moves(const struct way *w, long tries, struct moved *m, long *ret_done)
{
	m->mnt = new_tmpfs();
	m->outside_path = outside();
	m->inside_path = t_fmt("%s%s", evil, outside());
	m->outside = device(m->outside_path);
	m->inside = device(m->inside_path);
	mkdir(t_fmt("%s/home", evil), 0755);
	ck_assert_int_eq(w->attach(m->mnt, "home", 0), 0);
	*ret_done = 0;
	for (int way = 0; way < 4; way++) {
		struct race race = { .way = w, .with = way & 1 ? "abs" : "rel", .calm = way >> 1,
				     .tries = tries / 4, .attempt = move_once, .arg = m };

		run_race(&race);
		*ret_done += race.done;
		if (race.escapes) {
			T_CHECK(w->naive, "escaped to the canary in attempt %ld", race.done);
			m->ok = -1;
			break;
		}
	}
	close(m->mnt);
}

static int moves_library(void *arg, void *rec)
{
	struct moved m = { 0 };
	long done;

	(void)arg;
	(void)rec;
	enter();
	open_root();
	moves(&library, t_guest() ? 1000 : t_sample(1000000, 100000), &m, &done);
	t_note("%ld moves: %ld there, %ld of them by the link; %ld refused", done, m.ok, m.by_link,
	       m.refused);
	T_CHECK(m.ok > done / 4 && m.by_link > done / 1000, "%ld, %ld of %ld", m.ok, m.by_link,
		done);
	return 0;
}

TEST_LIMIT(a03_moved_by_root, 300)
{
	set_up();
	ck_assert_int_eq(t_child(moves_library, NULL, NULL, 0), 0);
	tear_down();
}

TEST_LIMIT(a03_moved_by_a_user, 300)
{
	t_need_userns();
	set_up();
	t_as_user(moves_library, NULL);
	tear_down();
}

TEST_LIMIT(a03_naive_moves, 120)
{
	struct moved m = { 0 };
	long done;

	set_up();
	moves(&naive, 100000, &m, &done);
	t_note("escaped in move %ld", done);
	T_CHECK(m.ok == -1, "%ld moves: this proves nothing", done);
	h_free(canary);
}

/* A new mount, whose mount point is missing: it is made, inside. */
static int attach_once(const struct way *w, long i, void *arg)
{
	dev_t *before = arg;
	char target[64];
	int mnt = new_tmpfs(), r;

	if (i % 2)
		snprintf(target, sizeof(target), "race/new-%ld/deep", i);
	else
		snprintf(target, sizeof(target), "race/sub");
	r = w->attach(mnt, target, (int)(i % 2));
	close(mnt);
	if (r == 0 && !w->naive)
		w->detach(target); /* or not: its name may be elsewhere by now */
	return device(outside()) != *before ||
	       access(t_fmt("%s/dir/new-%ld", h_tree(canary), i), F_OK) == 0;
}

static int attaches_library(void *arg, void *rec)
{
	dev_t before;

	(void)arg;
	(void)rec;
	enter();
	open_root();
	before = device(outside());
	for (int way = 0; way < 4; way++) {
		struct race race = { .way = &library, .with = way & 1 ? "abs" : "rel",
				     .tries = t_guest() ? 100 : t_sample(25000, 1000),
				     .calm = way >> 1, .attempt = attach_once, .arg = &before };

		run_race(&race);
		T_CHECK(!race.escapes, "escaped to the canary in attempt %ld", race.done);
		umount2(t_fmt("%s/race/sub", evil), MNT_DETACH);
	}
	return 0;
}

TEST_LIMIT(a03_attached_by_root, 300)
{
	set_up();
	ck_assert_int_eq(t_child(attaches_library, NULL, NULL, 0), 0);
	tear_down();
}

TEST_LIMIT(a03_attached_by_a_user, 300)
{
	t_need_userns();
	set_up();
	t_as_user(attaches_library, NULL);
	tear_down();
}

TEST_LIMIT(a03_naive_attaches, 120)
{
	dev_t before;
	struct race race = { .way = &naive, .with = "abs", .tries = 2000, .calm = 1,
			     .attempt = attach_once, .arg = &before };

	set_up();
	before = device(outside());
	run_race(&race);
	t_note("escaped in attempt %ld", race.done);
	T_CHECK(race.escapes, "%ld attempts: this proves nothing", race.done);
	h_free(canary);
}

/* The host has something mounted where the link leads: that is what the attacker wants away. */
static int detach_once(const struct way *w, long i, void *arg)
{
	dev_t *precious = arg;
	int mnt = new_tmpfs();

	/* inside there is one, too, under either name; put there safely, also for the naive way */
	(void)i;
	attach(mnt, "race/sub", 0);
	close(mnt);
	w->detach("race/sub");
	w->detach("race/sub");
	return device(outside()) != *precious;
}

static void guard(dev_t *precious)
{
	int mnt = new_tmpfs();

	/* inside, where the link leads there: or the naive detach is refused too often */
	ck_assert_int_eq(syscall(SYS_move_mount, mnt, "", AT_FDCWD, outside(),
				 MOVE_MOUNT_F_EMPTY_PATH), 0);
	close(mnt);
	*precious = device(outside());
}

static int detaches_library(void *arg, void *rec)
{
	dev_t precious;

	(void)arg;
	(void)rec;
	enter();
	open_root();
	guard(&precious);
	for (int way = 0; way < 4; way++) {
		struct race race = { .way = &library, .with = way & 1 ? "abs" : "rel",
				     .tries = t_guest() ? 100 : t_sample(25000, 1000),
				     .calm = way >> 1, .attempt = detach_once, .arg = &precious };

		run_race(&race);
		T_CHECK(!race.escapes, "the host's mount went in attempt %ld", race.done);
	}
	return 0;
}

TEST_LIMIT(a03_detached_by_root, 300)
{
	set_up();
	ck_assert_int_eq(t_child(detaches_library, NULL, NULL, 0), 0);
	h_forget(canary); /* of the guard's own mount */
	h_free(canary);
}

TEST_LIMIT(a03_detached_by_a_user, 300)
{
	t_need_userns();
	set_up();
	t_as_user(detaches_library, NULL);
	tear_down();
}

TEST_LIMIT(a03_naive_detaches, 120)
{
	dev_t precious;
	struct race race = { .way = &naive, .with = "abs", .tries = 4000, .calm = 1,
			     .attempt = detach_once, .arg = &precious };

	set_up();
	open_root();
	guard(&precious);
	run_race(&race);
	t_note("the host's mount went in attempt %ld", race.done);
	T_CHECK(race.escapes, "%ld attempts: this proves nothing", race.done);
	h_free(canary);
}
