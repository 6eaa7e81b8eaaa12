/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sysctl.h"
#include "plan/error.h"
#include "sys/proc.h"

#include <contain/namespace.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const ipc_names[] = {
	"kernel/auto_msgmni",  "kernel/msg_next_id",	  "kernel/msgmax", "kernel/msgmnb",
	"kernel/msgmni",       "kernel/sem",		  "kernel/sem_next_id",
	"kernel/shm_next_id",  "kernel/shm_rmid_forced",  "kernel/shmall", "kernel/shmmax",
	"kernel/shmmni",       "fs/mqueue/msg_default",	  "fs/mqueue/msg_max",
	"fs/mqueue/msgsize_default", "fs/mqueue/msgsize_max", "fs/mqueue/queues_max", NULL
};

/*
 * Of net.*, those that the kernel has once for the whole machine: on Linux 6.1, 6.12 and 6.18 they
 * are missing or read-only in a new network namespace (tests/live/t_ns_each holds the list against
 * that). The last one is there, can be written, and changes the host's.
 */
static const char *const global_names[] = {
	"net/core/bpf_jit_enable", "net/core/bpf_jit_harden", "net/core/bpf_jit_kallsyms",
	"net/core/bpf_jit_limit", "net/core/busy_poll", "net/core/busy_read",
	"net/core/default_qdisc", "net/core/dev_weight", "net/core/dev_weight_rx_bias",
	"net/core/dev_weight_tx_bias", "net/core/devconf_inherit_init_net",
	"net/core/fb_tunnels_only_for_init_net", "net/core/flow_limit_cpu_bitmap",
	"net/core/flow_limit_table_len", "net/core/gro_normal_batch",
	"net/core/high_order_alloc_disable", "net/core/max_skb_frags", "net/core/mem_pcpu_rsv",
	"net/core/message_burst", "net/core/message_cost", "net/core/netdev_budget",
	"net/core/netdev_budget_usecs", "net/core/netdev_max_backlog", "net/core/netdev_rss_key",
	"net/core/netdev_tstamp_prequeue", "net/core/netdev_unregister_timeout_secs",
	"net/core/rmem_default", "net/core/rmem_max", "net/core/rps_sock_flow_entries",
	"net/core/skb_defer_max", "net/core/warnings", "net/core/wmem_default",
	"net/core/wmem_max", "net/ipv4/fib_sync_mem", "net/ipv4/inet_peer_maxttl",
	"net/ipv4/inet_peer_minttl", "net/ipv4/inet_peer_threshold",
	"net/ipv4/ipfrag_secret_interval", "net/ipv4/route/error_burst",
	"net/ipv4/route/error_cost", "net/ipv4/route/gc_elasticity", "net/ipv4/route/gc_interval",
	"net/ipv4/route/gc_min_interval", "net/ipv4/route/gc_min_interval_ms",
	"net/ipv4/route/gc_thresh", "net/ipv4/route/gc_timeout", "net/ipv4/route/max_size",
	"net/ipv4/route/redirect_load", "net/ipv4/route/redirect_number",
	"net/ipv4/route/redirect_silence", "net/ipv4/tcp_allowed_congestion_control",
	"net/ipv4/tcp_available_congestion_control", "net/ipv4/tcp_available_ulp",
	"net/ipv4/tcp_low_latency", "net/ipv4/tcp_max_orphans", "net/ipv4/tcp_mem",
	"net/ipv4/udp_mem", "net/ipv6/ip6frag_secret_interval", "net/ipv6/mld_max_msf",
	"net/ipv6/mld_qrv", "net/netfilter/nf_conntrack_buckets",
	"net/netfilter/nf_conntrack_expect_max", "net/netfilter/nf_conntrack_max",
	"net/netfilter/nf_log_all_netns", "net/nf_conntrack_max", "net/rds/max_unacked_bytes",
	"net/rds/max_unacked_packets", "net/rds/ping_enable", "net/rds/reconnect_max_delay_ms",
	"net/rds/reconnect_min_delay_ms", "net/sctp/sctp_mem", "net/sctp/sctp_rmem",
	"net/sctp/sctp_wmem", "net/tipc/bc_retruni", "net/tipc/key_exchange_enabled",
	"net/tipc/max_tfms", "net/tipc/named_timeout", "net/tipc/sk_filter", "net/tipc/tipc_rmem",
	"net/netfilter/nf_hooks_lwtunnel", NULL
};

