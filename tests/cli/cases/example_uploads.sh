# SPDX-License-Identifier: MIT
# examples/uploads from what is there over an upload, a change, a move, a deletion and a broken upload to a start on
# which nothing is to be done.
. "$CASES/common.inc"
uploads=$CASES/../../../examples/uploads/uploads
export THUMBS_PROGRAM="$THUMBS" THUMBS_OPTIONS="--size=32"
begin() {
    : >"$log/stderr" # what an earlier one said must not pass for its word
    "$uploads" uploads out >lines 2>"$log/stderr" </dev/null &
    run=$!
    until_true 60 grep -q 'keeps DEST in step' "$log/stderr" || fail "it does not begin: $(cat "$log/stderr")"
}
end() {
    kill -TERM "$run"
    finish
    [ "$got_status" -eq 143 ] || fail "exit status $got_status: $(cat "$log/stderr")"
    check_summary
    expect_clean out
}
told() { grep -q "^{\"source\":\"$1\",\"status\":\"$2\"" lines; }
expect_soon() { until_true 60 "$@" || fail "never: $*: $(cat "$log/stderr" lines)"; }
is_there() { [ -e "$1" ]; }
is_not_there() { [ ! -e "$1" ]; }

mkdir uploads
for i in 1 2 3 4; do cp "$SAMPLES/orientation/orientation-$i.jpg" uploads/$i.jpg; done
begin
expect_soon told 4.jpg done
expect_outputs out 1.jpg 2.jpg 3.jpg 4.jpg
cp "$SAMPLES/orientation/orientation-5.jpg" uploads/.part
mv uploads/.part uploads/5.jpg
expect_soon told 5.jpg done
before=$(cksum <out/2.jpg)
cp "$SAMPLES/photos/mountain-lake.jpg" uploads/2.jpg
is_changed() { [ "$(cksum <out/2.jpg)" != "$before" ]; }
expect_soon is_changed
mkdir uploads/album
mv uploads/3.jpg uploads/album/3.jpg
expect_soon is_there out/album/3.jpg
expect_soon is_not_there out/3.jpg
rm uploads/1.jpg
expect_soon is_not_there out/1.jpg
head -c 100 "$SAMPLES/orientation/orientation-8.jpg" >uploads/broken.jpg
expect_soon told broken.jpg failed
end
expect_outputs out 2.jpg 4.jpg 5.jpg album/3.jpg
# Nothing is to be done when it starts again.
begin
end
tail -n 1 "$log/stderr" | grep -q '^0 done, 4 up to date, 0 damaged, 0 failed, ' || fail "$(cat "$log/stderr")"
