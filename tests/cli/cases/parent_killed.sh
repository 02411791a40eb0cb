# kill -9 of the run itself: no worker outlives it, every thumbnail is whole, the next run clears up and completes the
# tree.
. "$CASES/common.inc"
many photos 3
thumbs 0 --format=webp --size=400 --jobs=2 photos calm
n_killed=0
for mode in processes threads processes; do
    start --mode=$mode --jobs=3 --format=webp --size=400 photos out
    until_true 20 has_outputs out 5 || fail "it does not begin"
    kill -KILL "$run" 2>/dev/null || true
    finish 2>/dev/null
    [ "$got_status" -ne 137 ] || n_killed=$((n_killed + 1))
    until_true 5 no_workers || expect_clean nowhere
    whole_or_not "$PWD/calm" "$PWD/out"
    thumbs 0 --mode=$mode --format=webp --size=400 --jobs=2 photos out
    same_trees calm out
    expect_clean out
    rm -r out
done
[ $n_killed -ge 2 ] || fail "only $n_killed of 3 runs were killed in time"
# Also while workers are stopped.
start --jobs=2 --format=webp --size=400 photos out
until_true 20 has_outputs out 5 || fail "it does not begin"
# shellcheck disable=SC2046 # several
kill -STOP $(workers thumbs-worker)
kill -KILL "$run"
finish 2>/dev/null
[ "$got_status" -eq 137 ] || fail "a run whose workers were stopped ended all the same"
until_true 5 no_workers || expect_clean nowhere
