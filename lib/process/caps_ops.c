/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Five capability sets and the securebits: set in the order that the kernel's rules leave. */
#include "identity.h"
#include "process.h"
#include "sys/sys.h"

#include <linux/prctl.h>

static int get(struct ct_cap_sets *ret)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	int err = ct_sys_capget(&head, data);

	if (err < 0)
		return err;
	ret->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	ret->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	ret->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
	return 0;
}

static int put(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(effective >> (32 * i));
		data[i].permitted = (uint32_t)(permitted >> (32 * i));
		data[i].inheritable = (uint32_t)(inheritable >> (32 * i));
	}
	return ct_sys_capset(&head, data);
}

static int raise_ambient(uint64_t set)
{
	int err = ct_sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);

	for (unsigned long cap = 0; cap < CT_CAPABILITIES && !err; cap++)
		if (set >> cap & 1)
			err = ct_sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	return err;
}

/*
 * First everything that is held becomes effective, since a change of the user has emptied that set
 * and the securebits need CAP_SETPCAP. The ambient set needs its bits inheritable, and comes before
 * a securebit that forbids to raise it. What is not permitted in the end leaves it by itself.
 */
int ct_process_put_sets(const struct ct_cap_sets *want, int set_bits, uint32_t bits, int *ret_at)
{
	struct ct_cap_sets has;
	int err = get(&has);

	*ret_at = CT_SETS_RAISE;
	if (!err)
		err = put(has.permitted, has.permitted, want->inheritable);
	if (err < 0)
		return err;
	*ret_at = CT_SETS_AMBIENT;
	err = raise_ambient(want->ambient);
	if (err < 0)
		return err;
	*ret_at = CT_SETS_BITS;
	if (set_bits)
		err = ct_sys_prctl(PR_SET_SECUREBITS, bits, 0, 0, 0);
	if (err < 0)
		return err;
	*ret_at = CT_SETS_PUT;
	return put(want->effective, want->permitted, want->inheritable);
}

static int get_bounding(int cap_last, uint64_t *ret_bounding, uint64_t *ret_ambient)
{
	uint64_t bounding = 0, ambient = 0;

	for (int cap = 0; cap <= cap_last; cap++) {
		int b = ct_sys_prctl(PR_CAPBSET_READ, (unsigned long)cap, 0, 0, 0);
		int a = b < 0 ? b :
				ct_sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET,
					     (unsigned long)cap, 0, 0);

		if (a < 0)
			return a;
		bounding |= (uint64_t)(b != 0) << cap;
		ambient |= (uint64_t)(a != 0) << cap;
	}
	*ret_bounding = bounding;
	*ret_ambient = ambient;
	return 0;
}

int ct_process_get_sets(struct ct_cap_sets *ret, int cap_last)
{
	struct ct_cap_sets has;
	int err = get(&has);

	if (!err)
		err = get_bounding(cap_last, &has.bounding, &has.ambient);
	if (!err)
		*ret = has;
	return err;
}

int ct_process_check_sets(const struct ct_cap_sets *want, int cap_last, int set_bits, uint32_t bits)
{
	struct ct_cap_sets has;
	int got, err = ct_process_get_sets(&has, cap_last);

	if (err < 0)
		return err;
	if (has.effective != want->effective || has.permitted != want->permitted ||
	    has.inheritable != want->inheritable || has.bounding != want->bounding ||
	    has.ambient != want->ambient)
		return -EIO;
	if (!set_bits)
		return 0;
	got = ct_sys_prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	return got < 0 ? got : (uint32_t)got == bits ? 0 : -EIO;
}

/* words: the sets in the order of struct ct_cap_sets, low half first, and the securebits */
int ct_process_op_sets(struct ct_run *r, const struct ct_step *s)
{
	const uint32_t *word = (const uint32_t *)ct_block_str(r->plan, s->str[0]);
	struct ct_cap_sets want = {
		.effective = (uint64_t)word[1] << 32 | word[0],
		.permitted = (uint64_t)word[3] << 32 | word[2],
		.inheritable = (uint64_t)word[5] << 32 | word[4],
		.bounding = (uint64_t)word[7] << 32 | word[6],
		.ambient = (uint64_t)word[9] << 32 | word[8],
	};
	int set_bits = (int)word[11], cap_last = (int)word[12], at = 0, err = 0;

	if (s->arg[2])
		err = ct_process_bound_capabilities(want.bounding, cap_last);
	if (!err)
		err = ct_process_put_sets(&want, set_bits, word[10], &at);
	if (!err) {
		at = CT_SETS_CHECK;
		err = ct_process_check_sets(&want, cap_last, set_bits, word[10]);
	}
	r->report->detail = at;
	return err;
}

/* The permitted set outlives the change to another user; execve(2) ends that again. */
int ct_process_op_keep_capabilities(struct ct_run *r, const struct ct_step *s)
{
	return ct_sys_prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
}
