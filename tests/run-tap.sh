#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run-tap.sh [-l LABEL] [-o SUMMARYFILE] [-u] PROGRAM... - run test programs that print TAP
#
#   -l  name in the output and the summary (tap)
#   -o  append "LABEL passed failed skipped" to this file
#   -u  run the programs as an ordinary user (65534) without any privilege
#
# A program prints TAP on stdout and exits 0 (all well), 1 (a failure) or 77 (skipped as a whole,
# with the reason printed). Passes are quiet; failures are shown with their diagnostics and the end
# of stderr, skips once with their reason. What contradicts itself is a failure too: no plan,
# another number of results than planned, a status that the results do not explain, a time limit.
#
# Environment: T_LIMIT seconds for one program (300), T_LOGDIR where full logs go (thrown away).
# Exit: 0 nothing failed, 1 something did (no program at all, too), 2 bad usage.
#
# Two programs are started per test program, timeout and awk: a start costs 20 to 30 ms in a guest.
set -u
label=tap summary='' user=
while getopts l:o:u o; do
    case $o in
    l) label=$OPTARG ;;
    o) summary=$OPTARG ;;
    u)
        user='setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all'
        user="$user --bounding-set=-all"
        ;;
    *) echo "usage: run-tap.sh [-l LABEL] [-o SUMMARYFILE] [-u] PROGRAM..." >&2; exit 2 ;;
    esac
done
shift $((OPTIND - 1))
limit=${T_LIMIT:-300}
if [ "${T_LOGDIR:-}" ]; then
    logs=$T_LOGDIR
    mkdir -p "$logs" || exit 2
else
    logs=$(mktemp -d) || exit 2
    trap 'rm -rf "$logs"' EXIT
    trap 'exit 1' INT TERM HUP
fi

# shellcheck disable=SC2016 # awk's own variables
judge='
function fail(what) { failed++; show("not ok - " what); shown = 1 }
function show(line) {
    if (!headed++) print "FAIL " label " " name ":"
    print "  " line
}
function skip(why) {
    sub(/^[^#]*# *[Ss][Kk][Ii][Pp][A-Za-z]*:? */, "", why)
    if (why == "") why = "no reason given"
    skipped++
    if (!(why in times)) order[++reasons] = why
    times[why]++
}
{ sub(/\r$/, "") }
/^(not )?ok([ \t]|$)/ {
    results++
    keep = 0
    if ($1 == "not") { failed++; shown = keep = 1; show($0) }
    else if ($0 ~ /# *[Ss][Kk][Ii][Pp]/) skip($0)
    else passed++
    next
}
/^1\.\.[0-9]+/ {
    plans++
    plan = substr($1, 4) + 0
    if (plan == 0) { whole = 1; why = $0 }
    next
}
/^Bail out!/ { fail($0); next }
# Diagnostics belong to the result before them.
/^[ \t]*#/ { last = $0; if (keep) show($0); next }
NF { last = $0 }
END {
    code = rc + 0
    if (code == 124 || code == 137) fail("time limit of " limit " s, or killed: status " code)
    else if (code > 128) fail("killed by signal " code - 128)
    else if (code == 77 && !failed && !passed) {
        if (!whole) why = last
        if (why == "" && (getline line < errfile) > 0) why = line
        sub(/^# */, "", why)
        if (!skipped) skip(why)
        ended = 1
    } else if (code == 127 || code == 126) fail("cannot be run: status " code)
    else if (code != 0 && !failed) fail("exit status " code " without a failed result")
    else if (code == 0 && failed) show("# exit status 0 in spite of failures")
    if (!ended && whole && !results && !failed) { skip(why); ended = 1 }
    if (!ended && plans == 0 && !shown) fail("no plan: " results + 0 " results")
    if (!ended && plans > 1) fail("more than one plan")
    if (!ended && plans == 1 && plan != results) {
        why = results + 0 " of " plan " planned results"
        if (shown) show("# " why)
        else fail(why)
    }
    if (headed) {
        n = 0
        while ((getline line < errfile) > 0) tail[n++ % 30] = line
        if (n) show("stderr" (n > 30 ? " (last 30 of " n " lines)" : "") ":")
        for (i = n > 30 ? n - 30 : 0; i < n; i++) show("  " tail[i % 30])
    }
    for (i = 1; i <= reasons; i++)
        print "SKIP " label " " name ": " order[i] \
            (times[order[i]] > 1 ? " (" times[order[i]] " times)" : "")
    print passed + 0, failed + 0, skipped + 0 > counts
}'

passed=0 failed=0 skipped=0
for program; do
    case $program in */*) ;; *) program=./$program ;; esac
    name=${program##*/}
    log=$logs/$name.log
    err=$logs/$name.err
    rc=0
    # shellcheck disable=SC2086 # $user is a command line
    timeout -k 5 "$limit" $user "$program" </dev/null >"$log" 2>"$err" || rc=$?
    # awk decides, the shell adds up: a broken judge must not look like a pass.
    broken=0 p='' f='' s=''
    awk -v label="$label" -v name="$name" -v rc="$rc" -v limit="$limit" -v errfile="$err" \
        -v counts="$logs/counts" "$judge" "$log" || broken=1
    [ $broken = 1 ] || read -r p f s <"$logs/counts"
    case $p-$f-$s in
    [0-9]*-[0-9]*-[0-9]*) passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s)) ;;
    *)
        echo "FAIL $label $name: its results cannot be read"
        failed=$((failed + 1))
        ;;
    esac
    [ $broken = 1 ] || : >"$logs/counts"
done
if [ $# = 0 ]; then
    echo "FAIL $label: no test in stage $label"
    failed=1
fi
[ ! "$summary" ] || echo "$label $passed $failed $skipped" >>"$summary"
[ $failed = 0 ]
