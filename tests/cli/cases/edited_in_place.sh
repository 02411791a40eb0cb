# SPDX-License-Identifier: MIT
# A source that was edited by what keeps its size and time, or replaced by another of the same size
# and time, is made again. A manifest that lost its end, or is an older copy, is not believed about
# outputs that were made since.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/orientation/orientation-1.jpg" photos/b.jpg
touch -d 2021-05-05 photos/a.jpg photos/b.jpg
thumbs 0 photos out
size=$(stat -c %s photos/a.jpg)
# Another picture, brought to the same size by bytes behind its end.
small=$SAMPLES/jpeg/size-17x33.jpg
[ "$(stat -c %s "$small")" -lt "$size" ] || skip "the sample is too large"
cp "$small" edited
truncate -s "$size" edited
touch -d 2021-05-05 edited
sleep 0.02 # a tick of the file system's clock
cat edited >photos/a.jpg
touch -d 2021-05-05 photos/a.jpg
mv edited photos/b.jpg
thumbs 0 photos out
expect_counts 2 0 0 0 0
expect_dims out/a.jpg "jpeg 17x33"
expect_dims out/b.jpg "jpeg 17x33"
# The two swap their names.
cp -p "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
touch -d 2021-05-05 photos/a.jpg
thumbs 0 photos out
mv photos/a.jpg c
mv photos/b.jpg photos/a.jpg
mv c photos/b.jpg
thumbs 0 photos out
expect_counts 2 0 0 0 0
expect_dims out/a.jpg "jpeg 17x33"
expect_dims out/b.jpg "jpeg 240x160"

manifest=$(find out/.thumbs/made -type f)
cp "$manifest" older
cp out/a.jpg older.jpg
thumbs 0 --size=10 --include='a*' photos out
cp older "$manifest"
thumbs 0 photos out
expect_counts 1 1 0 0 0
cmp out/a.jpg older.jpg || fail "an output of another size is called up to date"
