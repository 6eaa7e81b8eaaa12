/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A31 (what the image offers to libc is not read), A38 (programs that cannot be executed). */
#include "attack.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- A31 ---- */

/* Whatever libc may load or read for a lookup, a locale, a conversion or a program */
static const char *const hostile[] = {
	"etc/nsswitch.conf", "etc/ld.so.preload", "etc/ld.so.cache", "etc/ld.so.conf",
	"etc/passwd", "etc/group", "etc/localtime", "etc/host.conf", "etc/resolv.conf",
	"etc/subuid", "etc/mtab", "etc/fstab", "etc/locale.alias",
	"lib/libnss_evil.so.2", "lib64/libnss_evil.so.2", "usr/lib/libnss_evil.so.2",
	"lib/x86_64-linux-gnu/libnss_evil.so.2", "usr/lib/x86_64-linux-gnu/libnss_evil.so.2",
	"lib/aarch64-linux-gnu/libnss_evil.so.2", "usr/lib/locale/locale-archive",
	"usr/lib/gconv/gconv-modules", "job/evil/libc.so.6", "job/evil/libcontain.so.0",
	"job/evil/preload.so", "job/evil/payload", "job/evil/sh", "bin/contain-init",
	"usr/libexec/contain-init", "sbin/mount.overlay", "usr/bin/newuidmap",
};

static void mkdirs(const char *path)
{
	char *copy = t_fmt("%s", path);

	for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = 0;
		mkdir(copy, 0755);
		*at = '/';
	}
}

static void hostile_image(struct h_run *r)
{
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		const char *path = t_fmt("%s/%s", r->root, hostile[i]);

		mkdirs(path);
		t_write_file(path, "#!/bin/busybox sh\necho evil\n");
		T_SYS(chmod(path, 0755));
	}
	t_write_file(t_fmt("%s/etc/nsswitch.conf", r->root), "passwd: evil files\ngroup: evil\n");
	t_write_file(t_fmt("%s/etc/passwd", r->root), "evil:x:0:0::/:/bin/sh\n");
}

static void lookups(struct h_run *r)
{
	struct h_job job = h_job(r, "env");
	const char *opened;

	setenv("PATH", "/job/evil:/usr/bin:/bin", 1);
	setenv("LD_PRELOAD", "/job/evil/preload.so", 1);
	setenv("LD_LIBRARY_PATH", "/job/evil", 1);
	setenv("LD_AUDIT", "/job/evil/preload.so", 1);
	setenv("GCONV_PATH", "/job/evil", 1);
	setenv("LOCPATH", "/job/evil", 1);
	setenv("TZ", ":/etc/localtime", 1);
	setenv("MALLOC_TRACE", "/job/evil/trace", 1);
	h_argv(&job, "payload env"); /* by name */
	job.user = "evil";	     /* the naive reference looks it up */
	h_spawn(r, &job);
	h_works(r);
	h_held(r, !strstr(r->text, "evil"), "%s", r->text);
	h_exact(r, strcmp(r->text, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
				   "/bin\n") == 0,
		"%s", r->text);
	opened = h_opened(r->canary);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		const char *name = strrchr(hostile[i], '/') + 1;

		/* the good program has the name of a hostile one */
		h_held(r,
		       strcmp(name, "payload") == 0 || !strstr(opened, t_fmt(" %s ", name)),
		       "%s", opened);
	}
	/* not one file of the image but the program, and nothing of another kind */
	h_exact(r, strcmp(opened, " payload ") == 0, "opened:%s", opened);
}
H_CASE(a31_hostile_lookups, H_ALL, hostile_image, lookups)

static void by_name(container_spec *spec, void *arg)
{
	(void)arg;
	container_spec_set_user_name(spec, "evil:0", CONTAIN_USER_HOME);
}

/* A user by name: the image's passwd is read, and nothing that says how to look it up. */
static void lookup_of_a_user(struct h_run *r)
{
	struct h_job job = h_job(r, "ids");
	const char *opened;

	h_argv(&job, "payload ids");
	job.user = "evil";
	job.more = by_name;
	h_spawn(r, &job);
	h_works(r);
	h_exact(r, strstr(r->text, "uid 0 0 0\n"), "%s", r->text);
	opened = h_opened(r->canary);
	h_held(r, !strstr(opened, "nsswitch") && !strstr(opened, "nss_evil"), "%s", opened);
	h_exact(r, strcmp(opened, " passwd payload ") == 0, "opened:%s", opened);
}
H_CASE(a31_a_user_by_name, H_ID0, hostile_image, lookup_of_a_user)

