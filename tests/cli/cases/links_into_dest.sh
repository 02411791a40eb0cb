# SPDX-License-Identifier: MIT
# A source that a link leads to may lie in DEST, just where its thumbnail belongs: it must not be
# replaced by it.
. "$CASES/common.inc"
for way in tree file; do
    for mode in $MODES; do
        rm -rf photos out
        mkdir -p photos out
        cp "$SAMPLES/photos/dunes.jpg" out/a.jpg
        ln -s ../out/a.jpg photos/a.jpg
        if [ $way = tree ]; then from=photos; else from=photos/a.jpg; fi
        "$THUMBS" --follow --mode="$mode" $from out >"$log/stdout" 2>"$log/stderr" || true
        cmp -s "$SAMPLES/photos/dunes.jpg" out/a.jpg || fail "$mode, $way: a source was replaced by its thumbnail"
    done
done
