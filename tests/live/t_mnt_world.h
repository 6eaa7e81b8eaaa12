/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small world of mounts, and what is expected of it: who is in which peer group, who is whose
 * slave, and where a mount that is made at one place appears.
 *
 *	mw_enter();			a mount namespace of the test's own, all of it private
 *	mw_fs("A");			mounts a tmpfs
 *	mw_set("A", CONTAIN_PROPAGATION_SHARED);
 *	mw_bind("A", "C");
 *	mw_want("A", "a");		its peer group is called a here
 *	mw_want("C", "a");		the same one: "g" shared, ":m" slave of m, "g:m" both, "u"
 *					unbindable, "" private
 *	mw_check("what");		as mountinfo tells it; nothing else is mounted; and a mount
 *					at each of them appears exactly where the letters say
 *
 * mountinfo is read by code of the tests' own, and where events go is computed from the letters
 * alone: neither asks the library or the kernel's numbers.
 */
#ifndef T_MNT_WORLD_H
#define T_MNT_WORLD_H

#include "t_ns.h"

#include <contain/mount.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#define MW_MOUNTS 512
#define MW_WANTS 48
#define MW_NS 2

struct mw_mount {
	int id, parent, unbindable;
	unsigned int shared, master;
	char point[512], root[256], options[128];
};

struct mw_table {
	int n;
	struct mw_mount m[MW_MOUNTS];
};

struct mw_want {
	int ns;		/* 0: this process, 1: the other one */
	char name[64];	/* below mw.base; a name that begins with '/' is absolute */
	char state[32];
	char group[16], master[16]; /* out of state */
};

static struct {
	const char *base;
	int n;
	struct mw_want want[MW_WANTS];
	struct mw_table table[MW_NS];
	/* a second mount namespace: a process that mounts there when it is told to */
	pid_t other;
	int to, from;
} mw;

/* ---- the world ---- */

static inline const char *mw_path(const char *name)
{
	return *name == '/' ? name : t_fmt("%s/%s", mw.base, name);
}

static inline void mw_enter(void)
{
	contain_error *e = NULL;
	unsigned int uid = geteuid(), gid = getegid();

	mw.base = t_tmpdir();
	tn_fine(contain_ns_unshare(tn_with(CONTAIN_NS_MNT), &e), e);
	if (uid)
		tn_fine(contain_ns_map_self(0, 0, uid, gid, &e), e);
	tn_fine(contain_mount_set_propagation(AT_FDCWD, "/", CONTAIN_PROPAGATION_PRIVATE, 1, &e),
		e);
	tn_fine(contain_mount_tmpfs(AT_FDCWD, mw.base, 0, 0755, 0, &e), e);
}

static inline void mw_mkdir(const char *name)
{
	if (mkdir(mw_path(name), 0755))
		T_CHECK(errno == EEXIST, "%s: %m", name);
}

/* Room for mounts: ev, b and sub. */
static inline void mw_prepare(const char *name)
{
	mw_mkdir(t_fmt("%s/ev", name));
	mw_mkdir(t_fmt("%s/b", name));
	mw_mkdir(t_fmt("%s/sub", name));
	mw_mkdir(t_fmt("%s/sub/ev", name));
	mw_mkdir(t_fmt("%s/sub/b", name));
}

/* A file system of its own. */
static inline void mw_fs(const char *name)
{
	contain_error *e = NULL;

	mw_mkdir(name);
	tn_fine(contain_mount_tmpfs(AT_FDCWD, mw_path(name), 1 << 20, 0755, 0, &e), e);
	mw_prepare(name);
}

static inline int mw_try_bind(const char *from, const char *to)
{
	return contain_mount_bind(AT_FDCWD, mw_path(from), AT_FDCWD, mw_path(to), 0, NULL);
}

