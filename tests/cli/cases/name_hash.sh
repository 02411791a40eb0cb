# SPDX-License-Identifier: MIT
# {hash} in names is of content and options: a name never stands for other bytes, says nothing of
# where the source lies, and a second run opens no source.
. "$CASES/common.inc"
one=$SAMPLES/orientation/orientation-1.jpg
two=$SAMPLES/orientation/orientation-2.jpg
mkdir -p photos/sub
cp "$one" photos/a.jpg
cp "$two" photos/sub/b.jpg
name='{hash:2}/{hash}.{ext}'
for mode in $MODES; do
    thumbs 0 --mode="$mode" --name="$name" photos "$mode"
    outputs "$mode" | grep -Eqx '([0-9a-f]{2})/\1[0-9a-f]{14}\.jpg' || fail "$mode: $(outputs "$mode")"
    [ "$(outputs "$mode" | wc -l)" -eq 2 ] || fail "$mode: $(outputs "$mode")"
done
same_trees sync threads
same_trees sync processes
# A dry run tells the names.
thumbs 0 --dry-run --name="$name" --report="$log/r" photos new
grep -o '"path":"[^"]*"' "$log/r" | cut -d'"' -f4 | LC_ALL=C sort >"$log/planned"
outputs sync | cmp - "$log/planned" || fail "a dry run tells other names"
# Nothing is opened to see that all is up to date; what was touched or moved keeps its name.
chmod 000 photos/a.jpg
thumbs 0 --name="$name" photos sync
expect_counts 0 2 0 0 0
chmod 644 photos/a.jpg
snapshot sync/?? >"$log/before"
touch photos/a.jpg
thumbs 0 --name="$name" photos sync
expect_counts 0 2 0 0 0
mv photos/a.jpg photos/c.jpg
thumbs 0 --name="$name" photos sync
snapshot sync/?? | cmp - "$log/before" || fail "what was moved is made under another name"
# Other content and other options: other names; the old ones stay for pages that still name them.
cp "$SAMPLES/orientation/orientation-3.jpg" photos/c.jpg
thumbs 0 --name="$name" photos sync
expect_counts 1 1 0 0 0
thumbs 0 --name="$name" --quality=70 photos sync
[ "$(outputs sync | wc -l)" -eq 5 ] || fail "one name for other bytes: $(outputs sync)"

# Sources of one content share an output, in one folder and over folders, whoever comes first, and
# whatever their times are; the next run finds all of them up to date.
rm -rf photos
mkdir -p photos/x photos/y
for copy in x/a.jpg x/b.jpg y/a.jpg y/c.png; do
    cp "$one" "photos/$copy"
    touch -d "2001-02-03 04:05:0$((n = ${n:-0} + 1))" "photos/$copy"
done
cp "$two" photos/y/d.jpg
for mode in $MODES; do
    for sizes in 40 40,64; do
        rm -rf shared
        thumbs 0 --mode="$mode" --size="$sizes" --name="{hash}-{width}.{ext}" --report="$log/r" photos shared
        expect_counts 5 0 0 0 0
        wanted=2
        [ "$sizes" = 40 ] || wanted=4
        [ "$(outputs shared | wc -l)" -eq "$wanted" ] || fail "$mode: $(outputs shared)"
        [ "$(grep '"x/b.jpg"' "$log/r" | grep -o '"path":"[^"]*"')" = \
            "$(grep '"y/c.png"' "$log/r" | grep -o '"path":"[^"]*"')" ] || fail "$mode: they do not share"
        thumbs 0 --mode="$mode" --size="$sizes" --name="{hash}-{width}.{ext}" photos shared
        expect_counts 0 5 0 0 0
    done
done
# What one of them leaves, the others keep; without the memory nothing is written anew.
rm photos/x/b.jpg
thumbs 0 --size=40,64 --name='{hash}-{width}.{ext}' photos shared
expect_counts 0 4 0 0 0
rm -r shared/.thumbs
snapshot shared >"$log/before"
thumbs 0 --size=40,64 --name='{hash}-{width}.{ext}' photos shared
expect_counts 4 0 0 0 0
snapshot shared | grep -v '\.thumbs\|^shared ' >"$log/after"
grep -v '^shared ' "$log/before" | cmp - "$log/after" || fail "what stood there was written anew"
thumbs 0 --size=40,64 --name='{hash}-{width}.{ext}' photos shared
expect_counts 0 4 0 0 0
# What somebody else did to it is mended.
first=$(outputs shared | head -n 1)
head -c 100 "shared/$first" | tail -c +2 >"$log/cut" && cat "$log/cut" >"shared/$first"
thumbs 1 --size=40,64 --name='{hash}-{width}.{ext}' photos shared
expect_said "--overwrite"
thumbs 0 --overwrite --size=40,64 --name='{hash}-{width}.{ext}' photos shared
thumbs 0 --size=40,64 --name='{hash}-{width}.{ext}' photos shared
expect_counts 0 4 0 0 0

# --delete leaves what one of several still needs, in whatever folder that is.
rm -rf photos shared
mkdir -p photos/x photos/y
for copy in x/a.jpg y/b.jpg y/c.jpg; do cp "$one" "photos/$copy"; done
for n in 3 4 5; do cp "$SAMPLES/orientation/orientation-$n.jpg" photos; done
deleting() { thumbs 0 --delete --name='{hash}.{ext}' photos shared; }
deleting
for copy in x/a.jpg y/c.jpg y/b.jpg; do
    [ "$(outputs shared | wc -l)" -eq 4 ] || fail "what is needed was removed: $(outputs shared)"
    rm "photos/$copy"
    deleting
done
[ "$(outputs shared | wc -l)" -eq 3 ] || fail "what nobody needs was left: $(outputs shared)"
cp "$two" photos/orientation-3.jpg
deleting
[ "$(outputs shared | wc -l)" -eq 3 ] || fail "older content was left: $(outputs shared)"

# Few digits may be those of two pictures: who comes second fails, and replaces nothing.
rm -rf photos
mkdir photos
for n in 1 2 3 4 5 6; do cp "$SAMPLES/orientation/orientation-$n.jpg" photos; done
cp "$one" photos/twin.jpg
i=0
while [ $i -lt 14 ]; do # more than there are digits: two of them must have the same
    i=$((i + 1))
    { cat "$one" && printf %s "$i"; } >"photos/tail-$i.jpg"
done
thumbs 1 --mode=sync --name='{hash:1}' --report="$log/r" photos few
fates "$log/r" | grep -q '^failed:write:name_clash ' || fail "no clash: $(fates "$log/r")"
fates "$log/r" | grep -v '^done \|^damaged \|^failed:write:name_clash ' && fail "other fates"
n_made=$(fates "$log/r" | grep -c '^done \|^damaged ') || true
[ "$(outputs few | wc -l)" -eq $((n_made - 1)) ] || fail "twins do not share: $(outputs few)"
snapshot few/? >"$log/before"
thumbs 1 --mode=sync --name='{hash:1}' --report="$log/r2" photos few
snapshot few/? | cmp - "$log/before" || fail "outputs were replaced"
