/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a container shares: unions of its spec, propagation of volumes and of the root, id maps. */
#include "t_spawn.h"

#include <contain/mount.h>
#include <contain/namespace.h>
#include <sys/mount.h>

static void add(struct ts *t, const char *source, const char *target, const char *type,
		const char *options)
{
	int r = container_spec_add_mount(t->spec, AT_FDCWD, source, target, type, options);

	T_CHECK(r == 0, "%s at %s, %s: %d", source, target, options, r);
}

/* ---- unions ---- */

static const char *layer(const char *name, const char *file, const char *text)
{
	const char *dir = t_fmt("%s/%s", t_tmpdir(), name);

	T_SYS(mkdir(dir, 0755));
	t_write_file(t_fmt("%s/%s", dir, file), text);
	t_write_file(t_fmt("%s/both", dir), text);
	return dir;
}

static void union_in_memory(int modern)
{
	const char *top = layer("a:b,upperdir=\\x\n", "top", "top"),
		   *low = layer("low", "low", "low");
	const char *lower[] = { top, low, NULL };
	struct ct_facts facts;
	struct ts t;

	ck_assert_int_eq(ct_facts_get(&facts), 0);
	facts.lowerdir_add &= modern;
	ts_overlay(&t);
	t.facts = &facts;
	ck_assert_int_eq(container_spec_add_overlay(t.spec, AT_FDCWD, lower, NULL, NULL, 1 << 20,
						    "/new/union", CONTAIN_MOUNT_NOEXEC),
			 0);
	ck_assert_int_eq(container_spec_add_overlay(t.spec, AT_FDCWD, lower, NULL, NULL, 0,
						    "/fixed", CONTAIN_MOUNT_READONLY),
			 0);
	ts_sh(&t, "cd /new/union; cat top low both; echo x >both; rm low; cat both; ls;"
		  "dd if=/dev/zero of=fill bs=64k count=32 2>&1 | grep -c 'No space';"
		  "cat /fixed/both /fixed/low; echo x >/fixed/new; grep -o 'noexec.* /new' x");
	ts_start(&t);
	ts_end(&t);
	ts_has(&t, "toplowtopx\nboth\ntop\n1\ntoplow");
	ts_has(&t, "/fixed/new: Read-only file system");
	T_CHECK(access(t_fmt("%s/both", low), F_OK) == 0);
}

TEST_BOTH(union_with_an_upper_layer_in_memory)
{
	union_in_memory(1);
}

TEST_BOTH(union_with_an_upper_layer_in_memory_by_strings)
{
	union_in_memory(0);
}

TEST_BOTH(union_with_an_upper_layer_that_stays)
{
	const char *low = layer("low", "low", "low"), *tmp = t_tmpdir();
	const char *upper = t_fmt("%s/upper", tmp), *work = t_fmt("%s/work", tmp);
	const char *lower[] = { low, NULL };
	char text[16];
	struct ts t, other;

	T_SYS(mkdir(upper, 0755));
	T_SYS(mkdir(work, 0755));
	ts_overlay(&t);
	ck_assert_int_eq(container_spec_add_overlay(t.spec, AT_FDCWD, lower, upper, work, 0, "/u",
						    0),
			 0);
	ts_sh(&t, "echo changed >/u/low; echo up; read x");
	container_spec_set_stdio(t.spec, 0, CONTAIN_STDIO_PIPE);
	ts_start(&t);
	ts_wait_for(&t, "up");
	/* while it runs, nobody else may have it */
	ts_overlay(&other);
	container_spec_add_overlay(other.spec, AT_FDCWD, lower, upper, work, 0, "/u", 0);
	ts_words(&other, "exit 0");
	ts_fails(&other, EBUSY, CONTAIN_PHASE_CHILD, "mount-scratch", "/u", "another container");
	ts_kill(&t);
	T_CHECK(t_read_file(t_fmt("%s/low", upper), text, sizeof(text)) == 8);
	T_CHECK(t_read_file(t_fmt("%s/low", low), text, sizeof(text)) == 3);
	/* upper in work, and work that is missing */
	ts_overlay(&t);
	container_spec_add_overlay(t.spec, AT_FDCWD, lower, upper, t_fmt("%s/x", upper), 0, "/u",
				   0);
	T_SYS(mkdir(t_fmt("%s/x", upper), 0755));
	ts_words(&t, "exit 0");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PARENT, "check-upper", "/u", "one lies in the other");
	ts_overlay(&t);
	container_spec_add_overlay(t.spec, AT_FDCWD, lower, upper, t_fmt("%s/none", tmp), 0, "/u",
				   0);
	ts_words(&t, "exit 0");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_PARENT, "check-source", t_fmt("%s/none", tmp), "");
}

