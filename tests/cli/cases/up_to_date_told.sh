# SPDX-License-Identifier: MIT
# A source that is up to date is reported with the same outputs as when it was made, and opened for
# it is neither. One that was only touched is made again by nobody: its content is compared. A new
# content is never missed, whatever its size and time say.
. "$CASES/common.inc"
# shellcheck disable=SC2086 # several words
mkdir -p photos/sub
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/png/rgb-8.png" "photos/sub/b c%.png"
cp "$SAMPLES/gif/animated.gif" photos/sub/d.gif
recipe="--size=10,20 --format=jpeg,png"
told() { # REPORT - what it says of sources and outputs, but for status and times
    grep -v '"summary"' "$1" | sed 's/"status":"[^"]*",//; s/"modified":[0-9.]*,//; s/,"ms":.*}$/}/' | sort
}
inodes() { outputs out | while read -r name; do stat -c '%n %i %y %s' "out/$name"; done; }
for name in '{dir}/{stem}-{size}.{ext}' '{size}/{dir}/{stem}.{ext}'; do
    rm -rf out
    thumbs 0 $recipe --name="$name" --report="$log/first" photos out
    expect_counts 3 0 0 0 0
    told "$log/first" >"$log/told"
    inodes >"$log/inodes"
    day=0
    for mode in --mode=sync --mode=threads --mode=processes --io=uring --dry-run; do
        thumbs 0 $recipe --name="$name" $mode --report="$log/r" photos out
        check_report "$log/r"
        told "$log/r" | cmp - "$log/told" || fail "$mode: not told as it was made"
        # What was touched, copied, or got a new inode is the same picture still. (A dry run reads it, but
        # writes nothing down: it finds it so again.)
        day=$((day + 1))
        touch -d "2020-01-0$day 01:02:03" photos/a.jpg
        cp "photos/sub/b c%.png" copy
        mv copy "photos/sub/b c%.png"
        thumbs 0 $recipe --name="$name" $mode --report="$log/r" photos out
        check_report "$log/r"
        [ "$(grep -c '"up-to-date"' "$log/r")" -eq 3 ] || fail "$mode: touched is made again: $(cat "$log/r")"
        told "$log/r" | cmp - "$log/told" || fail "$mode: touched is told otherwise"
        inodes | cmp - "$log/inodes" || fail "$mode: an output was written again"
        [ "$mode" != --dry-run ] || continue
        # It is on record from now on: nobody opens it to compare it once more.
        thumbs 0 $recipe --name="$name" --max-bytes=1 --report="$log/r" photos out
        [ "$(grep -c '"up-to-date"' "$log/r")" -eq 3 ] || fail "$mode: it was opened again"
    done
done

# A retouched output is none of ours, however the source was touched.
touch -d 2022-02-02 photos/a.jpg
printf x >>out/10/a.jpg
thumbs 1 $recipe --name="$name" --report="$log/r" photos out
expect_fates "$log/r" "failed:write:not_ours a.jpg" "up-to-date sub/b c%.png" "up-to-date sub/d.gif"

# Another content of the same size and time, as tools that keep the time leave it.
rm -rf photos out
mkdir photos
cp -p "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
thumbs 0 photos out
cp -p photos/a.jpg was.jpg
# The bytes of the scan: another picture, no other length.
size=$(stat -c %s photos/a.jpg)
printf '\125\252' | dd of=photos/a.jpg bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
touch -r was.jpg photos/a.jpg
thumbs 0 --report="$log/r" photos out
! grep -q '"up-to-date"' "$log/r" || fail "another content was not seen"
