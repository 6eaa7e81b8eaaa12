/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the payload is beside ids: capability sets, a name in the image, keyring, scheduling. */
#ifndef CT_PROCESS_IDENTITY_H
#define CT_PROCESS_IDENTITY_H

#include "plan/run.h"
#include "sys/sys_task.h"

#include <stddef.h>
#include <stdint.h>

struct ct_process_part;
struct ct_compile;
struct ct_text;

#define CT_CAPABILITIES 64

/* ---- capability sets ---- */

struct ct_cap_sets {
	uint64_t effective, permitted, inheritable, bounding, ambient;
};

/*
 * Effective, permitted, inheritable and ambient of the calling thread, and with set_bits its
 * securebits. Needs what it sets in the permitted set. *ret_at: where it failed.
 */
int ct_process_put_sets(const struct ct_cap_sets *want, int set_bits, uint32_t bits, int *ret_at);
/* What the kernel has in their place: -EIO when it is something else. */
int ct_process_check_sets(const struct ct_cap_sets *want, int cap_last, int set_bits,
			  uint32_t bits);
int ct_process_get_sets(struct ct_cap_sets *ret, int cap_last);

enum { CT_SETS_RAISE, CT_SETS_AMBIENT, CT_SETS_BITS, CT_SETS_PUT, CT_SETS_CHECK };

/* NULL, or the first rule of the kernel's that these sets break. *ret_set: the name of the set */
const char *ct_cap_sets_wrong(const struct ct_cap_sets *sets, const char **ret_set);
/* "chown,net_raw"; cut with "..." where it does not fit */
void ct_cap_words(uint64_t set, char *buf, size_t size);

/* ---- a user by name ---- */

#define CT_USER_NAME_MAX 256
#define CT_USER_HOME_MAX 4096
#define CT_USER_FILE_MAX (16U << 20) /* bytes of passwd or group that are read */

/* What is asked: a name or a number of each; no group: the one of the user's entry. */
struct ct_user_query {
	const char *user, *group; /* NULL: by number, or (group) not given */
	uint32_t user_len, group_len;
	int64_t uid, gid; /* -1: by name, or not given */
	int groups, home; /* wanted, too */
};

struct ct_user_found {
	uint32_t uid, gid;
	uint32_t ngroups, groups_room;
	uint32_t *groups;
	char name[CT_USER_NAME_MAX + 1]; /* "" where no entry was found or needed */
	char home[CT_USER_HOME_MAX];	 /* "" the same */
};

/* What a failure is about: the detail of the step. */
enum ct_user_why {
	CT_USER_PASSWD = 1, /* the file: it was passwd's, or group's */
	CT_USER_GROUP = 2,
	CT_USER_NO_ENTRY = 4,
	CT_USER_BAD_ENTRY = 8,
	CT_USER_NO_FILE = 16,
	CT_USER_BAD_HOME = 32,
};

/*
 * Looks them up in etc/passwd and etc/group below root_fd. found->groups has groups_room places.
 * -ENOENT: no such entry; -EINVAL: an entry that is malformed, or no regular file; -EFBIG, -E2BIG.
 */
int ct_user_find(int root_fd, const struct ct_user_query *q, struct ct_user_found *found,
		 int *ret_why);
/* Reads "user[:group]", names or numbers. NULL, or what is wrong. */
const char *ct_user_query_parse(const char *text, struct ct_user_query *ret);
const char *ct_user_why_text(int err, int why, char *buf, size_t size);

/* ---- scheduling and the like: sequences that primitives and steps share ---- */

#define CT_SCHED_DEADLINE 6
struct ct_sched {
	int policy; /* -1: as it is */
	int priority, nice, nice_set;
	uint64_t runtime, deadline, period;
};
int ct_process_set_sched(const struct ct_sched *want);
const char *ct_sched_wrong(int policy, int priority);
const char *ct_deadline_wrong(uint64_t runtime, uint64_t deadline, uint64_t period,
			      const char **ret_field);
