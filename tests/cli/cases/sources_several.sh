# SPDX-License-Identifier: MIT
# Several SOURCEs: folders go to DEST/<last name part>, files straight into DEST; "." and ".." have
# the name of the folder they are; two equal last parts are refused before anything is done.
. "$CASES/common.inc"
mkdir -p one/holiday/sub two/work other/holiday
cp "$SAMPLES/orientation/orientation-1.jpg" one/holiday/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" one/holiday/sub/a.jpg
cp "$SAMPLES/orientation/orientation-3.jpg" two/work/a.jpg
cp "$SAMPLES/orientation/orientation-4.jpg" single.jpg
cp "$SAMPLES/png/rgb-8.png" two/single.png
cp "$SAMPLES/orientation/orientation-5.jpg" ./--force

thumbs 0 --report="$log/r" one/holiday two/work/ out
expect_outputs out holiday/a.jpg holiday/sub/a.jpg work/a.jpg
expect_fates "$log/r" "done holiday/a.jpg" "done holiday/sub/a.jpg" "done work/a.jpg"
thumbs 0 one/holiday two/work/ out
expect_counts 0 3 0 0 0

thumbs 0 one/holiday two/work/a.jpg single.jpg out2
expect_outputs out2 holiday/a.jpg holiday/sub/a.jpg a.jpg single.jpg
thumbs 0 one/holiday two/work/a.jpg single.jpg out2
expect_counts 0 4 0 0 0

# Files of two folders that would get one output name: as within one folder.
thumbs 0 single.jpg two/single.png out3
expect_outputs out3 single.jpg.jpg single.png.jpg

thumbs 0 single.jpg out4
expect_outputs out4 single.jpg
thumbs 0 -- --force out5
expect_outputs out5 --force.jpg
thumbs 0 ./--force --force out6
expect_outputs out6 --force.jpg

(cd one/holiday && thumbs 0 . ../../two/work ../../out7)
expect_outputs out7 holiday/a.jpg holiday/sub/a.jpg work/a.jpg

for twins in "one/holiday other/holiday" "one/holiday one/holiday/" "one/holiday/a.jpg two/work/a.jpg" \
    "one/holiday one/holiday/sub/.."; do
    # shellcheck disable=SC2086 # two words
    thumbs 2 $twins no
    expect_said "same name"
    [ ! -e no ] || fail "$twins: DEST was made"
done
# One SOURCE that is missing: nothing of the other is done.
thumbs 2 one/holiday missing no
expect_said missing
[ ! -e no ] || fail "DEST was made although a SOURCE is missing"
