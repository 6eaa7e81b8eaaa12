/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A29 (paths of groups), A30 (a container writes its own limits), and a group above that the OOM
 * killer takes as a whole. The attacks run against naive code too, which has to fall.
 */
#include "../live/t_cg_bite.h"

#include <contain/cgroup.h>
#include <dirent.h>
#include <sched.h>
#include <sys/syscall.h>

/* ---- A29 ---- */

/* How many groups are in a directory, to any depth. */
static int groups_in(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	int n = 0;

	while (d && (entry = readdir(d)))
		if (entry->d_type == DT_DIR && *entry->d_name != '.')
			n += 1 + groups_in(t_fmt("%s/%s", path, entry->d_name));
	if (d)
		closedir(d);
	return n;
}

/* What is attacked: parent is ours, and beside is not. */
struct tree {
	const char *top, *parent, *beside;
	int fd;
};

static struct tree tree(void)
{
	struct tree t = { .top = t_cgroup_make("cgroup2") };

	t.parent = t_fmt("%s/parent", t.top);
	t.beside = t_fmt("%s/beside", t.top);
	T_SYS(mkdir(t.parent, 0755));
	T_SYS(mkdir(t.beside, 0755));
	T_SYS(mkdir(t_fmt("%s/inner", t.beside), 0755));
	t.fd = open(t.parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	T_SYS(t.fd);
	return t;
}

static const char *const bad_paths[] = {
	"..",	      "../x",	    "../beside/x",     "a/../../x",  "./../x",
	"x/..",	      "/x",	    "/sys/fs/cgroup/x", "cgroup.procs", "cgroup.procs/x",
	"x/cgroup.y", "a\nb",	    "",		       "x/../../../../../../x",
};

/* By every call that takes a name or a path; how many of them did not refuse. */
static int try_path(const struct tree *t, const char *path, contain_limits *l)
{
	char name[CONTAIN_CGROUP_NAME_SIZE];
	int fd = -1, n = 0;

	n += contain_cgroup_create(t->fd, path, &fd, NULL) >= 0;
	n += contain_cgroup_create_path(t->fd, path, &fd, NULL) >= 0;
	n += contain_cgroup_create_unique(t->fd, path, &fd, name, sizeof(name), NULL) >= 0;
	n += contain_cgroup_create_limited(t->fd, path, l, &fd, NULL) >= 0;
	n += contain_cgroup_open(t->fd, path, &fd, NULL) >= 0;
	n += contain_cgroup_remove(t->fd, path, 0, NULL) >= 0;
	n += contain_cgroup_remove_tree(t->fd, path, CONTAIN_CGROUP_KILL, 0, NULL) >= 0;
	n += contain_cgroup_enable_below(t->fd, path, "pids", 0, NULL, NULL) >= 0;
	if (n)
		t_note("'%s': %d calls took it", path, n);
	return n;
}

static int naive_path(const struct tree *t, const char *path)
{
	return mkdir(t_fmt("%s/%s", t->parent, path), 0755) == 0;
}

TEST(a29_paths)
{
	struct tree t = tree();
	contain_limits *l = tb_limits();
	int before = groups_in(t.top), took = 0, fell = 0;

	for (size_t i = 0; i < sizeof(bad_paths) / sizeof(bad_paths[0]); i++)
		took += try_path(&t, bad_paths[i], l);
	ck_assert_int_eq(took, 0);
	ck_assert_int_eq(groups_in(t.top), before);
	for (size_t i = 0; i < sizeof(bad_paths) / sizeof(bad_paths[0]); i++)
		fell += naive_path(&t, bad_paths[i]);
	T_CHECK(fell >= 2 && access(t_fmt("%s/x", t.beside), F_OK) == 0, "naive fell %d times",
		fell);
	contain_limits_free(l);
	close(t.fd);
}

/* A mount on the way leads into another group: it is not entered. */
TEST(a29_mount_on_the_way)
{
	struct tree t = tree();
	const char *sub = t_fmt("%s/sub", t.parent);
	int fd = -1;

	T_SYS(mkdir(sub, 0755));
	T_SYS(mount(t.beside, sub, NULL, MS_BIND, NULL));
	ck_assert_int_lt(contain_cgroup_create_path(t.fd, "sub/inner/x", &fd, NULL), 0);
	ck_assert_int_lt(contain_cgroup_open(t.fd, "sub/inner", &fd, NULL), 0);
	ck_assert_int_eq(groups_in(t.beside), 1);
	/* naive */
	T_SYS(mkdirat(t.fd, "sub/inner/x", 0755));
	ck_assert_int_eq(groups_in(t.beside), 2);
	T_SYS(umount2(sub, MNT_DETACH));
	close(t.fd);
}

/* Its positive twin: names that only look odd. */
TEST(a29_lawful_names)
{
	static const char *const names[] = { "a..b", "...", "-x", "x.slice", "a b", "\xc3\xa4",
					     "cgroup", "xcgroup.procs" };
	struct tree t = tree();
	int fd;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert_int_eq(contain_cgroup_create(t.fd, names[i], &fd, NULL), 0);
		close(fd);
		ck_assert_int_eq(contain_cgroup_create_path(t.fd, t_fmt("%s/in/side", names[i]),
							    &fd, NULL), 2);
		close(fd);
		ck_assert_int_eq(contain_cgroup_remove_tree(t.fd, names[i], 0, 0, NULL), 0);
	}
	ck_assert_int_eq(groups_in(t.parent), 0);
	close(t.fd);
}

