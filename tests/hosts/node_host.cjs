// SPDX-License-Identifier: LGPL-2.1-or-later
// A host in Node: starts in the thread pool of koffi, ends by one epoll that waits there, too,
// while timers tick, a worker computes and child_process starts programs of its own.
'use strict';
const koffi = require('koffi');
const fs = require('fs');
const { execFile } = require('child_process');
const { promisify } = require('util');
const { Worker } = require('worker_threads');

const { JOB, ROOT, LIBRARY, LONG } = process.env;
const ROUNDS = LONG === '1' ? 1000 : 200, AT_ONCE = 16, EPOLLIN = 1, ADD = 1, DEL = 2;

const L = koffi.load(LIBRARY), libc = koffi.load('libc.so.6');
const specNew = L.func('int container_spec_new(_Out_ void **spec)');
const specFree = L.func('void container_spec_free(void *spec)');
const setRoot = L.func(
    'int container_spec_set_root_dir(void *s, int fd, const char *path, uint32_t flags)');
const setMounts = L.func('int container_spec_set_default_mounts(void *s, uint32_t mounts)');
const setNamespaces = L.func('int container_spec_set_namespaces(void *s, uint64_t types)');
const compile = L.func('int container_plan_compile(void *s, _Out_ void **p, _Out_ void **e)');
const planFree = L.func('void container_plan_free(void *plan)');
const overridesNew = L.func('int container_overrides_new(_Out_ void **o)');
const overridesFree = L.func('void container_overrides_free(void *o)');
const setArgv = L.func('int container_overrides_set_argv(void *o, const char **argv)');
const spawn = L.func('int container_plan_spawn(void *p, void *o, _Out_ void **c, _Out_ void **e)');
const pidfd = L.func('int container_pidfd(void *c)');
const wait = L.func('int container_wait(void *c, int64_t msec, _Out_ void **x, _Out_ void **e)');
const kill = L.func('int container_kill(void *c, void *e)');
const free = L.func('void container_free(void *c)');
const exitCode = L.func('int container_exit_code(void *x)');
const exitFree = L.func('void container_exit_free(void *x)');
const errorMessage = L.func('const char *contain_error_message(void *e)');
const errorFree = L.func('void contain_error_free(void *e)');
const epollEvent = koffi.pack('epoll_event', { events: 'uint32_t', data: 'uint64_t' });
const epollCreate = libc.func('int epoll_create1(int flags)');
const epollCtl = libc.func('int epoll_ctl(int epfd, int op, int fd, epoll_event *event)');
const epollWait = libc.func('int epoll_wait(int epfd, _Out_ epoll_event *e, int max, int msec)');

class ContainError extends Error {}
function check(result, e) {
    if (result >= 0) return result;
    const message = errorMessage(e[0]);
    errorFree(e[0]);
    throw Object.assign(new ContainError(message), { code: -result });
}

function makePlan() {
    const spec = [null], plan = [null], e = [null];
    specNew(spec);
    setRoot(spec[0], -100, ROOT, 1);
    setMounts(spec[0], 0);
    setNamespaces(spec[0], 0x20000000 | 0x20000);
    try { check(compile(spec[0], plan, e), e); } finally { specFree(spec[0]); }
    return plan[0];
}

// One call in the pool waits for the end of all containers.
class Ends {
    constructor() { this.epoll = epollCreate(0x80000); this.waiting = new Map(); }
    of(fd) {
        const ended = new Promise((resolve) => this.waiting.set(fd, resolve));
        epollCtl(this.epoll, ADD, fd, { events: EPOLLIN, data: fd });
        if (this.waiting.size === 1 && !this.busy) this.look();
        return ended;
    }
    look() {
        const event = {};
        this.busy = true;
        epollWait.async(this.epoll, event, 1, 1000, (err, n) => {
            this.busy = false;
            const fd = Number(event.data), resolve = n === 1 && this.waiting.get(fd);
            if (resolve) {
                epollCtl(this.epoll, DEL, fd, null);
                this.waiting.delete(fd);
                resolve();
            }
            if (this.waiting.size) this.look();
        });
    }
    close() { fs.closeSync(this.epoll); }
}

