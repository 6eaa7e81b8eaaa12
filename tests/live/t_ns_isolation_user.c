/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a user namespace isolates: ids, keys and keyrings, capabilities. And what it does not. */
#include "t_ns_ids.h"

#include <linux/capability.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <sys/resource.h>

/* ---- ids ---- */

/* The caller in a new user namespace, as root of its own id and, where it may, of more. */
static void enter_alone(void)
{
	uint32_t uid = geteuid(), gid = getegid();
	contain_error *e = NULL;
	int r = contain_ns_unshare(CONTAIN_NS_USER, &e);

	T_CHECK(r == 0, "%s", contain_error_message(e));
	r = contain_ns_map_self(0, 0, uid, gid, &e);
	T_CHECK(r == 0, "%s", contain_error_message(e));
}

struct files {
	char mine[200], others[200];
};

static int ids_inside(void *arg, void *rec)
{
	const struct files *f = arg;
	struct stat st;
	int fd;

	(void)rec;
	T_SYS(stat(f->mine, &st));
	unsigned int own = geteuid();

	ck_assert_uint_eq(st.st_uid, own);
	enter_alone();
	T_SYS(stat(f->mine, &st));
	T_CHECK(st.st_uid == 0 && st.st_gid == 0, "%u %u", st.st_uid, st.st_gid);
	/* who is not mapped is the overflow id, and one that nobody can become */
	T_SYS(stat(f->others, &st));
	T_CHECK(st.st_uid == 65534 && st.st_gid == 65534, "%u %u", st.st_uid, st.st_gid);
	/* root inside has no right to it: not its owner, and CAP_DAC_OVERRIDE does not reach it */
	T_CHECK(open(f->others, O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES, "%m");
	T_CHECK(chmod(f->others, 0777) < 0 && errno == EPERM, "%m");
	T_CHECK(chown(f->others, 0, 0) < 0 && (errno == EPERM || errno == EOVERFLOW), "%m");
	fd = open(f->mine, O_RDWR | O_CLOEXEC);
	T_SYS(fd);
	T_CHECK(fchown(fd, 1, 0) < 0 && errno == EINVAL, "%m");
	T_CHECK(fchown(fd, own ? own : 1, 0) < 0 && errno == EINVAL, "%m");
	T_CHECK(syscall(SYS_setresuid, 1, 1, 1) < 0 && errno == EINVAL, "%m");
	T_CHECK(syscall(SYS_setresuid, 65534, 65534, 65534) < 0 && errno == EINVAL, "%m");
	T_CHECK(syscall(SYS_setresgid, 1, 1, 1) < 0 && errno == EINVAL, "%m");
	T_CHECK(syscall(SYS_setresuid, 0, 0, 0) == 0, "%m");
	T_CHECK(syscall(SYS_setgroups, 0, NULL) < 0 && errno == EPERM, "%m");
	close(fd);
	return 0;
}

TEST(ids)
{
	struct files f;

	t_need_root();
	t_need_userns();
	snprintf(f.mine, sizeof(f.mine), "%s/mine", t_tmpdir());
	snprintf(f.others, sizeof(f.others), "%s/others", t_tmpdir());
	for (int i = 0; i < 2; i++) {
		t_write_file(f.mine, "mine");
		t_write_file(f.others, "others");
		T_SYS(chmod(f.others, 0600));
		T_SYS(chown(f.mine, i ? T_UID : 0, i ? T_GID : 0));
		T_SYS(chown(f.others, 4711, 4711)); /* somebody else than root, too */
		if (i)
			t_as_user(ids_inside, &f);
		else
			ck_assert_int_eq(t_child(ids_inside, &f, NULL, 0), 0);
		unlink(f.mine);
		unlink(f.others);
	}
}

/* The same files by two ids on each side of one map. */
TEST(ids_of_a_larger_map)
{
	char *file = t_fmt("%s/it", t_tmpdir());
	struct ids_child c;
	uint32_t id = 0;
	contain_id_map *m = NULL;
	struct stat st;
	struct ids_said said;

	t_need_root();
	t_write_file(file, "");
	T_SYS(chown(file, 100000, 100004));
	c = ids_start(CLONE_NEWUSER);
	ck_assert_int_eq(ids_write(&c, "0 0 1, 1 100000 10", "0 0 1, 1 100000 10", NULL), 0);
	T_SYS(stat(file, &st));
	ck_assert_int_eq(contain_id_map_read(c.pidfd, CONTAIN_ID_USER, &m, NULL), 0);
	ck_assert_int_eq(contain_id_map_inside(m, st.st_uid, &id, NULL), 0);
	ck_assert_uint_eq(id, 1);
	contain_id_map_free(m);
	said = ids_end(&c);
	ck_assert_int_eq(said.setuid_1, 0);
}

/* ---- keys and keyrings ---- */

static long keyctl(int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	return syscall(SYS_keyctl, op, a, b, c, d);
}

static long add_key(const char *name, long ring)
{
	return syscall(SYS_add_key, "user", name, "secret", 6, ring);
}

static long find_key(long ring, const char *name)
{
	return keyctl(KEYCTL_SEARCH, (unsigned long)ring, (unsigned long)"user",
		      (unsigned long)name, 0);
}

static long read_key(long key)
{
	char text[16];

	return keyctl(KEYCTL_READ, (unsigned long)key, (unsigned long)text, sizeof(text), 0);
}

#define USER_RING ((long)KEY_SPEC_USER_KEYRING)
#define SESSION_RING ((long)KEY_SPEC_SESSION_KEYRING)

static void keys_inside(long user_key, long session_key, long user_ring)
{
	long ring;

	enter_alone();
	/* another keyring of the user, and nothing in it */
	ring = keyctl(KEYCTL_GET_KEYRING_ID, (unsigned long)USER_RING, 1, 0, 0);
	T_SYS(ring);
	ck_assert_int_ne(ring, user_ring);
	T_CHECK(find_key(USER_RING, "t-user-key") < 0 && errno == ENOKEY, "%m");
	/* nor by its number, though the id outside is the same */
	T_CHECK(read_key(user_key) < 0 && errno == EACCES, "%m");
	/* a session keyring has come along, as over fork(2): a new one leaves it behind */
	ck_assert_int_eq(find_key(SESSION_RING, "t-session-key"), session_key);
	T_SYS(keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0));
	T_CHECK(find_key(SESSION_RING, "t-session-key") < 0 && errno == ENOKEY, "%m");
	T_CHECK(read_key(session_key) < 0 && errno == EACCES, "%m");
	/* and its name is not known here: a new one is made, with nothing in it */
	T_SYS(keyctl(KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)"t-session", 0, 0, 0));
	T_CHECK(find_key(SESSION_RING, "t-session-key") < 0 && errno == ENOKEY, "%m");
	/* what is made inside is seen inside */
	T_SYS(add_key("t-inner-key", USER_RING));
	T_CHECK(find_key(USER_RING, "t-inner-key") > 0, "%m");
}