/* ---- A30 ---- */

/* The groups of a process, as paths of the host: of the v2 tree, and of the controllers on v1. */
static const char *group_of(int pid, const char *controller)
{
	const char *mount = t_cgroup_mount(controller), *v2 = t_cgroup_mount("cgroup2");
	char text[4096], *line, *save = NULL;

	T_CHECK(t_read_file(t_fmt("/proc/%d/cgroup", pid), text, sizeof(text)) > 0);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (mount && strstr(line, t_fmt(":%s:/", controller)))
			return t_fmt("%s%s", mount, strchr(line, '/'));
		if (!mount && v2 && !strncmp(line, "0::/", 4))
			return t_fmt("%s%s", v2, line + 3);
	}
	return "";
}

static const char *limits_of(int pid)
{
	static const char *const files[] = { "memory", "memory.max", "memory",
					     "memory.limit_in_bytes", "pids", "pids.max", "cpu",
					     "cpu.max", "cpu", "cpu.cfs_quota_us" };
	const char *all = "";
	char text[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i += 2)
		if (t_read_file(t_fmt("%s/%s", group_of(pid, files[i]), files[i + 1]), text,
				sizeof(text)) > 0)
			all = t_fmt("%s%.*s ", all, (int)strcspn(text, "\n"), text);
	return all;
}

/* Who the payload is. */
enum who { ROOT, USERNS, INIT, OTHER_USER, DELEGATED, WHO };
static const char *const who_name[] = { "root", "a user namespace", "below an init",
					"another user", "delegated" };

static void limited(struct ts *t, enum who who, const char *words)
{
	ts_dir(t, 0);
	container_spec_set_memory_max(t->spec, 64 * MIB);
	container_spec_set_pids_max(t->spec, 50);
	container_spec_set_cpu_max(t->spec, 50000, 100000);
	if (who == USERNS || who == DELEGATED) {
		/* root inside is another one on the host */
		container_spec_add_uid_range(t->spec, 0, 100000, 1000);
		container_spec_add_gid_range(t->spec, 0, 100000, 1000);
		/* with the owner of the limits among its ids it has a capability over them */
		if (who == USERNS) {
			container_spec_add_uid_range(t->spec, 1000, 0, 1);
			container_spec_add_gid_range(t->spec, 1000, 0, 1);
		}
		container_spec_set_user(t->spec, 0, 0);
		T_SYS(chmod(t_fmt("%s/tmp", ts_root()), 01777));
	}
	if (who == INIT)
		container_spec_set_init(t->spec, 1);
	if (who == OTHER_USER)
		container_spec_set_user(t->spec, 1000, 1000);
	if (who == DELEGATED)
		container_spec_set_cgroup_delegate(t->spec, 1);
	ts_words(t, words);
}

/* The payload tries; what its limits are afterwards, from outside. */
static const char *limits_after(enum who who, const char *words, struct ts *t)
{
	const char *limits;

	limited(t, who, t_fmt("%s -- sleep", words));
	ts_start(t);
	ts_wait_for(t, "sleeping\n");
	limits = limits_of(container_pid(t->c));
	ts_kill(t);
	return limits;
}

static int tried(struct ts *t)
{
	return atoi(ts_value(t, "tried"));
}

