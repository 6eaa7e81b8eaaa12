#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/run.sh [--long] [STAGE...] - install what is missing, build, run every test (as root)
#
#   --long   full counts instead of samples (LONG=1 in the environment of all tests)
#   STAGE    only these, after the build: harness unit plan live fault adversarial mix naked denied
#            hosts shell examples bench asan tsan vm61 vm612 vminitramfs
#
# Can be called from any directory and again at any time. Everything that is made lies in build/
# (BUILD_DIR overrides): dev/, asan/ and tsan/ are build trees, log/ has the whole output of each
# program.
# Prints a line per stage, every failure, at the end every skip with its reason and the sum.
# Exit: 0 nothing failed, 1 something did, 2 bad usage.
#
# What a stage runs, all through run-tap.sh (TAP, a time limit for each program):
#   harness                         the test machinery shows that it can fail
#   unit plan live fault            every executable tests/STAGE/t_* of the build tree;
#   adversarial mix hosts examples  plan as an ordinary user, the others as root
#   naked                           test programs again, below a supervisor that judges every name
#                                   that a child of the library resolves: 2 minutes
#   denied                          attacks again, where system calls are missing or refused
#   shell                           every tests/check/*.sh
#   bench                           tests/bench/gate.sh and smoke.sh
#   asan                            unit, plan, live and adversarial again, with ASan and UBSan
#   tsan                            hosts, and what of live has threads, with ThreadSanitizer
#   vm61 vm612                      unit, live, fault, adversarial, mix, hosts and
#                                   tests/check-guest/*.sh in a guest; one after the other, beside
#                                   all other stages, and told after them
#   vminitramfs                     a part of that where the root stays the initial ramfs
# The tests find in their environment: SRC, BUILD (build tree), LONG (0 or 1), T_SLOW (multiply time
# limits by it), T_GUEST (kernel series, in guests only), T_SAMPLE (1 in guests: bulk counts run on
# the host). They start in SRC, which every user can reach.
# T_LIMIT (seconds for a program) and T_GUEST_LIMIT (for a guest, boot included) change time limits.
set -u
umask 022
export LC_ALL=C.UTF-8
PATH=$PATH:/usr/sbin:/sbin

# Stages, or parts of guest stages, that may be empty for now. Anything else that is empty fails.
NOT_YET=''
thread_tests='t_handle t_group_threads t_user_starter' # of live, for tsan
stages='build harness unit plan live fault adversarial mix naked denied hosts shell examples bench'
stages="$stages asan tsan vm61 vm612 vminitramfs"
# of live, fault and adversarial, for a guest whose root is the initial ramfs
initramfs_tests='t_root_act t_root_spawn t_root_fault t_spawn_pivot t_spawn_root t_spawn_ns'
initramfs_tests="$initramfs_tests t_spawn_user t_spawn_layers t_spawn_kernelfs t_init t_handle"
initramfs_tests="$initramfs_tests t_hints t_a_roots t_a_paths"

src=$(cd "$(dirname "$0")/.." && pwd -P) || exit 2
usage() { sed -n '4,8s/^# \{0,3\}//p' "$src/tests/run.sh"; }

long=0 chosen=''
for arg; do
    case $arg in
    --long) long=1 ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *)
        case " $stages " in
        *" $arg "*) chosen="$chosen $arg" ;;
        *) echo "run.sh: no stage '$arg': $stages" >&2; exit 2 ;;
        esac
        ;;
    esac
done

give_up() { echo "run.sh: $*" >&2; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
[ "$(id -u)" = 0 ] || give_up "needs root: most tests make namespaces, groups and mounts as root"

top=${BUILD_DIR:-$src/build}
case $top in /*) ;; *) top=$PWD/$top ;; esac
mkdir -p "$top/log" || give_up "cannot make $top"
top=$(cd "$top" && pwd -P)
log=$top/log

now() { date +%s; }
minutes() { # SECONDS: in minutes with one decimal
    tenths=$((($1 + 3) / 6))
    echo "$((tenths / 10)).$((tenths % 10)) min"
}
begin=$(now)

sh "$src/tests/install-packages.sh" build test guest || give_up "packages are missing"

# --- Ordinary users must reach the programs: tests run them as such. A clone below a private
# directory (/root, mktemp -d) goes into a mount namespace where the private directories on its way
# are replaced by tmpfs directories with the same content. No mode is changed anywhere.
private_dir() { # PATH: the first directory on the way that others cannot search, or nothing
    rest=$1 way=
    while [ "$rest" ]; do
        rest=${rest#/}
        way=$way/${rest%%/*}
        case $rest in */*) rest=/${rest#*/} ;; *) rest= ;; esac
        setpriv --reuid=65534 --regid=65534 --clear-groups test -r "$way" -a -x "$way" ||
            { echo "$way"; return; }
    done
}
open_private() { # DIRECTORY: in a mount namespace of our own
    hold=$(mktemp -d) && mount --bind "$1" "$hold" && mount -t tmpfs -o mode=755 reach "$1" ||
        return 1
    for entry in "$hold"/* "$hold"/.[!.]*; do
        if [ -L "$entry" ]; then cp -P "$entry" "$1/"
        elif [ -d "$entry" ]; then mkdir "$1/${entry##*/}"
        elif [ -f "$entry" ]; then : >"$1/${entry##*/}"
        else continue
        fi
        [ -L "$entry" ] || mount --bind "$entry" "$1/${entry##*/}" || return 1
    done
    umount "$hold" && rmdir "$hold"
}
if [ "$(private_dir "$src")$(private_dir "$top")" ]; then
    if [ ! "${RUN_IN_NAMESPACE:-}" ]; then
        # What is made during the run must be made below a directory that is there now.
        mkdir -p "${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/libcontain"
        unshare -m --propagation private true || give_up "$src: ordinary users cannot reach it"
        RUN_IN_NAMESPACE=1 BUILD_DIR=$top \
            exec unshare -m --propagation private sh "$src/tests/run.sh" "$@"
    fi
    for dir in "$src" "$top"; do
        while dir1=$(private_dir "$dir") && [ "$dir1" ]; do
            open_private "$dir1" || give_up "cannot make $dir1 reachable for ordinary users"
        done
    done
