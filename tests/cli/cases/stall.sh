# SPDX-License-Identifier: MIT
# A run that does not go on says what it waits for, without being asked: sources, stages, workers.
. "$CASES/common.inc"
can_fault=$(
    status=0
    THUMBS_FAULT='open:*' "$THUMBS" --mode=sync --quiet "$SAMPLES/jpeg" probe 2>/dev/null || status=$?
    echo $status
)
[ "$can_fault" -ne 0 ] || skip "this build waits for 30 s before it speaks"
was_told() { grep -q "$1" "$log/stderr"; }
gets_told() { until_true 60 was_told "$1"; }
n_told() { [ "$(grep -c '^thumbs: no progress for .*waiting for:$' "$log/stderr")" -ge "$1" ]; }

# A run that goes on is silent, however long it takes.
many photos 3
THUMBS_STALL_MS=10000 thumbs 0 --jobs=2 --format=webp --size=400 photos calm
! was_told 'no progress' || fail "it stalled for 10 s, or says so without a reason"
THUMBS_STALL_MS=500
export THUMBS_STALL_MS

# All workers are stopped: their files, numbers and processes are told, more than once but less and
# less often; and when they go on, so does the run. (On a busy machine it may have spoken before, when
# its workers were not yet there. So each line is waited for.)
hold
start --quiet --jobs=2 --format=webp --size=400 --timeout=250 photos out
until_true 20 has_outputs out 3 || fail "it does not begin"
until_true 20 are_held 2 || fail "not two workers: $(cat "$log/stderr")"
hung=$(workers thumbs-worker)
# shellcheck disable=SC2086 # several
kill -STOP $hung
until_true 20 n_told 2 || fail "not a word about the workers: $(cat "$log/stderr")"
for pid in $hung; do
    gets_told "^thumbs:   decode: [1-3]/[a-z-]*\.jpg: is worked on, [0-9.]* s, worker [12], process $pid$" ||
        fail "no word of worker $pid: $(cat "$log/stderr")"
done
gets_told '^thumbs: no progress for [0-9.]* s: [0-9]* of [0-9]*+* sources; waiting for:$' || fail "no header"
gets_told '^thumbs:   and [0-9]* more that wait for their turn$' || fail "no word of the others"
gets_told '^thumbs:   queues: [0-9]* of 16 to be read, [0-9]* of 8 loaded, ' || fail "no word of the queues"
# shellcheck disable=SC2086 # several
kill -CONT $hung
let_go
finish
[ "$got_status" -eq 0 ] || fail "exit status $got_status: $(cat "$log/stderr")"
same_trees calm out
expect_clean out

# Nobody reads the report: it is the telling that hangs, in every mode.
many small 12 jpeg
mkfifo fifo
for mode in $MODES; do
    sleep 250 <fifo &
    reader=$!
    start --mode=$mode --jobs=2 --force --report=fifo small out-small
    until_true 30 was_told '^thumbs:   report: [0-9]*/[^:]*\.jpg: its status is being reported, ' ||
        fail "$mode: not a word about the report: $(cat "$log/stderr")"
    kill "$reader"
    finish
    [ "$got_status" -eq 3 ] || fail "$mode: exit status $got_status without a reader"
    expect_clean out-small
done

# Nobody opens it: there is no run yet.
start --report=fifo --force small out-small
until_true 20 was_told '^thumbs: no progress for [0-9.]* s: SOURCE, DEST and the report are being opened$' ||
    fail "not a word: $(cat "$log/stderr")"
cat fifo >"$log/r" &
finish
[ "$got_status" -eq 0 ] || fail "exit status $got_status"

# A decoder that takes its time, also in the modes that have nobody to kill it.
mkdir slow
cp photos/1/mountain-lake.jpg slow/held.jpg
for mode in $MODES; do
    hold
    start --mode=$mode --jobs=2 --force slow out-slow
    until_true 20 was_told '^thumbs:   decode: held\.jpg: is worked on, [0-9.]* s, worker [12]' ||
        fail "$mode: not a word about the decoder: $(cat "$log/stderr")"
    let_go
    finish
    [ "$got_status" -eq 0 ] || fail "$mode: exit status $got_status: $(cat "$log/stderr")"
done
