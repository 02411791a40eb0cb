# Nothing is ever written outside DEST: a link in it is neither followed nor written through; what stands in the way is
# told, the rest is made.
. "$CASES/common.inc"
mkdir -p photos/sub photos/other elsewhere
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" photos/sub/b.jpg
cp "$SAMPLES/orientation/orientation-3.jpg" photos/other/c.jpg
echo precious >elsewhere/file
for mode in $MODES; do
    rm -rf out
    mkdir out
    ln -s ../elsewhere/file out/a.jpg  # replaced by the thumbnail
    ln -s ../elsewhere out/sub         # refused
    echo "in the way" >out/other       # refused
    snapshot elsewhere >before
    thumbs 1 --mode="$mode" --report="$log/r" photos out
    snapshot elsewhere >after
    cmp before after || fail "$mode: something outside DEST has changed"
    expect_fates "$log/r" "done a.jpg" "failed:write:not_writable sub/b.jpg" "failed:write:not_writable other/c.jpg"
    [ -f out/a.jpg ] && [ ! -L out/a.jpg ] || fail "$mode: the link was not replaced"
    [ -L out/sub ] && [ "$(cat out/other)" = "in the way" ] || fail "$mode: what stood in the way is gone"
    expect_clean out
    rm out/other out/sub
    thumbs 0 --mode="$mode" photos out
    expect_counts 2 1 0 0 0
done
# The memory of what was made could be made to lead elsewhere as well.
rm -r out
mkdir -p out
ln -s ../elsewhere out/.thumbs
thumbs 3 photos out
snapshot elsewhere >after
cmp before after || fail "something outside DEST has changed"
