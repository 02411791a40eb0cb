# SPDX-License-Identifier: MIT
# Nothing is ever written outside DEST: a link in it is neither followed nor written through; what
# stands in the way is told, the rest is made.
. "$CASES/common.inc"
mkdir -p photos/sub photos/other elsewhere
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" photos/sub/b.jpg
cp "$SAMPLES/orientation/orientation-3.jpg" photos/other/c.jpg
echo precious >elsewhere/file
for mode in $MODES; do
    rm -rf out
    mkdir out
    ln -s ../elsewhere/file out/a.jpg  # not ours
    ln -s ../elsewhere out/sub         # refused
    echo "in the way" >out/other       # refused
    snapshot elsewhere >before
    thumbs 1 --mode="$mode" --report="$log/r" photos out
    snapshot elsewhere >after
    cmp before after || fail "$mode: something outside DEST has changed"
    expect_fates "$log/r" "failed:write:not_ours a.jpg" "failed:write:not_writable sub/b.jpg" \
        "failed:write:not_writable other/c.jpg"
    [ -L out/a.jpg ] && [ -L out/sub ] && [ "$(cat out/other)" = "in the way" ] ||
        fail "$mode: what stood in the way is gone"
    expect_clean out
    rm out/other out/sub
    thumbs 0 --mode="$mode" --overwrite photos out # replaces the link, not what it leads to
    expect_counts 3 0 0 0 0
    [ -f out/a.jpg ] && [ ! -L out/a.jpg ] || fail "$mode: the link was not replaced"
    snapshot elsewhere >after
    cmp before after || fail "$mode: something outside DEST has changed"
done
# Folders that a template makes, in the midst of a path too; and one that becomes a link while the
# run goes on.
for link in sizes sizes/256; do
    rm -rf out
    mkdir -p "out/$(dirname $link)"
    ln -s "$PWD/elsewhere" out/$link
    thumbs 1 --name='sizes/{size}/{dir}/{stem}.{ext}' photos out
    expect_counts 0 0 0 3 0
    expect_outputs out $link
done
many tree 4 orientation
rm -rf out
mkdir -p elsewhere/tree
(
    while [ ! -e enough ]; do
        for folder in out/1 out/2 out/3 out/4; do
            if [ -d $folder ] && mv $folder $folder.aside; then
                ln -s ../elsewhere/tree $folder
                rm $folder
                mv -T $folder.aside $folder || rm -rf $folder.aside
            fi
        done
    done
) 2>/dev/null &
swapper=$!
for mode in $MODES; do
    "$THUMBS" --force --mode="$mode" tree out >"$log/stdout" 2>"$log/stderr" || true
    check_summary
done
touch enough
wait $swapper || true
rm -rf out
[ -z "$(find elsewhere/tree ! -type d)" ] || fail "written through a link: $(find elsewhere/tree)"
rmdir elsewhere/tree

# The memory of what was made could be made to lead elsewhere as well.
snapshot elsewhere >before
mkdir -p out/.thumbs
ln -s ../../elsewhere out/.thumbs/made
thumbs 0 photos out
expect_counts 3 0 0 0 0
rm out/.thumbs/made
thumbs 0 photos out
for manifest in out/.thumbs/made/*; do ln -sf ../../../elsewhere/file "$manifest"; done
thumbs 0 photos out
snapshot elsewhere >after
cmp before after || fail "something outside DEST has changed"
rm -r out
mkdir -p out
ln -s ../elsewhere out/.thumbs
thumbs 3 photos out
snapshot elsewhere >after
cmp before after || fail "something outside DEST has changed"
