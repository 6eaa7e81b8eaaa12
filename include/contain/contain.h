/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/contain.h - Linux container primitives, and containers made of them
 *
 * Includes every other header; each also stands alone.
 *
 * Functions named contain_* act now, in the calling thread or process: each does one technique.
 * Functions named container_* make containers of them: a spec is compiled to a plan, a plan is
 * started, and the start gives a handle. What contain/container.h promises about the caller holds
 * for these.
 *
 * Functions return 0 or more on success and a negative errno on failure. What failed, on which
 * object, and why is told by contain/error.h.
 */
#ifndef CONTAIN_CONTAIN_H
#define CONTAIN_CONTAIN_H

#include <contain/cgroup.h>
#include <contain/cgroup_devices.h>
#include <contain/cgroup_events.h>
#include <contain/cgroup_io.h>
#include <contain/cgroup_limits.h>
#include <contain/cgroup_stats.h>
#include <contain/cgroup_v1.h>
#include <contain/container.h>
#include <contain/container_mount.h>
#include <contain/error.h>
#include <contain/feature.h>
#include <contain/id_map.h>
#include <contain/inventory.h>
#include <contain/landlock.h>
#include <contain/layer.h>
#include <contain/mount.h>
#include <contain/mount_change.h>
#include <contain/mount_graph.h>
#include <contain/mount_idmap.h>
#include <contain/mount_options.h>
#include <contain/mount_table.h>
#include <contain/namespace.h>
#include <contain/overlay.h>
#include <contain/plan.h>
#include <contain/process.h>
#include <contain/process_fds.h>
#include <contain/resources.h>
#include <contain/rootfs.h>
#include <contain/seccomp.h>
#include <contain/spec.h>
#include <contain/spec_exec.h>
#include <contain/spec_mount.h>
#include <contain/spec_process.h>
#include <contain/spec_root.h>
#include <contain/spec_security.h>
#include <contain/terminal.h>

#endif
