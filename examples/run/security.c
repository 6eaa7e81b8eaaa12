/* SPDX-License-Identifier: MIT-0 */
/* What the command may ask the kernel for. */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int take_seccomp(struct run *r, char *const *arg)
{
	static const char *const modes[] = { "off", "default", "log", "kill" };

	for (int mode = 0; mode < 4; mode++)
		if (!strcmp(arg[0], modes[mode])) {
			r->seccomp = mode;
			r->seccomp_given = 1;
			return 0;
		}
	return bad_value(r, arg[0], "not off, default, log or kill");
}

int take_apparmor(struct run *r, char *const *arg)
{
	return setter(r, container_spec_set_apparmor_profile(r->spec, arg[0]));
}

int take_selinux(struct run *r, char *const *arg)
{
	return setter(r, container_spec_set_selinux_label(r->spec, arg[0]));
}

/* PATH:ACCESS: rx, rwx */
int take_landlock(struct run *r, char *const *arg)
{
	char *colon = strrchr(arg[0], ':'), *path;
	uint32_t access = CONTAIN_LANDLOCK_FS_READ;
	int err = 0;

	if (!colon || (strcmp(colon, ":rx") && strcmp(colon, ":rwx")))
		return bad_value(r, arg[0], "no :rx or :rwx at the end");
	if (!strcmp(colon, ":rwx"))
		access |= CONTAIN_LANDLOCK_FS_WRITE | CONTAIN_LANDLOCK_FS_IOCTL_DEV;
	if (!r->landlock) {
		err = contain_landlock_new(&r->landlock);
		if (!err)
			err = contain_landlock_set_best_effort(r->landlock, 1);
	}
	path = strndup(arg[0], (size_t)(colon - arg[0]));
	if (!err)
		err = path ? contain_landlock_add_path(r->landlock, path, access) : -ENOMEM;
	free(path);
	return err ? bad_value(r, arg[0], "no absolute path") : 0;
}

int finish_security(struct run *r)
{
	contain_seccomp *profile = NULL;
	int mode = r->seccomp_given ? r->seccomp : CONTAIN_SECCOMP_DEFAULT_ON, err = 0;

	/* a library without profiles does without, unless one was asked for */
	if (!r->seccomp_given)
		err = contain_seccomp_new(CONTAIN_SECCOMP_ALLOW, &profile);
	if (err == -EOPNOTSUPP)
		mode = CONTAIN_SECCOMP_DEFAULT_OFF;
	contain_seccomp_free(profile);
	r->option = "--seccomp";
	err = setter(r, container_spec_set_seccomp_default(r->spec, mode));
	if (!err && r->landlock) {
		r->option = "--landlock";
		err = setter(r, container_spec_set_landlock(r->spec, r->landlock));
	}
	contain_landlock_free(r->landlock);
	r->landlock = NULL;
	return err;
}
