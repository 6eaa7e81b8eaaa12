/* SPDX-License-Identifier: MIT-0 */
/* Starts the container, hands signals on to it, waits for its end or for the end of the time. */
#include "run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/*
 * From now on signals wait, those that come during the start too. What the caller ignores, as
 * nohup(1) does, is not handed on. Returns a signalfd(2).
 */
static int keep_signals(const struct run *r)
{
	static const int handed_on[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2,
					 SIGWINCH, SIGTSTP, SIGCONT };
	size_t n = sizeof(handed_on) / sizeof(handed_on[0]) - (r->tty ? 0 : 2);
	struct sigaction now;
	sigset_t set;

	signal(SIGCHLD, SIG_DFL); /* ignored, the kernel would throw the exit status away */
	sigemptyset(&set);
	for (size_t i = 0; i < n; i++) /* the last two are about the caller's terminal */
		if (sigaction(handed_on[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaddset(&set, handed_on[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int64_t now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void hand_on(container *c, int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		container_signal(c, (int)info.ssi_signo, NULL); /* -ESRCH: it has ended just now */
}

/* Until the container ends. Returns 1 when its time was over and it was killed. */
static int watch(const struct run *r, container *c, int signals)
{
	struct pollfd fds[] = { { container_pidfd(c), POLLIN, 0 }, { signals, POLLIN, 0 } };
	int64_t until = now_msec() + r->timeout_msec;

	for (;;) {
		int64_t left = -1;

		if (r->timeout_msec > 0)
			left = until > now_msec() ? until - now_msec() : 0;
		if (poll(fds, 2, (int)left) == 0 && left == 0) {
			container_kill(c, NULL);
			return 1;
		}
		if (fds[0].revents)
			return 0;
		if (fds[1].revents)
			hand_on(c, signals);
	}
}

/* Which status tells this failure: shells and env(1) know "not found" from "cannot be executed" */
static int status_of(const contain_error *e)
{
	if (strcmp(contain_error_op(e), "exec") != 0)
		return STATUS_FAILED;
	return contain_error_code(e) == -ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
}

static int failed(const struct run *r, contain_error *e, int status)
{
	say("%s", contain_error_message(e));
	if (r->json_fd >= 0)
		json_error(r, e, status);
	contain_error_free(e);
	return status;
}

static int run(const struct run *r, const container_plan *plan)
{
	container *c = NULL;
	container_exit *x = NULL;
	contain_error *e = NULL;
	int signals = keep_signals(r), status, timed_out = 0;

	if (signals < 0)
		return say("signalfd: %m"), STATUS_FAILED;
	if (container_plan_spawn(plan, NULL, &c, &e) < 0) {
		status = failed(r, e, status_of(e));
	} else {
		timed_out = r->tty ? watch_terminal(r, c, signals) : watch(r, c, signals);
		if (container_wait(c, -1, &x, &e) < 0) {
			status = failed(r, e, STATUS_FAILED);
		} else {
			status = timed_out ? STATUS_TIMEOUT : container_exit_code(x);
			if (r->json_fd >= 0)
				json_exit(r, c, x, timed_out, status);
		}
	}
	e = NULL;
	if (c && container_delete(c, -1, &e) < 0) {
		say("%s", contain_error_message(e));
		contain_error_free(e);
		status = status ? status : STATUS_FAILED;
	}
	container_exit_free(x);
	container_free(c);
	close(signals);
	return status;
}

static int features(const struct run *r)
{
	contain_feature_report *report = NULL;
	int err = contain_feature_report_new(&report);

	if (err == 0)
		err = r->json_fd >= 0 ? contain_feature_report_write_json(report, r->json_fd) :
					contain_feature_report_write_text(report, STDOUT_FILENO);
	contain_feature_report_free(report);
	if (err < 0)
		say("--features: %s", strerror(-err));
	return err < 0 ? STATUS_FAILED : 0;
}

static int go(struct run *r)
{
	container_plan *plan = NULL;
	contain_error *e = NULL;
	int status = 0, err;

	if (r->features)
		return features(r);
	if (container_plan_compile(r->spec, &plan, &e) < 0)
		return failed(r, e, STATUS_FAILED);
	if (r->explain) {
		err = container_plan_explain(plan, STDOUT_FILENO);
		if (err < 0) {
			say("--explain: %s", strerror(-err));
			status = STATUS_FAILED;
		}
	} else {
		status = run(r, plan);
	}
	container_plan_free(plan);
	return status;
}

int main(int argc, char **argv)
{
	struct run r = { .json_fd = -1 };
	int status = STATUS_FAILED;

	r.layers = calloc((size_t)argc + 1, sizeof(*r.layers));
	r.env = calloc((size_t)argc + 1, sizeof(*r.env));
	if (r.layers && r.env && container_spec_new(&r.spec) == 0) {
		status = options_read(&r, argc, argv);
		if (status < 0)
			status = go(&r);
	} else {
		say("out of memory");
	}
	container_spec_free(r.spec);
	free(r.layers);
	for (size_t i = 0; r.env && i < r.nenv; i++)
		free(r.env[i]);
	free(r.env);
	return status;
}
