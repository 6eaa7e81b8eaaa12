/* SPDX-License-Identifier: MIT-0 */
/* The record at the end, for programs: RFC 8259, members may be added in later versions. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long the UTF-8 character at s is, 0: it is none. */
static size_t character(const unsigned char *s)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 :
		     *s < 0xf5 ? 4 : 0;
	unsigned int code = len > 1 ? *s & (0x7fu >> len) : *s;

	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (len > 1 && (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)))
		return 0;
	return len;
}

/* A string; bytes that are not UTF-8 become U+FFFD. */
static void print_string(FILE *out, const char *name, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	fprintf(out, "\"%s\":\"", name);
	while (*s) {
		size_t len = character(s);

		if (!len)
			fputs("\xef\xbf\xbd", out);
		else if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (*s < ' ')
			fprintf(out, "\\u%04x", *s);
		else
			fwrite(s, 1, len, out);
		s += len ? len : 1;
	}
	fputc('"', out);
}

/* In one write(2): others may write to the same file. */
static void emit(const struct run *r, FILE *out, char **text, size_t *len)
{
	size_t done = 0;

	fputs("}\n", out);
	if (fclose(out) != 0) {
		say("--json: out of memory");
		free(*text);
		return;
	}
	while (done < *len) {
		ssize_t n = write(r->json_fd, *text + done, *len - done);

		if (n < 0) {
			say("--json: %m");
			break;
		}
		done += (size_t)n;
	}
	free(*text);
}

void json_exit(const struct run *r, const container *c, const container_exit *x, int timed_out,
	       int status)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return say("--json: out of memory");
	fputc('{', out);
	print_string(out, "name", container_name(c));
	fprintf(out, ",\"pid\":%d,\"status\":%d,\"exit_code\":%d,\"signal\":%d", container_pid(c),
		status, container_exit_code(x), container_exit_signal(x));
	fprintf(out, ",\"timed_out\":%s,\"oom_killed\":%s", timed_out ? "true" : "false",
		container_exit_oom_killed(x) > 0 ? "true" : "false");
	fprintf(out, ",\"memory_peak_bytes\":%llu,\"cpu_usec\":%llu,\"wall_usec\":%llu",
		(unsigned long long)container_exit_memory_peak_bytes(x),
		(unsigned long long)container_exit_cpu_usec(x),
		(unsigned long long)container_exit_wall_usec(x));
	emit(r, out, &text, &len);
}

void json_error(const struct run *r, const contain_error *e, int status)
{
	static const char *const phases[] = { "", "spec", "plan", "parent", "child" };
	int phase = contain_error_phase(e);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return say("--json: out of memory");
	fprintf(out, "{\"status\":%d,\"error\":{\"errno\":%d,", status, -contain_error_code(e));
	print_string(out, "phase", phase > 0 && phase < 5 ? phases[phase] : "");
	fprintf(out, ",\"step\":%d,\"steps\":%d,", contain_error_step(e), contain_error_steps(e));
	print_string(out, "op", contain_error_op(e));
	fputc(',', out);
	print_string(out, "object", contain_error_object(e));
	fputc(',', out);
	print_string(out, "log", contain_error_log(e));
	fputc(',', out);
	print_string(out, "hint", contain_error_hint(e));
	fputc(',', out);
	print_string(out, "message", contain_error_message(e));
	fputc('}', out);
	emit(r, out, &text, &len);
}
