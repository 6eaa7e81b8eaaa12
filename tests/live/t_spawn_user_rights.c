/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a payload that is another user may do: capabilities, set-user-id programs, files, stdio. */
#include "t_spawn.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define UID 4711
#define GID 4712

static uint64_t set_of(struct ts *t, const char *key)
{
	return strtoull(ts_value(t, key), NULL, 16);
}

static void start(struct ts *t)
{
	ts_dir(t, 0);
	ck_assert_int_eq(container_spec_set_user(t->spec, UID, GID), 0);
}

/* The five sets of another user are the bounding set and four empty ones, whatever was asked. */
TEST(capability_sets)
{
	const uint64_t sets[] = { 0, 1ULL << CAP_NET_ADMIN, TS_CAPS_DEFAULT, ts_caps() };
	struct ts t;

	t_need_root();
	for (int i = 0; i < 8; i++) {
		start(&t);
		container_spec_set_capabilities(t.spec, sets[i / 2]);
		container_spec_set_no_new_privs(t.spec, i % 2);
		ts_words(&t, "caps");
		ts_run(&t);
		T_CHECK(!set_of(&t, "effective") && !set_of(&t, "permitted") &&
				!set_of(&t, "inheritable") && !set_of(&t, "ambient"),
			"%s", t.text);
		ck_assert_uint_eq(set_of(&t, "bounding"), sets[i / 2]);
		ts_has(&t, "nnp %d\n", i % 2);
	}
}

static int with_securebits(void *arg, void *rec)
{
	unsigned bits = *(unsigned *)arg;
	struct ts t;

	(void)rec;
	T_SYS(prctl(PR_SET_SECUREBITS, bits));
	start(&t);
	container_spec_set_capabilities(t.spec, ts_caps());
	ts_words(&t, "ids -- caps");
	ts_run(&t);
	ts_has(&t, "uid %d %d %d\n", UID, UID, UID);
	T_CHECK(!set_of(&t, "effective") && !set_of(&t, "permitted") && !set_of(&t, "ambient"),
		"%s", t.text);
	return 0;
}

/* SECBIT_KEEP_CAPS and SECBIT_NO_SETUID_FIXUP let capabilities live through setresuid(2). */
TEST(securebits_of_the_caller)
{
	unsigned bits[] = { SECBIT_KEEP_CAPS, SECBIT_NO_SETUID_FIXUP,
			    SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP |
				    SECBIT_NO_CAP_AMBIENT_RAISE };

	t_need_root();
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		ck_assert_int_eq(t_child(with_securebits, &bits[i], NULL, 0), 0);
}

static int with_ambient(void *arg, void *rec)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	struct ts t;

	(void)arg;
	(void)rec;
	T_SYS(syscall(SYS_capget, &head, data));
	data[0].inheritable = data[0].permitted;
	data[1].inheritable = data[1].permitted;
	T_SYS(syscall(SYS_capset, &head, data));
	for (int cap = 0; cap < 24; cap++)
		T_SYS(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0));
	/* set-up fixups would take them; without, they are what a payload would inherit */
	T_SYS(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP));
	start(&t);
	ts_words(&t, "caps");
	ts_run(&t);
	T_CHECK(!set_of(&t, "effective") && !set_of(&t, "permitted") &&
			!set_of(&t, "inheritable") && !set_of(&t, "ambient"),
		"%s", t.text);
	return 0;
}

TEST(ambient_set_of_the_caller)
{
	t_need_root();
	ck_assert_int_eq(t_child(with_ambient, NULL, NULL, 0), 0);
}

static const char *copy_of_payload(const char *name, unsigned mode)
{
	const char *to = t_fmt("%s%s", ts_root(), name);

	T_CHECK(system(t_fmt("cp %s %s", T_PAYLOAD, to)) == 0);
	T_SYS(chmod(to, mode));
	return name;
}

TEST(set_user_id_programs)
{
	struct ts t;

	t_need_root();
	ts_root();
	copy_of_payload("/job/suid", 04755);
	T_SYS(chown(t_fmt("%s/job", ts_root()), 0, 0));
	start(&t);
	ts_argv(&t, "/job/suid ids -- caps");
	ts_run(&t);
	ts_has(&t, "uid %d %d %d\n", UID, UID, UID);
	ck_assert_uint_eq(set_of(&t, "permitted"), 0);
	/* relaxed by name: it gives what the bounding set lets it give */
	start(&t);
	container_spec_set_no_new_privs(t.spec, 0);
	container_spec_set_capabilities(t.spec, 1ULL << CAP_KILL);
	ts_argv(&t, "/job/suid ids -- caps");
	ts_run(&t);
	ts_has(&t, "uid %d 0 0\n", UID);
	ck_assert_uint_eq(set_of(&t, "permitted"), 1ULL << CAP_KILL);
	ck_assert_uint_eq(set_of(&t, "effective"), 1ULL << CAP_KILL);
}