TEST_BOTH(union_in_words)
{
	const char *top = layer("t:op", "top", "top"), *low = layer("low", "low", "low");
	struct ts t;

	ts_overlay(&t);
	add(&t, NULL, "/u", "overlay",
	    t_fmt("lowerdir=%s/t\\:op:%s,noexec", t_fmt("%.*s", (int)(strlen(top) - 5), top), low));
	ts_sh(&t, "cd /u; cat top low both; echo x >new && cat new");
	ts_run(&t);
	ts_is(&t, "toplowtopx\n");
}

/* What set-up keeps on the host's /proc until the pivot is in nobody's way. */
TEST(a_bind_of_proc_beside_what_set_up_needs)
{
	const char *lower[] = { ts_root(), NULL };
	struct ts t;

	t_need_root();
	ts_overlay(&t);
	container_spec_set_default_mounts(t.spec, 0);
	container_spec_add_bind(t.spec, AT_FDCWD, "/proc", "/mnt", 0);
	container_spec_add_file(t.spec, "/mnt/version", "mine", 4, 0444);
	container_spec_add_masked_path(t.spec, "/root");
	container_spec_add_overlay(t.spec, AT_FDCWD, lower, NULL, NULL, 0, "/u", 0);
	ts_words(&t, "read /mnt/version -- read /mnt/uptime -- list /u/bin");
	ts_run(&t);
	ts_has(&t, "mine");
	ts_has(&t, "payload");
}

/* A start that gives the field, as compile does. */
#define BAD(err, field, ...)                                                                       \
	do {                                                                                       \
		container_spec *s = NULL;                                                          \
		contain_error *e_ = NULL;                                                          \
		container_plan *p_ = NULL;                                                         \
		ck_assert_int_eq(container_spec_new(&s), 0);                                       \
		ck_assert_int_eq(__VA_ARGS__, -(err));                                             \
		ck_assert_int_eq(container_plan_compile(s, &p_, &e_), -(err));                     \
		T_CHECK(!strcmp(contain_error_object(e_), field), "%s",                            \
			contain_error_message(e_));                                                \
		contain_error_free(e_);                                                            \
		container_spec_free(s);                                                            \
	} while (0)
#define OVERLAY(lower, upper, work, size, target, flags)                                           \
	container_spec_add_overlay(s, AT_FDCWD, lower, upper, work, size, target, flags)

