/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Propagation between the host and a container, as the words of container_spec_add_mount() and
 * container_spec_set_root_propagation() promise it: what a mount says of itself inside, and what
 * really is seen of a mount that the other side makes later.
 */
#include "t_mnt_world.h"

#include <contain/spec_mount.h>

/* A container that does what it is told, line by line. */
struct obedient {
	struct ts t;
	int asked;
};

static const char obey_script[] =
	"n=0; while read line; do eval \"$line\"; n=$((n+1)); echo \"answered $n\"; done";

static void obedient_spec(struct obedient *o, const char *root, int userns)
{
	memset(o, 0, sizeof(*o));
	ts_new(&o->t);
	ck_assert_int_eq(container_spec_set_root_dir(o->t.spec, AT_FDCWD, root, 0), 0);
	ck_assert_int_eq(container_spec_set_stdio(o->t.spec, 0, CONTAIN_STDIO_PIPE), 0);
	ck_assert_int_eq(container_spec_set_capabilities(o->t.spec, TS_CAPS_DEFAULT | 1ULL << 21),
			 0);
	if (userns) {
		container_spec_add_uid_range(o->t.spec, 0, 0, 65536);
		container_spec_add_gid_range(o->t.spec, 0, 0, 65536);
	}
	ts_sh(&o->t, obey_script);
}

static void tell(struct obedient *o, const char *line)
{
	int fd = container_stdio_fd(o->t.c, 0);
	const char *text = t_fmt("%s\n", line);

	T_CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	ts_wait_for(&o->t, t_fmt("answered %d\n", ++o->asked));
}

/* Whether the last line before its answer is "yes". */
static int says_yes(struct obedient *o, const char *test)
{
	tell(o, t_fmt("if %s; then echo yes; else echo no; fi", test));
	return strstr(o->t.text, t_fmt("yes\nanswered %d\n", o->asked)) != NULL;
}

/* A mount of this process (0) or of another, by its mount point there. */
static struct mw_mount mount_of(pid_t pid, const char *point)
{
	FILE *file = fopen(t_fmt("/proc/%d/mountinfo", pid ? pid : getpid()), "re");
	struct mw_mount m, found = { .id = -1 };
	char *line = NULL;
	size_t size = 0;

	T_CHECK(file, "%m");
	while (getline(&line, &size, file) > 0)
		if (mw_parse(line, &m) && !strcmp(m.point, point))
			found = m;
	free(line);
	fclose(file);
	T_CHECK(found.id >= 0, "no mount at %s", point);
	return found;
}

