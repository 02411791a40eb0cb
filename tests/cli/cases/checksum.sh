# SPDX-License-Identifier: MIT
# --checksum reads every source and goes by its content: what has the same bytes is up to date. A copy
# of DEST made of hard links keeps what it has.
. "$CASES/common.inc"
mkdir -p photos/sub
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" photos/sub/b.jpg
echo broken >photos/broken.jpg
head -c 60 "$SAMPLES/orientation/orientation-5.jpg" >photos/cut.jpg
echo text >photos/notes.txt
n_read() { grep -c '"status":"up-to-date".*"ms":{"load":' "$log/r" || true; }
thumbs 1 photos out
thumbs 0 --report="$log/r" photos out
expect_counts 0 2 0 0 1
[ "$(n_read)" -eq 0 ] || fail "something was read without --checksum"
for words in --mode=sync --mode=threads --mode=processes --io=uring; do
    thumbs 0 --checksum "$words" --report="$log/r" photos out
    expect_counts 0 2 0 0 1
    [ "$(n_read)" -eq 2 ] || fail "$words: nothing was read: $(cat "$log/r")"
done
thumbs 0 -n --checksum photos out
[ ! -s "$log/stdout" ] || fail "a dry run would make what is up to date: $(cat "$log/stdout")"
touch -d '2001-02-03 04:05:06' photos/a.jpg
thumbs 0 --checksum photos out
expect_counts 0 2 0 0 1
cp "$SAMPLES/orientation/orientation-3.jpg" photos/sub/b.jpg
thumbs 0 --checksum photos out
expect_counts 1 1 0 0 1
expect_said "; known 2"
thumbs 0 --checksum --force photos out
expect_counts 2 0 0 0 1

# Nothing that a run does to DEST reaches its copy.
cp -al out snapshot
snapshot snapshot | sed 's/ [^ ]*:[^ ]* [0-9]* / /' >before # without owners and numbers of links
cp "$SAMPLES/orientation/orientation-4.jpg" photos/a.jpg
cp "$SAMPLES/orientation/orientation-4.jpg" photos/new.jpg
touch photos/sub/b.jpg
thumbs 0 photos out
rm photos/sub/b.jpg
thumbs 0 --delete photos out
snapshot snapshot | sed 's/ [^ ]*:[^ ]* [0-9]* / /' >after
cmp before after || fail "the copy has changed: $(diff before after)"
