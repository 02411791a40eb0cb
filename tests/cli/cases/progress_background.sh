# SPDX-License-Identifier: MIT
# A job in the background of a terminal draws no bar over the prompt, is not stopped by "stty
# tostop" for what it says, and draws once it is in the foreground.
. "$CASES/common.inc"
command -v script >/dev/null || skip "there is no script(1)"
TERM=xterm
export TERM
many photos 2

# on_terminal WORDS - a shell with job control runs them; what is seen is in $log/screen
on_terminal() {
    printf '%s\n' "set -m" "$1" >"$log/command"
    script -qec "timeout --foreground -k 1 60 sh '$log/command'" /dev/null >"$log/screen" </dev/null
}
is_drawn() { grep -Eq '\[[#.]+\] [0-9]+/[0-9]+' "$log/screen"; }
run="'$THUMBS' --mode=threads -j2 --format=webp --size=400"

# Long enough for many a bar: they come ten times a second.
on_terminal "stty tostop; $run photos back & wait \$!; echo \"status \$?\"" ||
    fail "the job was stopped: $(cat "$log/screen")"
grep -q 'status 0' "$log/screen" || fail "the job did not end well: $(cat "$log/screen")"
grep -q '^24 done' "$log/screen" || fail "no summary: $(cat "$log/screen")"
! is_drawn || fail "a bar from the background: $(tr '\r' '\n' <"$log/screen" | grep -m 1 '\[#')"

has_probes || exit 0
# Where it is held there is time to look: none in the background, one in the foreground.
hold
wait_for_go="until [ -e '$log/go' ]; do sleep 0.05; done"
on_terminal "$run photos held & sleep 1; echo now; $wait_for_go; fg >/dev/null" &
terminal=$!
until_true 20 grep -q now "$log/screen" || fail "the shell does not begin: $(cat "$log/screen")"
! is_drawn || fail "a bar from the background"
: >"$log/go"
until_true 20 is_drawn || fail "no bar in the foreground: $(cat "$log/screen")"
let_go
wait "$terminal" || fail "exit status $? of the job in the foreground"

# `thumbs bench` has a line of that kind.
bench="'$THUMBS' bench --no-work --runs=1 --modes=sync photos"
on_terminal "stty tostop; $bench >/dev/null & wait \$!; echo \"status \$?\"" ||
    fail "the benchmark was stopped: $(cat "$log/screen")"
grep -q 'status 0' "$log/screen" || fail "the benchmark did not end well: $(cat "$log/screen")"
! grep -q "$(printf '\r\033')\|$(printf '\033')\[K" "$log/screen" ||
    fail "the benchmark draws from the background"
