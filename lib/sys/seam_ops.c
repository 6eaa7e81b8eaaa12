/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built only for tests (CT_SEAM). Freestanding: it runs in the child as well. */
#include "seam.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>

struct ct_seam *ct_seam;
int ct_seam_fd = -1, ct_seam_self = -1;
static int foreign; /* another program: what seen and fake point to is not here */

void ct_seam_stack(enum ct_seam_who who, void *low, size_t size)
{
	if (!ct_seam)
		return;
	ct_seam->stack[who][0] = (uintptr_t)low;
	ct_seam->stack[who][1] = (uintptr_t)low + size;
}

void ct_seam_keep(void)
{
	if (ct_seam && ct_seam_fd >= 0)
		ct_raw6(__NR_fcntl, ct_seam_fd, F_SETFD, 0, 0, 0, 0);
}

void ct_seam_map(int fd)
{
	long p = ct_raw6(__NR_mmap, 0, sizeof(struct ct_seam), PROT_READ | PROT_WRITE, MAP_SHARED,
			 fd, 0);

	if (p < 0 && p > -4096)
		return;
	ct_raw6(__NR_close, fd, 0, 0, 0, 0, 0);
	ct_seam_self = CT_SEAM_INIT;
	foreign = 1;
	ct_seam = (struct ct_seam *)p;
}

/* By the stack pointer: asking the kernel for a thread id would add calls to what is counted. */
static enum ct_seam_who caller(const struct ct_seam *m)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	if (ct_seam_self >= 0)
		return (enum ct_seam_who)ct_seam_self;

	for (int who = CT_SEAM_STARTER; who < CT_SEAM_WHO; who++)
		if (here >= m->stack[who][0] && here < m->stack[who][1])
			return (enum ct_seam_who)who;
	return CT_SEAM_PARENT;
}

static int meets(const struct ct_seam *m, enum ct_seam_who who, uint32_t k, long nr)
{
	if (!m->action || m->who != who)
		return 0;
	if (m->nr >= 0 && m->nr != nr)
		return 0;
	return !m->at || (m->at == k && nr + 1 != m->uncounted);
}

/* A pid 1 cannot send itself SIGKILL: the child ends without a word instead. */
static void vanish(enum ct_seam_who who)
{
	if (who >= CT_SEAM_CHILD)
		ct_raw6(__NR_exit_group, 137, 0, 0, 0, 0, 0);
	ct_raw6(__NR_kill, ct_raw6(__NR_getpid, 0, 0, 0, 0, 0, 0), 9, 0, 0, 0, 0);
}

int ct_seam_before(struct ct_seam_visit *v, long nr)
{
	struct ct_seam *m = ct_seam;
	enum ct_seam_who who;
	uint32_t k;

	v->slot = CT_SEAM_LOG;
	v->hit = 0;
	if (!m || !m->on)
		return 0;
	v->who = who = caller(m);
	__atomic_add_fetch(&m->count[who], 1, __ATOMIC_RELAXED);
	k = __atomic_add_fetch(&m->place[who], nr + 1 != m->uncounted, __ATOMIC_RELAXED);
	v->slot = __atomic_fetch_add(&m->logged, 1, __ATOMIC_RELAXED);
	v->hit = meets(m, who, k, nr);
	if (m->seen && !foreign)
		m->seen(who, nr);
	if (v->slot < CT_SEAM_LOG) { /* before the call: exec and exit do not come back */
		m->log[v->slot].who = (uint8_t)who;
		m->log[v->slot].nr = (int16_t)nr;
		m->log[v->slot].injected = (uint8_t)v->hit;
		m->log[v->slot].ret = 0;
	}
	if (!v->hit)
		return 0;
	__atomic_add_fetch(&m->hits, 1, __ATOMIC_RELAXED);
	if (m->action == CT_SEAM_KILL)
		vanish(who);
	return m->action == CT_SEAM_FAIL;
}

long ct_seam_after(const struct ct_seam_visit *v, long ret)
{
	struct ct_seam *m = ct_seam;

	if (v->hit)
		ret = m->err;
	if (v->slot < CT_SEAM_LOG)
		m->log[v->slot].ret = ret;
	return ret;
}

long ct_seam_call(long nr, long a, long b, long c, long d, long e, long f)
{
	const long args[6] = { a, b, c, d, e, f };
	struct ct_seam_visit v;
	long ret = 0;

	if (!ct_seam_before(&v, nr) && !(v.slot < CT_SEAM_LOG && ct_seam->fake &&
					 !foreign && ct_seam->fake(v.who, nr, args, &ret)))
		ret = ct_raw6(nr, a, b, c, d, e, f);
	return ct_seam_after(&v, ret);
}
