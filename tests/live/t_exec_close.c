/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closing all fds but some, with and without close_range(2); signals as a program expects them. */
#include "fixture.h"
#include "t_spawn.h"

#include <contain/process_fds.h>
#include <dirent.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>

enum without { NOTHING, CLOSE_RANGE, PROC, ALL };

/* Who may not call close_range(2), in this process and those that it makes. */
static void take_away(enum ct_seam_who who, int err)
{
	fx_seam_open();
	fx_seam_reset();
	ct_seam->who = who;
	ct_seam->nr = SYS_close_range;
	ct_seam->action = CT_SEAM_FAIL;
	ct_seam->err = err;
	ct_seam->on = 1;
}

/* Fills @open with the numbers below @max that are open; how many. */
static int list_open(int *open_fds, int max)
{
	int n = 0;

	for (int fd = 0; fd < max; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			open_fds[n++] = fd;
	return n;
}

struct job {
	enum without without;
	int err;
};

#define MANY 300

static int closes(void *arg, void *rec)
{
	const struct job *job = arg;
	const int keep[] = { 250, 2, 77, 77, 9, 299 };
	int open_fds[1024], n, *out = rec;
	contain_error *e = NULL;

	for (int fd = 3; fd < MANY; fd++)
		T_SYS(dup2(0, fd));
	if (job->without & PROC) {
		T_SYS(unshare(CLONE_NEWNS));
		T_SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		T_SYS(mount("none", "/proc", "tmpfs", 0, NULL));
	}
	if (job->without & CLOSE_RANGE)
		take_away(CT_SEAM_PARENT, job->err);
	close(77); /* not open: no mistake; a fd of the library's own takes the number meanwhile */
	out[0] = contain_process_close_fds(keep, 6, &e);
	if (ct_seam)
		ct_seam->on = 0;
	n = list_open(open_fds, 1024);
	out[1] = n;
	memcpy(out + 2, open_fds, (size_t)(n < 8 ? n : 8) * sizeof(int));
	contain_error_free(e);
	_exit(0);
}

TEST(all_but_some_are_closed)
{
	static const int errs[] = { -ENOSYS, -EPERM };
	int rec[16];

	for (int way = NOTHING; way <= ALL; way++)
		for (int i = 0; i < 2; i++) {
			struct job job = { (enum without)way, errs[i] };

			if (way & PROC && geteuid())
				continue;
			memset(rec, 0, sizeof(rec));
			ck_assert_int_eq(t_child(closes, &job, rec, sizeof(rec)), 0);
			T_CHECK(rec[0] == 0 && rec[1] == 4 && rec[2] == 2 && rec[3] == 9 &&
					rec[4] == 250 && rec[5] == 299,
				"without %d: %d, %d are open: %d %d %d %d", way, rec[0], rec[1],
				rec[2], rec[3], rec[4], rec[5]);
		}
}

/* Numbers beyond what can be tried, and no list of them: nothing is said to be closed. */
static int too_many(void *arg, void *rec)
{
	int (*fake)(enum ct_seam_who, long, const long *, long *) = arg;
	const char **hint = rec;
	contain_error *e = NULL;

	fx_seam_open();
	fx_seam_reset();
	ct_seam->fake = fake;
	ct_seam->nr = -1;
	ct_seam->on = 1;
	ck_assert_int_eq(contain_process_close_fds(NULL, 0, &e), -ENOSYS);
	_exit(strstr(contain_error_hint(e), "RLIMIT_NOFILE") && !hint ? 0 : 1);
}

static int none_at_all(enum ct_seam_who who, long nr, const long *args, long *ret)
{
	(void)who;
	*ret = nr == SYS_close_range ? -ENOSYS : -ENOENT;
	if (nr == SYS_prlimit64) {
		((uint64_t *)args[3])[0] = ((uint64_t *)args[3])[1] = 1 << 30;
		*ret = 0;
		return 1;
	}
	return nr == SYS_close_range || nr == SYS_openat;
}

TEST(too_many_to_try)
{
	ck_assert_int_eq(t_child(too_many, (void *)none_at_all, NULL, 0), 0);
}

TEST(bad_lists)
{
	const int negative[] = { 0, -1 };
	contain_error *e = NULL;

	ck_assert_int_eq(contain_process_close_fds(NULL, 1, &e), -EINVAL);
	ck_assert_str_eq(contain_error_object(e), "keep");
	contain_error_free(e);
	e = NULL;
	ck_assert_int_eq(contain_process_close_fds(negative, 2, &e), -EINVAL);
	ck_assert_str_eq(contain_error_object(e), "keep[1]");
	contain_error_free(e);
	e = NULL;
	ck_assert_int_eq(contain_process_close_fds(negative, 65537, &e), -EINVAL);
	ck_assert_str_eq(contain_error_object(e), "n");
	contain_error_free(e);
	T_CHECK(fcntl(0, F_GETFD) >= 0, "nothing was closed");
}

/* A container where close_range(2) is missing in the child: its fds are exact all the same. */
static int starts_without(void *arg, void *rec)
{
	const struct job *job = arg;
	struct ts t;
	int extra[20];

	(void)rec;
	for (int i = 0; i < 20; i++)
		T_SYS(extra[i] = dup(0));
	ts_dir(&t, 0);
	if (job->without & PROC)
		container_spec_set_default_mounts(t.spec, CONTAIN_DEFAULT_DEV);
	container_spec_add_fd(t.spec, t.out, 700);
	ts_words(&t, "to 700 -- argv x");
	if (!(job->without & PROC))
		ts_words(&t, "fds");
	t_state_free(t.state);
	t.state = NULL;
	take_away(CT_SEAM_CHILD, job->err);
	ts_start(&t);
	container_wait(t.c, -1, NULL, NULL);
	ct_seam->on = 0;
	ts_text(&t);
	if (!(job->without & PROC)) {
		ts_has(&t, "\n2 ");
		ts_has(&t, "\n700 ");
		for (int fd = 3; fd < 100; fd++)
			ts_hasnt(&t, "\n%d ", fd);
	}
	ts_end(&t);
	return 0;
}

TEST_BOTH(containers_without_close_range)
{
	static const int errs[] = { -ENOSYS, -EPERM };

	ts_root();
	for (int way = CLOSE_RANGE; way <= ALL; way += PROC)
		for (int i = 0; i < 2; i++) {
			struct job job = { (enum without)way, errs[i] };

			ck_assert_int_eq(t_child(starts_without, &job, NULL, 0), 0);
		}
}

/* ---- signals ---- */

static void handler(int sig)
{
	(void)sig;
}

static int resets(void *arg, void *rec)
{
	struct sigaction act;
	sigset_t mask;
	contain_error *e = NULL;

	(void)arg;
	(void)rec;
	sigfillset(&mask);
	T_SYS(sigprocmask(SIG_SETMASK, &mask, NULL));
	for (int sig = 1; sig <= 64; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && (sig < 32 || sig > 33))
			signal(sig, sig % 2 ? SIG_IGN : handler);
	ck_assert_int_eq(contain_process_reset_signals(&e), 0);
	ck_assert_ptr_null(e);
	for (int sig = 1; sig <= 64; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && (sig < 32 || sig > 33)) {
			T_SYS(sigaction(sig, NULL, &act));
			T_CHECK(act.sa_handler == SIG_DFL, "signal %d", sig);
		}
	T_SYS(sigprocmask(SIG_SETMASK, NULL, &mask));
	for (int sig = 1; sig <= 64; sig++)
		T_CHECK(sigismember(&mask, sig) <= 0, "signal %d is blocked", sig);
	return 0;
}

TEST(signals_are_reset)
{
	ck_assert_int_eq(t_child(resets, NULL, NULL, 0), 0);
}

static int refused(void *arg, void *rec)
{
	contain_error *e = NULL;

	(void)rec;
	fx_seam_open();
	fx_seam_reset();
	ct_seam->who = CT_SEAM_PARENT;
	ct_seam->nr = *(const int16_t *)arg;
	ct_seam->action = CT_SEAM_FAIL;
	ct_seam->err = -EPERM;
	ct_seam->on = 1;
	ck_assert_int_eq(contain_process_reset_signals(&e), -EPERM);
	ct_seam->on = 0;
	ck_assert_str_eq(contain_error_op(e), "reset-signals");
	contain_error_free(e);
	return 0;
}

TEST(signals_that_a_filter_keeps)
{
	int16_t calls[] = { SYS_rt_sigaction, SYS_rt_sigprocmask };

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(t_child(refused, &calls[i], NULL, 0), 0);
}
