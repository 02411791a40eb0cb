# SPDX-License-Identifier: MIT
# Two calls with sizes and names of their own share one DEST without forgetting what the other made;
# where they want the same name, each makes it anew.
. "$CASES/common.inc"
mkdir photos
for n in 1 2 3; do cp "$SAMPLES/orientation/orientation-$n.jpg" "photos/$n.jpg"; done
small() { thumbs 0 --size=64 --name='{dir}/{stem}-s.{ext}' "$@" photos out; }
large() { thumbs 0 --size=200 --name='{dir}/{stem}-l.{ext}' "$@" photos out; }
small
large
for mode in $MODES; do
    small --mode="$mode"
    expect_counts 0 3 0 0 0
    large --mode="$mode"
    expect_counts 0 3 0 0 0
done
cp "$SAMPLES/orientation/orientation-4.jpg" photos/1.jpg
small
expect_counts 1 2 0 0 0
large
expect_counts 1 2 0 0 0
thumbs 0 --size=32 --name='{dir}/{stem}-s.{ext}' photos out
expect_counts 3 0 0 0 0
large
expect_counts 0 3 0 0 0
small
expect_counts 3 0 0 0 0

# One SOURCE or several: another layout. What is asked for is done, and told.
mkdir 2024 2025
cp photos/1.jpg 2024/a.jpg
cp photos/2.jpg 2025/b.jpg
thumbs 0 2024 trees
thumbs 0 2024 2025 trees
expect_said "had one SOURCE"
expect_said "give the folder above them as SOURCE"
expect_outputs trees a.jpg 2024/a.jpg 2025/b.jpg
thumbs 0 2024 2025 trees
! grep -q SOURCE "$log/stderr" || fail "the layout is the same"
thumbs 0 --dry-run 2024 trees
expect_said "had several SOURCEs"
# Files alone lie where they lie.
thumbs 0 2024/a.jpg files
thumbs 0 2024/a.jpg 2025/b.jpg files
expect_counts 1 1 0 0 0
