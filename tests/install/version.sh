#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Is the version the same wherever it is told?
#   version.sh PROGRAM SAMPLES SOURCE_FOLDER BUILD_FOLDER
set -u
program=$1 source=$3 build=$4
version=$("$program" --version | sed -n '1s/^thumbs //p')
minor=${version%.*}
status=0
expect() { # WHAT EXPECTED GOT
    [ "$2" = "$3" ] && return
    echo "FAILED: $1 is $3 in place of $2"
    status=1
}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || { echo "FAILED: the version is '$version'" && exit 1; }
newest=$(grep -m 1 '^## ' "$source/CHANGELOG.md")
expect "the newest section of CHANGELOG.md" "## $version" "${newest% (*}"
[[ $newest =~ \ \([0-9]{4}-[0-9]{2}-[0-9]{2}\)$ ]] || expect "the day of that section" "(YYYY-MM-DD)" "$newest"
while IFS=: read -r file _ line; do
    expect "the image in ${file#"$source/"}" "$version" "${line##*:}"
done < <(grep -rnE '(image: |/with-)thumbs:' "$source/examples")
while IFS=: read -r file _ line; do
    expect "what ${file#"$source/"} asks for" "find_package(thumbs $minor REQUIRED)" "$line"
done < <(grep -rn --include=CMakeLists.txt '^find_package(thumbs' "$source/examples" "$source/tests/install")
[ ! -f "$build/thumbs.pc" ] || expect "thumbs.pc" "$version" "$(sed -n 's/^Version: //p' "$build/thumbs.pc")"
exit $status
