/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory of ordinary files that the library takes for a group: the seam answers statfs. */
#ifndef T_CG_WATCH_H
#define T_CG_WATCH_H

#include "fixture.h"
#include "harness.h"

#include "cgroup/events.h"
#include "cgroup/group.h"
#include "cgroup/stats.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

static long tw_type = CGROUP2_SUPER_MAGIC;
static int tw_epoll; /* epoll is faked too: every source is always ready */

static inline int tw_fake(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	struct epoll_event *ready;

	(void)who;
	switch (nr) {
	case SYS_fstatfs:
		memset((void *)args[1], 0, sizeof(struct statfs));
		((struct statfs *)args[1])->f_type = tw_type;
		*ret = 0;
		return 1;
	case SYS_epoll_ctl:
		*ret = 0;
		return tw_epoll;
	case SYS_epoll_pwait:
		ready = (struct epoll_event *)args[1];
		for (int i = 0; i <= CT_EVENTS_PIDS; i++)
			ready[i].data.u32 = (uint32_t)i;
		*ret = CT_EVENTS_PIDS + 1;
		return tw_epoll;
	default:
		return 0;
	}
}

/* Everything below is a group from here on. */
static inline void tw_open(void)
{
	fx_seam_open();
	fx_seam_reset();
	ct_seam->fake = tw_fake;
	ct_seam->on = 1;
	tw_type = CGROUP2_SUPER_MAGIC;
	tw_epoll = 0;
}

static inline void tw_file(const char *dir, const char *name, const char *text, size_t n)
{
	int fd = open(t_fmt("%s/%s", dir, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	T_SYS(fd);
	ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
	close(fd);
}

/* "NAME", "TEXT", ..., NULL */
static inline const char *tw_group(const char *const *files)
{
	const char *dir = t_tmpdir();

	tw_file(dir, "cgroup.procs", "", 0);
	for (; *files; files += 2)
		tw_file(dir, files[0], files[1], strlen(files[1]));
	return dir;
}

static inline int tw_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	T_SYS(fd);
	return fd;
}

static inline contain_stats *tw_stats(const char *dir, uint32_t what)
{
	contain_stats *s = NULL;
	contain_error *e = NULL;
	int fd = tw_dir(dir), r = contain_stats_new(fd, what, &s, &e);

	T_CHECK(r == 0, "%s", contain_error_message(e));
	close(fd);
	return s;
}

static inline uint64_t value(const contain_stats *s, int stat)
{
	uint64_t v = 4242;
	int r = contain_stats_get(s, stat, &v);

	T_CHECK(r == 0, "%d: %d", stat, r);
	return v;
}

static inline void no_value(const contain_stats *s, int stat, int err)
{
	uint64_t v = 4242;

	T_CHECK(contain_stats_get(s, stat, &v) == err, "%d", stat);
	T_CHECK(v == 4242, "%d: untouched", stat);
}

/* As it was read by a kernel of that series, shortened. */
static const char *const tw_v2[] = {
	"cpu.stat",
	"usage_usec 123456789012\nuser_usec 100\nsystem_usec 23\n"
	"core_sched.force_idle_usec 7\nnr_periods 10\nnr_throttled 4\nthrottled_usec 5000\n"
	"nr_bursts 2\nburst_usec 33\n",
	"cpu.stat.local",
	"throttled_usec 77\n",
	"memory.current",
	"4096\n",
	"memory.peak",
	"8192\n",
	"memory.swap.current",
	"0\n",
	"memory.swap.peak",
	"12288\n",
	"memory.events",
	"low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n",
	"memory.swap.events",
	"high 7\nmax 8\nfail 9\n",
	"memory.stat",
	"anon 344064\nfile 2007040\nkernel 503808\nfile_mapped 413696\npgfault 2135\n",
	"io.stat",
	"254:16 \n8:0 rbytes2=7 rbytes=1024 wbytes=2048 rios=1 wios=2 dbytes=3 dios=4\n"
	"8:16 rbytes=10 wbytes=20 rios=30 wios=40 dbytes=50 dios=60 cost.usage=99 "
	"cost.vrate=100.00\n",
	"pids.current",
	"12\n",
	"pids.peak",
	"40\n",
	"pids.events",
	"max 6\n",
	"hugetlb.2MB.current",
	"2097152\n",
	"hugetlb.2MB.rsvd.current",
	"4194304\n",
	"hugetlb.2MB.events",
	"max 11\n",
	"hugetlb.2MB.numa_stat",
	"total=0 N0=0\n",
	"hugetlb.1GB.current",
	"0\n",
	"cpu.pressure",
	"some avg10=1.23 avg60=0.40 avg300=100.00 total=18446744073709551615\n"
	"full avg10=0.00 avg60=0.00 avg300=0.07 total=5\n",
	"irq.pressure",
	"full avg10=0.00 avg60=0.00 avg300=0.00 total=9\n",
	"cgroup.events",
	"populated 1\nfrozen 0\n",
	"cgroup.stat",
	"nr_descendants 3\nnr_subsys_cpu 1\nnr_dying_descendants 2\n",
	NULL,
};

#endif