static inline void mw_bind(const char *from, const char *to)
{
	contain_error *e = NULL;

	mw_mkdir(to);
	tn_fine(contain_mount_bind(AT_FDCWD, mw_path(from), AT_FDCWD, mw_path(to), 0, &e), e);
}

static inline int mw_try_move(const char *from, const char *to)
{
	return contain_mount_move(AT_FDCWD, mw_path(from), AT_FDCWD, mw_path(to), 0, NULL);
}

static inline void mw_set(const char *name, uint32_t propagation)
{
	contain_error *e = NULL;

	tn_fine(contain_mount_set_propagation(AT_FDCWD, mw_path(name), propagation, 0, &e), e);
}

static inline void mw_umount(const char *name)
{
	contain_error *e = NULL;

	tn_fine(contain_mount_detach(AT_FDCWD, mw_path(name), 0, &e), e);
}

/* ---- what is expected ---- */

static inline void mw_want_in(int ns, const char *name, const char *state)
{
	struct mw_want *w = NULL;
	const char *colon = strchr(state, ':');

	for (int i = 0; i < mw.n; i++)
		if (mw.want[i].ns == ns && !strcmp(mw.want[i].name, name))
			w = &mw.want[i];
	if (!w) {
		T_CHECK(mw.n < MW_WANTS);
		w = &mw.want[mw.n++];
	}
	memset(w, 0, sizeof(*w));
	w->ns = ns;
	snprintf(w->name, sizeof(w->name), "%s", name);
	snprintf(w->state, sizeof(w->state), "%s", state);
	if (!strcmp(state, "u"))
		return;
	snprintf(w->group, sizeof(w->group), "%.*s", (int)strcspn(state, ":"), state);
	snprintf(w->master, sizeof(w->master), "%s", colon ? colon + 1 : "");
}

static inline void mw_want(const char *name, const char *state)
{
	mw_want_in(0, name, state);
}

/* It is not mounted (any more). */
static inline void mw_gone(const char *name)
{
	for (int i = 0; i < mw.n; i++)
		if (!mw.want[i].ns && !strcmp(mw.want[i].name, name)) {
			mw.want[i] = mw.want[--mw.n];
			return;
		}
	T_FAIL("%s was not expected", name);
}

/* ---- mountinfo ---- */

static inline int mw_parse(char *line, struct mw_mount *m)
{
	char *dash = strstr(line, " - "), *at;

	memset(m, 0, sizeof(*m));
	if (!dash || sscanf(line, "%d %d %*s %255s %511s %127s", &m->id, &m->parent, m->root,
			    m->point, m->options) != 5)
		return 0;
	*dash = 0;
	if ((at = strstr(line, " shared:")))
		m->shared = (unsigned int)atoi(at + 8);
	if ((at = strstr(line, " master:")))
		m->master = (unsigned int)atoi(at + 8);
	m->unbindable = strstr(line, " unbindable") != NULL;
	return 1;
}

/* The mounts below the world. */
static inline void mw_read(const char *who, struct mw_table *t)
{
	FILE *file = fopen(t_fmt("/proc/%s/mountinfo", who), "re");
	size_t size = 0, n = strlen(mw.base);
	char *line = NULL;

	T_CHECK(file, "%s: %m", who);
	t->n = 0;
	while (getline(&line, &size, file) > 0) {
		struct mw_mount m;

		T_CHECK(mw_parse(line, &m), "%s", line);
		if (strncmp(m.point, mw.base, n) || m.point[n] != '/')
			continue;
		T_CHECK(t->n < MW_MOUNTS);
		t->m[t->n++] = m;
	}
	free(line);
	fclose(file);
}

static inline void mw_read_all(void)
{
	mw_read("thread-self", &mw.table[0]);
	mw.table[1].n = 0;
	if (mw.other)
		mw_read(t_fmt("%d", mw.other), &mw.table[1]);
}

