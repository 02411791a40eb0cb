# SPDX-License-Identifier: MIT
# The reports of shards to one verdict: totals, every failure, what is missing; and a report that
# is cut, edited or told twice never counts as whole.
. "$CASES/common.inc"

mkdir photos
picture=$(find "$SAMPLES" -name '*.jpg' ! -path '*broken*' | LC_ALL=C sort | head -n 1)
for i in 1 2 3 4 5 6 7 8 9; do cp "$picture" "photos/p$i.jpg"; done
for i in 0 1 2; do "$THUMBS" --quiet --shard=$i/3 --report=r$i.ndjson photos out; done

# merge STATUS REPORT... - into merged.ndjson and said
merge() {
    want=$1
    shift
    got=0
    "$THUMBS" merge "$@" >merged.ndjson 2>said </dev/null || got=$?
    [ $got -eq "$want" ] || fail "merge $*: status $got instead of $want: $(cat said)"
}
said() { grep -q -e "$1" said || fail "not said: $1; but: $(cat said)"; }
has() { grep -q -F "$1" merged.ndjson || fail "not in the joined report: $1: $(cat merged.ndjson)"; }

merge 0 r0.ndjson r1.ndjson r2.ndjson
has '{"summary":{"done":9,"up_to_date":0,"damaged":0,"failed":0,"skipped":0,'
has '"reports":3,"shards":3,"missing":[],"unfinished":[],"complete":true}}'
[ "$(wc -l <merged.ndjson)" -eq 1 ] || fail "more than a summary"
[ "$(tail -n 1 said | sed 's/ in .*//')" = "3 of 3 shards: 9 done, 0 up to date, 0 damaged, 0 failed, 0 skipped" ] ||
    fail "the summary: $(cat said)"
merge 0 --expect=3 r2.ndjson r1.ndjson r0.ndjson
merge 0 --quiet r0.ndjson r1.ndjson r2.ndjson
[ ! -s said ] || fail "--quiet said: $(cat said)"

# One file may hold several, from a pipe too.
cat r0.ndjson r2.ndjson r1.ndjson >all.ndjson
merge 0 all.ndjson
cat all.ndjson | "$THUMBS" merge --expect=3 - >merged.ndjson 2>said || fail "from a pipe: $(cat said)"
has '"complete":true'

# What is missing is named.
merge 1 r0.ndjson r2.ndjson
said 'no report of: shard 1 of 3$'
has '"missing":[1]'
merge 1 --expect=3 r1.ndjson
said 'no report of: shards 0, 2 of 3$'
merge 1 --expect=3 r0.ndjson nowhere.ndjson r1.ndjson
said 'nowhere.ndjson: No such file'
said 'no report of: shard 2 of 3'
mkdir folder
merge 1 r0.ndjson r1.ndjson r2.ndjson folder
said 'folder: Is a directory'
: >empty.ndjson
merge 1 r0.ndjson r1.ndjson r2.ndjson empty.ndjson
said 'empty.ndjson: it is empty'

# Reports of other jobs, and one told twice.
"$THUMBS" --quiet --shard=0/2 --report=other.ndjson photos other
merge 1 r0.ndjson r1.ndjson r2.ndjson other.ndjson
said 'shard 0 of 2, but 3 shards are expected'
merge 1 --expect=4 r0.ndjson r1.ndjson r2.ndjson
said '4 shards are expected'
merge 1 r0.ndjson r1.ndjson r2.ndjson r1.ndjson
said 'shard 1 of 3 was reported before'
has '{"summary":{"done":9,'
"$THUMBS" --quiet --report=whole.ndjson photos whole
merge 0 whole.ndjson
merge 0 --expect=1 whole.ndjson
merge 1 --expect=3 whole.ndjson

# A cut, a changed, a lost line.
size=$(wc -c <r1.ndjson)
for cut in 1 2 20 $((size / 2)); do
    head -c $((size - cut)) r1.ndjson >cut.ndjson
    merge 1 r0.ndjson cut.ndjson r2.ndjson
    said '^thumbs: cut.ndjson'
    has '"complete":false'
done
sed 1d r1.ndjson >less.ndjson
merge 1 r0.ndjson less.ndjson r2.ndjson
said 'do not match its counts'
for line in '{"source":"x"}' '{"source":"x","status":"lost"}' '{"source":"x","status":"failed"}' '{"summary":{}}' \
    '{"summary":{"done":-1,"up_to_date":0,"damaged":0,"failed":0,"skipped":0,"seconds":1}}' '[]' 'x' '' '{' \
    '{"source":1,"status":"done"}' "$(printf '\377\376')" '{"a":1,"a":2}'; do
    { printf '%s\n' "$line"; cat r1.ndjson; } >bad.ndjson
    merge 1 r0.ndjson bad.ndjson r2.ndjson
    said '^thumbs: bad.ndjson:1: '
    has '"missing":[1]'
done
head -c 3000000 /dev/zero >zeros.ndjson
merge 1 zeros.ndjson
said 'zeros.ndjson:1: the file ends within'

# Failures stand in the joined report as they stood in theirs, and are told as a run tells them.
odd=$(printf 'photos/odd\n"\377.jpg')
head -c 100 "$picture" >"$odd"
head -c 100 "$picture" >photos/p2.jpg
for i in 0 1 2; do "$THUMBS" --quiet --shard=$i/3 --report=f$i.ndjson photos fresh 2>/dev/null || :; done
merge 1 f0.ndjson f1.ndjson f2.ndjson
has '"done":8,"up_to_date":0,"damaged":0,"failed":2,'
has '"complete":true'
grep -h '"status":"failed"' f0.ndjson f1.ndjson f2.ndjson | sort >want
grep '^{"source"' merged.ndjson | sort >got
cmp want got || fail "the lines of failed sources differ"
said '^thumbs: decode: p2.jpg: '

# An interrupted shard is unfinished until its next run is reported.
sed 's/}}$/,"incomplete":true,"interrupted":15}}/' r1.ndjson >stopped.ndjson
merge 1 r0.ndjson stopped.ndjson r2.ndjson
said 'did not finish: shard 1 of 3'
has '"unfinished":[1],"complete":false'
merge 0 r0.ndjson stopped.ndjson r2.ndjson r1.ndjson
has '{"summary":{"done":9,'

merge 2
said 'REPORT is missing'
merge 2 --expect=0 r0.ndjson
said 'from 1 to 1000000'
merge 2 --jobs=2 r0.ndjson
said "no option of 'thumbs merge'"
if [ -w /dev/full ]; then
    got=0
    "$THUMBS" merge r0.ndjson r1.ndjson r2.ndjson >/dev/full 2>said || got=$?
    [ $got -eq 3 ] || fail "full disk: status $got"
fi
got=0
"$THUMBS" merge r0.ndjson >&- 2>said || got=$?
[ $got -eq 3 ] || fail "closed standard output: status $got"
