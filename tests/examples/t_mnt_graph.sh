#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Example 27: the mounts of a process in three forms, beside findmnt(8) and mountinfo.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples/27_mount_graph

cat >"$tap_dir/compare.py" <<'PY'
import json, re, subprocess, sys

ex, form = sys.argv[1:3]
out = subprocess.run([ex, form, *sys.argv[3:]], capture_output=True, text=True, check=True).stdout
with open(f"/proc/{(sys.argv + ['self'])[3]}/mountinfo", errors="surrogateescape") as f:
    lines = [line.split(" ") for line in f]

def plain(s):
    s = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), s)
    return "".join(c if c < "\x7f" else "?" for c in s)

def tag(line, name):
    return next((int(o.split(":")[1]) for o in line[6:line.index("-")]
                 if o.startswith(name + ":")), 0)

want = {(int(m[0]), int(m[1]), plain(m[4]), plain(m[3]), m[m.index("-") + 1],
         tag(m, "shared"), tag(m, "master")) for m in lines}
if form == "json":
    have = {(m["id"], m["parent"], m["target"], m["root"], m["type"], m["peer_group"], m["master"])
            for m in json.loads(out)["mounts"]}
    print(sorted(have ^ want))
    sys.exit(have != want)
if form == "tree":
    have = sorted(line.split()[:2] for line in out.splitlines()[1:])
    sys.exit(have != sorted([str(m[5]), str(m[6])] for m in want))
# dot: boxes, edges to parents, and the arrows of the events
targets = {int(n): re.sub(r"&#(\d+);", lambda m: chr(int(m[1])), t)
           for n, t in re.findall(r'^  m(\d+) \[label="(.*)"\]$', out, re.M)}
below = {(targets[int(a)], targets[int(b)]) for a, b in re.findall(r"m(\d+) -> m(\d+) ", out)}
sends = {(targets[int(m)], int(g)) for m, g in re.findall(r"m(\d+) -> g(\d+) \[dir=both\]", out)}
gets = {(targets[int(m)], int(g)) for g, m in re.findall(r"g(\d+) -> m(\d+)$", out, re.M)}
path = {m[0]: m[2] for m in want}
ok = (sorted(targets.values()) == sorted(m[2] for m in want) and
      below == {(path[m[1]], m[2]) for m in want if m[1] in path} and
      sends == {(m[2], m[5]) for m in want if m[5]} and
      gets == {(m[2], m[6]) for m in want if m[6]} and out.count("{") == out.count("}") == 1)
print(out)
sys.exit(not ok)
PY

# a namespace with all kinds of mounts and odd names
world() { # COMMAND...
    unshare --mount --propagation private sh -c '
        mount -t tmpfs w /mnt && cd /mnt && mkdir a b c d "odd \"name\" \\ & <x>" &&
        mount -t tmpfs a a && mount --make-shared a && mount --bind a b &&
        mount --bind a c && mount --make-slave c &&
        mount --bind a d && mount --make-slave d && mount --make-shared d &&
        mkdir a/e && mount -t tmpfs "so urce" a/e &&
        mount --bind "$PWD/a" "odd \"name\" \\ & <x>" &&
        mount --bind a/e a/e && cd / && "$@"' sh "$@"
}
for form in tree json dot; do
    check "27: $form" world python3 "$tap_dir/compare.py" "$ex" "$form"
done
others() { # another process, by its id
    sleep 60 &
    pid=$!
    python3 "$tap_dir/compare.py" "$ex" "$1" $pid
    rc=$?
    kill $pid
    return $rc
}
check '27: another process' others json
python=/usr/bin/python3 # not one of root's own, which a user cannot reach
[ -x "$python" ] || python=python3
check '27: as an ordinary user' as_user "$python" "$tap_dir/compare.py" "$ex" dot
same_tree() { # depth first, as findmnt prints it
    "$ex" tree | awk 'NR > 1 { print $3 }' >"$tap_dir/ours"
    findmnt -n -r -o TARGET >"$tap_dir/theirs"
    sort "$tap_dir/ours" >"$tap_dir/ours.sorted" && sort "$tap_dir/theirs" |
        diff "$tap_dir/ours.sorted" -
}
check '27: the mounts of findmnt(8)' same_tree
drawn() { "$ex" dot | dot -Tsvg | grep -q '</svg>'; }
if command -v dot >/dev/null; then check '27: Graphviz takes it' drawn; fi

run "$ex"
status_is '27: usage' 2
run "$ex" circle
status_is '27: no such form' 2
run "$ex" tree 999999999
status_is '27: no such process' 1
done_testing
