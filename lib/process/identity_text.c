/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the steps of identity.h print, and the likely causes of their failures. */
#include "identity.h"
#include "process.h"
#include "plan/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static uint64_t pair(const uint32_t *word)
{
	return (uint64_t)word[1] << 32 | word[0];
}

CT_IDENTITY_DESCRIBE(sets)
{
	static const char *const names[] = { "effective", "permitted", "inheritable", "bounding",
					     "ambient" };
	const uint32_t *word = (const uint32_t *)ct_block_str(b, s->str[0]);
	char text[200];

	for (int i = 0; i < 5; i++) {
		ct_cap_words(pair(word + 2 * i), text, sizeof(text));
		ct_text_printf(out, "%s%s %s", i ? "; " : "", names[i], text);
	}
	if (word[11])
		ct_text_printf(out, "; securebits 0x%x", word[10]);
}

CT_IDENTITY_DESCRIBE(find_user)
{
	ct_text_printf(out, "in the image's %s%s%s%s",
		       s->arg[0] < 0 || s->arg[1] < 0 || s->arg[2] ? "passwd" : "",
		       *ct_block_str(b, s->str[1]) || s->arg[2] & 1 ? " and group" : "",
		       s->arg[2] & 1 ? ", with its supplementary groups" : "",
		       s->arg[2] & 2 ? ", with HOME" : "");
}

CT_IDENTITY_DESCRIBE(keyring)
{
	ct_text_add(out, s->arg[0] ? "a session keyring of its own" :
				     "a session keyring of its own, where keyctl(2) is allowed");
}

CT_IDENTITY_DESCRIBE(personality)
{
	ct_text_add(out, "and read back");
}

CT_IDENTITY_DESCRIBE(sched)
{
	static const char *const names[] = { "other", "fifo", "rr", "batch", "", "idle",
					     "deadline" };
	const uint32_t *word = (const uint32_t *)ct_block_str(b, s->str[0]);

	if (s->arg[0] >= 0)
		ct_text_printf(out, "policy %s", names[s->arg[0]]);
	if (s->arg[0] == 1 || s->arg[0] == 2)
		ct_text_printf(out, ", priority %u", word[1]);
	if (s->arg[0] == CT_SCHED_DEADLINE)
		ct_text_printf(out, ", runtime %llu, deadline %llu, period %llu nsec",
			       (unsigned long long)pair(word + 4),
			       (unsigned long long)pair(word + 6),
			       (unsigned long long)pair(word + 8));
	if (word[3])
		ct_text_printf(out, "%snice %d", s->arg[0] >= 0 ? ", " : "", (int)word[2]);
}

const char *ct_process_why_sets(int err, int at)
{
	if (err == -EIO)
		return "the kernel took the sets and has other ones";
	if (err != -EPERM)
		return NULL;
	switch (at) {
	case CT_SETS_AMBIENT:
		return "a capability of the ambient set is not held, or the securebits forbid it "
		       "(SECBIT_NO_CAP_AMBIENT_RAISE)";
	case CT_SETS_BITS:
		return "the securebits need CAP_SETPCAP in the permitted set, and one that is "
		       "locked cannot change";
	default:
		return "the caller does not hold every capability of the permitted set, or the "
		       "bounding set needs CAP_SETPCAP";
	}
}

const char *ct_user_why_text(int err, int why, char *buf, size_t size)
{
	const char *file = why & CT_USER_GROUP ? "/etc/group" : "/etc/passwd";

	if (why & CT_USER_NO_FILE)
		snprintf(buf, size, "the image has no %s: give user and group by number", file);
	else if (why & CT_USER_BAD_HOME)
		snprintf(buf, size, "the home directory in the entry of %s of the image is no "
				    "absolute path", file);
	else if (why & CT_USER_BAD_ENTRY)
		snprintf(buf, size, "the entry in %s of the image is malformed: an id has to be "
				    "a number below 4294967295", file);
	else if (err == -ENOENT && why & CT_USER_NO_ENTRY)
		snprintf(buf, size, "there is no such entry in %s of the image%s", file,
			 why & CT_USER_GROUP ? "" : "; a number needs none where the group is "
						    "given, too: UID:GID");
	else if (err == -EFBIG)
		snprintf(buf, size, "%s of the image is larger than %u MiB, or has no end", file,
			 CT_USER_FILE_MAX >> 20);
	else if (err == -EINVAL || err == -ENXIO)
		snprintf(buf, size, "%s of the image is no regular file, or was exchanged while "
				    "it was opened", file);
	else if (err == -ELOOP)
		snprintf(buf, size, "%s of the image is a symlink that leads to itself, or "
				    "through a magic link of procfs", file);
	else if (err == -E2BIG)
		snprintf(buf, size, "the user is in more than 65536 groups of %s of the image",
			 file);
	else
		return NULL;
	return buf;
}

