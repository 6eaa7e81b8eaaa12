#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Example 36: each connection has a container of its own, which finds it as fd 3.
set -u
: "${SRC:?}" "${BUILD:?}"
. "$SRC/tests/tap.sh"
ex=$BUILD/examples/36_listen_fds
root=$tap_dir/root sock=$tap_dir/socket
make_root "$root" 0

# shellcheck disable=SC2016 # the shell inside expands it
program='read -r line <&3
echo "$LISTEN_FDNAMES $LISTEN_FDS, pid $LISTEN_PID of $$, $(ls /proc/self/fd | wc -l): $line" >&3'
cat >"$tap_dir/client.py" <<'PY'
import socket, sys, time
for word in sys.argv[2:]:
    s = socket.socket(socket.AF_UNIX)
    for _ in range(1000):
        try:
            s.connect(sys.argv[1])
            break
        except OSError:
            time.sleep(0.01)
    s.sendall(word.encode() + b"\n")
    sys.stdout.write(s.makefile().read())
PY
"$ex" "$root" "$sock" 2 /bin/sh -c "$program" >"$tap_dir/server" 2>&1 &
server=$!
python3 "$tap_dir/client.py" "$sock" one two >"$tap_dir/said" 2>&1
wait "$server"
tap_result $? '36: ends well'
cat >"$tap_dir/expected" <<'TEXT'
connection 1, pid 1 of 1, 5: one
connection 1, pid 1 of 1, 5: two
TEXT
check '36: what the clients hear' diff "$tap_dir/expected" "$tap_dir/said"
printf 'served, exit 0\nserved, exit 0\n' >"$tap_dir/expected"
check '36: what the caller says' diff "$tap_dir/expected" "$tap_dir/server"
run "$ex" "$root"
status_is '36: usage' 2
run "$ex" "$root" "$tap_dir/no/socket" 1 /bin/sh
status_is '36: no such directory' 1
run "$ex" "$tap_dir/none" "$sock" 0 /bin/sh
status_is '36: no connection, no start' 0
done_testing
