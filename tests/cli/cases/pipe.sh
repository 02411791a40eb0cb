# SPDX-License-Identifier: MIT
# One picture through a pipe: what a run over it as a file would give, or nothing and a reason.
. "$CASES/common.inc"
mkdir tmp
export TMPDIR=$PWD/tmp
photo=$SAMPLES/photos/dunes.jpg
expect_pipe() { # STATUS ARGUMENT...: standard input to `through`
    local status=0 expected=$1
    shift
    "$THUMBS" "$@" - - >through 2>"$log/stderr" || status=$?
    [ "$status" -eq "$expected" ] || fail "status $status instead of $expected: $*: $(cat "$log/stderr")"
    [ -z "$(ls -A tmp)" ] || fail "$*: left behind: $(ls -A tmp)"
    [ "$status" -eq 0 ] || [ ! -s through ] || fail "$*: failed, and wrote something"
}
for words in "" --mode=sync --mode=threads "--size=64x64 --fit=cover --format=webp" "--io=uring --sandbox=on"; do
    # shellcheck disable=SC2086
    expect_pipe 0 $words <"$photo"
    [ ! -s "$log/stderr" ] || fail "$words: it says: $(cat "$log/stderr")"
    # shellcheck disable=SC2086
    "$THUMBS" $words --quiet --force "$photo" file
    cmp through file/dunes.* || fail "$words: other bytes than from a file"
    rm -r file
done
cat "$photo" | "$THUMBS" - - | cat >piped # where neither end can be sought in
"$THUMBS" --quiet "$photo" file && cmp piped file/dunes.jpg

expect_pipe 0 --verbose --report="$log/r" <"$photo"
expect_said "1 done, "
grep -q '"source":"-","status":"done"' "$log/r" || fail "the report does not call it -"

expect_pipe 1 <"$SAMPLES/lying/text-inside.jpg"
expect_said "-: is not an image"
expect_pipe 1 </dev/null
expect_pipe 1 --max-bytes=1K <"$photo"
expect_said "--max-bytes allows 1024"
expect_pipe 3 <&-
for words in --size=64,128 --format=jpeg,webp --name=x --shard=0/2 --dry-run --report=- --include=a --watch; do
    expect_pipe 2 "$words" <"$photo"
done
# A reader that is gone, and a disk that is full.
status=0
{ "$THUMBS" - - <"$photo" 2>"$log/stderr" || echo $? >"$log/status"; } | true
[ ! -e "$log/status" ] || [ "$(cat "$log/status")" -eq 3 ] || fail "a closed pipe: $(cat "$log/status")"
[ -z "$(ls -A tmp)" ] || fail "left behind: $(ls -A tmp)"
if [ -e /dev/full ]; then
    "$THUMBS" - - <"$photo" >/dev/full 2>"$log/stderr" || status=$?
    [ "$status" -eq 3 ] || fail "a full disk: $status"
fi
