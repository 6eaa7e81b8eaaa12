/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces bound on files, and names of network namespaces as ip-netns(8) knows them. */
#include "t_ns.h"

#include <sys/file.h>
#include <sys/mount.h>

#define IP "/usr/sbin/ip"

static int is_pinned(const char *path, uint64_t type)
{
	int fd = contain_ns_open_path(AT_FDCWD, path, type, NULL);

	if (fd < 0)
		return 0;
	close(fd);
	return 1;
}

static int exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* ---- files ---- */

/* Pins what a child has made, in the caller's mount namespace; lasts after the child. */
static void pin_all(const char *dir)
{
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned long long inode[TN_TYPES];
	struct t_state *state = t_state_take(T_ALL);
	contain_ns_child *c = tn_holder(CONTAIN_NS_ALL & ~CONTAIN_NS_USER);
	contain_error *e = NULL;

	for (int i = 0; i < TN_TYPES; i++) {
		const char *name = contain_ns_type_name(tn_type[i]);
		int fd;

		if (tn_type[i] == CONTAIN_NS_USER)
			continue;
		fd = contain_ns_open(contain_ns_child_pidfd(c), tn_type[i], &e);
		tn_fine(fd, e);
		tn_fine(contain_ns_inode(fd, (uint64_t *)&inode[i], &e), e);
		if (i % 2) /* the file is there already */
			t_write_file(t_fmt("%s/%s", dir, name), "");
		tn_fine(contain_ns_pin(fd, dirfd, name, &e), e);
		tn_failed(contain_ns_pin(fd, dirfd, name, &e), e, EEXIST, "pin", name,
			  "pinned there already");
		close(fd);
	}
	tn_end(c);
	for (int i = 0; i < TN_TYPES; i++) {
		const char *name = contain_ns_type_name(tn_type[i]);
		uint64_t now = 0;
		int fd;

		if (tn_type[i] == CONTAIN_NS_USER)
			continue;
		fd = contain_ns_open_path(dirfd, name, tn_type[i], &e);
		tn_fine(fd, e);
		tn_fine(contain_ns_inode(fd, &now, &e), e);
		ck_assert_uint_eq(now, inode[i]);
		close(fd);
		tn_fine(contain_ns_unpin(dirfd, name, &e), e);
		T_CHECK(!exists(t_fmt("%s/%s", dir, name)));
	}
	t_state_check(state);
	close(dirfd);
}

/*
 * On Linux 6.18 the age of mount namespaces is told by numbers of which each processor has its own:
 * all of them are made on one here.
 */
static void on_one_processor(void)
{
	cpu_set_t set;
	int cpu = sched_getcpu();

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : cpu, &set);
	T_SYS(sched_setaffinity(0, sizeof(set), &set));
}

static int pins_inside(void *arg)
{
	pin_all(arg);
	return 9;
}

TEST(every_type_lasts)
{
	contain_error *e = NULL;
	int value = 0;

	t_need_root();
	on_one_processor();
	tn_fine(contain_ns_run(CONTAIN_NS_MNT, NULL, 0, NULL, NULL, pins_inside, (void *)t_tmpdir(),
			       &value, &e),
		e);
	ck_assert_int_eq(value, 9);
}

static int user_pins(void *arg, void *rec)
{
	contain_error *e = NULL;
	int value = 0;

	(void)arg;
	(void)rec;
	on_one_processor();
	tn_fine(contain_ns_run(CONTAIN_NS_USER | CONTAIN_NS_MNT, NULL, 0, NULL, NULL, pins_inside,
			       (void *)t_tmpdir(), &value, &e),
		e);
	ck_assert_int_eq(value, 9);
	return 0;
}

TEST(users_pin_in_a_mount_namespace_of_their_own)
{
	t_need_userns();
	t_as_user(user_pins, NULL);
}

static int user_is_refused(void *arg, void *rec)
{
	const char *path = t_fmt("%s/pin", t_tmpdir());
	struct t_state *state = t_state_take(T_ALL);
	int uts = tn_open_own("uts");
	contain_error *e = NULL;

	(void)rec;
	tn_failed(contain_ns_pin(uts, AT_FDCWD, path, &e), e, EPERM, "pin", path, "CAP_SYS_ADMIN");
	T_CHECK(!exists(path));
	tn_failed(contain_ns_unpin(AT_FDCWD, arg, &e), e, EPERM, "unpin", arg, "CAP_SYS_ADMIN");
	T_CHECK(is_pinned(arg, CONTAIN_NS_UTS));
	close(uts);
	t_state_check(state);
	return 0;
}

