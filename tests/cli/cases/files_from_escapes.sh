# SPDX-License-Identifier: MIT
# No name of a list leads out of SOURCE: by "..", absolute, or through links, also such as are put
# there in mid-run. Each is told, the others go on; nothing of what lies outside is opened.
. "$CASES/common.inc"
mkdir -p photos/in elsewhere/sub
cp "$SAMPLES/orientation/orientation-1.jpg" photos/in/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" elsewhere/secret.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" elsewhere/sub/secret.jpg
ln -s ../elsewhere photos/folder
ln -s ../elsewhere/secret.jpg photos/file.jpg
ln -s "$PWD/elsewhere" photos/absolute
ln -s folder photos/chain
ln -s in photos/inside
ln -s /proc/self/cwd photos/magic
printf '%s\n' in/a.jpg ../elsewhere/secret.jpg in/../../elsewhere/secret.jpg .. in/.. "$PWD/elsewhere/secret.jpg" \
    /etc/hostname folder/secret.jpg folder/sub folder file.jpg absolute/secret.jpg chain/secret.jpg inside/a.jpg \
    magic/elsewhere/secret.jpg magic >list
snapshot elsewhere >before
for words in --mode=sync --mode=threads --mode=processes --io=uring; do
    thumbs 1 "$words" --files-from=list --report="$log/r" photos "out$words"
    expect_counts 1 0 0 15 0
    grep '"status":"failed"' "$log/r" | grep -v '"code":"unreadable"' && fail "other codes"
    expect_outputs "out$words" in/a.jpg
    # With --follow links may lead anywhere; ".." and absolute names may not.
    grep -v '^magic$' list >followed
    thumbs 1 "$words" --follow --files-from=followed --report="$log/r" photos "follow$words"
    expect_outputs "follow$words" in/a.jpg folder/secret.jpg folder/sub/secret.jpg file.jpg absolute/secret.jpg \
        chain/secret.jpg inside/a.jpg magic/elsewhere/secret.jpg
    grep -c '"unreadable"' "$log/r" | grep -qx 6 || fail "$words --follow: $(grep -c '"unreadable"' "$log/r") refused"
done
snapshot elsewhere >after
cmp before after || fail "something outside SOURCE has changed"
if command -v strace >/dev/null && strace -o "$log/trace" true 2>/dev/null; then
    strace -f -e trace=open,openat,openat2 -o "$log/trace" "$THUMBS" --files-from=list photos traced >/dev/null 2>&1 ||
        true
    grep -q 'a\.jpg' "$log/trace" || fail "nothing was traced"
    ! grep -e 'secret\.jpg' -e hostname "$log/trace" || fail "a file outside was opened"
fi

# A folder and a file that turn into links again and again, while names are looked up and read, by a
# walk and by a list: what lies outside is never read.
mkdir -p swap/real elsewhere/real
cp "$SAMPLES/orientation/orientation-1.jpg" swap/real/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" elsewhere/real/a.jpg
thumbs 0 swap calm
ln -s ../elsewhere/real swap/link
(
    cd swap || exit
    while [ -d . ] && [ ! -e ../enough ]; do
        mv real aside && mv -T link real && mv -T real link && mv aside real || exit 0
        ln -sf ../../elsewhere/real/a.jpg real/x.jpg || exit 0
        cp real/a.jpg real/y.jpg && mv -f real/y.jpg real/x.jpg || exit 0
    done
) 2>/dev/null &
swapper=$!
printf '%s\n' real/a.jpg real/x.jpg >list
for again in 1 2 3 4 5 6 7 8 9 10 11 12; do
    case $again in
    *[02468]) "$THUMBS" --force --mode=sync swap swapped >"$log/stdout" 2>"$log/stderr" || true ;;
    *) "$THUMBS" --force --mode=sync --files-from=list swap swapped >"$log/stdout" 2>"$log/stderr" || true ;;
    esac
    for name in a x; do
        [ ! -e swapped/real/$name.jpg ] || cmp -s calm/real/a.jpg swapped/real/$name.jpg ||
            fail "what lies outside was read"
    done
    [ ! -e swapped/link ] || fail "a link was followed"
done
touch enough
wait $swapper || true
