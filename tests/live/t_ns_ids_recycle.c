/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A25: the process whose maps are written dies, and its number goes to another one that has just
 * made a user namespace too, before each of the system calls in turn. That one is never touched.
 */
#include "t_ns_ids.h"
#include "fixture.h"

static struct {
	struct ids_child victim, racer;
	uint32_t at, calls;
} attack;

/* A process with a number that was used before, in this program's own pid namespace. */
static int take_number(pid_t pid)
{
	for (int i = 0; i < 200; i++) {
		t_write_file("/proc/sys/kernel/ns_last_pid", t_fmt("%d", pid - 1));
		attack.racer = ids_start(CLONE_NEWUSER);
		if (attack.racer.pid == pid)
			return 1;
		ids_kill(&attack.racer);
	}
	return 0;
}

static void strike(void)
{
	kill(attack.victim.pid, SIGKILL);
	T_CHECK(waitpid(attack.victim.pid, NULL, 0) == attack.victim.pid);
	T_CHECK(take_number(attack.victim.pid), "the number %d does not come back",
		attack.victim.pid);
}

static void seen(enum ct_seam_who who, long nr)
{
	(void)who;
	(void)nr;
	if (++attack.calls != attack.at)
		return;
	ct_seam->on = 0; /* what is made here is the attacker's */
	strike();
	ct_seam->on = 1;
}

static void end_victim(void)
{
	munmap(attack.victim.said, sizeof(*attack.victim.said));
	close(attack.victim.go);
	close(attack.victim.pidfd);
}

/* The racer has what a fresh user namespace has: nothing. */
static void check_racer(const char *when)
{
	T_CHECK(strcmp(ids_read(attack.racer.pidfd, CONTAIN_ID_USER), "") == 0, "%s", when);
	T_CHECK(strcmp(ids_read(attack.racer.pidfd, CONTAIN_ID_GROUP), "") == 0, "%s", when);
	T_CHECK(ids_allowed(attack.racer.pidfd) == 1, "%s", when);
}

/* How many calls were made when the last map had been written; 0: it was not. */
static uint32_t all_written(void)
{
	uint32_t at = 0, writes = 0;

	for (uint32_t i = 0; i < ct_seam->logged; i++)
		if (ct_seam->log[i].nr == SYS_write && ct_seam->log[i].ret > 0 && ++writes == 2)
			at = i + 1;
	return at;
}

/* 1: the attack came before the end of the call. */
static int round_at(uint32_t at, int *ret_err)
{
	contain_error *e = NULL;
	int r, struck;

	attack.victim = ids_start(CLONE_NEWUSER);
	attack.at = at;
	attack.calls = 0;
	fx_seam_reset();
	ct_seam->seen = seen;
	ct_seam->on = 1;
	r = ids_write(&attack.victim, "0 0 1, 1 100000 10", "0 0 1, 1 100000 10", &e);
	ct_seam->on = 0;
	struck = attack.calls >= at;
	T_CHECK(r < 0 || (all_written() && all_written() < at), "all was well before call %u", at);
	T_CHECK(r == 0 || (r == -ESRCH && strstr(contain_error_message(e), "has ended")),
		"call %u: %d: %s", at, r, contain_error_message(e));
	contain_error_free(e);
	if (struck) {
		check_racer(t_fmt("before call %u", at));
		ids_kill(&attack.racer);
		end_victim();
	} else {
		ck_assert_int_eq(r, 0);
		ids_kill(&attack.victim);
	}
	*ret_err = r;
	return struck;
}

TEST_LIMIT(number_that_is_used_again, 120)
{
	int r, died = 0, done = 0;
	uint32_t at = 1;

	t_need_root();
	if (access("/proc/sys/kernel/ns_last_pid", W_OK))
		t_skip("numbers cannot be chosen here");
	fx_seam_open();
	for (; round_at(at, &r); at++) {
		died += r == -ESRCH;
		done += r == 0;
	}
	T_CHECK(died > 10 && done > 1, "%d died, %d done", died, done);
	t_note("attacked before each of %u calls: %d times the end was told, %d times all was done",
	       at - 1, died, done);
}

/* The control: by its number the racer can be hit, and this attack does it. */
TEST(number_as_a_name)
{
	t_need_root();
	if (access("/proc/sys/kernel/ns_last_pid", W_OK))
		t_skip("numbers cannot be chosen here");
	attack.victim = ids_start(CLONE_NEWUSER);
	strike();
	t_write_file(t_fmt("/proc/%d/uid_map", attack.victim.pid), "0 0 1");
	ck_assert_str_eq(ids_read(attack.racer.pidfd, CONTAIN_ID_USER), "0 0 1");
	ids_kill(&attack.racer);
	end_victim();
}
