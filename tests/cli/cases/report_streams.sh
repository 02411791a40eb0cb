# SPDX-License-Identifier: MIT
# A report to what is no file by itself: descriptors, FIFOs and devices are appended to and never
# cut.
. "$CASES/common.inc"
mkdir q tmp
cp "$SAMPLES/orientation/orientation-1.jpg" q/a.jpg
for name in - /dev/stdout //dev/./stdout /dev/fd/1 /proc/self/fd/1; do
    echo old >all
    "$THUMBS" --quiet --report=$name q out >>all || fail "$name: exit status $?"
    [ "$(head -n 1 all)" = old ] || fail "--report=$name >>all empties it"
    tail -n +2 all >r
    check_report r
    # The descriptor itself is used, so what others write to it comes after.
    { "$THUMBS" --quiet --report=$name q out && echo last; } >all
    [ "$(tail -n 1 all)" = last ] || fail "--report=$name: what comes later is written over it"
    sed '$d' all >r
    check_report r
done
echo old >all
"$THUMBS" --quiet --report=/dev/fd/7 q out 7>>all
[ "$(head -n 1 all)" = old ] || fail "descriptor 7 is emptied"
"$THUMBS" --quiet --report=/dev/stderr q out 2>r
check_report r
# By the links that the kernel has, also where they have other names: never renamed over.
echo old >all
ln -s /proc/self/fd/1 link
exec 8>>all
for name in link "/proc/$$/fd/8"; do
    thumbs 0 --overwrite --report="$name" q out
    cat "$log/stdout" >>all
    [ -L link ] && [ "$(head -n 1 all)" = old ] || fail "$name is replaced"
done
exec 8>&-
[ "$(wc -l <all)" -eq 5 ] || fail "other than two reports of two lines came by links: $(cat all)"
# A FIFO, which somebody reads.
mkfifo fifo
cat fifo >r &
thumbs 0 --report=fifo q out
wait
[ -p fifo ] || fail "the FIFO is replaced"
check_report r
thumbs 0 --report=/dev/null q out
[ -c /dev/null ] || fail "/dev/null is replaced"
# A dry run's list makes room for a report by whatever name; that is all there is.
thumbs 0 -n --force --report=/dev/stdout q out
[ "$(grep -c '^{' "$log/stdout")" = 2 ] && [ "$(wc -l <"$log/stdout")" -eq 2 ] ||
    fail "other lines than those of the report"

# What is not open for writing, or was not given at all, is told before anything is done.
lost() { # ARGUMENT... - exit status 3, one line, and nothing was done
    status=0
    "$THUMBS" "$@" 2>"$log/stderr" || status=$?
    [ "$status" -eq 3 ] || fail "exit status $status: thumbs $*: $(cat "$log/stderr")"
    [ "$(wc -l <"$log/stderr")" -eq 1 ] || fail "not one line: thumbs $*: $(cat "$log/stderr")"
    grep -q '^thumbs: .' "$log/stderr" || fail "no word of it: thumbs $*: $(cat "$log/stderr")"
    [ ! -e new ] || fail "something was done: thumbs $*"
}
for name in - /dev/stdout /dev/fd/1 /proc/self/fd/1; do
    lost --report=$name q new >&-
    lost --quiet --report=$name q new >&-
    lost --report=$name q new 1</dev/null
    lost --report=$name q new 1<tmp
    lost -n --report=$name q new >&- <&-
done
lost --report=/dev/fd/9 q new
lost --report=/dev/fd/9 q new 9</dev/null
lost -n q new >&-
lost --dry-run q new 1</dev/null
lost --help >&-
lost -h >&-
lost --version >&- <&-
lost bench --help >&-
lost bench --runs=1 --modes=sync q >&-
lost bench --runs=1 --modes=sync --json=- q >&-
lost bench --quiet --runs=1 --modes=sync --json=tmp/j q >&-
[ -z "$(ls -A tmp)" ] || fail "left behind: $(ls -A tmp)"
for list in - /dev/stdin /dev/fd/0 /proc/self/fd/0; do
    lost --files-from=$list q new <&-
    lost --files-from=$list q new 0>"$log/written"
    lost --quiet --files-from=$list q new <&- >&-
done
lost --files-from=/dev/fd/9 q new
if [ -c /dev/full ]; then
    lost --version >/dev/full
    lost -h >/dev/full
    lost bench --help >/dev/full
    lost bench --quiet --runs=1 --modes=sync q >/dev/full
    lost bench --quiet --runs=1 --modes=sync --json=/dev/full q >"$log/stdout"
fi
# Without anybody to tell, the exit status tells.
for words in "--help" "--report=- q new" "-n q new" "--files-from=- q new" "bench q"; do
    status=0
    # shellcheck disable=SC2086 # several words
    "$THUMBS" $words <&- >&- 2>&- || status=$?
    [ "$status" -eq 3 ] || fail "exit status $status with all closed: thumbs $words"
done
# Closed, and not needed: all is well.
"$THUMBS" --quiet --report=r q out <&- >&- 2>&-
check_report r
"$THUMBS" -n --quiet q out >&-
# A list from a device or a folder.
"$THUMBS" --quiet --files-from=- q out </dev/null || fail "an empty list: exit status $?"
status=0
"$THUMBS" --files-from=- q new <tmp 2>"$log/stderr" || status=$?
[ "$status" -eq 2 ] && [ ! -e new ] || fail "a folder as the list: exit status $status"
