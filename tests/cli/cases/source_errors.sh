# SPDX-License-Identifier: MIT
# An error of the disk below SOURCE, or no descriptor to be had, costs the one file that it strikes,
# told as unreadable; all others are made, whatever way they are read.
. "$CASES/common.inc"
status=0
THUMBS_FAULT='open:*' "$THUMBS" --mode=sync --quiet "$SAMPLES/jpeg" probe 2>/dev/null || status=$?
[ $status -ne 0 ] || skip "this build has no fault injection"
mkdir photos
for n in 1 2 3 4; do cp "$SAMPLES/orientation/orientation-$n.jpg" "photos/$n.jpg"; done
thumbs 0 photos calm

# strike PLAN N - a run of $how in which the Nth pass of that point fails. True if that struck a
# source.
strike() {
    status=0
    # shellcheck disable=SC2086 # two options
    THUMBS_FAULT=${1%%:*}:$2:${1##*:} "$THUMBS" $how --jobs=2 --io-jobs=2 --report="$log/r" photos out \
        2>"$log/stderr" || status=$?
    struck=false
    case $status in
    0) ;;
    1)
        check_report "$log/r"
        # Of the listing of the folder, of a folder of DEST, or of the source itself.
        if fates "$log/r" | grep -q '^failed:load:unreadable '; then
            [ "$(fates "$log/r" | grep -c '^done ')" -eq 3 ] || fail "$how $1 $2: $(fates "$log/r")"
            struck=true
        fi
        ;;
    2 | 3) [ -s "$log/stderr" ] || fail "$how $1 $2: no reason" ;;
    *) fail "$how $1 $2: exit status $status" ;;
    esac
    rm -f "$log/r"
    if [ -d out ]; then
        # The marker of the run may stay, if that was where it struck; the next run clears it away.
        [ -z "$(find out -name '.thumbs-*')" ] || fail "$how $1 $2: a temporary stays"
        whole_or_not "$PWD/calm" "$PWD/out"
    fi
    # shellcheck disable=SC2086 # two options
    [ "$status" -ne 1 ] || { thumbs 0 $how photos out && same_trees calm out; }
    rm -rf out
    $struck
}
for how in "--mode=sync" "--mode=threads" "--mode=processes --io=uring"; do
    for plan in read::5 open::5; do
        # Before the sources come files of the system (what memory there is), the folders, and what
        # is below DEST; how many of those there are depends on the machine. So on it goes until
        # three of the four sources were struck; again from the start, since threads take turns as
        # they like, and what is the Nth pass in one run is another in the next.
        n_tries=0 n_struck=0 first=0 last=0
        while [ $n_struck -lt 3 ]; do
            [ $n_tries -lt 400 ] || fail "$how $plan: struck $n_struck times, so this test is wrong"
            n=$((n_tries % 100 + 1)) n_tries=$((n_tries + 1))
            if strike $plan $n; then
                n_struck=$((n_struck + 1))
                [ $n -le $last ] || last=$n
            fi
            [ $n_struck -gt 0 ] || first=$n
        done
    done
    # The same opens for another reason. With io_uring the file waits until others are closed.
    case "$how" in
    *uring) wanted=0 ;;
    *) wanted=1 ;;
    esac
    n_tries=0 n_struck=0
    while [ $n_tries -lt 40 ] && [ $n_struck -eq 0 ]; do
        n=$((first + 1 + n_tries % (last - first))) n_tries=$((n_tries + 1))
        if strike open::24 $n; then n_struck=$((n_struck + 1)); fi
    done
    [ $n_struck -ge $wanted ] || fail "$how open::24: struck $n_struck times, so this test is wrong"
done
