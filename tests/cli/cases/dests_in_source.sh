# SPDX-License-Identifier: MIT
# A folder that holds .thumbs is the DEST of some run and is not walked, whichever run comes by:
# else thumbnails of thumbnails would be made without end. One that is named as SOURCE is walked,
# with a note.
. "$CASES/common.inc"
mkdir -p photos/sub
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" photos/sub/b.jpg
for round in 1 2 3; do
    thumbs 0 --size=64 photos photos/small
    thumbs 0 --size=128 --report="$log/r" photos photos/sub/large
    expect_outputs photos/small a.jpg sub/b.jpg
    expect_outputs photos/sub/large a.jpg sub/b.jpg
done
expect_fates "$log/r" "up-to-date a.jpg" "up-to-date sub/b.jpg" "skipped small"
thumbs 0 -v photos out
expect_counts 2 0 0 0 2
expect_said "holds .thumbs"
for mode in $MODES; do
    (cd photos && find . -name '*.jpg') >names
    thumbs 0 --mode="$mode" --files-from=names photos listed
    expect_outputs listed a.jpg sub/b.jpg
done
printf 'small\nsub/large/sub\n' >names
thumbs 0 --files-from=names photos listed
expect_counts 0 0 0 0 2

thumbs 0 --size=20 photos/small tiny
expect_said "is the DEST of another run"
expect_outputs tiny a.jpg sub/b.jpg
