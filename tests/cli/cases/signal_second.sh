# A second signal ends the run at once, also when a worker hangs, and takes the workers along.
. "$CASES/common.inc"
many photos 4
start --mode=processes --jobs=2 --format=webp --size=400 photos out
until_true 20 has_outputs out 3 || fail "it does not begin"
hung=$(workers thumbs-worker)
[ "$(echo "$hung" | wc -w)" -eq 2 ] || fail "not two workers: $hung"
# shellcheck disable=SC2086 # several
kill -STOP $hung
sleep 0.3
kill -INT "$run"
sleep 0.5
kill -0 "$run" 2>/dev/null || fail "it did not wait for what was begun"
began=$(date +%s%N)
kill -INT "$run"
finish
took_ms=$((($(date +%s%N) - began) / 1000000))
[ "$got_status" -eq 130 ] || fail "exit status $got_status"
[ $took_ms -lt 1000 ] || fail "the second signal took $took_ms ms"
until_true 5 no_workers || expect_clean nowhere
thumbs 0 --jobs=2 --format=webp --size=400 photos out
expect_clean out
for mode in sync threads; do
    start --mode=$mode --jobs=2 --format=webp --size=400 --force photos out
    sleep 0.15
    kill -TERM "$run" 2>/dev/null || true
    kill -INT "$run" 2>/dev/null || true
    finish
    case $got_status in
    130 | 143) ;;
    0) ;; # it was over
    *) fail "$mode: exit status $got_status" ;;
    esac
    thumbs 0 --mode=$mode --jobs=2 --format=webp --size=400 photos out
    expect_clean out
done