static inline const struct mw_mount *mw_at(const struct mw_table *t, const char *path, int *ret_n)
{
	const struct mw_mount *found = NULL;

	*ret_n = 0;
	for (int i = 0; i < t->n; i++)
		if (!strcmp(t->m[i].point, path)) {
			found = &t->m[i];
			++*ret_n;
		}
	return found;
}

/* The only mount at that place. */
static inline const struct mw_mount *mw_find(int ns, const char *name, const char *what)
{
	int n;
	const struct mw_mount *m = mw_at(&mw.table[ns], mw_path(name), &n);

	T_CHECK(n == 1, "%s: %d mounts at %d %s", what, n, ns, name);
	return m;
}

/* ---- states ---- */

struct mw_letter {
	char letter[16];
	unsigned int number;
};

/* The same letter has to be the same number everywhere, another letter another number. */
static inline int mw_same(struct mw_letter *known, int *n, const char *letter, unsigned int number)
{
	if (!*letter != !number)
		return 0;
	for (int i = 0; i < *n && number; i++)
		if (!strcmp(known[i].letter, letter) || known[i].number == number)
			return !strcmp(known[i].letter, letter) && known[i].number == number;
	if (number) {
		snprintf(known[*n].letter, sizeof(known[*n].letter), "%s", letter);
		known[(*n)++].number = number;
	}
	return 1;
}

static inline void mw_check_states(const char *what)
{
	struct mw_letter known[2 * MW_WANTS];
	int n = 0, count[MW_NS] = { 0 };

	mw_read_all();
	for (int i = 0; i < mw.n; i++) {
		const struct mw_want *w = &mw.want[i];
		const struct mw_mount *m = mw_find(w->ns, w->name, what);

		count[w->ns]++;
		T_CHECK(mw_same(known, &n, w->group, m->shared) &&
				mw_same(known, &n, w->master, m->master) &&
				m->unbindable == !strcmp(w->state, "u"),
			"%s: %d %s has to be \"%s\", but is shared:%u master:%u%s", what, w->ns,
			w->name, w->state, m->shared, m->master,
			m->unbindable ? " unbindable" : "");
	}
	for (int i = 0; i < MW_NS; i++)
		T_CHECK(mw.table[i].n == count[i] || (i && !mw.other),
			"%s: %d mounts in %d, not %d", what, mw.table[i].n, i, count[i]);
}

/* ---- events ---- */

/*
 * Does a mount that is made at x appear at y: y is in the group of x, or in or below a group that
 * receives from it.
 */
static inline int mw_reaches(const struct mw_want *x, const struct mw_want *y)
{
	char fed[MW_WANTS][16];
	int n = 0;

	if (!*x->group)
		return 0;
	snprintf(fed[n++], sizeof(fed[0]), "%s", x->group);
	for (int at = 0; at < n; at++) {
		if (!strcmp(y->group, fed[at]) || !strcmp(y->master, fed[at]))
			return 1;
		for (int i = 0; i < mw.n && n < MW_WANTS; i++)
			if (!strcmp(mw.want[i].master, fed[at]) && *mw.want[i].group)
				snprintf(fed[n++], sizeof(fed[0]), "%s", mw.want[i].group);
	}
	return 0;
}

/* In the other namespace: 'm' mounts a tmpfs, 'u' unmounts; the answer is the errno. */
static inline int mw_other_does(char verb, const char *name)
{
	char line[600];
	int n = snprintf(line, sizeof(line), "%c%s", verb, mw_path(name)), err = 0;

	T_CHECK(write(mw.to, line, (size_t)n + 1) == n + 1);
	T_CHECK(read(mw.from, &err, sizeof(err)) == sizeof(err));
	return err;
}

static inline int mw_obey(char verb, const char *path)
{
	if (verb == 'm')
		return -contain_mount_tmpfs(AT_FDCWD, path, 1 << 20, 0755, 0, NULL);
	return -contain_mount_detach(AT_FDCWD, path, 0, NULL);
}

