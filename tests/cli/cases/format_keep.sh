# SPDX-License-Identifier: MIT
# --format=keep: as the source where that can be written; else JPEG, or PNG with alpha. jpeg,keep of
# a JPEG is one file.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/jpeg/baseline-420.jpg" photos/jpeg.jpg
cp "$SAMPLES/png/palette-8-trns.png" photos/png.png
cp "$SAMPLES/webp/lossy-alpha.webp" photos/webp.webp
cp "$SAMPLES/gif/still.gif" photos/gif.gif
cp "$SAMPLES/gif/animated-transparent.gif" photos/alpha.gif
cp "$SAMPLES/tiff/rgba-lzw.tif" photos/alpha.tif
thumbs 0 --format=keep --report="$log/r" photos out
check_report "$log/r"
for pair in jpeg.jpg:jpeg png.png:png webp.webp:webp; do
    case $(dims "out/${pair%:*}") in
    "${pair#*:} "*) ;;
    *) fail "${pair%:*} is $(dims "out/${pair%:*}")" ;;
    esac
done
[ "$(outputs out | wc -l)" -eq 6 ] || fail "not six files: $(outputs out)"
thumbs 0 --format=jpeg,keep photos both
thumbs 0 --format=jpeg photos jpeg
cmp both/jpeg.jpg jpeg/jpeg.jpg
thumbs 0 --format=jpeg,keep photos both
expect_counts 0 6 0 0 0
