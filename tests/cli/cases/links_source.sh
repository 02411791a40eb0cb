# SPDX-License-Identifier: MIT
# A SOURCE that is itself a symbolic link was named by the user, so it is followed, with or without
# --follow, and known the next time; likewise DEST.
. "$CASES/common.inc"
mkdir real real-out
cp "$SAMPLES/orientation/orientation-1.jpg" real/a.jpg
ln -s real folder
ln -s real/a.jpg file.jpg
ln -s real-out out
thumbs 0 folder out
expect_outputs real-out a.jpg
[ -L out ] || fail "the link was replaced"
thumbs 0 folder out
expect_counts 0 1 0 0 0
for words in "" --follow --io=uring; do
    # shellcheck disable=SC2086 # none or one
    thumbs 0 $words file.jpg "out2$words"
    expect_outputs "out2$words" file.jpg
    # shellcheck disable=SC2086
    thumbs 0 $words file.jpg "out2$words"
    expect_counts 0 1 0 0 0
done
