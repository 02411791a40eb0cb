# SPDX-License-Identifier: MIT
# What a crop does not show is not decoded where the format allows; nothing else may change by that.
# A placeholder is of the whole picture, so with one all of it is decoded.
. "$CASES/common.inc"
mkdir photos
for file in png/rgb-8.png png/rgba-16.png png/palette-4.png png/grey-1.png png/rgb-8-adam7.png heif/grid.heic \
    heif/cropped-turned.heic heif/alpha.avif heif/still.heic photos/mountain-lake.jpg; do
    if [ -f "$SAMPLES/$file" ]; then cp "$SAMPLES/$file" photos; fi
done
[ "$(find photos -type f | wc -l)" -ge 7 ] || fail "samples are missing"
for gravity in centre north southeast west; do # 8x93: a column of grid.heic, as it is
    for size in 16x16 40x4 4x40 8x93; do
        thumbs 0 --mode=sync -s $size --fit=cover --gravity=$gravity -f png photos "part-$gravity-$size"
        thumbs 0 --mode=sync -s $size --fit=cover --gravity=$gravity -f png --placeholders photos "whole-$gravity-$size"
        same_trees "part-$gravity-$size" "whole-$gravity-$size"
    done
done

# A file that breaks off is damaged, even if no thumbnail shows where.
mkdir cut
head -c -40 "$SAMPLES/png/rgb-8.png" >cut/short.png
head -c -40 "$SAMPLES/heif/grid.heic" >cut/grid.heic
thumbs 0 -s 8x93 --fit=cover --gravity=west -f png --report=r cut cut-out
expect_fates r 'damaged short.png' 'damaged grid.heic'
thumbs 0 -s 8x93 --fit=cover --gravity=west -f png "$SAMPLES/heif/grid.heic" calm
thumbs 0 -s 71x4 --fit=cover --gravity=north -f png --report=r cut/short.png strip
expect_fates r 'damaged short.png'
thumbs 0 -s 71x4 --fit=cover --gravity=north -f png "$SAMPLES/png/rgb-8.png" calm
cmp calm/rgb-8.png strip/short.png || fail "the strip of a PNG is another"
cmp calm/grid.png cut-out/grid.png || fail "the strip of a HEIC is another"

# Tiles of HEIC that no thumbnail shows are not decoded: that one of them decodes to nothing is not seen.
cp "$SAMPLES/heif/grid.heic" bits.heic
size=$(stat -c %s bits.heic)
head -c 60 /dev/zero | dd of=bits.heic bs=1 seek=$((size - 60)) conv=notrunc 2>/dev/null
thumbs 0 -s 40 --report=r bits.heic bits-whole
expect_fates r 'damaged bits.heic'
thumbs 0 -s 8x93 --fit=cover --gravity=west --report=r bits.heic bits-part
expect_fates r 'done bits.heic'
thumbs 0 -s 8x93 --fit=cover --gravity=east --report=r bits.heic bits-east
expect_fates r 'damaged bits.heic'
