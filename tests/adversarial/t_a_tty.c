/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A06 (what an image has where the terminal goes), A27 (the caller's terminal, from one's own). */
#include "attack.h"

#include <contain/terminal.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

static void with_terminal(container_spec *spec, void *arg)
{
	container_spec_set_terminal(spec, 24, 80);
	/* the output is kept all the same */
	container_spec_add_fd(spec, *(int *)arg, 5);
}

/* A file for what the payload says, above every number that it is going to have inside. */
static int output(void)
{
	int low = memfd_create("out", MFD_CLOEXEC), fd = fcntl(low, F_DUPFD_CLOEXEC, 100);

	T_SYS(fd);
	close(low);
	return fd;
}

/* ---- A06 ---- */

/* Each name of a terminal is a symlink to the canary, or a file that is told from it. */
static void links_image(struct h_run *r)
{
	const char *tree = h_tree(r->canary);

	T_SYS(mkdir(t_fmt("%s/dev/pts", r->root), 0755) && errno != EEXIST ? -1 : 0);
	rmdir(t_fmt("%s/dev/pts", r->root));
	T_SYS(symlink(t_fmt("%s/dir", tree), t_fmt("%s/dev/pts", r->root)));
	T_SYS(symlink(t_fmt("%s/file", tree), t_fmt("%s/dev/console", r->root)));
	T_SYS(symlink(t_fmt("%s/file", tree), t_fmt("%s/dev/ptmx", r->root)));
	T_SYS(symlink(t_fmt("%s/file", tree), t_fmt("%s/dev/tty", r->root)));
}

/* /dev/pts is there, with a ptmx that is no multiplexer and terminals that are the canary. */
static void populated_image(struct h_run *r)
{
	const char *tree = h_tree(r->canary);

	T_SYS(mkdir(t_fmt("%s/dev/pts", r->root), 0777) && errno != EEXIST ? -1 : 0);
	T_SYS(symlink(t_fmt("%s/file", tree), t_fmt("%s/dev/pts/ptmx", r->root)));
	for (int i = 0; i < 4; i++)
		T_SYS(symlink(t_fmt("%s/file", tree), t_fmt("%s/dev/pts/%d", r->root, i)));
	T_SYS(symlink("pts/0", t_fmt("%s/dev/console", r->root)));
	T_SYS(symlink("pts/ptmx", t_fmt("%s/dev/ptmx", r->root)));
}

/* /dev itself leads to the canary's tree. */
static void dev_image(struct h_run *r)
{
	T_SYS(rename(t_fmt("%s/dev", r->root), t_fmt("%s/dev.was", r->root)));
	T_SYS(symlink(h_tree(r->canary), t_fmt("%s/dev", r->root)));
}

/*
 * What runtimes did once: the console is opened by its path in the image, made the payload's, and
 * the terminal is looked for by its name.
 */
static void naive_console(const struct h_run *r)
{
	int fd = open(t_fmt("%s/dev/console", r->root), O_RDWR | O_CREAT | O_NOCTTY | O_CLOEXEC,
		      0600);

	if (fd < 0)
		return;
	T_SYS(fchmod(fd, 0620));
	close(fd);
}

static void terminal_of_the_image(struct h_run *r)
{
	struct h_job job = h_job(r, "to 5 -- tty -- stat /dev/console -- stat /dev/pts/0 -- "
				    "stat /dev/pts/ptmx -- list /dev/pts");
	int out = output();
	char text[4096] = "";

	if (!r->how) {
		struct h_job plain = h_job(r, "tty");

		naive_console(r);
		h_spawn(r, &plain);
		close(out);
		return;
	}
	job.more = with_terminal;
	job.arg = &out;
	h_spawn(r, &job);
	h_works(r);
	T_CHECK(pread(out, text, sizeof(text) - 1, 0) > 0);
	close(out);
	h_exact(r, strstr(text, "0 tty\n1 tty\n2 tty\ncontrolling yes\n"), "%s", text);
	/* the console and the terminal are one: of devpts, with the number of the first pty */
	for (const char *at = text, *end = text; end; at = end + 1) {
		end = strchr(at, '\n');
		if (!strncmp(at, "mode 20", 7))
			h_exact(r, strstr(at, " fs 1cd1 "), "%s", text);
	}
	h_exact(r, strstr(text, "rdev 136:0 "), "%s", text);
	h_exact(r, strstr(text, "rdev 5:2 "), "%s", text);
}
H_CASE(a06_symlinks, H_ALL, links_image, terminal_of_the_image)
H_CASE(a06_populated, H_ALL, populated_image, terminal_of_the_image)
H_TWIN(a06_nothing_there, H_ALL, NULL, terminal_of_the_image)

