# SPDX-License-Identifier: MIT
# Who has an output keeps its name when another source comes to stand beside it, and when that one
# goes: nothing is renamed, and nothing old is left behind. The same in every mode, for lists, in
# any order, and under other options.
. "$CASES/common.inc"
one=$SAMPLES/orientation/orientation-1.jpg
two=$SAMPLES/orientation/orientation-2.jpg
png=$SAMPLES/png/rgb-8.png
for way in sync threads processes list shuffled; do
    rm -rf photos out
    mkdir photos
    cp "$one" photos/a.jpg
    thumbs 0 photos out
    cp "$png" photos/a.png
    cp "$two" photos/a.jpg
    case $way in
    list) printf 'a.jpg\na.png\n' >names ;;
    shuffled) printf 'a.png\n' >names && thumbs 0 --files-from=names photos out && printf 'a.jpg\n' >names ;;
    *) thumbs 0 --mode=$way photos out ;;
    esac
    case $way in list | shuffled) thumbs 0 --files-from=names photos out ;; esac
    expect_outputs out a.jpg a.png.jpg
    # The newcomer is told, once.
    [ $way = list ] || [ $way = shuffled ] ||
        expect_said '1 new source got the whole name, as a.png.jpg, since the short one'
    thumbs 0 "$two" fresh
    cmp out/a.jpg fresh/orientation-2.jpg || fail "$way: a.jpg shows what it was before"
    expect_dims out/a.png.jpg "jpeg 71x47"
    thumbs 0 photos out
    expect_counts 0 2 0 0 0
    ! grep -q 'whole name' "$log/stderr" || fail "$way: what is known is told again"
    # Other options that lead to the same names.
    thumbs 0 --quality=70 photos out
    expect_counts 2 0 0 0 0
    expect_outputs out a.jpg a.png.jpg
    thumbs 0 photos out
    # Alone again.
    rm photos/a.jpg
    thumbs 0 photos out
    expect_counts 0 1 0 0 0
    expect_outputs out a.jpg a.png.jpg
done

# Both are new: both get their whole name, and keep it when one of them goes.
cp "$one" photos/b.jpg
cp "$png" photos/b.png
thumbs 0 photos out2
! grep -q 'whole name' "$log/stderr" || fail "two new ones: neither has the short name"
rm photos/b.png
thumbs 0 photos out2
expect_counts 0 2 0 0 0
expect_outputs out2 a.jpg b.jpg.jpg b.png.jpg
# A newcomer whose short name is another's by now.
cp "$png" photos/b.jpg.png
thumbs 0 photos out2
expect_outputs out2 a.jpg b.jpg.jpg b.png.jpg b.jpg.png.jpg
thumbs 0 photos out2
expect_counts 0 3 0 0 0

# Who was left out the last time takes nobody's output.
rm -rf photos
mkdir photos
cp "$one" photos/a.jpg
cp "$png" photos/a.png
thumbs 0 --include='*.jpg' photos out3
thumbs 0 --include='*.png' photos out3
expect_outputs out3 a.jpg a.png.jpg
thumbs 0 photos out3
expect_counts 0 2 0 0 0

# The name has gone to another source while this one was away.
mkdir away
thumbs 0 --include='*.jpg' photos out4
mv photos/a.jpg away
thumbs 0 photos out4
expect_outputs out4 a.jpg
expect_dims out4/a.jpg "jpeg 71x47"
mv away/a.jpg photos
thumbs 0 photos out4
expect_outputs out4 a.jpg a.jpg.jpg
expect_dims out4/a.jpg "jpeg 71x47"

# What is on record under other options says nothing of today's names, which may be another's.
for first in '--format=webp' '--size=64,32'; do
    rm -rf out4
    thumbs 0 "$first" --include='*.jpg' photos out4
    thumbs 0 --include='*.png' photos out4
    thumbs 0 --report="$log/r" photos out4
    grep -o '"path":"[^"]*"' "$log/r" | sort | uniq -d >"$log/twice"
    [ ! -s "$log/twice" ] || fail "$first: one output for two sources"
    thumbs 0 photos out4
    expect_counts 0 2 0 0 0
    [ "$(find out4 -maxdepth 1 -name '*.jpg' ! -name '*-*' | wc -l)" -eq 2 ] || fail "$first: $(ls out4)"
done
# A chain of endings: a.jpg wants its whole name, which a.jpg.png has had as its short one.
rm -rf photos
mkdir photos
cp "$png" photos/a.jpg.png
thumbs 0 photos out5
expect_outputs out5 a.jpg.jpg
cp "$one" photos/a.jpg
cp "$png" photos/a.png
thumbs 0 photos out5
thumbs 0 "$one" fresh
cmp out5/a.jpg.jpg fresh/orientation-1.jpg || fail "a.jpg.jpg is not of a.jpg"
thumbs 0 photos out5
expect_counts 0 3 0 0 0
