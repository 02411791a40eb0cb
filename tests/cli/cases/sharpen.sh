# SPDX-License-Identifier: MIT
# --sharpen with and without an amount, in every mode.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/photos/dunes.jpg" "$SAMPLES/png/rgba-8.png" photos
for mode in $MODES; do
    thumbs 0 --mode="$mode" --sharpen --size=40 --format=jpeg,webp photos "$mode"
done
same_trees sync threads
same_trees sync processes
# The amount need not be given, and a word behind the option is none.
thumbs 0 --sharpen=0.5 --size=40 --format=jpeg,webp photos half
same_trees sync half
thumbs 0 --size=40 photos out
for amount in 0.5 1 10 .25 2.; do
    thumbs 0 --sharpen=$amount --size=40 photos out
    expect_counts 2 0 0 0 0
done
thumbs 0 --sharpen=2 --size=40 photos out
expect_counts 0 2 0 0 0
for amount in '' 0 0.00 10.01 11 -1 1e1 0.001 a 1.2.3 99999999999; do
    thumbs 2 --sharpen=$amount photos none
    expect_said "--sharpen=$amount: must be a number from 0.01 to 10, like 0.5"
done
