/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * contain/terminal.h - pseudoterminals: of a container, and of one's own
 *
 * A container gets no terminal unless it is asked for, and then never the caller's: a pty of the
 * devpts that is mounted at its own /dev/pts, whose master is handed to the caller when the payload
 * runs. What the payload does to its terminal (TIOCSTI, TIOCLINUX, modes, foreground process group)
 * reaches that pty alone.
 *
 * Functions named contain_terminal_* act now, in the calling process, on any terminal.
 *
 * Source: pty(7), ptmx(4), ioctl_tty(2), termios(3), Documentation/filesystems/devpts.rst.
 */
#ifndef CONTAIN_TERMINAL_H
#define CONTAIN_TERMINAL_H

#include <contain/container.h>
#include <contain/error.h>
#include <contain/plan.h>
#include <contain/spec.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A further source for container_spec_set_stdio() and container_overrides_set_stdio(): the
 * terminal of the container. All of 0, 1 and 2 for which it is set are one and the same pty.
 */
#define CONTAIN_STDIO_PTY (-4)

/**
 * container_spec_set_terminal - gives the payload a terminal: stdin, stdout and stderr
 * @spec: the spec
 * @rows: height in characters, up to 65535; 0: not told
 * @columns: width in characters, up to 65535; 0: not told
 *
 * Each start makes a pty of the container's own devpts, by fd: no path of the container is opened.
 * It becomes stdin, stdout and stderr of the payload, as CONTAIN_STDIO_PTY for each of them would
 * make it (a later container_spec_set_stdio() may make one of them something else), and its
 * controlling terminal; it is also /dev/console. It belongs to the user of
 * container_spec_set_user(). The master is the handle's: container_terminal_fd().
 *
 * TERM is a variable of the environment and left to it. Modes are the kernel's defaults: lines are
 * edited and echoed by the terminal. When the caller closes the master (with container_free(), or
 * after container_terminal_take()) the payload's session gets SIGHUP; when the payload ends, who
 * still has the terminal open in its session loses it. What it has written before can be read from
 * the master all the same, also after container_wait(); behind it reading fails with EIO, unless a
 * process of another session has the terminal open.
 *
 * Compile fails with -EINVAL at "terminal": the container has no /dev of its own
 * (CONTAIN_DEFAULT_DEV is left out, or its mount namespace is joined), or no new session
 * (container_spec_set_new_session()), or none of 0, 1 and 2 is the terminal any more. A start fails
 * at the step "make-terminal" with -ENOSPC (kernel.pty.max), -EEXIST (the spec mounts or makes
 * something at /dev/console), -ETOOMANYREFS (more fds in flight than the caller's RLIMIT_NOFILE);
 * and at "take-handover" with -EMFILE (the caller has no free fd).
 *
 * Returns also -EINVAL: rows or columns above 65535. Since: 0.1. Source: ptmx(4), TIOCGPTPEER,
 * TIOCSWINSZ, TIOCSCTTY in ioctl_tty(2).
 */
int container_spec_set_terminal(container_spec *spec, uint32_t rows, uint32_t columns);

/**
 * container_overrides_set_terminal - the same for one start
 * @overrides: the overrides
 * @rows: as above
 * @columns: as above
 *
 * Also for a plan whose spec has no terminal. For one that has it, the size alone may differ.
 *
 * Returns what container_spec_set_terminal() returns. Since: 0.1
 */
int container_overrides_set_terminal(container_overrides *overrides, uint32_t rows,
				     uint32_t columns);

/**
 * container_terminal_fd - the master of the container's terminal
 * @container: the container
 *
 * What is written here is typed into the container's terminal, and what the payload writes is read
 * here. Blocking, close-on-exec, never below 3, and not the caller's controlling terminal. It
 * belongs to the handle: do not close it, container_free() does.
 *
 * Returns the fd, -EINVAL (NULL), or -ENOENT: no terminal was asked for, or it was taken.
 * Since: 0.1. Source: pty(7).
 */
int container_terminal_fd(const container *container);

/**
 * container_terminal_take - the same fd, which from now on is the caller's to close
 * @container: the container
 *
 * Closing it hangs the terminal up: SIGHUP to the payload's session.
 *
 * Returns the fd, -EINVAL (NULL), or -ENOENT: no terminal was asked for, or it was taken before.
 * Since: 0.1
 */
int container_terminal_take(container *container);

/**
 * container_terminal_resize - tells the container's terminal its size
 * @container: the container
 * @rows: height in characters, up to 65535
 * @columns: width in characters, up to 65535
 *
 * Its foreground process group gets SIGWINCH when the size is another one than before. For a master
 * that was taken there is contain_terminal_set_size(). A thread may resize while others read.
 *
 * Returns 0, or -EINVAL (NULL, or above 65535), -ENOENT (no terminal, or taken). Since: 0.1.
 * Source: TIOCSWINSZ in ioctl_tty(2).
 */