TEST_LIMIT(a30_files_inside, 60)
{
	const char *asked;
	struct ts t;
	char *at;

	ts_need_limits();
	asked = limits_after(ROOT, "argv nothing", &t);
	T_CHECK(strstr(asked, "67108864") && strstr(asked, "50 "), "%s", asked);
	for (int who = ROOT; who < DELEGATED; who++) {
		const char *after = limits_after(who, "seize /sys/fs/cgroup", &t);

		T_CHECK(tried(&t) > 20, "%s: %s", who_name[who], t.text);
		/* beside v1 groups lies a directory in memory, of the container's own */
		at = strstr(t.text, "made /sys/fs/cgroup/seized\n");
		if (at && t_cgroup_mount("memory"))
			memset(at, '-', strcspn(at, "\n"));
		T_CHECK(!strstr(t.text, "opened") && !strstr(t.text, "seized") &&
				!strstr(t.text, "made"),
			"%s: %.2000s", who_name[who], t.text);
		ck_assert_str_eq(after, asked);
		t_note("%s: %d files, none of them could be opened for writing", who_name[who],
		       tried(&t));
	}
}

/* The same payload where a container is a chroot with the host's /sys. */
static int naive_container(void *arg, void *rec)
{
	const char *root = arg;

	(void)rec;
	T_SYS(unshare(CLONE_NEWNS));
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	T_SYS(mount("/sys", t_fmt("%s/sys", root), NULL, MS_BIND | MS_REC, NULL));
	T_SYS(chroot(root));
	execl("/bin/payload", "payload", "seize", getenv("T_NAIVE_GROUP"), NULL);
	return 1;
}

TEST(a30_naive)
{
	const char *top, *group, *file;
	char text[64];

	ts_need_limits();
	top = t_cgroup_make(t_cgroup_mount("pids") ? "pids" : "cgroup2");
	group = t_fmt("%s/group", top);
	if (!t_cgroup_mount("pids"))
		t_write_file(t_fmt("%s/cgroup.subtree_control", top), "+pids");
	T_SYS(mkdir(group, 0755));
	file = t_fmt("%s/pids.max", group);
	t_write_file(file, "50");
	setenv("T_NAIVE_GROUP", group, 1);
	ck_assert_int_eq(t_child(naive_container, (void *)ts_root(), NULL, 0), 0);
	T_CHECK(t_read_file(file, text, sizeof(text)) > 0);
	ck_assert_str_eq(text, "max\n");
}

/*
 * From new file systems, and a user namespace of the payload's own. What is root on the host and
 * may make user namespaces owns the files of its group wherever it can mount them: there this is
 * the control, and the attack has to succeed. Whoever runs a payload that is not trusted as root
 * gives it a user namespace whose ids are others on the host.
 */
TEST_LIMIT(a30_new_mounts, 60)
{
	const char *asked, *after;
	struct ts t;

	ts_need_limits();
	t_need_userns();
	asked = limits_after(ROOT, "argv nothing", &t);
	after = limits_after(ROOT, "usurp /tmp", &t);
	T_CHECK(strstr(t.text, "seized") && strcmp(after, asked) != 0,
		"the control survives, this proves nothing: %.2000s", t.text);
	for (int who = USERNS; who <= OTHER_USER; who++) {
		if (who == INIT)
			continue;
		after = limits_after(who, "usurp /tmp", &t);
		ck_assert_str_eq(after, asked);
		T_CHECK(strstr(t.text, "unshare"), "%s: it was not tried: %.2000s", who_name[who],
			t.text);
		T_CHECK(!strstr(t.text, ".max ") && !strstr(t.text, "limit_in_bytes") &&
				!strstr(t.text, "release_agent"),
			"%s: %.2000s", who_name[who], t.text);
	}
}

/* The positive twin: what was delegated can be divided, and its own limits cannot be lifted. */
TEST_LIMIT(a30_delegated, 60)
{
	const char *asked, *after;
	struct ts t;

	tb_need_v2("memory");
	asked = limits_after(ROOT, "argv nothing", &t);
	limited(&t, DELEGATED, "");
	ts_sh(&t, "cd /sys/fs/cgroup && mkdir one two && echo 0 >one/cgroup.procs && "
		  "echo +pids +memory >cgroup.subtree_control && echo 3 >two/pids.max && "
		  "echo 8388608 >two/memory.max && cat two/pids.max && echo divided; "
		  "(echo max >memory.max) 2>/dev/null && echo lifted memory; "
		  "(echo max >pids.max) 2>/dev/null && echo lifted pids; "
		  "sh -c 'echo 0 >two/cgroup.procs; payload fork 20'; exec payload sleep");
	ts_start(&t);
	ts_wait_for(&t, "sleeping\n");
	after = limits_of(container_pid(t.c));
	ts_has(&t, "3\ndivided\n");
	ts_has(&t, "error EAGAIN\n");
	ts_hasnt(&t, "lifted");
	T_CHECK(strstr(after, "max"), "%s", after); /* of the group below its own */
	T_CHECK(tb_key(&t, "memory.max", "67108864") == UINT64_MAX, "no key");
	ck_assert_str_eq(tb_file(&t, "memory.max"), "67108864\n");
	ck_assert_str_eq(tb_file(&t, "pids.max"), "50\n");
	T_CHECK(strstr(asked, "67108864"));
	ts_kill(&t);
}

