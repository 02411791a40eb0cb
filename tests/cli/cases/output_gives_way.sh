# SPDX-License-Identifier: MIT
# An output whose source is gone, or gets that name no more, gives way to a folder of its name; a
# file of the user's, or one that was changed since, does not.
. "$CASES/common.inc"
png=$SAMPLES/png/rgb-8.png
start_with() { # FILE... - sources that had thumbnails before there was a folder y.jpg
    rm -rf photos out
    mkdir -p photos/sub
    for file; do cp "$png" "photos/$file"; done
    thumbs 0 photos out
}
for mode in $MODES; do
    start_with y.png sub/y.png
    rm photos/y.png photos/sub/y.png
    mkdir -p photos/y.jpg/deep photos/sub/y.jpg
    for folder in y.jpg y.jpg/deep sub/y.jpg; do
        for n in 1 2 3 4; do cp "$SAMPLES/orientation/orientation-$n.jpg" "photos/$folder/$n.jpg"; done
    done
    thumbs 0 --mode="$mode" photos out
    expect_counts 12 0 0 0 0
    [ "$(outputs out | wc -l)" -eq 12 ] || fail "$mode: $(outputs out)"
    thumbs 0 --mode="$mode" photos out
    expect_counts 0 12 0 0 0
done
# Its source is still there, but fails, since it cannot have that name any more.
start_with y.png
mkdir photos/y.jpg
cp "$png" photos/y.jpg/a.png
thumbs 1 photos out
expect_said "a folder next to it has the name of its output"
expect_outputs out y.jpg/a.jpg

# Not thumbs' own, or not as it was made.
for change in 'echo mine >out/y.jpg' 'echo more >>out/y.jpg' 'rm -r out/.thumbs'; do
    start_with y.png
    eval "$change"
    rm photos/y.png
    mkdir photos/y.jpg
    cp "$png" photos/y.jpg/a.png
    cksum out/y.jpg >"$log/before"
    thumbs 1 photos out
    expect_said "'y.jpg' is not a folder"
    cksum out/y.jpg | cmp - "$log/before" || fail "$change: what is not ours was replaced"
done
