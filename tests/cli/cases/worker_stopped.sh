# SPDX-License-Identifier: MIT
# A worker that hangs (here: is stopped) costs its file alone: that one timed out, the worker is
# replaced.
. "$CASES/common.inc"
many photos 4
hold
start --jobs=2 --format=webp --size=400 --timeout=4 --report="$log/r" photos out
until_true 20 has_outputs out 3 || fail "it does not begin"
kill -STOP "$run" # to be held takes time, too, and so does it to find a worker
hung=$(workers thumbs-worker | head -n 1)
kill -STOP "$hung"
let_go
kill -CONT "$run"
finish
check_report "$log/r"
case $got_status:$(fates "$log/r" | grep -c '^failed:decode:timeout ' || true) in
1:1) ;;
0:0) ;; # it was stopped between two files
*) fail "exit status $got_status, fates $(fates "$log/r" | grep -v '^done')" ;;
esac
expect_clean out
thumbs 0 --retry-failed --format=webp --size=400 --jobs=2 photos out
expect_clean out
rm -r out
# It is not a worker that hangs when the run itself was asleep for long (Ctrl-Z, a suspended
# machine).
start --jobs=2 --format=webp --size=400 --timeout=2 photos out
until_true 20 has_outputs out 1 || fail "it does not begin"
kill -STOP "$run" 2>/dev/null || true # on a busy machine it may be over
sleep 2.4
kill -CONT "$run" 2>/dev/null || true
finish
[ "$got_status" -eq 0 ] || fail "exit status $got_status after a pause: $(cat "$log/stderr")"
