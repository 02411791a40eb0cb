# SPDX-License-Identifier: MIT
# --pages=all: GIF, WebP and PNG go on moving, the same in every mode; what stands still is the same as
# with --pages=first. (What is shown at every moment is for the unit tests of motion.)
. "$CASES/common.inc"
for format in gif webp; do
    can_write $format || skip "this build does not write $format"
done
# frames FILE - how many it has: descriptors of a GIF behind an extension, or chunks of a WebP
frames() {
    case $1 in
    *.gif) LC_ALL=C grep -abo "$(printf '!\371\004')" "$1" | wc -l ;;
    *) LC_ALL=C grep -abo ANMF "$1" | wc -l ;;
    esac
}
# canvas GIF - its sides, low bytes first
canvas() { od -An -tu1 -j6 -N4 "$1" | awk '{ print $1 + 256 * $2 "x" $3 + 256 * $4 }'; }
mkdir moving
cp "$SAMPLES/gif/animated.gif" "$SAMPLES/gif/animated-transparent.gif" moving
cp "$SAMPLES/webp/animated.webp" moving/film.webp
cp "$SAMPLES/webp/animated-alpha.webp" moving/film-alpha.webp
cp "$SAMPLES/png/animated.png" moving/drawing.png
cp "$SAMPLES/png/animated-alpha.png" moving/drawing-alpha.png
cp "$SAMPLES/gif/still.gif" moving/still.gif
cp "$SAMPLES/photos/dunes.jpg" moving/photo.jpg
for mode in $MODES; do
    thumbs 0 --mode="$mode" --pages=all --size=100,40 --format=jpeg,gif,png,webp --report="$log/r.$mode" moving "$mode"
    expect_counts 8 0 0 0 0
    expect_clean "$mode"
done
same_trees sync threads
same_trees sync processes
thumbs 0 --size=100,40 --format=jpeg,gif,png,webp moving first
for file in sync/*; do
    name=${file#*/}
    case $name in
    still* | photo* | *.jpg | *.png) cmp "$file" "first/$name" || fail "$name is another than of the first frame" ;;
    *)
        [ "$(frames "$file")" -eq 6 ] || fail "$name has $(frames "$file") frames"
        cmp -s "$file" "first/$name" && fail "$name does not move"
        ;;
    esac
done
# Both are told as they are.
grep -q '"path":"film-40.gif","format":"gif","width":40,"height":26' "$log/r.sync" ||
    fail "film-40.gif is not in the report"

# As the source is; and the option matters to what is up to date.
thumbs 0 --size=40 --format=keep moving kept
thumbs 0 --pages=all --size=40 --format=keep moving kept
expect_counts 8 0 0 0 0
thumbs 0 --pages=all --size=40 --format=keep moving kept
expect_counts 0 8 0 0 0
[ "$(frames kept/animated.gif)" -eq 6 ] && [ "$(frames kept/film.webp)" -eq 6 ] || fail "KEEP does not move"

# A PNG may only say that it moves: acTL with three pictures, behind its header, and no frame.
{
    head -c 33 "$SAMPLES/png/rgb-8.png"
    printf '\000\000\000\010acTL\000\000\000\003\000\000\000\000\316\355\272\300'
    tail -c +34 "$SAMPLES/png/rgb-8.png"
} >film.png
thumbs 0 --pages=all --size=40 --format=webp film.png png-all
thumbs 0 --size=40 --format=webp film.png png-first
cmp png-all/film.webp png-first/film.webp || fail "a PNG that does not move is not as without --pages"

# With all that is done to pictures.
thumbs 0 --pages=all --size=60x60 --fit=cover --gravity=east --sharpen --linear --format=gif,webp moving cover
[ "$(canvas cover/film.gif)" = 60x60 ] && [ "$(frames cover/film.webp)" -eq 6 ] ||
    fail "cover: $(canvas cover/film.gif)"
thumbs 0 --pages=all --size=60x60 --fit=contain --placeholders --metadata=all --format=gif,webp moving contain
[ "$(canvas contain/film.gif)" = 60x60 ] || fail "contain: $(canvas contain/film.gif)"

# Within a largest size, where quality can be lowered; a GIF has none.
thumbs 0 --pages=all --size=100 --format=webp --quality=95 --max-size=6K moving/film.webp most
[ "$(stat -c %s most/film.webp)" -le 6144 ] && [ "$(frames most/film.webp)" -eq 6 ] ||
    fail "--max-size: $(ls -l most)"
[ "$(stat -c %s sync/film-100.webp)" -gt 0 ] || fail "film-100.webp is empty"
thumbs 1 --pages=all --size=100 --format=gif --max-size=2K moving/animated.gif most
expect_said "has no quality to lower"

# What came of damaged ones, unless that is not wanted.
mkdir cut
head -c "$(($(stat -c %s moving/animated.gif) * 2 / 3))" moving/animated.gif >cut/a.gif
head -c "$(($(stat -c %s moving/film.webp) * 2 / 3))" moving/film.webp >cut/b.webp
for mode in $MODES; do
    thumbs 0 --mode="$mode" --pages=all --size=40 --format=gif cut "cut-$mode"
    expect_counts 0 0 2 0 0
    n=$(frames "cut-$mode/a.gif")
    [ "$n" -gt 1 ] && [ "$n" -lt 6 ] || fail "a.gif has $n frames"
done
same_trees cut-sync cut-processes
thumbs 1 --pages=all --on-damage=fail --size=40 --format=gif cut cut-fail
expect_counts 0 0 0 2 0

thumbs 2 --pages=some moving none
expect_said "--pages=some: must be first or all"
