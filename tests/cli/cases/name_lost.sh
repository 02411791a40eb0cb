# SPDX-License-Identifier: MIT
# Whatever the template: a source that is told to be done has its output. No two may share one in
# silence, though width, height and the other sizes are known only late.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/jpeg/size-17x33.jpg" photos/p.jpg   # p17
cp "$SAMPLES/jpeg/size-7x7.jpg" photos/p1.jpg    # p1 7
cp "$SAMPLES/jpeg/size-9x9.jpg" photos/other.jpg # clashes with nobody
try() { # SIZES TEMPLATE
    for mode in sync processes; do
        rm -rf out
        "$THUMBS" --mode="$mode" --name="$2" --size="$1" --report="$log/r" photos out 2>"$log/stderr" || true
        check_report "$log/r"
        told=$(grep -o '"path":' "$log/r" | wc -l)
        files=$(outputs out | wc -l)
        [ "$told" -eq "$files" ] || fail "$2, $mode: $told outputs are told, but there are $files files"
        fates "$log/r" | grep -qx "done other.jpg" || fail "$2, $mode: one that clashes with nobody has failed"
    done
}
try 256 '{stem}{width}.{ext}'
try 256 '{stem}{height}{width}.{ext}'
try 12,2 '{stem}{size}.{ext}'
try 256 '{stem}{size}.{ext}'

# An output that is up to date must not be taken by a newcomer whose name comes out the same.
mkdir later
cp "$SAMPLES/png/size-7x7.png" later/a1.png 2>/dev/null || cp "$SAMPLES/jpeg/size-7x7.jpg" later/a1.jpg
thumbs 0 --name='{stem}{width}.{ext}' later taken
cp "$SAMPLES/jpeg/size-17x33.jpg" later/a.jpg
"$THUMBS" --name='{stem}{width}.{ext}' --report="$log/r" later taken 2>"$log/stderr" || true
n_done=$(fates "$log/r" | grep -c -E '^(done|up-to-date) ')
n_files=$(outputs taken | wc -l)
[ "$n_done" -eq "$n_files" ] || fail "an output was taken over: $n_done done, $n_files files"
