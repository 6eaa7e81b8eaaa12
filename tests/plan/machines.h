/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts made by hand, and texts held against files: UPDATE_GOLDEN=1 writes them anew. */
#ifndef T_PLAN_MACHINES_H
#define T_PLAN_MACHINES_H

#include "fixture.h"

#include "container/container.h"
#include "feature/feature.h"
#include "feature/host_tree.h"

#include <contain/spec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- machines ---- */

static inline void hold(struct ct_facts *f, enum ct_held where)
{
	static const int usual[] = { CT_CONTROLLER_CPU, CT_CONTROLLER_MEMORY, CT_CONTROLLER_PIDS };

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		f->held[usual[i]] = (uint8_t)where;
}

#define HOME_ATTR (CONTAIN_MOUNT_NOSUID | CONTAIN_MOUNT_NOEXEC)

/* Of a machine with /home of its own, a container's files in /etc, a merged /usr. */
static inline int some_tree(int locked, struct ct_host_tree *ret)
{
	static const struct ct_host_entry open[] = {
		{ CT_HOST_LAYER, 0, 0, (char *)"/", NULL },
		{ CT_HOST_FILE, 0, 0, (char *)"/etc/resolv.conf", NULL },
		{ CT_HOST_LAYER, HOME_ATTR, 0, (char *)"/home", NULL },
	}, closed[] = {
		{ CT_HOST_DIR, 0, 0755, (char *)"/", NULL },
		{ CT_HOST_LINK, 0, 0, (char *)"/bin", (char *)"usr/bin" },
		{ CT_HOST_DIR, 0, 0755, (char *)"/etc", NULL },
		{ CT_HOST_LAYER, 0, 0, (char *)"/etc/apt", NULL },
		{ CT_HOST_FILE, 0, 0, (char *)"/etc/passwd", NULL },
		{ CT_HOST_FILE, 0, 0, (char *)"/etc/resolv.conf", NULL },
		{ CT_HOST_LAYER, HOME_ATTR, 0, (char *)"/home", NULL },
		{ CT_HOST_DIR, 0, 0555, (char *)"/proc", NULL },
		{ CT_HOST_DIR, 0, 01777, (char *)"/tmp", NULL },
		{ CT_HOST_LAYER, 0, 0, (char *)"/usr", NULL },
	};
	const struct ct_host_entry *from = locked ? closed : open;

	ret->n = ret->room = (locked ? sizeof(closed) : sizeof(open)) / sizeof(*from);
	ret->entry = calloc(ret->n, sizeof(*ret->entry));
	T_CHECK(ret->entry, "out of memory");
	for (size_t i = 0; i < ret->n; i++) {
		ret->entry[i] = from[i];
		ret->entry[i].path = strdup(from[i].path);
		if (from[i].text)
			ret->entry[i].text = strdup(from[i].text);
	}
	return 0;
}

static inline void modern_root(struct ct_facts *f)
{
	f->lowerdir_add = f->overlay = f->clone3 = f->openat2 = f->mount_api = 1;
	f->is_privileged = 1;
	f->host_tree = some_tree;
	f->cap_last = 40;
	f->cgroup_mode = CT_CGROUP_UNIFIED;
	f->v2_nsdelegate = 1;
	hold(f, CT_HELD_V2);
	f->delegated_controllers = 1 << CT_CONTROLLER_CPU | 1 << CT_CONTROLLER_MEMORY |
				   1 << CT_CONTROLLER_PIDS;
	strcpy(f->v2_mount, "/sys/fs/cgroup");
	strcpy(f->own_group, "/system.slice/host.service");
	strcpy(f->delegated, "/");
}

static inline void hybrid_root(struct ct_facts *f)
{
	modern_root(f);
	f->cgroup_mode = CT_CGROUP_HYBRID;
	hold(f, CT_HELD_V1);
	f->delegated_controllers = 0;
	strcpy(f->v2_mount, "/sys/fs/cgroup/unified");
	strcpy(f->v1_mount[CT_CONTROLLER_CPU], "/sys/fs/cgroup/cpu,cpuacct");
	strcpy(f->v1_mount[CT_CONTROLLER_MEMORY], "/sys/fs/cgroup/memory");
	strcpy(f->v1_mount[CT_CONTROLLER_PIDS], "/sys/fs/cgroup/pids");
}

static inline void old_root(struct ct_facts *f)
{
	modern_root(f);
	f->lowerdir_add = 0;
}

