/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the payload is scheduled, and what the start puts into /etc. */
#include "mix.h"

#include <sched.h>
#include <sys/personality.h>
#include <sys/resource.h>

/* Field 19 of stat; what follows the name is field 3. */
static void check_nice(struct mix *m, const struct mix_section *s, const char *text)
{
	const char *at = strrchr(text, ')');

	for (int i = 2; at && i < 19; i++)
		at = strchr(at + 1, ' ');
	if (!at || atoi(at + 1) != (int)s->arg[0])
		mix_differs(m, "nice: %d, asked %d", at ? atoi(at + 1) : 99, (int)s->arg[0]);
}

static const char *allowed(const char *status)
{
	const char *at = strstr(status, "Cpus_allowed_list:\t");

	at = at ? at + 19 : "";
	return t_fmt("%.*s", (int)strcspn(at, "\n"), at);
}

static void check_cpus(struct mix *m, const struct mix_section *s, const char *text)
{
	const char *seen = allowed(text);

	if (strcmp(seen, s->want) != 0)
		mix_differs(m, "cpus: %s, asked %s", seen, s->want);
}

static void scheduling(struct mix *m)
{
	struct mix_section *s = mix_section(m, "nice", "read /proc/self/stat");
	int nice = getpriority(PRIO_PROCESS, 0), cpu = sched_getcpu();
	char status[8192];

	s->check = check_nice;
	if (mix_one_in(m, 4)) {
		nice += (int)mix_pick(m, (uint32_t)(20 - nice));
		mix_say(m, "nice %d", nice);
		mix_set(m, container_spec_set_nice(m->spec, nice), "nice");
	}
	s->arg[0] = (uint64_t)nice;
	s = mix_section(m, "cpus", "read /proc/self/status");
	s->check = check_cpus;
	T_CHECK(t_read_file("/proc/self/status", status, sizeof(status)) > 0);
	mix_want(s, "%s", allowed(status));
	if (mix_one_in(m, 4) && cpu >= 0) {
		snprintf(s->want, sizeof(s->want), "%d", cpu);
		mix_say(m, "cpu %d", cpu);
		mix_set(m, container_spec_set_cpu_affinity(m->spec, s->want), "cpu_affinity");
	}
}

static void domain(struct mix *m)
{
	struct mix_section *s = mix_section(m, "personality", "read /proc/self/personality");
	unsigned int value = (unsigned int)personality(0xffffffff);

	if (mix_one_in(m, 4)) {
		/* the kernel takes it from who gains privileges (PER_CLEAR_ON_SETID) */
		value = m->gains ? 0 : ADDR_NO_RANDOMIZE;
		mix_say(m, "personality addr_no_randomize");
		mix_set(m, container_spec_set_personality(m->spec, "addr_no_randomize", 0),
			"personality");
	}
	mix_want(s, "%08x\n", value);
}

/* One of the three files that a start gives. */
static void given(struct mix *m, const char *path,
		  int (*set)(container_spec *, const void *, size_t))
{
	const char *text = t_fmt("given %u\n", mix_pick(m, 100000));

	if (!m->own_root || !mix_one_in(m, 4))
		return;
	mix_say(m, "%s given", path);
	mix_set(m, set(m->spec, text, strlen(text)), path);
	mix_want(mix_section(m, t_fmt("given%d", m->sections), t_fmt("read %s", path)), "%s",
		 text);
}

void mix_more(struct mix *m)
{
	scheduling(m);
	domain(m);
	given(m, "/etc/hosts", container_spec_set_hosts);
	given(m, "/etc/hostname", container_spec_set_hostname_file);
	given(m, "/etc/resolv.conf", container_spec_set_resolv_conf);
	if (mix_one_in(m, 8)) {
		mix_say(m, "a stable image");
		mix_set(m, container_spec_set_stable_image(m->spec, 1), "stable_image");
	}
	if (mix_one_in(m, 10)) {
		mix_say(m, "dies with the caller");
		mix_set(m, container_spec_set_parent_death_signal(m->spec, SIGKILL),
			"parent_death_signal");
	}
}
