/* SPDX-License-Identifier: MIT-0 */
/*
 * contain-run: runs a command in a container, from the command line. options.c has the table of
 * options and reads the command line by it; mounts.c, isolation.c and process.c do what an option
 * says, most by one setter of the spec; main.c starts the container and waits for it.
 */
#ifndef RUN_H
#define RUN_H

#include <contain/contain.h>

#include <stddef.h>
#include <stdint.h>

/* What contain-run itself says by its exit status, like env(1), timeout(1) and others. */
#define STATUS_TIMEOUT 124
#define STATUS_FAILED 125
#define STATUS_CANNOT_EXECUTE 126
#define STATUS_NOT_FOUND 127

enum root { ROOT_NONE, ROOT_DIR, ROOT_OVERLAY, ROOT_TMPFS, ROOT_HOST };

/* What can be handed to the spec only when all options are known. */
struct run {
	container_spec *spec;
	char *const *command;
	const char *option;	/* the one that is read, for messages */

	enum root root;
	const char *root_option;
	const char *dir, *upper, *work;
	const char **layers;
	size_t nlayers;
	uint32_t root_flags;
	uint64_t root_size;
	int size_given, perms_given; /* --size and --perms are for the option behind them */
	uint64_t size;
	uint32_t perms;

	uint64_t unshare, share, joined;
	int ranges;
	int no_init, tty;
	int seccomp, seccomp_given;
	contain_landlock *landlock;
	uint64_t capabilities;
	int capabilities_given;
	uint32_t uid;

	char **env; /* those of --env and the defaults */
	size_t nenv;
	int clear_env;

	int explain, features;
	int json_fd;
	int64_t timeout_msec;
};

/*
 * options.c. Returns -1: go on, or the exit status. An option that takes a value gets it in
 * arg[0], one that takes two also in arg[1]; its function returns 0, or -1 when it has said what
 * is wrong.
 */
int options_read(struct run *r, int argc, char **argv);
/* Says what is wrong with a value of the current option; -1. */
int bad_value(const struct run *r, const char *value, const char *why);
int bad_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What a setter returned: 0, or -1 with the library's message printed. */
int setter(const struct run *r, int err);
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* values.c: strict readers. NULL, or what is wrong; *ret is untouched then. */
const char *read_number(const char *s, uint64_t max, uint64_t *ret);
const char *read_size(const char *s, uint64_t *ret);
const char *read_octal(const char *s, uint32_t max, uint32_t *ret);
/* seconds to milliseconds, cpus to microseconds of 100000: a decimal times 10^digits */
const char *read_decimal(const char *s, unsigned int digits, uint64_t max, uint64_t *ret);
/* numbers between ':' (or another separator): at least min, at most max of them */
const char *read_numbers(const char *s, char between, uint64_t largest, uint64_t *ret, size_t min,
			 size_t max, size_t *ret_n);
/* the index of the next word of a list "a,b,c" in names; *s moves on, NULL at the end */
const char *read_word(const char **s, const char *const *names, size_t n, size_t *ret);

typedef int take(struct run *r, char *const *arg);

/* mounts.c */
take take_root, take_layer, take_tmpfs_root, take_host_root, take_upper, take_work, take_read_only;
take take_size, take_perms;
take take_bind, take_bind_try, take_ro_bind, take_ro_bind_try, take_dev_bind, take_dev_bind_try;
take take_tmpfs, take_dir, take_symlink, take_file, take_mask, take_readonly_path;
take take_mount, take_root_propagation;
take take_clear_paths, take_default_mounts;
int finish_root(struct run *r);

/* isolation.c */
take take_memory, take_pids, take_cpus, take_limit, take_default_devices, take_delegate;
take take_cgroup, take_cgroup_parent;
take take_share, take_unshare, take_join, take_hostname, take_uid_map, take_gid_map;
int finish_namespaces(struct run *r);

/* process.c */
take take_user, take_groups, take_cap_add, take_cap_drop, take_new_privs;
take take_env, take_clear_env, take_chdir, take_rlimit, take_umask, take_oom_score_adj, take_fd;
take take_name, take_setup_timeout, take_no_init;
int finish_process(struct run *r);

/* security.c */
take take_seccomp, take_landlock, take_apparmor, take_selinux;
int finish_security(struct run *r);

/* main.c */
int64_t now_msec(void);

/* terminal.c */
int finish_terminal(struct run *r);
/* Until the container ends. Returns 1 when its time was over and it was killed. */
int watch_terminal(const struct run *r, container *c, int signals);

/* json.c: one object on a line */
void json_exit(const struct run *r, const container *c, const container_exit *x, int timed_out,
	       int status);
void json_error(const struct run *r, const contain_error *e, int status);

#endif
