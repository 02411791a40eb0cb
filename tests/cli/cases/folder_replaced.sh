# SPDX-License-Identifier: MIT
# A folder below DEST that is replaced in mid-run, by a link that leads elsewhere or by a file:
# nothing is written where the link leads to, what stands in the way is told and left alone, and the
# others are made.
. "$CASES/common.inc"
many photos 2
thumbs 0 --format=webp --size=400 --jobs=2 photos calm
mkdir elsewhere
echo precious >elsewhere/file
mkdir elsewhere/1
snapshot elsewhere >before
put_in_the_way() { # link or file, PATH - where a folder may just be made again
    rm -rf "$2"
    case $1 in
    link) ln -sT ../elsewhere "$2" ;;
    file) { echo "in the way" >"$2"; } ;;
    esac 2>/dev/null
}
for mode in $MODES; do
    for what in link file; do
        [ $mode$what != syncfile ] && [ $mode$what != threadsfile ] || continue
        hold
        start --mode="$mode" --jobs=2 --format=webp --size=400 --report="$log/r" photos out
        until_true 20 has_outputs out 2 || fail "it does not begin: $(cat "$log/stderr")"
        for n in 1 2; do
            until_true 20 put_in_the_way $what out/$n || fail "$mode: no $what can be put in the way"
        done
        let_go
        finish
        [ "$got_status" -eq 1 ] || fail "$mode, $what: exit status $got_status: $(tail -n 3 "$log/stderr")"
        check_report "$log/r"
        fates "$log/r" | grep -q '^failed:write:not_writable ' || fail "$mode, $what: nobody was told"
        ! fates "$log/r" | grep '^failed' | grep -v '^failed:write:not_writable ' || fail "$mode, $what: other failures"
        case $what in
        link) expect_said "is a symbolic link" ;;
        file) expect_said "is not a folder" ;;
        esac
        snapshot elsewhere >after
        cmp before after || fail "$mode, $what: something outside DEST has changed"
        expect_clean out
        for n in 1 2; do
            [ -d out/$n ] && [ ! -L out/$n ] || rm out/$n
        done
        thumbs 0 --mode="$mode" --jobs=2 --format=webp --size=400 photos out
        same_trees calm out
        rm -rf out
    done
done
