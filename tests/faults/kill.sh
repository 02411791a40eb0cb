#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kill -9 of the parent at random moments: no half-written thumbnail under a final name, no process
# that lives on, and the next run completes the tree and clears the temporaries.
#   kill.sh PROGRAM SAMPLES [ROUNDS]
# The moments differ from run to run, so a few rounds each time come to many. THUMBS_NIGHTLY=1:
# 100 rounds.
set -u
. "$(dirname "$0")/common.inc"
rounds=${3:-$(nightly 100 20)}
source=$scratch/source
mkdir -p "$source"
for i in 1 2 3 4; do cp -r "$samples/photos" "$source/$i"; done
cp -r "$samples/orientation" "$source/o"
start=$(date +%s%N)
"$thumbs" --jobs=2 --quiet "$source" "$scratch/calm" || exit 1
whole_ms=$((($(date +%s%N) - start) / 1000000))
n_calm=$(find "$scratch/calm" -name '*.jpg' | wc -l)

# Other tests may be running the same program; ours are told by their folder.
orphans() {
    pgrep -f -- "thumbs --thumbs-fork-server" | while read -r pid; do
        [ "$(readlink "/proc/$pid/cwd")" = "$scratch" ] && echo "$pid"
    done
}

cd "$scratch" || exit 1
n_killed=0
for round in $(seq "$rounds"); do
    out=$scratch/out
    rm -rf "$out"
    "$thumbs" --jobs=2 --quiet "$source" "$out" 2>/dev/null &
    pid=$!
    sleep "$(awk -v ms="$whole_ms" -v r="$RANDOM" 'BEGIN { printf "%.3f", ms * r / 32768 / 1000 }')"
    if kill -9 "$pid" 2>/dev/null; then n_killed=$((n_killed + 1)); fi
    wait "$pid" 2>/dev/null
    for _ in $(seq 100); do
        [ -z "$(orphans)" ] && break
        sleep 0.1
    done
    [ -z "$(orphans)" ] || fail "round $round: processes live on: $(orphans | tr '\n' ' ')"
    if [ -d "$out" ]; then
        while IFS= read -r -d '' file; do
            cmp -s "$file" "$scratch/calm/${file#"$out"/}" || fail "round $round: ${file#"$out"/} is not whole"
        done < <(find "$out" -path "$out/.thumbs" -prune -o -type f ! -name '.thumbs-*' -print0)
    fi
    "$thumbs" --jobs=2 --quiet "$source" "$out" || fail "round $round: the next run fails"
    diff -rq -x .thumbs "$scratch/calm" "$out" >/dev/null || fail "round $round: the next run leaves a difference"
done
echo "$rounds rounds, $n_killed killed in mid-run, $n_calm outputs, $failures failures"
[ "$failures" -eq 0 ]
