/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities by the names of capabilities(7), and lists of them. */
#include "identity.h"
#include "plan/error.h"
#include "sys/path.h"

#include <contain/process.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const names[] = {
	"chown",	  "dac_override",  "dac_read_search",	 "fowner",
	"fsetid",	  "kill",	   "setgid",		 "setuid",
	"setpcap",	  "linux_immutable", "net_bind_service", "net_broadcast",
	"net_admin",	  "net_raw",	   "ipc_lock",		 "ipc_owner",
	"sys_module",	  "sys_rawio",	   "sys_chroot",	 "sys_ptrace",
	"sys_pacct",	  "sys_admin",	   "sys_boot",		 "sys_nice",
	"sys_resource",	  "sys_time",	   "sys_tty_config",	 "mknod",
	"lease",	  "audit_write",   "audit_control",	 "setfcap",
	"mac_override",	  "mac_admin",	   "syslog",		 "wake_alarm",
	"block_suspend",  "audit_read",	   "perfmon",		 "bpf",
	"checkpoint_restore",
};
#define NAMES ((int)(sizeof(names) / sizeof(names[0])))
#define WORD_MAX 64

const char *contain_capability_name(int capability)
{
	return capability < 0 || capability >= NAMES ? "" : names[capability];
}

static int from_word(const char *word, size_t n)
{
	if (n > 4 && !strncasecmp(word, "cap_", 4)) {
		word += 4;
		n -= 4;
	}
	for (int i = 0; i < NAMES; i++)
		if (strlen(names[i]) == n && !strncasecmp(word, names[i], n))
			return i;
	return -EINVAL;
}

int contain_capability_from_name(const char *name)
{
	return name ? from_word(name, strlen(name)) : -EINVAL;
}

/* What the running kernel has, or, where /proc does not say, what is known here. */
static uint64_t every(void)
{
	char text[16];
	ssize_t n = ct_read_at(AT_FDCWD, "/proc/sys/kernel/cap_last_cap", text, sizeof(text));
	int last = n > 0 ? atoi(text) : NAMES - 1;

	return last < 0 || last >= CT_CAPABILITIES ? ~0ULL : (2ULL << last) - 1;
}

static int bad(contain_error **reterr, const char *word, size_t n)
{
	char what[WORD_MAX + 4];

	snprintf(what, sizeof(what), "%.*s%s", (int)(n > WORD_MAX ? WORD_MAX : n), word,
		 n > WORD_MAX ? "..." : "");
	return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_PARENT, "parse-capabilities", what,
			       "not a capability of capabilities(7), such as net_raw, nor all or "
			       "none, each with an optional + or - before it");
}

int contain_capabilities_parse(const char *list, uint64_t base, uint64_t *ret,
			       contain_error **reterr)
{
	uint64_t set = base;
	int plain = 0;

	if (!list || !ret)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_PARENT, "parse-capabilities",
				       list ? "ret" : "list", "is NULL");
	for (const char *at = list;;) {
		size_t n = strcspn(at, ",");
		char sign = *at == '+' || *at == '-' ? *at : 0;
		const char *word = sign ? at + 1 : at;
		size_t len = n - (sign != 0);
		int cap = from_word(word, len);
		uint64_t bits;

		if (cap >= 0)
			bits = 1ULL << cap;
		else if (len == 3 && !strncasecmp(word, "all", 3))
			bits = every();
		else if (len == 4 && !strncasecmp(word, "none", 4) && !sign)
			bits = 0;
		else
			return bad(reterr, at, n);
		if (!sign && !plain) { /* a list of names replaces what there was */
			set = 0;
			plain = 1;
		}
		set = sign == '-' ? set & ~bits : set | bits;
		if (!at[n])
			break;
		at += n + 1;
	}
	*ret = set;
	return 0;
}

void ct_cap_words(uint64_t set, char *buf, size_t size)
{
	size_t at = 0;

	snprintf(buf, size, "none");
	for (int i = 0; i < CT_CAPABILITIES; i++) {
		char number[8];
		int n;

		if (!(set >> i & 1))
			continue;
		snprintf(number, sizeof(number), "%d", i);
		n = snprintf(buf + at, size - at, "%s%s", at ? "," : "",
			     i < NAMES ? names[i] : number);
		if ((size_t)n >= size - at) {
			snprintf(buf + at, size - at, "...");
			return;
		}
		at += (size_t)n;
	}
}

const char *ct_cap_sets_wrong(const struct ct_cap_sets *k, const char **ret_set)
{
	*ret_set = "effective";
	if (k->effective & ~k->permitted)
		return "has what the permitted set has not";
	*ret_set = "ambient";
	if (k->ambient & ~k->permitted)
		return "has what the permitted set has not";
	if (k->ambient & ~k->inheritable)
		return "has what the inheritable set has not";
	*ret_set = "inheritable";
	if (k->inheritable & ~k->bounding)
		return "has what the bounding set has not";
	return NULL;
}
