/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The primitives: ptys of one's own, the size of a terminal, raw and back. */
#include "t_tty.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#define T_OK(call) T_CHECK((call) == 0, "%s", contain_error_message(e))
static contain_error *e;

#define bad(call, code, object, hint) bad_at((call), code, object, hint, __LINE__)
static void bad_at(int r, int code, const char *object, const char *hint, int line)
{
	T_CHECK(r == code && contain_error_code(e) == code &&
			!strcmp(contain_error_object(e), object) &&
			strstr(contain_error_hint(e), hint),
		"line %d: %d, %s", line, r, contain_error_message(e));
	contain_error_free(e);
	e = NULL;
}

/* A devpts of this test's own mount namespace. */
static int own_devpts(const char *options)
{
	const char *dir = t_fmt("%s/pts", t_tmpdir());
	int fd;

	mkdir(dir, 0755);
	T_SYS(mount("devpts", dir, "devpts", MS_NOSUID | MS_NOEXEC, options));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	T_SYS(fd);
	return fd;
}

/* The line discipline hands on what is written in pieces, perhaps. */
static void read_all(int fd, const char *want)
{
	size_t n = strlen(want), got = 0;
	char text[16];

	while (got < n) {
		ssize_t r = read(fd, text + got, n - got);

		T_CHECK(r > 0, "%zd", r);
		got += (size_t)r;
	}
	ck_assert_int_eq(memcmp(text, want, n), 0);
}

static void through(int master, int peer)
{

	ck_assert_int_eq(write(master, "down\n", 5), 5);
	read_all(peer, "down\n");
	read_all(master, "down\r\n"); /* echoed */
	ck_assert_int_eq(write(peer, "up\n", 3), 3);
	read_all(master, "up\r\n");
}

