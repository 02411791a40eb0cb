#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Make the n-th read, write, rename, allocation, thread start ... fail, for each n until a run
# passes without having met it, and see that every promise holds: the run ends by itself, with exit
# status 0, 1 or 3; no temporary stays; every output is whole (equal to the one of a calm run); and
# the next run completes the tree.
#   faults.sh PROGRAM SAMPLES sync|threads|processes|uring
# uring: the event loop instead of I/O threads, and what only it can meet.
set -u
. "$(dirname "$0")/common.inc"
if THUMBS_FAULT='open:*' "$thumbs" --mode=sync --quiet "$samples/orientation" "$scratch/probe" 2>/dev/null; then
    echo "SKIPPED: this build has no fault injection (THUMBS_FAULTS)"
    exit 77
fi

case ${3-} in
sync | threads | processes | uring) part=$3 ;;
*) echo "faults.sh: '${3-}' is none of its parts" >&2; exit 2 ;;
esac

source=$scratch/source
mkdir -p "$source/sub"
cp "$samples"/orientation/*1.jpg "$source/a.jpg"
cp "$samples"/orientation/*6.jpg "$source/sub/b.jpg"
cp "$samples"/orientation/*3.jpg "$source/c.jpg"
echo text >"$source/notes.txt"
"$thumbs" --mode=sync --quiet "$source" "$scratch/calm" || exit 1
n_outputs=$(find "$scratch/calm" -name '*.jpg' | wc -l)
[ "$n_outputs" -eq 3 ] || { echo "calm run made $n_outputs"; exit 1; }

n_runs=0
n_struck=0

check() { # POINT N MODE [OPTION...]
    local point=$1 n=$2 mode=$3 out=$scratch/out status
    shift 3
    rm -rf "$out"
    THUMBS_FAULT=$point:$n timeout -k 5 60 "$thumbs" --mode="$mode" --jobs=2 "$@" --report="$scratch/report" \
        "$source" "$out" >"$scratch/stdout" 2>"$scratch/stderr"
    status=$?
    n_runs=$((n_runs + 1))
    [ "$status" -eq 0 ] || n_struck=$((n_struck + 1))
    case $status in
    0 | 1 | 2 | 3) ;;
    *) fail "$point:$n $mode: exit status $status: $(tail -1 "$scratch/stderr")" ;;
    esac
    [ "$status" -eq 0 ] || [ -s "$scratch/stderr" ] || fail "$point:$n $mode: status $status without a word"
    # What differs from the calm run may only be missing: nothing is half made, nothing is there
    # besides. A close or unlink that fails may leave a temporary; nothing else may.
    diff -rq -x .thumbs "$scratch/calm" "$out" >"$scratch/diff" 2>&1
    if grep -v -e "^Only in $scratch/calm" -e "$out: No such file" "$scratch/diff"; then
        fail "$point:$n $mode: that is in DEST"
    fi
    if [ "$status" -eq 0 ] && [ -s "$scratch/diff" ]; then
        fail "$point:$n $mode: exit status 0 with outputs missing"
    fi
    # A fault in a worker ends it, and its file is remembered for that.
    "$thumbs" --mode=sync --quiet --retry-failed "$source" "$out" 2>"$scratch/stderr" ||
        fail "$point:$n $mode: the next run: $(cat "$scratch/stderr")"
    diff -rq -x .thumbs "$scratch/calm" "$out" || fail "$point:$n $mode: the next run leaves a difference"
}

# How often a point is passed differs; go on in growing steps once the dense beginning is done.
check_points() { # "POINT..." MODE [OPTION...]
    local points=$1 point n
    shift
    for point in $points; do
        for n in 1 2 3 4 5 6 7 8 10 12 15 18 22 27 33 40; do check "$point" "$n" "$@"; done
    done
    check short '*' "$@"
}

# Requests that end oddly are made again: nothing is to be felt.
check_odd_ends() {
    local point n n_before
    for point in uring_short uring_again uring_intr uring_cancel; do
        for n in 1 2 3 4 5 6 7 8 10 12 15 18; do
            n_before=$n_struck
            check "$point" "$n" processes --io=uring
            [ "$n_struck" -eq "$n_before" ] || fail "$point:$n was felt"
        done
    done
    check uring_short '*' threads --io=uring
}

case $part in
uring)
    check_points "open read close thread mmap alloc uring_setup" processes --io=uring
    n_points_struck=$n_struck n_points_runs=$n_runs
    check_odd_ends
    ;;
*)
    check_points "open read write close rename mkdir thread mmap fork alloc" "$part"
    n_points_struck=$n_struck n_points_runs=$n_runs
    ;;
esac
echo "$n_runs runs, $n_struck of them not all done, $failures failures"
# Many faults must be felt, or the points are not where the work is. (Others strike what is done as
# well as can be.)
[ $((n_points_struck * 5)) -ge "$n_points_runs" ] || fail "hardly any fault struck"
[ "$failures" -eq 0 ]
