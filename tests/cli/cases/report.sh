# SPDX-License-Identifier: MIT
# --report: NDJSON, one whole line a source and then the summary, in every mode; to a file, which is
# replaced, or to standard output, where nothing else then goes.
. "$CASES/common.inc"
cp -R "$SAMPLES" all
rm -r all/raw all/jxl all/jp2k # decoded in worker processes alone
n_sources=$(find all -type f | wc -l)
printf '{"source":"old.jpg","status":"done"}\n' >r
for mode in $MODES; do
    thumbs 1 --mode="$mode" --report=r all "$mode"
    check_report r
    [ "$(wc -l <r)" -eq $((n_sources + 1)) ] || fail "$(wc -l <r) lines for $n_sources sources"
    fates r >"$log/fates.$mode"
    # Libraries have no say: all lines on standard error are the program's.
    odd=$(grep -Ev -e '^thumbs: (load|decode|damaged|walk|resize|encode|write): [^ ].*: .+' -e '^[0-9]+ done, ' \
        "$log/stderr" || true)
    [ -z "$odd" ] || fail "odd lines: $odd"
    # The summary for people says the same.
    counts=$(tail -n 1 r | sed 's/"seconds.*//' | tr -dc '0-9,' | tr ',' ' ')
    # shellcheck disable=SC2086 # five words
    expect_counts $counts
done
same_trees sync threads
same_trees sync processes
cmp "$log/fates.sync" "$log/fates.threads" || fail "sync and threads differ"
cmp "$log/fates.sync" "$log/fates.processes" || fail "sync and processes differ"
# Every output that is told is there, with these bytes and dimensions.
output='"path":"\([^"\\]*\)","format":"\([a-z]*\)","width":\([0-9]*\),"height":\([0-9]*\),"bytes":\([0-9]*\)}'
sed -n "s/.*$output.*/\1 \2 \3x\4 \5/p" r >"$log/told"
[ "$(wc -l <"$log/told")" -eq "$(outputs processes | wc -l)" ] || fail "other outputs are told than are there"
while read -r path _ _ bytes; do
    [ "$(stat -c %s "processes/$path")" -eq "$bytes" ] || fail "$path has other bytes than told"
done <"$log/told"
head -n 10 "$log/told" | while read -r path format shape _; do
    expect_dims "processes/$path" "$format $shape"
done

thumbs 0 --report=- "$SAMPLES/orientation" out
check_report "$log/stdout"
thumbs 0 --report - --verbose "$SAMPLES/orientation" out
check_report "$log/stdout"
thumbs 0 --report=- --quiet "$SAMPLES/orientation" out
check_report "$log/stdout"
[ ! -s "$log/stderr" ] || fail "--quiet speaks"
mkdir empty
thumbs 0 --report=- empty out
check_report "$log/stdout"
# A report in DEST is a file like any other.
mkdir photos
cp "$SAMPLES/orientation/orientation-1.jpg" photos
thumbs 0 --report=out2/r photos out2
check_report out2/r
# A run that could not begin makes none, one that a reader leaves ends.
thumbs 2 --report=none missing out
[ ! -e none ] || fail "a report of nothing"
many more 8 orientation
{ "$THUMBS" --report=- --force more out3 2>"$log/stderr" || echo $? >"$log/status"; } | true
[ "$(cat "$log/status")" = 3 ] || fail "the reader went away: exit status $(cat "$log/status")"
expect_said "standard output: Broken pipe"
expect_clean out3