/* Directory and program are looked for with the user's rights, not with those of set-up. */
TEST(files_that_the_user_may_not_use)
{
	struct ts t;

	t_need_root();
	ts_root();
	T_SYS(mkdir(t_fmt("%s/job/private", ts_root()), 0700));
	copy_of_payload("/job/private/tool", 0755);
	copy_of_payload("/job/tool", 0700);
	for (int all = 0; all < 2; all++) {
		uint64_t caps = all ? ts_caps() : TS_CAPS_DEFAULT;

		start(&t);
		container_spec_set_capabilities(t.spec, caps);
		container_spec_set_cwd(t.spec, "/job/private");
		ts_words(&t, "exit");
		ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "chdir", "/job/private",
			 "x permission");
		start(&t);
		container_spec_set_capabilities(t.spec, caps);
		ts_argv(&t, "/job/private/tool exit");
		ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "exec", "/job/private/tool",
			 "no x permission on the directory \"/job/private\"");
		start(&t);
		container_spec_set_capabilities(t.spec, caps);
		ts_argv(&t, "/job/tool exit");
		ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "exec", "/job/tool",
			 "no x permission for this user");
	}
	T_SYS(chown(t_fmt("%s/job/private", ts_root()), UID, GID));
	start(&t);
	container_spec_set_cwd(t.spec, "/job/private");
	ts_argv(&t, "./tool cwd -- write made x -- stat made");
	ts_run(&t);
	ts_has(&t, "/job/private\n");
	ts_has(&t, "uid %d gid %d ", UID, GID);
}

/* The library's pipes become the user's: who opens /dev/stdout opens the pipe anew. */
TEST(stdio_that_is_opened_anew)
{
	char text[200] = "";
	struct ts t;
	int other[2];
	struct stat st;

	t_need_root();
	start(&t);
	T_SYS(pipe2(other, O_CLOEXEC));
	container_spec_set_stdio(t.spec, 1, CONTAIN_STDIO_PIPE);
	container_spec_set_stdio(t.spec, 2, other[1]);
	ts_sh(&t, "echo anew >/dev/stdout; (echo not >/dev/stderr) || echo refused; stat -L -c "
		  "%u:%g "
		  "/dev/stdout");
	ts_start(&t);
	ck_assert_int_eq(container_wait(t.c, -1, NULL, NULL), 0);
	ck_assert_int_gt(read(container_stdio_fd(t.c, 1), text, sizeof(text) - 1), 0);
	ck_assert_str_eq(text, t_fmt("anew\nrefused\n%d:%d\n", UID, GID));
	/* what the caller gave is as it was */
	T_SYS(fstat(other[0], &st));
	ck_assert_uint_eq(st.st_uid, 0);
	close(other[0]);
	close(other[1]);
	ts_end(&t);
}

/* An override's own fd in the place of a pipe stays its owner's too. */
TEST(stdio_of_an_override_stays_as_it_is)
{
	container_overrides *o = NULL;
	container_plan *plan = NULL;
	struct ts t;
	struct stat st;
	int file;

	t_need_root();
	start(&t);
	file = ts_memfd();
	container_spec_set_stdio(t.spec, 1, CONTAIN_STDIO_PIPE);
	ts_words(&t, "ids");
	ck_assert_int_eq(container_plan_compile(t.spec, &plan, NULL), 0);
	ck_assert_int_eq(container_overrides_new(&o), 0);
	ck_assert_int_eq(container_overrides_set_stdio(o, 1, file), 0);
	ck_assert_int_eq(container_plan_spawn(plan, o, &t.c, &t.error), 0);
	ck_assert_int_eq(container_stdio_fd(t.c, 1), -ENOENT);
	ck_assert_int_eq(container_wait(t.c, -1, NULL, NULL), 0);
	T_SYS(fstat(file, &st));
	ck_assert_uint_eq(st.st_uid, 0);
	ck_assert_int_gt((int)st.st_size, 20);
	close(file);
	container_overrides_free(o);
	container_plan_free(plan);
	ts_end(&t);
}

/* An init that stays is root inside, its payload is not; the signal of stop() reaches it. */
TEST(below_an_init)
{
	struct ts t;

	t_need_root();
	start(&t);
	ck_assert_int_eq(container_spec_set_init(t.spec, 1), 0);
	container_spec_set_stdio(t.spec, 0, CONTAIN_STDIO_PIPE);
	ts_words(&t, "ids -- session -- caps -- read /dev/stdin");
	ts_start(&t);
	ts_wait_for(&t, "nnp 1");
	ts_has(&t, "uid %d %d %d\n", UID, UID, UID);
	ts_has(&t, "ppid 1\n");
	ck_assert_uint_eq(set_of(&t, "permitted"), 0);
	/* the end of its stdin is seen, so the init does not hold the other end */
	ck_assert_int_eq(container_wait(t.c, 0, NULL, NULL), -ETIMEDOUT);
	close(container_stdio_take(t.c, 0));
	ts_end(&t);
	ck_assert_int_eq(t.code, 0);
}