int container_terminal_resize(container *container, uint32_t rows, uint32_t columns);

/* ---- primitives: now, in the calling process ---- */

/**
 * contain_terminal_new - makes a pty
 * @devpts_fd: the root directory of a mounted devpts, or -1: the one of /dev/ptmx
 * @rows: height in characters, up to 65535; 0: not told
 * @columns: width in characters, up to 65535; 0: not told
 * @ret_master: receives the master
 * @ret_peer: receives the other side, the terminal itself
 * @reterr: may be NULL
 *
 * The peer is opened by the master (TIOCGPTPEER), so no name of /dev/pts is trusted. Neither
 * becomes the caller's controlling terminal. Both are close-on-exec, never below 3, and the
 * caller's to close. The terminal belongs to the caller's user.
 *
 * Returns 0, or with both untouched:
 * -EINVAL: an output is NULL, devpts_fd is negative and not -1, rows or columns above 65535;
 * -EBADF, -ENOTDIR: devpts_fd is not open, or no directory;
 * -ENODEV: what is named ptmx there is not the pty multiplexer (character device 5:2);
 * -ENOENT, -ENXIO: no devpts is mounted;
 * -EACCES: its ptmx has mode 000 (mount option ptmxmode);
 * -ENOSPC: no pty is left (kernel.pty.max, or the mount option max);
 * -ENOTTY: the kernel has no TIOCGPTPEER;
 * -EMFILE, -ENFILE, -ENOMEM.
 *
 * Since: 0.1. Source: ptmx(4), TIOCGPTPEER in ioctl_tty(2).
 */
int contain_terminal_new(int devpts_fd, uint32_t rows, uint32_t columns, int *ret_master,
			 int *ret_peer, contain_error **reterr);

/**
 * contain_terminal_set_size - sets the size of a terminal
 * @fd: a terminal, or the master of one
 * @rows: height in characters, up to 65535
 * @columns: width in characters, up to 65535
 * @reterr: may be NULL
 *
 * Its foreground process group gets SIGWINCH when the size is another one than before. The size in
 * pixels becomes 0: not told.
 *
 * Returns 0, or -EINVAL (above 65535), -EBADF, -ENOTTY (fd is no terminal); nothing is changed
 * then. Since: 0.1. Source: TIOCSWINSZ in ioctl_tty(2).
 */
int contain_terminal_set_size(int fd, uint32_t rows, uint32_t columns, contain_error **reterr);

/**
 * contain_terminal_get_size - the size of a terminal
 * @fd: a terminal, or the master of one
 * @ret_rows: receives the height in characters, 0: not told
 * @ret_columns: receives the width in characters, 0: not told
 * @reterr: may be NULL
 *
 * Returns 0, or with both untouched -EINVAL (an output is NULL), -EBADF, -ENOTTY (fd is no
 * terminal). Since: 0.1. Source: TIOCGWINSZ in ioctl_tty(2).
 */
int contain_terminal_get_size(int fd, uint32_t *ret_rows, uint32_t *ret_columns,
			      contain_error **reterr);

typedef struct contain_terminal_modes contain_terminal_modes;

/**
 * contain_terminal_raw - hands every byte through: no echo, no lines, no signals, no changes
 * @fd: the terminal of the one who types
 * @ret_saved: receives the modes as they were; freed with contain_terminal_modes_free()
 * @reterr: may be NULL
 *
 * For the terminal in front of a container's master: what is typed, ^C and ^Z too, is then the
 * business of the container's terminal. Output that was written before is sent first. A process
 * that is in the background of the terminal's session is stopped by SIGTTOU, which is the caller's
 * business.
 *
 * Returns 0, or with *ret_saved untouched and the modes as before: -EINVAL (NULL), -EBADF, -ENOTTY
 * (fd is no terminal), -EINTR (a signal came while output was sent), -EIO (an orphaned background
 * process), -ENOMEM. Since: 0.1. Source: cfmakeraw() in termios(3), TCSETSW in ioctl_tty(2).
 */
int contain_terminal_raw(int fd, contain_terminal_modes **ret_saved, contain_error **reterr);

/**
 * contain_terminal_restore - sets the modes that a terminal had
 * @fd: the terminal
 * @saved: what contain_terminal_raw() has given
 *
 * At once, without waiting for output. One system call and nothing else: it may be called from a
 * signal handler, and more than once.
 *
 * Returns 0, or -EINVAL (NULL), -EBADF, -ENOTTY (fd is no terminal), -EINTR, -EIO as above.
 * Since: 0.1. Source: TCSETS in ioctl_tty(2).
 */
int contain_terminal_restore(int fd, const contain_terminal_modes *saved);

/**
 * contain_terminal_modes_free - frees modes; no terminal is changed
 * @modes: may be NULL
 *
 * Since: 0.1
 */
void contain_terminal_modes_free(contain_terminal_modes *modes);

#ifdef __cplusplus
}
#endif

#endif
