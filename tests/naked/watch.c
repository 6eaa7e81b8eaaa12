/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch.h"

#include "traced.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif
#define CODE 512

/* ---- the program's side ---- */

static void send_fd(int socket, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} c = { .head = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec v = { &fd, sizeof(fd) };
	struct msghdr m = {
		.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c)
	};

	memcpy(CMSG_DATA(&c.head), &fd, sizeof(fd));
	if (sendmsg(socket, &m, 0) != (ssize_t)sizeof(fd))
		_exit(126);
}

static int receive_fd(int socket)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} c = { 0 };
	int number, fd = -1;
	struct iovec v = { &number, sizeof(number) };
	struct msghdr m = {
		.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c)
	};

	if (recvmsg(socket, &m, MSG_CMSG_CLOEXEC) == (ssize_t)sizeof(number) &&
	    m.msg_controllen >= CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(&c.head), sizeof(fd));
	return fd;
}

/* No no_new_privs: root may load a filter without it, and the tests look at it. */
static void become(char *const argv[], int socket)
{
	static struct sock_filter code[CODE];
	struct sock_fprog program = { .filter = code };
	long fd;

	program.len = (unsigned short)w_filter(code, CODE);
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		     SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		     &program);
	if (fd < 0)
		_exit(125);
	send_fd(socket, (int)fd);
	execv(argv[0], argv);
	_exit(127);
}

/* ---- the supervisor's ---- */

struct supervisor {
	int listener;
	FILE *report;
	struct w_sum *sum;
	const char *program;
};

static void tell(const struct supervisor *s, const struct w_task *t, const char *why,
		 const char *name, const char *args)
{
	s->sum->naked++;
	fprintf(s->report, "%s: %s: %s(%s) by %s %d\n", s->program, why, name, args,
		t->role == W_INIT ? "contain-init" : "the child", t->tid);
}

static int is_name(const struct w_call *call, int i)
{
	static const struct {
		const char *call;
		int at;
	} strings[] = { { "fsconfig", 3 }, { "mount", 1 }, { "umount2", 0 }, { "utimensat", 1 } };

	for (size_t k = 0; k < sizeof(strings) / sizeof(strings[0]); k++)
		if (!strcmp(strings[k].call, call->name) && strings[k].at == i)
			return 1;
	return call->args[i] == 'p';
}

/* On the scratch: a tmpfs that this start has made, its working directory until the pivot. */
static int is_on_scratch(const struct w_task *t, const char *name)
{
	return *name && !strchr(name, '/') && *name != '.' && w_is_in_own_tmpfs(t);
}

/*
 * What is no name in a root: until the root is entered, a full name is one of the host, and the
 * caller's own. After that, which program is run is the caller's business, as with execve(2).
 */
static int is_callers(const struct w_task *t, const struct w_call *call, const uint64_t *args,
		      int mem)
{
	char name[4096];
	int names = 0, i;

	/* an option of a file system whose value is none of its names */
	if (!strcmp(call->name, "fsconfig") &&
	    (w_string(mem, args[2], name, sizeof(name)) < 0 || !strstr(name, "dir")))
		return 1;
	for (i = 0; call->args[i]; i++) {
		if (!is_name(call, i))
			continue;
		if (!args[i] || w_string(mem, args[i], name, sizeof(name)) < 0)
			return 0;
		names += *name != 0; /* an fd and no name */
		if (t->pivoted && *name == '/' && strcmp(call->name, "faccessat2"))
			return 0;
		if (*name == '/' && !t->pivoted && w_is_through(t, name))
			return 0;
		if (*name && *name != '/' &&
		    (t->pivoted || (call->args[i] == 'p' && (int)args[i - 1] != AT_FDCWD) ||
		     !is_on_scratch(t, name)))
			return 0;
	}
	return names > 0 && strcmp(call->name, "chroot") != 0;
}

static void judge(const struct supervisor *s, struct w_task *t, const struct w_call *call,
		  const uint64_t *args, int mem)
{
	static const char *const nobody[] = { NULL };
	char text[8300];
	const char *why;

	if (w_print(call, args, mem, text, sizeof(text)) < 0)
		return; /* EFAULT, or the task is gone */
	if (is_callers(t, call, args, mem))
		return;
	s->sum->calls++;
	why = fx_naked(call->name, text, nobody);
	if (why)
		tell(s, t, why, call->name, text);
}

static void look(const struct supervisor *s, const struct seccomp_notif *n)
{
	const struct w_call *call = w_call(n->data.nr);
	const uint64_t *args = (const uint64_t *)n->data.args;
	struct w_task *t = w_task((int)n->pid);
	char path[64];
	int mem, is_new;

	if (!t || !call)
		return;
	snprintf(path, sizeof(path), "/proc/%d/mem", t->tid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	if (mem < 0)
		return;
	is_new = !t->attached;
	if (t->attached && (t->role == W_CHILD || t->role == W_INIT) &&
	    strcmp(call->name, "clone3") && strcmp(call->name, "setns"))
		judge(s, t, call, args, mem);
	w_note(t, call, args, mem);
	if (is_new && t->attached) {
		s->sum->children++;
		s->sum->inits += t->role == W_INIT;
	}
	close(mem);
}

/* Every call goes on as it is. */
static int serve(const struct supervisor *s)
{
	struct seccomp_notif n = { 0 };
	struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	if (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
		return -1; /* it was killed meanwhile */
	look(s, &n);
	answer.id = n.id;
	return ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

static void supervise(const struct supervisor *s, int pidfd)
{
	struct pollfd p[2] = { { .fd = s->listener, .events = POLLIN },
			       { .fd = pidfd, .events = POLLIN } };

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			T_FAIL("poll: %m");
		if (p[0].revents & POLLIN)
			serve(s);
		else if (p[0].revents || p[1].revents)
			return;
	}
}

int w_run(char *const argv[], const char *report, struct w_sum *ret)
{
	struct supervisor s = { .sum = ret, .report = fopen(report, "ae") };
	int sockets[2], status, pidfd;
	pid_t pid;

	T_CHECK(s.report, "%s: %m", report);
	s.program = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	T_SYS(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets));
	fflush(NULL);
	pid = fork();
	T_SYS(pid);
	if (pid == 0)
		become(argv, sockets[1]);
	close(sockets[1]);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	T_SYS(pidfd);
	s.listener = receive_fd(sockets[0]);
	if (s.listener >= 0)
		supervise(&s, pidfd);
	while (waitpid(pid, &status, 0) < 0)
		T_CHECK(errno == EINTR, "waitpid: %m");
	if (s.listener < 0)
		t_skip("no listener of seccomp here: status 0x%x", status);
	close(s.listener);
	close(sockets[0]);
	close(pidfd);
	fclose(s.report);
	return status;
}
