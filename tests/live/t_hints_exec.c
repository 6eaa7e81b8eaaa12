/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hints of a program or a file that is not there or not what it has to be: A38, F26. */
#include "t_spawn.h"

#include <elf.h>
#include <sys/mount.h>

static void exec_fails(const char *program, int err, const char *hint)
{
	struct ts t;

	ts_dir(&t, 0);
	ts_argv(&t, program);
	ts_fails(&t, err, CONTAIN_PHASE_CHILD, "exec", program, hint);
}

static void file_in_root(const char *name, const char *text, mode_t mode)
{
	const char *path = t_fmt("%s/job/%s", ts_root(), name);

	t_write_file(path, text);
	T_SYS(chmod(path, mode));
}

TEST_BOTH(program_is_missing)
{
	exec_fails("/job/none", ENOENT, "no such file in the container's root");
	exec_fails("/etc/image/none", ENOTDIR, "");
	exec_fails("work/none", ENOENT, "no such file in the container's root");
	exec_fails("none", ENOENT,
		   "no such program in PATH /usr/local/sbin:/usr/local/bin:/usr/sbin");
	/* a name of the host's is no name of the container's */
	exec_fails("/usr/bin/env", ENOENT, "no such file in the container's root");
	exec_fails(T_PAYLOAD, ENOENT, "no such file in the container's root");
}

TEST_BOTH(program_cannot_be_executed)
{
	static const char hint[] = "no x permission";
	const char *env[] = { "PATH=/job", NULL };
	struct ts t;

	file_in_root("plain", "#!/bin/sh\n", 0644);
	exec_fails("/job/plain", EACCES, hint);
	exec_fails("/job", EACCES, "\"/job\" is a directory");
	exec_fails("/dev/null", EACCES, "\"/dev/null\" is no regular file");
	ts_dir(&t, 0);
	container_spec_set_env(t.spec, env);
	ts_argv(&t, "plain");
	ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "exec", "plain", hint);

	ts_dir(&t, 0);
	container_spec_add_bind(t.spec, AT_FDCWD, t_fmt("%s/bin", ts_root()), "/mnt",
				CONTAIN_MOUNT_NOEXEC);
	ts_argv(&t, "/mnt/payload");
	ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "exec", "/mnt/payload", "a mount with noexec");
}

TEST_BOTH(program_is_none)
{
	static const char hint[] = "no program of this architecture and has no #! line";

	file_in_root("text", "just words\n", 0755);
	file_in_root("empty", "", 0755);
	exec_fails("/job/text", ENOEXEC, hint);
	exec_fails("/job/empty", ENOEXEC, "\"/job/empty\" is empty");
}

/* A program for another machine. */
TEST_BOTH(program_of_another_architecture)
{
	Elf64_Ehdr head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			    .e_type = ET_EXEC,
			    .e_machine = EM_S390,
			    .e_version = EV_CURRENT,
			    .e_ehsize = sizeof(head),
			    .e_phentsize = sizeof(Elf64_Phdr) };
	const char *path = t_fmt("%s/job/other", ts_root());
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	T_CHECK(write(fd, &head, sizeof(head)) == sizeof(head));
	close(fd);
	exec_fails("/job/other", ENOEXEC, "no program of this architecture");
}

TEST_BOTH(interpreter_is_missing)
{
	static const char hint[] = "the file is there, but the interpreter";
	const char *env[] = { "PATH=/etc:/job", NULL };
	char *dynamic = t_fmt("%s/job/dynamic", ts_root());
	struct ts t;

	file_in_root("script", "#!/usr/bin/perl -w\n", 0755);
	exec_fails("/job/script", ENOENT, hint);
	ts_dir(&t, 0);
	container_spec_set_env(t.spec, env);
	ts_argv(&t, "script");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "exec", "script", hint);
	/* a program of the host's, whose loader the image does not have: the usual first mistake */
	T_CHECK(system(t_fmt("cp /proc/%d/exe %s && chmod 755 %s", getpid(), dynamic, dynamic)) ==
		0);
	exec_fails("/job/dynamic", ENOENT, "dynamic loader is not in the container's root");
	/* loops of symlinks, and of scripts */
	T_SYS(symlink("loop", t_fmt("%s/job/loop", ts_root())));
	exec_fails("/job/loop", ELOOP, "");
	file_in_root("self", "#!/job/self\n", 0755);
	exec_fails("/job/self", ELOOP, "");
}

