/* SPDX-License-Identifier: MIT-0 */
/*
 * 18: a memory limit, and what is heard of it: while the container runs, from an fd that any event
 * loop can wait for; when it has ended, from its exit record.
 *
 *	18_oom ROOT MIB COMMAND...
 *	18_oom ROOT 32 awk 'BEGIN { s = "x"; for (;;) s = s s }'
 *
 * The events are those of cgroup v2. Where memory is bound to cgroup v1 the record tells alone.
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define MEMORY_EVENTS (CONTAIN_EVENT_MEMORY_MAX | CONTAIN_EVENT_OOM | CONTAIN_EVENT_OOM_KILL)

static void tell(contain_events *events)
{
	uint64_t count;
	uint32_t type;

	while (contain_events_next(events, &type, &count, NULL) == 1)
		printf("event: %s, %" PRIu64 " times\n", contain_event_name(type), count);
	fflush(stdout);
}

/* Until the payload has ended. */
static void watch(container *c)
{
	struct pollfd p[2] = { { .fd = container_pidfd(c), .events = POLLIN }, { .fd = -1 } };
	contain_events *events = NULL;

	if (container_open_events(c, MEMORY_EVENTS, &events, NULL) == 0)
		p[1] = (struct pollfd){ .fd = contain_events_fd(events), .events = POLLIN };
	do {
		poll(p, 2, -1);
		if (events)
			tell(events);
	} while (!p[0].revents);
	/* the kernel holds news of a file back for 10 ms after the last */
	if (events && poll(&p[1], 1, 100) > 0)
		tell(events);
	contain_events_free(events);
}

static int report(container *c, const contain_limits *l, contain_error **e)
{
	container_exit *x = NULL;
	int code = 1, r = container_wait(c, -1, &x, e);

	if (r == 0) {
		code = container_exit_code(x);
		printf("exit code %d, signal %d, %s; at most %.1f MiB of %s bytes\n", code,
		       container_exit_signal(x),
		       container_exit_oom_killed(x) ? "killed for lack of memory" :
						      "not killed for memory",
		       (double)container_exit_memory_peak_bytes(x) / 1048576,
		       contain_limits_value(l, contain_limits_count(l) - 1));
	}
	container_exit_free(x);
	return code;
}

int main(int argc, char **argv)
{
	container_spec *s = NULL;
	contain_limits *l = NULL;
	container *c = NULL;
	contain_error *e = NULL;
	int code = 1;

	if (argc < 4)
		return fprintf(stderr, "usage: %s ROOT MIB COMMAND...\n", argv[0]), 2;
	contain_limits_new(&l);
	contain_limits_set_memory_max(l, strtoull(argv[2], NULL, 10) << 20);
	container_spec_new(&s);
	container_spec_set_name(s, "oom");
	container_spec_set_root_dir(s, AT_FDCWD, argv[1], CONTAIN_ROOT_READONLY);
	container_spec_set_argv(s, (const char *const *)argv + 3);
	for (int fd = 0; fd < 3; fd++)
		container_spec_set_stdio(s, fd, CONTAIN_STDIO_INHERIT);
	container_spec_set_limits(s, l);
	if (container_spawn(s, &c, &e) == 0) {
		watch(c);
		code = report(c, l, &e);
	}
	if (e)
		fprintf(stderr, "%s\n", contain_error_message(e));
	container_delete(c, -1, NULL);
	container_free(c);
	container_spec_free(s);
	contain_limits_free(l);
	contain_error_free(e);
	return code;
}
