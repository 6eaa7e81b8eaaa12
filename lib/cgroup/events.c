/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "events.h"
#include "act.h"
#include "group.h"
#include "group_files.h"
#include "sys/str.h"
#include "sys/sys_watch.h"

#include <stdlib.h>
#include <string.h>

#define INDEX(type) (__builtin_ctz(type))

static const char *const source_files[] = { "cgroup.events", "memory.events", "memory.swap.events",
					    "pids.events" };
#define FILES (sizeof(source_files) / sizeof(source_files[0]))

/* By bit of the type, which is also the order in which they are told, the states behind them. */
static const struct {
	const char *name;
	int8_t source; /* of counters; -1: not one */
	const char *key;
} types[CT_EVENTS_TYPES] = {
	{ "populated", -1 },
	{ "empty", -1 },
	{ "frozen", -1 },
	{ "thawed", -1 },
	{ "memory_low", CT_EVENTS_MEMORY, "low" },
	{ "memory_high", CT_EVENTS_MEMORY, "high" },
	{ "memory_max", CT_EVENTS_MEMORY, "max" },
	{ "oom", CT_EVENTS_MEMORY, "oom" },
	{ "oom_kill", CT_EVENTS_MEMORY, "oom_kill" },
	{ "oom_group_kill", CT_EVENTS_MEMORY, "oom_group_kill" },
	{ "swap_max", CT_EVENTS_SWAP, "max" },
	{ "swap_fail", CT_EVENTS_SWAP, "fail" },
	{ "pids_max", CT_EVENTS_PIDS, "max" },
	{ "pressure", -1 },
	{ "removed", -1 },
};

/* Kills before the state that they lead to. */
static const uint32_t order[] = {
	CONTAIN_EVENT_MEMORY_LOW, CONTAIN_EVENT_MEMORY_HIGH,	CONTAIN_EVENT_MEMORY_MAX,
	CONTAIN_EVENT_SWAP_MAX,	  CONTAIN_EVENT_SWAP_FAIL,	CONTAIN_EVENT_OOM,
	CONTAIN_EVENT_OOM_KILL,	  CONTAIN_EVENT_OOM_GROUP_KILL, CONTAIN_EVENT_PIDS_MAX,
	CONTAIN_EVENT_FROZEN,	  CONTAIN_EVENT_THAWED,		CONTAIN_EVENT_POPULATED,
	CONTAIN_EVENT_EMPTY,	  CONTAIN_EVENT_REMOVED,
};
#define ORDER (sizeof(order) / sizeof(order[0]))

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_group_fail(reterr, err, "watch-group", object, hint);
}

const char *contain_event_name(uint32_t type)
{
	if (!type || type & (type - 1) || type >= 1U << CT_EVENTS_TYPES)
		return NULL;
	return types[INDEX(type)].name;
}

int contain_events_fd(const contain_events *e)
{
	return e ? e->ep : -EINVAL;
}

uint32_t contain_events_watched(const contain_events *e)
{
	return e ? e->watched : 0;
}

/* ---- sources ---- */

int ct_events_add(contain_events *e, int source, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u32 = (uint32_t)source };
	int r = ct_sys_epoll_ctl(e->ep, EPOLL_CTL_ADD, fd, &event);

	if (r < 0) {
		ct_sys_close(fd);
		return r;
	}
	e->fd[source] = fd;
	return 0;
}

/* By name: a child that the caller has forked may hold a copy, which would keep it in. */
void ct_events_drop(contain_events *e, int source)
{
	if (e->fd[source] < 0)
		return;
	ct_sys_epoll_ctl(e->ep, EPOLL_CTL_DEL, e->fd[source], NULL);
	ct_sys_close(e->fd[source]);
	e->fd[source] = -1;
}

/* Only these two say that it is gone: not that memory is short, and the like. */
static int is_there(const contain_events *e)
{
	int r = ct_sys_faccessat2(e->dir, "cgroup.procs", F_OK, 0);

	return r != -ENOENT && r != -ENODEV;
}

static uint32_t bits_of(int source)
{
	uint32_t bits = 0;

	if (source == CT_EVENTS_STATE)
		return CT_EVENTS_STATES;
	for (int i = 0; i < CT_EVENTS_TYPES; i++)
		if (types[i].source == source)
			bits |= 1U << i;
	return bits;
}

