# SPDX-License-Identifier: MIT
# Under a template without the folder, sources of several folders can want one name: then all who
# want it have failed, whatever the order, and what is no image wants nothing.
. "$CASES/common.inc"
mkdir -p photos/one photos/two photos/three
cp "$SAMPLES/orientation/orientation-1.jpg" photos/one/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" photos/two/a.jpg
cp "$SAMPLES/png/rgb-8.png" photos/three/a.png
cp "$SAMPLES/png/rgb-8.png" photos/three/b.png
cp "$SAMPLES/png/rgb-8.png" photos/b.png.png
for mode in $MODES; do
    for again in first second; do
        thumbs 1 --mode="$mode" --name='{stem}.{ext}' --report="$log/r" photos "$mode"
        expect_outputs "$mode" b.jpg b.png.jpg
        fate="done"
        [ $again = first ] || fate=up-to-date
        expect_fates "$log/r" "failed:walk:name_clash one/a.jpg" "failed:walk:name_clash two/a.jpg" \
            "failed:walk:name_clash three/a.png" "$fate three/b.png" "$fate b.png.png"
    done
done
same_trees sync threads
same_trees sync processes
# A dry run says the same.
thumbs 1 --dry-run --name='{stem}.{ext}' --report="$log/r" photos new
[ "$(fates "$log/r" | grep -c name_clash)" -eq 3 ] || fail "a dry run does not tell the clash"
# {hash} and {dir} keep them apart.
thumbs 0 --name='{stem}-{hash}.{ext}' photos hashed
[ "$(outputs hashed | wc -l)" -eq 5 ] || fail "{hash} does not keep them apart"
