# SPDX-License-Identifier: MIT
# Names of 255 bytes, also where the output's would be longer; trees deeper than PATH_MAX; a
# thousand folders deep.
. "$CASES/common.inc"
x50=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
x251=$x50$x50$x50$x50${x50}x
mkdir -p photos/cut
cp "$SAMPLES/jpeg/size-17x33.jpg" "photos/$x251.jpg"
cp "$SAMPLES/jpeg/size-16x16.jpg" "photos/cut/$x251.jpg"
cp "$SAMPLES/png/rgb-8.png" "photos/cut/$x251.png"
cp "$SAMPLES/png/rgb-8.png" "photos/cut/${x251}four"
cp "$SAMPLES/png/rgb-8.png" "photos/cut/${x251}fouR"
thumbs 0 --report="$log/r" photos out
expect_counts 5 0 0 0 0
check_report "$log/r"
[ -f "out/$x251.jpg" ] || fail "a name of 255 bytes is not kept"
[ "$(outputs out/cut | wc -l)" -eq 4 ] || fail "of four long names in one folder $(outputs out/cut | wc -l) came out"
[ "$(find out -size +0 -name '*.jpg' ! -path out/.thumbs | wc -l)" -eq 5 ] || fail "a name has lost its ending"
thumbs 0 photos out
expect_counts 0 5 0 0 0
rm -r photos out

# Beyond PATH_MAX (4096): only put together from two halves, since no call takes such a path.
half() { # NAME N - the path of N folders of that name
    awk -v name="$1" -v n="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s%s", i ? "/" : "", name }'
}
build() { # NAME N - photos/NAME/NAME/... of 2 N levels with a picture at the bottom, in the middle and at the top
    path=$(half "$1" "$2")
    mkdir -p "lower/$path" "photos/$path"
    cp "$SAMPLES/jpeg/size-17x33.jpg" "lower/$path/bottom.jpg"
    cp "$SAMPLES/jpeg/size-17x33.jpg" "photos/$path/middle.jpg"
    cp "$SAMPLES/jpeg/size-17x33.jpg" "photos/top.jpg"
    mv "lower/$1" "photos/$path/$1"
    rmdir lower
}
for shape in "$x50$x50$x50$x50 12" "deep 700"; do
    # shellcheck disable=SC2086 # two words
    build $shape
    for mode in sync processes; do
        thumbs 0 --mode="$mode" --report="$log/r" photos out
        expect_counts 3 0 0 0 0
        find photos -name '*.jpg' -printf '%P\n' | sort >"$log/sources"
        find out -name '*.jpg' -printf '%P\n' | sort >"$log/thumbnails"
        cmp "$log/sources" "$log/thumbnails" || fail "the thumbnails have other names"
        longest=$(awk '{ if (length($0) > longest) longest = length($0) } END { print longest + 0 }' "$log/sources")
        [ "$longest" -gt 4096 ] ||
            fail "this test does not go beyond PATH_MAX"
        check_report "$log/r"
        thumbs 0 --mode="$mode" photos out
        expect_counts 0 3 0 0 0
        rm -rf out
    done
    rm -rf photos
done
