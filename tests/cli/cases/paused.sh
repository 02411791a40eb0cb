# SPDX-License-Identifier: MIT
# A run that is stopped as a whole for longer than --timeout (Ctrl-Z, a batch system that suspends
# its jobs) and goes on later: no file is to blame for that, nothing is lost.
. "$CASES/common.inc"
many photos 2
# begin_and_stop MODE - a run that is stopped in the midst of decoding: its number in $run, all its
# processes in $all. False if it was over before.
begin_and_stop() {
    rm -rf "$1"
    hold
    "$THUMBS" --mode="$1" --jobs=2 --format=webp --size=400,200 --timeout=4 --report="$log/r-$1" photos "$1" \
        >"$log/stdout" 2>"$log/stderr-$1" </dev/null &
    run=$!
    until_true 20 has_outputs "$1" 3 || fail "$1: it does not begin: $(cat "$log/stderr-$1")"
    # To find its workers takes a while, which is not to be that of the files they are held at.
    if [ "$1" = processes ]; then kill -STOP "$run"; fi
    all="$run $(run_workers)"
    let_go # not while it is held, since that is none of the decoders' clocks
    # shellcheck disable=SC2086 # several
    kill -STOP $all 2>/dev/null || true
    sleep 0.1
    before=$(outputs "$1" | wc -l)
    [ "$before" -lt 48 ]
}
run_workers() { # of the run in $run, since others may be stopped meanwhile
    for pid in $(workers); do
        parent=$(ps -o ppid= -p "$pid" | tr -d ' ')
        [ "$parent" != "$run" ] && [ "$(ps -o ppid= -p "$parent" | tr -d ' ')" != "$run" ] || echo "$pid"
    done
}
everybody=
for mode in $MODES; do
    for _ in 1 2 3; do
        if begin_and_stop "$mode"; then break; fi
        # shellcheck disable=SC2086 # several
        kill -CONT $all 2>/dev/null || true
        finish
    done
    [ "$before" -lt 48 ] || fail "$mode: it was over before it was stopped"
    echo "$run $before" >"$log/$mode"
    everybody="$everybody $all"
done
sleep 4.4
for mode in $MODES; do
    read -r run before <"$log/$mode"
    [ "$(outputs "$mode" | wc -l)" -eq "$before" ] || fail "$mode: it was not stopped"
done
# One that was about to end when it was listed may be gone; what the runs say of it counts.
# shellcheck disable=SC2086 # several
kill -CONT $everybody 2>/dev/null || true
for mode in $MODES; do
    read -r run before <"$log/$mode"
    finish
    cp "$log/stderr-$mode" "$log/stderr"
    [ "$got_status" -eq 0 ] || fail "$mode: exit status $got_status: $(cat "$log/stderr")"
    check_report "$log/r-$mode"
    expect_counts 24 0 0 0 0
done
for mode in $MODES; do expect_clean "$mode"; done
same_trees sync threads
same_trees sync processes

# The same with a file that needs most of its time, in mode processes, where somebody else looks at
# the clock.
mkdir slow
printf 'GIF89a\001\000\001\000\000\000\000THUMBS-PROBE sleep 2500\n' >slow/slow.gif
start --jobs=1 --timeout=4 --report="$log/r" slow slow-out
sleep 1
kill -STOP "$run" 2>/dev/null || true # on a busy machine it may be over
all="$run $(workers)"
# shellcheck disable=SC2086 # several
kill -STOP $all 2>/dev/null || true
sleep 4.4
# shellcheck disable=SC2086 # several
kill -CONT $all 2>/dev/null || true
finish
! grep -q '"code":"timeout"' "$log/r" || fail "the time of the pause was taken for the file's"