async function run(plan, ends, argv, started = () => {}) {
    const o = [null], c = [null], x = [null], e = [null];
    overridesNew(o);
    setArgv(o[0], [...argv, null]);
    try {
        check(await promisify(spawn.async)(plan, o[0], c, e), e);
        started(c[0]);
        await ends.of(pidfd(c[0]));
        check(await promisify(wait.async)(c[0], 0, x, e), e); // removes the group, too
        return exitCode(x[0]);
    } finally {
        exitFree(x[0]);
        free(c[0]);
        overridesFree(o[0]);
    }
}

async function one(plan, ends, i) {
    if (i % 16 === 5)
        return await run(plan, ends, ['/bin/job', 'sleep'], (c) => kill(c, null)) === 137;
    if (i % 16 === 9)
        return run(plan, ends, ['/bin/nosuch']).then(() => false,
            (e) => e instanceof ContainError && e.code === 2 && /exec/.test(e.message));
    return await run(plan, ends, ['/bin/job', 'check', `${i % 200}`]) === i % 200;
}

function program(i) {
    return new Promise((resolve) => execFile(JOB, ['exit', `${i % 200}`],
        (e) => resolve((e ? e.code : 0) === i % 200)));
}

async function many(n, atOnce, body) {
    const results = [];
    let next = 0;
    const lane = async () => { while (next < n) results.push(await body(next++)); };
    await Promise.all(Array.from({ length: atOnce }, lane));
    return results;
}

let results = 0, failed = 0;
function result(ok, name, why) {
    failed += !ok;
    console.log(`${ok ? '' : 'not '}ok ${++results} - ${name}`);
    if (!ok && why !== undefined) console.log(`# ${why}`);
}
const entries = (dir) => fs.readdirSync(dir).length;

async function main() {
    const plan = makePlan(), ends = new Ends(), gaps = [], computed = new Int32Array(
        new SharedArrayBuffer(4));
    await Promise.all([many(64, AT_ONCE, (i) => one(plan, ends, i)), many(8, 4, program)]);
    const worker = new Worker(`const { workerData: n } = require('worker_threads');
        for (;;) { let x = 0; for (let i = 0; i < 1e5; i++) x += i; Atomics.add(n, 0, +(x > 0)); }`,
    { eval: true, workerData: computed });
    const before = { fds: 0, threads: 0 };
    await new Promise((resolve) => setTimeout(resolve, 50));
    before.fds = entries('/proc/self/fd');
    before.threads = entries('/proc/self/task');
    let last = process.hrtime.bigint();
    const ticker = setInterval(() => {
        const now = process.hrtime.bigint();
        gaps.push(Number(now - last) / 1e6);
        last = now;
    }, 2);
    const [containers, programs] = await Promise.all([
        many(ROUNDS, AT_ONCE, (i) => one(plan, ends, i)), many(ROUNDS / 8, 4, program)]);
    clearInterval(ticker);
    const longest = Math.max(...gaps);
    result(containers.length === ROUNDS && containers.every(Boolean), `${ROUNDS} containers`);
    result(programs.every(Boolean), `${ROUNDS / 8} programs of its own`);
    result(gaps.length > 10 && longest < 2000 * (process.env.T_SLOW || 1), 'the loop goes on',
        longest);
    result(computed[0] > 10, 'a worker computes meanwhile');
    for (let i = 0; i < 200 && entries('/proc/self/task') > before.threads; i++)
        await new Promise((resolve) => setTimeout(resolve, 10));
    result(entries('/proc/self/fd') === before.fds, 'no fd is left', before.fds);
    result(entries('/proc/self/task') <= before.threads, 'no thread is left', before.threads);
    console.log(`# ${gaps.length} ticks of 2 ms, longest gap ${longest.toFixed(0)} ms`);
    await worker.terminate();
    ends.close();
    planFree(plan);
    console.log(`1..${results}`);
    process.exitCode = failed ? 1 : 0;
}
main();
