#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A host with asyncio: containers beside timers, subprocesses and every kind of child watcher.

One of the watchers waits for every child of the process: it takes the status of containers, too.
"""
import asyncio
import hashlib
import logging
import os
import threading
import time
import warnings

from binding import run
from host import (JOB, ROUNDS, ContainError, L, Results, entries, make_plan, no_child,
                  pidfd_keeps_status, threads_end)

warnings.simplefilter("ignore", DeprecationWarning)
logging.getLogger("asyncio").setLevel(logging.ERROR)  # of children that it does not know
AT_ONCE = 16


async def container(plan, i, gate, null, all_taken):
    async with gate:
        if i % 16 == 5:  # cancelled while it runs, or before
            task = asyncio.create_task(run(plan, ["/bin/job", "sleep"], null, null))
            await asyncio.sleep(0.001 * (i % 5))
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                return True
            return False
        if i % 16 == 9:
            try:
                await run(plan, ["/bin/nosuch"], null, null)
            except ContainError as e:
                return "exec" in str(e) and e.errno == 2
            return False
        code, peak = await run(plan, ["/bin/job", "exit", str(i % 256)], null, null)
        # who takes the status takes the usage with it
        return (code == i % 256 and (peak > 0 or all_taken)) or f"container {i}: {code}, {peak}"


async def program(i, gate):
    async with gate:
        process = await asyncio.create_subprocess_exec(JOB, "exit", str(i % 256))
        code = await process.wait()
        return code == i % 256 or f"program {i}: {code}"


async def ticker(gaps):
    last = time.monotonic()
    while True:
        await asyncio.sleep(0.002)
        now = time.monotonic()
        gaps.append(now - last)
        last = now


async def host(plan, n, all_taken=False):
    gate, own_gate, gaps = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(4), []
    null = os.open("/dev/null", os.O_RDWR)
    ticks = asyncio.create_task(ticker(gaps))
    jobs = [container(plan, i, gate, null, all_taken) for i in range(n)]
    own = [program(i, own_gate) for i in range(n // 8)]
    right = await asyncio.gather(*jobs, *own, return_exceptions=True)
    ticks.cancel()
    os.close(null)
    return [r for r in right if r is not True], gaps


def compute(stop, counts):
    while not stop.is_set():
        hashlib.pbkdf2_hmac("sha256", b"x", b"y", 1000)  # without the GIL
        counts.append(1)


def watchers():
    yield "the default"
    # not MultiLoopChildWatcher: it loses its own children, beside any other that ends (255)
    for name in ("PidfdChildWatcher", "SafeChildWatcher", "FastChildWatcher",
                 "ThreadedChildWatcher"):
        if hasattr(asyncio, name):  # they go with Python 3.14
            yield name


async def with_watcher(name, plan, n):
    if name != "the default":
        watcher = getattr(asyncio, name)()
        watcher.attach_loop(asyncio.get_running_loop())
        asyncio.set_child_watcher(watcher)
        try:
            return await host(plan, n, name == "FastChildWatcher")
        finally:
            asyncio.set_child_watcher(None)
            watcher.close()
    return await host(plan, n)


def main():
    result, plan, stop, counts = Results(), make_plan(), threading.Event(), []
    asyncio.run(host(plan, 8))  # what Python itself keeps
    fds, threads = entries("/proc/self/fd"), entries("/proc/self/task")
    busy = threading.Thread(target=compute, args=(stop, counts))
    busy.start()
    for name in watchers():
        n = ROUNDS if name == "the default" else ROUNDS // 4
        if name == "FastChildWatcher" and not pidfd_keeps_status():
            result.skip(name, "the pidfd keeps no status before Linux 6.15")
            continue
        bad, gaps = asyncio.run(with_watcher(name, plan, n))
        result(not bad, f"{n} containers and {n // 8} programs, {name}", bad[:3])
        result(len(gaps) > 5, f"the loop goes on, {name}")
        print(f"# {len(gaps)} ticks of 2 ms, longest gap {max(gaps) * 1000:.0f} ms")
    stop.set()
    busy.join()
    result(len(counts) > 10, "a thread computes meanwhile")
    result(threads_end(threads), "no thread is left")
    result(entries("/proc/self/fd") == fds, "no fd is left", os.listdir("/proc/self/fd"))
    result(no_child(), "no child is left")
    L.container_plan_free(plan)
    result.end()


main()
