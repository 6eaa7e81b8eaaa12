/* SPDX-License-Identifier: MIT-0 */
/*
 * 15: the host name as a name tag. Three containers of one plan run at the same time; each start
 * overrides the host name, so that whoever looks at a prompt knows where it is. The domain name and
 * a parameter of the network are the plan's, the same in all three, and none of it is the host's.
 *
 *	15_name_tag ROOT	each says a line such as a prompt: root@red.example:/#
 */
#include <contain/contain.h>

#include <fcntl.h>
#include <stdio.h>

static const char script[] =
	"echo \"root@$(hostname).$(cat /proc/sys/kernel/domainname):$PWD#"
	" ttl $(cat /proc/sys/net/ipv4/ip_default_ttl)\"";

static container_plan *compile(const char *root, contain_error **e)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	container_plan *p = NULL;
	container_spec *s = NULL;

	container_spec_new(&s);
	container_spec_set_name(s, "tag");
	container_spec_set_root_dir(s, AT_FDCWD, root, CONTAIN_ROOT_READONLY);
	container_spec_set_domainname(s, "example");
	container_spec_add_sysctl(s, "net.ipv4.ip_default_ttl", "42");
	container_spec_set_stdio(s, 1, CONTAIN_STDIO_INHERIT);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_INHERIT);
	container_spec_set_argv(s, argv);
	container_plan_compile(s, &p, e);
	container_spec_free(s);
	return p;
}

static container *start(const container_plan *p, const char *name, contain_error **e)
{
	container_overrides *o = NULL;
	container *c = NULL;

	container_overrides_new(&o);
	container_overrides_set_hostname(o, name);
	container_plan_spawn(p, o, &c, e);
	container_overrides_free(o);
	return c;
}

int main(int argc, char **argv)
{
	static const char *const name[] = { "red", "green", "blue" };
	container *c[3] = { NULL };
	contain_error *e = NULL;
	container_plan *p;
	int failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s ROOT\n", argv[0]);
		return 2;
	}
	p = compile(argv[1], &e);
	for (int i = 0; p && i < 3 && !e; i++)
		c[i] = start(p, name[i], &e);
	for (int i = 0; i < 3 && c[i]; i++) {
		container_exit *x = NULL;

		failed |= container_wait(c[i], -1, &x, e ? NULL : &e) < 0 ||
			  container_exit_code(x) != 0;
		container_exit_free(x);
		container_delete(c[i], -1, NULL);
		container_free(c[i]);
	}
	if (e)
		fprintf(stderr, "%s\n", contain_error_message(e));
	failed |= e != NULL;
	contain_error_free(e);
	container_plan_free(p);
	return failed;
}
