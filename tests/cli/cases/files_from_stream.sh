# SPDX-License-Identifier: MIT
# A list that comes little by little is not waited for: what was named is made. A signal ends the
# waiting.
. "$CASES/common.inc"
mkdir photos
for i in 1 2 3; do cp "$SAMPLES/orientation/orientation-$i.jpg" "photos/$i.jpg"; done
mkfifo list
for words in --mode=sync --mode=threads --mode=processes --io=uring; do
    "$THUMBS" "$words" --files-from=- photos "out$words" <list >"$log/stdout" 2>"$log/stderr" &
    run=$!
    exec 3>list
    printf '1.jpg\n2.j' >&3
    until_true 20 test -s "out$words/1.jpg" || fail "$words: the first name was not heard: $(cat "$log/stderr")"
    printf 'pg\n' >&3
    until_true 20 test -s "out$words/2.jpg" || fail "$words: the second name was not heard: $(cat "$log/stderr")"
    printf '3.jpg' >&3
    exec 3>&-
    finish
    [ "$got_status" -eq 0 ] || fail "$words: exit status $got_status"
    expect_counts 3 0 0 0 0
    expect_outputs "out$words" 1.jpg 2.jpg 3.jpg
    if [ "$words" = --io=uring ]; then expect_said 'files are read by I/O threads'; fi
done
for mode in $MODES; do
    "$THUMBS" --mode="$mode" --files-from=list photos "stopped-$mode" >"$log/stdout" 2>"$log/stderr" </dev/null &
    run=$!
    exec 3>list
    echo 1.jpg >&3
    until_true 20 test -s "stopped-$mode/1.jpg" || fail "$mode: it does not begin"
    kill -INT "$run"
    until_true 10 is_gone "$run" || fail "$mode: it goes on waiting"
    finish
    exec 3>&-
    [ "$got_status" -eq 130 ] || fail "$mode: exit status $got_status"
    expect_counts 1 0 0 0 0
    expect_clean "stopped-$mode"
done
