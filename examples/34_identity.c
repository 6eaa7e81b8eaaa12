/* SPDX-License-Identifier: MIT-0 */
/*
 * 34: who the payload is. A user by the name that the image knows, with the groups of the image and
 * its home directory; it keeps one capability, as a user that is not 0 may, through the ambient
 * set; it is nicer than others, and keeps to one cpu. What it makes ends when this program does,
 * however that ends.
 *
 *	34_identity ROOT USER[:GROUP]	as root
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

static const char script[] =
	"id; echo HOME=$HOME; grep -e CapEff -e CapBnd /proc/self/status; "
	"sed -n 's/Cpus_allowed_list/cpu/p' /proc/self/status; "
	"set -- $(cat /proc/self/stat); echo nice: ${19}";

int main(int argc, char **argv)
{
	const char *const sh[] = { "/bin/sh", "-c", script, NULL };
	container_exit *x = NULL;
	contain_error *e = NULL;
	container_spec *s = NULL;
	container *c = NULL;
	uint64_t bind = 0;
	int r;

	if (argc != 3) {
		fprintf(stderr, "usage: %s ROOT USER[:GROUP]\n", argv[0]);
		return 2;
	}
	contain_capabilities_parse("net_bind_service", 0, &bind, NULL);
	container_spec_new(&s);
	container_spec_set_root_dir(s, AT_FDCWD, argv[1], CONTAIN_ROOT_READONLY);
	container_spec_set_user_name(s, argv[2], CONTAIN_USER_GROUPS | CONTAIN_USER_HOME);
	container_spec_set_capability_sets(s, bind, bind, bind, bind, bind);
	container_spec_set_securebits(s, CONTAIN_SECBIT_NOROOT | CONTAIN_SECBIT_NOROOT_LOCKED);
	container_spec_set_nice(s, 10);
	container_spec_set_cpu_affinity(s, "0");
	container_spec_set_parent_death_signal(s, SIGKILL);
	container_spec_set_argv(s, sh);
	container_spec_set_stdio(s, 1, CONTAIN_STDIO_INHERIT);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_INHERIT);
	r = container_spawn(s, &c, &e);
	if (r == 0)
		r = container_wait(c, -1, &x, &e);
	if (r == 0)
		r = container_exit_code(x);
	else
		fprintf(stderr, "%s\n", contain_error_message(e));
	container_delete(c, -1, NULL);
	container_exit_free(x);
	container_free(c);
	container_spec_free(s);
	contain_error_free(e);
	return r != 0;
}
