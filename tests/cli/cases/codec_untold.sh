# SPDX-License-Identifier: MIT
# Brands of a HEIF file may leave open which codec is in it. A worker that was forked with the other one makes way for a
# worker that has both.
. "$CASES/common.inc"
for ending in heic avif; do
    [ -f "$SAMPLES/heif/still.$ending" ] || fail "samples are missing"
    mkdir "told-$ending" "untold-$ending"
    cp "$SAMPLES/heif/still.$ending" "told-$ending"
    LC_ALL=C sed "s/$ending/mif1/g" "told-$ending/still.$ending" >"untold-$ending/still.$ending"
    ! cmp -s "told-$ending/still.$ending" "untold-$ending/still.$ending" || fail "$ending has no such brand"
    thumbs 0 --mode=sync -s 64 -f png "told-$ending" "calm-$ending"
    for mode in processes threads; do
        thumbs 0 --mode=$mode -s 64 -f png "untold-$ending" "$mode-$ending"
        same_trees "calm-$ending" "$mode-$ending"
    done
done
