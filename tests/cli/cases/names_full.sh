# SPDX-License-Identifier: MIT
# --names=full: every thumbnail bears the whole name of its source, whoever is beside it, in a walk,
# from a list and for files; {stem} is it, too.
. "$CASES/common.inc"
jpg=$SAMPLES/orientation/orientation-1.jpg
png=$SAMPLES/png/rgb-8.png
mkdir photos
cp "$jpg" photos/a.jpg
cp "$png" photos/b.png
cp "$jpg" photos/plain
for mode in $MODES; do
    thumbs 0 --names=full --mode="$mode" photos "$mode"
    expect_outputs "$mode" a.jpg.jpg b.png.jpg plain.jpg
    thumbs 0 --names=full --mode="$mode" photos "$mode"
    expect_counts 0 3 0 0 0
done
# A neighbour changes nothing, neither coming nor going.
cp "$png" photos/a.png
thumbs 0 --names=full photos sync
expect_counts 1 3 0 0 0
rm photos/a.jpg
thumbs 0 --names=full photos sync
expect_counts 0 3 0 0 0
expect_outputs sync a.jpg.jpg a.png.jpg b.png.jpg plain.jpg
printf 'b.png\n' >names
thumbs 0 --names=full --files-from=names photos listed
expect_outputs listed b.png.jpg
thumbs 0 --names=full photos/b.png photos/plain files
expect_outputs files b.png.jpg plain.jpg
thumbs 0 --names=full --size=20,30 --name='{size}/{stem}' photos sizes
expect_outputs sizes 20/a.png 20/b.png 20/plain 30/a.png 30/b.png 30/plain
# What has short names gets whole ones when that is asked for, and keeps them from then on.
rm photos/a.png
thumbs 0 photos change
expect_outputs change b.jpg plain.jpg
thumbs 0 --names=full photos change
expect_counts 2 0 0 0 0
expect_outputs change b.jpg b.png.jpg plain.jpg
thumbs 0 --names=short photos change
expect_outputs change b.jpg b.png.jpg plain.jpg
for bad in '' none FULL; do
    thumbs 2 --names="$bad" photos no
    expect_said 'short or full'
done
[ ! -e no ] || fail "a refused run has made DEST"
