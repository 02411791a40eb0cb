# Who reads the report goes away: a report that is not whole is not one, so the run ends, with a reason and exit status
# 3, before all is done. (Messages are another matter: see streams_closed.)
. "$CASES/common.inc"
many photos 8
for mode in $MODES; do
    (
        status=0
        "$THUMBS" --mode="$mode" --jobs=2 --format=webp --size=400 --report=- photos "$mode" 2>"$log/stderr" ||
            status=$?
        echo $status >"$log/status"
    ) | head -n 1 >"$log/first"
    [ "$(cat "$log/status")" -eq 3 ] || fail "$mode: exit status $(cat "$log/status")"
    expect_said "thumbs: report: standard output: Broken pipe"
    check_summary
    [ "$(wc -l <"$log/first")" -eq 1 ] || fail "$mode: not a line of the report"
    [ "$(outputs "$mode" | wc -l)" -lt 96 ] || fail "$mode: it went on to the end for nobody"
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