static inline void bare_root(struct ct_facts *f)
{
	modern_root(f);
	f->cgroup_mode = CT_CGROUP_NONE;
	hold(f, CT_HELD_NONE);
	f->delegated_controllers = 0;
	f->v2_mount[0] = f->own_group[0] = f->delegated[0] = 0;
}

static inline void plain_user(struct ct_facts *f)
{
	modern_root(f);
	f->is_privileged = 0;
	f->euid = f->egid = 1000;
	strcpy(f->own_group, "/user.slice/user-1000.slice/session-1.scope");
	f->delegated[0] = 0;
	f->delegated_controllers = 0;
}

static inline void delegated_user(struct ct_facts *f)
{
	plain_user(f);
	strcpy(f->own_group,
	       "/user.slice/user-1000.slice/user@1000.service/app.slice/run.scope/main");
	strcpy(f->delegated, "/user.slice/user-1000.slice/user@1000.service/app.slice/run.scope");
	f->delegated_controllers = 1 << CT_CONTROLLER_CPU | 1 << CT_CONTROLLER_MEMORY |
				   1 << CT_CONTROLLER_PIDS;
}

static inline void old_user(struct ct_facts *f)
{
	delegated_user(f);
	f->lowerdir_add = 0;
}

/* ---- scenes ---- */

/* A spec on a machine. */
struct scene {
	const char *name;
	void (*facts)(struct ct_facts *f);
	void (*fill)(container_spec *s);
};

static inline int compile(const struct scene *scene, container_plan **ret, contain_error **e)
{
	static const char *const argv[] = { "/bin/sh", "-c", "true", NULL };
	static struct ct_facts facts;
	container_spec *s = NULL;
	int r;

	memset(&facts, 0, sizeof(facts));
	scene->facts(&facts);
	T_CHECK(container_spec_new(&s) == 0);
	container_spec_set_argv(s, argv);
	scene->fill(s);
	r = ct_plan_compile_on(s, &facts, ret, e);
	container_spec_free(s);
	return r;
}

/* ---- files ---- */

static inline void show_difference(const char *golden, const char *now)
{
	const char *path = t_fmt("%s/now", t_tmpdir());
	FILE *diff;
	char line[1000];

	t_write_file(path, now);
	diff = popen(t_fmt("diff -u --label golden --label now '%s' '%s'", golden, path), "re");
	while (diff && fgets(line, sizeof(line), diff)) {
		line[strcspn(line, "\n")] = 0;
		t_note("%s", line);
	}
	if (diff)
		pclose(diff);
}

static inline void hold_against(const char *name, const char *now)
{
	const char *path = t_fmt("%s/%s.txt", T_GOLDEN, name);
	static char golden[1 << 18];

	if (getenv("UPDATE_GOLDEN")) {
		t_write_file(path, now);
		return;
	}
	if (t_read_file(path, golden, sizeof(golden)) < 0)
		golden[0] = 0;
	if (!strcmp(golden, now)) {
		T_CHECK(1);
		return;
	}
	show_difference(path, now);
	T_EXPECT(0, "%s is another plan now; UPDATE_GOLDEN=1 takes it over", name);
}

static inline container_plan *plan_of(const struct scene *scene)
{
	container_plan *p = NULL;
	contain_error *e = NULL;

	T_CHECK(compile(scene, &p, &e) == 0, "%s: %s", scene->name, contain_error_message(e));
	return p;
}

/* Each explained, in a file of its name. */
static inline void hold_plans(const struct scene *scene, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		container_plan *p = plan_of(&scene[i]);
		char *text = fx_explain_text(p);

		hold_against(scene[i].name, text);
		free(text);
		container_plan_free(p);
	}
}

/* None compiles; all that is said of it, in one file. */
static inline void hold_refusals(const char *file, const struct scene *scene, size_t n_scenes)
{
	static char text[16384];
	size_t n = 0;

	for (size_t i = 0; i < n_scenes; i++) {
		container_plan *p = NULL;
		contain_error *e = NULL;
		int r = compile(&scene[i], &p, &e);

		T_CHECK(r < 0 && !p, "%s is not refused", scene[i].name);
		T_CHECK(contain_error_phase(e) == CONTAIN_PHASE_PLAN, "%s: %s", scene[i].name,
			contain_error_message(e));
		T_CHECK(contain_error_code(e) == r);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s: %s\n", scene[i].name,
				      contain_error_message(e));
		contain_error_free(e);
	}
	hold_against(file, text);
}

#endif