/* ---- a group above that is killed as a whole ---- */

/* Takes more than the group above has, again and again, until it is killed itself. */
static void neighbour(const char *group)
{
	for (;;) {
		pid_t pid = fork();

		if (pid == 0) {
			char *at = mmap(NULL, 96 * MIB, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			t_write_file(t_fmt("%s/cgroup.procs", group), "0");
			for (size_t i = 0; i < 96 * MIB; i += 4096)
				at[i] = 1;
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

struct above {
	const char *top, *mid, *side, *root;
	int naive;
};

static int in_the_group(void *arg)
{
	const struct above *a = arg;
	struct timespec t = { 3 * t_slow(), 0 };
	int fd = open(t_fmt("%s/cgroup.procs", a->mid), O_WRONLY | O_CLOEXEC);

	if (write(fd, "0", 1) != 1)
		_exit(1);
	syscall(SYS_nanosleep, &t, NULL);
	_exit(0);
}

/* The host: starts containers below while the neighbour runs. */
static int host(void *arg, void *rec)
{
	const struct above *a = arg;
	static char stack[65536] __attribute__((aligned(16)));
	int *started = rec;
	uint64_t until = tb_usec() + 4000000ULL * (uint64_t)(t_guest() ? 3 : 1);

	if (a->naive) {
		clone(in_the_group, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, arg);
		return 0;
	}
	while (tb_usec() < until) {
		container_spec *s = NULL;
		container *c = NULL;
		static const char *const argv[] = { "/bin/payload", "mem", "4", NULL };

		ck_assert_int_eq(container_spec_new(&s), 0);
		container_spec_set_root_dir(s, AT_FDCWD, a->root, 0);
		container_spec_set_cgroup_parent(s, AT_FDCWD, a->mid);
		container_spec_set_argv(s, argv);
		if (container_spawn(s, &c, NULL) == 0) {
			container_wait(c, -1, NULL, NULL);
			started[0]++;
		} else {
			started[1]++;
		}
		container_delete(c, -1, NULL);
		container_free(c);
		container_spec_free(s);
	}
	return 0;
}

static void prepare_above(struct above *a)
{
	*a = (struct above){ .top = t_cgroup_make("cgroup2"), .root = ts_root() };
	a->mid = t_fmt("%s/mid", a->top);
	a->side = t_fmt("%s/side", a->top);
	t_write_file(t_fmt("%s/cgroup.subtree_control", a->top), "+memory");
	T_SYS(mkdir(a->mid, 0755));
	T_SYS(mkdir(a->side, 0755));
	t_write_file(t_fmt("%s/memory.max", a->top), "33554432");
	t_write_file(t_fmt("%s/memory.oom.group", a->top), "1");
}

static int kills(const struct above *a)
{
	char text[512] = "", *at;

	t_read_file(t_fmt("%s/memory.events", a->top), text, sizeof(text));
	at = strstr(text, "oom_kill ");
	return at ? atoi(at + 9) : 0;
}

TEST_LIMIT(host_lives_below_oom_group, 60)
{
	int started[2] = { 0, 0 }, status;
	struct above a;
	pid_t pid;

	tb_need_v2("memory");
	prepare_above(&a);
	pid = fork();
	if (pid == 0)
		neighbour(a.side);
	/* the control: a child in the group that shares the caller's memory */
	a.naive = 1;
	status = t_child(host, &a, NULL, 0);
	T_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		"the control survives (%x), this proves nothing; %d kills", (unsigned int)status,
		kills(&a));
	a.naive = 0;
	status = t_child(host, &a, started, sizeof(started));
	kill(pid, SIGKILL);
	t_write_file(t_fmt("%s/cgroup.kill", a.side), "1");
	waitpid(pid, NULL, 0);
	t_note("%d starts and %d that failed while the group above was killed %d times", started[0],
	       started[1], kills(&a));
	ck_assert_int_eq(status, 0);
	T_CHECK(started[0] > 0 && kills(&a) > 3);
	ck_assert_int_eq(groups_in(a.mid), 0);
}
