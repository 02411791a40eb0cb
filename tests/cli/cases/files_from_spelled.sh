# SPDX-License-Identifier: MIT
# Lists as other programs and other systems write them: absolute names whatever SOURCE looks like,
# parts that say nothing, CR LF, a byte order mark. Each is understood; what was left out is told
# once.
. "$CASES/common.inc"
mkdir -p photos/a elsewhere
for name in photos/1.jpg photos/a/2.jpg elsewhere/3.jpg; do
    cp "$SAMPLES/orientation/orientation-1.jpg" "$name"
done
ln -s photos linked
here=$PWD
n=0
takes() { # SOURCE - with $log/list both photos are made
    n=$((n + 1))
    thumbs 0 --files-from="$log/list" "$1" "out$n"
    expect_outputs "out$n" 1.jpg a/2.jpg
}
find "$here/photos" -name '*.jpg' >"$log/list"
for source in photos ./photos photos// elsewhere/../photos "$here/photos" "$here//photos/." \
    "$here/elsewhere/../photos" linked "$here/linked"; do
    takes "$source"
done
(cd photos && "$THUMBS" --files-from="$log/list" . ../dot) 2>"$log/stderr"
expect_outputs dot 1.jpg a/2.jpg
# Names that come through another way than SOURCE does.
printf '%s\n' "$here/linked/1.jpg" "$here/./elsewhere//../photos/a/2.jpg" >"$log/list"
takes photos
takes "$here/photos"
printf '%s\n' .//1.jpg ./a/././/2.jpg >"$log/list"
takes photos
# Not everything that begins alike lies below.
mkdir photos2
cp photos/1.jpg photos2/
printf '%s\n' "$here/photos2/1.jpg" "$here/elsewhere/3.jpg" "$here/photos/../elsewhere/3.jpg" \
    "$here/photos/a/../../elsewhere/3.jpg" "$here" / >"$log/list"
thumbs 1 --files-from="$log/list" photos refused
expect_counts 0 0 0 6 0

bom=$(printf '\357\273\277')
printf '%s1.jpg\r\n\r\n%s\r\na/2.jpg\r' "$bom" "$here/photos/a/2.jpg" >"$log/list"
takes photos
[ "$(grep -c 'CR LF' "$log/stderr")" = 1 ] || fail "not one note: $(cat "$log/stderr")"
expect_said "note: the list has a byte order mark and lines that end in CR LF"
printf '%s%s\n%s\n' "$bom" "$here/photos/1.jpg" "$here/photos/a/2.jpg" >"$log/list"
takes photos
expect_said "note: the list has a byte order mark"
printf '1.jpg\r\na\r\n' >"$log/list"
takes photos
thumbs 0 --quiet --files-from="$log/list" photos quiet
[ ! -s "$log/stderr" ] || fail "a note under --quiet"
# What is really called so is not lost.
cr=$(printf 'x.jpg\r')
mkdir odd
cp photos/1.jpg "odd/$cr"
cp photos/1.jpg "odd/${bom}y.jpg"
printf '%sy.jpg\r\n%s\nx.jpg\r\n' "$bom" "$cr" >"$log/list"
thumbs 0 --files-from="$log/list" odd odd-out
thumbs 0 odd odd-whole
expect_counts 2 0 0 0 0
same_trees odd-whole odd-out
# With --null bytes are what they are.
printf '1.jpg\r\0' >"$log/list"
thumbs 1 --null --files-from="$log/list" photos null
printf '\377\3761\0.\0j\0p\0g\0\n\0' >"$log/list"
thumbs 1 --files-from="$log/list" photos wide
expect_said "the list is UTF-16"