static int keys(void *arg, void *rec)
{
	long user_key, session_key, ring;
	int status;
	pid_t pid;

	(void)arg;
	(void)rec;
	if (keyctl(KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)"t-session", 0, 0, 0) < 0)
		t_skip("this kernel has no keyrings: %m");
	session_key = add_key("t-session-key", SESSION_RING);
	T_SYS(session_key);
	/* as in a login: the keys of the user are reached through the session */
	T_SYS(keyctl(KEYCTL_LINK, (unsigned long)USER_RING, (unsigned long)SESSION_RING, 0, 0));
	user_key = add_key("t-user-key", USER_RING);
	T_SYS(user_key);
	ring = keyctl(KEYCTL_GET_KEYRING_ID, (unsigned long)USER_RING, 0, 0, 0);
	ck_assert_int_eq(read_key(user_key), 6);
	T_SYS(keyctl(KEYCTL_UNLINK, (unsigned long)USER_RING, (unsigned long)SESSION_RING, 0, 0));
	pid = fork();
	if (!pid) {
		keys_inside(user_key, session_key, ring);
		_exit(0);
	}
	T_CHECK(waitpid(pid, &status, 0) == pid && status == 0, "status %x", status);
	/* the control: without a user namespace both are found, and what was made inside is not */
	ck_assert_int_eq(find_key(USER_RING, "t-user-key"), user_key);
	T_CHECK(find_key(USER_RING, "t-inner-key") < 0 && errno == ENOKEY, "%m");
	T_SYS(keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0));
	T_SYS(keyctl(KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)"t-session", 0, 0, 0));
	T_SYS(keyctl(KEYCTL_UNLINK, (unsigned long)user_key, (unsigned long)USER_RING, 0, 0));
	return 0;
}

TEST(keys_of_the_user)
{
	t_need_userns();
	if (geteuid() == 0)
		ck_assert_int_eq(t_child(keys, NULL, NULL, 0), 0);
	t_as_user(keys, NULL);
}