TEST(users_pin_nothing)
{
	const char *path = t_fmt("%s/roots", t_tmpdir());
	contain_error *e = NULL;
	int uts;

	t_need_root();
	uts = tn_open_own("uts");
	tn_fine(contain_ns_pin(uts, AT_FDCWD, path, &e), e);
	t_as_user(user_is_refused, (void *)path);
	tn_fine(contain_ns_unpin(AT_FDCWD, path, &e), e);
	close(uts);
}

/* ---- refused ---- */

static void no_pin(int fd, const char *path, int err, const char *hint)
{
	contain_error *e = NULL;

	tn_failed(contain_ns_pin(fd, AT_FDCWD, path, &e), e, err, "pin", path, hint);
}

TEST(what_is_not_pinned_on)
{
	const char *dir = t_tmpdir();
	int uts, memfd = ts_memfd();
	struct t_state *state;
	contain_error *e = NULL;
	char text[16];

	t_need_root();
	uts = tn_open_own("uts");
	t_write_file(t_fmt("%s/full", dir), "x");
	t_write_file(t_fmt("%s/mounted", dir), "");
	t_write_file(t_fmt("%s/empty", dir), "");
	T_SYS(mkdir(t_fmt("%s/dir", dir), 0755));
	T_SYS(mkfifo(t_fmt("%s/fifo", dir), 0600));
	T_SYS(symlink("empty", t_fmt("%s/link", dir)));
	T_SYS(symlink("nosuch", t_fmt("%s/dangling", dir)));
	T_SYS(mount(t_fmt("%s/empty", dir), t_fmt("%s/mounted", dir), NULL, MS_BIND, NULL));
	state = t_state_take(T_ALL);
	no_pin(uts, t_fmt("%s/full", dir), EEXIST, "no empty regular file");
	no_pin(uts, t_fmt("%s/dir", dir), EEXIST, "no empty regular file");
	no_pin(uts, t_fmt("%s/fifo", dir), EEXIST, "no empty regular file");
	no_pin(uts, t_fmt("%s/mounted", dir), EEXIST, "something else is mounted");
	no_pin(uts, t_fmt("%s/link", dir), ELOOP, "not followed");
	no_pin(uts, t_fmt("%s/dangling", dir), ELOOP, "not followed");
	no_pin(uts, t_fmt("%s/nosuch/x", dir), ENOENT, "");
	no_pin(uts, t_fmt("%s/full/x", dir), ENOTDIR, "");
	tn_failed(contain_ns_pin(uts, AT_FDCWD, "", &e), e, EINVAL, "pin", "path", "no path");
	tn_failed(contain_ns_pin(uts, AT_FDCWD, NULL, &e), e, EINVAL, "pin", "path", "no path");
	tn_failed(contain_ns_pin(memfd, AT_FDCWD, t_fmt("%s/new", dir), &e), e, EINVAL, "pin",
		  "ns_fd", "no namespace");
	T_CHECK(!exists(t_fmt("%s/new", dir)) && !exists(t_fmt("%s/nosuch", dir)));
	T_CHECK(t_read_file(t_fmt("%s/full", dir), text, sizeof(text)) == 1);
	t_state_check(state);
	T_SYS(umount2(t_fmt("%s/mounted", dir), MNT_DETACH));
	close(memfd);
	close(uts);
}

static void no_unpin(const char *path, int err, const char *hint)
{
	contain_error *e = NULL;

	tn_failed(contain_ns_unpin(AT_FDCWD, path, &e), e, err, "unpin", path, hint);
}

TEST(what_is_not_unpinned)
{
	const char *dir = t_tmpdir(), *pin = t_fmt("%s/pin", dir), *link = t_fmt("%s/link", dir);
	struct t_state *state;
	contain_error *e = NULL;
	int uts;

	t_need_root();
	uts = tn_open_own("uts");
	t_write_file(t_fmt("%s/file", dir), "");
	T_SYS(mkdir(t_fmt("%s/dir", dir), 0755));
	T_SYS(mount("tmpfs", t_fmt("%s/dir", dir), "tmpfs", 0, NULL));
	T_SYS(symlink("pin", link));
	tn_fine(contain_ns_pin(uts, AT_FDCWD, pin, &e), e);
	state = t_state_take(T_ALL);
	no_unpin(t_fmt("%s/file", dir), EINVAL, "no pin");
	no_unpin(t_fmt("%s/dir", dir), EINVAL, "no pin");
	no_unpin(link, EINVAL, "no pin");
	no_unpin("/proc/self/ns/uts", EINVAL, "no pin");
	no_unpin("/", EINVAL, "no pin");
	no_unpin(t_fmt("%s/nosuch", dir), ENOENT, "");
	tn_failed(contain_ns_unpin(AT_FDCWD, "", &e), e, EINVAL, "unpin", "path", "no path");
	T_CHECK(exists(t_fmt("%s/file", dir)) && is_pinned(pin, CONTAIN_NS_UTS));
	t_state_check(state);
	tn_fine(contain_ns_unpin(AT_FDCWD, pin, &e), e);
	T_SYS(umount2(t_fmt("%s/dir", dir), MNT_DETACH));
	close(uts);
}

