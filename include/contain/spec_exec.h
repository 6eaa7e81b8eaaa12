/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/spec_exec.h - how the program of a container is found and executed
 *
 * What contain/spec.h has no words for: a program that is given as an fd, listening sockets as
 * sd_listen_fds(3) expects them, and who else may change the image while a container starts.
 *
 * Every start looks at its program before it runs, through all interpreters: a name of the image
 * that leads through a magic link of procfs, such as /proc/self/exe, is refused with -ELOOP, as it
 * would be the caller's own program that is executed inside (CVE-2019-5736). When execve(2) fails,
 * the hint of the error says why: which directory is missing or may not be searched, which
 * interpreter is not there, which mount has noexec, which string is too long.
 *
 * Source: execve(2), execveat(2), proc(5), sd_listen_fds(3).
 */
#ifndef CONTAIN_SPEC_EXEC_H
#define CONTAIN_SPEC_EXEC_H

#include <contain/spec.h>

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * container_spec_set_stable_image - nobody else changes the image while a container starts
 * @spec: the spec
 * @on: 1: the caller says so; 0, the default: nobody knows
 *
 * Between the look at the program and execve(2) another container with the same root directory or
 * volume could put a symlink to /proc/self/exe in its place. Where that can be, the start is made
 * by contain-init (container_plan_explain() says so), whose program file is a sealed memfd that
 * nobody can write: with a root directory that is writable, an upper directory, a root in memory or
 * of the host's own files, and when the program or an interpreter of it lies below another mount
 * than the root. That costs 60 to 250 microseconds per start: a small static program is executed
 * first. A read-only root directory and an overlay whose layers nobody changes, as overlay asks for
 * anyway, do not need it.
 *
 * With 1 the caller vouches for it, and such starts share the caller's memory like the others.
 *
 * Returns -EINVAL: spec is NULL, or on is neither 0 nor 1; -EBUSY: the spec was compiled.
 * Since: 0.1
 */
int container_spec_set_stable_image(container_spec *spec, int on);

/**
 * container_spec_set_exec_fd - executes an open file in place of a path
 * @spec: the spec
 * @fd: of a regular file, opened for reading or with O_PATH, or a memfd; duplicated now
 *
 * The file need not be in the container's root: execveat(2) with AT_EMPTY_PATH. argv[0] is what the
 * program is told as its name, and is not looked up. Dynamic loader and #! interpreter are those of
 * the container. The payload does not get the fd, but for a script, which its interpreter opens as
 * /dev/fd/N: it stays open then, at the first number from 3 that is free, and has to be readable
 * (not O_PATH). A file that is open for writing somewhere is refused (-ETXTBSY), a memfd is not.
 *
 * A payload that may write the file can do so through /proc/self/exe: give a file that it may not
 * write, or a sealed memfd. Before Linux 6.14 the name of the process in /proc/PID/comm is the
 * number of the fd.
 *
 * Returns -EINVAL: spec is NULL, or fd is not a regular file; -EBADF: it is not open; -EBUSY: the
 * spec was compiled; -ENOMEM, -EMFILE. On failure what was set before stays. Since: 0.1
 */
int container_spec_set_exec_fd(container_spec *spec, int fd);

/**
 * container_spec_set_listen_fds - passes fds as sd_listen_fds(3) finds them
 * @spec: the spec
 * @fds: n open fds, duplicated now; they become 3, 4, ... of the payload
 * @n: at most 1024; 0 takes back what was set
 * @names: n names, for sd_listen_fds_with_names(3): printable ASCII without ':', at most 255 bytes;
 *         or NULL: no names
 *
 * The payload's environment gets LISTEN_FDS, LISTEN_PID, which is the payload's pid as the payload
 * sees it (1, or its number below an init), and with names LISTEN_FDNAMES. Variables of these names
 * in the environment that was set are left out.
 *
 * A number that container_spec_add_fd() was given before is refused here, and one of these there;
 * container_overrides_add_fd() may replace one for a start.
 *
 * Returns -EINVAL: spec, or fds with n, is NULL; n is too large; a name is no name; -EBADF: an fd
 * is not open; -EEXIST: container_spec_add_fd() has taken its number; -EBUSY: the spec was
 * compiled; -ENOMEM, -EMFILE. On failure what was set before stays. Since: 0.1
 */
int container_spec_set_listen_fds(container_spec *spec, const int *fds, size_t n,
				  const char *const *names);

#ifdef __cplusplus
}
#endif

#endif
