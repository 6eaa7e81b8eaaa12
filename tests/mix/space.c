/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces, names in them, and limits of the group. */
#include "mix.h"

#include <sys/sysmacros.h>

static const struct {
	uint64_t type;
	const char *name;
} types[] = {
	{ CONTAIN_NS_MNT, "mnt" }, { CONTAIN_NS_PID, "pid" },	{ CONTAIN_NS_IPC, "ipc" },
	{ CONTAIN_NS_UTS, "uts" }, { CONTAIN_NS_NET, "net" },	{ CONTAIN_NS_CGROUP, "cgroup" },
	{ CONTAIN_NS_USER, "user" }, { CONTAIN_NS_TIME, "time" },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static int ns_fd(const struct mix *m, uint64_t type)
{
	return type == CONTAIN_NS_UTS ? m->place->uts_ns :
	       type == CONTAIN_NS_IPC ? m->place->ipc_ns : m->place->net_ns;
}

/* "uts:[4026531838]" of ours, or of one that is joined */
static const char *link_of(uint64_t type, const char *name, int fd)
{
	static char text[64];
	const char *path = fd >= 0 ? t_fmt("/proc/self/fd/%d", fd) :
				     t_fmt("/proc/thread-self/ns/%s", name);
	ssize_t n = readlink(path, text, sizeof(text) - 1);

	T_CHECK(n > 0, "%s of type %llx: %m", path, (unsigned long long)type);
	text[n] = 0;
	return text;
}

static void check_ns(struct mix *m, const struct mix_section *s, const char *text)
{
	for (size_t i = 0; i < TYPES; i++) {
		uint64_t type = types[i].type;
		const char *at = strstr(text, t_fmt("\n%s ", types[i].name)), *own;
		char seen[64];

		if (!strncmp(text, types[i].name, strlen(types[i].name)) &&
		    text[strlen(types[i].name)] == ' ')
			at = text - 1;
		if (!at || sscanf(at + 1, "%*s %63s", seen) != 1) {
			mix_differs(m, "ns: no %s", types[i].name);
			continue;
		}
		own = link_of(type, types[i].name, -1);
		if (m->ns_joined & type) {
			own = link_of(type, types[i].name, ns_fd(m, type));
			if (strcmp(own, seen) != 0)
				mix_differs(m, "ns: %s is %s, to join was %s", types[i].name, seen,
					    own);
		} else if (!strcmp(own, seen) != !(m->ns_new & type)) {
			mix_differs(m, "ns: %s has to be %s, is %s, ours %s", types[i].name,
				    m->ns_new & type ? "new" : "ours", seen, own);
		}
	}
	(void)s;
}

static void map_ids(struct mix *m)
{
	container_spec *s = m->spec;

	m->ids = 65536;
	if (mix_one_in(m, 2)) {
		mix_say(m, "ids 0-65535 are 100000-165535");
		m->shifted = 1;
		mix_set(m, container_spec_add_uid_range(s, 0, 100000, 65536), "uid range");
		mix_set(m, container_spec_add_gid_range(s, 0, 100000, 65536), "gid range");
		return;
	}
	mix_say(m, "id 0 is 0, 1-65535 are 100000-165534");
	mix_set(m, container_spec_add_uid_range(s, 0, 0, 1), "uid range");
	mix_set(m, container_spec_add_uid_range(s, 1, 100000, 65535), "uid range");
	mix_set(m, container_spec_add_gid_range(s, 0, 0, 1), "gid range");
	mix_set(m, container_spec_add_gid_range(s, 1, 100000, 65535), "gid range");
}

static void choose(struct mix *m)
{
	uint64_t all = CONTAIN_NS_PID | CONTAIN_NS_IPC | CONTAIN_NS_UTS | CONTAIN_NS_NET |
		       CONTAIN_NS_CGROUP;

	m->ids = m->as_user ? 1 : UINT32_MAX;
	m->has_user_ns = m->as_user || mix_one_in(m, 3);
	m->one_id = m->as_user;
	m->ns_new = CONTAIN_NS_MNT | all | (m->has_user_ns ? CONTAIN_NS_USER : 0);
	if (m->has_user_ns && !m->as_user)
		map_ids(m);
	if (mix_one_in(m, 2))
		return; /* the default */
	/* proc, mqueue and sysfs of a user namespace need what it owns */
	for (size_t i = 0; i < TYPES; i++)
		if (types[i].type & all && mix_one_in(m, 3) &&
		    (!m->has_user_ns || types[i].type & (CONTAIN_NS_UTS | CONTAIN_NS_CGROUP)))
			m->ns_new &= ~types[i].type;
	if (mix_one_in(m, 4))
		m->ns_new |= CONTAIN_NS_TIME;
	mix_set(m, container_spec_set_namespaces(m->spec, m->ns_new), "namespaces");
	if (m->ns_new & CONTAIN_NS_TIME && mix_one_in(m, 2))
		mix_set(m, container_spec_set_time_offset(m->spec, CONTAIN_CLOCK_BOOTTIME, 100000,
							  0), "time offset");
}

static void join(struct mix *m)
{
	static const uint64_t some[] = { CONTAIN_NS_NET };
	uint64_t type = some[0];

	if (m->as_user || m->has_user_ns || !mix_one_in(m, 6))
		return;
	mix_say(m, "joins a network namespace");
	mix_set(m, container_spec_join_namespace(m->spec, mix_one_in(m, 2) ? type : 0,
						 ns_fd(m, type)), "join");
	m->ns_joined |= type;
	m->ns_new &= ~type;
}

static void names(struct mix *m)
{
	struct mix_section *s = mix_section(m, "hostname", "hostname");
	char host[256], domain[256];

	T_SYS(gethostname(host, sizeof(host)));
	T_SYS(getdomainname(domain, sizeof(domain)));
	if (m->ns_new & CONTAIN_NS_UTS) {
		snprintf(host, sizeof(host), "%s", m->place->name);
		if (mix_one_in(m, 2)) {
			snprintf(host, sizeof(host), "h%u.example", mix_pick(m, 1000));
			mix_set(m, container_spec_set_hostname(m->spec, host), "hostname");
		}
		if (m->over && mix_one_in(m, 2)) {
			snprintf(host, sizeof(host), "over%u", mix_pick(m, 1000));
			mix_set(m, container_overrides_set_hostname(m->over, host), "hostname");
		}
		if (mix_one_in(m, 3)) {
			snprintf(domain, sizeof(domain), "d%u", mix_pick(m, 1000));
			mix_set(m, container_spec_set_domainname(m->spec, domain), "domainname");
		}
	}
	mix_want(s, "hostname %s\ndomainname %s\n", host, domain);
	mix_say(m, "hostname %s, domainname %s", host, domain);
}

void mix_namespaces(struct mix *m)
{
	choose(m);
	join(m);
	mix_say(m, "new namespaces%s%s%s%s%s%s%s", m->ns_new & CONTAIN_NS_PID ? " pid" : "",
		m->ns_new & CONTAIN_NS_IPC ? " ipc" : "", m->ns_new & CONTAIN_NS_UTS ? " uts" : "",
		m->ns_new & CONTAIN_NS_NET ? " net" : "",
		m->ns_new & CONTAIN_NS_CGROUP ? " cgroup" : "",
		m->ns_new & CONTAIN_NS_USER ? " user" : "",
		m->ns_new & CONTAIN_NS_TIME ? " time" : "");
	mix_section(m, "ns", "ns")->check = check_ns;
	names(m);
}

/* ---- the group ---- */

void mix_limits(struct mix *m)
{
	if (!ts_can_limit() || !mix_one_in(m, 8))
		return;
	m->limits = 1;
	m->memory_max = (uint64_t)(64 + mix_pick(m, 64)) << 20;
	m->pids_max = 8 + mix_pick(m, 100);
	m->cpu_quota = 50000 + 1000 * mix_pick(m, 50);
	mix_say(m, "limits: memory %llu, pids %llu, cpu %llu", (unsigned long long)m->memory_max,
		(unsigned long long)m->pids_max, (unsigned long long)m->cpu_quota);
	mix_set(m, container_spec_set_memory_max(m->spec, m->memory_max), "memory_max");
	mix_set(m, container_spec_set_pids_max(m->spec, m->pids_max), "pids_max");
	mix_set(m, container_spec_set_cpu_max(m->spec, m->cpu_quota, 100000), "cpu_max");
}

/* The file of a limit, in the hierarchy that has it, by the group that the kernel says. */
static void check_limit(struct mix *m, int pid, const char *v1, const char *file1,
			const char *file2, const char *want)
{
	const char *mount = t_cgroup_mount(v1), *file = file1;
	char line[1024], text[256] = "", *at = NULL;
	FILE *f = fopen(t_fmt("/proc/%d/cgroup", pid), "re");

	if (!mount) {
		mount = t_cgroup_mount("cgroup2");
		file = file2;
		v1 = "";
	}
	while (f && fgets(line, sizeof(line), f)) {
		char *colon = strchr(line, ':'), *path = colon ? strchr(colon + 1, ':') : NULL;

		if (!path)
			continue;
		*path = 0;
		/* "cpu,cpuacct" is the one, and "cpuset" is not */
		colon[1 + strcspn(colon + 1, ",")] = 0;
		if (!strcmp(colon + 1, v1)) {
			at = path + 1;
			at[strcspn(at, "\n")] = 0;
			break;
		}
	}
	if (f)
		fclose(f);
	if (!at || t_read_file(t_fmt("%s%s/%s", mount, at, file), text, sizeof(text)) < 0)
		mix_differs(m, "limits: %s%s/%s cannot be read", mount, at ? at : "?", file);
	else if (strcmp(text, want) != 0)
		mix_differs(m, "limits: %s is %.40s, asked %.40s", file, text, want);
}

void mix_check_limits(struct mix *m, const container *c)
{
	int pid = container_pid(c), v1 = t_cgroup_mount("cpu") != NULL;

	check_limit(m, pid, "memory", "memory.limit_in_bytes", "memory.max",
		    t_fmt("%llu\n", (unsigned long long)m->memory_max));
	check_limit(m, pid, "pids", "pids.max", "pids.max",
		    t_fmt("%llu\n", (unsigned long long)m->pids_max));
	check_limit(m, pid, "cpu", "cpu.cfs_quota_us", "cpu.max",
		    t_fmt(v1 ? "%llu\n" : "%llu 100000\n", (unsigned long long)m->cpu_quota));
}
