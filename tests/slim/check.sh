#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check.sh PROGRAM SAMPLES - what a build without libvips promises: thumbnails of JPEG, PNG, WebP,
# GIF, HEIC and AVIF in every mode, a clear word for everything that only libvips reads, and no trace
# of libvips in the process.
set -eu
program=$(realpath "$1") samples=$(realpath "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
fail() { echo "FAILED: $*" >&2 && exit 1; }

# ---- neither the program nor its modules know of libvips ----

for file in "$program" $(find "$(dirname "$program")" -name 'thumbs-*.so' -not -path '*/CMakeFiles/*'); do
    ! ldd "$file" | grep -iE 'libvips|libglib|not found' || fail "$file is linked with that"
    ! grep -qa 'thumbs-vips' "$file" || fail "$file would load libvips"
done

# ---- what is decoded ----

mkdir ours theirs
cp -r "$samples"/{gif,heif,icc,jpeg,orientation,photos,png,webp} ours
find ours -name '*.tif' -delete
mv ours/jpeg/rgb-adobe-marker.jpg theirs # a JPEG of a rare kind
for mode in processes threads sync; do
    "$program" --quiet --mode=$mode ours $mode || fail "mode $mode: exit status $?"
    [ "$(find $mode -name '*.jpg' | wc -l)" -eq "$(find ours -type f ! -name '*.md' | wc -l)" ] ||
        fail "mode $mode: thumbnails are missing"
    diff -r -x .thumbs processes $mode
done
"$program" --quiet --format=jpeg,png,webp ours/photos written

# ---- what is not ----

cp "$samples"/tiff/strip.tif theirs
echo '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>' >theirs/drawing.svg
printf '\377\012 and so on, a code stream' >theirs/stream.jxl
printf '\0\0\0\014jP  \r\n\207\n and so on' >theirs/boxes.jp2
for mode in processes threads sync; do
    status=0
    LD_DEBUG=files "$program" --quiet --mode=$mode --report=$mode.ndjson theirs none-$mode 2>log || status=$?
    [ $status -eq 1 ] || fail "mode $mode: exit status $status for what is not decoded"
    [ "$(grep -c '"code":"unsupported"' $mode.ndjson)" -eq 5 ] ||
        fail "not all have failed, or for other reasons: $(cat $mode.ndjson)"
    for format in tiff svg jxl jp2k; do
        grep -q "$format is decoded by libvips, which this build leaves out" $mode.ndjson ||
            fail "$format: no clear word"
    done
    grep -q 'libvips, which might decode such a jpeg, is left out' $mode.ndjson ||
        fail "jpeg: no clear word"
    ! grep -iE 'libvips|libglib' <(grep 'file=' log) || fail "mode $mode: libvips was loaded"
done
grep -q 'file=' log || fail "the loader told nothing"
