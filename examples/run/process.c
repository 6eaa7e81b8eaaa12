/* SPDX-License-Identifier: MIT-0 */
/* Options of the process: who it is, what it may do, what it gets. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What container_spec_set_capabilities() has by default. */
#define DEFAULT_CAPABILITIES                                                                       \
	"chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,sys_chroot," \
	"setfcap"

/* A name, a list of names, or all. */
static int read_capabilities(struct run *r, const char *names, uint64_t *ret)
{
	if (!r->capabilities_given)
		contain_capabilities_parse(DEFAULT_CAPABILITIES, 0, &r->capabilities, NULL);
	r->capabilities_given = 1;
	if (!strpbrk(names, "+-") && contain_capabilities_parse(names, 0, ret, NULL) == 0)
		return 0;
	return bad_value(r, names, "not a capability of capabilities(7), such as net_raw, or all");
}

int take_cap_add(struct run *r, char *const *arg)
{
	uint64_t set = 0;
	int err = read_capabilities(r, arg[0], &set);

	r->capabilities |= set;
	return err;
}

int take_cap_drop(struct run *r, char *const *arg)
{
	uint64_t set = 0;
	int err = read_capabilities(r, arg[0], &set);

	r->capabilities &= ~set;
	return err;
}

int take_user(struct run *r, char *const *arg)
{
	uint64_t id[2] = { 0, 0 };
	size_t n = 0;
	const char *why = read_numbers(arg[0], ':', UINT32_MAX - 1, id, 1, 2, &n);

	if (why) { /* names of the image, or numbers that are too large, which this says */
		r->uid = UINT32_MAX;
		return setter(r, container_spec_set_user_name(r->spec, arg[0],
							      CONTAIN_USER_HOME));
	}
	r->uid = (uint32_t)id[0];
	return setter(r, container_spec_set_user(r->spec, r->uid, (uint32_t)id[n - 1]));
}

int take_groups(struct run *r, char *const *arg)
{
	uint64_t id[64];
	uint32_t gids[64];
	size_t n = 0;
	const char *why = NULL;

	if (strcmp(arg[0], "none") != 0)
		why = read_numbers(arg[0], ',', UINT32_MAX - 1, id, 1, 64, &n);
	if (why)
		return bad_value(r, arg[0], "not a list of at most 64 group ids, or none");
	for (size_t i = 0; i < n; i++)
		gids[i] = (uint32_t)id[i];
	return setter(r, container_spec_set_groups(r->spec, gids, n));
}

int take_new_privs(struct run *r, char *const *arg)
{
	return setter(r, container_spec_set_no_new_privs(r->spec, 0));
}

/* NAME=VALUE into the list; a later one of the same name takes the place of the former. */
static int put_env(struct run *r, const char *entry)
{
	size_t name = strcspn(entry, "=") + 1, i;
	char *copy = strdup(entry);

	if (!copy)
		return say("out of memory"), -1;
	for (i = 0; i < r->nenv && strncmp(r->env[i], entry, name) != 0; i++)
		;
	if (i == r->nenv)
		r->nenv++; /* there is room for all arguments and the defaults */
	else
		free(r->env[i]);
	r->env[i] = copy;
	return 0;
}

static int put_own_env(struct run *r, const char *name)
{
	const char *value = getenv(name);
	char *entry;
	int err;

	if (!value)
		return 0;
	if (asprintf(&entry, "%s=%s", name, value) < 0)
		return say("out of memory"), -1;
	err = put_env(r, entry);
	free(entry);
	return err;
}

int take_env(struct run *r, char *const *arg)
{
	if (!arg[0][0] || arg[0][0] == '=')
		return bad_value(r, arg[0], "not NAME=VALUE, and not the NAME of a variable");
	return strchr(arg[0], '=') ? put_env(r, arg[0]) : put_own_env(r, arg[0]);
}

int take_clear_env(struct run *r, char *const *arg)
{
	while (r->nenv)
		free(r->env[--r->nenv]);
	r->env[0] = NULL;
	r->clear_env = 1;
	return 0;
}

int take_chdir(struct run *r, char *const *arg)
{
	return setter(r, container_spec_set_cwd(r->spec, arg[0]));
}

/* The resources of prlimit(1), by number; those in bytes take the suffixes of a size. */
static const struct resource {
	const char *name;
	int bytes;
} resources[RLIM_NLIMITS] = {
	[RLIMIT_AS] = { "as", 1 },
	[RLIMIT_CORE] = { "core", 1 },
	[RLIMIT_CPU] = { "cpu", 0 },
	[RLIMIT_DATA] = { "data", 1 },
	[RLIMIT_FSIZE] = { "fsize", 1 },
	[RLIMIT_LOCKS] = { "locks", 0 },
	[RLIMIT_MEMLOCK] = { "memlock", 1 },
	[RLIMIT_MSGQUEUE] = { "msgqueue", 1 },
	[RLIMIT_NICE] = { "nice", 0 },
	[RLIMIT_NOFILE] = { "nofile", 0 },
	[RLIMIT_NPROC] = { "nproc", 0 },
	[RLIMIT_RSS] = { "rss", 1 },
	[RLIMIT_RTPRIO] = { "rtprio", 0 },
	[RLIMIT_RTTIME] = { "rttime", 0 },
	[RLIMIT_SIGPENDING] = { "sigpending", 0 },
	[RLIMIT_STACK] = { "stack", 1 },
};

