# SPDX-License-Identifier: MIT
# --linear in every mode and for every kind of source; it makes other bytes, and a run that was made
# without it is made anew.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/photos/dunes.jpg" "$SAMPLES/jpeg/cmyk-adobe-marker.jpg" "$SAMPLES/png/rgba-8.png" \
    "$SAMPLES/tiff/kind-cmyk-alpha.tif" "$SAMPLES/webp/lossy-alpha.webp" "$SAMPLES/heif/still.heic" \
    "$SAMPLES/gif/still.gif" photos
for mode in $MODES; do
    thumbs 0 --mode="$mode" --linear --size=40,20 --format=jpeg,png photos "$mode"
done
same_trees sync threads
same_trees sync processes
thumbs 0 --linear --fast --gravity=north --fit=cover --size=30x20 photos out
expect_counts 7 0 0 0 0
thumbs 0 --linear --fast --gravity=north --fit=cover --size=30x20 photos out
expect_counts 0 7 0 0 0
thumbs 0 --fast --gravity=north --fit=cover --size=30x20 photos out
expect_counts 7 0 0 0 0
thumbs 2 --linear=yes photos none
expect_said "--linear=yes: --linear takes no value"
