/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names in an image that lead to the host: A01 (the target is a symlink), A02 (something on the way
 * to it is one), A04 (/dev of the image), A05 (its null device). For all that a spec puts
 * somewhere: binds, tmpfs, directories, files and symlinks; in a directory and in a union.
 */
#include "attack.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Up from anywhere, and down to the canary. */
static const char *climb(struct h_run *r, const char *name)
{
	return t_fmt("../../../../../../../../../../../../..%s/%s", h_tree(r->canary), name);
}

static void link_to(struct h_run *r, const char *text, const char *name)
{
	T_CHECK(symlink(text, t_fmt("%s/%s", r->root, name)) == 0, "%s: %m", name);
}

/* Absolute, relative, in a chain of ten; to a directory, to a file, to what is not there. */
static void links(struct h_run *r)
{
	static const char *const ends[] = { "dir", "file", "new" };

	for (size_t i = 0; i < 3; i++) {
		const char *name = ends[i];

		link_to(r, t_fmt("%s/%s", h_tree(r->canary), name), t_fmt("abs-%s", name));
		link_to(r, climb(r, name), t_fmt("rel-%s", name));
		for (int k = 0; k < 9; k++)
			link_to(r, t_fmt("chain-%s%d", name, k + 1),
				k ? t_fmt("chain-%s%d", name, k) : t_fmt("chain-%s", name));
		link_to(r, climb(r, name), t_fmt("chain-%s9", name));
	}
	/* a volume of the caller's, in which the payload of yesterday has left such links */
	T_SYS(mkdir(t_fmt("%s/volume", h_host(r->canary)), 0777));
	T_SYS(chmod(t_fmt("%s/volume", h_host(r->canary)), 0777));
	T_SYS(symlink(climb(r, "dir"), t_fmt("%s/volume/rel-dir", h_host(r->canary))));
	T_SYS(symlink(climb(r, "file"), t_fmt("%s/volume/rel-file", h_host(r->canary))));
}

static const char *const prefixes[] = { "/abs-", "/rel-", "/chain-" };

static struct h_job job_in(struct h_run *r, int in_union, const char *const *lower)
{
	struct h_job job = h_job(r, "exit");

	if (in_union)
		job.lower = lower;
	return job;
}

static void put(struct h_run *r, enum h_kind kind, const char *target, int in_union, int volume)
{
	const char *const lower[] = { r->root, NULL };
	struct h_job job = job_in(r, in_union, lower);

	if (volume)
		h_bind(&job, t_fmt("%s/volume", h_host(r->canary)), "/data", 0);
	h_make(&job, kind, kind == H_SYMLINK ? "/planted" : "planted", target);
	h_spawn(r, &job);
	/* inside, or an error of the step; a naive start says nothing and has done it */
	h_exact(r, !r->err || !strncmp(r->op, "make-", 5), "%s on %s: %s", r->op, target,
		r->message);
}

static void made_by_links(struct h_run *r)
{
	static const enum h_kind kinds[] = { H_DIR, H_FILE, H_SYMLINK };
	size_t round = 0;

	for (int in_union = 0; in_union < 2; in_union++)
		for (size_t k = 0; k < 3; k++)
			for (size_t p = 0; p < 3; p++) {
				if (h_left_out(r, round++))
					continue;
				put(r, kinds[k], t_fmt("%sfile", prefixes[p]), in_union, 0);
				put(r, kinds[k], t_fmt("%snew", prefixes[p]), in_union, 0);
				put(r, kinds[k], t_fmt("%sdir/made", prefixes[p]), in_union, 0);
				put(r, kinds[k], t_fmt("%sdir/file", prefixes[p]), in_union, 0);
				put(r, kinds[k], t_fmt("%snew/a/b/c", prefixes[p]), in_union, 0);
			}
	for (size_t k = 0; k < 3; k++) {
		put(r, kinds[k], "/data/rel-file", 0, 1);
		put(r, kinds[k], "/data/rel-dir/made", 1, 1);
	}
}
H_CASE_LIMIT(a01_files_on_symlinks, H_ALL, links, made_by_links, 200)

/* What is mounted is inside, as the payload sees it, or the start fails. */
static void mount_on(struct h_run *r, enum h_kind kind, const char *target, int in_union)
{
	const char *const lower[] = { r->root, NULL };
	struct h_job job = h_job(r, t_fmt("stat %s/. -- list %s", target, target));

	if (in_union)
		job.lower = lower;
	if (kind == H_BIND)
		h_bind(&job, t_fmt("%s/volume", h_host(r->canary)), target, 0);
	else
		h_tmpfs(&job, target);
	h_spawn(r, &job);
	h_held(r, r->err || strstr(r->text, kind == H_BIND ? "rel-dir" : "fs 1021994"),
	       "%s is not where it was asked for: %d %s", target, r->err, r->text);
}

