/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of terminals share: who sits in front of one. */
#ifndef T_TTY_H
#define T_TTY_H

#include "t_spawn.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

struct tty {
	int fd;
	size_t n;
	int over; /* EIO: nobody has it open any more */
	char text[1 << 18];
};

static inline struct tty *tty_of(int fd)
{
	static struct tty t;

	memset(&t, 0, sizeof(t));
	t.fd = fd;
	T_CHECK(fd > 2);
	T_SYS(fcntl(fd, F_SETFL, O_NONBLOCK));
	return &t;
}

/* What is there to read within msec; whether there was anything. */
static inline int tty_read(struct tty *t, int msec)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	ssize_t n;

	if (t->over || poll(&p, 1, msec) <= 0)
		return 0;
	n = read(t->fd, t->text + t->n, sizeof(t->text) - 1 - t->n);
	if (n < 0 && errno != EAGAIN) {
		T_CHECK(errno == EIO, "%m");
		t->over = 1;
	}
	t->n += n > 0 ? (size_t)n : 0;
	t->text[t->n] = 0;
	return n > 0;
}

/* Until it shows @needle behind @from; returns what is behind that. */
static inline const char *tty_wait(struct tty *t, const char *from, const char *needle)
{
	for (int i = 0; i < 400 * t_slow(); i++) {
		const char *at = strstr(from ? from : t->text, needle);

		if (at)
			return at + strlen(needle);
		if (t->over)
			break;
		tty_read(t, 50);
	}
	T_FAIL("the terminal never showed '%s', but:\n%.2500s", needle, t->text);
	return NULL;
}

/* Until nobody has it open any more. */
static inline const char *tty_end(struct tty *t)
{
	for (int idle = 0; idle < 400 * t_slow() && !t->over;)
		idle += !tty_read(t, 50);
	T_CHECK(t->over, "the terminal is still open:\n%.2500s", t->text);
	return t->text;
}

static inline void tty_type(struct tty *t, const char *text)
{
	ck_assert_int_eq(write(t->fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* A container whose payload has a terminal. */
static inline void tty_spec(struct ts *t, uint32_t rows, uint32_t columns)
{
	ts_dir(t, 0);
	ck_assert_int_eq(container_spec_set_terminal(t->spec, rows, columns), 0);
}

#endif