TEST(bad_unions)
{
	const char *one[] = { "/", NULL }, *none[] = { NULL }, *missing[] = { "missing", NULL };
	const char *many[502];

	for (int i = 0; i < 501; i++)
		many[i] = "/";
	many[501] = NULL;
	BAD(EINVAL, "overlay.lowerdirs", OVERLAY(NULL, NULL, NULL, 0, "/a", 0));
	BAD(EINVAL, "overlay.lowerdirs", OVERLAY(none, NULL, NULL, 0, "/a", 0));
	BAD(E2BIG, "overlay.lowerdirs", OVERLAY(many, NULL, NULL, 0, "/a", 0));
	BAD(ENOENT, "overlay.lowerdirs", OVERLAY(missing, NULL, NULL, 0, "/a", 0));
	BAD(EINVAL, "overlay.lowerdirs", OVERLAY(one, NULL, NULL, 0, "/a", 1));
	BAD(EINVAL, "overlay.workdir", OVERLAY(one, "/u", NULL, 0, "/a", 0));
	BAD(EINVAL, "overlay.upperdir", OVERLAY(one, NULL, "/w", 0, "/a", 0));
	BAD(EINVAL, "overlay.upperdir", OVERLAY(one, "/u", "/w", 0, "/a", 1));
	BAD(EINVAL, "overlay.size_bytes", OVERLAY(one, "/u", "/w", 1, "/a", 0));
	BAD(EINVAL, "overlay.size_bytes", OVERLAY(one, NULL, NULL, 1ULL << 63, "/a", 0));
	BAD(EINVAL, "overlay.target", OVERLAY(one, NULL, NULL, 0, "a", 0));
	BAD(EINVAL, "overlay.target", OVERLAY(one, NULL, NULL, 0, "/", 0));
	BAD(EINVAL, "overlay", OVERLAY(one, NULL, NULL, 0, "/a", CONTAIN_MOUNT_OPTIONAL));
	BAD(EINVAL, "overlay", OVERLAY(one, NULL, NULL, 0, "/a", 0x30));
	BAD(EINVAL, "root_propagation", container_spec_set_root_propagation(s, 0));
	BAD(EINVAL, "root_propagation",
	    container_spec_set_root_propagation(s, CONTAIN_PROPAGATION_UNBINDABLE));
	BAD(EINVAL, "root_propagation",
	    container_spec_set_root_propagation(s, CONTAIN_PROPAGATION_PRIVATE |
							   CONTAIN_PROPAGATION_SLAVE));
}

/* ---- propagation ---- */

