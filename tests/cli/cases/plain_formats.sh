# SPDX-License-Identifier: MIT
# Bitmaps, icons and Netpbm in every mode; JPEG XL and JPEG 2000 where a sandbox holds, and nowhere
# else.
. "$CASES/common.inc"
mkdir plain modern
cp -R "$SAMPLES/bmp" "$SAMPLES/pnm" "$SAMPLES/ico" plain
for mode in $MODES; do
    thumbs 0 --mode="$mode" --report="$log/r" --format=jpeg,keep plain "$mode"
    expect_counts 13 0 0 0 0
    check_report "$log/r"
done
same_trees sync threads
same_trees sync processes
expect_dims processes/bmp/rgb-24.jpg 'jpeg 141x93'
# What cannot be written becomes PNG where it has alpha, else JPEG; of an icon the largest picture counts.
expect_dims processes/bmp/rgba-32.bmp.png 'png 141x93'
expect_dims processes/ico/bitmaps.ico.png 'png 64x64'
expect_dims processes/pnm/alpha.pam.png 'png 141x93'

cp "$SAMPLES/broken/cut-half.bmp" "$SAMPLES/broken/cut-half.ppm" plain
thumbs 0 plain cut
expect_counts 13 0 2 0 0
thumbs 1 --on-damage=fail plain strict
expect_counts 13 0 0 2 0

cp -R "$SAMPLES/jxl" "$SAMPLES/jp2k" modern
n=0
for format in jxl jp2k; do
    if "$THUMBS" --version -v | grep -qE "^$format +libvips"; then n=$((n + 3)); else rm -r "modern/$format"; fi
done
[ $n -gt 0 ] || skip "this libvips reads neither JPEG XL nor JPEG 2000"
for words in --mode=sync --mode=threads --sandbox=off; do
    thumbs 1 "$words" modern "none$words"
    expect_counts 0 0 0 $n 0
    expect_said ' is only decoded in sandboxed worker processes'
done
"$THUMBS" --quiet --sandbox=require "$SAMPLES/jpeg/grey.jpg" locked 2>/dev/null || skip "no sandbox holds here"
thumbs 0 --report="$log/r" modern locked-up
expect_counts $n 0 0 0 0
check_report "$log/r"
# Cut and noisy ones fail, each for itself.
for file in modern/*/lossy.*; do
    head -c 900 "$file" >"cut.${file##*.}"
    { head -c 200 "$file" && head -c 4000 "$SAMPLES/photos/dunes.jpg"; } >"noise.${file##*.}"
done
thumbs 1 --timeout=20 cut.* noise.* "$SAMPLES/jpeg/grey.jpg" spoilt
grep -q '^1 done' "$log/stderr" || grep -qE '^[1-9] done|^0 done' "$log/stderr" || fail "no summary"
[ -f spoilt/grey.jpg ] || fail "the sound one has no thumbnail"
