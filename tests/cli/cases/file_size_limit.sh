# SPDX-License-Identifier: MIT
# A limit on the size of files (ulimit -f) is an output that cannot be written, told as such; it must not kill the run.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/photos/dunes.jpg" "$SAMPLES/jpeg/size-16x16.jpg" photos
for mode in $MODES; do
    status=0
    (ulimit -f 4 && exec "$THUMBS" --mode="$mode" --size=600 --report="$log/r" photos "$mode" 2>"$log/stderr") ||
        status=$?
    case $status in
    1 | 3) ;;
    *) fail "$mode: exit status $status" ;;
    esac
    expect_clean "$mode"
    whole_or_not "$PWD/$mode" "$PWD/$mode"
    thumbs 0 --mode="$mode" --size=600 photos "$mode"
done