/* A tmpfs of the test's own mount namespace that sends and takes mount events. */
static const char *shared_disc(void)
{
	const char *dir = t_tmpdir();

	T_SYS(mount("disc", dir, "tmpfs", 0, NULL));
	T_SYS(mount(NULL, dir, NULL, MS_SHARED, NULL));
	T_SYS(mkdir(t_fmt("%s/late", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/back", dir), 0755));
	return dir;
}

/* Once the container is up, the host mounts below the disc; it goes on, to its "end". */
static void start_and_mount_late(struct ts *t, const char *dir)
{
	container_spec_set_stdio(t->spec, 0, CONTAIN_STDIO_PIPE);
	ts_start(t);
	ts_wait_for(t, "up\n");
	T_SYS(mount("late", t_fmt("%s/late", dir), "tmpfs", 0, NULL));
	t_write_file(t_fmt("%s/late/file", dir), "seen\n");
	T_CHECK(write(container_stdio_fd(t->c, 0), "x\n", 2) == 2);
	ts_wait_for(t, "end\n");
}

/*
 * A container that waits for a line and then looks whether what the host mounted below the volume
 * is there, and mounts something itself. Returns whether that came back to the host.
 */
static int volume(const char *options, uint64_t namespaces, const char *want)
{
	const char *dir = shared_disc();
	struct ts t;
	int back;

	ts_overlay(&t);
	add(&t, dir, "/v", NULL, options);
	container_spec_set_capabilities(t.spec, 1ULL << 21); /* CAP_SYS_ADMIN */
	container_spec_set_namespaces(t.spec, namespaces);
	ts_sh(&t, "echo up; read x; cat /v/late/file || echo nothing;"
		  "mount -t tmpfs back /v/back && touch /v/back/made; echo end; read x");
	start_and_mount_late(&t, dir);
	back = access(t_fmt("%s/back/made", dir), F_OK) == 0;
	if (back)
		T_SYS(umount(t_fmt("%s/back", dir)));
	T_SYS(umount(t_fmt("%s/late", dir)));
	ts_kill(&t);
	ts_has(&t, "%s", want);
	T_SYS(umount(dir));
	return back;
}

#define MINE (CONTAIN_NS_MNT | CONTAIN_NS_PID)

TEST(a_volume_is_private)
{
	t_need_root();
	ck_assert_int_eq(volume("rbind", MINE, "nothing\n"), 0);
	ck_assert_int_eq(volume("bind,private", MINE, "nothing\n"), 0);
}

TEST(a_volume_that_hears_of_the_host)
{
	t_need_root();
	ck_assert_int_eq(volume("rbind,rslave", MINE, "seen\n"), 0);
	ck_assert_int_eq(volume("bind,slave", MINE, "seen\n"), 0);
	ck_assert_int_eq(volume("rbind,rslave,rshared", MINE, "seen\n"), 0);
	ck_assert_int_eq(volume("rbind,rslave", MINE | CONTAIN_NS_USER, "seen\n"), 0);
}

TEST(a_volume_that_works_both_ways)
{
	t_need_root();
	ck_assert_int_eq(volume("rbind,rshared", MINE, "seen\n"), 1);
	ck_assert_int_eq(volume("bind,shared", MINE, "seen\n"), 1);
	/* the kernel makes it a slave of the host's */
	ck_assert_int_eq(volume("rbind,rshared", MINE | CONTAIN_NS_USER, "seen\n"), 0);
}

/* What the root's mountinfo line ends its fields with, and whether a late mount is seen. */
static void root(uint32_t propagation, const char *want, int sees)
{
	const char *dir = shared_disc();
	struct ts t;

	t_rootfs_make(dir);
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, dir, 0);
	container_spec_add_bind(t.spec, AT_FDCWD, t_fmt("%s/back", dir), "/bound", 0);
	if (propagation)
		container_spec_set_root_propagation(t.spec, propagation);
	ts_sh(&t, "echo up; read x; ls /late; grep -o ' / / .* - tmpfs disc' /proc/self/mountinfo;"
		  "grep -o ' /bound .* - ' /proc/self/mountinfo; echo end; read x");
	start_and_mount_late(&t, dir);
	T_SYS(umount(t_fmt("%s/late", dir)));
	ts_kill(&t);
	T_CHECK(!strstr(t.text, "file\n") == !sees, "%s", t.text);
	T_CHECK(!strstr(t.text, "master:") == !strstr(want, "master"), "%s", t.text);
	T_CHECK(!strstr(t.text, "shared:") == !strstr(want, "shared"), "%s", t.text);
	T_CHECK(!strstr(strstr(t.text, " /bound"), "master:"), "binds stay private: %s", t.text);
	T_SYS(umount(dir));
}

TEST(the_propagation_of_the_root)
{
	t_need_root();
	root(0, "", 0);
	root(CONTAIN_PROPAGATION_PRIVATE, "", 0);
	root(CONTAIN_PROPAGATION_SLAVE, "master", 1);
	root(CONTAIN_PROPAGATION_SHARED, "shared", 0);
	root(CONTAIN_PROPAGATION_SLAVE | CONTAIN_PROPAGATION_SHARED, "shared master", 1);
}

/* ---- id maps ---- */

static const char *volume_of_1000(void)
{
	const char *dir = t_tmpdir();

	t_write_file(t_fmt("%s/file", dir), "text");
	T_SYS(chown(t_fmt("%s/file", dir), 1000, 1000));
	T_SYS(chown(dir, 1000, 1000));
	T_SYS(chmod(dir, 0755));
	return dir;
}

/* The container's user 0 is the caller; all others are other ids of the host. */
static void map_from(struct ts *t, uint32_t first)
{
	container_spec_set_namespaces(t->spec, TS_NS_ALL);
	container_spec_add_uid_range(t->spec, 0, 0, 1);
	container_spec_add_uid_range(t->spec, 1, first, 65535);
	container_spec_add_gid_range(t->spec, 0, 0, 1);
	container_spec_add_gid_range(t->spec, 1, first, 65535);
}

/* What the temporary directory lies on: in a guest an overlay or a tmpfs, perhaps. */
static void need_idmap(const char *dir)
{
	contain_id_map *uid = NULL, *gid = NULL;
	int ns, tree, r;

	t_need_root();
	ck_assert_int_eq(contain_id_map_parse("0:0:1", &uid, &gid, NULL), 0);
	ns = contain_ns_new_user(uid, gid, NULL);
	tree = contain_mount_clone(AT_FDCWD, dir, 0, 0, NULL);
	T_CHECK(ns >= 0 && tree >= 0);
	r = contain_mount_set_idmap(tree, ns, 0, NULL);
	close(tree);
	close(ns);
	contain_id_map_free(uid);
	contain_id_map_free(gid);
	if (r < 0)
		t_skip("the file system of %s cannot be id-mapped on this kernel", dir);
}

TEST(one_volume_for_two_maps)
{
	const char *dir = volume_of_1000();
	struct stat st;
	struct ts t;

	need_idmap(dir);
	for (uint32_t first = 100000; first < 400000; first += 200000) {
		ts_overlay(&t);
		map_from(&t, first);
		add(&t, dir, "/v", NULL, "rbind,idmap");
		add(&t, dir, "/w", NULL, "rbind");
		container_spec_set_capabilities(t.spec, TS_CAPS_DEFAULT);
		ts_sh(&t, t_fmt("stat -c '%%u %%g' /v/file /w/file; echo x >/v/made%u;"
				"chown 7:8 /v/made%u", first, first));
		ts_run(&t);
		ts_is(&t, "1000 1000\n65534 65534\n");
		T_SYS(stat(t_fmt("%s/made%u", dir, first), &st));
		T_CHECK(st.st_uid == 7 && st.st_gid == 8, "%u %u", st.st_uid, st.st_gid);
	}
}

TEST(a_volume_with_ranges)
{
	const char *dir = volume_of_1000();
	struct ts t;

	need_idmap(dir);
	ts_overlay(&t);
	add(&t, dir, "/v", NULL, "bind,idmap=1000:5:1,ro");
	add(&t, dir, "/w", NULL, "bind,ridmap=0:0:2000");
	ts_sh(&t, "stat -c '%u %g' /v/file /w/file");
	ts_run(&t);
	ts_is(&t, "5 5\n1000 1000\n");
}

TEST(id_maps_that_cannot_be)
{
	const char *dir = volume_of_1000();
	struct ts t;

	need_idmap(dir);
	ts_overlay(&t);
	add(&t, dir, "/v", NULL, "bind,idmap");
	ts_words(&t, "exit 0");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "", "mount.idmap", "no user namespace");
	ts_overlay(&t);
	add(&t, dir, "/v", NULL, "bind,idmap=0:0");
	ts_words(&t, "exit 0");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "", "mount.idmap", "");
	ts_overlay(&t);
	add(&t, dir, "/v", NULL, "bind,slave,idmap=0:0:1");
	ts_words(&t, "exit 0");
	ts_fails(&t, EOPNOTSUPP, CONTAIN_PHASE_PLAN, "", "mount.idmap", "private");
	ts_overlay(&t);
	add(&t, "/proc", "/v", NULL, "bind,idmap=0:0:1");
	ts_words(&t, "exit 0");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PARENT, "idmap-source", "/proc", "cannot be id-mapped");
}

static int as_user(void *arg, void *rec)
{
	struct ts t;

	(void)arg;
	(void)rec;
	ts_overlay(&t);
	add(&t, "/", "/v", NULL, "bind,idmap");
	ts_words(&t, "exit 0");
	ts_fails(&t, EPERM, CONTAIN_PHASE_PLAN, "", "mount.idmap", "CAP_SYS_ADMIN");
	return 0;
}

TEST(id_maps_are_roots_alone)
{
	t_need_userns();
	t_as_user(as_user, NULL);
}
