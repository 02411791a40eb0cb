# SPDX-License-Identifier: MIT
# Without standard input, output or error, or when who reads the errors goes away: the work is done
# all the same.
. "$CASES/common.inc"
many photos 3 orientation
thumbs 0 photos calm
for mode in $MODES; do
    status=0
    "$THUMBS" --mode="$mode" photos "$mode" <&- >&- 2>&- || status=$?
    [ "$status" -eq 0 ] || fail "$mode: exit status $status with all closed"
    same_trees calm "$mode"
    rm -r "$mode"
    (
        status=0
        "$THUMBS" --mode="$mode" -v photos "$mode" 2>&1 >/dev/null || status=$?
        echo $status >"$log/status"
    ) | head -n 1 >/dev/null
    [ "$(cat "$log/status")" -eq 0 ] || fail "$mode: exit status $(cat "$log/status") when nobody listens"
    same_trees calm "$mode"
    expect_clean "$mode"
done
