# SPDX-License-Identifier: MIT
# --io=uring makes what threads make; where it cannot be had, threads do it, and exactly one note
# says so.
. "$CASES/common.inc"
for mode in threads processes; do
    thumbs 1 --mode=$mode --report="$log/$mode-threads" "$SAMPLES" "out-$mode-threads"
    thumbs 1 --mode=$mode --io=uring --report="$log/$mode-uring" "$SAMPLES" "out-$mode-uring"
    diff -r -x .thumbs "out-$mode-threads" "out-$mode-uring"
    fates "$log/$mode-threads" | LC_ALL=C sort >one
    fates "$log/$mode-uring" | LC_ALL=C sort >two
    diff one two
done
# One thread or one process: there is nothing to be read ahead, and no reason for a note.
thumbs 0 --mode=sync --io=uring "$SAMPLES/jpeg" out-sync
! grep note "$log/stderr"

notes() { grep -c '^thumbs: note: files are read by I/O threads: ' "$log/stderr" || true; }
can_fault=$(
    status=0
    THUMBS_FAULT='open:*' "$THUMBS" --mode=sync --quiet "$SAMPLES/jpeg" probe 2>/dev/null || status=$?
    echo $status
)
if [ "$can_fault" -ne 0 ]; then
    THUMBS_FAULT=uring_setup:1
    export THUMBS_FAULT
    thumbs 0 --io=uring "$SAMPLES/jpeg" out-refused
    [ "$(notes)" -eq 1 ] || fail "$(notes) notes: $(cat "$log/stderr")"
    thumbs 0 --io=uring --quiet --force "$SAMPLES/jpeg" out-refused
    [ ! -s "$log/stderr" ] || fail "--quiet: $(cat "$log/stderr")"
    thumbs 0 --io=uring --dry-run "$SAMPLES/jpeg" out-dry
    [ "$(notes)" -eq 0 ] || fail "a dry run has no ring to note"
    unset THUMBS_FAULT
    diff -r -x .thumbs out-refused out-sync
fi
