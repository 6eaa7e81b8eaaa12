/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Landlock: of containers, and of the calling thread. */
#include "t_sec.h"

#include <arpa/inet.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static contain_landlock *rules(uint32_t fs, uint32_t net, uint32_t scopes)
{
	contain_landlock *l = NULL;

	if (contain_landlock_abi() < 0)
		t_skip("no Landlock: %s", strerrorname_np(-contain_landlock_abi()));
	ck_assert_int_eq(contain_landlock_new(&l), 0);
	ck_assert_int_eq(contain_landlock_set_handled(l, fs, net, scopes), 0);
	ck_assert_int_eq(contain_landlock_set_best_effort(l, 1), 0);
	return l;
}

static void put(struct ts *t, contain_landlock *l)
{
	ck_assert_int_eq(container_spec_set_landlock(t->spec, l), 0);
	contain_landlock_free(l);
}

static const char script[] =
	"cat /etc/passwd >/dev/null && echo read; echo a >/tmp/f && echo tmp; "
	"(echo a >/root/f) 2>/dev/null && echo wrote; ls /root >/dev/null && echo listed; "
	"echo end";

TEST_BOTH(rules_of_a_container)
{
	contain_landlock *l = rules(CONTAIN_LANDLOCK_FS_ALL, 0, 0);
	struct ts t;

	for (int init = 0; init < 2; init++) {
		ts_dir(&t, 0);
		ts_sh(&t, script);
		ts_run(&t);
		ts_is(&t, "read\ntmp\nwrote\nlisted\nend\n");

		ts_dir(&t, 0);
		if (init)
			l = rules(CONTAIN_LANDLOCK_FS_ALL, 0, 0);
		ck_assert_int_eq(contain_landlock_add_path(l, "/", CONTAIN_LANDLOCK_FS_READ), 0);
		ck_assert_int_eq(contain_landlock_add_path(l, "/tmp", CONTAIN_LANDLOCK_FS_ALL), 0);
		ck_assert_int_eq(contain_landlock_add_path(l, "/dev/null",
							   CONTAIN_LANDLOCK_FS_ALL), 0);
		put(&t, l);
		container_spec_set_init(t.spec, init);
		container_spec_set_cwd(t.spec, "/tmp");
		ts_sh(&t, script);
		ts_run(&t);
		ts_is(&t, "read\ntmp\nlisted\nend\n");
	}
}

/* The user of the payload changes nothing about it; a set is replaced by the next. */
TEST_BOTH(of_another_user)
{
	contain_landlock *l = rules(CONTAIN_LANDLOCK_FS_WRITE_FILE | CONTAIN_LANDLOCK_FS_MAKE_REG,
				    0, 0);
	struct ts t;

	ts_dir(&t, 0);
	put(&t, rules(CONTAIN_LANDLOCK_FS_ALL, 0, 0));
	put(&t, l);
	container_spec_set_user(t.spec, 1000, 1000);
	ts_sh(&t, "cat /etc/passwd >/proc/self/fd/1; (echo a >/tmp/f) || echo held");
	ts_run(&t);
	ts_has(&t, "held\n");
}

TEST(ports)
{
	contain_landlock *l;
	struct ts t;

	t_need_root();
	if (contain_landlock_abi() < 4)
		t_skip("Landlock knows ports since ABI 4, here it is %d", contain_landlock_abi());
	for (int allowed = 0; allowed < 2; allowed++) {
		l = rules(CONTAIN_LANDLOCK_FS_MAKE_SYM, CONTAIN_LANDLOCK_NET_BIND_TCP, 0);
		if (allowed)
			ck_assert_int_eq(contain_landlock_add_port(
						 l, 8080, CONTAIN_LANDLOCK_NET_BIND_TCP), 0);
		ts_dir(&t, 0);
		put(&t, l);
		ts_sh(&t, "busybox timeout 0.2 busybox nc -l -p 8080; echo $?");
		ts_run(&t);
		T_CHECK(!!strstr(ts_text(&t), "ermission denied") == !allowed, "%s", t.text);
	}
}

/* A signal to a process above, of the same pid namespace. */
TEST(scopes)
{
	struct ts t;

	if (contain_landlock_abi() < 6)
		t_skip("Landlock knows scopes since ABI 6, here it is %d", contain_landlock_abi());
	t_need_root();
	ts_dir(&t, 0);
	put(&t, rules(CONTAIN_LANDLOCK_FS_MAKE_SYM, 0, CONTAIN_LANDLOCK_SCOPE_SIGNAL));
	container_spec_set_init(t.spec, 1);
	ts_sh(&t, "kill -0 1 || echo held; kill -0 $$ && echo own");
	ts_run(&t);
	ts_has(&t, "held\n");
	ts_has(&t, "own\n");
}

