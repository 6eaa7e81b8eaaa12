/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of id maps share: a process that has made a user namespace and waits in it. */
#ifndef T_NS_IDS_H
#define T_NS_IDS_H

#include "harness.h"

#include <contain/contain.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct ids_child {
	pid_t pid;
	int pidfd, go;
	struct ids_said {
		uint32_t uid, gid;
		int setuid_1, setgroups; /* errno, 0: done */
	} *said;
};

/* In the child, once the parent has written its maps. */
static inline void ids_say(struct ids_said *said)
{
	gid_t none = 0;

	said->uid = getuid();
	said->gid = getgid();
	said->setgroups = syscall(SYS_setgroups, 0, &none) ? errno : 0;
	said->setuid_1 = syscall(SYS_setresuid, 1, 1, 1) ? errno : 0;
}

/* namespaces: CLONE_NEWUSER, or 0 for a process that has made none. */
static inline struct ids_child ids_start(unsigned int namespaces)
{
	struct ids_child c = { .pidfd = -1 };
	int ready[2], go[2];
	char byte = 0;

	c.said = mmap(NULL, sizeof(*c.said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	T_CHECK(c.said != MAP_FAILED);
	T_SYS(pipe2(ready, O_CLOEXEC));
	T_SYS(pipe2(go, O_CLOEXEC));
	c.pid = fork();
	T_SYS(c.pid);
	if (!c.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(go[1]);
		if (namespaces && unshare((int)namespaces))
			_exit(1);
		if (write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(2);
		ids_say(c.said);
		_exit(0);
	}
	close(ready[1]);
	close(go[0]);
	c.go = go[1];
	T_CHECK(read(ready[0], &byte, 1) == 1, "the child has made no user namespace");
	close(ready[0]);
	c.pidfd = (int)syscall(SYS_pidfd_open, c.pid, 0);
	T_SYS(c.pidfd);
	return c;
}

/* Lets it run, and gives what it said. */
static inline struct ids_said ids_end(struct ids_child *c)
{
	struct ids_said said;
	int status;

	T_CHECK(write(c->go, "", 1) == 1);
	T_CHECK(waitpid(c->pid, &status, 0) == c->pid && status == 0, "status %x", status);
	said = *c->said;
	munmap(c->said, sizeof(*c->said));
	close(c->go);
	close(c->pidfd);
	return said;
}

static inline void ids_kill(struct ids_child *c)
{
	kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	munmap(c->said, sizeof(*c->said));
	close(c->go);
	close(c->pidfd);
}

static inline contain_id_map *ids_map(void)
{
	contain_id_map *m = NULL;

	ck_assert_int_eq(contain_id_map_new(&m), 0);
	return m;
}

/* "0 1000 1, 1 100000 10" */
static inline contain_id_map *ids_map_of(const char *text)
{
	contain_id_map *m = ids_map();
	unsigned int a, b, n;
	int used;

	while (sscanf(text, "%u %u %u%n", &a, &b, &n, &used) == 3) {
		ck_assert_int_eq(contain_id_map_add(m, a, b, n, NULL), 0);
		text += used;
		text += *text == ',';
	}
	return m;
}

static inline char *ids_text(const contain_id_map *m)
{
	char *text = t_fmt("%s", "");
	uint32_t a, b, n;

	for (int i = 0; contain_id_map_range(m, i, &a, &b, &n) == 0; i++)
		text = t_fmt("%s%s%u %u %u", text, i ? ", " : "", a, b, n);
	return text;
}

/* A map of a process (-1: the caller), as text. */
static inline char *ids_read(int pidfd, int kind)
{
	contain_id_map *m = NULL;
	contain_error *e = NULL;
	int r = contain_id_map_read(pidfd, kind, &m, &e);
	char *text;

	T_CHECK(r == 0, "%d: %s", r, contain_error_message(e));
	text = ids_text(m);
	contain_id_map_free(m);
	return text;
}

static inline int ids_allowed(int pidfd)
{
	int allowed = -1;

	ck_assert_int_eq(contain_id_map_setgroups(pidfd, &allowed, NULL), 0);
	return allowed;
}

/* The call has failed with this: errno, op, object, and a piece of the hint. Frees the error. */
#define ids_failed(call, e, err, op, object, hint)                                                 \
	do {                                                                                       \
		int ids_r_ = (call);                                                               \
		ids_failed_at(ids_r_, (e), (err), (op), (object), (hint), __LINE__);               \
	} while (0)
static inline void ids_failed_at(int r, contain_error *e, int err, const char *op,
				 const char *object, const char *hint, int line)
{
	T_CHECK(r == -err && contain_error_code(e) == -err &&
			strcmp(contain_error_op(e), op) == 0 &&
			strcmp(contain_error_object(e), object) == 0 &&
			strstr(contain_error_hint(e), hint),
		"line %d: %d %s, not %d %s on '%s', hint with '%s'", line, r,
		contain_error_message(e), -err, op, object, hint);
	contain_error_free(e);
}

/* Both maps of a process. */
static inline int ids_write(const struct ids_child *c, const char *uids, const char *gids,
			    contain_error **e)
{
	contain_id_map *u = ids_map_of(uids), *g = ids_map_of(gids);
	int r = contain_id_map_write(c->pidfd, *uids ? u : NULL, *gids ? g : NULL, e);

	contain_id_map_free(u);
	contain_id_map_free(g);
	return r;
}

/* /etc/subuid and /etc/subgid with this content; t_fake_passwd() first. */
static inline void ids_subids(const char *text)
{
	static const char *const paths[] = { "/etc/subuid", "/etc/subgid" };

	for (int i = 0; i < 2; i++) {
		char *file = t_fmt("%s/sub%d", t_tmpdir(), i);

		t_write_file(file, text);
		T_SYS(mount(file, paths[i], NULL, MS_BIND, NULL));
	}
}

#endif
