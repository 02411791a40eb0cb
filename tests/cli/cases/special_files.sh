# SPDX-License-Identifier: MIT
# FIFOs, sockets and devices are passed over and never waited for, whatever they are called.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
mkfifo photos/fifo.jpg
set -- "skipped fifo.jpg"
if perl -MSocket -e 1 2>/dev/null; then
    perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) or die; bind(S, sockaddr_un("photos/socket.jpg")) or die'
    set -- "$@" "skipped socket.jpg"
fi
ln -s /dev/zero photos/zero.jpg
ln -s fifo.jpg photos/link.jpg
for mode in $MODES; do
    thumbs 0 --mode="$mode" --report="$log/r" photos "$mode"
    expect_fates "$log/r" "done a.jpg" "skipped zero.jpg" "skipped link.jpg" "$@"
    thumbs 0 --mode="$mode" --follow --report="$log/r" photos "$mode"
    expect_fates "$log/r" "up-to-date a.jpg" "skipped zero.jpg" "skipped link.jpg" "$@"
done
thumbs 1 photos/fifo.jpg /dev/null out # named, so that is told
expect_counts 0 0 0 0 2
