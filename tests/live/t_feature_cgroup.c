/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the feature report says about cgroups: hierarchies, controllers, delegation. */
#include "harness.h"
#include "t_feature.h"

#include <contain/cgroup_devices.h>
#include <fcntl.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CGROUP2_MAGIC 0x63677270

static const char *const controllers[12] = {
	"cpu",	"cpuset", "io",	     "memory",	"hugetlb", "pids",
	"rdma", "misc",	  "freezer", "devices", "blkio",   "cpuacct",
};

/* By the other sources: option strings of mounts, cgroup.controllers, statfs(2). */
TEST(controllers_and_mode)
{
	report_t *r = report_get();
	const char *v2 = t_cgroup_mount("cgroup2"), *held;
	char list[256] = "";
	struct statfs fs;
	int on_v1 = 0;

	if (v2) {
		ck_assert_str_eq(contain_feature_text(r, CONTAIN_FEATURE_CGROUP_V2), v2);
		T_SYS(statfs(contain_feature_text(r, CONTAIN_FEATURE_CGROUP_V2), &fs));
		ck_assert_int_eq(fs.f_type, CGROUP2_MAGIC);
		t_read_file(t_fmt("%s/cgroup.controllers", v2), list + 1, sizeof(list) - 2);
		list[0] = ' ';
		list[strcspn(list, "\n")] = ' ';
	}
	for (uint32_t i = 0; i < 12; i++) {
		uint32_t f = CONTAIN_FEATURE_CGROUP_CONTROLLER_CPU + i;

		held = t_cgroup_mount(!strcmp(controllers[i], "io") ? "blkio" : controllers[i]);
		on_v1 |= held != NULL;
		if (strstr(list, t_fmt(" %s ", controllers[i]))) {
			ck_assert_int_eq(value(r, f), 2);
			ck_assert_str_eq(contain_feature_text(r, f), v2);
			ck_assert_str_eq(reason(r, f), "");
		} else if (held) {
			ck_assert_int_eq(value(r, f), 1);
			ck_assert_str_eq(contain_feature_text(r, f), held);
			ck_assert_str_eq(reason(r, f),
					 t_fmt("cgroup v1 hierarchy %s holds it", held));
		} else {
			T_MISSING(r, f, "no mounted hierarchy");
		}
	}
	ck_assert_int_eq(value(r, CONTAIN_FEATURE_CGROUP_MODE),
			 v2    ? on_v1 ? CONTAIN_CGROUP_MODE_HYBRID : CONTAIN_CGROUP_MODE_UNIFIED :
			 on_v1 ? CONTAIN_CGROUP_MODE_LEGACY :
				 CONTAIN_CGROUP_MODE_NONE);
	t_note("mode %s", contain_feature_text(r, CONTAIN_FEATURE_CGROUP_MODE));
	contain_feature_report_free(r);
}

/* /proc/cgroups, where it tells: hierarchy 0 is v2 or nowhere. */
TEST(controllers_by_proc_cgroups)
{
	report_t *r = report_get();
	char line[256], name[64];
	FILE *file = fopen("/proc/cgroups", "re");
	int hierarchy;

	if (!file)
		t_skip("no /proc/cgroups");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %d", name, &hierarchy) != 2)
			continue;
		for (uint32_t i = 0; i < 12; i++) {
			uint32_t f = CONTAIN_FEATURE_CGROUP_CONTROLLER_CPU + i;

			if (strcmp(name, controllers[i]) != 0)
				continue;
			if (hierarchy)
				T_CHECK(yes(r, f) == 0 || value(r, f) == 1, "%s", name);
			else
				T_CHECK(yes(r, f) == 0 || value(r, f) == 2, "%s", name);
		}
	}
	fclose(file);
	contain_feature_report_free(r);
}

static int report_of_user(void *arg, void *rec)
{
	report_t *r = report_get();

	(void)arg;
	(void)rec;
	T_MISSING(r, CONTAIN_FEATURE_CGROUP_DEVICES, "CAP_BPF");
	contain_feature_report_free(r);
	return 0;
}

