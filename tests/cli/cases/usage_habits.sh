# SPDX-License-Identifier: MIT
# What people of other programs write here is refused with the remedy.
. "$CASES/common.inc"
mkdir -p one/photos two/photos
cp "$SAMPLES/orientation/orientation-1.jpg" one/photos/a.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" two/photos/b.jpg
snapshot two >"$log/before"
# DEST was forgotten, or is thought to be a file.
thumbs 2 one/photos/a.jpg two/photos/b.jpg
expect_said "DEST two/photos/b.jpg is not a folder: the last name must be the folder"
# Two trees of one name.
thumbs 2 one/photos two/photos out
expect_said "two sources have the same name photos"
expect_said "the folder that holds both as SOURCE, or run each into its own DEST"
thumbs 3 --memory=5 one out
expect_said "--memory=5 is bytes (5M is megabytes)"
snapshot two | cmp - "$log/before" || fail "something was made beside a photo"
[ ! -e out ] || fail "a refused run has made DEST"
# Nothing made: no rate.
thumbs 0 one/photos/a.jpg out
expect_said " images/s"
thumbs 0 one/photos/a.jpg out
! grep -q 'images/s' "$log/stderr" || fail "a rate of nothing: $(cat "$log/stderr")"
