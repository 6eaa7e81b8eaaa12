/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compile.h"
#include "text.h"
#include "union.h"

#include <string.h>

uint32_t ct_union_emit_options(struct ct_compile *c, size_t layers, int writable)
{
	struct ct_text t = { 0 };
	uint32_t at;

	ct_text_add(&t, "lowerdir=");
	for (size_t i = 0; i < layers; i++)
		ct_text_printf(&t, i ? ":%zu" : "%zu", i);
	if (writable)
		ct_text_add(&t, ",upperdir=upper,workdir=work");
	if (c->intent.user_xattr)
		ct_text_add(&t, ",userxattr");
	c->oom |= t.oom;
	at = ct_emit_str(c, t.buf);
	ct_text_free(&t);
	return at;
}

void ct_union_describe_layers(struct ct_text *out, const char *layer, int64_t layers)
{
	ct_text_add(out, "lower ");
	for (int64_t i = 0; i < layers; i++) {
		if (i)
			ct_text_add(out, " ");
		ct_text_quoted(out, layer);
		layer += strlen(layer) + 1;
	}
}
