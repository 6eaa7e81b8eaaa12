/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A28: strings, lists and plans of sizes at which lengths of 16 bits, and the kernel's, end. */
#include "attack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH0 0xcbf29ce484222325ULL

static uint64_t hash(uint64_t h, const char *at, size_t len)
{
	while (len--)
		h = (h ^ (unsigned char)*at++) * 0x100000001b3ULL;
	return h;
}

/* No two places of it are alike, and no piece of it is a word of its own. */
static char *text_of(size_t len)
{
	char *text = malloc(len + 1);

	T_CHECK(text, "out of memory");
	for (size_t i = 0; i < len; i++)
		text[i] = (char)('A' + (i * 7 + i / 251 + i / 65536) % 57);
	text[len] = 0;
	return text;
}

/* The kernel's limits: MAX_ARG_STRLEN is 32 pages, with the NUL. */
static const size_t sizes[] = { 4095,  4096,   32767,  32768,  65534,   65535,   65536,
				65537, 131070, 131071, 131072, 1 << 20, 1 << 22 };
#define ARG_MAX_LEN ((size_t)131071)

static void check_error(struct h_run *r, size_t len)
{
	h_exact(r, r->err == -E2BIG, "%zu bytes: %d: %s", len, r->err, r->message);
	h_exact(r, strcmp(r->op, "exec") == 0, "%s", r->message);
}

static void large_arguments(struct h_run *r)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (h_left_out(r, i))
			continue;
		char *text = text_of(sizes[i]);
		const char *argv[] = { "/bin/payload", "sums", text, "end", NULL };
		struct h_job job = h_job(r, "");

		job.argv = argv;
		h_spawn(r, &job);
		h_held(r,
		       r->err || r->code == 126 ||
			       strstr(r->text, t_fmt("arg %zu %016llx\n", sizes[i],
						     (unsigned long long)hash(HASH0, text,
									      sizes[i]))),
		       "%zu: %.200s", sizes[i], r->text);
		h_exact(r, r->err || strstr(r->text, "arg 3 "), "%s", r->text);
		if (sizes[i] > ARG_MAX_LEN)
			check_error(r, sizes[i]);
		else
			h_works(r);
		free(text);
	}
}
H_CASE(a28_large_arguments, H_ALL, NULL, large_arguments)

static void large_environment_value(struct h_run *r)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (h_left_out(r, i))
			continue;
		char *text = text_of(sizes[i]);
		const char *env[] = { text, NULL };
		struct h_job job = h_job(r, "sums");

		text[1] = '=';
		job.env = env;
		h_spawn(r, &job);
		h_exact(r,
			r->err || strstr(r->text,
					 t_fmt("env 1 %zu %016llx\n", sizes[i] + 1,
					       (unsigned long long)hash(HASH0, text,
									sizes[i] + 1))),
			"%zu: %.200s", sizes[i], r->text);
		if (sizes[i] > ARG_MAX_LEN)
			check_error(r, sizes[i]);
		else
			h_works(r);
		free(text);
	}
}
H_TWIN(a28_large_environment_value, H_ALL, NULL, large_environment_value)

static void many_variables_of(struct h_run *r, int n)
{
	const char **env = calloc((size_t)n + 1, sizeof(*env));
	struct h_job job = h_job(r, "sums");
	uint64_t h = HASH0;
	size_t bytes = 0;

	T_CHECK(env, "out of memory");
	for (int i = 0; i < n; i++) {
		char *text = NULL;

		T_SYS(asprintf(&text, "E%05d=%d", i, i % 10));
		env[i] = text;
		h = hash(h, text, strlen(text) + 1);
		bytes += strlen(text) + 1;
	}
	job.env = env;
	h_spawn(r, &job);
	h_works(r);
	/* the naive reference adds its caller's own to the front and the end */
	if (r->how)
		h_held(r, strstr(r->text, t_fmt("env %d %zu %016llx\n", n, bytes,
						(unsigned long long)h)),
		       "%.200s", r->text);
	else
		h_held(r, atoi(strstr(r->text, "env ") + 4) >= n, "%.200s", r->text);
	for (int i = 0; i < n; i++)
		free((char *)env[i]);
	free(env);
}