/* -ENODEV: the file is gone. */
static int read_file(const contain_events *e, int source, char *text, size_t size)
{
	ssize_t n;

	do {
		n = ct_sys_pread64(e->fd[source], text, size - 1, 0);
	} while (n == -EINTR);
	if (n < 0)
		return (int)n;
	text[n] = 0;
	return 0;
}

/* ---- looking ---- */

void ct_events_found(contain_events *e, uint32_t type, uint64_t count)
{
	if (e->mask & type)
		e->pending[INDEX(type)] += count;
}

static void end(contain_events *e)
{
	e->removed = 1;
	if (e->populated == 1)
		ct_events_found(e, CONTAIN_EVENT_EMPTY, 1);
	e->populated = 0;
	ct_events_found(e, CONTAIN_EVENT_REMOVED, 1);
	for (int i = 0; i < CT_EVENTS_SOURCES; i++)
		ct_events_drop(e, i);
}

/* The file is gone. With the group? Else its controller was taken from it. */
static void lost(contain_events *e, int source)
{
	if (!is_there(e)) {
		end(e);
		return;
	}
	ct_events_drop(e, source);
	e->watched &= ~bits_of(source);
}

static int look_state(contain_events *e)
{
	char text[256];
	uint64_t populated, frozen;
	int r = read_file(e, CT_EVENTS_STATE, text, sizeof(text));

	if (r < 0)
		return r;
	if (ct_group_key(text, "populated", &populated) && (int)!!populated != e->populated) {
		e->populated = !!populated;
		ct_events_found(e, populated ? CONTAIN_EVENT_POPULATED : CONTAIN_EVENT_EMPTY, 1);
	}
	if (ct_group_key(text, "frozen", &frozen) && (int)!!frozen != e->frozen) {
		if (frozen || e->frozen == 1)
			ct_events_found(e, frozen ? CONTAIN_EVENT_FROZEN : CONTAIN_EVENT_THAWED, 1);
		e->frozen = !!frozen;
	}
	return 0;
}

static int look_counters(contain_events *e, int source)
{
	char text[1024];
	int r = read_file(e, source, text, sizeof(text));

	for (int i = 0; i < CT_EVENTS_TYPES && r == 0; i++) {
		uint64_t v;

		if (types[i].source != source || !ct_group_key(text, types[i].key, &v))
			continue;
		if (v > e->last[i])
			ct_events_found(e, 1U << i, v - e->last[i]);
		e->last[i] = v;
	}
	return r;
}

/* What it names is somebody else's, most of the time: it is a reason to look, no more. */
static int look_removed(contain_events *e)
{
	_Alignas(struct inotify_event) char buf[4096];
	ssize_t n;

	do {
		n = ct_sys_read(e->fd[CT_EVENTS_REMOVED], buf, sizeof(buf));
	} while (n > 0 || n == -EINTR);
	if (n < 0 && n != -EAGAIN)
		return (int)n;
	return is_there(e) ? 0 : -ENODEV;
}

static int look_one(contain_events *e, int source)
{
	int r;

	if (e->fd[source] < 0)
		return 0;
	switch (source) {
	case CT_EVENTS_STATE:
		r = look_state(e);
		break;
	case CT_EVENTS_REMOVED:
		r = look_removed(e);
		break;
	case CT_EVENTS_PRESSURE:
		r = ct_events_pressure_look(e);
		if (r == -ENODEV && is_there(e)) /* pressure was switched off (cgroup.pressure) */
			return 0;
		break;
	case CT_EVENTS_V1_TOLD:
	case CT_EVENTS_V1_TIMER:
		r = ct_events_v1_look(e);
		break;
	default:
		r = look_counters(e, source);
	}
	if (r == -ENODEV) {
		lost(e, source);
		r = 0;
	}
	return r;
}

/*
 * The state first: a kill is counted before its process ends, so that counters read after the
 * state have all kills that led to it.
 */
static int look(contain_events *e)
{
	struct epoll_event ready[CT_EVENTS_SOURCES];
	uint32_t todo = 0;
	int n = ct_sys_epoll_look(e->ep, ready, CT_EVENTS_SOURCES), r = 0;

	if (n < 0)
		return n == -EINTR ? 0 : n;
	for (int i = 0; i < n; i++)
		todo |= 1U << ready[i].data.u32;
	if (todo & 1U << CT_EVENTS_STATE)
		todo |= 1U << CT_EVENTS_MEMORY | 1U << CT_EVENTS_SWAP | 1U << CT_EVENTS_PIDS |
			1U << CT_EVENTS_V1_TOLD;
	for (int i = 0; i < CT_EVENTS_SOURCES && r == 0; i++)
		if (todo >> i & 1)
			r = look_one(e, i);
	return r;
}

