/* SPDX-License-Identifier: MIT-0 */
/* Options of limits, namespaces and id maps. */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CPU_PERIOD_USEC 100000

int take_memory(struct run *r, char *const *arg)
{
	uint64_t bytes = 0;
	const char *why = read_size(arg[0], &bytes);

	return why ? bad_value(r, arg[0], why) :
		     setter(r, container_spec_set_memory_max(r->spec, bytes));
}

int take_pids(struct run *r, char *const *arg)
{
	uint64_t pids = 0;
	const char *why = read_number(arg[0], INT32_MAX, &pids);

	return why ? bad_value(r, arg[0], why) :
		     setter(r, container_spec_set_pids_max(r->spec, pids));
}

int take_cpus(struct run *r, char *const *arg)
{
	uint64_t quota = 0; /* of a period of 10^5 microseconds: five decimal places */
	const char *why = read_decimal(arg[0], 5, INT64_MAX / CPU_PERIOD_USEC, &quota);

	if (!why && quota < CPU_PERIOD_USEC / 100)
		why = "less than 0.01";
	return why ? bad_value(r, arg[0], why) :
		     setter(r, container_spec_set_cpu_max(r->spec, quota, CPU_PERIOD_USEC));
}

int take_limit(struct run *r, char *const *arg)
{
	const char *value = strchr(arg[0], '=');
	contain_limits *limits;
	char *file;
	int err;

	if (!value || value == arg[0])
		return bad_value(r, arg[0], "not FILE=VALUE");
	file = strndup(arg[0], (size_t)(value - arg[0]));
	if (!file || contain_limits_new(&limits) < 0) {
		free(file);
		return setter(r, -ENOMEM);
	}
	err = contain_limits_set_raw(limits, file, value + 1);
	if (err == -EINVAL)
		err = bad_value(r, arg[0], "not one limit of a group, with a value that it takes");
	else
		err = setter(r, err < 0 ? err : container_spec_set_limits(r->spec, limits));
	contain_limits_free(limits);
	free(file);
	return err;
}

int take_default_devices(struct run *r, char *const *arg)
{
	contain_devices *devices;
	int err = contain_devices_new_default(&devices);

	(void)arg;
	if (err < 0)
		return setter(r, err);
	err = setter(r, container_spec_set_devices(r->spec, devices));
	contain_devices_free(devices);
	return err;
}

int take_delegate(struct run *r, char *const *arg)
{
	(void)arg;
	return setter(r, container_spec_set_cgroup_delegate(r->spec, 1));
}

int take_cgroup(struct run *r, char *const *arg)
{
	return setter(r, container_spec_set_cgroup(r->spec, AT_FDCWD, arg[0]));
}

int take_cgroup_parent(struct run *r, char *const *arg)
{
	return setter(r, container_spec_set_cgroup_parent(r->spec, AT_FDCWD, arg[0]));
}

static int read_types(const struct run *r, const char *list, uint64_t *types)
{
	static const char *const names[] = { "mnt", "pid", "ipc", "uts", "net", "cgroup", "user",
		"time" };
	static const uint64_t bits[] = { CONTAIN_NS_MNT, CONTAIN_NS_PID, CONTAIN_NS_IPC,
		CONTAIN_NS_UTS, CONTAIN_NS_NET, CONTAIN_NS_CGROUP, CONTAIN_NS_USER,
		CONTAIN_NS_TIME };

	for (const char *s = list; s;) {
		size_t i = 0;

		if (read_word(&s, names, sizeof(names) / sizeof(names[0]), &i))
			return bad_value(r, list,
					 "not a list of mnt, pid, ipc, uts, net, cgroup, user "
					 "and time");
		*types |= bits[i];
	}
	return 0;
}

int take_share(struct run *r, char *const *arg)
{
	return read_types(r, arg[0], &r->share);
}

int take_unshare(struct run *r, char *const *arg)
{
	return read_types(r, arg[0], &r->unshare);
}

int take_join(struct run *r, char *const *arg)
{
	contain_error *e = NULL;
	uint64_t type = 0;
	int err, fd = contain_ns_open_path(AT_FDCWD, arg[0], 0, &e);

	if (fd < 0 || contain_ns_type(fd, &type, &e) < 0) {
		err = bad_value(r, arg[0], contain_error_message(e));
		contain_error_free(e);
		if (fd >= 0)
			close(fd);
		return err;
	}
	r->joined |= type;
	err = container_spec_join_namespace(r->spec, type, fd);
	close(fd);
	return setter(r, err);
}

int take_hostname(struct run *r, char *const *arg)
{
	return setter(r, container_spec_set_hostname(r->spec, arg[0]));
}

static int read_map(struct run *r, const char *s, uint64_t *n)
{
	size_t count = 0;
	const char *why = read_numbers(s, ':', UINT32_MAX, n, 3, 3, &count);

	r->ranges = 1;
	return why ? bad_value(r, s, "not INSIDE:OUTSIDE:COUNT") : 0;
}

int take_uid_map(struct run *r, char *const *arg)
{
	uint64_t n[3];

	if (read_map(r, arg[0], n) < 0)
		return -1;
	return setter(r, container_spec_add_uid_range(r->spec, (uint32_t)n[0], (uint32_t)n[1],
						      (uint32_t)n[2]));
}

int take_gid_map(struct run *r, char *const *arg)
{
	uint64_t n[3];

	if (read_map(r, arg[0], n) < 0)
		return -1;
	return setter(r, container_spec_add_gid_range(r->spec, (uint32_t)n[0], (uint32_t)n[1],
						      (uint32_t)n[2]));
}

/* The library's own rule, by which a user namespace is a default. */
static int privileged(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	return geteuid() == 0 && syscall(SYS_capget, &head, data) == 0 &&
	       data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN);
}

int finish_namespaces(struct run *r)
{
	uint64_t types = CONTAIN_NS_MNT | CONTAIN_NS_PID | CONTAIN_NS_IPC | CONTAIN_NS_UTS |
			 CONTAIN_NS_NET | CONTAIN_NS_CGROUP;

	if (r->share & r->unshare)
		return bad_usage("--share and --unshare name the same namespace");
	if (!r->share && !r->unshare)
		return 0;
	if (!privileged() || r->ranges)
		types |= CONTAIN_NS_USER;
	r->option = r->share ? "--share" : "--unshare";
	return setter(r, container_spec_set_namespaces(r->spec,
						       (types | r->unshare) & ~r->share));
}
