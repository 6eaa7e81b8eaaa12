/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts in the words of mount(8): which steps they become, on which machine, in which order. */
#include "machines.h"

#include <contain/mount.h>
#include <contain/namespace.h>
#include <contain/spec_mount.h>
#include <contain/terminal.h>
#include <fcntl.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void dir(container_spec *s)
{
	container_spec_set_root_dir(s, AT_FDCWD, "/srv/root", CONTAIN_ROOT_READONLY);
}

static void add(container_spec *s, const char *source, const char *target, const char *type,
		const char *options)
{
	int r = container_spec_add_mount(s, AT_FDCWD, source, target, type, options);

	T_CHECK(r == 0, "%s: %d", target, r);
}

static void words(container_spec *s)
{
	dir(s);
	add(s, "/srv/data", "/data", NULL, "rbind,rro,nosuid,rw");
	add(s, "/srv/one", "/one", "bind", "noexec,noatime");
	add(s, "/srv/none", "/none", NULL, "rbind,optional,relatime,nosymfollow");
	add(s, NULL, "/run", "tmpfs", "size=8m,mode=755,copyup");
	add(s, "label", "/cache", "tmpfs", "copyup,dev,noswap,ro,unbindable");
	add(s, NULL, "/usr", "overlay", "lowerdir=/srv/a\\:b:/srv/c,ro,noexec");
	container_spec_add_file(s, "/run/file", "one", 3, 0644);
}

static void unions(container_spec *s)
{
	static const char *const layers[] = { "/srv/app", "/srv/a:b,c\\d", NULL };

	dir(s);
	container_spec_add_overlay(s, AT_FDCWD, layers, NULL, NULL, 1 << 20, "/usr",
				   CONTAIN_MOUNT_NOSUID);
	container_spec_add_overlay(s, AT_FDCWD, layers, "/srv/upper", "/srv/work", 0, "/var", 0);
	container_spec_add_overlay(s, AT_FDCWD, layers, NULL, NULL, 0, "/opt",
				   CONTAIN_MOUNT_READONLY);
}

static void peers(container_spec *s)
{
	dir(s);
	container_spec_set_root_propagation(s, CONTAIN_PROPAGATION_SLAVE |
						       CONTAIN_PROPAGATION_SHARED);
	add(s, "/media", "/media", NULL, "rbind,rslave,rro");
	add(s, "/srv/both", "/both", NULL, "rbind,rshared");
	add(s, "/srv/mine", "/mine", NULL, "rbind,rslave,rshared");
	add(s, "/srv/alone", "/alone", NULL, "bind");
}

static void ids(container_spec *s)
{
	dir(s);
	container_spec_set_namespaces(s, CONTAIN_NS_USER | CONTAIN_NS_MNT | CONTAIN_NS_PID);
	container_spec_add_uid_range(s, 0, 0, 1);
	container_spec_add_uid_range(s, 1, 100000, 65535);
	add(s, "/srv/data", "/data", NULL, "rbind,ridmap,rro");
	add(s, "/srv/more", "/more", NULL, "bind,idmap,optional");
	add(s, "/srv/other", "/other", NULL, "bind,idmap=\"u:0:5:1 g:0:6:1\"");
}

static void ids_of_nobody(container_spec *s)
{
	dir(s);
	add(s, "/srv/data", "/data", NULL, "rbind,idmap");
}

static void nine_maps(container_spec *s)
{
	dir(s);
	for (int i = 0; i < 9; i++)
		add(s, "/srv", "/srv", NULL, t_fmt("bind,idmap=0:%d:1", i));
}

static void bad_ranges(container_spec *s)
{
	dir(s);
	add(s, "/srv", "/srv", NULL, "bind,idmap=0:1");
}

static void shared_ids(container_spec *s)
{
	dir(s);
	add(s, "/srv", "/srv", NULL, "bind,shared,idmap=0:0:1");
}

/* What has no slot is opened late; what keeps its propagation cannot be. */
static void many_peers(container_spec *s)
{
	dir(s);
	for (int i = 0; i < 70; i++)
		add(s, "/srv", "/srv", NULL, "bind,slave");
}

/* ---- terminals, whose devpts and console are mounts ---- */

static void terminal(container_spec *s)
{
	dir(s);
	container_spec_set_terminal(s, 24, 80);
	container_spec_set_init(s, 1);
	container_spec_set_user(s, 1000, 100);
}

static void one_of_three(container_spec *s)
{
	dir(s);
	container_spec_set_stdio(s, 0, CONTAIN_STDIO_PIPE);
	container_spec_set_stdio(s, 2, CONTAIN_STDIO_PTY);
}

static void no_dev(container_spec *s)
{
	dir(s);
	container_spec_set_terminal(s, 24, 80);
	container_spec_set_default_mounts(s, CONTAIN_DEFAULT_PROC);
}

static void no_session(container_spec *s)
{
	dir(s);
	container_spec_set_terminal(s, 24, 80);
	container_spec_set_new_session(s, 0);
}

static void replaced(container_spec *s)
{
	dir(s);
	container_spec_set_terminal(s, 24, 80);
	for (int fd = 0; fd < 3; fd++)
		container_spec_set_stdio(s, fd, CONTAIN_STDIO_NULL);
}

static const struct scene plans[] = {
	{ "root-words", modern_root, words },	{ "user-words", plain_user, words },
	{ "old-words", old_root, words },	{ "root-unions", modern_root, unions },
	{ "old-user-unions", old_user, unions }, { "root-peers", modern_root, peers },
	{ "root-ids", modern_root, ids },	{ "root-terminal", modern_root, terminal },
	{ "user-terminal", plain_user, one_of_three },
}, refused[] = {
	{ "user-ids", plain_user, ids_of_nobody },
	{ "root-no-ids", modern_root, ids_of_nobody },
	{ "root-nine-maps", modern_root, nine_maps },
	{ "root-bad-ranges", modern_root, bad_ranges },
	{ "root-shared-ids", modern_root, shared_ids },
	{ "root-many-peers", modern_root, many_peers },
	{ "terminal-no-dev", modern_root, no_dev },
	{ "terminal-no-session", modern_root, no_session },
	{ "terminal-replaced", modern_root, replaced },
};

TEST(explain_is_what_it_was)
{
	hold_plans(plans, COUNT(plans));
}

TEST(refusals_are_what_they_were)
{
	hold_refusals("refused-mounts", refused, COUNT(refused));
}