/* A directory with a shared mount on it. */
static const char *shared_place(const char *name)
{
	const char *dir = t_fmt("%s/%s", t_tmpdir(), name);

	T_SYS(mkdir(dir, 0755));
	ck_assert_int_eq(contain_mount_tmpfs(AT_FDCWD, dir, 0, 0755, 0, NULL), 0);
	ck_assert_int_eq(contain_mount_set_propagation(AT_FDCWD, dir, CONTAIN_PROPAGATION_SHARED, 0,
						       NULL), 0);
	T_SYS(mkdir(t_fmt("%s/out", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/in", dir), 0755));
	return dir;
}

static int is_mounted(const char *path)
{
	struct stat st, up;

	T_SYS(stat(path, &st));
	T_SYS(stat(t_fmt("%s/..", path), &up));
	return st.st_dev != up.st_dev;
}

/* ---- a volume ---- */

struct volume {
	const char *words; /* NULL: container_spec_add_bind() */
	int shared, master, unbindable; /* inside: 1: of the host's group, 2: of its own */
	int hears, tells;
};

static const struct volume volumes[] = {
	{ NULL, 0, 0, 0, 0, 0 },
	{ "rbind", 0, 0, 0, 0, 0 },
	{ "rbind,rprivate", 0, 0, 0, 0, 0 },
	{ "bind,private", 0, 0, 0, 0, 0 },
	{ "rbind,rslave", 0, 1, 0, 1, 0 },
	{ "bind,slave", 0, 1, 0, 1, 0 },
	{ "rbind,rshared", 1, 0, 0, 1, 1 },
	{ "bind,shared", 1, 0, 0, 1, 1 },
	{ "rbind,unbindable", 0, 0, 1, 0, 0 },
	{ "rbind,rro,rslave", 0, 1, 0, 1, 0 },
};

/* In a user namespace of its own: what was shared is a slave, and nothing travels out. */
static const struct volume in_userns[] = {
	{ NULL, 0, 0, 0, 0, 0 },
	{ "rbind", 0, 0, 0, 0, 0 },
	{ "rbind,rslave", 0, 1, 0, 1, 0 },
	{ "rbind,rshared", 2, 1, 0, 1, 0 },
};

static void one_volume(const struct volume *v, int userns)
{
	const char *place = shared_place("volume"), *what = v->words ? v->words : "add_bind";
	struct mw_mount host = mount_of(0, place), m;
	struct obedient o;

	obedient_spec(&o, ts_root(), userns);
	if (v->words)
		ck_assert_int_eq(container_spec_add_mount(o.t.spec, AT_FDCWD, place, "/data", NULL,
							  v->words), 0);
	else
		ck_assert_int_eq(container_spec_add_bind(o.t.spec, AT_FDCWD, place, "/data", 0), 0);
	ts_start(&o.t);
	tell(&o, "true");
	m = mount_of(container_pid(o.t.c), "/data");
	T_CHECK(v->shared == 1 ? m.shared == host.shared :
		v->shared     ? m.shared && m.shared != host.shared :
				!m.shared,
		"%s: shared:%u, the host's is %u", what, m.shared, host.shared);
	T_CHECK(v->master ? m.master == host.shared : !m.master, "%s: master:%u", what, m.master);
	ck_assert_int_eq(m.unbindable, v->unbindable);
	/* from the host in */
	ck_assert_int_eq(contain_mount_tmpfs(AT_FDCWD, t_fmt("%s/out", place), 1 << 20, 0755, 0,
					     NULL), 0);
	t_write_file(t_fmt("%s/out/disc", place), "x");
	T_CHECK(says_yes(&o, "test -e /data/out/disc") == v->hears, "%s: hears", what);
	ck_assert_int_eq(contain_mount_detach(AT_FDCWD, t_fmt("%s/out", place), 0, NULL), 0);
	T_CHECK(!says_yes(&o, "test -e /data/out/disc"), "%s: it was taken out", what);
	/* from the container out */
	T_CHECK(says_yes(&o, "mount -t tmpfs in /data/in"), "%s: %s", what, o.t.text);
	T_CHECK(is_mounted(t_fmt("%s/in", place)) == v->tells, "%s: tells", what);
	T_CHECK(says_yes(&o, "umount /data/in"));
	T_CHECK(!is_mounted(t_fmt("%s/in", place)));
	/* what it leaves mounted ends with it, unless it is the host's by now */
	T_CHECK(says_yes(&o, "mount -t tmpfs in /data/in"));
	ck_assert_int_eq(container_kill(o.t.c, NULL), 0);
	t_state_free(o.t.state);
	o.t.state = NULL;
	ts_end(&o.t);
	T_CHECK(is_mounted(t_fmt("%s/in", place)) == v->tells, "%s: left", what);
	if (v->tells)
		T_SYS(umount2(t_fmt("%s/in", place), MNT_DETACH));
	T_SYS(umount2(place, MNT_DETACH));
	T_SYS(rmdir(place));
}

TEST_LIMIT(volumes_of_a_container, 40)
{
	t_need_root();
	for (size_t i = 0; i < sizeof(volumes) / sizeof(volumes[0]); i++)
		one_volume(&volumes[i], 0);
}

TEST_LIMIT(volumes_in_a_user_namespace, 40)
{
	t_need_root();
	for (size_t i = 0; i < sizeof(in_userns) / sizeof(in_userns[0]); i++)
		one_volume(&in_userns[i], 1);
}

/* ---- the root ---- */

static const struct {
	uint32_t propagation; /* 0: not set */
	int shared, slave, hears;
} roots[] = {
	{ 0, 0, 0, 0 },
	{ CONTAIN_PROPAGATION_PRIVATE, 0, 0, 0 },
	{ CONTAIN_PROPAGATION_SLAVE, 0, 1, 1 },
	{ CONTAIN_PROPAGATION_SHARED, 1, 0, 0 },
	{ CONTAIN_PROPAGATION_SLAVE | CONTAIN_PROPAGATION_SHARED, 1, 1, 1 },
};

static void one_root(size_t i, int userns)
{
	const char *place = shared_place("place");
	struct mw_mount host = mount_of(0, place), m;
	struct obedient o;

	t_rootfs_make(place);
	obedient_spec(&o, place, userns);
	if (roots[i].propagation)
		ck_assert_int_eq(container_spec_set_root_propagation(o.t.spec,
								     roots[i].propagation), 0);
	ts_start(&o.t);
	tell(&o, "true");
	m = mount_of(container_pid(o.t.c), "/");
	T_CHECK(!!m.shared == roots[i].shared && m.shared != host.shared, "%zu: shared:%u", i,
		m.shared);
	T_CHECK(roots[i].slave ? m.master == host.shared : !m.master, "%zu: master:%u", i,
		m.master);
	ck_assert_int_eq(contain_mount_tmpfs(AT_FDCWD, t_fmt("%s/out", place), 1 << 20, 0755, 0,
					     NULL), 0);
	t_write_file(t_fmt("%s/out/disc", place), "x");
	T_CHECK(says_yes(&o, "test -e /out/disc") == roots[i].hears, "%zu: hears", i);
	ck_assert_int_eq(contain_mount_detach(AT_FDCWD, t_fmt("%s/out", place), 0, NULL), 0);
	/* never out */
	T_CHECK(says_yes(&o, "mount -t tmpfs in /in && touch /in/own"), "%s", o.t.text);
	T_CHECK(!is_mounted(t_fmt("%s/in", place)), "%zu: the container's mount is outside", i);
	ts_kill(&o.t);
	T_SYS(umount2(place, MNT_DETACH));
	T_SYS(rmdir(place));
}

TEST_LIMIT(propagation_of_the_root, 40)
{
	t_need_root();
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		one_root(i, 0);
}

TEST_LIMIT(propagation_of_the_root_in_a_user_namespace, 40)
{
	t_need_root();
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		one_root(i, 1);
}
