# SPDX-License-Identifier: MIT
# --format=keep: endings differ where contents do, so a.jpg and a.png keep their names; a file whose
# content is not what its name says gets its whole name. Nobody may ever be overwritten by another.
. "$CASES/common.inc"
jpg=$SAMPLES/orientation/orientation-1.jpg
png=$SAMPLES/png/rgb-8.png
webp=$SAMPLES/webp/lossy.webp
mkdir photos
cp "$jpg" photos/a.jpg
cp "$png" photos/a.png
cp "$webp" photos/a.webp
cp "$jpg" photos/b.jpg
cp "$jpg" photos/b.jpeg
cp "$png" photos/c.jpg
cp "$SAMPLES/png/rgba-8.png" photos/d.png
cp "$SAMPLES/gif/still-transparent.gif" photos/e.gif
cp "$SAMPLES/tiff/strip.tif" photos/f.tif
for mode in $MODES; do
    thumbs 0 --format=keep --mode="$mode" photos "$mode"
    expect_outputs "$mode" a.jpg a.png a.webp b.jpg.jpg b.jpeg.jpg c.jpg.png d.png e.gif f.jpg
    thumbs 0 --format=keep --mode="$mode" photos "$mode"
    expect_counts 0 9 0 0 0
done
same_trees sync threads
same_trees sync processes
expect_dims sync/a.webp "webp $(dims sync/a.webp | sed 's/.* //')"
expect_dims sync/c.jpg.png "png 71x47"

# c.jpg holds a PNG, so it becomes c.jpg.png; so would the other one. Each source that is told to be
# done must have an output of its own.
cp "$SAMPLES/png/palette-8.png" photos/c.jpg.png
for mode in $MODES; do
    rm -r "$mode"
    "$THUMBS" --format=keep --mode="$mode" --report="$log/r" photos "$mode" 2>"$log/stderr" || true
    n_done=$(fates "$log/r" | grep -c '^done ')
    files=$(outputs "$mode" | wc -l)
    [ "$n_done" -eq "$files" ] || fail "$mode: $n_done sources are said to be done, but there are $files thumbnails"
done

# The same, however the ending of the sibling is spelled, be it one that is not written or none of a
# picture.
for ending in jif JPg Jfif gif heic bak ""; do
    mkdir -p "pairs/x$ending"
    cp "$jpg" "pairs/x$ending/a.webp"
    cp "$jpg" "pairs/x$ending/a.webp.$ending"
done
for mode in $MODES; do
    "$THUMBS" --format=keep --mode="$mode" --report="$log/r" pairs "pairs-$mode" 2>"$log/stderr" || true
    n_done=$(fates "$log/r" | grep -c '^done ')
    files=$(outputs "pairs-$mode" | wc -l)
    [ "$n_done" -eq "$files" ] || fail "$mode: $n_done sources are said to be done, but there are $files thumbnails"
    # (a.webp.gif, which is none, gets its whole name: GIF is written, too.)
    [ "$files" -eq 8 ] || fail "$mode: each other pair has one name to give, but there are $files thumbnails"
done
same_trees pairs-sync pairs-threads
same_trees pairs-sync pairs-processes
