#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Examples 10 and 11: a function in namespaces of its own, and a namespace that lasts.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples
pin=$tap_dir/pin
host=$(hostname)

port() { # WHO COMMAND...
    who=$1
    shift
    run "$@" "$ex/10_port" 8099
    status_is "10 $who" 0
    says "10 $who: the first" 'first listens on port 8099'
    says "10 $who: the second" 'second listens on port 8099'
    says "10 $who: each has its own network" 'asked beside first: first'
    says "10 $who: each has its own network, too" 'asked beside second: second'
}
port root env
port user as_user
run as_user "$ex/10_port" 80
status_is '10: a port below 1024, as a user' 0

same_host() { [ "$(hostname)" = "$host" ]; }
no_mount() { ! grep -qF " $pin " /proc/self/mountinfo; }
gone() { [ ! -e "$pin" ]; }

run "$ex/11_pin" make "$pin" lasting
status_is '11: pinned' 0
run "$ex/11_pin" look "$pin"
status_is '11: entered by another process' 0
says '11: the name inside' lasting
run nsenter --uts="$pin" hostname
says '11: nsenter sees the same' lasting
check '11: the host has its own name' same_host
run "$ex/11_pin" make "$pin" again
status_is '11: never over another pin' 1
says '11: never over another pin, said so' "pin on \"$pin\": File exists (hint: "
run "$ex/11_pin" drop "$pin"
status_is '11: taken off' 0
check '11: no mount is left' no_mount
check '11: no file is left' gone
run "$ex/11_pin" drop "$pin"
status_is '11: taken off twice' 1
run "$ex/11_pin" look "$tap_dir"
says '11: no pin' 'a directory is no namespace'
run as_user "$ex/11_pin" make "$pin" mine
status_is '11: a user may not' 1
says '11: a user may not, said so' 'Operation not permitted (hint: needs CAP_SYS_ADMIN'
run "$ex/11_pin"
status_is '11: usage' 2
done_testing
