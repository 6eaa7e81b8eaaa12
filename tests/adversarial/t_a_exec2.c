/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A12: an image whose program, or an interpreter of it, is the caller's own program file. */
#include "attack.h"

#include <contain/spec_exec.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int shell(const char *command)
{
	return system(command);
}

/* The path of the dynamic loader that this program asks for, NULL: it is static */
static const char *own_loader(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ElfW(Ehdr) e;
	ElfW(Phdr) p;
	char path[256];

	T_CHECK(pread(fd, &e, sizeof(e), 0) == sizeof(e));
	for (int i = 0; i < e.e_phnum; i++) {
		T_CHECK(pread(fd, &p, sizeof(p), (off_t)(e.e_phoff + (size_t)i * sizeof(p))) ==
			sizeof(p));
		if (p.p_type != PT_INTERP || p.p_filesz > sizeof(path))
			continue;
		T_CHECK(pread(fd, path, p.p_filesz, (off_t)p.p_offset) == (ssize_t)p.p_filesz);
		close(fd);
		return t_fmt("%s", path);
	}
	close(fd);
	return NULL;
}

static void script(struct h_run *r, const char *name, const char *text)
{
	const char *path = t_fmt("%s/job/%s", r->root, name);

	t_write_file(path, text);
	T_SYS(chmod(path, 0755));
}

static void exe_image(struct h_run *r)
{
	const char *loader = own_loader();
	struct stat st;

	T_SYS(stat("/proc/self/exe", &st));
	if (loader) {
		loader = t_fmt("%s%s", r->root, loader);
		T_CHECK(shell(t_fmt("mkdir -p $(dirname %s) && cp %s %s", loader, H_EVIL_LOADER,
				    loader)) == 0);
	}
	script(r, "next", t_fmt("exec /bin/payload rewrite %lx:%lu\n", (unsigned long)st.st_dev,
				(unsigned long)st.st_ino));
	script(r, "self", "#!/proc/self/exe x\n");
	script(r, "thread-self", "#!/proc/thread-self/exe\n");
	script(r, "first", "#!/proc/1/exe\n");
	script(r, "by-link", "#!/job/link\n");
	script(r, "by-script", "#!/job/self\n");
	T_SYS(symlink("/proc/self/exe", t_fmt("%s/job/link", r->root)));
	T_SYS(symlink("link", t_fmt("%s/job/link-to-link", r->root)));
	script(r, "plain", t_fmt("#!/bin/busybox sh\n. /job/next\n"));
}

static void overwrite_program(struct h_run *r)
{
	static const char *const programs[] = { "/job/self",	"/job/thread-self", "/job/first",
						"/job/by-link", "/job/by-script",   "/job/link",
						"/job/link-to-link", "/job/plain" };

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct h_job job = h_job(r, "");

		if (t_guest() && r->how && i % 2 == 0)
			continue;
		h_argv(&job, programs[i]);
		h_spawn(r, &job);
		h_held(r, !strstr(r->text, "writable") && !strstr(r->text, "written"), "%s: %s",
		       programs[i], r->text);
		h_exact(r, !strstr(r->text, "reached"), "[%s] %s: %s", r->how->name, programs[i],
			r->text);
	}
	/* the last is an ordinary script, and it did run */
	h_exact(r, r->err == 0 && strstr(r->text, "tried all\n"), "%d: %s %s", r->err, r->message,
		r->text);
}
H_CASE(a12_callers_program, H_ALL, exe_image, overwrite_program)

/* ---- the same by other ways ---- */

/* An ELF file whose dynamic loader it is. */
static void write_loaded(const char *path)
{
	static const char loader[] = "/proc/self/exe";
	struct {
		ElfW(Ehdr) e;
		ElfW(Phdr) p[2];
		char loader[sizeof(loader)];
	} f = { .e = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		       .e_type = ET_DYN, .e_version = EV_CURRENT, .e_phoff = sizeof(f.e),
		       .e_ehsize = sizeof(f.e), .e_phentsize = sizeof(f.p[0]), .e_phnum = 2 },
		.p = { { .p_type = PT_INTERP, .p_offset = offsetof(__typeof__(f), loader),
			 .p_filesz = sizeof(loader), .p_memsz = sizeof(loader) },
		       { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = sizeof(f),
			 .p_memsz = sizeof(f), .p_align = 4096 } } };
	ElfW(Ehdr) own;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	T_CHECK(pread(fd, &own, sizeof(own), 0) == sizeof(own));
	close(fd);
	f.e.e_machine = own.e_machine;
	memcpy(f.loader, loader, sizeof(loader));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	T_CHECK(write(fd, &f, sizeof(f)) == sizeof(f));
	close(fd);
}

