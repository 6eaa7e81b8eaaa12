/* SPDX-License-Identifier: MIT-0 */
/*
 * 08: a container of an ordinary user. One's own id as user 0 inside, new namespaces and a union as
 * the root need no privilege. More ids need a range in /etc/subuid and /etc/subgid and
 * newuidmap(1), a limit needs a group that was delegated. Where they are missing, the error says
 * what to do, and this program goes on without.
 *
 *	08_rootless ROOT sh -c 'id; cat /proc/self/uid_map'
 *	systemd-run --user --scope -p Delegate=yes 08_rootless ROOT ...		with a limit
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define IDS 1
#define LIMIT 2

/* All ids that the user has; the own one alone where no file gives it more. */
static void map_ids(container_spec *s)
{
	contain_id_map *users = NULL, *groups = NULL;

	contain_id_map_root(CONTAIN_ID_USER, 0, &users, NULL);
	contain_id_map_root(CONTAIN_ID_GROUP, 0, &groups, NULL);
	container_spec_set_id_maps(s, users, groups);
	contain_id_map_free(users);
	contain_id_map_free(groups);
}

static int start(char **argv, int with, container **c, contain_error **e)
{
	const char *const layers[] = { argv[1], NULL };
	container_spec *s = NULL;
	int r;

	container_spec_new(&s);
	container_spec_set_name(s, "rootless");
	container_spec_set_root_overlay(s, AT_FDCWD, layers, 0, 0);
	container_spec_set_argv(s, (const char *const *)argv + 2);
	for (int fd = 0; fd < 3; fd++)
		container_spec_set_stdio(s, fd, CONTAIN_STDIO_INHERIT);
	if (with & IDS)
		map_ids(s);
	if (with & LIMIT)
		container_spec_set_memory_max(s, 64 << 20);
	r = container_spawn(s, c, e);
	container_spec_free(s);
	return r;
}

int main(int argc, char **argv)
{
	container *c = NULL;
	container_exit *x = NULL;
	contain_error *e = NULL;
	int with = IDS | LIMIT, code = 1;

	if (argc < 3)
		return fprintf(stderr, "usage: %s ROOT COMMAND...\n", argv[0]), 2;
	while (start(argv, with, &c, &e) < 0) {
		int without = !strcmp(contain_error_object(e), "memory_max") ? LIMIT :
			      !strncmp(contain_error_op(e), "new", 3) ? IDS : 0; /* newuidmap */

		fprintf(stderr, "%s%s\n", with & without ? "not there: " : "",
			contain_error_message(e));
		if (!(with & without))
			goto end;
		with -= without;
		contain_error_free(e);
		e = NULL;
	}
	if (container_wait(c, -1, &x, &e) < 0)
		fprintf(stderr, "%s\n", contain_error_message(e));
	else
		code = container_exit_code(x);
end:
	container_exit_free(x);
	container_delete(c, -1, NULL);
	container_free(c);
	contain_error_free(e);
	return code;
}
