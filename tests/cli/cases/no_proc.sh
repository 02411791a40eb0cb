# SPDX-License-Identifier: MIT
# Without /proc, with an empty /dev, and with neither, as in a chroot or a minimal container: all
# modes work, and pictures that need libvips do too. Needs the right to mount, if only in a
# namespace of its own.
. "$CASES/common.inc"
mkdir photos empty
cp "$SAMPLES/photos/dunes.jpg" "$SAMPLES/png/rgba-16-adam7.png" photos
alone="unshare -m"
$alone true 2>/dev/null || alone="unshare -rm"
$alone sh -c 'mount -t tmpfs none /proc' 2>/dev/null || skip "nothing can be mounted here"
thumbs 0 photos calm
for what in "/proc" "/dev" "/proc /dev"; do
    for mode in $MODES; do
        rm -rf out
        status=0
        # shellcheck disable=SC2086 # several words
        $alone sh -c 'for on in $1; do mount -t tmpfs none "$on" || exit 77; done; shift; exec "$@"' sh "$what" \
            "$THUMBS" --mode="$mode" --jobs=2 photos out >"$log/stdout" 2>"$log/stderr" || status=$?
        [ "$status" -eq 0 ] || fail "$mode without $what: exit status $status: $(cat "$log/stderr")"
        same_trees calm out
        rm -r out
        # With its standard streams closed as well: nothing may get their numbers.
        # shellcheck disable=SC2086 # several words
        $alone sh -c 'for on in $1; do mount -t tmpfs none "$on" || exit 77; done; shift; exec "$@" <&- >&- 2>&-' sh \
            "$what" "$THUMBS" --mode="$mode" --jobs=2 photos out || fail "$mode without $what, streams closed"
        same_trees calm out
    done
done
# A thumbnail replaces no source that DEST is reached by.
mkdir -p dest
cp photos/dunes.jpg dest/own.jpg
ln -s dest/own.jpg link.jpg
# shellcheck disable=SC2086 # several words
if $alone sh -c 'mount -t tmpfs none /proc; exec "$1" --quiet link.jpg dest' sh "$THUMBS" 2>"$log/stderr"; then
    fail "a link into DEST was taken without /proc"
fi
cmp dest/own.jpg photos/dunes.jpg
# By a name that PATH was searched for, and by one relative to the folder.
# shellcheck disable=SC2086 # several words
$alone sh -c 'mount -t tmpfs none /proc; PATH=${1%/*}:$PATH; exec thumbs --quiet photos by-path' sh "$THUMBS" ||
    fail "found in PATH it does not work"
same_trees calm by-path
# A /dev/null that is a file, as it comes about where somebody writes to one that is not there, does
# not grow.
# shellcheck disable=SC2086 # several words
$alone sh -c 'mount -t tmpfs none /dev; : >/dev/null; "$1" --report=- photos file >&- 2>&- <&-
    [ ! -s /dev/null ]' sh "$THUMBS" || fail "messages went into a file /dev/null"
