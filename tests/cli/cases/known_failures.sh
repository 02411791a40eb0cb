# SPDX-License-Identifier: MIT
# A source that does not decode is told once. The next runs call it known, in a count, and end well,
# until it changes; --strict and --retry-failed do not let it rest.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/photos/dunes.jpg" photos/good.jpg
head -c 30 "$SAMPLES/photos/dunes.jpg" >photos/cut.jpg
echo "no picture" >photos/page.jpg
: >photos/empty.png
printf 'BM%s' "$(head -c 200 /dev/zero | tr '\0' x)" >photos/a.bmp
run() { # STATUS ARGUMENT...
    status=$1
    shift
    thumbs "$status" --report="$log/r" "$@" photos out
    check_report "$log/r"
}
run 1
fates "$log/r" | sort >"$log/first"
new=$(grep -c ^failed "$log/first")
[ "$new" -ge 3 ] || fail "they do not fail: $(cat "$log/first")"
for words in --mode=sync --mode=threads --mode=processes --io=uring; do
    run 0 $words
    expect_counts 0 1 0 0 0
    expect_said "; known $new "
    [ "$(wc -l <"$log/stderr")" -eq 1 ] || fail "more is said than the summary: $(cat "$log/stderr")"
    fates "$log/r" | sed 's/^known:/failed:/; s/^up-to-date/done/' | sort >"$log/again"
    cmp "$log/again" "$log/first" || fail "told otherwise than at first"
    run 1 $words --strict
    expect_counts 0 1 0 0 0
done
run 0 --verbose
expect_said "known cut.jpg: "
# Nobody opens them, nor if they were only touched (which costs one look).
touch photos/cut.jpg
run 0
expect_said "; known $new "
run 0 --dry-run
expect_said "; known $new "
run 1 --retry-failed
expect_counts 0 1 0 "$new" 0
run 0
# One is uploaded again, another is new.
cp "$SAMPLES/photos/dunes.jpg" photos/cut.jpg
echo "no picture" >photos/page2.jpg
run 1
expect_counts 1 1 0 1 0
run 0
expect_counts 0 2 0 0 0
# What was too large for one run is not for the next.
run 1 --max-pixels=100 --quality=70
run 0 --max-pixels=100 --quality=70
run 0 --max-pixels=100000000 --quality=70
expect_counts 2 0 0 0 0
# Others' memory: that of another recipe is no reason.
run 1 --quality=60
expect_counts 2 0 0 "$new" 0
