/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of mount(8), as what mounts are made with. */
#ifndef CT_MOUNT_OPTIONS_H
#define CT_MOUNT_OPTIONS_H

#include <contain/mount_options.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The attributes are MOUNT_ATTR_*: the recursive ones are for a mount and all below it and come
 * first; then, for the mount itself, the others. No bit is both set and cleared. The two bits of
 * the access times speak together: who sets one clears the other, and relatime clears both; the
 * kernel wants MOUNT_ATTR__ATIME in attr_clr for any of them.
 */
struct ct_mount_options {
	uint32_t set, clear, rset, rclear;
	int bind;	      /* 1 bind, 2 rbind */
	uint32_t propagation; /* CONTAIN_PROPAGATION_*; two are slave first, then shared */
	int propagation_recursive;
	int idmap;	  /* 1 idmap, 2 ridmap */
	char *idmap_text; /* NULL: "idmap" alone */
	int copyup, optional;
	char **data; /* "key=value" or "key", for the file system; NULL at the end, or no array */
	size_t ndata;
};

/*
 * 0; -EINVAL or -ENOMEM with nothing in out, and why (may be NULL) told with the word that is not
 * taken. What out holds is given back by ct_mount_options_release(). libmount is called: in the
 * parent only.
 */
int ct_mount_options_parse(const char *text, struct ct_mount_options *out, char *why,
			   size_t why_size);
void ct_mount_options_release(struct ct_mount_options *o);

#endif
