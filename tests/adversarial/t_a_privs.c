/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A23 (set-user-id in a layer), A27 (the caller's terminal). */
#include "attack.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static int shell(const char *command)
{
	return system(command);
}

/* ---- A23 ---- */

static void setuid_image(struct h_run *r)
{
	const char *job = t_fmt("%s/job", r->root);

	T_CHECK(shell(t_fmt("cp %s %s/suid && chmod 6755 %s/suid && cp %s %s/open && "
			    "chmod 6777 %s/open",
			    T_PAYLOAD, job, job, T_PAYLOAD, job, job)) == 0);
	if (!r->how || !r->how->as_user)
		return;
	/* the rest of the image becomes the user's */
	T_CHECK(shell(t_fmt("mkdir %s/lower && mv %s/suid %s/open %s/lower", h_host(r->canary), job,
			    job, h_host(r->canary))) == 0);
}

static void check_gain(struct h_run *r, int nnp)
{
	const char *after = strstr(r->text, "after\n");

	h_exact(r, after, "%s", r->text);
	if (!after)
		after = "";
	/* the ids of the set-user-id program */
	if (nnp)
		h_held(r, !strstr(after, "uid 1 0 0\n") && !strstr(after, "uid 0 0 0\n"), "%s",
		       r->text);
	else
		h_exact(r, strstr(after, "uid 1 0 0\n"), "%s", r->text);
}

static void setuid_program(struct h_run *r)
{
	const char *lower[] = { r->root, NULL };

	for (int way = 0; way < 4; way++) {
		struct h_job job = h_job(r, "drop 1 -- argv after -- run /job/suid ids");

		if (way & 1)
			job.lower = lower;
		job.new_privs = way >> 1;
		h_spawn(r, &job);
		h_works(r);
		check_gain(r, !job.new_privs);
	}
}
H_CASE(a23_setuid_program, H_ROOT & H_ID0, setuid_image, setuid_program)

/* In a user namespace that does not have the file's owner it gives nothing, with or without. */
static void setuid_of_others(struct h_run *r)
{
	const char *lower[] = { t_fmt("%s/lower", h_host(r->canary)), r->root, NULL };

	for (int new_privs = 0; new_privs < 2; new_privs++) {
		struct h_job job = h_job(r, "maps -- argv after -- run /suid ids");

		job.lower = lower;
		job.new_privs = new_privs;
		h_spawn(r, &job);
		h_works(r);
		h_exact(r, strstr(strstr(r->text, "after\n"), "uid 0 0 0\n"), "%s", r->text);
		h_exact(r, strstr(r->text, t_fmt("uid %10u %10u %10u\n", 0, T_UID, 1)), "%s",
			r->text);
		/* to be copied up it would need an owner in the upper layer, and it has none */
		h_argv(&job, "/bin/payload stat /open -- write /open changed");
		h_spawn(r, &job);
		h_exact(r, strstr(r->text, "mode 106777 uid 65534 "), "%s", r->text);
		h_exact(r, strstr(r->text, "/open: Value too large for"), "%s", r->text);
	}
}
H_TWIN(a23_setuid_of_another_owner, H_USER, setuid_image, setuid_of_others)

/* ---- A27 ---- */

struct terminal {
	int master, slave;
};

/* A terminal of the caller, which is the leader of its session */
static struct terminal own_terminal(void)
{
	struct terminal t = { .master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC) };
	struct termios raw;
	char name[64];

	T_SYS(t.master);
	T_SYS(grantpt(t.master));
	T_SYS(unlockpt(t.master));
	T_CHECK(ptsname_r(t.master, name, sizeof(name)) == 0);
	T_SYS(setsid());
	T_SYS(t.slave = open(name, O_RDWR | O_CLOEXEC));
	T_SYS(ioctl(t.slave, TIOCSCTTY, 0));
	T_SYS(tcgetattr(t.slave, &raw));
	cfmakeraw(&raw);
	T_SYS(tcsetattr(t.slave, TCSANOW, &raw));
	for (int fd = 0; fd < 3; fd++)
		T_SYS(dup2(t.slave, fd));
	return t;
}

/* What a program of the caller would read from it */
static int injected(const struct terminal *t)
{
	int n = 0;

	T_SYS(ioctl(t->slave, FIONREAD, &n));
	tcflush(t->slave, TCIFLUSH);
	return n;
}

static void inherit_stdin(container_spec *spec, void *arg)
{
	container_spec_set_stdio(spec, 0, CONTAIN_STDIO_INHERIT);
	(void)arg;
}

static void check_terminal(struct h_run *r, const struct terminal *t)
{
	int n = injected(t);

	h_held(r, n == 0 && !strstr(r->text, "injected") && !strstr(r->text, "took over"),
	       "%d bytes: %s", n, r->text);
	h_exact(r, strstr(r->text, "tried all\n"), "%s", r->text);
	T_SYS(tcgetpgrp(t->slave)); /* it still is the caller's */
	ck_assert_int_eq(tcgetsid(t->slave), getpid());
}

static void unreachable_terminal(struct h_run *r)
{
	struct h_job job = h_job(r, "tty -- inject");
	struct terminal t = own_terminal();

	h_spawn(r, &job);
	h_works(r);
	h_exact(r, !strstr(r->text, "tried fd") && strstr(r->text, "controlling no\n"), "%s",
		r->text);
	check_terminal(r, &t);
	/* handed over by name: it is seen, and still not to be pushed into */
	job.more = inherit_stdin;
	h_spawn(r, &job);
	h_works(r);
	h_exact(r, strstr(r->text, "0 tty\n") && strstr(r->text, "controlling no\n"), "%s",
		r->text);
	h_exact(r, strstr(r->text, "tried fd 0"), "%s", r->text);
	check_terminal(r, &t);
	/* every capability of a user namespace gives none on the host */
	if (r->how && r->how->bit & (H_USERNS | H_USER)) {
		job.set_caps = 1;
		job.caps = 0xffffffffffULL;
		h_spawn(r, &job);
		check_terminal(r, &t);
	}
}
H_CASE(a27_callers_terminal, H_ALL, NULL, unreachable_terminal)
