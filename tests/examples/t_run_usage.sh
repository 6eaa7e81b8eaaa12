#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# contain-run: what it does without a container, and every bad value refused by name.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
. "$SRC/tests/examples/run.sh"

# --- without a container ---
nothing_runs() {
    cr --explain --layer "$root" --bind "$dir" /mnt sh -c "echo ran >$dir/ran"
    fails '--explain' 0 'plan "run-test": '
    says "$who: --explain: a step of the child" ' mount-overlay "/"'
    says "$who: --explain: the command" ' exec "sh"'
    check "$who: --explain runs nothing" test ! -e "$dir/ran"
    cr --explain --layer "$root" --memory 64M true >/dev/null
    cr --features
    fails '--features' 0 'namespace-user'
    cr --features --json 1
    cp "$tap_out" "$dir/features"
    check "$who: --features --json" python3 -c \
        'import json, sys; assert json.load(open(sys.argv[1]))["openat2"]["available"]' \
        "$dir/features"
    run "$program" --version
    version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$SRC/meson.build")
    gives '--version' "contain-run $version"
    run "$program" --help
    fails '--help' 0 'usage: contain-run [OPTION...] [--] COMMAND [ARGUMENT...]'
    wide=$(awk 'length > 80' "$tap_out")
    tap_rc=0
    [ ! "$wide" ] || tap_rc=1
    tap_result $tap_rc '--help fits into 80 columns'
}

