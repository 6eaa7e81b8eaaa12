#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""t_proc_tty.py PROGRAM ROOT CASE: sits at a terminal in which contain-run --tty is started"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

SLOW = int(os.environ.get('T_SLOW', '1'))
PROGRAM, ROOT = sys.argv[1], sys.argv[2]


class Terminal:
    """A terminal with a shell's session in it, which runs contain-run as its foreground job."""

    def __init__(self, *argv, root=True, stdin=None, stdout=None, before=''):
        self.text, self.over = b'', False
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if stdin is not None:
                os.dup2(stdin, 0)
            if stdout is not None:
                os.dup2(stdout, 1)
            options = ['--root', ROOT] if root else []
            os.execvp(PROGRAM, [PROGRAM, '--name', 'tty-test', '--tty'] + options + list(argv))
        self.first = self.modes()

    def modes(self):
        return termios.tcgetattr(self.fd)

    def size(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def read(self, seconds):
        if self.over or not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b''
        self.over = not data
        self.text += data
        return bool(data)

    def wait(self, what, seconds=20):
        """Until it shows this; what was shown up to there is taken away."""
        until = time.monotonic() + seconds * SLOW
        while what.encode() not in self.text:
            if self.over or time.monotonic() > until:
                raise AssertionError(f'never shown: {what!r}, but {self.text!r}')
            self.read(0.05)
        shown, self.text = self.text.split(what.encode(), 1)
        return shown.decode()

    def type(self, text):
        os.write(self.fd, text.encode())

    def status(self, seconds=20):
        """The end of contain-run; the modes have to be what they were."""
        until = time.monotonic() + seconds * SLOW
        while time.monotonic() < until:
            self.read(0.01)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
        else:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            raise AssertionError(f'it did not end: {self.text!r}')
        while self.read(0.05):
            pass
        return os.waitstatus_to_exitcode(status)

    def raw(self, want, seconds=20):
        """Whether the terminal is raw, or as it was, before long."""
        until = time.monotonic() + seconds * SLOW
        while (self.modes() == self.first) == want or \
                bool(self.modes()[3] & termios.ICANON) == want:
            assert time.monotonic() < until, f'{self.modes()}, first {self.first}'
            time.sleep(0.01)


SH = ('sh', '-c', 'PS1="inside# " exec sh -i')


def shell():
    t = Terminal(*SH)
    t.wait('inside# ')
    t.raw(True)
    t.type('tty; echo $((6 * 7)) "$TERM"\r')
    t.wait('/dev/pts/0\r\n42 ' + os.environ.get('TERM', ''))
    t.wait('inside# ')
    t.type('exit 7\r')
    assert t.status() == 7
    assert t.modes() == t.first


def resize():
    t = Terminal('sh', '-c', 'trap "stty size" WINCH; stty size; while :; do read x; done')
    t.size(31, 97)
    t.wait('31 97\r\n')
    t.size(32, 98)
    t.wait('32 98\r\n')
    os.kill(t.pid, signal.SIGTERM)
    assert t.status() == 143


def keys():
    """^C, ^Z and ^\\ are for who runs inside, and contain-run stays."""
    t = Terminal(*SH)
    t.wait('inside# ')
    t.type('sh -c "echo up$((1 + 1)); exec sleep 1000"\r')
    t.wait('up2\r\n')  # it is in the foreground by now
    t.type('\x03')
    t.wait('inside# ')
    t.type('sh -c "echo up$((2 + 1)); exec sleep 1001"\r')
    t.wait('up3\r\n')
    t.type('\x1a')
    t.wait('inside# ')
    t.type('jobs\r')
    t.wait('Stopped')
    t.wait('inside# ')
    t.type('kill -9 %1; wait; echo still here\r')
    t.wait('\r\nstill here\r\n')
    t.wait('inside# ')
    t.type('exec sh -c "exit 4"\r')
    assert t.status() == 4
    assert t.modes() == t.first


def status():
    for script, want in ('exit 0', 0), ('exit 3', 3), ('kill -9 $$', 137):
        t = Terminal('sh', '-c', script)
        got = t.status()
        assert got == want, (script, got)
        assert t.modes() == t.first
    for command, want in ('no-such-program', 127), ('/etc/motd', 126):
        t = Terminal(command)
        got = t.status()
        assert got == want, (command, got)
        assert t.modes() == t.first


def signals():
    """The terminal comes back whichever signal ends it."""
    for sig in signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT:
        t = Terminal('sh', '-c', f'trap "exit 9" {int(sig)}; echo ready; '
                     'while :; do sleep 0.1; done')
        t.wait('ready')
        t.raw(True)
        os.kill(t.pid, sig)
        assert t.status() == 9
        assert t.modes() == t.first
    t = Terminal('--timeout', '0.5', 'sh', '-c', 'echo ready; sleep 1000')
    t.wait('ready')
    assert t.status() == 124
    assert t.modes() == t.first


def stopped():
    """Stopped from outside it gives the terminal back, and takes it again when it goes on."""
    t = Terminal(*SH)
    t.wait('inside# ')
    t.raw(True)
    os.kill(t.pid, signal.SIGTSTP)
    os.waitpid(t.pid, os.WUNTRACED)
    t.raw(False)
    assert t.modes() == t.first
    t.size(44, 101)
    os.kill(t.pid, signal.SIGCONT)
    t.raw(True)
    t.type('stty size\r')
    t.wait('44 101\r\n')
    t.type('exit\r')
    assert t.status() == 0
    assert t.modes() == t.first


def much():
    lines = 50000
    t = Terminal('sh', '-c', f'i=0; while [ $i -lt {lines} ]; do i=$((i+1)); echo line $i; done')
    assert t.status(60) == 0
    got = re.findall(rb'line (\d+)\r\n', t.text)
    assert [int(n) for n in got] == list(range(1, lines + 1)), len(got)


def much_typed():
    t = Terminal('sh', '-c', 'stty -echo; echo ready; n=0; while read -r x; do '
                 '[ "$x" = end ] && break; n=$((n+${#x})); done; echo $n characters')
    t.wait('ready')
    text = ''.join('x' * (i % 80) + '\n' for i in range(4000)) + 'end\n'
    want = sum(i % 80 for i in range(4000))
    at = 0
    while at < len(text):
        if select.select([], [t.fd], [], 0.05)[1]:
            at += os.write(t.fd, text[at:at + 512].encode())
        t.read(0)
    t.wait(f'{want} characters', 60)
    assert t.status() == 0


def piped():
    """What is no terminal here is no terminal inside: bytes as they are, and its end."""
    r, w = os.pipe()
    out_r, out_w = os.pipe()
    data = bytes(range(256)) * 256
    t = Terminal('sh', '-c', 'sleep 0.3; [ -t 2 ] && echo terminal >/dev/tty; cat',
                 stdin=r, stdout=out_w)
    os.close(r)
    os.close(out_w)
    got, at = b'', 0
    while True:
        ready = select.select([out_r, t.fd], [w] if w >= 0 else [], [], 20 * SLOW)
        assert ready[0] or ready[1]
        if w >= 0 and ready[1]:
            at += os.write(w, data[at:at + 4096])
            if at == len(data):
                os.close(w)
                w = -1
        if t.fd in ready[0]:
            t.read(0)
        if out_r in ready[0]:
            more = os.read(out_r, 65536)
            if not more:
                break
            got += more
    assert got == data, len(got)
    assert t.status() == 0
    assert t.text == b'terminal\r\n', t.text
    assert t.modes() == t.first
    os.close(out_r)


def none():
    """Without any terminal it says so."""
    done = subprocess.run([PROGRAM, '--tty', '--root', ROOT, 'true'], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 125 and b'is a terminal' in done.stdout, done
    done = subprocess.run([PROGRAM, '--tty', '--explain', '--root', ROOT, 'true'],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    assert done.returncode == 0 and b'make-terminal' in done.stdout, done


def detached():
    """The command ends, and others that have the terminal open do not keep contain-run."""
    t = Terminal('--share', 'pid', '--default-mounts', 'dev', '--no-init', 'sh', '-c',
                 'trap "" HUP; echo before; (trap "" HUP; exec sleep 1000) & sleep 0.2; echo end')
    t.wait('before')
    start = time.monotonic()
    assert t.status() == 0
    assert time.monotonic() - start < 10 * SLOW
    assert b'end\r\n' in t.text
    assert t.modes() == t.first


def hung_up():
    """Who sits there goes away: so does the container, by SIGHUP."""
    t = Terminal('sh', '-c', 'trap "exit 0" HUP; echo ready; while :; do read x; done')
    t.wait('ready')
    t.raw(True)
    os.close(t.fd)
    t.over = True
    until = time.monotonic() + 20 * SLOW
    while not os.waitpid(t.pid, os.WNOHANG)[0]:
        assert time.monotonic() < until
        time.sleep(0.01)


def reopened():
    """Nobody has it open for a while; then somebody has."""
    t = Terminal('--no-init', 'sh', '-c', 'exec </dev/null >/dev/null 2>&1; sleep 0.3; '
                 'exec >/dev/console; echo again; read x </dev/console; echo "got $x"')
    t.wait('again')
    t.type('something\r')
    t.wait('got something\r\n')
    assert t.status() == 0


CASES = [shell, resize, keys, status, signals, stopped, much, much_typed, piped, none, detached,
         hung_up, reopened]

if __name__ == '__main__':
    if sys.argv[3] == 'list':
        print(' '.join(c.__name__ for c in CASES))
    else:
        globals()[sys.argv[3]]()
