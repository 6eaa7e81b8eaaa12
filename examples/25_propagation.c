/* SPDX-License-Identifier: MIT-0 */
/*
 * 25: propagation, the four ways. One mount is shared, and is there in four copies of our mount
 * namespace, in each with another propagation type. Then in each of the five a disc is put into
 * it: one that every namespace sees that wants to, and one that nobody else sees, and why.
 *
 *	25_propagation		as root or as an ordinary user; nothing outside changes
 */
#include <contain/contain.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACE "/mnt" /* any directory that is there */
#define SPACES 5
static struct {
	const char *name;
	uint32_t type; /* what the copy is set to */
	const char *why;
	int fd;
} spaces[SPACES] = {
	{ "home", 0, "is shared: it was the first in its peer group" },
	{ "shared", CONTAIN_PROPAGATION_SHARED, "is in the same peer group: sends and receives" },
	{ "slave", CONTAIN_PROPAGATION_SLAVE, "receives from that group, and sends nothing" },
	{ "private", CONTAIN_PROPAGATION_PRIVATE, "is in no group: neither sends nor receives" },
	{ "unbindable", CONTAIN_PROPAGATION_UNBINDABLE, "is private, and no bind shows it again" },
};

/* A namespace of our own, below a user namespace where we are not root: all private, but PLACE. */
static int begin(contain_error **e)
{
	uint32_t uid = geteuid(), gid = getegid();

	return contain_ns_unshare(CONTAIN_NS_MNT | (uid ? CONTAIN_NS_USER : 0), e) < 0 ||
	       (uid && contain_ns_map_self(0, 0, uid, gid, e) < 0) ||
	       contain_mount_set_propagation(AT_FDCWD, "/", CONTAIN_PROPAGATION_PRIVATE, 1, e) ||
	       contain_mount_tmpfs(AT_FDCWD, PLACE, 1 << 20, 0755, 0, e) < 0 || chdir(PLACE) ||
	       contain_mount_set_propagation(AT_FDCWD, PLACE, CONTAIN_PROPAGATION_SHARED, 0, e);
}

static int enter(int i, contain_error **e)
{
	return contain_ns_join(spaces[i].fd, CONTAIN_NS_MNT, e) < 0 || chdir(PLACE);
}

/* The first one is home, the others are copies of it. */
static int copy(int i, contain_error **e)
{
	if (i && (enter(0, e) || contain_ns_unshare(CONTAIN_NS_MNT, e) < 0 ||
		  contain_mount_set_propagation(AT_FDCWD, PLACE, spaces[i].type, 0, e) < 0))
		return -1;
	mkdir(spaces[i].name, 0755);
	mkdir("bound", 0755);
	spaces[i].fd = contain_ns_open_path(AT_FDCWD, "/proc/self/ns/mnt", CONTAIN_NS_MNT, e);
	return spaces[i].fd < 0;
}

/* A disc is a mount, in the namespace i, with a file on it. */
static int insert(int i, contain_error **e)
{
	return enter(i, e) ||
	       contain_mount_tmpfs(AT_FDCWD, spaces[i].name, 1 << 20, 0755, 0, e) < 0 ||
	       chdir(spaces[i].name) || close(creat("disc", 0644));
}

static int sees(int i, int disc, contain_error **e)
{
	return enter(i, e) == 0 && chdir(spaces[disc].name) == 0 && access("disc", F_OK) == 0;
}

int main(void)
{
	contain_error *e = NULL;
	int failed = begin(&e);

	for (int i = 0; i < SPACES && !failed; i++)
		failed = copy(i, &e);
	for (int i = 0; i < SPACES && !failed; i++)
		failed = insert(i, &e);
	printf("%-18s%s", "a disc put into", "is seen by");
	for (int i = 0; i < SPACES && !failed; i++) {
		printf("\n%-18s", spaces[i].name);
		for (int j = 0; j < SPACES; j++)
			printf("%-12s", sees(j, i, &e) ? spaces[j].name : "-");
	}
	for (int i = 0; i < SPACES && !failed; i++) {
		failed = enter(i, &e);
		printf("%s%-12s%s%s\n", i ? "" : "\n\n", spaces[i].name, spaces[i].why,
		       contain_mount_bind(AT_FDCWD, ".", AT_FDCWD, "bound", 0, NULL) == -EINVAL ?
		       " (EINVAL)" : "");
	}
	if (e || failed)
		fprintf(stderr, "%s\n", e ? contain_error_message(e) : PLACE);
	contain_error_free(e);
	return failed;
}
