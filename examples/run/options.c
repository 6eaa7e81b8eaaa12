/* SPDX-License-Identifier: MIT-0 */
/* The table of options, how a command line is read by it, and the help that is printed of it. */
#include "run.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZED 1u /* --size may stand before it */
#define MODED 2u /* --perms may stand before it */

#define HELP_COLUMN 26
#define HELP_WIDTH 80

struct option {
	const char *name;  /* NULL: a heading */
	const char *takes; /* the names of its values, NULL: none */
	const char *help;
	take *take;
	unsigned int flags;
};

static int take_explain(struct run *r, char *const *arg)
{
	r->explain = 1;
	return 0;
}

static int take_features(struct run *r, char *const *arg)
{
	r->features = 1;
	return 0;
}

static int take_json(struct run *r, char *const *arg)
{
	uint64_t fd = 0;
	const char *why = read_number(arg[0], INT32_MAX, &fd);

	if (!why && fcntl((int)fd, F_GETFL) < 0)
		why = "not an open descriptor";
	r->json_fd = (int)fd;
	return why ? bad_value(r, arg[0], why) : 0;
}

static int take_timeout(struct run *r, char *const *arg)
{
	uint64_t msec = 0;
	const char *why = read_decimal(arg[0], 3, INT32_MAX, &msec);

	if (!why && !msec)
		why = "no time at all";
	r->timeout_msec = (int64_t)msec;
	return why ? bad_value(r, arg[0], why) : 0;
}

static int take_tty(struct run *r, char *const *arg)
{
	r->tty = 1;
	return 0;
}

