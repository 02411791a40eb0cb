# SPDX-License-Identifier: MIT
# A small picture keeps its size, unless it is told to grow.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/png/size-4x4-adam7.png" "$SAMPLES/jpeg/size-17x33.jpg" photos
for mode in $MODES; do
    thumbs 0 --mode="$mode" photos "$mode"
    expect_dims "$mode/size-4x4-adam7.jpg" "jpeg 4x4"
    expect_dims "$mode/size-17x33.jpg" "jpeg 17x33"
    thumbs 0 --mode="$mode" --enlarge --size=132x99 photos "$mode"
    expect_counts 2 0 0 0 0
    expect_dims "$mode/size-4x4-adam7.jpg" "jpeg 99x99"
    expect_dims "$mode/size-17x33.jpg" "jpeg 51x99"
done
same_trees sync threads
same_trees sync processes
