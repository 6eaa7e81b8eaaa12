/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A case: an attack that runs against the library, in several variants of the same spec, and
 * against the naive reference (naive.c), which has to fall.
 *
 *	static void image(struct h_run *r)		as root, once for each variant
 *	{
 *		T_SYS(symlink(h_tree(r->canary), t_fmt("%s/data", r->root)));
 *	}
 *
 *	static void attack(struct h_run *r)		as the user who spawns
 *	{
 *		struct h_job job = h_job(r, "argv done");
 *
 *		h_bind(&job, "/etc", "/data", 0);
 *		h_spawn(r, &job);
 *		h_held(r, !strstr(r->text, "found"), "%s", r->text);
 *	}
 *
 *	H_CASE(a01_target_is_a_symlink, H_ALL, image, attack)
 *
 * What h_held() and the canary say decides. For the library neither may say anything. Against the
 * naive reference h_held() has to be false once; where a case has no h_held(), the canary has to be
 * touched: then the case offers no other way to it than its own. H_TWIN is a case of lawful use:
 * the library alone, and all of it has to work.
 */
#ifndef H_ATTACK_H
#define H_ATTACK_H

#include "canary.h"

#include <contain/contain.h>

/* Which variants of a case there are: by their places in the table in attack.c. */
#define H_PLAIN 0x01u	/* root, no user namespace */
#define H_USERNS 0x02u	/* root, a user namespace with a range of its own */
#define H_USER 0x04u	/* an ordinary user */
#define H_INIT 0x08u	/* root, with an init inside */
#define H_OTHER 0x10u	/* root, and the payload is another user */
#define H_ALL 0xffffu
#define H_ROOT (H_ALL & ~H_USER)
#define H_ID0 (H_ALL & ~H_OTHER)	       /* the payload is user 0 inside */
#define H_SHARED (H_PLAIN | H_USERNS | H_USER) /* the child shares the caller's memory */
#define H_NAIVE 0x10000u

struct h_variant {
	const char *name;
	unsigned int bit;
	int as_user;
	void (*more)(container_spec *spec); /* may be NULL */
};

enum h_kind { H_NOTHING, H_BIND, H_TMPFS, H_DIR, H_FILE, H_SYMLINK };

struct h_mount {
	enum h_kind kind;
	const char *source, *target; /* source: the content of a file, the text of a symlink */
	uint32_t flags;
};

struct h_range {
	uint32_t inside, outside, count;
};

struct h_fd {
	int fd, child_fd;
};

/* What is started, in terms that the naive reference knows as well. Zero is the default. */
struct h_job {
	const char *root, *const *lower; /* lower: an overlay of these instead */
	uint32_t root_flags, no_defaults;
	int root_fd;	/* the root by this fd, when it is not 0 */
	int root_host;	/* the caller's own root, copy-on-write */
	const char *upper, *work; /* with lower: an upper layer of the caller's */
	struct h_mount mount[32];
	const char *masked[8], *cwd, *user;
	const char *const *argv, *const *env;
	int nmount, nfd, out; /* out: where the output goes instead of 1 and 2 ("to 5 -- fds") */
	struct h_fd fd[64];
	const struct h_range *uids, *gids; /* of a user namespace */
	int nuid, ngid;
	uint64_t caps; /* with set_caps */
	int set_caps, new_privs, host_pids, same_session;
	/* of the naive reference; for the library there is `more` */
	const char *set_file[2], *set_value[2]; /* what it writes, once it is inside */
	int null_stdin; /* stdin is the null device, owned by the payload's user */
	void (*more)(container_spec *spec, void *arg); /* what only the library knows */
	void *arg;
};

struct h_verdict {
	int asked, breaches, spawns; /* asked: h_held() is the judge, and not the canary alone */
	int unsupported;
	char first[2048];
};

struct h_run {
	struct h_canary *canary;
	const struct h_variant *how; /* NULL: the naive reference */
	const char *root;	     /* the image, made by t_rootfs_make() on the canary's host */
	unsigned int state;	     /* T_*: what has to be the same after each spawn */
	int slow;		     /* how many times longer than 2 s a start may take */
	struct h_verdict *verdict;

	/* of the last h_spawn() */
	int err, phase, code, signal; /* err: 0 or a negative errno */
	int unsupported; /* calls are denied, and the start said that it needs them */
	long msec;
	char op[64], object[512], message[2048], text[1 << 17];
};

struct h_case {
	const char *name;
	unsigned int variants;
	void (*image)(struct h_run *r);
	void (*attack)(struct h_run *r);
};

void h_case(const struct h_case *c);

#define H_CASE_LIMIT(name_, variants_, image_, attack_, limit_)                                    \
	TEST_LIMIT(name_, limit_)                                                                  \
	{                                                                                          \
		static const struct h_case c = { #name_, (variants_) | H_NAIVE, image_, attack_ }; \
		h_case(&c);                                                                        \
	}
#define H_CASE(name_, variants_, image_, attack_)                                                  \
	H_CASE_LIMIT(name_, variants_, image_, attack_, 60)
#define H_TWIN(name_, variants_, image_, attack_)                                                  \
	TEST_LIMIT(name_, 60)                                                                      \
	{                                                                                          \
		static const struct h_case c = { #name_, variants_, image_, attack_ };             \
		h_case(&c);                                                                        \
	}

/* Guests are slow: there, all but the first variant leave out three of four rounds of a loop. */
int h_left_out(const struct h_run *r, size_t round);

/* A job that runs the payload with these words ("ids -- caps"), in the image. */
struct h_job h_job(struct h_run *r, const char *words);
/* the program and its arguments, from words without spaces in them */
void h_argv(struct h_job *job, const char *words);
void h_bind(struct h_job *job, const char *source, const char *target, uint32_t flags);
void h_tmpfs(struct h_job *job, const char *target);
/* a directory, file (source: its content) or symlink (source: its text) */
void h_make(struct h_job *job, enum h_kind kind, const char *source, const char *target);
void h_add_fd(struct h_job *job, int fd, int child_fd);

/* Starts it, waits for its end, and compares the state of the process and of the machine. */
void h_spawn(struct h_run *r, const struct h_job *job);
/* h_spawn() as the naive reference does it: naive.c. Gives the wait status or a negative errno. */
int h_naive(const struct h_run *r, const struct h_job *job, int out);

/* A condition without which the attack has succeeded. */
#define h_held(r, cond, ...)                                                                       \
	((r)->verdict->asked++,                                                                    \
	 (cond) ? (void)0 : h_breach((r), __LINE__, #cond, " " __VA_ARGS__))
void h_breach(struct h_run *r, int line, const char *what, const char *fmt, ...) T_PRINTF(4, 5);
/* What the library has to do besides; says nothing about the naive reference. */
#define h_exact(r, cond, ...)                                                                      \
	((r)->how && !(r)->unsupported && !(cond)                                                  \
		 ? t_failed(__FILE__, __LINE__, 1, #cond, " " __VA_ARGS__)                         \
		 : (void)0)
/* The library's start failed with -@err_ at the step @op_; the naive reference is not asked. */
#define h_fails(r, err_, op_)                                                                      \
	h_exact_error((r), (err_), (op_), __FILE__, __LINE__)
void h_exact_error(struct h_run *r, int err, const char *op, const char *file, int line);
/* The library's start succeeded, and the payload exited 0. */
#define h_works(r) h_exact_works((r), __FILE__, __LINE__)
void h_exact_works(struct h_run *r, const char *file, int line);

#endif