TEST_BOTH(what_is_refused)
{
	contain_landlock *l = rules(CONTAIN_LANDLOCK_FS_ALL, 0, 0);
	struct ts t;

	/* the program itself may not be executed */
	ts_dir(&t, 0);
	put(&t, l);
	ts_words(&t, "exit");
	ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "exec", "/bin/payload", "Landlock rules");
	/* no such path in the container */
	l = rules(CONTAIN_LANDLOCK_FS_ALL, 0, 0);
	ck_assert_int_eq(contain_landlock_add_path(l, "/none/such", CONTAIN_LANDLOCK_FS_READ), 0);
	ts_dir(&t, 0);
	put(&t, l);
	ts_words(&t, "exit");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "landlock-path", "/none/such", "no such file");
	/* nothing of what is allowed is for files */
	l = rules(CONTAIN_LANDLOCK_FS_ALL, 0, 0);
	ck_assert_int_eq(contain_landlock_add_path(l, "/etc/passwd",
						   CONTAIN_LANDLOCK_FS_READ_DIR), 0);
	ts_dir(&t, 0);
	put(&t, l);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_CHILD, "landlock-path", "/etc/passwd", "no directory");
	/* a magic link would lead out */
	l = rules(CONTAIN_LANDLOCK_FS_ALL, 0, 0);
	ck_assert_int_eq(contain_landlock_add_path(l, "/proc/1/root", CONTAIN_LANDLOCK_FS_READ), 0);
	ts_dir(&t, 0);
	put(&t, l);
	ts_words(&t, "exit");
	ts_fails(&t, ELOOP, CONTAIN_PHASE_CHILD, "landlock-path", "/proc/1/root", "");
	/* what the kernel asks for */
	ts_dir(&t, 0);
	put(&t, rules(CONTAIN_LANDLOCK_FS_ALL, 0, 0));
	container_spec_set_no_new_privs(t.spec, 0);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_PLAN, "compile", "landlock", "no_new_privs");
	l = rules(CONTAIN_LANDLOCK_FS_ALL, 0, 0);
	ck_assert_int_eq(contain_landlock_add_path(l, "/", CONTAIN_LANDLOCK_FS_ALL), 0);
	ts_dir(&t, 0);
	put(&t, l);
	container_spec_set_no_new_privs(t.spec, 0);
	container_spec_set_capabilities(t.spec, 1ULL << CAP_SYS_ADMIN);
	ts_words(&t, "caps");
	ts_run(&t);
	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_set_landlock(t.spec, NULL), -EINVAL);
	ts_words(&t, "exit");
	ts_fails(&t, EINVAL, CONTAIN_PHASE_SPEC, "spec", "landlock", "NULL");
}

/* A kernel that knows less, or nothing: an error, or told by explain. */
TEST(older_kernels)
{
	static const struct {
		int abi;
		const char *hint, *explained;
	} cases[] = {
		{ 0, "no Landlock", "nothing: this kernel" },
		{ 1, "ABI 1", "left out, as this kernel does not know them: files 0xe000" },
		{ 3, "ports 0x1", "files 0x8000, ports 0x1, scopes 0x2" },
		{ 5, "scopes 0x2", "scopes 0x2" },
	};
	static struct ct_facts facts;

	T_CHECK(ct_facts_get(&facts) == 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		contain_landlock *l = NULL;
		container_plan *plan = NULL;
		struct ts t;
		char *text;
		int fd;

		facts.landlock_abi = cases[i].abi;
		ck_assert_int_eq(contain_landlock_new(&l), 0);
		contain_landlock_set_handled(l, CONTAIN_LANDLOCK_FS_ALL,
					     CONTAIN_LANDLOCK_NET_BIND_TCP,
					     CONTAIN_LANDLOCK_SCOPE_SIGNAL);
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_landlock(t.spec, l), 0);
		ts_words(&t, "exit");
		t.facts = &facts;
		ts_fails(&t, EOPNOTSUPP, CONTAIN_PHASE_PLAN, "compile", "landlock", cases[i].hint);
		contain_landlock_set_best_effort(l, 1);
		ts_dir(&t, 0);
		ck_assert_int_eq(container_spec_set_landlock(t.spec, l), 0);
		ts_words(&t, "exit");
		ck_assert_int_eq(ct_plan_compile_on(t.spec, &facts, &plan, NULL), 0);
		fd = ts_memfd();
		ck_assert_int_eq(container_plan_explain(plan, fd), 0);
		text = calloc(1, 65536);
		T_CHECK(pread(fd, text, 65535, 0) > 0);
		T_CHECK(strstr(text, cases[i].explained), "%s", text);
		free(text);
		close(fd);
		container_plan_free(plan);
		contain_landlock_free(l);
		ts_free(&t);
	}
}

