# SPDX-License-Identifier: MIT
# A second signal ends the run at once, also when a worker hangs, and takes the workers along.
. "$CASES/common.inc"
many photos 4
hold
start --mode=processes --jobs=2 --format=webp --size=400 photos out
until_true 20 has_outputs out 3 || fail "it does not begin"
until_true 20 n_workers 2 thumbs-worker || fail "not two workers: $(workers thumbs-worker)"
hung=$(workers thumbs-worker)
# shellcheck disable=SC2086 # several
kill -STOP $hung
sleep 0.3
kill -INT "$run"
until_true 60 is_heard "$run" || fail "it does not listen"
sleep 0.5
kill -0 "$run" 2>/dev/null || fail "it did not wait for what was begun"
began=$(date +%s%N)
kill -INT "$run"
finish
took_ms=$((($(date +%s%N) - began) / 1000000))
[ "$got_status" -eq 130 ] || fail "exit status $got_status"
expect_said "thumbs: a second signal: ended at once"
[ $took_ms -lt 40000 ] || fail "the second signal took $took_ms ms"
until_true 20 no_workers || expect_clean nowhere
let_go
thumbs 0 --jobs=2 --format=webp --size=400 photos out
expect_clean out
for mode in sync threads; do
    rm -r out
    hold
    start --mode=$mode --jobs=2 --format=webp --size=400 photos out
    until_true 20 has_outputs out 3 || fail "$mode: it does not begin"
    kill -TERM "$run"
    kill -INT "$run"
    finish
    case $got_status in
    130 | 143) ;;
    *) fail "$mode: exit status $got_status" ;;
    esac
    let_go
    thumbs 0 --mode=$mode --jobs=2 --format=webp --size=400 photos out
    expect_clean out
done
