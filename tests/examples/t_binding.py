# SPDX-License-Identifier: LGPL-2.1-or-later
"""examples/binding.py as its reader uses it; t_binding.sh gives ROOT, a root file system."""
import asyncio
import ctypes as C
import os
import sys

from binding import L, P, ContainError, check, run

results = failed = 0


def result(ok, name, why=""):
    global results, failed
    results += 1
    failed += not ok
    print(f"{'' if ok else 'not '}ok {results} - {name}" + ("" if ok else f"\n# {why}"))


def make_plan():
    spec, plan, error = P(), P(), P()
    L.container_spec_new(C.byref(spec))
    L.container_spec_set_name(spec, b"t-binding")
    L.container_spec_set_root_dir(spec, -100, os.environ["ROOT"].encode(), 1)
    try:
        check(L.container_plan_compile(spec, C.byref(plan), C.byref(error)), error)
    finally:
        L.container_spec_free(spec)
    return plan


async def cancelled(plan, after, null):
    task = asyncio.create_task(run(plan, ["sleep", "1000"], null, null))
    await asyncio.sleep(after)
    task.cancel()
    try:
        await asyncio.wait_for(task, 20)
    except asyncio.CancelledError:
        return True
    return False


async def main():
    plan, (end, out), null = make_plan(), os.pipe(), os.open("/dev/null", os.O_RDWR)
    code, peak = await run(plan, ["sh", "-c", "hostname; exit 7"], null, out)
    result(code == 7 and peak > 0, "the exit code and the most memory", (code, peak))
    result(os.read(end, 100) == b"t-binding\n", "its output")
    code, peak = await run(plan, ["sh", "-c", "kill -9 $$; exit 3"], null, out)
    result(code == 3, "process 1 is not killed from inside", code)
    try:
        await run(plan, ["nosuch"])
        result(False, "an error", "nothing was raised")
    except ContainError as e:
        result(e.errno == 2 and "nosuch" in str(e), "an error is an exception", e)
    fds = len(os.listdir("/proc/self/fd"))
    codes = await asyncio.gather(*(run(plan, ["sh", "-c", f"exit {i}"], null, null)
                                   for i in range(24)))
    result([c for c, _ in codes] == list(range(24)), "many at once", codes)
    for after in (0, 0.001, 0.5):  # before it runs, and then
        result(await cancelled(plan, after, null), f"cancelled after {after} s")
    try:
        os.waitpid(-1, os.WNOHANG)
        result(False, "nothing runs on", "a child is left")
    except ChildProcessError:
        result(True, "nothing runs on")
    result(len(os.listdir("/proc/self/fd")) == fds, "no fd is left")
    L.container_plan_free(plan)


asyncio.run(main())
print(f"1..{results}")
sys.exit(failed != 0)
