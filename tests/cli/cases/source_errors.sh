# An error of the disk below SOURCE, or no descriptor to be had, costs the one file that it strikes, told as unreadable;
# all others are made, whatever way they are read.
. "$CASES/common.inc"
status=0
THUMBS_FAULT='open:*' "$THUMBS" --mode=sync --quiet "$SAMPLES/jpeg" probe 2>/dev/null || status=$?
[ $status -ne 0 ] || skip "this build has no fault injection"
mkdir photos
for n in 1 2 3 4; do cp "$SAMPLES/orientation/orientation-$n.jpg" "photos/$n.jpg"; done
thumbs 0 photos calm

for how in "--mode=sync" "--mode=threads" "--mode=processes --io=uring"; do
    for plan in read::5 open::5 open::24; do
        n_struck=0
        # Before the sources come the folders, and what is below DEST.
        case $plan in
        read*) list="1 2 3 4 5 6 7 8" ;;
        *) list="17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32" ;;
        esac
        for n in $list; do
            status=0
            # shellcheck disable=SC2086 # two options
            THUMBS_FAULT=${plan%%:*}:$n:${plan##*:} "$THUMBS" $how --jobs=2 --io-jobs=2 --report="$log/r" photos out \
                2>"$log/stderr" || status=$?
            case $status in
            0) ;;
            1)
                check_report "$log/r"
                # Of the listing of the folder, of a folder of DEST, or of the source itself.
                if fates "$log/r" | grep -q '^failed:load:unreadable '; then
                    [ "$(fates "$log/r" | grep -c '^done ')" -eq 3 ] || fail "$how $plan $n: $(fates "$log/r")"
                    n_struck=$((n_struck + 1))
                fi
                ;;
            2 | 3) [ -s "$log/stderr" ] || fail "$how $plan $n: no reason" ;;
            *) fail "$how $plan $n: exit status $status" ;;
            esac
            rm -f "$log/r"
            if [ -d out ]; then
                # The marker of the run may stay, if that was where it struck; the next run clears it away.
                [ -z "$(find out -name '.thumbs-*')" ] || fail "$how $plan $n: a temporary stays"
                whole_or_not "$PWD/calm" "$PWD/out"
            fi
            # shellcheck disable=SC2086 # two options
            [ "$status" -ne 1 ] || { thumbs 0 $how photos out && same_trees calm out; }
            rm -rf out
        done
        case "$how $plan" in
        *uring\ open::24) ;; # it waits until other files are closed
        *) [ $n_struck -ge 1 ] || fail "$how $plan: struck $n_struck times, so this test is wrong" ;;
        esac
    done
done
