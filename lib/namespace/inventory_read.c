/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The processes of /proc and their namespaces. */
#include "inventory.h"
#include "feature/mounts.h"
#include "sys/fd.h"
#include "sys/path.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND 4096 /* with its terminator */

/* The names in /proc/PID/ns. The last two are namespaces of the process's future children. */
static const struct {
	const char *name;
	int type, children;
} links[] = {
	{ "user", CT_NS_USER, 0 },	 { "mnt", CT_NS_MNT, 0 },
	{ "pid", CT_NS_PID, 0 },	 { "uts", CT_NS_UTS, 0 },
	{ "ipc", CT_NS_IPC, 0 },	 { "net", CT_NS_NET, 0 },
	{ "cgroup", CT_NS_CGROUP, 0 },	 { "time", CT_NS_TIME, 0 },
	{ "pid_for_children", CT_NS_PID, 1 }, { "time_for_children", CT_NS_TIME, 1 },
};
#define LINKS (sizeof(links) / sizeof(links[0]))

struct scan {
	struct contain_inventory *inv;
	int proc;
	uint32_t flags;
	const struct ct_inv_watch *watch;
};

int ct_inv_grave(int r)
{
	return r == -EMFILE || r == -ENFILE || r == -ENOMEM ? r : 0;
}

int ct_inv_parse_link(const char *link, uint64_t *ret_inode)
{
	size_t n = strcspn(link, ":");

	if (strncmp(link + n, ":[", 2) != 0)
		return -1;
	for (int i = 0; i < CT_NS_TYPES; i++)
		if (strlen(ct_ns_types[i].name) == n && !strncmp(ct_ns_types[i].name, link, n)) {
			*ret_inode = strtoull(link + n + 2, NULL, 10);
			return *ret_inode ? i : -1;
		}
	return -1;
}

/*
 * All links of a process: inodes, 0 where there is none. 0; -ESRCH: it has gone; -EACCES: it is
 * another user's; or what may not be passed over. A zombie has a user and a pid namespace.
 */
static int read_links(const struct scan *s, int dir, uint64_t *inode)
{
	int seen = 0, denied = 0;

	for (size_t i = 0; i < LINKS; i++) {
		char text[48];
		ssize_t n;

		inode[i] = 0;
		if (!(s->inv->types & ct_ns_types[links[i].type].type))
			continue;
		n = ct_sys_readlinkat(dir, links[i].name, text, sizeof(text) - 1);
		if (n == -EACCES || n == -EPERM) {
			denied = 1;
			break;
		}
		if (n <= 0) {
			if (ct_inv_grave((int)n))
				return (int)n;
			continue;
		}
		text[n] = 0;
		if (ct_inv_parse_link(text, &inode[i]) == links[i].type)
			seen = 1;
		else
			inode[i] = 0;
	}
	return denied ? -EACCES : seen ? 0 : -ESRCH;
}

int ct_inv_process_uid(const struct ct_inv_process *p, uint32_t *ret_uid)
{
	char text[1024], *at;
	ssize_t n = ct_read_once_at(p->dir, "../status", 0, text, sizeof(text));

	if (n < 0)
		return (int)n;
	at = strstr(text, "\nUid:\t");
	at = at ? strchr(at + 6, '\t') : NULL; /* real, then effective */
	if (!at)
		return -ESRCH;
	*ret_uid = (uint32_t)strtoul(at, NULL, 10);
	return 0;
}