/* What the report says is what happens. */
TEST(devices_and_pressure)
{
	contain_devices *rules = NULL;
	report_t *r;
	char text[200];
	int fd;

	t_need_root();
	fd = open(t_cgroup_make("cgroup2"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = report_get();
	ck_assert_int_eq(contain_devices_new_default(&rules), 0);
	ck_assert_int_eq(yes(r, CONTAIN_FEATURE_CGROUP_DEVICES),
			 contain_devices_attach(rules, fd, NULL) == 0);
	ck_assert_int_eq(yes(r, CONTAIN_FEATURE_PRESSURE),
			 t_read_file("/proc/pressure/cpu", text, sizeof(text)) > 0);
	t_note("devices: %s; pressure: %s", reason(r, CONTAIN_FEATURE_CGROUP_DEVICES),
	       reason(r, CONTAIN_FEATURE_PRESSURE));
	contain_devices_free(rules);
	contain_feature_report_free(r);
	close(fd);
	t_as_user(report_of_user, NULL);
}

/* Mounts change between reports; a path with everything in it that a path can have. */
TEST(cgroup_mounts_come_and_go)
{
	char *dir = t_fmt("%s/we\"ird \\ \n\t# \377 \303\244", t_tmpdir()), json[8192];
	const char *v2;
	report_t *r;
	int fds[2], status;

	t_need_root();
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	while ((v2 = t_cgroup_mount("cgroup2")))
		T_SYS(umount2(v2, MNT_DETACH));
	r = report_get();
	T_MISSING(r, CONTAIN_FEATURE_CGROUP_V2, "cgroup2");
	T_MISSING(r, CONTAIN_FEATURE_CGROUP_DELEGATION, "cgroup2");
	T_MISSING(r, CONTAIN_FEATURE_CGROUP_OWN_GROUP, "cgroup2");
	T_CHECK(value(r, CONTAIN_FEATURE_CGROUP_MODE) <= CONTAIN_CGROUP_MODE_LEGACY);
	contain_feature_report_free(r);

	T_SYS(mkdir(dir, 0755));
	T_SYS(mount("none", dir, "cgroup2", 0, NULL));
	r = report_get();
	ck_assert_str_eq(contain_feature_text(r, CONTAIN_FEATURE_CGROUP_V2), dir);
	T_HAS(r, CONTAIN_FEATURE_CGROUP_DELEGATION);
	T_CHECK(value(r, CONTAIN_FEATURE_CGROUP_MODE) >= CONTAIN_CGROUP_MODE_HYBRID);

	t_need_program("/usr/bin/python3");
	T_SYS(pipe(fds));
	ck_assert_int_eq(contain_feature_report_write_json(r, fds[1]), 0);
	close(fds[1]);
	status = system(
		t_fmt("/usr/bin/python3 -c 'import json,os\n"
		      "d = json.loads(os.fdopen(%d, \"rb\").read().decode(\"utf-8\"))\n"
		      "assert len(d) == %u, len(d)\n"
		      "t = d[\"cgroup-v2\"][\"text\"]\n"
		      "assert t.endswith(\"we\\\"ird \\\\ \\n\\t# \\ufffd \\xe4\"), ascii(t)\n"
		      "assert all(v[\"available\"] or v[\"reason\"] for v in d.values())\n'",
		      fds[0], contain_feature_count()));
	ck_assert_int_eq(status, 0);
	close(fds[0]);
	/* as text it stays one line */
	T_SYS(pipe(fds));
	ck_assert_int_eq(contain_feature_report_write_text(r, fds[1]), 0);
	close(fds[1]);
	ssize_t n = read(fds[0], json, sizeof(json) - 1);
	uint32_t lines = 0;
	for (ssize_t i = 0; i < n; i++)
		lines += json[i] == '\n';
	ck_assert_uint_eq(lines, contain_feature_count());
	close(fds[0]);
	contain_feature_report_free(r);
	T_SYS(umount2(dir, MNT_DETACH));
}

static int in_group_as_user(void *arg, void *rec)
{
	const char *expected = arg;
	report_t *r = report_get();

	(void)rec;
	if (*expected == '/') {
		T_HAS(r, CONTAIN_FEATURE_CGROUP_DELEGATION);
		ck_assert_str_eq(contain_feature_text(r, CONTAIN_FEATURE_CGROUP_DELEGATION),
				 expected);
		T_SYS(mkdir(t_fmt("%s%s/made", contain_feature_text(r, CONTAIN_FEATURE_CGROUP_V2),
				  expected),
			    0755));
	} else {
		T_MISSING(r, CONTAIN_FEATURE_CGROUP_DELEGATION, expected);
	}
	contain_feature_report_free(r);
	return 0;
}

static void own_by_user(const char *group)
{
	T_SYS(chown(group, T_UID, T_GID));
	T_SYS(chown(t_fmt("%s/cgroup.procs", group), T_UID, T_GID));
	T_SYS(chown(t_fmt("%s/cgroup.subtree_control", group), T_UID, T_GID));
}

/* arg: where to enter, and what to expect there, each a string. */
static int enter_and_ask(void *arg, void *rec)
{
	char **strings = arg;

	(void)rec;
	t_write_file(t_fmt("%s/cgroup.procs", strings[0]), "0");
	t_as_user(in_group_as_user, strings[1]);
	return 0;
}

TEST(delegation_to_a_user)
{
	const char *top = t_cgroup_make("cgroup2"), *v2 = t_cgroup_mount("cgroup2");
	char *leaf = t_fmt("%s/leaf", top), *below = t_fmt("%s", top + strlen(v2));
	char *busy[] = { t_fmt("%s", top), t_fmt("group %s, but it has processes", below) };
	char *found[] = { leaf, below };
	char *none[] = { leaf, t_fmt("writable") };

	T_SYS(mkdir(leaf, 0755));
	ck_assert_int_eq(t_child(enter_and_ask, none, NULL, 0), 0);
	/* one of three is not enough */
	T_SYS(chown(top, T_UID, T_GID));
	ck_assert_int_eq(t_child(enter_and_ask, none, NULL, 0), 0);
	own_by_user(top);
	ck_assert_int_eq(t_child(enter_and_ask, found, NULL, 0), 0);
	ck_assert_int_eq(t_child(enter_and_ask, busy, NULL, 0), 0);
}

TEST(delegation_on_a_read_only_mount)
{
	const char *v2 = t_cgroup_mount("cgroup2");
	report_t *r;

	t_need_root();
	if (!v2)
		t_skip("no cgroup2 is mounted");
	T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	T_SYS(mount(v2, v2, NULL, MS_BIND, NULL));
	T_SYS(mount(NULL, v2, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	r = report_get();
	T_MISSING(r, CONTAIN_FEATURE_CGROUP_DELEGATION, "read-only");
	T_HAS(r, CONTAIN_FEATURE_CGROUP_V2);
	contain_feature_report_free(r);
	T_SYS(umount2(v2, MNT_DETACH));
}
