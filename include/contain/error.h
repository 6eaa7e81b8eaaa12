/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/error.h - what failed, on which object, and why
 *
 * Calls that do several things take a last argument `contain_error **reterr`, which may be NULL.
 * On failure they return a negative errno and, when reterr is not NULL, store an error object
 * there, which the caller frees with contain_error_free(). On success *reterr is untouched, so
 * start with a pointer set to NULL, and free an error before you pass its pointer again.
 *
 * When memory for the error object itself is short, a constant object is returned in its place,
 * which says so; it may be freed like every other.
 *
 * All strings belong to the error object and live until it is freed. Every getter accepts NULL
 * and answers 0 or "".
 */
#ifndef CONTAIN_ERROR_H
#define CONTAIN_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct contain_error contain_error;

/** Where the failure happened: contain_error_phase(). */
#define CONTAIN_PHASE_SPEC 1   /* a setter was given something that cannot be */
#define CONTAIN_PHASE_PLAN 2   /* compile: settings contradict, or this kernel lacks something */
#define CONTAIN_PHASE_PARENT 3 /* a step in the calling process */
#define CONTAIN_PHASE_CHILD 4  /* a step in the child, before the payload ran */

/**
 * contain_error_code - the reason as a negative errno, the same as the failed call returned
 * @error: may be NULL: 0
 *
 * Since: 0.1
 */
int contain_error_code(const contain_error *error);

/**
 * contain_error_phase - one of CONTAIN_PHASE_*
 * @error: may be NULL: 0
 *
 * Since: 0.1
 */
int contain_error_phase(const contain_error *error);

/**
 * contain_error_step - the number of the failed step, from 1, as container_plan_explain() counts
 * @error: may be NULL: 0
 *
 * Returns 0 when no plan was running. Since: 0.1
 */
int contain_error_step(const contain_error *error);

/**
 * contain_error_steps - how many steps the plan has; 0 when no plan was running
 * @error: may be NULL: 0
 *
 * Since: 0.1
 */
int contain_error_steps(const contain_error *error);

/**
 * contain_error_op - the name of the failed operation, such as "mount-overlay"
 * @error: may be NULL: ""
 *
 * In the phases spec and plan it is the setter's subject. Never NULL. Since: 0.1
 */
const char *contain_error_op(const contain_error *error);

/**
 * contain_error_object - what the operation worked on: a field, a path, a key, a namespace
 * @error: may be NULL: ""
 *
 * Never NULL. Since: 0.1
 */
const char *contain_error_object(const contain_error *error);

/**
 * contain_error_log - what the kernel itself said, or what a helper program wrote
 * @error: may be NULL: ""
 *
 * The message of the file system context (fsopen(2)), or the output of newuidmap(1); "" when
 * there is none. Never NULL. Since: 0.1
 */
const char *contain_error_log(const contain_error *error);

/**
 * contain_error_hint - the likely cause and what to do about it, or ""
 * @error: may be NULL: ""
 *
 * For people; the text may change between versions. Never NULL. Since: 0.1
 */
const char *contain_error_hint(const contain_error *error);

/**
 * contain_error_message - all of it in one line, without a newline at its end
 * @error: may be NULL: ""
 *
 * For example: step 9/31 mount-overlay on "/": Permission denied; KERNEL LOG (hint: ...)
 * For people; the text may change between versions. Never NULL. Since: 0.1
 */
const char *contain_error_message(const contain_error *error);

/**
 * contain_error_free - frees an error
 * @error: may be NULL
 *
 * Since: 0.1
 */
void contain_error_free(contain_error *error);

#ifdef __cplusplus
}
#endif

#endif
