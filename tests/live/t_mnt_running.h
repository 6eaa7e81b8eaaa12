/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A container that runs and gets mounts, looked at from outside. */
#ifndef T_MNT_RUNNING_H
#define T_MNT_RUNNING_H

#include "t_ns.h"

#include <contain/container_mount.h>

/* A container that waits, with a shell's worth of root. */
static inline void target(struct ts *t)
{
	ts_dir(t, 0);
	ts_words(t, "sleep");
	ts_start(t);
	ts_wait_for(t, "sleeping\n");
}

static inline void target_end(struct ts *t)
{
	ts_kill(t);
}

static inline const char *in(const struct ts *t, const char *path)
{
	return t_fmt("/proc/%d/root%s", container_pid(t->c), path);
}

/* The last line of the container's mountinfo with this mount point: from the sixth field on. */
static inline const char *line_of(const struct ts *t, const char *point)
{
	FILE *f = fopen(t_fmt("/proc/%d/mountinfo", container_pid(t->c)), "re");
	char line[4096], at[1024], *found = NULL;

	T_CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %*s %1023s", at) == 1 && !strcmp(at, point))
			found = t_fmt("%s", strstr(line, at) + strlen(at) + 1);
	fclose(f);
	return found;
}

static inline const char *read_in(const struct ts *t, const char *path)
{
	char text[256];
	ssize_t n = t_read_file(in(t, path), text, sizeof(text));

	return n < 0 ? t_fmt("%s", strerrorname_np((int)-n)) : t_fmt("%s", text);
}

#endif
