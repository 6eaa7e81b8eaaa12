/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may be a limit of io, hugetlb, rdma and misc: of a device, a page size, a resource. */
#include "limits.h"
#include "sys/str.h"

#include <errno.h>
#include <string.h>

#define MAJOR_MOST 4095 /* of a dev_t in the kernel: 12 and 20 bits */
#define MINOR_MOST 1048575
#define NAME_MAX_BYTES 64 /* of an rdma device in the kernel; a resource of misc is shorter */

struct text {
	char s[160];
	size_t n;
};

static void add(struct text *t, const char *s)
{
	t->n = ct_append(t->s, sizeof(t->s), t->n, s);
}

static void add_u64(struct text *t, uint64_t v)
{
	if (v == CONTAIN_LIMIT_MAX)
		add(t, "max");
	else
		t->n = ct_append_u64(t->s, sizeof(t->s), t->n, v);
}

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EINVAL;
}

static int put(contain_limits *l, const struct ct_limit_new *new, const char **ret_why)
{
	int r = ct_limits_put(l, new);

	if (r < 0)
		*ret_why = "out of memory";
	return r;
}

/* "8:0" into sub; the number of the device into num[1] */
static int device(struct ct_limit_new *new, struct text *sub, uint32_t major, uint32_t minor,
		  const char **ret_why)
{
	if (major > MAJOR_MOST || minor > MINOR_MOST)
		return refuse(ret_why,
			      "the number of the device is over the kernel's 4095:1048575");
	if (!major)
		return refuse(ret_why,
			      "major 0 is no block device (contain_block_device() finds the disk)");
	add_u64(sub, major);
	add(sub, ":");
	add_u64(sub, minor);
	new->sub = sub->s;
	new->num[1] = (uint64_t)major << 32 | minor;
	return 0;
}

int ct_limits_put_io_weight(contain_limits *l, uint64_t weight, const char **ret_why)
{
	struct text value = { .n = 0 };

	if (weight < 1 || weight > 10000)
		return refuse(ret_why, "is not between 1 and 10000");
	add(&value, "default ");
	add_u64(&value, weight);
	return put(l,
		   &(struct ct_limit_new){ .id = CT_LIMIT_IO_WEIGHT,
					   .sub = "default",
					   .value = value.s,
					   .num = { weight } },
		   ret_why);
}

int ct_limits_put_io_device_weight(contain_limits *l, uint32_t major, uint32_t minor,
				   uint64_t weight, const char **ret_why)
{
	struct ct_limit_new new = { .id = CT_LIMIT_IO_DEVICE_WEIGHT, .num = { weight } };
	struct text sub = { .n = 0 }, value = { .n = 0 };
	int r = device(&new, &sub, major, minor, ret_why);

	if (r < 0)
		return r;
	if (weight > 10000)
		return refuse(ret_why, "is not between 1 and 10000, nor 0 for the default");
	add(&value, sub.s);
	add(&value, " ");
	if (weight)
		add_u64(&value, weight);
	else
		add(&value, "default");
	new.value = value.s;
	return put(l, &new, ret_why);
}

int ct_limits_put_io_max(contain_limits *l, uint32_t major, uint32_t minor, int what,
			 uint64_t value, const char **ret_why)
{
	static const char *const names[] = { [CONTAIN_IO_RBPS] = " rbps",
					     [CONTAIN_IO_WBPS] = " wbps",
					     [CONTAIN_IO_RIOPS] = " riops",
					     [CONTAIN_IO_WIOPS] = " wiops" };
	struct ct_limit_new new = { .id = CT_LIMIT_IO_MAX, .num = { value } };
	struct text sub = { .n = 0 }, text = { .n = 0 };
	int r;

	if (what < CONTAIN_IO_RBPS || what > CONTAIN_IO_WIOPS)
		return refuse(ret_why, "is none of CONTAIN_IO_*");
	r = device(&new, &sub, major, minor, ret_why);
	if (r < 0)
		return r;
	if (value < 2)
		return refuse(ret_why, "is under the kernel's 2");
	/* the kernel cuts what is over 32 bits to the largest number, which is no limit either */
	add(&sub, names[what]);
	add(&text, sub.s);
	add(&text, "=");
	add_u64(&text, value);
	new.value = text.s;
	new.what = (uint8_t)what;
	return put(l, &new, ret_why);
}

