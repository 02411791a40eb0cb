# SPDX-License-Identifier: MIT
# Damaged data that still decodes: a thumbnail and a warning, or with --on-damage=fail a failure and
# no thumbnail.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/broken/baseline-cut-half.jpg" photos/a.jpg
cp "$SAMPLES/broken/cut-half.png" photos/b.png
cp "$SAMPLES/orientation/orientation-1.jpg" photos/c.jpg
for mode in $MODES; do
    thumbs 0 --mode="$mode" --report="$log/r" photos "$mode"
    expect_counts 1 0 2 0 0
    expect_fates "$log/r" "damaged a.jpg" "damaged b.png" "done c.jpg"
    [ "$(grep -c '"warning":"..*"' "$log/r")" -eq 2 ] || fail "no warning in the report"
    expect_said "thumbs: damaged: a.jpg: "
    expect_outputs "$mode" a.jpg b.jpg c.jpg
    thumbs 0 --mode="$mode" --on-damage=warn --quiet photos "q-$mode"
    [ ! -s "$log/stderr" ] || fail "--quiet tells of damage"

    thumbs 1 --mode="$mode" --on-damage=fail --report="$log/r" photos "f-$mode"
    expect_counts 1 0 0 2 0
    expect_fates "$log/r" "failed:decode:corrupt a.jpg" "failed:decode:corrupt b.png" "done c.jpg"
    expect_outputs "f-$mode" c.jpg
done
same_trees sync threads
same_trees sync processes
