# A run that is stopped as a whole for longer than --timeout (Ctrl-Z, a batch system that suspends its jobs) and goes on
# later: no file is to blame for that, nothing is lost.
. "$CASES/common.inc"
many photos 2
for mode in $MODES; do
    start --mode="$mode" --jobs=2 --format=webp --size=400,200 --timeout=4 --report="$log/r" photos "$mode"
    until_true 20 has_outputs "$mode" 3 || fail "$mode: it does not begin: $(cat "$log/stderr")"
    all="$run $(workers)"
    # shellcheck disable=SC2086 # several
    kill -STOP $all
    sleep 0.1
    before=$(outputs "$mode" | wc -l)
    [ "$before" -lt 48 ] || fail "$mode: it was over before it was stopped"
    sleep 4.4
    [ "$(outputs "$mode" | wc -l)" -eq "$before" ] || fail "$mode: it was not stopped"
    # shellcheck disable=SC2086 # several
    kill -CONT $all
    finish
    [ "$got_status" -eq 0 ] || fail "$mode: exit status $got_status: $(cat "$log/stderr")"
    check_report "$log/r"
    expect_counts 24 0 0 0 0
    expect_clean "$mode"
done
same_trees sync threads
same_trees sync processes

# The same with a file that needs most of its time, in mode processes, where somebody else looks at the clock.
mkdir slow
printf 'GIF89a\001\000\001\000\000\000\000THUMBS-PROBE sleep 2500\n' >slow/slow.gif
start --jobs=1 --timeout=4 --report="$log/r" slow slow-out
sleep 1
all="$run $(workers)"
# shellcheck disable=SC2086 # several
kill -STOP $all
sleep 4.4
# shellcheck disable=SC2086 # several
kill -CONT $all
finish
! grep -q '"code":"timeout"' "$log/r" || fail "the time of the pause was taken for the file's"
