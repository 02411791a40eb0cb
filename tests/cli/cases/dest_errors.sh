# SPDX-License-Identifier: MIT
# What can go wrong with the disk below DEST, and whom it costs: a used up quota, and an error of
# the disk that strikes every file, end the run with exit status 3; one that strikes a single file
# costs that file. In each case what was made is whole, no temporary stays, and the next run
# completes the tree.
. "$CASES/common.inc"
status=0
THUMBS_FAULT='open:*' "$THUMBS" --mode=sync --quiet "$SAMPLES/jpeg" probe 2>/dev/null || status=$?
[ $status -ne 0 ] || skip "this build has no fault injection"
mkdir photos
cp "$SAMPLES"/orientation/*-[1-8].jpg photos
thumbs 0 photos calm

# struck STATUS PLAN WORDS OPTION... - a run with that fault in it
struck() {
    wanted=$1
    words=$3
    THUMBS_FAULT=$2
    shift 3
    rm -f "$log/r"
    export THUMBS_FAULT
    thumbs "$wanted" "$@" --jobs=2 --report="$log/r" photos out
    unset THUMBS_FAULT
    check_summary
    # Where nothing can be renamed, the report cannot either, and stays beside its name.
    [ -e "$log/r" ] || {
        expect_said "it stays in '.thumbs-r.part'"
        mv "$log/.thumbs-r.part" "$log/r"
    }
    check_report "$log/r"
    expect_said "$words"
    expect_clean out
    whole_or_not "$PWD/calm" "$PWD/out"
    n_done=$(fates "$log/r" | grep -c '^done ') || true
    [ "$n_done" -eq "$(outputs out | wc -l)" ] || fail "$n_done are told as done, $(outputs out | wc -l) are there"
    [ "$wanted" -ne 1 ] || [ "$n_done" -eq 7 ] || fail "one error cost more than one file: $(fates "$log/r")"
    [ "$wanted" -ne 3 ] || [ "$n_done" -lt 7 ] || fail "it went on: $(fates "$log/r")"
}
completes() {
    thumbs 0 "$@" photos out
    same_trees calm out
    rm -rf out
}
for how in "--mode=sync" "--mode=threads" "--mode=threads --io=uring" "--mode=processes" \
    "--mode=processes --io=uring"; do
    # What follows an error is the same code in all modes; how the run ends is not.
    case $how in
    *sync) all="all" ;;
    *) all= ;;
    esac
    for case in \
        "3 no_space dest:4+:122 the quota is used up" \
        "3 not_writable dest:4+:5 Input/output error" \
        "1 not_writable dest:4:5 Input/output error" \
        "${all:+3 not_writable dest:4+:30 Read-only file system}" \
        "${all:+3 not_writable rename:4+:5 Input/output error}" \
        "${all:+1 not_writable rename:4:5 Input/output error}" \
        "${all:+3 not_writable rename:4+:116 Stale file handle}" \
        "${all:+1 not_writable rename:4:13 Permission denied}"; do
        [ -n "$case" ] || continue
        # shellcheck disable=SC2086 # several words
        set -- $case
        status=$1 code=$2 plan=$3
        shift 3
        # shellcheck disable=SC2086 # two options
        struck "$status" "$plan" "$*" $how
        fates "$log/r" | grep -q "^failed:write:$code " || fail "$how $plan: $(fates "$log/r" | grep ^failed)"
        # shellcheck disable=SC2086 # two options
        completes $how
    done
done