fi
unset RUN_IN_NAMESPACE
cd "$src" || exit 2

export SRC="$src" LONG=$long T_SLOW="${T_SLOW:-1}" NOT_YET
unset T_GUEST T_SAMPLE T_LOGDIR
passed=0 failed=0 skipped=0
: >"$log/skips"

may_be_empty() { case " $NOT_YET " in *" $1 "*) return 0 ;; esac; return 1; }
result() { echo "$stage $1 $2 $3" >>"$log/$stage.summary"; }

# tap NAME [-u] PROGRAM...: through run-tap.sh; NAME names the log directory
tap() {
    name=$1
    shift
    T_LOGDIR=$log/$name sh "$src/tests/run-tap.sh" -l "$name" -o "$log/$stage.summary" "$@"
}

# programs TREE NAME [-u]: the executables tests/NAME/t_* of a build tree
programs() {
    tree=$1 kind=$2 label=$stage
    [ "$stage" = "$kind" ] || label=$stage-$kind
    shift 2
    n=$#
    for p in "$tree/tests/$kind"/t_*; do
        if [ -f "$p" ] && [ -x "$p" ]; then set -- "$@" "$p"; fi
    done
    [ $# = $n ] && may_be_empty "$kind" && { result 0 0 0; return; }
    BUILD=$tree tap "$label" "$@"
}

# build_tree NAME OPTION...: one test, passed or failed
build_tree() {
    tree=$top/$1
    shift
    set -- -Dwerror=true -Dtests=enabled -Dexamples=enabled "$@"
    {
        # A tree of an older state of the options or of another place is made anew.
        if [ ! -e "$tree/build.ninja" ] || ! meson setup --reconfigure "$tree" "$src" "$@"; then
            rm -rf "$tree"
            meson setup "$tree" "$src" "$@"
        fi && ninja -C "$tree"
    } >"$log/$stage.txt" 2>&1 && { result 1 0 0; return 0; }
    result 0 1 0
    echo "FAIL $stage: the end of $log/$stage.txt:"
    tail -n 40 "$log/$stage.txt"
    return 1
}

stage_build() { build_tree dev; }
stage_harness() { programs "$top/dev" harness; }
stage_unit() { programs "$top/dev" unit; }
stage_plan() { programs "$top/dev" plan -u; }
stage_live() { programs "$top/dev" live; }
stage_fault() {
    # every call of every plan, with every errno
    [ "$long" = 0 ] || export T_LIMIT="${T_LIMIT:-1200}"
    programs "$top/dev" fault
}
stage_adversarial() { programs "$top/dev" adversarial; }
stage_mix() {
    # 10,000 specs
    [ "$long" = 0 ] || export T_LIMIT="${T_LIMIT:-1200}"
    programs "$top/dev" mix
}
stage_naked() {
    [ "$long" = 0 ] || export T_LIMIT="${T_LIMIT:-7200}"
    T_LIMIT="${T_LIMIT:-600}" programs "$top/dev" naked
}
stage_denied() {
    [ "$long" = 0 ] || export T_LIMIT="${T_LIMIT:-7200}"
    T_LIMIT="${T_LIMIT:-900}" programs "$top/dev" denied
}
stage_hosts() {
    # 20,000 starts beside sixteen threads that never rest
    [ "$long" = 0 ] || export T_LIMIT="${T_LIMIT:-1200}"
    programs "$top/dev" hosts
    BUILD=$top/dev tap hosts-languages "$src"/tests/hosts/*.sh
}
stage_examples() { programs "$top/dev" examples; }
stage_shell() {
    set --
    for p in "$src"/tests/check/*.sh; do [ ! -x "$p" ] || set -- "$@" "$p"; done
    [ $# = 0 ] && may_be_empty shell && { result 0 0 0; return; }
    BUILD=$top/dev tap shell "$@"
}
stage_bench() {
    BUILD=$top/dev tap bench "$src/tests/bench/gate.sh" "$src/tests/bench/smoke.sh"
}
stage_asan() {
    build_tree asan -Db_sanitize=address,undefined -Db_lundef=false || return
    export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
    export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
    T_SLOW=$((T_SLOW * 3))
    programs "$top/asan" unit
    programs "$top/asan" plan -u
    programs "$top/asan" live
    programs "$top/asan" adversarial
}

stage_tsan() {
    build_tree tsan -Dexamples=disabled -Db_sanitize=thread -Db_lundef=false || return
    export TSAN_OPTIONS=halt_on_error=1
    T_SLOW=$((T_SLOW * 5))
    programs "$top/tsan" hosts
    # shellcheck disable=SC2086 # names
    # shellcheck disable=SC2046 # names without blanks
    BUILD=$top/tsan tap tsan-live $(for t in $thread_tests; do echo "$top/tsan/tests/live/$t"; done)
}

quote() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }
guest() { # SERIES [PROGRAMS OPTION]
    out=$log/$stage
    rm -rf "$out"
    mkdir "$out"
    limit=${T_GUEST_LIMIT:-2700}
    [ "$long" = 0 ] || [ "${T_GUEST_LIMIT:-}" ] || limit=3600
    series=$1 only=${2:-}
    shift
    [ $# = 0 ] || shift
    set -- "$@" -r "$src"
    case $top in "$src"/*) ;; *) set -- "$@" -r "$top" ;; esac
    rc=0
    "$src/tests/vm/run" -k "$series" -t "$limit" "$@" -w "$out" -- \
        "SRC=$(quote "$src") BUILD=$(quote "$top/dev") LONG=$long NOT_YET='$NOT_YET'" \
        "ONLY='$only' T_GUEST=$series T_SLOW=10 T_SAMPLE=1 T_LIMIT=$((limit / 2))" \
        "sh $(quote "$src/tests/vm/suite") $(quote "$out")" || rc=$?
    [ ! -e "$out/summary" ] || cat "$out/summary" >>"$log/$stage.summary"
    # 1 is what the suite says after failures that it has counted.
    if [ ! -e "$out/end" ] || { [ $rc != 0 ] && [ $rc != 1 ]; }; then
        echo "FAIL $stage: the guest did not get to the end (status $rc), the last log is" \
            "$(find "$out" -name '*.log' -printf '%T@ %P\n' | sort -n | tail -n 1 |
                cut -d ' ' -f 2)"
        result 0 1 0
    fi
}
stage_vm61() { guest 6.1; }
stage_vm612() { guest 6.12; }
stage_vminitramfs() { guest 6.12 "$initramfs_tests" -i; }

# do_stage STAGE: leaves its output, its summary and its seconds in log/
do_stage() {
    stage=$1
    start=$(now)
    rm -rf "${log:?}/$stage" "$log/$stage".* "$log/$stage"-*
    # A stage that runs stages of its own must not change our variables.
    ("stage_$stage") >"$log/$stage.out" 2>&1
    echo $(($(now) - start)) >"$log/$stage.seconds"
}

tell_stage() {
    stage=$1
    p=0 f=0 s=0
    [ -e "$log/$stage.summary" ] || { echo "FAIL $stage: gave no result"; f=1; }
    if [ $f = 0 ]; then
        while read -r _ a b c; do
            p=$((p + a)) f=$((f + b)) s=$((s + c))
        done <"$log/$stage.summary"
    fi
    grep '^SKIP ' "$log/$stage.out" >>"$log/skips"
    grep -v '^SKIP ' "$log/$stage.out"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    took=$(minutes "$(cat "$log/$stage.seconds")")
    echo "stage $stage: $p passed, $f failed, $s skipped  ($took)"
    [ $f = 0 ]
}

run_stage() { do_stage "$1"; tell_stage "$1"; }

# The guests use one processor, and the stages of the host another one.
beside='' guests=''
start_guests() {
    (for next in $beside; do do_stage "$next"; done) &
    guests=$!
}
end_tree() { # PID: with all that it has started
    # shellcheck disable=SC2013 # numbers
    for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do end_tree "$child"; done
    kill "$1" 2>/dev/null
}

trap '[ -z "$guests" ] || end_tree "$guests"; exit 1' INT TERM HUP
if run_stage build; then
    for next in ${chosen:-$stages}; do
        case $next in vm*) beside="$beside $next" ;; esac
    done
    if [ "$beside" ]; then
        start_guests
        T_SLOW=$((T_SLOW * 2))
    fi
    for next in ${chosen:-$stages}; do
        case $next in build | vm*) ;; *) run_stage "$next" ;; esac
    done
    [ -z "$beside" ] || wait "$guests"
    guests=''
    for next in $beside; do tell_stage "$next"; done
else
    echo "run.sh: no test was run"
fi

if [ -s "$log/skips" ]; then
    echo "skipped:"
    sed 's/^SKIP /  /' "$log/skips"
fi
echo "all: $(minutes $(($(now) - begin)))"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
