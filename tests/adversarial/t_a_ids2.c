/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A15: an image whose passwd is no file that anybody should read. A21: programs with inheritable
 * capabilities, beside the sets that a spec asks for. A23: set-user-id programs, beside them.
 */
#include "../live/t_spawn.h"

#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <time.h>

#define BIT(n) (1ULL << (n))
#define LINE (100 << 20)

/* ---- A15 ---- */

static const char *path_of(const char *name)
{
	const char *path = t_fmt("%s/etc/%s", ts_root(), name);

	unlink(path);
	return path;
}

static void a_fifo(const char *name)
{
	T_SYS(mkfifo(path_of(name), 0644));
}

static void a_socket(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	T_SYS(fd);
	T_SYS(chdir(t_fmt("%s/etc", ts_root())));
	unlink(name);
	strcpy(a.sun_path, name);
	T_SYS(bind(fd, (struct sockaddr *)&a, sizeof(a)));
	close(fd);
	T_SYS(chdir("/"));
}

static void an_endless_node(const char *name)
{
	T_SYS(mknod(path_of(name), S_IFCHR | 0666, makedev(1, 5))); /* as /dev/zero */
}

static void a_sparse_file(const char *name)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT, 0644);

	T_SYS(fd);
	T_SYS(ftruncate(fd, 1LL << 40));
	close(fd);
}

static void a_symlink_to_itself(const char *name)
{
	T_SYS(symlink(name, path_of(name)));
}

static void a_symlink_to_the_host(const char *name)
{
	T_SYS(symlink("/proc/1/root/etc/passwd", path_of(name)));
}

static void a_long_line(const char *name)
{
	static char block[1 << 16];
	int fd = open(path_of(name), O_WRONLY | O_CREAT, 0644);

	T_SYS(fd);
	memset(block, 'a', sizeof(block));
	for (int i = 0; i < LINE / (int)sizeof(block); i++)
		T_CHECK(write(fd, block, sizeof(block)) == (ssize_t)sizeof(block));
	close(fd);
}

static void a_directory(const char *name)
{
	T_SYS(mkdir(path_of(name), 0755));
}

static const struct {
	const char *name;
	void (*make)(const char *name);
	int err;
	int naive; /* what lets the naive reader hang, fill its memory or read the host's */
} bad_files[] = {
	{ "fifo", a_fifo, EINVAL, 1 },
	{ "socket", a_socket, EINVAL, 0 },
	{ "endless node", an_endless_node, EINVAL, 1 },
	{ "sparse file", a_sparse_file, EFBIG, 1 },
	{ "symlink to itself", a_symlink_to_itself, ELOOP, 0 },
	{ "symlink to the host", a_symlink_to_the_host, ELOOP, 0 },
	{ "line of 100 MB", a_long_line, EFBIG, 1 },
	{ "directory", a_directory, EINVAL, 0 },
};
#define BAD_FILES (sizeof(bad_files) / sizeof(bad_files[0]))

static long msec_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* What libc would do inside: 1 when it is still at it after a second, or wants 64 MiB. */
static int naive_reader(const char *file)
{
	int status = 0;
	pid_t pid = fork();

	T_SYS(pid);
	if (pid == 0) {
		struct rlimit memory = { 64 << 20, 64 << 20 };
		struct passwd *p;
		FILE *f;

		setrlimit(RLIMIT_AS, &memory);
		signal(SIGALRM, SIG_DFL);
		alarm(1);
		f = fopen(file, "r");
		while (f && (p = fgetpwent(f)))
			if (!strcmp(p->pw_name, "alice"))
				_exit(0);
		_exit(f && errno == ENOMEM ? 3 : 0);
	}
	T_SYS(waitpid(pid, &status, 0));
	return WIFSIGNALED(status) || WEXITSTATUS(status) == 3;
}

