# SPDX-License-Identifier: MIT
# Without the right to read or write something: each file or folder that cannot be read is one
# failure of its own; a DEST that cannot be written ends the run before it begins. Tried as somebody
# who is not root.
. "$CASES/common.inc"
if [ "$(id -u)" -eq 0 ]; then
    command -v setpriv >/dev/null || skip "this is root, and there is no setpriv"
    as="setpriv --reuid=65534 --regid=65534 --clear-groups --"
    # The folder above this one may be closed to others; what is below the working folder is not.
    $as sh -c ': <photos' 2>/dev/null || true
else
    as=
fi
mkdir -p photos/closed photos/listed photos/entered photos/open
for folder in closed listed entered open; do cp "$SAMPLES/jpeg/size-16x16.jpg" "photos/$folder/a.jpg"; done
cp "$SAMPLES/jpeg/size-17x33.jpg" photos/secret.jpg
cp "$SAMPLES/jpeg/size-17x33.jpg" photos/b.jpg
chmod 777 . "$log"
chmod -R a+rwX photos
[ -z "$as" ] || chown -R 65534:65534 photos
chmod 000 photos/closed photos/secret.jpg
chmod 444 photos/listed
chmod 111 photos/entered
$as "$THUMBS" --version >/dev/null 2>&1 || skip "somebody else than root cannot run the program here"
for mode in $MODES; do
    status=0
    $as "$THUMBS" --mode="$mode" --report=r photos "$mode" 2>"$log/stderr" || status=$?
    [ $status -eq 1 ] || fail "$mode: exit status $status: $(cat "$log/stderr")"
    expect_fates r "done b.jpg" "done open/a.jpg" "failed:load:unreadable secret.jpg" "failed:walk:unreadable closed" \
        "failed:walk:unreadable entered" "failed:load:unreadable listed/a.jpg"
    rm -f r
    # A second run does not open what is up to date. What has changed since, if only in its rights,
    # has to be read to be judged: then it matters again that it cannot be.
    status=0
    $as "$THUMBS" --mode="$mode" photos "$mode" 2>"$log/stderr" || status=$?
    expect_counts 0 2 0 4 0
    chmod 000 photos/b.jpg photos/open/a.jpg
    status=0
    $as "$THUMBS" --mode="$mode" photos "$mode" 2>"$log/stderr" || status=$?
    expect_counts 0 0 0 6 0
    chmod 644 photos/b.jpg photos/open/a.jpg

    chmod 555 "$mode/open"
    status=0
    $as "$THUMBS" --mode="$mode" --report=r --force photos "$mode" 2>"$log/stderr" || status=$?
    [ $status -eq 1 ] || fail "$mode: exit status $status with a folder of DEST closed"
    fates r | grep -q '^failed:write:not_writable open/a.jpg$' || fail "$mode: not told that a folder of DEST is closed"
    fates r | grep -q '^done b.jpg$' || fail "$mode: one closed folder of DEST costs the others"
    rm -f r
done
mkdir shut
chmod 555 shut
for dest in shut shut/new/folder; do
    status=0
    $as "$THUMBS" photos $dest >"$log/stdout" 2>"$log/stderr" || status=$?
    [ $status -eq 3 ] || fail "DEST $dest: exit status $status"
    grep -q 'Permission denied' "$log/stderr" || fail "DEST $dest: no reason: $(cat "$log/stderr")"
done
status=0
$as "$THUMBS" photos/closed out 2>"$log/stderr" || status=$?
[ $status -eq 2 ] || fail "a SOURCE that cannot be read: exit status $status"
[ ! -e out ] || fail "DEST was made for nothing"
