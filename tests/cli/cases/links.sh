# SPDX-License-Identifier: MIT
# Symbolic links are passed over, or with --follow followed: to files, to folders, in a loop, to
# nowhere.
. "$CASES/common.inc"
mkdir -p photos/real photos/a photos/b elsewhere
cp "$SAMPLES/orientation/orientation-1.jpg" photos/real/r.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" photos/a/a.jpg
cp "$SAMPLES/orientation/orientation-3.jpg" photos/b/b.jpg
cp "$SAMPLES/orientation/orientation-4.jpg" elsewhere/e.jpg
echo text >elsewhere/text
ln -s real/r.jpg photos/l.jpg
ln -s real photos/lreal
ln -s ../../elsewhere photos/a/out
ln -s ../b photos/a/to-b
ln -s ../a photos/b/to-a
ln -s .. photos/real/up
ln -s self photos/self
ln -s two photos/one
ln -s one photos/two
ln -s ../elsewhere/text photos/t
for mode in $MODES; do
    thumbs 0 --mode="$mode" --report="$log/r" photos "$mode"
    expect_outputs "$mode" a/a.jpg b/b.jpg real/r.jpg
    expect_fates "$log/r" "done a/a.jpg" "done b/b.jpg" "done real/r.jpg" "skipped l.jpg" "skipped lreal" \
        "skipped a/out" "skipped a/to-b" "skipped b/to-a" "skipped real/up" "skipped self" "skipped one" \
        "skipped two" "skipped t"
    thumbs 0 --mode="$mode" --follow --report="$log/r" photos "f-$mode"
    expect_outputs "f-$mode" a/a.jpg a/out/e.jpg a/to-b/b.jpg b/b.jpg b/to-a/a.jpg b/to-a/out/e.jpg l.jpg \
        lreal/r.jpg real/r.jpg
    expect_fates "$log/r" "done a/a.jpg" "done a/out/e.jpg" "done a/to-b/b.jpg" "done b/b.jpg" "done b/to-a/a.jpg" \
        "done b/to-a/out/e.jpg" "done l.jpg" "done lreal/r.jpg" "done real/r.jpg" "skipped a/out/text" \
        "skipped a/to-b/to-a" "skipped b/to-a/out/text" "skipped b/to-a/to-b" "skipped lreal/up" "skipped real/up" \
        "skipped self" "skipped one" "skipped two" "skipped t"
    thumbs 0 --mode="$mode" --follow photos "f-$mode"
    expect_counts 0 9 0 0 10
done
# A thumbnail bears the time of what a link leads to.
touch -h -d 2001-01-01 photos/l.jpg
thumbs 0 --follow photos f-sync
expect_counts 0 9 0 0 10

# To nowhere: somebody believes that there is a picture.
ln -s gone.jpg photos/dangling.jpg
thumbs 0 photos sync
thumbs 1 --follow --report="$log/r" photos f-sync
fates "$log/r" | grep -q '^failed:walk:vanished dangling.jpg$' ||
    fail "a dangling link: $(fates "$log/r" | grep dangling)"
