# SPDX-License-Identifier: MIT
# Folders of DEST that are deleted in mid-run are made again; where DEST itself is deleted, the run
# ends by itself, with a reason, and not as if all had gone well.
. "$CASES/common.inc"
many photos 2
thumbs 0 --format=webp --size=400 --jobs=2 photos calm
for mode in $MODES; do
    hold
    start --mode="$mode" --jobs=2 --format=webp --size=400 photos out
    until_true 20 has_outputs out 3 || fail "it does not begin"
    until_true 20 rm -rf out/1 2>/dev/null || fail "out/1 cannot be deleted" # something may just be written there
    let_go
    finish
    [ "$got_status" -eq 0 ] || fail "$mode: exit status $got_status: $(cat "$log/stderr")"
    whole_or_not "$PWD/calm" "$PWD/out"
    thumbs 0 --mode="$mode" --jobs=2 --format=webp --size=400 photos out
    same_trees calm out
    rm -rf out

    hold
    start --mode="$mode" --jobs=2 --format=webp --size=400 --report="$log/r" photos out
    until_true 20 has_outputs out 3 || fail "it does not begin"
    mv out moved
    until_true 20 rm -rf moved 2>/dev/null || fail "DEST cannot be deleted"
    let_go
    finish
    # What strikes every file ends the run.
    [ "$got_status" -eq 3 ] || fail "$mode: DEST is gone, exit status $got_status"
    grep -Eq '^thumbs: .*No such file' "$log/stderr" || fail "$mode: no reason: $(cat "$log/stderr")"
    check_report "$log/r"
    rm -rf out
done
