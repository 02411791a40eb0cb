# SPDX-License-Identifier: MIT
# Who reads the report goes away: a report that is not whole is not one, so the run ends, with a
# reason and exit status 3, before all is done. (Messages are another matter: see streams_closed.)
. "$CASES/common.inc"
mkdir photos
for n in 1 2 3; do cp "$SAMPLES/orientation/orientation-$n.jpg" photos/$n.jpg; done
mkfifo list fifo
for mode in $MODES; do
    # A list that does not end, so that it is not the end of the work that ends it.
    "$THUMBS" --mode="$mode" --jobs=2 --files-from=- --report=- photos "$mode" <list >fifo 2>"$log/stderr" &
    run=$!
    exec 3>list
    echo 1.jpg >&3
    head -n 1 <fifo >"$log/first"
    grep -q '^{"source":"1.jpg"' "$log/first" || fail "$mode: not a line of the report: $(cat "$log/first")"
    echo 2.jpg >&3
    until_true 20 is_gone "$run" || fail "$mode: it goes on for nobody"
    finish
    exec 3>&-
    [ "$got_status" -eq 3 ] || fail "$mode: exit status $got_status"
    expect_said "thumbs: report: standard output: Broken pipe"
    check_summary
    expect_outputs "$mode" 1.jpg 2.jpg
    expect_clean "$mode"
done
# The list of a dry run is its result as well.
(
    status=0
    "$THUMBS" --dry-run photos dry 2>"$log/stderr" || status=$?
    echo $status >"$log/status"
) | :
case $(cat "$log/status") in
3) expect_said "thumbs: standard output: Broken pipe" ;;
*) fail "dry run: exit status $(cat "$log/status")" ;;
esac
