/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The set of rules, and putting it in force now, in the calling thread. */
#include "landlock.h"
#include "plan/error.h"
#include "sys/fd.h"
#include "sys/sys.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NET_ALL (CONTAIN_LANDLOCK_NET_BIND_TCP | CONTAIN_LANDLOCK_NET_CONNECT_TCP)
#define SCOPES_ALL (CONTAIN_LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | CONTAIN_LANDLOCK_SCOPE_SIGNAL)

int contain_landlock_abi(void)
{
	return ct_sys_landlock_create_ruleset(NULL, 0, CT_LANDLOCK_VERSION);
}

int contain_landlock_new(contain_landlock **ret_landlock)
{
	contain_landlock *l;

	if (!ret_landlock)
		return -EINVAL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->fs = CONTAIN_LANDLOCK_FS_ALL;
	*ret_landlock = l;
	return 0;
}

void contain_landlock_free(contain_landlock *landlock)
{
	if (!landlock)
		return;
	for (size_t i = 0; i < landlock->n; i++)
		free(landlock->rule[i].path);
	free(landlock->rule);
	free(landlock);
}

int contain_landlock_set_handled(contain_landlock *landlock, uint32_t fs, uint32_t net,
				 uint32_t scopes)
{
	if (!landlock || fs & ~CONTAIN_LANDLOCK_FS_ALL || net & ~NET_ALL || scopes & ~SCOPES_ALL ||
	    !(fs | net | scopes))
		return -EINVAL;
	for (size_t i = 0; i < landlock->n; i++)
		if (landlock->rule[i].access & ~(landlock->rule[i].path ? fs : net))
			return -EINVAL;
	landlock->fs = fs;
	landlock->net = net;
	landlock->scopes = scopes;
	return 0;
}

int contain_landlock_set_best_effort(contain_landlock *landlock, int on)
{
	if (!landlock || (on != 0 && on != 1))
		return -EINVAL;
	landlock->best_effort = on;
	return 0;
}

static int add(contain_landlock *l, const char *path, uint32_t port, uint32_t access)
{
	struct ct_landlock_rule *more = reallocarray(l->rule, l->n + 1, sizeof(*more));
	char *copy = NULL;

	if (!more)
		return -ENOMEM;
	l->rule = more;
	if (path) {
		copy = strdup(path);
		if (!copy)
			return -ENOMEM;
	}
	l->rule[l->n++] = (struct ct_landlock_rule){ copy, port, access };
	return 0;
}

int contain_landlock_add_path(contain_landlock *landlock, const char *path, uint32_t access)
{
	if (!landlock || !path || *path != '/' || strlen(path) >= PATH_MAX || !access ||
	    access & ~landlock->fs)
		return -EINVAL;
	return add(landlock, path, 0, access);
}

int contain_landlock_add_port(contain_landlock *landlock, int port, uint32_t access)
{
	if (!landlock || port < 0 || port > 65535 || !access || access & ~landlock->net)
		return -EINVAL;
	return add(landlock, NULL, (uint32_t)port, access);
}

int ct_landlock_copy(const contain_landlock *set, contain_landlock **ret)
{
	contain_landlock *l = calloc(1, sizeof(*l));
	int r = l ? 0 : -ENOMEM;

	if (l) {
		*l = *set;
		l->rule = NULL;
		l->n = 0;
	}
	for (size_t i = 0; i < set->n && !r; i++)
		r = add(l, set->rule[i].path, set->rule[i].port, set->rule[i].access);
	if (r < 0)
		contain_landlock_free(l);
	else
		*ret = l;
	return r;
}

struct ct_landlock_known ct_landlock_known(int abi)
{
	struct ct_landlock_known k = { 0, 0, 0 };

	if (abi >= 1)
		k.fs = 0x1fff;
	if (abi >= 2)
		k.fs |= CONTAIN_LANDLOCK_FS_REFER;
	if (abi >= 3)
		k.fs |= CONTAIN_LANDLOCK_FS_TRUNCATE;
	if (abi >= 4)
		k.net = NET_ALL;
	if (abi >= 5)
		k.fs |= CONTAIN_LANDLOCK_FS_IOCTL_DEV;
	if (abi >= 6)
		k.scopes = SCOPES_ALL;
	return k;
}

