/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* statmount(2) and listmount(2), Linux 6.8, which the oldest supported headers lack. */
#ifndef CT_SYS_STATMOUNT_H
#define CT_SYS_STATMOUNT_H

#include "sys_probe.h"

#include <stdint.h>

struct ct_mnt_id_req {
	uint32_t size;
	uint32_t spare;
	uint64_t mnt_id;
	uint64_t param;
	uint64_t mnt_ns_id; /* Linux 6.11 */
};
#define CT_MNT_ID_REQ_SIZE_VER0 24
#define CT_MNT_ID_REQ_SIZE_VER1 32
#define CT_LSMT_ROOT UINT64_MAX

/* Offsets of strings count from str. */
struct ct_statmount {
	uint32_t size;
	uint32_t mnt_opts;
	uint64_t mask;
	uint32_t sb_dev_major, sb_dev_minor;
	uint64_t sb_magic;
	uint32_t sb_flags;
	uint32_t fs_type;
	uint64_t mnt_id, mnt_parent_id;
	uint32_t mnt_id_old, mnt_parent_id_old;
	uint64_t mnt_attr, mnt_propagation, mnt_peer_group, mnt_master, propagate_from;
	uint32_t mnt_root, mnt_point;
	uint64_t mnt_ns_id;
	uint32_t fs_subtype, sb_source;
	uint64_t spare[48];
	char str[];
};
_Static_assert(sizeof(struct ct_statmount) == 512, "as the kernel has it");

#define CT_STATMOUNT_SB_BASIC 0x1u
#define CT_STATMOUNT_MNT_BASIC 0x2u
#define CT_STATMOUNT_PROPAGATE_FROM 0x4u
#define CT_STATMOUNT_MNT_ROOT 0x8u
#define CT_STATMOUNT_MNT_POINT 0x10u
#define CT_STATMOUNT_FS_TYPE 0x20u
#define CT_STATMOUNT_MNT_OPTS 0x80u
#define CT_STATMOUNT_FS_SUBTYPE 0x100u /* Linux 6.13, as the next */
#define CT_STATMOUNT_SB_SOURCE 0x200u

#define CT_SB_RDONLY 0x1u
#define CT_SB_SYNCHRONOUS 0x10u
#define CT_SB_DIRSYNC 0x80u
#define CT_SB_LAZYTIME 0x2000000u

#endif
