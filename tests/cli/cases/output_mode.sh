# SPDX-License-Identifier: MIT
# Permissions and group of what is made: as the umask and setgid folders say, or with --chmod.
. "$CASES/common.inc"
mkdir -p photos/sub
cp "$SAMPLES/orientation/orientation-1.jpg" photos/sub/a.jpg
modes() { stat -c '%a %n' "$@"; }
for mode in $MODES; do
    for mask in 022 027 077; do
        rm -rf out
        (umask $mask && thumbs 0 --mode="$mode" photos out)
        wanted=$(printf '%o' $((0666 & ~0$mask)))
        [ "$(stat -c %a out/sub/a.jpg)" = "$wanted" ] || fail "umask $mask: $(modes out/sub/a.jpg)"
        wanted=$(printf '%o' $((0777 & ~0$mask)))
        [ "$(stat -c %a out/sub)" = "$wanted" ] || fail "umask $mask: $(modes out/sub)"
    done
    # Whatever the umask is; what stands is left, what is made again has it.
    rm -rf out
    (umask 077 && thumbs 0 --mode="$mode" --chmod=664 photos out)
    [ "$(stat -c %a out/sub/a.jpg)" = 664 ] || fail "--chmod: $(modes out/sub/a.jpg)"
    thumbs 0 --mode="$mode" --chmod=0600 photos out
    expect_counts 0 1 0 0 0
    [ "$(stat -c %a out/sub/a.jpg)" = 664 ] || fail "an output that is up to date was changed"
    thumbs 0 --mode="$mode" --chmod=0600 --force photos out
    [ "$(stat -c %a out/sub/a.jpg)" = 600 ] || fail "--chmod=0600: $(modes out/sub/a.jpg)"
done
for bad in '' 6 64 8888 u+r 1644 00644 444444 044 -644; do
    thumbs 2 --chmod="$bad" photos no
    expect_said 'three octal digits'
done
[ ! -e no ] || fail "a refused run has made DEST"

# A folder of a group, shared by its members.
group=$(id -G | tr ' ' '\n' | grep -vx "$(id -g)" | head -n 1)
[ -n "$group" ] || { [ "$(id -u)" -eq 0 ] && group=12345; } || skip "this user has one group alone"
rm -rf out
mkdir out
chgrp "$group" out && chmod 2775 out || skip "no setgid folders here"
(umask 002 && thumbs 0 photos out)
[ "$(stat -c '%g %a' out/sub/a.jpg)" = "$group 664" ] || fail "setgid: $(stat -c '%g %a' out/sub/a.jpg)"
[ "$(stat -c '%g %a' out/sub)" = "$group 2775" ] || fail "setgid: $(stat -c '%g %a' out/sub)"
[ "$(find out ! -group "$group" -print)" = "" ] || fail "another group: $(find out ! -group "$group" -print)"
