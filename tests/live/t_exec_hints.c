/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A38: what execve(2) has one errno for is told apart, each by its real cause. */
#include "t_spawn.h"

#include <elf.h>
#include <sys/resource.h>

static void exec_fails(const char *words, int err, const char *hint)
{
	struct ts t;
	const char *program = t_fmt("%.*s", (int)strcspn(words, " "), words);

	ts_dir(&t, 0);
	ts_argv(&t, words);
	ts_fails(&t, err, CONTAIN_PHASE_CHILD, "exec", program, hint);
}

static char *in_root(const char *name)
{
	return t_fmt("%s/job/%s", ts_root(), name);
}

static void make(const char *name, const char *text, mode_t mode)
{
	unlink(in_root(name));
	t_write_file(in_root(name), text);
	T_SYS(chmod(in_root(name), mode));
}

TEST_BOTH(which_part_is_missing)
{
	T_SYS(symlink("/nowhere/else", in_root("dangling")));
	T_SYS(symlink("loop", in_root("loop")));
	make("file", "x", 0755);
	exec_fails("/job/a/b/c", ENOENT, "\"/job/a\" is missing");
	exec_fails("/job/none", ENOENT, "\"/job/none\" is missing");
	exec_fails("/job/dangling", ENOENT, "the symlink \"/job/dangling\" leads to what is");
	exec_fails("/job/dangling/x", ENOENT, "the symlink \"/job/dangling\" leads to what");
	exec_fails("/job/file/x", ENOTDIR, "\"/job/file\" is no directory");
	exec_fails("/job/loop", ELOOP, "\"/job/loop\" is a loop of symlinks");
	exec_fails("none", ENOENT, "no such program in PATH /usr/local/sbin");
	exec_fails(t_fmt("/job/%0300d", 1), ENAMETOOLONG, "");
}

TEST_BOTH(relative_names)
{
	struct ts t;

	ts_dir(&t, 0);
	container_spec_set_cwd(t.spec, "/job");
	ts_argv(&t, "./deep/none");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "exec", "./deep/none", "/deep\" is missing");
}

/* No capability: the directory and the file are root's, whose user the payload is not. */
TEST(who_may_not)
{
	struct ts t;

	t_need_root();
	T_SYS(mkdir(in_root("closed"), 0700));
	make("closed/x", "#!/bin/sh\n", 0755);
	make("plain", "#!/bin/sh\n", 0644);
	make("others", "#!/bin/sh\n", 0750);
	for (int i = 0; i < 3; i++) {
		const char *const program[] = { "/job/closed/x", "/job/plain", "/job/others" };

		ts_dir(&t, 0);
		container_spec_set_user(t.spec, 1000, 1000);
		ts_argv(&t, program[i]);
		ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "exec", program[i],
			 i ? "has no x permission for this user" :
			     "no x permission on the directory \"/job/closed\"");
	}
}

TEST_BOTH(what_is_no_file)
{
	T_SYS(mkfifo(in_root("fifo"), 0755));
	exec_fails("/job", EACCES, "\"/job\" is a directory");
	exec_fails("/job/fifo", EACCES, "\"/job/fifo\" is no regular file");
	exec_fails("/dev/zero", EACCES, "\"/dev/zero\" is no regular file");
}

TEST_BOTH(mount_with_noexec)
{
	struct ts t;

	ts_dir(&t, 0);
	container_spec_add_bind(t.spec, AT_FDCWD, t_fmt("%s/bin", ts_root()), "/mnt",
				CONTAIN_MOUNT_NOEXEC);
	ts_argv(&t, "/mnt/payload exit");
	ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "exec", "/mnt/payload",
		 "\"/mnt/payload\" lies on a mount with noexec");
	/* so does the interpreter of a script that does not */
	make("script", "#!/mnt/busybox sh\n", 0755);
	ts_dir(&t, 0);
	container_spec_add_bind(t.spec, AT_FDCWD, t_fmt("%s/bin", ts_root()), "/mnt",
				CONTAIN_MOUNT_NOEXEC);
	ts_argv(&t, "/job/script");
	ts_fails(&t, EACCES, CONTAIN_PHASE_CHILD, "exec", "/job/script",
		 "the interpreter of its #! line cannot be used: \"/mnt/busybox\" lies on a mount");
}

