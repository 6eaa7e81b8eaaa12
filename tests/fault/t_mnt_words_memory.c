/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each allocation of options, of maps and of mounts in a running container fails once. */
#include "fixture.h"
#include "t_malloc.h"

#include <contain/container_mount.h>
#include <contain/mount_options.h>
#include <fcntl.h>
#include <unistd.h>

static int options(contain_error **e)
{
	contain_mount_options *o = NULL;
	int r = contain_mount_options_parse("ro,size=1m,idmap=0:1:1,mode=755,idmap=0:2:1,huge,"
					    "x-any,context=\"a,b\"",
					    &o, e);

	contain_mount_options_free(o);
	return r;
}

/* Refused in the end, with all that was taken before. */
static int refused(contain_error **e)
{
	contain_mount_options *o = NULL;
	int r = contain_mount_options_parse("size=1m,idmap=0:1:1,loop", &o, e);

	contain_mount_options_free(o);
	return r == -EINVAL ? 0 : r;
}

static int maps(contain_error **e)
{
	contain_id_map *uid = NULL, *gid = NULL;
	int r = contain_id_map_parse("u:0:1000:1 g:0:100:1 1:100000:65536 b:70000:7:3", &uid, &gid,
				     e);

	contain_id_map_free(uid);
	contain_id_map_free(gid);
	return r;
}

static contain_id_map *map;
static container *running;

static int new_user(contain_error **e)
{
	int fd = contain_ns_new_user(map, NULL, e);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int mounts(contain_error **e)
{
	int r = container_mount_bind(running, AT_FDCWD, "/etc", "/mnt", 0, e);

	return r ? r : container_mount_detach(running, "/mnt", CONTAIN_DETACH_LAZY, e);
}

static void each(const char *name, int (*job)(contain_error **))
{
#if !T_SANITIZED
	long n;

	ck_assert_int_eq(malloc_run(job, 0), 0); /* what is kept for ever is made */
	ck_assert_int_eq(malloc_run(job, 0), 0);
	n = seen;
	ck_assert_int_eq(living, 0);
	for (long k = 1; k <= n; k++) {
		struct t_state *state = t_state_take(T_FDS | T_CHILDREN);
		int r = malloc_run(job, k);

		T_CHECK(r == 0 || r == -ENOMEM, "%s: allocation %ld: %d", name, k, r);
		T_CHECK(living == 0, "%s: allocation %ld: %ld are left", name, k, living);
		t_state_check(state);
	}
	t_note("%s: %ld allocations", name, n);
#else
	ck_assert_int_eq(malloc_run(job, 0), 0);
	(void)name;
#endif
}

TEST(of_values)
{
	each("options", options);
	each("options that are refused", refused);
	each("maps", maps);
}

TEST(of_namespaces_and_mounts)
{
	const char *argv[] = { "/bin/payload", "sleep", NULL };
	const char *root = t_fmt("%s/root", t_tmpdir());
	container_spec *spec = NULL;
	contain_error *e = NULL;

	t_need_root();
	t_rootfs_make(root);
	ck_assert_int_eq(container_spec_new(&spec), 0);
	container_spec_set_name(spec, "mounted");
	container_spec_set_root_dir(spec, AT_FDCWD, root, 0);
	container_spec_set_argv(spec, argv);
	T_CHECK(container_spawn(spec, &running, &e) == 0, "%s", contain_error_message(e));
	container_spec_free(spec);
	ck_assert_int_eq(contain_id_map_new(&map), 0);
	ck_assert_int_eq(contain_id_map_add(map, 0, 100000, 65536, NULL), 0);
	each("user namespace", new_user);
	each("mounts", mounts);
	contain_id_map_free(map);
	ck_assert_int_eq(container_delete(running, 20000, NULL), 0);
	container_free(running);
}