static void bad_file(size_t i, const char *file, const char *user)
{
	long before, took;
	struct rusage usage;
	struct ts t;

	ts_dir(&t, 0);
	container_spec_set_user_name(t.spec, user, 0);
	ts_words(&t, "ids");
	before = msec_now();
	ts_fails(&t, bad_files[i].err, CONTAIN_PHASE_CHILD, "find-user", user, file);
	took = msec_now() - before;
	T_CHECK(took < 1000 * t_slow() * 4, "%s: %ld msec", bad_files[i].name, took);
	T_SYS(getrusage(RUSAGE_CHILDREN, &usage));
	T_CHECK(usage.ru_maxrss < 256 << 10, "%s: %ld KiB", bad_files[i].name, usage.ru_maxrss);
	t_note("%s as %s: %ld msec", bad_files[i].name, file, took);
}

TEST_LIMIT(a15_files_that_nobody_should_read, 120)
{
	int fell = 0, wanted = 0;

	t_need_root();
	for (size_t i = 0; i < BAD_FILES; i++) {
		const char *passwd = t_fmt("%s/etc/passwd", ts_root());

		bad_files[i].make("passwd");
		bad_file(i, "/etc/passwd", "alice");
		if (bad_files[i].naive) {
			wanted++;
			fell += naive_reader(passwd);
		}
		if (rmdir(passwd))
			unlink(passwd);
		/* the other file, for a group by its name */
		t_write_file(passwd, "alice:x:1000:100::/:/bin/sh\n");
		bad_files[i].make("group");
		bad_file(i, "/etc/group", "alice:users");
		if (rmdir(t_fmt("%s/etc/group", ts_root())))
			unlink(t_fmt("%s/etc/group", ts_root()));
		unlink(passwd);
	}
	/* a sanitizer has no room in 64 MiB */
	T_CHECK(T_SANITIZED || fell >= wanted - 1, "the naive reader fell to %d of %d", fell,
		wanted);
}

/* The twin: long files and long lines of lawful use. */
TEST(a15_a_large_passwd_is_read)
{
	FILE *f;
	struct ts t;

	t_need_root();
	f = fopen(path_of("passwd"), "w");
	T_CHECK(f != NULL);
	for (int i = 0; i < 50000; i++)
		fprintf(f, "user%d:x:%d:%d:somebody,,,:/home/user%d:/bin/bash\n", i, 10000 + i,
			10000 + i, i);
	fprintf(f, "alice:x:1000:100:%0100000d:/:/bin/sh\n", 0);
	fclose(f);
	ts_dir(&t, 0);
	container_spec_set_user_name(t.spec, "alice", 0);
	ts_words(&t, "ids");
	ts_run(&t);
	ts_has(&t, "uid 1000 1000 1000\n");
}

/* A racer exchanges the file for a FIFO: an answer each time, and never a hang. */
TEST_LIMIT(a15_exchanged_meanwhile, 120)
{
	int rounds = ts_rounds(2000, 60, 10), status, ok = 0, refused = 0;
	pid_t racer;
	struct ts t;

	t_need_root();
	t_write_file(path_of("good"), "alice:x:1000:100::/:/bin/sh\n");
	a_fifo("bad");
	t_write_file(path_of("passwd"), "alice:x:1000:100::/:/bin/sh\n");
	T_SYS(chdir(t_fmt("%s/etc", ts_root())));
	racer = fork();
	if (racer == 0)
		for (;;) { /* a name that is always there, of either kind */
			if (link("good", "next") || rename("next", "passwd"))
				_exit(1);
			usleep(500);
			if (rename("bad", "passwd") || mkfifo("bad", 0644))
				_exit(2);
		}
	T_SYS(racer);
	T_SYS(chdir("/"));
	for (int i = 0; i < rounds; i++) {
		long before = msec_now();
		int r;

		ts_new(&t);
		t_state_free(t.state); /* the racer's files come and go */
		t.state = NULL;
		container_spec_set_root_dir(t.spec, AT_FDCWD, ts_root(), 0);
		container_spec_set_user_name(t.spec, "alice", 0);
		ts_words(&t, "ids");
		r = ts_spawn(&t);
		T_CHECK(r == 0 || r == -EINVAL || r == -ENXIO || r == -ENOENT, "%s",
			contain_error_message(t.error));
		ok += r == 0;
		refused += r != 0;
		if (r == 0) {
			ts_end(&t);
			ts_has(&t, "uid 1000 1000 1000\n");
		} else {
			ts_free(&t);
		}
		T_CHECK(msec_now() - before < 4000 * t_slow());
	}
	T_SYS(kill(racer, SIGKILL));
	T_SYS(waitpid(racer, &status, 0));
	T_CHECK(WIFSIGNALED(status), "the racer ended by itself: %d", status);
	t_note("%d started, %d refused", ok, refused);
}