const char *ct_landlock_missing(const contain_landlock *set, int abi, char *buf, size_t size)
{
	struct ct_landlock_known k = ct_landlock_known(abi);

	if (abi <= 0)
		return "this kernel has no Landlock, or it is not switched on (lsm= of the boot "
		       "parameters)";
	if (!(set->fs & ~k.fs) && !(set->net & ~k.net) && !(set->scopes & ~k.scopes))
		return NULL;
	snprintf(buf, size,
		 "this kernel's Landlock is ABI %d and does not know files 0x%x, ports 0x%x, "
		 "scopes 0x%x: handle less, or set best effort",
		 abi, set->fs & ~k.fs, set->net & ~k.net, set->scopes & ~k.scopes);
	return buf;
}

const char *ct_landlock_why(int err)
{
	switch (-err) {
	case EPERM:
		return "neither is no_new_privs set, nor has the caller CAP_SYS_ADMIN in its user "
		       "namespace";
	case E2BIG:
		return "16 sets are in force already, perhaps the caller's own";
	case EINVAL:
		return "a rule for a file that is no directory allows only what is for directories";
	case ENOSYS:
	case EOPNOTSUPP:
		return "this kernel has no Landlock, or a filter hides it";
	default:
		return NULL;
	}
}

/* ---- now ---- */

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, "landlock-restrict", object,
			       hint);
}

/* The caller's own path, as the caller would open it. */
static int allow_own(int ruleset, const char *path, uint32_t access)
{
	int err, fd = ct_fd_up(ct_sys_openat(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0));

	if (fd < 0)
		return fd;
	err = ct_landlock_allow_fd(ruleset, fd, access);
	ct_sys_close(fd);
	return err;
}

static int allow(int ruleset, int root_fd, const struct ct_landlock_rule *rule, uint32_t access,
		 contain_error **reterr)
{
	char port[32];
	int r;

	if (!access) /* all that it allows was left out, and is not denied either */
		return 0;
	if (!rule->path) {
		r = ct_landlock_allow_port(ruleset, rule->port, access);
		snprintf(port, sizeof(port), "port %u", rule->port);
		return r < 0 ? fail(reterr, r, port, NULL) : 0;
	}
	r = root_fd < 0 ? allow_own(ruleset, rule->path, access) :
			  ct_landlock_allow_path(ruleset, root_fd, rule->path, access);
	return r < 0 ? fail(reterr, r, rule->path, r == -EINVAL ? ct_landlock_why(r) : NULL) : 0;
}

int contain_landlock_restrict(const contain_landlock *landlock, int root_fd,
			      contain_error **reterr)
{
	struct ct_landlock_known k;
	const char *missing;
	int abi, set, r = 0;
	char buf[192];

	if (!landlock)
		return fail(reterr, -EINVAL, "landlock", "is NULL");
	if (root_fd < -1)
		return fail(reterr, -EINVAL, "root_fd", "is neither an fd nor -1");
	abi = contain_landlock_abi();
	if (abi < 0 && abi != -ENOSYS && abi != -EOPNOTSUPP) /* that says nothing of the kernel */
		return fail(reterr, abi, "landlock", NULL);
	k = ct_landlock_known(abi);
	missing = ct_landlock_missing(landlock, abi, buf, sizeof(buf));
	if (missing && !landlock->best_effort)
		return fail(reterr, -EOPNOTSUPP, "landlock", missing);
	k.fs &= landlock->fs;
	k.net &= landlock->net;
	k.scopes &= landlock->scopes;
	if (!(k.fs | k.net | k.scopes))
		return 0;
	set = ct_landlock_create(k.fs, k.net, k.scopes);
	if (set < 0)
		return fail(reterr, set, "landlock", ct_landlock_why(set));
	for (size_t i = 0; i < landlock->n && !r; i++)
		r = allow(set, root_fd, &landlock->rule[i],
			  landlock->rule[i].access & (landlock->rule[i].path ? k.fs : k.net),
			  reterr);
	if (!r) {
		r = ct_landlock_enforce(set);
		if (r < 0)
			fail(reterr, r, "landlock", ct_landlock_why(r));
	}
	ct_sys_close(set);
	return r;
}
