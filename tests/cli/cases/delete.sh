# SPDX-License-Identifier: MIT
# --delete removes thumbnails whose source is gone or left out, and those that other options made;
# only what thumbs made, and never one whose source is there.
. "$CASES/common.inc"
fill() { # FOLDER NAME... - a picture of its own for each name
    folder=$1
    shift
    for name in "$@"; do
        mkdir -p "$folder/$(dirname "$name")"
        n=$((${n:-0} % 8 + 1))
        cp "$SAMPLES/orientation/orientation-$n.jpg" "$folder/$name"
    done
}
expect_removed() { # N
    grep -q "; $1 removed\$" "$log/stderr" || fail "expected $1 removed: $(tail -n 1 "$log/stderr")"
}
expect_to_remove() {
    grep -q "; $1 to remove\$" "$log/stderr" || fail "expected $1 to remove: $(tail -n 1 "$log/stderr")"
}

# A source that is gone, a folder of them, and folders that become empty; told by -v and the report.
fill photos a.jpg b.jpg c.jpg d.jpg sub/deep/e.jpg sub/deep/f.jpg sub/g.jpg
thumbs 0 photos out
rm photos/b.jpg
rm -r photos/sub/deep
thumbs 0 photos out
expect_outputs out a.jpg b.jpg c.jpg d.jpg sub/deep/e.jpg sub/deep/f.jpg sub/g.jpg
snapshot out >before
thumbs 0 -n --delete --report="$log/dry" photos out
snapshot out >after
cmp before after || fail "a dry run removed something"
LC_ALL=C sort "$log/stdout" >got
printf 'would remove %s\n' b.jpg sub/deep/e.jpg sub/deep/f.jpg | cmp - got
expect_to_remove 3
check_report "$log/dry"
grep -q '"would_remove":"b.jpg","source":"b.jpg","reason":"gone"' "$log/dry" || fail "report: $(cat "$log/dry")"
thumbs 0 -v --delete --report="$log/r" photos out
expect_said "removed b.jpg: its source b.jpg is gone"
grep -q '; 3 removed' "$log/stderr" || fail "nothing is said of three"
check_report "$log/r"
line='{"removed":"sub/deep/e.jpg","source":"sub/deep/e.jpg","reason":"gone"}'
grep -qxF "$line" "$log/r" || fail "report: $(cat "$log/r")"
grep -q '"removed":3' "$log/r" || fail "no count in the summary"
expect_outputs out a.jpg c.jpg d.jpg sub/g.jpg
[ ! -e out/sub/deep ] || fail "an empty folder is left"
expect_clean out
for mode in $MODES; do
    thumbs 0 --mode="$mode" --delete photos out
    expect_counts 0 4 0 0 0
    expect_removed 0
done

# Nothing about what is gone is left on record; it can come back.
[ "$(find out/.thumbs/made -type f | wc -l)" -eq 2 ] || fail "a manifest of a folder that is gone"
fill photos b.jpg sub/deep/e.jpg
thumbs 0 --delete photos out
expect_counts 2 4 0 0 0

# A name that is taken by a folder, and a picture that was renamed or moved.
rm photos/a.jpg
mkdir photos/a.jpg
mv photos/c.jpg photos/sub/c2.jpg
thumbs 0 --delete photos out
expect_removed 2
expect_outputs out b.jpg d.jpg sub/c2.jpg sub/deep/e.jpg sub/g.jpg

# Left out is gone; but thumbs made it, or it stays.
thumbs 0 --delete --exclude=sub/deep photos out
expect_removed 1
expect_outputs out b.jpg d.jpg sub/c2.jpg sub/g.jpg
thumbs 0 -v --delete --exclude='b*' photos out
expect_said "removed b.jpg: its source b.jpg is left out"
thumbs 0 photos out
rm photos/b.jpg photos/d.jpg
echo mine >out/d.jpg
echo mine >out/mine.jpg
printf 'edited' >>out/b.jpg
thumbs 0 --delete photos out
expect_removed 0
expect_outputs out b.jpg d.jpg mine.jpg sub/c2.jpg sub/deep/e.jpg sub/g.jpg

# More than half, and a SOURCE that is not mounted.
rm -r photos out
fill photos a.jpg b.jpg sub/c.jpg
thumbs 0 photos out
rm photos/a.jpg photos/sub/c.jpg
thumbs 3 --delete photos out
expect_said "thumbs: --delete: 2 of 3 thumbnails would go, more than half; \
nothing was removed (--delete=force removes them)"
expect_outputs out a.jpg b.jpg sub/c.jpg
thumbs 3 -n --delete photos out
rm -r photos
mkdir photos
thumbs 3 --delete photos out
expect_said "no picture was found in SOURCE"
thumbs 3 --delete=sources --exclude='*' photos out
expect_outputs out a.jpg b.jpg sub/c.jpg
thumbs 0 --delete=force photos out
expect_removed 3
expect_outputs out
thumbs 0 --delete photos out
thumbs 0 --delete photos fresh

# A source that fails keeps the thumbnail that it had.
rm -r photos out
fill photos a.jpg b.jpg c.jpg
thumbs 0 photos out
echo broken >photos/a.jpg
thumbs 1 --delete photos out
expect_outputs out a.jpg b.jpg c.jpg
thumbs 1 --delete --size=100 --name='{dir}/{stem}-x.{ext}' photos out
expect_removed 2
expect_outputs out a.jpg b-x.jpg c-x.jpg
thumbs 0 --delete --size=100 --name='{dir}/{stem}-x.{ext}' photos out
expect_counts 0 2 0 0 0
grep -q '; 0 removed; known 1' "$log/stderr" || fail "it is forgotten"

# ... but one that is no image any more, nor says to be one, does not.
rm -r photos out
fill photos a.jpg b.jpg c.jpg
mv photos/a.jpg photos/a.txt
thumbs 0 photos out
expect_counts 3 0 0 0 0
echo words >photos/a.txt
thumbs 0 --delete=stale photos out
expect_outputs out a.jpg b.jpg c.jpg
thumbs 0 -v --delete photos out
expect_said "removed a.jpg: its source a.txt is left out"
expect_outputs out b.jpg c.jpg
thumbs 0 photos out
expect_counts 0 2 0 0 1
# One that was none for a while is what it was, and keeps its thumbnail: a link that led elsewhere.
rm -r photos out
fill photos b.jpg c.jpg
mkdir kept
mv photos/b.jpg kept/picture
echo words >kept/words
ln -s ../kept/picture photos/b.txt
thumbs 0 --follow photos out
ln -sfn ../kept/words photos/b.txt
thumbs 0 --follow photos out
expect_counts 0 1 0 0 1
ln -sfn ../kept/picture photos/b.txt
thumbs 0 --follow --delete photos out
expect_counts 0 2 0 0 0
expect_outputs out b.jpg c.jpg

# --files-from says nothing about what it does not list, while that is there.
rm -r photos out
fill photos a.jpg b.jpg c.jpg sub/d.jpg
thumbs 0 photos out
rm photos/c.jpg
printf 'a.jpg\n' | "$THUMBS" --delete --quiet --files-from=- photos out
expect_outputs out a.jpg b.jpg sub/d.jpg

# Only folders can be compared with DEST.
thumbs 2 --delete photos/a.jpg out
expect_said "each SOURCE must be a folder"
for value in '' all sources,sources sources, force,stale,x; do
    thumbs 2 --delete="$value" photos out
    expect_said "must be one or more of sources, stale, force, separated by commas"
done
