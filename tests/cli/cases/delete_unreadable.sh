# SPDX-License-Identifier: MIT
# --delete leaves the thumbnails of what cannot be read; those of other folders are no worse off. A
# thumbnail that cannot be removed is told. Tried as somebody who is not root.
. "$CASES/common.inc"
as=
if [ "$(id -u)" -eq 0 ]; then
    command -v setpriv >/dev/null || skip "this is root, and there is no setpriv"
    as="setpriv --reuid=65534 --regid=65534 --clear-groups --"
fi
mkdir -p photos/closed/deep photos/listed photos/entered photos/open
for name in closed/a closed/deep/b listed/a listed/c entered/a open/a open/b open/c; do
    cp "$SAMPLES/jpeg/size-16x16.jpg" "photos/$name.jpg"
done
chmod 777 . "$log"
chmod -R a+rwX photos
[ -z "$as" ] || chown -R 65534:65534 photos
$as "$THUMBS" --version >/dev/null 2>&1 || skip "somebody else than root cannot run the program here"
run() { # STATUS ARGUMENT...
    want=$1 status=0
    shift
    $as "$THUMBS" "$@" photos out 2>"$log/stderr" || status=$?
    [ $status -eq "$want" ] || fail "exit status $status instead of $want: $(cat "$log/stderr")"
}
run 0
rm photos/closed/a.jpg photos/listed/c.jpg photos/entered/a.jpg photos/open/a.jpg
chmod 000 photos/closed
chmod 444 photos/listed
chmod 111 photos/entered
run 1 --delete
expect_outputs out closed/a.jpg closed/deep/b.jpg entered/a.jpg listed/a.jpg listed/c.jpg open/b.jpg open/c.jpg
chmod 755 photos/closed photos/listed photos/entered
chmod 555 out/listed
run 3 --delete
expect_said "--delete: listed/c.jpg: cannot remove it"
expect_outputs out closed/deep/b.jpg listed/a.jpg listed/c.jpg open/b.jpg open/c.jpg
chmod 755 out/listed
run 0 --delete
expect_outputs out closed/deep/b.jpg listed/a.jpg open/b.jpg open/c.jpg

# A SOURCE of several that cannot be opened any more.
cp -R photos one
cp -R photos two
chmod -R a+rwX one two
[ -z "$as" ] || chown -R 65534:65534 one two
$as "$THUMBS" --quiet one two trees
rm one/open/b.jpg two/open/b.jpg
chmod 000 one/open
$as "$THUMBS" --quiet --delete one two trees 2>/dev/null && fail "a closed folder is no failure"
[ -e trees/one/open/b.jpg ] || fail "thumbnails of a closed folder are gone"
[ ! -e trees/two/open/b.jpg ] || fail "another SOURCE has to pay for it"
chmod 755 one/open