static const struct option options[] = {
	{ NULL, NULL, "Root file system: one of these", NULL, 0 },
	{ "--root", "DIR", "a directory; writes go to it", take_root, 0 },
	{ "--layer", "DIR", "a layer of a union, the topmost first; may be repeated; writes go to "
	  "a layer in memory and end with the container", take_layer, SIZED },
	{ "--tmpfs-root", NULL, "empty, in memory", take_tmpfs_root, SIZED },
	{ "--host-root", NULL, "the host's own files; writes go to a layer in memory, as above",
	  take_host_root, SIZED },
	{ "--upper", "DIR", "with --layer: writes go to this directory and stay there", take_upper,
	  0 },
	{ "--work", "DIR", "with --upper: an empty directory on the same file system", take_work,
	  0 },
	{ "--read-only", NULL, "the root is read-only", take_read_only, 0 },

	{ NULL, NULL, "Mounts and files, made in the order given", NULL, 0 },
	{ "--bind", "SRC DEST", "shows the host's SRC at DEST; with all mounts below it; no "
	  "devices and no set-user-id programs, here and in the next four", take_bind, 0 },
	{ "--ro-bind", "SRC DEST", "the same, read-only", take_ro_bind, 0 },
	{ "--bind-try", "SRC DEST", "the same, skipped where SRC does not exist", take_bind_try,
	  0 },
	{ "--ro-bind-try", "SRC DEST", "both", take_ro_bind_try, 0 },
	{ "--dev-bind", "SRC DEST", "the same as --bind, with devices", take_dev_bind, 0 },
	{ "--dev-bind-try", "SRC DEST", "skipped where SRC does not exist", take_dev_bind_try, 0 },
	{ "--tmpfs", "DEST", "a file system in memory", take_tmpfs, SIZED | MODED },
	{ "--mount", "LINE", "a mount as a line of fstab(5): SOURCE TARGET [TYPE [OPTIONS]], in "
	  "the words of mount(8), such as 'tmpfs /run tmpfs size=8m,copyup' or "
	  "'/srv/data /data none rbind,rro,idmap'", take_mount, 0 },
	{ "--root-propagation", "LIST", "private, or slave: what the host mounts below --root is "
	  "seen inside; or shared with mount namespaces made inside", take_root_propagation, 0 },
	{ "--size", "SIZE", "for the option behind it: --tmpfs, --layer, --tmpfs-root or "
	  "--host-root; otherwise half of the memory", take_size, SIZED | MODED },
	{ "--perms", "OCTAL", "for the option behind it: --tmpfs, --dir or --file", take_perms,
	  SIZED | MODED },
	{ "--dir", "DEST", "a directory", take_dir, MODED },
	{ "--file", "FILE DEST", "a file with the content of FILE: the host's, or /dev/fd/N",
	  take_file, MODED },
	{ "--symlink", "TARGET DEST", "a symlink at DEST", take_symlink, 0 },
	{ "--mask", "PATH", "hides a path: a file is empty, so is a directory", take_mask, 0 },
	{ "--readonly-path", "PATH", "makes a path with all below it read-only",
	  take_readonly_path, 0 },
	{ "--clear-paths", NULL, "drops the masked and read-only paths so far, those of /proc and "
	  "/sys that every container has, too", take_clear_paths, 0 },
	{ "--default-mounts", "LIST", "which of proc, sys, dev and tmp there are, or none; "
	  "otherwise all", take_default_mounts, 0 },

	{ NULL, NULL, "Limits", NULL, 0 },
	{ "--memory", "SIZE", "at most so much memory", take_memory, 0 },
	{ "--pids", "N", "at most so many processes and threads", take_pids, 0 },
	{ "--cpus", "N", "at most so many cpus; decimals as in 0.5", take_cpus, 0 },
	{ "--limit", "FILE=VALUE", "any limit of cgroup v2 by its file, such as "
	  "memory.high=32000000 or io.max=8:0 wbps=1048576; may be repeated", take_limit, 0 },
	{ "--default-devices", NULL, "no devices but null, zero, full, random, urandom, tty and "
	  "terminals", take_default_devices, 0 },
	{ "--delegate", NULL, "let the container divide its group", take_delegate, 0 },
	{ "--cgroup", "DIR", "run in this group, on cgroup v2, in place of a new one", take_cgroup,
	  0 },
	{ "--cgroup-parent", "DIR", "make the group below this one, on cgroup v2",
	  take_cgroup_parent, 0 },
	{ "--rlimit", "NAME=SOFT[:HARD]", "a limit of prlimit(1), such as nofile=1024:4096 or "
	  "core=unlimited", take_rlimit, 0 },

	{ NULL, NULL, "Namespaces", NULL, 0 },
	{ "--share", "LIST", "keep the caller's namespaces: of pid, ipc, uts, net, cgroup and "
	  "user; "
	  "otherwise all are new, user where the caller is unprivileged or ids are mapped",
	  take_share, 0 },
	{ "--unshare", "LIST", "new namespaces that are not new by themselves: user, time",
	  take_unshare, 0 },
	{ "--join", "FILE", "join a namespace: /proc/PID/ns/TYPE, or a file that one is pinned "
			  "to; with one of type mnt there is no other root",
	  take_join, 0 },
	{ "--hostname", "NAME", "otherwise the container's name", take_hostname, 0 },
	{ "--uid-map", "IN:OUT:COUNT", "map user ids; may be repeated", take_uid_map, 0 },
	{ "--gid-map", "IN:OUT:COUNT", "map group ids; may be repeated", take_gid_map, 0 },

	{ NULL, NULL, "Process", NULL, 0 },
	{ "--user", "UID[:GID]", "run as this user and group; without GID it is the same number; "
	  "or USER[:GROUP], names in the image's passwd and group, with its HOME",
	  take_user, 0 },
	{ "--groups", "LIST", "supplementary group ids, or none", take_groups, 0 },
	{ "--cap-add", "NAME", "a capability more than the default: chown, dac_override, fowner, "
	  "fsetid, kill, setgid, setuid, setpcap, net_bind_service, sys_chroot, setfcap; or all",
	  take_cap_add, 0 },
	{ "--cap-drop", "NAME", "one less, or all", take_cap_drop, 0 },
	{ "--new-privs", NULL, "let set-user-id programs and file capabilities work",
	  take_new_privs, 0 },
	{ "--seccomp", "MODE", "system calls: default, what programs in containers need and their "
	  "capabilities allow; log, the same, but what it would stop is logged; kill; or off",
	  take_seccomp, 0 },
	{ "--landlock", "PATH:rx|rwx", "of the container's files, only those at and below PATH; "
	  "may be repeated", take_landlock, 0 },
	{ "--apparmor", "PROFILE", "run the command under this AppArmor profile", take_apparmor,
	  0 },
	{ "--selinux", "LABEL", "run it under this SELinux context", take_selinux, 0 },
	{ "--env", "NAME[=VALUE]", "an environment variable, without VALUE as it is here",
	  take_env, 0 },
	{ "--clear-env", NULL, "without TERM, PATH and HOME, and without what was given so far",
	  take_clear_env, 0 },
	{ "--chdir", "DIR", "the working directory, inside; otherwise /", take_chdir, 0 },
	{ "--umask", "OCTAL", "otherwise 022", take_umask, 0 },
	{ "--oom-score-adj", "N", "-1000 to 1000", take_oom_score_adj, 0 },
	{ "--fd", "N", "hand on the open descriptor N; may be repeated", take_fd, 0 },
	{ "--tty", NULL, "or -t: a terminal of the container's own, for what of stdin, stdout and "
	  "stderr is a terminal here; otherwise they are those of contain-run", take_tty, 0 },
	{ "--no-init", NULL, "the command is process 1; otherwise a small init is, which reaps "
	  "orphans and hands on signals", take_no_init, 0 },

	{ NULL, NULL, "Start and end", NULL, 0 },
	{ "--name", "NAME", "names the container, its group and its host", take_name, 0 },
	{ "--setup-timeout", "SECONDS", "give up when the start takes longer", take_setup_timeout,
	  0 },
	{ "--timeout", "SECONDS", "kill the container after that time", take_timeout, 0 },
	{ "--json", "FD", "at the end write a record to FD: one JSON object on a line", take_json,
	  0 },

	{ NULL, NULL, "Instead of a container", NULL, 0 },
	{ "--explain", NULL, "print every step and system call of the start; run nothing",
	  take_explain, 0 },
	{ "--features", NULL, "print what this machine can do for this user, and why not",
	  take_features, 0 },
	{ "--help", NULL, "print this", NULL, 0 },
	{ "--version", NULL, "print the version", NULL, 0 },
	{ "-t", NULL, NULL, take_tty, 0 },
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

void say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("contain-run: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
}

int bad_usage(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("contain-run: ", stderr);
	vfprintf(stderr, format, list);
	fputs("\nTry 'contain-run --help'.\n", stderr);
	va_end(list);
	return -1;
}

/* Control characters of a value do not reach the terminal. */
int bad_value(const struct run *r, const char *value, const char *why)
{
	fprintf(stderr, "contain-run: %s \"", r->option);
	for (; *value; value++)
		if ((unsigned char)*value < ' ' || *value == 127 || *value == '"' || *value == '\\')
			fprintf(stderr, "\\x%02x", (unsigned char)*value);
		else
			fputc(*value, stderr);
	fprintf(stderr, "\": %s\nTry 'contain-run --help'.\n", why);
	return -1;
}

int setter(const struct run *r, int err)
{
	container_plan *plan = NULL;
	contain_error *e = NULL;

	if (err >= 0)
		return 0;
	/* the spec has kept what the setter found, and compile tells it */
	if (container_plan_compile(r->spec, &plan, &e) == 0)
		container_plan_free(plan);
	say("%s: %s", r->option, e ? contain_error_message(e) : strerror(-err));
	contain_error_free(e);
	return -1;
}

/* Wraps the text at HELP_WIDTH; the cursor is at column at, the text begins at column from. */
static void print_wrapped(const char *text, int at, int from)
{
	if (at > 0 && at + 2 > from) {
		putchar('\n');
		at = 0;
	}
	printf("%*s", from - at, "");
	for (at = from; *text; text += strspn(text, " ")) {
		int len = (int)strcspn(text, " "), first = at == from;

		if (!first && at + 1 + len > HELP_WIDTH) {
			printf("\n%*s", from, "");
			at = from;
			first = 1;
		}
		at += printf("%s%.*s", first ? "" : " ", len, text);
		text += len;
	}
	putchar('\n');
}

static void print_help(void)
{
	puts("usage: contain-run [OPTION...] [--] COMMAND [ARGUMENT...]\n"
	     "Runs a command in a container and ends with its exit status.");
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct option *o = &options[i];

		if (!o->name)
			printf("\n%s\n", o->help);
		else if (o->help)
			print_wrapped(o->help, printf("  %s%s%s", o->name, o->takes ? " " : "",
						      o->takes ? o->takes : ""), HELP_COLUMN);
	}
	putchar('\n');
	print_wrapped("--option=VALUE is the same as --option VALUE. SIZE is in bytes, or with "
		      "the suffix K, M, G or T in KiB, MiB, GiB or TiB. COMMAND is a path "
		      "inside, or is searched in the container's PATH. SIGINT, SIGTERM, SIGHUP, "
		      "SIGQUIT, SIGUSR1, SIGUSR2 and SIGWINCH are handed on to the container; "
		      "when SIGKILL ends contain-run, the container goes on.", 0, 0);
	putchar('\n');
	print_wrapped("Exit status: the command's, 128+N when signal N ended it; of contain-run "
		      "itself 124 after --timeout, 125 when it failed, 126 when COMMAND cannot be "
		      "executed, 127 when there is no such COMMAND.", 0, 0);
}

