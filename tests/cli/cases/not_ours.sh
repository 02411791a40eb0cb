# SPDX-License-Identifier: MIT
# A file that thumbs did not make is not replaced by an output: that source fails, the others do
# not. --overwrite is for who wants it. Own outputs are known without DEST/.thumbs too, in each
# format, by the mark in them.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" photos/b.jpg
for mode in $MODES; do
    rm -rf out
    mkdir out
    cp -p photos/b.jpg out/a.jpg # a copy of the user's, of the time of a source
    touch -r photos/a.jpg out/a.jpg
    cp out/a.jpg mine
    for again in 1 2; do
        thumbs 1 --mode="$mode" --report="$log/r" photos out
        cmp out/a.jpg mine || fail "$mode: a file of the user was replaced"
        expect_said "--overwrite"
        case $again in 1) b=done ;; 2) b=up-to-date ;; esac
        expect_fates "$log/r" "failed:write:not_ours a.jpg" "$b b.jpg"
        expect_clean out
    done
    thumbs 0 --mode="$mode" --overwrite photos out
    expect_counts 1 1 0 0 0
    thumbs 0 --mode="$mode" photos out
    expect_counts 0 2 0 0 0
done

for format in jpeg png webp avif jxl gif; do
    can_write $format || continue
    rm -rf out
    thumbs 0 --size=50 --format=$format photos out
    rm -r out/.thumbs
    thumbs 0 --size=60 --format=$format photos out
    expect_counts 2 0 0 0 0
    [ "$format" != jxl ] || continue # whose reader a build may lack
    # The mark harms nobody who reads it.
    thumbs 0 --size=40 --format=png out "again-$format"
    expect_counts 2 0 0 0 0
done
# Cut short or touched, as tools and power cuts leave them: still ours.
rm -rf out
thumbs 0 photos out
rm -r out/.thumbs
truncate -s 100 out/a.jpg
touch out/b.jpg
thumbs 0 photos out
expect_counts 2 0 0 0 0
# A picture of the user that took the place of an output.
cp photos/a.jpg out/b.jpg
thumbs 1 photos out
expect_counts 0 1 0 1 0
cmp photos/a.jpg out/b.jpg || fail "a picture of the user was replaced"
# A thumbnail that the user retouched: editors keep the mark, a comment, in what they save. Not what
# was only touched, or made anew by a run of which the manifest knows nothing.
rm -rf out
thumbs 0 photos out
cp -pr out old
printf 'retouched' >>out/a.jpg
cp out/a.jpg mine
touch out/b.jpg
thumbs 1 photos out
expect_counts 1 0 0 1 0
cmp out/a.jpg mine || fail "a retouched thumbnail was replaced"
thumbs 0 --overwrite photos out
touch photos/a.jpg
thumbs 0 --size=60 photos out
rm -r out/.thumbs
cp -pr old/.thumbs out/.thumbs
thumbs 0 photos out
expect_counts 2 0 0 0 0
