/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a diff tells, and the oracle for it: two pictures of the tree as programs see it, before
 * and after. What the diff says, done to the first one, has to give the second one.
 */
#ifndef T_MNT_LAYER_H
#define T_MNT_LAYER_H

#include "t_mnt_overlay.h"

#include <contain/layer.h>

/* ---- the diff as text ---- */

static inline const char *tl_letter(int change)
{
	static const char *const letter[] = { "?", "A", "M", "D", "O", "T", "V" };

	return letter[change];
}

static inline int tl_by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline int tl_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	T_CHECK(fd >= 0, "%s: %m", path);
	return fd;
}

/* "A path" for each change, sorted, one per line; "V path < from". */
static inline const char *tl_diff(const char *upper, const char *const *lowers, uint32_t flags)
{
	contain_layer_diff *d = NULL;
	contain_error *e = NULL;
	char *line[512], *text = t_fmt("%65536s", "");
	int fd = tl_open(upper), lower[16], n = 0, lines = 0, r;

	while (lowers && lowers[n]) {
		lower[n] = tl_open(lowers[n]);
		n++;
	}
	r = contain_layer_diff_open(fd, n ? lower : NULL, (size_t)n, flags, &d, &e);
	T_CHECK(r == 0, "%s", contain_error_message(e));
	while ((r = contain_layer_diff_next(d)) == 1) {
		const char *from = contain_layer_diff_from(d);

		T_CHECK(lines < 512);
		line[lines++] = t_fmt("%s %s%s%s\n", tl_letter(contain_layer_diff_change(d)),
				      contain_layer_diff_path(d), *from ? " < " : "", from);
	}
	T_CHECK(r == 0, "%d at %s", r, contain_layer_diff_path(d));
	contain_layer_diff_free(d);
	while (n)
		close(lower[--n]);
	close(fd);
	qsort(line, (size_t)lines, sizeof(*line), tl_by_text);
	*text = 0;
	for (int i = 0; i < lines; i++)
		strcat(text, line[i]);
	return text;
}

/* ---- pictures ---- */

struct tl_entry {
	char *path;
	struct stat st;
	uint64_t content; /* a hash, of a file's bytes or a link's target */
	int used;
};

struct tl_picture {
	struct tl_entry *entry;
	int n;
};

static inline uint64_t tl_hash(uint64_t h, const char *p, ssize_t n)
{
	while (n-- > 0)
		h = (h ^ (unsigned char)*p++) * 1099511628211u;
	return h;
}

static inline void tl_look(struct tl_picture *p, const char *root, const char *path)
{
	const char *full = *path ? t_fmt("%s/%s", root, path) : root;
	struct tl_entry *e;
	char buf[4096];
	ssize_t n;

	p->entry = realloc(p->entry, sizeof(*e) * (size_t)(p->n + 1));
	e = &p->entry[p->n++];
	memset(e, 0, sizeof(*e));
	e->path = t_fmt("%s", path);
	e->content = 14695981039346656037u;
	T_CHECK(lstat(full, &e->st) == 0, "%s: %m", full);
	if (S_ISREG(e->st.st_mode)) {
		int fd = open(full, O_RDONLY | O_CLOEXEC);

		T_CHECK(fd >= 0, "%s: %m", full);
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			e->content = tl_hash(e->content, buf, n);
		close(fd);
	} else if (S_ISLNK(e->st.st_mode)) {
		n = readlink(full, buf, sizeof(buf));
		e->content = tl_hash(e->content, buf, n);
	} else if (S_ISDIR(e->st.st_mode)) {
		DIR *dir = opendir(full);
		struct dirent *de;

		T_CHECK(dir != NULL, "%s: %m", full);
		while ((de = readdir(dir)))
			if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
				tl_look(p, root, *path ? t_fmt("%s/%s", path, de->d_name) :
							 t_fmt("%s", de->d_name));
		closedir(dir);
	}
}

static inline struct tl_picture tl_picture(const char *root)
{
	struct tl_picture p = { NULL, 0 };

	tl_look(&p, root, "");
	return p;
}

static inline struct tl_entry *tl_find(const struct tl_picture *p, const char *path)
{
	for (int i = 0; i < p->n; i++)
		if (p->entry[i].path && !strcmp(p->entry[i].path, path))
			return &p->entry[i];
	return NULL;
}

