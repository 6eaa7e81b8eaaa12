#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A host with Python threads: containers and subprocesses in one pool, beside signal handlers."""
import concurrent.futures
import ctypes as C
import os
import signal
import subprocess
import threading

from host import (JOB, ROUNDS, ContainError, L, P, Results, check, entries, make_plan, no_child,
                  strings, threads_end)

handled = {"timer": 0, "child": 0}


def container(plan, words):
    overrides, handle, record, error = P(), P(), P(), P()
    L.container_overrides_new(C.byref(overrides))
    L.container_overrides_set_argv(overrides, strings(words))
    try:
        check(L.container_plan_spawn(plan, overrides, C.byref(handle), C.byref(error)), error)
        check(L.container_wait(handle, C.c_int64(-1), C.byref(record), C.byref(error)), error)
        return L.container_exit_code(record)
    finally:
        L.container_exit_free(record)
        L.container_delete(handle, C.c_int64(-1), None)
        L.container_free(handle)
        L.container_overrides_free(overrides)


def one(plan, i):
    if i % 8 == 4:
        return subprocess.run([JOB, "exit", str(i % 256)]).returncode == i % 256
    if i % 16 == 7:
        try:
            container(plan, ["/bin/nosuch"])
        except ContainError as e:
            return e.errno == 2
        return False
    return container(plan, ["/bin/job", "check", str(i % 200)]) == i % 200


def count(what):
    def handler(number, frame):
        handled[what] += 1
    return handler


def run_all(plan, n):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        futures = [pool.submit(one, plan, i) for i in range(n)]
        waiting = set(futures)
        while waiting:  # handlers of Python run in this thread
            waiting = concurrent.futures.wait(waiting, timeout=0.05).not_done
    return [f.exception() or f.result() for f in futures]


def main():
    result, plan = Results(), make_plan()
    run_all(plan, 16)  # what Python itself keeps
    fds, threads = entries("/proc/self/fd"), entries("/proc/self/task")
    signal.signal(signal.SIGALRM, count("timer"))
    signal.signal(signal.SIGCHLD, count("child"))
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    bad = [r for r in run_all(plan, ROUNDS) if r is not True]
    signal.setitimer(signal.ITIMER_REAL, 0)
    result(not bad, f"{ROUNDS} containers and programs", bad[:3])
    result(handled["timer"] > 5 and handled["child"] > 5, "handlers run meanwhile", handled)
    result(entries("/proc/self/fd") == fds, "no fd is left", os.listdir("/proc/self/fd"))
    result(threads_end(threads), "no thread is left", threading.enumerate())
    result(no_child(), "no child is left")
    print(f"# handled: {handled}")
    L.container_plan_free(plan)
    result.end()


main()
