# SPDX-License-Identifier: MIT
# --embedded: told in the report, the same in every mode, and made again without it.
. "$CASES/common.inc"
mkdir photos
# A JPEG with a thumbnail of half its sides in EXIF, by hand: 128 x 96 in 256 x 192.
thumbs 0 --size=256x192 --fit=fill "$SAMPLES/photos/dunes.jpg" whole
thumbs 0 --size=128x96 --fit=fill "$SAMPLES/photos/dunes.jpg" half
len=$(stat -c %s half/dunes.jpg)
be() { for shift in $3; do printf "\\$(printf %o $(($1 >> shift & 255)))"; done >>"$2"; }
{
    printf '\377\330\377\341'
    be $((2 + 6 + 56 + len)) photos/head '8 0'
    cat photos/head
    printf 'Exif\0\0MM\0*\0\0\0\010\0\1\1\0\0\3\0\0\0\1\0\1\0\0\0\0\0\032'
    printf '\0\2\2\1\0\4\0\0\0\1\0\0\0\070\2\2\0\4\0\0\0\1'
    : >photos/head
    be "$len" photos/head '24 16 8 0'
    cat photos/head
    printf '\0\0\0\0'
    cat half/dunes.jpg
    tail -c +3 whole/dunes.jpg
} >a.jpg
rm photos/head
mv a.jpg photos/a.jpg
cp "$SAMPLES/photos/dunes.jpg" photos/b.jpg
for mode in $MODES; do
    thumbs 0 --mode="$mode" --embedded --size=100 --report="$log/r" photos "$mode"
    expect_counts 2 0 0 0 0
    grep '"source":"a.jpg"' "$log/r" | grep -q '"width":256,"height":192,"from":"embedded"' ||
        fail "a.jpg was not made of its thumbnail: $(cat "$log/r")"
    grep '"source":"b.jpg"' "$log/r" | grep -q '"from"' && fail "b.jpg has no thumbnail"
done
same_trees sync threads
same_trees sync processes
# Too small for one of the sizes; and not asked for, which makes it anew.
thumbs 0 --embedded --size=100,200 --report="$log/r" photos two
grep -q '"from"' "$log/r" && fail "the thumbnail is too small"
thumbs 0 --size=100 --report="$log/r" photos sync
expect_counts 2 0 0 0 0
grep -q '"from"' "$log/r" && fail "--embedded was not given"
thumbs 2 --embedded=1 photos none
expect_said "--embedded"
