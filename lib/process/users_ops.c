/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * passwd(5) and group(5) of an image, which may be anything: a FIFO, a device, one line without an
 * end. No name service of the host or of the image has a say; what is read is bounded, and nothing
 * of it is kept but what was asked for.
 */
#include "identity.h"
#include "process.h"
#include "sys/path.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <sys/mman.h>

#define END (-1) /* of the file; errors are below */
#define NAME_FIELD 0
#define ID_FIELD 2
#define GID_FIELD 3
#define HOME_FIELD 5
#define MEMBERS_FIELD 3
#define ID_NONE 0xffffffffULL

struct reader {
	int fd;
	uint32_t at, n, total;
	unsigned char buf[4096];
};

/* One that is there before it is opened and after: what else a name leads to is not opened. */
static int open_file(struct reader *f, int root_fd, const char *path)
{
	struct stat before, st;
	int err, fd = ct_open_in_root(root_fd, path, O_PATH, 0);

	if (fd < 0)
		return fd;
	err = ct_sys_newfstatat(fd, "", &before, AT_EMPTY_PATH);
	ct_sys_close(fd);
	if (!err && !S_ISREG(before.st_mode))
		err = -EINVAL;
	if (!err && (uint64_t)before.st_size > CT_USER_FILE_MAX)
		err = -EFBIG;
	if (err < 0)
		return err;
	fd = ct_open_in_root(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return fd;
	err = ct_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (!err && (!S_ISREG(st.st_mode) || st.st_dev != before.st_dev ||
		     st.st_ino != before.st_ino))
		err = -EINVAL; /* exchanged meanwhile */
	if (err < 0) {
		ct_sys_close(fd);
		return err;
	}
	f->fd = fd;
	f->at = f->n = f->total = 0;
	return 0;
}

static int next(struct reader *f)
{
	if (f->at == f->n) {
		ssize_t n;

		do {
			n = ct_sys_read(f->fd, f->buf, sizeof(f->buf));
		} while (n == -EINTR);
		if (n <= 0)
			return n < 0 ? (int)n - 1 : END;
		f->total += (uint32_t)n;
		if (f->total > CT_USER_FILE_MAX) /* it grew, or says no size */
			return -EFBIG - 1;
		f->at = 0;
		f->n = (uint32_t)n;
	}
	return f->buf[f->at++];
}

/* A word that is compared while it is read. */
struct word {
	const char *want;
	uint32_t len, at;
	int differs;
};

static void word_start(struct word *w, const char *want, uint32_t len)
{
	w->want = want;
	w->len = len;
	w->at = 0;
	w->differs = !want;
}

static void word_put(struct word *w, int c)
{
	if (!w->differs && (w->at >= w->len || (unsigned char)w->want[w->at] != c))
		w->differs = 1;
	w->at++;
}

static int word_same(const struct word *w)
{
	return !w->differs && w->at == w->len;
}

/* ID_NONE: no id */
static void id_put(uint64_t *id, uint32_t *digits, int c)
{
	if (c < '0' || c > '9' || *id == ID_NONE) {
		*id = ID_NONE;
		return;
	}
	*id = *id * 10 + (uint64_t)(c - '0');
	++*digits;
	if (*id > ID_NONE)
		*id = ID_NONE;
}

/* ---- passwd ---- */

struct entry {
	uint32_t field, digits[2], name_len, home_len;
	uint64_t id[2];
	struct word name;
	char name_text[CT_USER_NAME_MAX + 1];
	char home[CT_USER_HOME_MAX];
	int home_bad;
};

static void entry_start(struct entry *e, const struct ct_user_query *q)
{
	e->field = e->digits[0] = e->digits[1] = e->name_len = e->home_len = 0;
	e->id[0] = e->id[1] = 0;
	e->home_bad = 0;
	word_start(&e->name, q->user, q->user_len);
}

static void entry_put(struct entry *e, int c)
{
	if (e->field == NAME_FIELD) {
		word_put(&e->name, c);
		if (e->name_len < CT_USER_NAME_MAX)
			e->name_text[e->name_len] = (char)c;
		e->name_len++;
	} else if (e->field == ID_FIELD || e->field == GID_FIELD) {
		id_put(&e->id[e->field - ID_FIELD], &e->digits[e->field - ID_FIELD], c);
	} else if (e->field == HOME_FIELD) {
		e->home_bad |= c < ' ' || c == 127 || e->home_len + 1 >= CT_USER_HOME_MAX;
		if (!e->home_bad)
			e->home[e->home_len++] = (char)c;
	}
}

/* 1: this is the one, 0: it is not, or -EINVAL with why. */
static int entry_end(const struct entry *e, const struct ct_user_query *q,
		     struct ct_user_found *found, int *why)
{
	int good[2];

	for (int i = 0; i < 2; i++)
		good[i] = e->digits[i] && e->id[i] < ID_NONE && e->field >= (unsigned)GID_FIELD;
	if (q->user ? !word_same(&e->name) : !good[0] || e->id[0] != (uint64_t)q->uid)
		return 0;
	if (!good[0] || !good[1]) {
		*why |= CT_USER_BAD_ENTRY;
		return -EINVAL;
	}
	if (q->home && (e->home_bad || !e->home_len || e->home[0] != '/')) {
		*why |= CT_USER_BAD_HOME;
		return -EINVAL;
	}
	found->uid = (uint32_t)e->id[0];
	found->gid = (uint32_t)e->id[1];
	if (e->name_len <= CT_USER_NAME_MAX) {
		ct_copy(found->name, e->name_text, e->name_len);
		found->name[e->name_len] = 0;
	}
	if (!e->home_bad) {
		ct_copy(found->home, e->home, e->home_len);
		found->home[e->home_len] = 0;
	}
	return 1;
}

static int read_passwd(struct reader *f, const struct ct_user_query *q,
		       struct ct_user_found *found, int *why)
{
	struct entry e;
	int c;

	entry_start(&e, q);
	do {
		c = next(f);
		if (c == '\n' || c == END) {
			int r = entry_end(&e, q, found, why);

			if (r)
				return r;
			entry_start(&e, q);
		} else if (c == ':') {
			e.field++;
		} else if (c >= 0) {
			entry_put(&e, c);
		}
	} while (c >= 0);
	return c == END ? 0 : c + 1;
}

/* ---- group ---- */

struct line {
	uint32_t field, digits;
	uint64_t id;
	struct word name, member;
	int is_member;
};

static void line_start(struct line *l, const struct ct_user_query *q,
		       const struct ct_user_found *found)
{
	l->field = l->digits = 0;
	l->id = 0;
	l->is_member = 0;
	word_start(&l->name, q->group, q->group_len);
	word_start(&l->member, found->name[0] ? found->name : NULL, (uint32_t)ct_len(found->name));
}

static int line_end(struct line *l, const struct ct_user_query *q, struct ct_user_found *found,
		    int *got, int *why)
{
	int named = q->group && !*got && word_same(&l->name);
	int good = l->digits && l->id < ID_NONE && l->field >= ID_FIELD;

	l->is_member |= word_same(&l->member);
	if (named && !good) {
		*why |= CT_USER_BAD_ENTRY;
		return -EINVAL;
	}
	if (named) {
		found->gid = (uint32_t)l->id;
		*got = 1;
	}
	if (!q->groups || !l->is_member || !good)
		return 0;
	if (found->ngroups >= found->groups_room)
		return -E2BIG;
	found->groups[found->ngroups++] = (uint32_t)l->id;
	return 0;
}

static void line_put(struct line *l, int c, const struct ct_user_found *found)
{
	if (l->field == NAME_FIELD) {
		word_put(&l->name, c);
	} else if (l->field == ID_FIELD) {
		id_put(&l->id, &l->digits, c);
	} else if (l->field == MEMBERS_FIELD && c == ',') {
		l->is_member |= word_same(&l->member);
		word_start(&l->member, found->name[0] ? found->name : NULL,
			   (uint32_t)ct_len(found->name));
	} else if (l->field == MEMBERS_FIELD) {
		word_put(&l->member, c);
	}
}

/* *got: whether the group that was asked for is there */
static int read_group(struct reader *f, const struct ct_user_query *q,
		      struct ct_user_found *found, int *got, int *why)
{
	struct line l;
	int c;

	line_start(&l, q, found);
	do {
		c = next(f);
		if (c == '\n' || c == END) {
			int r = line_end(&l, q, found, got, why);

			if (r < 0)
				return r;
			if (*got && !q->groups)
				return 0;
			line_start(&l, q, found);
		} else if (c == ':') {
			l.field++;
		} else if (c >= 0) {
			line_put(&l, c, found);
		}
	} while (c >= 0);
	return c == END ? 0 : c + 1;
}

/* ---- both ---- */

static int find_in_passwd(int root_fd, const struct ct_user_query *q, struct ct_user_found *found,
			  int *why)
{
	int must = q->user || (!q->group && q->gid < 0); /* else its entry is only good to have */
	struct reader f;
	int r = open_file(&f, root_fd, "etc/passwd");

	*why = CT_USER_PASSWD;
	if (r == -ENOENT || r == -ENOTDIR) {
		*why |= CT_USER_NO_FILE;
		return must ? -ENOENT : 0;
	}
	if (r < 0)
		return r;
	r = read_passwd(&f, q, found, why);
	ct_sys_close(f.fd);
	if (r)
		return r < 0 ? r : 0;
	*why |= CT_USER_NO_ENTRY;
	return must ? -ENOENT : 0;
}

static int find_in_group(int root_fd, const struct ct_user_query *q, struct ct_user_found *found,
			 int *why)
{
	struct reader f;
	int got = 0, r = open_file(&f, root_fd, "etc/group");

	*why = CT_USER_GROUP;
	if (r == -ENOENT || r == -ENOTDIR) {
		*why |= CT_USER_NO_FILE;
		return q->group ? -ENOENT : 0;
	}
	if (r < 0)
		return r;
	r = read_group(&f, q, found, &got, why);
	ct_sys_close(f.fd);
	if (r < 0 || got || !q->group)
		return r;
	*why |= CT_USER_NO_ENTRY;
	return -ENOENT;
}

int ct_user_find(int root_fd, const struct ct_user_query *q, struct ct_user_found *found, int *why)
{
	int r = 0;

	*why = 0;
	found->name[0] = found->home[0] = 0;
	found->ngroups = 0;
	found->uid = (uint32_t)q->uid;
	found->gid = (uint32_t)q->gid;
	if (q->user || (!q->group && q->gid < 0) || q->groups || q->home)
		r = find_in_passwd(root_fd, q, found, why);
	if (!r && q->gid >= 0)
		found->gid = (uint32_t)q->gid;
	if (!r && (q->group || q->groups))
		r = find_in_group(root_fd, q, found, why);
	return r;
}

/* ---- the step ---- */

struct room {
	struct ct_user_found found;
	uint32_t groups[CT_GROUPS_MAX];
	char home[CT_USER_HOME_MAX + 8];
};

static int is_home(const char *s)
{
	return s[0] == 'H' && s[1] == 'O' && s[2] == 'M' && s[3] == 'E' && s[4] == '=';
}

/* Those of the spec, with HOME as the image has it. */
static int put_home(struct ct_run *r, struct room *room)
{
	size_t n = 0, k = 0;
	char **env;

	while (r->envp[n])
		n++;
	env = ct_sys_mmap((n + 2) * sizeof(*env), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS);
	if (ct_sys_is_err(env))
		return (int)(intptr_t)env;
	for (size_t i = 0; i < n; i++)
		if (!is_home(r->envp[i]))
			env[k++] = r->envp[i];
	ct_append(room->home, sizeof(room->home), ct_append(room->home, 8, 0, "HOME="),
		  room->found.home[0] ? room->found.home : "/");
	env[k++] = room->home;
	env[k] = NULL;
	r->envp = env;
	return 0;
}

/* str 0: a name, or ""; str 1 the same of the group. arg: uid, gid or -1; flags; the one id */
int ct_process_op_find_user(struct ct_run *r, const struct ct_step *s)
{
	const char *user = ct_block_str(r->plan, s->str[0]);
	const char *group = ct_block_str(r->plan, s->str[1]);
	struct ct_user_query q = {
		.user = *user ? user : NULL,
		.group = *group ? group : NULL,
		.user_len = (uint32_t)ct_len(user),
		.group_len = (uint32_t)ct_len(group),
		.uid = s->arg[0],
		.gid = s->arg[1],
		.groups = (int)(s->arg[2] & 1),
		.home = (int)(s->arg[2] >> 1 & 1),
	};
	struct room *room = ct_sys_mmap(sizeof(*room), PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS);
	int why, err;

	if (ct_sys_is_err(room))
		return (int)(intptr_t)room;
	room->found.groups = room->groups;
	room->found.groups_room = CT_GROUPS_MAX;
	err = ct_user_find(AT_FDCWD, &q, &room->found, &why);
	r->report->detail = why;
	if (!err && q.home)
		err = put_home(r, room);
	r->found = &room->found;
	return err;
}
