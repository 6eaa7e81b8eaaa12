#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Example 33: a shell at a terminal, typed to, as root and as an ordinary user.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples/33_shell

cat >"$tap_dir/type.py" <<'END'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
first, text = termios.tcgetattr(fd), b''
def wait(what):
    global text
    while what not in text:
        text += os.read(fd, 65536)
    text = text.split(what, 1)[1]
def size(rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
wait(b'# ')
size(33, 111)
os.write(fd, b'tty; stty size; echo $((6 * 7))\r')
wait(b'/dev/pts/0\r\n33 111\r\n42\r\n')
os.write(fd, b'echo rea""dy; cat\r')
wait(b'ready\r\n')
os.write(fd, b'typed\r')
wait(b'typed\r\ntyped\r\n')
os.write(fd, b'\x03')
wait(b'# ')
os.write(fd, b'exit 6\r')
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 6
assert termios.tcgetattr(fd) == first
END
for uid in 0 12345; do
    root=$tap_dir/root-$uid as=
    [ $uid = 0 ] || as='setpriv --reuid=12345 --regid=12345 --clear-groups --inh-caps=-all'
    make_root "$root" $uid
    for name in stty tty; do ln -s busybox "$root/bin/$name"; done
    # shellcheck disable=SC2086 # a command line
    check "33 user $uid: typed to" $as timeout $((60 * ${T_SLOW:-1})) \
        python3 "$tap_dir/type.py" "$ex" "$root"
    # shellcheck disable=SC2086
    run $as "$ex" "$root"
    status_is "33 user $uid: no terminal" 125
    says "33 user $uid: and it says so" 'terminal-raw on "fd 0": '
done
done_testing
