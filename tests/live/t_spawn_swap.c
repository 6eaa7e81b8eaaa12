/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parent has found changes before the child gets there: another directory has the name,
 * the source is gone, the ids are not those that the maps say. The seam gives the kernel's answers.
 */
#include "fixture.h"
#include "t_spawn.h"

#include <sys/syscall.h>

#define SOMEBODY 4711

static long refused; /* the call that the child's answer is changed for */

/* Runs on the child's small stack, in memory that it shares with the test: no libc call in here. */
static int changed(enum ct_seam_who who, long nr, const long *arg, long *ret)
{
	if (who != CT_SEAM_CHILD || nr != refused)
		return 0;
	if (nr == SYS_getuid) {
		*ret = SOMEBODY;
	} else if (nr == SYS_open_tree) {
		const char *path = (const char *)arg[1];

		if (path[0] != '/' || path[1] != 'e' || path[2] != 't' || path[3] != 'c' || path[4])
			return 0;
		*ret = -ENOENT;
	} else {
		if (!(arg[3] & AT_EMPTY_PATH))
			return 0;
		*ret = ct_raw6(nr, arg[0], arg[1], arg[2], arg[3], 0, 0);
		((struct stat *)arg[2])->st_ino++;
	}
	return 1;
}

static void swap(long nr)
{
	fx_seam_reset();
	refused = nr;
	ct_seam->fake = changed;
	ct_seam->on = 1;
}

static int directory(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	T_SYS(fd);
	return fd;
}

static void new_spec(struct ts *t)
{
	fx_seam_reset(); /* what prepares the test is not changed */
	ts_dir(t, 0);
	ts_words(t, "exit");
}

TEST(another_directory_has_the_name)
{
	struct ts t;
	int fd;

	t_need_root();
	fx_seam_open();
	fd = directory(ts_root());
	ts_new(&t);
	ck_assert_int_eq(container_spec_set_root_dir(t.spec, fd, "", 0), 0);
	ts_words(&t, "exit");
	swap(SYS_newfstatat);
	ts_fails(&t, ESTALE, CONTAIN_PHASE_CHILD, "root-dir", "", "");
	new_spec(&t);
	ck_assert_int_eq(container_spec_add_bind(t.spec, fd, "etc", "/job", 0), 0);
	swap(SYS_newfstatat);
	ts_fails(&t, ESTALE, CONTAIN_PHASE_CHILD, "", "", "another file has taken the place");
	new_spec(&t); /* control: it is the answer that makes the difference */
	ck_assert_int_eq(container_spec_add_bind(t.spec, fd, "etc", "/job", 0), 0);
	swap(-1);
	ts_run(&t);
	close(fd);
}

TEST(source_goes_away)
{
	struct ts t;

	t_need_root();
	fx_seam_open();
	new_spec(&t);
	container_spec_add_bind(t.spec, AT_FDCWD, "/etc", "/job", 0);
	container_spec_set_default_mounts(t.spec, 0);
	container_spec_clear_paths(t.spec);
	swap(SYS_open_tree);
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "open-bind-source", "/etc", "no such file");
}

TEST(ids_are_not_those_of_the_map)
{
	struct ts t;

	t_need_root();
	fx_seam_open();
	new_spec(&t);
	container_spec_set_namespaces(t.spec, TS_NS_ALL);
	swap(SYS_getuid);
	ts_fails(&t, EOVERFLOW, CONTAIN_PHASE_CHILD, "", "", "");
}
