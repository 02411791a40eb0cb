# SPDX-License-Identifier: MIT
# 0 all done or up to date, 1 some failed, 2 nothing was done for a mistake of the user's, 3 the run
# could not go on.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
for mode in $MODES; do
    thumbs 0 --mode="$mode" photos "$mode"
    thumbs 0 --mode="$mode" photos "$mode"
    thumbs 0 --mode="$mode" --exclude='*' photos "$mode"
    thumbs 1 --mode="$mode" "$SAMPLES/lying/empty.jpg" "$mode"
    thumbs 2 --mode="$mode" photos photos/a.jpg
    thumbs 3 --mode="$mode" photos photos/a.jpg/below
    thumbs 2 --mode="$mode" photos /dev/null
    thumbs 3 --mode="$mode" photos /proc/nowhere
done
# With several wrong at once, the first that is told is one of them; nothing is done.
thumbs 2 --mode=fast photos out
expect_said "--mode"
expect_said "fast"
expect_said "processes, threads"
thumbs 2 --jobs=0 photos out
thumbs 2 --jobs= photos out
thumbs 2 --quality=101 photos out
thumbs 2 --quality=0 photos out
thumbs 2 --size=0 photos out
thumbs 2 --size=0x0 photos out
thumbs 2 --size=x photos out
thumbs 2 --size=1e3 photos out
thumbs 2 --size=-1 photos out
thumbs 2 --size=65501 photos out
thumbs 2 --size=100, photos out
thumbs 2 --size=18446744073709551617 photos out
thumbs 2 --format=jpg,bmp photos out
thumbs 2 --format= photos out
thumbs 2 --queue-bytes=99999999999999999999G photos out
thumbs 2 --max-pixels=0 photos out
thumbs 2 --timeout=nan photos out
thumbs 2 --report= photos out
thumbs 2 photos ''
thumbs 2 '' out
[ ! -e out ] || fail "a usage error has made DEST"
