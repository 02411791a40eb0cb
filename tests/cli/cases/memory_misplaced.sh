# SPDX-License-Identifier: MIT
# A manifest in the place of another folder's, or whose first line is damaged, is replaced: what it was
# about is made once more, and not in each run. One of a newer version stays as it is.
. "$CASES/common.inc"
mkdir -p photos/sub
for n in 1 2 3; do cp "$SAMPLES/orientation/orientation-$n.jpg" "photos/$n.jpg"; done
cp "$SAMPLES/orientation/orientation-4.jpg" photos/sub/4.jpg
thumbs 0 photos out
thumbs 0 photos once
manifest_of() { grep -l "^thumbs-manifest 2 /$1\$" out/.thumbs/made/*; }
top=$(manifest_of '') below=$(manifest_of sub)
cp "$below" spare
heals() {
    thumbs 0 --delete photos out
    expect_counts 1 3 0 0 0
    thumbs 0 --delete photos out
    expect_counts 0 4 0 0 0
    same_trees once out
}

cp "$top" "$below"
heals
sed '1s,/sub,/sux,' spare >"$below"
heals
sed '1s,manifest,manifost,' spare >"$below"
heals
sed '1s,2 /,0 /,' spare >"$below"
heals
sed '1s,2 /,2/,' spare >"$below"
heals

# Whoever wrote it knows more: it is neither believed nor lost, and that is said.
sed '1s,2 /,3 /,' spare >"$below"
cp "$below" newer
for i in 1 2; do
    thumbs 0 --delete photos out
    expect_counts 1 3 0 0 0
    expect_said "thumbs: note: some of DEST/.thumbs is of a newer version of thumbs: it is left as it is"
    cmp newer "$below" || fail "the manifest of a newer version was changed"
done
same_trees once out