static void lookups_path(struct h_run *r)
{
	static const char *const env[] = { "PATH=/job/own:/bin", "LD_PRELOAD=/job/evil/preload.so",
					   NULL };
	struct h_job job = h_job(r, "env");

	/* what the caller asks for, the payload gets: it is the payload's own loader then */
	job.env = env;
	h_argv(&job, "payload env");
	h_spawn(r, &job);
	h_works(r);
	h_exact(r, strcmp(r->text, "PATH=/job/own:/bin\nLD_PRELOAD=/job/evil/preload.so\n") == 0,
		"%s", r->text);
}
H_TWIN(a31_twin_environment, H_ALL, hostile_image, lookups_path)

/* ---- A38 ---- */

struct failure {
	const char *program;
	int error;
	const char *where; /* a mount with CONTAIN_MOUNT_NOEXEC is made there */
};

static const struct failure failures[] = {
	{ "/bin/missing", ENOENT, NULL },
	{ "/missing/payload", ENOENT, NULL },
	{ "missing", ENOENT, NULL },
	{ "/job/no-x", EACCES, NULL },
	{ "no-x", EACCES, NULL },
	{ "/job/garbage", ENOEXEC, NULL },
	{ "/job/empty", ENOEXEC, NULL },
	{ "/job/script-without-line", ENOEXEC, NULL },
	{ "/job/no-interpreter", ENOENT, NULL },
	{ "/job/deep-script", ELOOP, NULL },
	{ "/job/loop", ELOOP, NULL },
	{ "/job", EACCES, NULL },
	{ "/job/garbage/payload", ENOTDIR, NULL },
	{ "/job/fifo", EACCES, NULL },
	{ "/dev/null", EACCES, NULL },
	{ "/mnt/payload", EACCES, "/mnt" },
	{ "/job/truncated", ENOEXEC, NULL },
};

static void make_script(struct h_run *r, const char *name, const char *text, mode_t mode)
{
	const char *path = t_fmt("%s/job/%s", r->root, name);

	t_write_file(path, text);
	T_SYS(chmod(path, mode));
}

static void broken_programs(struct h_run *r)
{
	make_script(r, "no-x", "#!/bin/sh\n", 0644);
	make_script(r, "garbage", "\177XXF\1\2\3", 0755);
	make_script(r, "empty", "", 0755);
	make_script(r, "script-without-line", "echo ran by a shell\n", 0755);
	make_script(r, "no-interpreter", "#!/bin/none -x\n", 0755);
	make_script(r, "truncated", "\177ELF\2\1\1", 0755);
	/* each is the interpreter of the one before: the kernel follows five */
	for (int i = 0; i < 8; i++)
		make_script(r, i ? t_fmt("deep%d", i) : "deep-script",
			    t_fmt("#!/job/deep%d\n", i + 1), 0755);
	make_script(r, "deep8", "#!/bin/sh\n", 0755);
	make_script(r, "good", "#!/bin/busybox sh\necho \"$@\"\n", 0755);
	T_SYS(symlink("loop2", t_fmt("%s/job/loop", r->root)));
	T_SYS(symlink("/job/loop", t_fmt("%s/job/loop2", r->root)));
	T_SYS(symlink("../bin/payload", t_fmt("%s/job/linked", r->root)));
	T_SYS(mkfifo(t_fmt("%s/job/fifo", r->root), 0755));
}

static void one_failure(struct h_run *r, const struct failure *f)
{
	static const char *const path[] = { "PATH=/usr/bin:/job:/bin", NULL };
	struct h_job job = h_job(r, "");

	h_argv(&job, f->program);
	job.env = path;
	if (f->where)
		h_bind(&job, t_fmt("%s/bin", r->root), f->where, CONTAIN_MOUNT_NOEXEC);
	h_spawn(r, &job);
	/* a start that says "started" and a child that says 127 is what users know and hate */
	h_held(r, r->err == -f->error, "%s: %d, exit code %d", f->program, r->err, r->code);
	h_fails(r, f->error, "exec");
	h_exact(r, strcmp(r->object, f->program) == 0, "%s: %s", f->program, r->message);
	h_exact(r, t_guest() || r->msec < 1000L * t_slow(), "%s: %ld ms", f->program, r->msec);
	h_exact(r, !r->text[0], "%s: %s", f->program, r->text);
}

static void exec_failures(struct h_run *r)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (!h_left_out(r, i))
			one_failure(r, &failures[i]);
}
H_CASE(a38_exec_failures, H_ALL, broken_programs, exec_failures)

static void exec_works(struct h_run *r)
{
	static const struct {
		const char *words, *says;
	} good[] = {
		{ "/job/good with words", "with words\n" },
		{ "/job/linked argv linked", "linked\n" },
		{ "payload argv by name", "by\nname\n" },
		{ "/job/../bin/payload argv dots", "dots\n" },
		{ "/bin/sh -c echo", "\n" },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct h_job job = h_job(r, "");

		h_argv(&job, good[i].words);
		h_spawn(r, &job);
		h_works(r);
		h_exact(r, strcmp(r->text, good[i].says) == 0, "%s: %s", good[i].words, r->text);
	}
}
H_TWIN(a38_twin_programs, H_ALL, broken_programs, exec_works)