static inline int tl_same_content(const struct tl_entry *a, const struct tl_entry *b)
{
	if ((a->st.st_mode & S_IFMT) != (b->st.st_mode & S_IFMT))
		return 0;
	if (S_ISCHR(a->st.st_mode) || S_ISBLK(a->st.st_mode))
		return a->st.st_rdev == b->st.st_rdev;
	return a->content == b->content;
}

static inline int tl_same_meta(const struct tl_entry *a, const struct tl_entry *b)
{
	return a->st.st_mode == b->st.st_mode && a->st.st_uid == b->st.st_uid &&
	       a->st.st_gid == b->st.st_gid;
}

static inline int tl_same_time(const struct tl_entry *a, const struct tl_entry *b)
{
	return a->st.st_mtim.tv_sec == b->st.st_mtim.tv_sec &&
	       a->st.st_mtim.tv_nsec == b->st.st_mtim.tv_nsec;
}

static inline void tl_remove(struct tl_picture *p, const char *path, int itself)
{
	size_t n = strlen(path);

	for (int i = 0; i < p->n; i++) {
		struct tl_entry *e = &p->entry[i];

		if (e->path && !strncmp(e->path, path, n) &&
		    (e->path[n] == '/' || (itself && !e->path[n])))
			e->path = NULL;
	}
}

static inline void tl_put(struct tl_picture *p, const struct tl_entry *e)
{
	struct tl_entry *old = tl_find(p, e->path);

	if (!old) {
		p->entry = realloc(p->entry, sizeof(*e) * (size_t)(p->n + 1));
		old = &p->entry[p->n++];
	}
	*old = *e;
}

/* Does one change to the picture; what cannot be is a failure. */
static inline void tl_apply(struct tl_picture *p, const struct tl_picture *after, int change,
			    const char *path, uint32_t type)
{
	const struct tl_entry *now = tl_find(after, path), *was = tl_find(p, path);

	T_CHECK(change == CONTAIN_LAYER_DELETED ? now == NULL : now != NULL, "%s %s",
		tl_letter(change), path);
	T_CHECK(change == CONTAIN_LAYER_ADDED ? was == NULL : was != NULL, "%s %s",
		tl_letter(change), path);
	T_CHECK(type == ((now ? now : was)->st.st_mode & S_IFMT), "%s %s: %o", tl_letter(change),
		path, type);
	if (change == CONTAIN_LAYER_MODIFIED)
		T_CHECK(!tl_same_content(now, was), "%s", path);
	if (change == CONTAIN_LAYER_METADATA)
		T_CHECK(tl_same_content(now, was) &&
			(!tl_same_meta(now, was) || !tl_same_time(now, was)), "%s", path);
	if (change == CONTAIN_LAYER_DELETED)
		tl_remove(p, path, 1);
	else if (change == CONTAIN_LAYER_OPAQUE || change == CONTAIN_LAYER_MODIFIED)
		tl_remove(p, path, 0);
	if (now)
		tl_put(p, now);
}

static inline void tl_equal(const struct tl_picture *a, const struct tl_picture *b)
{
	for (int i = 0; i < a->n; i++) {
		const struct tl_entry *e = &a->entry[i], *o;

		if (!e->path)
			continue;
		o = tl_find(b, e->path);
		T_CHECK(o != NULL, "\"%s\" is in one only", e->path);
		T_CHECK(tl_same_content(e, o) && tl_same_meta(e, o), "\"%s\" is not the same",
			e->path);
		T_CHECK(!S_ISREG(e->st.st_mode) || tl_same_time(e, o), "\"%s\": times", e->path);
	}
}

/* The diff, done to before, gives after. Returns how many changes. */
static inline int tl_prove(struct tl_picture *before, const struct tl_picture *after,
			   const char *upper, const char *const *lowers, uint32_t flags)
{
	contain_layer_diff *d = NULL;
	int fd = tl_open(upper), lower[16], n = 0, changes = 0, r;

	while (lowers[n]) {
		lower[n] = tl_open(lowers[n]);
		n++;
	}
	ck_assert_int_eq(contain_layer_diff_open(fd, lower, (size_t)n, flags, &d, NULL), 0);
	while ((r = contain_layer_diff_next(d)) == 1) {
		tl_apply(before, after, contain_layer_diff_change(d), contain_layer_diff_path(d),
			 contain_layer_diff_type(d));
		changes++;
	}
	ck_assert_int_eq(r, 0);
	contain_layer_diff_free(d);
	while (n)
		close(lower[--n]);
	close(fd);
	tl_equal(before, after);
	tl_equal(after, before);
	free(before->entry);
	free(after->entry);
	return changes;
}

#endif
