# SPDX-License-Identifier: MIT
# Workers that die of whatever from outside in mid-run cost at most the file that each was at; each
# is replaced.
. "$CASES/common.inc"
many photos 4
thumbs 0 --format=webp --size=400 --jobs=2 photos calm
for signal in KILL SEGV; do
    hold
    start --jobs=3 --format=webp --size=400 --report="$log/r" photos out
    n_killed=0
    until_true 20 has_outputs out 1 || fail "it does not begin: $(cat "$log/stderr")"
    # SIGTERM is for the parent to hear, not for workers.
    # shellcheck disable=SC2046 # several
    kill -TERM $(workers)
    for again in 1 2; do
        until_true 20 are_held 3 || fail "$again: it does not go on: $(cat "$log/stderr")"
        for pid in $(workers thumbs-worker | head -n 2); do
            kill -s $signal "$pid"
            until_true 20 is_gone "$pid" || fail "$pid does not die of SIG$signal"
            n_killed=$((n_killed + 1))
        done
    done
    let_go
    [ $n_killed -eq 4 ] || fail "SIG$signal: there were not two workers each time"
    finish
    check_report "$log/r"
    check_summary
    n_failed=$(fates "$log/r" | grep -c '^failed' || true)
    [ "$got_status:$n_failed" = 1:4 ] || fail "SIG$signal: exit status $got_status, $n_failed of 4 failed"
    ! fates "$log/r" | grep '^failed' | grep -v '^failed:decode:crashed ' || fail "not told as crashed"
    [ "$(grep -c '"source"' "$log/r")" -eq 48 ] || fail "not all were told"
    expect_clean out
    whole_or_not "$PWD/calm" "$PWD/out"
    thumbs 0 --retry-failed --format=webp --size=400 --jobs=2 photos out
    same_trees calm out
    rm -r out
done
