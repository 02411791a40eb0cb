#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Chaos: while 2,000 pictures are worked on, somebody strikes a random worker every 50 ms: SIGKILL,
# SIGSEGV or SIGSTOP. Every file must end as done or as failed with a cause; a strike costs one file
# at most, the one that was worked on; everything else is done, and comes out as in a calm run. A
# later run completes the tree.
#   chaos.sh PROGRAM SAMPLES [FILES]
set -u
. "$(dirname "$0")/common.inc"
n_files=${3:-2000}
cd "$scratch" || exit 1

# Pictures that take their time stand among small ones, so that strikes meet workers in the middle
# of one.
mapfile -t pictures < <(find "$samples/photos" "$samples/orientation" "$samples/jpeg" "$samples/png" "$samples/webp" \
    "$samples/gif" -type f | LC_ALL=C sort)
mkdir source
for ((i = 0; i < n_files; i++)); do
    picture=${pictures[i % ${#pictures[@]}]}
    ln "$picture" "source/$i.${picture##*.}" 2>/dev/null || cp "$picture" "source/$i.${picture##*.}"
done
status=0
"$thumbs" --jobs=2 --quiet --report=calm.ndjson source calm 2>calm.err || status=$?
[ $status -le 1 ] || fail "the calm run ends with $status"

# children PID - in one line. Where the kernel tells, nobody has to look through all processes: on a
# busy machine that takes so long that there are hardly any strikes.
children() { cat "/proc/$1/task/$1/children" 2>/dev/null || pgrep -P "$1" | tr "\n" " "; }

# Strike until the run is over: "SIGNAL PID" a line into strikes.
strike() {
    local signals=(KILL SEGV KILL SEGV STOP) workers server signal pid
    while kill -0 "$1" 2>/dev/null; do
        read -r server _ < <(children "$1")
        read -ra workers < <([ -n "$server" ] && children "$server")
        if [ ${#workers[@]} -gt 0 ]; then
            pid=${workers[RANDOM % ${#workers[@]}]}
            signal=${signals[RANDOM % 5]}
            kill -s "$signal" "$pid" 2>/dev/null && echo "$signal $pid" >>strikes
        fi
        sleep 0.05
    done
}
: >strikes
status=0
# The time limit is what ends a stopped worker. Larger output makes the run longer, and is the same
# in both runs.
"$thumbs" --jobs=4 --quiet --timeout=4 --report=chaos.ndjson source chaos 2>chaos.err &
pid=$!
strike $pid &
wait $pid || status=$?
wait
n_strikes=$(wc -l <strikes)
[ "$n_strikes" -ge 5 ] || fail "only $n_strikes strikes: this shows nothing"
[ $status -le 1 ] || fail "the run ends with $status: $(tail -n 2 chaos.err)"

# Each source has one fate, in both runs.
sources() { sed -n 's/^{"source":"\([^"]*\)".*/\1/p' "$1" | LC_ALL=C sort; }
fate() { sed -n 's/^{"source":"\([^"]*\)","status":"\([a-z-]*\)".*/\1 \2/p' "$1" | LC_ALL=C sort; }
[ "$(sources chaos.ndjson | wc -l)" -eq "$n_files" ] || fail "$(sources chaos.ndjson | wc -l) fates of $n_files files"
[ "$(sources chaos.ndjson | uniq | wc -l)" -eq "$n_files" ] || fail "a file has two fates"

# What went otherwise than in the calm run has failed, because a worker died or stood still, and not
# more often than there were strikes.
LC_ALL=C comm -13 <(fate calm.ndjson) <(fate chaos.ndjson) >otherwise
n_hit=$(wc -l <otherwise)
grep -v ' failed$' otherwise && fail "changed to something else than failed"
[ "$n_hit" -le "$n_strikes" ] || fail "$n_hit files failed of $n_strikes strikes"
while read -r source _; do
    line=$(grep -F "{\"source\":\"$source\"," chaos.ndjson)
    case $line in
    *'"code":"crashed"'*'signal 9'* | *'"code":"crashed"'*'signal 11'* | *'"code":"timeout"'*) ;;
    *) fail "no cause: $line" ;;
    esac
done <otherwise

# Outputs: those of the calm run but for the files that were hit, byte for byte, and nothing half
# made.
(cd calm && find . -path ./.thumbs -prune -o -type f -print0 | LC_ALL=C sort -z) | while IFS= read -r -d '' file; do
    [ -e "chaos/$file" ] && ! cmp -s "calm/$file" "chaos/$file" && echo "$file"
done >differ
[ ! -s differ ] || fail "other bytes: $(head -n 3 differ | tr '\n' ' ')"
count() { find "$1" -name .thumbs -prune -o -type f -print | wc -l; }
missing=$(($(count calm) - $(count chaos)))
[ "$missing" -eq "$n_hit" ] || fail "$missing outputs are missing, $n_hit files were hit"
[ -z "$(find chaos -name '.thumbs-*')" ] || fail "a temporary file was left"

# The next run, in peace, completes the tree.
retry=$("$thumbs" --help | grep -q retry-failed && echo --retry-failed)
"$thumbs" --jobs=2 --quiet $retry source chaos 2>/dev/null
diff -rq -x .thumbs calm chaos >/dev/null || fail "the next run leaves a difference"
echo "$n_files files, $n_strikes strikes ($(grep -c KILL strikes) SIGKILL, $(grep -c SEGV strikes) SIGSEGV," \
    "$(grep -c STOP strikes) SIGSTOP), $n_hit files hit, $failures failures"
[ "$failures" -eq 0 ]
