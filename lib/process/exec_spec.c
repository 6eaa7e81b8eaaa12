/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"
#include "plan/spec.h"
#include "sys/sys.h"

#include <contain/spec_exec.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LISTEN_MAX 1024
#define NAME_MAX_FD 255 /* FDNAME_MAX of systemd */

int container_spec_set_stable_image(container_spec *spec, int on)
{
	return ct_spec_flag(spec, CT_MODULE_PROCESS, "stable_image", on,
			    offsetof(struct ct_process_part, stable_image));
}

int container_spec_set_exec_fd(container_spec *spec, int fd)
{
	struct ct_process_part *p;
	struct stat st;
	int copy, r = ct_spec_part(spec, CT_MODULE_PROCESS, "exec_fd", &p);

	if (r < 0)
		return r;
	r = ct_spec_dup_fd(spec, "exec_fd", fd, &copy);
	if (r < 0)
		return r;
	r = ct_sys_newfstatat(copy, "", &st, AT_EMPTY_PATH);
	if (r < 0 || !S_ISREG(st.st_mode)) {
		ct_sys_close(copy);
		return ct_spec_fail(spec, r < 0 ? r : -EINVAL, "exec_fd",
				    "fd %d is not a regular file", fd);
	}
	if (p->values.has_exec)
		ct_sys_close(p->values.exec_fd);
	p->values.exec_fd = copy;
	p->values.has_exec = 1;
	return 0;
}

static int is_name(const char *s)
{
	size_t n = 0;

	for (; s && s[n]; n++)
		if (s[n] < ' ' || s[n] == 0x7f || s[n] & 0x80 || s[n] == ':')
			return 0;
	return n && n <= NAME_MAX_FD;
}

/* "a:b:c"; *ret stays NULL when there are no names. */
static int join_names(container_spec *spec, const char *const *names, size_t n, char **ret)
{
	size_t size = 1;
	char *at;

	for (size_t i = 0; i < n; i++) {
		if (!is_name(names[i]))
			return ct_spec_fail(spec, -EINVAL, "listen_fds",
					    "name %zu is empty, longer than %d bytes, or has a "
					    "character that is none of a name",
					    i, NAME_MAX_FD);
		size += strlen(names[i]) + 1;
	}
	at = *ret = malloc(size);
	if (!at)
		return ct_spec_fail(spec, -ENOMEM, "listen_fds", "out of memory");
	*at = 0;
	for (size_t i = 0; i < n; i++)
		at = stpcpy(stpcpy(at, i ? ":" : ""), names[i]);
	return 0;
}

static int check_numbers(container_spec *spec, const struct ct_values *v, size_t n)
{
	for (size_t i = 0; i < v->nfds; i++)
		if (!v->fd[i].listen && v->fd[i].to >= 3 && (size_t)v->fd[i].to < n + 3)
			return ct_spec_fail(spec, -EEXIST, "listen_fds",
					    "fd %d of the payload is taken by "
					    "container_spec_add_fd()",
					    (int)v->fd[i].to);
	return 0;
}

static int duplicate(container_spec *spec, const int *fds, size_t n, int **ret)
{
	int *copy = malloc((n + 1) * sizeof(*copy));

	if (!copy)
		return ct_spec_fail(spec, -ENOMEM, "listen_fds", "out of memory");
	for (size_t i = 0; i < n; i++) {
		int r = ct_spec_dup_fd(spec, "listen_fds", fds[i], &copy[i]);

		if (r < 0) {
			while (i--)
				ct_sys_close(copy[i]);
			free(copy);
			return r;
		}
	}
	*ret = copy;
	return 0;
}

/* Room first: from here on nothing fails. */
static int replace(container_spec *spec, struct ct_values *v, const int *copy, size_t n)
{
	struct ct_fdmap *map = malloc((v->nfds + n + 1) * sizeof(*map));
	size_t kept = 0;

	if (!map)
		return ct_spec_fail(spec, -ENOMEM, "listen_fds", "out of memory");
	for (size_t i = 0; i < v->nfds; i++)
		if (v->fd[i].listen)
			ct_sys_close(v->fd[i].from);
		else
			map[kept++] = v->fd[i];
	for (size_t i = 0; i < n; i++)
		map[kept++] = (struct ct_fdmap){ .from = copy[i], .to = (int)i + 3, .listen = 1 };
	free(v->fd);
	v->fd = map;
	v->nfds = kept;
	v->nlisten = n;
	return 0;
}

int container_spec_set_listen_fds(container_spec *spec, const int *fds, size_t n,
				  const char *const *names)
{
	struct ct_process_part *p;
	char *text = NULL;
	int *copy = NULL;
	int r = ct_spec_part(spec, CT_MODULE_PROCESS, "listen_fds", &p);

	if (r < 0)
		return r;
	if (!fds && n)
		return ct_spec_fail(spec, -EINVAL, "listen_fds", "is NULL");
	if (n > LISTEN_MAX)
		return ct_spec_fail(spec, -EINVAL, "listen_fds", "%zu are more than %d", n,
				    LISTEN_MAX);
	r = check_numbers(spec, &p->values, n);
	if (!r && names && n)
		r = join_names(spec, names, n, &text);
	if (!r)
		r = duplicate(spec, fds, n, &copy);
	if (!r) {
		r = replace(spec, &p->values, copy, n);
		for (size_t i = 0; r < 0 && i < n; i++)
			ct_sys_close(copy[i]);
		free(copy);
	}
	if (r < 0) {
		free(text);
		return r;
	}
	free(p->values.listen_names);
	p->values.listen_names = text;
	return 0;
}
