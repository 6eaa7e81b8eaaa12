/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A job in the words of the OCI runtime specification, for crun and runc. */
#include "peers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define CAPABILITIES \
	"[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FOWNER\",\"CAP_FSETID\",\"CAP_KILL\"," \
	"\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_SETPCAP\",\"CAP_NET_BIND_SERVICE\"," \
	"\"CAP_SYS_CHROOT\",\"CAP_SETFCAP\"]"

static void process(FILE *f)
{
	fprintf(f, " \"ociVersion\": \"1.0.0\",\n"
		   " \"process\": { \"terminal\": false, \"user\": { \"uid\": 0, \"gid\": 0 },\n"
		   "  \"args\": [\"/nop\"], \"env\": [\"" JOB_PATH "\"], \"cwd\": \"/\",\n"
		   "  \"noNewPrivileges\": true, \"capabilities\": {\n"
		   "   \"bounding\": " CAPABILITIES ",\n"
		   "   \"effective\": " CAPABILITIES ",\n"
		   "   \"permitted\": " CAPABILITIES " } },\n");
}

static void one_mount(FILE *f, const char *at, const char *type, const char *options)
{
	fprintf(f,
		"%s  { \"destination\": \"%s\", \"type\": \"%s\", \"source\": \"%s\",\n"
		"    \"options\": [%s] }",
		strcmp(at, "/proc") ? ",\n" : "", at, type, type, options);
}

static void mounts(FILE *f, unsigned int job, int proc)
{
	fprintf(f, " \"mounts\": [\n");
	if ((job & JOB_BASE) >= BASE_RO || proc)
		one_mount(f, "/proc", "proc", "\"nosuid\",\"noexec\",\"nodev\"");
	if ((job & JOB_BASE) >= BASE_RO) {
		one_mount(f, "/sys", "sysfs", "\"nosuid\",\"noexec\",\"nodev\",\"ro\"");
		if (job & JOB_GROUP)
			one_mount(f, "/sys/fs/cgroup", "cgroup",
				  "\"nosuid\",\"noexec\",\"nodev\",\"ro\"");
		one_mount(f, "/dev", "tmpfs", "\"nosuid\",\"noexec\",\"mode=755\",\"size=65536\"");
		one_mount(
			f, "/dev/pts", "devpts",
			"\"nosuid\",\"noexec\",\"newinstance\","
			  "\"ptmxmode=0666\",\"mode=0620\",\"gid=5\"");
		one_mount(f, "/dev/shm", "tmpfs",
			  "\"nosuid\",\"noexec\",\"nodev\",\"size=67108864\"");
		one_mount(f, "/dev/mqueue", "mqueue", "\"nosuid\",\"noexec\",\"nodev\"");
		one_mount(f, "/tmp", "tmpfs", "\"nosuid\",\"nodev\"");
	}
	fprintf(f, " ],\n");
}

static void resources(FILE *f, unsigned int job, const struct world *w)
{
	if (!(job & JOB_GROUP))
		return;
	fprintf(f, ",\n  \"cgroupsPath\": \"/contain/oci\"");
	if (w->limits)
		fprintf(f,
			",\n  \"resources\": { \"memory\": { \"limit\": %d },\n"
			"    \"pids\": { \"limit\": %d },\n"
			"    \"cpu\": { \"quota\": %d, \"period\": %d } }",
			MEMORY_MAX, PIDS_MAX, CPU_QUOTA, CPU_PERIOD);
}

static void kernel(FILE *f, unsigned int job, const struct world *w)
{
	fprintf(f, " \"linux\": {\n  \"namespaces\": [ { \"type\": \"mount\" }");
	if ((job & JOB_BASE) != BASE_BARE)
		fprintf(f, ", { \"type\": \"pid\" }, { \"type\": \"ipc\" }, { \"type\": \"uts\" }, "
			   "{ \"type\": \"cgroup\" }");
	if (job & JOB_NET)
		fprintf(f, ", { \"type\": \"network\" }");
	fprintf(f, " ]");
	resources(f, job, w);
	if ((job & JOB_BASE) >= BASE_RO)
		fprintf(f, ",\n  \"maskedPaths\": [\"/proc/kcore\",\"/proc/keys\","
			   "\"/proc/latency_stats\",\"/proc/sched_debug\",\"/proc/timer_list\","
			   "\"/proc/acpi\",\"/proc/asound\",\"/proc/scsi\","
			   "\"/sys/devices/virtual/powercap\",\"/sys/firmware\"],\n"
			   "  \"readonlyPaths\": [\"/proc/bus\",\"/proc/fs\",\"/proc/irq\","
			   "\"/proc/sys\",\"/proc/sysrq-trigger\"]");
	fprintf(f, "\n }\n");
}

void oci_bundle(unsigned int job, const struct world *w, const char *root, int proc)
{
	unsigned int base = job & JOB_BASE;
	char path[192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/bundle", w->dir);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die("%s: %m", path);
	snprintf(path, sizeof(path), "%s/bundle/config.json", w->dir);
	f = fopen(path, "we");
	if (!f)
		die("%s: %m", path);
	fprintf(f, "{\n");
	process(f);
	fprintf(f, " \"root\": { \"path\": \"%s\", \"readonly\": %s },\n", root,
		base == BASE_NS5 || base == BASE_RO ? "true" : "false");
	if (base != BASE_BARE)
		fprintf(f, " \"hostname\": \"" JOB_HOSTNAME "\",\n");
	mounts(f, job, proc);
	kernel(f, job, w);
	fprintf(f, "}\n");
	if (fclose(f))
		die("%s: %m", path);
}
