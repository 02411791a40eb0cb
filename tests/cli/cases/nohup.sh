# SPDX-License-Identifier: MIT
# A run under nohup outlives its terminal: SIGHUP stays ignored; all other signals are heard as
# ever.
. "$CASES/common.inc"
command -v nohup >/dev/null || skip "there is no nohup"
many photos 2
for mode in $MODES; do
    hold
    nohup "$THUMBS" --mode="$mode" --jobs=2 --format=webp --size=400 photos "$mode" >"$log/stdout" 2>"$log/stderr" \
        </dev/null &
    run=$!
    until_true 20 has_outputs "$mode" 2 || fail "$mode: it does not begin: $(cat "$log/stderr")"
    kill -HUP "$run"
    sleep 0.1
    let_go
    finish
    [ "$got_status" -eq 0 ] || fail "$mode: exit status $got_status: $(cat "$log/stderr")"
    [ "$(outputs "$mode" | wc -l)" -eq 24 ] || fail "$mode: not all was made"
    expect_clean "$mode"
done
hold
nohup "$THUMBS" --jobs=2 --format=webp --size=400 photos both >"$log/stdout" 2>"$log/stderr" </dev/null &
run=$!
until_true 20 has_outputs both 2 || fail "it does not begin: $(cat "$log/stderr")"
kill -HUP "$run"
kill -TERM "$run"
until_true 60 is_heard "$run" || fail "it does not listen"
sleep 0.1
let_go
finish
[ "$got_status" -eq 143 ] || fail "SIGTERM under nohup: exit status $got_status"
expect_said "stopped by SIGTERM"
expect_clean both
