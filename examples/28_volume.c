/* SPDX-License-Identifier: MIT-0 */
/*
 * 28: an id-mapped volume. Two containers with other ids on the host each share one directory that
 * belongs to user 0: both are its user 0, and what either writes the other one owns, too. Nothing
 * is given away by chown(1). A third container has it without the mapping, and is nobody there.
 *
 *	28_volume ROOT DIR	as root; DIR on a file system that knows id-mapped mounts
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *name;
	uint32_t first; /* of its 65536 ids on the host */
	const char *options; /* of the volume, as in mount(8) */
} containers[] = {
	{ "first", 100000, "bind,idmap" },
	{ "second", 200000, "bind,idmap" },
	{ "third", 300000, "bind" },
};

static const char script[] = "echo \"$0\" 2>/dev/null >/volume/\"$0\" || echo '  may not write'; "
			     "for f in /volume/*; do stat -c '  %n is of %u:%g' $f; done";

static int run(const char *root, const char *dir, int i, contain_error **e)
{
	const char *const layers[] = { root, NULL };
	const char *const argv[] = { "sh", "-c", script, containers[i].name, NULL };
	container_spec *s = NULL;
	container *c = NULL;
	int r;

	container_spec_new(&s);
	container_spec_set_name(s, containers[i].name);
	container_spec_set_root_overlay(s, AT_FDCWD, layers, 1 << 20, 0);
	container_spec_add_uid_range(s, 0, containers[i].first, 65536);
	container_spec_add_gid_range(s, 0, containers[i].first, 65536);
	container_spec_add_mount(s, AT_FDCWD, dir, "/volume", NULL, containers[i].options);
	container_spec_set_argv(s, argv);
	container_spec_set_stdio(s, 1, CONTAIN_STDIO_INHERIT);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_INHERIT);
	r = container_spawn(s, &c, e);
	if (r == 0)
		r = container_wait(c, -1, NULL, e);
	container_delete(c, -1, NULL);
	container_free(c);
	container_spec_free(s);
	return r;
}

int main(int argc, char **argv)
{
	contain_error *e = NULL;
	struct stat st;
	int r = 0, dir;

	if (argc != 3)
		return fprintf(stderr, "usage: %s ROOT DIR\n", argv[0]), 2;
	for (int i = 0; i < 3 && r == 0; i++) {
		printf("%s, user 0 is %u on the host, %s:\n", containers[i].name,
		       containers[i].first, containers[i].options);
		fflush(stdout);
		r = run(argv[1], argv[2], i, &e);
	}
	if (r < 0)
		fprintf(stderr, "%s\n", contain_error_message(e));
	contain_error_free(e);
	dir = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	puts("on the disk:");
	for (int i = 0; i < 3; i++)
		if (fstatat(dir, containers[i].name, &st, 0) == 0)
			printf("  %s is of %u:%u\n", containers[i].name, st.st_uid, st.st_gid);
	return r != 0;
}
