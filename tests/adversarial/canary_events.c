/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Oracle H: fanotify on the whole file system, so that an access through a bind mount, an fd or a
 * handle is seen as well. Events name their directory by a handle; the canary's are known.
 */
#include "canary_priv.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <unistd.h>

#define WATCHED                                                                                    \
	(FAN_OPEN | FAN_OPEN_EXEC | FAN_MODIFY | FAN_CLOSE_WRITE | FAN_CREATE | FAN_DELETE |       \
	 FAN_ATTRIB | FAN_MOVED_FROM | FAN_MOVED_TO | FAN_DELETE_SELF | FAN_MOVE_SELF)

struct handle {
	int type;
	unsigned int len;
	unsigned char bytes[MAX_HANDLE_SZ];
};

struct event {
	uint64_t mask;
	int pid, canary;
	char name[256];
};

#define EVENTS 32768

/* Shared with every child: whoever reads the queue reads it for all. */
struct h_events {
	int fd;
	size_t nhandle, nevent;
	struct handle handle[512];
	struct event event[EVENTS];
};

void h_events_new(struct h_canary *c)
{
	struct h_events *e = mmap(NULL, sizeof(*e), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	T_CHECK(e != MAP_FAILED, "mmap: %m");
	e->fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE |
				      FAN_REPORT_FID | FAN_REPORT_DFID_NAME,
			      O_RDONLY);
	T_CHECK(e->fd >= 0, "fanotify_init: %m");
	T_CHECK(fanotify_mark(e->fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, WATCHED | FAN_ONDIR,
			      AT_FDCWD, c->host) == 0,
		"fanotify_mark: %m");
	c->events = e;
}

void h_events_free(struct h_canary *c)
{
	close(c->events->fd);
	munmap(c->events, sizeof(*c->events));
}

void h_events_know(struct h_canary *c, int dir, const char *name)
{
	union h_handle h = { .handle.handle_bytes = MAX_HANDLE_SZ };
	struct h_events *e = c->events;
	struct handle *to = &e->handle[e->nhandle++];
	int id;

	T_CHECK(e->nhandle <= sizeof(e->handle) / sizeof(e->handle[0]), "too large a canary");
	T_CHECK(name_to_handle_at(dir, name, &h.handle, &id, 0) == 0, "%s: %m", name);
	to->type = h.handle.handle_type;
	to->len = h.handle.handle_bytes;
	memcpy(to->bytes, h_handle_bytes(&h), to->len);
}

static int known(const struct h_events *e, const struct file_handle *h)
{
	for (size_t i = 0; i < e->nhandle; i++)
		if (e->handle[i].type == h->handle_type && e->handle[i].len == h->handle_bytes &&
		    memcmp(e->handle[i].bytes, h->f_handle, h->handle_bytes) == 0)
			return 1;
	return 0;
}

/* Events lie at multiples of 4, where 64-bit numbers cannot be read in place. */
static void keep(struct h_events *e, const char *at, const struct fanotify_event_metadata *m)
{
	const char *end = at + m->event_len;
	struct event *to;

	at += m->metadata_len;

	T_CHECK(e->nevent < EVENTS, "more than %d events", EVENTS);
	to = &e->event[e->nevent++];
	memset(to, 0, sizeof(*to));
	to->mask = m->mask;
	to->pid = m->pid;
	while (at < end) {
		struct fanotify_event_info_header head;
		const struct file_handle *h;

		memcpy(&head, at, sizeof(head));
		h = (const void *)(at + offsetof(struct fanotify_event_info_fid, handle));
		if (head.info_type == FAN_EVENT_INFO_TYPE_DFID_NAME)
			snprintf(to->name, sizeof(to->name), "%s",
				 (const char *)h->f_handle + h->handle_bytes);
		if (head.info_type == FAN_EVENT_INFO_TYPE_DFID_NAME ||
		    head.info_type == FAN_EVENT_INFO_TYPE_DFID ||
		    head.info_type == FAN_EVENT_INFO_TYPE_FID)
			to->canary |= known(e, h);
		at += head.len;
	}
}

static void read_events(struct h_events *e)
{
	char buf[65536] __attribute__((aligned(8)));
	ssize_t n;

	while ((n = read(e->fd, buf, sizeof(buf))) > 0) {
		struct fanotify_event_metadata m;

		for (const char *at = buf; at + sizeof(m) <= buf + n; at += m.event_len) {
			memcpy(&m, at, sizeof(m));
			T_CHECK(m.vers == FANOTIFY_METADATA_VERSION, "fanotify %d", m.vers);
			T_CHECK(!(m.mask & FAN_Q_OVERFLOW), "fanotify's queue ran over");
			keep(e, at, &m);
		}
	}
	T_CHECK(n < 0 && errno == EAGAIN, "fanotify: %m");
}

void h_forget(struct h_canary *c)
{
	read_events(c->events);
	c->events->nevent = 0;
}

static const char *names_of(uint64_t mask)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} bits[] = {
		{ FAN_OPEN, "open" },	      { FAN_OPEN_EXEC, "exec" },
		{ FAN_MODIFY, "write" },      { FAN_CLOSE_WRITE, "close-write" },
		{ FAN_CREATE, "create" },     { FAN_DELETE, "delete" },
		{ FAN_ATTRIB, "attrib" },     { FAN_MOVED_FROM, "moved-from" },
		{ FAN_MOVED_TO, "moved-to" }, { FAN_DELETE_SELF, "delete-self" },
		{ FAN_MOVE_SELF, "move-self" },
	};
	char *text = t_fmt("%s", "");

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (mask & bits[i].bit)
			text = t_fmt("%s %s", text, bits[i].name);
	return text;
}

int h_events_tell(struct h_canary *c, FILE *out)
{
	struct h_events *e = c->events;
	int n = 0;

	read_events(e);
	for (size_t i = 0; i < e->nevent; i++)
		if (e->event[i].canary) {
			fprintf(out, "  event%s of '%s' by process %d\n",
				names_of(e->event[i].mask), e->event[i].name, e->event[i].pid);
			n++;
		}
	return n;
}

const char *h_opened(struct h_canary *c)
{
	struct h_events *e = c->events;
	char *text = t_fmt(" ");

	read_events(e);
	for (size_t i = 0; i < e->nevent; i++) {
		const struct event *v = &e->event[i];

		if (v->canary || !(v->mask & FAN_OPEN) || v->mask & FAN_ONDIR ||
		    strstr(text, t_fmt(" %s ", v->name)))
			continue;
		text = t_fmt("%s%s ", text, v->name);
	}
	return text;
}

int h_saw(struct h_canary *c, const char *name, uint64_t mask)
{
	struct h_events *e = c->events;

	read_events(e);
	for (size_t i = 0; i < e->nevent; i++)
		if (strcmp(e->event[i].name, name) == 0 && (!mask || e->event[i].mask & mask))
			return 1;
	return 0;
}
