# SPDX-License-Identifier: MIT
# A full disk ends the run with exit status 3 and says so; no half file and no temporary is left;
# when there is room again, the next run completes the tree.
. "$CASES/common.inc"
if [ -z "${INSIDE-}" ]; then
    [ "$(id -u)" -eq 0 ] || skip "only root can mount a small disk"
    unshare -m true 2>/dev/null || skip "there is no mounting here"
    INSIDE=1 exec unshare -m sh -e "$0"
fi
mkdir photos disk
cp "$SAMPLES"/photos/*.jpg photos
thumbs 0 photos calm
trap 'umount disk' EXIT

# ran_full COMBINATION - the run before ended with a full disk: what there is is whole, and not all.
ran_full() {
    expect_said 'No space left on device'
    check_summary
    check_report "$log/r"
    fates "$log/r" | grep -q '^failed:write:no_space ' || fail "$1: no file failed for it"
    expect_clean disk/out
    whole_or_not "$PWD/calm" "$PWD/disk/out"
    n=$(outputs disk/out | wc -l)
    [ "$n" -gt 0 ] && [ "$n" -lt 12 ] || fail "$1: $n of 12 fit on the disk, so this test is wrong"
}
completes() {
    # shellcheck disable=SC2086 # two options
    thumbs 0 $1 photos disk/out
    same_trees calm disk/out
    rm -rf disk/out
}
small() { # KIND_OF_LIMIT
    umount disk 2>/dev/null || true
    mount -t tmpfs -o "$1" none disk 2>/dev/null || skip "a small disk cannot be mounted"
}
for how in "--mode=sync" "--mode=threads --io=threads" "--mode=threads --io=uring" "--mode=processes --io=threads" \
    "--mode=processes --io=uring"; do
    small size=72k
    # shellcheck disable=SC2086 # two options
    thumbs 3 $how --jobs=2 --report="$log/r" photos disk/out
    grep -Eq '^thumbs: write: .*\([0-9]+ (bytes|KiB) free of 72 KiB\): No space left' "$log/stderr" ||
        fail "$how: not told how much is free: $(cat "$log/stderr")"
    ran_full "$how"
    mount -o remount,size=10M disk
    completes "$how"

    # Full of files instead of bytes.
    small size=10M,nr_inodes=14
    # shellcheck disable=SC2086 # two options
    thumbs 3 $how --jobs=2 --report="$log/r" photos disk/out
    grep -Eq '^thumbs: write: .*\(no inodes free of 14; .* free of 10 MiB\): No space left' "$log/stderr" ||
        fail "$how: not told that the inodes are used up: $(cat "$log/stderr")"
    ran_full "$how"
    mount -o remount,nr_inodes=100 disk
    completes "$how"
done
# Full from the beginning.
small size=72k
dd if=/dev/zero of=disk/fill bs=1k 2>/dev/null || true
thumbs 3 photos disk/out
expect_said 'No space left on device'
expect_said '(0 bytes free of 72 KiB)'
rm -r disk/*
# A report on the full disk: the report is not whole, so the run has not gone well.
umount disk
mount -t tmpfs -o size=16k none disk
dd if=/dev/zero of=disk/fill bs=1k 2>/dev/null || true
: >disk/r
thumbs 3 --report=disk/r photos out
