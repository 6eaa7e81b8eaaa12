/* SPDX-License-Identifier: MIT-0 */
/* Values of options: what is not exactly a value is refused, there is no best guess. */
#include "run.h"

#include <string.h>

static const char not_a_number[] = "not a number: digits only";
static const char too_large[] = "too large";

/* Digits of a base at *s, which moves behind them. */
static const char *digits(const char **s, unsigned int base, uint64_t *ret)
{
	const char *from = *s;
	uint64_t v = 0;

	for (; **s >= '0' && **s < (char)('0' + base); (*s)++) {
		unsigned int d = (unsigned int)(**s - '0');

		if (v > (UINT64_MAX - d) / base)
			return too_large;
		v = v * base + d;
	}
	if (*s == from)
		return not_a_number;
	*ret = v;
	return NULL;
}

const char *read_number(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	const char *why = digits(&s, 10, &v);

	if (why || *s)
		return why ? why : not_a_number;
	if (v > max)
		return too_large;
	*ret = v;
	return NULL;
}

const char *read_size(const char *s, uint64_t *ret)
{
	static const char suffixes[] = "KMGT";
	static const char why_not[] = "not a size: digits, then K, M, G, T or nothing";
	unsigned int shift = 0;
	uint64_t v = 0;
	const char *why = digits(&s, 10, &v);

	if (why)
		return why == not_a_number ? why_not : why;
	if (*s) {
		const char *suffix = strchr(suffixes, *s & ~0x20);

		if (!suffix || s[1])
			return why_not;
		shift = 10 * (unsigned int)(suffix - suffixes + 1);
	}
	if (v > UINT64_MAX >> shift)
		return too_large;
	if (!v)
		return "not a size: it is 0";
	*ret = v << shift;
	return NULL;
}

const char *read_octal(const char *s, uint32_t max, uint32_t *ret)
{
	uint64_t v = 0;
	const char *why = digits(&s, 8, &v);

	if (why == not_a_number || *s)
		return "not an octal number, such as 0755";
	if (why || v > max)
		return too_large;
	*ret = (uint32_t)v;
	return NULL;
}

const char *read_decimal(const char *s, unsigned int places, uint64_t max, uint64_t *ret)
{
	static const char why_not[] = "not a decimal number, such as 1.5";
	uint64_t v = 0;
	const char *why = digits(&s, 10, &v);

	if (why)
		return why == not_a_number ? why_not : why;
	if (*s == '.' && !*++s)
		return why_not;
	for (; places > 0; places--) {
		if (v > (max - 9) / 10)
			return too_large;
		v *= 10;
		if (*s >= '0' && *s <= '9')
			v += (uint64_t)(*s++ - '0');
	}
	if (*s)
		return *s >= '0' && *s <= '9' ? "too many decimal places" : why_not;
	*ret = v;
	return NULL;
}

const char *read_numbers(const char *s, char between, uint64_t largest, uint64_t *ret, size_t min,
			 size_t max, size_t *ret_n)
{
	size_t n = 0;

	for (;; s++) {
		uint64_t v = 0;
		const char *why;

		if (n == max)
			return "too many numbers";
		why = digits(&s, 10, &v);
		if (why)
			return why;
		if (v > largest)
			return too_large;
		ret[n++] = v;
		if (!*s)
			break;
		if (*s != between)
			return not_a_number;
	}
	if (n < min)
		return "not enough numbers";
	*ret_n = n;
	return NULL;
}

const char *read_word(const char **s, const char *const *names, size_t n, size_t *ret)
{
	size_t len = strcspn(*s, ",");

	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && !memcmp(*s, names[i], len)) {
			*s = (*s)[len] ? *s + len + 1 : NULL;
			*ret = i;
			return NULL;
		}
	return "no such name";
}