static void many_variables(struct h_run *r)
{
	if (!t_guest()) {
		many_variables_of(r, 65535);
		many_variables_of(r, 65536);
	}
	many_variables_of(r, 70000);
}
H_CASE(a28_many_variables, H_ALL, NULL, many_variables)

/* Together they are more than a quarter of the stack's limit, or 6 MiB. */
static void too_much_together(struct h_run *r)
{
	const char *env[101] = { NULL };
	struct h_job job = h_job(r, "sums");
	char *text = text_of(100000);

	text[1] = '=';
	for (int i = 0; i < 100; i++)
		env[i] = text;
	job.env = env;
	h_spawn(r, &job);
	check_error(r, 100 * 100001);
	free(text);
}
H_TWIN(a28_too_much_together, H_ALL, NULL, too_much_together)

/* Names and paths have limits of their own, and say so before anything is started. */
static void long_name(struct h_run *r)
{
	static const size_t lens[] = { 65535, 65536, 1 << 20 };

	(void)r->state;
	for (size_t i = 0; i < 3; i++) {
		char *text = text_of(lens[i]);
		container_spec *s = NULL;

		memset(text, 'a', lens[i]);
		text[0] = '/';
		ck_assert_int_eq(container_spec_new(&s), 0);
		ck_assert_int_eq(container_spec_set_cwd(s, text), -ENAMETOOLONG);
		ck_assert_int_eq(container_spec_add_tmpfs(s, text, 0, 0755), -ENAMETOOLONG);
		ck_assert_int_eq(container_spec_add_bind(s, -100, "/etc", text, 0), -ENAMETOOLONG);
		ck_assert_int_eq(container_spec_add_bind(s, -100, text, "/job", 0), -ENAMETOOLONG);
		ck_assert_int_eq(container_spec_add_masked_path(s, text), -ENAMETOOLONG);
		ck_assert_int_eq(container_spec_add_readonly_path(s, text), -ENAMETOOLONG);
		ck_assert_int_eq(container_spec_set_root_dir(s, -100, text, 0), -ENAMETOOLONG);
		ck_assert_int_eq(container_spec_set_name(s, text + 1), -ENAMETOOLONG);
		ck_assert_int_eq(container_spec_set_hostname(s, text + 1), -ENAMETOOLONG);
		container_spec_free(s);
		free(text);
	}
	/* nothing of these was kept: a spec that gets good values works */
	struct h_job job = h_job(r, "cwd");

	h_spawn(r, &job);
	h_works(r);
}
H_TWIN(a28_long_names, H_PLAIN, NULL, long_name)

static void add_mounts(container_spec *spec, void *arg)
{
	int n = *(int *)arg;

	for (int i = 0; i < n; i++)
		ck_assert_int_eq(container_spec_add_bind(spec, -100, "/etc/hostname",
							 t_fmt("/job/m%d", i),
							 CONTAIN_MOUNT_READONLY),
				 0);
}

static void many_mounts(struct h_run *r)
{
	struct h_job job = h_job(r, "sums");
	int n = 0, base;

	job.more = add_mounts;
	job.arg = &n;
	h_spawn(r, &job);
	h_works(r);
	base = atoi(strstr(r->text, "mounts ") + 7);
	n = t_guest() ? 500 : 10000;
	h_argv(&job, t_fmt("/bin/payload sums -- read /job/m%d", n - 1));
	r->slow = 20;
	h_spawn(r, &job);
	h_works(r);
	h_exact(r, atoi(strstr(r->text, "mounts ") + 7) == base + n, "%d and %d: %.200s", base, n,
		r->text);
}
H_TWIN(a28_many_mounts, H_ALL, NULL, many_mounts)
