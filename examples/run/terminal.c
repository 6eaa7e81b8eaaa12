/* SPDX-License-Identifier: MIT-0 */
/*
 * --tty: sits between the caller's terminal and the container's. What is typed goes inside as it
 * is, what comes out is shown, and the size is kept the same.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#define LATER_MSEC 50 /* until who has closed the terminal may have opened it again */
#define LAST_MSEC 100 /* for what is on its way when the command has ended */

struct pipe {
	char data[4096];
	size_t from, to;
};

struct session {
	container *c;
	int signals, master, out; /* out: the caller's terminal */
	struct pipe in, shown;
	int typing;		       /* stdin is the caller's terminal */
	contain_terminal_modes *saved; /* of it */
	int64_t again_msec;	       /* until then nobody has the container's terminal open */
};

/* Those of stdin, stdout and stderr that are a terminal here are the container's own inside. */
int finish_terminal(struct run *r)
{
	uint32_t rows = 0, columns = 0;
	int n = 0;

	for (int fd = 2; fd >= 0; fd--)
		if (contain_terminal_get_size(fd, &rows, &columns, NULL) == 0)
			n++;
	r->option = "--tty";
	if (!n && !r->explain)
		return bad_usage("--tty: neither stdin nor stdout nor stderr is a terminal");
	if (setter(r, container_spec_set_terminal(r->spec, rows, columns)) < 0)
		return -1;
	for (int fd = 0; fd < 3 && n; fd++)
		if (!isatty(fd) &&
		    setter(r, container_spec_set_stdio(r->spec, fd, CONTAIN_STDIO_INHERIT)) < 0)
			return -1;
	return 0;
}

/* Lines end by one carriage return: the caller's terminal adds it where it is not raw. */
static void leave_lines(int master)
{
	struct termios modes;

	if (tcgetattr(master, &modes) == 0) {
		modes.c_oflag &= ~(tcflag_t)OPOST;
		tcsetattr(master, TCSANOW, &modes);
	}
}

static void resize(const struct session *s)
{
	uint32_t rows, columns;

	if (contain_terminal_get_size(s->out, &rows, &columns, NULL) == 0)
		container_terminal_resize(s->c, rows, columns);
}

static void make_raw(struct session *s)
{
	contain_terminal_modes_free(s->saved);
	s->saved = NULL;
	while (s->typing && contain_terminal_raw(0, &s->saved, NULL) == -EINTR)
		;
}

/* In the background the modes are the shell's, or another job's. */
static void restore(struct session *s)
{
	pid_t shown = tcgetpgrp(0);

	if (!s->saved || (shown >= 0 && shown != getpgrp()))
		return;
	while (contain_terminal_restore(0, s->saved) == -EINTR)
		;
}

/* From a shell outside: the terminal is given back for as long as contain-run is stopped. */
static void stop(struct session *s)
{
	restore(s);
	raise(SIGSTOP);
	make_raw(s);
	resize(s);
}

static void take_signals(struct session *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		switch (info.ssi_signo) {
		case SIGWINCH:
			resize(s);
			break;
		case SIGTSTP:
			stop(s);
			break;
		case SIGCONT: /* stopped by SIGSTOP, and others may have changed the modes */
			restore(s);
			make_raw(s);
			resize(s);
			break;
		default:
			container_signal(s->c, (int)info.ssi_signo, NULL);
		}
}

/* Returns 0 at the end of the file. */
static int fill(struct pipe *p, int fd)
{
	ssize_t n = read(fd, p->data, sizeof(p->data));

	p->from = 0;
	p->to = n > 0 ? (size_t)n : 0;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void drain(struct pipe *p, int fd)
{
	ssize_t n = write(fd, p->data + p->from, p->to - p->from);

	if (n > 0)
		p->from += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		p->from = p->to; /* nobody is there to read it */
}

static int is_empty(const struct pipe *p)
{
	return p->from == p->to;
}

/* The caller's terminal has hung up: the container's does, too. */
static void hang_up(struct session *s)
{
	int fd = container_terminal_take(s->c);

	s->typing = 0;
	if (fd >= 0)
		close(fd);
	s->master = -1;
}

static void move(struct session *s, const struct pollfd *p)
{
	if (p[2].revents && !fill(&s->in, 0))
		return hang_up(s);
	if (p[3].revents & (POLLIN | POLLHUP | POLLERR) && is_empty(&s->shown) &&
	    !fill(&s->shown, s->master))
		s->again_msec = now_msec() + LATER_MSEC;
	if (p[3].revents & POLLOUT)
		drain(&s->in, s->master);
	if (p[4].revents)
		drain(&s->shown, s->out);
}

/* What the command has written before its end, also when others still have the terminal open. */
static void finish(struct session *s)
{
	struct pollfd p = { s->master, POLLIN, 0 };

	while (!is_empty(&s->shown))
		drain(&s->shown, s->out);
	while (s->master >= 0 && poll(&p, 1, LAST_MSEC) > 0 && fill(&s->shown, s->master))
		while (!is_empty(&s->shown))
			drain(&s->shown, s->out);
}

static int watch(struct session *s, int64_t until)
{
	for (;;) {
		int64_t now = now_msec(), left = until ? (until > now ? until - now : 0) : -1;
		int later = s->again_msec > now;
		struct pollfd p[] = {
			{ container_pidfd(s->c), POLLIN, 0 },
			{ s->signals, POLLIN, 0 },
			{ s->typing && is_empty(&s->in) ? 0 : -1, POLLIN, 0 },
			{ later ? -1 : s->master, 0, 0 },
			{ is_empty(&s->shown) ? -1 : s->out, POLLOUT, 0 },
		};

		p[3].events = (short)((is_empty(&s->shown) ? POLLIN : 0) |
				      (is_empty(&s->in) ? 0 : POLLOUT));
		if (!p[3].events)
			p[3].fd = -1;
		if (later && (left < 0 || left > LATER_MSEC))
			left = LATER_MSEC;
		if (poll(p, 5, (int)left) == 0 && until && now_msec() >= until) {
			container_kill(s->c, NULL);
			return 1;
		}
		if (p[1].revents)
			take_signals(s);
		if (p[0].revents)
			return 0;
		move(s, p);
	}
}

int watch_terminal(const struct run *r, container *c, int signals)
{
	struct session s = { .c = c, .signals = signals, .master = container_terminal_fd(c) };
	int timed_out;

	s.out = isatty(1) ? 1 : isatty(2) ? 2 : 0;
	s.typing = isatty(0);
	fcntl(s.master, F_SETFL, O_RDWR | O_NONBLOCK);
	if (!s.typing)
		leave_lines(s.master);
	make_raw(&s);
	resize(&s); /* it may have changed since */
	timed_out = watch(&s, r->timeout_msec > 0 ? now_msec() + r->timeout_msec : 0);
	finish(&s);
	restore(&s);
	contain_terminal_modes_free(s.saved);
	return timed_out;
}
