# SPDX-License-Identifier: MIT
# Raw files of cameras are told by what they hold, and where that leaves it open by their ending.
# They fail as unsupported; the tiny picture that a TIFF reader finds in them is no thumbnail. A
# plain TIFF is a TIFF.
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
    [ "$(grep -c '"code":"unsupported"' "$log/r")" = 17 ] || fail "other codes: $(cat "$log/r")"
    [ "$(grep -c "a camera's raw file (" "$log/stderr")" = 17 ] || fail "not called raw: $(cat "$log/stderr")"
done
expect_said "by-name.NEF: a camera's raw file (NEF) is not decoded"
thumbs 1 -n photos dry
grep -q by-name "$log/stdout" && fail "a dry run promises a thumbnail of a raw file"
true
