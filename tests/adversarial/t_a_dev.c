/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices that are given, in an image that is hostile at /dev and elsewhere (A04); stdio on the
 * null device (A07); files of /etc (R14).
 */
#include "attack.h"

#include <contain/contain.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* "../../../HOST/canary/NAME": from any directory of the image */
static const char *climb(struct h_run *r, const char *name)
{
	return t_fmt("../../../../../../../../..%s/%s", h_tree(r->canary), name);
}

/* ---- A04: devices ---- */

static void add_devices(container_spec *s, void *arg)
{
	(void)arg;
	container_spec_add_device(s, AT_FDCWD, "/dev/zero", "/dev/given", 0);
	container_spec_add_device(s, AT_FDCWD, "/dev/zero", "/dev/net/given", 0);
	container_spec_add_device(s, AT_FDCWD, "/dev/zero", "/job/given", 0);
	container_spec_add_device(s, AT_FDCWD, "/dev/zero", "/job/deep/given", 0);
}

/* The same of the naive reference, which binds the nodes and has no /dev of its own. */
static struct h_job give(struct h_run *r, const char *words)
{
	struct h_job job = h_job(r, words);

	job.more = add_devices;
	if (!r->how) {
		job.no_defaults = CONTAIN_DEFAULT_DEV;
		h_bind(&job, "/dev/zero", "/dev/given", 0);
		h_bind(&job, "/dev/zero", "/dev/net/given", 0);
		h_bind(&job, "/dev/zero", "/job/given", 0);
		h_bind(&job, "/dev/zero", "/job/deep/given", 0);
	}
	return job;
}

static void device_attack(struct h_run *r)
{
	const char *const lower[] = { r->root, NULL };

	for (int in_union = 0; in_union < 2; in_union++) {
		struct h_job job = give(r, "stat /dev/given -- stat /dev/net/given");

		if (in_union)
			job.lower = lower;
		h_spawn(r, &job);
		h_exact(r, r->err || strstr(r->text, " rdev 1:5 "), "%s", r->text);
	}
}

static void replace(struct h_run *r, const char *name, const char *text)
{
	const char *path = t_fmt("%s/%s", r->root, name);

	rmdir(path);
	unlink(path);
	T_SYS(symlink(text, path));
}

static void dev_absolute(struct h_run *r)
{
	replace(r, "dev", t_fmt("%s/dir", h_tree(r->canary)));
}
H_CASE(a04_devices_where_dev_is_an_absolute_symlink, H_ALL, dev_absolute, device_attack)

static void dev_relative(struct h_run *r)
{
	replace(r, "dev", climb(r, "dir"));
}
H_CASE(a04_devices_where_dev_is_a_relative_symlink, H_ALL, dev_relative, device_attack)

static void names_in_dev(struct h_run *r)
{
	replace(r, "dev/given", climb(r, "new"));
	replace(r, "dev/net", climb(r, "dir"));
}
H_CASE(a04_devices_where_names_are_symlinks, H_ALL, names_in_dev, device_attack)

static void names_elsewhere(struct h_run *r)
{
	replace(r, "job/given", climb(r, "new"));
	replace(r, "job/deep", t_fmt("%s/dir", h_tree(r->canary)));
}
H_CASE(a04_devices_elsewhere_on_symlinks, H_ALL, names_elsewhere, device_attack)

/* The image's own node of another device, and a fifo, are covered: neither is it that is used. */
static void lawful_nodes(struct h_run *r)
{
	T_SYS(mknod(t_fmt("%s/job/given", r->root), S_IFIFO | 0666, 0));
	T_SYS(mkdir(t_fmt("%s/job/real", r->root), 0755));
	replace(r, "job/deep", "real");
	T_SYS(mknod(t_fmt("%s/job/real/given", r->root), S_IFCHR | 0666, makedev(1, 7)));
}

static void nodes_work(struct h_run *r)
{
	static const char *const words[] = { "/dev/given", "/dev/net/given", "/job/given",
					     "/job/deep/given", "/job/real/given" };

	for (size_t i = 0; i < 5; i++) {
		struct h_job job = give(r, t_fmt("stat %s", words[i]));

		h_spawn(r, &job);
		h_works(r);
		h_exact(r, strstr(r->text, " rdev 1:5 "), "%s: %s", words[i], r->text);
	}
}
H_TWIN(a04_twin_devices, H_ALL, lawful_nodes, nodes_work)

/* ---- A07 ---- */

static void null_attack(struct h_run *r)
{
	static const char *const ask[] = { "/bin/sh", "-c",
					   "echo is $(stat -L -c %t:%T /proc/self/fd/0)", NULL };
	static const uint32_t without[] = { 0, CONTAIN_DEFAULT_DEV };

	for (int i = 0; i < 2; i++) {
		struct h_job job = h_job(r, "exit");

		job.argv = ask;
		job.no_defaults = without[i];
		job.null_stdin = 1;
		h_spawn(r, &job);
		h_held(r, r->err || !strcmp(r->text, "is 1:3\n"), "stdin %s", r->text);
		h_works(r);
	}
}

