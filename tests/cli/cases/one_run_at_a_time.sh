# SPDX-License-Identifier: MIT
# One run at a time on a DEST: another one says so and ends with 3, or waits with --wait. Shards of
# one job work together. Nobody has to clear away what a killed run has locked.
. "$CASES/common.inc"
has_probes || skip "this build has no probes, so no run can be held"
many photos 2
mkdir other
for n in 1 2 3 4 5 6 7 8; do cp "$SAMPLES/orientation/orientation-$n.jpg" "other/$n.jpg"; done
hold_run() { # ARGUMENT... - a run of photos into out that does not end before let_go
    hold
    start --jobs=2 "$@" photos out
    until_true 120 has_outputs out 1 || fail "no output: $(cat "$log/stderr")"
}

hold_run
held_run=$run
thumbs 0 --report=report other elsewhere
cp report before
thumbs 3 --report=report other out
expect_said "thumbs: another run (process $held_run on $(uname -n)) is at work on DEST; --wait waits for its end"
cmp report before || fail "a run that did not begin has replaced the report of another"
[ ! -e out/1.jpg ] || fail "it has worked all the same"
thumbs 3 --shard=0/2 other out
thumbs 0 --dry-run other out

# It waits, and ends by a signal as if it were at work.
: >waiting # it is looked at before the run in the background has made it
"$THUMBS" --wait other out 2>waiting &
waiting=$!
until_true 60 grep -q "^thumbs: note: another run (process $held_run .* is waited for" waiting ||
    fail "nothing is said: $(cat waiting)"
[ ! -e out/1.jpg ] || fail "it does not wait"
kill -TERM $waiting
status=0
wait $waiting || status=$?
[ $status -eq 143 ] || fail "exit status $status after SIGTERM: $(cat waiting)"
[ ! -e out/1.jpg ] || fail "it has worked all the same"
"$THUMBS" --wait other out 2>waiting &
waiting=$!
let_go
run=$held_run
finish
[ "$got_status" -eq 0 ] || fail "the first run: $got_status: $(cat "$log/stderr")"
wait $waiting || fail "the run that waited: $(cat waiting)"
grep -q '^8 done' waiting || fail "the run that waited: $(cat waiting)"
expect_clean out

# Shards of one job: another part of it, but not the same part twice, no other job, no whole run.
rm -r out
hold_run --shard=0/2
thumbs 0 --shard=1/2 other out
for words in --shard=0/2 --shard=1/3 '--shard=1/2 --size=99' ''; do
    # shellcheck disable=SC2086 # several words
    thumbs 3 $words other out
    expect_said "is at work on DEST"
done

# Killed: the kernel gives its turn away.
kill -9 "$run"
finish 2>/dev/null
let_go
until_true 60 no_workers || fail "workers outlive the run"
thumbs 0 --wait other out
thumbs 0 other out
expect_counts 0 8 0 0 0

# ... also when the next one begins before it has.
rm -r out
hold_run
thumbs 3 other out
kill -9 "$run"
"$THUMBS" other out >"$log/next" 2>&1 </dev/null &
next=$!
finish 2>/dev/null
wait $next || fail "it did not wait for the end of a run that was killed: $(cat "$log/next")"
let_go
until_true 60 no_workers || fail "workers outlive the run"

# Where nothing can be locked, it works all the same, with a word about it.
rm out/.thumbs/lock
mkdir out/.thumbs/lock
thumbs 0 other out
expect_said "thumbs: note: DEST lies where files cannot be locked"
