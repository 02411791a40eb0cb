# SPDX-License-Identifier: MIT
# A DEST that cannot be written, before the run or from its midst on: exit status 3, and it says
# why.
. "$CASES/common.inc"
if [ -z "${INSIDE-}" ]; then
    [ "$(id -u)" -eq 0 ] || skip "only root can mount a disk read-only"
    unshare -m true 2>/dev/null || skip "there is no mounting here"
    INSIDE=1 exec unshare -m sh -e "$0"
fi
many photos 2
mkdir disk
mount -t tmpfs none disk 2>/dev/null || skip "no disk can be mounted"
trap 'umount disk' EXIT
mkdir disk/out
mount -o remount,ro disk
for dest in disk/out disk/new disk/new/deep; do
    thumbs 3 photos $dest
    grep -q 'Read-only file system' "$log/stderr" || fail "$dest: not told why: $(cat "$log/stderr")"
done
thumbs 0 --dry-run photos/1 disk/new