# --- bad values: option, value, what is said ---
bad_values() {
    while IFS='|' read -r option value message; do
        cr --root "$root" "$option" "$value" true
        fails "$option '$value'" 125 "contain-run: $option${message#*@}"
    done <<'END'
--size|| "": not a size: digits, then K, M, G, T or nothing
--size|12Q| "12Q": not a size: digits
--size|1KK| "1KK": not a size: digits
--size| 1| " 1": not a size: digits
--size|-1| "-1": not a size: digits
--size|+1| "+1": not a size: digits
--size|0x10| "0x10": not a size: digits
--size|1.5G| "1.5G": not a size: digits
--size|0| "0": not a size: it is 0
--memory|64MB| "64MB": not a size: digits
--memory|18446744073709551616| "18446744073709551616": too large
--memory|16777216T| "16777216T": too large
--perms|9| "9": not an octal number
--perms|0755x| "0755x": not an octal number
--perms|10000| "10000": too large
--pids|many| "many": not a number: digits only
--pids|1K| "1K": not a number: digits only
--pids|4294967296| "4294967296": too large
--pids|0|: spec on "pids_max": Invalid argument
--cpus|x| "x": not a decimal number, such as 1.5
--cpus|1.| "1.": not a decimal number
--cpus|.5| ".5": not a decimal number
--cpus|1e3| "1e3": not a decimal number
--cpus|0.001| "0.001": less than 0.01
--cpus|0.123456| "0.123456": too many decimal places
--cpus|99999999999999| "99999999999999": too large
--limit|pids.max| "pids.max": not FILE=VALUE
--limit|=5| "=5": not FILE=VALUE
--limit|pids.max=many| "pids.max=many": not one limit of a group
--limit|cgroup.procs=0| "cgroup.procs=0": not one limit of a group
--limit|../pids.max=5| "../pids.max=5": not one limit of a group
--share|nosuch| "nosuch": not a list of
--share|net,| "net,": not a list of
--share|| "": not a list of
--unshare|PID| "PID": not a list of
--hostname||: spec on "hostname": Invalid argument
--uid-map|0:1000| "0:1000": not INSIDE:OUTSIDE:COUNT
--uid-map|0:0:1:1| "0:0:1:1": not INSIDE:OUTSIDE:COUNT
--uid-map|0:0:-1| "0:0:-1": not INSIDE:OUTSIDE:COUNT
--gid-map|0,0,1| "0,0,1": not INSIDE:OUTSIDE:COUNT
--gid-map|0:4294967296:1| "0:4294967296:1": not INSIDE:OUTSIDE:COUNT
--gid-map|0:0:0|: spec on "gid_map": Invalid argument (hint: range 0 is empty)
--cap-add|nosuch| "nosuch": not a capability of capabilities(7)
--cap-drop|cap_| "cap_": not a capability
--cap-drop|12| "12": not a capability
--user|ro ot|: spec on "user": Invalid argument
--user|1:|: spec on "user": Invalid argument (hint: 1: a name or a number is missing
--user|1:2:3|: spec on "user": Invalid argument (hint: 1:2:3 has more than one colon
--user|-1|: spec on "user": Invalid argument
--user|4294967295|: spec on "user": Invalid argument
--groups|5,x| "5,x": not a list of at most 64 group ids, or none
--groups|1,,2| "1,,2": not a list
--rlimit|nofile| "nofile": not NAME=SOFT[:HARD] with a name of prlimit(1)
--rlimit|nosuch=1| "nosuch=1": not NAME=SOFT[:HARD]
--rlimit|NOFILE=1| "NOFILE=1": not NAME=SOFT[:HARD]
--rlimit|nofile=| "nofile=": not a number
--rlimit|nofile=1K| "nofile=1K": not a number
--rlimit|nofile=1:2:3| "nofile=1:2:3": not a number
--rlimit|as=1Q| "as=1Q": not a size
--rlimit|nofile=2:1|: spec on "rlimit
--umask|8| "8": not an octal number
--umask|1000| "1000": too large
--oom-score-adj|1001| "1001": not a number from -1000 to 1000
--oom-score-adj|-1001| "-1001": not a number from -1000 to 1000
--oom-score-adj|+1| "+1": not a number from -1000 to 1000
--oom-score-adj|| "": not a number from -1000 to 1000
--env|| "": not NAME=VALUE
--env|=x| "=x": not NAME=VALUE
--chdir|etc|: spec on "cwd": Invalid argument
--fd|-1| "-1": not a number
--fd|77|: spec on "fd": Bad file descriptor
--name|a/b|: spec on "name": Invalid argument
--name|-x|: spec on "name": Invalid argument
--timeout|0| "0": no time at all
--timeout|1s| "1s": not a decimal number
--timeout|99999999999| "99999999999": too large
--setup-timeout|-1| "-1": not a decimal number
--json|77| "77": not an open descriptor
--json|1x| "1x": not a number
--default-mounts|proc,run| "proc,run": not a list of proc, sys, dev, tmp, or none
--mask|etc|: spec on
--readonly-path|etc|: spec on
--tmpfs|relative|: spec on
END
    cr --root "$root" --user root true # there is no passwd in it
    fails '--user of an image without passwd' 125 'find-user on "root": No such file or directory'
    cr --root "$root" --bind "$root" relative true
    fails '--bind to a relative path' 125 '--bind: spec on '
    cr --root "$root" --dir relative true
    fails '--dir of a relative path' 125 '--dir: spec on '
    cr --root "$root" --symlink x relative true
    fails '--symlink at a relative path' 125 '--symlink: spec on '
    cr --root "$root" --file /dev/null relative true
    fails '--file at a relative path' 125 '--file: spec on '
    cr --root "$root" --env "$(printf '=\033[31m')" true
    fails 'control characters are not printed' 125 '"=\x1b[31m"'
}
usage() {
    while IFS='|' read -r words message; do
        cr $words
        fails "usage: $words" 125 "contain-run: $message"
        says "usage: $words: what to do" "Try 'contain-run --help'."
    done <<END
|no command
--|no command
--root $root|no command
sh|no root: --root, --layer, --tmpfs-root or --host-root
--nosuch sh|no such option: --nosuch
--roo $root sh|no such option: --roo
-x sh|no such option: -x
--root|--root needs DIR
--bind x|--bind needs SRC DEST
--bind=x y sh|--bind takes two values: --bind SRC DEST
--explain=1 sh|--explain takes no value
--root $root --root $root sh|--root: there is a root already, by --root
--root $root --layer $root sh|--layer: there is a root already, by --root
--size 1M --root $root sh|--size has to stand before
--root $root --size 1M sh|--size has to stand before
--perms 755 --root $root sh|--perms has to stand before
--tmpfs-root --read-only sh|--read-only: nothing could be put into --tmpfs-root
--perms 755 --symlink x /y --root $root sh|--perms has to stand before
--layer $root --upper / sh|--upper and --work go together, and with --layer
--layer $root --work / sh|--upper and --work go together, and with --layer
--root $root --upper / --work / sh|--upper and --work go together, and with --layer
--explain --json 1 --root $root sh|--json has nothing to tell with --explain
--features sh|--features takes no command
-t --root $root sh|--tty: neither stdin nor stdout nor stderr is a terminal
--tty --root $root sh|--tty: neither stdin nor stdout nor stderr is a terminal
END
}


root=$tap_dir/root dir=$tap_dir/dir
make_root "$root" 0
mkdir -m 777 "$dir"
nothing_runs
bad_values
usage
as='setpriv --reuid=12345 --regid=12345 --clear-groups --inh-caps=-all --bounding-set=-all'
who=user
nothing_runs
done_testing
