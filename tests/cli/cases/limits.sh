# SPDX-License-Identifier: MIT
# --max-bytes and --max-pixels refuse a source before it is decoded, the others are made.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/photos/dunes.jpg" photos/large.jpg
cp "$SAMPLES/jpeg/size-17x33.jpg" photos/small.jpg
cp "$SAMPLES/lying/claims-65000x65000.jpg" photos/claims.jpg
size=$(stat -c %s photos/large.jpg)
for mode in $MODES; do
    thumbs 1 --mode="$mode" --max-bytes=$((size - 1)) --report="$log/r" photos "$mode"
    expect_fates "$log/r" "failed:load:too_large large.jpg" "failed:decode:too_large claims.jpg" "done small.jpg"
    thumbs 0 --mode="$mode" --max-bytes=$size photos "$mode"
    expect_counts 1 1 0 0 0
    expect_said "; known 1 "
    thumbs 1 --mode="$mode" --max-pixels=560 --report="$log/r" photos "p-$mode"
    expect_fates "$log/r" "failed:decode:too_large large.jpg" "failed:decode:too_large claims.jpg" \
        "failed:decode:too_large small.jpg"
    thumbs 1 --mode="$mode" --max-pixels=561 photos "p-$mode"
    expect_counts 1 0 0 2 0
    thumbs 1 --retry-failed --mode="$mode" --max-bytes=1 photos none
    expect_counts 0 0 0 3 0
done
# A giant that is allowed must not take the machine's memory.
if (ulimit -v 8000000 && "$THUMBS" --version) >/dev/null 2>&1; then # not so with AddressSanitizer
    status=0
    # shellcheck disable=SC3045 # dash and bash have it
    (ulimit -v 8000000 && exec "$THUMBS" --max-pixels=5000000000 --timeout=20 --report="$log/r" \
        photos/claims.jpg giant 2>"$log/stderr") || status=$?
    [ $status -le 1 ] || fail "a giant ends the run: exit status $status"
    check_report "$log/r"
fi
# A file that takes next to no room on disk.
truncate -s 2G photos/sparse.jpg
thumbs 1 --report="$log/r" photos out
fates "$log/r" | grep -q '^failed:load:too_large sparse.jpg$' || fail "two gigabytes are not too large"
