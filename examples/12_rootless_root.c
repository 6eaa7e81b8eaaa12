/* SPDX-License-Identifier: MIT-0 */
/*
 * 12: a rootless root. An ordinary user becomes user 0 of a user namespace, with as many ids as
 * /etc/subuid and /etc/subgid give it: newuidmap(1) writes the maps while the new root waits. It
 * then gives FILE to user 1 inside, and what that is outside is told by the map and by the file.
 *
 *	12_rootless_root FILE [COMMAND...]	COMMAND runs as that root, sh for example
 */
#include <contain/contain.h>

#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what, contain_error *e)
{
	fprintf(stderr, "%s: %s\n", what, contain_error_message(e));
	contain_error_free(e);
	return 1;
}

static void show(const char *what, const contain_id_map *map)
{
	uint32_t inside, outside, count;

	for (int i = 0; !contain_id_map_range(map, i, &inside, &outside, &count); i++)
		printf("%s %u to %u inside are %u to %u outside\n", what, inside,
		       inside + count - 1, outside, outside + count - 1);
}

static int owner(const char *where, const char *file)
{
	struct stat st;

	if (stat(file, &st) < 0)
		return perror(file), 1;
	return printf("%s %s belongs to user %u\n", where, file, st.st_uid) < 0;
}

/* In the new user namespace, once its maps are there. */
static int be_root(const char *file, int ready, int go)
{
	contain_error *e = NULL;
	char byte = 0;

	if (contain_ns_unshare(CONTAIN_NS_USER, &e) < 0)
		return fail("unshare", e);
	if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		return 1;
	printf("inside: user %u, group %u\n", getuid(), getgid());
	if (chown(file, 1, 0) < 0)
		perror("inside: chown to user 1");
	return owner("inside:", file);
}

/* Waits until the child is in its user namespace, and gives it its ids. */
static int give_ids(pid_t child, int ready, contain_id_map *uids, contain_id_map *gids)
{
	contain_error *e = NULL;
	int pidfd = pidfd_open(child, 0);
	char byte;

	if (read(ready, &byte, 1) != 1 || contain_id_map_write(pidfd, uids, gids, &e) < 0)
		return fail("maps", e);
	close(pidfd);
	show("users ", uids);
	show("groups", gids);
	return 0;
}

int main(int argc, char **argv)
{
	contain_id_map *uids = NULL, *gids = NULL;
	contain_error *e = NULL;
	int ready[2], go[2], status = 1;
	FILE *f = argc < 2 ? NULL : fopen(argv[1], "w");

	setvbuf(stdout, NULL, _IONBF, 0);
	if (!f || fclose(f) || pipe(ready) || pipe(go))
		return fprintf(stderr, "usage: %s FILE [COMMAND...]\n", argv[0]), 2;
	if (contain_id_map_root(CONTAIN_ID_USER, 0, &uids, &e) < 0 ||
	    contain_id_map_root(CONTAIN_ID_GROUP, 0, &gids, &e) < 0)
		return fail("ids", e);
	pid_t child = fork();

	if (!child) {
		close(ready[0]), close(go[1]); /* the end of the parent is the end of the wait */
		status = be_root(argv[1], ready[1], go[0]);
		return status || argc < 3 ? status : execvp(argv[2], argv + 2);
	}
	close(ready[1]), close(go[0]);
	if (give_ids(child, ready[0], uids, gids) == 0 && write(go[1], "", 1) == 1 &&
	    waitpid(child, &status, 0) == child)
		status = owner("outside:", argv[1]) || status;
	contain_id_map_free(uids), contain_id_map_free(gids);
	return status != 0;
}