/* ---- A21: a program whose file gives what the process has inheritable ---- */

static void program_with(uint64_t permitted, uint64_t inheritable)
{
	uint32_t data[5] = { VFS_CAP_REVISION_2, (uint32_t)permitted, (uint32_t)inheritable,
			     (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32) };
	const char *path = t_fmt("%s/job/gain", ts_root());

	T_CHECK(system(t_fmt("cp %s %s", T_PAYLOAD, path)) == 0);
	T_CHECK(setxattr(path, "security.capability", data, sizeof(data), 0) == 0, "%m");
}

static void gains(uint64_t inheritable, uint64_t bounding, int nnp, uint64_t want)
{
	struct ts t;

	ts_dir(&t, 0);
	container_spec_set_capability_sets(t.spec, 0, 0, inheritable, bounding, 0);
	container_spec_set_user(t.spec, 1000, 1000);
	container_spec_set_no_new_privs(t.spec, nnp);
	ts_argv(&t, "/job/gain caps");
	ts_run(&t);
	ck_assert_str_eq(ts_value(&t, "permitted"), t_fmt("%016llx", (unsigned long long)want));
}

TEST(a21_file_capabilities)
{
	const uint64_t raw = BIT(CAP_NET_RAW), kill_ = BIT(CAP_KILL), all = raw | kill_;

	t_need_root();
	ts_root();
	program_with(0, ~0ULL >> 23);
	gains(0, all, 0, 0);
	gains(raw, all, 0, raw); /* the twin: what was asked for comes */
	gains(raw, all, 1, 0);	 /* and with no_new_privs nothing does */
	program_with(BIT(CAP_SYS_ADMIN) | kill_, 0);
	gains(0, all, 0, kill_); /* never beyond the bounding set */
	gains(0, all, 1, 0);
}

/* ---- A23: set-user-id, for a user by its name, with and without no_new_privs ---- */

TEST(a23_set_user_id)
{
	struct ts t;

	t_need_root();
	T_CHECK(system(t_fmt("cp %1$s %2$s/job/suid && chmod 4755 %2$s/job/suid", T_PAYLOAD,
			     ts_root())) == 0);
	t_write_file(path_of("passwd"), "alice:x:1000:100::/:/bin/sh\n");
	for (int nnp = 0; nnp < 2; nnp++) {
		ts_dir(&t, 0);
		container_spec_set_user_name(t.spec, "alice", 0);
		container_spec_set_capability_sets(t.spec, 0, 0, 0, BIT(CAP_KILL), 0);
		container_spec_set_no_new_privs(t.spec, nnp);
		ts_argv(&t, "/job/suid ids -- caps");
		ts_run(&t);
		ts_has(&t, "uid 1000 %d %d\n", nnp ? 1000 : 0, nnp ? 1000 : 0);
		ck_assert_str_eq(ts_value(&t, "permitted"),
				 t_fmt("%016llx", nnp ? 0ULL : BIT(CAP_KILL)));
	}
	/* with SECBIT_NOROOT user 0 is a number */
	ts_dir(&t, 0);
	container_spec_set_user_name(t.spec, "alice", 0);
	container_spec_set_capability_sets(t.spec, 0, 0, 0, BIT(CAP_KILL), 0);
	container_spec_set_securebits(t.spec, CONTAIN_SECBIT_NOROOT);
	container_spec_set_no_new_privs(t.spec, 0);
	ts_argv(&t, "/job/suid ids -- caps");
	ts_run(&t);
	ts_has(&t, "uid 1000 0 0\n");
	ck_assert_str_eq(ts_value(&t, "permitted"), "0000000000000000");
}
