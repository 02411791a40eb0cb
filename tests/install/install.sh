#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Install into a scratch prefix, move it, and use it as a stranger would: the program, and a small
# program that links against the library by pkg-config and by its CMake package.
#   install.sh PROGRAM SAMPLES BUILD_FOLDER MODULE...
set -eu
samples=$2
build=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cmake --install "$build" --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/prefix" # nothing may depend on where it was installed
prefix=$scratch/prefix
for page in LICENSE thumbs.1 _thumbs thumbs.fish; do [ -s "$(find "$prefix" -name $page)" ]; done
[ -s "$prefix/share/bash-completion/completions/thumbs" ]
"$prefix/bin/thumbs" --quiet "$samples/orientation" "$scratch/by-program"

# Every module that was built: where one is missing, libvips might read its formats unnoticed.
for module in "$@"; do [ -s "$(find "$prefix" -name "$module.so")" ]; done

# Without the modules of HEIC and AVIF libvips reads them.
modules=$(find "$prefix" -name thumbs-hevc.so -o -name thumbs-av1.so)
if [ -n "$modules" ]; then
    "$prefix/bin/thumbs" --quiet "$samples/heif/still.heic" "$samples/heif/still.avif" "$scratch/by-module"
    moved=$(dirname "${modules%%$'\n'*}")
    # shellcheck disable=SC2086
    mv $modules "$scratch"
    for mode in processes threads; do
        "$prefix/bin/thumbs" --quiet --mode=$mode "$samples/heif/still.heic" "$samples/heif/still.avif" "$scratch/$mode"
        [ "$(find "$scratch/$mode" -name '*.jpg' | wc -l)" -eq "$(find "$scratch/by-module" -name '*.jpg' | wc -l)" ]
    done
    # Of a file that does not tell its codec by its brand, the one that is there is enough.
    mkdir "$scratch/untold"
    LC_ALL=C sed 's/avif/mif1/g' "$samples/heif/still.avif" >"$scratch/untold/still.avif"
    mv "$scratch/thumbs-av1.so" "$moved"
    "$prefix/bin/thumbs" --quiet --mode=processes "$scratch/untold" "$scratch/by-av1"
    mv "$scratch/thumbs-hevc.so" "$moved"
    "$prefix/bin/thumbs" --quiet --mode=sync "$scratch/untold" "$scratch/by-both"
    cmp "$scratch/by-av1/still.jpg" "$scratch/by-both/still.jpg"
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

# ---- the examples of examples/library, by pkg-config and by CMake ----

fail() { echo "FAILED: $1" && exit 1; }
examples=$here/../../examples/library
mkdir "$scratch/pc"
for name in one_image batch; do
    # shellcheck disable=SC2046,SC2086
    cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror ${TEST_CFLAGS:-} "$examples/$name.c" -o "$scratch/pc/$name" \
        $(pkg-config --cflags --libs thumbs) -pthread -Wl,-rpath,"$libdir"
done
cmake -S "$examples" -B "$scratch/both" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_FLAGS="${TEST_CFLAGS:-}" >/dev/null
cmake --build "$scratch/both" >/dev/null

# A picture under 600 long names: more lines than a pipe holds.
mkdir "$scratch/many"
cp "$samples/photos/dunes.jpg" "$scratch/many/first.jpg"
zeros=$(printf '%0200d' 0)
for ((i = 1; i < 600; i++)); do ln "$scratch/many/first.jpg" "$scratch/many/$i-$zeros.jpg"; done

for built in "$scratch/pc" "$scratch/both"; do
    out=$scratch/out-of-$(basename "$built")
    mkdir "$out"
    # One picture: the bytes that the program makes, but for the comment of 18 bytes by which it knows
    # its own; what is no picture is told.
    "$built/one_image" "$samples/photos/dunes.jpg" "$out/one.jpg" 100 >"$out/said"
    grep -q '^jpeg .* -> jpeg 100x' "$out/said" || fail "one_image says: $(cat "$out/said")"
    "$prefix/bin/thumbs" --quiet --size=100 "$samples/photos/dunes.jpg" "$out/one"
    { head -c 20 && tail -c +19; } <"$out/one/dunes.jpg" | cmp - "$out/one.jpg"
    ! "$built/one_image" "$here/install.sh" "$out/none.jpg" 2>"$out/said" || fail "a script is no picture"
    [ ! -e "$out/none.jpg" ] && grep -q '(not_image)' "$out/said" || fail "one_image says: $(cat "$out/said")"

    # A batch, whole; stopped after three sources and gone on with; broken files.
    "$built/batch" "$samples/orientation" "$out/whole" >"$out/said"
    n=$(find "$samples/orientation" -type f | wc -l)
    grep -qx "$n done, 0 up to date, 0 failed" "$out/said" || fail "batch says: $(tail -n 1 "$out/said")"
    diff -r -x .thumbs "$scratch/by-program" "$out/whole"
    status=0
    "$built/batch" "$samples/orientation" "$out/parts" 3 >/dev/null || status=$?
    [ $status -eq 4 ] || [ $status -eq 0 ] || fail "stopped after 3 sources: status $status"
    "$built/batch" "$samples/orientation" "$out/parts" >"$out/said"
    diff -r -x .thumbs "$scratch/by-program" "$out/parts"
    grep -q ' [1-9][0-9]* up to date, 0 failed$' "$out/said" || fail "it does not go on: $(tail -n 1 "$out/said")"
    mkdir "$out/broken"
    head -c 60 "$samples/photos/dunes.jpg" >"$out/broken/a.jpg"
    status=0
    "$built/batch" "$out/broken" "$out/of-broken" >"$out/said" || status=$?
    [ $status -eq 1 ] && grep -q '^failed a.jpg: ' "$out/said" || fail "broken: $status $(cat "$out/said")"

    # A signal: nobody reads on until it is seen, so the run cannot be over before.
    mkfifo "$out/lines"
    "$built/batch" "$scratch/many" "$out/some" >"$out/lines" 2>"$out/said" &
    batch=$!
    exec 3<"$out/lines"
    read -r line <&3
    [[ $line == done\ * ]] || fail "the first line is $line"
    kill -TERM $batch
    until grep -q 'finishing' "$out/said"; do sleep 0.05; done
    cat <&3 >/dev/null
    exec 3<&-
    status=0
    wait $batch || status=$?
    [ $status -eq 4 ] || fail "stopped by a signal: status $status"
    made=$(find "$out/some" -name '*.jpg' | wc -l)
    [ "$made" -gt 0 ] && [ "$made" -lt 600 ] || fail "stopped by a signal: $made thumbnails"
done
diff -r -x .thumbs "$scratch/by-program" "$scratch/by-cmake-out"
[ "$(find "$scratch/by-program" -name '*.jpg' | wc -l)" -ge 8 ]
