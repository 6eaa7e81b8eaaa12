/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listen.h"

#include <stdio.h>
#include <string.h>

#define NUMBERS 64 /* both variables with a number, each with its terminator */

static size_t count(char *const *env)
{
	size_t n = 0;

	while (env[n])
		n++;
	return n;
}

/* Another's: they would be found before these. */
static int is_listen(const char *e)
{
	return !strncmp(e, "LISTEN_PID=", 11) || !strncmp(e, "LISTEN_FDS=", 11) ||
	       !strncmp(e, "LISTEN_FDNAMES=", 15) || !strncmp(e, "LISTEN_PIDFDID=", 15);
}

size_t ct_listen_room(const struct ct_values *v, char *const *env)
{
	return (count(env) + 4) * sizeof(char *) + NUMBERS + sizeof("LISTEN_FDNAMES=") +
	       (v->listen_names ? strlen(v->listen_names) : 0);
}

char **ct_listen_env(char *room, const struct ct_values *v, char *const *env)
{
	char **list = (char **)room, *text = (char *)(list + count(env) + 4);
	size_t n = 0;

	list[n++] = text;
	text = stpcpy(text, CT_LISTEN_PID) + 1;
	list[n++] = text;
	text += snprintf(text, NUMBERS - sizeof(CT_LISTEN_PID), "LISTEN_FDS=%zu", v->nlisten) + 1;
	if (v->listen_names) {
		list[n++] = text;
		stpcpy(stpcpy(text, "LISTEN_FDNAMES="), v->listen_names);
	}
	for (; *env; env++)
		if (!is_listen(*env))
			list[n++] = *env;
	list[n] = NULL;
	return list;
}
