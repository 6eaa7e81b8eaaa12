# SPDX-License-Identifier: LGPL-2.1-or-later
"""What both Python hosts share: a plan of small jobs, counts of fds, threads and children, TAP."""
import fcntl
import os
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.environ["SRC"], "examples"))
import ctypes as C  # noqa: E402

from binding import L, P, ContainError, check, strings  # noqa: E402,F401

ROOT = os.environ["ROOT"]
JOB = os.environ["JOB"]
ROUNDS = 1000 if os.environ.get("LONG") == "1" else 200
READONLY, NS_MNT, NS_PID = 1, 0x20000, 0x20000000


def make_plan(root=ROOT):
    spec, plan, error = P(), P(), P()
    L.container_spec_new(C.byref(spec))
    L.container_spec_set_name(spec, b"python")
    L.container_spec_set_root_dir(spec, -100, root.encode(), READONLY)
    L.container_spec_set_default_mounts(spec, 0)
    L.container_spec_set_namespaces(spec, C.c_uint64(NS_MNT | NS_PID))
    try:
        check(L.container_plan_compile(spec, C.byref(plan), C.byref(error)), error)
    finally:
        L.container_spec_free(spec)
    return plan


def entries(directory):
    return len(os.listdir(directory))


def threads_end(n):
    """Whether there are no more than that; one that was joined may still be on its way out."""
    for _ in range(200):
        if entries("/proc/self/task") <= n:
            return True
        time.sleep(0.01)
    return False


def no_child():
    try:
        return os.waitpid(-1, os.WNOHANG) == (0, -1)
    except ChildProcessError:
        return True


def pidfd_keeps_status():
    """PIDFD_GET_INFO with PIDFD_INFO_EXIT of a child that was waited for."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    fd = os.pidfd_open(pid)
    os.waitpid(pid, 0)
    try:
        answer = fcntl.ioctl(fd, 0xc040ff0b, struct.pack("Q56x", 8))
        return bool(struct.unpack_from("Q", answer)[0] & 8)
    except OSError:
        return False
    finally:
        os.close(fd)


class Results:
    def __init__(self):
        self.n = self.failed = 0

    def __call__(self, ok, name, why=""):
        self.n += 1
        self.failed += not ok
        print(f"{'' if ok else 'not '}ok {self.n} - {name}")
        if not ok and why:
            print("# " + str(why).replace("\n", "\n# "))

    def skip(self, name, why):
        self.n += 1
        print(f"ok {self.n} - {name} # SKIP {why}")

    def end(self):
        print(f"1..{self.n}")
        sys.stdout.flush()
        sys.exit(self.failed != 0)
