# Whatever the template: a source that is told to be done has its output. No two may share one in silence, though width,
# height and the other sizes are known only late.
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
