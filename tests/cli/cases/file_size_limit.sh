# SPDX-License-Identifier: MIT
# A limit on the size of files (ulimit -f) is an output that cannot be written, told as such; it
# must not kill the run.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/photos/dunes.jpg" "$SAMPLES/jpeg/size-16x16.jpg" photos
for mode in $MODES; do
    status=0
    (ulimit -f 4 && exec "$THUMBS" --mode="$mode" --size=600 --report="$log/r" photos "$mode" 2>"$log/stderr") ||
        status=$?
    case $status in
    1 | 3) ;;
    *) fail "$mode: exit status $status" ;;
    esac
    expect_clean "$mode"
    whole_or_not "$PWD/$mode" "$PWD/$mode"
    thumbs 0 --mode="$mode" --size=600 photos "$mode"
done

# It counts for the memory of worker processes too. What is smaller is made in all modes, and what
# is not says why.
cp "$SAMPLES/png/rgba-16-adam7.png" photos
thumbs 0 --size=16 photos calm
for n in 8 100 2000; do
    for mode in $MODES; do
        status=0
        (ulimit -f $n && exec "$THUMBS" --mode="$mode" --size=16 photos "l-$n-$mode" 2>"$log/stderr") || status=$?
        case $status in
        0) same_trees calm "l-$n-$mode" ;;
        1) [ "$mode" = processes ] || fail "$n blocks, $mode: $(cat "$log/stderr")" ;;
        *) fail "$n blocks, $mode: exit status $status: $(cat "$log/stderr")" ;;
        esac
        whole_or_not "$PWD/calm" "$PWD/l-$n-$mode"
        grep -v -e '^thumbs: load: [a-z0-9.-]*: its [0-9]* bytes are more than .*ulimit -f.*--mode=threads' \
            -e '^[0-9]* done' "$log/stderr" && fail "$n blocks, $mode: another reason"
        [ -e "l-$n-$mode/size-16x16.jpg" ] || fail "$n blocks, $mode: not even a small one"
    done
done
# Not even what is said can go to a file then.
(ulimit -f 0 && exec "$THUMBS" photos zero 2>&1 || true) | cat >"$log/stderr"
grep -q 'ulimit -f' "$log/stderr" || fail "without any size: $(cat "$log/stderr")"
