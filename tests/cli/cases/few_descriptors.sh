# SPDX-License-Identifier: MIT
# A tree of many folders is made whatever the soft limit of descriptors is: 1024 by custom, and a
# machine of 64 CPUs is no rarity. Where the hard limit is low as well, it may be slow, or be
# refused as a whole, but not lose some files.
. "$CASES/common.inc"
mkdir -p photos/1
(cd photos/1 && mkdir a b c d e f g h i j)
for folder in photos/1/*; do cp "$SAMPLES/png/size-4x4-adam7.png" "$folder/p.png"; done
i=2
while [ $i -le 30 ]; do
    cp -rl photos/1 photos/$i
    i=$((i + 1))
done
for limits in "1024 64 processes" "256 4 threads" "64 1 sync"; do
    # shellcheck disable=SC2086 # three words
    set -- $limits
    status=0
    # shellcheck disable=SC3045 # dash and bash have it
    (ulimit -S -n "$1" && exec "$THUMBS" --jobs="$2" --mode="$3" photos "out-$3-$1" 2>"$log/stderr") || status=$?
    [ $status -eq 0 ] || fail "$1 descriptors, $2 jobs, $3: exit status $status: $(tail -n 1 "$log/stderr")"
    [ "$(outputs "out-$3-$1" | wc -l)" -eq 300 ] || fail "$1 descriptors: not all was made"
done
# Fewer jobs are enough for that, and it is said.
for limits in "64 4 processes" "40 4 processes" "30 4 threads"; do
    # shellcheck disable=SC2086 # three words
    set -- $limits
    status=0
    # shellcheck disable=SC3045 # dash and bash have it
    (ulimit -n "$1" && exec "$THUMBS" --jobs="$2" --mode="$3" photos "fewer-$3-$1" 2>"$log/stderr") || status=$?
    [ $status -eq 0 ] || fail "$1 descriptors, $2 jobs, $3: exit status $status: $(tail -n 1 "$log/stderr")"
    [ "$(outputs "fewer-$3-$1" | wc -l)" -eq 300 ] || fail "$1 descriptors, $3: not all was made"
    [ "$(grep -c "jobs\{0,1\} instead of $2, since $1 open files" "$log/stderr")" -eq 1 ] ||
        fail "$1 descriptors, $3: it is not said once that there are fewer jobs: $(cat "$log/stderr")"
done
for limits in "1024 64 processes" "128 2 processes" "128 4 threads" "40 4 threads" "20 2 processes" "16 1 sync"; do
    # shellcheck disable=SC2086 # three words
    set -- $limits
    dest=few-$3-$1
    status=0
    # shellcheck disable=SC3045 # dash and bash have it
    (ulimit -n "$1" && exec "$THUMBS" --jobs="$2" --mode="$3" photos "$dest" 2>"$log/stderr") || status=$?
    n=0
    if [ -d "$dest" ]; then n=$(outputs "$dest" | wc -l); fi
    case $status in
    0) [ "$n" -eq 300 ] || fail "$1 descriptors, $3: exit status 0, but not all was made" ;;
    3) ;;
    1) # with next to none, each that is lost must at least be told
        [ "$1" -lt 100 ] || fail "$1 descriptors, $2 jobs, $3: files are lost: $(tail -n 1 "$log/stderr")"
        [ $((n + $(grep -c 'Too many open files' "$log/stderr"))) -ge 300 ] ||
            fail "$1 descriptors, $3: not all were told"
        ;;
    *) fail "$1 descriptors, $2 jobs, $3: exit status $status: $(tail -n 1 "$log/stderr")" ;;
    esac
done
