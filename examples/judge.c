/* SPDX-License-Identifier: MIT-0 */
/*
 * A judge: runs programs that nobody has read, one plan for all of them. Each job is a directory
 * that holds the program "prog"; inside it is /job, the only place of the host that can be written.
 *
 *	judge JOB...	prints for each: ok, wrong, crashed, time limit or memory limit
 *
 * It takes the place of this, of a group with limits, and of the watching around it:
 *	bwrap --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib
 *	      --symlink usr/lib64 /lib64 --file 9 /etc/passwd --tmpfs /tmp --bind JOB /job
 *	      --chdir /job --proc /proc --dev /dev --unshare-all --die-with-parent --clearenv
 *	      /job/prog
 */
#include <contain/contain.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

static int make_plan(container_plan **ret, contain_error **e) /* once */
{
	static const char passwd[] = "job:x:1000:1000::/:\n", *const argv[] = { "/job/prog", NULL };
	container_spec *s = NULL;
	int r;

	container_spec_new(&s);
	container_spec_set_name(s, "judge");
	container_spec_set_root_tmpfs(s, 1 << 20);
	container_spec_add_bind(s, AT_FDCWD, "/usr", "/usr", CONTAIN_MOUNT_READONLY);
	container_spec_add_bind(s, AT_FDCWD, "/opt/toolchain", "/opt/toolchain",
				CONTAIN_MOUNT_READONLY | CONTAIN_MOUNT_OPTIONAL);
	container_spec_add_symlink(s, "usr/bin", "/bin");
	container_spec_add_symlink(s, "usr/lib", "/lib");
	container_spec_add_symlink(s, "usr/lib64", "/lib64");
	container_spec_add_file(s, "/etc/passwd", passwd, sizeof(passwd) - 1, 0644);
	container_spec_add_tmpfs(s, "/tmp", 32 << 20, 01777);
	container_spec_set_memory_max(s, 64 << 20);
	container_spec_set_pids_max(s, 32);
	container_spec_set_cpu_max(s, 100000, 100000);
	container_spec_set_user(s, 1000, 1000);
	container_spec_set_init(s, 1); /* process 1 would not die of its own abort(3) */
	container_spec_set_cwd(s, "/job");
	container_spec_set_argv(s, argv);
	r = container_plan_compile(s, ret, e);
	container_spec_free(s);
	return r;
}

static const char *judge(const container_plan *plan, const char *job, contain_error **e)
{
	container_overrides *o = NULL;
	container *c = NULL;
	container_exit *x = NULL;
	const char *verdict = NULL;
	int r;

	container_overrides_new(&o);
	container_overrides_add_bind(o, AT_FDCWD, job, "/job", CONTAIN_MOUNT_NOSUID);
	container_overrides_add_fd(o, 1, 1);
	r = container_plan_spawn(plan, o, &c, e);
	if (r == 0)
		r = container_wait(c, 2000, &x, e);
	if (c && r == -ETIMEDOUT) {
		verdict = "time limit"; /* delete kills it */
		contain_error_free(*e);
		*e = NULL;
	}
	if (r == 0)
		verdict = container_exit_oom_killed(x) ? "memory limit" :
			  container_exit_signal(x) ? "crashed" :
			  container_exit_code(x) ? "wrong" : "ok";
	container_exit_free(x);
	container_delete(c, 5000, NULL);
	container_free(c);
	container_overrides_free(o);
	return verdict;
}

int main(int argc, char **argv)
{
	container_plan *plan = NULL;
	contain_error *e = NULL;
	int failed = make_plan(&plan, &e) < 0;

	for (int i = 1; i < argc && !failed; i++) {
		const char *verdict = judge(plan, argv[i], &e);

		failed = !verdict;
		if (verdict)
			printf("%s: %s\n", argv[i], verdict);
	}
	if (failed)
		fprintf(stderr, "judge: %s\n", contain_error_message(e));
	container_plan_free(plan);
	contain_error_free(e);
	return failed;
}