int ct_limits_put_io_latency(contain_limits *l, uint32_t major, uint32_t minor,
			     uint64_t target_usec, const char **ret_why)
{
	struct ct_limit_new new = { .id = CT_LIMIT_IO_LATENCY, .num = { target_usec } };
	struct text sub = { .n = 0 }, value = { .n = 0 };
	int r = device(&new, &sub, major, minor, ret_why);

	if (r < 0)
		return r;
	if (!target_usec)
		return refuse(ret_why, "is 0: no target is CONTAIN_LIMIT_MAX");
	/* the kernel counts in nanoseconds, in 64 bits */
	if (target_usec != CONTAIN_LIMIT_MAX && target_usec > UINT64_MAX / 1000)
		return refuse(ret_why, "is over the kernel's 18446744073709551 microseconds");
	add(&value, sub.s);
	add(&value, " target=");
	add_u64(&value, target_usec);
	new.value = value.s;
	return put(l, &new, ret_why);
}

/* "hugetlb.2MB.max", as the kernel names it */
int ct_limits_put_hugetlb(contain_limits *l, enum ct_limit_id id, uint64_t page_bytes,
			  uint64_t bytes, const char **ret_why)
{
	static const char *const unit[] = { "KB", "MB", "GB" };
	int shift = page_bytes >= 1u << 30 ? 30 : page_bytes >= 1u << 20 ? 20 : 10;
	struct text file = { .n = 0 }, value = { .n = 0 };
	struct ct_limit_new new = { .id = (uint8_t)id, .num = { bytes, page_bytes } };

	if (page_bytes < 4096 || (page_bytes & (page_bytes - 1)))
		return refuse(ret_why, "the page size is no power of two from 4096 on");
	if (bytes != CONTAIN_LIMIT_MAX && bytes > INT64_MAX)
		return refuse(ret_why, "is over the kernel's 2^63 - 1");
	add(&file, "hugetlb.");
	add_u64(&file, page_bytes >> shift);
	add(&file, unit[shift / 10 - 1]);
	add(&file, id == CT_LIMIT_HUGETLB_MAX ? ".max" : ".rsvd.max");
	add_u64(&value, bytes);
	new.file = file.s;
	new.value = value.s;
	return put(l, &new, ret_why);
}

static int is_word(const char *s)
{
	size_t n = strlen(s);

	return n && n < NAME_MAX_BYTES &&
	       n == strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789_.:+-");
}

int ct_limits_put_rdma_max(contain_limits *l, const char *device, const char *resource,
			   uint64_t value, const char **ret_why)
{
	struct text sub = { .n = 0 }, text = { .n = 0 };

	if (!device || !is_word(device))
		return refuse(ret_why, "the device is not the name of an rdma device");
	if (!resource || (strcmp(resource, "hca_handle") && strcmp(resource, "hca_object")))
		return refuse(ret_why, "the resource is neither hca_handle nor hca_object");
	if (value != CONTAIN_LIMIT_MAX && value > INT32_MAX)
		return refuse(ret_why, "is over the kernel's 2147483647");
	add(&sub, device);
	add(&sub, " ");
	add(&sub, resource);
	add(&text, sub.s);
	add(&text, "=");
	add_u64(&text, value);
	return put(
		l,
		&(struct ct_limit_new){
			.id = CT_LIMIT_RDMA_MAX, .sub = sub.s, .value = text.s, .num = { value } },
		ret_why);
}

int ct_limits_put_misc_max(contain_limits *l, const char *resource, uint64_t value,
			   const char **ret_why)
{
	struct text text = { .n = 0 };

	if (!resource || !is_word(resource))
		return refuse(ret_why, "the resource is not a name of misc.capacity");
	add(&text, resource);
	add(&text, " ");
	add_u64(&text, value);
	return put(l,
		   &(struct ct_limit_new){ .id = CT_LIMIT_MISC_MAX,
					   .sub = resource,
					   .value = text.s,
					   .num = { value } },
		   ret_why);
}
