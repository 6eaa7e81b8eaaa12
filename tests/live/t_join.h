/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A container that others join, and what one that joined has to see. */
#ifndef T_JOIN_H
#define T_JOIN_H

#include "t_spawn.h"

#include <signal.h>

#define TJ_ALL (TS_NS_ALL | CONTAIN_NS_TIME)

static const struct {
	const char *name;
	uint64_t type;
} tj_types[] = {
	{ "mnt", CONTAIN_NS_MNT }, { "cgroup", CONTAIN_NS_CGROUP }, { "uts", CONTAIN_NS_UTS },
	{ "ipc", CONTAIN_NS_IPC }, { "user", CONTAIN_NS_USER },	    { "pid", CONTAIN_NS_PID },
	{ "net", CONTAIN_NS_NET }, { "time", CONTAIN_NS_TIME },
};
#define TJ_TYPES (sizeof(tj_types) / sizeof(tj_types[0]))

/* base: 0 the default map, above: where 65536 ids start outside, -1: only the id 1000 */
static inline void tj_target(struct ts *t, uint64_t types, int base)
{
	ts_dir(t, 0);
	container_spec_set_name(t->spec, "target");
	container_spec_set_namespaces(t->spec, types);
	if (base > 0) {
		container_spec_add_uid_range(t->spec, 0, (uint32_t)base, 65536);
		container_spec_add_gid_range(t->spec, 0, (uint32_t)base, 65536);
	} else if (base < 0) {
		container_spec_add_uid_range(t->spec, 1000, 1000, 1);
		container_spec_add_gid_range(t->spec, 1000, 1000, 1);
		container_spec_set_default_mounts(t->spec, CONTAIN_DEFAULT_PROC |
								   CONTAIN_DEFAULT_TMP);
	}
	ts_sh(t, "echo left by the target >/tmp/mark; exec /bin/payload sleep");
	ts_start(t);
	ts_wait_for(t, "sleeping\n");
}

static inline void tj_end(struct ts *target)
{
	ck_assert_int_eq(container_kill(target->c, NULL), 0);
	ts_end(target);
}

static inline int tj_open(const struct ts *target, const char *name)
{
	int fd = open(t_fmt("/proc/%d/ns/%s", container_pid(target->c), name),
		      O_RDONLY | O_CLOEXEC);

	T_SYS(fd);
	return fd;
}

static inline void tj_join(struct ts *t, const struct ts *target, uint64_t types)
{
	for (size_t i = 0; i < TJ_TYPES; i++) {
		int fd;

		if (!(types & tj_types[i].type))
			continue;
		fd = tj_open(target, tj_types[i].name);
		ck_assert_int_eq(container_spec_join_namespace(t->spec, tj_types[i].type, fd), 0);
		close(fd);
	}
}

static inline const char *tj_link(int pid, const char *name)
{
	char link[64];
	ssize_t n = readlink(t_fmt("/proc/%d/ns/%s", pid, name), link, sizeof(link) - 1);

	T_SYS(n);
	return t_fmt("%.*s", (int)n, link);
}

/* What "ns" printed: these are the target's, and no other is that is not everybody's. */
static inline void tj_check(struct ts *t, const struct ts *target, uint64_t joined)
{
	for (size_t i = 0; i < TJ_TYPES; i++) {
		const char *name = tj_types[i].name, *in = ts_value(t, name);
		const char *theirs = tj_link(container_pid(target->c), name);

		if (strcmp(theirs, tj_link(getpid(), name)) != 0)
			T_CHECK(!strcmp(in, theirs) == !!(joined & tj_types[i].type),
				"%s: inside %s, the target's %s", name, in, theirs);
	}
}

/* "fds" printed nothing above 2. */
static inline void tj_only_stdio(struct ts *t)
{
	for (int fd = 3; fd < 64; fd++)
		ts_hasnt(t, "\n%d ", fd);
}

#endif
