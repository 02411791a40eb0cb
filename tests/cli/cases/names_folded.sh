# SPDX-License-Identifier: MIT
# Where DEST takes names for one that differ in letters' case or in how accents are written, all who
# want such a name fail, and nothing is overwritten. A test build is told that DEST is like that.
. "$CASES/common.inc"
status=0
THUMBS_FAULT='open:*' "$THUMBS" --mode=sync --quiet "$SAMPLES/jpeg" probe 2>/dev/null || status=$?
[ $status -ne 0 ] || skip "this build has no fault injection"
mkdir photos photos/sub
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" photos/A.png
cp "$SAMPLES/orientation/orientation-3.jpg" photos/b.jpg
cp "$SAMPLES/orientation/orientation-3.jpg" photos/sub/B.jpg
# To most file systems all names are different.
thumbs 0 photos plain
expect_counts 4 0 0 0 0
# DEST is tried with a file that stays there.
for again in first second; do
    [ "$(find plain/.thumbs -name 'names-*' | wc -l)" -eq 1 ] || fail "$again: $(ls -A plain/.thumbs)"
    thumbs 0 photos plain
done
THUMBS_FAULT='folds:*'
export THUMBS_FAULT
for mode in $MODES; do
    for round in first second; do
        thumbs 1 --mode="$mode" --report="$log/r" photos "$mode"
        fate="done"
        [ $round = first ] || fate=up-to-date
        expect_fates "$log/r" failed:walk:name_clash\ a.jpg failed:walk:name_clash\ A.png "$fate b.jpg" \
            "$fate sub/B.jpg"
        expect_said "one that DEST does not tell from it"
        expect_outputs "$mode" b.jpg sub/B.jpg
    done
done
# Who was there first is not overwritten by who comes later; short names are kept there, too.
rm photos/A.png
thumbs 0 photos kept
cp "$SAMPLES/png/rgb-8.png" photos/b.png
thumbs 0 photos kept
expect_outputs kept a.jpg b.jpg b.png.jpg sub/B.jpg
cksum kept/a.jpg >"$log/before"
cp "$SAMPLES/orientation/orientation-2.jpg" photos/A.png
thumbs 1 photos kept
cksum kept/a.jpg | cmp - "$log/before" || fail "a thumbnail was overwritten"
# A part of the sources of a job; names that tell content.
thumbs 1 --shard=0/1 photos shard
thumbs 0 --name='{dir}/{stem}-{hash}.{ext}' photos hashed
expect_counts 5 0 0 0 0
