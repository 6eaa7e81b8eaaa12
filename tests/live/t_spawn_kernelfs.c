/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc, /sys, /dev and /tmp of a container, and the paths that are masked or read-only in them. */
#include "t_spawn.h"

#include <sys/mount.h>
#include <sys/sysmacros.h>

TEST_BOTH(dev_has_the_six_devices)
{
	static const struct {
		const char *name;
		unsigned int major, minor;
	} nodes[] = {
		{ "null", 1, 3 },   { "zero", 1, 5 },	 { "full", 1, 7 },
		{ "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
	};
	static const char *const links[][2] = {
		{ "fd", "/proc/self/fd" },	   { "stdin", "/proc/self/fd/0" },
		{ "stdout", "/proc/self/fd/1" },   { "stderr", "/proc/self/fd/2" },
		{ "ptmx", "pts/ptmx" },
	};
	const char *words = "argv devices";
	struct ts t;
	char *at;

	for (size_t i = 0; i < 6; i++)
		words = t_fmt("%s -- stat /dev/%s", words, nodes[i].name);
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_words(&t, words);
	ts_run(&t);
	at = t.text;
	for (size_t i = 0; i < 6; i++) {
		at = strchr(at, '\n') + 1;
		T_CHECK(strncmp(at, "mode 20666 ", 11) == 0, "%s", at);
		at = strstr(at, " rdev ");
		T_CHECK(at && strtoul(at + 6, NULL, 10) == nodes[i].major &&
				strtoul(strchr(at, ':') + 1, NULL, 10) == nodes[i].minor,
			"%s", t.text);
	}
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_sh(&t, "for l in fd stdin stdout stderr ptmx; do echo $l $(readlink /dev/$l); done; "
		  "ls /dev | tr '\\n' ' '");
	ts_run(&t);
	for (size_t i = 0; i < 5; i++)
		ck_assert_str_eq(ts_value(&t, links[i][0]), links[i][1]);
	ts_has(&t, "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ");
}

/* They are the devices that they say, not files of that name. */
TEST_BOTH(devices_work)
{
	struct ts t;

	ts_dir(&t, 0);
	ts_sh(&t, "echo x >/dev/null; wc -c </dev/null; "
		  "head -c 1000 /dev/zero | tr -d '\\0' | wc -c; "
		  "head -c 1000 /dev/zero | wc -c; head -c 99 /dev/urandom | wc -c; "
		  "echo x >/dev/full; echo x >/dev/tty; echo on stdout >>/dev/stdout");
	ts_run(&t);
	ts_has(&t, "0\n0\n1000\n99\n");
	ts_has(&t, "No space left on device");
	ts_has(&t, "/dev/tty: No such device or address");
	ts_has(&t, "on stdout\n");
}

/* A terminal of the container's own instance: number 0, whatever the host has. */
TEST_BOTH(terminals)
{
	int host = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct ts t;

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_words(&t, "pty -- list /dev/pts");
	ts_run(&t);
	ts_has(&t, "pty /dev/pts/0 word\n");
	ts_has(&t, "ptmx\n");
	close(host);
	/* for every user of the container */
	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_sh(&t, "stat -L -c %a /dev/ptmx /dev/pts");
	ts_run(&t);
	ts_is(&t, "666\n755\n");
}

TEST_BOTH(shm_and_mqueue)
{
	struct ts t;

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_sh(&t, "payload stat /dev/shm -- stat /dev/mqueue -- write /dev/shm/a b -- "
		  "list /dev/mqueue; touch /dev/mqueue/queue; cat /dev/mqueue/queue; "
		  "dd if=/dev/zero of=/dev/shm/x bs=1048576 count=65; payload stat /dev");
	ts_run(&t);
	ts_has(&t, "mode 41777 ");
	ts_has(&t, " fs 19800202 ");
	ts_has(&t, "QSIZE:0 ");
	ts_has(&t, "No space left on device"); /* 64 MiB */
	/* nosuid and noexec, and it is a tmpfs */
	ts_has(&t, "fs 1021994 flags 102a\n");
	ts_has(&t, "mode 40755 ");
	/* no devices either in what the container may write */
	ts_has(&t, "fs 1021994 flags 102e\n");
	ts_has(&t, "fs 19800202 flags 102e\n");
}

TEST_BOTH(tmp)
{
	struct ts t;

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_words(&t, "list /tmp -- write /tmp/a b -- stat /tmp");
	ts_run(&t);
	ts_has(&t, "mode 41777 uid 0 gid 0 ");
	ts_has(&t, "fs 1021994 flags 1026\n"); /* nosuid nodev */
	T_CHECK(access(t_fmt("%s/tmp/a", ts_root()), F_OK) < 0);
}

/* /proc shows the pid namespace of the container, /sys its network namespace. */
TEST_BOTH(proc_and_sys_are_own)
{
	struct ts t;

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	ts_sh(&t, "echo /proc/[0-9]*; echo /sys/class/net/*; readlink /proc/self; "
		  "payload stat /proc -- stat /sys; mkdir /sys/fs/x; "
		  "echo x >/sys/kernel/profiling");
	ts_run_to(&t, 1);
	ts_has(&t, "/proc/1\n");
	ts_has(&t, "/sys/class/net/lo\n");
	ts_has(&t, " fs 9fa0 flags 102e\n");  /* nosuid nodev noexec */
	ts_has(&t, " fs 62656572 flags 102f\n"); /* and read-only */
	ts_has(&t, "Read-only file system");
}

TEST_BOTH(cgroup_file_system_is_readonly)
{
	struct ts t;

	ts_dir(&t, CONTAIN_ROOT_READONLY);
	if (ts_can_limit())
		container_spec_set_pids_max(t.spec, 50);
	ts_sh(&t, "cd /sys/fs/cgroup || exit 1; for f in $(find . -name cgroup.procs); do "
		  "echo file $f; echo 1 >$f && echo written; done; find . -type d | head -n 40; "
		  "mkdir x pids/x unified/x; true");
	ts_run(&t);
	ts_hasnt(&t, "written");
	if (ts_is_root()) {
		ts_has(&t, "file ");
		ts_has(&t, "Read-only file system");
	}
}

/* One start of the payload for all: a line for each file, and the names in each directory. */
static const char masked[] =
	"set --; for f in /proc/interrupts /proc/kcore /proc/keys /proc/timer_list "
	"/proc/latency_stats /proc/sched_debug; do test -e $f && "
	"set -- \"$@\" -- read $f -- stat $f; done; "
	"for d in /proc/acpi /proc/asound /proc/scsi /sys/firmware /sys/devices/virtual/powercap; "
	"do test -e $d && echo dir $d $d/* && echo x >$d/x; done; payload argv \"$@\"";

TEST_BOTH(masked_by_default)
{
	int files = 0, dirs = 0;
	struct ts t;

	ts_dir(&t, 0);
	ts_sh(&t, masked);
	ts_run(&t);
	for (char *line = strtok(t.text, "\n"); line; line = strtok(NULL, "\n")) {
		char name[64], found[64];

		if (strncmp(line, "mode ", 5) == 0) {
			T_CHECK(strncmp(line, "mode 20666 ", 11) == 0 && strstr(line, " rdev 1:3 "),
				"%s", line);
			files++;
		} else if (sscanf(line, "dir %63s %63s", name, found) == 2) {
			/* nothing matches the pattern */
			T_CHECK(strcmp(found, t_fmt("%s/*", name)) == 0, "%s", line);
			dirs++;
		} else {
			T_CHECK(strstr(line, "Read-only file system"), "%s", line);
		}
	}
	T_CHECK(files >= 3 && dirs >= 1, "%d files and %d directories", files, dirs);
}

/* The same asked without masks: there is something to hide, and clear_paths shows it. */
TEST_BOTH(masks_can_be_dropped)
{
	struct ts t;

	ts_dir(&t, 0);
	ck_assert_int_eq(container_spec_clear_paths(t.spec), 0);
	ts_sh(&t, "stat -c %F /proc/timer_list /proc/keys; grep -c ' /proc/' /proc/self/mountinfo; "
		  "payload stat /proc/sys");
	ts_run(&t);
	ts_hasnt(&t, "character");
	ts_has(&t, "\n0\n");
	ts_has(&t, "flags 102e\n");
}

TEST_BOTH(readonly_by_default)
{
	struct ts t;

	ts_dir(&t, 0);
	ts_sh(&t, "for f in /proc/sys/kernel/hostname /proc/sys/net/ipv4/ip_forward "
		  "/proc/sysrq-trigger; do test -e $f || continue; "
		  "echo 0 >$f && echo written; done; "
		  "payload stat /proc/bus -- stat /proc/fs -- stat /proc/irq -- stat /proc/sys; "
		  "umount /proc/sys; mount -o remount,bind,rw /proc/sys; "
		  "echo 0 >/proc/sys/net/ipv4/ip_forward || echo; echo end");
	ts_run(&t);
	ts_has(&t, "/proc/sys/kernel/hostname: Read-only file system");
	ts_has(&t, "/ip_forward: Read-only file system");
	ts_hasnt(&t, "written");
	for (char *at = t.text; (at = strstr(at, " flags ")); at++)
		T_CHECK(strncmp(at, " flags 102f\n", 12) == 0, "%s", at);

	/* relaxed by name: what belongs to the network namespace can be set */
	ts_dir(&t, 0);
	container_spec_clear_paths(t.spec);
	container_spec_set_capabilities(t.spec, TS_CAPS_DEFAULT | 1ULL << 12 /* net_admin */);
	ts_sh(&t, "cd /proc/sys/net/ipv4; cat ip_forward; echo 1 >ip_forward; cat ip_forward");
	ts_run(&t);
	ts_is(&t, "0\n1\n");
}

TEST_BOTH(paths_of_ones_own)
{
	struct ts t;

	ts_dir(&t, 0);
	container_spec_add_masked_path(t.spec, "/etc/image");
	container_spec_add_masked_path(t.spec, "/usr");
	container_spec_add_masked_path(t.spec, "/not/there");
	container_spec_add_readonly_path(t.spec, "/job");
	container_spec_add_readonly_path(t.spec, "/etc/passwd");
	container_spec_add_readonly_path(t.spec, "/etc/image/not-there");
	ts_sh(&t, "cat /etc/image; ls -A /usr; echo x >/usr/x; echo x >/job/x; "
		  "echo x >/etc/passwd; "
		  "echo x >/etc/made && echo elsewhere; ls -d /not; payload stat /proc/keys");
	ts_run(&t);
	ts_has(&t, "/usr/x: Read-only file system");
	ts_has(&t, "/job/x: Read-only file system");
	ts_has(&t, "/etc/passwd: Read-only file system");
	ts_has(&t, "elsewhere\n");
	ts_has(&t, "/not: No such file");
	ts_has(&t, "rdev 1:3 "); /* the defaults stay */
	ts_hasnt(&t, "made by the tests");
	ts_hasnt(&t, "sbin");

	/* without the default mounts there is no /dev to take an empty directory from */
	ts_overlay(&t);
	container_spec_set_default_mounts(t.spec, 0);
	container_spec_add_masked_path(t.spec, "/usr");
	container_spec_add_masked_path(t.spec, "/etc/image");
	ts_sh(&t, "ls -A /usr; cat /etc/image; echo x >/usr/x; ls /proc /dev /tmp /sys | wc -l");
	ts_run(&t);
	ts_has(&t, "/usr/x: Read-only file system");
	ts_has(&t, "\n7\n");
	ts_hasnt(&t, "sbin");
	ts_hasnt(&t, "made by the tests");

	/* clear_paths drops what was added before it, too */
	ts_dir(&t, 0);
	container_spec_add_masked_path(t.spec, "/etc/image");
	container_spec_clear_paths(t.spec);
	container_spec_add_readonly_path(t.spec, "/job");
	ts_words(&t, "read /etc/image -- write /job/x y");
	ts_run_to(&t, 125);
	ts_has(&t, "made by the tests\npayload: /job/x: Read-only");
}

/* Read-only over a tree: also what is mounted below it. */
TEST_BOTH(readonly_path_is_recursive)
{
	struct ts t;

	ts_dir(&t, 0);
	container_spec_add_tmpfs(t.spec, "/job", 0, 0755);
	container_spec_add_tmpfs(t.spec, "/job/a/b", 0, 0755);
	container_spec_add_readonly_path(t.spec, "/job");
	ts_words(&t, "write /mnt/x y -- write /job/a/b/x y");
	ts_run_to(&t, 125);
	ts_has(&t, "/job/a/b/x: Read-only file system");
}
