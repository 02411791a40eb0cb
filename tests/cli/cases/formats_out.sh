# SPDX-License-Identifier: MIT
# AVIF, JPEG XL and GIF outputs: the same in every mode, beside other formats and alone, with alpha,
# grey and by --format=keep; what is read back of them looks like what went in.
. "$CASES/common.inc"
for format in avif jxl gif; do
    can_write $format || skip "this build does not write $format"
done
# can_read FILE - builds differ in what they decode, too
can_read() { "$THUMBS" --quiet --size=5 "$1" "$log/read" 2>/dev/null; }
mkdir photos
cp "$SAMPLES/photos/dunes.jpg" photos/a.jpg
cp "$SAMPLES/png/rgba-8.png" photos/b.png
cp "$SAMPLES/png/grey-alpha-8.png" photos/c.png
cp "$SAMPLES/jpeg/grey.jpg" photos/d.jpg
for mode in $MODES; do
    thumbs 0 --mode="$mode" --size=100,33 --format=avif,jxl,gif,jpeg photos "$mode"
    expect_counts 4 0 0 0 0
    expect_clean "$mode"
done
same_trees sync threads
same_trees sync processes
for format in avif jxl gif; do
    thumbs 0 --size=100,33 --format=$format photos "only-$format"
    for file in "only-$format"/*.$format; do
        cmp "$file" "sync/${file#*/}" || fail "$file is another beside other formats"
    done
    # What has no quality passes over it; what has one is smaller with less.
    thumbs 0 --size=100,33 --format=$format --quality=20 photos "low-$format"
    plain=$(cat "only-$format"/*.$format | wc -c)
    low=$(cat "low-$format"/*.$format | wc -c)
    case $format in
    gif) [ "$low" -eq "$plain" ] || fail "quality changes a GIF" ;;
    *) [ "$low" -lt "$plain" ] || fail "$format: $low bytes at quality 20, $plain at 80" ;;
    esac
    can_read "only-$format/a-33.$format" || continue
    # Read back: as large, and the file is told for what it is.
    mkdir "back-$format"
    thumbs 0 --size=1000 --format=png --report="$log/r" "only-$format" "back-$format/out"
    expect_counts 8 0 0 0 0
    [ "$(grep -c "\"format\":\"$format\",\"width\"" "$log/r")" -eq 8 ] ||
        fail "not told as $format: $(cat "$log/r")"
    [ "$(dims "back-$format/out/a-100.png")" = "png $(dims sync/a-100.jpg | cut -d' ' -f2)" ] ||
        fail "$format: other size"
done
# As the source is: no library is loaded ahead of it, so a worker is replaced by one that has it.
mkdir kept
cp only-avif/a-100.avif kept/a.avif
cp only-gif/a-100.gif kept/c.gif
for mode in $MODES; do
    thumbs 0 --mode="$mode" --size=50 --format=keep kept "kept-$mode"
    # shellcheck disable=SC2046 # no blanks in these names
    expect_outputs "kept-$mode" $(ls kept)
    same_trees "kept-$mode" kept-sync
done
# JPEG XL is read in a sandbox only.
mkdir jxl
cp only-jxl/a-100.jxl jxl/b.jxl
if can_read jxl/b.jxl; then
    thumbs 0 --size=50 --format=keep jxl kept-jxl
    expect_outputs kept-jxl b.jxl
fi
[ "$(head -c 12 kept-sync/a.avif | tail -c 8)" = ftypavif ] || fail "it is no AVIF"
[ "$(head -c 8 only-jxl/a-33.jxl | tail -c 4)" = "JXL " ] || fail "it is no JPEG XL"
[ "$(head -c 6 kept-sync/c.gif)" = GIF89a ] || fail "it is no GIF"
# Within a largest size.
thumbs 0 --size=200 --quality=95 --max-size=3K --format=avif,jxl photos most
for file in most/*; do
    [ "$(stat -c %s "$file")" -le 3072 ] || fail "$file has $(stat -c %s "$file") bytes"
done
