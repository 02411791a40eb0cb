# SPDX-License-Identifier: MIT
# --one-file-system: folders on another file system are passed over, by way of links and lists too.
. "$CASES/common.inc"
if [ -z "${INSIDE-}" ]; then
    [ "$(id -u)" -eq 0 ] || skip "only root can mount"
    unshare -m true 2>/dev/null || skip "there is no mounting here"
    INSIDE=1 exec unshare -m sh -e "$0"
fi
mkdir -p photos/here photos/there elsewhere
mount -t tmpfs none photos/there 2>/dev/null || skip "nothing can be mounted"
mount -t tmpfs none elsewhere
trap 'umount "$THUMBS_CASE/photos/there" "$THUMBS_CASE/elsewhere"' EXIT
mkdir photos/there/sub elsewhere/sub
for folder in photos photos/here photos/there photos/there/sub elsewhere/sub; do
    cp "$SAMPLES/orientation/orientation-1.jpg" $folder/a.jpg
done
ln -s ../elsewhere/sub photos/link
for words in --mode=sync --mode=processes --io=uring; do
    thumbs 0 "$words" photos "all$words"
    expect_outputs "all$words" a.jpg here/a.jpg there/a.jpg there/sub/a.jpg
    thumbs 0 "$words" --one-file-system --report="$log/r" photos "one$words"
    expect_fates "$log/r" "done a.jpg" "done here/a.jpg" "skipped there" "skipped link"
    thumbs 0 "$words" --one-file-system --follow --report="$log/r" photos "one$words"
    expect_fates "$log/r" "up-to-date a.jpg" "up-to-date here/a.jpg" "skipped there" "skipped link"
    expect_outputs "one$words" a.jpg here/a.jpg
done
grep -q '"source":"there".*another file system' "$log/r" || fail "it is not said why: $(cat "$log/r")"
printf '%s\n' a.jpg there there/a.jpg there/sub/a.jpg >list
thumbs 0 --one-file-system --files-from=list --report="$log/r" photos listed
expect_fates "$log/r" "done a.jpg" "skipped there" "skipped there/a.jpg" "skipped there/sub/a.jpg"
# Each SOURCE has its own.
thumbs 0 --one-file-system photos/there elsewhere both
expect_outputs both there/a.jpg there/sub/a.jpg elsewhere/sub/a.jpg