/* "arg arg arg", or "[comm]". 0 or -errno. */
static int read_command(const struct ct_inv_process *p, char *text)
{
	ssize_t n = ct_read_at(p->dir, "../cmdline", text, COMMAND);

	if (n < 0)
		return (int)n;
	while (n && !text[n - 1])
		n--;
	for (ssize_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = ' ';
	if (n)
		return 0;
	n = ct_read_once_at(p->dir, "../comm", 0, text + 1, 64);
	if (n < 0)
		return (int)n;
	text[0] = '[';
	n -= n && text[n] == '\n';
	strcpy(text + 1 + n, "]");
	return 0;
}

/* Keeps who the first process of a namespace is. Read once per process. */
struct about {
	int known;
	uint32_t uid;
	const char *command;
};

static int keep_about(struct contain_inventory *inv, const struct ct_inv_process *p,
		      struct about *ret)
{
	char text[COMMAND];
	int r = ct_inv_process_uid(p, &ret->uid);

	if (r == 0)
		r = read_command(p, text);
	if (r < 0)
		return r;
	if (ct_inv_grow(&inv->command, inv->commands, &inv->command_room,
			sizeof(*inv->command)) < 0)
		return -ENOMEM;
	ret->command = inv->command[inv->commands] = strdup(text);
	if (!ret->command)
		return -ENOMEM;
	inv->commands++;
	ret->known = 1;
	return 0;
}

/* Whether it is the first process that is seen of some namespace. */
static int is_first(const struct contain_inventory *inv, const uint64_t *inode, int pid)
{
	for (size_t i = 0; i < LINKS; i++) {
		int at = inode[i] && !links[i].children ?
				 ct_inv_find(inv, links[i].type, inode[i]) : 0;

		if (at < 0 || (inode[i] && !links[i].children &&
			       (!inv->ns[at].pid || inv->ns[at].pid > pid)))
			return 1;
	}
	return 0;
}

static void own_inodes(const uint64_t *inode, uint64_t *own)
{
	for (size_t i = 0; i < LINKS; i++)
		if (!links[i].children)
			own[links[i].type] = inode[i];
}

static void count(struct ct_inv_ns *ns, int pid, const struct about *about)
{
	ns->processes++;
	if (ns->pid && ns->pid < pid)
		return;
	ns->pid = pid;
	ns->uid = about->uid;
	ns->command = about->command;
}

static int take_in(const struct scan *s, const struct ct_inv_process *p, const uint64_t *inode,
		   const uint64_t *own, const struct about *about)
{
	struct contain_inventory *inv = s->inv;

	for (size_t i = 0; i < LINKS; i++) {
		int at, fd, r;

		if (!inode[i] || !(inv->types & ct_ns_types[links[i].type].type) ||
		    (links[i].children && inode[i] == own[links[i].type]))
			continue;
		at = ct_inv_get(inv, links[i].type, inode[i]);
		if (at < 0)
			return at;
		if (!links[i].children)
			count(&inv->ns[at], p->pid, about);
		else if (!inv->ns[at].holder || inv->ns[at].holder > p->pid)
			inv->ns[at].holder = p->pid;
		if (inv->ns[at].related)
			continue;
		fd = ct_fd_up(ct_sys_openat(p->dir, links[i].name, O_RDONLY | O_CLOEXEC, 0));
		r = fd < 0 ? ct_inv_grave(fd) : ct_inv_relate(inv, at, fd);
		if (fd >= 0)
			ct_sys_close(fd);
		if (r < 0)
			return r;
	}
	return 0;
}

/* All about a process comes through p->dir, which is empty once it has gone. */
static int read_process(const struct scan *s, const struct ct_inv_process *process)
{
	struct ct_inv_process p = *process;
	uint64_t inode[LINKS], own[CT_NS_TYPES];
	struct about about = { 0 };
	int r = read_links(s, p.dir, inode);

	if (r == -EACCES)
		s->inv->unreadable++;
	if (r < 0)
		return ct_inv_grave(r);
	own_inodes(inode, own);
	p.user = own[CT_NS_USER];
	if (is_first(s->inv, inode, p.pid)) {
		r = keep_about(s->inv, &p, &about);
		if (r < 0)
			return ct_inv_grave(r);
	}
	r = take_in(s, &p, inode, own, &about);
	if (r == 0 && s->flags & CONTAIN_INVENTORY_FDS)
		r = ct_inv_read_fds(s->inv, &p, own, s->watch);
	return r;
}

static int open_process(const struct scan *s, const char *pid)
{
	struct ct_inv_process p = { .pid = atoi(pid) };
	char path[32];
	int r;

	strcpy(stpcpy(path, pid), "/ns");
	p.dir = ct_fd_up(ct_sys_openat(s->proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
	if (p.dir == -EACCES || p.dir == -EPERM)
		s->inv->unreadable++; /* a procfs with hidepid=1 */
	if (p.dir < 0)
		return ct_inv_grave(p.dir);
	r = read_process(s, &p);
	ct_sys_close(p.dir);
	return r;
}

static int is_pid(const char *name)
{
	size_t n = strspn(name, "0123456789");

	return n && n < 11 && !name[n];
}

int ct_inv_read_processes(struct contain_inventory *inv, int proc, uint32_t flags,
			  const struct ct_inv_watch *watch)
{
	const struct scan s = { inv, proc, flags, watch };
	char buf[32768] __attribute__((aligned(8)));
	ssize_t n;
	int r;

	while ((n = ct_sys_getdents64(proc, buf, sizeof(buf))) > 0)
		for (char *at = buf; at < buf + n;) {
			const struct dirent64 *d = (const void *)at;

			at += d->d_reclen;
			r = is_pid(d->d_name) ? open_process(&s, d->d_name) : 0;
			if (r < 0)
				return r;
		}
	return (int)n;
}
