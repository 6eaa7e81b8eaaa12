/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of /etc that depend on where the container runs. */
#include "mount.h"

#include <contain/spec_root.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ETC_MAX (1u << 20)

static int set(container_spec *spec, const char *field, int which, const char *target,
	       const void *content, size_t size_bytes)
{
	struct ct_mount_entry e = { .kind = CT_MOUNT_FILE, .mode = 0644,
				    .size_bytes = size_bytes };
	struct ct_mount_part *p;
	int r = ct_mount_part_of(spec, field, &p);

	if (r < 0)
		return r;
	if (!content && size_bytes)
		return ct_spec_fail(spec, -EINVAL, field, "%zu bytes, and content is NULL",
				    size_bytes);
	if (size_bytes > ETC_MAX)
		return ct_spec_fail(spec, -E2BIG, field, "%zu bytes are more than %u", size_bytes,
				    ETC_MAX);
	if (content) {
		e.target = strdup(target);
		e.content = malloc(size_bytes + 1);
		if (!e.target || !e.content) {
			ct_mount_entry_release(&e);
			return ct_spec_fail(spec, -ENOMEM, field, "out of memory");
		}
		memcpy(e.content, content, size_bytes);
	}
	ct_mount_entry_release(&p->etc[which]);
	p->etc[which] = e;
	return 0;
}

int container_spec_set_hosts(container_spec *spec, const void *content, size_t size_bytes)
{
	return set(spec, "hosts", 0, "/etc/hosts", content, size_bytes);
}

int container_spec_set_resolv_conf(container_spec *spec, const void *content, size_t size_bytes)
{
	return set(spec, "resolv_conf", 1, "/etc/resolv.conf", content, size_bytes);
}

int container_spec_set_hostname_file(container_spec *spec, const void *content, size_t size_bytes)
{
	return set(spec, "hostname_file", 2, "/etc/hostname", content, size_bytes);
}