TEST(bad_sets)
{
	contain_landlock *l = NULL;

	ck_assert_int_eq(contain_landlock_new(NULL), -EINVAL);
	ck_assert_int_eq(contain_landlock_new(&l), 0);
	ck_assert_int_eq(contain_landlock_set_handled(l, 0, 0, 0), -EINVAL);
	ck_assert_int_eq(contain_landlock_set_handled(l, 0x10000, 0, 0), -EINVAL);
	ck_assert_int_eq(contain_landlock_set_handled(l, 1, 4, 0), -EINVAL);
	ck_assert_int_eq(contain_landlock_set_handled(l, 1, 0, 4), -EINVAL);
	ck_assert_int_eq(contain_landlock_set_handled(NULL, 1, 0, 0), -EINVAL);
	ck_assert_int_eq(contain_landlock_set_best_effort(l, 2), -EINVAL);
	ck_assert_int_eq(contain_landlock_set_best_effort(NULL, 1), -EINVAL);
	ck_assert_int_eq(contain_landlock_add_path(l, "tmp", 1), -EINVAL);
	ck_assert_int_eq(contain_landlock_add_path(l, "/tmp", 0), -EINVAL);
	ck_assert_int_eq(contain_landlock_add_path(l, "/tmp", 0x10000), -EINVAL);
	ck_assert_int_eq(contain_landlock_add_path(l, NULL, 1), -EINVAL);
	ck_assert_int_eq(contain_landlock_add_path(NULL, "/", 1), -EINVAL);
	ck_assert_int_eq(contain_landlock_add_port(l, 80, 1), -EINVAL); /* not handled */
	ck_assert_int_eq(contain_landlock_add_port(l, 65536, 1), -EINVAL);
	ck_assert_int_eq(contain_landlock_add_port(l, -1, 1), -EINVAL);
	ck_assert_int_eq(contain_landlock_add_path(l, "/tmp", 2), 0);
	ck_assert_int_eq(contain_landlock_set_handled(l, 1, 0, 0), -EINVAL); /* the rule has more */
	ck_assert_int_eq(contain_landlock_restrict(NULL, -1, NULL), -EINVAL);
	ck_assert_int_eq(contain_landlock_restrict(l, -2, NULL), -EINVAL);
	contain_landlock_free(l);
	contain_landlock_free(NULL);
}

/* ---- the calling thread ---- */

static int restrict_here(void *arg, void *rec)
{
	contain_landlock *l = rules(CONTAIN_LANDLOCK_FS_ALL, 0, 0);
	const char *dir = arg;
	contain_error *error = NULL;
	int root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)rec;
	ck_assert_int_eq(contain_landlock_add_path(l, "/in", CONTAIN_LANDLOCK_FS_ALL), 0);
	if (geteuid()) {
		ck_assert_int_eq(contain_landlock_restrict(l, root, &error), -EPERM);
		T_CHECK(strstr(contain_error_hint(error), "no_new_privs"), "%s",
			contain_error_message(error));
		contain_error_free(error);
		error = NULL;
	}
	T_SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ck_assert_int_eq(contain_landlock_restrict(l, -1, &error), -ENOENT);
	ck_assert_str_eq(contain_error_object(error), "/in");
	contain_error_free(error);
	ck_assert_int_eq(contain_landlock_restrict(l, root, NULL), 0);
	T_SYS(open(t_fmt("%s/in/f", dir), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	T_CHECK(open(t_fmt("%s/out/f", dir), O_CREAT | O_RDWR | O_CLOEXEC, 0600) == -1 &&
		errno == EACCES);
	T_CHECK(open("/etc/passwd", O_RDONLY | O_CLOEXEC) == -1 && errno == EACCES);
	for (int i = 0; i < 15; i++)
		ck_assert_int_eq(contain_landlock_restrict(l, root, NULL), 0);
	error = NULL;
	ck_assert_int_eq(contain_landlock_restrict(l, root, &error), -E2BIG);
	T_CHECK(strstr(contain_error_hint(error), "16"), "%s", contain_error_message(error));
	contain_error_free(error);
	contain_landlock_free(l);
	return 0;
}

TEST_BOTH(the_calling_thread)
{
	const char *dir = t_tmpdir();

	T_SYS(mkdir(t_fmt("%s/in", dir), 0755));
	T_SYS(mkdir(t_fmt("%s/out", dir), 0755));
	ck_assert_int_eq(t_child(restrict_here, (void *)dir, NULL, 0), 0);
}
