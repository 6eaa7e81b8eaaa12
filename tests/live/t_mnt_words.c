/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of mount(8) against mount(8) itself: the same words, and the mounts are the same. */
#include "t_ns.h"

#include <contain/mount_options.h>
#include <spawn.h>

/* The options of the topmost mount there, and of its file system without ro and rw. */
static const char *options_at(const char *point)
{
	FILE *f = fopen("/proc/thread-self/mountinfo", "re");
	char line[4096], at[1024], own[512], super[512], *found = NULL, *dash;

	T_CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %*s %*s %*s %1023s %511s", at, own) != 2 ||
		    strcmp(at, point) != 0)
			continue;
		dash = strstr(line, " - ");
		T_CHECK(dash && sscanf(dash, " - %*s %*s %511s", super) == 1, "%s", line);
		/* mount(8) makes the file system read-only, too */
		found = t_fmt("%s %s %s", own, strstr(line, "shared:") ? "shared" : "-", super + 2);
	}
	fclose(f);
	return found;
}

static int by_mount8(const char *words, const char *point)
{
	char *argv[] = { (char *)(uintptr_t) "mount", (char *)(uintptr_t) "-t",
			 (char *)(uintptr_t) "tmpfs", (char *)(uintptr_t) "-o",
			 (char *)(uintptr_t)words,    (char *)(uintptr_t) "none",
			 (char *)(uintptr_t)point,    NULL };
	char *env[] = { (char *)(uintptr_t) "PATH=/usr/bin:/bin", NULL };
	int status;
	pid_t pid;

	ck_assert_int_eq(posix_spawn(&pid, "/usr/bin/mount", NULL, NULL, argv, env), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int by_library(const char *words, const char *point)
{
	contain_mount_options *o = NULL;
	contain_error *e = NULL;
	const char *data[32] = { NULL };
	uint32_t p;
	int fd;

	T_CHECK(!contain_mount_options_parse(words, &o, &e), "%s: %s", words,
		contain_error_message(e));
	for (int i = 0; i < contain_mount_options_data_count(o) && i < 31; i++)
		data[i] = contain_mount_options_data(o, i);
	fd = contain_mount_new("tmpfs", data, contain_mount_options_set(o), &e);
	if (fd < 0) {
		contain_error_free(e);
		contain_mount_options_free(o);
		return fd;
	}
	tn_fine(contain_mount_attach(fd, AT_FDCWD, point, 0, &e), e);
	p = contain_mount_options_propagation(o);
	if (p)
		tn_fine(contain_mount_set_propagation(
				fd, "", p, contain_mount_options_propagation_recursive(o), &e),
			e);
	close(fd);
	contain_mount_options_free(o);
	return 0;
}

static void same(const char *words)
{
	static char *a, *b;
	contain_error *e = NULL;
	int r, status;

	if (!a) {
		a = t_fmt("%s/a", t_tmpdir());
		b = t_fmt("%s/b", t_tmpdir());
		T_SYS(mkdir(a, 0755));
		T_SYS(mkdir(b, 0755));
	}
	status = by_mount8(words, a);
	r = by_library(words, b);
	T_CHECK((status == 0) == (r == 0), "\"%s\": mount(8) %d, library %d", words, status, r);
	if (r < 0)
		return;
	T_CHECK(!strcmp(options_at(a), options_at(b)), "\"%s\": mount(8) \"%s\", library \"%s\"",
		words, options_at(a), options_at(b));
	tn_fine(contain_mount_detach(AT_FDCWD, a, CONTAIN_DETACH_LAZY, &e), e);
	tn_fine(contain_mount_detach(AT_FDCWD, b, CONTAIN_DETACH_LAZY, &e), e);
}

/*
 * Of noatime, relatime and strictatime the later holds here; mount(2) has an order of its own,
 * whatever that of the words is.
 */
TEST(as_mount8_does)
{
	static const char *const texts[] = {
		"defaults",
		"ro",
		"rw",
		"nosuid,nodev,noexec",
		"ro,rw",
		"rw,ro",
		"size=64k,mode=0700,nr_inodes=10",
		"mode=1777,strictatime",
		"noatime",
		"noatime,strictatime",
		"nodiratime",
		"diratime",
		"noatime,nodiratime",
		"atime",
		"norelatime",
		"nosymfollow",
		"user",
		"users,exec",
		"owner,suid",
		"group",
		"user,dev,exec,suid",
		"shared",
		"private",
		"shared,private",
		"unbindable",
		"slave",
		"x-any=thing,comment=a,_netdev,noauto,nofail",
		"silent,loud",
		"lazytime",
		"sync",
		"dirsync,async",
		"uid=7,gid=8,mode=755,ro",
		"huge=never,noswap=1,no-such-option",
		"size=x",
		"mode=99",
		"=",
	};

	t_need_root();
	t_need_program("/usr/bin/mount");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) - 1; i++)
		same(texts[i]);
}

TEST_LIMIT(as_mount8_does_at_random, 120)
{
	static const char *const words[] = {
		"ro",	     "rw",	   "suid",	"nosuid",      "dev",
		"nodev",     "exec",	   "noexec",	"atime",       "noatime",
		"diratime",  "nodiratime", "symfollow", "nosymfollow", "size=1m",
		"mode=0711", "user",	   "defaults",	"x-a",	       "norelatime",
	};
	const size_t n = sizeof(words) / sizeof(words[0]);
	unsigned seed = 3;

	t_need_root();
	t_need_program("/usr/bin/mount");
	for (int i = 0; i < ts_rounds(5000, 300, 20); i++) {
		char text[256] = "";

		for (int k = rand_r(&seed) % 6; k >= 0; k--) {
			strcat(text, words[(size_t)rand_r(&seed) % n]);
			strcat(text, k ? "," : "");
		}
		same(text);
	}
}
