# SPDX-License-Identifier: MIT
# --quality for all formats or for each, --progressive, --max-size: on the JPEG fast path, beside
# another format, and from PNG.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/photos/dunes.jpg" photos/a.jpg
cp "$SAMPLES/png/rgba-8.png" photos/b.png
len() { stat -c %s "$1"; }
less() { [ "$(len "$1")" -lt "$(len "$2")" ] || fail "$1 is not smaller than $2"; }
same() { cmp "$1" "$2" >/dev/null || fail "$1 and $2 differ"; }
# is_progressive FILE - a frame header of type 2 (bytes FF are followed by 0 in coded data)
is_progressive() { od -An -v -tx1 -w1 "$1" | tr -d '\n' | grep -q ' ff c2'; }

# One number for all, one for a format, both.
thumbs 0 --format=jpeg,webp --quality=40 photos q40
thumbs 0 --format=jpeg,webp --quality=webp:40,jpeg:90 photos each
thumbs 0 --format=jpeg,webp --quality=90,webp:40 photos both
thumbs 0 --format=jpeg,webp --quality=webp:40 photos one
thumbs 0 --format=jpeg,webp photos plain
for name in a b; do
    less q40/$name.jpg plain/$name.jpg
    less plain/$name.jpg each/$name.jpg
    less q40/$name.webp plain/$name.webp
    same each/$name.webp q40/$name.webp
    same one/$name.jpg plain/$name.jpg
    same one/$name.webp q40/$name.webp
done
same_trees each both
# What another format is asked for is nothing to this one, but the last word counts.
thumbs 0 --format=jpeg --quality=webp:40 --quality=30 photos q30
thumbs 0 --format=jpeg --quality=30 photos q30
expect_counts 0 2 0 0 0
for bad in 0 101 png:80 gif:80 jpg:80 jpeg jpeg: jpeg:0 jpeg:101 jpeg:x :80 80, 80,70 jpeg:80,jpeg:70 keep:5 8.5; do
    thumbs 2 --quality="$bad" photos out
    expect_said "--quality"
    expect_said "$bad"
done

# Progressive or not, the same pixels come out; --progressive is nothing to WebP.
for name in a b; do
    ! is_progressive plain/$name.jpg || fail "plain/$name.jpg is progressive"
done
for mode in $MODES; do
    thumbs 0 --mode="$mode" --progressive --format=jpeg,webp photos "pro-$mode"
    same_trees "pro-$mode" pro-sync
done
thumbs 0 --progressive photos pro-fast
for name in a b; do
    is_progressive pro-sync/$name.jpg || fail "pro-sync/$name.jpg is not progressive"
    is_progressive pro-fast/$name.jpg || fail "pro-fast/$name.jpg is not progressive"
    same pro-sync/$name.webp plain/$name.webp
done
thumbs 0 --progressive photos pro-fast
expect_counts 0 2 0 0 0
thumbs 0 photos pro-fast
expect_counts 2 0 0 0 0
thumbs 2 --progressive=1 photos out

# No file is larger, each is as large as can be, and none worse than need be.
for most in 3K 6000; do
    bytes=$(printf %s "$most" | sed 's/K//')
    [ "$bytes" = "$most" ] || bytes=$((bytes * 1024))
    for mode in $MODES; do
        thumbs 0 --mode="$mode" --max-size="$most" --quality=95 --format=jpeg,webp photos "most-$most-$mode"
        same_trees "most-$most-$mode" "most-$most-sync"
    done
    thumbs 0 --max-size="$most" --quality=95 photos "most-$most"
    for file in "most-$most-sync/a.jpg" "most-$most-sync/a.webp" "most-$most/a.jpg"; do
        [ "$(len "$file")" -le "$bytes" ] || fail "$file has $(len "$file") bytes"
        [ "$(len "$file")" -ge $((bytes * 3 / 4)) ] || fail "$file has only $(len "$file") bytes"
    done
done
# Where the limit is far off nothing changes.
thumbs 0 --format=jpeg,webp --max-size=1M photos wide
same_trees wide plain
# Too small for any quality, and for what has none: that file fails, and others do not.
"$THUMBS" --max-size=1300 photos small >"$log/stdout" 2>"$log/stderr" && fail "1300 bytes were enough"
expect_counts 1 0 0 1 0
expect_said "a.jpg: the jpeg takes"
expect_said "even at quality 20"
expect_outputs small b.jpg
"$THUMBS" --max-size=2K --format=png photos small-png >"$log/stdout" 2>"$log/stderr" && fail "2 KB were enough"
expect_said "has no quality to lower"
# What it takes is told as it is counted, so always as more than what is allowed.
thumbs 0 --format=png photos/a.jpg exact
most=$(($(len exact/a.png) - 1))
thumbs 1 --format=png --max-size="$most" photos/a.jpg exact-small
told=$(sed -n 's/.* takes \([0-9]*\) bytes, over.*/\1/p' "$log/stderr")
[ "$told" -gt "$most" ] || fail "$told bytes are said to be over $most"
for bad in 0 -1 x 1Q ""; do
    thumbs 2 --max-size="$bad" photos out
done
[ ! -e out ] || fail "a usage error made DEST"
