/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words of setters and primitives: strict, nothing is guessed. */
#include "identity.h"

#include <contain/process.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Decimal digits only, at most max; returns how many there were, 0: none, or too large. */
static size_t number(const char *s, size_t n, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	size_t i = 0;

	for (; i < n && s[i] >= '0' && s[i] <= '9'; i++) {
		v = v * 10 + (uint64_t)(s[i] - '0');
		if (v > max)
			return 0;
	}
	*ret = v;
	return i;
}

/* A name of passwd(5), or an id: digits alone are always one. */
static const char *name_or_id(const char *s, size_t n, const char **ret_name, uint32_t *ret_len,
			      int64_t *ret_id)
{
	uint64_t id = 0;

	if (!n)
		return "a name or a number is missing";
	if (strspn(s, "0123456789") >= n) {
		if (number(s, n, UINT32_MAX - 1, &id) != n)
			return "is a number above 4294967294";
		*ret_id = (int64_t)id;
		return NULL;
	}
	if (n > CT_USER_NAME_MAX)
		return "has a name of more than 256 bytes";
	if (*s == '+' || *s == '-')
		return "has a name that starts with + or -";
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 127 || s[i] == ',' || s[i] == '/')
			return "has a name with a space, comma, slash or control character";
	*ret_name = s;
	*ret_len = (uint32_t)n;
	return NULL;
}

const char *ct_user_query_parse(const char *text, struct ct_user_query *ret)
{
	struct ct_user_query q = { .uid = -1, .gid = -1 };
	size_t n = strcspn(text, ":");
	const char *why = name_or_id(text, n, &q.user, &q.user_len, &q.uid);

	if (!why && text[n] && strchr(text + n + 1, ':'))
		return "has more than one colon";
	if (!why && text[n])
		why = name_or_id(text + n + 1, strlen(text + n + 1), &q.group, &q.group_len,
				 &q.gid);
	if (!why)
		*ret = q;
	return why;
}

static const char *take_range(const char **s, uint64_t *ret_first, uint64_t *ret_last)
{
	size_t n = number(*s, strlen(*s), CT_CPUS_MAX - 1, ret_first);

	if (!n)
		return "is not a list of cpus such as 0-3,8, nor a mask such as 0x10f";
	*s += n;
	*ret_last = *ret_first;
	if (**s == '-') {
		n = number(*s + 1, strlen(*s + 1), CT_CPUS_MAX - 1, ret_last);
		if (!n || *ret_last < *ret_first)
			return "has a range without an end, or one that ends before it starts";
		*s += n + 1;
	}
	if (**s && (**s != ',' || !(*s)[1]))
		return "has something that is neither a number, a range nor a comma";
	*s += **s == ',';
	return NULL;
}

static const char *parse_list(const char *s, uint32_t *word, size_t *ret_words)
{
	uint64_t first, last, most = 0;

	while (*s) {
		const char *why = take_range(&s, &first, &last);

		if (why)
			return why;
		for (uint64_t i = first; i <= last; i++)
			word[i / 32] |= 1U << i % 32;
		most = last > most ? last : most;
	}
	*ret_words = most / 32 + 1;
	return NULL;
}

/* From its end: the last digit holds cpus 0 to 3. */
static const char *parse_mask(const char *hex, uint32_t *word, size_t *ret_words)
{
	size_t n = strlen(hex), most = 0;

	if (!n || n > CT_CPUS_MAX / 4 || strspn(hex, "0123456789abcdefABCDEF") != n)
		return "is no hexadecimal mask";
	for (size_t i = 0; i < n; i++) {
		char c = hex[n - 1 - i];
		uint32_t v = (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);

		word[i / 8] |= v << i % 8 * 4;
		if (v)
			most = i / 8;
	}
	*ret_words = most + 1;
	for (size_t i = 0; i <= most; i++)
		if (word[i])
			return NULL;
	return "is a mask without a cpu";
}

