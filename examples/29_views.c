/* SPDX-License-Identifier: MIT-0 */
/*
 * 29: every user a view of the file system. A program of a user gets a /tmp and a /var/tmp that
 * are this user's alone and last (polyinstantiated directories, as pam_namespace(8) makes them),
 * and does not see those of others. All else is as it was, and what root mounts later is seen.
 *
 *	29_views DIR UID COMMAND...	as root; DIR/UID holds what the user keeps in /tmp
 */
#include <contain/contain.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* DIR/NAME, of this user and nobody else; a symlink or somebody else's directory is not taken. */
static int own_dir(int dir, const char *name, uid_t uid)
{
	struct stat st;
	int fd, made = mkdirat(dir, name, 0700) == 0;

	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && made && fchown(fd, uid, uid) < 0)
		return -1;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	return st.st_uid == uid ? fd : (errno = EEXIST, -1);
}

/* What is mounted outside later comes in, what is mounted here stays here. */
static int begin(contain_error **e)
{
	int r = contain_ns_unshare(CONTAIN_NS_MNT, e);

	if (r == 0)
		r = contain_mount_set_propagation(AT_FDCWD, "/", CONTAIN_PROPAGATION_SLAVE, 1, e);
	return r;
}

static int view(int dir, int own, contain_error **e)
{
	static const char *const places[] = { "/var/tmp", "/tmp" };
	const uint32_t attributes = CONTAIN_MOUNT_NOSUID | CONTAIN_MOUNT_NODEV;
	int r = 0;

	for (int i = 0; i < 2 && r == 0; i++)
		r = contain_mount_bind(own, "", AT_FDCWD, places[i], attributes, e);
	if (r == 0) /* the directories of the others are covered */
		r = contain_mount_tmpfs(dir, "", 4096, 0555,
					attributes | CONTAIN_MOUNT_READONLY, e);
	return r;
}

int main(int argc, char **argv)
{
	contain_error *e = NULL;
	int dir, own;
	uid_t uid;
	char *end;

	if (argc < 4 || !(uid = (uid_t)strtoul(argv[2], &end, 10)) || *end)
		return fprintf(stderr, "usage: %s DIR UID COMMAND...\n", argv[0]), 2;
	if (begin(&e) < 0)
		return fprintf(stderr, "%s\n", contain_error_message(e)), 1;
	/* opened in the new namespace: what is mounted has to be of it */
	dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own = dir < 0 ? -1 : own_dir(dir, argv[2], uid);
	if (own < 0)
		return fprintf(stderr, "%s/%s: %s\n", argv[1], argv[2], strerror(errno)), 1;
	if (view(dir, own, &e) < 0)
		return fprintf(stderr, "%s\n", contain_error_message(e)), 1;
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid) ||
	    chdir("/"))
		return perror(argv[2]), 1;
	execvp(argv[3], argv + 3);
	return perror(argv[3]), 127;
}
