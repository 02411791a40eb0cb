# SPDX-License-Identifier: MIT
# An output obeys the umask, and an old one is replaced as a whole, not written into: who has it
# open sees the old one to its end; its links stay what they were; it need not be writable.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
for mode in $MODES; do
    for mask in 022:644:755 077:600:700 002:664:775; do
        rest=${mask#*:}
        (umask "${mask%%:*}" && "$THUMBS" --quiet --mode="$mode" photos "new/$mode/$mask")
        [ "$(stat -c %a "new/$mode/$mask/a.jpg")" = "${rest%:*}" ] ||
            fail "$mode: rights of the output under umask $mask"
        [ "$(stat -c %a "new/$mode/$mask")" = "${rest#*:}" ] || fail "$mode: rights of DEST under umask $mask"
        rm -r new
    done
    thumbs 0 --mode="$mode" photos "$mode"
    ln "$mode/a.jpg" old
    chmod 444 "$mode/a.jpg"
    cp old old.copy
    exec 4<"$mode/a.jpg"
    cp "$SAMPLES/orientation/orientation-6.png" photos/a.jpg
    thumbs 0 --mode="$mode" photos "$mode"
    expect_counts 1 0 0 0 0
    cmp old old.copy || fail "$mode: an old output was written into"
    cmp - old.copy <&4 || fail "$mode: who has the old output open sees another"
    exec 4<&-
    ! cmp -s "$mode/a.jpg" old || fail "$mode: nothing was replaced"
    rm -f old old.copy
    cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
done
