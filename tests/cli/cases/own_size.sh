# SPDX-License-Identifier: MIT
# A source that is no larger than several sizes is written once, at its own size, and the report
# lists it for the sizes that it stands for.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/orientation/orientation-6.jpg" photos/small.jpg # 240x160, seen as that though it is stored turned
cp "$SAMPLES/photos/dunes.jpg" photos/large.jpg

# sizes_of REPORT SOURCE - "path: sizes" for each of its outputs
sizes_of() {
    grep "^{\"source\":\"$2\"" "$1" | grep -o '"path":"[^"]*"[^}]*"sizes":\[[^]]*\]' |
        sed 's/"path":"\([^"]*\)".*"sizes":\[\(.*\)\]/\1: \2/' | tr -d '"'
}
expect_sizes() { # REPORT SOURCE LINE...
    sizes_of "$1" "$2" >"$log/got"
    shift 2
    printf '%s\n' "$@" | cmp -s - "$log/got" || fail "expected $*, got $(cat "$log/got")"
}

full=$(thumbs 0 --report=- --size=65500 photos x && grep -o '"source":"small.jpg".*"outputs"' "$log/stdout")
case $full in *'"width":240,"height":160'*) ;; *) fail "the sample has changed: $full" ;; esac
! thumbs 0 --report=- --force photos x || ! grep -q '"sizes"' "$log/stdout" || fail "one size needs no list"

# All ways, and what is told of what is up to date. The size that names it is the first of them.
for mode in $MODES; do
    for format in jpeg png,jpeg; do # in planes, and by pixels
        out=$mode-$format
        for n in 1 2; do
            thumbs 0 --mode="$mode" -s 160x,480x,x120,640,1000x999 -f "$format" --report="r.$n" photos "$out"
            check_report "r.$n"
        done
        expect_counts 0 2 0 0 0
        grep -o '"source":"[^"]*"\|"outputs":.*\]' r.1 | sed 's/,"ms".*//' | LC_ALL=C sort >"$log/first"
        grep -o '"source":"[^"]*"\|"outputs":.*\]' r.2 | LC_ALL=C sort >"$log/second"
        cmp "$log/first" "$log/second" || fail "up to date is told otherwise than done"
    done
    expect_sizes r.1 small.jpg 'small-160x.png: 160x' 'small-160x.jpg: 160x' \
        'small-480x.png: 480x,640,1000x999' 'small-480x.jpg: 480x,640,1000x999' \
        'small-x120.png: x120' 'small-x120.jpg: x120'
    expect_outputs "$mode-jpeg" small-160x.jpg small-480x.jpg small-x120.jpg \
        large-160x.jpg large-480x.jpg large-x120.jpg large-640.jpg large-1000x999.jpg
    expect_dims "$mode-jpeg/small-480x.jpg" "jpeg 240x160"
    expect_dims "$mode-jpeg/small-160x.jpg" "jpeg 160x107"
done
same_trees sync-jpeg threads-jpeg
same_trees sync-jpeg processes-jpeg
same_trees sync-png,jpeg processes-png,jpeg
# It is what each of the sizes would be alone.
for size in 480x 640 1000x999; do
    thumbs 0 -s "$size" photos "alone-$size"
    cmp "alone-$size/small.jpg" sync-jpeg/small-480x.jpg || fail "alone it is another"
done

# Not where pictures grow, are padded, or are cut; by cover and fill, where nothing is cut or shrunk.
thumbs 0 -s 480x,640x --enlarge --report=r photos/small.jpg grown
expect_sizes r small.jpg 'small-480x.jpg: 480x' 'small-640x.jpg: 640x'
expect_dims grown/small-640x.jpg "jpeg 640x427"
thumbs 0 -s 300x300,400x300 --fit=contain --report=r photos/small.jpg padded
expect_sizes r small.jpg 'small-300x300.jpg: 300x300' 'small-400x300.jpg: 400x300'
for fit in cover fill; do
    thumbs 0 -s 200x200,300x100,240x160,300x400 --fit=$fit --report=r photos/small.jpg $fit
    expect_sizes r small.jpg 'small-200x200.jpg: 200x200' 'small-300x100.jpg: 300x100' \
        'small-240x160.jpg: 240x160,300x400'
done
# A picture that is as large as two sizes is no copy twice; one pixel more, and it is made smaller.
thumbs 0 -s 240x,x160,239x --report=r photos/small.jpg exact
expect_sizes r small.jpg 'small-240x.jpg: 240x,x160' 'small-239x.jpg: 239x'

