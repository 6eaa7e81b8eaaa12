/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/contain.h - everything; each header also stands alone
 */
#ifndef CONTAIN_CONTAIN_H
#define CONTAIN_CONTAIN_H

#include <contain/cgroup.h>
#include <contain/container.h>
#include <contain/error.h>
#include <contain/feature.h>
#include <contain/mount.h>
#include <contain/namespace.h>
#include <contain/plan.h>
#include <contain/rootfs.h>
#include <contain/spec.h>

#endif
