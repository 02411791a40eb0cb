# SPDX-License-Identifier: MIT
# DEST inside SOURCE is not walked; a SOURCE inside DEST, or DEST itself, is refused, however it is
# written.
. "$CASES/common.inc"
mkdir -p photos/sub
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" photos/sub/b.jpg
ln -s photos link
ln -s . here
snapshot photos >before

for words in "photos photos" "photos/sub photos" "photos ." "photos/a.jpg photos" "photos/sub/b.jpg photos" \
    "link photos" "photos link" "photos here" "$PWD/photos ./photos/sub/.." "photos photos/sub/.."; do
    # shellcheck disable=SC2086 # two words
    thumbs 2 $words
    # shellcheck disable=SC2086
    thumbs 2 --dry-run $words
done
(cd photos && "$THUMBS" . . 2>/dev/null) && fail "the same folder was taken"
snapshot photos >after
cmp before after || fail "a refused run has changed something"

for mode in $MODES; do
    for _ in 1 2; do
        thumbs 0 --mode="$mode" photos "photos/sub/my thumbs"
        expect_outputs "photos/sub/my thumbs" a.jpg sub/b.jpg
    done
    expect_counts 0 2 0 0 0
    [ "$mode" = processes ] || rm -r "photos/sub/my thumbs"
done

# By way of a link, and as seen by --follow.
thumbs 0 --follow link "photos/sub/my thumbs"
expect_counts 0 2 0 0 0
mkdir p2
cp photos/a.jpg p2/
ln -s ../out2 p2/there
thumbs 0 --follow p2 out2
thumbs 0 --follow p2 out2
expect_outputs out2 a.jpg
