# SPDX-License-Identifier: MIT
# Several sizes and formats from one run; the shapes of boxes; names by {size}; the formats' own
# bytes.
. "$CASES/common.inc"
mkdir -p photos/sub
cp "$SAMPLES/photos/dunes.jpg" photos/sub/wide.jpg
full=$(thumbs 0 --report=- --size=65500 photos x && grep -o '"width":[0-9]*,"height":[0-9]*' "$log/stdout" | head -n 1)
[ -n "$full" ] || fail "the size of the source is not in the report"
cp "$SAMPLES/png/size-300x1-adam7.png" photos/thin.png
cp "$SAMPLES/png/rgba-8.png" photos/alpha.png
for mode in $MODES; do
    thumbs 0 --mode="$mode" --size=100,64x,x48,32x20 --format=jpeg,png,webp --report="$log/r" photos "$mode"
    expect_clean "$mode"
done
same_trees sync threads
same_trees sync processes
set --
for stem in sub/wide thin alpha; do
    for size in 100 64x x48 32x20; do
        # The one with alpha is 71x47, so that one for 100 stands for x48, too.
        [ "$stem-$size" != alpha-x48 ] || continue
        set -- "$@" "$stem-$size.jpg" "$stem-$size.png" "$stem-$size.webp"
    done
done
expect_outputs sync "$@"
check_report "$log/r"
for format in jpg:jpeg png:png webp:webp; do
    expect_dims "sync/thin-100.${format%:*}" "${format#*:} 100x1"
    expect_dims "sync/thin-64x.${format%:*}" "${format#*:} 64x1"
    expect_dims "sync/thin-x48.${format%:*}" "${format#*:} 300x1" # not enlarged
    expect_dims "sync/thin-32x20.${format%:*}" "${format#*:} 32x1"
    case $(dims "sync/sub/wide-100.${format%:*}") in
    "${format#*:} 100x"[1-9]*) ;;
    *) fail "wide-100.${format%:*} is $(dims "sync/sub/wide-100.${format%:*}")" ;;
    esac
    case $(dims "sync/sub/wide-x48.${format%:*}") in
    "${format#*:} "*x48) ;;
    *) fail "wide-x48.${format%:*} is $(dims "sync/sub/wide-x48.${format%:*}")" ;;
    esac
done
# Alone, each size has the same dimensions.
for size in 100 64x x48 32x20; do
    thumbs 0 --mode=sync --size="$size" photos "alone-$size"
    expect_dims "alone-$size/sub/wide.jpg" "$(dims "sync/sub/wide-$size.jpg")"
    [ "$size" = x48 ] || expect_dims "alone-$size/alpha.jpg" "$(dims "sync/alpha-$size.jpg")"
done
# Written from the planes of a JPEG, a format's bytes do not depend on the other.
thumbs 0 --size=100,x48 --format=jpeg,webp photos/sub both
thumbs 0 --size=100,x48 --format=jpeg photos/sub alone
thumbs 0 --size=100,x48 --format=webp photos/sub alone
for name in wide-100.jpg wide-x48.jpg wide-100.webp wide-x48.webp; do
    cmp "alone/$name" "both/$name" || fail "$name depends on the other format"
done
# Short options and separate words; quality makes a difference.
thumbs 0 -s 100 -f jpeg -Q 10 -j 1 photos q10
thumbs 0 -s100 -Q95 photos q95
[ "$(stat -c %s q10/sub/wide.jpg)" -lt "$(stat -c %s q95/sub/wide.jpg)" ] || fail "quality makes no difference"
# The largest number of outputs that there may be.
thumbs 0 --size=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 --format=jpeg,png,webp,keep photos all
[ "$(outputs all | wc -l)" -eq 144 ] || fail "16 sizes in 3 formats of 3 pictures are $(outputs all | wc -l) files"
thumbs 2 --size=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17 photos all
# Widths are not known before, and a name of them without {dir} is compared with those of other folders.
thumbs 0 --size=10,20 --format=jpeg,png --name='{width}/{stem}.{ext}' photos by-width
expect_outputs by-width 10/alpha.jpg 10/alpha.png 20/alpha.jpg 20/alpha.png 10/thin.jpg 10/thin.png 20/thin.jpg \
    20/thin.png 10/wide.jpg 10/wide.png 20/wide.jpg 20/wide.png
# A source of one pixel, and boxes far larger or as small as can be.
mkdir tiny
cp "$SAMPLES/png/size-1x1-adam7.png" tiny
cp "$SAMPLES/jpeg/size-3000x1.jpg" "$SAMPLES/jpeg/size-1x3000.jpg" tiny
thumbs 0 --size=1,65500,1x65500 tiny out
# 1x1 is at its own size at each, 1x3000 at the last two.
[ "$(outputs out | wc -l)" -eq 6 ] || fail "not all of the tiny ones"
expect_dims out/size-3000x1-1.jpg "jpeg 1x1"
expect_dims out/size-3000x1-65500.jpg "jpeg 3000x1"
