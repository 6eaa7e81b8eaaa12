/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps as people write them in an option: "0:100000:65536", "u:0:1000:1 g:0:1000:1". */
#include "id_map.h"
#include "new_user.h"
#include "plan/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_end(char c)
{
	return !c || c == ' ' || c == ',' || c == '\n' || c == '\t';
}

/* A plain decimal number and what stands after it; NULL: none, or no id. */
static const char *number(const char *p, uint32_t *ret)
{
	const char *start = p;
	uint64_t v = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > UINT32_MAX)
			return NULL;
	}
	*ret = (uint32_t)v;
	return p == start ? NULL : p;
}

static const char *range(const char *p, struct ct_id_range *ret)
{
	p = number(p, &ret->inside);
	if (p && *p++ == ':')
		p = number(p, &ret->outside);
	else
		return NULL;
	if (p && *p++ == ':')
		p = number(p, &ret->count);
	else
		return NULL;
	return p && is_end(*p) ? p : NULL;
}

static int item(const char **text, struct ct_id_map *uid, struct ct_id_map *gid, char *why,
		size_t size)
{
	const char *p = *text;
	char kind = 'b';
	struct ct_id_range r;
	int err = 0;

	if (*p && p[1] == ':' && strchr("ugb", *p)) {
		kind = *p;
		p += 2;
	}
	p = range(p, &r);
	if (!p) {
		snprintf(why, size, "\"%.*s\" is no INSIDE:OUTSIDE:COUNT, with u:, g: or b: before",
			 (int)strcspn(*text, " ,\n\t") < 100 ? (int)strcspn(*text, " ,\n\t") : 100,
			 *text);
		return -EINVAL;
	}
	if (kind != 'g')
		err = ct_id_map_append(uid, r, why, size);
	if (!err && kind != 'u')
		err = ct_id_map_append(gid, r, why, size);
	*text = p;
	return err;
}

int ct_id_maps_parse(const char *text, struct ct_id_map *ret_uid, struct ct_id_map *ret_gid,
		     char *why, size_t size)
{
	struct ct_id_map uid = { 0 }, gid = { 0 };
	char spare[200];
	int r = 0;

	if (!why) {
		why = spare;
		size = sizeof(spare);
	}
	while (!r) {
		while (*text && is_end(*text))
			text++;
		if (!*text)
			break;
		r = item(&text, &uid, &gid, why, size);
	}
	if (!r && (!uid.n || !gid.n)) {
		snprintf(why, size, "there are no %s ids in it", uid.n ? "group" : "user");
		r = -EINVAL;
	}
	if (r) {
		free(uid.range);
		free(gid.range);
		return r;
	}
	*ret_uid = uid;
	*ret_gid = gid;
	return 0;
}

int contain_id_map_parse(const char *text, contain_id_map **ret_uid_map,
			 contain_id_map **ret_gid_map, contain_error **reterr)
{
	contain_id_map *uid = NULL, *gid = NULL;
	char why[200] = "";
	int r;

	if (!text || !ret_uid_map || !ret_gid_map)
		return ct_error_simple(reterr, -EINVAL, CONTAIN_PHASE_SPEC, "parse-id-map",
				       !text	    ? "text" :
				       !ret_uid_map ? "ret_uid_map" :
						      "ret_gid_map",
				       "is NULL");
	r = contain_id_map_new(&uid);
	if (!r)
		r = contain_id_map_new(&gid);
	if (!r)
		r = ct_id_maps_parse(text, &uid->map, &gid->map, why, sizeof(why));
	if (r < 0) {
		contain_id_map_free(uid);
		contain_id_map_free(gid);
		return ct_error_simple(reterr, r, CONTAIN_PHASE_SPEC, "parse-id-map", text,
				       *why ? why : NULL);
	}
	*ret_uid_map = uid;
	*ret_gid_map = gid;
	return 0;
}
