/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked for once and is no limit that stays: reclaim, and how a disk is ruled. */
#include "act.h"
#include "group_files.h"
#include "limits.h"
#include "sys/str.h"

#include <contain/cgroup_io.h>
#include <stdio.h>
#include <string.h>

/* Not begun again after a signal: the kernel would take as much once more. */
static int write_once(int group_fd, const char *file, const char *text)
{
	int fd = ct_fd_up(ct_sys_openat(group_fd, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0));
	ssize_t n;

	if (fd < 0)
		return fd;
	n = ct_sys_write(fd, text, strlen(text));
	ct_sys_close(fd);
	return n < 0 ? (int)n : 0;
}

int contain_cgroup_reclaim(int group_fd, uint64_t bytes, contain_error **reterr)
{
	const char *op = "reclaim-memory", *file = "memory.reclaim", *hint;
	struct ct_limit as = { .row = &ct_limit_rows[CT_LIMIT_RAW],
			       .controller = CT_CONTROLLER_MEMORY };
	char text[24], buf[400];
	int r;

	if (!bytes || bytes > INT64_MAX)
		return ct_group_fail(reterr, -EINVAL, op, "bytes", "is 0 or over 2^63 - 1");
	r = ct_group_check_arg(reterr, op, "group_fd", group_fd);
	if (r < 0)
		return r;
	ct_append_u64(text, sizeof(text), 0, bytes);
	r = ct_limits_gone(group_fd, write_once(group_fd, file, text));
	if (r == 0)
		return 0;
	hint = r == -EAGAIN ? "less than this could be taken" :
			      ct_limits_hint(group_fd, &as, r, buf, sizeof(buf));
	return ct_group_fail(reterr, r, op, file, hint);
}

struct setting {
	const char *key;
	const char *words;    /* "auto user", or NULL: a number */
	uint64_t least, most; /* in hundredths where decimals */
	int decimals;
};

static const struct setting qos[] = {
	{ "enable", "0 1", 0, 0, 0 },
	{ "ctrl", "auto user", 0, 0, 0 },
	{ "rpct", NULL, 0, 10000, 1 },
	{ "wpct", NULL, 0, 10000, 1 },
	{ "rlat", NULL, 0, UINT64_MAX / 1000, 0 },
	{ "wlat", NULL, 0, UINT64_MAX / 1000, 0 },
	{ "min", NULL, 100, 1000000, 1 },
	{ "max", NULL, 100, 1000000, 1 },
	{ NULL, NULL, 0, 0, 0 },
};

static const struct setting model[] = {
	{ "ctrl", "auto user", 0, 0, 0 },
	{ "model", "linear", 0, 0, 0 },
	{ "rbps", NULL, 1, UINT64_MAX - 1, 0 },
	{ "wbps", NULL, 1, UINT64_MAX - 1, 0 },
	{ "rseqiops", NULL, 1, UINT64_MAX - 1, 0 },
	{ "rrandiops", NULL, 1, UINT64_MAX - 1, 0 },
	{ "wseqiops", NULL, 1, UINT64_MAX - 1, 0 },
	{ "wrandiops", NULL, 1, UINT64_MAX - 1, 0 },
	{ NULL, NULL, 0, 0, 0 },
};

static int has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		if (n == len && !memcmp(at, word, n))
			return 1;
		at += len;
	}
	return 0;
}

/* "12" or "12.3" or "12.34", in hundredths where decimals. */
static int is_number(const char *s, const struct setting *set)
{
	uint64_t v = 0;
	int after = -1;

	if (*s < '0' || *s > '9')
		return 0;
	for (; *s; s++) {
		if (*s == '.' && set->decimals && after < 0 && s[1]) {
			after = 0;
			continue;
		}
		if (*s < '0' || *s > '9' || after == 2)
			return 0;
		after += after >= 0;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return 0;
	}
	for (int i = after < 0 ? 0 : after; set->decimals && i < 2; i++)
		if (__builtin_mul_overflow(v, 10, &v))
			return 0;
	return v >= set->least && v <= set->most;
}

static int is_setting(const struct setting *known, const char *text)
{
	size_t n = strcspn(text, "=");

	for (; known->key; known++) {
		if (strlen(known->key) != n || memcmp(known->key, text, n) || !text[n])
			continue;
		return known->words ? has_word(known->words, text + n + 1) :
				      is_number(text + n + 1, known);
	}
	return 0;
}

static const char *hint_cost(int fd, const char *file, int err)
{
	if (err == -ENOENT)
		return ct_sys_faccessat2(fd, "cgroup.type", F_OK, 0) == 0 ?
			       "it is a file of the root group" :
			       "the controller io is bound to cgroup v1, or this kernel has no "
			       "CONFIG_BLK_CGROUP_IOCOST";
	if (err == -ENODEV || err == -ENXIO)
		return "there is no disk of this number; of a partition it is set for its disk: "
		       "contain_block_device()";
	if (err == -EOPNOTSUPP)
		return "the disk has no queue that could be ruled so (device mapper)";
	if (err == -EINVAL)
		return strcmp(file, "io.cost.qos") ?
			       "the kernel does not take these together" :
			       "the kernel does not take these together, as a "
			       "min over max";
	return err == -EAGAIN ? NULL : ct_group_hint(err);
}

static int set_cost(const struct setting *known, const char *op, const char *file, int fd,
		    uint32_t major, uint32_t minor, const char *const *settings,
		    contain_error **reterr)
{
	char text[512], why[100];
	size_t at;
	int r;

	if (!settings || !settings[0])
		return ct_group_fail(reterr, -EINVAL, op, "settings", "has no setting");
	if (!major || major > 4095 || minor > 1048575)
		return ct_group_fail(reterr, -EINVAL, op, "major", "is not of a block device");
	at = ct_append_u64(text, sizeof(text), 0, major);
	at = ct_append(text, sizeof(text), at, ":");
	at = ct_append_u64(text, sizeof(text), at, minor);
	for (int i = 0; settings[i]; i++) {
		if (!is_setting(known, settings[i]) ||
		    at + strlen(settings[i]) + 2 > sizeof(text)) {
			snprintf(why, sizeof(why), "\"%.40s\" is no setting of %s, or out of range",
				 settings[i], file);
			return ct_group_fail(reterr, -EINVAL, op, "settings", why);
		}
		at = ct_append(text, sizeof(text), at, " ");
		at = ct_append(text, sizeof(text), at, settings[i]);
	}
	r = ct_group_check_arg(reterr, op, "root_fd", fd);
	if (r < 0)
		return r;
	r = write_once(fd, file, text);
	return r < 0 ? ct_group_fail(reterr, r, op, file, hint_cost(fd, file, r)) : 0;
}

int contain_cgroup_set_io_cost_qos(int root_fd, uint32_t major, uint32_t minor,
				   const char *const *settings, contain_error **reterr)
{
	return set_cost(qos, "set-io-cost-qos", "io.cost.qos", root_fd, major, minor, settings,
			reterr);
}

int contain_cgroup_set_io_cost_model(int root_fd, uint32_t major, uint32_t minor,
				     const char *const *settings, contain_error **reterr)
{
	return set_cost(model, "set-io-cost-model", "io.cost.model", root_fd, major, minor,
			settings, reterr);
}
