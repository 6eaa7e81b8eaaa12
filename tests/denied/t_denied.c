/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A40: the attacks again, where calls are missing (ENOSYS: an older kernel) or refused (EPERM: a
 * sandbox around the caller). A start holds as before, or says what it needs; never less than that.
 */
#include "deny.h"

#include "fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NEEDED, SPARED, EITHER };

static const struct {
	const char *call;
	int what; /* NEEDED: no start without it. SPARED: every start does without it. */
} calls[] = {
	{ "clone3", NEEDED }, { "openat2", NEEDED }, { "mount_setattr", NEEDED },
	{ "fsopen", NEEDED }, { "fsconfig", NEEDED }, { "fsmount", NEEDED },
	{ "move_mount", NEEDED }, { "open_tree", NEEDED }, { "close_range", SPARED },
	{ "faccessat2", SPARED }, { "statx", SPARED }, { "statmount", SPARED },
	{ "listmount", SPARED }, { "open_tree_attr", SPARED },
	/* below contain-init */
	{ "memfd_create", EITHER }, { "pidfd_open", EITHER }, { "pidfd_send_signal", EITHER },
	{ "execveat", EITHER },
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* For people: deny ERRNO NAME,... PROGRAM ARG... */
T_PROGRAM(deny)
{
	int r = deny_calls(argv[2], atoi(argv[1]));

	T_CHECK(r == 0, "%s", fx_errno_name(r));
	execv(argv[3], argv + 3);
	return 127;
}

static char *build_dir(void)
{
	static char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	T_CHECK(n > 0);
	exe[n] = 0;
	return dirname(dirname(exe)); /* tests/ of the build tree */
}

/* Of all cases of a program: "# plain: 24 spawns held, 3 unsupported" */
struct sum {
	int spawns, unsupported;
};

static void add(struct sum *sum, const char *line)
{
	const char *at = strstr(line, " spawns held"), *more;

	if (*line != '#' || !at)
		return;
	while (at > line && at[-1] >= '0' && at[-1] <= '9')
		at--;
	sum->spawns += atoi(at);
	more = strstr(at, "held, ");
	if (more)
		sum->unsupported += atoi(more + 6);
}

static void run(const char *program, const char *denied, int error, struct sum *sum)
{
	const char *out = t_fmt("%s/out", t_tmpdir());
	char line[1024], *failed = NULL;
	int status;
	FILE *f;
	pid_t pid;

	memset(sum, 0, sizeof(*sum));
	fflush(NULL);
	pid = fork();
	T_SYS(pid);
	if (pid == 0) {
		int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		dup2(fd, 1);
		setenv("T_DENIED", denied, 1);
		setenv("T_DENIED_ERRNO", t_fmt("%d", error), 1);
		setenv("T_SLOW", t_fmt("%d", 4 * t_slow()), 1);
		setenv("T_SAMPLE", "1", 1);
		execl(program, program, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		T_CHECK(errno == EINTR, "waitpid: %m");
	f = fopen(out, "re");
	while (f && fgets(line, sizeof(line), f)) {
		add(sum, line);
		if (failed && *line == '#')
			failed = t_fmt("%s%s", failed, line);
		else if (!strncmp(line, "not ok", 6) && !failed)
			failed = t_fmt("%s", line);
		else if (failed)
			break;
	}
	if (f)
		fclose(f);
	T_EXPECT(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77),
		 "%s without %s (%s): status 0x%x\n%.1500s", strrchr(program, '/') + 1, denied,
		 fx_errno_name(error), status, failed ? failed : "");
}

static void look(const char *program, size_t i, int error)
{
	struct sum sum;

	run(program, calls[i].call, error, &sum);
	t_note("%s without %s (%s): %d starts held, of which %d were refused",
	       strrchr(program, '/') + 1, calls[i].call, fx_errno_name(error), sum.spawns,
	       sum.unsupported);
	T_EXPECT(sum.spawns > 0, "nothing was started");
	/* a case may fail for a reason of its own, before it comes to that */
	T_EXPECT(calls[i].what != NEEDED || sum.unsupported > sum.spawns / 2,
		 "%s is needed, and %d of %d starts did without it", calls[i].call,
		 sum.spawns - sum.unsupported, sum.spawns);
	T_EXPECT(calls[i].what != SPARED || sum.unsupported == 0,
		 "%s is not needed, and %d of %d starts were refused", calls[i].call,
		 sum.unsupported, sum.spawns);
}

TEST_LIMIT(attacks_where_one_call_is_missing, 600)
{
	const char *build = build_dir();

	t_need_root();
	for (size_t i = 0; i < CALLS; i++) {
		look(t_fmt("%s/adversarial/t_a_paths", build), i, ENOSYS);
		/* without faccessat2(2) a failure is told by another step */
		if (strcmp(calls[i].call, "faccessat2") != 0)
			look(t_fmt("%s/adversarial/t_a_exec", build), i, i % 2 ? EPERM : ENOSYS);
	}
}

/* As some sandboxes answer, of containers themselves. */
TEST_LIMIT(attacks_where_one_call_is_refused, 600)
{
	const char *build = build_dir();

	t_need_root();
	for (size_t i = 0; i < CALLS; i++)
		look(t_fmt("%s/adversarial/t_a_paths", build), i, EPERM);
}

TEST_LIMIT(attacks_where_all_are_missing, 600)
{
	static const int errors[] = { ENOSYS, EPERM };
	const char *build = build_dir(), *all = calls[0].call;
	struct sum sum;

	t_need_root();
	for (size_t i = 1; i < CALLS; i++)
		all = t_fmt("%s,%s", all, calls[i].call);
	for (int i = 0; i < 2; i++) {
		run(t_fmt("%s/adversarial/t_a_paths", build), all, errors[i], &sum);
		T_CHECK(sum.spawns > 0 && sum.unsupported > sum.spawns / 2);
		run(t_fmt("%s/adversarial/t_a_exec", build), all, errors[i], &sum);
	}
}

/* With LONG=1 every program, each call, both answers. */
TEST_LIMIT(all_attacks, 7200)
{
	const char *build = build_dir();
	struct dirent **list;
	struct sum sum;
	int n;

	t_need_root();
	if (!t_sample(1, 0))
		t_skip("an hour: with LONG=1");
	n = scandir(t_fmt("%s/adversarial", build), &list, NULL, alphasort);
	for (int k = 0; k < n; k++) {
		const char *name = list[k]->d_name;

		if (strncmp(name, "t_a_", 4) != 0 || strchr(name, '.'))
			continue;
		for (size_t i = 0; i < CALLS; i++) {
			run(t_fmt("%s/adversarial/%s", build, name), calls[i].call, ENOSYS, &sum);
			run(t_fmt("%s/adversarial/%s", build, name), calls[i].call, EPERM, &sum);
		}
	}
}
