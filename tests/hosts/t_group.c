/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals for the whole process group, as a terminal sends them, while children of the library that
 * share memory with the host belong to it: no handler of the host runs in one of them.
 */
#include "hosts.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct seen {
	int host;
	uint32_t here, elsewhere, started, killed;
};

static struct seen *seen; /* shared: forked children count in it, too */

static void on_signal(int number)
{
	(void)number;
	__atomic_fetch_add(getpid() == seen->host ? &seen->here : &seen->elsewhere, 1,
			   __ATOMIC_SEQ_CST);
}

static int signal_group(void)
{
	int pid = fork();

	T_SYS(pid);
	if (pid == 0) {
		signal(SIGUSR1, SIG_IGN);
		while (getppid() == seen->host)
			kill(0, SIGUSR1);
		_exit(0);
	}
	return pid;
}

/* Its user and group ids are mapped by newuidmap(1) and newgidmap(1). */
static container_plan *mapped_plan(const char *root)
{
	container_spec *spec = NULL;

	ck_assert_int_eq(container_spec_new(&spec), 0);
	container_spec_set_root_dir(spec, AT_FDCWD, root, CONTAIN_ROOT_READONLY);
	container_spec_set_default_mounts(spec, 0);
	container_spec_clear_paths(spec);
	container_spec_set_namespaces(spec, CONTAIN_NS_MNT | CONTAIN_NS_PID | CONTAIN_NS_USER);
	container_spec_add_uid_range(spec, 0, geteuid(), 1);
	container_spec_add_uid_range(spec, 1, 100000, 10);
	container_spec_add_gid_range(spec, 0, getegid(), 1);
	container_spec_add_gid_range(spec, 1, 100000, 10);
	return h_plan(spec);
}

static int host(void *arg, void *rec)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	int n = h_rounds(1000, 100, 10), killer;
	container_plan *plan;
	struct h_argv a;
	char why[300];

	seen = rec;
	T_SYS(setpgid(0, 0));
	seen->host = getpid();
	T_SYS(sigaction(SIGUSR1, &sa, NULL));
	plan = mapped_plan(arg);
	killer = signal_group();
	for (int i = 0; i < n; i++) {
		container *c = NULL;

		/* the signal may kill what starts: only who handles it is looked at */
		if (h_start(plan, h_argv(&a, "exit", 0), &c, why, sizeof(why)) == 0) {
			seen->started++;
			container_delete(c, -1, NULL);
			container_free(c);
		} else {
			seen->killed++;
		}
	}
	kill(killer, SIGKILL);
	waitpid(killer, NULL, 0);
	container_plan_free(plan);
	return 0;
}

TEST_LIMIT(handlers_run_in_the_host_alone, 300)
{
	struct seen s = { 0 };

	t_need_root();
	t_need_userns();
	t_need_program("/usr/bin/newuidmap");
	t_fake_passwd("someone", T_UID, 100000, 100);
	t_as_user_rec(host, (void *)h_root(), &s, sizeof(s));
	t_note("%u handled in the host, %u elsewhere; %u started, %u killed at it", s.here,
	       s.elsewhere, s.started, s.killed);
	ck_assert_uint_gt(s.here, 0);
	ck_assert_uint_eq(s.elsewhere, 0);
}
