# SPDX-License-Identifier: MIT
# --watch: DEST follows SOURCE through what happens to files and folders, until a signal.
. "$CASES/common.inc"
mkdir -p photos/old
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" photos/old/b.jpg
begin() { # ARGUMENT... - until it has made what there is, and watches
    : >"$log/stderr" # what an earlier one said must not pass for its word
    "$THUMBS" --watch --size=32 "$@" >"$log/stdout" 2>"$log/stderr" </dev/null &
    run=$!
    until_true 60 grep -q 'keeps DEST in step' "$log/stderr" || fail "it does not begin: $(cat "$log/stderr")"
}
is_there() { [ -e "$1" ]; }
is_not_there() { [ ! -e "$1" ]; }
is_width() { [ "$(dims "$1" 2>/dev/null)" = "$2" ]; }
expect_soon() {
    until_true 60 "$@" || fail "never: $*: $(cat "$log/stderr")"
}
end() { # SIGNAL STATUS
    kill -"$1" "$run"
    finish
    [ "$got_status" -eq "$2" ] || fail "exit status $got_status instead of $2: $(cat "$log/stderr")"
    check_summary
    expect_clean "${3:-out}"
}

begin --delete --report=r photos out
expect_outputs out a.jpg old/b.jpg
# New, in a new folder, by link, by a move; with a name that is no UTF-8.
cp "$SAMPLES/orientation/orientation-3.jpg" photos/new.jpg
expect_soon is_there out/new.jpg
mkdir -p photos/deep/er
cp "$SAMPLES/orientation/orientation-4.jpg" "photos/deep/er/$(printf 'c\376.jpg')"
expect_soon is_there "out/deep/er/$(printf 'c\376.jpg')"
ln photos/a.jpg photos/deep/hard.jpg
expect_soon is_there out/deep/hard.jpg
cp "$SAMPLES/orientation/orientation-5.jpg" elsewhere.jpg
mv elsewhere.jpg photos/moved-in.jpg
expect_soon is_there out/moved-in.jpg
# Changed: another picture under the same name.
cp "$SAMPLES/png/rgb-8.png" photos/picture.png
expect_soon is_there out/picture.jpg
before=$(cksum <out/picture.jpg)
cp "$SAMPLES/orientation/orientation-1.jpg" photos/picture.png
is_changed() { [ "$(cksum <out/picture.jpg)" != "$before" ]; }
expect_soon is_changed
# Moved within, a file and a folder; what is written in the moved folder is seen.
mv photos/new.jpg photos/old/new.jpg
expect_soon is_there out/old/new.jpg
expect_soon is_not_there out/new.jpg
mv photos/old photos/older
expect_soon is_there out/older/b.jpg
expect_soon is_not_there out/old
cp "$SAMPLES/orientation/orientation-6.jpg" photos/older/late.jpg
expect_soon is_there out/older/late.jpg
# Deleted.
rm photos/a.jpg
expect_soon is_not_there out/a.jpg
# A broken upload is told, and made once it is whole.
head -c 100 "$SAMPLES/orientation/orientation-8.jpg" >photos/upload.jpg
expect_soon grep -q 'upload.jpg: ' "$log/stderr"
cp "$SAMPLES/orientation/orientation-8.jpg" photos/upload.jpg
expect_soon is_there out/upload.jpg
# A burst.
mkdir photos/many
i=0
while [ $i -lt 100 ]; do
    cp "$SAMPLES/jpeg/size-16x16.jpg" "photos/many/$i.jpg"
    i=$((i + 1))
done
expect_soon has_outputs out/many 100
end TERM 143
[ "$(grep -c '"source":"upload.jpg","status":"' r)" -ge 2 ] || fail "the report: $(grep upload.jpg r)"
[ "$(tail -n 1 r | grep -c '"interrupted":15')" -eq 1 ] || fail "the report does not name the signal"
# What it has left is what a run makes of it.
thumbs 0 --size=32 photos once
same_trees once out
thumbs 0 --size=32 --delete photos out
tail -n 1 "$log/stderr" | grep -q '^0 done, ' || fail "something was left to do: $(cat "$log/stderr")"

# Without --delete thumbnails stay. DEST in SOURCE does not wake it up; --hidden and .thumbsignore count.
mkdir -p home/pictures
cp "$SAMPLES/orientation/orientation-1.jpg" home/pictures/a.jpg
begin home home/out
rm home/pictures/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" home/pictures/b.jpg
expect_soon is_there home/out/pictures/b.jpg
is_there home/out/pictures/a.jpg || fail "a thumbnail went without --delete"
end INT 130 home/out

# SOURCE is gone: nothing to keep in step with.
mkdir gone
begin gone out2
rm -r gone
finish
[ "$got_status" -eq 3 ] || fail "exit status $got_status when SOURCE went"
expect_said 'gone'
