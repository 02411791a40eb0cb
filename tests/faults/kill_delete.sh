#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kill -9 at random moments of runs with --delete, after sources were changed, swapped, renamed, moved
# and removed, and manifests were cut, halved, doubled and edited. Never is a thumbnail removed whose
# source is there; the next run completes the tree, and nothing that it calls up to date is wrong.
#   kill_delete.sh PROGRAM SAMPLES [ROUNDS]
# THUMBS_NIGHTLY=1: 200 rounds.
set -u
. "$(dirname "$0")/common.inc"
rounds=${3:-$(nightly 200 12)}
options=(--jobs=2 --quiet --names=full)

pictures=("$samples"/orientation/*.jpg "$samples"/png/*.png)
pick() { echo "${pictures[RANDOM % ${#pictures[@]}]}"; }
any_source() { find "$source" -type f | LC_ALL=C sort | sed -n "$((RANDOM % $(find "$source" -type f | wc -l) + 1))p"; }

# A new tree of three folders, and what was made of it.
begin() {
    rm -rf "$scratch/source" "$scratch/out"
    source=$scratch/source out=$scratch/out
    mkdir -p "$source/x/deep" "$source/y"
    for i in 1 2 3 4 5 6 7 8; do
        for folder in . x x/deep y; do
            picture=$(pick)
            cp "$picture" "$source/$folder/$i.${picture##*.}"
        done
    done
    start=$(date +%s%N)
    "$thumbs" "${options[@]}" "$source" "$out" 2>/dev/null # some samples are broken
    whole_ms=$((($(date +%s%N) - start) / 1000000))
}

change() {
    for _ in 1 2 3 4 5 6; do
        file=$(any_source)
        other=$(any_source)
        case $((RANDOM % 6)) in
        0) rm "$file" ;;
        1) mv "$file" "$(dirname "$file")/renamed-$RANDOM.${file##*.}" ;;
        2) mv "$file" "$source/y/moved-$RANDOM.${file##*.}" ;;
        3) [ "$file" = "$other" ] || { mv "$file" "$source/t" && mv "$other" "$file" && mv "$source/t" "$other"; } ;;
        4) cp "$(pick)" "$file" ;;
        5) cp "$(pick)" "$source/x/new-$RANDOM.jpg" ;;
        esac
    done
    [ $((RANDOM % 4)) -ne 0 ] || { mkdir -p "$source/z" && mv "$source/x/deep" "$source/z/deep"; }
}

# One kind of damage for each manifest.
damage() {
    for file in "$out"/.thumbs/made/*; do
        size=$(stat -c %s "$file")
        case $((RANDOM % 5)) in
        0) truncate -s $((RANDOM % (size + 1))) "$file" ;;
        1) tail -c +$((size / 2)) "$file" >"$scratch/half" && cat "$scratch/half" >"$file" ;;
        2) cp "$file" "$scratch/double" && cat "$scratch/double" >>"$file" ;;
        3) printf 'X' | dd of="$file" bs=1 seek=$((RANDOM % size)) conv=notrunc status=none ;;
        4) sort -R "$file" >"$scratch/mixed" && cat "$scratch/mixed" >"$file" ;;
        esac
    done
}

# With --names=full the thumbnail of a.png is a.png.jpg.
with_thumbnail() {
    (cd "$source" && find . -type f -print) | while IFS= read -r name; do
        if [ -f "$out/$name.jpg" ]; then echo "$name"; fi
    done
}

n_killed=0
for round in $(seq "$rounds"); do
    begin
    change
    damaged=0
    if [ $((round % 2)) -eq 0 ]; then damaged=1 && damage; fi
    with_thumbnail >"$scratch/before"
    "$thumbs" "${options[@]}" --delete=force "$source" "$out" 2>/dev/null &
    pid=$!
    sleep "$(awk -v ms="$whole_ms" -v r="$RANDOM" 'BEGIN { printf "%.3f", ms * r / 32768 / 1000 }')"
    if kill -9 "$pid" 2>/dev/null; then n_killed=$((n_killed + 1)); fi
    wait "$pid" 2>/dev/null
    while IFS= read -r name; do
        [ -f "$out/$name.jpg" ] || fail "round $round: the thumbnail of $name is gone, and its source is there"
    done <"$scratch/before"
    "$thumbs" "${options[@]}" --wait --delete=force "$source" "$out" 2>/dev/null
    [ $? -le 1 ] || fail "round $round: the next run cannot go on"
    rm -rf "$scratch/calm"
    "$thumbs" "${options[@]}" "$source" "$scratch/calm" 2>/dev/null
    # What failed keeps the thumbnail that it had before; what damage has made unknown is left behind.
    while IFS= read -r name; do
        cmp -s "$scratch/calm/$name" "$out/$name" || fail "round $round: $name is not what its source gives"
    done < <(cd "$scratch/calm" && find . -path ./.thumbs -prune -o -type f -print)
    if [ $damaged -eq 0 ]; then
        while IFS= read -r name; do
            [ -f "$source/${name%.jpg}" ] || fail "round $round: $name is left, and its source is gone"
        done < <(cd "$out" && find . -path ./.thumbs -prune -o -type f -print)
    fi
done
echo "$rounds rounds, $n_killed killed in mid-run, $failures failures"
[ "$failures" -eq 0 ]
