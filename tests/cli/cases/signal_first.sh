# SPDX-License-Identifier: MIT
# The first SIGINT, SIGTERM or SIGHUP: what is being written is finished, nothing new is started,
# the report and the summary are written, exit status 128 + signal; no temporary and no process is
# left, and the next run completes the tree.
. "$CASES/common.inc"
many photos 4
thumbs 0 --format=webp --size=400 --jobs=2 photos calm
for what in sync:HUP:129 threads:INT:130 processes:TERM:143; do
    mode=${what%%:*}
    status=${what##*:}
    name=${what#*:}
    name=${name%:*}
    hold
    start --mode="$mode" --jobs=2 --format=webp --size=400 --report="$log/r" photos out
    until_true 20 has_outputs out 3 || fail "$what: it does not begin: $(cat "$log/stderr")"
    kill -s "$name" "$run"
    until_true 60 is_heard "$run" || fail "$what: it does not listen"
    sleep 0.1 # and has done something about it
    let_go
    finish
    [ "$got_status" -eq "$status" ] || fail "$what: exit status $got_status"
    check_summary
    expect_said "stopped by SIG$name, the rest was not begun"
    check_report "$log/r"
    grep -q "\"interrupted\":$((status - 128))}}" "$log/r" ||
        fail "$what: the report does not say that it was interrupted"
    told=$(grep -c '"status":"done"' "$log/r")
    [ "$told" -eq "$(outputs out | wc -l)" ] || fail "$what: $told are told, $(outputs out | wc -l) are there"
    [ "$told" -lt 48 ] || fail "$what: nothing was left undone"
    expect_clean out
    whole_or_not calm out
    [ $name = TERM ] || rm -r out
done
thumbs 0 --format=webp --size=400 --jobs=2 photos out
same_trees calm out
