#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# build.sh PROGRAM SAMPLES SOURCES - build thumbs without libvips, see that it keeps its promises,
# and that its thumbnails are those of PROGRAM, which has libvips.
set -eu
program=$1 samples=$2 sources=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

generator=()
! command -v ninja >/dev/null || generator=(-G Ninja)
launcher=()
! command -v ccache >/dev/null || launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
{
    cmake -S "$sources" -B "$scratch/build" "${generator[@]}" "${launcher[@]}" -DTHUMBS_WITH_VIPS=OFF \
        -DTHUMBS_BUILD_TESTS=OFF -DTHUMBS_BUILD_BENCHMARKS=OFF -DCMAKE_BUILD_TYPE=Release
    cmake --build "$scratch/build" --parallel 2
    cmake --install "$scratch/build" --prefix "$scratch/installed"
} >"$scratch/log" 2>&1 || { cat "$scratch/log" && exit 1; }

bash "$(dirname "$0")/check.sh" "$scratch/build/thumbs" "$samples"
bash "$(dirname "$0")/../install/run_paths.sh" "$scratch/build/thumbs" "$samples" "$scratch/build" || [ $? -eq 77 ]
[ -z "$(find "$scratch/installed" -name '*vips*')" ] || {
    echo "FAILED: it installs something for libvips" && exit 1
}

# What it cannot read is no known failure of a program that can.
mkdir "$scratch/scans"
cp "$samples/tiff/strip.tif" "$scratch/scans"
status=0
"$scratch/installed/bin/thumbs" --quiet "$scratch/scans" "$scratch/shared" 2>/dev/null || status=$?
"$program" --quiet "$scratch/scans" "$scratch/shared"
[ "$status" -eq 1 ] && [ "$(find "$scratch/shared" -name '*.jpg' | wc -l)" -eq 1 ] || {
    echo "FAILED: a failure for want of libvips is taken for one of the file" && exit 1
}

# All that both decode: thumbnails must be the same, byte for byte.
mkdir "$scratch/pictures"
cp -r "$samples"/{gif,heif,icc,jpeg,orientation,png,webp} "$scratch/pictures"
find "$scratch/pictures" \( -name '*.tif' -o -name rgb-adobe-marker.jpg \) -delete
"$program" --quiet --size=96 --format=keep "$scratch/pictures" "$scratch/with"
"$scratch/installed/bin/thumbs" --quiet --size=96 --format=keep "$scratch/pictures" "$scratch/without"
diff -r -x .thumbs "$scratch/with" "$scratch/without"
