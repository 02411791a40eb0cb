# SPDX-License-Identifier: MIT
# Raw files of cameras are told by what they hold. Their preview becomes the thumbnail, in a sandbox;
# the tiny picture that a TIFF reader finds in them is none. A plain TIFF is a TIFF, and none where
# its name promises a raw file.
. "$CASES/common.inc"
u16() { printf "\\$(printf %o $(($1 & 255)))\\$(printf %o $(($1 >> 8 & 255)))"; }
u32() { u16 $(($1 & 65535)) && u16 $(($1 >> 16 & 65535)); }
entry() { u16 "$1" && u16 "$2" && u32 "$3" && u32 "$4"; } # TAG TYPE COUNT VALUE
# A grey picture of 2 x 2 pixels in directory 0, with more entries; the pixels stand behind the
# header.
tiff() { # EXTRA-ENTRIES - their count in $n_extra; then more directories from offset $((14 + ...)) on
    printf 'II*\0' && u32 12 && printf 'abcd'
    u16 $((9 + n_extra))
    entry 254 4 1 "${subfile:-0}" && entry 256 3 1 2 && entry 257 3 1 2 && entry 258 3 1 8 && entry 259 3 1 1
    entry 262 3 1 1 && entry 273 4 1 8 && entry 278 3 1 2 && entry 279 4 1 4
    "$@"
    u32 0
}
no_more() { :; }
dng() { entry 50706 1 4 $((0x00000401)); }
below() { entry 330 4 1 138; } # 12 + 2 + 10 * 12 + 4
sensor() { u16 1 && entry 262 3 1 32803 && u32 0; }
mkdir photos plain
n_extra=0
tiff no_more >plain/a.tif
n_extra=1
tiff below >plain/b.tif
{ u16 1 && entry 262 3 1 1 && u32 0; } >>plain/b.tif # a plain picture below it
subfile=1 # and a page that says it is the smaller version of another
tiff below >plain/c.tif
{ u16 1 && entry 262 3 1 1 && u32 0; } >>plain/c.tif
thumbs 0 plain plain-out
expect_counts 3 0 0 0 0

# Nothing but what tells them: they fail, whichever way, and none is made a thumbnail of.
n_extra=0
for ending in NEF nrw ARW cr2 dng pef SRW 3fr iiq orf; do tiff no_more >"photos/by-name.$ending"; done
n_extra=1
subfile=1
tiff below >photos/nef.tif
sensor >>photos/nef.tif
tiff dng >photos/dng.tif 2>/dev/null
printf '\1\4\0\0' | dd of=photos/dng.tif bs=1 seek=130 conv=notrunc 2>/dev/null # DNGVersion 1.4.0.0
printf 'II*\0\020\0\0\0CR\2\0\0\0\0\0' >photos/cr2.tif
printf 'FUJIFILMCCD-RAW 0201' >photos/raf
printf '\0\0\0\030ftypcrx \0\0\0\1crx isom' >photos/x.CR3
printf 'IIU\0\010\0\0\0' >photos/x.rw2
printf 'IIRO\010\0\0\0' >photos/x.jpg
cp "$SAMPLES/orientation/orientation-1.jpg" photos/jpeg.nef # the content decides
for words in --mode=sync --mode=threads --mode=processes --io=uring; do
    thumbs 1 "$words" --report="$log/r" photos "out$words"
    expect_counts 1 0 0 17 0
    expect_outputs "out$words" jpeg.jpg
    grep '"status":"failed"' "$log/r" | grep -vE '"code":"(unsupported|corrupt)"' && fail "other codes"
done
expect_said "by-name.NEF: named like a camera raw file (NEF), but is a TIFF without raw data"

# Real ones. Where there is no LibRaw, they fail and say so.
if ! "$THUMBS" --version -v | grep -q '^raw '; then
    thumbs 1 "$SAMPLES/raw" none
    expect_counts 0 0 0 4 0
    expect_said 'preview.dng: raw is decoded by LibRaw, which this build leaves out'
    exit 0
fi
for words in --mode=sync --mode=threads --sandbox=off; do
    thumbs 1 "$words" "$SAMPLES/raw" "none$words"
    expect_counts 0 0 0 4 0
    expect_said "preview.dng: a camera's raw file is only decoded in sandboxed worker processes"
done
"$THUMBS" --quiet --sandbox=require "$SAMPLES/jpeg/grey.jpg" locked 2>/dev/null || skip "no sandbox holds here"
thumbs 1 --report="$log/r" "$SAMPLES/raw" real
expect_counts 3 0 0 1 0
expect_said "decode: without-preview.dng: a camera's raw file without a preview"
expect_outputs real preview.jpg tiny-page-alone.jpg turned.jpg
expect_dims real/preview.jpg 'jpeg 120x80'
expect_dims real/turned.jpg 'jpeg 160x240'
check_report "$log/r"
grep -q '"source":"preview.dng","status":"done","format":"raw","width":240,"height":160,"from":"preview",' "$log/r" ||
    fail "not told to be of a small preview: $(cat "$log/r")"
grep '"source":"turned.nef"' "$log/r" | grep -q '"from"' && fail "a preview that is large enough is called small"
# Large enough for this.
thumbs 1 -s 100 --report="$log/r" "$SAMPLES/raw" small
grep '"source":"preview.dng"' "$log/r" | grep -q '"from"' && fail "a preview that is large enough is called small"
expect_dims small/preview.jpg 'jpeg 100x67'
expect_dims small/turned.jpg 'jpeg 67x100'
# A cut file is no reason to end.
head -c 30000 "$SAMPLES/raw/turned.nef" >cut.nef
head -c 900 "$SAMPLES/raw/preview.dng" >stub.dng
thumbs 1 cut.nef stub.dng cut
expect_counts 0 0 0 2 0
