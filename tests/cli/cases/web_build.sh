# SPDX-License-Identifier: MIT
# examples/web-build: a first run, a change, a move, a deletion, a broken upload, a rerun that does
# nothing.
. "$CASES/common.inc"
script=$CASES/../../../examples/web-build/web-build
mkdir -p photos/team empty
for i in 1 2 3 4; do cp "$SAMPLES/orientation/orientation-$i.jpg" "photos/team/$i.jpg"; done
cp "$SAMPLES/png/rgba-16-adam7.png" photos/logo.png
echo 'size = 20' >one.toml
"$THUMBS" --preset=one.toml -n --quiet empty probe >/dev/null 2>"$log/stderr" || {
    grep -q 'this build cannot read presets' "$log/stderr" && skip "this build cannot read presets"
    fail "$(cat "$log/stderr")"
}

build() { # STATUS - and what the summary says
    got=0
    THUMBS=$THUMBS sh "$script" photos site >"$log/stdout" 2>"$log/stderr" || got=$?
    [ $got -eq "$1" ] || fail "exit status $got instead of $1: $(cat "$log/stderr")"
}
keys() { sed -n 's/^"\([^"]*\)":{.*/\1/p' site/images.json; }
expect_keys() {
    keys >"$log/keys"
    printf '%s\n' "$@" | cmp -s - "$log/keys" || fail "the manifest has: $(cat "$log/keys")"
    # Each URL that it names is there, and nothing else lies in the site.
    grep -o '"url":"[^"]*"' site/images.json | sed 's/"url":"\(.*\)"/\1/' | LC_ALL=C sort -u >"$log/urls"
    outputs site/img | cmp -s - "$log/urls" || fail "the site has other files: $(outputs site/img | diff "$log/urls" -)"
}

# A first run.
build 0
expect_counts 5 0 0 0 0
expect_keys logo.png team/1.jpg team/2.jpg team/3.jpg team/4.jpg
grep -q '^"team/1.jpg":.*"placeholder":{"thumbhash":"[^"]*","dominant":"#[0-9a-f]*"}' site/images.json ||
    fail "no placeholder"
grep -q '"webp":"team/1-320x.webp 240w"' site/images.json || fail "$(grep team/1 site/images.json)"

# A rerun that does nothing; nor does one after a checkout, which touches all.
cp site/images.json first.json
build 0
expect_counts 0 5 0 0 0
cmp first.json site/images.json || fail "nothing has changed, but the manifest has"
find photos -type f -exec touch {} +
build 0
expect_counts 0 5 0 0 0
cmp first.json site/images.json || fail "a touch changed the manifest"

# A change: one photo, one line of the manifest.
cp "$SAMPLES/orientation/orientation-5.jpg" photos/team/1.jpg
build 0
expect_counts 1 4 0 0 0
[ "$(diff first.json site/images.json | grep -c '^>')" -eq 1 ] || fail "more than one line has changed"

# A move, and a deletion.
mkdir photos/people
mv photos/team/2.jpg photos/people/anna.jpg
rm photos/team/3.jpg
build 0
expect_keys logo.png people/anna.jpg team/1.jpg team/4.jpg

# A broken upload: told, and the rest is published. Once seen, it is known.
head -c 300 "$SAMPLES/orientation/orientation-1.jpg" >photos/team/new.jpg
build 1
expect_said 'team/new.jpg: '
expect_keys logo.png people/anna.jpg team/1.jpg team/4.jpg
grep -q '^{"source":"team/new.jpg","status":"failed"' site/images.ndjson || fail "not in the report"
build 0
expect_said 'known 1'
# It comes again, whole.
cp "$SAMPLES/orientation/orientation-7.jpg" photos/team/new.jpg
build 0
expect_keys logo.png people/anna.jpg team/1.jpg team/4.jpg team/new.jpg

# Photos that were not checked out do not empty the site.
cp site/images.json last.json
mv photos elsewhere
mkdir photos
build 3
expect_said '--delete'
[ "$(outputs site/img | wc -l)" -ge 10 ] || fail "the site was emptied"