/* One pin over another, which this library does not make: the upper goes, and the file stays. */
TEST(a_pin_below_a_pin)
{
	const char *path = t_fmt("%s/pin", t_tmpdir());
	contain_error *e = NULL;
	int uts;

	t_need_root();
	uts = tn_open_own("uts");
	tn_fine(contain_ns_pin(uts, AT_FDCWD, path, &e), e);
	T_SYS(mount("/proc/self/ns/ipc", path, NULL, MS_BIND, NULL));
	no_unpin(path, EBUSY, "something else is mounted");
	T_CHECK(is_pinned(path, CONTAIN_NS_UTS));
	tn_fine(contain_ns_unpin(AT_FDCWD, path, &e), e);
	T_CHECK(!exists(path));
	close(uts);
}

/* A file over which something is bound in another mount namespace, and a dirfd from there. */
static int pins_outside(void *arg)
{
	int dirfd = *(int *)arg, uts = tn_open_own("uts"), mnt = tn_open_own("mnt");
	const char *own = t_fmt("/proc/self/fd/%d", dirfd);
	contain_error *e = NULL;

	(void)own;
	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	tn_failed(contain_ns_pin(uts, dirfd, "pin", &e), e, EINVAL, "pin", "pin",
		  "another mount namespace");
	/* its own, which would hold itself for ever */
	T_SYS(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
	tn_failed(contain_ns_pin(mnt, AT_FDCWD, "/mnt/self", &e), e, EINVAL, "pin", "/mnt/self",
		  "no loop");
	T_CHECK(!exists("/mnt/self"));
	return 4;
}

TEST(loops_and_other_mount_namespaces)
{
	const char *dir = t_tmpdir();
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), value = 0;
	contain_error *e = NULL;

	t_need_root();
	tn_fine(contain_ns_run(CONTAIN_NS_MNT, NULL, 0, NULL, NULL, pins_outside, &dirfd, &value,
			       &e),
		e);
	ck_assert_int_eq(value, 4);
	T_CHECK(!exists(t_fmt("%s/pin", dir)));
	close(dirfd);
}

/* ---- names of network namespaces ---- */

