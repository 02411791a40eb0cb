# Workers that die of whatever from outside in mid-run cost at most the file that each was at; each is replaced.
. "$CASES/common.inc"
many photos 8
thumbs 0 --format=webp --size=400 --jobs=2 photos calm
for signal in KILL SEGV; do
    start --jobs=3 --format=webp --size=400 --report="$log/r" photos out
    n_killed=0
    until_true 20 has_outputs out 1 || fail "it does not begin: $(cat "$log/stderr")"
    # SIGTERM is for the parent to hear, not for workers.
    # shellcheck disable=SC2046 # several
    kill -TERM $(workers)
    for n_outputs in 3 15; do
        until_true 20 has_outputs out $n_outputs || fail "it does not go on: $(cat "$log/stderr")"
        for pid in $(workers thumbs-worker | head -n 2); do
            if kill -s $signal "$pid" 2>/dev/null; then n_killed=$((n_killed + 1)); fi
        done
    done
    [ $n_killed -ge 2 ] || fail "SIG$signal: it was over before anybody was killed"
    finish
    check_report "$log/r"
    check_summary
    n_failed=$(fates "$log/r" | grep -c '^failed' || true)
    case $signal:$got_status:$n_failed in
    *:0:0) ;;
    *:1:[1-4]) [ "$n_failed" -le $n_killed ] || fail "$n_killed workers killed, $n_failed files failed" ;;
    *) fail "SIG$signal: exit status $got_status, $n_failed failed" ;;
    esac
    ! fates "$log/r" | grep '^failed' | grep -v '^failed:decode:crashed ' || fail "not told as crashed"
    [ "$(grep -c '"source"' "$log/r")" -eq 96 ] || fail "not all were told"
    expect_clean out
    whole_or_not "$PWD/calm" "$PWD/out"
    thumbs 0 --retry-failed --format=webp --size=400 --jobs=2 photos out
    same_trees calm out
    rm -r out
done
