# SPDX-License-Identifier: MIT
# Two new sources of one folder that would get the same output name both get their whole name,
# whatever the order, in every mode; what is no image pushes nobody. (See names_kept.sh for those
# that are not new.)
. "$CASES/common.inc"
jpg=$SAMPLES/orientation/orientation-1.jpg
png=$SAMPLES/png/rgb-8.png
gif=$SAMPLES/gif/still.gif
mkdir -p photos/pair photos/chain photos/three photos/sidecar photos/content photos/dots photos/case
cp "$jpg" photos/pair/a.jpg
cp "$png" photos/pair/a.png
cp "$jpg" photos/pair/b.jpg
# a.jpg.png would be a.jpg.jpg, which is what a.jpg becomes because of a.png.
cp "$jpg" photos/chain/a.jpg
cp "$png" photos/chain/a.png
cp "$png" photos/chain/a.jpg.png
cp "$gif" photos/chain/a.jpg.png.gif
cp "$jpg" photos/three/x.jpg
cp "$jpg" photos/three/x.jpeg
cp "$jpg" photos/three/x.JPG
cp "$jpg" photos/three/x
# Notes, raw data and the like beside a picture.
cp "$jpg" photos/sidecar/s.jpg
echo text >photos/sidecar/s.txt
echo '<xml/>' >photos/sidecar/s.xmp
: >photos/sidecar/s
# A picture under a name that does not say so counts; a text that does not claim to be one does not.
cp "$jpg" photos/content/c.jpg
cp "$png" photos/content/c.dat
cp "$jpg" photos/dots/.a.b..jpg
cp "$jpg" photos/dots/a..jpg
cp "$png" photos/dots/a..png
cp "$jpg" photos/dots/b.
cp "$jpg" photos/case/P.jpg
cp "$jpg" photos/case/p.png

set -- pair/a.jpg.jpg pair/a.png.jpg pair/b.jpg \
    chain/a.jpg.jpg chain/a.png.jpg chain/a.jpg.png.jpg chain/a.jpg.png.gif.jpg \
    three/x.jpg.jpg three/x.jpeg.jpg three/x.JPG.jpg three/x.jpg \
    sidecar/s.jpg content/c.jpg.jpg content/c.dat.jpg \
    dots/a..jpg.jpg dots/a..png.jpg dots/b.jpg case/P.jpg case/p.jpg
for mode in $MODES; do
    thumbs 0 --mode="$mode" photos "$mode"
    expect_counts 19 0 0 0 3
    expect_outputs "$mode" "$@"
done
same_trees sync threads
same_trees sync processes
# Each got its own picture, and all of it is known the next time.
expect_dims sync/pair/a.jpg.jpg "jpeg 240x160"
expect_dims sync/pair/a.png.jpg "jpeg 71x47"
thumbs 0 photos sync
expect_counts 0 19 0 0 3
# A twin that is excluded pushes nobody.
thumbs 0 --exclude='*.png' photos/pair pair
expect_outputs pair a.jpg b.jpg
