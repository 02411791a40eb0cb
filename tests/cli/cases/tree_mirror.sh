# SPDX-License-Identifier: MIT
# One SOURCE folder: its tree is mirrored straight under DEST, the same in each mode; nothing in
# SOURCE is changed; each thumbnail bears the time of its source, also an odd one.
. "$CASES/common.inc"
mkdir -p photos/b/d photos/'g  h' photos/nothing/here
cp "$SAMPLES/orientation/orientation-6.jpg" photos/a.jpg
cp "$SAMPLES/orientation/orientation-6.png" photos/b/c.PNG
cp "$SAMPLES/orientation/orientation-6.webp" photos/b/d/e.webp
cp "$SAMPLES/gif/animated.gif" photos/b/d/f.gif
cp "$SAMPLES/tiff/strip.tif" photos/'g  h'/i.tiff
cp "$SAMPLES/photos/dunes.jpg" photos/dunes.jpeg
echo "no picture" >photos/notes.txt
: >photos/b/empty
touch -d '1969-07-20 20:17:40.5 UTC' photos/b/c.PNG
touch -d '2222-02-22 02:22:22.222222222 UTC' photos/b/d/e.webp
touch -d '1970-01-01 00:00:00 UTC' photos/dunes.jpeg
snapshot photos >before
for mode in $MODES; do
    thumbs 0 --mode="$mode" --jobs=2 --report="$log/$mode" photos "made/for/$mode"
    expect_counts 6 0 0 0 2
    expect_outputs "made/for/$mode" a.jpg b/c.jpg b/d/e.jpg b/d/f.jpg 'g  h/i.jpg' dunes.jpg
    expect_clean "made/for/$mode"
    same_trees made/for/sync "made/for/$mode"
done
expect_fates "$log/processes" "done a.jpg" "done b/c.PNG" "done b/d/e.webp" "done b/d/f.gif" "done g  h/i.tiff" \
    "done dunes.jpeg" "skipped notes.txt" "skipped b/empty"
snapshot photos >after
cmp before after || fail "something in SOURCE has changed"

expect_dims made/for/sync/a.jpg "jpeg 240x160"
expect_dims made/for/sync/b/c.jpg "jpeg 240x160"
expect_dims made/for/sync/dunes.jpg "jpeg 256x$(dims made/for/sync/dunes.jpg | sed 's/.*x//')"
for pair in a.jpg:a.jpg b/c.PNG:b/c.jpg b/d/e.webp:b/d/e.jpg dunes.jpeg:dunes.jpg; do
    [ "$(stat -c %y "photos/${pair%:*}")" = "$(stat -c %y "made/for/sync/${pair#*:}")" ] ||
        fail "${pair#*:} does not bear the time of its source"
done

# However the two are written: slashes at the end, ".", paths with "..", absolute.
for words in "photos/ out1/" "./photos// out2" "photos/b/.. made/../out3" "$PWD/photos $PWD/out4"; do
    # shellcheck disable=SC2086 # two words
    thumbs 0 $words
    same_trees made/for/sync "$(echo "$words" | sed 's/.* //')"
done
(cd photos && "$THUMBS" --quiet . ../out5) || fail "SOURCE . does not work"
same_trees made/for/sync out5

# Odd but allowed: next to no room in any queue, more jobs than files.
thumbs 0 --jobs=1 --queue=1 --queue-bytes=1 --io-jobs=1 photos out6
same_trees made/for/sync out6
thumbs 0 --mode=threads -j 40 --io-jobs 30 --queue=1 --queue-bytes 1K photos out7
same_trees made/for/sync out7
thumbs 0 --jobs=20 --queue=500 photos out8
same_trees made/for/sync out8
expect_clean out8
