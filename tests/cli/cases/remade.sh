# SPDX-License-Identifier: MIT
# What makes an output outdated: other options that matter, a source of other content, an output that
# is gone, empty or of another time; --force. All else stays as it is, and a source that was only
# touched (also back in time) is none of it.
. "$CASES/common.inc"
mkdir photos
for n in 1 2 3; do cp "$SAMPLES/orientation/orientation-$n.jpg" "photos/$n.jpg"; done
again() { # DONE UP_TO_DATE OPTION...
    counts="$1 $2"
    shift 2
    thumbs 0 --mode=sync "$@" photos out
    # shellcheck disable=SC2086 # two words
    expect_counts $counts 0 0 0
    thumbs 0 --mode=sync "$@" photos out
    expect_counts 0 3 0 0 0
}
again 3 0
again 3 0 --quality=79
again 3 0 --quality=80
again 3 0 --size=100
again 3 0 --size=100x100
again 3 0 --size=100 --enlarge
again 3 0 --size=100 --fast
again 3 0 --size=100 --format=png
again 3 0 --size=100,200 --format=png
again 3 0 --name='{dir}/{stem}_.{ext}'
again 3 0

cp "$SAMPLES/orientation/orientation-4.jpg" photos/1.jpg
again 1 2
touch -d '2001-01-01' photos/2.jpg
again 0 3
touch -d '2001-01-01 00:00:00.000000001' photos/2.jpg
again 0 3
rm out/3.jpg
again 1 2
touch out/3.jpg
again 1 2
touch -r out/3.jpg "$log/time"
: >out/3.jpg
touch -r "$log/time" out/3.jpg
again 1 2
rm out/3.jpg
mkdir out/3.jpg # in the way
thumbs 1 photos out
expect_counts 0 2 0 1 0
rmdir out/3.jpg
again 1 2
rm out/3.jpg
ln -s 2.jpg out/3.jpg # not what was made
thumbs 1 photos out
expect_counts 0 2 0 1 0
[ -L out/3.jpg ] || fail "a link of the user was replaced"
rm out/3.jpg
again 1 2
rm -r out/1.jpg out/2.jpg out/3.jpg
again 3 0
mv photos/3.jpg photos/33.jpg
again 1 2
mv photos/33.jpg photos/3.jpg # which sets its ctime
again 0 3
cp out/2.jpg "$log/2"
thumbs 0 --force photos out
expect_counts 3 0 0 0 0
cmp out/2.jpg "$log/2" || fail "--force makes other bytes"

# One of several outputs is enough.
thumbs 0 --size=1,2 --format=jpeg,png photos several
rm several/2-2.png
thumbs 0 --size=1,2 --format=jpeg,png photos several
expect_counts 1 2 0 0 0

# A source that has become unreadable keeps the thumbnail that it had.
cp out/1.jpg "$log/1"
printf 'xx' >photos/1.jpg
thumbs 1 photos out
expect_counts 0 2 0 1 0
cmp out/1.jpg "$log/1" || fail "a failed source has taken its thumbnail away"