static const struct option *find(const char *word, size_t len)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].name && strlen(options[i].name) == len &&
		    !memcmp(options[i].name, word, len))
			return &options[i];
	return NULL;
}

/* --size and --perms have to be used by the option that follows. */
static int left_over(const struct run *r, unsigned int flags)
{
	if (r->size_given && !(flags & SIZED))
		return bad_usage("--size has to stand before --tmpfs, --layer, --tmpfs-root or "
				 "--host-root");
	if (r->perms_given && !(flags & MODED))
		return bad_usage("--perms has to stand before --tmpfs, --dir or --file");
	return 0;
}

/* One option with its values; returns how many words it took, or -1. */
static int read_option(struct run *r, char **word)
{
	size_t len = strcspn(word[0], "=");
	const struct option *o = find(word[0], len);
	char *value[2] = { NULL, NULL };
	int n, values;

	if (!o)
		return bad_usage("no such option: %.*s", (int)len, word[0]);
	values = !o->takes ? 0 : strchr(o->takes, ' ') ? 2 : 1;
	n = word[0][len] == '=';
	if (n)
		value[0] = word[0] + len + 1;
	if (n > values)
		return bad_usage("%s takes no value", o->name);
	if (n && values == 2)
		return bad_usage("%s takes two values: %s %s", o->name, o->name, o->takes);
	for (int i = n; i < values; i++) {
		if (!word[i - n + 1])
			return bad_usage("%s needs %s", o->name, o->takes);
		value[i] = word[i - n + 1];
	}
	r->option = o->name;
	if (!o->take) {
		if (!strcmp(o->name, "--help"))
			print_help();
		else
			puts("contain-run " VERSION);
		exit(fflush(stdout) || ferror(stdout) ? STATUS_FAILED : 0);
	}
	if (left_over(r, o->flags) < 0 || o->take(r, value) < 0)
		return -1;
	return 1 + values - n;
}

int options_read(struct run *r, int argc, char **argv)
{
	int i = 1;

	while (i < argc && argv[i][0] == '-' && strcmp(argv[i], "--") != 0) {
		int n = read_option(r, argv + i);

		if (n < 0)
			return STATUS_FAILED;
		i += n;
	}
	if (i < argc && !strcmp(argv[i], "--"))
		i++;
	if (left_over(r, 0) < 0)
		return STATUS_FAILED;
	r->command = argv + i;
	if (r->features)
		return i == argc ? -1 : (bad_usage("--features takes no command"), STATUS_FAILED);
	if (i == argc)
		return bad_usage("no command"), STATUS_FAILED;
	if (r->explain && r->json_fd >= 0)
		return bad_usage("--json has nothing to tell with --explain"), STATUS_FAILED;
	if (finish_root(r) < 0 || finish_namespaces(r) < 0 || finish_process(r) < 0 ||
	    finish_security(r) < 0)
		return STATUS_FAILED;
	return -1;
}
