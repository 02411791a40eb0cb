# SPDX-License-Identifier: MIT
# Content decides what a file is; a name that promises a picture which is none is a failure, not
# passed over.
. "$CASES/common.inc"
for mode in $MODES; do
    thumbs 1 --mode="$mode" --report="$log/r" "$SAMPLES/lying" "$mode"
    fates "$log/r" | sed 's/^failed:[a-z:_]*/failed/' | LC_ALL=C sort >"$log/seen.$mode"
    check_report "$log/r"
    expect_outputs "$mode" folder.jpg/picture.jpg gif-inside.jpg jpeg-inside.png.jpg \
        jpeg-inside.txt.jpg jpeg-upper-case.jpg \
        jpeg-without-extension.jpg \
        png-inside.jpg webp-inside.jpg
done
cmp "$log/seen.sync" "$log/seen.threads"
cmp "$log/seen.sync" "$log/seen.processes"
for fate in "done gif-inside.jpeg" "done jpeg-inside.png" "done jpeg-inside.txt" "done png-inside.jpg" \
    "done webp-inside.gif" "failed empty.jpg" "failed empty.png" "failed html-inside.png" "failed text-inside.jpg" \
    "failed claims-65000x65000.jpg" "failed claims-65535x65535.gif" "failed claims-2147483647x2147483647.png"; do
    grep -qxF "$fate" "$log/seen.sync" || fail "it is not so: $fate"
done
grep -q '"source":"gif-inside.jpeg","status":"done","format":"gif"' "$log/r" || fail "the report believes the name"
fates "$log/r" | grep -q '^failed:decode:too_large claims-65000x65000.jpg' || fail "a giant is not too_large"
[ "$(grep -c '^thumbs: ' "$log/stderr")" -eq "$(grep -c '^failed' "$log/seen.sync")" ] ||
    fail "other than one line a failure"
# The next run tells what failed from memory, or tries it again, and only that.
thumbs 0 --report="$log/r2" "$SAMPLES/lying" sync
fates "$log/r2" | sed 's/^known:[a-z:_]*/failed/;s/^up-to-date/done/' | LC_ALL=C sort | cmp - "$log/seen.sync"
thumbs 1 --retry-failed --report="$log/r2" "$SAMPLES/lying" sync
fates "$log/r2" | sed 's/^failed:[a-z:_]*/failed/;s/^up-to-date/done/' | LC_ALL=C sort | cmp - "$log/seen.sync"
