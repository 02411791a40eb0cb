#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Does the loader look for libraries in the working folder? Whoever runs thumbs in a folder that a
# stranger has filled would run that stranger's code. Looks at the run path of each program, library
# and module below the folders (build trees, installed trees), and tries PROGRAM in such a folder. A
# folder with a CMakeCache.txt is installed from, too.
#   run_paths.sh PROGRAM SAMPLES FOLDER...
set -eu
program=$(realpath "$1") samples=$(realpath "$2")
shift 2
command -v readelf >/dev/null || { echo "SKIPPED: there is no readelf" && exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
LC_ALL=C
export LC_ALL

# linked FOLDER - the programs, libraries and modules in it, not what they are linked of
linked() {
    local file
    find "$1" -name CMakeFiles -prune -o -type f ! -name '*.o' ! -name '*.a' -size +0 -print |
        while IFS= read -r file; do
            [ "$(head -c 4 "$file" | tr -d '\0')" != $'\177ELF' ] || echo "$file"
        done
}

# check FOLDER ENTRY... - each entry of a run path must be of one of these kinds
check() {
    local folder=$1 file paths entry kind ok n=0
    shift
    while IFS= read -r file; do
        n=$((n + 1))
        paths=$(readelf -d "$file" 2>/dev/null | sed -n 's/.*(R\(UN\)\?PATH).*\[\(.*\)\]$/\2:/p')
        while IFS= read -r -d : entry; do
            ok=false
            for kind; do
                # shellcheck disable=SC2254 # a pattern
                case $entry in $kind) ok=true ;; esac
            done
            $ok || { echo "FAILED: $file looks for libraries in '$entry'" && exit 1; }
        done <<<"$paths"
    done < <(linked "$folder")
    [ $n -gt 0 ] || { echo "FAILED: $folder holds no program" && exit 1; }
}

for folder; do
    if [ -f "$folder/CMakeCache.txt" ]; then
        check "$folder" '/*' '$ORIGIN' '$ORIGIN/*'
        cmake --install "$folder" --prefix "$scratch/installed" >/dev/null 2>&1 || continue # not all can be
        folder=$scratch/installed
    fi
    check "$folder" '$ORIGIN' '$ORIGIN/*' '/usr/*' '/opt/*' # where it was built is none of its business
done

# A folder with a file for each library that could be asked for; none of them is one.
mkdir "$scratch/strange"
cd "$scratch/strange"
for module in "$program" $(find "$(dirname "$program")" -name 'thumbs-*.so'); do
    readelf -d "$module" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' | xargs touch "$(basename "$module")"
done
for mode in processes threads; do
    "$program" --quiet --mode=$mode --format=keep "$samples/png" "$samples/heif" "$scratch/$mode" ||
        [ $? -eq 1 ] || { echo "FAILED: it takes libraries from the working folder" && exit 1; }
done
cd "$scratch"
"$program" --quiet --format=keep "$samples/png" "$samples/heif" "$scratch/calm" || [ $? -eq 1 ]
diff -r -x .thumbs "$scratch/calm" "$scratch/processes"
diff -r -x .thumbs "$scratch/calm" "$scratch/threads"
