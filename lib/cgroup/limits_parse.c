/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the text of a group's files, or of one who writes like them, to limits. */
#include "limits_parse.h"

#include <errno.h>
#include <string.h>

struct parse {
	contain_limits *l;
	enum ct_limit_id id;
	const char *file;
	int kernel;
	const char **why;
};

static int refuse(struct parse *p, const char *why)
{
	*p->why = why;
	return -EINVAL;
}

/* A decimal number, the whole word. */
static int number(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return 0;
	for (; *s; s++)
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return 0;
	*ret = v;
	return v != CONTAIN_LIMIT_MAX;
}

static int number_or_max(const char *s, uint64_t *ret)
{
	if (strcmp(s, "max"))
		return number(s, ret);
	*ret = CONTAIN_LIMIT_MAX;
	return 1;
}

/* Bytes with a suffix, as memparse() of the kernel has them: "64M". */
static int bytes_or_max(char *s, uint64_t *ret)
{
	static const char units[] = "KMGTPE";
	size_t n = strlen(s);
	const char *unit = NULL;
	uint64_t v;

	if (n > 1 && strcmp(s, "max")) {
		char c = s[n - 1];

		unit = strchr(units, c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
		if (unit)
			s[n - 1] = 0;
	}
	if (!number_or_max(s, &v))
		return 0;
	if (unit && (v == CONTAIN_LIMIT_MAX ||
		     __builtin_mul_overflow(v, 1ULL << (10 * (unit - units + 1)), &v)))
		return 0;
	*ret = v;
	return 1;
}

/* Cuts off the next word; "" at the end of the line. */
static char *word(char **at)
{
	char *start = *at + strspn(*at, " \t"), *end = start + strcspn(start, " \t");

	*at = *end ? end + 1 : end;
	*end = 0;
	return start;
}

/* "8:0" */
static int device(char *s, uint32_t *ret_major, uint32_t *ret_minor)
{
	char *colon = strchr(s, ':');
	uint64_t major, minor;
	int ok;

	if (!colon)
		return 0;
	*colon = 0;
	ok = number(s, &major) && number(colon + 1, &minor) && major <= UINT32_MAX &&
	     minor <= UINT32_MAX;
	*colon = ':';
	if (!ok)
		return 0;
	*ret_major = (uint32_t)major;
	*ret_minor = (uint32_t)minor;
	return 1;
}

static int one_number(struct parse *p, char *at)
{
	char *w = word(&at);
	uint64_t v;

	if (*word(&at))
		return refuse(p, "is more than one number");
	if (p->id == CT_LIMIT_CPU_WEIGHT && number(w, &v)) {
		/* that of an idle group is no weight that could be set */
		if (p->kernel && (v < 1 || v > 10000))
			return 0;
		return ct_limits_put_cpu_weight(p->l, v, p->why);
	}
	if (p->id == CT_LIMIT_CPU_MAX_BURST && number(w, &v))
		return ct_limits_put_cpu_max_burst(p->l, v, p->why);
	if (p->id == CT_LIMIT_PIDS_MAX && number_or_max(w, &v))
		return ct_limits_put_pids_max(p->l, v, p->why);
	if (p->id == CT_LIMIT_CPU_IDLE && number(w, &v) && v <= 1)
		return ct_limits_put_cpu_idle(p->l, (int)v, p->why);
	if (p->id == CT_LIMIT_MEMORY_OOM_GROUP && number(w, &v) && v <= 1)
		return ct_limits_put_memory_oom_group(p->l, (int)v, p->why);
	return refuse(p, "is not a number that the file takes");
}

static int bytes(struct parse *p, char *at)
{
	char *w = word(&at);
	uint64_t v;

	if (*word(&at) || !bytes_or_max(w, &v))
		return refuse(p, "is not a number of bytes, nor \"max\"");
	if (p->id == CT_LIMIT_HUGETLB_MAX || p->id == CT_LIMIT_HUGETLB_RSVD_MAX)
		return ct_limits_put_hugetlb(p->l, p->id, ct_limits_page_bytes(p->file), v, p->why);
	return ct_limits_put_memory(p->l, p->id, v, p->why);
}

static int cpu_max(struct parse *p, char *at)
{
	char *quota = word(&at), *period = word(&at);
	uint64_t q, per = 100000;

	if (*word(&at) || !number_or_max(quota, &q) || (*period && !number(period, &per)))
		return refuse(p, "is not QUOTA PERIOD, in microseconds");
	return ct_limits_put_cpu_max(p->l, q, per, p->why);
}

/* "12.34", percent */
static int uclamp(struct parse *p, char *at)
{
	char *w = word(&at), *dot = strchr(w, '.');
	uint64_t whole, part = 0;

	if (*word(&at))
		return refuse(p, "is more than one number");
	if (!strcmp(w, "max"))
		return ct_limits_put_uclamp(p->l, p->id, CONTAIN_LIMIT_MAX, p->why);
	if (dot)
		*dot++ = 0;
	if (!number(w, &whole) || whole > 100 || (dot && (strlen(dot) > 2 || !number(dot, &part))))
		return refuse(p, "is not a percentage with two decimal places, nor \"max\"");
	if (dot && strlen(dot) == 1)
		part *= 10;
	return ct_limits_put_uclamp(p->l, p->id, whole * 100 + part, p->why);
}

static int partition(struct parse *p, char *at)
{
	static const char *const names[] = { "member", "root", "isolated" };
	char *w = word(&at), *more = word(&at);

	/* "root invalid (reason)": asked for, and not had */
	if (*more && (!p->kernel || strcmp(more, "invalid")))
		return refuse(p, "is more than one word");
	for (int i = 0; i < 3; i++)
		if (!strcmp(w, names[i]))
			return ct_limits_put_cpuset_partition(p->l, i, p->why);
	return refuse(p, "is none of member, root, isolated");
}

/* "default 100" or "8:0 200" */
static int io_weight(struct parse *p, char *at)
{
	char *who = word(&at), *w = word(&at);
	uint32_t major, minor;
	uint64_t v = 0;

	/* the kernel takes the bare number too */
	if (!*w && !p->kernel && number(who, &v))
		return ct_limits_put_io_weight(p->l, v, p->why);
	if (*word(&at) || !*w || (strcmp(w, "default") && !number(w, &v)))
		return refuse(p, "is not DEVICE WEIGHT, nor default WEIGHT");
	if (!strcmp(who, "default"))
		return ct_limits_put_io_weight(p->l, v, p->why);
	if (!device(who, &major, &minor))
		return refuse(p, "is not DEVICE WEIGHT, nor default WEIGHT");
	return ct_limits_put_io_device_weight(p->l, major, minor, v, p->why);
}

static int io_key(struct parse *p, uint32_t major, uint32_t minor, const char *key, char *value)
{
	static const char *const names[] = { "", "rbps", "wbps", "riops", "wiops" };
	uint64_t v;
	int what = 4;

	if (p->id == CT_LIMIT_IO_LATENCY) {
		if (strcmp(key, "target"))
			return p->kernel ? 0 : refuse(p, "has a key that is not target");
		if (!number_or_max(value, &v))
			return refuse(p, "is not a number of microseconds, nor \"max\"");
		return ct_limits_put_io_latency(p->l, major, minor, v, p->why);
	}
	while (what && strcmp(key, names[what]))
		what--;
	if (!what)
		return p->kernel ? 0 : refuse(p, "has a key that is not rbps, wbps, riops, wiops");
	if (!number_or_max(value, &v))
		return refuse(p, "is not a number, nor \"max\"");
	return ct_limits_put_io_max(p->l, major, minor, what, v, p->why);
}

static int rdma_key(struct parse *p, const char *name, const char *key, char *value)
{
	uint64_t v;

	if (strcmp(key, "hca_handle") && strcmp(key, "hca_object"))
		return p->kernel ? 0 : refuse(p, "has a key that is not hca_handle, hca_object");
	if (!number_or_max(value, &v))
		return refuse(p, "is not a number, nor \"max\"");
	return ct_limits_put_rdma_max(p->l, name, key, v, p->why);
}

/* "8:0 rbps=1048576 wbps=max", "mlx5_0 hca_handle=2" */
static int nested(struct parse *p, char *at)
{
	char *who = word(&at), *w = word(&at);
	uint32_t major = 0, minor = 0;
	int r = 0;

	if (p->id != CT_LIMIT_RDMA_MAX && !device(who, &major, &minor))
		return refuse(p, "does not begin with the number of a device, such as 8:0");
	if (!*w && !p->kernel)
		return refuse(p, "has nothing after the device");
	for (; *w && !r; w = word(&at)) {
		char *equals = strchr(w, '=');

		if (!equals)
			return refuse(p, "is not DEVICE KEY=VALUE");
		*equals = 0;
		r = p->id == CT_LIMIT_RDMA_MAX ? rdma_key(p, who, w, equals + 1) :
						 io_key(p, major, minor, w, equals + 1);
	}
	return r;
}

static int misc(struct parse *p, char *at)
{
	char *name = word(&at), *w = word(&at);
	uint64_t v;

	if (*word(&at) || !number_or_max(w, &v))
		return refuse(p, "is not RESOURCE NUMBER, nor RESOURCE max");
	return ct_limits_put_misc_max(p->l, name, v, p->why);
}

static int line(struct parse *p, char *text)
{
	switch (p->id) {
	case CT_LIMIT_CPU_MAX:
		return cpu_max(p, text);
	case CT_LIMIT_CPU_UCLAMP_MIN:
	case CT_LIMIT_CPU_UCLAMP_MAX:
		return uclamp(p, text);
	case CT_LIMIT_CPUSET_CPUS:
	case CT_LIMIT_CPUSET_MEMS:
		return ct_limits_put_cpuset(p->l, p->id, text, p->why);
	case CT_LIMIT_CPUSET_PARTITION:
		return partition(p, text);
	case CT_LIMIT_IO_WEIGHT:
	case CT_LIMIT_IO_DEVICE_WEIGHT:
		return io_weight(p, text);
	case CT_LIMIT_IO_MAX:
	case CT_LIMIT_IO_LATENCY:
	case CT_LIMIT_RDMA_MAX:
		return nested(p, text);
	case CT_LIMIT_MISC_MAX:
		return misc(p, text);
	case CT_LIMIT_CPU_WEIGHT:
	case CT_LIMIT_CPU_IDLE:
	case CT_LIMIT_CPU_MAX_BURST:
	case CT_LIMIT_PIDS_MAX:
	case CT_LIMIT_MEMORY_OOM_GROUP:
		return one_number(p, text);
	default:
		return bytes(p, text);
	}
}

static int is_keyed(enum ct_limit_id id)
{
	return id == CT_LIMIT_IO_WEIGHT || id == CT_LIMIT_IO_DEVICE_WEIGHT ||
	       id == CT_LIMIT_IO_MAX || id == CT_LIMIT_IO_LATENCY || id == CT_LIMIT_RDMA_MAX ||
	       id == CT_LIMIT_MISC_MAX;
}

uint64_t ct_limits_page_bytes(const char *file)
{
	static const char *const units[] = { "KB", "MB", "GB" };
	uint64_t v = 0;
	const char *s = file + 8;
	size_t digits;

	if (strncmp(file, "hugetlb.", 8))
		return 0;
	digits = strspn(s, "0123456789");
	if (!digits || digits > 9)
		return 0;
	for (size_t i = 0; i < digits; i++)
		v = 10 * v + (uint64_t)(s[i] - '0');
	s += digits;
	for (int i = 0; i < 3; i++)
		if (!strncmp(s, units[i], 2))
			return v << (10 * (i + 1));
	return 0;
}

enum ct_limit_id ct_limits_row_of(const char *file)
{
	const char *tail = NULL;

	if (ct_limits_page_bytes(file))
		tail = strchr(file + 8, '.');
	if (tail)
		return !strcmp(tail, ".max")	  ? CT_LIMIT_HUGETLB_MAX :
		       !strcmp(tail, ".rsvd.max") ? CT_LIMIT_HUGETLB_RSVD_MAX :
						    CT_LIMIT_RAW;
	for (int i = 0; i < CT_LIMIT_RAW; i++)
		if (!strcmp(ct_limit_rows[i].file, file))
			return (enum ct_limit_id)i;
	return CT_LIMIT_RAW;
}

int ct_limits_parse(contain_limits *l, const char *file, char *text, int kernel,
		    const char **ret_why)
{
	struct parse p = {
		.l = l, .id = ct_limits_row_of(file), .file = file, .kernel = kernel, .why = ret_why
	};
	int r = 0;

	if (p.id == CT_LIMIT_RAW)
		return -ENOENT;
	while (*text && !r) {
		char *end = strchr(text, '\n'), *next = end ? end + 1 : text + strlen(text);

		if (end)
			*end = 0;
		/* of a processor list the empty line is a value, of the others it is none */
		if (*text || p.id == CT_LIMIT_CPUSET_CPUS || p.id == CT_LIMIT_CPUSET_MEMS)
			r = line(&p, text);
		/* of a kernel that says it in another way the rest is still known */
		if (kernel && r == -EINVAL)
			r = 0;
		if (*next && !is_keyed(p.id) && !kernel && !r)
			r = refuse(&p, "is more than one line");
		text = next;
	}
	return r;
}