const char *ct_cpus_parse(const char *text, uint32_t **ret, size_t *ret_words)
{
	uint32_t *word;
	const char *why;
	size_t n = 0;

	if (!*text)
		return "is empty";
	word = calloc(CT_CPUS_MAX / 32 + 1, sizeof(*word));
	if (!word)
		return "out of memory";
	why = !strncmp(text, "0x", 2) ? parse_mask(text + 2, word, &n) :
					parse_list(text, word, &n);
	if (why) {
		free(word);
		return why;
	}
	n += n & 1; /* the kernel takes whole longs */
	*ret = word;
	*ret_words = n;
	return NULL;
}

/* linux/personality.h; its header and libc's differ in names */
static const struct {
	const char *name;
	uint32_t value;
} personalities[] = {
	{ "linux", 0 }, { "linux32", 0x8 },
	{ "uname26", 0x20000 }, { "addr_no_randomize", 0x40000 },
	{ "fdpic_funcptrs", 0x80000 }, { "mmap_page_zero", 0x100000 },
	{ "addr_compat_layout", 0x200000 }, { "read_implies_exec", 0x400000 },
	{ "addr_limit_32bit", 0x800000 }, { "short_inode", 0x1000000 },
	{ "whole_seconds", 0x2000000 }, { "sticky_timeouts", 0x4000000 },
	{ "addr_limit_3gb", 0x8000000 },
};

static int one_personality(const char *s, size_t n, uint32_t *ret)
{
	if (n > 2 && n <= 10 && s[0] == '0' && s[1] == 'x' &&
	    strspn(s + 2, "0123456789abcdefABCDEF") >= n - 2) {
		*ret = (uint32_t)strtoull(s + 2, NULL, 16);
		return *ret == UINT32_MAX ? -EINVAL : 0;
	}
	for (size_t i = 0; i < sizeof(personalities) / sizeof(personalities[0]); i++)
		if (strlen(personalities[i].name) == n && !memcmp(s, personalities[i].name, n)) {
			*ret = personalities[i].value;
			return 0;
		}
	return -EINVAL;
}

const char *ct_personality_parse(const char *text, uint32_t *ret)
{
	uint32_t all = 0, one = 0;

	for (;;) {
		size_t n = strcspn(text, ",");

		if (one_personality(text, n, &one) < 0)
			return "is not a list of names of personality(2), such as "
			       "linux32,addr_no_randomize, nor a value such as 0x8";
		all |= one;
		if (!text[n])
			break;
		text += n + 1;
	}
	*ret = all;
	return NULL;
}

const char *ct_sched_wrong(int policy, int priority)
{
	switch (policy) {
	case CONTAIN_SCHED_FIFO:
	case CONTAIN_SCHED_RR:
		return priority < 1 || priority > 99 ? "the priority is not 1 to 99" : NULL;
	case CONTAIN_SCHED_OTHER:
	case CONTAIN_SCHED_BATCH:
	case CONTAIN_SCHED_IDLE:
		return priority ? "this policy has no priority but 0" : NULL;
	case CT_SCHED_DEADLINE:
		return "a deadline has a function of its own";
	default:
		return "is no policy of sched(7)";
	}
}

const char *ct_deadline_wrong(uint64_t runtime, uint64_t deadline, uint64_t period,
			      const char **ret_field)
{
	*ret_field = "deadline.runtime";
	if (runtime < 1024)
		return "is below 1024 nsec";
	*ret_field = "deadline.deadline";
	if (deadline < runtime)
		return "is below the runtime";
	*ret_field = "deadline.period";
	return period < deadline || period >> 63 ? "is below the deadline, or above 2^63" : NULL;
}

const char *ct_ioprio_wrong(int class, int level)
{
	if (class < 1 || class > 3)
		return "the class is not 1 (realtime), 2 (best effort) or 3 (idle)";
	if (level < 0 || level > 7)
		return "the level is not 0 to 7";
	return class == 3 && level ? "the idle class has no levels but 0" : NULL;
}

const char *ct_keyring_wrong(const char *name)
{
	if (!*name)
		return "is empty";
	if (*name == '.' || *name == '_')
		return "starts with . or _, which are the kernel's own names";
	if (strlen(name) > 255)
		return "has more than 255 bytes";
	for (; *name; name++)
		if ((unsigned char)*name <= ' ' || *name == 127)
			return "has a space or a control character";
	return NULL;
}