/* A /dev that leads out of the root is refused, whatever is asked for in it. */
static void terminal_of_no_dev(struct h_run *r)
{
	struct h_job job = h_job(r, "tty");
	int out = output();

	job.more = with_terminal;
	job.arg = &out;
	if (!r->how)
		naive_console(r);
	h_spawn(r, &job);
	h_exact(r, r->err == -EINVAL && strstr(r->op, "-dev-nodes"), "%d at %s: %s", r->err, r->op,
		r->text);
	close(out);
}
H_CASE(a06_dev_is_a_symlink, H_ALL, dev_image, terminal_of_no_dev)

/* ---- A27 ---- */

struct own {
	int master, slave;
};

/* A terminal of the caller, who leads its session; raw, so that every byte counts. */
static struct own own_terminal(void)
{
	contain_terminal_modes *modes;
	struct own t;

	T_CHECK(contain_terminal_new(-1, 24, 80, &t.master, &t.slave, NULL) == 0);
	T_SYS(setsid());
	T_SYS(ioctl(t.slave, TIOCSCTTY, 0));
	T_CHECK(contain_terminal_raw(t.slave, &modes, NULL) == 0);
	contain_terminal_modes_free(modes);
	for (int fd = 0; fd < 3; fd++)
		T_SYS(dup2(t.slave, fd));
	return t;
}

static void caller_is_untouched(struct h_run *r, const struct own *t, const struct termios *was,
				const char *text)
{
	struct pollfd p = { .fd = t->master, .events = POLLIN };
	struct termios now = { 0 };
	int n = 0;

	T_SYS(ioctl(t->slave, FIONREAD, &n));
	tcflush(t->slave, TCIFLUSH);
	h_held(r, n == 0, "%d bytes typed: %s", n, text);
	h_held(r, poll(&p, 1, 0) == 0, "something was shown: %s", text);
	T_SYS(tcgetattr(t->slave, &now));
	h_held(r, !memcmp(&now, was, sizeof(now)), "other modes: %s", text);
	ck_assert_int_eq(tcgetsid(t->slave), getpid());
}

/* What pushes into all terminals that it finds has its own, and pushes into that one. */
static void push_from_ones_own(struct h_run *r, uint64_t caps)
{
	struct h_job job = h_job(r, "to 5 -- tty -- inject");
	int out = output();
	struct own t = own_terminal();
	struct termios was = { 0 };
	char text[8192] = "";

	T_SYS(tcgetattr(t.slave, &was));
	if (r->how) {
		job.more = with_terminal;
		job.arg = &out;
	} else { /* the caller's own, in the caller's session */
		h_add_fd(&job, t.slave, 0);
		h_add_fd(&job, out, 5);
		job.same_session = 1;
	}
	job.set_caps = !!caps;
	job.caps = caps;
	h_spawn(r, &job);
	h_works(r);
	T_CHECK(pread(out, text, sizeof(text) - 1, 0) > 0);
	h_exact(r, strstr(text, "controlling yes\n") && strstr(text, "tried all\n"), "%s", text);
	caller_is_untouched(r, &t, &was, text);
	close(out);
}

static void without_rights(struct h_run *r)
{
	push_from_ones_own(r, 0);
}
H_CASE(a27_from_ones_own, H_ALL, NULL, without_rights)

/* With CAP_SYS_ADMIN every TIOCSTI into its own works: and only into that. */
static void with_rights(struct h_run *r)
{
	push_from_ones_own(r, r->how && r->how->bit & (H_USERNS | H_USER) ?
					     0x1ffffffffffULL :
					     1ULL << 21 | 1ULL << 26 | 0xfbULL);
}
H_CASE(a27_from_ones_own_as_admin, H_ID0, NULL, with_rights)
