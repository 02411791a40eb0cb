# SPDX-License-Identifier: MIT
# Files and folders whose name begins with a dot: only with --hidden, or named by the user. What the
# program keeps in some DEST, it never takes for a picture.
. "$CASES/common.inc"
mkdir -p photos/.cache .dot photos/sub
for name in photos/a.jpg photos/.b.jpg photos/.cache/c.jpg photos/sub/.d.jpg .dot/e.jpg photos/.jpg photos/..e.jpg; do
    cp "$SAMPLES/orientation/orientation-1.jpg" "$name"
done
cp "$SAMPLES/orientation/orientation-1.jpg" photos/.thumbs-0123456789abcdef-1
thumbs 0 photos out
expect_outputs out a.jpg
expect_counts 1 0 0 0 0
thumbs 0 --hidden photos out
expect_counts 6 1 0 0 0
expect_outputs out a.jpg .b.jpg .cache/c.jpg sub/.d.jpg .jpg.jpg ..e.jpg _.thumbs-0123456789abcdef-1.jpg
thumbs 0 --hidden photos out
expect_counts 0 7 0 0 0
thumbs 0 .dot out2
expect_outputs out2 e.jpg
thumbs 0 photos/.b.jpg out3
expect_outputs out3 .b.jpg
# Also the other way round: a DEST that is hidden in SOURCE.
thumbs 0 --hidden photos/sub photos/sub/.thumbnails
thumbs 0 --hidden photos/sub photos/sub/.thumbnails
expect_outputs photos/sub/.thumbnails .d.jpg
