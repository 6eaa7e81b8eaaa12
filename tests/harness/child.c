/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Children, the ordinary user, and what a test needs to be allowed. */
#include "priv.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Runs in the child; returns only to run @fn. */
typedef void (*setup_fn)(void);

static int run_child(setup_fn setup, t_fn fn, void *arg, void *rec, size_t recsize)
{
	void *shared = NULL;
	int status;
	pid_t pid;

	if (rec) {
		shared = mmap(NULL, recsize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			      0);
		T_CHECK(shared != MAP_FAILED, "%m");
		memcpy(shared, rec, recsize);
	}
	fflush(NULL);
	pid = fork();
	T_SYS(pid);
	if (pid == 0) {
		if (setup)
			setup();
		status = fn(arg, shared);
		fflush(NULL);
		_exit(status);
	}
	while (waitpid(pid, &status, 0) < 0)
		T_CHECK(errno == EINTR, "waitpid: %m");
	if (rec) {
		memcpy(rec, shared, recsize);
		munmap(shared, recsize);
	}
	/* what happened is in the record already */
	if (WIFEXITED(status) && WEXITSTATUS(status) == T_EXIT_FAILED && t_sh->nfail)
		_exit(T_EXIT_FAILED);
	if (WIFEXITED(status) && WEXITSTATUS(status) == T_EXIT_SKIPPED && t_sh->skipped)
		_exit(getpid() == t_sh->test_pid ? 0 : T_EXIT_SKIPPED);
	return status;
}

int t_child(t_fn fn, void *arg, void *rec, size_t recsize)
{
	return run_child(NULL, fn, arg, rec, recsize);
}

static const char *user_home(void)
{
	static char home[sizeof(t_base) + 16];

	snprintf(home, sizeof(home), "%s/home", t_base);
	if (mkdir(home, 0755) == 0)
		T_SYS(chown(home, T_UID, T_GID));
	else
		T_CHECK(errno == EEXIST, "%s: %m", home);
	return home;
}

static void become_user(void)
{
	const char *home = user_home();

	T_SYS(setgroups(0, NULL));
	T_SYS(setresgid(T_GID, T_GID, T_GID));
	T_SYS(setresuid(T_UID, T_UID, T_UID));
	/* the change of ids made /proc/self root's: no id map could be written */
	T_SYS(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	T_SYS(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
	setenv("HOME", home, 1);
	setenv("USER", "t-user", 1);
	setenv("LOGNAME", "t-user", 1);
	T_SYS(chdir(home));
}

void t_as_user_at(t_fn fn, void *arg, void *rec, size_t recsize, const char *file, int line)
{
	int status = run_child(getuid() == 0 ? become_user : NULL, fn, arg, rec, recsize);

	if (WIFSIGNALED(status))
		t_failed(file, line, 1, "the child run as a user", " %s",
			 strsignal(WTERMSIG(status)));
	if (status)
		t_failed(file, line, 1, "the child run as a user", " exit status %d",
			 WEXITSTATUS(status));
}

void t_need_root(void)
{
	if (geteuid() != 0)
		t_skip("needs root");
}

void t_need_program(const char *path)
{
	if (access(path, X_OK))
		t_skip("%s is not here", path);
}

struct userns_try {
	int step, error;
};

static int try_userns(void *arg, void *rec)
{
	struct userns_try *result = rec;
	unsigned int uid = getuid();
	char line[64];
	int fd;

	(void)arg;
	result->step = 1;
	if (unshare(CLONE_NEWUSER)) {
		result->error = errno;
		return 0;
	}
	result->step = 2;
	fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	snprintf(line, sizeof(line), "0 %u 1", uid);
	if (fd < 0 || write(fd, line, strlen(line)) < 0) {
		result->error = errno;
		return 0;
	}
	/* a namespace without power over itself is how some systems forbid them */
	result->step = 3;
	if (unshare(CLONE_NEWNS))
		result->error = errno;
	return 0;
}

void t_need_userns(void)
{
	static const char *const steps[] = { "", "unshare(CLONE_NEWUSER)", "uid_map",
					     "CLONE_NEWNS" };
	static const char *const knobs[] = {
		"/proc/sys/user/max_user_namespaces",
		"/proc/sys/kernel/unprivileged_userns_clone",
		"/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
	};
	struct userns_try result = { 0, 0 };
	char why[256] = "", value[32];
	size_t i;

	t_as_user_rec(try_userns, NULL, &result, sizeof(result));
	if (!result.error)
		return;
	for (i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++) {
		if (t_read_file(knobs[i], value, sizeof(value)) <= 0)
			continue;
		value[strcspn(value, "\n")] = '\0';
		snprintf(why + strlen(why), sizeof(why) - strlen(why), ", %s is %s",
			 strrchr(knobs[i], '/') + 1, value);
	}
	t_skip("no unprivileged user namespaces: %s: %s%s", steps[result.step],
	       strerror(result.error), why);
}

static void bind_generated(const char *dir, const char *target, const char *text)
{
	char *source = t_fmt("%s/%s", dir, strrchr(target, '/') + 1);

	t_write_file(source, text);
	if (access(target, F_OK))
		t_skip("%s is not here to be bound over", target);
	T_CHECK(mount(source, target, NULL, MS_BIND, NULL) == 0, "%s: %m", target);
}

void t_fake_passwd(const char *user, uint32_t uid, uint32_t first, uint32_t count)
{
	const char *dir = t_tmpdir();
	const char *range = count ? t_fmt("%s:%u:%u\n", user, first, count) : "";

	t_need_root();
	if (!t_own_pidns)
		t_skip("needs a mount namespace of the test's own (T_NO_PIDNS is set)");
	bind_generated(dir, "/etc/passwd",
		       t_fmt("root:x:0:0:root:/root:/bin/sh\n%s:x:%u:%u::%s:/bin/sh\n", user, uid,
			     uid, user_home()));
	bind_generated(dir, "/etc/group", t_fmt("root:x:0:\n%s:x:%u:\n", user, uid));
	bind_generated(dir, "/etc/subuid", range);
	bind_generated(dir, "/etc/subgid", range);
}
