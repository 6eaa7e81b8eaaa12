/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults of Landlock and of filters in the calling thread: in a thread of its own each time, since
 * what is in force stays. What has failed is not in force, and nothing is left.
 */
#include "t_each.h"

#include <contain/contain.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct job {
	int (*run)(void);
	int result, denied;
};

static int is_denied(void)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC), denied = fd < 0;

	if (fd >= 0)
		close(fd);
	return denied || (syscall(__NR_getppid) == -1 && errno == ENOTBLK);
}

static void *in_thread(void *arg)
{
	struct job *j = arg;

	j->result = j->run();
	ct_seam->on = 0;
	j->denied = is_denied();
	return NULL;
}

static int run_job(int (*run)(void), const char *what)
{
	struct job j = { run, 0, 0 };
	pthread_t thread;

	T_CHECK(pthread_create(&thread, NULL, in_thread, &j) == 0);
	T_CHECK(pthread_join(thread, NULL) == 0);
	/* a call that was made and then said to have failed is the one exception */
	T_EXPECT(j.denied == (j.result == 0) || ct_seam->action == CT_SEAM_DONE_FAIL,
		 "%s: %d, and %s in force", what, j.result, j.denied ? "it is" : "it is not");
	return j.result;
}

static int restrict_now(void)
{
	contain_landlock *l = NULL;
	int r, root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(contain_landlock_new(&l), 0);
	contain_landlock_set_best_effort(l, 1);
	ck_assert_int_eq(contain_landlock_add_path(l, "/tmp", CONTAIN_LANDLOCK_FS_ALL), 0);
	ck_assert_int_eq(contain_landlock_add_path(l, "/dev/null", CONTAIN_LANDLOCK_FS_READ), 0);
	r = contain_landlock_restrict(l, root, &error);
	contain_landlock_free(l);
	close(root);
	return r;
}

static int landlock(const char *what)
{
	return run_job(restrict_now, what);
}

static int load_now(void)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTBLK),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return contain_seccomp_load(code, sizeof(code), 0, &error);
}

static int load(const char *what)
{
	return run_job(load_now, what);
}

static void prepare(void)
{
	T_SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	fx_seam_open();
}

TEST_LIMIT(every_call_of_restricting_fails_once, 60)
{
	const struct each_path path = { "restrict", landlock };

	if (contain_landlock_abi() < 1)
		t_skip("no Landlock");
	prepare();
	each_call(&path, NULL);
}

TEST_LIMIT(every_call_of_loading_fails_once, 60)
{
	const struct each_path path = { "load", load };

	prepare();
	each_call(&path, NULL);
}