/* Directories and beginnings of names. */
static const char *const global_starts[] = { "net/ipv4/cipso_", "net/ipv6/calipso_", NULL };

static int is_one_of(const char *path, const char *const *names)
{
	while (*names && strcmp(path, *names) != 0)
		names++;
	return *names != NULL;
}

static int starts_with_one_of(const char *path, const char *const *starts)
{
	while (*starts && strncmp(path, *starts, strlen(*starts)) != 0)
		starts++;
	return *starts != NULL;
}

static int is_bad_component(const char *p, size_t n)
{
	return !n || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.');
}

/* sysctl(8): the first of '.' and '/' separates, and the other one stands for it in a name. */
static int to_path(const char *name, char *path, const char **ret_why)
{
	const char separator = name[strcspn(name, "./")];
	size_t n = strlen(name), start = 0;

	*ret_why = "names no sysctl: AREA.NAME, as sysctl(8) has it";
	if (!separator)
		return -EINVAL;
	if (n + sizeof("sys/") > CT_SYSCTL_NAME) {
		*ret_why = "is too long";
		return -ENAMETOOLONG;
	}
	for (size_t i = 0; i <= n; i++) {
		*ret_why = "has a blank or a control character in it";
		if (name[i] && (unsigned char)name[i] <= ' ')
			return -EINVAL;
		if (name[i] && name[i] != separator) {
			path[i] = separator == '.' && name[i] == '/' ? '.' : name[i];
			continue;
		}
		path[i] = name[i] ? '/' : 0;
		*ret_why = "has an empty component, or \".\" or \"..\", in it";
		if (is_bad_component(path + start, i - start))
			return -EINVAL;
		start = i + 1;
	}
	*ret_why = NULL;
	return 0;
}

static int classify(const char *path, uint64_t *ret_type, const char **ret_why)
{
	if (is_one_of(path, ipc_names)) {
		*ret_type = CONTAIN_NS_IPC;
		return 0;
	}
	if (strcmp(path, "kernel/hostname") == 0 || strcmp(path, "kernel/domainname") == 0)
		*ret_why = "host and domain name have functions of their own: "
			   "contain_ns_set_hostname() and contain_ns_set_domainname(), or "
			   "container_spec_set_hostname() and container_spec_set_domainname()";
	else if (strncmp(path, "user/", 5) == 0)
		*ret_why = "limits of a user namespace have functions of their own: "
			   "contain_ns_limit_set()";
	else if (strncmp(path, "net/", 4) != 0 || is_one_of(path, global_names) ||
		 starts_with_one_of(path, global_starts))
		*ret_why = "no namespace has this one for itself: the kernel has it once, for "
			   "the whole machine";
	else
		*ret_type = CONTAIN_NS_NET;
	return *ret_why ? -EINVAL : 0;
}

int ct_sysctl_parse(const char *name, char *path, uint64_t *ret_type, const char **ret_why)
{
	int r;

	memcpy(path, "sys/", 4);
	*ret_why = "is missing or empty";
	r = name && *name ? to_path(name, path + 4, ret_why) : -EINVAL;
	return r ? r : classify(path + 4, ret_type, ret_why);
}

const char *ct_sysctl_bad_value(const char *value)
{
	if (!value || !*value)
		return "the value is missing or empty";
	if (strlen(value) >= CT_SYSCTL_VALUE)
		return "the value is longer than the kernel takes";
	for (; *value; value++)
		if (((unsigned char)*value < ' ' && *value != '\t') || *value == 0x7f)
			return "the value has a control character in it";
	return NULL;
}

