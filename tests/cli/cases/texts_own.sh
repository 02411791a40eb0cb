# SPDX-License-Identifier: MIT
# Many threads at different broken files: what is said of each is never what is true of another.
. "$CASES/common.inc"
mkdir photos
# Broken in ways of their own: each PNG lacks another chunk or has another error in it, each GIF
# breaks off elsewhere.
break_off() { head -c "$2" "$1" >"photos/$3"; }
i=1
while [ $i -le 16 ]; do
    for picture in png/rgba-16-adam7.png gif/animated.gif tiff/strip-jpeg.tif tiff/tiled-lzw.tif tiff/rgb-16-lzw.tif \
        tiff/big-endian-grey.tif webp/animated.webp; do
        size=$(stat -c %s "$SAMPLES/$picture")
        name=${picture##*/}
        break_off "$SAMPLES/$picture" $((40 + i * (size - 40) / 17)) "$i-$name"
        cp "$SAMPLES/$picture" "photos/x-$i-$name"
        printf '\377\377\377' | dd of="photos/x-$i-$name" bs=1 seek=$((16 + i * 5)) conv=notrunc status=none
    done
    i=$((i + 1))
done
# texts FILE - "source TAB message" of all that is not done
texts() {
    sed -n 's/.*"source":"\([^"]*\)".*"\(message\|warning\)":"\([^"]*\)".*/\1\t\3/p' "$1" | LC_ALL=C sort
}
"$THUMBS" --mode=sync --on-damage=fail --report="$log/alone" photos alone >/dev/null 2>&1 || true
texts "$log/alone" >"$log/of-each"
[ "$(cut -f 2 "$log/of-each" | sort -u | wc -l)" -ge 5 ] || fail "the files are not broken in ways of their own"
# A file may have warnings besides, and which of its texts is told depends on the moment; so it is
# asked that none is what was said, alone, of another format only.
of_format() { grep "^[^	]*\\.$1	" "$2" | cut -f 2 | LC_ALL=C sort -u; }
of_others() { grep -v "^[^	]*\\.$1	" "$2" | cut -f 2 | LC_ALL=C sort -u; }
for try in 1 2 3 4 5 6; do
    "$THUMBS" --mode=threads --jobs=8 --on-damage=fail --report="$log/r" photos "out$try" >/dev/null 2>&1 || true
    texts "$log/r" >"$log/said"
    for format in png gif tif webp; do
        of_format $format "$log/of-each" | grep -v 'no reason given$' >"$log/own"
        of_others $format "$log/of-each" | grep -v 'no reason given$' | LC_ALL=C comm -13 "$log/own" - >"$log/foreign"
        of_format $format "$log/said" | grep -Fx -f "$log/foreign" >"$log/odd" || true
        [ ! -s "$log/odd" ] || fail "it is said of a $format what is true of another: $(head -n 3 "$log/odd")"
    done
done
# Worker processes have one file at a time, so nothing is lost there.
"$THUMBS" --mode=processes --jobs=3 --on-damage=fail --report="$log/r" photos processes >/dev/null 2>&1 || true
texts "$log/r" >"$log/of-processes"
cmp -s "$log/of-each" "$log/of-processes" ||
    fail "other texts in mode processes: $(diff "$log/of-each" "$log/of-processes" | head -n 4)"
