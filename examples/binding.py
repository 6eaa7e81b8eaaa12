# SPDX-License-Identifier: MIT-0
"""libcontain for asyncio, by ctypes: no callback, no struct, no thread of its own.

code, peak = await run(plan, ["sh", "-c", "exit 7"])
"""
import asyncio, ctypes as C
L = C.CDLL("libcontain.so.0"); P = C.c_void_p
L.contain_error_message.restype = C.c_char_p
L.container_exit_memory_peak_bytes.restype = C.c_uint64
class ContainError(OSError): pass
def check(r, e):
    if r >= 0: return r
    msg = L.contain_error_message(e).decode()
    L.contain_error_free(e); raise ContainError(-r, msg)
def strings(words): return (C.c_char_p * (len(words) + 1))(*map(str.encode, words), None)
async def run(plan, argv, stdin=0, stdout=1):
    loop, o, c, x, e = asyncio.get_running_loop(), P(), P(), P(), P()
    L.container_overrides_new(C.byref(o)); L.container_overrides_set_argv(o, strings(argv))
    L.container_overrides_add_fd(o, stdin, 0); L.container_overrides_add_fd(o, stdout, 1)
    # a start sleeps in the kernel: off the loop; ctypes drops the GIL
    start = loop.run_in_executor(None, L.container_plan_spawn, plan, o, C.byref(c), C.byref(e))
    try:
        check(await asyncio.shield(start), e)
        ended, fd = asyncio.Event(), L.container_pidfd(c)
        loop.add_reader(fd, ended.set)
        try: await ended.wait()
        finally: loop.remove_reader(fd)
        check(L.container_wait(c, C.c_int64(0), C.byref(x), C.byref(e)), e)
        return L.container_exit_code(x), L.container_exit_memory_peak_bytes(x)
    finally: # a task that was cancelled comes here, too: what runs is killed
        await asyncio.wait([start]); L.container_delete(c, C.c_int64(5000), None)
        L.container_exit_free(x); L.container_free(c); L.container_overrides_free(o)