TEST_BOTH(scripts)
{
	char line[400];

	make("script", "#!/usr/bin/none -x\n", 0755);
	exec_fails("/job/script", ENOENT, "the interpreter of its #! line cannot be used: no such "
					  "file in the container's root: \"/usr/bin/none\" is");
	make("dos", "#!/bin/sh\r\necho\r\n", 0755);
	exec_fails("/job/dos", ENOENT, "ends with a carriage return");
	make("dir", "#!/bin\n", 0755);
	exec_fails("/job/dir", EACCES, "cannot be used: \"/bin\" is a directory");
	make("plain", "x", 0644);
	make("no-x", "#!/job/plain\n", 0755);
	exec_fails("/job/no-x", EACCES, "cannot be used: \"/job/plain\" has no x permission");
	make("no-name", "#!  \n", 0755);
	exec_fails("/job/no-name", ENOEXEC, "names no interpreter");
	snprintf(line, sizeof(line), "#!/%0300d\n", 1);
	make("cut", line, 0755);
	exec_fails("/job/cut", ENOEXEC, "longer than the 255 bytes");
	make("self", "#!/job/self\n", 0755);
	exec_fails("/job/self", ELOOP, "the kernel follows five");
	make("text", "echo\n", 0755);
	make("by-text", "#!/job/text\n", 0755);
	exec_fails("/job/by-text", ENOEXEC, "\"/job/text\" is no program of this architecture");
}

static Elf64_Ehdr head(void)
{
	Elf64_Ehdr h;
	int fd = open(t_fmt("%s/bin/payload", ts_root()), O_RDONLY | O_CLOEXEC);

	T_CHECK(read(fd, &h, sizeof(h)) == sizeof(h));
	close(fd);
	return h;
}

static void make_elf(const char *name, const void *bytes, size_t n)
{
	int fd;

	make(name, "", 0755);
	fd = open(in_root(name), O_WRONLY | O_CLOEXEC);
	T_CHECK(write(fd, bytes, n) == (ssize_t)n);
	close(fd);
}

/* Headers, and the name of a loader behind them. */
static void make_loaded(const char *name, const char *loader)
{
	struct {
		Elf64_Ehdr e;
		Elf64_Phdr p[2];
		char loader[64];
	} f = { .e = head(),
		.p = { { .p_type = PT_INTERP, .p_offset = sizeof(f.e) + sizeof(f.p),
			 .p_filesz = strlen(loader) + 1 },
		       { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = 64, .p_memsz = 64,
			 .p_align = 4096 } } };

	f.e.e_type = ET_DYN;
	f.e.e_phoff = sizeof(f.e);
	f.e.e_phnum = 2;
	strcpy(f.loader, loader);
	make_elf(name, &f, sizeof(f));
}

TEST_BOTH(elf_files)
{
	static const char loader[] = "its dynamic loader is not in the container's root or cannot "
				     "be used: ";
	Elf64_Ehdr h = head();

	make_loaded("dynamic", "/lib64/ld-none.so.2");
	exec_fails("/job/dynamic", ENOENT, t_fmt("%sno such file", loader));
	exec_fails("/job/dynamic", ENOENT, "is missing");
	make("ld", "x", 0644);
	make_loaded("no-x", "/job/ld");
	exec_fails("/job/no-x", EACCES, t_fmt("%s\"/job/ld\" has no x", loader));
	make("ld", "no elf, but long enough to be read as one: the kernel wants 64 bytes of it",
	     0755);
	make_loaded("bad-loader", "/job/ld");
	exec_fails("/job/bad-loader", ELIBBAD, "");
	h.e_machine = EM_S390;
	make_elf("s390", &h, sizeof(h));
	exec_fails("/job/s390", ENOEXEC, "an ELF file for S/390 (machine 22)");
	h.e_machine = 0x7abc;
	make_elf("other", &h, sizeof(h));
	exec_fails("/job/other", ENOEXEC, "another one (machine 31420)");
	h = head();
	make_elf("cut", &h, 20);
	exec_fails("/job/cut", ENOEXEC, "cut or broken");
	h.e_type = ET_REL;
	make_elf("object", &h, sizeof(h));
	exec_fails("/job/object", ENOEXEC, "no program");
	make("empty", "", 0755);
	exec_fails("/job/empty", ENOEXEC, "\"/job/empty\" is empty");
}

