# SPDX-License-Identifier: MIT
# What systems and NAS leave beside pictures is left out by default, and the help names it.
. "$CASES/common.inc"
put() {
    mkdir -p "$(dirname "$1")"
    cp "$SAMPLES/orientation/orientation-1.jpg" "$1"
}
litter='@eaDir #recycle .Trash-1000 __MACOSX $RECYCLE.BIN .thumbnails'
put photos/a.jpg
put photos/._a.jpg
put photos/sub/Thumbs.db
put photos/sub/eaDir.jpg
for name in $litter; do put "photos/sub/$name/x.jpg"; done
thumbs 0 photos out
expect_outputs out a.jpg sub/eaDir.jpg
thumbs 0 --hidden --report="$log/r" photos hidden
expect_outputs hidden a.jpg sub/eaDir.jpg
expect_counts 2 0 0 0 8
grep -q '"source":"sub/@eaDir","status":"skipped","reason":"litter, which --no-default-excludes takes"' "$log/r" ||
    fail "no reason"
# One that leaves out what is left out already has still matched.
thumbs 0 --exclude=@eaDir photos out
if grep -q 'matched nothing' "$log/stderr"; then fail "$(cat "$log/stderr")"; fi
# An include is about what is no litter.
thumbs 0 --hidden --include='*.jpg' photos included
expect_outputs included a.jpg sub/eaDir.jpg

printf '%s\n' a.jpg sub/@eaDir/x.jpg ._a.jpg sub/__MACOSX >list
thumbs 0 --files-from=list photos listed
expect_outputs listed a.jpg
expect_said '3 listed names were left out'

thumbs 0 --no-default-excludes photos all
expect_outputs all a.jpg sub/eaDir.jpg 'sub/#recycle/x.jpg' 'sub/$RECYCLE.BIN/x.jpg' sub/@eaDir/x.jpg \
    sub/Thumbs.jpg sub/__MACOSX/x.jpg
thumbs 0 --no-default-excludes --hidden photos all
outputs all | grep -c . >"$log/n"
[ "$(cat "$log/n")" -eq 10 ] || fail "$(outputs all)"
thumbs 0 --no-default-excludes --files-from=list photos listed
expect_outputs listed a.jpg ._a.jpg sub/@eaDir/x.jpg sub/__MACOSX/x.jpg

# Who names it wants it.
thumbs 0 photos/sub/@eaDir named
expect_outputs named x.jpg
thumbs 0 photos/._a.jpg photos/sub/Thumbs.db files
expect_outputs files ._a.jpg Thumbs.jpg

"$THUMBS" --help | tr -s ' \n' ' ' >"$log/help"
grep -Fq 'called @eaDir, #recycle, .Trash*, Thumbs.db, __MACOSX, ._*, $RECYCLE.BIN or .thumbnails are left out' \
    "$log/help" || fail "the help does not tell"
