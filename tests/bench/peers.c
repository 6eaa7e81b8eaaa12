/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peers.h"
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

const char *const peer_name[PEERS] = { "posix_spawn", "unshare", "bwrap",
				       "crun",	      "runc",	 "systemd-nspawn" };

void peers_begin(void)
{
	if (mount("run", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
		die("/run: %m");
}

static void add(struct peer_job *j, const char *word)
{
	size_t n = strlen(word) + 1;

	if (j->words == PEER_WORDS || (size_t)j->used + n > sizeof(j->text))
		die("%s: too many words", j->argv[0]);
	j->argv[j->words++] = memcpy(j->text + j->used, word, n);
	j->argv[j->words] = NULL;
	j->used += (int)n;
}

/* All up to NULL. */
static void adds(struct peer_job *j, const char *const *words)
{
	for (; *words; words++)
		add(j, *words);
}
#define ADD(j, ...) adds(j, (const char *const[]){ __VA_ARGS__, NULL })

static int find(struct peer_job *j, const char *program)
{
	static const char *const dirs[] = { "/usr/bin", "/usr/sbin", "/bin", "/sbin",
					    "/usr/local/bin" };
	char path[128];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dirs[i], program);
		if (!access(path, X_OK)) {
			add(j, path);
			return 1;
		}
	}
	snprintf(j->why, sizeof(j->why), "not installed (tests/bench/run.sh --peers installs it)");
	return 0;
}

static int cannot(struct peer_job *j, const char *why)
{
	snprintf(j->why, sizeof(j->why), "%s", why);
	return 0;
}

/* ---- how each does a job ---- */

static int by_posix_spawn(struct peer_job *j, unsigned int job, const struct world *w)
{
	char path[192];

	if (job != BASE_BARE)
		return cannot(j, "makes no namespaces");
	snprintf(path, sizeof(path), "%s/nop", w->root);
	add(j, path);
	j->relation = -1;
	return 1;
}

static int by_unshare(struct peer_job *j, unsigned int job, const char *root)
{
	char option[192];

	if (job & (JOB_GROUP | JOB_USER))
		return cannot(j, job & JOB_GROUP ? "makes no groups" :
						   "not compared with a user namespace");
	if (!find(j, "unshare"))
		return 0;
	add(j, "--mount");
	if ((job & JOB_BASE) != BASE_BARE)
		ADD(j, "--pid", "--fork", "--ipc", "--uts", "--cgroup");
	if (job & JOB_NET)
		add(j, "--net");
	if ((job & JOB_BASE) >= BASE_RO)
		add(j, "--mount-proc");
	snprintf(option, sizeof(option), "--root=%s", root);
	ADD(j, option, "/nop");
	j->relation = -1;
	return 1;
}

static void bwrap_masks(struct peer_job *j)
{
	static const char *const files[] = { "/proc/kcore", "/proc/keys", "/proc/timer_list" };
	static const char *const dirs[] = { "/proc/acpi", "/proc/asound", "/proc/scsi",
					    "/sys/firmware" };
	static const char *const readonly[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
						"/proc/sysrq-trigger" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!access(files[i], F_OK))
			ADD(j, "--ro-bind", "/dev/null", files[i]);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (!access(dirs[i], F_OK))
			ADD(j, "--tmpfs", dirs[i], "--remount-ro", dirs[i]);
	for (size_t i = 0; i < sizeof(readonly) / sizeof(readonly[0]); i++)
		if (!access(readonly[i], F_OK))
			ADD(j, "--ro-bind", readonly[i], readonly[i]);
}

static int by_bwrap(struct peer_job *j, unsigned int job, const char *root)
{
	static const char *const caps[] = { "CHOWN",	  "DAC_OVERRIDE", "FOWNER",
					    "FSETID",	  "KILL",	  "SETGID",
					    "SETUID",	  "SETPCAP",	  "NET_BIND_SERVICE",
					    "SYS_CHROOT", "SETFCAP" };
	unsigned int base = job & JOB_BASE;
	char name[32];

	if (job & (JOB_GROUP | JOB_USER))
		return cannot(j, job & JOB_GROUP ? "makes no groups" :
						   "not compared with a user namespace");
	if (!find(j, "bwrap"))
		return 0;
	ADD(j, "--new-session", "--clearenv", "--cap-drop", "ALL");
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		snprintf(name, sizeof(name), "CAP_%s", caps[i]);
		ADD(j, "--cap-add", name);
	}
	if (base != BASE_BARE)
		ADD(j, "--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts",
		    "--hostname", JOB_HOSTNAME, "--unshare-cgroup");
	if (job & JOB_NET)
		add(j, "--unshare-net");
	ADD(j, base == BASE_BARE || base == BASE_OVERLAY ? "--bind" : "--ro-bind", root, "/");
	if (base >= BASE_RO) {
		ADD(j, "--proc", "/proc", "--ro-bind", "/sys", "/sys", "--dev", "/dev", "--mqueue",
		    "/dev/mqueue", "--tmpfs", "/tmp");
		bwrap_masks(j);
	}
	add(j, "/nop");
	return 1;
}

static int by_oci(struct peer_job *j, enum peer peer, unsigned int job, const struct world *w,
		  const char *root)
{
	char path[160];

	if (job & JOB_USER)
		return cannot(j, "not compared with a user namespace");
	if (peer == PEER_RUNC && !(job & JOB_GROUP))
		return cannot(j, "always makes a group");
	if (!find(j, peer_name[peer]))
		return 0;
	oci_bundle(job, w, root, peer == PEER_RUNC);
	snprintf(path, sizeof(path), "%s/state.%s", w->dir, peer_name[peer]);
	ADD(j, "--root", path);
	if (peer == PEER_CRUN)
		ADD(j, "--cgroup-manager", job & JOB_GROUP ? "cgroupfs" : "disabled");
	snprintf(path, sizeof(path), "%s/bundle", w->dir);
	ADD(j, "run", "--bundle", path, peer_name[peer]);
	j->relation = peer == PEER_RUNC && (job & JOB_BASE) < BASE_RO;
	return 1;
}