static inline void mw_event(const struct mw_want *x, char verb, const char *what)
{
	const char *name = t_fmt("%s/ev", x->name);
	int err = x->ns ? mw_other_does(verb, name) : mw_obey(verb, mw_path(name));

	T_CHECK(err == 0, "%s: %c at %d %s: %s", what, verb, x->ns, name, strerror(err));
}

static inline void mw_check_event(const struct mw_want *x, const char *what)
{
	int count[MW_NS] = { 0 };

	mw_event(x, 'm', what);
	mw_read_all();
	for (int i = 0; i < mw.n; i++) {
		const struct mw_want *y = &mw.want[i];
		int n, expected = y == x || mw_reaches(x, y);

		mw_at(&mw.table[y->ns], mw_path(t_fmt("%s/ev", y->name)), &n);
		T_CHECK(n == expected, "%s: a mount at %d %s was seen %d times, not %d, at %d %s",
			what, x->ns, x->name, n, expected, y->ns, y->name);
		count[y->ns] += 1 + expected;
	}
	for (int i = 0; i < MW_NS; i++)
		T_CHECK(mw.table[i].n == count[i] || (i && !mw.other),
			"%s: a mount at %d %s: %d mounts in %d, not %d", what, x->ns, x->name,
			mw.table[i].n, i, count[i]);
	mw_event(x, 'u', what);
}

/* States, then an event at each mount, then states again: nothing of the events is left. */
static inline void mw_check(const char *what)
{
	mw_check_states(what);
	for (int i = 0; i < mw.n; i++)
		mw_check_event(&mw.want[i], what);
	mw_check_states(what);
}

/* ---- another mount namespace ---- */

static inline void mw_serve(int from, int to)
{
	char line[600];
	ssize_t n;

	while ((n = read(from, line, sizeof(line) - 1)) > 0) {
		int err;

		line[n] = 0;
		err = mw_obey(*line, line + 1);
		if (write(to, &err, sizeof(err)) != sizeof(err))
			break;
	}
	_exit(0);
}

/* A child in a copy of this mount namespace; with_user: in a user namespace of its own, too. */
static inline void mw_other_start(int with_user)
{
	int down[2], up[2], err = 0;
	contain_error *e = NULL;

	T_SYS(pipe(down));
	T_SYS(pipe(up));
	mw.other = fork();
	T_SYS(mw.other);
	if (!mw.other) {
		close(down[1]);
		close(up[0]);
		tn_fine(contain_ns_unshare(CONTAIN_NS_MNT | (with_user ? CONTAIN_NS_USER : 0), &e),
			e);
		if (with_user)
			tn_fine(contain_ns_map_self(0, 0, 0, 0, &e), e);
		T_CHECK(write(up[1], &err, sizeof(err)) == sizeof(err));
		mw_serve(down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	mw.to = down[1];
	mw.from = up[0];
	T_CHECK(read(mw.from, &err, sizeof(err)) == sizeof(err));
}

static inline void mw_other_end(void)
{
	int status;

	close(mw.to);
	close(mw.from);
	T_SYS(waitpid(mw.other, &status, 0));
	T_CHECK(status == 0, "wait status %x", (unsigned int)status);
	mw.other = 0;
}

/* ---- a test in a world of its own, as root and as an ordinary user ---- */

#define WORLD(name_)                                                              \
	static void mw_world_##name_(void *arg);                                  \
	static int mw_apart_##name_(void *arg, void *rec)                         \
	{                                                                         \
		(void)rec;                                                        \
		mw_enter();                                                       \
		mw_world_##name_(arg);                                            \
		return 0;                                                         \
	}                                                                         \
	static void mw_run_##name_(void *arg)                                     \
	{                                                                         \
		int status = t_child(mw_apart_##name_, arg, NULL, 0);             \
                                                                                  \
		T_CHECK(status == 0, "wait status %x", (unsigned int)status);     \
	}                                                                         \
	static void mw_world_##name_(void *arg)

#endif
