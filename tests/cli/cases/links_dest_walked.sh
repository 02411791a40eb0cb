# SPDX-License-Identifier: MIT
# DEST is not walked, by way of a link into its midst neither: there would be thumbnails of
# thumbnails.
. "$CASES/common.inc"
mkdir -p photos/sub
cp "$SAMPLES/orientation/orientation-1.jpg" photos/sub/b.jpg
thumbs 0 photos out
ln -s ../out/sub photos/link
thumbs 0 --follow photos out
thumbs 0 --follow photos out
expect_outputs out sub/b.jpg
