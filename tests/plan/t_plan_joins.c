/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In which order namespaces are joined, and what then is left out. The namespaces are the test's
 * own: a plan asks of them only what they are and which user namespace owns them. And what is set
 * in namespaces, new or joined: sysctls, a domain name.
 */
#include "machines.h"

#include "container/container.h"

#include <contain/namespace.h>
#include <fcntl.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void join(container_spec *s, const char *names)
{
	char *copy = t_fmt("%s", names), *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		int fd = open(t_fmt("/proc/self/ns/%s", w), O_RDONLY | O_CLOEXEC);

		T_SYS(fd);
		T_CHECK(container_spec_join_namespace(s, 0, fd) == 0, "%s", w);
		close(fd);
	}
}

static void dir(container_spec *s)
{
	container_spec_set_root_dir(s, AT_FDCWD, "/srv/root", CONTAIN_ROOT_READONLY);
}

/* Containers of one pod. */
static void pod(container_spec *s)
{
	dir(s);
	join(s, "uts net ipc");
}

/* The same, in the user namespace that owns them. */
static void pod_of_user(container_spec *s)
{
	dir(s);
	join(s, "net ipc uts user cgroup pid");
	container_spec_set_user(s, 33, 34);
}

/* A process in another container. */
static void all(container_spec *s)
{
	join(s, "mnt net ipc uts user cgroup pid");
	container_spec_set_oom_score_adj(s, 100);
	container_spec_set_monitor(s, 1);
}

static void beside_new_user(container_spec *s)
{
	dir(s);
	join(s, "net cgroup time");
	container_spec_set_namespaces(s, CONTAIN_NS_MNT | CONTAIN_NS_USER | CONTAIN_NS_PID);
}

/* ---- refused ---- */

static void net_alone(container_spec *s)
{
	dir(s);
	join(s, "net");
}

static void root_too(container_spec *s)
{
	dir(s);
	join(s, "mnt");
}

static void mounts_too(container_spec *s)
{
	join(s, "mnt");
	container_spec_add_tmpfs(s, "/run", 0, 0755);
}

static void paths_too(container_spec *s)
{
	join(s, "mnt");
	container_spec_add_masked_path(s, "/etc");
}

static void hostname_too(container_spec *s)
{
	dir(s);
	join(s, "uts");
	container_spec_set_hostname(s, "mine");
}

static void maps_too(container_spec *s)
{
	dir(s);
	join(s, "user");
	container_spec_add_uid_range(s, 0, 100000, 10);
}

static void group_maps_too(container_spec *s)
{
	dir(s);
	join(s, "user");
	container_spec_add_gid_range(s, 0, 100000, 10);
}

static void offset_too(container_spec *s)
{
	dir(s);
	join(s, "time");
	container_spec_set_time_offset(s, CONTAIN_CLOCK_BOOTTIME, 5, 0);
}

static void offset_of_new(container_spec *s)
{
	dir(s);
	join(s, "user");
	container_spec_set_namespaces(s, CONTAIN_NS_MNT | CONTAIN_NS_TIME);
	container_spec_set_time_offset(s, CONTAIN_CLOCK_BOOTTIME, 5, 0);
}

static void sysctls(container_spec *s)
{
	dir(s);
	container_spec_set_domainname(s, "example");
	container_spec_add_sysctl(s, "kernel.sem", "250 32000 32 128");
	container_spec_add_sysctl(s, "net/ipv4/conf/eth0.1/forwarding", "1");
}

static void sysctls_only(container_spec *s)
{
	sysctls(s);
	container_spec_set_default_mounts(s, 0);
}

static void sysctl_of_host(container_spec *s)
{
	dir(s);
	container_spec_set_namespaces(s, CONTAIN_NS_MNT | CONTAIN_NS_PID);
	container_spec_add_sysctl(s, "net.ipv4.ip_forward", "1");
}

static void domain_name_of_host(container_spec *s)
{
	dir(s);
	container_spec_set_namespaces(s, CONTAIN_NS_MNT | CONTAIN_NS_PID);
	container_spec_set_domainname(s, "mine");
}

static void domain_name_too(container_spec *s)
{
	dir(s);
	join(s, "uts");
	container_spec_set_domainname(s, "mine");
}

/* What is joined is as good as what is new. */
static void sysctl_of_joined(container_spec *s)
{
	dir(s);
	join(s, "net");
	container_spec_add_sysctl(s, "net.ipv4.ip_forward", "1");
}

static const struct scene plans[] = {
	{ "root-pod", modern_root, pod },
	{ "root-pod-of-user", modern_root, pod_of_user },
	{ "user-pod-of-user", plain_user, pod_of_user },
	{ "root-join-all", modern_root, all },
	{ "user-join-all", plain_user, all },
	{ "root-join-beside", modern_root, beside_new_user },
}, inside[] = {
	{ "root-sysctls", modern_root, sysctls },
	{ "user-sysctls-only", plain_user, sysctls_only },
	{ "root-sysctl-joined", modern_root, sysctl_of_joined },
}, refused[] = {
	{ "user-net-alone", plain_user, net_alone },
	{ "root-root-too", modern_root, root_too },
	{ "root-mounts-too", modern_root, mounts_too },
	{ "root-paths-too", modern_root, paths_too },
	{ "root-hostname-too", modern_root, hostname_too },
	{ "root-maps-too", modern_root, maps_too },
	{ "root-group-maps-too", modern_root, group_maps_too },
	{ "root-offset-too", modern_root, offset_too },
	{ "root-offset-of-new", modern_root, offset_of_new },
	{ "root-domainname-too", modern_root, domain_name_too },
	{ "root-domainname", modern_root, domain_name_of_host },
	{ "root-sysctl", modern_root, sysctl_of_host },
};

TEST(joins_are_what_they_were)
{
	hold_plans(plans, COUNT(plans));
}

TEST(sysctls_are_what_they_were)
{
	hold_plans(inside, COUNT(inside));
}

TEST(refusals_are_what_they_were)
{
	hold_refusals("joins-refused", refused, COUNT(refused));
}

/* The joined user namespace never comes before one that it does not own, nor after one it does. */
TEST(joins_come_before_anything_inside)
{
	for (size_t i = 0; i < COUNT(plans); i++) {
		container_plan *p = NULL;
		int hidden = 0, joins = 0;

		T_CHECK(compile(&plans[i], &p, NULL) == 0);
		for (uint32_t k = 0; k < p->block->steps; k++) {
			const struct ct_step *s = ct_block_step(p->block, k);
			const char *op = ct_op_of(ct_modules, s)->name;

			hidden |= !strcmp(op, "not-dumpable");
			if (strcmp(op, "join") != 0)
				continue;
			joins++;
			T_CHECK(s->arg[0] != CONTAIN_NS_USER || hidden, "%s", plans[i].name);
			T_CHECK(k < p->block->first_inside || s->arg[0] == CONTAIN_NS_CGROUP, "%s",
				plans[i].name);
		}
		T_CHECK(joins >= 3, "%s: %d", plans[i].name, joins);
		container_plan_free(p);
	}
}
