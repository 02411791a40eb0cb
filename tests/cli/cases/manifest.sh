# SPDX-License-Identifier: MIT
# --manifest: what was made, in one order, whole or not at all, complete also where nothing had to be
# done.
. "$CASES/common.inc"
mkdir -p 'photos/a b' photos/c
cp "$SAMPLES/orientation/orientation-1.jpg" photos/one.jpg
cp "$SAMPLES/orientation/orientation-6.jpg" 'photos/a b/x,y<"#?%:.jpg'
cp "$SAMPLES/png/rgba-16-adam7.png" photos/c/two.png
cp "$SAMPLES/broken/baseline-width-zero.jpg" photos/c/bad.jpg
odd=$(printf 'photos/c/\377"\n.jpg')
cp "$SAMPLES/orientation/orientation-2.jpg" "$odd"
echo text >photos/note.txt
options='-s 48,x32,1000x -f webp,jpeg,keep'
for mode in $MODES; do
    # shellcheck disable=SC2086 # words
    thumbs 1 $options --mode="$mode" --manifest="m.$mode" photos "out.$mode"
    cmp m.sync "m.$mode" || fail "mode $mode gives another manifest"
    # A rerun makes nothing, and tells all the same.
    # shellcheck disable=SC2086
    thumbs 0 $options --mode="$mode" --manifest="m.$mode" photos "out.$mode"
    expect_said '0 done, 4 up to date'
    cmp m.sync "m.$mode" || fail "a rerun in mode $mode gives another manifest"
done
grep -c '"renditions"' m.sync >"$log/n"
[ "$(cat "$log/n")" -eq 4 ] || fail "not four images: $(cat m.sync)"
grep -q '^"a b/x,y<\\"#?%:.jpg":' m.sync || fail "no key for the odd name"
grep -q '"url":"a%20b/x%2Cy%3C%22%23%3F%25%3A-48.webp"' m.sync || fail "its URL"
grep -q '^"/base64/Yy//IgouanBn":' m.sync || fail "no key for the name that is no UTF-8"
# As large as they are told, and there.
sed -n 's/^"one.jpg"://p' m.sync | grep -o '"bytes":[0-9]*,"hash":"[0-9a-f]*","url":"[^"]*"' |
    sed 's/"bytes":\([0-9]*\),.*"url":"\(.*\)"/\1 \2/' >"$log/told"
[ "$(wc -l <"$log/told")" -eq 6 ] || fail "not six renditions: $(cat "$log/told")"
while read -r bytes url; do
    [ "$(stat -c %s "out.sync/$url")" -eq "$bytes" ] || fail "$url has not $bytes bytes"
done <"$log/told"
# One candidate a width, from narrow to wide.
grep -q '"webp":"one-48.webp 48w, one-1000x.webp 240w"' m.sync || fail "srcset: $(grep '^"one.jpg"' m.sync)"

# What is gone is not in it, nor what has failed since; what is new is.
rm photos/one.jpg
echo broken >photos/c/two.png
cp "$SAMPLES/orientation/orientation-3.jpg" photos/new.jpg
# shellcheck disable=SC2086
thumbs 1 $options --manifest=m.sync photos out.sync
grep -q '^"new.jpg":' m.sync || fail "a new source is missing"
if grep -q -e '^"one.jpg":' -e '^"c/' m.sync; then fail "in it is what is gone or has failed: $(cat m.sync)"; fi
[ "$(grep -c renditions m.sync)" -eq 3 ] || fail "not three images: $(cat m.sync)"

# A run that does not come to its end, and one that makes nothing, leave it as it was.
cp m.sync before
# shellcheck disable=SC2086
thumbs 1 $options --mode=sync --force --retry-failed --fail-fast --manifest=m.sync photos out.sync
expect_said 'manifest: m.sync: is not written, since the run did not finish'
cmp before m.sync || fail "half a manifest"
# shellcheck disable=SC2086
thumbs 1 $options -n --manifest=m.sync photos other
cmp before m.sync || fail "a dry run wrote a manifest"
thumbs 1 -n --manifest=none photos other
[ ! -e none ] || fail "a dry run wrote a manifest"

# The parts of a job, and nothing at all.
for i in 0 1; do "$THUMBS" --quiet -s 48 --shard=$i/2 --manifest="part.$i" photos parts 2>/dev/null || true; done
"$THUMBS" --quiet -s 48 --manifest=whole photos parts 2>/dev/null || true
[ "$(cat part.0 part.1 | grep -c renditions)" -eq "$(grep -c renditions whole)" ] || fail "parts are not the whole"
mkdir empty
"$THUMBS" --quiet --manifest=- empty out.empty >"$log/got"
printf '{"thumbs_manifest":1,"images":{\n\n}}\n' | cmp - "$log/got" || fail "of nothing: $(cat "$log/got")"

# Only what thumbs wrote is replaced, and two things do not go to one place.
echo mine >mine
thumbs 2 --manifest=mine photos out2
[ "$(cat mine)" = mine ] || fail "a file of the user was replaced"
thumbs 2 --report=r --manifest=./r photos out2
expect_said 'is also where the report goes'
thumbs 2 --manifest=photos/one.json photos out2
[ ! -e out2 ] || fail "something was done"

python=$(command -v /usr/bin/python3 || command -v python3 || true)
[ -n "$python" ] && "$python" -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null ||
    skip "python3-jsonschema is not installed"
"$THUMBS" --quiet --manifest=samples.json "$SAMPLES" samples 2>/dev/null || true
"$python" - "$CASES/../../../share/thumbs/manifest.schema.json" before whole m.threads samples.json <<'END' ||
import json, jsonschema, sys, urllib.parse
def once(pairs):
    keys = [k for k, _ in pairs]
    assert len(set(keys)) == len(keys), "a key comes twice"
    return dict(pairs)
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
for name in sys.argv[2:]:
    manifest = json.load(open(name), object_pairs_hook=once)
    jsonschema.Draft202012Validator(schema).validate(manifest)
    keys = [k.encode() for k in manifest["images"] if not k.startswith("/base64/")]
    assert keys == sorted(keys), "not in order"
    for image in manifest["images"].values():
        for format, renditions in image["renditions"].items():
            urls = [c.split()[0] for c in image["srcset"][format].split(", ")]
            assert set(urls) <= {r["url"] for r in renditions}
            widths = [r["width"] for r in renditions]
            assert widths == sorted(widths) and len(urls) == len(set(widths))
END
    fail "the manifest is not what its schema says"
