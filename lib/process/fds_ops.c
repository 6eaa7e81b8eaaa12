/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closing all fds but some, and the dispositions of signals. */
#include "fds.h"
#include "sys/path.h"
#include "sys/sys.h"

#define SIGNAL_LAST 64
#define ENTRIES 4096
#define PASSES 4

struct keep {
	const struct ct_fdmap *map;
	uint32_t n;
	uint32_t one; /* ~0: none */
};

/* The lowest number from low on that stays, ~0: none. */
static uint32_t next_kept(const struct keep *k, uint32_t low)
{
	uint32_t next = k->one >= low ? k->one : ~0U;

	for (uint32_t i = 0; i < k->n; i++)
		if ((uint32_t)k->map[i].to >= low && (uint32_t)k->map[i].to < next)
			next = (uint32_t)k->map[i].to;
	return next;
}

static int close_ranges(const struct keep *k)
{
	/* below 3 too: what the caller has closed, steps may have used */
	for (uint32_t low = 0;; low++) {
		uint32_t next = next_kept(k, low);
		int err = 0;

		if (next > low)
			err = ct_sys_close_range(low, next == ~0U ? next : next - 1, 0);
		if (err < 0 || next == ~0U)
			return err;
		low = next;
	}
}

static uint32_t number(const char *name)
{
	uint32_t n = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		n = n * 10 + (uint32_t)(*name - '0');
	return n;
}

/* One pass over the entries of list; how many were closed, or -errno. */
static int close_pass(const struct keep *k, int list)
{
	_Alignas(8) char buf[ENTRIES];
	int closed = 0;

	if (ct_sys_lseek(list, 0, 0) < 0)
		return -ESPIPE;
	for (;;) {
		ssize_t n = ct_sys_getdents64(list, buf, sizeof(buf));

		if (n <= 0)
			return n ? (int)n : closed;
		for (ssize_t at = 0; at < n;) {
			uint16_t len = *(const uint16_t *)(const void *)(buf + at + 16);
			const char *name = buf + at + 19;
			uint32_t fd = *name >= '0' && *name <= '9' ? number(name) : ~0U;

			at += len;
			if (fd == ~0U || fd == (uint32_t)list || next_kept(k, fd) == fd)
				continue;
			ct_sys_close((int)fd);
			closed++;
		}
	}
}

static int close_listed(const struct keep *k, int proc)
{
	int list = ct_open_in_root(proc, "self/fd", O_RDONLY | O_DIRECTORY, 0), closed = 1;

	if (list < 0)
		return list;
	for (int i = 0; i < PASSES && closed > 0; i++)
		closed = close_pass(k, list);
	if (closed >= 0 && next_kept(k, (uint32_t)list) != (uint32_t)list)
		ct_sys_close(list);
	return closed < 0 ? closed : closed ? -EAGAIN : 0;
}

static int close_each(const struct keep *k)
{
	struct ct_rlimit most;
	uint32_t end = 1U << 20; /* fs.nr_open, unless somebody raised it */
	int err = ct_sys_prlimit64(0, RLIMIT_NOFILE, NULL, &most);

	if (err < 0)
		return err;
	if (most.hard > CT_FDS_TRIED)
		return -ENOSYS;
	if (most.hard > end)
		end = (uint32_t)most.hard;
	for (uint32_t fd = 0, next = next_kept(k, 0); fd < end; fd++) {
		if (fd == next)
			next = next_kept(k, fd + 1);
		else
			ct_sys_close((int)fd);
	}
	return 0;
}

int ct_process_close_others(const struct ct_fdmap *map, uint32_t n, int keep, int proc)
{
	const struct keep k = { map, n, (uint32_t)keep };
	int err = close_ranges(&k);

	if (err != -ENOSYS && err != -EPERM) /* as filters answer, too */
		return err;
	if (proc >= 0 && !close_listed(&k, proc))
		return 0;
	return close_each(&k);
}

/*
 * CLONE_CLEAR_SIGHAND made handlers default, but leaves ignored signals ignored, and exec would
 * hand them on: a payload of a host that ignores SIGPIPE would never see one.
 */
int ct_process_default_signals(void)
{
	uint64_t act[4] = { 0, 0, 0, 0 }; /* SIG_DFL: handler, flags, restorer, mask */

	for (int sig = 1; sig <= SIGNAL_LAST; sig++) {
		int err;

		if (sig == SIGKILL || sig == SIGSTOP)
			continue;
		err = ct_sys_rt_sigaction(sig, act, NULL, sizeof(uint64_t));
		if (err < 0)
			return err;
	}
	return 0;
}
