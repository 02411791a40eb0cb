# SPDX-License-Identifier: MIT
# What a killed run has left is cleared away by the next one, in every folder it comes to; what
# looks alike but is no file, and the temporaries of a run that is alive, are not.
. "$CASES/common.inc"
many photos 4 orientation
thumbs 0 photos out
for mode in $MODES; do
    for folder in out out/1 out/2; do
        echo half >"$folder/.thumbs-0123456789abcdef-17"
        echo half >"$folder/.thumbs-fedcba9876543210-0"
    done
    : >out/.thumbs/run-fedcba9876543210
    thumbs 0 --mode="$mode" photos out
    expect_counts 0 40 0 0 0
    expect_clean out
done
mkdir out/1/.thumbs-0123456789abcdef-3
thumbs 0 photos out
[ -d out/1/.thumbs-0123456789abcdef-3 ] || fail "a folder of the user's was removed"
rmdir out/1/.thumbs-0123456789abcdef-3

# Three runs at the same time into one DEST, as shards of one job are: none clears away what another
# is writing.
rm -r out
thumbs 0 --jobs=1 photos calm
for mode in $MODES; do
    "$THUMBS" --quiet --mode="$mode" --jobs=1 --force --shard=0/3 photos out &
    first=$!
    "$THUMBS" --quiet --mode=threads --jobs=2 --force --shard=1/3 photos out &
    second=$!
    "$THUMBS" --quiet --mode=sync --shard=2/3 photos out || fail "a third run fails"
    wait $first || fail "$mode: the first of two runs fails"
    wait $second || fail "$mode: the second of two runs fails"
    same_trees calm out
    expect_clean out
    thumbs 0 --mode="$mode" photos out
    expect_counts 0 40 0 0 0
done
