/* SPDX-License-Identifier: MIT-0 */
/*
 * 31: a root of one's own by primitives alone, without a spec. Any directory will do: it need not
 * be a mount point, no mount has to be private before, and no directory for the old root is made.
 * What was there is gone then, and a file descriptor that was left open is the one way back.
 *
 *	31_pivot DIRECTORY [COMMAND ARGUMENT...]	as root or as an ordinary user
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Namespaces of our own; below a user namespace where we are not root. */
static int begin(contain_error **e)
{
	uint32_t uid = geteuid(), gid = getegid();

	return contain_ns_unshare(CONTAIN_NS_MNT | CONTAIN_NS_PID | (uid ? CONTAIN_NS_USER : 0),
				  e) ||
	       (uid && contain_ns_map_self(0, 0, uid, gid, e)) ||
	       contain_mount_set_propagation(AT_FDCWD, "/", CONTAIN_PROPAGATION_PRIVATE, 1, e);
}

static int mounts(void)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	int c, n = 0;

	while (file && (c = getc(file)) != EOF)
		n += c == '\n';
	if (file)
		fclose(file);
	return n;
}

static const char *seen(const char *path)
{
	return access(path, F_OK) ? "is not there" : "is there";
}

static int is_root(int fd)
{
	struct stat a, b;

	return fstat(fd, &a) || stat("/", &b) || (a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

/* Process 1 of its pid namespace, of which /proc is to tell. */
static int enter(const char *was, contain_error **e)
{
	int root = open(was, O_PATH | O_DIRECTORY | O_CLOEXEC), r;
	int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int proc = contain_mount_new_proc(CONTAIN_PROC_HIDEPID_OFF, 0, CONTAIN_MOUNT_NOSUID, e);

	if (proc < 0 || contain_mount_attach(proc, root, "proc", 0, e))
		return -1;
	printf("%d mounts, and %s %s\n", mounts(), was, seen(was));
	r = contain_rootfs_pivot_root(root, e);
	if (r < 0)
		return r;
	printf("%d mounts, and %s %s", mounts(), was, seen(was));
	printf("; the open fd is %s\n", is_root(old) ? "the root" : "what was the root");
	fflush(stdout);
	close(old);
	close(proc);
	return close(root);
}

int main(int argc, char **argv)
{
	char sh[] = "/bin/sh", *shell[] = { sh, NULL }, **command = argc > 2 ? argv + 2 : shell;
	char *was = argc > 1 ? realpath(argv[1], NULL) : NULL;
	contain_error *e = NULL;
	int status = 1 << 8;
	pid_t pid;

	if (!was) {
		fprintf(stderr, "usage: 31_pivot DIRECTORY [COMMAND ARGUMENT...]\n");
		return 2;
	}
	if (begin(&e) == 0 && (pid = fork()) >= 0) {
		if (pid == 0 && enter(was, &e) == 0) {
			execv(command[0], command);
			perror(command[0]);
		}
		if (pid)
			waitpid(pid, &status, 0);
	}
	if (e)
		fprintf(stderr, "31_pivot: %s\n", contain_error_message(e));
	contain_error_free(e);
	free(was);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
