# SPDX-License-Identifier: MIT
# --placeholders: a ThumbHash and a dominant colour for each source, in report and manifest, in every
# mode; thumbnails are the same, byte for byte.
. "$CASES/common.inc"
cp -R "$SAMPLES/orientation" pictures
for folder in jpeg png webp gif tiff icc heif; do
    mkdir -p "pictures/$folder"
    find "$SAMPLES/$folder" -type f | LC_ALL=C sort | head -n 12 >"$log/files"
    while read -r file; do cp "$file" "pictures/$folder"; done <"$log/files"
done
try() { # ARGUMENT... - a run in which some samples fail
    "$THUMBS" --quiet "$@" 2>/dev/null || true
}
placeholders() { # REPORT - source and placeholder, of each that has one
    sed -n 's/^{"source":"\([^"]*\)".*"placeholder":\({[^}]*}\).*/\1 \2/p' "$1" | LC_ALL=C sort
}
n_made() { grep -c -e '"status":"done"' -e '"status":"damaged"' -e '"status":"up-to-date"' "$1" || :; }
for words in '-s 64' '-s 320,32 -f webp,png' '-s 48x20 --fit=cover -f jpeg,keep' \
    '-s 300x200 --fit=contain --enlarge'; do
    rm -rf without with
    # shellcheck disable=SC2086 # words
    try $words pictures without
    # shellcheck disable=SC2086
    try $words --placeholders --report=r pictures with
    same_trees without with
    placeholders r >told
    [ "$(wc -l <told)" -eq "$(n_made r)" ] || fail "$words: placeholders of $(wc -l <told) of $(n_made r)"
    [ -e first ] || cp told first
    cut -d' ' -f1 told >"$log/told"
    cut -d' ' -f1 first | cmp - "$log/told" || fail "$words: other sources"
done
# A picture and the same one turned have one placeholder (but for what JPEG does to it).
sed -n 's/^orientation-[1-8].jpg {"thumbhash":"\(....\).*/\1/p' told | sort -u >"$log/heads"
[ "$(wc -l <"$log/heads")" -eq 1 ] || fail "turned pictures look different: $(grep '^orientation-' told)"

for mode in $MODES; do
    try -s 64 --mode="$mode" --placeholders --report="r.$mode" --manifest="m.$mode" pictures "out.$mode"
    placeholders "r.$mode" | cmp first - || fail "mode $mode tells others"
    # Remembered, so that a rerun opens nothing and tells all.
    try -s 64 --mode="$mode" --placeholders --report=r --manifest=m pictures "out.$mode"
    grep -q '"status":"done"' r && fail "made again"
    placeholders r | cmp first - || fail "a rerun tells others"
    cmp m "m.$mode" || fail "a rerun gives another manifest"
done
n=$(grep -c '"placeholder":{"thumbhash":"[A-Za-z0-9+/]*=*","dominant":"#[0-9a-f]*"}' m.sync)
[ "$n" -eq "$(wc -l <first)" ] || fail "the manifest has others"

# Nobody asked, nobody is told; and who asks later gets them, once.
try -s 64 --report=r pictures out.sync
grep -q placeholder r && fail "told without being asked"
cp pictures/orientation-1.jpg one.jpg
thumbs 0 -s 64 one.jpg one
thumbs 0 -s 64 --placeholders one.jpg one
expect_counts 1 0 0 0 0
thumbs 0 -s 64 --placeholders one.jpg one
expect_counts 0 1 0 0 0
# Only touched: what was told of it stays.
touch one.jpg
thumbs 0 -s 64 --placeholders --report=r one.jpg one
expect_counts 0 1 0 0 0
thumbs 0 -s 64 --placeholders --report=r2 one.jpg one
[ "$(placeholders r)" = "$(placeholders r2)" ] && placeholders r | grep -q thumbhash || fail "lost by a touch"