static void new_one(int devpts)
{
	struct t_state *state = t_state_take(T_ALL & ~T_MOUNTS);
	uint32_t rows = 0, columns = 0;
	int master = -1, peer = -1;

	T_OK(contain_terminal_new(devpts, 0, 0, &master, &peer, &e));
	T_CHECK(master > 2 && peer > 2 && master != peer);
	ck_assert_int_eq(fcntl(master, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(peer, F_GETFD), FD_CLOEXEC);
	T_OK(contain_terminal_get_size(peer, &rows, &columns, &e));
	T_CHECK(rows == 0 && columns == 0);
	through(master, peer);
	close(peer);
	close(master);
	T_OK(contain_terminal_new(devpts, 30, 100, &master, &peer, &e));
	T_OK(contain_terminal_get_size(peer, &rows, &columns, &e));
	T_CHECK(rows == 30 && columns == 100);
	T_OK(contain_terminal_set_size(peer, 65535, 1, &e));
	T_OK(contain_terminal_get_size(master, &rows, &columns, &e));
	T_CHECK(rows == 65535 && columns == 1);
	close(peer);
	close(master);
	t_state_check(state);
}

TEST_BOTH(of_the_caller)
{
	new_one(-1);
}

TEST(of_a_devpts)
{
	int fd;

	t_need_root();
	fd = own_devpts("newinstance,ptmxmode=0666,mode=0620,gid=5");
	new_one(fd);
	close(fd);
}

/* Who leads a session and has no terminal does not get one by the way. */
static int leader(void *arg, void *rec)
{
	int master, peer;

	(void)arg;
	(void)rec;
	T_SYS(setsid());
	T_OK(contain_terminal_new(-1, 0, 0, &master, &peer, &e));
	ck_assert_int_lt(open("/dev/tty", O_RDWR | O_NOCTTY), 0);
	return 0;
}

TEST(no_controlling_terminal)
{
	ck_assert_int_eq(t_child(leader, NULL, NULL, 0), 0);
}

static int closed(void *arg, void *rec)
{
	int master, peer;

	(void)arg;
	(void)rec;
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (contain_terminal_new(-1, 0, 0, &master, &peer, NULL) || master < 3 || peer < 3)
		return 1;
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return 2;
	return 0;
}

TEST(closed_stdio)
{
	ck_assert_int_eq(t_child(closed, NULL, NULL, 0), 0);
}

TEST_BOTH(bad_arguments)
{
	struct t_state *state = t_state_take(T_ALL);
	const char *dir = t_fmt("%s/no-pts", t_tmpdir());
	uint32_t rows = 77, columns = 78;
	int m = -7, p = -8, fd, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	contain_terminal_modes *modes = (void *)&m;

	bad(contain_terminal_new(-1, 0, 0, NULL, &p, &e), -EINVAL, "ret_master", "NULL");
	bad(contain_terminal_new(-1, 0, 0, &m, NULL, &e), -EINVAL, "ret_peer", "NULL");
	bad(contain_terminal_new(-2, 0, 0, &m, &p, &e), -EINVAL, "devpts_fd", "-1");
	bad(contain_terminal_new(-1, 65536, 0, &m, &p, &e), -EINVAL, "rows", "65535");
	bad(contain_terminal_new(-1, 0, 65536, &m, &p, &e), -EINVAL, "columns", "65535");
	bad(contain_terminal_new(999, 0, 0, &m, &p, &e), -EBADF, "ptmx", "not open");
	bad(contain_terminal_new(null, 0, 0, &m, &p, &e), -ENOTDIR, "ptmx", "no directory");
	mkdir(dir, 0755);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bad(contain_terminal_new(fd, 0, 0, &m, &p, &e), -ENOENT, "ptmx", "root of a devpts");
	t_write_file(t_fmt("%s/ptmx", dir), "no multiplexer");
	bad(contain_terminal_new(fd, 0, 0, &m, &p, &e), -ENODEV, "ptmx", "5:2");
	unlink(t_fmt("%s/ptmx", dir));
	T_SYS(symlink("/dev/ptmx", t_fmt("%s/ptmx", dir)));
	bad(contain_terminal_new(fd, 0, 0, &m, &p, &e), -ENODEV, "ptmx", "5:2");
	unlink(t_fmt("%s/ptmx", dir));
	rmdir(dir);
	close(fd);
	T_CHECK(m == -7 && p == -8);
	bad(contain_terminal_set_size(null, 1, 1, &e), -ENOTTY,
	    t_fmt("fd %d", null), "no terminal");
	bad(contain_terminal_set_size(-1, 1, 1, &e), -EBADF, "fd -1", "not open");
	bad(contain_terminal_set_size(0, 65536, 1, &e), -EINVAL, "rows", "65535");
	bad(contain_terminal_set_size(0, 1, 65536, &e), -EINVAL, "columns", "65535");
	bad(contain_terminal_get_size(null, &rows, &columns, &e), -ENOTTY,
	    t_fmt("fd %d", null), "no terminal");
	bad(contain_terminal_get_size(-1, &rows, &columns, &e), -EBADF, "fd -1", "not open");
	bad(contain_terminal_get_size(0, NULL, &columns, &e), -EINVAL, "ret_rows", "NULL");
	bad(contain_terminal_get_size(0, &rows, NULL, &e), -EINVAL, "ret_columns", "NULL");
	T_CHECK(rows == 77 && columns == 78);
	bad(contain_terminal_raw(null, &modes, &e), -ENOTTY, t_fmt("fd %d", null), "no terminal");
	bad(contain_terminal_raw(-1, &modes, &e), -EBADF, "fd -1", "not open");
	bad(contain_terminal_raw(0, NULL, &e), -EINVAL, "ret_saved", "NULL");
	T_CHECK((void *)modes == (void *)&m);
	ck_assert_int_eq(contain_terminal_restore(0, NULL), -EINVAL);
	contain_terminal_modes_free(NULL);
	close(null);
	t_state_check(state);
}

/* Mount options of a devpts that keep others, or all, from it. */
static int as_nobody(void *arg, void *rec)
{
	int m, p, fd = *(int *)arg;

	(void)rec;
	T_SYS(setgid(65534));
	T_SYS(setuid(65534));
	bad(contain_terminal_new(fd, 0, 0, &m, &p, &e), -EACCES, "ptmx", "ptmxmode");
	return 0;
}

TEST(a_devpts_that_is_closed)
{
	int fd, m, p, m2, p2;

	t_need_root();
	fd = own_devpts("newinstance,ptmxmode=0000");
	ck_assert_int_eq(t_child(as_nobody, &fd, NULL, 0), 0);
	close(fd);
	fd = own_devpts("newinstance,ptmxmode=0666,max=1");
	T_OK(contain_terminal_new(fd, 0, 0, &m, &p, &e));
	bad(contain_terminal_new(fd, 0, 0, &m2, &p2, &e), -ENOSPC, "ptmx", "mount option max");
	close(m);
	close(p);
	T_OK(contain_terminal_new(fd, 0, 0, &m, &p, &e));
	close(m);
	close(p);
	close(fd);
}

static int hidden_dev(void *arg, void *rec)
{
	int m, p;

	(void)arg;
	(void)rec;
	T_SYS(mount("none", "/dev", "tmpfs", 0, NULL));
	bad(contain_terminal_new(-1, 0, 0, &m, &p, &e), -ENOENT, "/dev/ptmx", "no devpts");
	t_write_file("/dev/ptmx", "no multiplexer");
	bad(contain_terminal_new(-1, 0, 0, &m, &p, &e), -ENODEV, "/dev/ptmx", "5:2");
	T_SYS(umount2("/dev", MNT_DETACH));
	return 0;
}

TEST(a_dev_without_one)
{
	t_need_root();
	ck_assert_int_eq(t_child(hidden_dev, NULL, NULL, 0), 0);
}

TEST_BOTH(raw_and_back)
{
	static const char all[] = "\001\002\003\004\021\023\032\034\177\r\n\377x";
	contain_terminal_modes *saved = NULL, *again = NULL;
	/* there is room between members, which is compared, too */
	struct termios was = { 0 }, want, now = { 0 };
	char text[64];
	int m, p;

	T_OK(contain_terminal_new(-1, 24, 80, &m, &p, &e));
	T_SYS(tcgetattr(p, &was));
	was.c_iflag |= IXOFF; /* nothing that a new terminal has */
	was.c_cc[VERASE] = 'x';
	T_SYS(tcsetattr(p, TCSANOW, &was));
	T_SYS(tcgetattr(p, &was));
	T_OK(contain_terminal_raw(p, &saved, &e));
	want = was;
	cfmakeraw(&want);
	T_SYS(tcgetattr(p, &now));
	ck_assert_int_eq(memcmp(&now, &want, sizeof(now)), 0);
	/* both ways as it is, and nothing comes back */
	ck_assert_int_eq(write(m, all, sizeof(all)), sizeof(all));
	ck_assert_int_eq(read(p, text, sizeof(text)), sizeof(all));
	ck_assert_int_eq(memcmp(text, all, sizeof(all)), 0);
	ck_assert_int_eq(write(p, all, sizeof(all)), sizeof(all));
	ck_assert_int_eq(read(m, text, sizeof(text)), sizeof(all));
	ck_assert_int_eq(memcmp(text, all, sizeof(all)), 0);
	/* what is raw stays raw, and what was raw comes back as that */
	T_OK(contain_terminal_raw(p, &again, &e));
	ck_assert_int_eq(contain_terminal_restore(p, again), 0);
	T_SYS(tcgetattr(p, &now));
	ck_assert_int_eq(memcmp(&now, &want, sizeof(now)), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(contain_terminal_restore(p, saved), 0);
		T_SYS(tcgetattr(p, &now));
		ck_assert_int_eq(memcmp(&now, &was, sizeof(now)), 0);
	}
	ck_assert_int_eq(contain_terminal_restore(-1, saved), -EBADF);
	contain_terminal_modes_free(saved);
	contain_terminal_modes_free(again);
	close(m);
	close(p);
}

static volatile sig_atomic_t resized;

static void count(int sig)
{
	(void)sig;
	resized++;
}

/* A background process is stopped, as by the shell's; orphaned it is told. */
static int background(void *arg, void *rec)
{
	contain_terminal_modes *saved;
	int m, p, status;
	pid_t pid;

	(void)arg;
	(void)rec;
	T_SYS(setsid());
	T_OK(contain_terminal_new(-1, 24, 80, &m, &p, &e));
	T_SYS(ioctl(p, TIOCSCTTY, 0));
	signal(SIGWINCH, count);
	T_OK(contain_terminal_set_size(m, 24, 80, &e));
	ck_assert_int_eq(resized, 0);
	T_OK(contain_terminal_set_size(m, 25, 80, &e));
	for (int i = 0; i < 2000 && !resized; i++)
		usleep(1000);
	ck_assert_int_eq(resized, 1);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		_exit(contain_terminal_raw(p, &saved, NULL) ? 1 : 0);
	}
	T_SYS(waitpid(pid, &status, WUNTRACED));
	T_CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU, "%x", (unsigned)status);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}

TEST(of_a_session)
{
	ck_assert_int_eq(t_child(background, NULL, NULL, 0), 0);
}
