# SPDX-License-Identifier: MIT
# --watch looks at what has changed, and at all of SOURCE where it cannot know what. A file that is
# changed under a name outside SOURCE shows which it was: of that the kernel says nothing.
. "$CASES/common.inc"
mkdir -p photos/still photos/busy/deep
n=0
for name in still/a still/b still/c busy/d busy/e busy/deep/f; do
    n=$((n + 1))
    cp "$SAMPLES/orientation/orientation-$n.jpg" "photos/$name.jpg"
done
ln photos/still/a.jpg unseen.jpg
is_there() { [ -e "$1" ]; }
is_not_there() { [ ! -e "$1" ]; }
is_new() { [ "$(cksum <"$1")" != "$2" ]; }
expect_soon() { until_true 60 "$@" || fail "never: $*: $(cat "$log/stderr")"; }
begin() {
    : >"$log/stderr"
    "$THUMBS" --watch --size=32 -v --delete "$@" >"$log/stdout" 2>"$log/stderr" </dev/null &
    run=$!
    expect_soon grep -q 'keeps DEST in step' "$log/stderr"
    before=$(cksum <"$out")
    cat "$SAMPLES/png/rgb-8.png" >unseen.jpg
}
expect_unseen() { # WHY
    [ "$(cksum <"$out")" = "$before" ] || fail "it looked at all of SOURCE: $1"
}
end() {
    kill "$run"
    finish
    [ "$got_status" -eq 143 ] || fail "exit status $got_status: $(cat "$log/stderr")"
    expect_clean out
}
out=out/still/a.jpg
begin photos out
cp "$SAMPLES/orientation/orientation-7.jpg" photos/busy/g.jpg
expect_soon is_there out/busy/g.jpg
expect_unseen "a file has come"
mv photos/busy/d.jpg photos/busy/deep/d.jpg
expect_soon is_there out/busy/deep/d.jpg
expect_soon is_not_there out/busy/d.jpg
expect_unseen "a file was moved"
rm photos/busy/e.jpg
expect_soon is_not_there out/busy/e.jpg
expect_unseen "a file has gone"
mkdir -p photos/busy/new/er
cp "$SAMPLES/orientation/orientation-8.jpg" photos/busy/new/er/h.jpg
touch photos/busy/new
expect_soon is_there out/busy/new/er/h.jpg
cp "$SAMPLES/orientation/orientation-8.jpg" photos/busy/new/er/i.jpg
expect_soon is_there out/busy/new/er/i.jpg
expect_unseen "a folder has come"
# One that is written slowly is not looked at before it is whole, nor is one in a new folder.
mkfifo pipe other-pipe
mkdir photos/slow
cat pipe >photos/busy/j.jpg &
cat other-pipe >photos/slow/k.jpg &
exec 8>pipe 9>other-pipe
head -c 300 "$SAMPLES/orientation/orientation-1.jpg" >&8
head -c 300 "$SAMPLES/orientation/orientation-2.jpg" >&9
cp "$SAMPLES/orientation/orientation-3.jpg" photos/busy/l.jpg
cp "$SAMPLES/orientation/orientation-4.jpg" photos/slow/m.jpg
expect_soon is_there out/busy/l.jpg
expect_soon is_there out/slow/m.jpg
case $(stat -f -c %T photos) in
ext2/ext3 | xfs | btrfs | tmpfs | overlayfs | f2fs) tells=1 ;; # where a file that is being written can be told
*) tells= ;;
esac
if [ "$tells" ] && grep -q '[jk]\.jpg' "$log/stderr"; then fail "half a file was looked at: $(cat "$log/stderr")"; fi
tail -c +301 "$SAMPLES/orientation/orientation-1.jpg" >&8
tail -c +301 "$SAMPLES/orientation/orientation-2.jpg" >&9
exec 8>&- 9>&-
expect_soon is_there out/busy/j.jpg
expect_soon is_there out/slow/k.jpg
expect_unseen "files were written slowly"
# Rules may be about anything.
echo g.jpg >photos/busy/.thumbsignore
expect_soon is_not_there out/busy/g.jpg
expect_soon is_new "$out" "$before" # all of SOURCE was looked at
end

# A folder that was moved; and in the same SOURCE more than half of a folder, but not of all.
cat "$SAMPLES/orientation/orientation-1.jpg" >unseen.jpg
begin photos out
mv photos/busy/deep photos/elsewhere
expect_soon is_there out/elsewhere/f.jpg
expect_soon is_not_there out/busy/deep
expect_soon is_new "$out" "$before" # all of SOURCE was looked at
rm photos/elsewhere/*
expect_soon is_not_there out/elsewhere
kill -STOP "$run" # it sees all of this at once
rm -r photos/busy photos/still/a.jpg photos/still/b.jpg
kill -CONT "$run"
expect_soon grep -q 'more than half; nothing was removed' "$log/stderr"
is_there out/still/b.jpg || fail "more than half has gone"
end

# Several SOURCEs, each under its name.
mkdir -p more/still
cp "$SAMPLES/orientation/orientation-2.jpg" more/one.jpg
cp "$SAMPLES/orientation/orientation-3.jpg" more/two.jpg
cat "$SAMPLES/orientation/orientation-4.jpg" >unseen.jpg
ln unseen.jpg more/still/a.jpg
out=both/more/still/a.jpg
begin photos more both
cp "$SAMPLES/orientation/orientation-5.jpg" photos/three.jpg
expect_soon is_there both/photos/three.jpg
rm more/one.jpg
expect_soon is_not_there both/more/one.jpg
expect_unseen "one of two SOURCEs has changed"
end

# Names that have to be compared over all of SOURCE: all of it is looked at.
rm -r photos
mkdir -p photos/a photos/b
cat "$SAMPLES/orientation/orientation-4.jpg" >unseen.jpg
ln unseen.jpg photos/a/1.jpg
out=flat/1.jpg
begin --name='{stem}.{ext}' photos flat
cp "$SAMPLES/orientation/orientation-6.jpg" photos/b/2.jpg
expect_soon is_there flat/2.jpg
expect_soon is_new "$out" "$before" # all of SOURCE was looked at
cp "$SAMPLES/orientation/orientation-7.jpg" photos/b/1.jpg
expect_soon grep -q 'another source' "$log/stderr"
end
