# A full disk ends the run with exit status 3 and says so; no half file and no temporary is left; when there is room
# again, the next run completes the tree.
. "$CASES/common.inc"
if [ -z "${INSIDE-}" ]; then
    [ "$(id -u)" -eq 0 ] || skip "only root can mount a small disk"
    unshare -m true 2>/dev/null || skip "there is no mounting here"
    INSIDE=1 exec unshare -m sh -e "$0"
fi
mkdir photos disk
cp "$SAMPLES"/photos/*.jpg photos
thumbs 0 photos calm
mount -t tmpfs -o size=72k none disk 2>/dev/null || skip "a small disk cannot be mounted"
trap 'umount disk' EXIT
for mode in $MODES; do
    mount -o remount,size=72k disk
    thumbs 3 --mode="$mode" --jobs=2 --report="$log/r" photos disk/out
    grep -q 'No space left on device' "$log/stderr" ||
        fail "$mode: not told that the disk is full: $(cat "$log/stderr")"
    check_summary
    check_report "$log/r"
    fates "$log/r" | grep -q '^failed:write:no_space ' || fail "$mode: no file failed for it"
    n=$(outputs disk/out | wc -l)
    [ "$n" -gt 0 ] && [ "$n" -lt 12 ] || fail "$mode: $n of 12 fit on the disk, so this test is wrong"
    expect_clean disk/out
    whole_or_not "$PWD/calm" "$PWD/disk/out"
    mount -o remount,size=10M disk
    thumbs 0 --mode="$mode" photos disk/out
    same_trees calm disk/out
    rm -rf disk/out
done
# Full from the beginning, and full of files instead of bytes.
mount -o remount,size=72k disk
dd if=/dev/zero of=disk/fill bs=1k 2>/dev/null || true
thumbs 3 photos disk/out
grep -q 'No space left on device' "$log/stderr" ||
    fail "not told that the disk is full from the beginning: $(cat "$log/stderr")"
rm -r disk/*
umount disk
mount -t tmpfs -o size=10M,nr_inodes=9 none disk
thumbs 3 photos disk/out
grep -q 'No space left on device' "$log/stderr" || fail "not told that the inodes are used up"
expect_clean disk/out
whole_or_not "$PWD/calm" "$PWD/disk/out"
# A report on the full disk: the report is not whole, so the run has not gone well.
umount disk
mount -t tmpfs -o size=16k none disk
dd if=/dev/zero of=disk/fill bs=1k 2>/dev/null || true
: >disk/r
thumbs 3 --report=disk/r photos out
