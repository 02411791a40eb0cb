# SPDX-License-Identifier: MIT
# A source that was renamed, moved or copied gets the thumbnails that were made of the same bytes: they
# are what a run from nothing makes, and nothing is decoded.
. "$CASES/common.inc"
mkdir -p photos/2023/trip
n=0
for picture in orientation/orientation-1.jpg orientation/orientation-2.jpg png/rgb-8.png photos/dunes.jpg; do
    cp "$SAMPLES/$picture" "photos/2023/trip/$n.${picture##*.}"
    n=$((n + 1))
done
cp "$SAMPLES/orientation/orientation-3.jpg" photos/a.jpg
# Sources that were decoded in the last run: of the others no time of decoding is told.
decoded() { grep '"status":"done"' "$log/r" | grep -cv '"decode":0.000' || true; }
run() { # DONE DECODED ARGUMENT...
    done=$1 n_decoded=$2
    shift 2
    thumbs 0 --size=100,40x --format=jpeg,png,webp --report="$log/r" "$@" photos out
    check_report "$log/r"
    [ "$(grep -c '"status":"done"' "$log/r")" -eq "$done" ] || fail "not $done: $(cat "$log/stderr")"
    [ "$(decoded)" -eq "$n_decoded" ] || fail "decoded $(decoded), expected $n_decoded: $(cat "$log/r")"
}
run 5 5
where=photos/2023/trip
for words in --mode=sync --mode=threads --mode=processes --io=uring; do
    mkdir -p "photos/$words"
    mv "$where" "photos/$words/moved"
    where=photos/$words/moved
    mv "$where/0.jpg" "$where/renamed.jpg"
    mv photos/a.jpg "photos/a$words.jpg"
    run 5 0 --delete "$words"
    rm -rf calm
    thumbs 0 --size=100,40x --format=jpeg,png,webp photos calm
    same_trees calm out
    run 0 0
    mv "$where/renamed.jpg" "$where/0.jpg"
    mv "photos/a$words.jpg" photos/a.jpg
    run 2 0 --delete
done

# A copy; a change; other options; a thumbnail that somebody has changed; --force.
cp photos/a.jpg photos/copy.jpg
run 1 0
cp "$SAMPLES/orientation/orientation-6.jpg" photos/other.jpg
run 1 1
cp photos/other.jpg photos/quality.jpg
run 8 8 --quality=50
cp photos/a.jpg photos/copy2.jpg
for file in out/a-*.jpg out/copy-*.jpg; do
    touch -r "$file" time
    printf 'X' | dd of="$file" bs=1 seek=300 conv=notrunc status=none
    touch -r time "$file"
done
run 1 1 --quality=50
cp photos/other.jpg photos/forced.jpg
run 10 10 --quality=50 --force

# What is damaged says so under each of its names.
mkdir damaged
head -c 3000 "$SAMPLES/photos/dunes.jpg" >damaged/a.jpg
thumbs 0 damaged damaged-out
expect_counts 0 0 1 0 0
cp damaged/a.jpg damaged/b.jpg
thumbs 0 damaged damaged-out
expect_counts 0 1 1 0 0
