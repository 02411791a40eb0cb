# SPDX-License-Identifier: MIT
# --version -v: every format with what reads and writes it, and what is compiled in, whichever option
# comes first.
"$THUMBS" --version -v >lines
"$THUMBS" -v --version | cmp - lines
"$THUMBS" --version --verbose | cmp - lines
"$THUMBS" bench --version | cmp - "$CASES/version.stdout"

line() { grep -qxE "$1" lines || { echo "no line '$1'" && cat lines; }; }
library='[A-Za-z0-9-]+ [0-9]+[.][0-9]+([.][0-9]+)?'
line 'thumbs [0-9.]+'
line "jpeg +own code, libjpeg-turbo [0-9.]+(, $library)*  +libjpeg-turbo [0-9.]+"
line "png +own code(, $library)+  +libpng [0-9.]+"
for format in webp avif jxl gif heif tiff jp2k svg; do
    line "$format +(-|(own code, )?$library(, $library)*( .in a sandbox.)?)  +(-|$library)"
done
line "bmp +own code  +-"
for part in threads io_uring sandbox profiles; do line "$part +.+"; done

# What is told to be read is read, and what is told to be written is written.
for sample in jpeg/grey.jpg png/rgb-8.png webp/lossy.webp heif/still.avif gif/still.gif \
    heif/still.heic tiff/strip.tif; do
    format=${sample##*.}
    case $format in jpg) format=jpeg ;; heic) format=heif ;; tif) format=tiff ;; esac
    grep -q "^$format  *-  " lines && can=1 || can=0
    status=0
    "$THUMBS" --quiet "$SAMPLES/$sample" "out-$format" 2>/dev/null || status=$?
    [ $status -eq $can ] || echo "$format: status $status, but $(grep "^$format" lines)"
done
for format in jpeg png webp avif jxl gif; do
    grep -qE "^$format +.*  +-$" lines && can=2 || can=0
    status=0
    "$THUMBS" --quiet --format=$format "$SAMPLES/jpeg/grey.jpg" "as-$format" 2>/dev/null || status=$?
    [ $status -eq $can ] || echo "writing $format: $status, but $(grep "^$format" lines)"
done