static void null_symlink(struct h_run *r)
{
	replace(r, "dev/null", climb(r, "file"));
}
H_CASE(a07_null_is_a_symlink, H_ALL, null_symlink, null_attack)

static void null_file(struct h_run *r)
{
	T_SYS(mknod(t_fmt("%s/dev/null", r->root), S_IFREG | 0666, 0));
}
H_CASE(a07_null_is_a_file, H_ALL, null_file, null_attack)

static void null_zero(struct h_run *r)
{
	T_SYS(mknod(t_fmt("%s/dev/null", r->root), S_IFCHR | 0666, makedev(1, 5)));
}
H_CASE(a07_null_is_another_device, H_ALL, null_zero, null_attack)

/* Of a file beside the image. */
static const char *outside(struct h_run *r)
{
	return t_fmt("%s/outside", h_host(r->canary));
}

static void null_hard_link(struct h_run *r)
{
	t_write_file(outside(r), "of the host\n");
	T_SYS(link(outside(r), t_fmt("%s/dev/null", r->root)));
}

static void null_linked(struct h_run *r)
{
	struct stat st;

	null_attack(r);
	T_SYS(stat(outside(r), &st));
	h_held(r, st.st_uid == 0 && st.st_gid == 0, "the owner is %u", st.st_uid);
}
H_CASE(a07_null_is_a_hard_link, H_ROOT, null_hard_link, null_linked)

/* ---- files of /etc ---- */

static const char *const etc[] = { "/etc/hosts", "/etc/resolv.conf", "/etc/hostname" };

static void set_etc(container_spec *s, void *arg)
{
	(void)arg;
	container_spec_set_hosts(s, "given\n", 6);
	container_spec_set_resolv_conf(s, "given\n", 6);
	container_spec_set_hostname_file(s, "given\n", 6);
}

static void etc_starts(struct h_run *r, int works)
{
	const char *const lower[] = { r->root, NULL };

	for (int in_union = 0; in_union < 2; in_union++) {
		struct h_job job = h_job(r, "read /etc/hosts -- read /etc/resolv.conf -- read "
					    "/etc/hostname");

		if (in_union)
			job.lower = lower;
		job.more = set_etc;
		for (int i = 0; i < 3 && !r->how; i++)
			h_make(&job, H_FILE, "given\n", etc[i]);
		h_spawn(r, &job);
		if (works)
			h_works(r);
		h_exact(r, r->err || !strcmp(r->text, "given\ngiven\ngiven\n"), "%s", r->text);
	}
}

static void etc_attack(struct h_run *r)
{
	etc_starts(r, 1);
}

static void etc_told(struct h_run *r)
{
	etc_starts(r, 0);
}

static void etc_symlinks(struct h_run *r)
{
	replace(r, "etc/hosts", t_fmt("%s/file", h_tree(r->canary)));
	replace(r, "etc/resolv.conf", climb(r, "new"));
	replace(r, "etc/hostname", climb(r, "dir/file"));
}
H_CASE(etc_files_are_symlinks, H_ALL, etc_symlinks, etc_attack)

static void etc_hard_links(struct h_run *r)
{
	t_write_file(outside(r), "of the host\n");
	for (int i = 0; i < 3; i++) {
		unlink(t_fmt("%s%s", r->root, etc[i]));
		T_SYS(link(outside(r), t_fmt("%s%s", r->root, etc[i])));
	}
}

static void etc_linked(struct h_run *r)
{
	char text[64];

	etc_starts(r, 1);
	T_CHECK(t_read_file(outside(r), text, sizeof(text)) >= 0);
	h_held(r, !strcmp(text, "of the host\n"), "it holds %s", text);
}
H_CASE(etc_files_are_hard_links, H_ALL, etc_hard_links, etc_linked)

static void etc_is_elsewhere(struct h_run *r)
{
	T_SYS(rename(t_fmt("%s/etc", r->root), t_fmt("%s/etc.was", r->root)));
	replace(r, "etc", t_fmt("%s/etc", h_tree(r->canary)));
}
H_CASE(etc_is_a_symlink, H_ALL, etc_is_elsewhere, etc_told)

/* Nothing of that is opened: no fifo hangs a start, no device is used. */
static void etc_special(struct h_run *r)
{
	for (int i = 0; i < 3; i++)
		unlink(t_fmt("%s%s", r->root, etc[i]));
	T_SYS(mknod(t_fmt("%s/etc/hosts", r->root), S_IFIFO | 0666, 0));
	T_SYS(mknod(t_fmt("%s/etc/resolv.conf", r->root), S_IFCHR | 0666, makedev(1, 5)));
	T_SYS(mknod(t_fmt("%s/etc/hostname", r->root), S_IFSOCK | 0666, 0));
}
H_TWIN(etc_twin_special_files, H_ALL, etc_special, etc_attack)

static void etc_lawful(struct h_run *r)
{
	T_SYS(rename(t_fmt("%s/etc", r->root), t_fmt("%s/usr/etc", r->root)));
	replace(r, "etc", "usr/etc");
	replace(r, "usr/etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf");
}
H_TWIN(etc_twin_symlinks_inside, H_ALL, etc_lawful, etc_attack)