int ct_process_put_groups(const uint32_t *groups, size_t n);

#define CT_CPUS_MAX 65536
/* A list "0-3,8" or a mask "0x10f" into words of 32, freed by free(). NULL, or what is wrong. */
const char *ct_cpus_parse(const char *text, uint32_t **ret, size_t *ret_words);
int ct_process_set_affinity(const uint32_t *words, size_t n);
int ct_process_set_ioprio(int value);
const char *ct_ioprio_wrong(int class, int level);
int ct_process_set_personality(uint32_t persona);
const char *ct_personality_parse(const char *text, uint32_t *ret);
/* Refuses any other personality(2) from now on; needs no_new_privs or CAP_SYS_ADMIN. */
int ct_process_lock_personality(uint32_t persona);

/* A session keyring of one's own; *ret_serial: its number. Waits for quota that is given back. */
int ct_process_join_keyring(const char *name, int *ret_serial);
const char *ct_keyring_wrong(const char *name);

const char *ct_process_why_sched(int policy, int err);
const char *ct_process_why_affinity(int err);
const char *ct_process_why_ioprio(int err);
const char *ct_process_why_keyring(int err);
const char *ct_process_why_sets(int err, int at);
const char *ct_process_why_personality(int err);

/* ---- the module's part, its plan and its steps ---- */

enum { CT_KEYRING_DEFAULT, CT_KEYRING_OWN, CT_KEYRING_CALLERS };

struct ct_identity {
	int sets_given, bits_given;
	struct ct_cap_sets sets;
	uint32_t bits;
	char *user_text; /* "user[:group]"; NULL: by number, in struct ct_process_part */
	int user_groups, user_home;
	int keyring;
	char *keyring_name;
	int personality_set, personality_lock;
	uint32_t personality;
	struct ct_sched sched;
	int sched_set;
	uint32_t *cpus;
	size_t cpu_words;
	char *cpu_text;
	int ioprio_set, ioprio;
	int parent_death; /* signal, 0: none */
};

void ct_identity_init(struct ct_identity *id);
void ct_identity_free(struct ct_identity *id);
void ct_identity_no_name(struct ct_identity *id); /* the user is given by number */
int ct_identity_intend(const struct ct_process_part *p, struct ct_compile *c);
int ct_identity_plan(const struct ct_process_part *p, struct ct_compile *c);
/* in the place of the step of the plain set; keep is that of the bounding set */
int ct_identity_plan_sets(const struct ct_process_part *p, struct ct_compile *c);
void ct_identity_plan_user(const struct ct_process_part *p, struct ct_compile *c);

ct_step_run ct_process_op_sets, ct_process_op_find_user, ct_process_op_keep_capabilities,
	ct_process_op_keyring, ct_process_op_personality, ct_process_op_lock_personality,
	ct_process_op_sched, ct_process_op_affinity, ct_process_op_ioprio;

#define CT_IDENTITY_DESCRIBE(name) \
	void ct_process_describe_##name(struct ct_text *out, const struct ct_block *b, \
					const struct ct_step *s)
CT_IDENTITY_DESCRIBE(sets);
CT_IDENTITY_DESCRIBE(find_user);
CT_IDENTITY_DESCRIBE(keyring);
CT_IDENTITY_DESCRIBE(personality);
CT_IDENTITY_DESCRIBE(sched);

#define CT_IDENTITY_HINT(name) \
	const char *ct_process_hint_##name(const struct ct_run *r, const struct ct_step *s, \
					   char *buf, size_t size)
CT_IDENTITY_HINT(sets);
CT_IDENTITY_HINT(find_user);
CT_IDENTITY_HINT(keep_capabilities);
CT_IDENTITY_HINT(keyring);
CT_IDENTITY_HINT(personality);
CT_IDENTITY_HINT(sched);
CT_IDENTITY_HINT(affinity);
CT_IDENTITY_HINT(ioprio);

#endif
