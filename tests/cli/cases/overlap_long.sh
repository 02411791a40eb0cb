# SPDX-License-Identifier: MIT
# The same refusals where a path is longer than PATH_MAX: a SOURCE in DEST could be overwritten by a
# thumbnail.
. "$CASES/common.inc"
long=$(awk 'BEGIN { for (i = 0; i < 2100; i++) printf "./" }')
for words in "photos/sub ${long}photos" "${long}photos/sub photos" "photos ${long}photos" "${long}photos photos" \
    "photos/sub/q.jpg ${long}photos" "${long}photos/sub/q.jpg photos"; do
    rm -rf photos
    mkdir -p photos/sub/sub
    cp "$SAMPLES/photos/dunes.jpg" photos/sub/q.jpg
    cp "$SAMPLES/photos/forest.jpg" photos/sub/sub/q.jpg # whose thumbnail would be photos/sub/q.jpg
    status=0
    # shellcheck disable=SC2086 # two words
    "$THUMBS" $words >"$log/stdout" 2>"$log/stderr" || status=$?
    short=$(echo "$words" | sed 's,\(\./\)*,,;s, \(\./\)*, ,')
    cmp -s photos/sub/q.jpg "$SAMPLES/photos/dunes.jpg" || fail "$short: a source was replaced by a thumbnail"
    [ $status -eq 2 ] || fail "$short: exit status $status, not refused"
done
