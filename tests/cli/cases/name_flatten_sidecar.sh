# SPDX-License-Identifier: MIT
# What is no image has no output, so it can neither clash nor push another out: notes beside
# pictures, one README in each folder.
. "$CASES/common.inc"
mkdir -p photos/one photos/two
cp "$SAMPLES/orientation/orientation-1.jpg" photos/one/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" photos/two/b.jpg
echo text >photos/two/a.txt
echo text >photos/one/README
echo text >photos/two/README
for mode in $MODES; do
    thumbs 0 --mode="$mode" --name='{stem}.{ext}' --report="$log/r" photos "$mode"
    expect_fates "$log/r" "done one/a.jpg" "done two/b.jpg" "skipped two/a.txt" "skipped one/README" \
        "skipped two/README"
    expect_outputs "$mode" a.jpg b.jpg
done