/* 1: it is in the outputs. */
static int take(contain_events *e, uint32_t *ret_type, uint64_t *ret_count, int *ret_trigger)
{
	uint32_t type = CONTAIN_EVENT_PRESSURE;
	uint64_t count = 1;
	int trigger = -1;

	if (e->fired) {
		trigger = __builtin_ctzll(e->fired);
		e->fired &= e->fired - 1;
	} else {
		size_t i = 0;

		while (i < ORDER && !e->pending[INDEX(order[i])])
			i++;
		if (i == ORDER)
			return 0;
		type = order[i];
		count = e->pending[INDEX(type)];
		e->pending[INDEX(type)] = 0;
	}
	*ret_type = type;
	if (ret_count)
		*ret_count = count;
	if (ret_trigger)
		*ret_trigger = trigger;
	return 1;
}

int contain_events_next(contain_events *e, uint32_t *ret_type, uint64_t *ret_count,
			int *ret_trigger)
{
	int r;

	if (!e || !ret_type)
		return -EINVAL;
	if (take(e, ret_type, ret_count, ret_trigger))
		return 1;
	if (e->removed)
		return 0;
	r = look(e);
	return take(e, ret_type, ret_count, ret_trigger) ? 1 : r;
}

/* ---- making ---- */

static int watch_removal(contain_events *e, const char **ret_hint)
{
	char path[64];
	size_t n;
	int spare, r, fd = ct_fd_up(ct_sys_inotify_init1(IN_CLOEXEC | IN_NONBLOCK));

	if (fd == -EMFILE) {
		spare = ct_sys_fcntl(e->ep, F_DUPFD_CLOEXEC, 3);
		if (spare >= 0) {
			ct_sys_close(spare);
			*ret_hint = "the user has no inotify instance left "
				    "(fs.inotify.max_user_instances)";
		}
	}
	if (fd < 0)
		return fd;
	n = ct_append(path, sizeof(path), 0, "/proc/thread-self/fd/");
	n = ct_append_u64(path, sizeof(path), n, (uint64_t)e->dir);
	ct_append(path, sizeof(path), n, "/..");
	r = ct_sys_inotify_add_watch(fd, path, IN_DELETE | IN_ONLYDIR);
	if (r < 0) {
		ct_sys_close(fd);
		*ret_hint = r == -ENOENT ? "procfs is not mounted on /proc" :
			    r == -ENOSPC ? "the user has no inotify watch left "
					   "(fs.inotify.max_user_watches)" :
					   NULL;
		return r;
	}
	r = ct_events_add(e, CT_EVENTS_REMOVED, fd, EPOLLIN);
	/* what was removed before the watch began makes no event */
	return r < 0 ? r : is_there(e) ? 0 : -ENODEV;
}

/* Opened, a file is ready until it is read for the first time. */
static int open_source(contain_events *e, int source)
{
	uint32_t bits = bits_of(source) & e->mask;
	int r, fd;

	if (!bits)
		return 0;
	fd = ct_fd_up(
		ct_sys_openat(e->dir, source_files[source], O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0));
	if (fd == -ENOENT || fd == -ENODEV)
		return is_there(e) ? 0 : -ENODEV;
	if (fd < 0)
		return fd;
	r = ct_events_add(e, source, fd, EPOLLPRI);
	if (r == 0)
		e->watched |= bits;
	if (r == 0 && source != CT_EVENTS_STATE && !(e->mask & CONTAIN_EVENTS_HISTORY)) {
		r = look_counters(e, source);
		memset(e->pending, 0, sizeof(e->pending));
	}
	return r;
}

