# SPDX-License-Identifier: MIT
# --delete where DEST is shared: by recipes, by SOURCEs, by shards, by sources that lead to one name.
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

# Recipes: a source that is gone takes the thumbnails of all with it; what one leaves out stays with
# the others; only stale removes what others made.
fill photos a.jpg b.jpg c.jpg d.jpg e.jpg
small() { thumbs "$1" --size=64 --name='{dir}/{stem}-s.{ext}' "$2" photos out; }
large() { thumbs 0 --size=200 --name='{dir}/{stem}-l.{ext}' "$1" photos out; }
small 0 -v
large -v
rm photos/a.jpg
small 0 --delete=sources
expect_outputs out b-l.jpg b-s.jpg c-l.jpg c-s.jpg d-l.jpg d-s.jpg e-l.jpg e-s.jpg
large --delete=sources
expect_counts 0 4 0 0 0
thumbs 0 --size=64 --name='{dir}/{stem}-s.{ext}' --exclude=b.jpg --delete=sources photos out
expect_outputs out b-l.jpg c-l.jpg c-s.jpg d-l.jpg d-s.jpg e-l.jpg e-s.jpg
large --delete=stale
expect_outputs out b-l.jpg c-l.jpg d-l.jpg e-l.jpg
small 0 --delete=stale
expect_outputs out b-s.jpg c-s.jpg d-s.jpg e-s.jpg
rm photos/e.jpg
small 0 --delete=stale
expect_outputs out b-s.jpg c-s.jpg d-s.jpg e-s.jpg
small 0 --delete
expect_outputs out b-s.jpg c-s.jpg d-s.jpg

# The same options may lead to other names too, when a source changes.
rm -r photos out
fill photos a.jpg b.jpg c.jpg
named() { thumbs 0 --name='{dir}/{stem}-{width}.{ext}' "$@" photos out; }
named
cp "$SAMPLES/photos/mountain-lake.jpg" photos/a.jpg
named
[ "$(outputs out | wc -l)" -eq 4 ] || fail "the name has not changed: $(outputs out)"
i=0
while [ $i -lt 80 ]; do # ... however often the manifest is rewritten meanwhile
    touch -d "2001-01-01 00:00:$((i % 60))" photos/b.jpg
    named --quiet
    i=$((i + 1))
done
named --delete
[ "$(outputs out | wc -l)" -eq 3 ] || fail "the old name is left: $(outputs out)"
named --delete
expect_counts 0 3 0 0 0

# Several SOURCEs: what lies beside their folders in DEST is not theirs to remove.
fill one a.jpg x.jpg y.jpg
fill two b.jpg x.jpg y.jpg
fill three c.jpg
thumbs 0 one two three trees
rm one/a.jpg
rm -r three
thumbs 0 --delete one two trees
expect_outputs trees one/x.jpg one/y.jpg three/c.jpg two/b.jpg two/x.jpg two/y.jpg

# Sources of several folders that lead to one name: the one that is there keeps it.
rm -r one two
fill one a.jpg b.jpg
fill one/two c.jpg
flat() { thumbs 0 --name='{stem}.{ext}' "$@" one flat; }
flat
mv one/a.jpg one/two/a.jpg
flat --delete
expect_outputs flat a.jpg b.jpg c.jpg
flat --delete
expect_counts 0 3 0 0 0

# ... also where names tell content, and equal sources have one thumbnail.
fill same a.jpg x.jpg sub/y.jpg sub/z.jpg
cp same/a.jpg same/b.jpg
cp same/a.jpg same/sub/c.jpg
hashed() { thumbs 0 --name='{hash}.{ext}' "$@" same hashed; }
hashed
[ "$(outputs hashed | wc -l)" -eq 4 ] || fail "equal sources have thumbnails of their own: $(outputs hashed)"
for gone in b.jpg a.jpg; do
    rm "same/$gone"
    hashed --delete
    expect_removed 0
    hashed --delete
    [ "$(outputs hashed | wc -l)" -eq 4 ] || fail "a thumbnail whose source is there is gone"
done
expect_counts 0 4 0 0 0
rm same/sub/c.jpg
hashed --delete
expect_removed 1
# Who is there keeps it as long as it wants it: not once it has other content, or is left out.
cp same/x.jpg same/sub/twin.jpg
hashed
cp "$SAMPLES/photos/mountain-lake.jpg" same/x.jpg
rm same/sub/twin.jpg
hashed --delete
expect_counts 1 2 0 0 0
expect_removed 1
cp same/x.jpg same/sub/twin.jpg
hashed
hashed --delete --exclude=x.jpg --exclude=twin.jpg
expect_removed 1
[ "$(outputs hashed | wc -l)" -eq 2 ] || fail "left: $(outputs hashed)"

# Shards remove what is theirs.
rm -r photos out
i=0
while [ $i -lt 24 ]; do
    fill photos "$((i % 3))/$i.jpg"
    i=$((i + 1))
done
thumbs 0 photos out
rm photos/0/0.jpg photos/1/1.jpg photos/2/2.jpg photos/0/3.jpg photos/1/4.jpg photos/2/5.jpg photos/0/6.jpg
sum=0
for shard in 0 1 2; do
    thumbs 0 --shard="$shard/3" --delete=force --report="$log/r$shard" photos out
    n=$(tail -n 1 "$log/r$shard" | sed 's/.*"removed":\([0-9]*\).*/\1/')
    sum=$((sum + n))
    [ "$(outputs out | wc -l)" -eq $((24 - sum)) ] || fail "shard $shard: $n, but $(outputs out | wc -l) are left"
done
[ $sum -eq 7 ] || fail "$sum were removed"
"$THUMBS" merge "$log/r0" "$log/r1" "$log/r2" >"$log/merged" 2>"$log/stderr" || fail "merge: $(cat "$log/stderr")"
grep -q '"removed":7' "$log/merged" || fail "merge: $(cat "$log/merged")"
grep -q '; 7 removed' "$log/stderr" || fail "merge says: $(cat "$log/stderr")"
thumbs 0 --delete photos out
expect_counts 0 17 0 0 0