static const char *read_limit(char *s, int bytes, uint64_t *ret)
{
	if (!strcmp(s, "unlimited"))
		return *ret = UINT64_MAX, NULL;
	return bytes && strcmp(s, "0") != 0 ? read_size(s, ret) : read_number(s, UINT64_MAX, ret);
}

int take_rlimit(struct run *r, char *const *arg)
{
	size_t len = strcspn(arg[0], "=");
	uint64_t soft = 0, hard = 0;
	char *value, *colon;
	const char *why;
	int i = 0;

	while (i < RLIM_NLIMITS &&
	       (strlen(resources[i].name) != len || memcmp(resources[i].name, arg[0], len) != 0))
		i++;
	if (i == RLIM_NLIMITS || !arg[0][len])
		return bad_value(r, arg[0], "not NAME=SOFT[:HARD] with a name of prlimit(1)");
	value = strdup(arg[0] + len + 1);
	if (!value)
		return say("out of memory"), -1;
	colon = strchr(value, ':');
	if (colon)
		*colon = 0;
	why = read_limit(value, resources[i].bytes, &soft);
	if (!why && colon)
		why = read_limit(colon + 1, resources[i].bytes, &hard);
	free(value);
	if (why)
		return bad_value(r, arg[0], why);
	return setter(r, container_spec_set_rlimit(r->spec, i, soft, colon ? hard : soft));
}

int take_umask(struct run *r, char *const *arg)
{
	uint32_t mask = 0;
	const char *why = read_octal(arg[0], 0777, &mask);

	return why ? bad_value(r, arg[0], why) : setter(r, container_spec_set_umask(r->spec, mask));
}

int take_oom_score_adj(struct run *r, char *const *arg)
{
	int negative = arg[0][0] == '-';
	uint64_t n = 0;
	const char *why = read_number(arg[0] + negative, 1000, &n);

	return why ? bad_value(r, arg[0], "not a number from -1000 to 1000") :
		     setter(r, container_spec_set_oom_score_adj(r->spec,
								negative ? -(int)n : (int)n));
}

int take_fd(struct run *r, char *const *arg)
{
	uint64_t fd = 0;
	const char *why = read_number(arg[0], INT32_MAX, &fd);

	return why ? bad_value(r, arg[0], why) :
		     setter(r, container_spec_add_fd(r->spec, (int)fd, (int)fd));
}

int take_name(struct run *r, char *const *arg)
{
	return setter(r, container_spec_set_name(r->spec, arg[0]));
}

int take_setup_timeout(struct run *r, char *const *arg)
{
	uint64_t msec = 0;
	const char *why = read_decimal(arg[0], 3, INT32_MAX, &msec);

	return why ? bad_value(r, arg[0], why) :
		     setter(r, container_spec_set_setup_timeout(r->spec, (int64_t)msec));
}

int take_no_init(struct run *r, char *const *arg)
{
	r->no_init = 1;
	return 0;
}

/* TERM as here, PATH and HOME as a login would set them, unless --env or --clear-env say else. */
static int finish_env(struct run *r)
{
	char **given = r->env;
	size_t n = r->nenv;
	int err = 0;

	if (!r->clear_env) {
		r->env = calloc(n + 4, sizeof(*r->env));
		r->nenv = 0;
		if (!r->env)
			return say("out of memory"), -1;
		err = put_env(r, DEFAULT_PATH) < 0 ||
		      put_env(r, r->uid ? "HOME=/" : "HOME=/root") < 0 ||
		      put_own_env(r, "TERM") < 0;
		for (size_t i = 0; i < n && !err; i++)
			err = put_env(r, given[i]) < 0;
		for (size_t i = 0; i < n; i++)
			free(given[i]);
		free(given);
	}
	r->option = "--env";
	return err ? -1 : setter(r, container_spec_set_env(r->spec, (const char *const *)r->env));
}

int finish_process(struct run *r)
{
	r->option = "--cap-add, --cap-drop";
	if (r->capabilities_given &&
	    setter(r, container_spec_set_capabilities(r->spec, r->capabilities)) < 0)
		return -1;
	if (r->tty && finish_terminal(r) < 0)
		return -1;
	for (int fd = 0; fd < 3 && !r->tty; fd++)
		if (setter(r, container_spec_set_stdio(r->spec, fd, CONTAIN_STDIO_INHERIT)) < 0)
			return -1;
	r->option = "--no-init";
	if (!r->no_init && setter(r, container_spec_set_init(r->spec, 1)) < 0)
		return -1;
	r->option = "the command";
	if (setter(r, container_spec_set_argv(r->spec, (const char *const *)r->command)) < 0)
		return -1;
	return finish_env(r);
}
