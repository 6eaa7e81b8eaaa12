#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A language binding in small: binding.py LIBRARY ROOT. No callback, no struct, no thread.

asyncio waits on the pidfd; starts run in a thread pool; one handle is used from several tasks.
"""
import asyncio
import ctypes as C
import os
import sys

L, ROOT = C.CDLL(sys.argv[1]), sys.argv[2].encode()
P = C.c_void_p
L.contain_error_message.restype = C.c_char_p
L.container_exit_memory_peak_bytes.restype = C.c_uint64


class ContainError(OSError):
    pass


def check(result, error):
    if result >= 0:
        return result
    message = L.contain_error_message(error).decode()
    L.contain_error_free(error)
    raise ContainError(-result, message)


def strings(values):
    return (C.c_char_p * (len(values) + 1))(*values, None)


def make_plan(root=ROOT):
    spec, plan, error = P(), P(), P()
    L.container_spec_new(C.byref(spec))
    L.container_spec_set_name(spec, b"python")
    L.container_spec_set_root_dir(spec, -100, root, 1)
    try:
        check(L.container_plan_compile(spec, C.byref(plan), C.byref(error)), error)
    finally:
        L.container_spec_free(spec)
    return plan


async def run(plan, argv, stdout=1):
    loop = asyncio.get_running_loop()
    overrides, handle, record, error = P(), P(), P(), P()
    L.container_overrides_new(C.byref(overrides))
    L.container_overrides_set_argv(overrides, strings([a.encode() for a in argv]))
    L.container_overrides_add_fd(overrides, stdout, 1)
    try:
        check(await asyncio.to_thread(L.container_plan_spawn, plan, overrides, C.byref(handle),
                                      C.byref(error)), error)
        ended, fd = asyncio.Event(), L.container_pidfd(handle)
        loop.add_reader(fd, ended.set)
        try:
            await ended.wait()
        except asyncio.CancelledError:
            L.container_kill(handle, None)
            raise
        finally:
            loop.remove_reader(fd)
        check(L.container_wait(handle, C.c_int64(0), C.byref(record), C.byref(error)), error)
        return L.container_exit_code(record)
    finally:
        L.container_exit_free(record)
        L.container_delete(handle, C.c_int64(5000), None)
        L.container_free(handle)
        L.container_overrides_free(overrides)


async def main():
    plan = make_plan()
    codes = await asyncio.gather(*(run(plan, ["sh", "-c", f"exit {i}"]) for i in range(20)))
    assert codes == list(range(20)), codes

    reader, writer = os.pipe()
    assert await run(plan, ["sh", "-c", "hostname; echo $$"], stdout=writer) == 0
    os.close(writer)
    said = os.read(reader, 100)
    os.close(reader)
    assert said == b"python\n1\n", said

    try:
        await asyncio.wait_for(run(plan, ["sleep", "1000"]), 0.3)
        raise AssertionError("a container outlived its task")
    except asyncio.TimeoutError:
        pass

    for attempt, code, text in ((lambda: run(plan, ["nosuch"]), 2, "exec on \"nosuch\""),
                                (lambda: run(make_plan(b"/nosuch"), ["sh"]), 2, "/nosuch")):
        try:
            await attempt()
            raise AssertionError("no error")
        except ContainError as e:
            assert e.errno == code and text in e.strerror, e
            print(e)
    L.container_plan_free(plan)
    fds = set(os.listdir("/proc/self/fd"))
    plan = make_plan()
    await run(plan, ["true"])
    L.container_plan_free(plan)
    assert set(os.listdir("/proc/self/fd")) == fds, "descriptors are left"


asyncio.run(main())