TEST_BOTH(root_is_wrong)
{
	const char *dir = t_tmpdir(), *none = t_fmt("%s/none", dir), *file = t_fmt("%s/file", dir);
	const char *closed = t_fmt("%s/closed", dir);
	struct ts t;

	t_write_file(file, "x");
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, none, 0);
	ts_words(&t, "exit");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_PARENT, "check-dir", none, "no such directory");
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, file, 0);
	ts_words(&t, "exit");
	ts_fails(&t, ENOTDIR, CONTAIN_PHASE_PARENT, "check-dir", file, "has to be a directory");
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, t_fmt("%s/below", file), 0);
	ts_words(&t, "exit");
	ts_fails(&t, ENOTDIR, CONTAIN_PHASE_PARENT, "check-dir", "", "has to be a directory");
	/* there, but not to be searched: only for who is not root */
	T_SYS(mkdir(closed, 0700));
	T_SYS(mkdir(t_fmt("%s/in", closed), 0755));
	if (!ts_is_root()) {
		T_SYS(chmod(closed, 0));
		ts_new(&t);
		container_spec_set_root_dir(t.spec, AT_FDCWD, t_fmt("%s/in", closed), 0);
		ts_words(&t, "exit");
		ts_fails(&t, EACCES, CONTAIN_PHASE_PARENT, "check-dir", "", "may not search");
		T_SYS(chmod(closed, 0700));
	}
	/* a file that vanishes after the program has looked: nothing depends on the first look */
	ts_dir(&t, 0);
	container_spec_add_bind(t.spec, AT_FDCWD, file, "/mnt/f", 0);
	ts_words(&t, "read /mnt/f");
	T_SYS(unlink(file));
	ts_fails(&t, ENOENT, CONTAIN_PHASE_PARENT, "check-source", file, "CONTAIN_MOUNT_OPTIONAL");
}

static int not_the_users_root(void *arg, void *rec)
{
	struct ts t;

	(void)rec;
	ts_new(&t);
	container_spec_set_root_dir(t.spec, AT_FDCWD, arg, 0);
	container_spec_add_tmpfs(t.spec, "/not/there", 0, 0755);
	ts_words(&t, "exit");
	ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "mount-tmpfs", "/not/there",
		 "missing and the caller may not make it");
	return 0;
}

/* A root that belongs to somebody else, in which a mount point is missing. */
TEST(root_of_somebody_else)
{
	t_need_root();
	t_need_userns();
	t_as_user(not_the_users_root, (void *)ts_root());
}

/* What lies at the host's /dev/null is no null device. */
/* In a user namespace the host's devices are bound. */
TEST(device_of_the_host)
{
	const char *file = t_fmt("%s/file", t_tmpdir());
	struct ts t;

	t_need_root();
	t_write_file(file, "x");
	ts_root();
	for (int i = 0; i < 2; i++) {
		T_SYS(mount(i ? "/dev/null" : file, "/dev/zero", NULL, MS_BIND, NULL));
		ts_dir(&t, 0);
		container_spec_set_namespaces(t.spec, TS_NS_ALL);
		ts_words(&t, "exit");
		ts_fails(&t, ENODEV, CONTAIN_PHASE_CHILD, "bind-dev-nodes", "/dev", "");
		T_SYS(umount("/dev/zero"));
	}
}

TEST(null_device_of_the_host)
{
	const char *file = t_fmt("%s/file", t_tmpdir());
	struct ts t;

	t_need_root();
	t_write_file(file, "x");
	ts_root();
	for (int i = 0; i < 2; i++) { /* another device is none either */
		T_SYS(mount(i ? "/dev/zero" : file, "/dev/null", NULL, MS_BIND, NULL));
		ts_dir(&t, 0);
		ts_words(&t, "exit");
		ts_fails(&t, ENODEV, CONTAIN_PHASE_CHILD, "open-null", "/dev/null",
			 "not the null device");
		T_SYS(umount("/dev/null"));
	}
}
