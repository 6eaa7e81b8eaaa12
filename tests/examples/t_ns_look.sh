#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Example 16: our own lsns, beside lsns(8): in a pid namespace, and on the whole machine.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples/16_lsns

# both are asked until the lists of a system that lives agree
cat >"$tap_dir/compare.py" <<'PY'
import json, subprocess, sys, time

def ours():
    run = subprocess.run([sys.argv[1], "--json"], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)["namespaces"]

def theirs():
    run = subprocess.run(["lsns", "-J", "-l", "-o", "NS,TYPE,NPROCS,PID,UID,PNS,ONS,COMMAND"],
                         capture_output=True, text=True, check=True, errors="replace")
    return json.loads(run.stdout)["namespaces"]

def key(n):
    command = n["command"]
    if command.startswith("[") and command.endswith("]"):
        command = command[1:-1]
    return (int(n["ns"]), n["type"], int(n["nprocs"]), int(n["pid"]), int(n["pns"] or 0),
            int(n["ons"] or 0), "".join(c if " " <= c < "\x7f" else "?" for c in command).rstrip())

def fill(n):
    return {"pns": 0, "ons": 0, "pid": 0, **n}

def differ():
    # each counts itself, in the same place and once
    mine = {key(fill(n)): n for n in ours() if n["nprocs"]}
    lsns = {key(n): n for n in theirs()}
    for k in mine.keys() & lsns.keys():
        if mine[k]["uid"] != lsns[k]["uid"]:
            # lsns takes the owner of /proc/PID, which is root's where it is not dumpable
            if lsns[k]["uid"] != 0:
                return f"uid {mine[k]['uid']} of {lsns[k]}"
    odd = sorted(mine.keys() ^ lsns.keys())
    return "\n".join(map(str, odd))

for turn in range(100):
    found = differ()
    if not found:
        print(f"the same after {turn + 1}")
        sys.exit(0)
    time.sleep(0.1)
print(found)
sys.exit(1)
PY
same() { python3 "$tap_dir/compare.py" "$ex"; }
inside() { # a world of its own: nothing else comes and goes
    unshare --pid --fork --mount-proc sh -c '
        unshare --uts --ipc sleep 1001 &
        unshare --user --map-root-user --net sleep 1002 &
        unshare --user --map-root-user --pid --fork sleep 1003 &
        sleep 0.3
        python3 "$1" "$2"; rc=$?
        kill %1 %2 %3 2>/dev/null
        exit $rc' sh "$tap_dir/compare.py" "$ex"
}
check 'the same as lsns(8) in a pid namespace' inside
check 'the same as lsns(8) on the whole machine' same
python=/usr/bin/python3 # not one of root's own, which a user cannot reach
[ -x "$python" ] || python=python3
as_user_same() { as_user "$python" "$tap_dir/compare.py" "$ex"; }
check 'the same as lsns(8) for an ordinary user' as_user_same

table() { "$ex" | grep -q '^ *[0-9][0-9]* uts  *[1-9]'; }
check 'a table' table
tree() { # what a user namespace owns is below it, two columns in
    unshare --user --map-root-user --uts "$ex" --tree owner |
        grep -qE ' uts +1 +[0-9]+ +0   [^ ]*16_lsns --tree owner$'
}
check 'a tree by owner' tree
by_parent() { unshare --pid --fork --mount-proc "$ex" --tree parent | grep -q ' pid '; }
check 'a tree by parent' by_parent
pinned() {
    unshare --mount sh -c '
        : >"$2/a \"pin\"" && mount --bind /proc/self/ns/uts "$2/a \"pin\"" &&
        "$1" --json | python3 -c "
import json, sys
pins = [p for n in json.load(sys.stdin)[\"namespaces\"] for p in n[\"pins\"]]
sys.exit(sys.argv[1] + \"/a \\\"pin\\\"\" not in pins)" "$2"' sh "$ex" "$tap_dir"
}
check 'a pin with its name in JSON' pinned
no_proc() { # nor does the loader find a library beside the program then
    LD_LIBRARY_PATH=$BUILD/lib unshare --mount sh -c \
        'mount -t tmpfs tmpfs /proc && exec "$1"' sh "$ex"
}
run no_proc
status_is 'without procfs: an error' 1
says 'which says what to do' 'mount it on /proc'
done_testing