static void mounts_on_links(struct h_run *r)
{
	size_t round = 0;

	for (int in_union = 0; in_union < 2; in_union++)
		for (size_t p = 0; p < 3; p++) {
			if (h_left_out(r, round++))
				continue;
			mount_on(r, H_BIND, t_fmt("%sdir", prefixes[p]), in_union);
			mount_on(r, H_TMPFS, t_fmt("%sdir", prefixes[p]), in_union);
			mount_on(r, H_BIND, t_fmt("%snew", prefixes[p]), in_union);
			mount_on(r, H_TMPFS, t_fmt("%sdir/deep/er", prefixes[p]), in_union);
		}
}
H_CASE_LIMIT(a01_mounts_on_symlinks, H_ALL, links, mounts_on_links, 200)

/* A02: the library makes parents, and on the way lies a symlink to the canary. */
static void parents(struct h_run *r)
{
	links(r);
	T_SYS(mkdir(t_fmt("%s/data", r->root), 0755));
	link_to(r, climb(r, "dir"), "data/link");
	link_to(r, "../data/link", "data/again");
}

static void missing_parents(struct h_run *r)
{
	static const enum h_kind kinds[] = { H_BIND, H_TMPFS, H_DIR, H_FILE, H_SYMLINK };
	const char *source = t_fmt("%s/volume", h_host(r->canary));

	for (size_t k = 0; k < 5; k++)
		for (int again = 0; again < 2; again++) {
			const char *target = again ? "/data/again/new/deep/target" :
						     "/data/link/new/deep/target";
			struct h_job job = h_job(r, "exit");

			if (kinds[k] == H_BIND)
				h_bind(&job, source, target, 0);
			else if (kinds[k] == H_TMPFS)
				h_tmpfs(&job, target);
			else
				h_make(&job, kinds[k], "planted", target);
			h_spawn(r, &job);
		}
}
H_CASE_LIMIT(a02_missing_parents, H_ALL, parents, missing_parents, 120)

/* Symlinks as images are full of them: everything is made, and inside. */
static void lawful(struct h_run *r)
{
	T_SYS(mkdir(t_fmt("%s/usr/share", r->root), 0755));
	link_to(r, "usr/share", "share");
	link_to(r, "/usr/share", "absolute");
	link_to(r, "../../../../usr/share", "var/up");
	link_to(r, "share", "chain");
}

static void lawful_links(struct h_run *r)
{
	static const char *const ways[] = { "/share", "/absolute", "/var/up", "/chain" };
	const char *const lower[] = { r->root, NULL };

	for (int in_union = 0; in_union < 2; in_union++)
		for (size_t i = 0; i < 4; i++) {
			struct h_job job =
				h_job(r, "read /usr/share/new/file -- stat /usr/share/dir/. -- "
					 "read /usr/share/link");

			if (in_union)
				job.lower = lower;
			h_make(&job, H_FILE, "content\n", t_fmt("%s/new/file", ways[i]));
			h_make(&job, H_DIR, "", t_fmt("%s/dir", ways[i]));
			h_make(&job, H_SYMLINK, "new/file", t_fmt("%s/link", ways[i]));
			h_spawn(r, &job);
			h_works(r);
			h_exact(r,
				strstr(r->text, "content\nmode 40777 ") == r->text &&
					strstr(r->text + 8, "content\n"),
				"%s", r->text);
		}
}
H_TWIN(a01_twin_symlinks_of_an_image, H_ALL, lawful, lawful_links)

/* ---- A04: /dev of the image ---- */

static void dev_attack(struct h_run *r)
{
	const char *const lower[] = { r->root, NULL };

	for (int in_union = 0; in_union < 2; in_union++) {
		struct h_job job = h_job(r, "stat /dev/null -- exit");

		if (in_union)
			job.lower = lower;
		h_spawn(r, &job);
		h_exact(r, r->err || strstr(r->text, "rdev 1:3 "), "%s", r->text);
		/* and what a spec adds below it */
		h_make(&job, H_FILE, "planted", "/dev/made");
		h_make(&job, H_DIR, "", "/dev/made-dir/deep");
		h_make(&job, H_SYMLINK, "null", "/dev/made-link");
		h_spawn(r, &job);
	}
}

static void dev_image(struct h_run *r, const char *text, mode_t mode)
{
	const char *dev = t_fmt("%s/dev", r->root);

	T_SYS(rmdir(dev));
	if (text)
		T_SYS(symlink(text, dev));
	else
		T_SYS(mknod(dev, mode | 0666, 0));
}

static void dev_absolute(struct h_run *r)
{
	dev_image(r, t_fmt("%s/dir", h_tree(r->canary)), 0);
}
H_CASE(a04_dev_is_an_absolute_symlink, H_ALL, dev_absolute, dev_attack)

static void dev_relative(struct h_run *r)
{
	dev_image(r, climb(r, "dir"), 0);
}
H_CASE(a04_dev_is_a_relative_symlink, H_ALL, dev_relative, dev_attack)