/* In the test's own mount namespace; the host's /run is not touched. */
static void own_run(void)
{
	T_SYS(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	T_SYS(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"));
}

static const char *output(const char *command)
{
	static char text[4096];
	FILE *f = popen(t_fmt("%s 2>&1", command), "re");
	size_t n;

	T_CHECK(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	T_CHECK(pclose(f) == 0, "%s: %s", command, text);
	return text;
}

static int new_net(void)
{
	contain_ns_child *c = tn_holder(CONTAIN_NS_NET);
	int fd = contain_ns_open(contain_ns_child_pidfd(c), CONTAIN_NS_NET, NULL);

	T_CHECK(fd >= 0);
	tn_end(c);
	return fd;
}

static int is_shared(const char *point)
{
	char line[4096], at[512], rest[512];
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int found = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %*s %511s %*s %511[^\n]", at, rest) == 2 &&
		    !strcmp(at, point))
			found = !strncmp(rest, "shared:", 7);
	fclose(f);
	return found;
}

TEST(names_that_ip_knows)
{
	struct t_state *state;
	contain_error *e = NULL;
	struct stat st;
	uint64_t inode = 0;
	int net;

	t_need_root();
	t_need_program(IP);
	own_run();
	net = new_net();
	umask(077);
	state = t_state_take(T_ALL & ~T_MOUNTS);
	tn_fine(contain_ns_pin_net(net, "ours", &e), e);
	T_SYS(stat("/run/netns", &st));
	ck_assert_int_eq(st.st_mode & 07777, 0755);
	ck_assert_int_eq(is_shared("/run/netns"), 1);
	T_CHECK(strstr(output(IP " netns list"), "ours"));
	tn_fine(contain_ns_inode(net, &inode, &e), e);
	T_CHECK(strstr(output(IP " netns exec ours readlink /proc/self/ns/net"),
		       t_fmt("net:[%llu]", (unsigned long long)inode)));
	tn_failed(contain_ns_pin_net(net, "ours", &e), e, EEXIST, "pin-net", "ours", "already");
	/* theirs, by us; ours, by them */
	output(IP " netns add theirs");
	T_CHECK(is_pinned("/run/netns/theirs", CONTAIN_NS_NET));
	tn_failed(contain_ns_pin_net(net, "theirs", &e), e, EEXIST, "pin-net", "theirs", "already");
	output(IP " netns delete ours");
	T_CHECK(!exists("/run/netns/ours"));
	tn_fine(contain_ns_unpin_net("theirs", &e), e);
	T_CHECK(!*output(IP " netns list"));
	t_state_check(state);
	close(net);
}

/* In another order: the directory is ip's. */
TEST(the_directory_of_ip)
{
	contain_error *e = NULL;
	int net;

	t_need_root();
	t_need_program(IP);
	own_run();
	output(IP " netns add theirs");
	net = new_net();
	tn_fine(contain_ns_pin_net(net, "ours", &e), e);
	T_CHECK(strstr(output(IP " netns list"), "ours") &&
		strstr(output(IP " netns list"), "theirs"));
	tn_fine(contain_ns_unpin_net("ours", &e), e);
	output(IP " netns delete theirs");
	close(net);
}

TEST(names_that_are_none)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "/", "../x" };
	char longest[300];
	contain_error *e = NULL;
	int net, uts;

	t_need_root();
	own_run();
	net = tn_open_own("net");
	uts = tn_open_own("uts");
	memset(longest, 'n', sizeof(longest));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tn_failed(contain_ns_pin_net(net, bad[i], &e), e, EINVAL, "pin-net", "name",
			  "file name");
		tn_failed(contain_ns_unpin_net(bad[i], &e), e, EINVAL, "unpin-net", "name",
			  "file name");
	}
	tn_failed(contain_ns_pin_net(net, NULL, &e), e, EINVAL, "pin-net", "name", "file name");
	longest[256] = 0;
	tn_failed(contain_ns_pin_net(net, longest, &e), e, ENAMETOOLONG, "pin-net", "name", "255");
	tn_failed(contain_ns_pin_net(uts, "x", &e), e, EINVAL, "pin-net", "ns_fd", "uts namespace");
	tn_failed(contain_ns_unpin_net("x", &e), e, ENOENT, "unpin-net", "/run/netns",
		  "no network");
	T_CHECK(!exists("/run/netns"));
	longest[255] = 0;
	tn_fine(contain_ns_pin_net(net, longest, &e), e);
	tn_fine(contain_ns_unpin_net(longest, &e), e);
	tn_failed(contain_ns_unpin_net("x", &e), e, ENOENT, "unpin-net", "x", "");
	tn_fine(contain_ns_pin(uts, AT_FDCWD, "/run/netns/uts", &e), e);
	tn_failed(contain_ns_unpin_net("uts", &e), e, EINVAL, "unpin-net", "uts", "uts namespace");
	tn_fine(contain_ns_unpin(AT_FDCWD, "/run/netns/uts", &e), e);
	close(net);
	close(uts);
}

/* Somebody holds the lock: waited for, not for ever. */
static int never_locked(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	(void)args;
	*ret = nr == __NR_flock ? -EAGAIN : 0;
	return nr == __NR_flock || nr == __NR_ppoll; /* no time passes */
}

TEST(the_lock_of_the_directory)
{
	contain_error *e = NULL;
	int net, dir;
	pid_t pid;

	t_need_root();
	own_run();
	net = new_net();
	tn_fake(never_locked);
	tn_failed(contain_ns_pin_net(net, "x", &e), e, EAGAIN, "pin-net", "/run/netns", "the lock");
	tn_fake(NULL);
	dir = open("/run/netns", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	T_SYS(flock(dir, LOCK_EX));
	pid = fork();
	if (!pid) {
		usleep(200000);
		flock(dir, LOCK_UN);
		_exit(0);
	}
	tn_fine(contain_ns_pin_net(net, "x", &e), e);
	T_SYS(waitpid(pid, NULL, 0));
	tn_fine(contain_ns_unpin_net("x", &e), e);
	close(dir);
	close(net);
}
