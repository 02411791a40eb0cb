# SPDX-License-Identifier: MIT
# --memory: what cannot be had is refused with both numbers, what is larger than a file may be is not read, fewer
# workers run where memory is short, and a limit that is no limit changes nothing.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/photos/dunes.jpg" "$SAMPLES/photos/forest.jpg" "$SAMPLES/png/rgba-16-adam7.png" photos
# The header of a progressive JPEG of 20,000 x 20,000 pixels, and one scan that ends at once.
{
    printf '\377\330\377\333\000\103\000'
    head -c 64 /dev/zero | tr '\000' '\001'
    printf '\377\302\000\013\010\116\040\116\040\001\001\021\000'
    printf '\377\304\000\024\000\001\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000'
    printf '\377\332\000\010\001\001\000\000\000\000\077\377\331'
} >photos/huge.jpg
thumbs 0 --mode=sync --exclude=huge.jpg photos calm
for mode in $MODES; do
    thumbs 1 --mode="$mode" --memory=256M --report="$log/r" photos "$mode"
    fates "$log/r" | grep -q '^failed:decode:memory huge.jpg$' || fail "$mode: $(fates "$log/r")"
    grep -q 'it takes up to [0-9]* MB of memory, there are [0-9]* MB' "$log/stderr" || fail "$mode: no numbers"
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
thumbs 0 --jobs=64 --memory=512M photos many
grep -q 'jobs instead of 64' "$log/stderr" || fail "it is not said that there are fewer jobs"
same_trees calm many
thumbs 3 --memory=10M photos none
grep -q 'MB of memory are not enough for one worker' "$log/stderr" || fail "it is not said what lacks"
test ! -e none
thumbs 0 --memory=1000G photos processes
thumbs 2 --memory=0 photos out

# A worker that takes what it has not announced is replaced, its file fails, the others are done (builds with probes).
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
thumbs 2 --memory=much photos out
