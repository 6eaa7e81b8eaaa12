/* SPDX-License-Identifier: MIT-0 */
/*
 * 32: a device of the host, read-only. The container finds it at /dev/given, and may read it and
 * nothing more: rules of its group deny every other device, the given one is allowed by itself.
 * In place of the image's /etc/hosts and /etc/resolv.conf there are files of this start, whatever
 * symlinks the image has there, and /proc shows nobody else's processes.
 *
 *	32_device ROOT DEVICE		as root with rules; as an ordinary user without
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char hosts[] = "127.0.0.1 localhost web\n";
static const char resolv_conf[] = "nameserver 192.0.2.53\n";

static const char script[] =
	"cd /dev\n"
	"try() { \"$@\" 2>/dev/null && echo \"  $* -> works\" || echo \"  $* -> refused\"; }\n"
	"read_one() { head -c 1 $1 >/dev/null; }\n"
	"write_one() { echo x >$1; }\n"
	"try read_one given; try write_one given; try read_one full\n"
	"sed 's/^/  /' /etc/hosts /etc/resolv.conf";

/* Nothing but the null device; what is given besides is allowed by the spec itself. */
static int set_rules(container_spec *s)
{
	contain_devices *rules = NULL;
	int r = contain_devices_new(&rules);

	if (r == 0)
		r = contain_devices_allow(rules, 'c', 1, 3,
					  CONTAIN_DEVICE_READ | CONTAIN_DEVICE_WRITE, NULL);
	if (r == 0)
		r = container_spec_set_devices(s, rules);
	contain_devices_free(rules);
	return r;
}

static int run(const char *root, const char *device, contain_error **e)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const char *const layers[] = { root, NULL };
	container_spec *s = NULL;
	container *c = NULL;
	int r;

	container_spec_new(&s);
	container_spec_set_root_overlay(s, AT_FDCWD, layers, 1 << 20, 0);
	container_spec_add_device(s, AT_FDCWD, device, "/dev/given", CONTAIN_DEVICE_READ);
	if (geteuid() == 0)
		set_rules(s);
	container_spec_set_hosts(s, hosts, strlen(hosts));
	container_spec_set_resolv_conf(s, resolv_conf, strlen(resolv_conf));
	container_spec_set_proc(s, CONTAIN_PROC_HIDEPID_INVISIBLE, 0);
	container_spec_set_argv(s, argv);
	container_spec_set_stdio(s, 1, CONTAIN_STDIO_INHERIT);
	r = container_spawn(s, &c, e);
	if (r == 0)
		r = container_wait(c, -1, NULL, e);
	container_delete(c, -1, NULL);
	container_free(c);
	container_spec_free(s);
	return r;
}

int main(int argc, char **argv)
{
	contain_error *e = NULL;

	if (argc != 3)
		return fprintf(stderr, "usage: %s ROOT DEVICE\n", argv[0]), 2;
	printf("%s in a container:\n", argv[2]);
	fflush(stdout);
	if (run(argv[1], argv[2], &e) == 0)
		return 0;
	fprintf(stderr, "%s\n", contain_error_message(e));
	contain_error_free(e);
	return 1;
}