# For web builds: a rendition and a candidate for each width, and the same from a rerun.
thumbs 0 -s 160x,480x,640x -f webp,jpeg --manifest=m photos web
grep -q '"srcset":{"jpeg":"small-160x.jpg 160w, small-480x.jpg 240w","webp":' m || fail "srcset: $(cat m)"
grep -q '"url":"small-480x.jpg","sizes":\["480x","640x"\]}' m || fail "sizes: $(cat m)"
[ "$(grep -o '"url":"small' m | wc -l)" -eq 4 ] || fail "renditions: $(cat m)"
thumbs 0 -s 160x,480x,640x -f webp,jpeg --manifest=m2 photos web
cmp m m2 || fail "a rerun gives another manifest"

# A dry run does not know how large a picture is.
thumbs 0 -n -s 480x,640x --report=r photos/small.jpg dry
expect_sizes r small.jpg 'small-480x.jpg: 480x' 'small-640x.jpg: 640x'

# A copy that other options, or a larger source, have left goes with --delete=stale.
thumbs 0 -s 480x,640x --enlarge photos stale
thumbs 0 -s 480x,640x --delete=stale --report=r photos stale
expect_outputs stale small-480x.jpg large-480x.jpg large-640x.jpg
grep -q '"removed":"small-640x.jpg","source":"small.jpg","reason":"stale"' r || fail "$(cat r)"
cp "$SAMPLES/photos/mountain-lake.jpg" photos/small.jpg
thumbs 0 -s 480x,640x photos stale
expect_outputs stale small-480x.jpg small-640x.jpg large-480x.jpg large-640x.jpg
cp "$SAMPLES/orientation/orientation-6.jpg" photos/small.jpg
thumbs 0 -s 480x,640x --delete=stale photos stale
expect_outputs stale small-480x.jpg large-480x.jpg large-640x.jpg
expect_dims stale/small-480x.jpg "jpeg 240x160"
thumbs 0 -s 480x,640x photos stale
expect_counts 0 2 0 0 0
# One that is not there is made again.
rm stale/small-480x.jpg
thumbs 0 -s 480x,640x photos stale
expect_counts 1 1 0 0 0

# Other sizes: what has another name goes, what keeps its name stays.
thumbs 0 -s 640x,480x --delete=stale photos stale
expect_outputs stale small-640x.jpg large-480x.jpg large-640x.jpg
thumbs 0 -s 640x,480x,800x --delete=stale --report=r photos stale
expect_sizes r small.jpg 'small-640x.jpg: 640x,480x,800x'

# What was moved, renamed or copied is not decoded again, and is told the same.
mkdir photos/moved
mv photos/small.jpg photos/moved/other.jpg
cp photos/moved/other.jpg photos/copy.jpg
thumbs 0 -s 640x,480x,800x --delete --mode=sync --report=r photos stale
expect_sizes r copy.jpg 'copy-640x.jpg: 640x,480x,800x'
expect_sizes r moved/other.jpg 'moved/other-640x.jpg: 640x,480x,800x'
expect_outputs stale copy-640x.jpg moved/other-640x.jpg large-480x.jpg large-640x.jpg large-800x.jpg
cmp stale/copy-640x.jpg alone-640/small.jpg || fail "the copy's is another"
grep -q '"source":"copy.jpg".*"decode":0.000' r || fail "the copy was decoded: $(grep copy r)"

# Names by content, by width, and one that tells no size.
thumbs 0 -s 480x,640x,160x --name='{hash:12}-{size}.{ext}' --report=r photos/copy.jpg hash
[ "$(sizes_of r copy.jpg | sed 's/.*: //' | paste -sd' ')" = '480x,640x 160x' ] || fail "$(cat r)"
thumbs 0 -s 480x,640x,160x --name='{dir}/{stem}-{width}.{ext}' --report=r photos/copy.jpg width
expect_sizes r copy.jpg 'copy-240.jpg: 480x,640x' 'copy-160.jpg: 160x'

# Two sources that want one name: who had the short one keeps it, under other options, too.
mkdir pair
cp "$SAMPLES/png/rgb-8.png" pair/a.png
thumbs 0 -s 480x,640x pair names
cp "$SAMPLES/orientation/orientation-1.jpg" pair/a.jpg
thumbs 0 -s 480x,640x -Q 50 pair names
expect_outputs names a-480x.jpg a.jpg-480x.jpg
thumbs 0 -s 480x,640x -Q 50 pair names
expect_counts 0 2 0 0 0

# What moves, too, once.
cp "$SAMPLES/webp/animated.webp" moving.webp
for mode in $MODES; do
    thumbs 0 --mode=$mode -s 9x,2000x,3000x -f webp,png --pages=all --report=r moving.webp moving-$mode
    expect_sizes r moving.webp 'moving-9x.webp: 9x' 'moving-9x.png: 9x' \
        'moving-2000x.webp: 2000x,3000x' 'moving-2000x.png: 2000x,3000x'
done
same_trees moving-sync moving-processes
thumbs 0 -s 2000x -f webp --pages=all moving.webp alone-moving
cmp alone-moving/moving.webp moving-sync/moving-2000x.webp || fail "alone it moves otherwise"
grep -q ANMF moving-sync/moving-2000x.webp || fail "it stands still"
