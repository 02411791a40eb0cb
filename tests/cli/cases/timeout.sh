# SPDX-License-Identifier: MIT
# --timeout in every mode: a file that takes too long has failed with code timeout; the run goes on
# and leaves nothing.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/photos/dunes.jpg" "$SAMPLES/photos/forest.jpg" "$SAMPLES/photos/fruit-on-a-table.jpg" photos
cp "$SAMPLES/png/rgba-16-adam7.png" "$SAMPLES/gif/animated.gif" photos
for mode in $MODES; do
    status=0
    "$THUMBS" --mode="$mode" --jobs=2 --timeout=0.001 --size=500 --format=webp --report="$log/r" photos "$mode" \
        >"$log/stdout" 2>"$log/stderr" || status=$?
    check_report "$log/r"
    check_summary
    fates "$log/r" | grep -v -e '^done ' -e '^failed:[a-z]*:timeout ' && fail "$mode: neither done nor timeout"
    if fates "$log/r" | grep -q '^failed'; then wanted=1; else wanted=0; fi
    [ "$status" -eq $wanted ] || fail "$mode: exit status $status, expected $wanted"
    [ "$(outputs "$mode" | wc -l)" -eq "$(fates "$log/r" | grep -c '^done ')" ] ||
        fail "$mode: outputs that were not told"
    expect_clean "$mode"
    # The next one, with time enough, completes the tree.
    thumbs 0 --mode="$mode" --size=500 --format=webp photos "$mode"
done
fates "$log/r" | grep -q ':timeout' || fail "mode processes: nothing of all this took longer than a millisecond"
same_trees sync threads
same_trees sync processes
thumbs 2 --timeout=-1 photos out
thumbs 2 --timeout=x photos out
