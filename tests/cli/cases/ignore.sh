# SPDX-License-Identifier: MIT
# .thumbsignore in any folder, .nomedia, and litter: in walks, lists and shards alike, in every mode.
. "$CASES/common.inc"
put() { # NAME... - small pictures
    for name; do
        mkdir -p "photos/$(dirname "$name")"
        cp "$SAMPLES/orientation/orientation-1.jpg" "photos/$name"
    done
}
put a.jpg raw-a.jpg raw-keep.jpg drafts/a.jpg drafts/raw-b.jpg deep/drafts/c.jpg deep/e/raw-x.jpg deep/e/y.jpg \
    private/p.jpg private/below/q.jpg 'odd /z.jpg'
printf '# rules\r\n\r\nraw-*\r\n!raw-keep.jpg\r\n/drafts/\r\n' >photos/.thumbsignore
printf '!raw-x.jpg\ny.jpg' >photos/deep/e/.thumbsignore
printf 'nothing of this counts: its folder is left out\n!*\n' >photos/drafts/.thumbsignore
printf 'odd\\ /   \n' >>photos/.thumbsignore
: >photos/private/.nomedia
for words in --mode=sync --mode=threads --mode=processes --io=uring; do
    thumbs 0 "$words" --report="$log/r" photos "out$words"
    expect_outputs "out$words" a.jpg raw-keep.jpg deep/drafts/c.jpg deep/e/raw-x.jpg
    expect_fates "$log/r" "done a.jpg" "done raw-keep.jpg" "done deep/drafts/c.jpg" "done deep/e/raw-x.jpg" \
        "skipped raw-a.jpg" "skipped drafts" "skipped deep/e/y.jpg" "skipped private" "skipped odd "
done
grep -q '"source":"drafts","status":"skipped","reason":"left out by .thumbsignore"' "$log/r" || fail "no reason"
grep -q '"source":"private","status":"skipped","reason":"its folder holds .nomedia"' "$log/r" || fail "no reason"

# A list: what is left out in a walk is left out here, whatever is listed, and said once.
printf '%s\n' a.jpg raw-a.jpg drafts/a.jpg drafts deep/e/y.jpg deep/e/raw-x.jpg private/below/q.jpg private \
    private/p.jpg 'odd /z.jpg' >list
thumbs 0 --files-from=list photos listed
expect_outputs listed a.jpg deep/e/raw-x.jpg
expect_counts 2 0 0 0 8
expect_said '8 listed names were left out'
echo . >list
thumbs 0 --files-from=list photos listed-all
same_trees out--mode=sync listed-all

# Shards: the same, in parts.
for i in 0 1 2; do thumbs 0 --shard=$i/3 photos shards; done
same_trees out--mode=sync shards

# A rule of the command line and one of a file are two: each leaves out.
thumbs 0 --include='*.jpg' --include='drafts/' --exclude='a.jpg' photos both
expect_outputs both raw-keep.jpg deep/drafts/c.jpg deep/e/raw-x.jpg

# Several sources: each has its own, and what is above it does not count.
thumbs 0 photos/drafts photos/deep several
expect_outputs several drafts/a.jpg drafts/raw-b.jpg deep/drafts/c.jpg deep/e/raw-x.jpg

# A SOURCE that is not to be shown, though it was named.
thumbs 1 photos/private none
expect_counts 0 0 0 0 1
expect_said 'it holds .nomedia'
# A file is what was named, wherever it lies.
thumbs 0 photos/drafts/a.jpg photos/private/p.jpg files
expect_outputs files a.jpg p.jpg

# Where the rules cannot be read, nobody knows what they leave out: the folder has failed, and that alone.
rm photos/deep/e/.thumbsignore
ln -s ../../.thumbsignore photos/deep/e/.thumbsignore
thumbs 1 --report="$log/r" photos link
expect_outputs link a.jpg raw-keep.jpg deep/drafts/c.jpg
fates "$log/r" | grep -q '^failed:walk:unreadable deep/e$' || fail "the folder has not failed"
expect_said 'deep/e: its .thumbsignore is a symbolic link, which only --follow follows'
echo deep/e/y.jpg >list
thumbs 1 --files-from=list photos link
expect_said 'deep/e/y.jpg: its .thumbsignore is a symbolic link'
thumbs 0 --follow photos link
expect_outputs link a.jpg raw-keep.jpg deep/drafts/c.jpg deep/e/y.jpg

# --delete: thumbnails of a folder whose rules cannot be read stay; of what is left out by now they go.
mkdir kept
for folder in a b c; do
    mkdir "kept/$folder"
    for i in 1 2 3 4; do cp "$SAMPLES/orientation/orientation-$i.jpg" "kept/$folder/$i.jpg"; done
done
thumbs 0 kept out.kept
ln -s nowhere kept/a/.thumbsignore
thumbs 1 --delete kept out.kept
[ "$(outputs out.kept | wc -l)" -eq 12 ] || fail "what nobody could judge was removed: $(outputs out.kept)"
rm kept/a/.thumbsignore
: >kept/b/.nomedia
thumbs 0 --delete kept out.kept
[ "$(outputs out.kept | wc -l)" -eq 8 ] || fail "$(outputs out.kept)"
echo '*2.jpg' >kept/a/.thumbsignore
thumbs 0 --delete kept out.kept
expect_outputs out.kept a/1.jpg a/3.jpg a/4.jpg c/1.jpg c/2.jpg c/3.jpg c/4.jpg
