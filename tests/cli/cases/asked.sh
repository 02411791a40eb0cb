# SPDX-License-Identifier: MIT
# SIGUSR1 asks a run what it is at, in every mode and at any time: it is told on standard error,
# also under --quiet, and the run goes on as if nothing had been. Its workers and their server are
# deaf to it.
. "$CASES/common.inc"
many photos 2
thumbs 0 --format=webp --size=400 --jobs=2 photos calm
was_told() { grep -q "$1" "$log/stderr"; }
has_probes || skip "nothing holds a run of this build until it is asked"
listens() { grep -q '^SigBlk:.*[2367abef]..$' "/proc/$run/status"; } # SIGUSR1 is bit 9 of what it reads by itself
was_answered() {
    listens && kill -USR1 "$run" && was_told "^thumbs: still running: SOURCE, DEST and the report are being opened$"
}
tells() { # LINE - now that it is asked, and its workers with it
    # shellcheck disable=SC2046 # several
    kill -USR1 "$run" $(workers)
    sleep 0.02
    was_told "$1"
}
for mode in $MODES uring; do
    case $mode in
    uring) set -- --io=uring ;;
    *) set -- --mode=$mode ;;
    esac
    hold
    start "$@" --quiet --jobs=2 --format=webp --size=400 photos out
    until_true 20 has_outputs out 2 || fail "$mode: it does not begin"
    # Until it is asked in the middle of a decode, which the members of the team tell by a number
    # and workers by a pid.
    case $mode in
    sync | threads) line='^thumbs:   decode: [12]/[a-z-]*\.jpg: is worked on, [0-9.]* s, worker [12]$' ;;
    *) line='^thumbs:   decode: [12]/[a-z-]*\.jpg: is worked on, [0-9.]* s, worker [12], process [0-9]*$' ;;
    esac
    until_true 20 tells "$line" || fail "$mode: no word of a decode: $(cat "$log/stderr")"
    was_told '^thumbs: still running, [0-9.]* s: [0-9]* of [0-9]*+* sources; waiting for:$' || fail "$mode: no header"
    if [ $mode = sync ]; then
        ! was_told 'queues:' || fail "sync has no queues"
    else
        was_told '^thumbs:   queues: .*[0-9]* of 8 loaded, [0-9.]* MB of [0-9]* MB in memory, ' ||
            fail "$mode: no queues"
    fi
    let_go
    finish
    [ "$got_status" -eq 0 ] || fail "$mode: exit status $got_status"
    ! grep -v '^thumbs: ' "$log/stderr" || fail "$mode: a line that is torn"
    same_trees calm out
    expect_clean out
    rm -r out
done

# At any moment of the beginning and the end.
mkdir one
cp "$SAMPLES/jpeg/size-16x16.jpg" one/a.jpg
for pause in 0.01 0.02 0.03 0.04 0.06 0.1; do
    start --force one out
    sleep $pause
    kill -USR1 "$run" 2>/dev/null || true
    finish 2>/dev/null # where the shell would say of what it died
    case $got_status in
    0) ;;
    138) ;; # it came before there was a program to ask
    *) fail "after $pause s: exit status $got_status: $(cat "$log/stderr")" ;;
    esac
    expect_clean out
done

# Before there is a run: it waits for somebody to read the report.
mkfifo fifo
start --report=fifo --force one out
until_true 20 was_answered || fail "not a word while the report is opened: $(cat "$log/stderr")"
cat fifo >"$log/r" &
reader=$!
finish
wait "$reader"
[ "$got_status" -eq 0 ] || fail "exit status $got_status"
check_report "$log/r"
