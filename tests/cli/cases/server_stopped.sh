# SPDX-License-Identifier: MIT
# A fork server that hangs (here: is stopped) does not keep a run from its end, nor from its exit
# status.
. "$CASES/common.inc"
many photos 2
hold
start --jobs=2 --format=webp --size=400 photos out
until_true 20 has_outputs out 3 || fail "it does not begin"
server=$(workers thumbs-server)
[ "$(echo "$server" | wc -w)" -eq 1 ] || fail "not one server: $server"
kill -STOP "$server"
let_go
finish
[ "$got_status" -eq 0 ] || fail "exit status $got_status: $(cat "$log/stderr")"
expect_counts 24 0 0 0 0
expect_clean out
# A worker that dies meanwhile can neither be buried nor replaced by it: the server is given up,
# which takes its patience of 20 s, and started again. No file is to blame.
rm -r out
hold
start --jobs=2 --format=webp --size=400 --report="$log/r" photos out
until_true 20 has_outputs out 3 || fail "it does not begin again: $(cat "$log/stderr")"
until_true 20 are_held 2 || fail "not two workers: $(cat "$log/stderr")"
kill -STOP "$(workers thumbs-server)"
# shellcheck disable=SC2046 # several
kill -KILL $(workers thumbs-worker)
let_go
finish
[ "$got_status" -eq 0 ] || fail "exit status $got_status: $(cat "$log/stderr")"
check_report "$log/r"
[ "$(fates "$log/r" | grep -c '^done ')" -eq 24 ] || fail "a file paid for the server: $(fates "$log/r")"
expect_clean out
