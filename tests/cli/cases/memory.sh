# SPDX-License-Identifier: MIT
# --memory: what cannot be had is refused with both numbers, what is larger than a file may be is
# not read, fewer workers run where memory is short, and a limit that is no limit changes nothing.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/photos/dunes.jpg" "$SAMPLES/photos/forest.jpg" "$SAMPLES/png/rgba-16-adam7.png" photos
# The header of a progressive JPEG of 20,000 x 20,000 pixels, and one scan that ends at once. For a
# thumbnail of half its sides all of its coefficients are needed.
{
    printf '\377\330\377\333\000\103\000'
    head -c 64 /dev/zero | tr '\000' '\001'
    printf '\377\302\000\013\010\116\040\116\040\001\001\021\000'
    printf '\377\304\000\024\000\001\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000'
    printf '\377\332\000\010\001\001\000\000\000\000\077\377\331'
} >photos/huge.jpg
thumbs 0 --mode=sync --size=10000 --exclude=huge.jpg photos calm
for mode in $MODES; do
    thumbs 1 --mode="$mode" --size=10000 --memory=256M --report="$log/r" photos "$mode"
    fates "$log/r" | grep -q '^failed:decode:memory huge.jpg$' || fail "$mode: $(fates "$log/r")"
    grep -q 'takes up to [0-9]* MB of memory, and --memory leaves [0-9]* MB' "$log/stderr" || fail "$mode: no numbers"
    expect_clean "$mode"
    same_trees calm "$mode"
done
# A file that is larger than a quarter of all memory is not read.
truncate -s 100M photos/long.jpg
printf '\377\330\377\340' | dd of=photos/long.jpg conv=notrunc status=none
for io in threads uring; do
    thumbs 1 --io=$io --force --memory=256M --report="$log/r" photos processes
    fates "$log/r" | grep -q '^failed:load:memory long.jpg$' || fail "$io: $(fates "$log/r")"
done
rm photos/huge.jpg photos/long.jpg
thumbs 0 --jobs=64 --size=10000 --memory=512M photos many
grep -q 'jobs instead of 64' "$log/stderr" || fail "it is not said that there are fewer jobs"
same_trees calm many
thumbs 3 --memory=10M photos none
grep -q 'MB of memory are not enough for one worker' "$log/stderr" || fail "it is not said what lacks"
test ! -e none
thumbs 0 --memory=1000G photos processes
thumbs 2 --memory=0 photos out

# A picture of which there is not enough memory beside busy workers is done while they are idle:
# progressive, of one component, 4,650 x 4,650 pixels and hardly reduced, it takes up to 71 MB, and
# two jobs have 63.
mkdir large
{
    printf '\377\330\377\333\000\103\000'
    head -c 64 /dev/zero | tr '\000' '\001'
    printf '\377\302\000\013\010\022\052\022\052\001\001\021\000'
    printf '\377\304\000\024\000\001\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000'
    printf '\377\332\000\010\001\001\000\000\000\000\077\377\331'
} >large/1.jpg
for n in 2 3 4; do cp large/1.jpg large/$n.jpg; done
cp "$SAMPLES"/photos/*.jpg large
thumbs 0 --jobs=4 --size=2000 --memory=200M --report="$log/r" large lent
[ "$(fates "$log/r" | grep -c '^damaged ')" -eq 4 ] || fail "large pictures: $(fates "$log/r")"

# A worker that takes what it has not announced is replaced, its file fails, the others are done
# (builds with probes).
mkdir greedy
probe() { printf 'GIF89a\001\000\001\000\000\000\000THUMBS-PROBE %s\n' "$2" >"greedy/$1.gif"; }
probe ok ok
thumbs 1 --report="$log/r" greedy none
grep -q 'probe: ok: done' "$log/r" || exit 0
grep -qa __asan_init "$THUMBS" && exit 0 # a sanitizer's memory is not looked at
rm greedy/ok.gif
probe eat "eat 3000"
probe alloc "alloc 3000"
probe threads "threads 2000"
cp photos/dunes.jpg photos/forest.jpg greedy
thumbs 1 --jobs=2 --memory=512M --report="$log/r" greedy none
expect_counts 2 0 0 3 0
[ "$(fates "$log/r" | grep -c '^failed:decode:memory ')" -eq 3 ] || fail "$(fates "$log/r")"

# One that takes a little of each of many files and answers at once is replaced between two of them,
# before a limit of the kernel ends it, and no file has to pay.
rm -rf greedy
mkdir greedy
i=0
while [ $i -lt 60 ]; do
    probe $i "eat 8"
    i=$((i + 1))
done
thumbs 1 --jobs=1 --memory=200M --report="$log/r" greedy none
[ "$(grep -c 'probe: eat: done' "$log/r")" -eq 60 ] ||
    fail "a worker that grew was not replaced: $(fates "$log/r" | sort | uniq -c)"
thumbs 2 --memory=much photos out
