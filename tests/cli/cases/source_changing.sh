# SPDX-License-Identifier: MIT
# Sources that come, go and change while the run is at them: each run ends by itself, tells each
# source once, leaves nothing half; and when it is quiet again, the next run brings all to what it
# should be.
. "$CASES/common.inc"
mkdir -p photos/still photos/moving
cp "$SAMPLES"/photos/*.jpg photos/still
one=$SAMPLES/photos/dunes.jpg
two=$SAMPLES/orientation/orientation-6.jpg
(
    while [ ! -e "$log/stop" ]; do
        for i in 1 2 3 4 5 6 7 8; do
            cp "$one" "photos/moving/$i.jpg"
            cp "$two" "photos/moving/x$i.jpg"
            mv "photos/moving/x$i.jpg" "photos/moving/y$i.jpg"
            cp "$two" "photos/moving/$i.jpg"
            : >"photos/moving/y$i.jpg"
            rm -f "photos/moving/y$i.jpg"
        done
        mv photos/moving photos/moved
        mv photos/moved photos/moving
    done
) 2>/dev/null &
trouble=$!
for mode in $MODES $MODES; do
    status=0
    "$THUMBS" --mode="$mode" --size=64 --report="$log/r" photos out 2>"$log/stderr" || status=$?
    case $status in
    0 | 1) ;;
    *) fail "$mode: exit status $status: $(tail -n 1 "$log/stderr")" ;;
    esac
    check_report "$log/r"
    odd=$(fates "$log/r" | grep '^failed' | grep -v -e ':vanished ' -e ':corrupt ' -e ':unreadable ' || true)
    [ -z "$odd" ] || fail "$mode: $odd"
    [ "$(fates "$log/r" | grep -Ec '^(done|up-to-date) still/')" -eq 12 ] || fail "$mode: the trouble costs others"
    expect_clean out
done
: >"$log/stop"
wait "$trouble" || true
thumbs 0 --size=64 photos out
thumbs 0 --size=64 photos calm
whole_or_not "$PWD/out" "$PWD/calm"
