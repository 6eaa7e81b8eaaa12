/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of mount(8): which they are comes from libmount, what they mean here from below. */
#include "options.h"
#include "plan/error.h"
#include "sys/uapi.h"

#include <contain/mount.h>
#include <errno.h>
#include <libmount.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct contain_mount_options {
	struct ct_mount_options o;
};

struct word {
	const char *name, *value; /* value NULL: none */
	size_t len, vlen;
};

struct parse {
	struct ct_mount_options *o;
	char *word; /* NULL, or a buffer for the refused one */
	size_t word_size;
	char *why;
	size_t why_size;
};

#define ATIME (MOUNT_ATTR_NOATIME | MOUNT_ATTR_STRICTATIME)

__attribute__((format(printf, 3, 4))) static int refuse(struct parse *p, const struct word *w,
							const char *fmt, ...)
{
	va_list ap;

	if (p->word)
		snprintf(p->word, p->word_size, "%.*s", (int)(w->len < 256 ? w->len : 256),
			 w->name);
	va_start(ap, fmt);
	if (p->why)
		vsnprintf(p->why, p->why_size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int is(const struct word *w, const char *name)
{
	return w->len == strlen(name) && !memcmp(w->name, name, w->len);
}

static int starts(const struct word *w, const char *prefix)
{
	return w->len >= strlen(prefix) && !memcmp(w->name, prefix, strlen(prefix));
}

/* A map's name may end in "=" (takes a value) or "[=]" (may take one), or be a prefix. */
static const struct libmnt_optmap *entry(int map, const struct word *w)
{
	for (const struct libmnt_optmap *e = mnt_get_builtin_optmap(map); e && e->name; e++) {
		size_t n = strcspn(e->name, "=[");

		if (e->mask & MNT_PREFIX ? starts(w, e->name) :
					   n == w->len && !memcmp(w->name, e->name, n))
			return e;
	}
	return NULL;
}

/* ---- attributes ---- */

static void put(uint32_t *to, uint32_t *from, uint32_t bits)
{
	*to |= bits;
	*from &= ~bits;
}

/* What is set or cleared by one word, for the mount alone or for all below it too. */
static void attribute(struct ct_mount_options *o, uint32_t set, uint32_t clear, int recursive)
{
	if (recursive) {
		put(&o->rset, &o->rclear, set);
		put(&o->rclear, &o->rset, clear);
		/* it is the later one: what was said of the mount alone before is void */
		o->set &= ~(set | clear);
		o->clear &= ~(set | clear);
		return;
	}
	put(&o->set, &o->clear, set);
	put(&o->clear, &o->set, clear);
}

/* Only relatime, the default, has no bit; leaving one of the others leads back to it. */
static void atime(struct ct_mount_options *o, uint64_t ms, int inverted, int recursive)
{
	uint32_t bit = ms == MS_NOATIME	    ? MOUNT_ATTR_NOATIME :
		       ms == MS_STRICTATIME ? MOUNT_ATTR_STRICTATIME :
					      0;

	if (!inverted)
		attribute(o, bit, ATIME & ~bit, recursive);
	else if (bit && !((recursive ? o->rset : o->set) & (ATIME & ~bit)))
		attribute(o, 0, ATIME, recursive);
}

/* Whether these MS_* are an attribute of a mount; then it is taken. */
static int attribute_ms(struct ct_mount_options *o, uint64_t ms, int inverted, int recursive)
{
	static const struct {
		uint64_t ms;
		uint32_t attr;
	} table[] = {
		{ MS_RDONLY, MOUNT_ATTR_RDONLY },	  { MS_NOSUID, MOUNT_ATTR_NOSUID },
		{ MS_NODEV, MOUNT_ATTR_NODEV },		  { MS_NOEXEC, MOUNT_ATTR_NOEXEC },
		{ MS_NODIRATIME, MOUNT_ATTR_NODIRATIME }, { 256, MOUNT_ATTR_NOSYMFOLLOW },
	};

	if (ms == MS_NOATIME || ms == MS_STRICTATIME || ms == MS_RELATIME) {
		atime(o, ms, inverted, recursive);
		return 1;
	}
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (ms == table[i].ms) {
			attribute(o, inverted ? 0 : table[i].attr, inverted ? table[i].attr : 0,
				  recursive);
			return 1;
		}
	return 0;
}

/* ---- kinds of words ---- */

static int add_data(struct ct_mount_options *o, const struct word *w)
{
	const char *value = w->value;
	size_t vlen = w->vlen;
	size_t n = o->ndata;
	char **data = o->data, *s;

	if (!(n & (n + 1))) /* 0, 1, 3, 7, ...: full, with the NULL at the end */
		data = reallocarray(data, 2 * (n + 1), sizeof(*data));
	if (!data)
		return -ENOMEM;
	o->data = data;
	data[n] = NULL;
	if (vlen >= 2 && value[0] == '"' && value[vlen - 1] == '"') {
		value++;
		vlen -= 2;
	}
	s = malloc(w->len + vlen + 2);
	if (!s)
		return -ENOMEM;
	memcpy(s, w->name, w->len);
	if (value) {
		s[w->len] = '=';
		memcpy(s + w->len + 1, value, vlen);
	}
	s[w->len + (value ? 1 + vlen : 0)] = 0;
	data[o->ndata++] = s;
	data[o->ndata] = NULL;
	return 0;
}

/* Each is a change of its own, in the order of the words; only this pair leaves traces of both. */
static int propagation(struct parse *p, const struct word *w, uint64_t ms)
{
	struct ct_mount_options *o = p->o;
	uint32_t type = (uint32_t)(ms & ~(uint64_t)MS_REC);
	int recursive = !!(ms & MS_REC);

	if (type == CONTAIN_PROPAGATION_SHARED && o->propagation & CONTAIN_PROPAGATION_SLAVE) {
		if (recursive != o->propagation_recursive)
			return refuse(p, w,
				      "slave and shared together are both recursive or both "
				      "not");
		o->propagation |= type;
		return 0;
	}
	o->propagation = type;
	o->propagation_recursive = recursive;
	return 0;
}

/* "ro=recursive", mount(8) 2.39; fs: the file system as a whole, vfs: the mount. */
static int layered(struct parse *p, const struct word *w, const struct libmnt_optmap *e)
{
	struct word key = { .name = w->name, .len = w->len };
	const char *v = w->value, *end = v + w->vlen;
	int fs = 0, vfs = 0, recursive = 0;

	if (w->vlen >= 2 && *v == '"' && end[-1] == '"') {
		v++;
		end--;
	}
	while (v < end) {
		size_t n = 0;

		while (v + n < end && v[n] != ',')
			n++;
		if (n == 2 && !memcmp(v, "fs", 2))
			fs = 1;
		else if (n == 3 && !memcmp(v, "vfs", 3))
			vfs = 1;
		else if (n == 9 && !memcmp(v, "recursive", 9))
			recursive = 1;
		else
			return refuse(p, w, "takes no such value: recursive, vfs or fs");
		v += n + (v + n < end);
	}
	if (fs && (e->id != MS_RDONLY || recursive))
		return refuse(p, w,
			      "only ro and rw are for a file system as a whole, and not "
			      "recursive");
	if (!fs && !vfs && !recursive)
		return refuse(p, w, "has an empty value");
	if (vfs || recursive)
		attribute_ms(p->o, (uint64_t)(unsigned int)e->id, !!(e->mask & MNT_INVERT),
			     recursive);
	return fs ? add_data(p->o, &key) : 0;
}

static int linux_word(struct parse *p, const struct word *w, const struct libmnt_optmap *e)
{
	uint64_t ms = (uint64_t)(unsigned int)e->id;
	int inverted = !!(e->mask & MNT_INVERT);
	struct ct_mount_options probe = { 0 };

	if (ms & (MS_PRIVATE | MS_SLAVE | MS_SHARED | MS_UNBINDABLE))
		return w->value ? refuse(p, w, "takes no value") : propagation(p, w, ms);
	if (w->value && attribute_ms(&probe, ms, inverted, 0))
		return layered(p, w, e);
	if (w->value)
		return refuse(p, w, "takes no value");
	if (attribute_ms(p->o, ms, inverted, 0))
		return 0;
	if (ms == MS_REMOUNT)
		return refuse(p, w,
			      "this is a new mount; contain_mount_set_attributes() and "
			      "container_mount_set_attributes() change one");
	if (ms & MS_BIND) {
		if (p->o->bind < 2)
			p->o->bind = ms & MS_REC ? 2 : 1;
		return 0;
	}
	if (ms == MS_SILENT)
		return 0;
	return add_data(p->o, w); /* of the superblock: sync, dirsync, lazytime, ... */
}

static int set_idmap(struct parse *p, const struct word *w, int how)
{
	const char *v = w->value;
	size_t n = w->vlen;
	char *text = NULL;

	if (n >= 2 && v[0] == '"' && v[n - 1] == '"') {
		v++;
		n -= 2;
	}
	if (v && !n)
		return refuse(p, w, "has an empty value");
	if (v && !(text = strndup(v, n)))
		return -ENOMEM;
	free(p->o->idmap_text);
	p->o->idmap_text = text;
	p->o->idmap = how;
	return 0;
}

static int x_mount(struct parse *p, const struct word *w)
{
	if (is(w, "X-mount.idmap"))
		return w->value ? set_idmap(p, w, 1) : refuse(p, w, "needs a map");
	if (is(w, "X-mount.mkdir") || is(w, "x-mount.mkdir"))
		return 0;
	if (starts(w, "X-mount."))
		return refuse(p, w, "needs mount(8) itself");
	return 0;
}

static int user_word(struct parse *p, const struct word *w, const struct libmnt_optmap *e)
{
	static const struct {
		const char *name, *why;
	} refused[] = {
		{ "loop", "mount the loop device itself: nobody here sets one up" },
		{ "offset", "belongs to loop devices, which nobody here sets up" },
		{ "sizelimit", "belongs to loop devices, which nobody here sets up" },
		{ "encryption", "belongs to loop devices, which nobody here sets up" },
		{ "helper", "no umount helper is called" },
		{ "uhelper", "no umount helper is called" },
	};

	if (e->mask & MNT_PREFIX)
		return x_mount(p, w);
	if (starts(w, "verity."))
		return refuse(p, w, "mount the verity device itself: nobody here sets one up");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (is(w, refused[i].name))
			return refuse(p, w, "%s", refused[i].why);
	if (is(w, "comment") || (is(w, "user") && w->value)) /* user=NAME is a note in mtab */
		return 0;
	if (w->value)
		return refuse(p, w, "takes no value");
	if (is(w, "nofail"))
		p->o->optional = 1;
	if (is(w, "user") || is(w, "users"))
		attribute(p->o, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0, 0);
	if (is(w, "owner") || is(w, "group"))
		attribute(p->o, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0, 0);
	return 0;
}

/* What libmount 2.38 does not know. 1: taken; 0: none of these. */
static int own_word(struct parse *p, const struct word *w)
{
	struct word rest = { .name = w->name + 1, .len = w->len - 1 };
	const struct libmnt_optmap *e;
	int *flag = is(w, "optional")			  ? &p->o->optional :
		    is(w, "copyup") || is(w, "tmpcopyup") ? &p->o->copyup :
							    NULL;
	int r, inverted = is(w, "symfollow");

	if (is(w, "idmap") || is(w, "ridmap")) {
		r = set_idmap(p, w, *w->name == 'r' ? 2 : 1);
		return r ? r : 1;
	}
	if (flag) {
		*flag = 1;
		return w->value ? refuse(p, w, "takes no value") : 1;
	}
	if (inverted || is(w, "nosymfollow")) {
		attribute(p->o, inverted ? 0 : MOUNT_ATTR_NOSYMFOLLOW,
			  inverted ? MOUNT_ATTR_NOSYMFOLLOW : 0, 0);
		return w->value ? refuse(p, w, "takes no value") : 1;
	}
	if (*w->name != 'r' || w->len < 2)
		return 0;
	inverted = is(&rest, "symfollow");
	if (inverted || is(&rest, "nosymfollow")) {
		attribute_ms(p->o, 256, inverted, 1);
	} else {
		e = entry(MNT_LINUX_MAP, &rest);
		if (!e ||
		    !attribute_ms(p->o, (uint64_t)(unsigned int)e->id, !!(e->mask & MNT_INVERT), 1))
			return 0;
	}
	return w->value ? refuse(p, w, "takes no value") : 1;
}

static int word(struct parse *p, const struct word *w)
{
	const struct libmnt_optmap *e;
	int r;

	if (*w->name == '=' || memchr(w->name, '"', w->len))
		return refuse(p, w,
			      "is no option: a name comes before \"=\", and quotes are for "
			      "values");
	e = entry(MNT_LINUX_MAP, w);
	if (e)
		return linux_word(p, w, e);
	r = own_word(p, w); /* before: "X-mount.idmap" is one, and newer libmounts know more */
	if (r)
		return r < 0 ? r : 0;
	e = entry(MNT_USERSPACE_MAP, w);
	return e ? user_word(p, w, e) : add_data(p->o, w);
}

static int parse(const char *text, struct parse *p)
{
	char *at = (char *)text, *name, *value; /* read only: the type is libmount's */
	size_t len, vlen;
	int r = 0;

	while (!r && !mnt_optstr_next_option(&at, &name, &len, &value, &vlen)) {
		struct word w = { name, value, len, value ? vlen : 0 };

		r = word(p, &w);
	}
	at += r ? 0 : strspn(at, ",");
	if (!r && *at) { /* libmount stops without a word at a quote that is not closed */
		struct word w = { .name = at, .len = strlen(at) };

		r = refuse(p, &w, "a quote is not closed");
	}
	if (r < 0)
		ct_mount_options_release(p->o);
	return r;
}

int ct_mount_options_parse(const char *text, struct ct_mount_options *out, char *why,
			   size_t why_size)
{
	struct ct_mount_options o = { 0 };
	char word_[64] = "", reason[160] = "";
	struct parse p = { &o, word_, sizeof(word_), reason, sizeof(reason) };
	int r = parse(text, &p);

	if (r == 0)
		*out = o;
	else if (why && r == -EINVAL)
		snprintf(why, why_size, "\"%s\": %s", word_, reason);
	else if (why)
		snprintf(why, why_size, "out of memory");
	return r;
}

void ct_mount_options_release(struct ct_mount_options *o)
{
	for (size_t i = 0; i < o->ndata; i++)
		free(o->data[i]);
	free(o->data);
	free(o->idmap_text);
	*o = (struct ct_mount_options){ 0 };
}

/* ---- the public form ---- */

int contain_mount_options_parse(const char *text, contain_mount_options **ret_options,
				contain_error **reterr)
{
	char word_[257] = "", why[160] = "";
	contain_mount_options *options;
	struct parse p = { NULL, word_, sizeof(word_), why, sizeof(why) };
	int r;

	if (!text || !ret_options)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_SPEC, "mount-options",
				       text ? "ret_options" : "text", "is NULL");
	options = calloc(1, sizeof(*options));
	if (!options)
		return ct_error_simple(reterr, -ENOMEM, CONTAIN_PHASE_SPEC, "mount-options", text,
				       NULL);
	p.o = &options->o;
	r = parse(text, &p);
	if (r < 0) {
		free(options);
		return ct_error_simple(reterr, r, CONTAIN_PHASE_SPEC, "mount-options",
				       *word_ ? word_ : text, *why ? why : NULL);
	}
	*ret_options = options;
	return 0;
}

void contain_mount_options_free(contain_mount_options *options)
{
	if (options)
		ct_mount_options_release(&options->o);
	free(options);
}

uint32_t contain_mount_options_set(const contain_mount_options *options)
{
	return options ? options->o.set : 0;
}

uint32_t contain_mount_options_clear(const contain_mount_options *options)
{
	return options ? options->o.clear : 0;
}

uint32_t contain_mount_options_recursive_set(const contain_mount_options *options)
{
	return options ? options->o.rset : 0;
}

uint32_t contain_mount_options_recursive_clear(const contain_mount_options *options)
{
	return options ? options->o.rclear : 0;
}

int contain_mount_options_bind(const contain_mount_options *options)
{
	return options ? options->o.bind : -EINVAL;
}

uint32_t contain_mount_options_propagation(const contain_mount_options *options)
{
	return options ? options->o.propagation : 0;
}

int contain_mount_options_propagation_recursive(const contain_mount_options *options)
{
	return options ? options->o.propagation_recursive : -EINVAL;
}

int contain_mount_options_idmap(const contain_mount_options *options)
{
	return options ? options->o.idmap : -EINVAL;
}

const char *contain_mount_options_idmap_text(const contain_mount_options *options)
{
	return options ? options->o.idmap_text : NULL;
}

int contain_mount_options_copyup(const contain_mount_options *options)
{
	return options ? options->o.copyup : -EINVAL;
}

int contain_mount_options_optional(const contain_mount_options *options)
{
	return options ? options->o.optional : -EINVAL;
}

int contain_mount_options_data_count(const contain_mount_options *options)
{
	return options ? (int)options->o.ndata : -EINVAL;
}

const char *contain_mount_options_data(const contain_mount_options *options, int index)
{
	if (!options || index < 0 || (size_t)index >= options->o.ndata)
		return NULL;
	return options->o.data[index];
}