static int by_nspawn(struct peer_job *j, unsigned int job, const struct world *w)
{
	unsigned int base = job & JOB_BASE;

	if (job & JOB_USER || base < BASE_RO || !(job & JOB_GROUP))
		return cannot(j, base < BASE_RO ? "always mounts /proc and the like" :
				 job & JOB_USER ? "not compared with a user namespace" :
						  "always makes a group");
	/* it looks for the group of process 1, which lies outside of the cgroup namespace */
	if (!find(j, "unshare"))
		return 0;
	ADD(j, "--pid", "--fork", "--mount-proc");
	if (!find(j, peer_name[PEER_NSPAWN]))
		return 0;
	ADD(j, "--quiet", "--register=no", "--keep-unit", "--timezone=off", "--resolv-conf=off",
	    "--link-journal=no", "--console=pipe", "--directory", w->root,
	    base == BASE_OVERLAY ? "--volatile=overlay" : "--read-only");
	if (job & JOB_NET)
		add(j, "--private-network");
	add(j, "/nop");
	j->relation = 1;
	return 1;
}

/* ---- one run ---- */

static void make(const char *dir, const char *name)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die("%s: %m", path);
}

static void mount_overlay(const struct peer_job *j)
{
	char room[160], merged[160], data[768];

	snprintf(room, sizeof(room), "%s/room", j->dir);
	snprintf(merged, sizeof(merged), "%s/merged", j->dir);
	if (mount("room", room, "tmpfs", MS_NODEV, NULL) < 0)
		die("%s: %m", room);
	make(room, "upper");
	make(room, "work");
	snprintf(data, sizeof(data), "lowerdir=%s,upperdir=%s/upper,workdir=%s/work", j->lower,
		 room, room);
	if (mount("overlay", merged, "overlay", 0, data) < 0)
		die("%s: %s: %m", merged, data);
}

static void unmount_overlay(const struct peer_job *j)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/merged", j->dir);
	if (umount2(path, MNT_DETACH) < 0)
		die("%s: %m", path);
	snprintf(path, sizeof(path), "%s/room", j->dir);
	if (umount2(path, MNT_DETACH) < 0)
		die("%s: %m", path);
}

static int run(const struct peer_job *j)
{
	posix_spawn_file_actions_t files;
	char path[160];
	int status, err;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/said", j->dir);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	err = posix_spawn(&pid, j->argv[0], &files, NULL, j->argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (err)
		die("%s: %s", j->argv[0], strerror(err));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid: %m");
	return status;
}

double peer_once(const struct peer_job *j)
{
	double begin = now_usec();
	int status;

	if (j->overlay)
		mount_overlay(j);
	status = run(j);
	if (j->overlay)
		unmount_overlay(j);
	if (status)
		die("%s: status %x, see %s/said", j->argv[0], (unsigned int)status, j->dir);
	return now_usec() - begin;
}

/* The last line of what the peer said. */
static void why_failed(struct peer_job *j, int status)
{
	char path[160], line[1024] = "", last[1024] = "nothing";
	FILE *file;

	snprintf(path, sizeof(path), "%s/said", j->dir);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (*line)
			strcpy(last, line);
	}
	if (file)
		fclose(file);
	snprintf(j->why, sizeof(j->why), "status %x: %.130s", (unsigned int)status, last);
}

void peer_prepare(enum peer peer, unsigned int job, const struct world *w, struct peer_job *j)
{
	char merged[160];
	const char *root = w->root;
	int status, can;

	memset(j, 0, sizeof(*j));
	strcpy(j->dir, w->dir);
	strcpy(j->lower, w->root);
	make(w->dir, "room");
	make(w->dir, "merged");
	snprintf(merged, sizeof(merged), "%s/merged", w->dir);
	if ((job & JOB_BASE) == BASE_OVERLAY && peer != PEER_NSPAWN) {
		j->overlay = 1;
		root = merged;
	}
	switch (peer) {
	case PEER_POSIX_SPAWN:
		can = by_posix_spawn(j, job, w);
		break;
	case PEER_UNSHARE:
		can = by_unshare(j, job, root);
		break;
	case PEER_BWRAP:
		can = by_bwrap(j, job, root);
		break;
	case PEER_NSPAWN:
		can = by_nspawn(j, job, w);
		break;
	default:
		can = by_oci(j, peer, job, w, root);
		break;
	}
	if (!can)
		return;
	if (j->overlay)
		mount_overlay(j);
	status = run(j);
	if (j->overlay)
		unmount_overlay(j);
	if (status)
		why_failed(j, status);
}

void peers_notes(void)
{
	static const char text[] =
		"- posix_spawn: no namespace, no root of its own, nothing reset: how much of a "
		"start\n"
		"  is the exec\n"
		"- unshare(1): chroot(2) instead of a new root; of the mounts only /proc; lo "
		"stays\n"
		"  down; all capabilities, fds and signals are handed on\n"
		"- bwrap, crun, runc: the same namespaces, root, mounts, masks, capabilities; "
		"with\n"
		"  +group crun and runc also load a program for devices; both keep state files\n"
		"- unshare, bwrap, crun and runc with overlay: the bench mounts it before and\n"
		"  unmounts it after\n"
		"- runc does not work without /proc\n"
		"- systemd-nspawn: more mounts, a supervisor, and always a group\n";

	fputs(text, stdout);
}
