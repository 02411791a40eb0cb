# SPDX-License-Identifier: MIT
# N parts of a job are disjoint and together whole, whatever mode, list or folder they come from;
# names and bytes are those of a run over all, also where names clash.
. "$CASES/common.inc"

mkdir -p photos/deep
picture=$(find "$SAMPLES" -name '*.jpg' ! -path '*broken*' | LC_ALL=C sort | head -n 1)
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    cp "$picture" "photos/p$i.jpg"
    cp "photos/p$i.jpg" "photos/deep/q$i.jpg"
done
cp photos/p1.jpg photos/p1.jpeg # both want p1.jpg
echo text >photos/notes.txt
: >photos/empty.jpg
thumbs 1 --report=whole.ndjson photos whole

for i in 0 1 2 3; do
    status=0
    "$THUMBS" --shard=$i/4 --report=r$i.ndjson photos parts 2>err.$i || status=$?
    [ $status -eq 0 ] || [ $status -eq 1 ] || fail "shard $i: status $status"
    grep -q "\"shard\":$i,\"shards\":4,\"other_shards\":" r$i.ndjson || fail "no shard in the summary"
done
diff -r -x .thumbs whole parts || fail "four parts are not the whole"
sources() {
    grep -h '^{"source"' "$@" | sed 's/.*"source":"\([^"]*\)".*/\1/' | LC_ALL=C sort
}
sources whole.ndjson >want
sources r0.ndjson r1.ndjson r2.ndjson r3.ndjson >got
cmp want got || fail "a source is missing or is reported by two parts"
for i in 0 1 2 3; do
    [ "$(sources r$i.ndjson | wc -l)" -gt 0 ] || fail "part $i has nothing to do"
done

# A second time there is nothing to do, in other modes and with the event loop as well.
for i in 0 1 2 3; do
    "$THUMBS" --mode=sync --io=uring --shard=$i/4 photos parts 2>err || :
    grep -q '^0 done,' err || fail "shard $i made something again: $(cat err)"
done

# A list is split in the same way as the folder.
(cd photos && find . -type f) >list
for i in 0 1 2 3; do
    "$THUMBS" --shard=$i/4 --files-from=list --report=l$i.ndjson photos listed 2>/dev/null || :
    sources r$i.ndjson >want
    sources l$i.ndjson >got
    cmp want got || fail "part $i of the list is not part $i of the folder"
done
diff -r -x .thumbs whole listed || fail "the parts of a list are not the whole"

# What other shards find in their pictures is not known, so names must not depend on it.
thumbs 2 --name='{width}.{ext}' --shard=0/2 photos out
expect_said '--name with {dir} and {stem}'
[ ! -e out/.thumbs ] || fail "something was done"