static void ways_image(struct h_run *r)
{
	exe_image(r);
	write_loaded(t_fmt("%s/job/loaded", r->root));
	script(r, "good", "#!/bin/busybox sh\necho good\n");
	script(r, "hidden", "#!/proc/self/exe\n");
	T_SYS(chmod(t_fmt("%s/job/hidden", r->root), 0111));
}

static const struct way {
	const char *program, *cwd;
	int blind; /* the file may be executed and not read */
} ways[] = {
	{ "/proc/self/exe", NULL, 0 },	 { "/proc/1/exe", NULL, 0 },
	{ "/proc/self/root/proc/self/exe", NULL, 0 },
	{ "self", NULL, 0 },		 { "by-link", NULL, 0 },
	{ "link", NULL, 0 },		 { "./link-to-link", "/job", 0 },
	{ "../job/self", "/bin", 0 },	 { "/job/loaded", NULL, 0 },
	{ "/job/hidden", NULL, 1 },
};

static void other_ways(struct h_run *r)
{
	static const char *const env[] = { "PATH=/usr/bin:/job", NULL };

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct h_job job = h_job(r, "");

		if (h_left_out(r, i))
			continue;
		h_argv(&job, ways[i].program);
		job.env = env;
		job.cwd = ways[i].cwd;
		job.set_caps = ways[i].blind; /* to none */
		h_spawn(r, &job);
		h_held(r, !strstr(r->text, "writable") && !strstr(r->text, "written"), "%s: %s",
		       ways[i].program, r->text);
		h_exact(r, !strstr(r->text, "reached"), "%s: %s", ways[i].program, r->text);
		if (ways[i].blind) /* what runs then is contain-init, which knows no such work */
			h_exact(r, r->err || r->code, "%s: %s", ways[i].program, r->text);
		else if (i != 1) /* of an init, which nobody inside may look at */
			h_fails(r, ELOOP, "check-program");
		if (!ways[i].blind && i != 1)
			h_exact(r, strstr(r->message, "magic link of procfs"), "%s", r->message);
	}
}
H_CASE(a12_other_ways, H_ALL, ways_image, other_ways)

/* ---- while somebody else changes the image ---- */

struct swap {
	char one[512], two[512];
	int stop;
	long rounds;
};

static void *swap(void *arg)
{
	struct swap *s = arg;

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		syscall(SYS_renameat2, AT_FDCWD, s->one, AT_FDCWD, s->two, 2 /* EXCHANGE */);
		__atomic_add_fetch(&s->rounds, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Others write there, for all that anybody knows: the default. */
static void changing(container_spec *spec, void *arg)
{
	container_spec_set_stable_image(spec, 0);
}

static void start_while(struct h_run *r, const char *dir, const char *program, long starts)
{
	struct swap s = { .stop = 0 };
	pthread_t thread;
	int good = 0, refused = 0;

	snprintf(s.one, sizeof(s.one), "%s/good", dir);
	snprintf(s.two, sizeof(s.two), "%s/link", dir);
	T_CHECK(pthread_create(&thread, NULL, swap, &s) == 0);
	for (long i = 0; i < starts; i++) {
		struct h_job job = h_job(r, "");

		if (strncmp(program, "/job", 4) != 0)
			h_bind(&job, dir, "/mnt", 0);
		h_argv(&job, program);
		job.more = changing;
		h_spawn(r, &job);
		h_held(r, !strstr(r->text, "writable") && !strstr(r->text, "written"), "%s",
		       r->text);
		h_exact(r, !strstr(r->text, "reached"), "start %ld: %s", i, r->text);
		good += !r->err && !strcmp(r->text, "good\n");
		refused += r->err == -ELOOP;
	}
	__atomic_store_n(&s.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	if (s.rounds % 2) /* as it was */
		syscall(SYS_renameat2, AT_FDCWD, s.one, AT_FDCWD, s.two, 2);
	t_note("%s: %ld starts while %ld changes: %d good, %d refused", program, starts, s.rounds,
	       good, refused);
}

static void volume_image(struct h_run *r)
{
	const char *volume = t_fmt("%s/volume", h_host(r->canary));

	ways_image(r);
	T_CHECK(shell(t_fmt("mkdir -p %s && cp -P %s/job/good %s/job/link %s && chmod 777 %s",
			    volume, r->root, r->root, volume, volume)) == 0);
}

static void raced_program(struct h_run *r)
{
	long starts = t_guest() ? 8 : t_sample(1000, 60);

	r->state &= ~(T_FDS | T_THREADS | T_PROCS | T_CHILDREN);
	r->slow = 4;
	start_while(r, t_fmt("%s/job", r->root), "/job/good", starts);
	start_while(r, t_fmt("%s/volume", h_host(r->canary)), "/mnt/good", starts);
}
H_CASE_LIMIT(a12_image_that_changes, H_ALL, volume_image, raced_program, 300)
