# SPDX-License-Identifier: MIT
# Every option about pictures gives the same on the fast path of a format and on the way through
# libvips, and for a format with one way the same as for its picture in PNG: as large, and less than
# 1.5 levels apart on average. So is what is written from planes.
. "$CASES/common.inc"
[ -x "$ALIKE" ] || skip "the program that compares pictures is not built"
has_probes || skip "this build has no fault injection (THUMBS_FAULTS)"

# Two ways: FILE... below samples/. (Of PNG the other way is for odd files alone, but is the same.)
mkdir two one
take() { # FOLDER FILE... - under names that tell all
    folder=$1
    shift
    for file; do cp "$SAMPLES/$file" "$folder/$(echo "${file%.*}" | tr / -)-${file##*.}.${file##*.}"; done
}
take two photos/dunes.jpg photos/mountain-lake.jpg jpeg/baseline-420.jpg jpeg/baseline-444.jpg \
    jpeg/progressive-420.jpg jpeg/progressive-422-restart.jpg jpeg/grey.jpg jpeg/cmyk-adobe-marker.jpg \
    jpeg/ycck-420.jpg orientation/orientation-2.jpg orientation/orientation-5.jpg orientation/orientation-6.jpg \
    icc/display-p3.jpg icc/grey-gamma-1.8.jpg icc/adobe-rgb.jpg jpeg/size-1x3000.jpg jpeg/size-3000x1.jpg \
    png/rgba-8.png png/rgb-16.png png/palette-8-trns.png png/grey-alpha-8.png png/rgb-8-adam7.png \
    orientation/orientation-6.png icc/display-p3-16-bit.png icc/grey-gamma-1.8.png \
    heif/still.heic heif/grid.heic heif/red-blue-exchanged.heic heif/still-10-bit.heic heif/alpha.avif \
    heif/premultiplied.avif heif/display-p3-nclx.avif heif/grey.avif heif/still-12-bit.avif
take one webp/lossy.webp webp/lossless.webp webp/lossless-alpha.webp icc/display-p3.webp \
    orientation/orientation-6.webp gif/still.gif gif/still-transparent.gif bmp/rgba-32.bmp pnm/rgb.ppm tiff/strip.tif \
    tiff/rgba-lzw.tif orientation/orientation-6.tif
thumbs 0 --mode=threads --size=65500 --format=png --metadata=icc one whole
can_write webp && webp=,webp || webp=

# as_png FOLDER - what is in it, as PNG files in FOLDER-png
as_png() { thumbs 0 --mode=threads --size=65500 --format=png --names=full "$1" "$1-png"; }

# agree OPTION... - make them both ways, and compare
n=0
agree() {
    n=$((n + 1))
    thumbs 0 --mode=threads "$@" two "$n-fast"
    THUMBS_FAULT='decline:*' thumbs 0 --mode=threads "$@" two "$n-vips"
    thumbs 0 --mode=threads "$@" one "$n-own"
    thumbs 0 --mode=threads "$@" whole "$n-whole"
    case " $* " in
    *" --format=png "*) png= ;;
    *) png=-png && for way in fast vips own whole; do as_png "$n-$way"; done ;;
    esac
    "$ALIKE" "$most" "$n-fast$png" "$n-vips$png" && "$ALIKE" "$most" "$n-own$png" "$n-whole$png" || fail "of $*"
}

most=1.5
while read -r options; do
    # shellcheck disable=SC2086 # several words
    agree --format=png $options
done <<TABLE
--size=16,100x,x33
--size=20x15 --fit=fill
--size=40,20x40 --fit=cover --gravity=west --fast
--fit=cover --size=60x40,31x77 --gravity=southeast
--fit=cover --size=77x31 --gravity=northwest --sharpen --enlarge
--fit=contain --size=61x50 --pages=all
--fit=contain --size=50x61 --background=#804020 --linear
--fit=fill --size=33x90,300x20 --enlarge
--linear --size=50
--sharpen=3 --size=50 --embedded
--metadata=icc --size=50
--metadata=all --size=50 --placeholders
TABLE

# What draws the eye may be found a pixel away.
most=5
agree --format=png --fit=cover --size=40 --gravity=attention

# What loses something by itself, and is written from planes where it can be.
most=3.5
while read -r options; do
    # shellcheck disable=SC2086 # several words
    agree $options
done <<TABLE
--format=jpeg$webp --size=60 --quality=jpeg:90,webp:95 --progressive --metadata=icc
--format=jpeg$webp --size=60x50 --fit=contain --background=#204080 --quality=90
--format=jpeg --size=50x30 --fit=cover --quality=90 --metadata=all
--format=jpeg$webp --size=100 --max-size=4K --sharpen
TABLE
