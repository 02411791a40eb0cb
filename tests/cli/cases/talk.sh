# SPDX-License-Identifier: MIT
# What is said and where: nothing but the summary by default; --quiet only errors; -v a line a file
# and what the run was bound by; messages have one shape.
. "$CASES/common.inc"
mkdir -p photos/sub
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/png/rgb-8.png" photos/sub/b.png
echo text >photos/notes.txt
for mode in $MODES; do
    thumbs 0 --mode="$mode" photos "$mode"
    [ ! -s "$log/stdout" ] || fail "something on standard output"
    [ "$(wc -l <"$log/stderr")" -eq 1 ] || fail "more than the summary: $(cat "$log/stderr")"
    thumbs 0 --mode="$mode" --quiet --force photos "$mode"
    [ ! -s "$log/stdout" ] && [ ! -s "$log/stderr" ] || fail "--quiet speaks"
    thumbs 0 --mode="$mode" --verbose --force photos "$mode"
    grep -Eqx 'done a\.jpg -> a\.jpg 240x160 [0-9]+ bytes [0-9.]+ ms' "$log/stderr" || fail "-v: $(cat "$log/stderr")"
    grep -Eqx 'done sub/b\.png -> sub/b\.jpg [0-9]+x[0-9]+ [0-9]+ bytes [0-9.]+ ms' "$log/stderr" ||
        fail "-v: $(cat "$log/stderr")"
    grep -Eqx 'skipped notes\.txt: .+' "$log/stderr" || fail "-v: $(cat "$log/stderr")"
    shares='read [0-9]+ %, decode [0-9]+ %, resize [0-9]+ %, encode [0-9]+ %, write [0-9]+ %'
    shares="$shares, waiting for a worker [0-9]+ %"
    tail -n 1 "$log/stderr" | grep -Eq "bound by: $shares(; sandbox: .*)?\$" ||
        fail "-v: not what it was bound by"
    [ "$(wc -l <"$log/stderr")" -eq 4 ] || fail "-v: other than a line a file and the summary"
    thumbs 0 --mode="$mode" -v photos "$mode"
    grep -qx 'up-to-date a.jpg' "$log/stderr" || fail "-v: $(cat "$log/stderr")"
done
# The shares make up the whole.
thumbs 0 -v --force photos sync
tail -n 1 "$log/stderr" | sed 's/.*bound by//; s/; sandbox.*//' | tr -dc '0-9\n ' |
    awk '{ for (i = 1; i <= NF; i++) sum += $i; exit sum < 96 || sum > 104 }' || fail "the shares are not 100 %"

cp "$SAMPLES/broken/baseline-width-zero.jpg" photos/bad.jpg
for mode in $MODES; do
    thumbs 1 --mode="$mode" --quiet photos "$mode"
    grep -Eqx 'thumbs: decode: bad\.jpg: .+' "$log/stderr" || fail "--quiet: $(cat "$log/stderr")"
    [ "$(wc -l <"$log/stderr")" -eq 1 ] || fail "--quiet says more than the error"
done

