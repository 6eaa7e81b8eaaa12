/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Specs that are wrong in one place: the call that is given it refuses it, the spec is what it was,
 * compile names the field, and nothing was opened, made or started.
 */
#include "mix.h"

#include <limits.h>

static int wrong_process(struct mix *m, container_spec *s, uint32_t way, const char **field,
			 int *want)
{
	uint32_t big = 1U << (16 + mix_pick(m, 4));

	switch (way) {
	case 11:
		*field = "fd";
		*want = -EBADF;
		return container_spec_add_fd(s, 700 + (int)mix_pick(m, 300), 5);
	case 12:
		*field = "fd";
		return container_spec_add_fd(s, m->out, mix_one_in(m, 2) ? -1 : 65536);
	case 13:
		*field = "umask";
		return container_spec_set_umask(s, 01000 + big);
	case 14:
		*field = "oom_score_adj";
		return container_spec_set_oom_score_adj(s, mix_one_in(m, 2) ? 1001 : -1001);
	case 15:
		*field = "rlimit";
		return container_spec_set_rlimit(s, 16 + (int)mix_pick(m, 100), 1, 1);
	case 16:
		*field = "rlimit";
		return container_spec_set_rlimit(s, 7, 2 + big, 1);
	case 17:
		*field = "user.uid";
		return container_spec_set_user(s, UINT32_MAX, 0);
	case 18:
		*field = "namespaces";
		return container_spec_set_namespaces(s, CONTAIN_NS_MNT | 1ULL << 40);
	case 19:
		*field = "uid_map";
		return container_spec_add_uid_range(s, UINT32_MAX - 5, 0, 10);
	case 20:
		*field = "memory_max";
		return container_spec_set_memory_max(s, 0);
	case 21:
		*field = "cpu_max";
		return container_spec_set_cpu_max(s, mix_pick(m, 999), 100000);
	case 22:
		*field = "sysctl";
		return container_spec_add_sysctl(s, "kernel.panic", "1");
	case 23:
		*field = "stdio";
		return container_spec_set_stdio(s, 3 + (int)mix_pick(m, 9), CONTAIN_STDIO_NULL);
	default:
		*field = "bind";
		*want = -ENOENT;
		return container_spec_add_bind(s, AT_FDCWD, "no-such-directory", "/mnt", 0);
	}
}

/* Each is one way to be wrong; more than one argument comes from the seed. Returns what it said. */
static int wrong(struct mix *m, container_spec *s, uint32_t way, const char **field, int *want)
{
	static const char *const nothing[] = { NULL };
	static const char *const no_equals[] = { "A=1", "PATH", NULL };
	static const char *const bad_paths[] = { "", "relative", "./x", "etc/../passwd" };
	const char *path = bad_paths[mix_pick(m, 4)];
	uint32_t big = 1U << (16 + mix_pick(m, 4));
	char *lengthy = calloc(1, 8193);

	T_CHECK(lengthy, "out of memory");
	memset(lengthy, 'x', 70 + mix_pick(m, 8000));
	*want = -EINVAL;
	switch (way) {
	case 0:
		*field = "name";
		*want = -ENAMETOOLONG;
		return container_spec_set_name(s, lengthy);
	case 1:
		*field = "name";
		return container_spec_set_name(s, mix_one_in(m, 2) ? ".hidden" : "a/b");
	case 2:
		*field = "hostname";
		*want = -ENAMETOOLONG;
		return container_spec_set_hostname(s, lengthy);
	case 3:
		*field = "bind";
		return container_spec_add_bind(s, AT_FDCWD, "/", path, 0);
	case 4:
		*field = "bind";
		return container_spec_add_bind(s, AT_FDCWD, "/", "/mnt", big);
	case 5:
		*field = "tmpfs";
		return container_spec_add_tmpfs(s, path, 0, 0755);
	case 6:
		*field = "tmpfs";
		return container_spec_add_tmpfs(s, "/mnt", 0, 010000 + big);
	case 7:
		*field = "masked_path";
		return container_spec_add_masked_path(s, path);
	case 8:
		*field = "argv";
		return container_spec_set_argv(s, nothing);
	case 9:
		*field = "env";
		return container_spec_set_env(s, no_equals);
	case 10:
		*field = "cwd";
		return container_spec_set_cwd(s, path);
	default:
		return wrong_process(m, s, way, field, want);
	}
}
#define WAYS 25

static void refuse(uint64_t seed)
{
	struct mix *m = calloc(1, sizeof(*m));
	static const char *const run_true[] = { "/bin/true", NULL };
	struct t_state *state;
	const char *field = NULL;
	contain_error *e = NULL;
	container *c = NULL;
	int want, r, said;
	uint32_t way;

	T_CHECK(m, "out of memory");
	m->state = seed;
	m->out = ts_memfd();
	way = mix_pick(m, WAYS);
	state = t_state_take(T_ALL & ~T_CGROUPS);
	T_CHECK(container_spec_new(&m->spec) == 0);
	container_spec_set_root_tmpfs(m->spec, 0);
	container_spec_set_argv(m->spec, run_true);
	said = wrong(m, m->spec, way, &field, &want);
	T_CHECK(said == want, "T_SEED=%llu: %s said %d, not %d", (unsigned long long)seed, field,
		said, want);
	/* what comes after it does not hide it */
	container_spec_set_cwd(m->spec, "/tmp");
	r = container_spawn(m->spec, &c, &e);
	T_CHECK(r == want && !c, "T_SEED=%llu: the start said %d, not %d", (unsigned long long)seed,
		r, want);
	T_CHECK(contain_error_phase(e) <= CONTAIN_PHASE_SPEC, "T_SEED=%llu: %s",
		(unsigned long long)seed, contain_error_message(e));
	T_CHECK(!strncmp(contain_error_object(e), field, strlen(field)),
		"T_SEED=%llu: field %s was wrong, but: %s", (unsigned long long)seed, field,
		contain_error_message(e));
	contain_error_free(e);
	container_spec_free(m->spec);
	t_state_check(state);
	close(m->out);
	free(m);
}

TEST_LIMIT(a_wrong_field_is_named_before_anything_is_done, 300)
{
	const char *one = getenv("T_SEED");
	long rounds = ts_rounds(20000, 600, 100);

	for (long i = 0; i < rounds && !one; i++)
		refuse(5000 + (uint64_t)i);
	if (one)
		refuse(strtoull(one, NULL, 0));
	t_note("%ld wrong specs, each refused by the name of its field", rounds);
}