/* ---- capabilities ---- */

static uint64_t effective(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	T_SYS(syscall(SYS_capget, &head, data));
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

static uint64_t all_caps(void)
{
	char last[16];

	T_CHECK(t_read_file("/proc/sys/kernel/cap_last_cap", last, sizeof(last)) > 0);
	return (2ULL << atoi(last)) - 1;
}

/* Full inside, and good for what belongs to the namespace. */
static void works_inside(void)
{
	char name[16] = "";

	ck_assert_uint_eq(effective(), all_caps());
	T_SYS(unshare(CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWNET));
	T_SYS(sethostname("inside", 6));
	T_SYS(gethostname(name, sizeof(name)));
	ck_assert_str_eq(name, "inside");
	T_SYS(mount("t", "/mnt", "tmpfs", 0, NULL));
	ck_assert_int_eq(contain_ns_loopback_up(NULL), 0);
}

#define REFUSED(call, error)                                                                       \
	do {                                                                                       \
		errno = 0;                                                                         \
		long r_ = (long)(call);                                                            \
		int e_ = errno;                                                                    \
		T_CHECK(r_ < 0 && e_ == (error), "%s: %ld %s", #call, r_, strerrorname_np(e_));    \
	} while (0)

static int caps(void *arg, void *rec)
{
	const char *file = arg;
	struct rlimit limit;
	pid_t parent = getppid();
	int ns = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	int user = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	int root = open("/", O_RDONLY | O_CLOEXEC);

	(void)rec;
	T_SYS(getrlimit(RLIMIT_NICE, &limit));
	enter_alone();
	ck_assert_uint_eq(effective(), all_caps());
	/* what belongs to the namespaces outside is not ours: the host's, before others are made */
	REFUSED(sethostname("host", 4), EPERM);
	REFUSED(mount("t", "/mnt", "tmpfs", 0, NULL), EPERM);
	REFUSED(umount2("/proc", MNT_DETACH), EPERM);
	REFUSED(contain_ns_loopback_up(NULL) ? (errno = EPERM, -1) : 0, EPERM);
	REFUSED(setns(ns, CLONE_NEWUTS), EPERM);
	REFUSED(setns(user, CLONE_NEWUSER), EPERM);
	REFUSED(chroot("/nowhere"), ENOENT); /* CAP_SYS_CHROOT is the own namespace's */
	REFUSED(mknod(t_fmt("%s.node", file), S_IFBLK | 0600, 7 << 8), EPERM);
	REFUSED(syscall(SYS_settimeofday, &(struct timeval){ 1, 0 }, NULL), EPERM);
	REFUSED(syscall(SYS_reboot, 0xfee1dead, 672274793, 0x0, NULL), EPERM);
	REFUSED(syscall(SYS_swapoff, "/nowhere"), EPERM);
	REFUSED(syscall(SYS_open_by_handle_at, root, (long[4]){ 8, 1 }, O_RDONLY), EPERM);
	/* a limit of the host: CAP_SYS_RESOURCE and CAP_SYS_NICE count for nothing */
	REFUSED(setpriority(PRIO_PROCESS, 0, -20), EACCES);
	/*
	 * What belongs to root itself: its processes, and its files, the kernel's switches too. Who
	 * was root outside owns them still, which is why a container maps another id to its 0.
	 */
	if (!*(file + strlen(file) + 1)) {
		REFUSED(kill(parent, 0), EPERM);
		REFUSED(open("/proc/sys/kernel/panic", O_WRONLY | O_CLOEXEC), EACCES);
	} else {
		T_SYS(kill(parent, 0));
		T_SYS(open("/proc/sys/kernel/panic", O_WRONLY | O_CLOEXEC));
	}
	works_inside();
	return 0;
}

TEST(capabilities_of_a_user)
{
	const char *dir = t_tmpdir();
	char arg[256] = "";

	t_need_root();
	t_need_userns();
	T_SYS(chmod(dir, 0777));
	snprintf(arg, sizeof(arg) - 2, "%s/file", dir);
	t_as_user(caps, arg);
}

/* Of root too: who was mighty outside is so no more. */
TEST(capabilities_of_root)
{
	char arg[256] = "";
	size_t n;

	t_need_root();
	n = (size_t)snprintf(arg, sizeof(arg) - 2, "%s/file", t_tmpdir());
	arg[n + 1] = 1;
	ck_assert_int_eq(t_child(caps, arg, NULL, 0), 0);
}
