/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace.h"
#include "sysctl.h"
#include "sys/proc.h"
#include "sys/str.h"

static int is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n';
}

static int digit(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch |= 0x20;
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : 99;
}

/* The length of the number at p, 0: there is none. As the kernel reads it: 0x10, 010, 10. */
static size_t number(const char *p, uint64_t *ret)
{
	int base = p[0] != '0' ? 10 : (p[1] | 0x20) == 'x' ? 16 : 8;
	size_t i = base == 16 ? 2 : 0, first = i;
	uint64_t v = 0;

	for (; digit(p[i]) < base; i++)
		v = v * (uint64_t)base + (uint64_t)digit(p[i]);
	*ret = v;
	return i > first ? i : 0;
}

static int same_number(const char *a, size_t na, const char *b, size_t nb)
{
	int minus_a = *a == '-', minus_b = *b == '-';
	uint64_t va, vb;

	return minus_a == minus_b && number(a + minus_a, &va) + (size_t)minus_a == na &&
	       number(b + minus_b, &vb) + (size_t)minus_b == nb && va == vb;
}

/* "8,10-12": the next range from *at on. 1, 0: the end, -1: no list. */
static int next_range(const char *p, size_t n, size_t *at, uint64_t *first, uint64_t *last)
{
	size_t len;

	if (*at >= n)
		return 0;
	if (*at && p[(*at)++] != ',')
		return -1;
	len = number(p + *at, first);
	if (!len)
		return -1;
	*at += len;
	*last = *first;
	if (*at < n && p[*at] == '-') {
		len = number(p + *at + 1, last);
		if (!len)
			return -1;
		*at += len + 1;
	}
	return *last >= *first ? 1 : -1;
}

/* Whether the list p holds v; the end of the range that does. 1, 0, -1: no list. */
static int holds(const char *p, size_t n, uint64_t v, uint64_t *ret_last)
{
	uint64_t first, last;
	size_t at = 0;
	int r;

	while ((r = next_range(p, n, &at, &first, &last)) > 0)
		if (first <= v && v <= last) {
			*ret_last = last;
			return 1;
		}
	return r;
}

/* The kernel joins and sorts ranges: "8081,8080" becomes "8080-8081". */
static int is_subset(const char *a, size_t na, const char *b, size_t nb)
{
	uint64_t first, last, end = 0;
	size_t at = 0;
	int r;

	while ((r = next_range(a, na, &at, &first, &last)) > 0)
		for (uint64_t v = first; v <= last; v = end + 1) {
			if (holds(b, nb, v, &end) <= 0)
				return 0;
			if (end == UINT64_MAX)
				break;
		}
	return r == 0;
}

static int same_word(const char *a, size_t na, const char *b, size_t nb)
{
	size_t i = 0;

	while (i < na && i < nb && a[i] == b[i])
		i++;
	if (i == na && i == nb)
		return 1;
	return same_number(a, na, b, nb) ||
	       (is_subset(a, na, b, nb) && is_subset(b, nb, a, na));
}

static size_t word(const char **p)
{
	size_t n = 0;

	while (is_blank(**p))
		(*p)++;
	while ((*p)[n] && !is_blank((*p)[n]))
		n++;
	return n;
}

int ct_sysctl_same(const char *a, const char *b)
{
	for (;;) {
		size_t na = word(&a), nb = word(&b);

		if (!na || !nb)
			return na == nb;
		if (!same_word(a, na, b, nb))
			return 0;
		a += na;
		b += nb;
	}
}

static int write_whole(int fd, const char *value, size_t n)
{
	ssize_t r;

	do {
		r = ct_sys_write(fd, value, n);
	} while (r == -EINTR);
	return r < 0 ? (int)r : (size_t)r == n ? 0 : -EIO;
}

static int read_back(int fd, const char *value, char *seen, size_t size)
{
	ssize_t n;

	do {
		n = ct_sys_pread64(fd, seen, size - 1, 0);
	} while (n == -EINTR);
	seen[n < 0 ? 0 : n] = 0;
	if (n < 0)
		return (int)n;
	return ct_sysctl_same(value, seen) ? 0 : -EIO;
}

int ct_sysctl_write(int proc_fd, const char *path, const char *value, char *seen, size_t size)
{
	int err, readable = 1, fd = ct_proc_file(proc_fd, path, O_RDWR | O_NOCTTY);

	seen[0] = 0;
	if (fd == -EACCES) { /* net.ipv4.route.flush and the like do something and show nothing */
		readable = 0;
		fd = ct_proc_file(proc_fd, path, O_WRONLY | O_NOCTTY);
	}
	if (fd < 0)
		return fd;
	err = write_whole(fd, value, ct_len(value));
	if (!err && readable)
		err = read_back(fd, value, seen, size);
	ct_sys_close(fd);
	return err;
}

static void keep(struct ct_report *report, const char *seen)
{
	size_t i = 0;

	for (; seen[i] && seen[i] != '\n' && i + 1 < sizeof(report->log); i++)
		report->log[i] = seen[i] == '\t' ? ' ' : seen[i];
	report->log[i] = 0;
}

int ct_ns_op_sysctl(struct ct_run *r, const struct ct_step *s)
{
	char seen[CT_SYSCTL_VALUE];
	int err;

	if (s->arg[0]) { /* stays open for the next step, and is closed with all others */
		r->report->detail = CT_SYSCTL_PROC;
		err = r->fd[s->slot] = ct_proc_open();
		if (err < 0)
			return err;
		r->report->detail = 0;
	}
	err = ct_sysctl_write(r->fd[s->slot], ct_block_str(r->plan, s->str[0]),
			      ct_block_str(r->plan, s->str[1]), seen, sizeof(seen));
	if (err == -EIO)
		keep(r->report, seen);
	return err;
}

int ct_ns_op_domainname(struct ct_run *r, const struct ct_step *s)
{
	const char *name = ct_block_str(r->plan, s->object);

	return ct_sys_setdomainname(name, ct_len(name));
}
