# SPDX-License-Identifier: MIT
# --fail-fast stops at the first failed file: exit status 1, what was begun is finished, the rest
# not begun.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/broken/baseline-width-zero.jpg" photos/b.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" photos/c.jpg
thumbs 1 --mode=sync --fail-fast --report="$log/r" photos out
expect_outputs out a.jpg
check_report "$log/r"
expect_said "stopped at the first failed file"
thumbs 0 photos out
expect_said "; known 1 "
expect_outputs out a.jpg c.jpg
thumbs 1 --retry-failed --fail-fast --mode=sync photos out
expect_counts 0 1 0 1 0

i=100
while [ $i -lt 250 ]; do
    ln photos/c.jpg "photos/d$i.jpg"
    i=$((i + 1))
done
for mode in threads processes; do
    thumbs 1 --mode=$mode --jobs=1 --queue=1 --fail-fast --report="$log/r" photos "$mode"
    check_report "$log/r"
    n=$(outputs "$mode" | wc -l)
    [ "$n" -lt 100 ] || fail "$mode: went on to make $n of 152"
    [ "$n" -eq "$(grep -c '"status":"done"' "$log/r")" ] || fail "$mode: the report counts otherwise"
    expect_clean "$mode"
done
# Without a failure it makes no difference.
rm photos/b.jpg
thumbs 0 --fail-fast photos out
