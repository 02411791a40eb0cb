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

# Previews of cameras' raw files, most of which begin like a TIFF.
if "$program" --version -v | grep -q '^raw ' &&
    "$program" --quiet --sandbox=require ours/jpeg/grey.jpg locked 2>/dev/null; then
    "$program" --quiet "$samples/raw" raw 2>/dev/null || [ $? -eq 1 ] || fail "raw files: exit status $?"
    [ "$(find raw -name '*.jpg' | wc -l)" -eq 3 ] || fail "previews are missing: $(ls raw)"
fi

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

# ---- what is broken: as in a build with libvips, as far as that can be known without it ----

mkdir broken
for sample in jpeg/grey.jpg png/*.png gif/still.gif heif/still.heic heif/still.avif webp/*.webp \
    tiff/strip.tif jp2k/lossy.jp2 jxl/*.jxl; do
    for file in $(cd "$samples" && ls $sample | head -1); do
        for n in 14 24 40; do
            { head -c $n "$samples/$file"; } >"broken/cut-$n-$(basename "$file")"
            { head -c $n "$samples/$file"; head -c 400 /dev/zero | tr '\0' '\245'; } \
                >"broken/noise-$n-$(basename "$file")"
        done
    done
done
"$program" --quiet --report=broken.ndjson broken none-broken 2>/dev/null && fail "broken files gave no failure"
code_of() { grep "\"source\":\"[a-z]*-[0-9]*-[^\"]*$1\"" broken.ndjson | grep -o '"code":"[a-z_]*"' | sort -u; }
for ending in jpg png gif heic avif webp; do
    [ "$(code_of .$ending)" = '"code":"corrupt"' ] || fail "broken $ending: $(code_of .$ending)"
done
for ending in tif jp2 jxl; do
    [ "$(code_of .$ending)" = '"code":"unsupported"' ] || fail "broken $ending: $(code_of .$ending)"
done