const char *ct_process_why_keyring(int err)
{
	switch (-err) {
	case EDQUOT:
		return "the caller's user has as many keys as it may: kernel.keys.maxkeys (200 for "
		       "who is not root), maxbytes; each running container has one";
	case ENOSYS:
		return "this kernel has no keys (CONFIG_KEYS)";
	case EPERM:
		return "a filter or a security module refuses keyctl(2)";
	case EACCES:
		return "a keyring of that name is there, and it may not be searched";
	case EIO:
		return "the kernel made a keyring and the session has another one";
	default:
		return NULL;
	}
}

const char *ct_process_why_sched(int policy, int err)
{
	switch (-err) {
	case EPERM:
		return policy == CT_SCHED_DEADLINE ?
			       "a deadline needs CAP_SYS_NICE on the host, and to be allowed on "
			       "every cpu" :
			       "needs CAP_SYS_NICE on the host, which is lost in a user namespace "
			       "of one's own, or RLIMIT_RTPRIO or RLIMIT_NICE; or the group has no "
			       "realtime budget (cpu.rt_runtime_us)";
	case EBUSY:
		return "the cpus have no bandwidth left for this deadline (sched(7), admission "
		       "control)";
	case EINVAL:
		return policy == CT_SCHED_DEADLINE ?
			       "runtime, deadline and period have to rise, and to be within "
			       "kernel.sched_deadline_period_min_us and _max_us" :
			       "this kernel does not have the policy";
	case EIO:
		return "the kernel took the values and has other ones";
	default:
		return NULL;
	}
}

const char *ct_process_why_affinity(int err)
{
	switch (-err) {
	case ENODEV:
		return "a cpu of the list is offline, not there, or not in the cpuset of the group";
	case EINVAL:
		return "no cpu of the list is online and in the cpuset of the group";
	case EBUSY:
		return "a deadline of the caller's needs the other cpus";
	default:
		return NULL;
	}
}

const char *ct_process_why_ioprio(int err)
{
	switch (-err) {
	case EPERM:
		return "the realtime class needs CAP_SYS_NICE or CAP_SYS_ADMIN on the host";
	case EIO:
		return "the kernel took the priority and has another one";
	default:
		return NULL;
	}
}

const char *ct_process_why_personality(int err)
{
	switch (-err) {
	case EINVAL:
		return "this kernel or machine does not have that personality";
	case EPERM:
		return "a filter allows no other personality";
	case EACCES:
		return "a filter needs no_new_privs";
	case EIO:
		return "the kernel took the personality and has another one";
	default:
		return NULL;
	}
}

CT_IDENTITY_HINT(sets)
{
	return ct_process_why_sets(r->report->err, (int)r->report->detail);
}

CT_IDENTITY_HINT(find_user)
{
	return ct_user_why_text(r->report->err, (int)r->report->detail, buf, size);
}

CT_IDENTITY_HINT(keep_capabilities)
{
	return r->report->err == -EPERM ? "the caller's securebits lock SECBIT_KEEP_CAPS" : NULL;
}

CT_IDENTITY_HINT(keyring)
{
	return ct_process_why_keyring(r->report->err);
}

CT_IDENTITY_HINT(personality)
{
	return ct_process_why_personality(r->report->err);
}

CT_IDENTITY_HINT(sched)
{
	return ct_process_why_sched((int)s->arg[0], r->report->err);
}

CT_IDENTITY_HINT(affinity)
{
	return ct_process_why_affinity(r->report->err);
}

CT_IDENTITY_HINT(ioprio)
{
	return ct_process_why_ioprio(r->report->err);
}
