# SPDX-License-Identifier: MIT
# As the first process of a container: SIGTERM ends the run in good order although process 1 is
# shielded from signals with their default action; orphans of others are waited for; and the exit
# status is that of the run.
. "$CASES/common.inc"
[ "$(id -u)" -eq 0 ] || skip "only root can make a PID namespace"
unshare --pid --fork --mount-proc true 2>/dev/null || skip "no PID namespace can be made here"
command -v nsenter >/dev/null || skip "there is no nsenter"
start_contained() {
    unshare --pid --fork --mount-proc --kill-child "$THUMBS" "$@" >"$log/stdout" 2>"$log/stderr" </dev/null &
    run=$!
}
first_process() { pgrep -P "$run"; }
zombies() { ps -o stat= --ppid "$1" | grep -c '^Z' || true; }
no_zombies() { [ "$(zombies "$first")" -eq 0 ]; }
many photos 4
for mode in $MODES; do
    start_contained --mode="$mode" --size=64 photos/1 calm
    finish
    [ "$got_status" -eq 0 ] || fail "$mode: exit status $got_status: $(cat "$log/stderr")"
    check_summary
done
start_contained nothing out
finish
[ "$got_status" -eq 2 ] || fail "exit status 2 is lost"

hold
start_contained --jobs=2 --format=webp --size=400 --report="$log/r" photos out
until_true 20 has_outputs out 3 || fail "it does not begin: $(cat "$log/stderr")"
first=$(first_process)
[ "$(awk '/^NSpid:/ { print $NF }' "/proc/$first/status")" -eq 1 ] || fail "$first is not the first process"
# Orphans: their parents end at once.
for _ in 1 2 3; do nsenter -t "$first" -p -m sh -c 'sh -c : & exec true' || fail "nsenter does not work"; done
until_true 20 no_zombies || fail "$(zombies "$first") zombies"
# A server that is killed leaves its workers behind as orphans; the run goes on.
server=$(workers thumbs-server)
kill -KILL "$server"
until_true 20 other_server "$server" || fail "it does not go on: $(cat "$log/stderr")"
until_true 20 n_workers 2 thumbs-worker || fail "no new workers: $(cat "$log/stderr")"
kill -TERM "$first"
until_true 60 is_heard "$first" || fail "it does not listen"
sleep 0.1
let_go
finish
[ "$got_status" -eq 143 ] || fail "SIGTERM: exit status $got_status: $(cat "$log/stderr")"
check_summary
expect_said "stopped by SIGTERM, the rest was not begun"
check_report "$log/r"
expect_clean out
# The second one ends it at once, though workers hang.
hold
start_contained --jobs=2 --format=webp --size=400 --force photos out
until_true 20 n_workers 2 thumbs-worker || fail "no workers: $(cat "$log/stderr")"
# shellcheck disable=SC2046 # several
kill -STOP $(workers thumbs-worker)
first=$(first_process)
kill -TERM "$first"
until_true 60 is_heard "$first" || fail "it does not listen"
sleep 0.5
kill -0 "$run" 2>/dev/null || fail "it did not wait for what was begun"
kill -TERM "$first"
finish
[ "$got_status" -eq 143 ] || fail "second SIGTERM: exit status $got_status"
until_true 20 no_workers || expect_clean nowhere
