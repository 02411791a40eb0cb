#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# format.sh [PROGRAM SAMPLES] - is every tracked source laid out as .clang-format says, with no line
# over 100 columns (120 in scripts and CMake files), and does it name its licence?
#
# Lines are counted in characters (UTF-8) in C, shell and CMake files of src, include, tests,
# benchmarks, samples and examples. Lines are checked even where clang-format is missing; then, if they are
# well, the test is skipped. The arguments are not used; other tests get them.
# Exit status: 0 all is well, 1 not, each reason on a line of its own; 77 no git, no git checkout,
# no clang-format.
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
scratch=$(mktemp -d "${TMPDIR:-/tmp}/thumbs-format.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT

skip() { echo "skipped: $1" && exit 77; }

# tracked PATTERN...: the names, each ended by a NUL; without those deleted in the working tree.
tracked() { git ls-files -z -- "$@" | while IFS= read -r -d '' name; do [ -f "$name" ] && printf '%s\0' "$name"; done; }

top=$(git rev-parse --show-toplevel 2>"$scratch/why")
[ "$top" = "$(pwd -P)" ] || skip "not a git checkout: $(cat "$scratch/why")"

status=0
patterns=()
for folder in src include tests benchmarks samples examples; do
    for ending in '*.c' '*.h' '*.sh' '*.cmake' '*CMakeLists.txt'; do patterns+=("$folder/$ending"); done
done
tracked "${patterns[@]}" >"$scratch/files"
[ -s "$scratch/files" ] || { echo "no files found" && exit 1; }
# Characters are bytes that do not continue a character of UTF-8. A tab counts as one.
LC_ALL=C xargs -0 awk '
    { text = $0; gsub(/[\200-\277]/, "", text) }
    { most = FILENAME ~ /\.[ch]$/ ? 100 : 120 }
    length(text) > most { printf "%s:%d: %d columns, more than %d\n", FILENAME, FNR, length(text), most; bad = 1 }
    END { exit bad }' <"$scratch/files" || status=1

# Whoever takes a file of ours elsewhere takes its licence along.
xargs -0 grep -L 'SPDX-License-Identifier: MIT' <"$scratch/files" | sed 's/$/: no SPDX line/' >"$scratch/bare"
[ ! -s "$scratch/bare" ] || { cat "$scratch/bare" && status=1; }

if command -v clang-format >/dev/null; then
    tracked '*.c' '*.h' | xargs -0 clang-format --dry-run -Werror || status=1
elif [ "$status" -eq 0 ]; then
    skip "clang-format is not installed; lines are within their width"
fi
exit "$status"
