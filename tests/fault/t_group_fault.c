/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every system call of what is done to a container that runs fails once, also after it was done:
 * limits are set all or none, nothing is left behind, and the container goes on.
 */
#include "t_each.h"

#include "container/container.h"
#include "sys/sys.h"

#include <contain/resources.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static container *running;
static contain_limits *before, *after;
static contain_devices *rules;
static char memory[600], pids[600]; /* files of limits, in v2 or v1 */

static int is_v1(const char *controller)
{
	return t_cgroup_mount(controller) != NULL;
}

static const char *word_of(const char *path)
{
	char text[100];

	T_CHECK(t_read_file(path, text, sizeof(text)) > 0, "%s", path);
	return t_fmt("%.*s", (int)strcspn(text, "\n"), text);
}

static int run_update(const char *what)
{
	int r = container_update(running, after, &error);
	const char *m, *p;

	ct_seam->on = 0;
	m = word_of(memory);
	p = word_of(pids);
	if (r == 0)
		T_EXPECT(!strcmp(m, "33554432") && !strcmp(p, "9"), "%s: %s, %s", what, m, p);
	else
		T_EXPECT(!strcmp(m, "67108864") && !strcmp(p, "20"), "%s: %s, %s", what, m, p);
	ck_assert_int_eq(container_update(running, before, NULL), 0);
	return r;
}

static int run_devices(const char *what)
{
	int r = container_update_devices(running, rules, &error);

	ct_seam->on = 0;
	return r;
}

static int run_stats(const char *what)
{
	contain_stats *s = (void *)1;
	int r = container_read_stats(running, CONTAIN_STATS_ALL, &s, &error);
	uint64_t v;

	ct_seam->on = 0;
	T_CHECK(r == 0 || s == (void *)1);
	if (r)
		return r;
	T_EXPECT(injected || !contain_stats_get(s, CONTAIN_STAT_CPU_USAGE_USEC, &v), "%s", what);
	contain_stats_free(s);
	return 0;
}

static int run_events(const char *what)
{
	contain_events *ev = (void *)1;
	int r = container_open_events(running, CONTAIN_EVENT_EMPTY | CONTAIN_EVENT_FROZEN, &ev,
				      &error);

	ct_seam->on = 0;
	T_CHECK(r == 0 || ev == (void *)1, "%s", what);
	if (r == 0)
		contain_events_free(ev);
	return r;
}

static int frozen(void)
{
	char text[200];
	int fd = container_cgroup_fd(running);

	T_CHECK(t_read_file(t_fmt("/proc/self/fd/%d/cgroup.freeze", fd), text, sizeof(text)) > 0);
	return text[0] == '1';
}

static int run_pause(const char *what)
{
	int r = container_pause(running, 1000 * t_slow(), &error);

	ct_seam->on = 0;
	T_EXPECT(frozen() == (r == 0), "%s: %d, frozen %d", what, r, frozen());
	ck_assert_int_eq(container_resume(running, 10000 * t_slow(), NULL), 0);
	return r;
}

static int run_resume(const char *what)
{
	int r;

	ct_seam->on = 0;
	ck_assert_int_eq(container_pause(running, 10000 * t_slow(), NULL), 0);
	ct_seam->on = 1;
	r = container_resume(running, 1000 * t_slow(), &error);
	ct_seam->on = 0;
	T_EXPECT(r < 0 || !frozen(), "%s", what);
	ck_assert_int_eq(container_resume(running, 10000 * t_slow(), NULL), 0);
	return r;
}

static const struct each_path paths[] = {
	{ "update", run_update }, { "update-devices", run_devices }, { "stats", run_stats },
	{ "events", run_events }, { "pause", run_pause },	     { "resume", run_resume },
};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

static void still_runs(const char *what, int r)
{
	(void)r;
	T_EXPECT(container_signal(running, 0, NULL) == 0, "%s: it has ended", what);
}

static void find_files(void)
{
	char text[4096], *save = NULL;

	T_CHECK(t_read_file(t_fmt("/proc/%d/cgroup", container_pid(running)), text, sizeof(text)) >
		0);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *group = strchr(line, '/');

		if (strstr(line, ":memory:"))
			snprintf(memory, sizeof(memory), "%s%s/memory.limit_in_bytes",
				 t_cgroup_mount("memory"), group);
		else if (strstr(line, ":pids:"))
			snprintf(pids, sizeof(pids), "%s%s/pids.max", t_cgroup_mount("pids"),
				 group);
		else if (!strncmp(line, "0::", 3) && !is_v1("memory")) {
			snprintf(memory, sizeof(memory), "%s%s/memory.max",
				 t_cgroup_mount("cgroup2"), group);
			snprintf(pids, sizeof(pids), "%s%s/pids.max", t_cgroup_mount("cgroup2"),
				 group);
		}
	}
}

TEST_LIMIT(every_call_fails_once, 200)
{
	static const char *const argv[] = { "/bin/payload", "sleep", NULL };
	struct fx_place place;
	container_spec *s;

	fx_place_make(&place);
	ck_assert_int_eq(contain_limits_new(&before), 0);
	contain_limits_set_memory_max(before, 64 << 20);
	contain_limits_set_pids_max(before, 20);
	ck_assert_int_eq(contain_limits_new(&after), 0);
	contain_limits_set_memory_max(after, 32 << 20);
	contain_limits_set_pids_max(after, 9);
	ck_assert_int_eq(contain_devices_new_default(&rules), 0);
	ck_assert_int_eq(container_spec_new(&s), 0);
	container_spec_set_name(s, place.name);
	container_spec_set_root_dir(s, AT_FDCWD, place.root, CONTAIN_ROOT_READONLY);
	container_spec_set_argv(s, argv);
	container_spec_set_limits(s, before);
	if (container_spawn(s, &running, &error) < 0) {
		if (contain_error_code(error) == -EOPNOTSUPP)
			t_skip("%s", contain_error_message(error));
		T_FAIL("%s", contain_error_message(error));
	}
	find_files();
	fx_seam_open();
	for (size_t i = 0; i < PATHS; i++)
		each_call(&paths[i], still_runs);
	ck_assert_int_eq(container_delete(running, 10000 * t_slow(), NULL), 0);
	container_free(running);
	container_spec_free(s);
	contain_devices_free(rules);
	contain_limits_free(before);
	contain_limits_free(after);
}
