# SPDX-License-Identifier: MIT
# A second run over an unchanged tree opens no source file, in any mode, and changes nothing in
# DEST.
. "$CASES/common.inc"
mkdir -p photos/sub
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/png/rgb-8.png" photos/sub/b.png
echo "not a picture" >photos/notes.txt
echo "nor this" >photos/sub/unknown
thumbs 0 --size=10,20 photos out
expect_counts 2 0 0 0 2
# Whoever opens a source fails, since it has more than one byte. (No option that matters to bytes.)
opened() { "$THUMBS" --mode="$1" --max-bytes=1 --size=10,20 "$2" "$3" 2>"$log/stderr" >"$log/stdout"; }
! opened sync photos other || fail "this test is wrong"
rm -r other
snapshot out | grep -v "out/.thumbs d" >before
for mode in $MODES; do
    thumbs 0 --mode="$mode" --size=10,20 --max-bytes=1 --report="$log/r" photos out
    expect_counts 0 2 0 0 2
    expect_fates "$log/r" "up-to-date a.jpg" "up-to-date sub/b.png" "skipped notes.txt" "skipped sub/unknown"
    # What matters to no byte does not matter.
    thumbs 0 --mode="$mode" --jobs=3 --io-jobs=1 --queue=2 --max-bytes=100M --timeout=5 -v --size=10,20 photos out
    expect_counts 0 2 0 0 2
done
snapshot out | grep -v "out/.thumbs d" >after
cmp before after || fail "an up-to-date run has changed DEST"
if command -v strace >/dev/null && strace -f -o "$log/trace" "$THUMBS" --size=10,20 photos out 2>/dev/null; then
    ! grep -E '"(.*/)?(a\.jpg|b\.png|notes\.txt|unknown)"' "$log/trace" | grep open | grep -v O_PATH ||
        fail "a source was opened"
fi
