# SPDX-License-Identifier: MIT
# --gallery: a page of the whole run in every mode, at the end and whole or not at all; what else stands under its name
# stays. How it looks and works in a browser: tests/gallery.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" 'photos/<script>.jpg'
echo 'no picture' >photos/none.jpg

# statuses FILE - "status source" of all its lines, which are those of a report
statuses() {
    sed -n 's/^{"source":"\([^"]*\)","status":"\([^"]*\)".*/\2 \1/p' "$1" | LC_ALL=C sort
}
expect_page() { # FILE LINE...
    file=$1
    shift
    head -n 1 "$file" | grep -qx '<!DOCTYPE html><!-- a gallery by thumbs -->' || fail "$file does not begin as a page"
    tail -n 1 "$file" | grep -qx '</html>' || fail "$file has no end"
    statuses "$file" >"$log/got"
    printf '%s\n' "$@" | LC_ALL=C sort >"$log/expected"
    cmp -s "$log/expected" "$log/got" || {
        diff "$log/expected" "$log/got" || true
        fail "the gallery tells of others (< expected, > got)"
    }
}
base() { sed -n 's/^\[{"base":"\(.*\)"},$/\1/p' "$1"; }

for mode in $MODES; do
    thumbs 1 --mode="$mode" --gallery=page.html --report="$mode.ndjson" photos "$mode"
    expect_page page.html 'done \u003cscript>.jpg' 'done a.jpg' 'failed none.jpg'
    check_report "$mode.ndjson"
    [ "$(base page.html)" = "$mode/" ] || fail "base is $(base page.html)"
    expect_outputs "$mode" '<script>.jpg' a.jpg
done
# What was up to date is in it, with its outputs; what failed before, too. Also with --quiet.
thumbs 0 --quiet --gallery=sync/index.html photos sync
expect_page sync/index.html 'up-to-date \u003cscript>.jpg' 'up-to-date a.jpg' 'known none.jpg'
[ "$(base sync/index.html)" = "" ] || fail "base is $(base sync/index.html)"
n=$(grep -c '"outputs":\[{"path":"[^"]*","format":"jpeg","width"' sync/index.html)
[ "$n" -eq 2 ] || fail "outputs are missing: $n"
expect_clean sync
# A dry run shows what would be made; on standard output it takes the place of the list.
thumbs 1 --dry-run --gallery=- photos 'not there/out'
expect_page "$log/stdout" 'would-make \u003cscript>.jpg' 'would-make a.jpg' 'failed none.jpg'
[ "$(base "$log/stdout")" = "not%20there/out/" ] || fail "base is $(base "$log/stdout")"
[ ! -e 'not there' ] || fail "a dry run has made something"
# One part of two.
for i in 0 1; do "$THUMBS" --quiet --shard=$i/2 --gallery=part-$i.html photos parts 2>"$log/stderr" || true; done
{ statuses part-0.html && statuses part-1.html; } | LC_ALL=C sort | sed 's/^[^ ]* //' >"$log/parts"
printf '%s\n' '\u003cscript>.jpg' a.jpg none.jpg | LC_ALL=C sort >"$log/expected"
cmp -s "$log/expected" "$log/parts" || fail "the parts are not the whole: $(cat "$log/parts")"

# Under the name: only such a page is replaced.
echo 'my page' >mine.html
thumbs 2 --gallery=mine.html photos out
expect_said 'gallery: mine.html: exists and is not a gallery that thumbs wrote'
[ "$(cat mine.html)" = 'my page' ] || fail "it was replaced"
thumbs 1 --overwrite --retry-failed --gallery=mine.html photos out
expect_page mine.html 'done \u003cscript>.jpg' 'done a.jpg' 'failed none.jpg'
thumbs 2 --gallery=photos/index.html photos out
expect_said 'lies in a SOURCE'
thumbs 2 --gallery=sync.ndjson photos out
thumbs 2 --gallery=photos photos out
thumbs 2 --gallery=x --report=x photos out
expect_said 'gallery: x: is also where the report goes'
thumbs 2 --gallery=- --report=- photos out
thumbs 2 --gallery
expect_said 'gallery needs a value: a file name, or - for standard output'
[ ! -e x ] || fail "a refused run has made a file"
thumbs 3 --gallery=/dev/full photos out
expect_said 'gallery: /dev/full: No space left on device'
# A run that could not begin makes none, and leaves what was there.
thumbs 2 --gallery=page.html missing out
expect_page page.html 'done \u003cscript>.jpg' 'done a.jpg' 'failed none.jpg'
[ -z "$(find . -name '.thumbs-*')" ] || fail "left behind: $(find . -name '.thumbs-*')"
