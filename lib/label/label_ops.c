/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "label.h"
#include "label_rows.h"
#include "sys/proc.h"
#include "sys/str.h"
#include "sys/sys.h"

#define LABEL_ROOM 4352 /* "exec ", a label of 4095 bytes, " (enforce)" */

static ssize_t write_once(int fd, const char *text, size_t n)
{
	ssize_t r;

	do {
		r = ct_sys_write(fd, text, n);
	} while (r == -EINTR);
	return r;
}

/* AppArmor shows its mode behind the name; a label may come back with a NUL or a newline. */
static int is_same(const char *got, ssize_t n, const char *want)
{
	ssize_t i = 0;

	while (want[i] && i < n && got[i] == want[i])
		i++;
	return !want[i] && (i == n || !got[i] || got[i] == '\n' || got[i] == ' ');
}

/*
 * Through the start's own procfs, over whose file nothing may lie: what is written elsewhere
 * succeeds, too, and does nothing. The label is read back.
 */
int ct_label_op_write(struct ct_run *r, const struct ct_step *s)
{
	const char *label = ct_block_str(r->plan, s->object);
	int apparmor = s->arg[0] == CT_LABEL_APPARMOR;
	char path[64], text[LABEL_ROOM];
	size_t n = ct_append(text, sizeof(text), 0, apparmor ? "exec " : "");
	int fd, err = ct_proc_thread(r->fd[CT_SLOT_PROC],
				     apparmor ? "attr/apparmor/exec" : "attr/exec", path,
				     sizeof(path));
	ssize_t got;

	if (err < 0)
		return err;
	n = ct_append(text, sizeof(text), n, label);
	fd = ct_proc_file(r->fd[CT_SLOT_PROC], path, O_RDWR);
	if (fd < 0)
		return fd;
	got = write_once(fd, text, n);
	if (got >= 0)
		got = ct_sys_pread64(fd, text, sizeof(text), 0);
	ct_sys_close(fd);
	if (got < 0)
		return (int)got;
	return is_same(text, got, label) ? 0 : -EIO;
}

ct_step_run *const ct_label_runs[ROWS] = {
	[WRITE] = ct_label_op_write,
};
