# SPDX-License-Identifier: MIT
# Who names a source, as an operand or in a list, is told if it is passed over, and sees it in the
# exit status. What only lies in a folder, or is left out by a rule, is no such source.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
echo text >photos/note.txt
printf '%%PDF-1.4\n' >photos/b.pdf
mkfifo photos/fifo
for mode in $MODES; do
    for name in photos/note.txt photos/b.pdf photos/fifo /dev/null; do
        thumbs 1 --mode="$mode" "$name" photos/a.jpg "out$mode"
        expect_said "thumbs: skipped: $(basename "$name"): "
        [ "$(grep -c '^thumbs: ' "$log/stderr")" = 1 ] || fail "other than one line: $(cat "$log/stderr")"
    done
    # Nor is it forgotten with the second run, or with --quiet.
    thumbs 1 --mode="$mode" photos/note.txt "out$mode"
    expect_said "thumbs: skipped: note.txt: is not an image"
    thumbs 1 --quiet --mode="$mode" photos/b.pdf "out$mode"
    expect_said "thumbs: skipped: b.pdf: is "
done
printf '%s\n' a.jpg note.txt fifo >list
thumbs 1 --files-from=list photos listed
expect_counts 1 0 0 0 2
expect_said "thumbs: skipped: note.txt: "
expect_said "thumbs: skipped: fifo: not a regular file"
thumbs 0 photos walked
expect_counts 1 0 0 0 3
! grep -q '^thumbs: ' "$log/stderr" || fail "told of what nobody named"
echo . >list
thumbs 0 --files-from=list photos dot
thumbs 0 --exclude='*.txt' photos/note.txt photos/a.jpg ruled
expect_counts 1 0 0 0 1
thumbs 0 -n photos/a.jpg dry
thumbs 1 -n photos/note.txt dry

# A glob that the shell found nothing for.
thumbs 2 'photos/*.jpeg' out
expect_said "nothing matches photos/*.jpeg; try --include='*.jpeg' and SOURCE photos/"
thumbs 2 '*.jpeg' out
expect_said "nothing matches *.jpeg; try --include='*.jpeg' and SOURCE ."
thumbs 2 'pho*s/x/a.jpg' out
expect_said "nothing matches pho*s/x/a.jpg"
cp photos/a.jpg 'photos/[1]*.jpg'
thumbs 0 'photos/[1]*.jpg' literal
expect_counts 1 0 0 0 0
