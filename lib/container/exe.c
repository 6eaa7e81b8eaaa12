/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * contain-init as a sealed memfd: nobody, the payload neither, can write what will be executed
 * again (CVE-2019-5736), and no file has to be installed for it.
 */
#include "launch.h"
#include "sys/fd.h"

#ifdef CT_SEAM
#include "init/contain_init_seam.h"
#else
#include "init/contain_init.h"
#endif

#include <linux/memfd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3 */
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_SEAL_SEAL 1
#define F_SEAL_SHRINK 2
#define F_SEAL_GROW 4
#define F_SEAL_WRITE 8
#endif
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int fill(int fd)
{
	size_t at = 0;
	ssize_t n;

	while (at < sizeof(ct_init_program)) {
		n = ct_sys_write(fd, ct_init_program + at, sizeof(ct_init_program) - at);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n ? (int)n : -EIO;
		at += (size_t)n;
	}
	return ct_sys_fcntl(fd, F_ADD_SEALS, SEALS);
}

static int make(void)
{
	const uint32_t flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int err, fd = ct_sys_memfd_create("contain-init", flags | MFD_EXEC);

	if (fd == -EINVAL) /* before Linux 6.3 all of them can be executed */
		fd = ct_sys_memfd_create("contain-init", flags);
	fd = ct_fd_up(fd);
	if (fd < 0)
		return fd;
	err = fill(fd);
	if (err < 0) {
		ct_sys_close(fd);
		return err;
	}
	return fd;
}

int ct_exe_open(int *exe)
{
	int none = CT_EXE_NONE, fd = __atomic_load_n(exe, __ATOMIC_ACQUIRE);

	if (fd != CT_EXE_NONE)
		return 0;
	fd = make();
	if (fd == -EACCES || fd == -EPERM || fd == -ENOSYS) /* vm.memfd_noexec=2, or a filter */
		fd = CT_EXE_BY_PATH;
	else if (fd < 0)
		return fd;
	/* two threads start the plan for the first time: one of them was faster */
	if (!__atomic_compare_exchange_n(exe, &none, fd, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
	    fd >= 0)
		ct_sys_close(fd);
	return 0;
}
