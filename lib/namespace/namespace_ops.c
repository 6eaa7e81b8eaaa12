/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace.h"
#include "id_map.h"
#include "namespace_rows.h"
#include "sys/path.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <linux/if.h>
#include <linux/prctl.h>
#include <linux/sockios.h>
#include <sys/socket.h>

/*
 * A map of one line that names the caller's own id needs no privilege. setgroups has to be denied
 * first: else dropping a group could open what the group is denied (CVE-2014-8989).
 */
int ct_ns_map_own(const char *uid_map, const char *gid_map, int fds[CT_OWN_MAPS], int *ret_at)
{
	const char *const text[CT_OWN_MAPS] = { "deny", uid_map, gid_map };
	char path[40];

	for (int i = 0; i < CT_OWN_MAPS; i++)
		fds[i] = -1;
	for (int i = 0; i < CT_OWN_MAPS; i++) {
		size_t n = ct_append(path, sizeof(path), 0, "/proc/self/");

		ct_append(path, sizeof(path), n, ct_ns_own_map_file(i));
		fds[i] = ct_write_open(AT_FDCWD, path, text[i], ct_len(text[i]));
		*ret_at = i;
		if (fds[i] < 0)
			return fds[i];
	}
	return 0;
}

/* A map that was written and does not hold is caught here, before anything relies on it. */
static int check_identity(const struct ct_step *s)
{
	if (ct_sys_getuid() != (int)s->arg[0] || ct_sys_getgid() != (int)s->arg[1])
		return -EOVERFLOW;
	return 0;
}

int ct_ns_op_map_self(struct ct_run *r, const struct ct_step *s)
{
	int fds[CT_OWN_MAPS]; /* closed with all others */
	int at, err = ct_ns_map_own(ct_block_str(r->plan, s->str[0]),
				    ct_block_str(r->plan, s->str[1]), fds, &at);

	return err < 0 ? err : check_identity(s);
}

/* In memory of its own the child has a pidfd of the caller; else the starter thread tells. */
static int caller_is_gone(const struct ct_run *r)
{
	const struct timespec now = { 0, 0 };
	struct pollfd p;

	if (r->fd[CT_SLOT_CALLER] < 0)
		return !__atomic_load_n(&r->control->starter_tid, __ATOMIC_SEQ_CST);
	p.fd = r->fd[CT_SLOT_CALLER];
	p.events = POLLIN;
	return ct_sys_ppoll(&p, 1, &now, NULL, 0) > 0;
}

/*
 * The caller's own id is in no range: the child is nobody until it becomes the id that the plan
 * says, and with the change /proc/self would be closed to it.
 */
static int become(const struct ct_step *s)
{
	uint32_t uid = (uint32_t)s->arg[0], gid = (uint32_t)s->arg[1];
	int err = ct_sys_setresgid(gid, gid, gid);

	if (!err)
		err = ct_sys_setresuid(uid, uid, uid);
	return err ? err : ct_sys_prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/*
 * The caller writes the maps meanwhile, in ordinary code. When it is killed, so is the starter, and
 * the kernel clears its word: nobody is left then who could say go.
 */
int ct_ns_op_map_wait(struct ct_run *r, const struct ct_step *s)
{
	const struct timespec limit = { 0, CT_WAKE_NSEC };
	uint32_t *word = &r->control->handshake;
	uint32_t now;

	__atomic_store_n(word, CT_HAND_READY, __ATOMIC_SEQ_CST);
	ct_sys_futex(word, FUTEX_WAKE, 1, NULL);
	while ((now = __atomic_load_n(word, __ATOMIC_SEQ_CST)) == CT_HAND_READY) {
		int err = ct_sys_futex(word, FUTEX_WAIT, CT_HAND_READY, &limit);

		if (err == -ETIMEDOUT && caller_is_gone(r))
			return -ECANCELED;
		if (err < 0 && err != -EAGAIN && err != -EINTR && err != -ETIMEDOUT)
			return err;
	}
	if (now != CT_HAND_GO)
		return -ECANCELED;
	if (s->arg[2]) {
		int err = become(s);

		if (err < 0)
			return err;
	}
	return check_identity(s);
}

int ct_ns_op_unshare(struct ct_run *r, const struct ct_step *s)
{
	return ct_sys_unshare((unsigned long)s->arg[0]);
}

int ct_ns_op_hostname(struct ct_run *r, const struct ct_step *s)
{
	const char *name = ct_block_str(r->plan, s->object);

	return ct_sys_sethostname(name, ct_len(name));
}

int ct_ns_loopback_up(void)
{
	struct ifreq req;
	int err, fd = ct_sys_socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fd;
	ct_zero(&req, sizeof(req));
	ct_copy(req.ifr_name, "lo", 3);
	req.ifr_flags = IFF_UP | IFF_RUNNING;
	err = ct_sys_ioctl(fd, SIOCSIFFLAGS, &req);
	if (err < 0)
		ct_sys_close(fd);
	return err < 0 ? err : fd;
}

int ct_ns_op_loopback(struct ct_run *r, const struct ct_step *s)
{
	int fd = ct_ns_loopback_up();

	return fd < 0 ? fd : 0; /* closed with all others */
}

/*
 * Entered by hand: Linux 6.1 does not enter it at exec, and a process of its own memory may. The
 * offsets can be set only while nobody is in it.
 */
int ct_ns_op_time(struct ct_run *r, const struct ct_step *s)
{
	const char *offsets = ct_block_str(r->plan, s->str[0]);
	int fd, err = ct_sys_unshare(CLONE_NEWTIME);

	if (!err && s->arg[0]) {
		r->report->detail = CT_TIME_OFFSETS;
		err = ct_write_at(AT_FDCWD, "/proc/self/timens_offsets", offsets, ct_len(offsets));
	}
	if (err)
		return err;
	r->report->detail = CT_TIME_ENTER;
	fd = ct_sys_openat(AT_FDCWD, "/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC, 0);
	return fd < 0 ? fd : ct_sys_setns(fd, CLONE_NEWTIME); /* fd is closed with all others */
}

ct_step_run *const ct_namespace_runs[ROWS] = {
	[MAP_SELF] = ct_ns_op_map_self,
	[MAP_WAIT] = ct_ns_op_map_wait,
	[UNSHARE_CGROUP] = ct_ns_op_unshare,
	[HOSTNAME] = ct_ns_op_hostname,
	[LOOPBACK] = ct_ns_op_loopback,
	[TIME] = ct_ns_op_time,
	[OPEN_PROC] = ct_ns_op_open_proc,
	[NESTED] = ct_ns_op_nested,
	[HIDE] = ct_ns_op_hide,
	[JOIN] = ct_ns_op_join,
	[BECOME] = ct_ns_op_become,
	[DOMAINNAME] = ct_ns_op_domainname,
	[SYSCTL] = ct_ns_op_sysctl,
};
