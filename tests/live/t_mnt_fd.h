/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of mounts as fds share: a mount namespace of their own, and looking at mounts. */
#ifndef T_MNT_FD_H
#define T_MNT_FD_H

#include "t_ns.h"

#include <contain/mount.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

/*
 * The body runs twice, in a child: as root in a private mount namespace, and as an ordinary user in
 * a user namespace. dir is a fresh directory, the leak oracle looks around it.
 */
struct mf {
	void (*body)(const char *dir);
	const char *dir;
};

static inline int mf_inside(void *arg)
{
	const struct mf *m = arg;
	struct t_state *state;

	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	state = t_state_take(T_ALL & ~T_CGROUPS);
	m->body(m->dir);
	t_state_check(state);
	return 7;
}

static inline int mf_run(void *arg, void *rec)
{
	contain_error *e = NULL;
	int value = 0;

	(void)rec;
	((struct mf *)arg)->dir = t_tmpdir();
	tn_fine(contain_ns_run(tn_with(CONTAIN_NS_MNT), NULL, 0, NULL, NULL, mf_inside, arg, &value,
			       &e),
		e);
	ck_assert_int_eq(value, 7);
	return 0;
}

#define TEST_MOUNT(name_) TEST_MOUNT_(name_, 1)
#define TEST_MOUNT_ROOT(name_) TEST_MOUNT_(name_, 0)
#define TEST_MOUNT_(name_, user_)                        \
	static void mf_body_##name_(const char *dir);    \
	TEST_LIMIT(name_, 60)                            \
	{                                                \
		struct mf m = { mf_body_##name_, NULL }; \
                                                         \
		t_need_root();                           \
		mf_run(&m, NULL);                        \
		if (user_) {                             \
			t_need_userns();                 \
			t_as_user(mf_run, &m);           \
		}                                        \
	}                                                \
	static void mf_body_##name_(const char *dir)

static inline int mf_is_root_ns(void)
{
	char map[64] = "";

	return t_read_file("/proc/self/uid_map", map, sizeof(map)) > 0 && strstr(map, "4294967295");
}

/* The options of the topmost mount on path, as mountinfo has them, without " - " and after. */
static inline const char *mf_line(const char *path)
{
	static char line[4096];
	char text[4096], point[1024], last[4096] = "";
	FILE *file = fopen("/proc/thread-self/mountinfo", "re");

	T_CHECK(file);
	while (fgets(text, sizeof(text), file))
		if (sscanf(text, "%*s %*s %*s %*s %1023s", point) == 1 && !strcmp(point, path))
			strcpy(last, text);
	fclose(file);
	strcpy(line, last);
	return *line ? line : NULL;
}

static inline int mf_mounts_on(const char *path)
{
	char text[4096], point[1024];
	FILE *file = fopen("/proc/thread-self/mountinfo", "re");
	int n = 0;

	T_CHECK(file);
	while (fgets(text, sizeof(text), file))
		n += sscanf(text, "%*s %*s %*s %*s %1023s", point) == 1 && !strcmp(point, path);
	fclose(file);
	return n;
}

static inline unsigned long mf_flags(int dirfd, const char *path)
{
	struct statvfs v;
	int fd = openat(dirfd, path, O_PATH | O_CLOEXEC);

	T_SYS(fd);
	T_SYS(fstatvfs(fd, &v));
	close(fd);
	return v.f_flag;
}

static inline int mf_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

#define MF_FINE(call)                                                                       \
	({                                                                                  \
		contain_error *e_ = NULL;                                                   \
		contain_error **e = &e_;                                                    \
		int r_ = call;                                                              \
		T_CHECK(r_ >= 0 && !e_, "%s: %d %s", #call, r_, contain_error_message(e_)); \
		r_;                                                                         \
	})

/* The failure, with its object and words of the hint. */
#define MF_FAILS(err, op, object, hint, call)             \
	do {                                              \
		contain_error *e_ = NULL;                 \
		contain_error **e = &e_;                  \
		int r_ = call;                            \
		tn_failed(r_, e_, err, op, object, hint); \
	} while (0)

static inline int mf_shell(void *arg, void *rec)
{
	(void)rec;
	return system(arg) == 0 ? 0 : 1;
}

/* In a child: system(3) leaves traces in the dispositions of signals. */
static inline void mf_system(const char *command)
{
	ck_assert_int_eq(t_child(mf_shell, (void *)command, NULL, 0), 0);
}

/* A tmpfs at dir/name with a file in it. */
static inline const char *mf_tmpfs(const char *dir, const char *name)
{
	const char *path = t_fmt("%s/%s", dir, name);

	mkdir(path, 0755);
	T_SYS(mount("tmpfs", path, "tmpfs", 0, "mode=0755"));
	t_write_file(t_fmt("%s/file", path), name);
	T_SYS(mkdir(t_fmt("%s/sub", path), 0755));
	return path;
}

static inline void mf_umount(const char *path)
{
	T_SYS(umount2(path, MNT_DETACH));
}

static inline const char *mf_read(int dirfd, const char *path)
{
	static char text[256];
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return strerrorname_np(errno);
	n = read(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = 0;
	close(fd);
	return text;
}

/* Also in what is attached nowhere. */
#define mf_is(dirfd, path, what) ck_assert_str_eq(mf_read(dirfd, path), what)

#endif