static int open_all(contain_events *e, const char **ret_name, const char **ret_hint)
{
	int r = 0;

	for (int i = 0; i < (int)FILES && r == 0 && !e->v1; i++) {
		*ret_name = source_files[i];
		r = open_source(e, i);
	}
	if (r < 0)
		return r;
	*ret_name = "group_fd";
	if (e->mask & (CT_EVENTS_STATES | CONTAIN_EVENT_REMOVED) && !e->v1 &&
	    ct_sys_faccessat2(e->dir, "cgroup.events", F_OK, 0) == -ENOENT && is_there(e)) {
		*ret_hint = "the root group has no state and is never removed";
		return -EOPNOTSUPP;
	}
	if (e->mask & CONTAIN_EVENT_REMOVED) {
		r = watch_removal(e, ret_hint);
		*ret_name = "removed";
		e->watched |= CONTAIN_EVENT_REMOVED;
	}
	return r;
}

static contain_events *new_events(uint32_t mask)
{
	contain_events *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->mask = mask;
	e->ep = e->dir = e->v1_oom = -1;
	e->populated = e->frozen = -1;
	for (int i = 0; i < CT_EVENTS_SOURCES; i++)
		e->fd[i] = -1;
	return e;
}

static int open_group(contain_events *e, int group_fd, const char **ret_hint)
{
	int r = ct_group_open(group_fd, ".");

	if (r < 0)
		return r == -ENOENT ? -ENODEV : r;
	e->dir = r;
	r = e->v1 ? 0 : ct_group_check(e->dir);
	if (r == -EOPNOTSUPP)
		*ret_hint = "the directory is not on a cgroup2 file system";
	if (r == 0 && !is_there(e))
		r = -ENODEV;
	if (r < 0)
		return r;
	r = ct_fd_up(ct_sys_epoll_create1(EPOLL_CLOEXEC));
	if (r < 0)
		return r;
	e->ep = r;
	return 0;
}

/* A group, and directories of v1 hierarchies that are the same container's. */
static int make(int group_fd, int is_v1, const struct ct_group *g, uint32_t mask,
		contain_events **ret_events, contain_error **reterr)
{
	const char *name = "group_fd", *hint = NULL;
	contain_events *e = new_events(mask);
	int r;

	if (!e)
		return fail(reterr, -ENOMEM, "", NULL);
	e->v1 = is_v1;
	r = open_group(e, group_fd, &hint);
	if (r == 0)
		r = open_all(e, &name, &hint);
	for (uint32_t i = 0; g && i < g->v1 && r == 0; i++) {
		name = "cgroup v1";
		if (g->v1_dir[i].fd >= 0)
			r = ct_events_v1_open(e, g->v1_dir[i].fd);
	}
	if (r == 0) {
		*ret_events = e;
		return 0;
	}
	contain_events_free(e);
	return fail(reterr, r, name,
		    hint	 ? hint :
		    r == -EMFILE ? "no fd is left (RLIMIT_NOFILE)" :
				   ct_group_hint(r));
}

static int check(uint32_t mask, contain_events **ret_events, contain_error **reterr)
{
	if (!ret_events)
		return fail(reterr, -EINVAL, "ret_events", "is NULL");
	if (mask & ~(CONTAIN_EVENT_ALL | CONTAIN_EVENTS_HISTORY))
		return fail(reterr, -EINVAL, "mask",
			    "is CONTAIN_EVENT_* joined by |, without CONTAIN_EVENT_PRESSURE");
	return 0;
}

int contain_events_new(int group_fd, uint32_t mask, contain_events **ret_events,
		       contain_error **reterr)
{
	int r = check(mask, ret_events, reterr);

	return r < 0 ? r : make(group_fd, 0, NULL, mask, ret_events, reterr);
}

int ct_events_new_of(const struct ct_group *g, uint32_t mask, contain_events **ret_events,
		     contain_error **reterr)
{
	int r = check(mask, ret_events, reterr), fd = g->fd;

	for (uint32_t i = 0; i < g->v1 && fd < 0; i++)
		fd = g->v1_dir[i].fd;
	if (r == 0 && fd < 0)
		r = fail(reterr, -EINVAL, "group_fd", "there is no group");
	return r < 0 ? r : make(fd, g->fd < 0, g, mask, ret_events, reterr);
}

void contain_events_free(contain_events *e)
{
	if (!e)
		return;
	ct_events_pressure_free(e);
	for (int i = 0; i < CT_EVENTS_SOURCES; i++)
		if (e->fd[i] >= 0)
			ct_sys_close(e->fd[i]);
	if (e->dir >= 0)
		ct_sys_close(e->dir);
	if (e->v1_oom >= 0)
		ct_sys_close(e->v1_oom);
	if (e->ep >= 0)
		ct_sys_close(e->ep);
	free(e);
}