static void long_argument(struct ts *t, size_t len, int env)
{
	char *text = malloc(len + 3);
	const char *argv[] = { "/bin/payload", "exit", text, NULL };

	T_CHECK(text);
	memset(text, 'x', len);
	memcpy(text, "a=", 2);
	text[len] = 0;
	ts_words(t, "exit");
	if (env)
		container_spec_set_env(t->spec, (const char *const[]){ "b=c", text, NULL });
	else
		container_spec_set_argv(t->spec, argv);
	free(text);
}

TEST_BOTH(too_long)
{
	struct rlimit own, small;
	const char **argv = calloc(200, sizeof(*argv));
	char *text = malloc(100001);
	struct ts t;

	ts_dir(&t, 0);
	long_argument(&t, 131072, 0);
	ts_fails(&t, E2BIG, CONTAIN_PHASE_CHILD, "exec", "/bin/payload",
		 "argv[2] has 131073 bytes, and a single string at most 131072");
	ts_dir(&t, 0);
	long_argument(&t, 131072, 1);
	ts_fails(&t, E2BIG, CONTAIN_PHASE_CHILD, "exec", "/bin/payload", "env[1] has 131073");
	/* all together, of which the limit is a quarter of the stack's */
	T_SYS(getrlimit(RLIMIT_STACK, &own));
	small = own;
	small.rlim_cur = 8 << 20;
	T_SYS(setrlimit(RLIMIT_STACK, &small));
	T_CHECK(argv && text);
	memset(text, 'x', 100000);
	text[100000] = 0;
	argv[0] = "/bin/payload";
	for (int i = 1; i < 100; i++)
		argv[i] = text;
	ts_dir(&t, 0);
	container_spec_set_argv(t.spec, argv);
	ts_fails(&t, E2BIG, CONTAIN_PHASE_CHILD, "exec", "/bin/payload",
		 "larger together than the kernel accepts");
	T_SYS(setrlimit(RLIMIT_STACK, &own));
	free(text);
	free(argv);
}

TEST_BOTH(busy)
{
	int fd;

	make("busy", "#!/bin/sh\n", 0755);
	fd = open(in_root("busy"), O_WRONLY | O_CLOEXEC);
	exec_fails("/job/busy", ETXTBSY, "open for writing");
	close(fd);
}

/* RLIMIT_NOFILE of the payload leaves no room to look: there is some all the same. */
TEST_BOTH(no_fd_is_left)
{
	struct ts t;

	ts_dir(&t, 0);
	container_spec_set_rlimit(t.spec, RLIMIT_NOFILE, 3, 3);
	ts_argv(&t, "/job/a/b");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "exec", "/job/a/b", "\"/job/a\" is missing");
}

/* The first in PATH that is there and cannot be executed is the one that is told. */
TEST_BOTH(in_path)
{
	static const char *const env[] = { "PATH=/none:/job/one:/job/two:/bin", NULL };
	struct ts t;

	T_SYS(mkdir(in_root("one"), 0755));
	T_SYS(mkdir(in_root("two"), 0755));
	make("one/tool", "#!/none/sh\n", 0755);
	ts_dir(&t, 0);
	container_spec_set_env(t.spec, env);
	ts_argv(&t, "tool");
	ts_fails(&t, ENOENT, CONTAIN_PHASE_CHILD, "exec", "tool", "\"/none\" is missing");
	make("two/tool", "#!/bin/sh\necho two\n", 0755); /* as execvp(3) does it */
	ts_dir(&t, 0);
	container_spec_set_env(t.spec, env);
	ts_argv(&t, "tool");
	ts_run(&t);
	ts_is(&t, "two\n");
}
