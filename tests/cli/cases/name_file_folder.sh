# SPDX-License-Identifier: MIT
# A picture whose output has the name of another one's folder: one of the two cannot be, and that is
# told, never silent; and it is the same one in each mode.
. "$CASES/common.inc"
mkdir -p photos/q.jpg
cp "$SAMPLES/png/rgb-8.png" photos/q.png
cp "$SAMPLES/png/rgb-8.png" photos/q.jpg/inner.png
for mode in $MODES; do
    thumbs 1 --mode="$mode" --report="$log/r" photos "$mode"
    check_report "$log/r"
    expect_counts 1 0 0 1 0
    fates "$log/r" >"$log/fates.$mode"
    [ "$(outputs "$mode" | wc -l)" -eq 1 ] || fail "not one output"
done
cmp "$log/fates.sync" "$log/fates.threads" || fail "sync and threads differ"
cmp "$log/fates.sync" "$log/fates.processes" || fail "sync and processes differ"
