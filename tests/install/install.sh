#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Install into a scratch prefix, move it, and use it as a stranger would: the program, and a small
# program that links against the library by pkg-config and by its CMake package.
#   install.sh PROGRAM SAMPLES BUILD_FOLDER
set -eu
samples=$2
build=$3
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cmake --install "$build" --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/prefix" # nothing may depend on where it was installed
prefix=$scratch/prefix
for page in LICENSE thumbs.1 _thumbs thumbs.fish; do [ -s "$(find "$prefix" -name $page)" ]; done
[ -s "$prefix/share/bash-completion/completions/thumbs" ]
"$prefix/bin/thumbs" --quiet "$samples/orientation" "$scratch/by-program"

# Without the module of HEIC and AVIF libvips reads them.
module=$(find "$prefix" -name thumbs-heif.so)
if [ -n "$module" ]; then
    "$prefix/bin/thumbs" --quiet "$samples/heif/still.heic" "$samples/heif/still.avif" "$scratch/by-module"
    mv "$module" "$scratch"
    for mode in processes threads; do
        "$prefix/bin/thumbs" --quiet --mode=$mode "$samples/heif/still.heic" "$samples/heif/still.avif" "$scratch/$mode"
        [ "$(find "$scratch/$mode" -name '*.jpg' | wc -l)" -eq "$(find "$scratch/by-module" -name '*.jpg' | wc -l)" ]
    done
    mv "$scratch/thumbs-heif.so" "$module"
fi

pc=$(dirname "$(find "$prefix" -name thumbs.pc)")
export PKG_CONFIG_PATH=$pc
libdir=$(dirname "$(find "$prefix" -name libthumbs.so)")
# shellcheck disable=SC2046
cc ${TEST_CFLAGS:-} "$here/example.c" -o "$scratch/by-pc" $(pkg-config --cflags --libs thumbs) -Wl,-rpath,"$libdir"
"$scratch/by-pc" "$samples/orientation" "$scratch/by-pc-out"

cmake -S "$here" -B "$scratch/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_FLAGS="${TEST_CFLAGS:-}" >/dev/null
cmake --build "$scratch/cmake" >/dev/null
"$scratch/cmake/example" "$samples/orientation" "$scratch/by-cmake-out"

diff -r -x .thumbs "$scratch/by-program" "$scratch/by-pc-out"
diff -r -x .thumbs "$scratch/by-program" "$scratch/by-cmake-out"
[ "$(find "$scratch/by-program" -name '*.jpg' | wc -l)" -ge 8 ]
