# SPDX-License-Identifier: MIT
# kill -9 of the run itself: no worker outlives it, every thumbnail is whole, the next run clears up
# and completes the tree.
. "$CASES/common.inc"
many photos 3
thumbs 0 --format=webp --size=400 --jobs=2 photos calm
for mode in processes threads processes; do
    hold
    start --mode=$mode --jobs=3 --format=webp --size=400 photos out
    until_true 20 has_outputs out 3 || fail "it does not begin"
    kill -KILL "$run"
    finish 2>/dev/null
    [ "$got_status" -eq 137 ] || fail "$mode: exit status $got_status after SIGKILL"
    until_true 20 no_workers || expect_clean nowhere
    let_go
    whole_or_not "$PWD/calm" "$PWD/out"
    thumbs 0 --mode=$mode --format=webp --size=400 --jobs=2 photos out
    same_trees calm out
    expect_clean out
    rm -r out
done
# Also while workers are stopped.
hold
start --jobs=2 --format=webp --size=400 photos out
until_true 20 has_outputs out 3 || fail "it does not begin"
# shellcheck disable=SC2046 # several
kill -STOP $(workers thumbs-worker)
kill -KILL "$run"
finish 2>/dev/null
[ "$got_status" -eq 137 ] || fail "a run whose workers were stopped ended all the same"
until_true 20 no_workers || expect_clean nowhere
