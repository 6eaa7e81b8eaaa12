/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The caller is killed at each of its system calls. What it had started runs on and ends; then
 * container_gc() leaves no group, and no process is left that waits for somebody who is gone. A
 * container that lives is not touched.
 */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STATE ((T_ALL | T_MAPS) & ~T_CGROUPS)
#define GONE_MSEC 5000

static struct fx_place place;
static struct fx_record rec;

static void sleep_msec(long msec)
{
	struct timespec t = { 0, msec * 1000000 };

	nanosleep(&t, NULL);
}

static void collect(void)
{
	int fd;

	T_CHECK(container_gc(-1, NULL) >= 0);
	if (!place.parent[0])
		return;
	fd = open(place.parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	T_SYS(fd);
	T_CHECK(container_gc(fd, NULL) >= 0);
	close(fd);
}

/* Runs the plan in a process of its own that is killed at its k-th call. */
static void kill_at(const struct fx_plan *plan, uint32_t k)
{
	struct fx_result r;
	int status;
	pid_t pid;

	fx_seam_reset();
	ct_seam->at = k + 1;
	ct_seam->action = CT_SEAM_KILL;
	fflush(NULL);
	pid = fork();
	T_SYS(pid);
	if (pid == 0) {
		fx_run(plan, &place, FX_SPAWN, &r);
		_exit(0);
	}
	T_SYS(waitpid(pid, &status, 0));
	/* a caller that slept less often this time has fewer calls */
	T_CHECK(WIFSIGNALED(status) || plan->starter, "%s: call %u was survived", plan->name,
		k + 1);
}

static void all(const char *name)
{
	const struct fx_plan *plan = fx_plan(name);
	struct t_state *before;
	int with_group = 0;
	char diff[4096];

	fx_record(plan, &place, FX_SPAWN, &rec);
	before = t_state_take(STATE);
	for (uint32_t k = 0; k < rec.n[CT_SEAM_PARENT]; k += t_guest() ? 4 : 1) {
		const char *call = fx_call_name(rec.call[CT_SEAM_PARENT][k].nr);
		int waited = 0;

		kill_at(plan, k);
		with_group += fx_groups(&place) > 0;
		do {
			collect();
			if (!fx_groups(&place) && !t_state_diff(before, diff, sizeof(diff)))
				break;
			sleep_msec(2);
		} while ((waited += 2) < GONE_MSEC);
		T_CHECK(!fx_groups(&place), "%s: killed at call %u, %s: a group is left", name,
			k + 1, call);
		T_CHECK(!t_state_diff(before, diff, sizeof(diff)), "%s: killed at call %u, %s:\n%s",
			name, k + 1, call, diff);
	}
	t_state_check(before);
	t_note("%s: killed at %u calls, %d times a group was left to collect", name,
	       rec.n[CT_SEAM_PARENT], with_group);
	T_CHECK(with_group > 0, "no kill left anything: this proves nothing");
}

TEST_LIMIT(a_killed_caller_leaves_nothing_that_stays, 90)
{
	fx_place_make(&place);
	fx_seam_open();
	all("overlay");
	all("maps");
	all("timeout");
	all(t_cgroup_mount("memory") ? "limits-v1" : "limits-v2");
	if (place.parent[0])
		all("parent");
}

/* ---- a container that lives ---- */

static void fill_sleep(container_spec *s, const struct fx_place *p)
{
	static const char *const argv[] = { "/bin/sleep", "1000", NULL };

	container_spec_set_name(s, p->name);
	container_spec_set_root_dir(s, AT_FDCWD, p->root, CONTAIN_ROOT_READONLY);
	container_spec_set_cgroup_parent(s, AT_FDCWD, p->parent);
	container_spec_set_argv(s, argv);
}

static int spawn_and_die(void *arg, void *rec_)
{
	container_spec *s = NULL;
	container *c = NULL;
	contain_error *e = NULL;

	(void)arg;
	T_CHECK(container_spec_new(&s) == 0);
	fx_stable(s);
	fill_sleep(s, &place);
	T_CHECK(container_spawn(s, &c, &e) == 0, "%s", contain_error_message(e));
	*(int *)rec_ = container_pid(c);
	kill(getpid(), SIGKILL);
	return 0;
}

TEST(a_container_that_runs_on_is_not_collected)
{
	int pid = 0, status, tries = 0;
	char pids[64];

	fx_place_make(&place);
	if (!place.parent[0])
		t_skip("no cgroup v2 here");
	status = t_child(spawn_and_die, NULL, &pid, sizeof(pid));
	T_CHECK(WIFSIGNALED(status) && pid > 0);
	for (int i = 0; i < 5; i++) {
		collect();
		T_CHECK(fx_groups(&place) == 1, "the group of a container that lives was removed");
		T_CHECK(kill(pid, 0) == 0, "the container was killed: %m");
	}
	snprintf(pids, sizeof(pids), "%d", pid);
	T_SYS(kill(pid, SIGKILL));
	do {
		sleep_msec(2);
		collect();
	} while (fx_groups(&place) && tries++ < 500);
	T_CHECK(fx_groups(&place) == 0, "its group stays after its end");
}
