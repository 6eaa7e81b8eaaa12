/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules as a value: what may be in it, and what it says of a use. */
#include "devices.h"
#include "plan/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ACCESS_ALL (CONTAIN_DEVICE_MKNOD | CONTAIN_DEVICE_READ | CONTAIN_DEVICE_WRITE)

static const struct ct_device_rule defaults[] = {
	{ 1, 3, 1, CT_DEVICE_CHAR, ACCESS_ALL },    /* null */
	{ 1, 5, 1, CT_DEVICE_CHAR, ACCESS_ALL },    /* zero */
	{ 1, 7, 1, CT_DEVICE_CHAR, ACCESS_ALL },    /* full */
	{ 1, 8, 1, CT_DEVICE_CHAR, ACCESS_ALL },    /* random */
	{ 1, 9, 1, CT_DEVICE_CHAR, ACCESS_ALL },    /* urandom */
	{ 5, 0, 1, CT_DEVICE_CHAR, ACCESS_ALL },    /* tty */
	{ 5, 2, 1, CT_DEVICE_CHAR, ACCESS_ALL },    /* ptmx */
	{ 136, -1, 1, CT_DEVICE_CHAR, ACCESS_ALL }, /* pts */
};

static int fail(contain_error **reterr, int err, const char *object, const char *hint)
{
	return ct_error_simple(reterr, err, CONTAIN_PHASE_SPEC, "devices", object, hint);
}

static int bits_of_type(int type)
{
	switch (type) {
	case 'b':
		return CT_DEVICE_BLOCK;
	case 'c':
		return CT_DEVICE_CHAR;
	case 'a':
		return CT_DEVICE_BLOCK | CT_DEVICE_CHAR;
	default:
		return 0;
	}
}

int contain_devices_new(contain_devices **ret_devices)
{
	contain_devices *d;

	if (!ret_devices)
		return -EINVAL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	*ret_devices = d;
	return 0;
}

static int fill(contain_devices *d, const struct ct_device_rule *v, size_t n)
{
	if (!n)
		return 0;
	d->v = reallocarray(NULL, n, sizeof(*v));
	if (!d->v)
		return -ENOMEM;
	memcpy(d->v, v, n * sizeof(*v));
	d->n = d->room = n;
	return 0;
}

static int new_of(const struct ct_device_rule *v, size_t n, contain_devices **ret_devices)
{
	contain_devices *d = NULL;
	int r = contain_devices_new(&d);

	if (!r)
		r = fill(d, v, n);
	if (r < 0) {
		contain_devices_free(d);
		return r;
	}
	*ret_devices = d;
	return 0;
}

int contain_devices_new_default(contain_devices **ret_devices)
{
	if (!ret_devices)
		return -EINVAL;
	return new_of(defaults, sizeof(defaults) / sizeof(defaults[0]), ret_devices);
}

int contain_devices_copy(const contain_devices *devices, contain_devices **ret_devices)
{
	if (!devices || !ret_devices)
		return -EINVAL;
	return new_of(devices->v, devices->n, ret_devices);
}

void contain_devices_free(contain_devices *devices)
{
	if (!devices)
		return;
	free(devices->v);
	free(devices);
}

int ct_devices_add(struct contain_devices *d, struct ct_device_rule rule)
{
	if (d->n >= CT_DEVICES_MAX)
		return -E2BIG;
	if (d->n == d->room) {
		size_t room = d->room ? 2 * d->room : 16;
		struct ct_device_rule *v = reallocarray(d->v, room, sizeof(*v));

		if (!v)
			return -ENOMEM;
		d->v = v;
		d->room = room;
	}
	d->v[d->n++] = rule;
	return 0;
}

static int add(contain_devices *d, int allow, int type, int64_t major, int64_t minor,
	       uint32_t access, contain_error **reterr)
{
	struct ct_device_rule rule = { .allow = (uint8_t)allow };
	int r;

	if (!d)
		return fail(reterr, -EINVAL, "devices", "is NULL");
	rule.type = (uint8_t)bits_of_type(type);
	if (!rule.type)
		return fail(reterr, -EINVAL, "type", "is 'c', 'b' or 'a'");
	if (major < -1 || major > CT_DEVICES_MAJOR_MAX)
		return fail(reterr, -EINVAL, "major", "is 0 to 4095, or -1 for any");
	if (minor < -1 || minor > CT_DEVICES_MINOR_MAX)
		return fail(reterr, -EINVAL, "minor", "is 0 to 1048575, or -1 for any");
	if (!access || access & ~(uint32_t)ACCESS_ALL)
		return fail(reterr, -EINVAL, "access", "is one or more of CONTAIN_DEVICE_*");
	rule.major = (int32_t)major;
	rule.minor = (int32_t)minor;
	rule.access = (uint8_t)access;
	r = ct_devices_add(d, rule);
	if (r == -E2BIG)
		return fail(reterr, r, "devices", "there are 1024 rules, the most that may be");
	return r < 0 ? fail(reterr, r, "devices", NULL) : 0;
}

int contain_devices_allow(contain_devices *devices, int type, int64_t major, int64_t minor,
			  uint32_t access, contain_error **reterr)
{
	return add(devices, 1, type, major, minor, access, reterr);
}

int contain_devices_deny(contain_devices *devices, int type, int64_t major, int64_t minor,
			 uint32_t access, contain_error **reterr)
{
	return add(devices, 0, type, major, minor, access, reterr);
}

int contain_devices_count(const contain_devices *devices)
{
	return devices ? (int)devices->n : -EINVAL;
}

int contain_devices_rule(const contain_devices *devices, int index, int *ret_allow, int *ret_type,
			 int64_t *ret_major, int64_t *ret_minor, uint32_t *ret_access)
{
	const struct ct_device_rule *r;

	if (!devices || !ret_allow || !ret_type || !ret_major || !ret_minor || !ret_access)
		return -EINVAL;
	if (index < 0 || (size_t)index >= devices->n)
		return -EINVAL;
	r = &devices->v[index];
	*ret_allow = r->allow;
	*ret_type = r->type == CT_DEVICE_BLOCK ? 'b' : r->type == CT_DEVICE_CHAR ? 'c' : 'a';
	*ret_major = r->major;
	*ret_minor = r->minor;
	*ret_access = r->access;
	return 0;
}

static int speaks_of(const struct ct_device_rule *r, int type, uint32_t major, uint32_t minor)
{
	return r->type & type && (r->major < 0 || (uint32_t)r->major == major) &&
	       (r->minor < 0 || (uint32_t)r->minor == minor);
}

int contain_devices_check(const contain_devices *devices, int type, uint32_t major, uint32_t minor,
			  uint32_t access)
{
	int bits = bits_of_type(type);

	if (!devices || (type != 'b' && type != 'c') || access & ~(uint32_t)ACCESS_ALL)
		return -EINVAL;
	for (size_t i = devices->n; i-- && access;) {
		const struct ct_device_rule *r = &devices->v[i];

		if (!speaks_of(r, bits, major, minor) || !(r->access & access))
			continue;
		if (!r->allow)
			return 0;
		access &= ~(uint32_t)r->access;
	}
	return !access;
}