static const char *hint_access(const char *path, int err)
{
	if (strncmp(path, "sys/net/", 8) == 0)
		return err == -EPERM ? "needs CAP_NET_ADMIN in the network namespace's owner" :
				       "it is read-only here, as the kernel has it once for the "
				       "whole machine, or CAP_NET_ADMIN is missing";
	return "ipc sysctls are written by root of the initial user namespace; from Linux 6.10 on "
	       "also by root of the user namespace that owns the ipc namespace";
}

const char *ct_sysctl_hint(const char *path, int err, const char *seen, char *buf, size_t size)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		return hint_access(path, err);
	case -ENOENT:
		return "this namespace has no such sysctl: the kernel has it once for the whole "
		       "machine, or its module is not loaded, or the interface is not there";
	case -EINVAL:
		return "the kernel does not take this value";
	case -EXDEV:
		return "/proc is not procfs, or something is mounted over the file or a directory "
		       "above it, and without CAP_SYS_ADMIN there is no other";
	case -EROFS:
		return "/proc is mounted read-only, and without CAP_SYS_ADMIN there is no other";
	case -EIO:
		snprintf(buf, size, "it was written without an error, and the kernel has made "
				    "\"%.*s\" of it",
			 (int)strcspn(seen, "\n"), seen);
		return buf;
	default:
		return NULL;
	}
}

static int fail(contain_error **reterr, int err, const char *op, const char *object,
		const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_PARENT, op, object, hint);
}

static int parse(const char *op, const char *name, char *path, contain_error **reterr)
{
	uint64_t type;
	const char *why;
	int r = ct_sysctl_parse(name, path, &type, &why);

	return r < 0 ? fail(reterr, r, op, name && *name ? name : "name", why) : 0;
}

int contain_ns_set_sysctl(const char *name, const char *value, contain_error **reterr)
{
	char path[CT_SYSCTL_NAME], seen[CT_SYSCTL_VALUE], hint[300];
	const char *bad = ct_sysctl_bad_value(value);
	int proc, r = parse("set-sysctl", name, path, reterr);

	if (r < 0)
		return r;
	if (bad)
		return fail(reterr, -EINVAL, "set-sysctl", name, bad);
	seen[0] = 0;
	proc = ct_proc_open();
	r = proc < 0 ? proc : ct_sysctl_write(proc, path, value, seen, sizeof(seen));
	if (proc >= 0)
		ct_sys_close(proc);
	if (r == 0)
		return 0;
	return fail(reterr, r, "set-sysctl", name,
		    ct_sysctl_hint(path, r, seen, hint, sizeof(hint)));
}

int contain_ns_get_sysctl(const char *name, char *buf, size_t size, contain_error **reterr)
{
	char path[CT_SYSCTL_NAME], text[CT_SYSCTL_VALUE], hint[300];
	ssize_t n;
	int proc, r = parse("get-sysctl", name, path, reterr);

	if (r < 0)
		return r;
	if (!buf || !size)
		return fail(reterr, -EINVAL, "get-sysctl", "buf", "is missing or has no room");
	proc = ct_proc_open();
	n = proc < 0 ? proc : ct_proc_read(proc, path, text, sizeof(text));
	if (proc >= 0)
		ct_sys_close(proc);
	if (n < 0)
		return fail(reterr, (int)n, "get-sysctl", name,
			    ct_sysctl_hint(path, (int)n, "", hint, sizeof(hint)));
	while (n && text[n - 1] == '\n')
		text[--n] = 0;
	if ((size_t)n >= size)
		return fail(reterr, -ERANGE, "get-sysctl", name, "the value does not fit buf");
	memcpy(buf, text, (size_t)n + 1);
	return (int)n;
}
