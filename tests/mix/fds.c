/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Open fds, environment, working directory, arguments. */
#include "mix.h"

#include <sys/sysmacros.h>

static struct mix_fd *expect(struct mix *m, int number)
{
	for (int i = 0; i < m->fds; i++)
		if (m->fd[i].number == number)
			return &m->fd[i];
	T_CHECK(m->fds < MIX_FDS, "too many fds");
	m->fd[m->fds].number = number;
	return &m->fd[m->fds++];
}

static void expect_same(struct mix *m, int number, int fd)
{
	struct mix_fd *f = expect(m, number);

	f->kind = MIX_FD_SAME;
	T_SYS(fstat(fd, &f->st));
}

static int is_it(const struct mix_fd *f, unsigned int type, unsigned int dev, unsigned long ino,
		 const char *path)
{
	if (f->kind == MIX_FD_NULL)
		return type == S_IFCHR && strlen(path) >= 5 &&
		       !strcmp(path + strlen(path) - 5, "/null");
	if (f->kind == MIX_FD_PIPE)
		return type == S_IFIFO;
	return dev == (unsigned int)f->st.st_dev && ino == f->st.st_ino;
}

static void check_fds(struct mix *m, const struct mix_section *s, const char *text)
{
	int seen[MIX_FDS] = { 0 };

	(void)s;
	for (const char *at = text; *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : "") {
		unsigned int type, dev;
		unsigned long ino;
		char path[512] = "", flag[16];
		int number, i;

		if (sscanf(at, "%d %o %x:%lu %*s %15s %511[^\n]", &number, &type, &dev, &ino, flag,
			   path) < 5) {
			mix_differs(m, "fds: %.200s", at);
			return;
		}
		for (i = 0; i < m->fds && m->fd[i].number != number; i++)
			;
		if (i == m->fds) {
			mix_differs(m, "fds: %d is open: %s", number, path);
			continue;
		}
		seen[i] = 1;
		if (!is_it(&m->fd[i], type, dev, ino, path) || strcmp(flag, "-") != 0)
			mix_differs(m, "fds: %d is %s, kind %d was asked", number, path,
				    m->fd[i].kind);
	}
	for (int i = 0; i < m->fds; i++)
		if (!seen[i])
			mix_differs(m, "fds: %d is not open", m->fd[i].number);
}

static void stdio(struct mix *m, int number)
{
	uint32_t kind = mix_pick(m, 4);
	int fd;

	if (number == 1) {
		mix_set(m, container_spec_set_stdio(m->spec, 1, m->out), "stdout");
		expect_same(m, 1, m->out);
		return;
	}
	mix_say(m, "fd %d: kind %u", number, kind);
	if (kind == 0) {
		expect(m, number)->kind = MIX_FD_NULL;
	} else if (kind == 1) {
		mix_set(m, container_spec_set_stdio(m->spec, number, CONTAIN_STDIO_PIPE), "pipe");
		expect(m, number)->kind = MIX_FD_PIPE;
	} else if (kind == 2) {
		mix_set(m, container_spec_set_stdio(m->spec, number, CONTAIN_STDIO_INHERIT),
			"inherit");
		expect_same(m, number, number);
	} else {
		fd = mix_keep(m, ts_memfd());
		mix_set(m, container_spec_set_stdio(m->spec, number, fd), "stdio");
		expect_same(m, number, fd);
	}
}

void mix_fds(struct mix *m)
{
	uint32_t n = mix_one_in(m, 2) ? mix_pick(m, 6) : 0;

	for (int i = 0; i < 3; i++)
		stdio(m, i);
	/* those that nobody gave */
	for (int i = 0; i < 4; i++)
		mix_keep(m, dup(m->out));
	for (uint32_t i = 0; i < n; i++) {
		int fd = mix_keep(m, ts_memfd());
		int to = mix_one_in(m, 3) ? 3 + (int)i : (int)(3 + mix_pick(m, 900));

		mix_say(m, "fd %d", to);
		if (m->over && mix_one_in(m, 2))
			mix_set(m, container_overrides_add_fd(m->over, fd, to), "fd");
		else if (m->over) /* what the start overrides comes last, whenever it was said */
			continue;
		else
			mix_set(m, container_spec_add_fd(m->spec, fd, to), "fd");
		expect_same(m, to, fd);
	}
	mix_section(m, "fds", "fds")->check = check_fds;
}

static void word(struct mix *m, char *to, size_t size)
{
	static const char letters[] = "abcXYZ019=_./:,;+%$#!?~^*()[]{}<>|&'\"\\\xc3\xa9\xff\x01";
	size_t n = 1 + mix_pick(m, 20);

	for (size_t i = 0; i < n && i < size - 1; i++)
		to[i] = letters[mix_pick(m, sizeof(letters) - 1)];
	to[n < size - 1 ? n : size - 1] = 0;
}

static void environment(struct mix *m)
{
	struct mix_section *s = mix_section(m, "env", "env");
	static char text[16][64];
	const char *env[17];
	uint32_t n = mix_pick(m, 16);

	if (mix_one_in(m, 3)) {
		mix_want(s, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		int len = snprintf(text[i], sizeof(text[i]), "V%u=", i);

		word(m, text[i] + len, sizeof(text[i]) - (size_t)len);
		mix_want(s, "%s\n", text[i]);
		env[i] = text[i];
	}
	env[n] = NULL;
	if (m->over && mix_one_in(m, 2)) {
		static const char *const other[] = { "OTHER=1", NULL };

		mix_set(m, container_spec_set_env(m->spec, other), "env");
		mix_set(m, container_overrides_set_env(m->over, env), "env");
	} else {
		mix_set(m, container_spec_set_env(m->spec, env), "env");
	}
}

static void arguments(struct mix *m)
{
	struct mix_section *s = mix_section(m, "argv", "argv");
	uint32_t n = mix_pick(m, 8);

	for (uint32_t i = 0; i < n; i++) {
		char text[64];

		word(m, text, sizeof(text));
		if (*text == '@' || !strcmp(text, "--"))
			continue;
		mix_want(s, "%s\n", text);
		snprintf(s->command + strlen(s->command), sizeof(s->command) - strlen(s->command),
			 " %s", text);
	}
}

void mix_words(struct mix *m)
{
	static const char *const places[] = { "/", "/tmp", "/proc", "/dev/pts", "/sys/kernel" };
	const char *cwd = places[mix_pick(m, 5)];

	environment(m);
	arguments(m);
	if (m->over && mix_one_in(m, 2)) {
		mix_set(m, container_spec_set_cwd(m->spec, "/no/such"), "cwd");
		mix_set(m, container_overrides_set_cwd(m->over, cwd), "cwd");
	} else if (strcmp(cwd, "/") != 0 || mix_one_in(m, 2)) {
		mix_set(m, container_spec_set_cwd(m->spec, cwd), "cwd");
	}
	mix_want(mix_section(m, "cwd", "cwd"), "%s\n", cwd);
}