/* No way to the canary: here it is the start that must neither hang nor succeed in silence. */
static void dev_told(struct h_run *r)
{
	struct h_job job = h_job(r, "exit");

	h_spawn(r, &job);
	h_held(r, r->err, "a start without /dev");
	h_exact(r, r->err == -ENOTDIR || r->err == -EINVAL, "%s", r->message);
}

static void dev_file(struct h_run *r)
{
	dev_image(r, NULL, S_IFREG);
}
H_CASE(a04_dev_is_a_file, H_ALL, dev_file, dev_told)

static void dev_fifo(struct h_run *r)
{
	dev_image(r, NULL, S_IFIFO);
}
H_CASE(a04_dev_is_a_fifo, H_ALL, dev_fifo, dev_told)

static void dev_lawful(struct h_run *r)
{
	T_SYS(mkdir(t_fmt("%s/usr/dev", r->root), 0755));
	dev_image(r, "usr/dev", 0);
}

static void dev_works(struct h_run *r)
{
	struct h_job job = h_job(r, "stat /dev/null -- stat /usr/dev/zero -- list /usr/dev");

	h_spawn(r, &job);
	h_works(r);
	h_exact(r,
		strstr(r->text, "rdev 1:3 ") && strstr(r->text, "rdev 1:5 ") &&
			strstr(r->text, "ptmx\n"),
		"%s", r->text);
}
H_TWIN(a04_twin_dev_is_a_symlink_inside, H_ALL, dev_lawful, dev_works)

/* ---- A05: masks, and the image's null device ---- */

static void mask_attack(struct h_run *r)
{
	const char *const lower[] = { r->root, NULL };

	for (int in_union = 0; in_union < 2; in_union++) {
		struct h_job job = h_job(r, "stat /etc/masked -- write /etc/masked overwritten");

		if (in_union)
			job.lower = lower;
		job.no_defaults = CONTAIN_DEFAULT_DEV;
		job.masked[0] = "/etc/masked";
		h_spawn(r, &job);
		h_held(r, r->err || strstr(r->text, "rdev 1:3 "), "the mask is %s", r->text);
	}
}

static void mask_image(struct h_run *r, const char *text, mode_t mode, dev_t device)
{
	const char *null = t_fmt("%s/dev/null", r->root);

	t_write_file(t_fmt("%s/etc/masked", r->root), "secret");
	if (text)
		T_SYS(symlink(text, null));
	else
		T_SYS(mknod(null, mode | 0666, device));
}

static void null_symlink(struct h_run *r)
{
	mask_image(r, climb(r, "file"), 0, 0);
}
H_CASE(a05_null_is_a_symlink, H_ALL, null_symlink, mask_attack)

static void null_file(struct h_run *r)
{
	mask_image(r, NULL, S_IFREG, 0);
}
H_CASE(a05_null_is_a_file, H_ALL, null_file, mask_attack)

static void null_zero(struct h_run *r)
{
	mask_image(r, NULL, S_IFCHR, makedev(1, 5));
}
H_CASE(a05_null_is_another_device, H_ALL, null_zero, mask_attack)

/* The payload of the naive reference waits in the fifo: it is killed after a while. */
static void null_fifo(struct h_run *r)
{
	mask_image(r, NULL, S_IFIFO, 0);
}

static void mask_fifo(struct h_run *r)
{
	struct h_job job = h_job(r, "stat /etc/masked");

	job.no_defaults = CONTAIN_DEFAULT_DEV;
	job.masked[0] = "/etc/masked";
	h_spawn(r, &job);
	h_held(r, r->err || strstr(r->text, "rdev 1:3 "), "the mask is %s", r->text);
}
H_CASE(a05_null_is_a_fifo, H_ALL, null_fifo, mask_fifo)

static void null_hard_link(struct h_run *r)
{
	t_write_file(t_fmt("%s/etc/masked", r->root), "secret");
	T_SYS(link(t_fmt("%s/etc/image", r->root), t_fmt("%s/dev/null", r->root)));
}
H_CASE(a05_null_is_a_hard_link, H_ALL, null_hard_link, mask_attack)

static void mask_lawful(struct h_run *r)
{
	struct h_job job = h_job(r, "read /etc/masked -- list /var/masked -- read /etc/image");

	job.masked[0] = "/etc/masked";
	job.masked[1] = "/var/masked";
	job.masked[2] = "/not/there";
	h_spawn(r, &job);
	h_works(r);
	h_exact(r, strcmp(r->text, "made by the tests\n") == 0, "%s", r->text);
}

static void masked_image(struct h_run *r)
{
	t_write_file(t_fmt("%s/etc/masked", r->root), "secret");
	T_SYS(mkdir(t_fmt("%s/var/masked", r->root), 0755));
	t_write_file(t_fmt("%s/var/masked/name", r->root), "secret");
}
H_TWIN(a05_twin_masks, H_ALL, masked_image, mask_lawful)
